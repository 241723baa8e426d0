package worlds

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
)

// deployment makes the world. The network is what stands before it.
func (w World) deployment(n *network) bed.Deployment {
	near, far := w.Latency.draw(w.source("latency")), w.Node2.draw(w.source("node 2"))
	which := w.source("which node")
	return bed.Deployment{
		Kind: w.Kind, Release: w.Release, Notifications: w.Notifications, TLS: w.TLS, Timing: w.timing(),
		Latency: func() time.Duration {
			if w.Node2.Typical > 0 && which.among(2) == 1 {
				return far()
			}
			return near()
		},
		Around:    func(next http.Handler) http.Handler { n.next = next; return n },
		Configure: w.configure,
		Subject: func(s *runner.Subject) {
			s.Users = w.cast(s.Users)
			if w.Fault != "" { // what is broken need not tell it
				s.Deployment = spec.Deployment(w.Kind)
			}
			for _, u := range s.Users {
				n.cast[u.ID] = true
			}
		},
	}
}

// configure makes the deployment as the world has it.
func (w World) configure(c *reference.Config) {
	if w.Users > len(c.Users) {
		more, err := reference.Default(c.Deployment, c.Release, (w.Users+len(c.Users)-1)/len(c.Users))
		if err != nil {
			panic(err) // the number of troupes is what can be wrong, and is not
		}
		c.Teams, c.Users, c.ReasonCodes = more.Teams, more.Users, more.ReasonCodes
	}
	for _, name := range w.Choices {
		all := reference.Alternatives()
		i := slices.IndexFunc(all, func(a reference.Alternative) bool { return a.Name == name })
		if i < 0 {
			panic(fmt.Sprintf("no alternative %q", name))
		}
		all[i].Apply(&c.Behaviour)
	}
	if c.Faults = nil; w.Fault != "" {
		c.Faults = append(c.Faults, w.Fault) // what is broken is behind what is right
	}
	c.Faults = append(c.Faults, w.Harmless...)
	c.WithoutStimuli = w.Deaf
	if w.ReadLag > 0 {
		c.Behaviour.GetLag = w.ReadLag
	}
	if w.NoCodes {
		c.ReasonCodes = nil
	}
	if w.Delay.Typical > 0 {
		c.Delays = w.Delay.draw(w.source("delay"))
	}
	if w.Lateness.Typical > 0 {
		c.Lateness = w.Lateness.draw(w.source("lateness"))
	}
	if w.WrapUp > 0 {
		c.WrapUpTimer = w.WrapUp
	}
	c.RingTimer, c.ReservationTimer = w.Ring, w.Reservation
	modes := []reference.WrapUpMode{reference.WrapUpRequired, reference.WrapUpOptional, reference.WrapUpNotAllowed, reference.WrapUpRequiredWithData}
	if c.Deployment == reference.UCCX {
		modes = modes[1:3] // those that are the user's own there
	}
	mode, token := w.source("wrap-up modes"), w.source("tokens")
	for i := range c.Users {
		u := &c.Users[i]
		if w.Mixed {
			u.WrapUpIncoming = modes[mode.among(len(modes))]
			u.WrapUpOutgoing = u.WrapUpIncoming
		}
		u.SSO = w.Tokens && token.among(3) == 0
	}
}

// cast gives the users that the run may have.
func (w World) cast(all []*fixtures.User) []*fixtures.User {
	if w.Users == 0 || w.Users >= len(all) {
		return all
	}
	some, random := slices.Clone(all), w.source("cast")
	for i := range some {
		j := i + random.among(len(some)-i)
		some[i], some[j] = some[j], some[i]
	}
	return some[:w.Users]
}
