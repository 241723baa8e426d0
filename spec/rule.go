package spec

import "slices"

// Rule says what the guide demands of a request wherever it holds: in a
// situation, for who asks, of what is asked for. The behaviour map asks in
// every situation that a target can be brought into; the requirements are
// points of it. Empty fields are of no concern to the rule.
type Rule struct {
	Name        string // unique, for people
	Deployments []Deployment
	Releases    Releases
	Who         []Actor  // who asks: Self, Supervisor, ForeignSupervisor, Teammate, Nobody, WrongCredentials
	Given       Pattern  // where the user is
	Asks        []string // states, AskNone, AskUnknown
	Reason      []string // ReasonNone, ReasonValid, ReasonWrongCategory, ReasonUnknown, or ReasonAuto for what should go along
	Codes       Switch   // whether reason codes are configured for the state that is asked for
	Then        Then
	Sources     []Source
	Line        int
}

// Who may ask beside the actors of a When.
const (
	Nobody           Actor = "nobody"            // no credentials
	WrongCredentials Actor = "wrong_credentials" // the user's own name with a wrong password
)

// Askers lists who may ask, as rules and cells name them.
func Askers() []Actor {
	return []Actor{Self, Supervisor, ForeignSupervisor, Teammate, Nobody, WrongCredentials}
}

// What may be asked for beside the states.
const (
	AskNone    = "none"    // a request without a state element
	AskUnknown = "unknown" // a state that does not exist
)

// Cell is one request of the behaviour map: who asks for what, with which
// reason code, of a user in a situation.
type Cell struct {
	Situation Situation
	Who       Actor
	Ask       string // a state, AskNone or AskUnknown
	Reason    string // ReasonNone, ReasonValid, ReasonWrongCategory or ReasonUnknown
	Codes     bool   // whether reason codes are configured for the state that is asked for
}

// covers reports whether the rule holds for the cell.
func (r *Rule) covers(c Cell) bool {
	return (len(r.Who) == 0 || slices.Contains(r.Who, c.Who)) &&
		r.Given.Matches(c.Situation) &&
		(len(r.Asks) == 0 || slices.Contains(r.Asks, c.Ask)) &&
		(len(r.Reason) == 0 || slices.Contains(r.Reason, c.Reason) || slices.Contains(r.Reason, ReasonAuto) && c.Reason == c.rightReason()) &&
		(r.Codes == "" || (r.Codes == On) == c.Codes)
}

// rightReason is what should go along as reasonCodeId with a request of the agent.
func (c Cell) rightReason() string {
	if c.Codes {
		return ReasonValid
	}
	return ReasonNone
}

// Demand is what the guide demands of a cell.
type Demand struct {
	Then  Then    // any of these will do; none where the guide says nothing
	Rules []*Rule // that say so
}

// Documented reports whether the guide says anything of the cell.
func (d Demand) Documented() bool { return len(d.Then) > 0 }

// Rules is the whole of rules.yaml.
type Rules struct{ all []*Rule }

// For gives the rules of a deployment of the given kind and release.
func (r *Rules) For(d Deployment, release Release) *Rules {
	mine := &Rules{}
	for _, rule := range r.all {
		if slices.Contains(rule.Deployments, d) && rule.Releases.Contains(release) {
			mine.all = append(mine.all, rule)
		}
	}
	return mine
}

// Demand puts the rules that hold for a cell together. A request with several
// defects may be refused for any of them, and is not to be accepted: the guide
// says no more of precedence than that the checks of Finesse itself come
// before those of the CTI side (guide 12.5(1), page 21). One that lacks its reason
// code may be refused for the state instead (page 73), where no rule says that the
// same with a reason code would be done.
func (r *Rules) Demand(c Cell) Demand {
	d := r.demand(c)
	if c.Who != Self || c.Reason != ReasonNone || !c.Codes || !d.Documented() {
		return d
	}
	right := c
	right.Reason = ReasonValid
	if !r.demand(right).done() {
		d.add(Outcome{Kind: Error, Status: []int{400, 401}, Types: []string{"Invalid State", "Invalid Input", "Generic Error"}})
	}
	return d
}

func (r *Rules) demand(c Cell) Demand {
	var refusing, all []*Rule
	for _, rule := range r.all {
		if !rule.covers(c) {
			continue
		}
		all = append(all, rule)
		if !slices.ContainsFunc(rule.Then, func(o Outcome) bool { return !o.refuses() }) {
			refusing = append(refusing, rule)
		}
	}
	d := Demand{Rules: all}
	if len(refusing) > 0 {
		// What the others would allow is not allowed here; what they would
		// refuse may be why.
		for _, rule := range all {
			for _, o := range rule.Then {
				if o.refuses() {
					d.add(o)
				}
			}
		}
		return d
	}
	for _, rule := range all {
		for _, o := range rule.Then {
			d.add(o)
		}
	}
	return d
}

// done reports whether what is asked for comes about, now or as the call ends.
func (d Demand) done() bool {
	return d.Documented() && !slices.ContainsFunc(d.Then, func(o Outcome) bool { return o.Kind != Accepted && o.Kind != Deferred })
}

// add takes an outcome in, once.
func (d *Demand) add(o Outcome) {
	if !slices.ContainsFunc(d.Then, func(x Outcome) bool {
		return x.Kind == o.Kind && slices.Equal(x.States, o.States) && slices.Equal(x.Status, o.Status) && slices.Equal(x.Types, o.Types)
	}) {
		d.Then = append(d.Then, o)
	}
}

// refuses reports whether the outcome is a refusal, which leaves the user as it was.
func (o Outcome) refuses() bool {
	switch o.Kind {
	case Refused, Error:
		return true
	case Answer:
		return len(o.Status) > 0 && !slices.ContainsFunc(o.Status, func(s int) bool { return s != 4 && s/100 != 4 })
	}
	return false
}
