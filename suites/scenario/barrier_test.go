package scenario_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// TestBarrier: a transition that the target accepts and never makes is not
// waited for on every way that needs it. The requirement of the transition
// itself still fails; the others say why they were not exercised.
func TestBarrier(t *testing.T) {
	t.Parallel()
	stage, d := stageOn(t, "UCCE", 10*time.Millisecond)
	asked := 0
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err == nil && r.Method == http.MethodPut && strings.Contains(string(text), "<state>READY</state>") {
			asked++
			w.WriteHeader(http.StatusAccepted)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		d.ServeHTTP(w, r)
	})
	base := stage.Client.Base()
	stage.Client = client.New(client.Options{Base: base, Transport: client.Handler(broken), Timeout: 5 * time.Second, Version: "test"})
	stage.Target.Settle = 60 * time.Millisecond
	release, _ := spec.ParseRelease("12.5(1)")
	outcomes := map[string]evidence.Verdict{}
	needed := 0
	for _, req := range stage.Catalogue.Applicable(spec.UCCE, release) {
		if way, err := stage.Way(req); err == nil && strings.Contains(way, "go ready") {
			needed++
		}
		v, _ := stage.Exercise(t.Context(), req)
		outcomes[req.ID] = v
	}
	if v := outcomes["TRN-UCCE-06"]; v.Outcome != evidence.Failed {
		t.Errorf("TRN-UCCE-06 is %s: %s", v.Outcome, v.Reason)
	}
	told := 0
	for _, v := range outcomes {
		if v.Outcome == evidence.NotExercised && strings.Contains(v.Reason, "did not come about") {
			told++
		}
	}
	if needed < 40 || told < needed/2 {
		t.Errorf("%d requirements need READY, %d say that it was not tried again", needed, told)
	}
	if asked > needed {
		t.Errorf("READY was asked for %d times for %d requirements", asked, needed)
	}
}
