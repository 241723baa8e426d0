package history

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

//go:embed assets
var files embed.FS

var parsed = sync.OnceValue(func() *template.Template { return page.Parse(files) })

type historyPage struct {
	page.Head
	Headline string
	Lead     string
	Next     *step
	Verdict  reports.Word
	Targets  []targetPart
	LeftOut  []string
}

type targetPart struct {
	N                     int
	Several               bool // there are other targets on the page
	Name, Headline, Lead  string
	Next                  *step
	Verdict               reports.Word
	Ended                 string
	Runs                  runsChart
	Worse, Failing, Flaky []rowPart
	Changed               []rowPart // ever, and in none of the lists before
	Sections              []sectionPart
	Profiles              []rowPart
	Latency, Margins      *trend
}

type sectionPart struct {
	Name string
	Rows []rowPart
}

type rowPart struct {
	ID, Title, Level string
	Now              evidence.Outcome
	Said, Reason     string
	Strip            []block
	Marks            []int // where the release changes
	Of               int   // how many runs
	Report           string
}

// block is runs in a row with one outcome.
type block struct {
	Outcome evidence.Outcome
	X, W    int
	Said    string
}

// WriteHTML writes the history as one page.
func (h *History) WriteHTML(w io.Writer) error {
	css, err := files.ReadFile("assets/history.css")
	if err != nil {
		return err
	}
	p := historyPage{Verdict: reports.Conformant}
	for i := range h.Targets {
		part := h.Targets[i].part()
		part.N, part.Several = i+1, len(h.Targets) > 1
		p.Targets = append(p.Targets, part)
	}
	switch {
	case len(p.Targets) == 1:
		p.Headline, p.Lead, p.Next, p.Verdict = p.Targets[0].Headline, p.Targets[0].Lead, p.Targets[0].Next, p.Targets[0].Verdict
	case h.Worse:
		worse := 0
		for _, t := range h.Targets {
			if len(t.Worse) > 0 {
				worse++
			}
		}
		p.Headline, p.Verdict = fmt.Sprintf("%d of %d targets turned worse", worse, len(h.Targets)), reports.Nonconformant
	default:
		p.Headline = fmt.Sprintf("None of %d targets turned worse", len(h.Targets))
	}
	for _, l := range h.LeftOut {
		p.LeftOut = append(p.LeftOut, text.ShownLine(l, 400))
	}
	if p.Head, err = page.NewHead("Conformance over time: "+p.Headline, string(css), ""); err != nil {
		return err
	}
	return page.Write(w, parsed(), "history.html", p)
}

func (t *Target) part() targetPart {
	p := targetPart{Name: text.ShownLine(t.name(), 200), Headline: t.headline(), Verdict: reports.Conformant}
	last := t.Runs[len(t.Runs)-1]
	p.Ended = text.ShownLine(last.Ended, 400)
	failing := t.failing()
	switch {
	case len(t.Worse) > 0:
		p.Verdict = reports.Nonconformant
	case len(failing)+len(t.Flaky) > 0 || last.Ended != "":
		p.Verdict = reports.Incomplete
	}
	p.Lead, p.Next = t.lead(failing), t.next()
	worse := map[string]bool{}
	for _, id := range t.Worse {
		worse[id] = true
	}
	for i := range t.Requirements {
		q := &t.Requirements[i]
		row := t.row(q)
		switch {
		case worse[q.ID]:
			p.Worse = append(p.Worse, row)
		case q.Now == evidence.Failed:
			p.Failing = append(p.Failing, row)
		case q.Flaky:
			p.Flaky = append(p.Flaky, row)
		case len(row.Strip) > 1:
			p.Changed = append(p.Changed, row)
		}
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Name != q.Section {
			p.Sections = append(p.Sections, sectionPart{Name: text.ShownLine(q.Section, 40)})
		}
		s := &p.Sections[len(p.Sections)-1]
		s.Rows = append(s.Rows, row)
	}
	for _, name := range t.profileNames() {
		p.Profiles = append(p.Profiles, t.profileRow(name))
	}
	p.Runs = t.runs()
	p.Latency = t.trend("How long the target took to answer", []line{{"half within", "p50", func(r *Run) float64 { return r.LatencyP50 }}, {"95 % within", "p95", func(r *Run) float64 { return r.LatencyP95 }}}, 0)
	p.Margins = t.trend("How long accepted changes took to show", []line{{"half within", "p50", func(r *Run) float64 { return r.MarginP50 }},
		{"95 % within", "p95", func(r *Run) float64 { return r.MarginP95 }}, {"the slowest", "max", func(r *Run) float64 { return r.MarginMax }}}, float64(last.AllowedMS))
	return p
}

// lead says what there is to do.
func (t *Target) lead(failing []Requirement) string {
	var parts []string
	long := 0
	for _, q := range failing {
		if q.Runs > 1 {
			long++
		}
	}
	if long > 0 {
		oldest := failing[0]
		for _, q := range failing {
			if q.Since.Before(oldest.Since) {
				oldest = q
			}
		}
		verb := "fail"
		if long == 1 {
			verb = "fails"
		}
		parts = append(parts, fmt.Sprintf("%s %s for longer, the first since %s (%s)", text.Count(long, "requirement"), verb, oldest.Since.UTC().Format("2 January 2006"), oldest.ID))
	}
	if n := len(t.Flaky); n > 0 {
		parts = append(parts, fmt.Sprintf("%d flaky: %s", n, text.Few(t.Flaky, 4)))
	}
	if len(parts) == 0 && len(failing) == 0 {
		return "Nothing fails, and nothing is flaky."
	}
	return text.ShownLine(strings.Join(parts, "; "), 600)
}

// row draws what became of a requirement as a strip.
func (t *Target) row(q *Requirement) rowPart {
	row := rowPart{ID: text.ShownLine(q.ID, 80), Title: text.ShownLine(q.Title, 300), Level: q.Level, Now: q.Now, Reason: text.ShownLine(q.Reason, 500), Of: len(t.Runs)}
	if q.Now != "" {
		row.Said = page.OutcomeWord(q.Now) + " " + text.ShownLine(q.since(), 200)
	}
	if q.Flaky {
		row.Said += fmt.Sprintf("; changed %d times without release or contract changing", q.Changes)
	}
	for i, o := range q.Outcomes {
		if n := len(row.Strip); n > 0 && row.Strip[n-1].Outcome == o {
			row.Strip[n-1].W++
			continue
		}
		word := "not known"
		if o != "" {
			word = page.OutcomeWord(o)
		}
		row.Strip = append(row.Strip, block{Outcome: o, X: i, W: 1, Said: word + " from " + t.Runs[i].Started.UTC().Format("2006-01-02")})
	}
	for i, run := range t.Runs {
		if run.NewRelease {
			row.Marks = append(row.Marks, i)
		}
	}
	for i := len(t.Runs) - 1; i >= 0 && row.Report == ""; i-- {
		if q.Outcomes[i] == q.Now && t.Runs[i].report != "" {
			row.Report = t.Runs[i].report + "#req-" + q.ID
		}
	}
	return row
}

// runsChart has a bar for each run: what failed, passed, and was not exercised.
type runsChart struct {
	Width, Height, Base float64
	Bars                []runBar
	Releases            []releaseMark
}

type runBar struct {
	X, W    float64
	Parts   []barPart
	Said    string
	Report  string
	Label   string // of the axis, "" for most
	Verdict reports.Word
}

type barPart struct {
	Outcome evidence.Outcome
	Y, H    float64
}

type releaseMark struct {
	X    float64
	Name string
}

// chartWidth is that of all charts of the page, in units of their own.
const chartWidth = 1000.0

func (t *Target) runs() runsChart {
	const top, height = 26.0, 130.0
	c := runsChart{Width: chartWidth, Base: top + height, Height: top + height + 22}
	most := 1
	for _, run := range t.Runs {
		most = max(most, run.Summary.Applicable())
	}
	step := chartWidth / float64(len(t.Runs))
	labels := max(1, int(math.Ceil(float64(len(t.Runs))/10)))
	for i, run := range t.Runs {
		b := runBar{X: one(step*float64(i) + step*.1), W: one(step * .8), Verdict: run.Verdict, Report: run.report}
		b.Said = text.ShownLine(fmt.Sprintf("%s, %s: %s; %d passed, %d failed, %d not exercised", run.Started.UTC().Format("2006-01-02 15:04"), run.Release,
			run.Verdict, run.Summary.Passed, run.Summary.Failed, run.Summary.NotExercised), 300)
		y := c.Base
		for _, tally := range []page.Tally{{Outcome: evidence.Failed, Count: run.Summary.Failed}, {Outcome: evidence.Waived, Count: run.Summary.Waived}, {Outcome: evidence.Passed, Count: run.Summary.Passed},
			{Outcome: evidence.Info, Count: run.Summary.Info}, {Outcome: evidence.NotExercised, Count: run.Summary.NotExercised}} {
			if tally.Count == 0 {
				continue
			}
			h := max(height*float64(tally.Count)/float64(most), 3) // one of many is seen as well
			y -= h
			b.Parts = append(b.Parts, barPart{tally.Outcome, one(y), one(h)})
		}
		if i%labels == 0 {
			b.Label = run.Started.UTC().Format("2 Jan")
		}
		c.Bars = append(c.Bars, b)
		if run.NewRelease || i == 0 {
			c.Releases = append(c.Releases, releaseMark{one(step * float64(i)), text.ShownLine(run.Release, 30)})
		}
	}
	return c
}

// line is one of the figures of a trend.
type line struct {
	name, class string
	of          func(*Run) float64
}

// trend draws figures over the runs that came to their end, on an axis from 0.
type trend struct {
	Title         string
	Width, Height float64
	Lines         []trendLine
	Ticks         []releaseTick
	Releases      []releaseMark
}

type trendLine struct {
	Name, Class, Points, Last string
	X, Y                      float64
}

type releaseTick struct {
	Y     float64
	Label string
}

func (t *Target) trend(title string, lines []line, allowed float64) *trend {
	const top, height, right = 22.0, 120.0, 150.0
	highest, any := 0.0, false
	for i := range t.Runs {
		for _, l := range lines {
			if v := l.of(&t.Runs[i]); t.Runs[i].Ended == "" {
				highest, any = max(highest, v), any || v > 0
			}
		}
	}
	if !any || len(t.whole()) < 2 {
		return nil
	}
	c := &trend{Title: title, Width: chartWidth, Height: top + height + 8}
	if allowed > 0 {
		c.Title += fmt.Sprintf(", of the %s allowed", page.Took(allowed))
	}
	step := (chartWidth - right) / float64(max(len(t.Runs)-1, 1))
	at := func(ms float64) float64 { return one(top + height*(1-ms/(highest*1.1))) }
	for _, l := range lines {
		out := trendLine{Name: l.name, Class: l.class}
		var points []string
		for i := range t.Runs {
			if t.Runs[i].Ended != "" {
				continue
			}
			v := l.of(&t.Runs[i])
			out.X, out.Y, out.Last = one(step*float64(i)), at(v), page.Took(v)
			points = append(points, fmt.Sprintf("%g,%g", out.X, out.Y))
		}
		out.Points = strings.Join(points, " ")
		c.Lines = append(c.Lines, out)
	}
	spread(c.Lines)
	for _, share := range []float64{0.5, 1} {
		c.Ticks = append(c.Ticks, releaseTick{at(highest * share), page.Took(highest * share)})
	}
	for i, run := range t.Runs {
		if run.NewRelease {
			c.Releases = append(c.Releases, releaseMark{one(step * float64(i)), text.ShownLine(run.Release, 30)})
		}
	}
	return c
}

// spread keeps the names at the ends of lines from covering each other.
func spread(lines []trendLine) {
	for i := range lines {
		for j := range i {
			if d := lines[j].Y - lines[i].Y; math.Abs(d) < 14 {
				lines[i].Y = lines[j].Y - 14
			}
		}
	}
}

func one(x float64) float64 { return math.Round(x*10) / 10 }
