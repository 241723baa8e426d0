package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// otherNode: the change that was accepted shows on the other node too.
func (c *stepJudge) otherNode(out spec.Outcome) *mismatch {
	if out.OtherNode == "" {
		return nil
	}
	seen := c.step.OtherNode
	switch {
	case seen == nil:
		return c.unproven("the other node was not looked at")
	case seen.Exchange < 0:
		return c.unproven("the other node did not answer")
	case seen.Shown || out.OtherNode != spec.OtherNodeShows:
		return nil
	}
	was := "no state"
	if x := c.exchange(seen.Exchange); x != nil {
		was = fmt.Sprintf("HTTP %d", x.Status)
		if l, ok := evidence.ObservationOf(*x); ok {
			was = stateText(l)
		}
	}
	m := c.missed(out, evidence.MismatchShown, 4, fmt.Sprintf("the other node still showed %s after %v", was, c.ev.Target.Settle))
	m.exchange, m.xpath = seen.Exchange, "User/state"
	return m
}

func (c *stepJudge) exchange(i int) *evidence.Exchange {
	if i < 0 || i >= len(c.ev.Exchanges) {
		return nil
	}
	return &c.ev.Exchanges[i]
}

// lag says how long after the first node the other one showed the change.
func (c *stepJudge) lag() string {
	seen := c.step.OtherNode
	switch {
	case seen == nil || seen.Exchange < 0:
		return ""
	case !seen.Shown:
		return fmt.Sprintf("not shown by the other node for %v", c.ev.Target.Settle)
	}
	return fmt.Sprintf("shown by the other node within %v", round(seen.Lag))
}

// before is the exchange of the step before, nil where it had none.
func (c *stepJudge) before() *evidence.Exchange {
	if c.index == 0 {
		return nil
	}
	return c.exchange(c.ev.Steps[c.index-1].Exchange)
}

// sameAsBefore: the other node answers as the first one did.
func (c *stepJudge) sameAsBefore(out spec.Outcome) *mismatch {
	if !out.Same {
		return nil
	}
	first := c.before()
	if first == nil || first.Err != "" {
		return c.unproven("the first node gave no answer to compare with")
	}
	difference := c.Difference(*first, *c.act)
	if difference == "" {
		return nil
	}
	return c.missed(out, evidence.MismatchShown, 3, "on the other node "+difference)
}

// apartOnly are the elements in which two nodes may differ: clocks of their
// own, and messages for people.
var apartOnly = []string{
	"stateChangeTime", "currentTimestamp", "lastSuccessCTIHeartbeatTime", "ctiTimeInMMode", "finesseTimeInMMode", "ErrorMessage",
}

// Difference says in what two answers to one request differ, "" for nothing.
// Order does not count, nor do times and the words of messages.
func (j *Judge) Difference(one, other evidence.Exchange) string {
	if one.Status != other.Status {
		return fmt.Sprintf("HTTP %d and not %d", other.Status, one.Status)
	}
	a, b := leaves(j.loose(one.ResponseBody).node), leaves(j.loose(other.ResponseBody).node)
	for _, leaf := range a {
		if !slices.Contains(b, leaf) {
			return "no " + leaf
		}
	}
	for _, leaf := range b {
		if !slices.Contains(a, leaf) {
			return leaf
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d elements and not %d", len(b), len(a))
	}
	return ""
}

// leaves gives the elements of a document that have text, in the form
// path "text".
func leaves(doc *xmlquery.Node) []string {
	var list []string
	var walk func(n *xmlquery.Node, path string)
	walk = func(n *xmlquery.Node, path string) {
		inner := false
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			if child.Type == xmlquery.ElementNode {
				inner = true
				walk(child, strings.TrimPrefix(path+"/"+child.Data, "/"))
			}
		}
		if !inner && n.Type == xmlquery.ElementNode && !slices.Contains(apartOnly, n.Data) {
			list = append(list, fmt.Sprintf("%s %q", path, strings.TrimSpace(n.InnerText())))
		}
	}
	if doc != nil {
		walk(doc, "")
	}
	return list
}

// clocks says how far the clock of the other node is from that of the first.
func (c *stepJudge) clocks() string {
	first := c.before()
	if first == nil || c.act == nil {
		return ""
	}
	skew, within, ok := evidence.Skew(*first, *c.act)
	if !ok {
		return "the nodes do not tell the time"
	}
	return fmt.Sprintf("the clock of the other node is apart by %v, to within %v", skew.Round(time.Millisecond), within.Round(time.Millisecond))
}
