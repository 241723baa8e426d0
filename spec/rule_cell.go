package spec

import (
	"cmp"
	"slices"
	"strings"
)

// CellOf gives the cell of the map that a step of a requirement is a point of;
// false where
// the step is about something else than who asks for what, where. Later steps
// stand where the earlier ones have led.
func CellOf(req *Requirement, step Step) (Cell, bool) {
	put := step.When.Put
	if put == nil || put.Body != "" || put.Mobile != nil || put.User != "" || put.EmptyState || put.Device ||
		put.Extension != "" && put.Extension != ExtensionOwn {
		return Cell{}, false
	}
	if put.State == string(Login) && put.Extension != ExtensionOwn {
		return Cell{}, false
	}
	g := req.Given
	c := Cell{
		Situation: Situation{State: g.State, Was: g.Was, Pending: g.Pending, Call: g.Call, WrapUp: g.WrapUp},
		Who:       Self, Ask: put.State,
	}
	if step.When.By != "" {
		c.Who = step.When.By
	}
	switch put.Credentials {
	case CredentialsNone:
		c.Who = Nobody
	case CredentialsWrong:
		c.Who = WrongCredentials
	case "":
	default:
		return c, false
	}
	if !slices.Contains(Askers(), c.Who) {
		return c, false
	}
	switch {
	case c.Ask == "":
		c.Ask = AskNone
	case strings.Contains(c.Ask, "NO_SUCH"):
		c.Ask = AskUnknown
	}
	if c.Situation.Call == "" {
		switch g.State {
		case Reserved, Talking, Hold:
			c.Situation.Call = CallRouted
			if g.Was == NotReady {
				c.Situation.Call = CallDirect
			}
		case ReservedOutbound:
			c.Situation.Call = CallOutbound
		case ReservedOutboundPreview:
			c.Situation.Call = CallPreview
		}
	}
	c.Situation.WrapUp = cmp.Or(c.Situation.WrapUp, Off)
	category := Category(put.State)
	takes := category == CategoryNotReady || category == CategoryLogout
	c.Codes = takes && g.Codes[category] != "none"
	switch put.Reason {
	case "", ReasonAuto:
		c.Reason = ReasonNone
		if c.Codes && c.Who != Supervisor {
			c.Reason = ReasonValid
		}
	case ReasonNone, ReasonUnknown, ReasonWrongCategory:
		c.Reason = put.Reason
	case ReasonValid, ReasonOther, ReasonFirst, ReasonSecond:
		c.Reason = ReasonValid
	default:
		return c, false // how an id is written is not the rules' concern
	}
	return c, true
}
