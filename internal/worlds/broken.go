package worlds

import (
	"fmt"
	"hash/fnv"
	"path"
	"regexp"
	"slices"
	"time"

	"finesse-conformance/fixtures/reference"
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

// Caught reports whether a requirement that the fault breaks failed. Where
// none did it says why this world need not show it, "" where there is no such
// reason.
func (w World) Caught(o Outcome) (caught bool, why string) {
	passed := false
	for _, id := range w.Breaks() {
		switch v, played := o.Verdicts[id]; {
		case !played:
		case v.Outcome == evidence.Failed:
			return true, ""
		case v.Outcome == evidence.Passed || v.Outcome == evidence.Info:
			passed = true
		case why == "":
			why = string(v.Outcome) + ": " + string(v.Gap.Kind)
		}
	}
	switch {
	case w.stoppedByFault(o):
		return true, ""
	case o.Stopped != nil && !w.Calm():
		return false, "the network, before anything could be certified"
	case passed:
		return false, w.masked(o)
	}
	return false, why
}

// stoppedByFault reports whether nothing could be certified, and the reason that
// is given is the fault.
func (w World) stoppedByFault(o Outcome) bool {
	return o.Stopped != nil && w.Fault != "" && regexp.MustCompile(w.fault().ReasonPattern).MatchString(o.Stopped.Error())
}

// masked says what of the world hides its fault, "" for nothing.
func (w World) masked(o Outcome) string {
	for _, id := range w.fault().Requires {
		if v := o.Verdicts[id]; v.Outcome == evidence.NotExercised || v.Outcome == evidence.NotApplicable {
			return "shows only where " + id + " is exercised"
		}
	}
	for _, m := range masks {
		if ok, _ := path.Match(m.fault, w.Fault); !ok {
			continue
		}
		if m.when != nil && m.when(w) {
			return "masked by " + m.by
		}
		for _, name := range slices.Concat(w.Choices, w.Harmless) {
			if ok, _ := path.Match(m.by, name); ok {
				return "masked by " + name
			}
		}
	}
	return ""
}

// masks are the choices, or what else a world may have, with which a fault is no
// deviation, or none that a client sees.
var masks = []struct {
	fault, by string
	when      func(World) bool
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
	// Another refusal comes before the one that the fault changes.
	{fault: "sign-in-unknown-device-500", by: "extension-*"},
	{fault: "reason-wrong-category-*", by: "unknown-reason-*"},
	{fault: "reason-code-for-id-500", by: "code-as-reason"},
	{fault: "event-error-*", by: "refusals-40?"},
	{fault: "occupied-extension-shared", by: "occupied-extension-taken-over"}, // that signs the other user out
	{fault: "call-state-refused-and-done", by: "call-states-event"},
	{fault: "type-misspelt-invalid-authorization-*", by: "authorization-*"},
	{fault: "type-misspelt-user-not-found", by: "not-found"},
	{fault: "type-misspelt-user-not-found", by: "unknown-user-401"},
	{fault: "event-*of-refused-request", by: "harmless-event-late"}, // later than anybody listens for nothing
	{fault: "user-doubled-settings", by: "harmless-settings-absent"},
	{fault: "event-escaped-twice", by: "harmless-event-late"}, // that publishes what was not escaped yet
	{fault: "ready-with-reason-ignored", by: "ready-reason-refused"},
	{fault: "reason-code-for-id-500", by: "unknown-reason-event"},
	{fault: "status-404-as-*", by: "unknown-user-401"},
	{fault: "sign-in-ready", by: "login-visible"}, // NOT_READY follows what shows
	{fault: "codes-*", by: "a target without reason codes", when: withoutCodes},
	{fault: "supervisor-code-of-other-deployment", by: "system-reasons-hidden"},
	{fault: "read-frozen-at-sign-in", by: "login-visible"}, // no change leads from LOGOUT to NOT_READY
	{fault: "fresh-reason-chosen", by: "a target without reason codes", when: withoutCodes},
	{fault: "one-wrong-password-locks", by: "users by token", when: func(w World) bool { return w.Tokens }},
	{fault: "not-ready-for-the-team", by: "a cast of two", when: func(w World) bool { return w.Users == 2 }},
	// Whose timer is as short need not be in wrap-up for longer.
	{fault: "work-does-not-last", by: "a short wrap-up timer", when: func(w World) bool { return w.WrapUp <= 2*max(w.Quiet, 2*time.Second) }},
	{fault: "change-time-*", by: "harmless-dead-phone"}, // where nobody else can sign in, nothing changes
}

func withoutCodes(w World) bool { return w.NoCodes }
