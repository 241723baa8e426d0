package judge

import (
	"fmt"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Order is told by small questions about what was heard and seen. Each is asked
// of a past in which the answer is yes, and of pasts that differ from it in one
// thing.

// The subject of the step is 1001, READY since one. The request "mine" was sent
// at second 10, and watched until second 20.
const (
	before  = "2026-01-02T03:04:01.000Z" // of the change before, by whatever clock
	one     = "2026-01-02T03:04:05.000Z"
	nearby  = "2026-01-02T03:04:05.900Z" // one by the clock of another node
	farther = "2026-01-02T03:04:03.900Z" // by one that is farther off
	later   = "2026-01-02T03:04:09.000Z"
	soon    = "2026-01-02T03:04:09.900Z" // later by the clock of another node

	own   = "/finesse/api/User/1001"
	team  = "/finesse/api/Team/5/Users"
	other = "/finesse/api/User/1002"
)

func second(n float64) time.Time {
	return time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC).Add(time.Duration(n * float64(time.Second)))
}

// past is what was heard and seen: events in their order, and observations.
type past struct {
	evidence.Evidence
	step evidence.Step
}

func (p *past) last() *evidence.Event { return &p.Events[len(p.Events)-1] }

type fact func(*past)

func look(n float64, user string, state spec.State, changed string) fact {
	return func(p *past) {
		p.Observations = append(p.Observations, evidence.Observation{User: user, State: state, ChangeTime: changed, Asked: second(n), At: second(n), Index: -1})
	}
}

// heard is an event as an observation.
func heard(n float64, user string, state spec.State, changed string) fact {
	return func(p *past) {
		look(n, user, state, changed)(p)
		p.Observations[len(p.Observations)-1].Event = true
	}
}

func news(n float64, node, source string, state spec.State, changed, request string) fact {
	return func(p *past) {
		p.Events = append(p.Events, evidence.Event{
			Index: len(p.Events), Received: second(n), Node: node, Source: source, RequestID: request,
			Payload: fmt.Sprintf("<Update><data><user><state>%s</state><stateChangeTime>%s</stateChangeTime></user></data></Update>", state, changed),
		})
	}
}

// noise is an event that tells of no user.
func noise(n float64, node, source string) fact {
	return func(p *past) {
		news(n, node, source, "", "", "")(p)
		p.last().Payload = "<Update/>"
	}
}

// pending is what the last observation shows beside the state.
func pending(p *past) { p.Observations[len(p.Observations)-1].Pending = string(spec.NotReady) }

func unknownSince(p *past)   { p.step.Baseline.ChangeTime = "" }
func withoutRequest(p *past) { p.step.Values = nil }

func TestOrder(t *testing.T) {
	const ready, away, talking = spec.Ready, spec.NotReady, spec.Talking
	step := func(p *past) *stepJudge { return &stepJudge{ev: &p.Evidence, step: p.step} }
	type question = func(*past) bool
	var (
		isToldOf     question = func(p *past) bool { return toldOfBaseline(&p.Evidence, p.step, p.last()) }
		isLate       question = func(p *past) bool { return lateNews(&p.Evidence, p.step, p.last()) }
		firstLate    question = func(p *past) bool { return lateNews(&p.Evidence, p.step, &p.Events[0]) }
		isBehind     question = func(p *past) bool { return behind(&p.Evidence, p.step, p.last()) }
		isOther      question = func(p *past) bool { return ofAnotherChange(p.step, sightings(&p.Evidence, p.step), p.last()) }
		byClock      question = func(p *past) bool { return step(p).upToNewsByOtherClock(p.last()) }
		firstByClock question = func(p *past) bool { return step(p).upToNewsByOtherClock(&p.Events[0]) }
		belongs      question = func(p *past) bool { return Belongs(&p.Evidence, p.step, p.last()) }
		isEarlier    question = func(p *past) bool { return step(p).earlier(p.last()) }
		isStale      question = func(p *past) bool { return stale(&p.Evidence, p.step, p.Observations[len(p.Observations)-1]) }
		firstStale   question = func(p *past) bool { return stale(&p.Evidence, p.step, p.Observations[0]) }
	)
	is := func(facts ...fact) []fact { return facts }
	for _, test := range []struct {
		ask  question
		name string
		past []fact
		want bool
	}{
		// The state that the step found was told of before.
		{isToldOf, "told", is(look(1, "1001", away, before), news(2, own, own, ready, one, ""), news(11, own, own, away, later, "")), true},
		{isToldOf, "by another clock", is(look(1, "1001", away, before), news(2, own, own, ready, nearby, ""), news(11, own, own, away, later, "")), true},
		{isToldOf, "of its team", is(look(1, "1001", away, before), news(2, team, own, ready, one, ""), news(11, team, own, away, later, "")), true},
		{isToldOf, "of somebody else of its team", is(look(1, "1001", away, before), news(2, team, other, ready, one, ""), news(11, team, own, away, later, "")), false},
		{isToldOf, "on another node", is(look(1, "1001", away, before), news(2, team, own, ready, one, ""), news(11, own, own, away, later, "")), false},
		{isToldOf, "another state", is(look(1, "1001", away, before), news(2, own, own, talking, one, ""), news(11, own, own, away, later, "")), false},
		{isToldOf, "another time", is(look(1, "1001", away, before), news(2, own, own, ready, before, ""), news(11, own, own, away, later, "")), false},
		{isToldOf, "of no user", is(look(1, "1001", away, before), noise(2, own, own), news(11, own, own, away, later, "")), false},
		{isToldOf, "since when is not known", is(unknownSince, look(1, "1001", away, before), news(11, own, own, away, later, "")), true},
		{isToldOf, "it was there before anybody listened", is(look(1, "1001", ready, one), news(11, own, own, away, later, "")), true},
		{isToldOf, "somebody else came", is(look(1, "1002", away, before), news(11, own, own, away, later, "")), true},
		{isToldOf, "it goes afterwards", is(look(12, "1001", away, later), news(11, own, own, away, later, "")), true},
		{isToldOf, "an event is no look", is(heard(1, "1001", away, before), news(11, own, own, away, later, "")), true},

		// What was so before the step is told late.
		{isLate, "seen before", is(look(1, "1001", away, before), news(11, own, own, away, before, "")), true},
		{isLate, "of its team", is(look(1, "1001", away, before), news(11, team, own, away, before, "")), true},
		{isLate, "of somebody else", is(look(1, "1001", away, before), news(11, team, other, away, before, "")), false},
		{isLate, "of no user", is(look(1, "1001", away, before), noise(11, own, own)), false},
		{isLate, "the answer to the request", is(look(1, "1001", away, before), news(11, own, own, away, before, "mine")), false},
		{isLate, "the answer to another", is(look(1, "1001", away, before), news(11, own, own, away, before, "theirs")), true},
		{isLate, "nobody gives requests a name", is(withoutRequest, look(1, "1001", away, before), news(11, own, own, away, before, "")), true},
		{isLate, "seen afterwards", is(look(11, "1001", away, later), news(12, own, own, away, later, "")), false},
		{isLate, "seen of somebody else", is(look(1, "1002", away, before), news(11, own, own, away, before, "")), false},
		{isLate, "no time", is(look(1, "1001", away, ""), news(11, own, own, away, "", "")), false},
		{isLate, "the state that was found", is(look(1, "1001", ready, one), news(11, own, own, ready, one, "")), false},
		{firstLate, "before the news of what was found", is(news(11, own, own, away, before, ""), news(12, own, own, ready, one, "")), true},
		{firstLate, "before such news on another node", is(news(11, own, own, away, before, ""), news(12, team, own, ready, one, "")), false},
		{firstLate, "before such news of somebody else", is(news(11, team, own, away, before, ""), news(12, team, other, ready, one, "")), false},
		{firstLate, "before news of another state", is(news(11, own, own, away, before, ""), news(12, own, own, talking, one, "")), false},
		{firstLate, "before news of another time", is(news(11, own, own, away, before, ""), news(12, own, own, ready, later, "")), false},
		{firstLate, "before noise", is(news(11, own, own, away, before, ""), noise(12, own, own)), false},
		{firstLate, "since when is not known", is(unknownSince, news(11, own, own, away, before, ""), news(12, own, own, ready, "", "")), false},
		{firstLate, "is such news itself", is(news(11, own, own, ready, one, ""), news(12, own, own, ready, one, "")), false},
		{isLate, "behind such news", is(news(11, own, own, ready, one, ""), news(12, own, own, away, later, "")), false},
		{firstLate, "such news was there in time", is(news(1, own, own, ready, one, ""), news(12, own, own, ready, one, "")), false},

		// The events of a node have not come as far as the state that was found.
		{isBehind, "it came from elsewhere since", is(look(1, "1001", away, before), look(2, "1001", ready, one), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "the answer to the request", is(look(1, "1001", away, before), news(11, own, own, talking, nearby, "mine")), false},
		{isBehind, "nobody gives requests a name", is(withoutRequest, look(1, "1001", away, before), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "since when is not known", is(unknownSince, look(1, "1001", away, before), news(11, own, own, talking, nearby, "")), false},
		{isBehind, "of no user", is(look(1, "1001", away, before), noise(11, own, own)), false},
		{isBehind, "of what was found", is(look(1, "1001", away, before), news(11, own, own, ready, nearby, "")), false},
		{isBehind, "much later", is(look(1, "1001", away, before), news(11, own, own, talking, later, "")), false},
		{isBehind, "told of what was found", is(look(1, "1001", away, before), news(2, own, own, ready, one, ""), news(11, own, own, talking, nearby, "")), false},
		{isBehind, "told by another clock", is(look(1, "1001", away, before), news(2, own, own, ready, nearby, ""), news(11, own, own, talking, nearby, "")), false},
		{isBehind, "told on another node", is(look(1, "1001", away, before), news(2, team, own, ready, one, ""), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "told of another state", is(look(1, "1001", away, before), news(2, own, own, away, one, ""), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "told of another time", is(look(1, "1001", away, before), news(2, own, own, ready, before, ""), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "noise before", is(look(1, "1001", away, before), noise(2, own, own), news(11, own, own, talking, nearby, "")), true},
		{isBehind, "an event is no look", is(heard(1, "1001", away, before), news(11, own, own, talking, nearby, "")), false},
		{isBehind, "somebody else came", is(look(1, "1002", away, before), news(11, own, own, talking, nearby, "")), false},
		{isBehind, "older by any clock, and nothing has moved", is(look(11, "1001", ready, one), news(12, own, own, away, before, "")), true},
		{isBehind, "an older stay in the state that was found", is(look(11, "1001", ready, one), news(12, own, own, ready, before, "")), true},
		{isBehind, "older by any clock, and it has moved", is(look(11, "1001", talking, later), news(12, own, own, away, before, "")), false},
		{isBehind, "older, and somebody else has moved", is(look(11, "1002", talking, later), news(12, own, own, away, before, "")), true},
		{isBehind, "older, and an event told of a move", is(heard(11, "1001", talking, later), news(12, own, own, away, before, "")), true},
		{isBehind, "still the same stay long afterwards", is(look(1, "1001", ready, one), news(11, own, own, talking, nearby, ""), look(19, "1001", ready, one)), true},
		{isBehind, "the same stay soon afterwards", is(look(1, "1001", ready, one), news(11, own, own, talking, nearby, ""), look(12, "1001", ready, one)), false},
		{isBehind, "another stay afterwards", is(look(1, "1001", ready, one), news(11, own, own, talking, nearby, ""), look(19, "1001", ready, later)), false},
		{isBehind, "a stay of unknown time", is(look(1, "1001", ready, ""), news(11, own, own, talking, nearby, ""), look(19, "1001", ready, "")), false},
		{isBehind, "the stay of somebody else", is(look(1, "1002", ready, one), news(11, own, own, talking, nearby, ""), look(19, "1001", ready, one)), false},
		{isBehind, "a stay that events told of", is(heard(1, "1001", ready, one), news(11, own, own, talking, nearby, ""), look(19, "1001", ready, one)), false},

		// The time of another change into the state.
		{isOther, "another time than is shown", is(look(11, "1001", away, later), news(12, own, own, away, before, "")), true},
		{isOther, "that of another clock", is(look(11, "1001", away, later), news(12, own, own, away, soon, "")), false},
		{isOther, "one of two", is(look(11, "1001", away, before), look(12, "1001", away, later), news(12, own, own, away, later, "")), false},
		{isOther, "no time is shown", is(look(11, "1001", away, ""), news(12, own, own, away, later, "")), false},
		{isOther, "another state is shown", is(look(11, "1001", talking, later), news(12, own, own, away, before, "")), false},
		{isOther, "a clock that stands still is shown", is(look(11, "1001", away, one), news(12, own, own, away, later, "")), false},
		{isOther, "what was found is still shown", is(look(11, "1001", ready, one), news(12, own, own, ready, later, "")), true},
		{isOther, "an event is no look", is(heard(11, "1001", away, later), news(12, own, own, away, before, "")), false},
		{isOther, "of somebody else", is(look(11, "1001", away, later), news(12, team, other, away, before, "")), false},
		{isOther, "of no user", is(look(11, "1001", away, later), noise(12, own, own)), false},

		// The news of what was found, late and by another clock.
		{byClock, "still there", is(news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), true},
		{byClock, "still there, and something is pending", is(news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one), pending), true},
		{byClock, "the answer to another", is(news(11, own, own, ready, nearby, "theirs"), look(12, "1001", ready, one)), true},
		{byClock, "the answer to the request", is(news(11, own, own, ready, nearby, "mine"), look(12, "1001", ready, one)), false},
		{byClock, "nobody gives requests a name", is(withoutRequest, news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), true},
		{byClock, "since when is not known", is(unknownSince, news(11, own, own, ready, nearby, ""), look(12, "1001", ready, "")), false},
		{byClock, "no time", is(news(11, own, own, ready, "", ""), look(12, "1001", ready, one)), false},
		{byClock, "another time", is(news(11, own, own, ready, later, ""), look(12, "1001", ready, one)), false},
		{byClock, "another state", is(news(11, own, own, away, nearby, ""), look(12, "1001", ready, one)), false},
		{byClock, "of somebody else", is(news(11, team, other, ready, nearby, ""), look(12, "1001", ready, one)), false},
		{byClock, "of no user", is(noise(11, own, own), look(12, "1001", ready, one)), false},
		{byClock, "told before", is(news(2, own, own, ready, one, ""), news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), false},
		{byClock, "told on another node", is(news(2, team, own, ready, one, ""), news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), true},
		{byClock, "another state told before", is(news(2, own, own, away, one, ""), news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), true},
		{byClock, "not seen any more", is(look(2, "1001", ready, one), news(11, own, own, ready, nearby, "")), false},
		{byClock, "seen in another stay", is(news(11, own, own, ready, nearby, ""), look(12, "1001", ready, later)), false},
		{byClock, "somebody else is seen", is(news(11, own, own, ready, nearby, ""), look(12, "1002", ready, one)), false},
		{byClock, "an event is no look", is(news(11, own, own, ready, nearby, ""), heard(12, "1001", ready, one)), false},
		{byClock, "told once more, nearer", is(news(11, own, own, ready, farther, ""), news(12, own, own, ready, nearby, ""), look(13, "1001", ready, one)), true},
		{byClock, "told once more, farther", is(news(11, own, own, ready, nearby, ""), news(12, own, own, ready, farther, ""), look(13, "1001", ready, one)), false},
		{firstByClock, "told before such news", is(news(11, own, own, ready, farther, ""), news(12, own, own, away, before, ""), news(13, own, own, ready, nearby, ""), look(14, "1001", ready, one)), true},
		{isEarlier, "between two that may be such news", is(news(11, own, own, ready, farther, ""), news(12, own, own, away, farther, ""), look(13, "1001", ready, one)), false},
		{isEarlier, "by another clock is earlier", is(news(11, own, own, ready, nearby, ""), look(12, "1001", ready, one)), true},
		{isEarlier, "the news of what was found is earlier", is(news(11, own, own, ready, one, "")), true},
		{isEarlier, "what is new is not", is(look(1, "1001", ready, one), news(11, own, own, away, later, "")), false},

		// What belongs to the step.
		{belongs, "the answer to the request", is(news(11, own, own, away, before, "mine")), true},
		{belongs, "the answer to another", is(news(11, own, own, away, later, "theirs")), false},
		{belongs, "new", is(look(1, "1001", ready, one), news(11, own, own, away, later, "")), true},
		{belongs, "late", is(look(1, "1001", away, before), news(2, own, own, ready, one, ""), news(11, own, own, away, before, "")), false},
		{belongs, "of another change", is(look(1, "1001", ready, one), look(11, "1001", away, later), news(12, own, own, away, before, "")), false},
		{belongs, "maybe older", is(look(1, "1001", away, before), look(2, "1001", ready, one), news(11, own, own, talking, later, "")), false},
		{belongs, "just what is shown", is(look(1, "1001", away, before), look(2, "1001", ready, one), look(11, "1001", talking, later), news(12, own, own, talking, later, "")), true},

		// Looks of a node that lags.
		{isStale, "seen before, and gone when the step began", is(look(1, "1001", away, before), look(11, "1001", away, before)), true},
		{isStale, "new", is(look(1, "1001", away, before), look(11, "1001", away, later)), false},
		{firstStale, "older, and what the step found afterwards", is(look(11, "1001", talking, farther), look(12, "1001", ready, one)), true},
		{isStale, "older, and nothing afterwards", is(look(12, "1001", ready, one), look(13, "1001", talking, farther)), false},
		{firstStale, "older, and another stay afterwards", is(look(11, "1001", talking, farther), look(12, "1001", ready, later)), false},
		{firstStale, "older, and somebody else afterwards", is(look(11, "1001", talking, farther), look(12, "1002", ready, one)), false},
		{firstStale, "older, and an event afterwards", is(look(11, "1001", talking, farther), heard(12, "1001", ready, one)), false},
		{firstStale, "older, and shown again in the end", is(look(11, "1001", talking, farther), look(12, "1001", ready, one), look(13, "1001", talking, farther)), false},
		{firstStale, "newer, and what the step found afterwards", is(look(11, "1001", talking, nearby), look(12, "1001", ready, one)), false},
		{firstStale, "newer by one of two clocks", is(look(11, "1001", talking, nearby), look(12, "1001", ready, nearby), look(13, "1001", ready, one)), true},
		{firstStale, "newer by any clock", is(look(11, "1001", talking, later), look(12, "1001", ready, nearby), look(13, "1001", ready, one)), false},
		{firstStale, "of the same time", is(look(11, "1001", talking, one), look(12, "1001", ready, one)), false},
		{isStale, "what the step found", is(look(1, "1001", ready, before), look(11, "1001", ready, before)), false},
	} {
		p := past{step: evidence.Step{
			Sent: second(10), Answered: second(10.1), Until: second(20), Values: map[string]string{"request_id": "mine"},
			Baseline: evidence.Observation{User: "1001", State: ready, ChangeTime: one, Asked: second(9), At: second(9)},
		}}
		for _, f := range test.past {
			f(&p)
		}
		if got := test.ask(&p); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
