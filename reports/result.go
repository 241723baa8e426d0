// Package reports holds what became of a run as a result: a row for every
// requirement of the catalogue, in the catalogue's order, also when the run
// never got to it; what was not exercised and why, waivers, the conclusion with
// its exit codes, and the merge of shards. They are one package because each
// needs the others. It reads and writes results.json and the evidence file.
//
// Of it, Result and what it holds are promised to other modules, as
// results.schema.json is; the rest may change with any commit, see
// docs/stability.md.
//
// The rooms below it render a result; each imports this one, and this one none
// of them.
package reports

import (
	"strings"
	"time"

	"finesse-conformance/suites/evidence"
)

// SchemaID is what the member "schema" of a result file says. A file with
// another one is not read.
const SchemaID = "finesse-conformance/results/v1"

// Result is a certification as results.json holds it.
type Result struct {
	Schema      string      `json:"schema"`
	Tool        Tool        `json:"tool"`
	Suite       Suite       `json:"suite"`
	Spec        SpecInfo    `json:"spec"`
	Target      Target      `json:"target"`
	Settings    Settings    `json:"settings"`
	Environment Environment `json:"environment"`
	RunID       string      `json:"run,omitempty"` // the id of the run that wrote it
	Seed        int64       `json:"seed"`
	Procs       int         `json:"procs"`
	Shard       *Shard      `json:"shard,omitempty"`  // a part of a certification
	Merged      int         `json:"merged,omitempty"` // of how many shards this was merged
	Started     time.Time   `json:"started"`
	Finished    time.Time   `json:"finished"`

	// Scope is what the verdict speaks of. A file without it is of a version
	// that did not say so.
	Scope Scope `json:"scope,omitempty"`
	// Profiles say of each part of the catalogue that can be certified by itself
	// what became of it, in the order of the spec.
	Profiles []Profile `json:"profiles,omitempty"`
	Verdict  Word      `json:"verdict"`
	Exit     Exit      `json:"exit"`
	// Stopped is the one reason why the target could not be certified.
	Stopped string `json:"stopped,omitempty"`
	// CutOff: the run was killed, and this was made of what it had seen by then.
	CutOff bool `json:"cut_off,omitempty"`
	// Signal is the exit code of an interrupted run, 130 or 143.
	Signal        int            `json:"signal,omitempty"`
	HarnessFaults []HarnessFault `json:"harness_faults,omitempty"`
	Unrestored    []Unrestored   `json:"unrestored,omitempty"`
	Summary       Summary        `json:"summary"`
	Requirements  []Row          `json:"requirements"`
	// Guides spell out the abbreviations of sources.
	Guides          []Guide        `json:"guides,omitempty"`
	NotExercised    []GapGroup     `json:"not_exercised"`
	Failures        []FailureGroup `json:"failures,omitempty"`
	Waivers         []WaiverUse    `json:"waivers,omitempty"`
	Transitions     *Transitions   `json:"transitions,omitempty"`
	Cast            []CastMember   `json:"cast"`
	Timings         Timings        `json:"timings"`
	Observations    []Observation  `json:"observations,omitempty"`
	RequireComplete bool           `json:"require_complete,omitempty"`
}

// Word is the verdict on a target in one word.
type Word string

// The verdicts.
const (
	// Conformant: something was verified and nothing that ran failed.
	Conformant Word = "conformant"
	// Incomplete: nothing failed, and too little was verified to say more.
	Incomplete Word = "incomplete"
	// Nonconformant: at least one MUST or EITHER requirement failed.
	Nonconformant Word = "nonconformant"
	// Interrupted: the run was ended from outside; nothing failed before.
	// A failure seen before an interruption makes the verdict Interrupted
	// too: what did not run is as unknown as before.
	Interrupted Word = "interrupted"
)

// Scope is what of the catalogue a verdict speaks of.
type Scope string

// The scopes.
const (
	ScopeWhole Scope = "whole" // everything that applies to the target
	// ScopeSelection: a part that was picked, by --only or --skip or as a shard.
	// Its verdict is no certificate, and every report says so.
	ScopeSelection Scope = "selection"
	// ScopeProfiles: the profiles that --profile named, each whole.
	ScopeProfiles Scope = "profiles"
)

// Tool names the program that wrote a result, and the source that it was built
// from as far as the build knows it: `go run` and `go test` do not.
type Tool struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"`     // of the commit, RFC 3339
	Modified bool   `json:"modified,omitempty"` // the tree had changes that the commit has not
}

// Build is the version with the source that it was built from, such as
// "v1.2.0 (commit 0600df3c1b2a of 2026-11-26, modified)".
func (t Tool) Build() string {
	var from []string
	if t.Commit != "" {
		commit := "commit " + t.Commit[:min(12, len(t.Commit))]
		if date, _, ok := strings.Cut(t.Date, "T"); ok {
			commit += " of " + date
		}
		from = append(from, commit)
	}
	if t.Modified {
		from = append(from, "modified")
	}
	if from == nil {
		return t.Version
	}
	return t.Version + " (" + strings.Join(from, ", ") + ")"
}

// Suite says which suite judged, and what is proven of it: how many faults of
// the reference deployment its selftest catches, and the requirements that no
// fault makes fail.
type Suite struct {
	Version          string   `json:"version"`
	FaultsDetectable int      `json:"faults_detectable"`
	Unproven         []string `json:"unproven"`
}

// SpecInfo names the contract that was judged by.
type SpecInfo struct {
	Digest       string `json:"digest"`
	Requirements int    `json:"requirements"` // in the catalogue, for all deployments
}

// Target is the certified deployment. The URL holds no credentials.
type Target struct {
	URL        string `json:"url"`
	Deployment string `json:"deployment"` // "" when the run ended before it was known
	Release    string `json:"release"`    // "" when it is not known
	// OtherNode is the one of a system of two that was watched, nil for none.
	OtherNode *OtherNode `json:"other_node,omitempty"`
}

// Settings are what the user chose for the run, as far as the result depends
// on it.
type Settings struct {
	SettleMS      int64    `json:"settle_ms"`
	QuietMS       int64    `json:"quiet_ms"`
	LongestWaitMS int64    `json:"longest_wait_ms"`
	Notifications bool     `json:"notifications"`      // a notification service is configured
	Stimuli       bool     `json:"stimuli"`            // a stimulus hook is configured
	Only          []string `json:"only,omitempty"`     // patterns of --only
	Skip          []string `json:"skip,omitempty"`     // patterns of --skip
	Profiles      []string `json:"profiles,omitempty"` // names of --profile
	Insecure      bool     `json:"insecure,omitempty"` // certificates were not verified
	Repeat        int      `json:"repeat,omitempty"`   // how often requirements were played, where more than once
}

// Environment is the machine that the run was made on.
type Environment struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
	Cores int    `json:"cores"`
}

// Shard is which part of a certification a result is; Index counts from 1.
type Shard struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// Guide is a document that sources name by its key.
type Guide struct {
	Key     string `json:"key"` // DG12.5
	Title   string `json:"title"`
	Release string `json:"release"` // that it speaks about
	// Mirror: the addresses of its pages are none of the vendor's own.
	Mirror bool `json:"mirror,omitempty"`
}

// HarnessFault is something that went wrong in the program itself. Such a
// requirement is neither passed nor failed.
type HarnessFault struct {
	Requirement string `json:"requirement,omitempty"` // "" when it concerns the whole run
	Message     string `json:"message"`
}

// Unrestored is a user who could not be put back.
type Unrestored struct {
	User string `json:"user"`
	Was  string `json:"was"`           // the state before the run
	Is   string `json:"is"`            // the state that was seen last
	Why  string `json:"why,omitempty"` // why putting back failed
}

// Summary counts the rows by outcome.
type Summary struct {
	Passed        int `json:"passed"`
	Failed        int `json:"failed"`
	NotExercised  int `json:"not_exercised"`
	NotApplicable int `json:"not_applicable"`
	Waived        int `json:"waived"`
	Info          int `json:"info"`
}

// CastMember is a user of the run.
type CastMember struct {
	ID         string   `json:"id"`
	Role       string   `json:"role,omitempty"`
	Team       string   `json:"team,omitempty"`
	Supervises []string `json:"supervises,omitempty"`
	Extension  string   `json:"extension,omitempty"`
	Troupe     int      `json:"troupe,omitempty"`     // the process that had the user, from 1
	LeftAlone  string   `json:"left_alone,omitempty"` // why nothing was asked of or for the user (any more)
}

// Row is what became of one requirement.
type Row struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Section  string           `json:"section"`
	Profiles []string         `json:"profiles,omitempty"` // those that hold the requirement
	Level    string           `json:"level"`
	Outcome  evidence.Outcome `json:"outcome"`
	Reason   string           `json:"reason,omitempty"`
	Source   []string         `json:"source"`          // in a few words, such as "DG12.5 p.47"
	Links    []string         `json:"links,omitempty"` // the addresses of the sources, in the same order
	Observed *Observed        `json:"observed,omitempty"`
	Duration int64            `json:"duration_ms"`
	Attempts int              `json:"attempts"`
	// Repetition is the one that the row tells of, from 1, and Rates what all of
	// them came to, where requirements were played several times.
	Repetition int    `json:"repetition,omitempty"`
	Rates      *Rates `json:"rates,omitempty"`

	// Deployments and Releases say where the requirement applies.
	Deployments []string `json:"deployments"`
	Releases    string   `json:"releases,omitempty"`
	// Standing requirements are judged over everything that a run saw.
	Standing bool `json:"standing,omitempty"`

	Asked    string `json:"asked,omitempty"` // what was done
	Expected string `json:"expected,omitempty"`
	Seen     string `json:"seen,omitempty"`
	Clause   string `json:"clause,omitempty"` // the page of the guide that says so
	XPath    string `json:"xpath,omitempty"`
	// Mismatch is what Seen tells, as data.
	Mismatch *evidence.Mismatch `json:"mismatch,omitempty"`
	// Intermittent are other requirements that failed once in the same way:
	// this one failed, and did not when it was repeated.
	Intermittent []string `json:"intermittent,omitempty"`
	Step         int      `json:"step,omitempty"` // from 1, the step that decided
	// Exchange and Event are what decided: for failures in full, as far as
	// the limits go, otherwise only enough to find them in the evidence.
	Exchange *ExchangeRef `json:"exchange,omitempty"`
	Event    *EventRef    `json:"event,omitempty"`
	Path     []string     `json:"way,omitempty"` // failures: how the precondition was reached

	Gap    *Gap    `json:"gap,omitempty"`    // why the requirement was not exercised, classed
	Margin *Margin `json:"margin,omitempty"` // how close the slowest accepted change came
	// Events are the notifications of the steps on the subject's node, in the
	// order of their arrival, without values that change from run to run.
	Events []string `json:"events,omitempty"`
	// Values are what the placeholders of the requirement stood for.
	Values map[string]string `json:"values,omitempty"`

	HarnessFault string           `json:"harness_fault,omitempty"`
	WaivedBy     *WaiverRef       `json:"waived_by,omitempty"`
	Unwaived     evidence.Outcome `json:"unwaived,omitempty"` // the outcome without the waiver
}

// Observed is evidence.Observed; it has its own name so that the result file
// can grow without the evidence.
type Observed = evidence.Observed

// Rates are evidence.Rates.
type Rates = evidence.Rates

// Exercised reports whether the requirement was put to the test.
func (r *Row) Exercised() bool {
	//exhaustive:enforce
	switch r.Outcome {
	case evidence.Passed, evidence.Failed, evidence.Waived, evidence.Info:
		return true
	case evidence.NotExercised, evidence.NotApplicable:
	}
	return false
}

// Row gives the row of a requirement, or nil.
func (r *Result) Row(id string) *Row {
	for i := range r.Requirements {
		if r.Requirements[i].ID == id {
			return &r.Requirements[i]
		}
	}
	return nil
}
