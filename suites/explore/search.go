package explore

import (
	"context"
	"slices"
	"sync"
)

// mostFindings is after how many different findings a search ends: there is
// enough to mend.
const mostFindings = 12

// Class counts what was done of one class of rounds.
type Class struct {
	ID     string
	Rounds int // that were checked
	Steps  int // things done in them
}

// Search is a search for deviations. Several users' walks may go on at the
// same time, each in a Work of its own.
type Search struct {
	Generator *Generator
	Steps     int // after how many it ends

	// Begun and Ended are told of a walk that is played, Found of what it led
	// to; nil for nobody.
	Begun func(Walk)
	Ended func(Walk, Seen)
	Found func(Finding)

	mu       sync.Mutex
	next     int
	done     int
	underWay int          // things that the walks under way do
	walked   map[int]bool // walks that were played, from Next on
	ended    int          // walks before it were all played
	played   int          // walks that were played
	classes  map[string]*Class
	findings []Finding
	known    map[string]bool // what was shrunk, by how it looked before
	broken   int             // walks that ended before their end
}

// Resume has a search go on where another one of the same seed ended.
func (s *Search) Resume(next, played int, classes []Class, steps int) {
	s.next, s.ended, s.played, s.done = next, next, played, steps
	s.classes = map[string]*Class{}
	for _, c := range classes {
		s.classes[c.ID] = &c
	}
}

// Work plays walks until enough were, or enough was found.
func (s *Search) Work(ctx context.Context, exercise Exercise) {
	for {
		n, w, ok := s.take(ctx)
		if !ok {
			return
		}
		if s.Begun != nil {
			s.Begun(w)
		}
		seen := s.Generator.Model.play(ctx, w, exercise)
		if ctx.Err() != nil && seen.Deviation == nil {
			return // what was not played to its end is played again another time
		}
		if d := seen.Deviation; d != nil && s.news(w, *d) {
			f := s.Generator.Model.shrink(ctx, w, *d, exercise)
			if ctx.Err() != nil {
				return
			}
			s.add(f)
			if s.Found != nil {
				s.Found(f)
			}
		}
		s.count(n, w, seen)
		if s.Ended != nil {
			s.Ended(w, seen)
		}
	}
}

// take gives the next walk, none where those that are under way suffice.
func (s *Search) take(ctx context.Context) (n int, w Walk, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || s.done+s.underWay >= s.Steps || len(s.findings) >= mostFindings {
		return 0, Walk{}, false
	}
	n, w = s.next, s.Generator.Walk(s.next)
	s.next++
	s.underWay += w.Steps()
	return n, w, true
}

// news reports whether a deviation is one that was not shrunk yet.
func (s *Search) news(w Walk, d Deviation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	looks := w.Rounds[d.Round].ID() + " " + d.Did + " " + d.Expected + " " + d.Seen
	if s.known[looks] {
		return false
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[looks] = true
	return true
}

// add keeps a finding that is not another one in other words.
func (s *Search) add(f Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.findings, func(o Finding) bool { return o.Sentence() == f.Sentence() }) {
		s.findings = append(s.findings, f)
	}
}

func (s *Search) count(n int, w Walk, seen Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.walked == nil {
		s.walked = map[int]bool{}
	}
	s.played++
	s.underWay -= w.Steps()
	for s.walked[n] = true; s.walked[s.ended]; s.ended++ {
		delete(s.walked, s.ended)
	}
	if s.classes == nil {
		s.classes = map[string]*Class{}
	}
	for _, r := range w.Rounds[:min(seen.Rounds, len(w.Rounds))] {
		c := s.classes[r.ID()]
		if c == nil {
			c = &Class{ID: r.ID()}
			s.classes[r.ID()] = c
		}
		c.Rounds++
		c.Steps += len(r.Does)
		s.done += len(r.Does)
	}
	if seen.Rounds == 0 {
		s.broken++
		s.done++ // or it would never end
	}
}

// Result is what a search came to.
type Result struct {
	Walks    int // that were all played; a search that is resumed begins after them
	Played   int // walks that were played to their end, whatever became of those before them
	Steps    int
	Unplayed int // walks that could not be begun
	Classes  []Class
	Findings []Finding
}

// Result gives what the search came to so far.
func (s *Search) Result() Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Result{Walks: s.ended, Played: s.played, Steps: s.done, Unplayed: s.broken, Findings: slices.Clone(s.findings)}
	for _, c := range s.classes {
		r.Classes = append(r.Classes, *c)
	}
	slices.SortFunc(r.Classes, func(a, b Class) int { return order(a.ID) - order(b.ID) })
	return r
}
