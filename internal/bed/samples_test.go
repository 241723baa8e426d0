package bed_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/reports"
)

var samples = flag.String("samples", "", "folder for results of whole certifications, as the pages that show several of them are looked at with: before and after an upgrade, thirty nights, six targets")

// TestSamples writes the results with which the pages of comparisons, of
// histories and of fleets are looked at. It plays the whole catalogue forty
// times and checks nothing: it runs only where it is asked for.
func TestSamples(t *testing.T) {
	if *samples == "" {
		t.Skip("no folder for samples is given")
	}
	first := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC)
	play := func(folder, url string, at time.Time, d bed.Deployment) {
		d.Notifications = true
		synctest.Test(t, func(t *testing.T) {
			p := bed.Play(t, d)
			r := p.Result
			r.Tool = reports.Tool{Name: "finesse-conformance", Version: "1.4.0"}
			r.Target.URL = url
			r.Finished, r.Started = at.Add(r.Finished.Sub(r.Started)), at
			keep(t, filepath.Join(*samples, folder), p)
		})
	}
	slow := func() func() time.Duration { return memnet.Constant(40 * time.Millisecond) }

	const lab = "https://finesse-lab.example.com:8445"
	play("upgrade/before", lab, first, bed.Deployment{Release: "12.5(1)"})
	play("upgrade/after", lab, first.AddDate(0, 0, 1), bed.Deployment{Release: "12.5(1)", Latency: slow(),
		Faults: []string{"state-missing-data", "talking-does-not-last", "call-state-refused-as-missing", "event-none-of-hold", "reason-given-with-ready"}})
	for night := range 30 {
		release, faults := "12.0(1)", []string{}
		if night >= 12 {
			release = "12.5(1)"
		}
		if night == 7 || night == 19 {
			faults = append(faults, "sign-out-twice-404")
		}
		if night >= 24 {
			faults = append(faults, "state-unknown-accepted")
		}
		play(fmt.Sprintf("nights/%s", first.AddDate(0, 0, night).Format("2006-01-02")), lab, first.AddDate(0, 0, night),
			bed.Deployment{Release: release, Faults: faults, Latency: memnet.Constant(time.Duration(1+night/3) * time.Millisecond)})
	}
	for name, d := range map[string]bed.Deployment{
		"berlin": {}, "madrid": {Faults: []string{"state-unknown-accepted"}}, "oslo": {Release: "12.0(1)", Faults: []string{"state-unknown-accepted"}},
		"paris": {Kind: reference.UCCX, Faults: []string{"state-unknown-accepted"}}, "rome": {Kind: reference.UCCX, Faults: []string{"state-unknown-accepted", "sign-in-ready"}}, "wien": {Faults: []string{"state-unknown-accepted"}},
	} {
		play("fleet/"+name, "https://finesse-"+name+".example.com:8445", first, d)
	}
}

func keep(t *testing.T, folder string, p *bed.Played) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(*os.File) error{
		"results.json":      func(f *os.File) error { return reports.Write(f, p.Result) },
		"evidence.jsonl.gz": func(f *os.File) error { return reports.WriteEvidence(f, p.Result, p.Evidence) },
	} {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
