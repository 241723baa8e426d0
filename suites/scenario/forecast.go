package scenario

import (
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/navigate"
)

// Forecast is what one go at a requirement will do, told before it is done.
type Forecast struct {
	Parts   fixtures.Parts
	Witness *fixtures.User // nil where there is none
	// Passes are the states that users will be brought into, in order, and
	// those that the requirement's own requests may lead to; by id.
	Passes  map[string][]spec.State
	Calls   []ForecastCall
	Stimuli []ForecastStimulus
	// Unsigned, Wrong and Stranger: how many requests go without credentials,
	// with a password that is made up, or to the User of an id that is.
	Unsigned, Wrong, Stranger int
	// Unused is the extension that is sent because no device has it, "" for
	// none.
	Unused string

	// Likely is what it costs when all goes as the guide says, Most when every
	// wait lasts to its end. Both hold as long as the target answers every
	// request at once and nobody else acts on the users.
	Likely, Most Cost
}

// Cost is what a scenario costs.
type Cost struct {
	Requests int
	Wait     time.Duration // beside the time that the requests themselves take
}

// ForecastCall is a call that one user of the cast makes to another.
type ForecastCall struct{ From, To string }

// ForecastStimulus is something that the hook is asked for.
type ForecastStimulus struct {
	Name spec.Stimulus
	User string
}

// Forecast tells what a requirement that is not Impossible will do. The
// second forecast is that of its repetition, with other users where there are
// others; it is only made when the first go proves nothing.
func (s *Stage) Forecast(req *spec.Requirement) (first, again *Forecast, err error) {
	used := map[*fixtures.User]int{}
	for _, to := range []**Forecast{&first, &again} {
		parts, err := s.choose(req, func(u *fixtures.User) int { return s.rank(req, u, used) })
		if err != nil {
			return nil, nil, err
		}
		for _, u := range parts {
			used[u]++
		}
		*to = s.forecast(req, parts)
	}
	return first, again, nil
}

// forecaster walks through a scenario as an attempt does, without doing it.
type forecaster struct {
	*Forecast
	stage *Stage
	req   *spec.Requirement
	at    map[*fixtures.User]spec.Situation
	onto  []*fixtures.User // who is touched, in order
}

func (s *Stage) forecast(req *spec.Requirement, parts fixtures.Parts) *Forecast {
	f := &forecaster{Forecast: &Forecast{Parts: parts, Passes: map[string][]spec.State{}}, stage: s, req: req, at: map[*fixtures.User]spec.Situation{}}
	a := newAttempt(s, req, parts, 1)
	a.castWitness()
	f.Witness = a.witness
	for _, u := range s.Cast.Usable() {
		f.at[u] = f.start(u)
	}
	f.send(2 * len(s.Cast.Usable())) // the looks before and after
	subject := parts[spec.Self]
	f.prepare(subject)
	f.given(subject)
	for _, st := range req.Steps {
		f.step(subject, st)
	}
	for _, u := range f.onto {
		f.giveBack(u)
	}
	return f.Forecast
}

// start is where a user is before a scenario: where the run found it.
func (f *forecaster) start(u *fixtures.User) spec.Situation {
	at := spec.Situation{State: spec.Logout, WrapUp: u.WrapUp(f.req.Given.Call)}
	if home, ok := f.stage.Users.Initial(u.ID); ok && home.State.Resting() {
		at.State = home.State
	}
	return at
}

func (f *forecaster) touch(u *fixtures.User) {
	if !slices.Contains(f.onto, u) {
		f.onto = append(f.onto, u)
	}
}

func (f *forecaster) pass(u *fixtures.User, states ...spec.State) {
	for _, s := range states {
		if s != "" && !slices.Contains(f.Passes[u.ID], s) {
			f.Passes[u.ID] = append(f.Passes[u.ID], s)
		}
	}
}

// send counts requests that are made in any case.
func (f *forecaster) send(n int) {
	f.Likely.Requests += n
	f.Most.Requests += n
}

// retaken is how often a look is taken once more, in a wait, because an event
// came: those of one user's change, at its own node and its team's, to
// everybody who listens.
func (f *forecaster) retaken() int {
	if f.stage.Events == nil && !f.stage.Expected {
		return 0
	}
	return 4 + 2*len(f.stage.Cast.Usable())
}

// until is a wait for something that shows in a look: about two of them, at
// most as many as fit.
func (f *forecaster) until(limit time.Duration) {
	poll := max(f.stage.Poll, time.Millisecond)
	f.Likely.Requests += 2
	f.Likely.Wait += min(limit, 2*poll)
	n, interval := 2, poll
	for at := time.Duration(0); at < limit; n++ {
		at += interval
		interval = min(interval*5/4, 10*poll)
	}
	f.Most.Requests += n + f.retaken()
	f.Most.Wait += limit + 10*poll
}

// lists is a wait for something that shows in the list of calls.
func (f *forecaster) lists(limit time.Duration) {
	poll := max(f.stage.Poll, time.Millisecond)
	f.Likely.Requests++
	f.Most.Requests += int(limit/poll) + 2
	f.Most.Wait += limit + poll
}

// repeats is a read that is made again, with what belongs to it, until it
// shows what it has to.
func (f *forecaster) repeats(limit time.Duration, requests int) {
	f.send(requests - 1)
	f.Most.Requests += int(limit/max(f.stage.Poll, time.Millisecond)+1) * requests
	f.Most.Wait += limit
}

func (f *forecaster) quiet() {
	f.send(looksInQuiet + 2)
	f.Likely.Wait += f.stage.Target.Quiet
	f.Most.Wait += f.stage.Target.Quiet
	likely := f.Likely
	f.until(f.stage.Target.Quiet) // where the change that was seen seems undone
	f.Likely = likely
}

// prepare follows attempt.prepare.
func (f *forecaster) prepare(subject *fixtures.User) {
	if f.Witness != nil {
		f.bring(f.Witness, spec.Given{State: spec.Ready})
		f.bring(f.Witness, spec.Given{State: spec.NotReady})
	}
	for _, actor := range f.Parts.Actors() {
		u := f.Parts[actor]
		switch {
		case u == subject:
		case actor == spec.Supervisor, actor == spec.ForeignSupervisor:
			if f.at[u].State != spec.Ready {
				f.bring(u, spec.Given{State: spec.NotReady})
			}
		case actor == spec.Peer && f.calls(subject), f.req.Given.Others[actor] != "":
			f.bring(u, spec.Given{State: spec.NotReady})
		}
	}
}

// calls reports whether the peer is needed.
func (f *forecaster) calls(subject *fixtures.User) bool {
	for _, st := range f.req.Steps {
		if st.When.Dialog == "MAKE_CALL" || st.When.By == spec.Peer {
			return true
		}
	}
	way, err := f.find(subject, f.req.Given)
	return err == nil && slices.ContainsFunc(way.Moves, func(m *spec.Move) bool { return m.Action.Call != "" })
}

func (f *forecaster) find(u *fixtures.User, goal spec.Given) (navigate.Way, error) {
	moves := f.stage.Catalogue.Moves(f.stage.Target.Deployment, release(f.stage.Target))
	return navigate.Find(moves, f.at[u], goal, f.stage.means(u, f.Parts))
}

// given follows attempt.given.
func (f *forecaster) given(u *fixtures.User) {
	g := f.req.Given
	if (g.Fresh || g.Reason && g.State == spec.Ready) && len(u.Codes[spec.CategoryNotReady]) > 0 && f.at[u].State != spec.Ready {
		f.bring(u, spec.Given{State: spec.NotReady})
		f.send(1)
		f.until(f.stage.Target.Settle)
	}
	switch {
	case g.Fresh:
		f.bring(u, spec.Given{State: spec.Logout})
	case g.Session && f.at[u].State == spec.Logout:
		f.bring(u, spec.Given{State: spec.NotReady})
	}
	if g.State == "" {
		return
	}
	f.bring(u, g)
	if g.Reason && g.State == spec.NotReady {
		f.bring(u, spec.Given{State: spec.Ready})
		f.bring(u, spec.Given{State: spec.NotReady})
	}
}

// bring follows attempt.driveTo. Where the guide leaves a move's end open the
// way may have to be planned anew.
func (f *forecaster) bring(u *fixtures.User, goal spec.Given) {
	way, err := f.find(u, goal)
	if err != nil {
		return
	}
	before := f.Most
	open := false
	for i, m := range way.Moves {
		f.move(u, m, way.After[i])
		open = open || m.To.Or != ""
	}
	if open {
		f.Most.Requests += f.Most.Requests - before.Requests
		f.Most.Wait += f.Most.Wait - before.Wait
	}
}

// move follows attempt.move.
func (f *forecaster) move(u *fixtures.User, m *spec.Move, to spec.Situation) {
	f.touch(u)
	limit := f.stage.Target.Settle
	switch act := m.Action; {
	case act.Put != "":
		f.send(1)
	case act.Dialog != "":
		f.lists(limit)
		f.send(1)
		if to.State == f.at[u].State {
			f.lists(limit)
		}
	case act.Call == spec.CallMake:
		f.call(u, f.Parts[spec.Peer])
	case act.Call == spec.CallReceive:
		f.call(f.Parts[spec.Peer], u)
	case act.Stimulus != "":
		f.Stimuli = append(f.Stimuli, ForecastStimulus{act.Stimulus, u.ID})
	case act.Timer != "":
		limit += u.WrapUpTimer
		f.Likely.Wait += u.WrapUpTimer
	}
	f.until(limit)
	if to.Pending != f.at[u].Pending {
		f.until(f.stage.Target.Quiet)
	}
	f.pass(u, to.State, m.To.Or)
	f.at[u] = to
}

// call is a call between two users of the cast: made, and answered.
func (f *forecaster) call(from, to *fixtures.User) {
	if from == nil || to == nil {
		return
	}
	f.touch(from)
	f.touch(to)
	f.Calls = append(f.Calls, ForecastCall{from.ID, to.ID})
	f.send(2)
	f.lists(f.stage.Target.Settle)
	if f.stage.Target.Deployment == spec.UCCE { // elsewhere it does not show in the state
		for _, u := range []*fixtures.User{from, to} {
			f.pass(u, spec.Talking)
			if u.WrapUp(spec.CallDirect) != spec.Off {
				f.pass(u, spec.Work)
			}
		}
	}
}

// step follows attempt.step.
func (f *forecaster) step(subject *fixtures.User, st spec.Step) {
	if st.Again {
		f.given(subject)
	}
	signer := f.Parts[st.When.By]
	if st.When.By == "" {
		signer = subject
	}
	settle := f.stage.Target.Settle
	switch w := st.When; {
	case w.Put != nil:
		f.put(subject, w.Put)
	case w.Get != nil:
		f.send(1)
		if w.Get.User == spec.UserUnknown {
			f.Stranger++
		}
		if w.Get.Credentials == spec.CredentialsNone {
			f.Unsigned++
		}
		if hasMembers(st.Then) {
			f.repeats(settle, 1+len(f.stage.Cast.Usable()))
		}
	case w.Method != "":
		f.touch(subject)
		f.send(1)
	case w.Dialog == "MAKE_CALL" && w.By == spec.Peer:
		f.call(f.Parts[spec.Peer], subject)
	case w.Dialog == "MAKE_CALL":
		f.call(signer, f.Parts[spec.Peer])
	case w.Dialog != "":
		f.touch(signer)
		f.lists(settle)
		f.send(2)
	case w.Stimulus != "":
		f.touch(subject)
		f.Stimuli = append(f.Stimuli, ForecastStimulus{w.Stimulus, subject.ID})
	case w.EndCall:
		f.touch(subject)
		f.send(2)
	case w.Probe != "":
		f.send(4) // connections, most of which carry no request
		f.Most.Wait += 4 * probeTimeout
		return
	}
	f.watch(subject, st)
}

func (f *forecaster) put(subject *fixtures.User, p *spec.Put) {
	f.touch(subject)
	f.send(1)
	if p.Reason == spec.ReasonUnknown || p.Reason == spec.ReasonCode {
		f.Likely.Requests++
		f.Most.Requests += 20 // ids that are tried until one does not exist
	}
	switch p.Extension {
	case spec.ExtensionUnknown, spec.ExtensionE164, spec.ExtensionLong:
		f.Unused = f.stage.UnusedExtension(p.Extension, subject)
	}
	switch p.Credentials {
	case spec.CredentialsNone:
		f.Unsigned++
	case spec.CredentialsWrong, spec.CredentialsUnissued:
		f.Wrong++
	}
	if p.User == spec.UserUnknown {
		f.Stranger++
	}
}

// watch follows attempt.watch.
func (f *forecaster) watch(subject *fixtures.User, st spec.Step) {
	if st.When.Get != nil {
		return
	}
	settle := f.stage.Target.Settle
	if onlyAnswer(st) {
		f.lists(settle)
		f.send(1)
		return
	}
	changes := false
	for _, out := range st.Then {
		if len(out.States) > 0 && out.Kind != spec.Refused && out.Kind != spec.Error {
			changes = true
			f.pass(subject, out.States...)
		}
	}
	likely := f.Likely
	limit := settle
	if st.When.Timer != "" {
		limit += subject.WrapUpTimer
	}
	f.until(limit)
	if !changes {
		f.Likely = likely
	} else if st.When.Timer != "" {
		f.Likely.Wait += subject.WrapUpTimer
	}
	f.quiet()
	for _, out := range st.Then {
		if len(out.States) > 0 && out.Kind != spec.Refused && out.Kind != spec.Error {
			at := f.at[subject]
			at.State = out.States[0]
			if at.State.Resting() {
				at.Was, at.Pending, at.Call = "", "", ""
			}
			f.at[subject] = at
			break
		}
	}
}

// giveBack follows attempt.restoreUser. Where the user stands then is not
// known: at most it has a call to end, signs out and in, and goes where it
// was.
func (f *forecaster) giveBack(u *fixtures.User) {
	settle := f.stage.Target.Settle
	most := f.Most
	called := f.at[u].State.OnCall() || f.at[u].Call != "" || len(f.Calls)+len(f.Stimuli) > 0
	f.send(1)
	if called && f.stage.Dialogs {
		f.lists(settle)
		f.send(1)
	}
	if home := f.start(u).State; f.at[u].State != home {
		moves := 1
		if !f.at[u].State.Resting() {
			moves++
		}
		for range moves {
			f.send(1)
			f.until(settle)
		}
	}
	f.Most = most
	f.Most.Requests++
	if called && f.stage.Dialogs {
		polls := int(settle/max(f.stage.Poll, time.Millisecond)) + 2
		f.Most.Requests += 2*polls + 12
		f.Most.Wait += settle
		if u.WrapUpTimer <= f.stage.Target.LongestWait {
			f.Most.Wait += u.WrapUpTimer
		}
	}
	likely := f.Likely
	for range 5 { // out of wrap-up, sign out, sign in, the state, its reason
		f.send(1)
		f.until(settle)
	}
	f.Likely = likely
}
