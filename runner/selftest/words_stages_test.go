package selftest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
)

// stage is a trial, on a deployment that is served in a way of its own.
type stage struct {
	trial
	serve  func(reference.Config) (*runner.Embedded, runner.Subject, error)
	how    string // in what it is another than that of a trial, "" for nothing
	seated bool   // its users are found signed in
	others bool   // it is for rows in which somebody else has to be found signed out
}

// stages are where a word may be missed, the likeliest first: the reference, with
// a cast the other way round, without calls, a short timer, faults likewise, both
// with users who are signed in too, systems of two nodes, what is right in another
// way.
func (a *prover) stages(t *testing.T) []stage {
	trials, err := a.trials(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var plain, broken, others, casts, brokenCasts, found []stage
	for _, t := range trials {
		t := *t
		t.only = nil
		switch s := (stage{trial: t, serve: inMemory}); {
		case t.fault != nil && t.fault.Intermittent: // it would notice by chance
		case t.fault != nil:
			broken = append(broken, s)
		case t.name == "conformant":
			plain = append(plain, s)
		default:
			others = append(others, s)
		}
	}
	for _, s := range plain {
		for how, serve := range otherwise {
			if s.heard {
				s.serve, s.how = serve, how
				casts = append(casts, s)
			}
		}
	}
	for _, s := range broken {
		for how, needs := range brokenOtherwise {
			if slices.ContainsFunc(s.must, func(id string) bool { req, ok := a.Catalogue.ByID(id); return ok && needs(req) }) {
				s.serve, s.how = otherwise[how], how
				brokenCasts = append(brokenCasts, s)
			}
		}
	}
	for _, s := range slices.Concat(plain, broken) {
		s.serve, s.how, s.seated = seated, "with users who are signed in", true
		found = append(found, s)
		s.serve, s.how, s.others = butOne, "with users who are signed in, but for one", true
		found = append(found, s)
	}
	return slices.Concat(plain, casts, broken, brokenCasts, found, a.nodes(), others)
}

// otherwise are deployments that are right and not as a trial has them.
var otherwise = map[string]func(reference.Config) (*runner.Embedded, runner.Subject, error){
	"the other way round": turned, "without routed calls": uncalled, "with an agent who has nothing": plainFirst,
	"with wrap-up for everybody": wrappingUp, "with supervisors alone": supervised, "with a long wrap-up timer": longWrapUp,
	"with a short wrap-up timer": brief, "without reason codes": withoutCodes(reference.NotReady, reference.Logout),
	"without reason codes of NOT_READY": withoutCodes(reference.NotReady), "without reason codes of LOGOUT": withoutCodes(reference.Logout),
}

// brokenOtherwise says for which requirements a fault that breaks them is looked
// for on such a deployment too: on which the wrong users or ways would do.
var brokenOtherwise = map[string]func(*spec.Requirement) bool{
	"with a short wrap-up timer":    func(r *spec.Requirement) bool { return strings.HasPrefix(r.ID, "TRN-UCCE-3") },
	"with wrap-up for everybody":    func(r *spec.Requirement) bool { return r.Given.WrapUp != "" },
	"with an agent who has nothing": func(r *spec.Requirement) bool { return len(r.Given.Codes) > 0 || r.Given.LoginName || r.Given.Reason },
	"without routed calls":          func(r *spec.Requirement) bool { return r.Given.Was != "" || r.Given.Call != "" },
}

// nodes are systems of two nodes: one that is right, seen from either node, with
// users who are signed in, and with those who alone are told how they sign in;
// and each deviation of the other node.
func (a *prover) nodes() []stage {
	var list []stage
	add := func(name string, node reference.SecondNode, change func(*stage), around func(*runner.Embedded, *runner.Subject)) {
		node.Lag, node.Skew = 150*time.Millisecond, -400*time.Millisecond
		s := stage{trial: trial{name: "node " + name, deployment: reference.UCCE, pace: 1}}
		s.serve = func(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
			e, subject, err := twoNodes(cfg, node)
			if err == nil {
				around(e, &subject)
			}
			return e, subject, err
		}
		for _, req := range a.Catalogue.All() {
			if req.TwoNodes() {
				s.only = append(s.only, req.ID)
			}
		}
		change(&s)
		list = append(list, s)
	}
	same, plain := func(*stage) {}, func(*runner.Embedded, *runner.Subject) {}
	add("of two", reference.SecondNode{Secondary: true}, same, plain)
	add("of two, the other way round", reference.SecondNode{Secondary: true}, same, func(_ *runner.Embedded, s *runner.Subject) { s.URL, s.OtherNode = s.OtherNode, s.URL })
	add("of two, signed in", reference.SecondNode{}, func(s *stage) { s.seated = true }, func(e *runner.Embedded, _ *runner.Subject) { seat(e, "") })
	add("of two, for users", reference.SecondNode{}, func(s *stage) { s.faults = []string{"harmless-auth-mode-for-users"} }, plain)
	for _, fault := range reference.NodeFaults() {
		add(string(fault), reference.SecondNode{Fault: fault}, same, plain)
	}
	return list
}

// kind is what sort of target a stage is.
func (s *stage) kind() string {
	switch {
	case s.fault != nil:
		return "faults"
	case s.how != "" || s.name != "conformant":
		return "other targets that are right"
	}
	return "the reference"
}

// label tells a stage from all others.
func (s *stage) label() string {
	label := s.name + " " + place(s.deployment, s.heard)
	if s.how != "" {
		label += " " + s.how
	}
	return label
}

// touches reports whether a requirement has to do with the stage in particular.
func (s *stage) touches(id string) bool {
	if s.fault == nil {
		return s.only == nil || slices.Contains(s.only, id)
	}
	return s.fault.Explains(id) && (slices.Contains(s.must, id) || s.fault.Anything == "")
}

// seated serves a deployment whose users are found signed in.
func seated(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err != nil {
		return nil, subject, err
	}
	seat(e, "")
	return e, subject, nil
}

// butOne serves a deployment whose users are found signed in, but for one agent.
func butOne(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err == nil {
		seat(e, cfg.Users[len(cfg.Users)-1].ID)
	}
	return e, subject, err
}

// turned serves a deployment whose users are named the other way round: who is
// configured in a way of its own comes first.
func turned(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	slices.Reverse(cfg.Users)
	return inMemory(cfg)
}

// uncalled serves a deployment to which nothing routes calls.
func uncalled(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err == nil {
		subject.Stimuli = uncalling{e.Stimuli()}
	}
	return e, subject, err
}

// uncalling are stimuli that route no calls.
type uncalling struct{ fixtures.Stimuli }

// Supports reports whether a stimulus may be asked for.
func (s uncalling) Supports(name spec.Stimulus) bool {
	return name != spec.RouteCall && s.Stimuli.Supports(name)
}

// plainFirst serves a deployment whose first agent has nothing that rows ask for:
// neither reason codes nor a login name of its own, but wrap-up after each call.
func plainFirst(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	first := slices.IndexFunc(cfg.Users, func(u reference.User) bool {
		return !slices.Contains(u.Roles, reference.RoleSupervisor) && !slices.ContainsFunc(cfg.ReasonCodes, func(c reference.ReasonCode) bool { return slices.Contains(c.Teams, u.Team) })
	})
	u := &cfg.Users[first]
	u.LoginName, u.WrapUpIncoming, u.WrapUpOutgoing = u.ID, reference.WrapUpRequired, reference.WrapUpRequired
	cfg.Users[0], cfg.Users[first] = cfg.Users[first], cfg.Users[0]
	return inMemory(cfg)
}

// wrappingUp serves a deployment on which everybody wraps up after each call.
func wrappingUp(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	for i := range cfg.Users {
		cfg.Users[i].WrapUpIncoming, cfg.Users[i].WrapUpOutgoing = reference.WrapUpRequired, reference.WrapUpRequired
	}
	return inMemory(cfg)
}

// supervised serves a deployment that has no plain agents, and a supervisor who
// signs in by token.
func supervised(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.DeleteFunc(slices.Clone(cfg.Users), func(u reference.User) bool { return !slices.Contains(u.Roles, reference.RoleSupervisor) })
	cfg.Users[0].SSO = true
	return inMemory(cfg)
}

// brief serves a deployment whose wrap-up timer is shorter than what a change may
// take.
func brief(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.WrapUpTimer = cfg.Settle / 2
	return inMemory(cfg)
}

// withoutCodes serves a deployment that has no reason codes of some categories.
func withoutCodes(of ...reference.State) func(reference.Config) (*runner.Embedded, runner.Subject, error) {
	return func(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
		cfg.ReasonCodes = slices.DeleteFunc(slices.Clone(cfg.ReasonCodes), func(c reference.ReasonCode) bool { return slices.Contains(of, c.Category) })
		return inMemory(cfg)
	}
}

// longWrapUp serves a deployment whose wrap-up timer nobody waits for.
func longWrapUp(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.WrapUpTimer = time.Hour
	return inMemory(cfg)
}

// seat signs everybody in, but for one, and has who has reason codes be NOT_READY
// with the first.
func seat(e *runner.Embedded, except string) {
	cfg := e.Deployment.Config()
	for _, u := range cfg.Users {
		if u.ID == except {
			continue
		}
		ask(e, u, "<state>LOGIN</state><extension>"+u.Extension+"</extension>")
		reason := slices.IndexFunc(cfg.ReasonCodes, func(c reference.ReasonCode) bool {
			return c.Category == reference.NotReady && slices.Contains(c.Teams, u.Team)
		})
		if reason < 0 {
			continue
		}
		ask(e, u, "<state>READY</state>")
		ask(e, u, fmt.Sprintf("<state>NOT_READY</state><reasonCodeId>%d</reasonCodeId>", cfg.ReasonCodes[reason].ID))
	}
}

// ask has a user ask for itself, and waits until what it asked for has come about.
func ask(e *runner.Embedded, u reference.User, elements string) {
	r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader("<User>"+elements+"</User>"))
	r.Header.Set("Content-Type", "application/xml")
	r.SetBasicAuth(u.ID, u.Password)
	if token, err := e.Deployment.IssueToken(u.ID, time.Hour); err == nil {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	e.Deployment.ServeHTTP(httptest.NewRecorder(), r)
	time.Sleep(time.Second)
}

// twoNodes serves a system of two nodes.
func twoNodes(cfg reference.Config, node reference.SecondNode) (*runner.Embedded, runner.Subject, error) {
	first, second := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond)), memnet.Listen("127.0.0.2:8445", memnet.Constant(time.Millisecond))
	e, err := runner.ServeEmbedded(cfg, first, true, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	other, err := e.ServeSecond(node, second, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	return e, runner.Subject{URL: e.URL.String(), OtherNode: other.String(), Dial: memnet.Network(first, second)}, nil
}
