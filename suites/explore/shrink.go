package explore

import (
	"context"
	"fmt"
	"slices"

	"finesse-conformance/spec"
)

// Certainty says how sure a deviation is after its walk was played again.
type Certainty string

// How sure a deviation is. The set is closed.
const (
	EveryTime Certainty = "every_time" // a fault of the target
	Sometimes Certainty = "sometimes"  // a fault of the target that shows now and then
	Once      Certainty = "once"       // seen once and never again: noted, and no failure
)

// Finding is a deviation with the shortest walk that was found to show it.
type Finding struct {
	Walk      Walk // its last round shows it
	Deviation Deviation
	Certainty Certainty
	Shown, Of int  // how often the shortest walk showed it when it was repeated
	From      Walk // the walk that was shrunk
	Replays   int  // that shrinking and repeating cost
}

// ID names the class of the round that shows the deviation.
func (f Finding) ID() string { return f.Walk.Rounds[len(f.Walk.Rounds)-1].ID() }

const (
	// repeats is how often the shortest walk is played to tell a fault from a flake.
	repeats = 5
	// byChance is how often a walk is played in which things are done at the same
	// moment until it shows the deviation again: it may show in one order alone.
	byChance = 3 * repeats
	// mostTries is how often one has to fail to show the deviation before it is
	// given up. What shows every time is not tried again before nothing else
	// makes the walk shorter.
	mostTries = 2
	// mostReplays bounds what one finding may cost a target.
	mostReplays = 120
)

// shrinking is a search for the shortest walk.
type shrinking struct {
	*Model
	ctx      context.Context
	exercise Exercise
	replays  int
	seen     Deviation // that the shortest walk showed last
}

// shrink plays shorter and shorter walks, as long as they show a deviation,
// and the shortest one several times.
func (m *Model) shrink(ctx context.Context, w Walk, d Deviation, exercise Exercise) Finding {
	s := &shrinking{Model: m, ctx: ctx, exercise: exercise, seen: d}
	shortest := w
	shortest.Rounds = slices.Clone(w.Rounds[:d.Round+1])
	tries := repeats
	if slices.ContainsFunc(shortest.Rounds, func(r Round) bool { return r.How == Together }) {
		tries = byChance
	}
	if s.shows(shortest, tries) {
		shortest = s.shortest(shortest)
	} else {
		return Finding{Walk: shortest, Deviation: d, Certainty: Once, Of: s.replays, From: w, Replays: s.replays}
	}
	f := Finding{Walk: shortest, From: w, Certainty: EveryTime}
	for range repeats {
		if ctx.Err() != nil {
			break
		}
		f.Of++
		if s.shows(shortest, 1) {
			f.Shown++
		}
	}
	switch {
	case f.Shown < f.Of-1 && s.seen.explained():
		f.Certainty = Once
	case f.Shown < f.Of:
		f.Certainty = Sometimes
	}
	f.Deviation, f.Replays = s.seen, s.replays
	return f
}

// shortest plays what has less of a walk as long as that shows a deviation as
// well; then few of its rounds from wherever a walk can begin; and last what has
// as many things and is simpler.
func (s *shrinking) shortest(w Walk) Walk {
	for tries := 1; tries <= mostTries; tries++ {
		for _, candidates := range []func(Walk) []Walk{s.shortened, s.fewOf, s.simpler} {
			for shorter := true; shorter; {
				w, shorter = s.oneOf(candidates(w), w, tries)
			}
		}
	}
	return w
}

// oneOf gives the first of some walks that shows a deviation as well.
func (s *shrinking) oneOf(candidates []Walk, w Walk, tries int) (Walk, bool) {
	for _, less := range candidates {
		if s.replays >= mostReplays || s.ctx.Err() != nil {
			break
		}
		if s.shows(less, tries) {
			less.Rounds = less.Rounds[:s.seen.Round+1]
			return less, true
		}
	}
	return w, false
}

// shows reports whether a walk shows a deviation within some tries.
func (s *shrinking) shows(w Walk, tries int) bool {
	name := w.Name
	for range tries {
		if s.ctx.Err() != nil {
			return false
		}
		s.replays++
		w.Name = fmt.Sprintf("%s.%d", name, s.replays)
		if seen := s.play(s.ctx, w, s.exercise); seen.Deviation != nil && seen.Deviation.like(s.seen) {
			s.seen = *seen.Deviation
			return true
		}
	}
	return false
}

// shortened lists the walks that have less of a walk, those with the least
// first: what it does to one user alone; its end alone, from where the scenario
// itself brings a user; then it without some rounds in a row, as holding a call
// and taking it back are of use only together; and without one of the things of
// a round. A walk of which the guide says nothing shows nothing, and is left
// out.
func (m *Model) shortened(w Walk) []Walk {
	list := slices.Concat(m.ofOneUser(w), m.lastOf(w), w.withoutRounds(), w.withoutStart(), w.withoutThings())
	return slices.DeleteFunc(list, func(less Walk) bool { return !m.tells(less) })
}

// ofOneUser lists what a walk does to each of its users alone, who is the subject
// of it then.
func (m *Model) ofOneUser(w Walk) (list []Walk) {
	for _, whom := range w.whom() {
		alone := w.alone(whom)
		if len(alone.Rounds) == 0 || alone.Steps() == w.Steps() && whom == spec.Self {
			continue
		}
		list = append(list, m.placed(alone))
	}
	return list
}

// placed says of each round of a walk where the user is before it.
func (m *Model) placed(w Walk) Walk {
	w.Rounds = slices.Clone(w.Rounds)
	for i, at := range m.along(w, spec.Self)[:len(w.Rounds)] {
		if len(at) > 0 {
			w.Rounds[i].From = at[0].State
		}
	}
	return w
}

// lastOf lists the ends of a walk, the shortest first.
func (m *Model) lastOf(w Walk) (list []Walk) {
	at := m.along(w, spec.Self)
	for n := len(w.Rounds) - 1; n > 0; n-- {
		if s, ok := startable(at[n]); ok {
			list = append(list, Walk{Name: w.Name, Start: s, Rounds: slices.Clone(w.Rounds[n:])})
		}
	}
	return list
}

// mostOf is of how many rounds at most all pairs are tried.
const mostOf = 8

// fewOf lists what is made of a walk's last round and at most two before it,
// which need not come one after the other, from each situation that the walk comes
// by and a scenario can begin in, those with the least first: of what goes before
// most is a way to where it happens.
func (m *Model) fewOf(w Walk) (list []Walk) {
	if len(w.Rounds) > mostOf {
		return nil
	}
	last := len(w.Rounds) - 1
	for _, start := range m.starts(w) {
		for i := range last + 1 {
			for k := i; k <= last; k++ { // the last itself stands for none
				few := Walk{Name: w.Name, Start: start}
				for _, n := range slices.Compact([]int{i, k, last}) {
					few.Rounds = append(few.Rounds, w.Rounds[n])
				}
				if few.Steps() < w.Steps() && m.tells(few) {
					list = append(list, m.placed(few))
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Walk) int { return a.Steps() - b.Steps() })
	return list
}

// starts lists the situations that a walk may come by and a scenario can begin
// in, the last first.
func (m *Model) starts(w Walk) (list []spec.Situation) {
	for _, at := range slices.Backward(m.along(w, spec.Self)) {
		for _, one := range at {
			if s, ok := startable([]modelState{one}); ok && !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// simpler lists walks of as many things that take less explaining: in a row
// instead of at the same moment, one by one instead of in a row, and by the agent
// instead of its supervisor.
func (m *Model) simpler(w Walk) (list []Walk) {
	for i, r := range w.Rounds {
		var instead [][]Round
		switch r.How {
		case Together:
			instead = append(instead, []Round{{How: InARow, Does: r.Does}})
		case InARow:
			one := make([]Round, len(r.Does))
			for n, d := range r.Does {
				one[n] = Round{How: Alone, Does: []spec.When{d}}
			}
			instead = append(instead, one)
		}
		for n, d := range r.Does {
			if d.By == spec.Supervisor {
				own := r
				own.Does = slices.Clone(r.Does)
				if own.Does[n].By = spec.Self; ownRequests(own) <= mostOwn {
					instead = append(instead, []Round{own})
				}
			}
		}
		for _, rounds := range instead {
			if s := (Walk{Name: w.Name, Start: w.Start, Rounds: slices.Concat(w.Rounds[:i], rounds, w.Rounds[i+1:])}); m.tells(s) {
				list = append(list, m.placed(s))
			}
		}
	}
	return list
}

// withoutRounds lists a walk without some rounds in a row, many first. Its last
// round stays.
func (w Walk) withoutRounds() (list []Walk) {
	last := len(w.Rounds) - 1
	for size := last - 1; size > 0; size = smaller(size) {
		for i := 0; i+size <= last; i += max(1, size/2) {
			less := w
			less.Rounds = slices.Delete(slices.Clone(w.Rounds), i, i+size)
			list = append(list, less)
		}
	}
	return list
}

// withoutStart lists a walk that begins with less.
func (w Walk) withoutStart() (list []Walk) {
	if w.Start.Call == "" && w.Start.WrapUp != "" {
		less := w
		less.Start.WrapUp = ""
		list = append(list, less)
	}
	if w.Start.Pending != "" {
		less := w
		less.Start.Pending = ""
		list = append(list, less)
	}
	return list
}

// withoutThings lists a walk without each of the things that it does together
// with others.
func (w Walk) withoutThings() (list []Walk) {
	for i, r := range w.Rounds {
		for k := range r.Does {
			if len(r.Does) == 1 {
				continue
			}
			less := w
			less.Rounds = slices.Clone(w.Rounds)
			r := r
			if r.Does = slices.Delete(slices.Clone(r.Does), k, k+1); len(r.Does) == 1 {
				r.How = Alone
			}
			less.Rounds[i] = r
			list = append(list, less)
		}
	}
	return list
}

// alone is what a walk does to one user, who is the subject then.
func (w Walk) alone(whom spec.Actor) Walk {
	mine := w.of(whom)
	mine.Rounds = slices.DeleteFunc(mine.Rounds, func(r Round) bool { return len(r.Does) == 0 })
	for i := range mine.Rounds {
		r := &mine.Rounds[i]
		if r.places = nil; len(r.Does) == 1 {
			r.How = Alone
		}
	}
	return mine
}

// smaller is how many rounds are left out at once after so many: half of them,
// but two before one.
func smaller(size int) int {
	if size == 3 {
		return 2
	}
	return size / 2
}

// tells reports whether a walk can show a deviation: the model knows something
// of where those who take part are to the end of it.
func (m *Model) tells(w Walk) bool {
	return !slices.ContainsFunc(w.whom(), func(whom spec.Actor) bool {
		return slices.ContainsFunc(m.along(w, whom), func(at []modelState) bool {
			return !slices.ContainsFunc(at, func(s modelState) bool { return !s.Open })
		})
	})
}

// along gives where one of those who take part may be before each round, and
// after the last.
func (m *Model) along(w Walk, whom spec.Actor) [][]modelState {
	mine := w.of(whom)
	at := [][]modelState{m.start(mine)}
	for _, r := range mine.Rounds {
		at = append(at, m.after(at[len(at)-1], r))
	}
	return at
}

// startable gives the situation to which a walk can begin, where the model is
// sure of one that the scenario knows a way into.
func startable(at []modelState) (s spec.Situation, ok bool) {
	if len(at) == 0 {
		return s, false
	}
	s = at[0].Situation
	if s.Call == spec.CallAccepted || s.Pending == spec.Logout || at[0].Held {
		return s, false
	}
	for _, other := range at {
		if other.Open || other.Situation != s {
			return s, false
		}
	}
	if s.Call == "" && s.State.Resting() {
		s.Was = ""
	}
	return s, true
}
