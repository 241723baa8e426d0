package explore

import (
	"slices"
	"sync"

	"finesse-conformance/spec"
)

// Model says what may come of what is done to a user. It is safe for
// concurrent use.
type Model struct {
	Deployment spec.Deployment
	Codes      map[spec.Category]bool // for which categories reason codes are configured
	Switches   bool                   // stimuli switch wrap-up; else nothing tells before the end of a call

	rules *spec.Rules
	moves []*spec.Move

	lock sync.Mutex
	may  map[deed][]modelState // what may come of what was asked for before
}

// deed is something that is done to a user, with the request by its value.
type deed struct {
	at   modelState
	what spec.When
	put  spec.Put
}

// NewModel gives the model of a deployment.
func NewModel(rules *spec.Rules, catalogue *spec.Catalogue, d spec.Deployment, release spec.Release, codes map[spec.Category]bool, switches bool) *Model {
	return &Model{Deployment: d, Codes: codes, Switches: switches, rules: rules.For(d, release), moves: catalogue.Moves(d, release), may: map[deed][]modelState{}}
}

// modelState is where a user may be. It is comparable.
type modelState struct {
	spec.Situation
	// Reason says which of the user's reason codes it has in NOT_READY, and
	// Wish which one goes with the change that is pending: ReasonFirst,
	// ReasonSecond, "" where the guide does not say.
	Reason, Wish string
	// Held: the call is held, and the user stays TALKING, as on Unified CCX.
	Held bool
	// Open: the guide does not say where the user is.
	Open bool

	done uint16 // which of the things that are done in a step the target has taken
}

// answer is what a target said to one thing that was done, and when.
type answer struct {
	Status int    // of the HTTP answer; 0 for what is no request
	Type   string // the ErrorType of a refusal, at once or by event; "" where none was heard
	// Event: Type was told by an event.
	Event bool
	// Silent: nobody would have heard an event that refuses the request, so
	// that one that was accepted may have been refused.
	Silent bool
	// Early: it may still come about, so that no refusal is excused that nobody
	// heard.
	Early bool
	// Failed: it could not be done at all, as when a call is over already.
	Failed bool
	// Late: a reservation may have ended by itself before, and Wrapped the same
	// of wrap-up.
	Late, Wrapped bool
	// Any: nothing is known of the answer; what may come of any is asked for.
	Any bool
}

// Next gives where a user may be after something was done and answered so:
// nothing where the answer itself is not allowed.
func (m *Model) Next(s modelState, w spec.When, a answer) []modelState {
	if s.Open {
		return []modelState{s}
	}
	var list []modelState
	for _, from := range m.spontaneous(s, a) {
		switch {
		case a.Any:
			list = append(list, m.any(from, w)...)
		case w.Put != nil:
			list = append(list, m.put(from, w, a)...)
		case a.Failed || a.Status >= 400:
			list = append(list, from)
		default:
			list = append(list, m.move(from, w)...)
		}
	}
	return unique(list)
}

// any gives where a user may be after something, whatever it is answered. Walks
// are drawn by it, of few things that come time and again.
func (m *Model) any(s modelState, w spec.When) []modelState {
	key := deed{at: s, what: w}
	if w.Put != nil {
		key.what.Put, key.put = nil, *w.Put
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	to, known := m.may[key]
	switch {
	case known:
		return to
	case w.Put != nil:
		to = m.put(s, w, answer{Any: true})
	default:
		to = m.move(s, w)
	}
	m.may[key] = to
	return to
}

// see gives which states those are that an observation can be of. What reason
// it shows is "" where that says nothing.
func (m *Model) see(s modelState, state spec.State, reason string, by answer) []modelState {
	if s.Open {
		return []modelState{s}
	}
	var list []modelState
	for _, at := range m.spontaneous(s, by) {
		at.done = 0
		if at.State != state || state == spec.NotReady && at.Reason != "" && reason != "" && at.Reason != reason {
			continue
		}
		list = append(list, at)
	}
	return unique(list)
}

// spontaneous gives where a user may be without anything being done: wrap-up
// that has lasted ends by its timer, and such a reservation by itself.
func (m *Model) spontaneous(s modelState, by answer) []modelState {
	list := []modelState{s}
	for _, move := range m.moves {
		ends := by.Wrapped && move.Action.Timer != "" || by.Late && (move.Action.Stimulus == spec.CancelOutbound || move.Action.Stimulus == spec.CallUnanswered)
		if ends && move.From.Matches(s.Situation) {
			list = append(list, apply(s, move)...)
		}
	}
	switch s.State {
	case spec.Reserved, spec.ReservedOutbound, spec.ReservedOutboundPreview:
		// What nobody answers goes elsewhere (TRN-UCCE-35), and what pends is done.
		for _, to := range []spec.State{spec.Ready, spec.NotReady, s.Pending} {
			if by.Late && to != "" {
				list = append(list, modelState{Situation: spec.Effect{State: to}.Apply(s.Situation), done: s.done})
			}
		}
	}
	return list
}

// put is a request to change the state.
func (m *Model) put(s modelState, w spec.When, a answer) []modelState {
	cell, ok := m.cell(s, w)
	if !ok || s.Pending == spec.Logout {
		return []modelState{{Open: true, done: s.done}} // no guide says what a wish for LOGOUT gives way to
	}
	demand := m.demand(cell)
	var list []modelState
	if types := excused(s, cell); len(types) > 0 {
		if slices.Contains(types, a.Type) {
			return []modelState{s}
		}
		if a.Type == "" && a.Silent && !a.Early {
			list = append(list, s)
		}
	}
	if !demand.Documented() {
		return []modelState{{Open: true, done: s.done}}
	}
	for _, o := range demand.Then.On(m.Deployment) {
		if m.allows(o, a) {
			list = append(list, effect(s, cell, w.Put.Reason, o)...)
		}
	}
	return list
}

// excused are the types of refusals that are no fault of the target, and of
// which nothing tells before: wrap-up owes data (CTI 280), which no setting may
// tell, or a phone is not there, or taken. One that nobody heard is as good as
// one that was heard.
func excused(s modelState, c spec.Cell) []string {
	switch {
	case s.State == spec.Work || s.State == spec.WorkReady:
		return []string{"Invalid State"}
	case s.State == spec.Logout && c.Ask == string(spec.Login):
		return []string{"Invalid Device", "Device Busy"}
	}
	return nil
}

// cell is the cell of the rules of a request.
func (m *Model) cell(s modelState, w spec.When) (spec.Cell, bool) {
	given := spec.Given{Codes: map[spec.Category]string{}}
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		if !m.Codes[category] {
			given.Codes[category] = "none"
		}
	}
	cell, ok := spec.CellOf(&spec.Requirement{Given: given}, spec.Step{When: w})
	cell.Situation = s.Situation
	if s.Call == "" {
		cell.Situation.WrapUp, cell.Situation.Was = "", ""
	}
	return cell, ok
}

func (m *Model) demand(c spec.Cell) spec.Demand { return m.rules.Demand(c) }

// allows reports whether an answer is that of an outcome.
func (m *Model) allows(o spec.Outcome, a answer) bool {
	if a.Any {
		return true
	}
	taken := a.Status == 200 || a.Status == 202
	named := len(o.Types) == 0 || slices.Contains(o.Types, a.Type)
	switch o.Kind {
	case spec.Refused:
		return taken && (a.Event && named || a.Type == "" && a.Silent) || (a.Status == 400 || a.Status == 401) && named
	case spec.Error:
		return slices.ContainsFunc(o.Status, func(s int) bool { return s == a.Status || s == a.Status/100 }) && named
	case spec.Keeps:
		return len(o.Status) == 0 || taken && !a.Event
	}
	return taken && !a.Event
}

// effect is what an outcome makes of where the user is.
func effect(s modelState, cell spec.Cell, reason string, o spec.Outcome) []modelState {
	if !slices.Contains([]string{spec.ReasonFirst, spec.ReasonSecond}, reason) {
		reason = ""
	}
	switch o.Kind {
	case spec.Refused, spec.Error:
		return []modelState{s}
	case spec.Keeps:
		list := []modelState{s}
		if to := spec.State(cell.Ask); s.State.OnCall() && (to == spec.NotReady || to == spec.Ready || to == spec.Logout) {
			s.Pending, s.Wish = to, reason // it may wait
			list = append(list, s)
		}
		return list
	case spec.Deferred:
		ask := spec.State(cell.Ask)
		to := o.States[0]
		switch to { // by way of wrap-up
		case spec.Work:
			to = spec.NotReady
		case spec.WorkReady:
			to = spec.Ready
		}
		if s.Pending = to; to == ask {
			s.Wish = reason
		} // else what was asked for comes too late
		return []modelState{s}
	case spec.Accepted, spec.Reaches:
		if o.MayReturn != "" {
			return []modelState{{Open: true, done: s.done}} // and nobody says when
		}
		var list []modelState
		for _, to := range o.States {
			next := s
			next.Situation = spec.Effect{State: to}.Apply(s.Situation)
			next.Reason, next.Wish, next.Held = "", "", false
			if to == spec.NotReady {
				next.Reason = reason
			}
			list = append(list, next)
		}
		return list
	}
	return []modelState{{Open: true, done: s.done}}
}

func unique(list []modelState) []modelState {
	var out []modelState
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
