package compare

import (
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Drift is a change of behaviour that passes both times: the same change in
// all the requirements that show it.
type Drift struct {
	Kind         DriftKind `json:"kind"`
	Class        Class     `json:"class"`
	What         string    `json:"what,omitempty"` // the element or request that it is about
	Old          string    `json:"old"`
	New          string    `json:"new"`
	Requirements []string  `json:"requirements,omitempty"` // in the catalogue's order

	anchor string // its number, for links
	title  string // of the first requirement, and what was asked
}

// Class says what a drift may do to a client that was written against the
// old behaviour.
//
//   - Breaking: something that a program reads is gone or is another:
//     status, ErrorType, a filled ErrorData, the state, whether a reason code
//     is shown, an element, a value of a closed list, the form of a text, an
//     event or the order of events; an error that comes in another way; what
//     was accepted is refused.
//   - Additive: something is there that was not: an element, a value, an
//     event, an ErrorData or ErrorType where there was none; what was refused
//     is accepted.
//   - Cosmetic: what only people read or feel: an ErrorMessage, recorded
//     facts of INFO requirements, latency and convergence.
type Class string

// The classes.
const (
	classBreaking Class = "breaking"
	classAdditive Class = "additive"
	classCosmetic Class = "cosmetic"
)

// DriftKind says what changed. The set is closed.
type DriftKind string

// The kinds of drift.
const (
	driftOutcome      DriftKind = "outcome"       // accepted, refused, or nothing changed: another of them
	driftAsynchrony   DriftKind = "asynchrony"    // an error in the answer that was in an event, or unseen, or the other way round
	driftStatus       DriftKind = "status"        //
	driftErrorType    DriftKind = "error_type"    //
	driftErrorData    DriftKind = "error_data"    //
	driftErrorMessage DriftKind = "error_message" //
	driftState        DriftKind = "state"         // the user is left in another state
	driftReasonCode   DriftKind = "reason_code"   // a reason code is shown where none was, or the other way round
	driftEvents       DriftKind = "events"        // other events, or another order
	driftRecorded     DriftKind = "recorded"      // what an EITHER or INFO requirement recorded
	driftElement      DriftKind = "element"       // an element came, went, or is written otherwise
	driftValue        DriftKind = "value"         // a value of a closed list came or went
	driftForm         DriftKind = "form"          // the text of an element looks otherwise
	driftLatency      DriftKind = "latency"       //
	driftConvergence  DriftKind = "convergence"   // accepted changes take more or less time to show
)

// rowDrifts compares what was observed for requirements that passed, or were
// recorded, both times.
func rowDrifts(old, new *reports.Result) []Drift {
	var all []rowDrift
	for i := range new.Requirements {
		b := &new.Requirements[i]
		a := old.Row(b.ID)
		if a == nil || !settled(a) || !settled(b) {
			continue
		}
		p := rowPair{old: steadyRow(old, a), new: steadyRow(new, b), row: b,
			events: old.Settings.Notifications && new.Settings.Notifications}
		if !p.events {
			p.old.Note, p.new.Note = without(p.old.Note, p.old.Passing), without(p.new.Note, p.new.Passing)
		}
		for _, d := range p.drifts() {
			r := rowDrift{Drift: d, requirement: b.ID}
			switch d.Kind {
			case driftErrorMessage:
				r.wasRaw, r.isRaw = p.old.ErrorMessage, p.new.ErrorMessage
			case driftErrorData:
				r.wasRaw, r.isRaw = p.old.ErrorData, p.new.ErrorData
			case driftAsynchrony:
				r.wasRaw, r.isRaw = string(p.old.manner()), string(p.new.manner())
			}
			all = append(all, r)
		}
	}
	return groupDrifts(all)
}

// steadyView is a row without what changes from run to run.
type steadyView struct {
	reports.Observed
	order  []string
	values map[string]string
}

func steadyRow(r *reports.Result, row *reports.Row) steadyView {
	var v steadyView
	if row.Observed != nil {
		v.Observed = *row.Observed
	}
	values := reports.VolatileValues(r, row)
	v.ErrorData = reports.Steady(v.ErrorData, values, "…")
	v.ErrorMessage = reports.Steady(text.OneLine(v.ErrorMessage), values, "…")
	var notes []string
	for _, n := range strings.Split(without(v.Note, v.Outage), "; ") {
		if n != "" {
			notes = append(notes, reports.Steady(n, values, "…"))
		}
	}
	v.Note, v.Passing = strings.Join(notes, "; "), reports.Steady(v.Passing, values, "…")
	if v.ReasonCodeID == "-1" {
		v.ReasonCodeID = ""
	}
	v.order, v.values = row.Events, row.Values
	return v
}

// without leaves parts out of a note.
func without(note, parts string) string {
	out := strings.Split(parts, "; ")
	return strings.Join(slices.DeleteFunc(strings.Split(note, "; "), func(n string) bool { return slices.Contains(out, n) }), "; ")
}

// manner is how the target dealt with a request.
type manner string

const (
	mannerAccepted manner = "accepted"
	mannerRefused  manner = "refused in the answer"
	mannerLate     manner = "refused in an event"
	mannerNothing  manner = "nothing changed"
)

func (v steadyView) manner() manner {
	switch {
	case v.Via == evidence.ViaSync && (v.ErrorType != "" || v.Status >= 400):
		return mannerRefused
	case v.ErrorType != "":
		return mannerLate
	case v.Via == evidence.ViaUnchanged:
		return mannerNothing
	}
	return mannerAccepted
}

// text tells the manner with what a program reads of it.
func (v steadyView) text() string {
	parts := []string{string(v.manner())}
	if v.Status != 0 {
		parts = append(parts, strconv.Itoa(v.Status))
	}
	if v.ErrorType != "" {
		parts = append(parts, v.ErrorType)
	}
	return strings.Join(parts, ", ")
}

type rowPair struct {
	old, new steadyView
	row      *reports.Row
	events   bool // both runs listened
}

// drifts lists what changed. A change that explains others stands for them:
// with another manner or ErrorType, data and message are other ones too.
func (p rowPair) drifts() []Drift {
	a, b := p.old, p.new
	if was, is := a.manner(), b.manner(); was != is && !p.alike(was, is) {
		if d, ok := p.otherManner(was, is); ok {
			return []Drift{d}
		}
		return nil
	}
	if a.ErrorType != b.ErrorType {
		return []Drift{{Kind: driftErrorType, Class: gain(a.ErrorType), Old: quoted(a.ErrorType), New: quoted(b.ErrorType)}}
	}
	var out []Drift
	add := func(kind DriftKind, class Class, was, is string) {
		if was != is {
			out = append(out, Drift{Kind: kind, Class: class, Old: was, New: is})
		}
	}
	add(driftStatus, classBreaking, strconv.Itoa(a.Status), strconv.Itoa(b.Status))
	add(driftErrorData, gain(a.ErrorData), quoted(a.ErrorData), quoted(b.ErrorData))
	add(driftErrorMessage, classCosmetic, quoted(a.ErrorMessage), quoted(b.ErrorMessage))
	if a.State != "" && b.State != "" {
		add(driftState, classBreaking, a.State, b.State)
	}
	if a.State == b.State && a.State != "" && p.sameCodes() {
		add(driftReasonCode, classBreaking, reasonShown(a.ReasonCodeID), reasonShown(b.ReasonCodeID))
	}
	if len(out) > 0 {
		return out
	}
	switch spec.Level(p.row.Level) {
	case spec.Either:
		add(driftRecorded, classBreaking, quoted(a.Note), quoted(b.Note))
	case spec.Info:
		add(driftRecorded, classCosmetic, quoted(a.Note), quoted(b.Note))
	}
	if p.events && len(out) == 0 && !slices.Equal(a.order, b.order) {
		class := classBreaking
		if containsAll(b.order, a.order) {
			class = classAdditive
		}
		add(driftEvents, class, eventsText(a.order), eventsText(b.order))
	}
	return out
}

// alike: that nothing changed is seen of a user who was where the request
// wanted it, too. Only another state tells the two apart.
func (p rowPair) alike(was, is manner) bool {
	quiet := func(m manner) bool { return m == mannerAccepted || m == mannerNothing }
	return quiet(was) && quiet(is) && (p.old.State == "" || p.new.State == "" || p.old.State == p.new.State)
}

// sameCodes reports whether the subjects of both runs can have shown a reason
// code in the same way: one was sent both times, or it is the same user.
func (p rowPair) sameCodes() bool {
	sent := p.old.values["reason"] != "" && p.new.values["reason"] != ""
	return sent || p.old.values["id"] == p.new.values["id"]
}

func (p rowPair) otherManner(was, is manner) (Drift, bool) {
	d := Drift{Kind: driftOutcome, Class: classBreaking, Old: p.old.text(), New: p.new.text()}
	refusal := func(m manner) bool { return m == mannerRefused || m == mannerLate || m == mannerNothing }
	switch {
	case !p.events && refusal(was) && refusal(is) && was != mannerRefused && is != mannerRefused:
		return d, false // without events the two look the same
	case is == mannerAccepted:
		d.Class = classAdditive
	case was != mannerAccepted:
		d.Kind = driftAsynchrony
	}
	return d, true
}

// gain is the class of a change of something that a program reads: additive
// where there was nothing before.
func gain(old string) Class {
	if old == "" {
		return classAdditive
	}
	return classBreaking
}

func quoted(said string) string {
	if said == "" {
		return "none"
	}
	return strconv.Quote(said)
}

func reasonShown(id string) string {
	if id == "" {
		return "no reason code"
	}
	return "a reason code"
}

func eventsText(order []string) string {
	if len(order) == 0 {
		return "no event"
	}
	return strings.Join(order, ", ")
}

// containsAll reports whether the second list is what remains of the first
// when some of its events are left out.
func containsAll(all, part []string) bool {
	i := 0
	for _, e := range all {
		if i < len(part) && e == part[i] {
			i++
		}
	}
	return i == len(part)
}

// ProfileChange is a profile of which something else became, in the words of
// reports.ProfileOutcome.
type ProfileChange struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// profileChanges looks at the profiles that both results know.
func profileChanges(old, new *reports.Result) []ProfileChange {
	was := map[string]string{}
	for _, p := range old.ProfileOutcomes() {
		was[p.Name] = p.Outcome
	}
	var all []ProfileChange
	for _, p := range new.ProfileOutcomes() {
		if from, known := was[p.Name]; known && from != p.Outcome {
			all = append(all, ProfileChange{p.Name, from, p.Outcome})
		}
	}
	return all
}

// text is the change in a line.
func (p ProfileChange) text() string { return p.From + ", now " + p.To }
