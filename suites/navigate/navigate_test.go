package navigate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/navigate"
)

func moves(d spec.Deployment) []*spec.Move {
	return contracttest.Catalogue().Moves(d, spec.Release{Major: 12, Minor: 5, Maintenance: 1})
}

// all is every means there is.
func all() navigate.Means {
	return navigate.Means{Stimulus: func(spec.Stimulus) bool { return true }, Dialogs: true, Peer: true, Timer: true}
}

// without is every means but these.
func without(pieces ...string) navigate.Means {
	m := all()
	m.Stimulus = func(s spec.Stimulus) bool {
		return !slices.Contains(pieces, string(s)) && !slices.Contains(pieces, "stimuli")
	}
	m.Dialogs = !slices.Contains(pieces, "dialogs")
	m.Peer = !slices.Contains(pieces, "peer")
	m.Timer = !slices.Contains(pieces, "timer")
	return m
}

func signedOut(w spec.Switch) spec.Situation { return spec.Situation{State: spec.Logout, WrapUp: w} }

// The cheapest ways, as they are.
func TestWays(t *testing.T) {
	talking := spec.Given{State: spec.Talking}
	tests := []struct {
		deployment spec.Deployment
		from       spec.Situation
		goal       spec.Given
		means      navigate.Means
		want       string
	}{
		{"UCCE", signedOut(""), spec.Given{State: spec.Logout}, all(), ""},
		{"UCCE", signedOut(""), spec.Given{}, all(), ""},
		{"UCCE", signedOut(""), spec.Given{State: spec.NotReady}, all(), "sign in"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Ready}, all(), "sign in, go ready"},
		{"UCCX", signedOut(""), spec.Given{State: spec.Ready}, without("stimuli", "dialogs", "peer", "timer"), "sign in, go ready"},
		{"UCCE", spec.Situation{State: spec.Ready}, spec.Given{State: spec.Logout}, all(), "go not ready, sign out"},
		{"UCCX", spec.Situation{State: spec.Ready}, spec.Given{State: spec.Logout}, all(), "sign out from READY"},
		{"UCCE", spec.Situation{State: spec.NotReady}, spec.Given{State: spec.Logout}, all(), "sign out"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Reserved}, all(), "sign in, go ready, a routed call is offered"},
		{"UCCE", signedOut(""), spec.Given{State: spec.ReservedOutbound}, all(), "sign in, go ready, a campaign reserves the agent"},
		{"UCCX", signedOut(""), spec.Given{State: spec.ReservedOutboundPreview}, all(), "sign in, go ready, a Preview campaign reserves the agent"},
		{"UCCE", signedOut(""), talking, all(), "sign in, go ready, a routed call is offered, answer the routed call"},
		{"UCCE", signedOut(""), talking, without("stimuli"), "sign in, make a call"},
		{"UCCE", signedOut(""), talking, without("route_call", "peer"), "sign in, go ready, a campaign reserves the agent, the outbound call arrives"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Talking, Was: spec.NotReady}, all(), "sign in, make a call"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Talking, Was: spec.Ready}, without("route_call"),
			"sign in, go ready, a campaign reserves the agent, the outbound call arrives"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Talking, Call: spec.CallPreview}, all(),
			"sign in, go ready, a Preview campaign reserves the agent, accept the Preview call, the accepted Preview call arrives"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Talking, Pending: spec.NotReady}, all(),
			"sign in, go ready, a routed call is offered, answer the routed call, ask for NOT_READY during the call"},
		{"UCCX", signedOut(spec.Off), spec.Given{State: spec.Talking, Call: spec.CallRouted, Pending: spec.NotReady, WrapUp: spec.Off}, all(),
			"sign in, go ready, a routed call is offered, answer the routed call, ask for NOT_READY during the ICD call"},
		{"UCCX", signedOut(""), spec.Given{State: spec.NotReady, Call: spec.CallDirect}, all(), "sign in, make a call and stay NOT_READY"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Hold}, all(), "sign in, go ready, a routed call is offered, answer the routed call, hold the call"},
		{"UCCE", signedOut(""), spec.Given{State: spec.Hold}, without("stimuli"), "sign in, make a call, hold the call"},
		// Wrap-up that is on already, that is off, and that is not known.
		{"UCCE", signedOut(spec.On), spec.Given{State: spec.Work}, without("stimuli"), "sign in, make a call, ask for NOT_READY during the call, drop the call and wrap up, NOT_READY asked for"},
		{"UCCE", signedOut(spec.Off), spec.Given{State: spec.Talking, WrapUp: spec.On}, all(),
			"sign in, go ready, have wrap-up follow the next call, a routed call is offered, answer the routed call"},
		{"UCCE", signedOut(spec.On), spec.Given{State: spec.Talking, Was: spec.Ready, WrapUp: spec.Off}, all(),
			"sign in, go ready, have no wrap-up follow the next call, a routed call is offered, answer the routed call"},
		{"UCCE", signedOut(spec.On), spec.Given{State: spec.WorkReady}, all(),
			"sign in, go ready, a routed call is offered, answer the routed call, drop the call and wrap up, READY after it"},
		{"UCCX", signedOut(spec.On), spec.Given{State: spec.Work}, all(), "sign in, go ready, a routed call is offered, answer the routed call, drop the ICD call and wrap up"},
		// On the way home.
		{"UCCE", spec.Situation{State: spec.Work}, spec.Given{State: spec.Logout}, all(), "leave WORK for NOT_READY, sign out"},
		{"UCCE", spec.Situation{State: spec.WorkReady}, spec.Given{State: spec.Ready}, all(), "leave WORK_READY for READY"},
		{"UCCE", spec.Situation{State: spec.Talking, Was: spec.Ready, WrapUp: spec.Off}, spec.Given{State: spec.NotReady}, all(),
			"ask for NOT_READY during the call, drop the call, NOT_READY after it"},
		{"UCCX", spec.Situation{State: spec.NotReady, Was: spec.NotReady, Call: spec.CallDirect}, spec.Given{State: spec.Logout}, all(),
			"end the call that left the state NOT_READY, sign out"},
	}
	for _, test := range tests {
		name := fmt.Sprintf("%s %v to %s", test.deployment, test.from, navigate.Goal(test.goal))
		way, err := navigate.Find(moves(test.deployment), test.from, test.goal, test.means)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if way.String() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, way, test.want)
		}
	}
}

// Without a means the missing piece is named.
func TestMissingMeans(t *testing.T) {
	tests := []struct {
		deployment spec.Deployment
		goal       spec.Given
		means      navigate.Means
		want       string
	}{
		{"UCCE", spec.Given{State: spec.Reserved}, without("route_call"), "needs stimulus route_call to reach RESERVED"},
		{"UCCE", spec.Given{State: spec.ReservedOutbound}, without("reserve_outbound"), "needs stimulus reserve_outbound to reach RESERVED_OUTBOUND"},
		{"UCCE", spec.Given{State: spec.ReservedOutboundPreview}, without("reserve_preview"), "needs stimulus reserve_preview to reach RESERVED_OUTBOUND_PREVIEW"},
		{"UCCE", spec.Given{State: spec.Talking}, without("stimuli", "peer"), "needs another user to call to reach TALKING"},
		{"UCCE", spec.Given{State: spec.Talking}, without("stimuli", "dialogs"), "needs the Dialog API to reach TALKING"},
		{"UCCE", spec.Given{State: spec.Talking, Was: spec.Ready}, without("stimuli"), "needs stimulus route_call to reach TALKING (was READY)"},
		{"UCCE", spec.Given{State: spec.Hold}, without("dialogs"), "needs the Dialog API to reach HOLD"},
		{"UCCE", spec.Given{State: spec.Talking, Call: spec.CallPreview}, without("reserve_preview", "deliver_outbound"),
			"needs stimulus reserve_preview and stimulus deliver_outbound to reach TALKING (preview call)"},
		{"UCCE", spec.Given{State: spec.Work, WrapUp: spec.On}, without("wrap_up_on"), "needs stimulus wrap_up_on to reach WORK (wrap-up on)"},
		{"UCCX", spec.Given{State: spec.Talking}, without("route_call", "deliver_outbound"), "needs stimulus route_call to reach TALKING"},
		{"UCCX", spec.Given{State: spec.NotReady, Call: spec.CallDirect}, without("peer"), "needs another user to call to reach NOT_READY (direct call)"},
		{"UCCX", spec.Given{State: spec.Hold}, all(), "no documented way leads to HOLD"},
		{"UCCX", spec.Given{State: spec.WorkReady}, all(), "no documented way leads to WORK_READY"},
		{"UCCE", spec.Given{State: spec.Unknown}, all(), "no documented way leads to UNKNOWN"},
		{"UCCE", spec.Given{State: spec.Login}, all(), "no documented way leads to LOGIN"},
		{"UCCE", spec.Given{State: spec.Ready, Pending: spec.Logout}, all(), "no documented way leads to READY (LOGOUT pending)"},
	}
	for _, test := range tests {
		way, err := navigate.Find(moves(test.deployment), signedOut(spec.Off), test.goal, test.means)
		var missing *navigate.Missing
		switch {
		case err == nil:
			t.Errorf("%s %s: found %s", test.deployment, navigate.Goal(test.goal), way)
		case !errors.As(err, &missing) || err.Error() != test.want:
			t.Errorf("%s %s:\n got %v\nwant %s", test.deployment, navigate.Goal(test.goal), err, test.want)
		}
	}
	if _, err := navigate.Find(moves("UCCE"), signedOut(""), spec.Given{State: spec.Reserved}, navigate.Means{}); err == nil {
		t.Error("without any means a call was routed")
	}
}

// Where nothing but the wrap-up timer leads on, it has to be short enough.
func TestWrapUpTimer(t *testing.T) {
	timers := slices.DeleteFunc(slices.Clone(moves("UCCE")), func(m *spec.Move) bool { return m.Action.Timer == "" })
	work, notReady := spec.Situation{State: spec.Work}, spec.Given{State: spec.NotReady}
	if path, err := navigate.Find(timers, work, notReady, all()); err != nil || path.String() != "the wrap-up timer ends WORK" {
		t.Errorf("%s, %v", path, err)
	}
	if path, err := navigate.Find(timers, work, notReady, without("timer")); err == nil || err.Error() != "needs a wrap-up timer within the longest wait to reach NOT_READY" {
		t.Errorf("%s, %v", path, err)
	}
}

// Where the user's settings say whether wrap-up follows, they are asked for the
// moves that begin a call, and no stimulus is needed.
func TestWrapUpBySettings(t *testing.T) {
	means := without("wrap_up_on", "wrap_up_off")
	means.WrapUp = func(m *spec.Move) spec.Switch {
		if m.To.Call == "" {
			t.Errorf("%s begins no call", m.Name)
		}
		return spec.On
	}
	if path, err := navigate.Find(moves("UCCE"), signedOut(spec.Off), spec.Given{State: spec.Work}, means); err != nil {
		t.Errorf("%s, %v", path, err)
	}
}

// starts are the situations from which a requirement may have to begin.
func starts(w spec.Switch) []spec.Situation {
	return []spec.Situation{
		{State: spec.Logout, WrapUp: w}, {State: spec.NotReady, WrapUp: w}, {State: spec.Ready, WrapUp: w},
		{State: spec.Work, WrapUp: w}, {State: spec.WorkReady, WrapUp: w},
	}
}

// follow checks that each move of a way may be made where it is, and gives
// the end.
func follow(t *testing.T, from spec.Situation, way navigate.Path) spec.Situation {
	t.Helper()
	for i, m := range way.Moves {
		if !m.From.Matches(from) {
			t.Errorf("%s cannot be made from %+v", m.Name, from)
		}
		from = m.To.Apply(from)
		if from != way.After[i] {
			t.Errorf("after %s comes %+v, and %+v is said", m.Name, from, way.After[i])
		}
	}
	return from
}

// With all means every precondition of the catalogue is reached, from
// wherever a user may be, with wrap-up on, off and unknown; the way leads
// there and is the same each time.
func TestEveryPrecondition(t *testing.T) {
	release := spec.Release{Major: 12, Minor: 5, Maintenance: 1}
	for _, d := range spec.Deployments() {
		for _, req := range contracttest.Catalogue().Applicable(d, release) {
			if req.Given.State == "" {
				continue
			}
			for _, w := range []spec.Switch{spec.On, spec.Off, ""} {
				for _, from := range starts(w) {
					if d == spec.UCCX && from.State == spec.WorkReady {
						continue
					}
					way, err := navigate.Find(moves(d), from, req.Given, all())
					if err != nil {
						t.Errorf("%s %s from %+v: %v", d, req.ID, from, err)
						continue
					}
					if end := follow(t, from, way); !navigate.Reached(req.Given, end) {
						t.Errorf("%s %s from %+v: %s ends in %+v", d, req.ID, from, way, end)
					}
					again, _ := navigate.Find(moves(d), from, req.Given, all())
					if again.String() != way.String() {
						t.Errorf("%s %s from %+v: once %s, once %s", d, req.ID, from, way, again)
					}
				}
			}
		}
	}
}

// No way is shorter than the one found: with every move at the same price a
// search breadth first finds none of fewer moves that costs less.
func TestFewestRequests(t *testing.T) {
	means := without("stimuli", "dialogs", "peer", "timer") // what is left are PUTs, of one price
	for _, d := range spec.Deployments() {
		for _, from := range starts(spec.Off) {
			for _, to := range []spec.State{spec.Logout, spec.NotReady, spec.Ready} {
				way, err := navigate.Find(moves(d), from, spec.Given{State: to}, means)
				if d == spec.UCCX && from.State == spec.WorkReady {
					continue
				}
				if err != nil {
					t.Errorf("%s from %s to %s: %v", d, from.State, to, err)
					continue
				}
				if shortest := breadthFirst(moves(d), from, to); len(way.Moves) != shortest {
					t.Errorf("%s from %s to %s: %d moves (%s), and %d would do", d, from.State, to, len(way.Moves), way, shortest)
				}
			}
		}
	}
}

func breadthFirst(moves []*spec.Move, from spec.Situation, to spec.State) int {
	seen, now := map[spec.Situation]bool{from: true}, []spec.Situation{from}
	for n := 0; len(now) > 0; n++ {
		var next []spec.Situation
		for _, s := range now {
			if s.State == to && s.Call == "" {
				return n
			}
			for _, m := range moves {
				if m.Action.Put == "" || !m.From.Matches(s) {
					continue
				}
				if t := m.To.Apply(s); !seen[t] {
					seen[t] = true
					next = append(next, t)
				}
			}
		}
		now = next
	}
	return -1
}

// A user who is on a call that its state does not show is not at rest.
func TestReached(t *testing.T) {
	direct := spec.Situation{State: spec.NotReady, Was: spec.NotReady, Call: spec.CallDirect}
	for _, test := range []struct {
		given spec.Given
		at    spec.Situation
		want  bool
	}{
		{spec.Given{State: spec.NotReady}, spec.Situation{State: spec.NotReady}, true},
		{spec.Given{State: spec.NotReady}, direct, false},
		{spec.Given{State: spec.NotReady, Call: spec.CallDirect}, direct, true},
		{spec.Given{State: spec.Talking}, spec.Situation{State: spec.Talking, Call: spec.CallRouted}, true},
		{spec.Given{State: spec.Talking, Call: spec.CallDirect}, spec.Situation{State: spec.Talking, Call: spec.CallRouted}, false},
		{spec.Given{State: spec.Talking, WrapUp: spec.On}, spec.Situation{State: spec.Talking}, false},
		{spec.Given{State: spec.Talking, Pending: spec.NotReady}, spec.Situation{State: spec.Talking}, false},
		{spec.Given{}, spec.Situation{State: spec.Hold}, true},
	} {
		if got := navigate.Reached(test.given, test.at); got != test.want {
			t.Errorf("%s at %+v: %v", navigate.Goal(test.given), test.at, got)
		}
	}
}

func TestWords(t *testing.T) {
	for _, m := range append(moves(spec.UCCE), moves(spec.UCCX)...) {
		if text := navigate.Describe(m.Action); text == "nothing" || strings.TrimSpace(text) == "" {
			t.Errorf("%s is done by %q", m.Name, text)
		}
	}
	if text := navigate.Describe(spec.Action{}); text != "nothing" {
		t.Errorf("no action is %q", text)
	}
	if text := navigate.Goal(spec.Given{}); text != "any state" {
		t.Errorf("no goal is %q", text)
	}
}

// BenchmarkFind finds the longest way, and finds that there is none.
func BenchmarkFind(b *testing.B) {
	for name, goal := range map[string]spec.Given{
		"WORK_READY": {State: spec.WorkReady, WrapUp: spec.On}, "none": {State: spec.Unknown},
	} {
		b.Run(name, func(b *testing.B) {
			list, means := moves(spec.UCCE), all()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = navigate.Find(list, signedOut(""), goal, means)
			}
		})
	}
}
