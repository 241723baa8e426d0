package judge

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// inPast makes a past in which the step found its subject in a state.
func inPast(found spec.State, facts ...fact) *past {
	p := &past{step: evidence.Step{
		Sent: second(10), Answered: second(10), Until: second(20), Converged: -1,
		Baseline: evidence.Observation{User: "1001", State: found, ChangeTime: one, Asked: second(9), At: second(9)},
	}}
	p.Cast = map[string]evidence.User{"subject": {ID: "1001", WrapUpTimer: 8 * time.Second}}
	p.Target.Settle = 5 * time.Second
	for _, f := range facts {
		f(p)
	}
	return p
}

func (p *past) judge() *stepJudge { return &stepJudge{ev: &p.Evidence, step: p.step} }

// An event whose news was seen before the state it follows is late, and no end
// of that state.
func TestOldNews(t *testing.T) {
	event := evidence.Observation{User: "1001", State: spec.Talking, ChangeTime: one, Event: true}
	for name, test := range map[string]struct {
		before *past
		want   bool
	}{
		"seen, and wrap-up since":       {inPast(spec.Work, look(1, "1001", spec.Talking, one), look(2, "1001", spec.Work, later)), true},
		"nothing since":                 {inPast(spec.Work, look(1, "1001", spec.Talking, one)), false},
		"wrap-up before it":             {inPast(spec.Work, look(1, "1001", spec.Work, before), look(2, "1001", spec.Talking, one)), false},
		"never seen":                    {inPast(spec.Work, look(2, "1001", spec.Work, later)), false},
		"seen of somebody else":         {inPast(spec.Work, look(1, "1002", spec.Talking, one), look(2, "1001", spec.Work, later)), false},
		"wrap-up of somebody else":      {inPast(spec.Work, look(1, "1001", spec.Talking, one), look(2, "1002", spec.Work, later)), false},
		"seen in another stay":          {inPast(spec.Work, look(1, "1001", spec.Talking, before), look(2, "1001", spec.Work, later)), false},
		"another state at that time":    {inPast(spec.Work, look(1, "1001", spec.Hold, one), look(2, "1001", spec.Work, later)), false},
		"the stay before, of all stays": {inPast(spec.Work, look(1, "1001", spec.Talking, one), look(2, "1001", spec.Work, later), look(3, "1001", spec.Talking, one)), false},
	} {
		if got := old(test.before.Observations, event, spec.Work); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	timeless := evidence.Observation{User: "1001", State: spec.Talking, Event: true}
	if old(inPast(spec.Work, look(1, "1001", spec.Talking, ""), look(2, "1001", spec.Work, later)).Observations, timeless, spec.Work) {
		t.Error("news without a time is told from none")
	}
}

// Wrap-up began after the last look that did not show it, and is seen from the
// first that does.
func TestWrapUpFound(t *testing.T) {
	for name, test := range map[string]struct {
		past        *past
		seen, since float64 // 0 for none
	}{
		"between two looks":         {inPast(spec.Work, look(1, "1001", spec.Talking, before), look(3, "1001", spec.Work, one), look(5, "1001", spec.Work, one)), 3, 1},
		"somebody else's":           {inPast(spec.Work, look(1, "1001", spec.Talking, before), look(2, "1002", spec.Talking, one), look(3, "1001", spec.Work, one)), 3, 1},
		"a look that lags":          {inPast(spec.Work, look(1, "1001", spec.Talking, before), look(3, "1001", spec.Work, one), look(4, "1001", spec.Talking, before), look(5, "1001", spec.Work, one)), 3, 1},
		"told before looks show it": {inPast(spec.Work, look(1, "1001", spec.Talking, before), heard(2, "1001", spec.Work, nearby), look(3, "1001", spec.Talking, before), look(4, "1001", spec.Work, one)), 2, 1},
		"another was told before":   {inPast(spec.Work, heard(1, "1001", spec.Work, before), look(2, "1001", spec.Talking, before), look(3, "1001", spec.Work, one)), 3, 2},
		"another wrap-up before it": {inPast(spec.Work, look(1, "1001", spec.Work, before), look(2, "1001", spec.Talking, before), look(3, "1001", spec.Work, one)), 3, 2},
		"without times":             {inPast(spec.Work, unknownSince, look(1, "1001", spec.Work, ""), look(2, "1001", spec.Talking, ""), look(3, "1001", spec.Work, "")), 3, 2},
		"afterwards":                {inPast(spec.Work, look(1, "1001", spec.Talking, before), look(12, "1001", spec.Ready, later)), 9, 1},
		"never before":              {inPast(spec.Work), 9, 0},
	} {
		w, ok := wrapUpOf(&test.past.Evidence, test.past.step.Baseline)
		since := time.Time{}
		if test.since > 0 {
			since = second(test.since)
		}
		if !ok || !w.seen.At.Equal(second(test.seen)) || !w.since.Equal(since) || w.timer != 8*time.Second {
			t.Errorf("%s: seen at %v, since %v", name, w.seen.At, w.since)
		}
	}
	if _, ok := wrapUpOf(&inPast(spec.Ready).Evidence, inPast(spec.Ready).step.Baseline); ok {
		t.Error("READY is wrap-up")
	}
}

// A look behind an event that told where the timer led lags.
func TestToldOver(t *testing.T) {
	for name, test := range map[string]struct {
		told fact
		want bool
	}{
		"told":           {heard(11, "1001", spec.NotReady, later), true},
		"told later":     {heard(13, "1001", spec.NotReady, later), false},
		"told of before": {heard(11, "1001", spec.NotReady, before), false},
		"told of then":   {heard(11, "1001", spec.NotReady, one), false},
		"told elsewhere": {heard(11, "1001", spec.Ready, later), false},
		"somebody else":  {heard(11, "1002", spec.NotReady, later), false},
		"seen":           {look(11, "1001", spec.NotReady, later), false},
	} {
		c := inPast(spec.Work, test.told).judge()
		l := evidence.Observation{User: "1001", State: spec.Work, ChangeTime: one, Asked: second(12)}
		if got := c.toldOver(l); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
		if l.ChangeTime = ""; c.toldOver(l) {
			t.Errorf("%s, of a look without a time", name)
		}
	}
}

// What a request asks for is told by its state, and by its body where that is
// not right.
func TestAsked(t *testing.T) {
	for _, test := range []struct {
		put  *spec.Put
		to   spec.State
		want bool
	}{
		{&spec.Put{State: "READY"}, spec.Ready, true},
		{&spec.Put{State: "ready"}, spec.Ready, true},
		{&spec.Put{State: "READY"}, spec.NotReady, false},
		{&spec.Put{State: "LOGIN"}, spec.NotReady, true},
		{&spec.Put{State: "LOGOUT"}, spec.NotReady, false},
		{&spec.Put{State: "LOGIN"}, spec.Ready, false},
		{&spec.Put{Body: spec.BodyExtra}, spec.Ready, true},
		{&spec.Put{State: "WORK", Body: spec.BodyExtra}, spec.Ready, true},
		{&spec.Put{}, spec.Ready, true},
		{&spec.Put{}, spec.NotReady, false},
		{&spec.Put{State: "WORK"}, spec.Ready, false},
		{nil, spec.Ready, false},
	} {
		c := &stepJudge{when: spec.When{Put: test.put}}
		if got := c.asked(test.to); got != test.want {
			t.Errorf("%+v asks for %s: %v", test.put, test.to, got)
		}
	}
	if !AcceptedNowhere(spec.When{By: spec.Supervisor, Put: &spec.Put{State: "WORK"}}) || AcceptedNowhere(spec.When{Put: &spec.Put{State: "WORK"}}) {
		t.Error("WORK is for the user itself")
	}
}

// LOGIN may be seen while a sign in is under way, up to the settle time.
func TestPassingLogin(t *testing.T) {
	for name, test := range map[string]struct {
		put   *spec.Put
		state spec.State
		at    float64
		want  bool
	}{
		"while it is under way":    {&spec.Put{State: "LOGIN"}, spec.Login, 12, true},
		"just then":                {&spec.Put{State: "LOGIN"}, spec.Login, 15, true},
		"too long":                 {&spec.Put{State: "LOGIN"}, spec.Login, 15.1, false},
		"another state":            {&spec.Put{State: "LOGIN"}, spec.Ready, 12, false},
		"something else was asked": {&spec.Put{State: "READY"}, spec.Login, 12, false},
		"nothing was asked":        {nil, spec.Login, 12, false},
	} {
		c := inPast(spec.Logout).judge()
		c.when.Put = test.put
		if got := c.passingLogin(evidence.Observation{State: test.state, Asked: second(test.at)}); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A change that left wrap-up is told with how long wrap-up lasted, by the
// target's own times where looks failed meanwhile.
func TestLeftWrapUp(t *testing.T) {
	const end = "2026-01-02T03:04:07.000Z" // two seconds after it began
	left := func(converged time.Duration, facts ...fact) (change, bool) {
		p := inPast(spec.Work, facts...)
		p.step.Converged = converged
		return leftWrapUp(&p.Evidence, p.step)
	}
	if x, ok := left(3*time.Second, look(9, "1001", spec.Work, one), look(13, "1001", spec.NotReady, end)); !ok || x.inWrapUp != 2*time.Second || x.to != spec.NotReady || x.sinceAsked != time.Second {
		t.Errorf("by its own times: %+v", x)
	}
	if x, _ := left(3*time.Second, look(9, "1001", spec.Work, one), look(11.5, "1001", spec.Work, one), look(13, "1001", spec.NotReady, end)); x.inWrapUp != 4*time.Second {
		t.Errorf("its own times are none that can be, and it was: %+v", x)
	}
	if x, _ := left(3*time.Second, look(9, "1001", spec.Work, one), look(12, "1002", spec.Work, one), look(13, "1001", spec.NotReady, end)); x.inWrapUp != 2*time.Second {
		t.Errorf("somebody else is in wrap-up still: %+v", x)
	}
	if x, _ := left(3*time.Second, look(9, "1001", spec.Work, one), look(10, "1001", spec.Work, nearby), look(13, "1001", spec.NotReady, end)); x.inWrapUp != 4*time.Second {
		t.Errorf("its own times are by two clocks: %+v", x)
	}
	if x, ok := left(0, look(9, "1001", spec.Work, one)); !ok || x.inWrapUp != time.Second {
		t.Errorf("at once: %v, %+v", ok, x)
	}
	if _, ok := left(-1, look(9, "1001", spec.Work, one)); ok {
		t.Error("it never left")
	}
	if x := (change{wrapUp: wrapUp{timer: 8 * time.Second}, inWrapUp: 4 * time.Second}); x.late() {
		t.Error("half of the timer is late")
	}
	if x := (change{wrapUp: wrapUp{timer: 8 * time.Second}, inWrapUp: 4*time.Second + 1}); !x.late() {
		t.Error("more than half of the timer is not late")
	}
	if (change{inWrapUp: time.Hour}).late() {
		t.Error("late, without a timer")
	}
	p := inPast(spec.Work, look(9, "1001", spec.Work, one), look(13, "1001", spec.NotReady, ""))
	p.step.Converged = 6 * time.Second
	if !MayBeTimer(&p.Evidence, p.step) {
		t.Error("the timer was nearly over")
	}
	if p.step.Converged = 2 * time.Second; MayBeTimer(&p.Evidence, p.step) {
		t.Error("the timer still ran")
	}
	if p.step.Baseline.State = spec.Ready; MayBeTimer(&p.Evidence, p.step) {
		t.Error("the timer of who is READY")
	}
}

// Times of two nodes.
func TestClocksOfTwoNodes(t *testing.T) {
	const ready, away = spec.Ready, spec.NotReady
	for name, test := range map[string]struct {
		old  fact
		then []fact
		want bool
	}{
		"the stay before, late":      {look(1, "1001", ready, nearby), []fact{look(3, "1001", away, later)}, true},
		"nothing is seen afterwards": {look(1, "1001", ready, nearby), nil, false},
		"the same afterwards":        {look(1, "1001", ready, nearby), []fact{look(3, "1001", ready, one)}, false},
		"only somebody else":         {look(1, "1001", ready, nearby), []fact{look(3, "1002", away, later)}, false},
		"only by an event":           {look(1, "1001", ready, nearby), []fact{heard(3, "1001", away, later)}, false},
		"an event before":            {heard(1, "1001", ready, nearby), []fact{look(3, "1001", away, later)}, false},
		"somebody else before":       {look(1, "1002", ready, nearby), []fact{look(3, "1001", away, later)}, false},
		"another state before":       {look(1, "1001", away, nearby), []fact{look(3, "1001", away, later)}, false},
		"the same time before":       {look(1, "1001", ready, one), []fact{look(3, "1001", away, later)}, false},
		"long before":                {look(1, "1001", ready, before), []fact{look(3, "1001", away, later)}, false},
	} {
		p := inPast(ready, append([]fact{test.old, look(2, "1001", ready, one)}, test.then...)...)
		if got := byOtherClock(p.Observations, 1); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Where reads lag behind the end of a call, the timer may have been over before
// anybody could have seen wrap-up, let alone asked for its end.
func TestMayHaveBeenOver(t *testing.T) {
	seen := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		ended time.Duration // before wrap-up was seen
		asked time.Duration // after it was seen
		timer time.Duration
		want  bool
	}{
		"seen at once, asked at once":           {100 * time.Millisecond, 0, 3 * time.Second, false},
		"seen at once, asked at half the timer": {100 * time.Millisecond, 1500 * time.Millisecond, 3 * time.Second, false},
		"seen late, asked at half the timer":    {2700 * time.Millisecond, 1300 * time.Millisecond, 3 * time.Second, true},
		"seen late, asked at once":              {2700 * time.Millisecond, 0, 3 * time.Second, true},
		"seen late, and the timer is long":      {2700 * time.Millisecond, 10 * time.Second, 20 * time.Second, false},
		"nothing of the run's ended the call":   {-time.Second, 1300 * time.Millisecond, 3 * time.Second, false},
	} {
		ev := &evidence.Evidence{Exchanges: []evidence.Exchange{
			{Method: "PUT", Path: "/finesse/api/Dialog/1", Started: seen.Add(-test.ended)},
			{Method: "GET", Path: "/finesse/api/User/1001001", Started: seen.Add(-time.Millisecond)},
		}}
		x := change{wrapUp: wrapUp{seen: evidence.Observation{At: seen}, timer: test.timer}, inWrapUp: test.timer, sinceAsked: test.timer - test.asked}
		if got := (&stepJudge{ev: ev}).mayHaveBeenOver(x); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
