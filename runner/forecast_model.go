package runner

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/internal/redact"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// model is the reference deployment as far as it is like a target, and a
// session with it.
type model struct {
	served  *Embedded
	session *session
	began   time.Time

	mu     sync.Mutex
	passed map[string][]spec.State
}

// newModel serves a model of the session's target whose changes show so long
// after they were accepted, and whose answers take as long as the target's.
func (s *session) newModel(delay time.Duration) (*model, error) {
	latency, _ := s.survey.Latency()
	listener := memnet.Listen("127.0.0.1:8445", memnet.Constant(latency/2))
	m := &model{began: time.Now(), passed: map[string][]spec.State{}}
	var err error
	if m.served, err = ServeEmbedded(modelConfig(s.survey, delay), listener, true, nil); err != nil {
		return nil, fmt.Errorf("make a model of the target: %w", err)
	}
	m.served.Deployment.Subscribe(m.note)
	app := *s.CLI // what it masks and prints is not the run's
	app.Secrets, app.Out, app.Err = redact.New(spec.Words), io.Discard, io.Discard
	subject := Subject{
		URL: m.served.URL.String(), Dial: listener.Dial, Users: m.served.Users(), Timing: s.target.Timing,
		Stimuli: supported{m.served.Stimuli(), s.stimuli}, Events: "off",
	}
	if s.events != nil {
		subject.Events = m.served.Events.String()
	}
	if other := s.survey.Other; other != nil && other.Why == "" {
		second := memnet.Listen("127.0.0.2:8445", memnet.Constant(latency/2))
		at, err := m.served.ServeSecond(reference.SecondNode{Lag: delay}, second, nil)
		if err != nil {
			return nil, fmt.Errorf("make a model of the other node: %w", err)
		}
		subject.OtherNode, subject.Dial = at.String(), memnet.Network(listener, second)
	}
	if m.session, err = app.sessionOf(subject); err != nil {
		return nil, fmt.Errorf("make a model of the target: %w", err)
	}
	run := s.config.Run
	m.session.config.Run = config.Run{Procs: len(s.troupes), Seed: run.Seed, Repeat: run.Repeat}
	if run.Seed == 0 && !run.SeedGiven && s.embedded == nil {
		m.session.config.Run.Seed = 1 // a run draws one, and takes about as long with each
	}
	if rps := run.MaxRequestsPerSecond; rps > 0 {
		m.session.limiter = rate.NewLimiter(rate.Limit(rps), 1)
	}
	return m, nil
}

// open brings the users of the model to where those of the target are, and
// begins a run of so many requirements on it.
func (m *model) open(ctx context.Context, target *preflight.Survey, work int) error {
	s := m.session
	cast := s.target.Cast()
	c := client.New(s.clientFor(s.target, s.transport, s.issuer()))
	for _, u := range target.Cast.Usable() {
		if u.State != spec.Ready && u.State != spec.NotReady {
			continue
		}
		me := cast.ByID(u.ID)
		for _, body := range []string{"<state>LOGIN</state><extension>" + me.Extension + "</extension>", "<state>" + string(u.State) + "</state>"} {
			c.Do(ctx, &client.Recorder{}, client.Call{
				As: me, Method: http.MethodPut, Path: "/finesse/api/User/" + me.ID, ContentType: "application/xml", Body: "<User>" + body + "</User>",
			})
			time.Sleep(2 * m.served.Deployment.Config().Delay)
		}
	}
	m.began = time.Now()
	if err := s.open(ctx); err != nil {
		return fmt.Errorf("the model of the target: %w", err)
	}
	s.survey.Dialogs = target.Dialogs
	s.split(work)
	s.setStage()
	s.stage.Expected = s.events != nil
	return nil
}

// close ends the model. Virtual time stands still once it is left, so that all
// has to have ended by then: net/http keeps a connection for another half second
// that it ends after an answer.
func (m *model) close() {
	m.session.shut()
	_ = m.served.Close() // nothing of it is left
	time.Sleep(time.Minute)
}

// note keeps the state that a user is in by an event.
func (m *model) note(e reference.Event) {
	l, ok := evidence.ObservationOfEvent(evidence.Event{Payload: e.Update})
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.passed[e.User], l.State) {
		m.passed[e.User] = append(m.passed[e.User], l.State)
	}
}

// result is what the workers did.
func (m *model) result(workers []*modelWorker) *forecast {
	f := &forecast{cast: m.session.survey.Cast.Users, took: time.Since(m.began), requests: len(m.session.survey.Exchanges)}
	for _, w := range workers {
		f.stimuli = append(f.stimuli, w.stimuli...)
		f.attempts = append(f.attempts, w.attempts...)
	}
	for _, ev := range f.attempts {
		f.requests += len(ev.Exchanges)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f.passed = m.passed
	return f
}

// supported are the stimuli of the model that the target's hook supports.
type supported struct {
	fixtures.Stimuli
	target fixtures.Stimuli
}

func (s supported) Supports(name spec.Stimulus) bool { return s.target.Supports(name) }

// modelConfig is the reference with the users, teams and reason codes of a
// target. What the reference cannot have it has in another way: an extension
// of another form, a release that it does not play.
func modelConfig(target *preflight.Survey, delay time.Duration) reference.Config {
	c := reference.Config{Deployment: string(target.Deployment), Release: reference.Releases()[0], Delay: delay}
	for _, name := range reference.Releases() {
		if r, err := spec.ParseRelease(name); err == nil && !target.Release.Before(r) {
			c.Release = name
		}
	}
	for _, u := range target.Cast.Usable() {
		c.WrapUpTimer = max(c.WrapUpTimer, u.WrapUpTimer)
		m := modelUser(u, len(c.Users))
		if slices.ContainsFunc(c.Users, func(o reference.User) bool { return o.Extension == m.Extension }) {
			m.Extension = madeUpExtension(len(c.Users))
		}
		c.Users = append(c.Users, m)
		for _, id := range append([]string{m.Team}, u.Supervises...) {
			if !slices.ContainsFunc(c.Teams, func(t reference.Team) bool { return t.ID == id }) {
				c.Teams = append(c.Teams, reference.Team{ID: id, Name: id})
			}
		}
		for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
			for _, code := range u.Codes[category] {
				addCode(&c, category, code, m.Team)
			}
		}
	}
	return c
}

// modelUser is a user of a target on the model, with a password that is none
// of the target's.
func modelUser(u *fixtures.User, place int) reference.User {
	m := reference.User{
		ID: u.ID, LoginName: u.ID, Password: rand.Text(), SSO: u.ByToken(), Roles: []string{reference.RoleAgent},
		Team: cmp.Or(u.Team, "none"), Supervises: u.Supervises, Extension: u.Extension, DeviceIDs: u.Devices,
		WrapUpIncoming: wrapUpMode(u.WrapUpIncoming), WrapUpOutgoing: wrapUpMode(u.WrapUpOutgoing),
	}
	if u.Role == spec.RoleSupervisor {
		m.Roles = append(m.Roles, reference.RoleSupervisor)
	}
	if u.Mobile != nil {
		m.MobileAgent, m.DialNumber, m.Extension = true, cmp.Or(u.Mobile.DialNumber, "5550100"), u.Mobile.Extension
	}
	if !modelExtension.MatchString(m.Extension) {
		m.Extension = madeUpExtension(place)
	}
	return m
}

// modelExtension is what an extension looks like on every deployment.
var modelExtension = regexp.MustCompile(`^[0-9]{1,14}$`)

func madeUpExtension(place int) string { return strconv.Itoa(7_700_000 + place) }

func wrapUpMode(setting string) reference.WrapUpMode {
	switch m := reference.WrapUpMode(setting); m {
	case reference.WrapUpRequired, reference.WrapUpOptional, reference.WrapUpRequiredWithData:
		return m
	}
	return reference.WrapUpNotAllowed
}

// addCode adds a reason code for a team. Ids are numbers on the model, and no
// two codes have the same.
func addCode(c *reference.Config, category spec.Category, code fixtures.ReasonCode, team string) {
	label := cmp.Or(code.Label, code.ID)
	for i := range c.ReasonCodes {
		if r := &c.ReasonCodes[i]; string(r.Category) == string(category) && r.Label == label {
			if !slices.Contains(r.Teams, team) {
				r.Teams = append(r.Teams, team)
			}
			return
		}
	}
	c.ReasonCodes = append(c.ReasonCodes, reference.ReasonCode{
		ID: 1001 + len(c.ReasonCodes), Code: 1 + len(c.ReasonCodes), Category: reference.State(category), Label: label, Teams: []string{team},
	})
}
