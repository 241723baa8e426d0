package explore

import (
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"finesse-conformance/internal/text"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Deviation is what a walk showed that the model does not allow.
type Deviation struct {
	Round    int    // the first that is not possible
	Did      string // in words
	From     string // where the user was before it
	Answers  string // what the requests were answered
	Expected string // where it should be
	Seen     string // where it is
	Sources  []spec.Source
	Whom     spec.Actor // whose state it is, of those who take part
	other    *elsewhere // somebody on whom nobody acted; nil where it is one of those who take part
	broken   bool       // the target was out of order, for all one attempt tells
}

// input is one thing as the checker sees it: done, or seen.
type input struct {
	when  *spec.When // nil: a look at the user
	bit   uint16     // among the things of its round
	after uint16     // of those that the target takes first, as it took them in
}

// output is what came of it.
type output struct {
	answer answer
	state  spec.State
	reason string
}

// Settled reports whether what the last round asked for has come about, or was
// refused, wherever a refusal would be heard.
func (m *Model) Settled(w Walk, ev *evidence.Evidence) bool {
	return !slices.ContainsFunc(w.whom(), func(whom spec.Actor) bool { return !m.settled(w.of(whom), ev, whom) })
}

func (m *Model) settled(w Walk, ev *evidence.Evidence, whom spec.Actor) bool {
	h := m.history(w, ev, whom)
	n := len(h.rounds)
	if n < len(ev.Steps) || n == 0 {
		return false // it was not seen yet
	}
	possible := m.linearizable(w, h.upTo(n, strictly))
	if possible {
		return h.rounds[n-1].seen.state != before(ev, ev.Steps[n-1], user(ev, whom)).State || !m.mayMove(w, h)
	}
	// Where only a refusal that nobody hears would do, waiting is in vain.
	return h.rounds[n-1].silent() && !m.linearizable(w, h.upTo(n, strictly).unseen()) && m.linearizable(w, h.upTo(n, early))
}

// mayMove reports whether the last round may still bring the user elsewhere
// than where it was before, and is.
func (m *Model) mayMove(w Walk, h history) bool {
	rounds := slices.Clone(h.rounds)
	last := &rounds[len(rounds)-1]
	stays := last.seen.state
	last.seen.reason = ""
	for _, s := range states() {
		if last.seen.state = s; s != stays && m.linearizable(w, history{rounds}.upTo(len(rounds), strictly)) {
			return true
		}
	}
	return false
}

// check holds what was seen of a walk against the model: of everybody who takes
// part, and of everybody else, who has to stay. It gives nil where all of it is
// possible.
func (m *Model) check(w Walk, ev *evidence.Evidence) *Deviation {
	var first *Deviation
	for _, whom := range w.whom() {
		mine := w.of(whom)
		h := m.history(mine, ev, whom)
		for n := 1; n <= len(h.rounds) && (first == nil || n <= first.Round); n++ {
			if !m.linearizable(mine, h.upTo(n, leniently)) {
				first = m.deviation(mine, h, n-1)
				if first.Whom, first.Did = whom, w.Rounds[n-1].Words(); whom != spec.Self {
					first.Expected = "of the " + string(whom) + " " + first.Expected
				}
				break
			}
		}
	}
	if first == nil {
		first = moved(w, ev)
	}
	if first == nil {
		first = broken(w, ev)
	}
	if first != nil { // what a target says goes into scripts that people run
		for _, said := range []*string{&first.From, &first.Answers, &first.Seen} {
			*said = text.Said(*said, mostSaid)
		}
	}
	return first
}

// mostSaid is how many bytes of what was seen a finding tells.
const mostSaid = 500

// played is one round that was played.
type played struct {
	does   []spec.When
	how    How
	answer []answer
	seen   output
}

func (p played) silent() bool {
	return slices.ContainsFunc(p.answer, func(a answer) bool { return a.Silent })
}

// history is what was seen of a walk. A round that was not served, or of which
// the user was not seen, ends it: nothing is known from there on.
type history struct{ rounds []played }

func (m *Model) history(w Walk, ev *evidence.Evidence, whom spec.Actor) history {
	var h history
	id := user(ev, whom)
	since := time.Time{} // when a reservation may have begun
	for i, step := range ev.Steps {
		if i >= len(w.Rounds) || step.Skipped != "" {
			break
		}
		r := w.Rounds[i]
		if since.IsZero() {
			since = firstSeen(ev, step, id)
		}
		if slices.ContainsFunc(r.Does, func(d spec.When) bool { return d.Stimulus != "" }) {
			since = step.Sent
		}
		p := played{does: r.Does, how: r.How}
		served := true
		for n, d := range r.Does {
			a, ok := answerOf(ev, step, id, r.place(n), len(r.Does))
			served = served && ok
			// Only the first thing of a round is waited for as long as a timer may run,
			// and that no longer than a run waits for anything.
			a.Failed = a.Failed || d.Timer != "" && (n > 0 || step.Until.Sub(step.Sent) < timerOf(ev, id))
			p.answer = append(p.answer, a)
		}
		look := lastSeen(ev, step, id)
		if !served || look.State == "" {
			break
		}
		late, over := cameAt(ev, step, id).Sub(since) > min(ev.Target.Settle/2, longestReservation), wrapped(ev, step, id)
		for n := range p.answer {
			p.answer[n].Late, p.answer[n].Wrapped = late, over
		}
		p.seen = output{state: look.State, answer: answer{Late: late, Wrapped: over}}
		if whom == spec.Self { // whose reason codes the step names
			p.seen.reason = reasonOf(step, look)
		}
		h.rounds = append(h.rounds, p)
	}
	return h
}

// longestReservation is after how long a reservation or an offered call may end by
// itself, at the latest: targets have timers of seconds for them.
const longestReservation = 5 * time.Second

// firstSeen says since when a user is known to be where it is before the first
// step.
func firstSeen(ev *evidence.Evidence, step evidence.Step, id string) time.Time {
	at, was := step.Sent, before(ev, step, id)
	for _, l := range slices.Backward(ev.Observations) {
		if l.User != id || !step.Before(l) {
			continue
		}
		if l.State != was.State {
			break
		}
		at = l.Asked
	}
	return at
}

// wrapped reports whether wrap-up may have lasted to its end in a step: the
// user wrapped up before it already, or the step took long.
func wrapped(ev *evidence.Evidence, step evidence.Step, id string) bool {
	timer, was := timerOf(ev, id), before(ev, step, id).State
	return timer == 0 || was == spec.Work || was == spec.WorkReady || cameAt(ev, step, id).Sub(step.Sent) > timer/2
}

// timerOf is the wrap-up timer of a user, 0 where nothing tells it.
func timerOf(ev *evidence.Evidence, id string) time.Duration {
	for _, u := range ev.Cast {
		if u.ID == id {
			return u.WrapUpTimer
		}
	}
	return 0
}

// user gives the id of who takes part as somebody.
func user(ev *evidence.Evidence, whom spec.Actor) string {
	if whom == spec.Self {
		return ev.Cast["subject"].ID
	}
	return ev.Cast[string(whom)].ID
}

// before is where a user was seen last before a step.
func before(ev *evidence.Evidence, step evidence.Step, id string) (last evidence.Observation) {
	if id == step.Baseline.User {
		return step.Baseline
	}
	for _, l := range ev.Observations {
		if l.User == id && !l.Event && step.Before(l) && l.Index >= last.Index {
			last = l
		}
	}
	return last
}

// answerOf gives what the target said to the thing at a place of a step, which
// did so many to the user; false where it said nothing that it stands by. Of
// whom the step is not about nobody need have heard the events.
func answerOf(ev *evidence.Evidence, step evidence.Step, id string, place, of int) (answer, bool) {
	act := evidence.Act{Exchange: step.Exchange, RequestID: step.Values["request_id"]}
	if len(step.Acts) > place {
		act = step.Acts[place]
	} else if place > 0 {
		return answer{}, false
	}
	a := answer{Failed: act.Failed != ""}
	if act.Exchange < 0 || act.Exchange >= len(ev.Exchanges) {
		return a, true
	}
	x := ev.Exchanges[act.Exchange]
	if !x.Served() {
		return a, false
	}
	a.Status = x.Status
	if x.Status >= 400 {
		a.Type = errorType(x.ResponseBody)
		return a, true
	}
	if dialogs := "/finesse/api/User/" + x.As + "/Dialogs"; strings.Contains(x.Path, "/Dialog") {
		a.Failed = slices.ContainsFunc(ev.Events, func(e evidence.Event) bool {
			return e.IsError() && e.Node == dialogs && !step.EventBefore(&e) && step.EventDuring(&e)
		})
		return a, true
	}
	a.Silent = id != step.Baseline.User || step.Heard(ev.Target) != evidence.ChannelAlive
	for i := range ev.Events {
		e := &ev.Events[i]
		if !e.IsError() || e.Node != "/finesse/api/User/"+id {
			continue
		}
		switch {
		case e.RequestID != "" && e.RequestID == act.RequestID:
			a.Type, a.Event, a.Silent = e.ErrorType, true, false
		case e.RequestID == "" && !step.EventBefore(e) && of == 1 && step.EventDuring(e):
			a.Type, a.Event, a.Silent = e.ErrorType, true, false
		case e.RequestID == "" && !step.EventBefore(e):
			a.Silent = true // one of them was refused: nothing says which
		}
	}
	return a, true
}

func errorType(body string) string {
	doc, err := xmlbody.Parse("", []byte(body))
	if err != nil {
		return ""
	}
	kind, _ := xmlbody.Text(doc, "ApiErrors/ApiError/ErrorType")
	return kind
}

// lastSeen is the last GET of a user in a step.
func lastSeen(ev *evidence.Evidence, step evidence.Step, id string) (last evidence.Observation) {
	for _, l := range ev.Observations {
		if l.User == id && !l.Event && !step.Before(l) && (step.Exchanges == nil || l.Index < step.Exchanges.Next) && l.Index >= last.Index {
			last = l
		}
	}
	return last
}

// cameAt says by when a user had come where it is in the end of a step:
// what is watched for long was not caused late. An event tells nothing of it,
// which may be late itself and about a change of before.
func cameAt(ev *evidence.Evidence, step evidence.Step, id string) time.Time {
	last := lastSeen(ev, step, id)
	at := last.At
	for _, l := range slices.Backward(ev.Observations) {
		if l.User != id || l.Event || l.Index > last.Index {
			continue
		}
		if step.Before(l) || l.State != last.State {
			break
		}
		at = l.At
	}
	return at
}

// reasonOf says which of the user's codes a sighting shows.
func reasonOf(step evidence.Step, l evidence.Observation) string {
	for _, which := range []string{spec.ReasonFirst, spec.ReasonSecond} {
		if id := step.Values[which]; id != "" && id == l.ReasonCodeID {
			return which
		}
	}
	return ""
}

// operations is a history as the checker reads it.
type operations []porcupine.Operation

// reading says how the last round of a history is read.
type reading int

const (
	leniently reading = iota // what nobody would have heard may have been refused
	early                    // so, but what may still come about is not excused
	strictly                 // what was accepted and of which no refusal was heard was done
)

// upTo gives the operations of the first n rounds.
func (h history) upTo(n int, last reading) operations {
	var ops operations
	const between = 1000 // instants of a round; no clock is asked
	for i, p := range h.rounds[:min(n, len(h.rounds))] {
		at := int64(i) * between
		var before uint16 // what the target took in before
		for k := range p.does {
			a := p.answer[k]
			if i == n-1 {
				a.Silent, a.Early = a.Silent && last != strictly, last == early
			}
			op := porcupine.Operation{ClientId: k, Call: at, Return: at + 1, Output: output{answer: a}}
			in := input{when: &p.does[k], bit: 1 << k}
			taken := p.does[k].Put != nil && a.Status/100 == 2
			if p.how == InARow {
				op.Call, op.Return = at+int64(2*k), at+int64(2*k)+1
			}
			if a.Status < 400 { // accepted: when it is its turn nothing tells
				op.Return = at + between/2
			}
			if p.how == InARow && taken {
				in.after = before
				before |= in.bit
			}
			op.Input = in
			ops = append(ops, op)
		}
		seen := p.seen
		ops = append(ops, porcupine.Operation{Input: input{}, Output: seen, Call: at + between/2 + 1, Return: at + between - 1})
	}
	return ops
}

// unseen leaves the last look out.
func (ops operations) unseen() operations {
	if len(ops) == 0 {
		return ops
	}
	return ops[:len(ops)-1]
}

// linearizable reports whether some order of what was done explains what was seen.
func (m *Model) linearizable(w Walk, ops operations) bool {
	model := porcupine.NondeterministicModel{
		Init: func() []any {
			var list []any
			for _, s := range m.start(w) {
				list = append(list, s)
			}
			return list
		},
		Step: func(state, in, out any) []any {
			var list []any
			for _, s := range m.step(state.(modelState), in.(input), out.(output)) {
				list = append(list, s)
			}
			return list
		},
	}
	return porcupine.CheckOperations(model.ToModel(), ops)
}

// step is one operation of the model. Requests that a target took in one after
// another it takes in that order (guide 12.5(1), page 22).
func (m *Model) step(s modelState, in input, out output) []modelState {
	if in.when == nil {
		return m.see(s, out.state, out.reason, out.answer)
	}
	if s.done&in.after != in.after {
		return nil
	}
	list := m.Next(s, *in.when, out.answer)
	for i := range list {
		list[i].done |= in.bit
	}
	return list
}
