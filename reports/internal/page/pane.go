package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// paneLimit is how many bytes of a body a page itself shows.
const paneLimit = 4 << 10

// Pane is one exchange, or one event, in full.
type Pane struct {
	Heading  string // what it is: the request under test, the read that showed it
	Line     string // PUT /finesse/api/User/1001
	By       string
	Status   string
	Differs  bool // the status is what is not as expected
	Took     float64
	Error    string
	Request  []Line
	Answer   Folded
	ReqHead  [][2]string
	ResHead  [][2]string
	Missing  string // what should be marked and is not there
	NoAnswer bool   // an answer without a body
}

// Folded is a body of which only the lines about the marked ones are seen at
// once.
type Folded struct{ Before, Lines, After []Line }

// Line is a line of a body; a marked one may have a note beside it.
type Line struct {
	Indent string
	HTML   template.HTML
	Mark   bool
	Note   string
}

// Exchange makes the pane of an exchange, without its bodies.
func Exchange(heading string, x *reports.ExchangeRef) Pane {
	p := Pane{Heading: heading, Line: text.ShownLine(x.Method+" "+x.Path, 400), Took: x.DurationMS, Error: text.ShownLine(x.Error, 500),
		ReqHead: HeaderList(x.RequestHeader), ResHead: HeaderList(x.ResponseHeader), By: "without credentials"}
	if x.As != "" {
		p.By = "signed by user " + text.ShownLine(x.As, 80)
	}
	if x.Status != 0 {
		p.Status = fmt.Sprint(x.Status)
	}
	p.NoAnswer = x.Status != 0 && x.ResponseBody == ""
	return p
}

// Lines lays a body out; mark says of a laid out body which lines are marked,
// and with which note, nil for none.
func Lines(body string, mark func(Layout) map[int]string) []Line {
	if body == "" {
		return nil
	}
	l := Lay(body)
	if len(l.Text) > paneLimit {
		l.Text = text.Cut(l.Text, paneLimit)
	}
	var at map[int]string
	if mark != nil {
		at = mark(l)
	}
	var out []Line
	for n, said := range strings.Split(l.Text, "\n") {
		rest := strings.TrimLeft(said, " ")
		line := Line{Indent: said[:len(said)-len(rest)]}
		line.Note, line.Mark = at[n]
		if l.XML {
			line.HTML = coloured(rest)
		} else {
			line.HTML = template.HTML(template.HTMLEscapeString(rest))
		}
		out = append(out, line)
	}
	return out
}

// Fold puts away the lines of a long body that are far from the marked ones.
func Fold(lines []Line) Folded {
	const short, near = 16, 3
	first := slices.IndexFunc(lines, func(l Line) bool { return l.Mark })
	if len(lines) <= short || first < 0 {
		return Folded{Lines: lines}
	}
	last := first
	for i, l := range lines {
		if l.Mark {
			last = i
		}
	}
	from, to := max(0, first-near), min(len(lines), last+near+1)
	if from < 3 { // not worth a click
		from = 0
	}
	if len(lines)-to < 3 {
		to = len(lines)
	}
	return Folded{Before: lines[:from], Lines: lines[from:to], After: lines[to:]}
}

// HeaderList sorts headers by name and leaves out secrets, and Date, which is
// another in every answer and says no more than the time line.
func HeaderList(h map[string]string) [][2]string {
	var list [][2]string
	for name, value := range reports.WithoutSecrets(h) {
		if strings.EqualFold(name, "Date") {
			continue
		}
		list = append(list, [2]string{text.ShownLine(name, 100), text.ShownLine(value, 1000)})
	}
	slices.SortFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}
