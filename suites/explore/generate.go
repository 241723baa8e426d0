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
	mostRounds = 14
	mostRests  = 5 // rounds in a row of which no call is part
	leastRests = 2 // of them, before a walk ends because others tell more
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
	u := &underWay{random: random, walk: Walk{Name: fmt.Sprintf("%s-%d-%d", Section, g.Seed, n), Start: g.start(random)}}
	u.at, u.refused = g.Model.start(u.walk), n%3 == 2
	u.beside, u.long, u.calls = g.Colleague && random.IntN(oneBeside) == 0, random.IntN(2) == 0, 1+random.IntN(4)
	away := 0 // rounds in a row that are not wanted
	for len(u.walk.Rounds) < mostRounds && u.rested < mostRests && away < mostAway {
		r, next, ok := g.best(u)
		if !ok || !u.long && u.rested >= leastRests && next[0].Call == "" && u.news < g.did.usual { // to begin anew tells more
			break
		}
		if away++; g.wanted(r.How, r.From) {
			away = 0
		}
		g.take(u, r, next)
	}
	if talks(u.at[0].State) { // only then shows what waited for it
		if r, next, ok := g.meanwhile(u, endsIt, 4*mostStates); ok { // nothing is built on it
			g.take(u, r, next)
		}
	}
	return u.walk
}

// underWay is a walk that is drawn.
type underWay struct {
	random  *rand.Rand
	walk    Walk
	past    []happening
	at      []modelState // where the subject may be
	news    float64      // of the round that was drawn last
	rested  int          // for how many rounds in a row there was no call
	beside  bool         // a colleague asks for itself meanwhile
	keeps   bool         // nothing takes the place of what waits for the end of the call
	refused bool         // a LOGOUT on a call is taken to be refused where it may be
	calls   int          // how often of five something is done to the call
	long    bool         // its calls last: what is the third of a kind on one call comes there, and what pends shows soon in the others
}

// take adds a round to a walk.
func (g *Generator) take(u *underWay, r Round, next []modelState) {
	now := g.Model.happenings(u.past, u.at, r)
	g.did.add(u.past, now)
	if whereabouts(u.at[0]) != "rest" {
		g.did.usual += (u.news - g.did.usual) / 20
	}
	waits := len(waiting(u.past)) > 0
	if u.refused {
		next = unlessSignedOut(next)
	}
	u.past, u.at, u.walk.Rounds = append(u.past, now...), next, append(u.walk.Rounds, r)
	switch {
	case len(waiting(u.past)) == 0 || !talks(next[0].State):
		u.keeps = false
	case !waits:
		u.keeps = u.random.IntN(4) == 0
	}
	if u.rested++; next[0].Call != "" {
		u.rested = 0
	}
}

// unlessSignedOut leaves out that LOGOUT may wait for the end of the call, where it
// may be refused as well: no guide says what it gives way to, so that a walk goes on
// where it is refused alone.
func unlessSignedOut(at []modelState) []modelState {
	refused := slices.DeleteFunc(slices.Clone(at), func(s modelState) bool { return s.Pending == spec.Logout })
	if !slices.ContainsFunc(refused, func(s modelState) bool { return s.Call != "" }) {
		return at
	}
	return refused
}

// wanted reports whether a class of rounds is walked.
func (g *Generator) wanted(how How, from spec.State) bool {
	return g.Wanted == nil || g.Wanted(Round{How: how, From: from}.ID())
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
const candidates = 60

// best draws a few rounds, and takes the one of which least was done before.
func (g *Generator) best(u *underWay) (best Round, next []modelState, ok bool) {
	from := u.at[0].State
	d := g.drawOf(u)
	over := u.random.IntN(2) == 0 && slices.ContainsFunc(u.at, func(s modelState) bool { return s.Pending == spec.Logout }) // nothing is asked for after it
	switch {
	case !g.wanted(Alone, from):
	case u.at[0].Call == "" && u.rested >= 2 && u.random.IntN(2) == 0: // what is remembered from one call to the next
		d.only = beginsCall
	case over, u.keeps && !d.lasts:
		d.only, d.lasts = endsIt, false
	case u.keeps:
		d.only = func(w spec.When) bool { return !endsCall(w) }
	case !u.long && len(waiting(u.past)) > 0 && u.random.IntN(5) < 2: // before something else takes the place of what pends
		d.only, d.lasts = endsIt, false
	}
	if d.only != nil {
		if best, next, ok = g.newest(d, u, Alone, 1); ok || over {
			return best, next, ok
		}
		d.only = nil
	}
	how := g.how(u.random, from, usually...) // first, or what is long would always be new
	things := 1
	if how != Alone {
		things = 2 + u.random.IntN(5)/4
	}
	best, next, ok = g.newest(d, u, how, things)
	if !ok && how != Alone && g.wanted(Alone, from) { // several make no sense here, as while LOGOUT pends
		how = Alone
		best, next, ok = g.newest(d, u, how, 1)
	}
	if ok && how == Alone && (endsIt(best.Does[0]) || arrives(best.Does[0])) {
		if busy, after, found := g.meanwhile(u, func(w spec.When) bool { return w == best.Does[0] }, mostStates); found {
			return busy, after, true
		}
	}
	return best, next, ok
}

// newest draws a few rounds, and takes the one that is newest.
func (g *Generator) newest(d draw, u *underWay, how How, things int) (best Round, next []modelState, ok bool) {
	most := -1.0
	for range candidates {
		r, to, possible := g.round(d, u.at, how, things)
		if !possible {
			continue
		}
		if news := g.did.news(u.past, g.Model.happenings(u.past, u.at, r)); news > most {
			most, best, next, u.news = news, r, to, news
		}
	}
	return best, next, most >= 0
}

// meanwhile draws a round in which a call begins or what the user is at ends. Three
// of four do while something is asked for: they are few, and the queue meets them
// then. Where something waits for the end half as many do, or what is asked for would
// hide what waited.
func (g *Generator) meanwhile(u *underWay, only func(spec.When) bool, most int) (Round, []modelState, bool) {
	d := g.drawOf(u)
	d.lasts, d.only, d.most = false, only, most
	hides := len(waiting(u.past)) > 0 && u.random.IntN(2) == 0
	if how := g.how(u.random, u.at[0].State, InARow, Together); how != Alone && !hides && u.random.IntN(4) > 0 {
		if r, next, ok := g.newest(d, u, how, 2+u.random.IntN(4)/3); ok {
			return r, next, true
		}
	}
	return g.newest(d, u, Alone, 1)
}

// arrives reports whether somebody answers a call that was offered, or a campaign
// delivers one.
func arrives(w spec.When) bool { return w.Dialog == "ANSWER" || w.Stimulus == spec.DeliverOutbound }

// beginsCall reports whether something begins a call or a reservation, of what may
// be done to a user who has none.
func beginsCall(w spec.When) bool { return w.Stimulus != spec.WrapUpOn && w.Stimulus != spec.WrapUpOff }

// endsIt reports whether something ends a call, a reservation or wrap-up.
func endsIt(w spec.When) bool { return endsCall(w) || w.Timer != "" }

// usually is how the things of a round are done, each as often as it stands here.
var usually = []How{Alone, Alone, Alone, Alone, Alone, InARow, InARow, InARow, Together, Together, Together}

// how draws how the things of a round are done, of the ways that are wanted; one
// by one where none is, on the way to where it is.
func (g *Generator) how(random *rand.Rand, from spec.State, of ...How) How {
	ways := slices.Clone(of)
	if from == spec.Work || from == spec.WorkReady {
		ways = slices.Compact(ways) // one request ends it, so that more have to come at once
	}
	ways = slices.DeleteFunc(ways, func(how How) bool { return !g.wanted(how, from) })
	if len(ways) == 0 {
		return Alone
	}
	return ways[random.IntN(len(ways))]
}

// wants reports whether any round from a state is wanted.
func (g *Generator) wants(from spec.State) bool {
	return slices.ContainsFunc(hows(), func(how How) bool { return g.wanted(how, from) })
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
