package reports

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Merge joins the results of all shards of one certification, in any order,
// into the result that one run would have had. A missing or double shard,
// shards of other targets, deployments, releases, contracts or programs, and
// requirements that two shards or none took on are errors; all are reported.
func Merge(shards []*Result) (*Result, error) {
	if err := oneCertification(shards); err != nil {
		return nil, err
	}
	sorted := slices.Clone(shards)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Shard.Index < sorted[j].Shard.Index })
	for i, s := range sorted { // what is given stays as it is
		c := *s
		c.Requirements = slices.Clone(s.Requirements)
		c.unwaive()
		sorted[i] = &c
	}

	first := sorted[0]
	m := *first
	m.Shard, m.Merged, m.RunID = nil, len(sorted), ""
	m.HarnessFaults, m.Unrestored, m.Waivers = nil, nil, nil
	m.Cast = []CastMember{}
	m.Timings = Timings{Latency: []Latency{}, Margins: MarginStats{}}
	m.Procs = 0
	for _, s := range sorted {
		m.join(s)
	}
	m.Target.OtherNode = mergeOtherNodes(sorted)
	var errs []error
	m.Requirements = nil
	for i := range first.Requirements {
		row, err := mergeRow(sorted, i)
		if err != nil {
			errs = append(errs, err)
		}
		m.Requirements = append(m.Requirements, row)
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	m.Timings.Wall = Millis(m.Finished.Sub(m.Started))
	m.Timings.sum()
	m.Observations = mergeObservations(sorted)
	m.Transitions = mergeTransitions(sorted, &m)
	m.ApplyWaivers(sameWaivers(first.Waivers), m.Started)
	return &m, nil
}

// oneCertification complains about everything that keeps the results from
// being the shards of one certification.
func oneCertification(shards []*Result) error {
	if len(shards) == 0 {
		return errors.New("there is nothing to merge")
	}
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	first, count := shards[0], 0
	seen := map[int]int{}
	ran := map[string]int{}
	for i, s := range shards {
		if s.Shard == nil {
			add("result %d is of a whole run, no shard: only shards can be merged", i+1)
			continue
		}
		if count == 0 {
			count, first = s.Shard.Count, s
		}
		if s.Shard.Count != count {
			add("shard %d is one of %d, others are of %d", s.Shard.Index, s.Shard.Count, count)
			continue
		}
		if s.Shard.Index < 1 || s.Shard.Index > count {
			add("there is a shard %d of %d", s.Shard.Index, count)
		}
		seen[s.Shard.Index]++
		if other := ran[s.RunID]; s.RunID != "" && other != 0 && other != s.Shard.Index {
			add("the shards %d and %d were written by one run: each is a run of its own", other, s.Shard.Index)
		}
		ran[s.RunID] = s.Shard.Index
		for _, d := range differences(first, s) {
			add("shard %d has another %s than shard %d: %s", s.Shard.Index, d.what, first.Shard.Index, d.values)
		}
	}
	for i := 1; i <= count; i++ {
		switch n := seen[i]; {
		case n == 0:
			add("shard %d of %d is missing", i, count)
		case n > 1:
			add("shard %d of %d is there %d times", i, count, n)
		}
	}
	return errors.Join(errs...)
}

type difference struct{ what, values string }

// differences of two shards in what all shards must share. A shard that was
// stopped may know neither deployment nor release.
func differences(a, b *Result) []difference {
	var out []difference
	check := func(what string, x, y any) {
		if !reflect.DeepEqual(x, y) {
			out = append(out, difference{what, fmt.Sprintf("%v, not %v", y, x)})
		}
	}
	check("target", a.Target.URL, b.Target.URL)
	if a.Stopped == "" && b.Stopped == "" {
		check("deployment", a.Target.Deployment, b.Target.Deployment)
		check("release", a.Target.Release, b.Target.Release)
	}
	check("spec digest", a.Spec.Digest, b.Spec.Digest)
	check("program version", a.Tool.Build(), b.Tool.Build())
	check("suite version", a.Suite.Version, b.Suite.Version)
	check("profiles (--profile)", strings.Join(a.Settings.Profiles, " "), strings.Join(b.Settings.Profiles, " "))
	check("selection (--only)", strings.Join(a.Settings.Only, " "), strings.Join(b.Settings.Only, " "))
	check("selection (--skip)", strings.Join(a.Settings.Skip, " "), strings.Join(b.Settings.Skip, " "))
	check("settle, quiet or longest wait time",
		[]int64{a.Settings.SettleMS, a.Settings.QuietMS, a.Settings.LongestWaitMS},
		[]int64{b.Settings.SettleMS, b.Settings.QuietMS, b.Settings.LongestWaitMS})
	check("catalogue", rowIDs(a), rowIDs(b))
	check("list of waivers", sameWaivers(a.Waivers), sameWaivers(b.Waivers))
	return out
}

func rowIDs(r *Result) string {
	ids := make([]string, len(r.Requirements))
	for i := range r.Requirements {
		ids[i] = r.Requirements[i].ID
	}
	return strings.Join(ids, " ")
}

// join takes over what is added up over shards.
func (r *Result) join(s *Result) {
	if s.Started.Before(r.Started) {
		r.Started = s.Started
	}
	if s.Finished.After(r.Finished) {
		r.Finished = s.Finished
	}
	if r.Target.Deployment == "" {
		r.Target = s.Target
	}
	r.Stopped = cmp.Or(r.Stopped, s.Stopped)
	r.Signal = cmp.Or(r.Signal, s.Signal)
	r.RequireComplete = r.RequireComplete || s.RequireComplete
	r.Procs += s.Procs
	r.HarnessFaults = append(r.HarnessFaults, s.HarnessFaults...)
	r.Unrestored = append(r.Unrestored, s.Unrestored...)
	for _, member := range s.Cast {
		if !slices.ContainsFunc(r.Cast, func(c CastMember) bool { return c.ID == member.ID }) {
			r.Cast = append(r.Cast, member)
		}
	}
	t := &r.Timings
	t.Waiting += s.Timings.Waiting
	t.Bound = max(t.Bound, s.Timings.Bound) // shards run side by side
	t.PeakMemory = max(t.PeakMemory, s.Timings.PeakMemory)
	for _, l := range s.Timings.Latency {
		i := slices.IndexFunc(t.Latency, func(mine Latency) bool { return mine.Kind == l.Kind })
		if i < 0 {
			t.Latency = append(t.Latency, Latency{Kind: l.Kind, Histogram: slices.Clone(l.Histogram)})
			continue
		}
		t.Latency[i].Histogram = together(t.Latency[i].Histogram, l.Histogram)
	}
	t.Margins.AllowedMS = max(t.Margins.AllowedMS, s.Timings.Margins.AllowedMS)
	t.Margins.Histogram = together(t.Margins.Histogram, s.Timings.Margins.Histogram)
	t.Margins.Max = max(t.Margins.Max, s.Timings.Margins.Max)
}

// mergeRow picks the row of the shard that took the requirement on. What is
// judged over everything that a run saw is judged in every shard: the worst
// counts.
func mergeRow(shards []*Result, i int) (Row, error) {
	var best *Row
	var exercised []string
	for _, s := range shards {
		row := &s.Requirements[i]
		if row.Exercised() {
			exercised = append(exercised, fmt.Sprint(s.Shard.Index))
		}
		if best == nil || weight(row) > weight(best) {
			best = row
		}
	}
	row := *best
	if len(exercised) > 1 && !row.Standing {
		return row, fmt.Errorf("the requirement %s was exercised by the shards %s: only one may", row.ID, strings.Join(exercised, ", "))
	}
	if row.Gap != nil && row.Gap.Kind == evidence.GapShard {
		return row, fmt.Errorf("the requirement %s was exercised by no shard: each left it to another", row.ID)
	}
	return row, nil
}

// weight orders rows of one requirement by how much they say. That it does
// not apply says more than that it did not run: a shard that was stopped early
// knows neither.
func weight(row *Row) int {
	kind := evidence.GapOther
	if row.Gap != nil {
		kind = row.Gap.Kind
	}
	switch {
	case row.Exercised():
		return 10 + severity(row.Outcome)
	case row.Outcome == evidence.NotApplicable:
		return 4
	case kind == evidence.GapHarness:
		return 3
	case kind == evidence.GapShard:
		return 0
	case kind == evidence.GapEnded:
		return 1
	}
	return 2
}

// sameWaivers gives the waivers that were applied, without what became of
// them in a shard.
func sameWaivers(uses []WaiverUse) []Waiver {
	var out []Waiver
	for _, u := range uses {
		w := Waiver{Requirement: u.Requirement, Reason: u.Reason, Owner: u.Owner, Why: u.Why, Line: u.Line}
		w.Until, _ = time.Parse(time.DateOnly, u.Until) // written by us; a spoilt one has expired
		w.Releases.From, _ = spec.ParseRelease(u.From)
		w.Releases.To, _ = spec.ParseRelease(u.To)
		out = append(out, w)
	}
	return out
}

func mergeObservations(shards []*Result) []Observation {
	shapes := map[string]*shape{}
	for _, s := range shards {
		for _, o := range s.Observations {
			into := shapes[o.Document]
			if into == nil {
				into = &shape{elements: map[string]*Element{}}
				shapes[o.Document] = into
			}
			into.seen += o.Seen
			for _, e := range o.Elements {
				mine := into.elements[e.Path]
				if mine == nil {
					mine = &Element{Path: e.Path, Forms: map[string]int{}}
					into.elements[e.Path] = mine
				}
				mine.add(e)
			}
		}
	}
	return (&observer{shapes: shapes}).observations()
}

// add adds what another shard saw of the element.
func (e *Element) add(o Element) {
	e.Seen += o.Seen
	for form, n := range o.Forms {
		e.Forms[form] += n
	}
	if e.Values == nil && len(o.Values) > 0 {
		e.Values = map[string]int{}
	}
	for value, n := range o.Values {
		e.Values[value] += n
	}
}

func mergeTransitions(shards []*Result, m *Result) *Transitions {
	order := map[string]int{}
	for i := range m.Requirements {
		order[m.Requirements[i].ID] = i
	}
	t := &Transitions{Documented: []EdgeUse{}, Undocumented: []EdgeSeen{}}
	use, seen := map[string]int{}, map[edge]int{}
	for _, s := range shards {
		if s.Transitions == nil {
			continue
		}
		for _, d := range s.Transitions.Documented {
			i, known := use[d.Requirement]
			if !known {
				i = len(t.Documented)
				use[d.Requirement] = i
				taken := d.TakenBy
				d.TakenBy = nil
				t.Documented = append(t.Documented, d)
				d.TakenBy = taken
			}
			t.Documented[i].TakenBy = append(t.Documented[i].TakenBy, d.TakenBy...)
		}
		for _, u := range s.Transitions.Undocumented {
			e := edge{spec.State(u.From), spec.State(u.To)}
			i, known := seen[e]
			if !known {
				i = len(t.Undocumented)
				seen[e] = i
				t.Undocumented = append(t.Undocumented, EdgeSeen{From: u.From, To: u.To, By: u.By})
			}
			t.Undocumented[i].Requirements = append(t.Undocumented[i].Requirements, u.Requirements...)
		}
	}
	for i := range t.Documented {
		d := &t.Documented[i]
		d.TakenBy = ownFirst(d.TakenBy, d.Requirement, order)
		row := m.Row(d.Requirement)
		d.Outcome, d.NotTaken = row.Outcome, ""
		if len(d.TakenBy) == 0 {
			d.NotTaken = notTaken(row)
		}
	}
	for i := range t.Undocumented {
		t.Undocumented[i].Requirements = ownFirst(t.Undocumented[i].Requirements, "", order)
	}
	t.sort()
	return t
}
