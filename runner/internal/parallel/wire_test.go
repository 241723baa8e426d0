package parallel

import (
	"bytes"
	"encoding/gob"
	"net/url"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
)

// A job carries everything, passwords included.
func TestJobTravels(t *testing.T) {
	address, err := url.Parse("https://a.example:8445")
	if err != nil {
		t.Fatal(err)
	}
	sent := note{Kind: noteJob, Job: &Job{
		Target: &config.Target{Name: "a", URL: address, Timing: config.DefaultTiming(), StimulusExec: []string{"./s.sh"}},
		Survey: preflight.Survey{Deployment: "UCCE", Cast: &fixtures.Cast{Users: []*fixtures.User{{ID: "1", Password: "secret", Extension: "2"}}}},
		Items:  []Item{{ID: "SIG-01", Rank: 3, Alone: true}}, Troupes: [][]string{{"1"}}, Limited: true,
	}}
	var wire bytes.Buffer
	if err := gob.NewEncoder(&wire).Encode(sent); err != nil {
		t.Fatal(err)
	}
	var got note
	if err := gob.NewDecoder(&wire).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Job.Survey.Cast.Users[0].Password.Reveal() != "secret" {
		t.Error("the password did not travel")
	}
	if got.Job.Target.URL.String() != address.String() || got.Job.Target.Timing != config.DefaultTiming() || got.Job.Items[0] != sent.Job.Items[0] {
		t.Errorf("%+v", got.Job)
	}
}

// The output of lost processes is found in what Ginkgo prints.
func TestWordsOfALostProcess(t *testing.T) {
	printed := "Ginkgo timed out\n\x1b[1mOutput from proc 1:\x1b[0m\n  fine\n\x1b[1mExit result of proc 1:\x1b[0m\n  exit status 0\n\n" +
		"Output from proc 2:\n  panic: no\n  goroutine 1\nExit result of proc 2:\n  exit status 2\n\n** End **"
	if output, exit := wordsOf(printed, 2); output != "panic: no\n  goroutine 1" || exit != "exit status 2" {
		t.Errorf("%q %q", output, exit)
	}
	if output, exit := wordsOf(printed, 3); output != "" || exit != "" {
		t.Errorf("%q %q", output, exit)
	}
}
