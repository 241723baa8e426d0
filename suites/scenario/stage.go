// Package scenario acts: for one requirement it chooses users, brings them
// into the precondition, does what the requirement says, watches what comes
// of it and puts everybody back. What it saw is evidence; what that means is
// for the judge.
//
// No other module is promised anything of it: see docs/stability.md.
package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/navigate"
	"finesse-conformance/suites/scenario/internal/users"
	"finesse-conformance/suites/scenario/retry"
)

// Stage is where the scenarios of one process play, one after the other.
type Stage struct {
	Catalogue *spec.Catalogue
	Judge     *judge.Judge
	Client    *client.Client
	Cast      *fixtures.Cast
	Stimuli   fixtures.Stimuli // fixtures.NoStimuli where there are none
	Events    Events           // nil without notifications
	Ledger    Ledger           // nil where nothing has to survive this process
	Target    evidence.Target
	Poll      time.Duration // between two GETs while waiting
	Dialogs   bool          // whether the target has the Dialog API
	Expected  bool          // a plan is made for a run that will have notifications
	Stays     bool          // who signs in may stay so for the next scenario; PutBack ends it
	Unheard   Unheard       // why there are none, where they are wanted
	OneNode   string        // why the other node is not watched, where it is configured

	// Explains tells of a requirement that is no clause but a walk what what
	// was seen comes to; nil for requirements whose outcomes say so.
	Explains Explainer

	// Unauthorized is shared by the stages that work on a target side by side;
	// nil where there is one.
	Unauthorized *Unauthorized

	Say func(format string, args ...any) // what a person should know; nil for nobody

	Users users.Records // what is known of each user

	signIns users.SignIns // on the users' own extensions
	device  bool          // nobody of the cast can sign in: that is the target's

	hedges      hedges
	pace        pace
	breakers    circuitBreakers
	repetitions repetitions
	teamReads   teamReads
	// bySupervisor has the states from which nothing but a supervisor's LOGOUT
	// brought a user back.
	bySupervisor sync.Map
}

// Events gives the notifications of a run.
type Events interface {
	// Since gives the events received at or after t, in order.
	Since(t time.Time) []evidence.Event
	// Wake gives a channel that is closed when the next event arrives.
	Wake() <-chan struct{}
	// Listens reports whether the user has a session of its own.
	Listens(user string) bool
	// Confirm makes sure that whatever was sent to the user's session before
	// the call has been heard. A session that does not answer is an outage.
	Confirm(ctx context.Context, user string)
	// Outage says in words whether the user's session was down at any moment
	// since t, "" if it was not.
	Outage(user string, t time.Time) string
	// Unsubscribed says in words why the user's session hears nothing on a
	// node that has to be subscribed to, "" where it does.
	Unsubscribed(user, node string) string
}

// Explainer knows what may come of what was done so far, when a requirement
// does not say so itself. The evidence ends with the step that is being
// watched; what of the subject was seen last is its last observation.
type Explainer interface {
	// Settled reports whether all that was asked for has come about or was
	// refused.
	Settled(req *spec.Requirement, so *evidence.Evidence) bool
	// Possible reports whether what was seen is possible at all.
	Possible(req *spec.Requirement, so *evidence.Evidence) bool
}

// Ledger is told before a user is touched and after it was put back, so that
// another process can put back whom this one no longer can.
type Ledger interface {
	Touch(user string, found evidence.Observation) error
	Returned(user string, now evidence.Observation) error
}

// exercise brings a requirement about and gives the verdict, with the
// evidence of every attempt.
func (s *Stage) exercise(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
	if ctx.Err() != nil {
		return s.untried(req, &impediment{"the run ended before it: " + context.Cause(ctx).Error(), evidence.Gap{Kind: evidence.GapEnded}}), nil
	}
	_, why := s.Plan(req)
	if why = cmp.Or(why, s.tooCostly(req)); why != nil {
		return s.untried(req, why), nil
	}
	var all []*evidence.Evidence
	var attempts []retry.Attempt
	var plan, first Plan // of this attempt and of the first
	used := map[*fixtures.User]int{}
	outages := 0
	for whom := retry.Others; ; {
		switch whom {
		case retry.Others:
			var err error
			if plan, err = s.choose(req, func(u *fixtures.User) int { return s.rank(req, u, used) }); err != nil {
				return s.untried(req, err), all
			}
		default:
			plan = first
		}
		if first.Parts == nil {
			first = plan
		}
		for _, u := range plan.Parts {
			used[u]++
			s.Users.TakesPart(u.ID, req.ID)
		}
		a := newAttempt(s, req, plan, len(all)+1)
		a.play(ctx)
		all = append(all, a.ev)
		if s.cutShort(ctx, a) && outages < mostOutages {
			outages++
			whom = retry.First // the same once more: it proves nothing, either way
			continue
		}
		if s.Explains == nil { // what a walk does at the same moment says nothing of a phone
			s.signIns.Add(a.ev, s.Cast.Users)
		}
		s.noteUnauthorized(a.ev)
		attempts = append(attempts, s.outcome(a, plan.Parts[spec.Self].ID))
		d := s.repetitions.decide(attempts, ctx.Err() != nil)
		if d.Next == retry.Nobody {
			d.Verdict.Duration = a.ev.Ended.Sub(all[0].Started)
			return d.Verdict, all
		}
		if attempts[len(attempts)-1].Verdict.Gap.Cause == evidence.CauseOutage {
			s.awaitSessions(ctx)
		}
		whom = d.Next
	}
}

// rank prefers users who were not used yet, not in earlier repetitions of the
// requirement either, who are where they were found and,
// where events decide, who were found signed out: for them the run can open a
// session that ends without signing anybody out. Where an earlier reason code
// may be shown, or reason codes are read, it prefers those who have one to
// choose: of a list without codes nothing is wrong.
func (s *Stage) rank(req *spec.Requirement, u *fixtures.User, used map[*fixtures.User]int) int {
	r := -4000*used[u] - 4*min(s.Users.Parts(u.ID, req.ID)-used[u], 900)
	if s.Users.WhyNotBack(u.ID) != "" {
		r -= 2
	}
	if s.Events != nil && hears(req) && !s.Events.Listens(u.ID) {
		r -= 4 // fewer sessions than users may be had
	}
	if u.ChoosesWrapUp() && fixtures.SwitchesWrapUp(req) {
		r -= 16 // a switch takes the choice away, and other requirements are about it
	}
	if req.Unauthorized() {
		r -= 8 * s.Users.Refusals(u.ID)
	}
	if home, known := s.Users.Initial(u.ID); known && home.State == spec.Logout && hears(req) {
		r++
	}
	if (req.Given.Fresh || req.Given.Reason || readsCodes(req)) && len(u.Codes[spec.CategoryNotReady]) > 0 {
		r++
	}
	return r
}

// readsCodes reports whether a requirement is about the list of reason codes.
func readsCodes(req *spec.Requirement) bool {
	return slices.ContainsFunc(req.Steps, func(s spec.Step) bool { return s.When.Get != nil && s.When.Get.What == spec.GetReasonCodes })
}

// hears reports whether what the subject's own node tells may decide.
func hears(req *spec.Requirement) bool {
	return req.Given.Notifications || slices.ContainsFunc(req.Steps, func(s spec.Step) bool {
		return slices.ContainsFunc(s.Then, func(out spec.Outcome) bool { return out.Kind == spec.Refused || out.Event != "" })
	})
}

// Unheard is why notifications are not listened to: in words, and as one of
// evidence's causes where the remedy of missing notifications is not the one.
type Unheard struct{ Why, Cause string }

// Plan is who plays a requirement, and the path of its subject into the
// precondition from being signed out; none where there is no state to be in.
type Plan struct {
	Parts fixtures.Parts
	Path  navigate.Path
}

// Plan plans a requirement. The error says why it cannot be exercised here, as
// far as that can be told without asking the target; [GapOf] tells the same as
// data.
func (s *Stage) Plan(req *spec.Requirement) (Plan, error) {
	not := func(why string, gap evidence.Gap) (Plan, error) { return Plan{}, &impediment{why, gap} }
	if req.Never != "" {
		return not(req.Never, evidence.Gap{Kind: evidence.GapNever})
	}
	if req.TwoNodes() && (s.Client == nil || s.Client.Other() == nil) {
		return not(cmp.Or(s.OneNode, "needs the other node of a system of two: target.nodes names none"), evidence.Gap{Kind: evidence.GapNodes})
	}
	if req.Given.Notifications && s.Events == nil && !s.Expected {
		if s.Unheard.Why != "" {
			return not("needs notifications, which are not listened to: "+s.Unheard.Why, evidence.Gap{Kind: evidence.GapNotifications, Cause: s.Unheard.Cause})
		}
		return not("needs notifications: none are configured", evidence.Gap{Kind: evidence.GapNotifications})
	}
	for _, step := range req.Steps {
		w := step.When
		switch {
		case w.Stimulus != "" && !s.Stimuli.Supports(w.Stimulus):
			return not("needs stimulus "+string(w.Stimulus), gapOfPiece(navigate.Piece{Kind: navigate.PieceStimulus, Stimulus: w.Stimulus}))
		case w.Dialog != "" && !s.Dialogs:
			return not("needs the Dialog API, which the target does not serve", evidence.Gap{Kind: evidence.GapTarget})
		}
	}
	return s.choose(req, nil)
}

// maxAssignments bounds the search for users of whom one can be brought into
// the precondition.
const maxAssignments = 200

// choose gives the parts to users who can play them here: among those who fit
// it takes the first whose subject has a way into the precondition.
func (s *Stage) choose(req *spec.Requirement, prefer func(*fixtures.User) int) (Plan, error) {
	var first error
	n := 0
	for parts := range s.Cast.Assignments(req, prefer) {
		plan, err := Plan{Parts: parts}, s.outlasted(req, parts[spec.Self])
		if req.Given.State != "" && err == nil {
			plan.Path, err = s.route(req, parts)
		}
		if err == nil {
			return plan, nil
		}
		if first == nil {
			first = err
		}
		if n++; n == maxAssignments {
			break
		}
	}
	if first == nil {
		_, first = s.Cast.Choose(req, prefer)
	}
	return Plan{}, first
}

// outlasted says why a step that waits for the subject's wrap-up timer cannot
// be done.
func (s *Stage) outlasted(req *spec.Requirement, u *fixtures.User) error {
	if !slices.ContainsFunc(req.Steps, func(st spec.Step) bool { return st.When.Timer != "" }) {
		return nil
	}
	switch t := u.WrapUpTimer; {
	case t <= 0:
		return &unreached{why: "needs the wrap-up timer of user " + u.ID + ", which the target does not tell", gap: evidence.Gap{Kind: evidence.GapTarget}}
	case t > s.Target.LongestWait:
		return &unreached{why: fmt.Sprintf("needs a longest_wait of at least %v: the wrap-up timer of user %s is that long", t, u.ID), gap: evidence.Gap{Kind: evidence.GapTime}}
	}
	return nil
}

func (s *Stage) untried(req *spec.Requirement, why error) evidence.Verdict {
	return evidence.Verdict{
		Requirement: req.ID, Outcome: evidence.NotExercised, Reason: why.Error(), Gap: GapOf(why),
		Step: -1, Exchange: -1, Event: -1, Clause: s.Catalogue.Cite(req.Sources[0]),
	}
}
