package explore

import (
	"slices"

	"finesse-conformance/spec"
)

// move is what is done to a call, a reservation or wrap-up.
func (m *Model) move(s modelState, w spec.When) []modelState {
	var list []modelState
	for _, move := range m.moves {
		if does(move.Action, w) && move.From.Matches(s.Situation) {
			list = append(list, apply(s, move)...)
		}
	}
	if s.Pending != "" && m.ends(s, w) {
		list = append(list, m.released(s, w)...)
	}
	if len(list) > 0 {
		return unique(m.unsure(s, held(list, w)))
	}
	if s.Held && w.Dialog == "RETRIEVE" {
		s.Held = false
		return []modelState{s}
	}
	over := w.Stimulus == spec.CallerHangup || w.Dialog != "" && w.Dialog != "MAKE_CALL"
	if s.State.Resting() && s.Call == "" && over || w.Timer != "" {
		return []modelState{s} // there is nothing to do it to
	}
	return []modelState{{Open: true, done: s.done}}
}

// released gives where a call or reservation leads by what pends on it, where
// no move says so: to what was asked for.
func (m *Model) released(s modelState, w spec.When) []modelState {
	says := slices.ContainsFunc(m.moves, func(move *spec.Move) bool {
		return does(move.Action, w) && move.From.Matches(s.Situation) && (move.From.After != "" || move.From.Pending != "")
	})
	if says {
		return nil
	}
	ends := []spec.State{s.Pending}
	if s.WrapUp != spec.Off && (s.State == spec.Talking || s.State == spec.Hold) { // wrap-up may come first
		ends = append(ends, spec.Work, spec.WorkReady)
	}
	var list []modelState
	for _, to := range ends {
		list = append(list, modelState{Situation: spec.Effect{State: to}.Apply(s.Situation), done: s.done})
	}
	return list
}

// held keeps in mind that the call is held, of which the state tells nothing.
func held(list []modelState, w spec.When) []modelState {
	for i := range list {
		list[i].Held = list[i].State == spec.Talking && w.Dialog == "HOLD"
	}
	return list
}

// unsure adds that wrap-up may follow the call that begins, where nothing
// switches it.
func (m *Model) unsure(s modelState, list []modelState) []modelState {
	if m.Switches || s.Call != "" {
		return list
	}
	for _, begun := range slices.Clone(list) {
		if begun.Call == "" {
			continue
		}
		begun.WrapUp = spec.On
		list = append(list, begun)
		begun.WrapUp = spec.Off
		list = append(list, begun)
	}
	return slices.DeleteFunc(list, func(s modelState) bool { return s.Call != "" && s.WrapUp == "" })
}

// leads reports whether the model says what comes of something that is done to a
// call, a reservation or wrap-up, wherever the user is of some states.
func (m *Model) leads(at []modelState, w spec.When) bool {
	return !slices.ContainsFunc(at, func(s modelState) bool {
		return slices.ContainsFunc(m.any(s, w), func(to modelState) bool { return to.Open })
	})
}

// ends reports whether something ends the call on which a user is.
func (m *Model) ends(s modelState, w spec.When) bool {
	s.Pending = ""
	return slices.ContainsFunc(m.moves, func(move *spec.Move) bool {
		return does(move.Action, w) && move.From.Matches(s.Situation) && !move.To.State.OnCall() && move.To.State != ""
	})
}

// does reports whether something that is done is the action of a move.
func does(a spec.Action, w spec.When) bool {
	switch {
	case w.Dialog == "MAKE_CALL":
		return a.Call == spec.CallMake && w.By != spec.Peer || a.Call == spec.CallReceive && w.By == spec.Peer
	case w.Dialog != "":
		return a.Dialog == w.Dialog
	case w.Stimulus != "":
		return a.Stimulus == w.Stimulus
	}
	return w.Timer != "" && a.Timer == w.Timer
}

// apply gives where a move leads.
func apply(s modelState, m *spec.Move) []modelState {
	var list []modelState
	for _, to := range []spec.State{m.To.State, m.To.Or} {
		effect := m.To
		if effect.State = to; to == "" && m.To.State != "" {
			continue // there is no Or
		}
		next := s
		next.Situation = effect.Apply(s.Situation)
		next.Reason = ""
		if s.State == spec.NotReady && next.State == spec.NotReady {
			next.Reason = s.Reason
		}
		if next.State == spec.NotReady && s.State.OnCall() && s.Pending == spec.NotReady && next.Pending == "" {
			next.Reason = s.Wish
		}
		if next.Pending == "" {
			next.Wish = ""
		}
		if next.State.Resting() && next.Call == "" && s.Call != "" {
			next.WrapUp = "" // a hook may have switched it for one call
		}
		if list = append(list, next); m.To.Or == "" {
			break
		}
	}
	return list
}
