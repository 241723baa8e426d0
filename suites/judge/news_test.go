package judge

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// The news of the state that the step found is told by the clock of another node, and
// of what came after it by the same one.
func TestNewsByOtherClock(t *testing.T) {
	after := func(node string) fact {
		return func(p *past) {
			p.step.Values = map[string]string{"request_id": "mine"}
			news(12, node, own, spec.NotReady, later, "")(p)
			look(13, "1001", spec.NotReady, later)(p)
		}
	}
	const asNear = "2026-01-02T03:04:04.100Z" // one by a clock that is slow by as much
	for name, test := range map[string]struct {
		past *past
		node string
		want int
	}{
		"it is told":                  {inPast(spec.Ready, news(11, own, own, spec.Ready, nearby, ""), after(own)), own, 0},
		"of the request":              {inPast(spec.Ready, news(11, own, own, spec.Ready, nearby, "mine"), after(own)), own, -1},
		"of another state":            {inPast(spec.Ready, news(11, own, own, spec.Hold, nearby, ""), after(own)), own, -1},
		"at no time":                  {inPast(spec.Ready, news(11, own, own, spec.Ready, "", ""), after(own)), own, -1},
		"on another node":             {inPast(spec.Ready, news(11, team, own, spec.Ready, nearby, ""), after(own)), own, -1},
		"of somebody else":            {inPast(spec.Ready, news(11, team, other, spec.Ready, nearby, ""), after(team)), team, -1},
		"nothing after it":            {inPast(spec.Ready, news(11, own, own, spec.Ready, nearby, "")), own, -1},
		"the first of two as near":    {inPast(spec.Ready, news(11, own, own, spec.Ready, nearby, ""), news(11, own, own, spec.Ready, asNear, ""), after(own)), own, 0},
		"the nearest of two":          {inPast(spec.Ready, news(11, own, own, spec.Ready, farther, ""), news(11, own, own, spec.Ready, nearby, ""), after(own)), own, 1},
		"of the request, on the team": {inPast(spec.Ready, news(11, team, own, spec.Ready, nearby, "mine"), after(team)), team, -1},
	} {
		c := test.past.judge()
		c.observations = c.ev.Observations
		if got := c.newsByOtherClock(test.node); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// What comes as long after each request is not the timer's, whenever wrap-up began.
func TestBothTimesAsLongAfterTheRequest(t *testing.T) {
	at := func(inWrapUp, sinceAsked time.Duration) change {
		x := change{to: spec.Ready, inWrapUp: inWrapUp, sinceAsked: sinceAsked}
		x.timer = 8 * time.Second
		return x
	}
	c := inPast(spec.Work).judge()
	if m := c.bothTimes(spec.Outcome{}, at(20*time.Second, 4*time.Second), at(21*time.Second, 5*time.Second)); m != nil {
		t.Errorf("as far apart in wrap-up as after the request: %s", m.seen)
	}
	if m := c.bothTimes(spec.Outcome{}, at(20*time.Second, 4*time.Second), at(20*time.Second, 5*time.Second)); m == nil {
		t.Error("only the requests were apart")
	}
}

// Two nodes are compared where the first one answered.
func TestComparedWithAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		first evidence.Exchange
		step  evidence.Step
	}{
		"it broke off":     {evidence.Exchange{Err: "connection reset"}, evidence.Step{}},
		"it was not asked": {evidence.Exchange{}, evidence.Step{Exchange: -1}},
	} {
		ev := &evidence.Evidence{Exchanges: []evidence.Exchange{test.first, {Index: 1, Status: 200}}, Steps: []evidence.Step{test.step, {Exchange: 1}}}
		c := &stepJudge{ev: ev, index: 1, act: &ev.Exchanges[1]}
		if m := c.sameAsBefore(spec.Outcome{Same: true}); m == nil || !m.unproven {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
