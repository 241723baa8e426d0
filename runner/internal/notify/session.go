package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"finesse-conformance/suites/evidence"
)

const (
	nsSASL   = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind   = "urn:ietf:params:xml:ns:xmpp-bind"
	nsPubSub = "http://jabber.org/protocol/pubsub"
)

// session is one signed-in connection of one account.
type session struct {
	options Options
	account Account
	link    link
	heard   func(evidence.Event)

	address string // the full address that the server gave us
	// doing is what signing in was at, for errors; offered tells whether the password has been sent.
	doing    string
	offered  bool
	accepted bool
	token    string // that was sent as the password
	// subscriptions are the nodes that were subscribed to, refused what could not be.
	subscriptions []string
	refused       []error
	refusals      map[string]string // the same by node

	last     atomic.Int64 // when something was last received, in Unix nanoseconds
	ids      atomic.Uint64
	mu       sync.Mutex
	waiting  map[string]chan *element
	finished chan struct{} // closed when reading has ended
	ended    error         // why; valid once finished

	end  context.CancelCauseFunc // ends the session, for a reason
	gone chan struct{}           // closed when its end is on record; of one that was up
}

func newSession(o Options, account Account, heard func(evidence.Event), end context.CancelCauseFunc) *session {
	return &session{
		options: o, account: account, heard: heard, doing: "connecting", end: end,
		waiting: make(map[string]chan *element), finished: make(chan struct{}), gone: make(chan struct{}),
		refusals: make(map[string]string),
	}
}

// signIn goes from dialling to a bound address. ctx bounds it.
func (s *session) signIn(ctx context.Context) error {
	features, err := s.streamed(ctx)
	if err != nil {
		return err
	}
	s.doing = "signing in"
	if err := s.authenticate(ctx, features); err != nil {
		return err
	}
	s.doing = "opening the stream again"
	if features, err = s.open(ctx); err != nil {
		return err
	}
	s.doing = "binding a resource"
	return s.bind(ctx, features)
}

// streamed goes from dialling to the features of a stream that a user can sign in on. No credentials are sent.
func (s *session) streamed(ctx context.Context) (*element, error) {
	var err error
	if s.link, err = dial(ctx, s.options); err != nil {
		return nil, err
	}
	s.doing = "opening the stream"
	features, err := s.open(ctx)
	if err != nil {
		if why := explain(err); why.reason == Garbage {
			return nil, &because{NotXMPP, "what answers there does not speak XMPP", err}
		}
		return nil, err
	}
	if features.child("starttls") != nil && !s.link.encrypted() {
		s.doing = "switching to TLS"
		return s.startTLS(ctx)
	}
	return features, nil
}

// open begins a stream and returns its features.
func (s *session) open(ctx context.Context) (*element, error) {
	if err := s.link.begin(ctx, s.options.Domain); err != nil {
		return nil, err
	}
	header, err := s.expect(ctx, "open")
	if err != nil {
		return nil, err
	}
	if from := header.attr("from"); from != "" && !strings.EqualFold(from, s.options.Domain) {
		return nil, &because{WrongDomain, fmt.Sprintf("the server serves the domain %q, not %q", from, s.options.Domain), nil}
	}
	return s.expect(ctx, "features")
}

// expect reads the next element, which has to have one of the names.
func (s *session) expect(ctx context.Context, names ...string) (*element, error) {
	e, err := s.link.receive(ctx)
	if err != nil {
		return nil, err
	}
	if e.name.Local == "error" {
		return nil, streamError(e, s.options.Domain)
	}
	if !slices.Contains(names, e.name.Local) {
		return nil, &because{Garbage, fmt.Sprintf("the server sent <%s> where <%s> was expected", e.name.Local, strings.Join(names, "> or <")), nil}
	}
	return e, nil
}

// streamError is why the server ends the stream (RFC 6120, 4.9).
func streamError(e *element, domain string) error {
	condition, text := "", ""
	for _, c := range e.children {
		if c.name.Local == "text" {
			text = strings.TrimSpace(c.text)
		} else if condition == "" {
			condition = c.name.Local
		}
	}
	switch condition {
	case "host-unknown", "host-gone", "improper-addressing":
		return &because{WrongDomain, fmt.Sprintf("the server does not serve the domain %q (%s)", domain, condition), nil}
	}
	if text != "" {
		condition += ": " + text
	}
	return &because{Closed, "the server ended the stream: " + condition, nil}
}

func (s *session) startTLS(ctx context.Context) (*element, error) {
	if err := s.link.send(ctx, `<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>`); err != nil {
		return nil, err
	}
	if _, err := s.expect(ctx, "proceed"); err != nil {
		return nil, err
	}
	if err := s.link.secure(ctx); err != nil {
		return nil, err
	}
	return s.open(ctx)
}

// authenticate is SASL PLAIN (RFC 4616), the mechanism that the notification service has.
func (s *session) authenticate(ctx context.Context, features *element) error {
	if err := plainOffered(features); err != nil {
		return err
	}
	password := s.account.Password
	if s.account.Token != nil {
		var err error
		if password, err = s.account.Token(ctx, ""); err != nil {
			return &because{WrongPassword, "there is no access token to sign in with", err}
		}
		s.token = password
	}
	credentials := base64.StdEncoding.EncodeToString([]byte("\x00" + s.account.name() + "\x00" + password))
	s.offered = true
	if err := s.link.send(ctx, `<auth xmlns="`+nsSASL+`" mechanism="PLAIN">`+credentials+`</auth>`); err != nil {
		return err
	}
	answer, err := s.expect(ctx, "success", "failure")
	if err != nil {
		return err
	}
	if answer.name.Local == "success" {
		s.accepted = true
		return nil
	}
	condition := "no reason given"
	if len(answer.children) > 0 {
		condition = answer.children[0].name.Local
	}
	switch condition {
	case "temporary-auth-failure":
		s.offered = false // nothing was said about the password
		return &because{Refused, "the server cannot check passwords at the moment", nil}
	case "encryption-required", "mechanism-too-weak", "invalid-mechanism":
		s.offered = false
		return &because{NotXMPP, "the server does not take a password on this connection (" + condition + ")", nil}
	}
	if s.account.Token != nil {
		return &because{WrongPassword, "the server refuses the user name and access token (" + condition + ")", nil}
	}
	return &because{WrongPassword, "the server refuses the user name and password (" + condition + ")", nil}
}

// plainOffered is nil where a stream takes a name and a password by SASL PLAIN.
func plainOffered(features *element) error {
	var offered []string
	if list := features.child("mechanisms"); list != nil {
		for _, m := range list.children {
			offered = append(offered, strings.TrimSpace(m.text))
		}
	}
	if !slices.Contains(offered, "PLAIN") {
		return &because{NotXMPP, fmt.Sprintf("the server does not offer SASL PLAIN here, only %q", offered), nil}
	}
	return nil
}

// bind asks for an address, and for a session where the server still wants one (RFC 3921).
func (s *session) bind(ctx context.Context, features *element) error {
	answer, err := s.ask(ctx, "bind", `<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="`+nsBind+`"/></iq>`)
	if err != nil {
		return err
	}
	s.address = answer.child("bind").content("jid")
	if s.address == "" {
		return &because{Garbage, "the server bound no address", nil}
	}
	if err := s.known(); err != nil {
		return err
	}
	if wanted := features.child("session"); wanted != nil && wanted.child("optional") == nil {
		_, err = s.ask(ctx, "session", `<iq xmlns="jabber:client" type="set" id="session"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>`)
	}
	return err
}

// ask sends a request while nobody else reads, and returns its answer.
func (s *session) ask(ctx context.Context, id, request string) (*element, error) {
	if err := s.link.send(ctx, request); err != nil {
		return nil, err
	}
	for {
		answer, err := s.expect(ctx, "iq", "message", "presence")
		if err != nil {
			return nil, err
		}
		if answer.name.Local != "iq" {
			continue
		}
		if kind := answer.attr("type"); kind == "get" || kind == "set" {
			// A request of the server's, whose ids are its own.
			if err := s.iq(ctx, answer); err != nil {
				return nil, err
			}
		} else if answer.attr("id") == id {
			return answer, refusal(answer)
		}
	}
}

// refusal is the error that an answer is, if it is one.
func refusal(answer *element) error {
	if answer.attr("type") != "error" {
		return nil
	}
	var conditions []string
	if e := answer.child("error"); e != nil {
		for _, c := range e.children {
			if c.name.Local == "text" {
				conditions = append(conditions, strconv.Quote(strings.TrimSpace(c.text)))
			} else {
				conditions = append(conditions, c.name.Local)
			}
		}
	}
	return &because{Refused, "the server refused it (" + strings.Join(conditions, ", ") + ")", nil}
}

// settle makes the session one that is told of events: presence, subscriptions, and a ping behind which everything
// before has been handled. A subscription that is refused costs that node, not the session. Reading has to be under
// way.
func (s *session) settle(ctx context.Context) error {
	s.doing = "announcing presence"
	if err := s.link.send(ctx, `<presence xmlns="jabber:client"/>`); err != nil {
		return err
	}
	for _, node := range s.options.Subscribe[s.account.User] {
		s.doing = "subscribing to " + node
		err := s.pubSub(ctx, "subscribe", node)
		switch {
		case err == nil:
			s.subscriptions = append(s.subscriptions, node)
		case explain(err).reason == Refused:
			s.refused = append(s.refused, &AccountError{s.account.User, Refused, s.doing, explain(err)})
			s.refusals[node] = err.Error()
		default:
			return err
		}
	}
	s.doing = "waiting for the answer to a ping"
	return s.ping(ctx)
}

// signOff takes back what settle did and says goodbye. The server has until ctx ends to do the same.
func (s *session) signOff(ctx context.Context) error {
	var errs []error
	for _, node := range s.subscriptions {
		if err := s.pubSub(ctx, "unsubscribe", node); err != nil {
			errs = append(errs, &AccountError{s.account.User, explain(err).reason, "unsubscribing from " + node, explain(err)})
		}
	}
	if s.link.send(ctx, `<presence xmlns="jabber:client" type="unavailable"/>`) == nil && s.link.finish(ctx) == nil {
		goodbye := time.NewTimer(time.Second)
		defer goodbye.Stop()
		select {
		case <-s.finished:
		case <-ctx.Done():
		case <-goodbye.C: // some servers just leave it at that
		}
	}
	return errors.Join(errs...)
}

func (s *session) pubSub(ctx context.Context, action, node string) error {
	return s.request(ctx, "set", s.options.PubSub,
		`<pubsub xmlns="`+nsPubSub+`"><`+action+` node="`+escape(node)+`" jid="`+escape(s.address)+`"/></pubsub>`)
}

// ping asks whether the server is still there (XEP-0199). An error is an answer too.
func (s *session) ping(ctx context.Context) error {
	err := s.request(ctx, "get", s.options.Domain, `<ping xmlns="urn:xmpp:ping"/>`)
	if err != nil && explain(err).reason == Refused {
		return nil
	}
	return err
}

// request sends an iq and waits for its answer, which the reading goroutine hands over.
func (s *session) request(ctx context.Context, kind, to, payload string) error {
	id := "n" + strconv.FormatUint(s.ids.Add(1), 10)
	answer := make(chan *element, 1)
	s.mu.Lock()
	s.waiting[id] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
	}()
	err := s.link.send(ctx, `<iq xmlns="jabber:client" type="`+kind+`" id="`+id+`" to="`+escape(to)+`">`+payload+`</iq>`)
	if err != nil {
		return err
	}
	select {
	case e := <-answer:
		return refusal(e)
	case <-s.finished:
		select {
		case e := <-answer: // it came before the end
			return refusal(e)
		default:
			return s.ended
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
