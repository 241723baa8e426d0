package reports

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// The exit codes of a run.
const (
	ExitConformant    = exit.Conformant
	ExitNonconformant = exit.Nonconformant
	ExitUsage         = exit.Usage
	ExitUncertifiable = exit.Uncertifiable
	ExitTooLittle     = exit.TooLittle
	ExitStaleWaiver   = exit.StaleWaiver
	ExitHarness       = exit.Harness
	ExitNotRestored   = exit.NotRestored
	ExitUnwritten     = exit.Unwritten
	ExitInterrupted   = exit.Interrupted
	exitTerminated    = exit.Terminated
)

// ExitMeaning is what an exit code tells.
type ExitMeaning struct {
	Code  int
	Means string
}

// ExitMeanings gives all exit codes but 0, in the order in which one counts
// before another where several apply.
func ExitMeanings() []ExitMeaning {
	return []ExitMeaning{
		{exitTerminated, "terminated; users are back and the reports written"},
		{ExitInterrupted, "interrupted; users are back and the reports written"},
		{ExitHarness, "a fault of the harness itself"},
		{ExitNotRestored, "a user could not be put back"},
		{ExitUsage, "wrong usage or configuration; nothing was sent"},
		{ExitUncertifiable, "the target cannot be certified: unreachable, out of service, users cannot sign in"},
		{ExitNonconformant, "not conformant: a MUST or EITHER requirement failed"},
		{ExitUnwritten, "something could not be written, as on a full disk; the verdict was printed"},
		{ExitStaleWaiver, "a waiver is stale"},
		{ExitTooLittle, "too little was verified"},
	}
}

// Strongest gives the exit code that counts where several apply, 0 for none.
func Strongest(codes ...int) int {
	for _, m := range ExitMeanings() {
		if slices.Contains(codes, m.Code) {
			return m.Code
		}
	}
	return ExitConformant
}

// Exit is what a run ends with: the code, and everything that applies.
type Exit struct {
	Code int         `json:"code"`
	All  []ExitCause `json:"all"` // the strongest first; empty when the code is 0
}

// ExitCause is one exit code that applies, and why.
type ExitCause struct {
	Code    int    `json:"code"`
	Because string `json:"because"`
}

// Conclude computes everything in the result that follows from its rows and
// from what happened to the run: the summary, the groups of what was not
// exercised, the verdict and the exit code. Whoever changes rows calls it.
func (r *Result) Conclude() {
	r.Summary = Summary{}
	for i := range r.Requirements {
		r.Summary.Count(r.Requirements[i].Outcome)
	}
	r.NotExercised, r.Failures = groupGaps(r.Requirements), r.groupFailures()
	if r.Transitions != nil {
		for i := range r.Transitions.Documented {
			if row := r.Row(r.Transitions.Documented[i].Requirement); row != nil {
				r.Transitions.Documented[i].Outcome = row.Outcome
			}
		}
	}
	r.Scope = r.scope()
	r.concludeProfiles()
	r.Exit, r.Verdict = r.exit(), r.word()
}

func (r *Result) scope() Scope {
	if r.Shard != nil || len(r.Settings.Only) > 0 || len(r.Settings.Skip) > 0 {
		return ScopeSelection
	}
	if len(r.Settings.Profiles) > 0 {
		return ScopeProfiles
	}
	return ScopeWhole
}

// Headline is the verdict in words. Where it speaks of a selection alone it
// says of how much, "conformant in 3 of 159, selected", and where profiles were
// asked for, of which: "conformant: core, supervisor; calls not exercised".
func (r *Result) Headline() string {
	words := r.Verdict.Words()
	if r.Scope == ScopeProfiles {
		return r.profileHeadline(r.ProfileWords())
	}
	if r.Scope != ScopeSelection {
		return words
	}
	words += fmt.Sprintf(" in %d of %d, selected", r.Summary.Exercised(), r.Summary.Applicable())
	if r.Shard != nil {
		words += fmt.Sprintf(" as shard %d of %d", r.Shard.Index, r.Shard.Count)
	}
	return words
}

// Count adds a row with that outcome.
func (s *Summary) Count(o evidence.Outcome) {
	switch o {
	case evidence.Passed:
		s.Passed++
	case evidence.Failed:
		s.Failed++
	case evidence.NotExercised:
		s.NotExercised++
	case evidence.NotApplicable:
		s.NotApplicable++
	case evidence.Waived:
		s.Waived++
	case evidence.Info:
		s.Info++
	}
}

// Exercised counts the rows that were put to the test.
func (s Summary) Exercised() int { return s.Passed + s.Failed + s.Waived + s.Info }

// Applicable counts the rows that apply to the target.
func (s Summary) Applicable() int { return s.Exercised() + s.NotExercised }

// word is the verdict. What was seen to fail is said even when the run was
// stopped or has faults of its own; an interrupted run says nothing whole.
func (r *Result) word() Word {
	switch {
	case r.Signal != 0:
		return Interrupted
	case r.Summary.Failed > 0:
		return Nonconformant
	case r.Stopped != "" || len(r.HarnessFaults) > 0 || r.tooLittle() != "":
		return Incomplete
	}
	return Conformant
}

// exit lists the causes in the order of their strength.
func (r *Result) exit() Exit {
	e := Exit{All: []ExitCause{}}
	add := func(code int, format string, args ...any) {
		e.All = append(e.All, ExitCause{code, fmt.Sprintf(format, args...)})
	}
	switch r.Signal {
	case 0:
	case exitTerminated:
		add(r.Signal, "the run was terminated")
	default:
		add(r.Signal, "the run was interrupted")
	}
	if n := len(r.HarnessFaults); n > 0 {
		first := r.HarnessFaults[0]
		add(ExitHarness, "%s of the harness, the first: %s", text.Count(n, "fault"), text.OneLine(strings.TrimSpace(first.Requirement+" "+first.Message)))
	}
	if n := len(r.Unrestored); n > 0 {
		add(ExitNotRestored, "%s could not be put back: %s", text.Count(n, "user"), strings.Join(unrestoredIDs(r.Unrestored), ", "))
	}
	if r.Stopped != "" {
		add(ExitUncertifiable, "the target cannot be certified: %s", text.OneLine(r.Stopped))
	}
	if n := r.Summary.Failed; n > 0 {
		add(ExitNonconformant, "%s failed", text.Count(n, "requirement"))
	}
	if stale := r.staleWaivers(); len(stale) > 0 {
		add(ExitStaleWaiver, "%s: %s", text.Count(len(stale), "stale waiver"), text.Few(stale, 3))
	}
	if why := r.tooLittle(); why != "" {
		add(ExitTooLittle, "%s", why)
	}
	if len(e.All) > 0 {
		e.Code = e.All[0].Code
	}
	return e
}

// tooLittle says why the run verified too little, or "". Failing is
// verifying too; recording an INFO row and waiving a failure are not.
func (r *Result) tooLittle() string {
	switch s := r.Summary; {
	case s.Exercised() == 0:
		return "no requirement was exercised"
	case s.Passed+s.Failed > 0:
	case s.Waived == 0:
		return "nothing was verified: only INFO requirements ran, which are recorded and not judged"
	default:
		return "nothing was verified: every requirement that ran is waived or only recorded"
	}
	if why := r.profilesTooLittle(); why != "" || !r.RequireComplete {
		return why
	}
	var missing []string
	for i := range r.Requirements {
		if row := &r.Requirements[i]; row.missing() {
			missing = append(missing, row.ID)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("completeness is required, without %s: %s", text.Count(len(missing), "applicable requirement"), text.Few(missing, 5))
}

// missing reports whether the row spoils completeness. What another shard
// exercises is asked of the merged result.
func (r *Row) missing() bool {
	if r.Outcome != evidence.NotExercised || r.Level == string(spec.Info) {
		return false
	}
	return r.Gap == nil || r.Gap.Kind != evidence.GapShard
}

func (r *Result) staleWaivers() []string {
	var stale []string
	for _, w := range r.Waivers {
		if w.Stale != "" {
			stale = append(stale, w.Requirement+": "+w.Stale)
		}
	}
	return stale
}

func unrestoredIDs(all []Unrestored) []string {
	ids := make([]string, len(all))
	for i, u := range all {
		ids[i] = u.User
	}
	return ids
}
