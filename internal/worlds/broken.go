package worlds

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// DrawBroken draws a world with a fault that shows there.
func DrawBroken(seed uint64) World {
	w := Draw(seed)
	var faults []reference.Fault
	for _, f := range reference.Faults() {
		if f.AppliesTo(w.Kind) && !f.FailsPreflight && !f.Intermittent && (w.Notifications || len(f.Breaks) > 0) {
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
	case o.Stopped != nil && !w.Calm():
		return false, "the network, before anything could be certified"
	case passed:
		return false, w.masked()
	}
	return false, why
}

// masked says which of the world's own choices hides its fault, "" for none.
func (w World) masked() string {
	for _, m := range masks {
		if ok, _ := path.Match(m.fault, w.Fault); ok && (slices.Contains(w.Choices, m.by) || slices.Contains(w.Harmless, m.by)) {
			return "masked by " + m.by
		}
	}
	return ""
}

// masks are the choices with which a fault is no deviation, or none that a
// client sees.
var masks = []struct{ fault, by string }{
	{"supervisor-code-wrong", "system-reasons-hidden"},
	{"supervisor-sign-out-code-wrong", "system-reasons-hidden"},
	{"diverted-*-not-ready-accepted-preview-fails", "preview-failed-not-ready"},
	{"signs-out-though-refused-from-reserved", "agent-logout-pending"}, // and nothing is refused there
	{"signs-out-though-refused-from-reserved-outbound", "agent-logout-pending"},
	{"signs-out-though-refused-from-talking", "agent-logout-pending"},
	{"signs-out-though-refused-from-hold", "agent-logout-pending"},
	{"change-time-*", "harmless-dead-phone"}, // where nobody else can sign in, nothing changes
}
