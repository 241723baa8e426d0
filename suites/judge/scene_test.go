package judge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// row gives a requirement of the real catalogue.
func row(t testing.TB, id string) *spec.Requirement {
	t.Helper()
	req, ok := contracttest.Catalogue().ByID(id)
	if !ok {
		t.Fatalf("no requirement %s", id)
	}
	return req
}

// one makes a requirement with one step.
func one(level spec.Level, when spec.When, then ...spec.Outcome) *spec.Requirement {
	return many(level, spec.Step{When: when, Then: then})
}

func many(level spec.Level, steps ...spec.Step) *spec.Requirement {
	return &spec.Requirement{ID: "TST-01", Section: "TST", Level: level, Steps: steps, Sources: []spec.Source{{Guide: "DG12.5", Page: "47"}}}
}

func put(state spec.State) spec.When { return spec.When{Put: &spec.Put{State: string(state)}} }

// user is what a GET shows.
type user struct {
	state                               spec.State
	pending, reason, code, ext, changed string
	wrapUp                              string // the mode, "" where the target does not show it
}

const (
	id      = "1001"
	settle  = 10 * time.Second
	quiet   = 2 * time.Second
	request = "conformance-1"
)

func (u user) xml() string {
	var b strings.Builder
	b.WriteString("<User><dialogs>/finesse/api/User/1001/Dialogs</dialogs>")
	fmt.Fprintf(&b, "<extension>%s</extension>", u.ext)
	b.WriteString("<firstName>A</firstName><lastName>B</lastName><loginId>1001</loginId><loginName>ab</loginName>")
	fmt.Fprintf(&b, "<pendingState>%s</pendingState>", u.pending)
	if u.code != "" {
		fmt.Fprintf(&b, "<reasonCode><category>NOT_READY</category><code>%s</code><forAll>true</forAll><id>%s</id><label>x</label><uri>/finesse/api/ReasonCode/%s</uri></reasonCode>", u.code, u.reason, u.reason)
	}
	if u.reason != "" {
		fmt.Fprintf(&b, "<reasonCodeId>%s</reasonCodeId>", u.reason)
	}
	b.WriteString("<roles><role>Agent</role></roles>")
	if u.wrapUp != "" {
		fmt.Fprintf(&b, "<settings><wrapUpOnIncoming>%s</wrapUpOnIncoming></settings>", u.wrapUp)
	}
	fmt.Fprintf(&b, "<state>%s</state><stateChangeTime>%s</stateChangeTime>", u.state, u.changed)
	b.WriteString("<teamId>5000</teamId><teamName>T</teamName><teams></teams><uri>/finesse/api/User/1001</uri></User>")
	return b.String()
}

func in(s spec.State) user { return user{state: s} }

// apiError is the body of a refusal.
func apiError(errorType, data string) string {
	return fmt.Sprintf("<ApiErrors><ApiError><ErrorType>%s</ErrorType><ErrorData>%s</ErrorData><ErrorMessage>m</ErrorMessage></ApiError></ApiErrors>", errorType, data)
}

// scene builds evidence as a scenario would have gathered it. Its clock is in
// its hands.
type scene struct {
	ev  *evidence.Evidence
	now time.Time
	sub evidence.Observation // the last GET of the subject
}

// begin is a scene in which the subject was found so.
func begin(u user) *scene {
	s := &scene{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.ev = &evidence.Evidence{
		Requirement: "TST-01", Attempt: 1, Started: s.now, Ended: s.now,
		Target: evidence.Target{Deployment: spec.UCCE, Release: spec.Release{Major: 12, Minor: 5, Maintenance: 1}, Settle: settle, Quiet: quiet, LongestWait: time.Minute},
		Cast:   map[string]evidence.User{"subject": {ID: id, Team: "5000", Extension: "1001"}, "supervisor": {ID: "1003"}},
	}
	s.sees(0, u)
	return s
}

func (s *scene) of(req *spec.Requirement) *scene { s.ev.Requirement = req.ID; return s }

func (s *scene) on(d spec.Deployment) *scene { s.ev.Target.Deployment = d; return s }

// listening: a notification service is configured.
func (s *scene) listening() *scene { s.ev.Target.Notifications = true; return s }

func (s *scene) after(d time.Duration) *scene {
	s.now = s.now.Add(d)
	s.ev.Ended = s.now
	return s
}

func (s *scene) step() *evidence.Step { return &s.ev.Steps[len(s.ev.Steps)-1] }

func (s *scene) exchange(x evidence.Exchange, took time.Duration) int {
	x.Index, x.Started, x.Duration = len(s.ev.Exchanges), s.now, took
	if x.ResponseHeader == nil && x.ResponseBody != "" {
		x.ResponseHeader = map[string]string{"Content-Type": "application/xml;charset=UTF-8"}
	}
	s.after(took)
	s.ev.Exchanges = append(s.ev.Exchanges, x)
	return x.Index
}

// waits begins a step that is no request.
func (s *scene) waits() *scene {
	s.after(100 * time.Millisecond)
	s.ev.Steps = append(s.ev.Steps, evidence.Step{
		Exchange: -1, Converged: -1, Baseline: s.sub, Sent: s.now, Answered: s.now, Until: s.now,
		Values: map[string]string{"id": id, "extension": "1001"},
	})
	return s
}

// asks begins a step with a request, answered after 20 ms.
func (s *scene) asks(method, path string, status int, body string) *scene {
	s.waits()
	x := evidence.Exchange{Purpose: evidence.ForAct, As: id, Method: method, Path: path, Status: status, ResponseBody: body}
	return s.asked(x)
}

func (s *scene) asked(x evidence.Exchange) *scene {
	step := s.step()
	step.Values["request_id"] = request
	step.Exchange = s.exchange(x, 20*time.Millisecond)
	step.Answered, step.Until = s.now, s.now
	return s
}

func (s *scene) puts(status int, body string) *scene {
	return s.asks("PUT", "/finesse/api/User/1001", status, body)
}

// lost: the request was sent and no answer came.
func (s *scene) lost(why string) *scene {
	s.waits()
	return s.asked(evidence.Exchange{Purpose: evidence.ForAct, As: id, Method: "PUT", Path: "/finesse/api/User/1001", Err: why})
}

func (s *scene) reads(body string) *scene {
	return s.asks("GET", "/finesse/api/User/1001", 200, body)
}

func (s *scene) dialog(status int, body string) *scene {
	return s.asks("PUT", "/finesse/api/Dialog/1", status, body)
}

func (s *scene) sends(key, value string) *scene { s.step().Values[key] = value; return s }

// sees: a GET shows the user so, after a time.
func (s *scene) sees(after time.Duration, u user) *scene { return s.slow(after, 5*time.Millisecond, u) }

// slow: a GET that takes its time shows the user so.
func (s *scene) slow(after, took time.Duration, u user) *scene {
	s.after(after)
	n := s.exchange(evidence.Exchange{
		Purpose: evidence.ForWatch, As: id, Method: "GET", Path: "/finesse/api/User/1001", Status: 200, ResponseBody: u.xml(),
	}, took)
	l, ok := evidence.ObservationOf(s.ev.Exchanges[n])
	if !ok {
		panic("the scene's own User document is not read")
	}
	l.User = id
	s.ev.Observations = append(s.ev.Observations, l)
	s.sub = l
	if len(s.ev.Steps) > 0 {
		s.step().Until = s.now
	}
	return s
}

// looksAt: somebody else is seen so.
func (s *scene) looksAt(who string, u user) *scene {
	s.ev.Observations = append(s.ev.Observations, evidence.Observation{At: s.now, Asked: s.now, User: who, State: u.state, ChangeTime: u.changed, Index: -1})
	return s
}

// tells: an event of the subject is there.
func (s *scene) tells(u user) *scene {
	s.looksAt(id, u)
	s.ev.Observations[len(s.ev.Observations)-1].Event = true
	return s
}

// loses: a GET of the user fails after a time.
func (s *scene) loses(after, took time.Duration, status int, why string) *scene {
	s.after(after)
	s.exchange(evidence.Exchange{
		Purpose: evidence.ForWatch, As: id, Method: "GET", Path: "/finesse/api/User/1001", Status: status, Err: why,
	}, took)
	s.step().Until = s.now
	return s
}

// back: between two steps the user is brought to be so.
func (s *scene) back(u user) *scene {
	until := s.step().Until
	s.sees(time.Second, u)
	s.step().Until = until
	return s
}

// converged: the sighting just made is the one that was sought.
func (s *scene) converged() *scene {
	s.step().Converged = s.sub.At.Sub(s.step().Answered)
	return s
}

// timer: how long wrap-up lasts.
func (s *scene) timer(d time.Duration) *scene {
	u := s.ev.Cast["subject"]
	u.WrapUpTimer = d
	s.ev.Cast["subject"] = u
	return s
}

// stays: the user is seen so for the quiet time.
func (s *scene) stays(u user) *scene { return s.sees(time.Second, u).sees(time.Second, u) }

// hears: an event of the user with the payload arrives after a time.
func (s *scene) hears(after time.Duration, e evidence.Event) *scene {
	s.after(after)
	e.Index, e.Received = len(s.ev.Events), s.now
	if e.Session == "" {
		e.Session = id
	}
	if e.Node == "" {
		e.Node = "/finesse/api/User/1001"
	}
	s.ev.Events = append(s.ev.Events, e)
	if l, ok := evidence.ObservationOfEvent(e); ok && e.Node == "/finesse/api/User/1001" {
		l.User = id
		s.ev.Observations = append(s.ev.Observations, l)
	}
	if len(s.ev.Steps) > 0 {
		s.step().Until = s.now
	}
	return s
}

// tells is the event of a change.
func tells(u user) evidence.Event {
	const node = "/finesse/api/User/1001"
	inner := strings.NewReplacer("<User>", "<user>", "</User>", "</user>").Replace(u.xml())
	return evidence.Event{
		Source: node, Event: "PUT", RequestID: request,
		Payload: "<Update><data>" + inner + "</data><event>PUT</event><requestId>" + request + "</requestId><source>" + node + "</source></Update>",
	}
}

// refuses is the event of an asynchronous error.
func refuses(errorType, data string) evidence.Event {
	const node = "/finesse/api/User/1001"
	return evidence.Event{
		Source: node, Event: "put", ErrorType: errorType, ErrorMessage: "m", ErrorData: data,
		Payload: "<Update><data><apiErrors><apiError><errorType>" + errorType + "</errorType><errorMessage>m</errorMessage><errorData>" + data +
			"</errorData></apiError></apiErrors></data><event>put</event><requestId></requestId><source>" + node + "</source></Update>",
	}
}

func (s *scene) fact(name, text string) *scene {
	if s.step().Facts == nil {
		s.step().Facts = map[string]string{}
	}
	s.step().Facts[name] = text
	return s
}

func (s *scene) skips(why string) *scene {
	s.waits()
	s.step().Skipped = why
	return s
}

// before and after the steps, of who is not acted on.
func (s *scene) other(id string, was, now spec.State) *scene {
	s.ev.Before = append(s.ev.Before, evidence.Observation{User: id, State: was, Index: -1})
	if now != "" {
		s.ev.After = append(s.ev.After, evidence.Observation{User: id, State: now, Index: -1})
	}
	return s
}

func (s *scene) verdict(req *spec.Requirement) evidence.Verdict {
	return contracttest.Judge().Verdict(req, s.of(req).ev)
}

// hearing is a row of the tables: what was seen, and what has to be said.
type hearing struct {
	name    string
	scene   *scene
	outcome evidence.Outcome
	reason  string // the whole of it
	suspect bool
}

func try(t *testing.T, req *spec.Requirement, hearings []hearing) {
	t.Helper()
	for _, h := range hearings {
		t.Run(h.name, func(t *testing.T) {
			t.Helper()
			v := h.scene.verdict(req)
			if v.Outcome != h.outcome || v.Reason != h.reason || v.Suspect != h.suspect {
				t.Errorf("got %s (suspect %v): %s\nwant %s (suspect %v): %s", v.Outcome, v.Suspect, v.Reason, h.outcome, h.suspect, h.reason)
			}
			if strings.ContainsAny(v.Reason, "\n\r") {
				t.Errorf("a reason of several lines: %q", v.Reason)
			}
			if v.Outcome == evidence.Failed && (v.Expected == "" || v.Seen == "" || v.Clause == "" || v.Step < 0) {
				t.Errorf("a failure that does not say all: %+v", v)
			}
		})
	}
}

const (
	passed = evidence.Passed
	failed = evidence.Failed
	open   = evidence.NotExercised
)
