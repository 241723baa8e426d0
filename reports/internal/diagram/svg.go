package diagram

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Write draws the diagram as an SVG element. Equal input gives equal bytes.
// The only errors are those of w.
func Write(w io.Writer, in Input) error {
	p, below := &pen{in: in}, &pen{in: in}
	arrows, refusals := in.Arrows(), in.Refusals()
	p.open(height + below.legend(arrows, refusals))
	for _, a := range arrows {
		p.arrow(a)
	}
	for _, s := range order {
		p.state(s, arrows, refusals)
	}
	p.out.Write(below.out.Bytes())
	p.printf("</svg>\n")
	_, err := w.Write(p.out.Bytes())
	return err
}

// pen writes the parts of the drawing.
type pen struct {
	in  Input
	out bytes.Buffer
}

func (p *pen) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

func (p *pen) open(total int) {
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 %d %d" role="group" aria-labelledby="diagram-title" aria-describedby="diagram-desc"`, width, total)
	if p.in.Standalone {
		p.printf(` width="%d" height="%d"`, width, total)
	}
	p.printf(">\n<title id=\"diagram-title\">States of an agent on %s and the documented ways between them</title>\n", p.in.Deployment)
	p.printf("<desc id=\"diagram-desc\">%s</desc>\n", html.EscapeString(p.summary()))
	if p.in.Standalone {
		p.printf("<style>%s</style>\n<rect class=\"d-paper\" width=\"%d\" height=\"%d\"/>\n", Style(), width, total)
	}
}

// summary says in words what the drawing shows, for those who do not see it.
func (p *pen) summary() string {
	count := func(marks []Mark) string {
		n := map[Mark]int{}
		for _, m := range marks {
			n[m]++
		}
		var parts []string
		for _, m := range legendOrder {
			if n[m] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n[m], markWords[m]))
			}
		}
		return strings.Join(parts, ", ")
	}
	var arrows, refusals []Mark
	for _, a := range p.in.Arrows() {
		arrows = append(arrows, a.Mark)
	}
	for _, r := range p.in.Refusals() {
		refusals = append(refusals, r.Mark)
	}
	if p.in.documentation() {
		return fmt.Sprintf("%d transitions between %d states; %d requests for a state that have to be refused.", len(arrows), len(order), len(refusals))
	}
	return fmt.Sprintf("%d transitions: %s. %d requests for a state that have to be refused: %s.",
		len(arrows), count(arrows), len(refusals), count(refusals))
}

// link opens a group that leads to requirements.
func (p *pen) link(class string, rows []*spec.Requirement, label string) (closing string) {
	label = html.EscapeString(label)
	if p.in.Link == nil {
		p.printf(`<g class="%s"><title>%s</title>`, class, label)
		return "</g>\n"
	}
	ids := idsOf(rows)
	p.printf(`<a class="%s" href="%s" data-ids="%s" aria-label="%s"><title>%s</title>`, class,
		html.EscapeString(p.in.Link(ids)), html.EscapeString(strings.Join(ids, " ")), label, label)
	return "</a>\n"
}

func idsOf(rows []*spec.Requirement) []string {
	ids := make([]string, len(rows))
	for i, q := range rows {
		ids[i] = q.ID
	}
	return ids
}

func (p *pen) arrow(a Arrow) {
	r, known := routeOf(a.From, a.To)
	if !known {
		return
	}
	label := number(a.Rows)
	class := "d-arrow m-" + string(a.Mark)
	if p.in.documentation() {
		letters, cause := causeOf(a.Rows)
		label = strings.TrimSpace(label + " " + letters)
		class += " c-" + cause
	}
	closing := p.link(class, a.Rows, p.arrowTitle(a))
	d := path(r.points)
	p.printf(`<path class="halo" d="%s"/><path class="way" d="%s"/><path class="head" d="%s"/>`, d, d, head(r.points))
	p.label(r.label, label, a.Mark)
	p.printf("%s", closing)
}

// label draws the rows' numbers in a pill, with the sign of the mark.
func (p *pen) label(at point, text string, m Mark) {
	textWidth := letterWidth(10.5) * float64(len([]rune(text)))
	w := textWidth + 10
	if m != Plain {
		w += 12
	}
	p.printf(`<g class="label" transform="translate(%s %s)"><rect x="%s" y="-8" width="%s" height="16" rx="8"/>`,
		num(at.x), num(at.y), num(-w/2), num(w))
	p.printf(`<text x="%s" y="3.7">%s</text>`, num(-w/2+5), html.EscapeString(text))
	if m != Plain {
		p.sign(w/2-9, 0, m)
	}
	p.printf("</g>")
}

func (p *pen) sign(x, y float64, m Mark) {
	p.printf(`<path class="sign" transform="translate(%s %s)" d="%s"/>`, num(x), num(y), signs[m])
}

// state draws a box: the name, and what has to be refused there.
func (p *pen) state(s spec.State, arrows []Arrow, refusals []Refusal) {
	b := places[s]
	var mine []Refusal
	for _, r := range refusals {
		if r.From == s {
			mine = append(mine, r)
		}
	}
	class := "d-state"
	if !drawn(s, arrows, refusals) {
		class += " d-unused"
	}
	p.printf(`<g class="%s"><rect x="%s" y="%s" width="%s" height="%s" rx="8"/>`, class, num(b.x), num(b.y), num(b.w), num(b.h))
	if b.beam {
		p.printf(`<text class="d-name" x="%s" y="%s">%s</text>`, num(b.x+16), num(b.y+b.h/2+5), b.lines[0])
		p.printf("\n")
		p.row(b, mine)
		p.printf("</g>\n")
		return
	}
	y := b.y + 19
	if len(mine) == 0 {
		y = b.y + b.h/2 + 5 - 7*float64(len(b.lines)-1)
	}
	for _, l := range b.lines {
		p.printf(`<text class="d-name" text-anchor="middle" x="%s" y="%s">%s</text>`, num(b.x+b.w/2), num(y), l)
		y += 14
	}
	p.printf("\n")
	if s == spec.Talking {
		y = b.y + b.h - 62 // low in the tall box, where the way lies to NOT_READY
	}
	for _, r := range mine {
		p.chip(b.x+b.w/2-p.chipWidth(r)/2, y-4, r)
		y += 17
	}
	p.printf("</g>\n")
}

// drawn reports whether the documentation of the deployment says anything of
// users in a state.
func drawn(s spec.State, arrows []Arrow, refusals []Refusal) bool {
	return slices.ContainsFunc(arrows, func(a Arrow) bool { return a.From == s || a.To == s }) ||
		slices.ContainsFunc(refusals, func(r Refusal) bool { return r.From == s })
}

// row draws the refusals of a beam from left to right, in lines.
func (p *pen) row(b box, mine []Refusal) {
	const gap, left, lineHeight = 6, 112, 20
	var lines [][]Refusal
	room := 0.0
	for _, r := range mine {
		w := p.chipWidth(r) + gap
		if room < w {
			lines, room = append(lines, nil), b.w-left-10
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], r)
		room -= w
	}
	y := b.y + b.h/2 - lineHeight*float64(len(lines))/2 + 2.5
	for _, l := range lines {
		x := b.x + left
		for _, r := range l {
			p.chip(x, y, r)
			x += p.chipWidth(r) + gap
		}
		y += lineHeight
	}
}

func (r Refusal) label() string {
	if r.SupervisorOnly {
		return string(r.To) + " (sup.)"
	}
	return string(r.To)
}

func (p *pen) chipWidth(r Refusal) float64 {
	w := 20 + letterWidth(9)*float64(len(r.label()))
	if r.Mark != Plain {
		w += 12
	}
	return w
}

// chip draws a refusal: a barred circle, the state that is asked for in vain,
// and the sign of the mark.
func (p *pen) chip(x, y float64, r Refusal) {
	w := p.chipWidth(r)
	closing := p.link("d-refusal m-"+string(r.Mark), r.Rows, p.refusalTitle(r))
	p.printf(`<rect x="%s" y="%s" width="%s" height="15" rx="4"/>`, num(x), num(y), num(w))
	p.printf(`<path class="bar" transform="translate(%s %s)" d="%s"/>`, num(x+8.5), num(y+7.5), barred)
	p.printf(`<text x="%s" y="%s">%s</text>`, num(x+15.5), num(y+10.8), html.EscapeString(r.label()))
	if r.Mark != Plain {
		p.sign(x+w-8, y+7.5, r.Mark)
	}
	p.printf("%s", closing)
}

// letterWidth is how wide a letter of the monospaced font is at a size, in
// pixels: a little more than in the usual ones, so that no text overflows.
func letterWidth(size float64) float64 { return 0.605 * size }

// path makes a line with rounded corners.
func path(points []point) string {
	const radius = 10.0
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", num(points[0].x), num(points[0].y))
	for i := 1; i < len(points)-1; i++ {
		before, corner, after := points[i-1], points[i], points[i+1]
		in, out := toward(corner, before, radius), toward(corner, after, radius)
		fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", num(in.x), num(in.y), num(corner.x), num(corner.y), num(out.x), num(out.y))
	}
	// The line ends inside the head, so that its end does not show.
	end := toward(points[len(points)-1], points[len(points)-2], 5)
	fmt.Fprintf(&b, "L%s %s", num(end.x), num(end.y))
	return b.String()
}

// head makes the arrow's head at the end of the line.
func head(points []point) string {
	tip := points[len(points)-1]
	back := toward(tip, points[len(points)-2], 9)
	dx, dy := (tip.y-back.y)/9*4.2, (back.x-tip.x)/9*4.2
	return fmt.Sprintf("M%s %sL%s %sL%s %sZ", num(tip.x), num(tip.y), num(back.x+dx), num(back.y+dy), num(back.x-dx), num(back.y-dy))
}

// toward goes from a point some way to another, half of it at most.
func toward(from, to point, far float64) point {
	dx, dy := to.x-from.x, to.y-from.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return from
	}
	t := min(far/length, 0.5)
	return point{from.x + t*dx, from.y + t*dy}
}

// num writes a coordinate with at most one decimal.
func num(x float64) string {
	s := fmt.Sprintf("%.1f", x)
	return strings.TrimSuffix(strings.Replace(s, "-0.0", "0", 1), ".0")
}

// barred is a circle with a bar: no entry.
const barred = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M-2.8 -2.8L2.8 2.8"

// Sign gives the path that tells a mark without colour, about the origin in a
// box of 12 by 12, to be stroked; "" for Plain.
func (m Mark) Sign() string { return signs[m] }

// signs tell the marks apart without colour.
var signs = map[Mark]string{
	Mark(evidence.Passed):        "M-3.4 .3L-1 2.8L3.4 -2.8",
	Mark(evidence.Failed):        "M-3 -3L3 3M3 -3L-3 3",
	Mark(evidence.Waived):        "M-2.5 3.5V-3.5H3L1.5 -1.6L3 .2H-2.5",
	Mark(evidence.Info):          "M0 -3.4V-3M0 -.9V3.4",
	LetThrough:                   "M-3.5 0H3M.5 -2.6L3.2 0L.5 2.6",
	Worse:                        "M-3 -3L3 3M3 -3L-3 3",
	Better:                       "M-3.4 .3L-1 2.8L3.4 -2.8",
	Drifted:                      "M-3.2 -1.5H3.2M-3.2 1.7H3.2M1.8 -3.6L-1.8 3.6",
	Same:                         "M-2.6 -1.2H2.6M-2.6 1.4H2.6",
	Mark(evidence.NotExercised):  "M-3 0H3",
	Mark(evidence.NotApplicable): "M-1 0H1",
}

//go:embed diagram.css
var rules string

//go:embed palette.css
var palette string

// Style gives the styles of a drawing that stands alone: the rules and a
// palette for light and dark.
func Style() string { return palette + rules }
