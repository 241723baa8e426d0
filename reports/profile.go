package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Profile is what became of a part of the catalogue that can be certified by
// itself. It is Conformant where every MUST and EITHER requirement of it that
// applies to the target was exercised and held, Nonconformant where one
// failed, else Incomplete.
type Profile struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Asked     bool     `json:"asked,omitempty"` // named by --profile
	Verdict   Word     `json:"verdict"`
	Required  int      `json:"required"`  // MUST and EITHER requirements that apply to the target
	Exercised int      `json:"exercised"` // of these, how many were put to the test
	Info      int      `json:"info"`      // INFO requirements that apply, which prove nothing either way
	Recorded  int      `json:"recorded"`  // of these, how many were exercised
	Failed    int      `json:"failed"`
	Missing   []string `json:"missing,omitempty"` // not exercised, or their failure is waived
}

// applies reports whether the target can be asked for the profile: whether one
// of its requirements applies to it.
func (p *Profile) applies() bool { return p.Required+p.Info > 0 }

// The words of a profile that has no verdict.
const (
	wordNotApplicable = "not applicable"
	wordRecorded      = "recorded"
	wordNotExercised  = "not exercised"
)

// Word is the verdict in a word that also tells a profile of which nothing was
// exercised, one that does not apply to the target, and one that only records.
func (p *Profile) Word() string {
	switch {
	case !p.applies():
		return wordNotApplicable
	case p.Required == 0 && p.Recorded > 0:
		return wordRecorded
	case p.Exercised == 0:
		return wordNotExercised
	}
	return p.Verdict.Words()
}

// Words say the verdict and on what it rests.
func (p *Profile) Words() string {
	if p.Word() != Incomplete.Words() {
		return p.Word()
	}
	return fmt.Sprintf("%s, without %d of %d: %s", p.Word(), len(p.Missing), p.Required, text.Few(p.Missing, 6))
}

// concludeProfiles works out from the rows what became of each profile.
func (r *Result) concludeProfiles() {
	for i := range r.Profiles {
		was := &r.Profiles[i]
		p := Profile{Name: was.Name, Title: was.Title, Verdict: Conformant}
		p.Asked = slices.ContainsFunc(r.Settings.Profiles, func(name string) bool { return strings.EqualFold(name, p.Name) })
		for k := range r.Requirements {
			if row := &r.Requirements[k]; slices.Contains(row.Profiles, p.Name) {
				p.count(row)
			}
		}
		switch {
		case p.Failed > 0:
			p.Verdict = Nonconformant
		case len(p.Missing) > 0 || p.Required == 0:
			p.Verdict = Incomplete
		}
		r.Profiles[i] = p
	}
}

func (p *Profile) count(row *Row) {
	switch {
	case row.Outcome == evidence.NotApplicable:
		return
	case row.Level == string(spec.Info):
		p.Info++
		if row.Exercised() {
			p.Recorded++
		}
		return
	}
	p.Required++
	if row.Exercised() {
		p.Exercised++
	}
	switch row.Outcome {
	case evidence.Failed:
		p.Failed++
	case evidence.Passed:
	default:
		p.Missing = append(p.Missing, row.ID)
	}
}

// ProfileWords say of all profiles that apply to the target what became of
// them: "conformant: core, supervisor; calls not exercised". It is "" where the
// result knows of none.
//
// Where profiles were asked for, one of the others that is not whole was not
// exercised, whatever of it is in those as well.
func (r *Result) ProfileWords() string {
	words := r.profileVerdicts()
	if list := r.profilesBy()[wordNotExercised]; len(list) > 0 {
		words = append(words, strings.Join(list, ", ")+" "+wordNotExercised)
	}
	return strings.Join(words, "; ")
}

// profileWord is the word of a profile in this run: where profiles were asked
// for, one of the others that is not whole was not exercised.
func (r *Result) profileWord(p *Profile) string {
	word := p.Word()
	if r.Scope == ScopeProfiles && !p.Asked && word == Incomplete.Words() {
		return wordNotExercised
	}
	return word
}

// profilesBy gives the names of the profiles by their words.
func (r *Result) profilesBy() map[string][]string {
	names := map[string][]string{}
	for i := range r.Profiles {
		p := &r.Profiles[i]
		word := r.profileWord(p)
		names[word] = append(names[word], p.Name)
	}
	return names
}

// profileVerdicts say of the profiles that were exercised what became of them.
func (r *Result) profileVerdicts() []string {
	names := r.profilesBy()
	var words []string
	for _, verdict := range []Word{Nonconformant, Conformant, Incomplete} {
		if list := names[verdict.Words()]; len(list) > 0 {
			words = append(words, verdict.Words()+": "+strings.Join(list, ", "))
		}
	}
	if list := names[wordRecorded]; len(list) > 0 {
		words = append(words, "recorded: "+strings.Join(list, ", "))
	}
	return words
}

// profileHeadline begins with the verdict, whatever became of the profiles.
func (r *Result) profileHeadline(words string) string {
	verdict := r.Verdict.Words()
	if words == "" || strings.HasPrefix(words, verdict+": ") {
		return cmp.Or(words, verdict)
	}
	return verdict + "; " + words
}

// ShortHeadline is the headline where there is little room: without the
// profiles that were not exercised.
func (r *Result) ShortHeadline() string {
	if r.Scope != ScopeProfiles {
		return r.Headline()
	}
	return r.profileHeadline(strings.Join(r.profileVerdicts(), "; "))
}

// profilesTooLittle says which of the profiles that were asked for is not
// whole, or "".
func (r *Result) profilesTooLittle() string {
	if r.Scope != ScopeProfiles {
		return ""
	}
	var some []string
	for i := range r.Profiles {
		if p := &r.Profiles[i]; p.Asked && len(p.Missing) > 0 {
			some = append(some, fmt.Sprintf("%s lacks %d of %d (%s)", p.Name, len(p.Missing), p.Required, text.Few(p.Missing, 3)))
		}
	}
	if len(some) == 0 {
		return ""
	}
	return "a profile that was asked for is incomplete: " + strings.Join(some, "; ")
}

// Words is the verdict as people read it.
func (w Word) Words() string {
	if w == Nonconformant {
		return "not conformant"
	}
	return string(w)
}

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
