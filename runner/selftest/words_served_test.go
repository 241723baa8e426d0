package selftest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
)

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

// withoutCodes serves a deployment that has no reason codes of categories.
func withoutCodes(categories ...reference.State) func(reference.Config) (*runner.Embedded, runner.Subject, error) {
	return func(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
		cfg.ReasonCodes = slices.DeleteFunc(slices.Clone(cfg.ReasonCodes), func(c reference.ReasonCode) bool { return slices.Contains(categories, c.Category) })
		return inMemory(cfg)
	}
}

// encrypted serves a deployment over TLS, beside a port without that sends there.
func encrypted(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	listener := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond))
	e, err := runner.ServeEmbedded(cfg, listener, false, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	return e, runner.Subject{URL: e.URL.String(), RootCAs: e.CA, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if !strings.HasSuffix(address, ":80") {
			return listener.Dial(ctx, network, address)
		}
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = fmt.Fprintf(server, "HTTP/1.1 301 Moved Permanently\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", e.URL)
			}
		}()
		return client, nil
	}}, nil
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
