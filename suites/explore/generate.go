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
		if rested++; next[0].Call != "" {
			rested = 0
		}
		if away++; g.Wanted == nil || g.Wanted(r.ID()) {
			away = 0
		}
		g.did.add(w, at, r)
		w.Rounds = append(w.Rounds, r)
		at = next
	}
	if talks(at[0].State) { // only then shows what waited for it
		if end, _, ok := g.end(random, at, w, habit, beside, true); ok {
			g.did.add(w, at, end)
			w.Rounds = append(w.Rounds, end)
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
			switch s.State {
			case spec.Talking, spec.Hold:
				states = append(states, s.State, s.State)
			case spec.Work, spec.WorkReady:
				states = append(states, s.State)
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
	how := g.how(random, at[0].State, usually...) // first, or what is long would always be new
	things := 1
	if how != Alone {
		things = 2 + random.IntN(5)/4
	}
	d := g.drawOf(random, at, w, h, beside)
	best, next, ok = g.newest(d, at, w, how, things)
	if !ok && how != Alone && (g.Wanted == nil || g.Wanted(Round{How: Alone, From: at[0].State}.ID())) {
		how = Alone // several make no sense here, as while LOGOUT pends
		best, next, ok = g.newest(d, at, w, how, 1)
	}
	if ok && how == Alone && ends(best.Does[0]) {
		if end, after, found := g.end(random, at, w, h, beside, false); found {
			return end, after, true
		}
	}
	if !ok && h.some != nil {
		return g.best(random, at, w, habit{calls: h.calls}, beside)
	}
	return best, next, ok
}

// newest draws a few rounds, and takes the one that is newest and tells most.
func (g *Generator) newest(d draw, at []modelState, w Walk, how How, things int) (best Round, next []modelState, ok bool) {
	most := -1.0
	for range candidates {
		r, to, possible := g.round(d, at, how, things)
		if !possible {
			continue
		}
		if news := g.did.news(w, at, r) * g.Model.tellsOfLoss(at, r, to); news > most {
			most, best, next = news, r, to
		}
	}
	return best, next, most >= 0
}

// endAlone is of how many ends of calls, reservations and wrap-ups one comes while
// nothing is asked for: they are few, and the queue meets them then. Where something
// waits for the end half of them do, or what is asked for would hide what waited.
func endAlone(at []modelState) int {
	if at[0].Pending != "" {
		return 2
	}
	return 4
}

// end draws a round in which what the user is at ends, mostly while something is
// asked for. It may be the last of a walk.
func (g *Generator) end(random *rand.Rand, at []modelState, w Walk, h habit, beside, last bool) (Round, []modelState, bool) {
	d := g.drawOf(random, at, w, h, beside)
	if d.lasts, d.ending = false, true; last {
		d.most = 4 * mostStates // nothing is built on it
	}
	if how := g.how(random, at[0].State, InARow, Together); how != Alone && random.IntN(endAlone(at)) > 0 {
		if r, next, ok := g.newest(d, at, w, how, 2+random.IntN(4)/3); ok {
			return r, next, true
		}
	}
	return g.newest(d, at, w, Alone, 1)
}

// ends reports whether something ends a call, a reservation or wrap-up.
func ends(w spec.When) bool { return endsCall(w) || w.Timer != "" }

// tellsOfLoss weighs a round of several things: up to half as much again where its
// requests leave their mark, so that it would show if any came to nothing. What is
// done alone is in the middle.
func (m *Model) tellsOfLoss(at []modelState, r Round, to []modelState) float64 {
	const middle = 1.25
	if r.How == Alone {
		return middle
	}
	asked, tells := 0, 0
	for i, w := range r.Does {
		if w.Put == nil || w.Whom() != spec.Self {
			continue
		}
		asked++
		without := m.After(at, Round{How: r.How, Does: slices.Delete(slices.Clone(r.Does), i, i+1)})
		if slices.ContainsFunc(to, func(s modelState) bool { return !slices.Contains(without, s) }) {
			tells++
		}
	}
	if asked == 0 {
		return middle
	}
	return 1 + 0.5*float64(tells)/float64(asked)
}

// usually is how the things of a round are done, each as often as it stands here.
var usually = []How{Alone, Alone, Alone, Alone, Alone, InARow, InARow, InARow, Together, Together, Together}

// how draws how the things of a round are done, of the ways that are wanted; one
// by one where none is, on the way to where it is.
func (g *Generator) how(random *rand.Rand, from spec.State, of ...How) How {
	ways := slices.Clone(of)
	if from == spec.Work || from == spec.WorkReady {
		ways = slices.Compact(ways) // one request ends it, so that more have to come at once
	}
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

// round draws what is done next.
func (g *Generator) round(d draw, at []modelState, how How, things int) (Round, []modelState, bool) {
	r := Round{How: how, From: at[0].State}
	for range 10 {
		r.Does = g.draw(d, at, r.How, things)
		if len(r.Does) < things || ownRequests(r) > mostOwn {
			continue
		}
		next := g.Model.After(at, r)
		if d.called && r.Does[0].Dialog == "MAKE_CALL" || !sure(next, d.most) || d.other != nil && !sure(g.Model.after(d.other, r.of(spec.Colleague)), d.most) {
			continue
		}
		return r, next, true
	}
	return Round{}, nil, false
}

// sure reports whether the model knows enough of where a user may be: it is in
// one of so many states at most.
func sure(at []modelState, most int) bool {
	return len(at) > 0 && len(at) <= most && !slices.ContainsFunc(at, func(s modelState) bool { return s.Open })
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
