package selftest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/suites/evidence"
)

// finding is one requirement in one trial, and why it is as it is.
type finding struct {
	Requirement string `json:"requirement"`
	Reason      string `json:"reason"`
}

// caught are the requirements that failed as they must.
func (t *trial) caught() []finding {
	var list []finding
	if t.fault == nil {
		return nil
	}
	if t.fault.FailsPreflight {
		if t.stopped != nil && t.explained(evidence.Verdict{}) {
			list = append(list, finding{"preflight", t.stopped.Error()})
		}
		return list
	}
	for _, id := range t.must {
		if v := t.verdicts[id]; v.Outcome == evidence.Failed && t.explained(v) {
			list = append(list, finding{id, told(v)})
		}
	}
	return list
}

// explained reports whether a failure shows a sign of the fault. What is found
// between the requirements has none but that it was found.
func (t *trial) explained(v evidence.Verdict) bool {
	return t.fault.FoundBy != "" || slices.ContainsFunc(t.signs, t.signOf(v).shows)
}

// survived are the requirements that a fault must break and did not, or for
// another reason.
func (t *trial) survived() []finding {
	if t.fault == nil {
		return nil
	}
	caught := t.caught()
	if t.fault.FailsPreflight || t.fault.Intermittent && len(caught) > 0 {
		if len(caught) == 0 {
			return []finding{{"preflight", fmt.Sprintf("ended with %v", t.stopped)}}
		}
		return nil
	}
	var list []finding
	for _, id := range t.must {
		if slices.ContainsFunc(caught, func(f finding) bool { return f.Requirement == id }) {
			continue
		}
		v, there := t.verdicts[id]
		switch {
		case !there && t.stopped != nil:
			list = append(list, finding{id, "the preflight ended it: " + t.stopped.Error()})
		case !there:
			list = append(list, finding{id, "was not reached"})
		case v.Outcome == evidence.Failed:
			list = append(list, finding{id, fmt.Sprintf("failed with another sign than %v: %v, %s", t.signs, t.signOf(v), told(v))})
		default:
			list = append(list, finding{id, string(v.Outcome) + ": " + v.Reason + v.Observed.Note})
		}
	}
	return list
}

// unexplained are failures that the fault, or nothing at all, explains.
func (t *trial) unexplained() []finding {
	var list []finding
	for _, id := range slices.Sorted(maps.Keys(t.verdicts)) {
		v := t.verdicts[id]
		if v.Outcome == evidence.Failed && (t.fault == nil || !t.fault.Explains(id)) {
			list = append(list, finding{id, v.Reason})
		}
		if t.fault == nil && v.Outcome == evidence.NotExercised && !t.gap(id) {
			list = append(list, finding{id, "not exercised: " + v.Reason})
		}
	}
	if t.stopped != nil && (t.fault == nil || !t.fault.FailsPreflight && len(t.verdicts) == 0) {
		list = append(list, finding{"preflight", t.stopped.Error()})
	}
	return list
}

// gap reports whether a requirement cannot be exercised on a variant of the
// conformant reference.
func (t *trial) gap(id string) bool {
	v := t.verdicts[id]
	switch {
	case id == "TRN-UCCE-01": // nothing leads into UNKNOWN
		return true
	case slices.Contains(t.faults, "harmless-blocks-after-five-401s"): // it ends the run
		return true
	case v.Gap.Kind == evidence.GapNodes: // the reference of a trial is one node
		return true
	case !t.heard && v.Gap.Kind == evidence.GapNotifications:
		return true
	case v.Gap.Kind == evidence.GapTarget: // no asynchronous error where it refuses at once
		return t.behaviour.Refusals == reference.RefuseAtOnce400 || t.behaviour.Refusals == reference.RefuseAtOnce401
	case id == "SUP-22": // needs somebody whom the target says that it does not know
		return t.behaviour.UnknownUser == http.StatusUnauthorized
	case slices.Contains(t.faults, "harmless-settings-absent"), slices.Contains(t.faults, "harmless-settings-empty"): // who wraps up and who may choose a device, they tell
		return v.Gap.Kind == evidence.GapCast || v.Gap.Kind == evidence.GapWrapUp
	case t.behaviour.NoWorkOnUCCX: // no wrap-up
		return true
	}
	return false
}

// asExpected reports whether everything came out as it should.
func (t *trial) asExpected() bool { return len(t.survived()) == 0 && len(t.unexplained()) == 0 }

// told is the reason of a verdict and the place in the document that decided.
func told(v evidence.Verdict) string {
	if v.XPath == "" {
		return v.Reason
	}
	return v.Reason + " [" + v.XPath + "]"
}
