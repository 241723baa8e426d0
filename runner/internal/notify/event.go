package notify

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what an event tells.
type Kind string

// The kinds of events.
const (
	KindUser      Kind = "user"      // the user as it is now
	KindErrors    Kind = "apiErrors" // a request was refused behind the API
	KindOther     Kind = "other"     // something else: dialogs, system information …
	KindMalformed Kind = "malformed" // not understood; Problems say why
)

// Namespaces of the `notification` element that servers are known to send.
const (
	namespacePush   = "urn:xmpp:push:0"
	namespacePubSub = "http://jabber.org/protocol/pubsub" // releases before 12.x
)

// Event is one notification, as it came.
type Event struct {
	// Account is the user whose connection the event came on.
	Account string
	// Received is when the stanza had been read whole.
	Received time.Time
	// Node is the node that was published to, Source the `source` of the Update (for a team's node that of the user).
	Node, Source string
	// Action is the `event` of the Update as sent: PUT, put, DELETE …
	Action string
	// RequestID is what the request had in its requestId header, where the server echoes it.
	RequestID string
	Kind      Kind
	// User is the XML of the user, from the tag to the end tag, for KindUser.
	User string
	// Errors are the refusals, for KindErrors.
	Errors []APIError
	// Payload is the text of the Update document, Stanza the whole message as sent.
	Payload, Stanza string
	// Escaped tells whether the Update was sent as text, as servers do, and not as elements.
	Escaped bool
	// Namespace is that of the `notification` element.
	Namespace string
	// Stray says why the event is not this account's: addressed to somebody else, or on a node that it is not
	// subscribed to. Empty for an event that is.
	Stray string
	// Problems are deviations from the documented form, each in one line.
	Problems []string
}

// APIError is one refusal as the server's asynchronous errors tell it (Web Services Developer Guide 12.5(1), p. 359;
// the peripheral fields were seen on real servers).
type APIError struct {
	Type, Message, Data                           string
	PeripheralCode, PeripheralMsg, PeripheralText string
	HasType, HasMessage, HasData                  bool
}

// parseMessage makes the events of one message stanza: one for every item that has a notification in it. A message
// that carries no event gives none.
func parseMessage(message *element, at time.Time) []Event {
	var events []Event
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
				e := Event{Node: items.attr("node"), Received: at, Stanza: string(message.outer)}
				if message.attr("type") == "error" {
					e.problem("the message is of type error")
				}
				if event.name.Space != namespacePubSub+"#event" {
					e.problem("the event element has the namespace %s", event.name.Space)
				}
				e.readItem(item)
				events = append(events, e)
			}
		}
	}
	return events
}

func (e *Event) problem(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

func (e *Event) malformed(format string, args ...any) {
	e.Kind = KindMalformed
	e.problem(format, args...)
}

func (e *Event) readItem(item *element) {
	n := item.child("notification")
	if n == nil {
		e.malformed("the item has no notification element")
		return
	}
	e.Namespace = n.name.Space
	if e.Namespace != namespacePush && e.Namespace != namespacePubSub {
		e.problem("the notification element has the namespace %q", e.Namespace)
	}
	var update *element
	if len(n.children) > 0 {
		e.problem("the payload is not escaped")
		update = n.children[0]
		e.Payload = strings.TrimSpace(string(n.inner))
	} else {
		e.Escaped = true
		e.Payload = strings.TrimSpace(n.text)
		parsed, err := parse([]byte(e.Payload))
		if err != nil {
			e.malformed("the payload is no XML document: %v", err)
			return
		}
		update = parsed
	}
	e.readUpdate(update)
}

func (e *Event) readUpdate(update *element) {
	if update.name.Local != "Update" {
		e.malformed("the payload is %s where Update was expected", update.name.Local)
		return
	}
	e.Source, e.Action, e.RequestID = update.content("source"), update.content("event"), update.content("requestId")
	data := update.child("data")
	switch {
	case data == nil:
		e.malformed("the Update has no data")
	case data.child("apiErrors") != nil:
		e.Kind = KindErrors
		e.spelt(data.child("apiErrors"), "apiErrors")
		e.readErrors(data.child("apiErrors"))
	case data.child("user") != nil:
		e.Kind = KindUser
		e.User = string(data.child("user").outer)
	default:
		e.Kind = KindOther
	}
	if e.Source == "" {
		e.problem("the Update has no source")
	}
	if e.Action == "" {
		e.problem("the Update has no event")
	}
}

// spelt notes a name that differs from the documented one in its case. Clients look for the name as it is documented;
// that of a user has two.
func (e *Event) spelt(c *element, name string) {
	if c != nil && c.name.Local != name {
		e.problem("%s is written %s", name, c.name.Local)
	}
}

func (e *Event) readErrors(list *element) {
	for _, c := range list.children {
		if !strings.EqualFold(c.name.Local, "apiError") {
			continue
		}
		e.spelt(c, "apiError")
		for _, name := range []string{"errorType", "errorMessage", "errorData"} {
			e.spelt(c.child(name), name)
		}
		e.Errors = append(e.Errors, APIError{
			Type: c.content("errorType"), HasType: c.child("errorType") != nil,
			Message: c.content("errorMessage"), HasMessage: c.child("errorMessage") != nil,
			Data: c.content("errorData"), HasData: c.child("errorData") != nil,
			PeripheralCode: c.content("peripheralErrorCode"),
			PeripheralMsg:  c.content("peripheralErrorMsg"),
			PeripheralText: c.content("peripheralErrorText"),
		})
	}
	if len(e.Errors) == 0 {
		e.problem("apiErrors has no apiError")
	}
	for _, a := range e.Errors {
		for _, missing := range []struct {
			has  bool
			name string
		}{{a.HasType, "errorType"}, {a.HasMessage, "errorMessage"}, {a.HasData, "errorData"}} {
			if !missing.has {
				e.problem("apiError has no %s", missing.name)
			}
		}
	}
}
