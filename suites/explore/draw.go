package explore

import (
	"math/rand/v2"
	"slices"

	"finesse-conformance/spec"
)

// draw is what the next round is drawn by.
type draw struct {
	random *rand.Rand
	called bool                 // there was a direct call
	calls  int                  // how often of five something is done to the call
	lasts  bool                 // the call does not end yet
	only   func(spec.When) bool // what is done to the call, the reservation or the wrap-up now; nil for anything or nothing
	most   int                  // of the model's states in which the user may be after it
	other  []modelState         // where the colleague may be, nil where it does nothing
}

func (g *Generator) drawOf(u *underWay) draw {
	d := draw{random: u.random, calls: u.calls, called: called(u.walk), lasts: young(u.walk, u.at, u.long) && (u.long || u.random.IntN(4) > 0), most: mostStates}
	if u.beside {
		along := g.Model.along(u.walk, spec.Colleague)
		d.other = along[len(along)-1]
	}
	return d
}

// leastOnCall is for how many rounds most calls last, twice as many in long walks: what waits for the end of
// a call may be changed there more than once.
const leastOnCall = 3

// young reports whether the call began a few rounds ago only.
func young(w Walk, at []modelState, long bool) bool {
	n := 0
	for _, r := range slices.Backward(w.Rounds) {
		if !talks(r.From) {
			break
		}
		n++
	}
	return talks(at[0].State) && (n < leastOnCall || long && n < 2*leastOnCall)
}

func talks(s spec.State) bool { return s == spec.Talking || s == spec.Hold }

// draw draws things that make sense together.
func (g *Generator) draw(d draw, at []modelState, how How, things int) []spec.When {
	var does []spec.When
	moment := g.moment(d, at, how, things)
	for n := range things {
		var from []modelState // where the user may be when it is the turn of this one
		if from = at; how == InARow && len(does) > 0 {
			from = g.Model.After(at, Round{How: InARow, Does: does})
		}
		switch {
		case n == moment:
			changes := g.changes(from)
			if d.lasts {
				changes = slices.DeleteFunc(changes, endsCall)
			}
			if d.only != nil {
				changes = slices.DeleteFunc(g.onCalls(from, false), func(w spec.When) bool { return !d.only(w) })
			}
			if len(changes) == 0 {
				return nil
			}
			does = append(does, changes[d.random.IntN(len(changes))])
		case d.other != nil && d.random.IntN(2) == 0:
			does = append(does, beside(d))
		case moment < things:
			does = append(does, g.request(d.random, from))
		default:
			does = append(does, g.thing(d, from, how != Alone, does))
		}
	}
	return slices.DeleteFunc(does, func(w spec.When) bool { return w == spec.When{} })
}

// moment draws which of several things is the moment at which the others are
// asked for: a call, a reservation or wrap-up ends, begins or changes hands just
// then. Every other round is about one, where there is any; else it is none of
// the things. The wrap-up timer comes first, as everything else waits for it.
func (g *Generator) moment(d draw, at []modelState, how How, things int) int {
	if d.only == nil && (how == Alone || d.lasts && d.random.IntN(4) > 0 || d.random.IntN(2) > 0 || len(g.changes(at)) == 0) {
		return things
	}
	if wrapsUp(at) {
		return 0
	}
	return d.random.IntN(things)
}

func wrapsUp(at []modelState) bool { return at[0].State == spec.Work || at[0].State == spec.WorkReady }

// changes lists what changes the call, the reservation or the wrap-up of a user
// at a moment that others may hit.
func (g *Generator) changes(at []modelState) []spec.When {
	if len(at) == 0 {
		return nil
	}
	return slices.DeleteFunc(g.onCalls(at, false), func(w spec.When) bool {
		switch w.Stimulus {
		case spec.WrapUpOn, spec.WrapUpOff:
			return true
		}
		return w.Dialog == "MAKE_CALL" // takes several requests itself
	})
}

// thing draws one thing.
func (g *Generator) thing(d draw, at []modelState, several bool, before []spec.When) spec.When {
	calls := g.onCalls(at, several || slices.ContainsFunc(before, func(w spec.When) bool { return w.Put == nil }))
	if d.lasts {
		calls = slices.DeleteFunc(calls, endsCall)
	}
	busy := slices.ContainsFunc(before, func(w spec.When) bool { return w.Put == nil })
	often := d.calls // in five: a call that ends at once shows less
	if at[0].Call == "" {
		often = 4
	}
	if len(calls) > 0 && !busy && d.random.IntN(5) < often {
		return calls[d.random.IntN(len(calls))]
	}
	return g.request(d.random, at)
}

// beside draws a request of the colleague for itself.
func beside(d draw) spec.When {
	ask := []spec.State{spec.Ready, spec.NotReady, spec.Ready, spec.NotReady, spec.Ready, spec.Logout}[d.random.IntN(6)]
	put := &spec.Put{State: string(ask), Reason: spec.ReasonAuto, User: spec.UserOwn}
	if d.other[0].State == spec.Logout {
		put.State, put.Extension = string(spec.Login), spec.ExtensionOwn
	}
	return spec.When{By: spec.Colleague, Put: put}
}

// request draws a request to change the state.
func (g *Generator) request(random *rand.Rand, at []modelState) spec.When {
	ask := []spec.State{spec.NotReady, spec.NotReady, spec.NotReady, spec.Ready, spec.Ready, spec.Ready, spec.Ready, spec.Logout, spec.Login}[random.IntN(9)]
	if at[0].State == spec.Logout && random.IntN(2) == 0 {
		ask = spec.Login
	}
	if at[0].Call != "" && (ask == spec.Login || ask == spec.Logout) && random.IntN(2) > 0 {
		ask = spec.NotReady // what waits for the end of the call tells more
	}
	if other := map[spec.State]spec.State{spec.Ready: spec.NotReady, spec.NotReady: spec.Ready}[at[0].Pending]; other != "" && ask == at[0].Pending && random.IntN(2) == 0 {
		ask = other // which takes its place
	}
	if g.Supervisor && ask != spec.Login && random.IntN(3) == 0 && (at[0].Call == "" || random.IntN(4) == 0 || ask != spec.Logout && random.IntN(3) == 0) {
		return spec.When{By: spec.Supervisor, Put: &spec.Put{State: string(ask), Reason: spec.ReasonAuto}}
	}
	put := &spec.Put{State: string(ask), Reason: spec.ReasonAuto}
	switch {
	case ask == spec.Login:
		put.Extension = spec.ExtensionOwn
	case ask == spec.NotReady && g.Model.Codes[spec.CategoryNotReady]:
		put.Reason = []string{spec.ReasonFirst, spec.ReasonSecond}[random.IntN(2)]
		if random.IntN(8) == 0 {
			put.Reason = spec.ReasonNone
		}
	}
	return spec.When{By: spec.Self, Put: put}
}

// onCalls lists what can be done to the call, the reservation or the wrap-up
// of a user, or to begin one.
func (g *Generator) onCalls(at []modelState, several bool) []spec.When {
	var list []spec.When
	for _, move := range g.Model.moves {
		a := move.Action
		switch {
		case a.Put != "" || a.Stimulus == spec.WrapUpOn || a.Stimulus == spec.WrapUpOff:
			continue // requests are drawn by themselves, wrap-up before the call
		case !slices.ContainsFunc(at, func(s modelState) bool { return move.From.Matches(s.Situation) }) || !g.Model.leads(at, whenOf(a)):
			continue
		case several && !goesWith(a):
			continue
		case a.Dialog == "HOLD" && slices.ContainsFunc(at, func(s modelState) bool { return s.Held }):
			continue
		case begins(move) && g.Model.Switches && at[0].WrapUp == "":
			continue
		}
		if w := whenOf(a); g.can(w) && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	retrieve := spec.When{By: spec.Self, Dialog: "RETRIEVE"}
	if !slices.ContainsFunc(at, func(s modelState) bool { return !s.Held }) && g.can(retrieve) {
		list = append(list, retrieve)
	}
	if g.Model.Switches && !several && len(at) == 1 && at[0].Call == "" && at[0].WrapUp == "" && (at[0].State == spec.Ready || at[0].State == spec.NotReady) {
		for _, s := range []spec.Stimulus{spec.WrapUpOff, spec.WrapUpOff, spec.WrapUpOn} {
			list = append(list, spec.When{By: spec.Self, Stimulus: s})
		}
	}
	return list
}

// goesWith: a call may be ended or held while something is asked for.
func goesWith(a spec.Action) bool {
	return a.Stimulus == spec.CallerHangup || a.Dialog == "DROP" || a.Dialog == "HOLD" || a.Dialog == "RETRIEVE"
}

func endsCall(w spec.When) bool { return w.Dialog == "DROP" || w.Stimulus == spec.CallerHangup }

// begins reports whether a move begins a call or a reservation.
func begins(m *spec.Move) bool {
	return m.Action.Stimulus != "" && m.To.Call != "" || m.Action.Call != ""
}

// can reports whether the target lets something be done.
func (g *Generator) can(w spec.When) bool {
	switch {
	case w.Dialog == "MAKE_CALL":
		return g.Dialogs && g.Peer
	case w.Dialog != "":
		return g.Dialogs
	case w.Stimulus != "":
		return g.Stimulus(w.Stimulus)
	}
	return true
}
