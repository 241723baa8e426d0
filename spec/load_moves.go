package spec

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// readMoves reads moves.yaml.
func readMoves(docs documents, w *words, found *problems) []*Move {
	r, top := docs.open("moves.yaml", w, found)
	if top == nil {
		return nil
	}
	var moves []*Move
	r.mapping(top, "moves.yaml", fields{{"moves", func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.errorf(n, "moves is %s: write a list of moves", kindOf(n))
			return
		}
		names := map[string]bool{}
		for _, e := range n.Content {
			m := r.move(e)
			if m.Name != "" && names[m.Name] {
				r.errorf(e, "the move %q is there twice: give them names that tell them apart", m.Name)
			}
			names[m.Name] = true
			moves = append(moves, m)
		}
	}}})
	return moves
}

func (r *reader) move(n *yaml.Node) *Move {
	m := &Move{Deployments: Deployments(), Line: n.Line}
	r.mapping(n, "a move", fields{
		{"name", func(n *yaml.Node) { m.Name = r.line(n, "name") }},
		{"deployments", func(n *yaml.Node) { m.Deployments = r.deployments(n) }},
		{"releases", func(n *yaml.Node) { m.Releases = r.releases(n) }},
		{"action", func(n *yaml.Node) { m.Action = r.action(n) }},
		{"from", func(n *yaml.Node) { m.From = r.pattern(n) }},
		{"to", func(n *yaml.Node) { m.To = r.effect(n) }},
		{"rows", func(n *yaml.Node) {
			r.list(n, func(e *yaml.Node) { m.Rows = append(m.Rows, r.text(e, "rows")) })
		}},
		{"sources", func(n *yaml.Node) { m.Sources = r.sources(n) }},
	})
	if n.Kind == yaml.MappingNode {
		for _, key := range []string{"name", "action", "from", "to", "sources"} {
			if at(n, key) == nil {
				r.errorf(n, "a move has no %s", key)
			}
		}
	}
	return m
}

func (r *reader) action(n *yaml.Node) Action {
	var a Action
	dialogs := slices.DeleteFunc(dialogActions(), func(d string) bool { return d == "MAKE_CALL" })
	r.mapping(n, "action", fields{
		{"put", func(n *yaml.Node) { a.Put = oneOf(r, n, "put", Login, Logout, NotReady, Ready) }},
		{"dialog", func(n *yaml.Node) { a.Dialog = oneOf(r, n, "dialog", dialogs...) }},
		{"call", func(n *yaml.Node) { a.Call = oneOf(r, n, "call", CallMake, CallReceive) }},
		{"stimulus", func(n *yaml.Node) { a.Stimulus = oneOf(r, n, "stimulus", Stimuli()...) }},
		{"timer", func(n *yaml.Node) { a.Timer = oneOf(r, n, "timer", TimerWrapUp) }},
	})
	if n.Kind == yaml.MappingNode && len(n.Content) != 2 {
		r.errorf(n, "action is one of put, dialog, call, stimulus or timer")
	}
	return a
}

func (r *reader) pattern(n *yaml.Node) Pattern {
	var p Pattern
	calls := append(calls(), CallAccepted, CallNone)
	r.mapping(n, "from", fields{
		{"state", func(n *yaml.Node) { p.States = r.states(n, "state") }},
		{"was", func(n *yaml.Node) { p.Was = oneOf(r, n, "was", Ready, NotReady) }},
		{"after", func(n *yaml.Node) { p.After = oneOf(r, n, "after", Ready, NotReady) }},
		{"pending", func(n *yaml.Node) { p.Pending = oneOf(r, n, "pending", Ready, NotReady, PendingNone) }},
		{"call", func(n *yaml.Node) { p.Calls = someOf(r, n, "call", calls...) }},
		{"wrap_up", func(n *yaml.Node) { p.WrapUp = oneOf(r, n, "wrap_up", On, Off) }},
	})
	if n.Kind == yaml.MappingNode && at(n, "state") == nil {
		r.errorf(n, "from has no state: name the states from which the move starts")
	}
	return p
}

func (r *reader) effect(n *yaml.Node) Effect {
	var e Effect
	r.mapping(n, "to", fields{
		{"state", func(n *yaml.Node) { e.State = r.state(n, "state") }},
		{"or", func(n *yaml.Node) { e.Or = r.state(n, "or") }},
		{"was", func(n *yaml.Node) { e.Was = oneOf(r, n, "was", Ready, NotReady) }},
		{"pending", func(n *yaml.Node) { e.Pending = oneOf(r, n, "pending", Ready, NotReady) }},
		{"call", func(n *yaml.Node) { e.Call = oneOf(r, n, "call", append(calls(), CallAccepted)...) }},
		{"wrap_up", func(n *yaml.Node) { e.WrapUp = oneOf(r, n, "wrap_up", On, Off) }},
	})
	if e == (Effect{}) && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.errorf(n, "to is empty: a move leads somewhere")
	}
	if e.Or != "" && e.State == "" {
		r.errorf(n, "to has or without state")
	}
	return e
}

// checkRows compares moves with the rows of the transition tables: each move
// leads along the edges that it names, and each edge that a run must be able
// to take has a move.
func checkRows(moves []*Move, c *Catalogue, found *problems) {
	taken := map[string]bool{}
	for _, m := range moves {
		problem := func(text string) {
			found.add(Problem{File: "moves.yaml", Line: m.Line, Text: "the move \"" + m.Name + "\" " + text})
		}
		for _, id := range m.Rows {
			q, ok := c.ByID(id)
			switch {
			case !ok:
				problem("names the row " + id + ", which no requirement is")
			case !slices.ContainsFunc(m.Deployments, func(d Deployment) bool { return slices.Contains(q.Deployments, d) }):
				problem("names the row " + id + " of another deployment")
			case q.Transition == nil:
			case !follows(m, q.Transition):
				problem("names the row " + id + " and does not lead from " + string(q.Transition.From) + " to " + string(q.Transition.To))
			default:
				taken[id] = true
			}
		}
	}
	// What the guide leaves open may be no way on which to rely.
	for _, q := range c.All() {
		if q.Transition != nil && q.Level == Must && q.Never == "" && !taken[q.ID] {
			found.add(Problem{File: q.File, Line: q.Line,
				Text: q.ID + " has no move: add one with it among its rows to moves.yaml"})
		}
	}
}

// follows reports whether a move leads along an edge. LOGIN is a moment
// between LOGOUT and NOT_READY in which no user rests, so that signing in is
// one move for the edges on both its sides.
func follows(m *Move, e *Edge) bool {
	from, to := e.From, e.To
	if from == Login {
		from = Logout
	}
	if to == Login {
		to = NotReady
	}
	ends := m.To.State
	if ends == "" {
		ends = from // the move changes something else
	}
	return slices.Contains(m.From.States, from) && ends == to && m.To.Or == e.Or
}
