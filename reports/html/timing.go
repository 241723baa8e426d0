package html

import (
	"fmt"
	"math"
	"slices"

	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
)

// timing is the part of the page about times.
type timing struct {
	Latency []reports.Latency
	Margins reports.MarginStats
	Waiting string // how much of the run was waiting that the requirements demand
	Chart   *marginChart
	Slowest []marginDot // those that came closest to the limit
}

// Percent writes the share of what is allowed.
func (d marginDot) Percent() string {
	if d.Share < 1 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", d.Share)
}

// marginChart has a dot for every requirement whose accepted change was
// watched, over the time that the change took to show. The axis is
// logarithmic: most targets take a small part of what they may.
type marginChart struct {
	Width, Height int
	Ticks         []chartTick
	Limit         chartTick
	Dots          []marginDot
	Base          float64
}

type chartTick struct {
	X     float64
	Label string
}

type marginDot struct {
	ID      string
	X, Y    float64
	Used    float64
	Share   float64 // of what is allowed, in percent
	Allowed float64
}

func newTiming(r *reports.Result) timing {
	t := timing{Latency: r.Timings.Latency, Margins: r.Timings.Margins}
	if r.Timings.Bound > 0 {
		t.Waiting = page.Took(r.Timings.Bound)
	}
	var dots []marginDot
	for i := range r.Requirements {
		if m := r.Requirements[i].Margin; m != nil && m.AllowedMS > 0 {
			dots = append(dots, marginDot{ID: r.Requirements[i].ID, Used: float64(m.UsedMS), Allowed: float64(m.AllowedMS),
				Share: 100 * float64(m.UsedMS) / float64(m.AllowedMS)})
		}
	}
	if len(dots) == 0 {
		return t
	}
	t.Chart = newMarginChart(dots, t.Margins.AllowedMS)
	slices.SortStableFunc(dots, func(a, b marginDot) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	t.Slowest = dots[:min(5, len(dots))]
	return t
}

func newMarginChart(dots []marginDot, allowed int64) *marginChart {
	const left, right, radius, step = 24.0, 40.0, 3.5, 7.5
	longest := float64(max(allowed, 1))
	for _, d := range dots {
		longest = max(longest, d.Used, d.Allowed)
	}
	c := &marginChart{Width: 760}
	room := float64(c.Width) - left - right
	at := func(ms float64) float64 {
		return left + room*math.Log10(max(ms, 1))/math.Log10(max(longest, 10))
	}
	// Dots that would cover each other stand upon each other.
	rows := map[int]int{}
	highest := 0
	for _, d := range dots {
		column := int(math.Round((at(d.Used) - left) / step))
		d.X, d.Y = left+float64(column)*step, float64(rows[column])
		rows[column]++
		highest = max(highest, rows[column])
		c.Dots = append(c.Dots, d)
	}
	lift := min(step, 150/float64(highest))
	c.Base = lift*float64(highest-1) + 2*radius + 12
	for i := range c.Dots {
		c.Dots[i].X = round1(c.Dots[i].X)
		c.Dots[i].Y = round1(c.Base - radius - 2 - c.Dots[i].Y*lift)
	}
	for ms := 1.0; ms <= longest; ms *= 10 {
		if label := page.Took(ms); math.Abs(at(ms)-at(longest)) > 50 {
			c.Ticks = append(c.Ticks, chartTick{round1(at(ms)), tidyTick(label)})
		}
	}
	c.Limit = chartTick{round1(at(float64(allowed))), page.Took(float64(allowed))}
	c.Base = round1(c.Base)
	c.Height = int(c.Base) + 34
	return c
}

// tidyTick writes 1 ms for 1.0 ms.
func tidyTick(label string) string {
	if label == "1.0 ms" {
		return "1 ms"
	}
	return label
}

func round1(x float64) float64 { return math.Round(x*10) / 10 }
