package scenario

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// What came at once after a request is hardly anybody's hand, as far as looks
// were near enough to tell that it came at once.
func TestChanceOfAMove(t *testing.T) {
	answered := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	seen := func(state spec.State, after time.Duration) evidence.Observation {
		return evidence.Observation{User: "1001", State: state, Asked: answered.Add(after), At: answered.Add(after)}
	}
	const ms = time.Millisecond
	moved := evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.NotReady, To: spec.Ready}
	left := evidence.Mismatch{Kind: evidence.MismatchLeft, From: spec.Ready, To: spec.NotReady, Asked: spec.Ready}
	fromLogout := evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.Logout, To: spec.Ready}
	asked := moved
	asked.Asked = spec.Ready
	for name, test := range map[string]struct {
		what evidence.Mismatch
		seen []evidence.Observation
		want float64
	}{
		"at once":                           {moved, []evidence.Observation{seen(spec.Ready, 50*ms)}, 0.1},
		"at once, to where it was asked to": {asked, []evidence.Observation{seen(spec.Ready, 50*ms)}, 0.05},
		"soon":                              {moved, []evidence.Observation{seen(spec.NotReady, 100*ms), seen(spec.Ready, 300*ms)}, 0.15},
		"late":                              {moved, []evidence.Observation{seen(spec.NotReady, 100*ms), seen(spec.NotReady, 900*ms), seen(spec.Ready, 950*ms)}, 1},
		"nobody looked for a while":         {moved, []evidence.Observation{seen(spec.NotReady, 100*ms), seen(spec.Ready, 900*ms)}, 0.45},
		"nobody looked but at the end":      {moved, []evidence.Observation{seen(spec.Ready, 5*time.Second)}, 1},
		"there at once, and left much later": {left, []evidence.Observation{
			seen(spec.Ready, 50*ms), seen(spec.Ready, 400*ms), seen(spec.NotReady, 800*ms)}, 1},
		"there at once, and left at once": {left, []evidence.Observation{seen(spec.Ready, 50*ms), seen(spec.NotReady, 150*ms)}, 0.1},
		"moved as nobody can in one step": {fromLogout, []evidence.Observation{seen(spec.Logout, 0), seen(spec.Ready, 50*ms)}, 0.01},
		"nobody moved":                    {evidence.Mismatch{Kind: evidence.MismatchAnswer}, nil, 1},
		"a bystander":                     {evidence.Mismatch{Kind: evidence.MismatchBystander, From: spec.NotReady, To: spec.Ready}, []evidence.Observation{seen(spec.Ready, 50*ms)}, 1},
		"seen before the request":         {moved, []evidence.Observation{seen(spec.Ready, -50*ms)}, 1},
	} {
		ev := &evidence.Evidence{Observations: test.seen, Steps: []evidence.Step{{
			Sent: answered.Add(-20 * ms), Answered: answered, Baseline: seen(spec.NotReady, -time.Second),
		}}}
		v := evidence.Verdict{Outcome: evidence.Failed, Mismatch: test.what}
		if got := chance(ev, v, 200*ms, 2*time.Second); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
