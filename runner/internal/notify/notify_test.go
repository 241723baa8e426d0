package notify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"finesse-conformance/internal/xmpp"
	"finesse-conformance/runner/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every transport carries the same.
func TestHearsEvents(t *testing.T) {
	w := newWorld(t)
	for name, url := range map[string]string{"wss": w.wss, "ws": w.ws, "xmpps": w.secure, "xmpp": w.plain} {
		t.Run(name, func(t *testing.T) {
			l := connect(t, w.options(t, url, "1001"))
			mark, before := l.Mark(), time.Now()
			w.service.Publish(userNode("1001"), userUpdate("1001", "READY", "r&amp;d-1"))
			e := wait(t, l, mark, on(userNode("1001")))
			if e.IsError() || e.Session != "1001" || e.Source != userNode("1001") || e.Event != "PUT" || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}
			if e.RequestID != "r&d-1" {
				t.Errorf("requestId %q", e.RequestID)
			}
			if e.Received.Before(before) || e.Received.After(time.Now()) {
				t.Errorf("received at %s", e.Received)
			}
			if !strings.HasPrefix(e.Payload, "<Update>") || !strings.Contains(e.Payload, "<state>READY</state>") {
				t.Errorf("payload %q", e.Payload)
			}
			if !l.ConnectedThroughout("1001", before, time.Now()) {
				t.Error("said to have been disconnected")
			}
			if got := l.Since(mark); len(got) != 1 {
				t.Errorf("%d events, want 1", len(got))
			}
		})
	}
}

func TestHearsOthersOnTheTeamNode(t *testing.T) {
	w := newWorld(t)
	const team = "/finesse/api/Team/5000/Users"
	o := w.options(t, w.wss, "1001", "1003")
	o.Subscribe = map[string][]string{"1003": {team}}
	l, err := hear(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := w.service.Subscribers(team); n != 1 {
		t.Errorf("%d subscribers, want 1", n)
	}
	mark := l.Mark()
	w.service.Publish(team, userUpdate("1001", "READY", ""))
	e := wait(t, l, mark, on(team))
	if e.Session != "1003" || e.Source != userNode("1001") || e.Problem != "" {
		t.Errorf("heard %+v", e)
	}
	closeListener(t, l)
	if n := w.service.Subscribers(team); n != 0 {
		t.Errorf("%d subscribers after leaving, want 0", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.presence)
	if got := strings.Join(w.presence, ", "); got != "1001 false, 1001 true, 1003 false, 1003 true" {
		t.Errorf("presence: %s", got)
	}
}

// A refused subscription costs that node and no other.
func TestSubscriptionRefused(t *testing.T) {
	w := newWorld(t)
	const allowed, forbidden = "/finesse/api/Team/5000/Users", "/finesse/api/Team/6000/Users"
	o := w.options(t, w.wss, "1003")
	o.Subscribe = map[string][]string{"1003": {forbidden, allowed}}
	l, err := hear(t.Context(), o)
	defer closeListener(t, l)
	var account *notify.AccountError
	if !errors.As(err, &account) || account.Reason != notify.Refused || err.Error() != "notifications for user 1003: subscribing to "+forbidden+": the server refused it (forbidden)" {
		t.Errorf("error %v", err)
	}
	if s, _ := l.Status("1003"); s.State != notify.Up || !slices.Equal(s.Subscribed, []string{allowed}) ||
		len(s.Refused) != 1 || s.Refused[forbidden] != "the server refused it (forbidden)" {
		t.Errorf("status %+v", s)
	}
	mark := l.Mark()
	w.service.Publish(allowed, userUpdate("1001", "READY", ""))
	wait(t, l, mark, on(allowed))
}

func TestComesBack(t *testing.T) {
	w := newWorld(t)
	for name, url := range map[string]string{"wss": w.wss, "xmpps": w.secure} {
		t.Run(name, func(t *testing.T) {
			states := make(chan notify.State, 100)
			o := w.options(t, url, "1001")
			o.OnStatus = func(s notify.Status) { states <- s.State }
			l := connect(t, o)
			start := time.Now()
			w.service.Disconnect("1001")
			for _, want := range []notify.State{notify.Up, notify.Down, notify.Up} {
				select {
				case got := <-states:
					if got != want {
						t.Fatalf("state %q, want %q", got, want)
					}
				case <-time.After(time.Minute):
					t.Fatalf("never %q", want)
				}
			}
			if l.ConnectedThroughout("1001", start, time.Now()) {
				t.Error("said to have been connected all the time")
			}
			if now := time.Now(); !l.ConnectedThroughout("1001", now, now) {
				t.Error("said to be still disconnected")
			}
			if o := l.Outages("1001"); len(o) != 2 || o[1].To.IsZero() || o[1].Reason != notify.Closed || o[1].Detail == "" {
				t.Errorf("outages %+v", o)
			}
			mark := l.Mark()
			w.service.Publish(userNode("1001"), userUpdate("1001", "READY", ""))
			wait(t, l, mark, on(userNode("1001")))
		})
	}
}

// A service that drops everybody at once is not signed in to again and again without a growing pause.
func TestDroppedAtOnce(t *testing.T) {
	th := play(t, func(c *conversation) { c.welcomes() })
	o := th.options(t)
	o.BackoffMin, o.BackoffMax = 20*time.Millisecond, time.Hour
	l, err := hear(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	closeListener(t, l)
	// The pauses are at least 10, 20, 40, 80, 160 and 320 ms, and the next one is too long.
	if n := th.shows.Load(); n < 2 || n > 8 {
		t.Errorf("%d connections in a second", n)
	}
}

func TestConfirm(t *testing.T) {
	w := newWorld(t)
	l := connect(t, w.options(t, w.wss, "1001"))
	mark := l.Mark()
	for range 50 {
		w.service.Publish(userNode("1001"), userUpdate("1001", "READY", ""))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := l.Confirm(ctx, "1001"); err != nil {
		t.Fatal(err)
	}
	if n := len(l.Since(mark)); n != 50 {
		t.Errorf("%d events heard before the confirmation, want 50", n)
	}
	if err := l.Confirm(ctx, "1002"); err == nil {
		t.Error("confirmed for a user who has no account")
	}
}

// A connection that broke without anybody noticing is found out by asking, and is an outage since it was last heard of.
func TestConfirmFindsSilence(t *testing.T) {
	asked := make(chan struct{})
	th := play(t, func(c *conversation) {
		c.welcomes()
		if c.show > 1 {
			c.stalls()
			return
		}
		c.hears("ping")
		close(asked)
		c.stalls()
	})
	o := th.options(t)
	o.PingTimeout, o.BackoffMin, o.BackoffMax = 100*time.Millisecond, time.Hour, time.Hour
	l, err := hear(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer closeListener(t, l)
	before := time.Now()
	err = l.Confirm(t.Context(), "1001")
	<-asked
	var account *notify.AccountError
	if !errors.As(err, &account) || account.Reason != notify.TimedOut ||
		err.Error() != "notifications for user 1001: confirming: the server did not answer a ping for 100ms" {
		t.Errorf("error %v", err)
	}
	if l.ConnectedThroughout("1001", before, time.Now()) {
		t.Error("said to have been connected")
	}
	if s, _ := l.Status("1001"); s.State != notify.Down || s.Reason != notify.TimedOut {
		t.Errorf("status %+v", s)
	}
	if out := l.Outages("1001"); len(out) != 2 || out[1].From.After(before) {
		t.Errorf("outages %+v, and it was silent since %s", out, before)
	}
}

// Whoever stops waiting for a confirmation ends the wait and nothing else.
func TestConfirmGivenUp(t *testing.T) {
	th := play(t, func(c *conversation) { c.welcomes(); c.stalls() })
	l, err := hear(t.Context(), th.options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer closeListener(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.Confirm(ctx, "1001"); err == nil {
		t.Error("confirmed by a server that does not answer")
	}
	if s, _ := l.Status("1001"); s.State != notify.Up {
		t.Errorf("status %+v", s)
	}
}

// The ids of the server's own requests are its own, also those that look like ours.
func TestAnswersWhileBinding(t *testing.T) {
	answered := make(chan struct{}, 1)
	th := play(t, func(c *conversation) {
		c.accepts()
		c.says(`<iq type="get" id="bind" from="` + domain + `"><ping xmlns="urn:xmpp:ping"/></iq><presence from="1002@` + domain + `/r"/>`)
		if c.hears(`<iq xmlns="jabber:client" type="result" id="bind" to="` + domain + `"/>`) {
			answered <- struct{}{}
		}
		c.says(bound)
		c.hears(`</iq>`)
		c.says(`<iq type="result" id="n1" from="` + domain + `"/>`)
		c.stalls()
	})
	l, err := hear(t.Context(), th.options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer closeListener(t, l)
	<-answered
}

// What deviates is heard as what it is.
func TestDeviations(t *testing.T) {
	w := newWorld(t)
	l := connect(t, w.options(t, w.ws, "1001", "1002"))
	update := userUpdate("1001", "READY", "7")
	for _, c := range []struct {
		name    string
		payload string
		options []xmpp.PublishOption
		events  int
		problem string
		refusal string // its ErrorType
	}{
		{"namespace of older releases", update, []xmpp.PublishOption{xmpp.Namespace(xmpp.NamespacePubSub)}, 1, "", ""},
		{"another namespace", update, []xmpp.PublishOption{xmpp.Namespace("urn:example")}, 1, `the notification element has the namespace "urn:example"`, ""},
		{"not escaped", update, []xmpp.PublishOption{xmpp.Unescaped()}, 1, "the payload is not escaped", ""},
		{"doubled", update, []xmpp.PublishOption{xmpp.Copies(2)}, 2, "", ""},
		{"another recipient", update, []xmpp.PublishOption{xmpp.Recipient("1002")}, 1, `user 1002 is not subscribed to node "/finesse/api/User/1001"`, ""},
		{"no XML", "state=READY", nil, 1, "the payload is no XML document: text where an element was expected", ""},
		{"another root", "<user/>", nil, 1, "the payload is user where Update was expected", ""},
		{"no data", "<Update><event>PUT</event><source>x</source></Update>", nil, 1, "the Update has no data", ""},
		{"no source", "<Update><data><user/></data><event>PUT</event></Update>", nil, 1, "the Update has no source", ""},
		{"no event", "<Update><data><user/></data><source>x</source></Update>", nil, 1, "the Update has no event", ""},
		{"dialogs", "<Update><data><dialogs/></data><event>PUT</event><source>x</source></Update>", nil, 1, "", ""},
		{"refusal", `<Update><data><apiErrors><apiError><peripheralErrorCode>10125</peripheralErrorCode><errorType>Invalid Device</errorType><errorMessage>CF_INVALID_LOGON_DEVICE_SPECIFIED</errorMessage><peripheralErrorText>t</peripheralErrorText><peripheralErrorMsg>m</peripheralErrorMsg><errorData>260</errorData></apiError></apiErrors></data><requestId></requestId><source>/finesse/api/User/1001</source><event>put</event></Update>`, nil, 1, "", "Invalid Device"},
		{"refusals in capitals", `<Update><data><ApiErrors><ApiError><ErrorType>t</ErrorType><errorMessage>m</errorMessage><errorData>1</errorData></ApiError></ApiErrors></data><source>x</source><event>put</event></Update>`, nil, 1, "apiErrors is written ApiErrors", "t"},
		{"refusal in capitals", `<Update><data><apiErrors><ApiError><ErrorType>t</ErrorType><errorMessage>m</errorMessage><errorData>1</errorData></ApiError></apiErrors></data><source>x</source><event>put</event></Update>`, nil, 1, "apiError is written ApiError", "t"},
		{"type in capitals", `<Update><data><apiErrors><apiError><ErrorType>t</ErrorType><errorMessage>m</errorMessage><errorData>1</errorData></apiError></apiErrors></data><source>x</source><event>put</event></Update>`, nil, 1, "errorType is written ErrorType", "t"},
		{"refusal without a type", `<Update><data><apiErrors><apiError><errorMessage>m</errorMessage><errorData/></apiError></apiErrors></data><source>x</source><event>put</event></Update>`, nil, 1, "apiError has no errorType", ""},
		{"no refusal", "<Update><data><apiErrors/></data><source>x</source><event>put</event></Update>", nil, 1, "apiErrors has no apiError", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark := l.Mark()
			w.service.Publish(userNode("1001"), c.payload, c.options...)
			for _, user := range []string{"1001", "1002"} {
				if err := l.Confirm(t.Context(), user); err != nil {
					t.Fatal(err)
				}
			}
			events := l.Since(mark)
			if len(events) != c.events {
				t.Fatalf("%d events, want %d: %+v", len(events), c.events, events)
			}
			for _, e := range events {
				if e.Problem != c.problem || e.ErrorType != c.refusal || !strings.HasPrefix(e.Payload, c.payload[:7]) {
					t.Errorf("heard %+v", e)
				}
			}
		})
	}
}

// What keeps many from listening is said once, with all their names.
func TestOneReasonForMany(t *testing.T) {
	w := newWorld(t)
	o := w.options(t, w.wss, "1001", "1003")
	o.TLS = nil // the authority is not known
	l, err := hear(t.Context(), o)
	defer closeListener(t, l)
	if err == nil || !strings.HasPrefix(err.Error(), "notifications for users 1001 and 1003: connecting: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	var account *notify.AccountError
	if !errors.As(err, &account) || account.User != "1001" {
		t.Errorf("%T", err)
	}
}
