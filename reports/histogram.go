package reports

import (
	"math"
	"slices"
	"time"
)

// Bin is how many durations of a histogram are at most LE, and more than the
// bound before it. The bounds are those of the E12 series: twelve in each power
// of ten, each about a fifth above the one before, from 0.01 ms.
type Bin struct {
	LE float64 `json:"le_ms"`
	N  int     `json:"n"`
}

var e12 = [...]float64{10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82}

// boundOf gives the smallest bound that is not below a duration in milliseconds.
func boundOf(ms float64) float64 {
	for power := 0.001; ; power *= 10 {
		for _, step := range e12 {
			if bound := math.Round(step*power*1e4) / 1e4; ms <= bound {
				return bound
			}
		}
	}
}

// histogram counts durations, of bins that are not empty.
func histogram(sorted []float64) []Bin {
	bins := []Bin{}
	for _, ms := range sorted {
		bound := boundOf(ms)
		if n := len(bins); n == 0 || bins[n-1].LE != bound {
			bins = append(bins, Bin{LE: bound})
		}
		bins[len(bins)-1].N++
	}
	return bins
}

// together adds up histograms.
func together(all ...[]Bin) []Bin {
	n := map[float64]int{}
	for _, bins := range all {
		for _, b := range bins {
			n[b.LE] += b.N
		}
	}
	sum := make([]Bin, 0, len(n))
	for le, count := range n {
		sum = append(sum, Bin{le, count})
	}
	slices.SortFunc(sum, func(a, b Bin) int {
		if a.LE < b.LE {
			return -1
		}
		return 1
	})
	return sum
}

func total(bins []Bin) int {
	n := 0
	for _, b := range bins {
		n += b.N
	}
	return n
}

// percentileOf gives the bound that at least p percent do not exceed, 0 for an
// empty histogram.
func percentileOf(bins []Bin, p float64) float64 {
	need := int(math.Ceil(float64(total(bins)) * p / 100))
	for _, b := range bins {
		if need -= b.N; need <= 0 {
			return b.LE
		}
	}
	return 0
}

// percentile gives the smallest measured duration that at least p percent of
// the sorted ones do not exceed, 0 without any.
func percentile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(int(math.Ceil(float64(len(sorted))*p/100)), 1)-1]
}

// threeDigits rounds a duration to three significant digits, in milliseconds,
// and to no less than a hundredth of one.
func threeDigits(d time.Duration) float64 {
	us := float64(max(d, 0).Microseconds())
	if us < 1000 {
		return math.Round(us/10) / 100
	}
	unit := math.Pow(10, math.Floor(math.Log10(us))-2)
	return math.Round(us/unit) * unit / 1000
}

// sample is what results of earlier programs have in place of a histogram: how
// often a duration was measured.
type sample struct {
	MS float64 `json:"ms"`
	N  int     `json:"n"`
}

// counted makes the histogram of samples.
func counted(samples []sample) []Bin {
	var all [][]Bin
	for _, s := range samples {
		all = append(all, []Bin{{boundOf(s.MS), s.N}})
	}
	return together(all...)
}
