package explore

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// Section is the section of exploration in reports. It is outside the
// catalogue and its counts.
const Section = "EXP"

// How says how the things of one round are done.
type How string

// The ways in which things are done.
const (
	Alone    How = "alone"    // one thing
	InARow   How = "row"      // each as soon as the one before was answered
	Together How = "together" // at the same moment
)

// hows lists them.
func hows() []How { return []How{Alone, InARow, Together} }

// Round is what is done before the user is looked at.
type Round struct {
	How  How
	Does []spec.When
	From spec.State // where the user is then, as far as the model tells

	places []int // of the things in the round that this is a part of, nil for all of it
}

// place gives where the nth thing stands in the round that was played.
func (r Round) place(n int) int {
	if r.places == nil {
		return n
	}
	return r.places[n]
}

// of is what a round does to one user, as if it did nothing else: it may be
// nothing.
func (r Round) of(whom spec.Actor) Round {
	mine := Round{How: r.How, From: r.From, places: []int{}}
	for i, d := range r.Does {
		if d.Whom() != whom {
			continue
		}
		if whom != spec.Self {
			put := *d.Put
			put.User = ""
			d.By, d.Put = spec.Self, &put
		}
		mine.Does, mine.places = append(mine.Does, d), append(mine.places, i)
	}
	return mine
}

// ID names the class of a round, which reports and patterns know:
// EXP-TALKING-together.
func (r Round) ID() string { return fmt.Sprintf("%s-%s-%s", Section, r.From, r.How) }

// Words tells in words what is done.
func (r Round) Words() string { return r.step().Words(nil) }

func (r Round) step() spec.Step {
	s := spec.Step{When: r.Does[0], Then: spec.Then{{Kind: spec.Recorded}}}
	switch rest := r.Does[1:]; r.How {
	case InARow:
		s.Following = rest
	case Together:
		s.Together = rest
	}
	return s
}

// Walk is a list of rounds, from a situation.
type Walk struct {
	Name   string // unique in a run
	Start  spec.Situation
	Rounds []Round
}

// whom lists those whose states a walk is about: the subject, and whoever asks
// for itself meanwhile. What comes of one of them is of no concern to another,
// so each is held against the model by itself.
func (w Walk) whom() []spec.Actor {
	list := []spec.Actor{spec.Self}
	for _, r := range w.Rounds {
		for _, d := range r.Does {
			if !slices.Contains(list, d.Whom()) {
				list = append(list, d.Whom())
			}
		}
	}
	return list
}

// of is the walk of one user. Who is not the subject is NOT_READY before it.
func (w Walk) of(whom spec.Actor) Walk {
	mine := Walk{Name: w.Name, Start: w.Start, Rounds: make([]Round, len(w.Rounds))}
	if whom != spec.Self {
		mine.Start = spec.Situation{State: spec.NotReady}
	}
	for i, r := range w.Rounds {
		mine.Rounds[i] = r.of(whom)
	}
	return mine
}

// Steps counts the things that are done.
func (w Walk) Steps() int {
	n := 0
	for _, r := range w.Rounds {
		n += len(r.Does)
	}
	return n
}

// Words tells the walk in words.
func (w Walk) Words() string {
	all := make([]string, len(w.Rounds))
	for i, r := range w.Rounds {
		all[i] = r.Words()
	}
	return strings.Join(all, ", then ")
}

// requirement is the walk as the scenario plays it. Its outcomes say nothing:
// the model does.
func (m *Model) requirement(w Walk) *spec.Requirement {
	req := &spec.Requirement{
		ID: w.Name, Section: Section, Title: w.Words(), Level: spec.Must, Deployments: []spec.Deployment{m.Deployment},
		Sources: []spec.Source{{Guide: "DG12.5", Page: "22"}}, Given: m.given(w),
	}
	for _, r := range w.Rounds {
		step := r.step()
		if step.When.Dialog == "MAKE_CALL" { // the other party answers
			step.Then = spec.Then{{Kind: spec.Reaches, States: []spec.State{spec.Talking, spec.NotReady}}}
		}
		req.Steps = append(req.Steps, step)
	}
	return req
}

func (m *Model) given(w Walk) spec.Given {
	g := spec.Given{
		Subject: spec.RoleAgent, State: w.Start.State, Was: w.Start.Was, Call: w.Start.Call, Pending: w.Start.Pending, WrapUp: w.Start.WrapUp,
		Codes: map[spec.Category]string{},
	}
	if g.State.Resting() && g.Call == "" {
		g.Was = ""
	}
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		if m.Codes[category] {
			g.Codes[category] = "one"
		}
	}
	chooses := slices.ContainsFunc(w.Rounds, func(r Round) bool {
		return slices.ContainsFunc(r.Does, func(d spec.When) bool {
			return d.Put != nil && (d.Put.Reason == spec.ReasonFirst || d.Put.Reason == spec.ReasonSecond)
		})
	})
	if chooses {
		g.Codes[spec.CategoryNotReady] = "two"
	}
	return g
}

// start gives where the user may be at the beginning of a walk.
func (m *Model) start(w Walk) []modelState {
	s := modelState{Situation: w.Start}
	if s.Call != "" && s.WrapUp == "" {
		off, on := s, s
		off.WrapUp, on.WrapUp = spec.Off, spec.On
		return []modelState{off, on}
	}
	return []modelState{s}
}

// IDs lists the ids of the classes of rounds that may be walked here.
func (m *Model) IDs() []string {
	reached := map[spec.State]bool{}
	for _, s := range behaviour.Situations(m.moves) {
		reached[s.State] = true
	}
	var ids []string
	for _, s := range states() {
		for _, how := range hows() {
			if reached[s] {
				ids = append(ids, Round{How: how, From: s}.ID())
			}
		}
	}
	return ids
}

// IDs lists the ids of all classes of rounds, in the order of reports.
func IDs() []string {
	var ids []string
	for _, s := range states() {
		for _, how := range hows() {
			ids = append(ids, Round{How: how, From: s}.ID())
		}
	}
	return ids
}

// states lists those in which somebody can be for a while.
func states() []spec.State {
	return slices.DeleteFunc(spec.States(), func(s spec.State) bool { return s == spec.Login || s == spec.Unknown })
}

func order(id string) int { return slices.Index(IDs(), id) }
