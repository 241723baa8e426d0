// Package navigate finds the way by which a user is brought into a state:
// through the moves that the spec documents, and only through those that the
// target at hand can make.
//
// No other module is promised anything of it: see docs/stability.md.
package navigate

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// Means says what can be done on a target.
type Means struct {
	Stimulus func(spec.Stimulus) bool // whether the hook makes it happen
	Dialogs  bool                     // whether the target has the Dialog API
	Peer     bool                     // whether the cast has somebody to call
	Timer    bool                     // whether the wrap-up timer is short enough to wait for
	// WrapUp tells by the user's settings whether wrap-up follows the call that
	// a move begins, nil where it is switched by stimuli.
	WrapUp func(*spec.Move) spec.Switch
}

// Path is a list of moves in order, with the situation after each.
type Path struct {
	Moves []*spec.Move
	After []spec.Situation
}

// String gives the path as a person would say it: "sign in, go ready, …".
func (p Path) String() string {
	names := make([]string, len(p.Moves))
	for i, m := range p.Moves {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}

// Missing is the error of a goal that cannot be reached with the means at
// hand. It names the pieces that would make it possible.
type Missing struct {
	Goal   string
	Pieces []Piece // none where no documented way exists
}

// Piece is one thing that a way needs and the target does not have.
type Piece struct {
	Kind     PieceKind
	Stimulus spec.Stimulus // of PieceStimulus
}

// PieceKind says what a piece is. The set is closed.
type PieceKind string

// The kinds of pieces, as a person would say them.
const (
	PieceStimulus PieceKind = "stimulus"
	PieceDialogs  PieceKind = "the Dialog API"
	PiecePeer     PieceKind = "another user to call"
	PieceTimer    PieceKind = "a wrap-up timer within the longest wait"
)

func (p Piece) String() string { return strings.TrimSpace(string(p.Kind) + " " + string(p.Stimulus)) }

func (m *Missing) Error() string {
	if len(m.Pieces) == 0 {
		return "no documented way leads to " + m.Goal
	}
	return m.Needs() + " to reach " + m.Goal
}

// Needs says what would make the way possible, whatever it leads to.
func (m *Missing) Needs() string {
	words := make([]string, len(m.Pieces))
	for i, p := range m.Pieces {
		words[i] = p.String()
	}
	return "needs " + strings.Join(words, " and ")
}

// Goal describes the situations that a Given accepts.
func Goal(g spec.Given) string {
	text := string(g.State)
	text = cmp.Or(text, "any state")
	var more []string
	if g.Was != "" {
		more = append(more, "was "+string(g.Was))
	}
	if g.Call != "" {
		more = append(more, string(g.Call)+" call")
	}
	if g.Pending != "" {
		more = append(more, string(g.Pending)+" pending")
	}
	if g.WrapUp != "" {
		more = append(more, "wrap-up "+string(g.WrapUp))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// Reached reports whether the situation is one that the Given accepts.
func Reached(g spec.Given, s spec.Situation) bool {
	if g.State.Resting() && g.Call == "" && s.Call != "" {
		return false // on a call that the state does not show (Unified CCX; DevNet, Change Agent State)
	}
	return (g.State == "" || g.State == s.State) &&
		(g.Was == "" || g.Was == s.Was) &&
		(g.Call == "" || g.Call == s.Call) &&
		(g.Pending == "" || g.Pending == s.Pending) &&
		(g.WrapUp == "" || g.WrapUp == s.WrapUp)
}

// The costs of moves, in units of one request. What needs somebody else, or
// has to be waited for, costs more; what cannot be done here is taken only to
// find out what is missing.
const (
	costRequest    = 10
	costStimulus   = 15
	costCall       = 40
	costTimer      = 500
	costImpossible = 100_000
)

// Find gives the cheapest way from a situation to one that the Given accepts.
// The error is a *Missing.
func Find(moves []*spec.Move, from spec.Situation, goal spec.Given, means Means) (Path, error) {
	best := map[spec.Situation]int{from: 0}
	open := &frontier{{at: from}}
	for open.Len() > 0 {
		n := heap.Pop(open).(*node)
		if n.cost > best[n.at] {
			continue
		}
		if Reached(goal, n.at) {
			return n.path(goal, means)
		}
		for _, m := range moves {
			if !m.From.Matches(n.at) {
				continue
			}
			to, cost := m.To.Apply(n.at), n.cost+price(m, means)
			if means.WrapUp != nil && m.To.Call != "" {
				to.WrapUp = means.WrapUp(m)
			}
			if known, seen := best[to]; seen && known <= cost {
				continue
			}
			best[to] = cost
			heap.Push(open, &node{at: to, by: m, from: n, cost: cost, order: len(best)})
		}
	}
	return Path{}, &Missing{Goal: Goal(goal)}
}

func price(m *spec.Move, means Means) int {
	if lacks(m, means) != (Piece{}) {
		return costImpossible
	}
	switch {
	case m.Action.Timer != "":
		return costTimer
	case m.Action.Call != "":
		return costCall
	case m.Action.Stimulus != "":
		return costStimulus
	}
	return costRequest
}

// lacks names the piece that the move needs and the target does not have.
func lacks(m *spec.Move, means Means) Piece {
	a := m.Action
	switch {
	case a.Stimulus != "" && (means.Stimulus == nil || !means.Stimulus(a.Stimulus)):
		return Piece{PieceStimulus, a.Stimulus}
	case (a.Dialog != "" || a.Call != "") && !means.Dialogs:
		return Piece{Kind: PieceDialogs}
	case a.Call != "" && !means.Peer:
		return Piece{Kind: PiecePeer}
	case a.Timer != "" && !means.Timer:
		return Piece{Kind: PieceTimer}
	}
	return Piece{}
}

type node struct {
	at    spec.Situation
	by    *spec.Move
	from  *node
	cost  int
	order int // of discovery: equal costs give the same way every time
}

func (n *node) path(goal spec.Given, means Means) (Path, error) {
	var p Path
	var pieces []Piece
	for ; n.by != nil; n = n.from {
		p.Moves = append(p.Moves, n.by)
		p.After = append(p.After, n.at)
		if piece := lacks(n.by, means); piece != (Piece{}) && !slices.Contains(pieces, piece) {
			pieces = append(pieces, piece)
		}
	}
	slices.Reverse(p.Moves)
	slices.Reverse(p.After)
	slices.Reverse(pieces)
	if len(pieces) > 0 {
		return Path{}, &Missing{Goal: Goal(goal), Pieces: pieces}
	}
	return p, nil
}

type frontier []*node

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(i, j int) bool {
	if f[i].cost != f[j].cost {
		return f[i].cost < f[j].cost
	}
	return f[i].order < f[j].order
}
func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)   { *f = append(*f, x.(*node)) }
func (f *frontier) Pop() any {
	old := *f
	n := old[len(old)-1]
	*f = old[:len(old)-1]
	return n
}

// Describe gives a move's action in the words of a transcript.
func Describe(a spec.Action) string {
	switch {
	case a.Put != "":
		return fmt.Sprintf("PUT %s", a.Put)
	case a.Dialog != "":
		return "Dialog " + a.Dialog
	case a.Call == "make":
		return "MAKE_CALL to a peer"
	case a.Call == "receive":
		return "a peer's call, answered"
	case a.Stimulus != "":
		return "stimulus " + string(a.Stimulus)
	case a.Timer != "":
		return "wait for the " + a.Timer + " timer"
	}
	return "nothing"
}
