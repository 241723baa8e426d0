package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/suites/evidence"
)

// OtherNode is the node of a system of two that the run watched beside the one
// that it acted on.
type OtherNode struct {
	URL string `json:"url"` // without credentials
	// Unwatched says why it was not watched after all.
	Unwatched string `json:"unwatched,omitempty"`
	// Skew is by how much its clock is ahead, in milliseconds, give or take
	// Within; nothing is known where Within is 0.
	SkewMS   float64 `json:"skew_ms"`
	WithinMS float64 `json:"within_ms"`
	// Of Changes that were accepted on the first node Shown were seen on this
	// one while the first was watched, so much later: the median, and at most.
	Changes int     `json:"changes"`
	Shown   int     `json:"shown"`
	LagP50  float64 `json:"lag_p50_ms"`
	LagMax  float64 `json:"lag_max_ms"`
}

// watched gives the node with its lag as the evidence has it.
func (o OtherNode) watched(all []*evidence.Evidence) *OtherNode {
	o.Changes, o.LagP50, o.LagMax = 0, 0, 0
	var lags []float64
	for _, e := range all {
		for _, s := range e.Load().Steps {
			if s.OtherNode == nil {
				continue
			}
			o.Changes++
			if s.OtherNode.Shown {
				lags = append(lags, threeDigits(s.OtherNode.Lag))
			}
		}
	}
	slices.Sort(lags)
	if o.Shown = len(lags); o.Shown > 0 {
		o.LagP50, o.LagMax = percentile(lags, 50), percentile(lags, 100)
	}
	return &o
}

// mergeOtherNodes adds up what the parts of a run saw of the other node. A
// median of medians is none: the largest is a bound of it.
func mergeOtherNodes(parts []*Result) *OtherNode {
	var all *OtherNode
	for _, r := range parts {
		o := r.Target.OtherNode
		switch {
		case o == nil:
		case all == nil:
			first := *o
			all = &first
		default:
			all.Changes, all.Shown = all.Changes+o.Changes, all.Shown+o.Shown
			all.LagP50, all.LagMax = max(all.LagP50, o.LagP50), max(all.LagMax, o.LagMax)
		}
	}
	return all
}

// Words tells of the node in one line.
func (o *OtherNode) Words() string {
	if o.Unwatched != "" {
		return "not watched: " + o.Unwatched
	}
	list := []string{o.URL}
	if o.Changes > 0 {
		said := fmt.Sprintf("showed %d of %d changes", o.Shown, o.Changes)
		if o.Shown > 0 {
			said += fmt.Sprintf(", %s after the first node in the median and %s at most", milliseconds(o.LagP50), milliseconds(o.LagMax))
		}
		list = append(list, said)
	}
	if o.WithinMS > 0 {
		list = append(list, fmt.Sprintf("its clock is %s off, give or take %s", milliseconds(o.SkewMS), milliseconds(o.WithinMS)))
	}
	return strings.Join(list, "; ")
}

func milliseconds(ms float64) string {
	return strconv.Itoa(int(math.Round(ms))) + " ms"
}
