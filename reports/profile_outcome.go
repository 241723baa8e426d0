package reports

import "finesse-conformance/suites/evidence"

// ProfileOutcome is what became of a profile in a run, in a word: conformant,
// not conformant, incomplete, recorded, not exercised or not applicable.
type ProfileOutcome struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
}

// ProfileOutcomes says of each profile what became of it, in the contract's
// order. There is none in results of programs that knew no profiles.
func (r *Result) ProfileOutcomes() []ProfileOutcome {
	var all []ProfileOutcome
	for i := range r.Profiles {
		all = append(all, ProfileOutcome{r.Profiles[i].Name, r.profileWord(&r.Profiles[i])})
	}
	return all
}

// Applies reports whether the target can be asked for the profile.
func (o ProfileOutcome) Applies() bool { return o.Outcome != "" && o.Outcome != wordNotApplicable }

// Exercised reports whether anything of the profile was put to the test.
func (o ProfileOutcome) Exercised() bool { return o.Applies() && o.Outcome != wordNotExercised }

// Alike is the outcome of a requirement that has the colour and the icon of the
// profile's.
func (o ProfileOutcome) Alike() evidence.Outcome {
	switch o.Outcome {
	case Conformant.Words():
		return evidence.Passed
	case Nonconformant.Words():
		return evidence.Failed
	case Incomplete.Words():
		return evidence.Waived
	case wordRecorded:
		return evidence.Info
	case wordNotApplicable:
		return evidence.NotApplicable
	}
	return evidence.NotExercised
}
