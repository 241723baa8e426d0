package worlds

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/selftest"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// DrawBroken draws a world with a fault that shows there.
func DrawBroken(seed uint64) World {
	w := Draw(seed)
	var faults []reference.Fault
	for _, f := range reference.Faults() {
		if f.AppliesTo(w.Kind) && !f.FailsPreflight && !f.Intermittent && (len(f.Breaks) > 0 || w.Notifications && len(f.BreaksWithEvents) > 0) {
			faults = append(faults, f)
		}
	}
	w.Fault = faults[w.source("fault").among(len(faults))].Name
	return w
}

// fault gives the world's.
func (w World) fault() reference.Fault {
	f, err := reference.FindFault(w.Fault)
	if err != nil {
		panic(err)
	}
	return f
}

// explains reports whether the failure of a requirement is the fault's.
func (w World) explains(id string) bool { return w.Fault != "" && w.fault().Explains(id) }

// Breaks are the ids that fail with the fault.
func (w World) Breaks() []string {
	f := w.fault()
	if w.Notifications {
		return slices.Concat(f.Breaks, f.BreaksWithEvents)
	}
	return f.Breaks
}

// Affordable picks what has to be played to see a fault: the requirements
// that it breaks, those that have to be exercised for it, and a few others.
func (w World) Affordable(all []suites.Item) []suites.Item {
	ids := slices.Concat(w.Breaks(), w.fault().Requires)
	const others = 4
	rank := func(i suites.Item) uint32 {
		h := fnv.New32a()
		fmt.Fprint(h, w.Seed, i.Requirement.ID)
		return h.Sum32()
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(i suites.Item) bool { return slices.Contains(ids, i.Requirement.ID) })
	slices.SortFunc(rest, func(a, b suites.Item) int { return int(int64(rank(a)) - int64(rank(b))) })
	for _, i := range rest[:min(others, len(rest))] {
		ids = append(ids, i.Requirement.ID)
	}
	return slices.DeleteFunc(slices.Clone(all), func(i suites.Item) bool { return !slices.Contains(ids, i.Requirement.ID) })
}

// Player plays a world with the items that are picked.
type Player func(w World, pick func([]suites.Item) []suites.Item) Outcome

// Excuse is why a world need not show its fault, and how another world proves
// that.
type Excuse struct {
	Why   string
	holds func(Player) bool
}

// Holds reports whether the excuse is proven: a deployment as this one, but for
// what is said to be the cause, shows the fault; and what is not exercised with
// the fault is not exercised without it either.
func (e *Excuse) Holds(play Player) bool { return e.holds(play) }

// or adds another excuse, nil for none, which counts where the first does not.
func (e *Excuse) or(other *Excuse) *Excuse {
	if other == nil {
		return e
	}
	return &Excuse{e.Why + ", or " + other.Why, func(play Player) bool { return e.holds(play) || other.holds(play) }}
}

// without excuses a world by one that differs in what hides the fault.
func without(why string, less World) *Excuse {
	return &Excuse{why, func(play Player) bool {
		caught, more := less.Caught(play(less, less.Affordable))
		return caught || more != nil && more.Holds(play)
	}}
}

// unexercised excuses a world in which requirements were not exercised: without
// the fault they are not either. What is lost on the way is not always lost at
// the same place; where nothing is, the fault has to be caught.
func (w World) unexercised(why string, ids []string) *Excuse {
	mended := w
	mended.Fault = ""
	e := &Excuse{why, func(play Player) bool {
		o := play(mended, w.Affordable)
		return o.Stopped == nil && !slices.ContainsFunc(ids, func(id string) bool { return exercised(o.Verdicts[id]) })
	}}
	if w.Calm() {
		return e
	}
	return e.or(without("disturbed", w.calmed()))
}

func exercised(v evidence.Verdict) bool {
	return v.Outcome == evidence.Passed || v.Outcome == evidence.Failed || v.Outcome == evidence.Info
}

// Caught reports whether a requirement that the fault breaks failed. Where
// none did it gives the reason why this world need not show it, nil where
// there is none.
func (w World) Caught(o Outcome) (caught bool, why *Excuse) {
	var open []string // not exercised
	passed, gap := false, ""
	for _, id := range w.Breaks() {
		switch v, played := o.Verdicts[id]; {
		case !played, v.Outcome == evidence.NotApplicable:
		case v.Outcome == evidence.Failed:
			return true, nil
		case exercised(v):
			passed = true
		default:
			open, gap = append(open, id), cmp.Or(gap, string(v.Outcome)+": "+string(v.Gap.Kind))
		}
	}
	switch {
	case w.stoppedByFault(o):
		return true, nil
	case o.Stopped != nil && !w.Calm():
		return false, without("the network, before anything could be certified", w.calmed())
	case passed:
		return false, w.masked(o)
	case gap != "":
		return false, w.unexercised(gap, open).or(w.masked(o))
	}
	return false, nil
}

// masked says what of the world hides its fault, nil for nothing.
func (w World) masked(o Outcome) *Excuse {
	for _, id := range w.fault().Requires {
		if v, played := o.Verdicts[id]; played && !exercised(v) {
			return w.unexercised("shows only where "+id+" is exercised", []string{id})
		}
	}
	for _, m := range masks {
		if ok, _ := path.Match(m.fault, w.Fault); !ok {
			continue
		}
		less := w
		if m.when != nil && m.when(&less) {
			return without("masked by "+m.by, less)
		}
		by := func(name string) bool { ok, _ := path.Match(m.by, name); return ok }
		less.Choices, less.Harmless = slices.DeleteFunc(slices.Clone(w.Choices), by), slices.DeleteFunc(slices.Clone(w.Harmless), by)
		if len(less.Choices) < len(w.Choices) || len(less.Harmless) < len(w.Harmless) {
			return without("masked by "+m.by, less)
		}
	}
	return nil
}

// calmed is the world with nothing lost on the way.
func (w World) calmed() World {
	w.Cut, w.Lost, w.Hang, w.Busy, w.Restart, w.Outage, w.Meddlers = 0, 0, 0, 0, 0, 0, 0
	return w
}

// stoppedByFault reports whether nothing could be certified, and the reason that
// is given is the fault.
func (w World) stoppedByFault(o Outcome) bool {
	signs, err := selftest.Signs()
	if err != nil {
		panic(err)
	}
	return slices.ContainsFunc(signs[w.Fault], func(s selftest.Sign) bool { return s.Stops(o.Stopped) })
}

// masks are the choices, or what else a world may have, with which a fault is no
// deviation, or none that a client sees. Where it is no choice, when takes it
// away and reports whether it was there.
var masks = []struct {
	fault, by string
	when      func(*World) bool
}{
	{fault: "supervisor-code-wrong", by: "system-reasons-hidden"},
	{fault: "supervisor-sign-out-code-wrong", by: "system-reasons-hidden"},
	{fault: "diverted-*-not-ready-accepted-preview-fails", by: "preview-failed-not-ready"},
	// What pends there is not refused.
	{fault: "signs-out-though-refused-from-reserved", by: "agent-logout-pending"},
	{fault: "signs-out-though-refused-from-reserved-outbound", by: "agent-logout-pending"},
	{fault: "signs-out-though-refused-from-talking", by: "agent-logout-pending"},
	{fault: "signs-out-though-refused-from-hold", by: "agent-logout-pending"},
	// A GET that does not say 404 is followed by nothing.
	{fault: "unknown-user-*", by: "unknown-user-401"},
	{fault: "ids-by-prefix", by: "unknown-user-401"},
	{fault: "reading-another-404", by: "harmless-unknown-user-hidden"}, // who is told 401 as well
	{fault: "unknown-user-200", by: "harmless-unknown-user-hidden"},    // to whom it says 401
	// Another refusal comes before the one that the fault changes.
	{fault: "sign-in-unknown-device*", by: "extension-*"},
	{fault: "reason-wrong-category*", by: "unknown-reason-*"},
	{fault: "reason-code-for-id-500", by: "code-as-reason"},
	{fault: "event-error-*", by: "refusals-40?"},
	{fault: "occupied-extension-shared", by: "occupied-extension-taken-over"}, // that signs the other user out
	{fault: "call-state-refused-and-done", by: "call-states-event"},
	{fault: "type-misspelt-invalid-authorization-*", by: "authorization-*"},
	{fault: "type-misspelt-user-not-found", by: "not-found"},
	{fault: "type-misspelt-user-not-found", by: "unknown-user-401"},
	{fault: "user-doubled-settings", by: "harmless-settings-absent"},
	{fault: "ready-with-reason-ignored", by: "ready-reason-refused"},
	{fault: "reason-given-with-ready", by: "ready-reason-refused"},
	{fault: "reason-kept-into-ready", by: "ready-reason-refused"},
	{fault: "supervisor-ready-in-wrap-up", by: "supervisor-ready-from-work-refused"},
	{fault: "reason-code-for-id-500", by: "unknown-reason-event"},
	{fault: "status-404-as-*", by: "unknown-user-401"},
	{fault: "sign-in-ready", by: "login-visible"}, // NOT_READY follows what shows
	{fault: "*reason*", by: "a target without reason codes", when: withoutCodes},
	{fault: "codes-*", by: "a target without reason codes", when: withoutCodes},
	{fault: "element-order-strict", by: "a target without reason codes", when: withoutCodes}, // none is sent
	{fault: "reason-of-another-team-500", by: "foreign-reason-accepted"},
	{fault: "reason-of-another-team-500", by: "unknown-reason-*"},
	{fault: "reason-unknown-accepted", by: "unknown-reason-event"},
	{fault: "event-other-request", by: "harmless-event-request-missing"},
	{fault: "event-other-request", by: "harmless-event-without-request"},
	{fault: "*-though-refused-*", by: "refusals-event"},    // the fault is of what is refused at once
	{fault: "uccx-leave-preview-*", by: "harmless-jitter"}, // later than anybody looks
	{fault: "uccx-leave-preview-*", by: "harmless-read-lags"},
	{fault: "wrap-up-timer-only", by: "harmless-settings-*"}, // as where wrap-up data are missing
	{fault: "wrap-up-timer-only", by: "a short wrap-up timer", when: shortTimer},
	{fault: "signs-out-though-refused-from-work*", by: "a short wrap-up timer", when: shortTimer},
	{fault: "supervisor-denied-work-to-logout", by: "a short wrap-up timer", when: shortTimer}, // it may have run out
	{fault: "preview-close-ignored", by: "a short reservation", when: func(w *World) bool { // it may end by itself while the change is waited for
		was := w.Reservation
		w.Reservation = 2 * time.Minute
		return was <= w.Settle+10*time.Second
	}},
	{fault: "sign-out-of-the-team", by: "a cast that is drawn", when: drawnCast}, // nobody else may be signed in
	{fault: "password-not-checked-in-session", by: "users by token", when: withoutTokens},
	{fault: "agents-read-their-team", by: "a cast that is drawn", when: drawnCast},        // the mates may not be in it
	{fault: "supervisor-ready-in-wrap-up", by: "a short wrap-up timer", when: shortTimer}, // which leads there too
	{fault: "supervisor-code-of-other-deployment", by: "system-reasons-hidden"},
	{fault: "read-frozen-at-sign-in", by: "login-visible"},                             // no change leads from LOGOUT to NOT_READY
	{fault: "ucce-outbound-not-left", by: "harmless-clocks-differ"},                    // who comes back at once has another time, too
	{fault: "fresh-reason-chosen", by: "login-visible"},                                // as above
	{fault: "wrap-up-none", by: "a wrap-up timer that is not told", when: timerUntold}, // it may have run out between two looks
	{fault: "one-wrong-password-locks", by: "users by token", when: withoutTokens},
	{fault: "ready-for-another-too", by: "a cast of one", when: func(w *World) bool { was := w.Users; w.Users = 0; return was == 1 }},
	{fault: "not-ready-for-the-team", by: "a cast of two", when: func(w *World) bool { was := w.Users; w.Users = 0; return was == 2 }},
	// Whose timer is as short need not be in wrap-up for longer.
	{fault: "work-does-not-last", by: "a short wrap-up timer", when: func(w *World) bool {
		was := w.WrapUp
		w.WrapUp = time.Minute
		return was <= 2*max(w.Quiet, 2*time.Second)
	}},
	{fault: "change-time-*", by: "harmless-dead-phone"}, // where nobody else can sign in, nothing changes
	{fault: "change-time-*", by: "harmless-busy-phone"},
	{fault: "signs-out-in-secret-from-*", by: "agent-logout-pending"},                    // what pends there is refused by nobody
	{fault: "sign-out-with-reason-refused", by: "a cast that is drawn", when: drawnCast}, // it may have none
	{fault: "event-uccx-*", by: "harmless-event-late"},                                   // later than anybody listens
	{fault: "event-error-*-of-devices", by: "extension-*"},                               // none is refused as a device
	{fault: "supervisor-not-ready-in-secret-*", by: "harmless-jitter"},                   // looks lag by seconds
	{fault: "signs-out-from-*", by: "harmless-slow"},                                     // signed out when the call is to be ended, seconds later
	{fault: "supervisor-ready-in-wrap-up", by: "a wrap-up timer that is not told", when: timerUntold},
	{fault: "diverted-*-not-work-*", by: "a wrap-up timer that is not told", when: timerUntold}, // it may have been as short
	{fault: "error-names-lower-case", by: "harmless-body-first"},                                // that answers in its place
	{fault: "user-500-on-call", by: "a cast that is drawn", when: drawnCast},                    // nobody is left to repeat it with
	{fault: "sign-*-ready-of-supervisors", by: "what is lost on the way", when: lossy},
	{fault: "sign-*-ready-of-supervisors", by: "a cast that is drawn", when: drawnCast},
	{fault: "password-in-other-case", by: "users by token", when: withoutTokens},
	{fault: "reason-of-the-team", by: "a cast that is drawn", when: drawnCast},               // nobody else may be signed in
	{fault: "sign-out-of-the-team", by: "a target without reason codes", when: withoutCodes}, // who has chosen none stays
	{fault: "wrap-up-none", by: "a short wrap-up timer", when: shortTimer},                   // it may have run out between two looks
	{fault: "withheld-work-ready-to-ready", by: "a short wrap-up timer", when: shortTimer},
	{fault: "empty-extension-taken", by: "harmless-slow"}, // signed in later than anybody looks
	{fault: "second-wish-signs-out", by: "pending-not-ready-stays"},
	{fault: "supervisor-not-ready-in-secret-*", by: "harmless-slow"}, // the way there takes seconds
	{fault: "event-of-foreign-request", by: "harmless-event-without-request"},
	{fault: "user-500-on-call", by: "harmless-busy-now-and-then"}, // 503 hides whether 500 is the answer
	{fault: "status-404-as-*", by: "harmless-unknown-user-hidden"},
	{fault: "sign-in-by-supervisor", by: "harmless-busy-phone"},
	{fault: "malformed-extension-*", by: "malformed-extension-*"},
	{fault: "refused-and-done-with-wrong-password", by: "harmless-blocks-after-five-401s"},
	{fault: "codes-hidden", by: "a cast that is drawn", when: drawnCast},
	{fault: "element-order-strict", by: "a cast that is drawn", when: drawnCast},
	{fault: "event-kind-*", by: "harmless-event-kind-lower-case"},
	{fault: "wrap-up-waits-*", by: "a short wrap-up timer", when: shortTimer},
	{fault: "wrap-up-waits-*", by: "a settle time as long as the wrap-up timer", when: func(w *World) bool {
		was := w.Settle >= w.WrapUp
		w.Settle = 0
		return was
	}},
	{fault: "wrap-up-waits-*", by: "harmless-settings-empty"}, // it may owe wrap-up data
	{fault: "malformed-extension-*", by: "harmless-busy-phone"},
	{fault: "uccx-work-not-ready-as-ready", by: "a short wrap-up timer", when: shortTimer},
	{fault: "team-talking-late", by: "harmless-clocks-differ"}, // which of two states is the later nobody can tell
	{fault: "error-content-type", by: "harmless-body-first"},   // that answers in its place
	{fault: "type-misspelt-user-not-found", by: "harmless-unknown-user-hidden"},
	{fault: "reason-of-not-ready-signing-out-500", by: "any-reason-signs-out"},
	{fault: "read-by-name-404", by: "a release before 12.5(1)", when: timerUntold},
	{fault: "signs-out-*from-*", by: "harmless-dead-phone"}, // nobody is left to repeat it with
	{fault: "not-ready-for-the-team", by: "harmless-dead-phone"},
	{fault: "diverted-*", by: "harmless-jitter"},
	{fault: "diverted-*", by: "what comes seconds later", when: func(w *World) bool {
		was := len(w.Harmless)
		w.Harmless = slices.DeleteFunc(slices.Clone(w.Harmless), func(h string) bool { return slices.Contains([]string{"harmless-slow", "harmless-jitter"}, h) })
		return len(w.Harmless) < was
	}},
	{fault: "undone-*", by: "harmless-read-lags"},                   // it looks signed out still, and is no longer
	{fault: "event-pending-without", by: "pending-quiet"},           // no event tells what is pending
	{fault: "wrap-up-not-ready-before", by: "not-ready-after-call"}, // no wrap-up follows
	{fault: "event-pending-as-done", by: "pending-hidden"},
	{fault: "event-of-foreign-request", by: "harmless-event-request-missing"},
	{fault: "event-preview-change", by: "harmless-event-late"}, // later than anybody listens
	{fault: "event-error-late", by: "harmless-event-late"},
	{fault: "state-missing-*", by: "harmless-body-first"},     // that answers in its place
	{fault: "empty-extension-taken", by: "empty-extension-*"}, // another refusal comes first
	{fault: "supervisor-ready-of-the-team", by: "a target without reason codes", when: withoutCodes},
	{fault: "supervisor-ready-of-the-team", by: "harmless-b*"}, // whom the phone keeps out, or who is answered first
	{fault: "work-does-not-last", by: "a wrap-up timer that is not told", when: timerUntold},
	{fault: "reason-lost-from-*", by: "two clocks", when: func(w *World) bool { // another time of one stay passes for a return to it
		was := w.Skew
		w.Skew = 0
		return was != 0
	}},
}

func drawnCast(w *World) bool {
	was := w.Users
	w.Users = 0
	return was > 0
}

func shortTimer(w *World) bool {
	was := w.WrapUp
	w.WrapUp = time.Minute
	return was <= 5*time.Second
}

// timerUntold takes away that a release has no wrapUpTimer, and no reads by name.
func timerUntold(w *World) bool {
	was := w.Release
	w.Release = "12.6(2)"
	return was == "12.0(1)"
}

func lossy(w *World) bool {
	was := w.Calm()
	*w = w.calmed()
	return !was
}

func withoutTokens(w *World) bool {
	was := w.Tokens
	w.Tokens = false
	return was
}

func withoutCodes(w *World) bool {
	was := w.NoCodes
	w.NoCodes = false
	return was
}
