package spec_test

import (
	"slices"
	"testing"

	"finesse-conformance/spec"
)

// reach looks for any way from LOGOUT to the precondition, with everything at
// hand that moves may need.
func reach(moves []*spec.Move, goal spec.Given) bool {
	from := spec.Situation{State: spec.Logout}
	seen := map[spec.Situation]bool{from: true}
	for open := []spec.Situation{from}; len(open) > 0; open = open[1:] {
		s := open[0]
		if (goal.State == "" || goal.State == s.State) && (goal.Was == "" || goal.Was == s.Was) &&
			(goal.Call == "" || goal.Call == s.Call) && goal.Pending == s.Pending &&
			(goal.WrapUp == "" || goal.WrapUp == s.WrapUp) {
			return true
		}
		for _, m := range moves {
			if to := m.To.Apply(s); m.From.Matches(s) && !seen[to] {
				seen[to] = true
				open = append(open, to)
			}
		}
	}
	return false
}

func TestMovesLeadToEveryPrecondition(t *testing.T) {
	c := load(t)
	release := spec.Release{Major: 12, Minor: 6, Maintenance: 2}
	for _, d := range spec.Deployments() {
		moves := c.Moves(d, release)
		for _, q := range c.Applicable(d, release) {
			if !reach(moves, q.Given) {
				t.Errorf("%s: no moves lead to what %s is given: %+v", d, q.ID, q.Given)
			}
		}
		if reach(moves, spec.Given{State: spec.Unknown}) {
			t.Errorf("%s: moves lead to UNKNOWN", d)
		}
	}
	if reach(c.Moves(spec.UCCX, release), spec.Given{State: spec.Hold}) {
		t.Error("Unified CCX: moves lead to HOLD, which does not occur there")
	}
	if reach(c.Moves(spec.UCCX, release), spec.Given{State: spec.WorkReady}) {
		t.Error("Unified CCX: moves lead to WORK_READY, which does not occur there")
	}
}

func TestMovesLeadBackToRest(t *testing.T) {
	c := load(t)
	for _, d := range spec.Deployments() {
		moves := c.Moves(d, spec.Release{})
		from := spec.Situation{State: spec.Logout, WrapUp: spec.Off}
		all := []spec.Situation{from}
		for i := 0; i < len(all); i++ {
			for _, m := range moves {
				if to := m.To.Apply(all[i]); m.From.Matches(all[i]) && !slices.Contains(all, to) {
					all = append(all, to)
				}
			}
		}
		for _, s := range all {
			rests := s.State.Resting() && s.Call == ""
			leaves := slices.ContainsFunc(moves, func(m *spec.Move) bool { return m.From.Matches(s) && m.To.Apply(s) != s })
			if !rests && !leaves {
				t.Errorf("%s: nothing leads out of %+v", d, s)
			}
		}
		if len(all) < 20 {
			t.Errorf("%s: moves lead to %d situations only", d, len(all))
		}
	}
}

// Where Unified CCE and Unified CCX differ, each has its own moves.
func TestMovesDifferByDeployment(t *testing.T) {
	c := load(t)
	offers := func(d spec.Deployment, s spec.Situation, a spec.Action) (spec.Situation, bool) {
		for _, m := range c.Moves(d, spec.Release{}) {
			if m.Action == a && m.From.Matches(s) {
				return m.To.Apply(s), true
			}
		}
		return s, false
	}
	icd := spec.Situation{State: spec.Talking, Was: spec.Ready, Call: spec.CallRouted, WrapUp: spec.Off}
	pending := icd
	pending.Pending = spec.NotReady
	reserved := spec.Situation{State: spec.ReservedOutbound, Was: spec.Ready, Call: spec.CallOutbound}
	preview := spec.Situation{State: spec.ReservedOutboundPreview, Was: spec.Ready, Call: spec.CallPreview}
	direct := spec.Situation{State: spec.NotReady, Was: spec.NotReady, Call: spec.CallDirect}
	for _, test := range []struct {
		name   string
		d      spec.Deployment
		from   spec.Situation
		action spec.Action
		want   spec.State // "" for no such move
	}{
		{"sign out from READY", spec.UCCE, spec.Situation{State: spec.Ready}, spec.Action{Put: spec.Logout}, ""},
		{"sign out from READY", spec.UCCX, spec.Situation{State: spec.Ready}, spec.Action{Put: spec.Logout}, spec.Logout},
		{"make a call", spec.UCCE, spec.Situation{State: spec.NotReady}, spec.Action{Call: spec.CallMake}, spec.Talking},
		{"make a call", spec.UCCX, spec.Situation{State: spec.NotReady}, spec.Action{Call: spec.CallMake}, spec.NotReady},
		{"go ready on a call", spec.UCCX, direct, spec.Action{Put: spec.Ready}, ""},
		{"hold", spec.UCCE, icd, spec.Action{Dialog: "HOLD"}, spec.Hold},
		{"hold", spec.UCCX, icd, spec.Action{Dialog: "HOLD"}, spec.Talking},
		{"a second wish", spec.UCCE, pending, spec.Action{Put: spec.Ready}, spec.Talking},
		{"a second wish", spec.UCCX, pending, spec.Action{Put: spec.NotReady}, ""},
		{"READY during a call", spec.UCCX, icd, spec.Action{Put: spec.Ready}, ""},
		{"leave RESERVED_OUTBOUND", spec.UCCE, reserved, spec.Action{Put: spec.NotReady}, spec.NotReady},
		{"leave RESERVED_OUTBOUND", spec.UCCX, reserved, spec.Action{Put: spec.NotReady}, ""},
		{"leave RESERVED_OUTBOUND_PREVIEW", spec.UCCX, preview, spec.Action{Put: spec.NotReady}, ""},
		{"a call that nobody accepted", spec.UCCE, preview, spec.Action{Stimulus: spec.DeliverOutbound}, ""},
		{"the pending state follows", spec.UCCE, pending, spec.Action{Dialog: "DROP"}, spec.NotReady},
		{"the state before follows", spec.UCCE, icd, spec.Action{Dialog: "DROP"}, spec.Ready},
		{"the end of another user's call", spec.UCCX, direct, spec.Action{Dialog: "DROP"}, spec.NotReady},
	} {
		to, ok := offers(test.d, test.from, test.action)
		if ok != (test.want != "") || ok && to.State != test.want {
			t.Errorf("%s, %s: leads to %s (%t), want %q", test.name, test.d, to.State, ok, test.want)
		}
	}
}

func TestWrapUpHasNoCall(t *testing.T) {
	s := spec.Effect{State: spec.Work}.Apply(spec.Situation{State: spec.Talking, Was: spec.Ready,
		Pending: spec.NotReady, Call: spec.CallRouted, WrapUp: spec.On})
	if s.Call != "" || s.Pending != "" {
		t.Errorf("wrap-up keeps %+v", s)
	}
}
