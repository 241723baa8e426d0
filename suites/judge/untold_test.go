package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// A state that no event ever tells of, though others are told of before and
// after, is NTF-01's failure, wherever in a run users come to it.
func TestUntoldStates(t *testing.T) {
	at := func(n int) time.Time { return time.Date(2024, 1, 1, 0, 0, n, 0, time.UTC) }
	// Each letter is a sighting, one a second: a small one by a GET, a capital
	// by an event on the user's own node.
	states := map[rune]spec.State{'r': spec.Ready, 't': spec.Talking, 'w': spec.Work, 'n': spec.NotReady, 'o': spec.Logout, 'p': spec.ReservedOutboundPreview}
	attempt := func(requirement, seen string) *evidence.Evidence {
		ev := &evidence.Evidence{Requirement: requirement, Attempt: 1, Target: evidence.Target{Deployment: spec.UCCE, Notifications: true}}
		for i, c := range seen {
			o := evidence.Observation{At: at(i), Asked: at(i), User: "1", State: states[[]rune(strings.ToLower(string(c)))[0]], Index: -1}
			if strings.ToUpper(string(c)) == string(c) {
				o.Event, o.Index = true, len(ev.Events)
				ev.Events = append(ev.Events, evidence.Event{Index: o.Index, Node: "/finesse/api/User/1"})
			}
			ev.Observations = append(ev.Observations, o)
		}
		return ev
	}
	lost := attempt("TRN-UCCE-23", "RrtwW")
	lost.Steps = []evidence.Step{{Channel: evidence.ChannelLost}}
	ofTeam := attempt("TRN-UCCE-23", "RrtTwW")
	ofTeam.Events[1].Node = "/finesse/api/Team/1/Users"
	for _, c := range []struct {
		name string
		seen []*evidence.Evidence
		says string // "" for nothing
	}{
		{"never told", []*evidence.Evidence{attempt("TRN-UCCE-23", "RrtwW"), attempt("TRN-UCCE-22", "RrtnN")}, "none that tells of TALKING, in 2 attempts (the first is TRN-UCCE-22, user 1)"},
		{"told by the Team alone", []*evidence.Evidence{ofTeam, attempt("TRN-UCCE-22", "RrtnN")}, "none that tells of TALKING"},
		{"missed once", []*evidence.Evidence{attempt("TRN-UCCE-23", "RrtwW")}, ""},
		{"told elsewhere", []*evidence.Evidence{attempt("TRN-UCCE-23", "RrtwW"), attempt("TRN-UCCE-22", "RrtnN"), attempt("TRN-UCCE-20", "rtT")}, ""},
		{"told late", []*evidence.Evidence{attempt("TRN-UCCE-23", "RrtwWT"), attempt("TRN-UCCE-22", "RrtnNT")}, ""},
		{"nothing was heard before", []*evidence.Evidence{attempt("TRN-UCCE-23", "rtwW"), attempt("TRN-UCCE-22", "rtnN")}, ""},
		{"nothing was heard after", []*evidence.Evidence{attempt("TRN-UCCE-23", "Rrtw"), attempt("TRN-UCCE-22", "Rrtn")}, ""},
		{"the session was lost", []*evidence.Evidence{lost, attempt("TRN-UCCE-22", "RrtnN")}, ""},
		{"signed out and in again", []*evidence.Evidence{attempt("TRN-UCCE-23", "RronN"), attempt("TRN-UCCE-22", "RronN")}, "none that tells of LOGOUT"},
		{"signed out", []*evidence.Evidence{attempt("TRN-UCCE-23", "RroO"), attempt("TRN-UCCE-22", "Rro")}, ""},
		{"a preview", []*evidence.Evidence{attempt("TRN-UCCE-23", "RrpnN"), attempt("TRN-UCCE-22", "RrprR")}, "none that tells of RESERVED_OUTBOUND_PREVIEW"},
		{"what leads out of a preview", []*evidence.Evidence{attempt("TRN-UCCE-23", "PpnrR"), attempt("TRN-UCCE-22", "PpnrR")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Of two processes as of one.
			whole, other := contracttest.Judge().Invariants(), contracttest.Judge().Invariants()
			for i, ev := range c.seen {
				if i == 0 {
					other.Add(ev)
				} else {
					whole.Add(ev)
				}
			}
			part := other.Take()
			whole.Merge(part)
			whole.Merge(part)
			if again := other.Take(); len(again.Heard)+len(again.Silent)+len(again.Broken) > 0 {
				t.Errorf("handed over twice: %v", again)
			}
			v := whole.Apply(row(t, "NTF-01"), evidence.Verdict{Requirement: "NTF-01", Outcome: evidence.Passed})
			switch {
			case c.says == "" && v.Outcome != evidence.Passed:
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			case c.says != "" && (v.Outcome != evidence.Failed || !strings.Contains(v.Reason, c.says)):
				t.Errorf("%s: %q, want failed: %q", v.Outcome, v.Reason, c.says)
			}
		})
	}
}
