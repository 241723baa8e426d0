package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"finesse-conformance/reports"
)

// enough is how many documents of a kind must have been expected to show
// something before its absence means anything, where it is not in every one.
const enough = 5

// shapeDrifts compares the documents that both runs saw: elements, forms and
// closed lists of values that came or went. The same change of the User in
// several kinds of documents is one drift.
func shapeDrifts(old, new *reports.Result) []Drift {
	var out []Drift
	known := map[string]bool{}
	for _, b := range byImportance(new.Observations) {
		i := slices.IndexFunc(old.Observations, func(a reports.Observation) bool { return a.Document == b.Document })
		if i < 0 {
			continue
		}
		a := old.Observations[i]
		narrow := strings.Contains(b.Document, " ") // a state's users, or events: not every run has many
		if narrow && min(a.Seen, b.Seen) < enough {
			continue
		}
		for _, d := range documentDrifts(a, b) {
			key := fmt.Sprint(d.Kind, ofUser(d.What), d.Old, d.New)
			if known[key] || narrow && d.Kind == driftValue && (shown(new, d.What, d.Old) || shown(old, d.What, d.New)) {
				continue
			}
			known[key] = true
			d.What = strings.TrimSuffix(b.Document+"/"+d.What, "/")
			out = append(out, d)
		}
	}
	return out
}

// ofUser is the path of an element in the User, wherever that was seen.
func ofUser(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "data/user/"), "data/")
}

// shown reports whether a run saw a value anywhere. One that users in one state
// have no more, and others still have, may be of users who never came there.
func shown(r *reports.Result, path, value string) bool {
	return slices.ContainsFunc(r.Observations, func(o reports.Observation) bool {
		return slices.ContainsFunc(o.Elements, func(e reports.Element) bool { return ofUser(e.Path) == ofUser(path) && e.Values[value] > 0 })
	})
}

// byImportance puts whole kinds of documents before parts of them, and
// answers before events, so that a change is named where it is plainest.
func byImportance(all []reports.Observation) []reports.Observation {
	out := slices.Clone(all)
	rank := func(o reports.Observation) int {
		switch {
		case strings.HasPrefix(o.Document, "event "):
			return 2
		case strings.Contains(o.Document, " "):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b reports.Observation) int { return rank(a) - rank(b) })
	return out
}

func documentDrifts(a, b reports.Observation) []Drift {
	var out []Drift
	before, after := elements(a), elements(b)
	var gone, came []string
	item := strings.TrimSuffix(a.Document, "s") // ReasonCodes has any number of ReasonCode, also none
	skip := func(path string, there map[string]*reports.Element) bool {
		return item != a.Document && there[item] == nil && (path == item || strings.HasPrefix(path, item+"/"))
	}
	for path, e := range before {
		if skip(path, after) {
			continue
		}
		if after[path] == nil && telling(e.Seen, a.Seen, b.Seen) {
			gone = append(gone, path)
		}
	}
	for path, e := range after {
		if skip(path, before) {
			continue
		}
		if before[path] == nil && telling(e.Seen, b.Seen, a.Seen) {
			came = append(came, path)
		}
	}
	gone, came = topmost(gone), topmost(came)
	for _, path := range gone {
		if i := slices.IndexFunc(came, func(p string) bool { return strings.EqualFold(p, path) }); i >= 0 {
			out = append(out, Drift{Kind: driftElement, Class: classBreaking, What: path, Old: path, New: came[i]})
			came = slices.Delete(came, i, i+1)
			continue
		}
		out = append(out, Drift{Kind: driftElement, Class: classBreaking, What: path, Old: "there", New: "gone"})
	}
	for _, path := range came {
		out = append(out, Drift{Kind: driftElement, Class: classAdditive, What: path, Old: "not there", New: "there"})
	}
	for _, e := range a.Elements {
		if f := after[e.Path]; f != nil {
			out = append(out, textDrifts(e, *f)...)
		}
	}
	return out
}

func elements(o reports.Observation) map[string]*reports.Element {
	m := make(map[string]*reports.Element, len(o.Elements))
	for i := range o.Elements {
		m[o.Elements[i].Path] = &o.Elements[i]
	}
	return m
}

// telling reports whether something that was in n of total here is missing
// among others there for a reason: it was in all here, or often enough.
func telling(n, total, others int) bool {
	return total > 0 && others > 0 && (n == total || n*others >= enough*total)
}

// topmost sorts paths and leaves out those below another of the list.
func topmost(paths []string) []string {
	slices.Sort(paths)
	var out []string
	for _, p := range paths {
		if len(out) == 0 || !strings.HasPrefix(p, out[len(out)-1]+"/") {
			out = append(out, p)
		}
	}
	return out
}

// textDrifts compares what the texts of one element looked like. A form that
// only went is none: which users and moments a run looks at decides that.
func textDrifts(a, b reports.Element) []Drift {
	var out []Drift
	goneForms, cameForms := missing(a.Forms, b.Forms), missing(b.Forms, a.Forms)
	switch {
	case len(goneForms) > 0 && len(cameForms) > 0:
		out = append(out, Drift{Kind: driftForm, Class: classBreaking, What: a.Path, Old: strings.Join(goneForms, ", "), New: strings.Join(cameForms, ", ")})
	case len(cameForms) > 0:
		out = append(out, Drift{Kind: driftForm, Class: classAdditive, What: a.Path, Old: strings.Join(slices.Sorted(maps.Keys(a.Forms)), ", "),
			New: strings.Join(slices.Sorted(maps.Keys(b.Forms)), ", ")})
	}
	for _, v := range missing(a.Values, b.Values) {
		out = append(out, Drift{Kind: driftValue, Class: classBreaking, What: a.Path, Old: v, New: "gone"})
	}
	for _, v := range missing(b.Values, a.Values) {
		out = append(out, Drift{Kind: driftValue, Class: classAdditive, What: a.Path, Old: "not there", New: v})
	}
	return out
}

// missing lists what is in the first and tellingly not in the second.
func missing(here, there map[string]int) []string {
	var out []string
	for k, n := range here {
		if there[k] == 0 && telling(n, sum(here), max(sum(there), 1)) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func sum(m map[string]int) int {
	n := 0
	for _, k := range m {
		n += k
	}
	return n
}
