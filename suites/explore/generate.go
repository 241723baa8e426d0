package explore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// Generator makes walks. The nth walk of a seed is always the same.
type Generator struct {
	Model *Model
	Seed  uint64
	// Means are what can be done on the target beside requests to change state.
	Dialogs    bool
	Peer       bool // somebody is there to call
	Supervisor bool // somebody supervises
	Colleague  bool // another agent is there, who asks for itself meanwhile
	Stimulus   func(spec.Stimulus) bool
	// Wanted says by their ids which classes of rounds are walked; nil for all.
	// A walk still goes through others to get there.
	Wanted func(id string) bool

	mu    sync.Mutex
	drawn []Walk
	did   coverage
}

// The shape of walks. Long ones find what depends on what was before, short
// ones leave the undocumented less often.
const (
	mostRounds = 12
	mostRests  = 3 // rounds in a row of which no call is part
	mostAway   = 3
	mostStates = 4 // of the model, at the same time
	mostOwn    = 2 // requests of the agent in a round: where each is refused with 401, more come near a lockout
	oneBeside  = 5 // of so many walks one has a colleague ask for itself meanwhile
)

// Walk gives the nth walk. It may be called from several goroutines.
func (g *Generator) Walk(n int) Walk {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.drawn) <= n { // each prefers what none before it did
		w := g.walk(len(g.drawn))
		g.drawn = append(g.drawn, w)
	}
	return g.drawn[n]
}

func (g *Generator) walk(n int) Walk {
	random := rand.New(rand.NewPCG(g.Seed, uint64(n)))
	w := Walk{Name: fmt.Sprintf("%s-%d-%d", Section, g.Seed, n), Start: g.start(random)}
	at := g.Model.start(w)
	rested, rests, habit := 0, mostRests, g.habit(random)
	if habit.some != nil {
		rests *= 2 // what it repeats
	}
	beside := g.Colleague && random.IntN(oneBeside) == 0
	away := 0 // rounds in a row that are not wanted
	for len(w.Rounds) < mostRounds && rested < rests && away < mostAway {
		r, next, ok := g.best(random, at, w, habit, beside)
		if !ok {
			break
		}
		if rested++; at[0].Call != "" || next[0].Call != "" {
			rested = 0
		}
		if away++; g.Wanted == nil || g.Wanted(r.ID()) {
			away = 0
		}
		g.did.add(w, at, r)
		w.Rounds = append(w.Rounds, r)
		at = next
	}
	end := Round{How: Alone, From: at[0].State, Does: []spec.When{{By: spec.Self, Dialog: "DROP"}}}
	if at[0].State == spec.Talking || at[0].State == spec.Hold {
		if next := g.Model.After(at, end); g.Dialogs && !slices.ContainsFunc(next, func(s modelState) bool { return s.Open }) {
			w.Rounds = append(w.Rounds, end) // only then shows what waited for it
		}
	}
	return w
}

// called reports whether a walk has a direct call already: the other party may
// still wrap up after it, and could not call again.
func called(w Walk) bool {
	return w.Start.Call == spec.CallDirect || slices.ContainsFunc(w.Rounds, func(r Round) bool { return r.Does[0].Dialog == "MAKE_CALL" })
}

// start draws where a walk begins: on a call, in a reservation or in wrap-up
// mostly, since a walk comes to rest by itself; of the situations of a state the
// one in which least walks began.
func (g *Generator) start(random *rand.Rand) spec.Situation {
	byState := map[spec.State][]spec.Situation{}
	var states []spec.State // one that is of use for longer stands there more often
	for _, s := range behaviour.Situations(g.Model.moves) {
		if !g.reaches(s) || !g.wants(s.State) {
			continue
		}
		if byState[s.State] == nil {
			states = append(states, s.State)
			if s.State == spec.Talking || s.State == spec.Hold {
				states = append(states, s.State, s.State)
			}
		}
		byState[s.State] = append(byState[s.State], s)
	}
	if len(states) == 0 {
		return spec.Situation{State: spec.Logout}
	}
	all := byState[states[random.IntN(len(states))]]
	start := all[random.IntN(len(all))]
	for _, s := range all {
		if g.did.starts[s] < g.did.starts[start] {
			start = s
		}
	}
	g.did.begin(start)
	return start
}

// reaches reports whether the target can be brought into a situation at all.
func (g *Generator) reaches(s spec.Situation) bool {
	switch {
	case s.Call == spec.CallDirect:
		return g.Dialogs && g.Peer
	case s.Call == spec.CallRouted, s.State == spec.Work, s.State == spec.WorkReady:
		return g.Dialogs && g.Stimulus(spec.RouteCall)
	case s.Call == spec.CallOutbound:
		return g.Stimulus(spec.ReserveOutbound)
	case s.Call == spec.CallPreview:
		return g.Stimulus(spec.ReservePreview)
	}
	return true
}

// candidates is of how many rounds the one is taken that tells most.
const candidates = 24

// best draws a few rounds, and takes the one of which least was done before.
func (g *Generator) best(random *rand.Rand, at []modelState, w Walk, h habit, beside bool) (best Round, next []modelState, ok bool) {
	most := -1.0
	how := g.how(random, at[0].State) // first, or what is long would always be new
	things := 1
	if how != Alone {
		things = 2 + random.IntN(5)/4
	}
	d := draw{random: random, habit: h, called: called(w), lasts: young(w, at) && random.IntN(4) > 0}
	if beside {
		along := g.Model.along(w, spec.Colleague)
		d.other = along[len(along)-1]
	}
	for range candidates {
		r, to, ok := g.round(d, at, how, things)
		if !ok {
			continue
		}
		if news := g.did.news(w, at, r); news > most {
			most, best, next = news, r, to
		}
	}
	if most < 0 && h.some != nil {
		return g.best(random, at, w, habit{calls: h.calls}, beside)
	}
	return best, next, most >= 0
}

// how draws how the things of a round are done, of the ways that are wanted; one
// by one where none is, on the way to where it is.
func (g *Generator) how(random *rand.Rand, from spec.State) How {
	ways := []How{Alone, Alone, Alone, Alone, Alone, InARow, InARow, InARow, Together, Together, Together}
	ways = slices.DeleteFunc(ways, func(how How) bool { return g.Wanted != nil && !g.Wanted(Round{How: how, From: from}.ID()) })
	if len(ways) == 0 {
		return Alone
	}
	return ways[random.IntN(len(ways))]
}

// wants reports whether any round from a state is wanted.
func (g *Generator) wants(from spec.State) bool {
	return g.Wanted == nil || slices.ContainsFunc(hows(), func(how How) bool { return g.Wanted(Round{How: how, From: from}.ID()) })
}

// habit is what a walk does more than others.
type habit struct {
	some  map[string]bool // the requests that are made, nil for all
	calls int             // how often of five something is done to the call
}

// habit draws one. A third of the walks makes few kinds of requests: what depends on
// the third of a kind comes only where little else is done between.
func (g *Generator) habit(random *rand.Rand) habit {
	h := habit{calls: 2}
	if random.IntN(3) > 0 {
		return h
	}
	h.calls, h.some = 1+random.IntN(4), map[string]bool{}
	for range 2 + random.IntN(2) {
		ask := []spec.State{spec.NotReady, spec.Ready, spec.NotReady, spec.Ready, spec.Logout, spec.Login}[random.IntN(6)]
		w := spec.When{By: spec.Self, Put: &spec.Put{State: string(ask)}}
		if ask != spec.Login && random.IntN(3) == 0 {
			w.By = spec.Supervisor
		}
		if h.some[name(w)] = true; ask == spec.Logout {
			h.some[string(spec.Login)] = true
		}
	}
	return h
}

// draw is what the next round is drawn by.
type draw struct {
	habit
	random *rand.Rand
	called bool         // there was a direct call
	lasts  bool         // the call does not end yet
	other  []modelState // where the colleague may be, nil where it does nothing
}

// leastOnCall is for how many rounds most calls last: what waits for the end of
// a call may be changed there more than once.
const leastOnCall = 3

// young reports whether the call began a few rounds ago only.
func young(w Walk, at []modelState) bool {
	on := func(s spec.State) bool { return s == spec.Talking || s == spec.Hold }
	n := 0
	for _, r := range slices.Backward(w.Rounds) {
		if !on(r.From) {
			break
		}
		n++
	}
	return on(at[0].State) && n < leastOnCall
}

// round draws what is done next.
func (g *Generator) round(d draw, at []modelState, how How, things int) (Round, []modelState, bool) {
	r := Round{How: how, From: at[0].State}
	for range 10 {
		r.Does = g.draw(d, at, r.How, things)
		if len(r.Does) < things || ownRequests(r) > mostOwn {
			continue
		}
		next := g.Model.After(at, r)
		if d.called && r.Does[0].Dialog == "MAKE_CALL" || !sure(next) || d.other != nil && !sure(g.Model.after(d.other, r.of(spec.Colleague))) {
			continue
		}
		return r, next, true
	}
	return Round{}, nil, false
}

// sure reports whether the model knows enough of where a user may be.
func sure(at []modelState) bool {
	return len(at) > 0 && len(at) <= mostStates && !slices.ContainsFunc(at, func(s modelState) bool { return s.Open })
}

func ownRequests(r Round) int {
	n := 0
	for _, w := range r.Does {
		if w.Put != nil && w.By == spec.Self {
			n++
		}
	}
	return n
}

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
			if len(changes) == 0 {
				return nil
			}
			does = append(does, changes[d.random.IntN(len(changes))])
		case d.other != nil && d.random.IntN(2) == 0:
			does = append(does, beside(d))
		case moment < things:
			does = append(does, g.asked(d, from))
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
	if how == Alone || d.lasts && d.random.IntN(4) > 0 || d.random.IntN(2) > 0 || len(g.changes(at)) == 0 {
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
	return g.asked(d, at)
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

// asked draws a request, of those that the walk makes where it makes few.
func (g *Generator) asked(d draw, at []modelState) spec.When {
	w := g.request(d.random, at)
	for range 20 {
		if d.some == nil || d.some[name(w)] {
			break
		}
		w = g.request(d.random, at)
	}
	return w
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
	if g.Supervisor && ask != spec.Login && random.IntN(3) == 0 && (at[0].Call == "" || random.IntN(4) == 0) {
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
		case slices.ContainsFunc(at, func(s modelState) bool { return !move.From.Matches(s.Situation) }):
			continue
		case several && !goesWith(a):
			continue
		case begins(move) && g.Model.Switches && at[0].WrapUp == "":
			continue
		}
		if w := whenOf(a); g.can(w) && !slices.Contains(list, w) {
			list = append(list, w)
		}
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
