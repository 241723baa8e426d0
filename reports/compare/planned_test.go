package compare

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// What was chosen for the new run explains what it no longer exercises; what
// the target lost does not.
func TestPlanned(t *testing.T) {
	full := func() *reports.Result {
		return &reports.Result{Settings: reports.Settings{Stimuli: true, Notifications: true, LongestWaitMS: 1000}, Cast: make([]reports.CastMember, 3)}
	}
	for _, test := range []struct {
		kind    evidence.GapKind
		less    func(*reports.Result) // nil: planned whatever else changed
		never   bool
		without func(old *reports.Result) // the old run had it no more than the new one
	}{
		{kind: evidence.GapSelection}, {kind: evidence.GapShard}, {kind: evidence.GapNever},
		{kind: evidence.GapStimulus, less: func(r *reports.Result) { r.Settings.Stimuli = false }},
		{kind: evidence.GapWrapUp, less: func(r *reports.Result) { r.Settings.Stimuli = false }},
		{kind: evidence.GapNotifications, less: func(r *reports.Result) { r.Settings.Notifications = false }},
		{kind: evidence.GapCast, less: func(r *reports.Result) { r.Cast = r.Cast[1:] }},
		{kind: evidence.GapReasonCodes, less: func(r *reports.Result) { r.Cast = r.Cast[1:] }},
		{kind: evidence.GapTime, less: func(r *reports.Result) { r.Settings.LongestWaitMS = 999 }},
		{kind: evidence.GapInterference, never: true}, {kind: evidence.GapTarget, never: true},
	} {
		row := &reports.Row{Outcome: evidence.NotExercised, Gap: &reports.Gap{Kind: test.kind}}
		old, new := full(), full()
		if got, want := planned(old, new, row), test.less == nil && !test.never; got != want {
			t.Errorf("%s, with all that the old run had: %t", test.kind, got)
		}
		if test.less == nil {
			continue
		}
		if test.less(new); !planned(old, new, row) {
			t.Errorf("%s, with less: it is not planned", test.kind)
		}
		if test.less(old); planned(old, new, row) {
			t.Errorf("%s, with no less than before: it is planned", test.kind)
		}
	}
	nobody := full()
	nobody.Cast = nil // of a run that could not begin
	if planned(full(), nobody, &reports.Row{Outcome: evidence.NotExercised, Gap: &reports.Gap{Kind: evidence.GapCast}}) {
		t.Error("a run that could not begin was planned so")
	}
	if !planned(full(), full(), &reports.Row{Outcome: evidence.NotApplicable}) || planned(full(), full(), &reports.Row{Outcome: evidence.NotExercised}) {
		t.Error("not applicable is planned, and a gap of no kind is not")
	}
}

// What makes two runs differ by themselves is said.
func TestNotes(t *testing.T) {
	for _, test := range []struct {
		change func(old, new *reports.Result)
		want   string // "" for none
	}{
		{func(_, _ *reports.Result) {}, ""},
		{func(old, _ *reports.Result) { old.Spec.Digest = "x" }, "the two were judged by different contracts: judge the old evidence again with recheck to tell the target's changes from the contract's"},
		{func(old, _ *reports.Result) { old.Settings.SettleMS = 5 }, "settle and quiet times differ: 5 and 0 ms, now 0 and 0 ms"},
		{func(_, new *reports.Result) { new.Settings.QuietMS = 6 }, "settle and quiet times differ: 0 and 0 ms, now 0 and 6 ms"},
		{func(_, new *reports.Result) { new.Settings.Notifications = true }, "only one of the two listened to notifications: what only events show is not compared"},
		{func(_, new *reports.Result) { new.Shard = &reports.Shard{Index: 1, Count: 3} }, "the new result is one shard of 3"},
		{func(old, _ *reports.Result) { old.Stopped = "gone" }, "the old run was stopped: gone"},
		{func(old, _ *reports.Result) { old.Signal = 130 }, "the old run was interrupted"},
	} {
		old, new := &reports.Result{}, &reports.Result{}
		test.change(old, new)
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if diff := cmp.Diff(want, notes(old, new)); diff != "" {
			t.Error(diff)
		}
	}
}

// What differs in any way is not equal.
func TestEqual(t *testing.T) {
	if !(&Comparison{}).equal() {
		t.Error("nothing is no difference")
	}
	one := []Change{{}}
	for n, c := range []Comparison{{Regressions: one}, {Repairs: one}, {Waived: one}, {NewlyRun: one}, {Added: one}, {Gone: one}, {Drifts: make([]Drift, 1)}} {
		if c.equal() {
			t.Errorf("%d: %+v is equal", n, c)
		}
	}
}

// A refusal of another kind is a drift, where the two can be told apart.
func TestOtherManner(t *testing.T) {
	for _, test := range []struct {
		was, is manner
		events  bool
		want    DriftKind // "" for none
		class   Class
	}{
		{mannerLate, mannerNothing, false, "", ""},
		{mannerLate, mannerNothing, true, driftAsynchrony, classBreaking},
		{mannerRefused, mannerNothing, false, driftAsynchrony, classBreaking},
		{mannerLate, mannerRefused, false, driftAsynchrony, classBreaking},
		{mannerAccepted, mannerRefused, false, driftOutcome, classBreaking},
		{mannerAccepted, mannerNothing, false, driftOutcome, classBreaking},
		{mannerRefused, mannerAccepted, false, driftOutcome, classAdditive},
	} {
		d, differs := rowPair{events: test.events}.otherManner(test.was, test.is)
		if differs != (test.want != "") || differs && (d.Kind != test.want || d.Class != test.class) {
			t.Errorf("%s, then %s, events %t: %t, %s %s", test.was, test.is, test.events, differs, d.Class, d.Kind)
		}
	}
}

// A reason code tells something where one was sent both times, or the user is
// the same.
func TestSameCodes(t *testing.T) {
	of := func(id, reason string) steadyView {
		return steadyView{values: map[string]string{"id": id, "reason": reason}}
	}
	for _, test := range []struct {
		old, new steadyView
		want     bool
	}{
		{of("1", "2"), of("3", "4"), true}, {of("1", "2"), of("3", ""), false}, {of("1", ""), of("3", "4"), false},
		{of("1", ""), of("3", ""), false}, {of("1", ""), of("1", "4"), true},
	} {
		if got := (rowPair{old: test.old, new: test.new}).sameCodes(); got != test.want {
			t.Errorf("%v, %v: %t", test.old, test.new, got)
		}
	}
}

// What turned worse is not outweighed by as much that turned better.
func TestWorseAndBetterDoNotCancel(t *testing.T) {
	c := &Comparison{Regressions: make([]Change, 1)}
	for name, list := range map[string]*[]Change{"repairs": &c.Repairs, "waived": &c.Waived, "newly run": &c.NewlyRun} {
		*list = make([]Change, 1)
		if c.equal() {
			t.Errorf("one regression and one of the %s are no change", name)
		}
		*list = nil
	}
	if c.Regressions = nil; !c.equal() {
		t.Error("nothing is a change")
	}
}
