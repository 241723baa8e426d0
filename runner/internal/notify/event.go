package notify

import (
	"fmt"
	"strings"
	"time"

	"finesse-conformance/suites/evidence"
)

// Namespaces of the `notification` element that servers are known to send.
const (
	namespacePush   = "urn:xmpp:push:0"
	namespacePubSub = "http://jabber.org/protocol/pubsub" // releases before 12.x
)

// parseMessage makes the events of one message stanza: one for every item that has a notification in it. A message
// that carries no event gives none. What is wrong with the form goes along: it is a fact about the target.
func parseMessage(message *element, at time.Time) []evidence.Event {
	var events []evidence.Event
	for _, event := range message.children {
		if event.name.Local != "event" || !strings.HasPrefix(event.name.Space, namespacePubSub) {
			continue
		}
		for _, items := range event.children {
			if items.name.Local != "items" {
				continue
			}
			for _, item := range items.children {
				if item.name.Local != "item" {
					continue // a retraction
				}
				e := reading{evidence.Event{Node: items.attr("node"), Received: at}}
				if message.attr("type") == "error" {
					e.problem("the message is of type error")
				}
				if event.name.Space != namespacePubSub+"#event" {
					e.problem("the event element has the namespace %s", event.name.Space)
				}
				e.readItem(item)
				events = append(events, e.Event)
			}
		}
	}
	return events
}

// reading is an event of which a part has been read.
type reading struct{ evidence.Event }

// problem notes a deviation from the documented form in one line: the first there is.
func (e *reading) problem(format string, args ...any) {
	if e.Problem == "" {
		e.Problem = fmt.Sprintf(format, args...)
	}
}

func (e *reading) readItem(item *element) {
	n := item.child("notification")
	if n == nil {
		e.problem("the item has no notification element")
		return
	}
	if space := n.name.Space; space != namespacePush && space != namespacePubSub {
		e.problem("the notification element has the namespace %q", space)
	}
	if len(n.children) > 0 {
		e.problem("the payload is not escaped")
		e.Payload = strings.TrimSpace(string(n.inner))
		e.readUpdate(n.children[0])
		return
	}
	e.Payload = strings.TrimSpace(n.text)
	update, err := parse([]byte(e.Payload))
	if err != nil {
		e.problem("the payload is no XML document: %v", err)
		return
	}
	e.readUpdate(update)
}

func (e *reading) readUpdate(update *element) {
	if update.name.Local != "Update" {
		e.problem("the payload is %s where Update was expected", update.name.Local)
		return
	}
	e.Source, e.Event.Event, e.RequestID = update.content("source"), update.content("event"), update.content("requestId")
	if data := update.child("data"); data == nil {
		e.problem("the Update has no data")
	} else if refusals := data.child("apiErrors"); refusals != nil {
		e.readErrors(refusals)
	}
	if e.Source == "" {
		e.problem("the Update has no source")
	}
	if e.Event.Event == "" {
		e.problem("the Update has no event")
	}
}

// spelt notes a name that differs from the documented one in its case. Clients look for the name as it is documented;
// that of a user has two.
func (e *reading) spelt(c *element, name string) {
	if c != nil && c.name.Local != name {
		e.problem("%s is written %s", name, c.name.Local)
	}
}

// readErrors keeps the first refusal that the asynchronous errors tell (Web Services Developer Guide 12.5(1), p. 359).
func (e *reading) readErrors(list *element) {
	e.spelt(list, "apiErrors")
	parts := []string{"errorType", "errorMessage", "errorData"}
	var refusals []*element
	for _, c := range list.children {
		if !strings.EqualFold(c.name.Local, "apiError") {
			continue
		}
		refusals = append(refusals, c)
		e.spelt(c, "apiError")
		for _, name := range parts {
			e.spelt(c.child(name), name)
		}
	}
	if len(refusals) == 0 {
		e.problem("apiErrors has no apiError")
		return
	}
	for _, c := range refusals {
		for _, name := range parts {
			if c.child(name) == nil {
				e.problem("apiError has no %s", name)
			}
		}
	}
	first := refusals[0]
	e.ErrorType, e.ErrorMessage, e.ErrorData = first.content(parts[0]), first.content(parts[1]), first.content(parts[2])
}
