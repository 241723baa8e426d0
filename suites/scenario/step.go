package scenario

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/scenario/internal/users"
)

// step does one step of the requirement and watches what comes of it.
func (a *attempt) step(ctx context.Context, subject *participant, st spec.Step) error {
	step := evidence.Step{Exchange: -1, Converged: -1, Baseline: subject.look}
	if err := a.ready(ctx, subject, st, &step); err != nil {
		return err
	}
	if step.Skipped != "" {
		a.ev.Steps = append(a.ev.Steps, step)
		return nil
	}
	delete(a.values, "request_id")
	step.Sent = time.Now()
	step.Exchanges = &evidence.Range{First: a.rec.Len()}
	if a.Events != nil {
		_, all := a.heard(step.Sent)
		step.Events = &evidence.Range{First: all}
	}
	x, err := a.do(ctx, subject, st, &step)
	if err != nil {
		return err
	}
	a.waits(time.Since(step.Sent))
	step.Answered = time.Now()
	if x != nil {
		step.Exchange = x.Index
		// The way to the request (waiting for a call to get so far) is not
		// part of what is judged.
		first := *x
		for _, o := range a.rec.Exchanges()[step.Exchanges.First:x.Index] {
			if o.WrongPassword && x.WrongPassword {
				first = o // of several, see resembling
				break
			}
		}
		step.Sent, step.Exchanges.First = first.Started, first.Index
		if step.Events != nil {
			before, _ := a.heard(first.Started)
			step.Events.First = max(step.Events.First, before)
		}
		if challenge := x.ResponseHeader["Www-Authenticate"]; x.Status == http.StatusUnauthorized {
			challenge = cmp.Or(challenge, "none")
			fact(&step, "WWW-Authenticate", challenge)
		}
	}
	step.Values = maps.Clone(a.values)
	if step.Skipped != "" {
		a.ev.Steps = append(a.ev.Steps, step)
		return nil
	}
	other := a.watchOtherNode(ctx, subject, st, &step)
	err = a.watch(ctx, subject, st, &step)
	other.end(a, st, &step)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // what was not watched to the end proves nothing
	}
	a.seen(subject, st, step)
	possible := a.Explains == nil || a.Explains.Possible(a.req, a.upTo(&step))
	a.ev.Steps = append(a.ev.Steps, step)
	a.readTeam(ctx, subject)
	a.follow(subject, st, x != nil && x.Status/100 == 2 && !a.refusedByEvent(subject, &step))
	if !possible {
		// Nothing that is done from here on would prove anything.
		return &unreached{why: "what was seen is not possible", gap: evidence.Gap{Kind: evidence.GapOther}}
	}
	return nil
}

// ready brings the subject to where a step begins, or notes why it is left out.
func (a *attempt) ready(ctx context.Context, subject *participant, st spec.Step, step *evidence.Step) error {
	if st.Later && !judge.MayBeTimer(a.soFar(), a.ev.Steps[len(a.ev.Steps)-1]) {
		step.Skipped = "the timer cannot have made the change"
		return nil
	}
	if st.Again {
		var err error
		a.phase(func() { err = a.given(ctx, subject, a.req.Given) })
		if err != nil {
			return err
		}
		if st.Later {
			a.another(ctx, subject)
			if _, err := a.look(ctx, subject, evidence.ForPath); err != nil {
				return &unreached{why: fmt.Sprintf("user %s: %v", subject.user.ID, err), again: true}
			}
		}
		step.Baseline = subject.look
	}
	if st.Unless != "" && subject.look.State == st.Unless {
		step.Skipped = "the user is in " + string(st.Unless) + " already"
	}
	return nil
}

// do does what the step says. The exchange is nil where it is no request
// under test.
func (a *attempt) do(ctx context.Context, subject *participant, st spec.Step, step *evidence.Step) (*evidence.Exchange, error) {
	w := st.When
	switch {
	case len(st.Together)+len(st.Following) > 0:
		return a.several(ctx, subject, st, step)
	case w.Put != nil:
		why := a.leftOut(subject, w.Put.OnlyIf)
		if w.Put.Credentials == spec.CredentialsExpired {
			why = a.expire(ctx, subject)
		}
		if why != "" {
			step.Skipped = why
			return nil, nil
		}
		x, err := a.put(ctx, subject, w.By, w.Put)
		return &x, err
	case w.Get != nil:
		x := a.readStep(ctx, subject, st)
		return &x, nil
	case w.Method != "":
		if err := a.touch(subject); err != nil {
			return nil, err
		}
		x := a.send(ctx, client.Call{
			As: a.signer(w.By), Method: w.Method, Path: userPath(subject.user.ID), ContentType: "application/xml",
			Body: "<User><state>READY</state></User>", Purpose: evidence.ForAct, RequestID: a.newRequestID(),
		})
		return &x, nil
	case w.Dialog == "MAKE_CALL":
		from, to := a.participant(a.signer(w.By)), a.participant(a.parts[spec.Peer])
		if w.By == spec.Peer {
			from, to = to, subject
		}
		x, err := a.makeCall(ctx, from, to, evidence.ForAct)
		if err == nil && x.Status < 400 && slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.Kind == spec.Reaches }) {
			// Who is called answers; where nothing rings there is nothing to
			// answer, and the caller's state says so.
			_, _ = a.dialog(ctx, to, "ANSWER", evidence.ForPath)
		}
		return &x, err
	case w.Dialog != "":
		x, err := a.dialogUnderTest(ctx, a.participant(a.signer(w.By)), st)
		return &x, err
	case w.Stimulus != "":
		return nil, a.stimulate(ctx, subject, w.Stimulus)
	case w.Timer != "":
		return nil, nil // waited for in watching what comes of it
	case w.EndCall:
		if w.ByCaller && subject.situation.Call == spec.CallRouted && a.Stimuli.Supports(spec.CallerHangup) {
			return nil, a.stimulate(ctx, subject, spec.CallerHangup)
		}
		return nil, a.hangUp(ctx, subject)
	case w.Probe != "":
		return nil, a.probe(ctx, w.Probe, step)
	}
	return nil, &unreached{why: "this program does not know how to do a step of " + a.req.ID, gap: evidence.Gap{Kind: evidence.GapOther}}
}

// dialogUnderTest makes the Dialog request of a step. One that the target may
// refuse is sent also where it is not offered.
func (a *attempt) dialogUnderTest(ctx context.Context, p *participant, st spec.Step) (evidence.Exchange, error) {
	mayRefuse := slices.ContainsFunc(st.Then, func(out spec.Outcome) bool {
		return out.Kind == spec.Answer && slices.Contains(out.Status, 4)
	})
	if !mayRefuse {
		return a.dialog(ctx, p, st.When.Dialog, evidence.ForAct)
	}
	d, err := a.dialogFor(ctx, p, st.When.Dialog, a.Target.Quiet)
	if err != nil {
		list, _ := a.dialogs(ctx, p, evidence.ForPath)
		list = slices.DeleteFunc(list, dialogView.over)
		if len(list) == 0 {
			return evidence.Exchange{}, err
		}
		d = list[0]
	}
	return a.actOn(ctx, p, d, st.When.Dialog, evidence.ForAct)
}

// leftOut says why a PUT is left out, after what the GET in the step before
// said; "" where it is sent.
func (a *attempt) leftOut(subject *participant, onlyIf string) string {
	n := len(a.ev.Steps)
	if onlyIf == "" || n == 0 || a.ev.Steps[n-1].Exchange < 0 {
		return ""
	}
	x := a.rec.Exchanges()[a.ev.Steps[n-1].Exchange]
	switch {
	case onlyIf == spec.OnlyIfUnknown && x.Status != http.StatusNotFound:
		return "the GET did not say that the user does not exist"
	case onlyIf == spec.OnlyIfOwn && !shows(x, "User/loginId", subject.user.ID):
		return "the GET by the login name did not show the user"
	}
	return ""
}

// leeway is how long after its end a target may still take an access token:
// clocks differ (RFC 7519 §4.1.4). It is this many times the settle time.
const leeway = 3

// expire waits until an access token that the subject has or had is one that a
// target has to refuse, or says why there is none.
func (a *attempt) expire(ctx context.Context, subject *participant) string {
	token, ok := a.Client.Expiring(subject.user)
	due := time.Until(token.Expires) + leeway*a.Target.Settle
	switch {
	case !ok:
		return "no access token of the user is known to expire"
	case due > a.Target.LongestWait:
		return "no access token of the user has expired for long enough"
	}
	for end := time.Now().Add(due); time.Now().Before(end); {
		if err := a.Client.Failing(ctx, subject.user); err != nil { // it has to be put back while that can be done
			return err.Error()
		}
		if !a.pause(ctx, min(time.Second, time.Until(end))) {
			return "the run was stopped"
		}
	}
	a.expired = token.Text
	return ""
}

// hangUp ends the subject's call as the step under test: by DROP where the
// target offers it, else by the other party.
func (a *attempt) hangUp(ctx context.Context, p *participant) error {
	list, err := a.dialogs(ctx, p, evidence.ForPath)
	if err != nil {
		return &unreached{why: "the call could not be ended: " + err.Error(), gap: evidence.Gap{Kind: evidence.GapPath}, again: true}
	}
	before := p.look
	tried := map[string]int{}
	if a.accepted() {
		tried[leaving] = 1 // it would take the place of what waits for the end
	}
	ways := len(tried)
	if err := a.endOne(ctx, p, list, tried, evidence.ForPath); err != nil {
		return &unreached{why: "the call could not be ended: " + err.Error(), gap: evidence.Gap{Kind: evidence.GapPath}, again: true}
	}
	if len(tried) == ways {
		return &unreached{why: fmt.Sprintf("the call in %s could not be ended: the target offers no way, and no stimulus does", before.State), gap: evidence.Gap{Kind: evidence.GapPath}}
	}
	return nil
}

// accepted reports whether a change of state was accepted in a step before.
func (a *attempt) accepted() bool {
	for i, step := range a.ev.Steps {
		if a.req.Steps[i].When.Put != nil && a.answer(step)/100 == 2 {
			return true
		}
	}
	return false
}

// another waits for another moment of the wrap-up timer than that at which
// the step before was made.
func (a *attempt) another(ctx context.Context, p *participant) {
	moment := p.wrapped.Add(p.user.WrapUpTimer * 2 / 5)
	if left := time.Until(moment); left > 0 {
		a.waits(left)
		a.pause(ctx, left)
	}
}

// seen notes that what was asked for was watched to the end. A change that
// was accepted and did not come in time may still come.
func (a *attempt) seen(subject *participant, st spec.Step, step evidence.Step) {
	a.watched(nil)
	open, still := users.Open{Since: step.Answered, From: step.Baseline.State}, false
	if sought, _ := a.sought(subject, st, step); len(sought) > 0 && step.Converged < 0 && !a.refusedByEvent(subject, &step) {
		open.Late, still = true, true
		open.Unheard = a.Events == nil && slices.ContainsFunc(a.allowed(st.Then), func(out spec.Outcome) bool { return out.Kind == spec.Refused })
	}
	// Without an answer, or with one of a server in trouble, what was asked may
	// be under way all the same.
	status := a.answer(step)
	if lost := step.Exchange >= 0 && (status == 0 || status >= 500); lost && st.When.Get == nil && subject.look.State == step.Baseline.State {
		still = true
	}
	if still {
		a.Users.StillOpen(subject.user.ID, open)
	}
}

// follow keeps the situation of the subject up with what the step did.
func (a *attempt) follow(p *participant, st spec.Step, taken bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := st.When
	switch {
	case w.Whom() != spec.Self: // nothing was done to this one
	case w.Put != nil && p.look.State.OnCall() && p.look.Pending != "":
		p.situation.Pending = spec.State(p.look.Pending) // the target tells
	case w.Put != nil && p.look.State.OnCall():
		// Most targets show no pending state: what was taken may be one.
		if s := spec.State(w.Put.State); taken && (s == spec.Ready || s == spec.NotReady) {
			p.situation.Pending = s
		}
	case w.Stimulus == spec.RouteCall:
		p.situation.Call, p.situation.Was = spec.CallRouted, spec.Ready
	case w.Stimulus == spec.ReserveOutbound:
		p.situation.Call, p.situation.Was = spec.CallOutbound, spec.Ready
	case w.Stimulus == spec.ReservePreview:
		p.situation.Call, p.situation.Was = spec.CallPreview, spec.Ready
	case w.EndCall:
		p.situation.Call, p.situation.Was, p.situation.Pending = "", "", ""
	}
}

func fact(step *evidence.Step, name, text string) {
	if step.Facts == nil {
		step.Facts = map[string]string{}
	}
	step.Facts[name] = strings.TrimSpace(text)
}
