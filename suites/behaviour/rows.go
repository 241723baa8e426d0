package behaviour

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// Section is the section of the map's requirements in reports. It is outside
// the catalogue and its counts.
const Section = "MAP"

// Row is what one visit to a situation asks on behalf of one asker.
type Row struct {
	Situation   spec.Situation
	Who         spec.Actor
	Cells       []Cell
	Requirement *spec.Requirement // that has the cells as steps

	plan Plan
}

// Cell is one request of a row.
type Cell struct {
	spec.Cell
	Demand spec.Demand
	Step   int // index of its step in the requirement
	Steps  int // how many steps it takes: 2 where the end of the call tells
}

// ID names the row of the matrix that a Row belongs to: MAP-TALKING-self.
// Several situations share it where they show the same state.
func (r *Row) ID() string { return id(r.Situation.State, r.Who) }

func id(s spec.State, who spec.Actor) string { return Section + "-" + string(s) + "-" + string(who) }

// IDs lists the ids of the rows that any map may have.
func IDs() (ids []string) {
	for _, s := range spec.States() {
		for _, who := range spec.Askers() {
			ids = append(ids, id(s, who))
		}
	}
	return ids
}

// Describe says in which situation the user is, in words.
func Describe(s spec.Situation) string {
	var more []string
	if s.Call != "" {
		more = append(more, string(s.Call)+" call")
	}
	if s.Was != "" && s.Call != "" {
		more = append(more, string(s.Was)+" before it")
	}
	if s.Pending != "" {
		more = append(more, string(s.Pending)+" pending")
	}
	if s.WrapUp == spec.On {
		more = append(more, "wrap-up after it")
	}
	if len(more) == 0 {
		return string(s.State)
	}
	return string(s.State) + " (" + strings.Join(more, ", ") + ")"
}

// Plan is what the map of a deployment asks.
type Plan struct {
	Deployment spec.Deployment
	Release    spec.Release
	// Codes says for which categories reason codes are configured.
	Codes map[spec.Category]bool
}

// Rows gives the rows of the map in the order in which they tell most. The
// relations that cost a 401 (nobody, wrong credentials, team mates, other
// supervisors) are asked once for each kind of request: what is refused for
// who asks does not depend on where the user is. What a supervisor may not ask
// for and is answered 401 is asked once a state, in a visit of its own, which is
// left out where too many were answered so.
func (p Plan) Rows(rules *spec.Rules, moves []*spec.Move) []*Row {
	mine := rules.For(p.Deployment, p.Release)
	var rows, costly []*Row
	var forbidden []*Row // to a supervisor
	asked := map[string]bool{}
	ids := map[string]int{}
	number := func(r *Row) *Row {
		ids[r.ID()]++
		r.Requirement.ID = fmt.Sprintf("%s-%02d", r.ID(), ids[r.ID()])
		return r
	}
	add := func(list *[]*Row, s spec.Situation, who spec.Actor, asks []string) {
		cells := slices.DeleteFunc(p.cells(mine, s, who, asks), func(c Cell) bool {
			if who != spec.Supervisor || !c.Demand.Then.Unauthorized() {
				return false
			}
			if kind := string(s.State) + " " + c.Ask + " " + c.Reason; !asked[kind] {
				asked[kind] = true
				forbidden = append(forbidden, p.row(s, who, []Cell{c}))
			}
			return true
		})
		for part := range slices.Chunk(cells, visit(s)) {
			*list = append(*list, number(p.row(s, who, part)))
		}
	}
	for _, s := range Situations(moves) {
		for _, who := range []spec.Actor{spec.Self, spec.Supervisor} {
			add(&rows, s, who, p.asks())
		}
	}
	for _, who := range []spec.Actor{spec.ForeignSupervisor, spec.Teammate, spec.Nobody, spec.WrongCredentials} {
		add(&costly, spec.Situation{State: spec.Logout}, who, []string{string(spec.Login)})
		add(&costly, spec.Situation{State: spec.NotReady}, who, []string{string(spec.Ready)})
		add(&costly, spec.Situation{State: spec.Ready}, who, []string{string(spec.NotReady), string(spec.Logout)})
	}
	for _, r := range forbidden {
		costly = append(costly, number(r))
	}
	return append(rows, costly...)
}

// asks lists what may be asked for: the settable states, the others, one that
// does not exist, and none.
func (p Plan) asks() []string {
	return []string{
		string(spec.Login), string(spec.Logout), string(spec.NotReady), string(spec.Ready),
		string(spec.Reserved), string(spec.ReservedOutbound), string(spec.ReservedOutboundPreview), string(spec.Talking),
		string(spec.Hold), string(spec.Work), string(spec.WorkReady), string(spec.Unknown), spec.AskUnknown, spec.AskNone,
	}
}

// visit says how many requests one visit to a situation answers. A situation
// that the target ends by itself, by a timer or because nobody answers, is
// brought about anew before it may.
func visit(s spec.Situation) int {
	switch s.State {
	case spec.Work, spec.WorkReady:
		return 1
	case spec.Reserved, spec.ReservedOutbound, spec.ReservedOutboundPreview:
		return 3
	}
	return 64
}

// cells lists what is asked in a situation. What is refused leaves the user
// where it is: that comes first, then what only pends, then what moves it.
func (p Plan) cells(rules *spec.Rules, s spec.Situation, who spec.Actor, asks []string) []Cell {
	var list []Cell
	for _, ask := range asks {
		category := spec.Category(ask)
		codes := p.Codes[category]
		for _, reason := range p.reasons(who, ask, codes) {
			c := spec.Cell{Situation: s, Who: who, Ask: ask, Reason: reason, Codes: codes}
			list = append(list, Cell{Cell: c, Demand: rules.Demand(c)})
		}
	}
	slices.SortStableFunc(list, func(a, b Cell) int { return a.disturbs() - b.disturbs() })
	return list
}

// row makes the requirement of a situation, an asker and some requests.
func (p Plan) row(s spec.Situation, who spec.Actor, cells []Cell) *Row {
	r := &Row{Situation: s, Who: who, Cells: slices.Clone(cells), plan: p}
	r.Requirement = p.requirement(r)
	return r
}

// alone is a visit for one of the row's cells.
func (r *Row) alone(i int) *Row {
	one := r.plan.row(r.Situation, r.Who, r.Cells[i:i+1])
	one.Requirement.ID = fmt.Sprintf("%s.%02d", r.Requirement.ID, i+1)
	return one
}

// reasons lists what is sent along with a request as reasonCodeId.
func (p Plan) reasons(who spec.Actor, ask string, codes bool) []string {
	settable := spec.Category(ask) == spec.CategoryNotReady || spec.Category(ask) == spec.CategoryLogout
	switch {
	case who != spec.Self && who != spec.Supervisor: // right in all but who asks
		if settable && codes && (who == spec.Nobody || who == spec.WrongCredentials) {
			return []string{spec.ReasonValid}
		}
		return []string{spec.ReasonNone}
	case settable && codes:
		return []string{spec.ReasonNone, spec.ReasonValid, spec.ReasonWrongCategory, spec.ReasonUnknown}
	case settable:
		return []string{spec.ReasonNone, spec.ReasonUnknown}
	case ask == string(spec.Ready) && p.Codes[spec.CategoryNotReady]:
		return []string{spec.ReasonNone, spec.ReasonValid}
	}
	return []string{spec.ReasonNone}
}

// disturbs says how much a request is expected to change.
func (c Cell) disturbs() int {
	if !c.Demand.Documented() {
		return 2
	}
	most := 0
	for _, o := range c.Demand.Then {
		switch o.Kind {
		case spec.Accepted, spec.Reaches:
			most = max(most, 3)
		case spec.Deferred:
			most = max(most, 3)
		case spec.Keeps:
			most = max(most, 1)
		}
	}
	return most
}

// source is what the requirement of a row cites where no rule has one.
var source = []spec.Source{{Guide: "DevNet-CAS"}}

func (p Plan) requirement(r *Row) *spec.Requirement {
	req := &spec.Requirement{
		Section: Section, Title: fmt.Sprintf("what %s may ask of a user in %s", strings.ReplaceAll(string(r.Who), "_", " "), Describe(r.Situation)),
		Level: spec.Must, Deployments: []spec.Deployment{p.Deployment}, Sources: source,
		Given: spec.Given{
			Subject: spec.RoleAgent, State: r.Situation.State, Was: r.Situation.Was, Call: r.Situation.Call,
			Pending: r.Situation.Pending, WrapUp: r.Situation.WrapUp, Codes: map[spec.Category]string{},
		},
	}
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		req.Given.Codes[category] = "none"
		if p.Codes[category] {
			req.Given.Codes[category] = "one"
		}
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		c.Step, c.Steps = len(req.Steps), 1
		step := spec.Step{When: spec.When{By: r.Who, Put: c.put()}, Then: c.Demand.Then, Again: i > 0}
		switch r.Who {
		case spec.Nobody, spec.WrongCredentials:
			step.When.By = spec.Self
		}
		if !c.Demand.Documented() {
			step.Then = spec.Then{{Kind: spec.Recorded}}
		} else if len(req.Sources) == len(source) && i == 0 {
			req.Sources = c.Demand.Rules[0].Sources
		}
		step.Then = timed(r.Situation.State, step.Then)
		req.Steps = append(req.Steps, step)
		if i := slices.IndexFunc(step.Then, func(o spec.Outcome) bool { return o.Kind == spec.Deferred }); i >= 0 {
			end := spec.Step{When: spec.When{EndCall: true}, Then: spec.Then{{Kind: spec.Recorded}}}
			if len(step.Then) > 1 { // it may have come at once
				end.Unless = step.Then[i].States[0]
			}
			req.Steps = append(req.Steps, end)
			c.Steps = 2
		}
	}
	return req
}

// timed marks what the wrap-up timer does as well: only a change before half
// of it proves that the request made it.
func timed(s spec.State, then spec.Then) spec.Then {
	ends := map[spec.State]spec.State{spec.Work: spec.NotReady, spec.WorkReady: spec.Ready}[s]
	if ends == "" {
		return then
	}
	then = slices.Clone(then)
	for i, o := range then {
		if o.Kind == spec.Accepted && slices.Contains(o.States, ends) {
			then[i].HalfTimer = true
		}
	}
	return then
}

// put is the request of a cell.
func (c Cell) put() *spec.Put {
	put := &spec.Put{State: c.Ask, Reason: c.Reason}
	switch c.Ask {
	case spec.AskNone:
		put.State = ""
	case spec.AskUnknown:
		put.State = "NO_SUCH_STATE"
	case string(spec.Login):
		put.Extension = spec.ExtensionOwn
	}
	switch c.Who {
	case spec.Nobody:
		put.Credentials = spec.CredentialsNone
	case spec.WrongCredentials:
		put.Credentials = spec.CredentialsWrong
	}
	return put
}
