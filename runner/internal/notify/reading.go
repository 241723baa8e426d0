package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// read takes in what the server sends until the connection ends, and keeps why it did.
func (s *session) read(ctx context.Context) {
	defer close(s.finished)
	for {
		e, err := s.link.receive(ctx)
		if err != nil {
			s.ended = err
			return
		}
		now := time.Now()
		s.last.Store(now.UnixNano())
		switch e.name.Local {
		case "message":
			s.message(e, now)
		case "iq":
			err = s.iq(ctx, e)
		case "error":
			err = streamError(e, s.options.Domain)
		case "presence":
			// That of the watcher, of ourselves, of others: none of it changes what we hear.
		default:
			s.options.Log.Debug("notifications: ignored an element", "user", s.account.User, "name", e.name.Local)
		}
		if err != nil {
			s.ended = err
			return
		}
	}
}

// message keeps the events in a message, and marks those that are somebody else's.
func (s *session) message(e *element, now time.Time) {
	stray := s.stray(e)
	for _, event := range parseMessage(e, now) {
		event.Session = s.account.User
		if stray == "" && !s.subscribed(event.Node) {
			event.Problem = fmt.Sprintf("user %s is not subscribed to node %q", s.account.User, event.Node)
		}
		event.Problem = cmp.Or(stray, event.Problem)
		s.heard(event)
	}
}

// stray says why a message is not meant for this session, or does not come from the service.
func (s *session) stray(e *element) string {
	from, _, _ := strings.Cut(e.attr("from"), "/")
	if !strings.EqualFold(from, s.options.PubSub) {
		return fmt.Sprintf("it comes from %q, not from %q", e.attr("from"), s.options.PubSub)
	}
	to := e.attr("to")
	bare := bareAddress(s.address, s.options.Domain)
	if to != "" && !strings.EqualFold(to, bare) && !strings.EqualFold(to, s.address) {
		return fmt.Sprintf("it is addressed to %q, not to %q", to, bare)
	}
	return ""
}

// subscribed tells whether an event on a node is to be expected: on the user's own nodes, the system's, and those that
// were subscribed to.
func (s *session) subscribed(node string) bool {
	own := "/finesse/api/User/" + s.account.User
	return node == own || strings.HasPrefix(node, own+"/") || node == "/finesse/api/SystemInfo" ||
		slices.Contains(s.options.Subscribe[s.account.User], node)
}

// iq hands an answer to whoever waits for it, and answers requests: pings of the server, and nothing else.
func (s *session) iq(ctx context.Context, e *element) error {
	id := e.attr("id")
	switch e.attr("type") {
	case "result", "error":
		s.mu.Lock()
		waiting := s.waiting[id]
		delete(s.waiting, id)
		s.mu.Unlock()
		if waiting != nil {
			waiting <- e
		}
		return nil
	case "get", "set":
	default:
		return nil
	}
	to := ""
	if from := e.attr("from"); from != "" {
		to = ` to="` + escape(from) + `"`
	}
	if p := e.child("ping"); p != nil && p.name.Space == "urn:xmpp:ping" {
		return s.link.send(ctx, `<iq xmlns="jabber:client" type="result" id="`+escape(id)+`"`+to+`/>`)
	}
	return s.link.send(ctx, `<iq xmlns="jabber:client" type="error" id="`+escape(id)+`"`+to+
		`><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`)
}
