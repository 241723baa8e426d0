package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

// attempt is one go at a requirement.
type attempt struct {
	*Stage
	req       *spec.Requirement
	parts     fixtures.Parts
	path      navigate.Path // of the plan: the subject's, from being signed out
	rec       *client.Recorder
	ev        *evidence.Evidence
	moves     []*spec.Move
	onPath    []pathNote // in the order of what was done
	values    map[string]string
	expired   fixtures.Secret // an access token of the subject that has, see expire
	witness   *fixtures.User  // nil where there is nobody to spare, or no need
	over      bool            // users are put back
	clean     bool            // it went as the guide says
	disturbed bool            // worth trying again: what went wrong may not do so twice

	calls  bool      // the peer takes part, on the way or in a step
	final  bool      // the step is the last one
	acting time.Time // when the first step began
	looked time.Time // when everybody else was looked at after it

	lasting    context.Context // until the attempt ends
	end        context.CancelFunc
	stragglers sync.WaitGroup // looks whose answers are not waited for any more

	mu           sync.Mutex // guards participants and the looks in ev
	participants map[string]*participant
}

func newAttempt(s *Stage, req *spec.Requirement, plan Plan, n int) *attempt {
	a := &attempt{
		Stage: s, req: req, parts: plan.Parts, path: plan.Path, rec: &client.Recorder{Requirement: req.ID},
		moves:  s.Catalogue.Moves(s.Target.Deployment, s.Target.Release),
		values: map[string]string{}, participants: map[string]*participant{},
		ev: &evidence.Evidence{
			Requirement: req.ID, Attempt: n, Target: s.Target, Cast: map[string]evidence.User{}, Started: time.Now(),
		},
	}
	a.lasting, a.end = context.WithCancel(context.Background())
	for actor, u := range plan.Parts {
		name := string(actor)
		if actor == spec.Self {
			name = "subject"
		}
		a.ev.Cast[name] = castUser(u)
		a.participant(u)
	}
	return a
}

// unreached ends an attempt that could not be brought about.
type unreached struct {
	why   string
	gap   evidence.Gap // the same as data
	again bool         // another attempt might do
}

func (u *unreached) Error() string { return u.why }

func (a *attempt) play(ctx context.Context) {
	returned := false
	defer func() {
		if !returned {
			a.restoreAll(ctx) // a panic must not cost anybody its state
			a.close()
		}
	}()
	err := a.act(ctx)
	if where, _ := a.stranded(); err != nil && where != nil && len(a.ev.Steps) == 0 {
		err = waitsFor(*where) // whatever the way failed at
	}
	var u *unreached
	switch {
	case err == nil:
	case errors.As(err, &u):
		a.ev.Unreached, a.disturbed, a.ev.Gap = u.why, u.again, u.gap
	default:
		a.ev.Unreached, a.ev.Gap = err.Error(), GapOf(err)
	}
	if ctx.Err() != nil && err != nil {
		a.ev.Unreached = "the run was stopped: " + context.Cause(ctx).Error()
		a.ev.Gap = evidence.Gap{Kind: evidence.GapEnded}
	}
	returned = true
	a.dragged()
	a.clean = err == nil && ctx.Err() == nil && !a.disturbed && a.proven()
	a.restoreAll(ctx)
	a.close()
}

// tokens makes sure that there are new access tokens for everybody who takes
// part: nobody is moved that could not be put back. Whoever was kept where it is
// goes back at once, and then they are waited for.
func (a *attempt) tokens(ctx context.Context) error {
	wait := a.Client.AwaitToken
	if slices.ContainsFunc(a.Cast.Usable(), func(u *fixtures.User) bool { return a.Users.Kept(u.ID) }) {
		wait = a.Client.Failing
	}
	for _, p := range a.cast() {
		if err := wait(ctx, p.user); err != nil {
			return &unreached{why: err.Error(), gap: evidence.Gap{Kind: evidence.GapOther}, again: true}
		}
	}
	return nil
}

// close completes the evidence, and ends what is still under way.
func (a *attempt) close() {
	a.collect(a.ev)
	a.end()
	a.stragglers.Wait()
	a.ev.Ended = time.Now()
}

// proven reports whether what was seen so far is what the guide says.
func (a *attempt) proven() bool {
	if !a.Stays {
		return false // nobody asks
	}
	ev := *a.ev
	ev.Observations = slices.Clone(ev.Observations)
	a.collect(&ev)
	v := a.Judge.Verdict(a.req, &ev)
	return v.Outcome == evidence.Passed || v.Outcome == evidence.Info
}

// act is the scenario itself.
func (a *attempt) act(ctx context.Context) error {
	a.castWitness()
	for _, u := range a.Cast.Usable() {
		if a.Users.Kept(u.ID) {
			a.participant(u)
		}
	}
	if err := a.tokens(ctx); err != nil {
		return err
	}
	others, err := a.survey(ctx)
	defer others() // nothing is asked any more when the scenario is over
	if err != nil {
		return err
	}
	subject := a.participant(a.parts[spec.Self])
	if where, hopeless := a.stranded(); hopeless && a.hasPath(subject) {
		return waitsFor(*where)
	}
	if err := a.together(ctx, subject); err != nil {
		return err
	}
	a.awaitRefused(ctx, subject)
	if err := a.outlast(ctx, subject); err != nil {
		return err
	}
	a.lookBefore(ctx, subject, others())
	a.values["id"], a.values["extension"] = subject.user.ID, subject.user.Extension
	a.acting = time.Now()
	for i := range a.req.Steps {
		a.final = i == len(a.req.Steps)-1
		if err := a.step(ctx, subject, a.req.Steps[i]); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
	switch {
	case !a.looked.IsZero():
	case subject.done.touched: // it has to be put back
		_, _ = a.lookAround(ctx, subject, evidence.ForReturn)
	default:
		a.looked = time.Now()
		a.lookAfter(ctx)
	}
	// The steps were watched to their end: nothing is under way any more,
	// also of those at whom nobody looked, such as the other party of a call.
	// Of the subject that is known already.
	a.watched(subject)
	return nil
}

// watched forgets what was asked for in the steps of everybody but one. What
// was asked on the way there and never seen stays open.
func (a *attempt) watched(except *participant) {
	for _, p := range a.cast() {
		if open, ok := a.Users.Open(p.user.ID); ok && p != except && !open.Since.Before(a.acting) {
			a.Users.Watched(p.user.ID)
		}
	}
}

// checkUndisturbed checks that a user still is where the last scenario left it.
func (a *attempt) checkUndisturbed(now evidence.Observation) error {
	left, ok := a.Users.Undisturbed(now)
	if ok {
		return nil
	}
	a.repetitions.interference()
	return &unreached{why: fmt.Sprintf("user %s is in %s, though the run left it in %s: somebody else acts on it",
		now.User, now.State, left.State), gap: evidence.Gap{Kind: evidence.GapInterference}, again: true}
}

// prepare brings everybody but the subject to where the part needs it:
// supervisors and a peer are signed in.
func (a *attempt) prepare(ctx context.Context, subject *participant) error {
	errs := make(map[*participant]error)
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Go(func() { a.placeWitness(ctx) })
	for _, p := range a.cast() {
		if p == subject || p.user == a.witness {
			continue
		}
		wg.Go(func() {
			a.restoreBeforeStart(ctx, p)
			if !a.signsIn(p) {
				return
			}
			if err := a.driveTo(ctx, p, spec.Given{State: spec.NotReady}); err != nil {
				mu.Lock()
				errs[p] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, p := range a.cast() {
		if err := errs[p]; err != nil {
			return err
		}
	}
	return nil
}

// part gives the part that a participant has, "" for none.
func (a *attempt) part(p *participant) spec.Actor {
	for actor, u := range a.parts {
		if u == p.user {
			return actor
		}
	}
	return ""
}

// signsIn reports whether somebody but the subject has to be signed in.
func (a *attempt) signsIn(p *participant) bool {
	switch a.part(p) {
	case spec.Supervisor, spec.ForeignSupervisor:
		return p.look.State != spec.Ready
	case spec.Peer:
		return a.calls
	case "":
		return false
	}
	return a.req.Given.Others[a.part(p)] != "" || a.acts(a.part(p))
}

// acts reports whether who plays a part asks for something for itself.
func (a *attempt) acts(part spec.Actor) bool {
	return slices.ContainsFunc(a.req.Steps, func(st spec.Step) bool {
		return slices.ContainsFunc(st.Whens(), func(w spec.When) bool { return w.Whom() == part && part != spec.Self })
	})
}

// mayCall reports whether the peer is needed: by a step, or on the path.
func (a *attempt) mayCall(path navigate.Path) bool {
	for _, s := range a.req.Steps {
		if slices.ContainsFunc(s.Whens(), func(w spec.When) bool { return w.Dialog == "MAKE_CALL" || w.By == spec.Peer }) {
			return true
		}
	}
	return slices.ContainsFunc(path.Moves, func(m *spec.Move) bool { return m.Action.Call != "" })
}

// collect adds the exchanges and notifications of the attempt to its evidence.
func (a *attempt) collect(ev *evidence.Evidence) {
	ev.Exchanges = a.rec.Exchanges()
	ev.Path = nil
	for _, n := range a.onPath {
		ev.Path = append(ev.Path, "user "+n.by.user.ID+": "+n.text)
	}
	if a.Events != nil {
		ev.Events = a.Events.Since(ev.Started)
	}
	for i := range ev.Events {
		e := &ev.Events[i]
		e.Index = i
		if e.Node != userPath(e.Session) {
			continue
		}
		if l, ok := evidence.ObservationOfEvent(*e); ok {
			l.User = e.Session
			ev.Observations = append(ev.Observations, l)
		}
	}
	slices.SortStableFunc(ev.Observations, func(x, y evidence.Observation) int { return x.At.Compare(y.At) })
}

func userPath(id string) string { return "/finesse/api/User/" + id }

// teamPath is the node of the changes of a user's team.
func teamPath(u *fixtures.User) string { return "/finesse/api/Team/" + u.Team + "/Users" }

// pause waits, and reports false when the context ended first.
func (a *attempt) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
