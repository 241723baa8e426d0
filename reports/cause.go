package reports

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Cause is what failures of one deviation have in common. Two failures have one
// cause when all its fields are equal; which fields a kind of mismatch has is
// the rule, see causeOf. A failure that shares its cause with none has its own
// id in Requirement, or is a group of one.
type Cause struct {
	Kind        evidence.MismatchKind `json:"kind,omitempty"`
	Status      int                   `json:"status,omitempty"`      // of the answer
	Said        string                `json:"said,omitempty"`        // its ErrorType, or that of an event, or its ErrorData where XPath is that
	XPath       string                `json:"xpath,omitempty"`       // the text or element that is another
	Media       string                `json:"media,omitempty"`       // the media type of a body that should be XML
	From        string                `json:"from,omitempty"`        // the state in which the user was
	To          string                `json:"to,omitempty"`          // and to which it came, or in which it stayed
	Request     string                `json:"request,omitempty"`     // the body that was accepted and should have been refused
	By          string                `json:"by,omitempty"`          // the role of who asked for another user
	Requirement string                `json:"requirement,omitempty"` // a failure that is known by nothing else
}

// FailureGroup is the failures that have one cause. Nothing is hidden by it:
// each requirement keeps its own row.
type FailureGroup struct {
	Cause        Cause    `json:"cause"`
	Requirements []string `json:"requirements"`   // that fail, in the catalogue's order
	Kept         []string `json:"kept,omitempty"` // that were not exercised, since the same was in their way
}

// agent is the role of users who may change nobody but themselves: of what one
// of them asks for another user it does not matter what it is.
const agent = "agent"

const (
	errorTypePath = "ApiErrors/ApiError/ErrorType"
	errorDataPath = "ApiErrors/ApiError/ErrorData"
)

// causeOf gives the cause of a failure, by what was seen:
//
//   - a body that is said to be no XML: its media type, whatever the request was
//   - a body of another form: the element that is wrong
//   - an answer: its status and ErrorType, and the ErrorData where that is what
//     is wrong; of one that accepts what has to be refused, who asked for another
//     user, and what was asked for, but where an agent asks who may ask nothing
//   - a state that was left or that changed unasked: from where to where
//   - a state that did not come: from where, and where the user was instead
//   - a text of the user that is another: the element
//   - an event: the ErrorType that it tells; or that there was no event at all
//
// Whatever else fails stands alone.
func (r *Result) causeOf(row *Row) Cause {
	if row.Mismatch == nil {
		return Cause{Requirement: row.ID}
	}
	m := *row.Mismatch
	c := Cause{Kind: m.Kind}
	if row.Exchange != nil {
		c.Status = row.Exchange.Status
	}
	switch m.Kind {
	case evidence.MismatchForm:
		c.Status, c.Media = 0, foreignMedia(row.Exchange)
		if c.Media == "" {
			c.XPath = row.XPath
		}
		if c.Media == "" && c.XPath == "" {
			return Cause{Requirement: row.ID}
		}
	case evidence.MismatchAnswer:
		c = r.causeOfAnswer(row, c)
	case evidence.MismatchEvent:
		c.Status, c.Said = 0, m.Said
		if m.Said == "" && (row.Event != nil || len(row.Events) > 0) {
			return Cause{Requirement: row.ID}
		}
	case evidence.MismatchShown:
		c.Status, c.XPath = 0, row.XPath
	case evidence.MismatchUnseen, evidence.MismatchUnanswered:
	default:
		if m.Kind == evidence.MismatchMoved && row.Exchange != nil && row.Exchange.Method != http.MethodGet && c.Status < http.StatusMultipleChoices && cameAsAsked(m) {
			c.Kind = evidence.MismatchAnswer // what has to be refused was accepted, and done
			return r.causeOfAnswer(row, c)
		}
		c = causeOfMove(m, row.XPath)
	}
	return c
}

func (r *Result) causeOfAnswer(row *Row, c Cause) Cause {
	c.Said, c.By = row.Mismatch.Said, r.foreignRole(row)
	switch {
	case row.XPath == errorDataPath && row.Observed != nil:
		c.XPath, c.Said = row.XPath, Steady(row.Observed.ErrorData, VolatileValues(r, row), "…")
	case row.Mismatch.Kind == evidence.MismatchAnswer && row.XPath != "" && row.XPath != errorTypePath:
		c.XPath = row.XPath
	case (c.Status == http.StatusOK || c.Status == http.StatusAccepted) && c.By != agent && row.Exchange != nil:
		c.Request = text.Truncate(Steady(text.OneLine(row.Exchange.RequestBody), VolatileValues(r, row), "…"), 300)
	}
	if c.Status >= http.StatusMultipleChoices {
		c.By = "" // what is answered to everybody is one deviation
	}
	return c
}

// cameAsAsked reports whether a user came to where the request wanted it.
func cameAsAsked(m evidence.Mismatch) bool {
	return m.Asked != "" && m.To == m.Asked || m.Asked == spec.Login && m.To == spec.NotReady
}

// causeOfMove is of a state that is another than it should be. That a user left
// a state, and that it was moved out of it, is one.
func causeOfMove(m evidence.Mismatch, path string) Cause {
	c := Cause{Kind: m.Kind, From: string(m.From), To: string(m.To)}
	if c.Kind == evidence.MismatchLeft {
		c.Kind = evidence.MismatchMoved
	}
	if c.Kind == evidence.MismatchMoved && m.From == m.To {
		c = Cause{Kind: c.Kind, XPath: path}
	}
	return c
}

// foreignMedia is the media type of an answer that is said to be no XML.
func foreignMedia(x *ExchangeRef) string {
	if x == nil {
		return ""
	}
	for name, value := range x.ResponseHeader {
		if !strings.EqualFold(name, "Content-Type") {
			continue
		}
		media, _, err := mime.ParseMediaType(value)
		if err == nil && media != "application/xml" && media != "text/xml" {
			return media
		}
	}
	return ""
}

// foreignRole is the role of who asked for a change of another user, "" where
// the user asked itself.
func (r *Result) foreignRole(row *Row) string {
	x := row.Exchange
	if x == nil || x.As == "" || x.Method == http.MethodGet || row.Values["id"] == "" || x.As == row.Values["id"] {
		return ""
	}
	for _, m := range r.Cast {
		if m.ID == x.As {
			return m.Role
		}
	}
	return ""
}

// causeOfGap is the cause that kept a requirement from being exercised, if it
// is one that can be told from a failure.
func causeOfGap(gap *Gap) (Cause, bool) {
	if gap == nil || gap.Instead == nil {
		return Cause{}, false
	}
	switch in := gap.Instead; in.Kind {
	case evidence.MismatchAnswer:
		return Cause{Kind: in.Kind, Status: in.Status, Said: in.Said}, true
	case evidence.MismatchShown:
		return Cause{Kind: in.Kind, XPath: in.XPath}, true
	default:
		return causeOfMove(in.Mismatch, in.XPath), true
	}
}

// groupFailures groups the failures by their causes, those that cost most
// requirements first.
func (r *Result) groupFailures() []FailureGroup {
	groups := []FailureGroup{}
	at, of := map[Cause]int{}, map[string]int{}
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Outcome != evidence.Failed {
			continue
		}
		cause := r.causeOf(row)
		n, known := at[cause]
		if !known {
			n = len(groups)
			at[cause], groups = n, append(groups, FailureGroup{Cause: cause})
		}
		of[row.ID], groups[n].Requirements = n, append(groups[n].Requirements, row.ID)
	}
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Outcome != evidence.NotExercised || row.Gap == nil {
			continue
		}
		n, known := -1, false
		if row.Gap.Waits != nil {
			if n, known = of[row.Gap.Waits.Since]; !known {
				n, known = at[Cause{Kind: evidence.MismatchStayed, From: string(row.Gap.Waits.State), To: string(row.Gap.Waits.State)}]
			}
		} else if cause, ok := causeOfGap(row.Gap); ok {
			n, known = at[cause]
		}
		if known {
			groups[n].Kept = append(groups[n].Kept, row.ID)
		}
	}
	slices.SortStableFunc(groups, func(a, b FailureGroup) int {
		return cmp.Compare(len(b.Requirements)+len(b.Kept), len(a.Requirements)+len(a.Kept))
	})
	return groups
}

// FailureOf gives the group of a requirement that failed, nil for others.
func (r *Result) FailureOf(id string) *FailureGroup {
	for i := range r.Failures {
		if slices.Contains(r.Failures[i].Requirements, id) {
			return &r.Failures[i]
		}
	}
	return nil
}

// One reports whether the group is a single failure that explains nothing else.
func (g *FailureGroup) One() bool { return len(g.Requirements) == 1 && len(g.Kept) == 0 }

// Words tells the cause in one line. That of a failure that stands alone is its
// requirement.
func (c Cause) Words() string {
	//exhaustive:enforce
	switch c.Kind {
	case evidence.MismatchForm:
		if c.Media != "" {
			return "a body is said to be " + c.Media + ", not XML"
		}
		return c.XPath + " does not have the documented form"
	case evidence.MismatchAnswer:
		return c.answerWords()
	case evidence.MismatchMoved:
		if c.XPath != "" {
			return c.XPath + " changes and should not"
		}
		return fmt.Sprintf("a user goes from %s to %s and should not", c.From, c.To)
	case evidence.MismatchStayed:
		if c.From == c.To {
			return "a user stays in " + c.From
		}
		return fmt.Sprintf("from %s a user comes to %s instead", c.From, c.To)
	case evidence.MismatchLate:
		return c.To + " shows only after the settle time"
	case evidence.MismatchTimer:
		return "what was asked for comes only as the wrap-up timer runs out"
	case evidence.MismatchBystander:
		return fmt.Sprintf("a user on whom nobody acted goes from %s to %s", c.From, c.To)
	case evidence.MismatchShown:
		return c.XPath + " is another"
	case evidence.MismatchEvent:
		if c.Said == "" {
			return "no notification comes"
		}
		return fmt.Sprintf("an event says %q", c.Said)
	case evidence.MismatchUnanswered:
		if c.Status == 0 {
			return "a request is not answered"
		}
		return fmt.Sprintf("answered %d by a server that did not get the target's answer", c.Status)
	case evidence.MismatchUnseen:
		return fmt.Sprintf("%d in place of the user", c.Status)
	case evidence.MismatchLeft, evidence.MismatchUnheard: // what they have in common is the requirement
	}
	return c.Requirement
}

func (c Cause) answerWords() string {
	switch {
	case c.XPath == errorDataPath && c.Said == "":
		return fmt.Sprintf("%d without ErrorData", c.Status)
	case c.XPath == errorDataPath:
		return fmt.Sprintf("%d with ErrorData %q", c.Status, c.Said)
	case c.XPath != "":
		return fmt.Sprintf("%d with another %s", c.Status, c.XPath)
	case c.Said != "":
		return fmt.Sprintf("answered %d %s", c.Status, c.Said)
	case c.Request != "" && c.By != "":
		return fmt.Sprintf("a %s's request for another user is accepted with %d: %s", c.By, c.Status, c.Request)
	case c.Request != "":
		return fmt.Sprintf("accepted with %d: %s", c.Status, c.Request)
	case c.By != "":
		return fmt.Sprintf("an %s's request for another user is accepted with %d", c.By, c.Status)
	}
	return fmt.Sprintf("answered %d", c.Status)
}
