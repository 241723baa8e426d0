package compare

import (
	"cmp"
	"math"
	"slices"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
)

// timesChart has a line for each kind of request that both runs made, and one
// for how long accepted changes took to show: from the median before to that
// after, on a logarithmic axis.
type timesChart struct {
	Width, Height, Base float64
	Ticks               []chartTick
	Lines               []chartLine
	LeftOut             string // kinds of requests of which there were few
}

type chartTick struct {
	X     float64
	Label string
}

type chartLine struct {
	Name          string
	Y             float64
	Old, New      figures
	OldX, NewX    float64 // the medians
	Old95, New95  float64
	Differs, Slow bool
	Word          string
}

type figures struct {
	Samples  int
	P50, P95 float64
}

// chartKinds is how many kinds of requests the chart shows.
const chartKinds = 12

func newTimesChart(old, new *reports.Result) *timesChart {
	lines := []chartLine{}
	if a, b := old.Timings.Margins, new.Timings.Margins; min(a.Changes, b.Changes) > 0 {
		slack := 2 * math.Abs(new.Timings.P50-old.Timings.P50)
		lines = append(lines, lineOf("accepted changes show", figures{a.Changes, a.P50, a.P95}, figures{b.Changes, b.P50, b.P95}, leastConverging+slack))
	}
	var kinds []chartLine
	for _, y := range new.Timings.Latency {
		i := slices.IndexFunc(old.Timings.Latency, func(x reports.Latency) bool { return x.Kind == y.Kind })
		if i >= 0 {
			x := old.Timings.Latency[i]
			kinds = append(kinds, lineOf(text.ShownLine(y.Kind, 40), figures{x.Requests, x.P50, x.P95}, figures{y.Requests, y.P50, y.P95}, leastLatency))
		}
	}
	slices.SortStableFunc(kinds, func(a, b chartLine) int {
		return cmp.Compare(b.New.Samples+b.Old.Samples, a.New.Samples+a.Old.Samples)
	})
	shown := min(len(kinds), chartKinds)
	lines = append(lines, kinds[:shown]...)
	if len(lines) == 0 {
		return nil
	}
	c := layTimes(lines)
	if n := len(kinds) - shown; n > 0 {
		c.LeftOut = text.Count(n, "kind") + " of requests, of which there were fewest, left out."
	}
	return c
}

func lineOf(name string, was, is figures, least float64) chartLine {
	l := chartLine{Name: name, Old: was, New: is, Differs: differs(was.P50, is.P50, least), Slow: is.P50 > was.P50, Word: "as before"}
	if l.Differs {
		l.Word = map[bool]string{true: "slower", false: "faster"}[l.Slow]
	}
	return l
}

func layTimes(lines []chartLine) *timesChart {
	const left, right, top, step = 190.0, 30.0, 12.0, 24.0
	c := &timesChart{Width: 860}
	low, high := 1.0, 10.0
	for _, l := range lines {
		for _, ms := range []float64{l.Old.P50, l.New.P50, l.Old.P95, l.New.P95} {
			low, high = min(low, max(ms, 0.01)), max(high, ms)
		}
	}
	from, to := math.Floor(math.Log10(low)), math.Log10(high)
	at := func(ms float64) float64 {
		x := left + (c.Width-left-right)*(math.Log10(max(ms, low))-from)/(to-from)
		return math.Round(x*10) / 10
	}
	for i, l := range lines {
		l.Y = top + step*float64(i) + step/2
		l.OldX, l.NewX, l.Old95, l.New95 = at(l.Old.P50), at(l.New.P50), at(l.Old.P95), at(l.New.P95)
		c.Lines = append(c.Lines, l)
	}
	c.Base = top + step*float64(len(lines)) + 4
	c.Height = c.Base + 24
	for power := from; power <= to; power++ {
		ms := math.Pow(10, power)
		c.Ticks = append(c.Ticks, chartTick{at(ms), page.Took(ms)})
	}
	return c
}
