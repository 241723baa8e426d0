package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Nothing passes that was not brought about: the worst that a conformance
// suite can do is to say yes to what it has not seen.
func TestNothingPassesUnseen(t *testing.T) {
	req := row(t, "TRN-UCCE-06")
	whole := func() *scene { return ready(202, time.Second) }
	if v := whole().verdict(req); v.Outcome != passed {
		t.Fatalf("the whole scene does not pass: %s", v.Reason)
	}
	tests := []struct {
		name   string
		change func(*evidence.Evidence)
		reason string
	}{
		{"no step", func(ev *evidence.Evidence) { ev.Steps = nil }, "the run ended before the steps were through"},
		{"unreached", func(ev *evidence.Evidence) { ev.Unreached = "needs a second agent" }, "needs a second agent"},
		{"a foreign hand", func(ev *evidence.Evidence) { ev.Interference = "somebody signed user 1001 out" }, "somebody signed user 1001 out"},
		{"of another requirement", func(ev *evidence.Evidence) { ev.Requirement = "TRN-UCCE-11" }, "the evidence is of TRN-UCCE-11"},
		{"not in the precondition", func(ev *evidence.Evidence) { ev.Steps[0].Baseline.State = spec.Ready }, "the user was in READY, not in NOT_READY, when the step began"},
		{"everything left out", func(ev *evidence.Evidence) { ev.Steps[0].Skipped = "over already" }, "every step was left out: over already"},
	}
	for _, test := range tests {
		s := whole().of(req)
		test.change(s.ev)
		v := contracttest.Judge().Verdict(req, s.ev)
		if v.Outcome != open || v.Reason != test.reason {
			t.Errorf("%s: %s, %q; want not_exercised, %q", test.name, v.Outcome, v.Reason, test.reason)
		}
	}
	// Looks, exchanges and events that are not there fail what they were to show.
	for name, change := range map[string]func(*evidence.Evidence){
		"no looks":          func(ev *evidence.Evidence) { ev.Observations = nil },
		"no exchanges":      func(ev *evidence.Evidence) { ev.Exchanges = nil },
		"looks of others":   func(ev *evidence.Evidence) { forLooks(ev, func(l *evidence.Observation) { l.User = "1002" }) },
		"looks from before": func(ev *evidence.Evidence) { forLooks(ev, func(l *evidence.Observation) { l.Asked = ev.Started }) },
		"looks from after": func(ev *evidence.Evidence) {
			forLooks(ev, func(l *evidence.Observation) { l.Asked = ev.Ended.Add(time.Hour) })
		},
		"no time to wait in": func(ev *evidence.Evidence) { ev.Steps[0].Until = ev.Steps[0].Sent },
		"no look at the end": func(ev *evidence.Evidence) { ev.Observations = ev.Observations[:len(ev.Observations)-2] },
		"never converged":    func(ev *evidence.Evidence) { ev.Steps[0].Converged = -1 },
	} {
		s := whole().of(req)
		change(s.ev)
		if v := contracttest.Judge().Verdict(req, s.ev); v.Outcome == passed {
			t.Errorf("%s: passed", name)
		}
	}
}

func forLooks(ev *evidence.Evidence, change func(*evidence.Observation)) {
	for i := range ev.Observations {
		change(&ev.Observations[i])
	}
}

// No requirement of the catalogue passes on evidence in which nothing
// happened after the precondition, nor on none at all.
func TestCatalogueWithoutEvidence(t *testing.T) {
	catalogue := contracttest.Catalogue()
	for _, req := range catalogue.All() {
		empty := &evidence.Evidence{Requirement: req.ID, Attempt: 1}
		if v := contracttest.Judge().Verdict(req, empty); v.Outcome != open || v.Reason == "" {
			t.Errorf("%s without a step: %s, %q", req.ID, v.Outcome, v.Reason)
		}
		s := begin(in(req.Given.State)).listening().of(req)
		for range req.Steps {
			s.waits()
		}
		v := contracttest.Judge().Verdict(req, s.ev)
		if v.Outcome == passed || v.Outcome == evidence.Info && req.Steps[0].Then[0].Kind != spec.Recorded && req.Steps[0].When.Probe == "" && v.Observed.Note == "" {
			t.Errorf("%s with steps in which nothing was done: %s", req.ID, v.Outcome)
		}
		// Requests that were never answered.
		s = begin(in(req.Given.State)).listening().of(req)
		requests := false
		for _, st := range req.Steps {
			w := st.When
			if w.Put == nil && w.Get == nil && w.Method == "" && w.Dialog == "" {
				s.waits()
				continue
			}
			requests = true
			s.lost("reset").stays(in(req.Given.State))
		}
		if v := contracttest.Judge().Verdict(req, s.ev); requests && v.Outcome == passed {
			t.Errorf("%s with requests that were never answered: passed", req.ID)
		}
	}
}

// What was done counts, also when what was to follow could not be.
func TestFailureBeforeTheEnd(t *testing.T) {
	req := row(t, "TRN-UCCE-22")
	applied := begin(in(spec.Talking)).puts(202, "").stays(in(spec.NotReady))
	applied.ev.Unreached = "the call could not be ended"
	kept := begin(in(spec.Talking)).puts(202, "").stays(in(spec.Talking))
	kept.ev.Unreached = "the call could not be ended"
	try(t, req, []hearing{
		{"the first step failed", applied, failed, "PUT NOT_READY: expected 2xx and the state to stay; saw a move to NOT_READY 1s after it", true},
		{"the first step held", kept, open, "the call could not be ended", false},
	})
}
