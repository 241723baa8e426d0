package diagram

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// legendOrder is the order in which marks are counted and explained.
var legendOrder = []Mark{Mark(evidence.Failed), Mark(evidence.Passed), LetThrough, Mark(evidence.Waived), Mark(evidence.Info),
	Mark(evidence.NotExercised), Mark(evidence.NotApplicable), Worse, Better, Drifted, Same}

var markWords = map[Mark]string{
	Mark(evidence.Passed):        "passed",
	Mark(evidence.Failed):        "failed",
	Mark(evidence.Waived):        "waived",
	Mark(evidence.Info):          "recorded",
	LetThrough:                   "let through, which the guide leaves open",
	Mark(evidence.NotExercised):  "not exercised",
	Mark(evidence.NotApplicable): "not applicable",
	Worse:                        "worse",
	Better:                       "repaired",
	Drifted:                      "passes both times, and behaves otherwise",
	Same:                         "as before",
}

// Word gives a mark in words, "" for Plain.
func (m Mark) Word() string { return markWords[m] }

// causes gives for each cause its letter and what it means.
var causes = []struct {
	cause  spec.Cause
	letter string
	words  string
}{
	{spec.ByAgent, "A", "the agent's own request"},
	{spec.ByDialog, "D", "the agent's Dialog request"},
	{spec.ByStimulus, "S", "something from outside: a call, a campaign, a caller"},
	{spec.ByTimer, "T", "the wrap-up timer"},
}

// causeOf gives the letters of the causes of rows, and the cause after which
// the arrow is coloured.
func causeOf(rows []*spec.Requirement) (letters, class string) {
	class = "none"
	var all []string
	for _, q := range rows {
		for _, c := range causes {
			if c.cause != q.Transition.Cause {
				continue
			}
			if !slices.Contains(all, c.letter) {
				all = append(all, c.letter)
			}
			if class == "none" {
				class = string(c.cause)
			}
		}
	}
	return strings.Join(all, "/"), class
}

// number gives the numbers of rows: 06, or 11·12.
func number(rows []*spec.Requirement) string {
	texts := make([]string, len(rows))
	for i, q := range rows {
		texts[i] = q.ID[strings.LastIndexByte(q.ID, '-')+1:]
	}
	return strings.Join(texts, "·")
}

func (p *pen) arrowTitle(a Arrow) string {
	from := string(a.From)
	if from == "*" {
		from = "any state"
	}
	// What is seen comes first: who speaks to a machine says what they see.
	return fmt.Sprintf("%s: %s to %s%s. %s", number(a.Rows), from, a.To, p.outcome(a.Mark), p.rows(a.Rows))
}

func (p *pen) refusalTitle(r Refusal) string {
	return fmt.Sprintf("%s asked for in %s has to be refused%s. %s", r.label(), r.From, p.outcome(r.Mark), p.rows(r.Rows))
}

func (p *pen) outcome(m Mark) string {
	if m == Plain {
		return ""
	}
	return ": " + markWords[m]
}

// rows names the requirements behind an arrow or a refusal.
func (p *pen) rows(all []*spec.Requirement) string {
	texts := make([]string, len(all))
	for i, q := range all {
		texts[i] = q.ID + " " + q.Title
		if o, known := p.in.Outcomes[q.ID]; known && len(all) > 1 {
			texts[i] += " (" + markWords[Mark(o.Outcome)] + ")"
		}
	}
	return strings.Join(texts, "; ")
}

// legend explains the marks that are in the drawing, and those alone, in as
// many rows as that takes. It gives their height.
func (p *pen) legend(arrows []Arrow, refusals []Refusal) int {
	const row, letter = 22, 6.1 // the height of a row; what a letter takes, at the most
	p.printf(`<g class="d-legend" transform="translate(20 %d)" aria-hidden="true">`, height+18)
	x, y := 0.0, 0
	// entry writes a sign, which draw puts at the origin, and its words.
	entry := func(sign float64, words string, draw func()) {
		need := sign + letter*float64(len(words))
		if x > 0 && x+need > width-40 {
			x, y = 0, y+row
		}
		p.printf(`<g transform="translate(%s %d)">`, num(x), y)
		draw()
		p.printf(`<text x="%s" y="4">%s</text></g>`, num(sign), html.EscapeString(words))
		x += need + 22
	}
	if p.in.documentation() {
		for _, c := range causes {
			if !slices.ContainsFunc(arrows, func(a Arrow) bool {
				return slices.ContainsFunc(a.Rows, func(q *spec.Requirement) bool { return q.Transition.Cause == c.cause })
			}) {
				continue
			}
			entry(26, c.words, func() {
				p.printf(`<g class="d-arrow m-plain c-%s">`, c.cause)
				p.label(point{10, 0}, c.letter, Plain)
				p.printf("</g>")
			})
		}
	}
	used := map[Mark]bool{}
	for _, a := range arrows {
		used[a.Mark] = true
	}
	for _, r := range refusals {
		used[r.Mark] = true
	}
	for _, m := range legendOrder {
		if !used[m] {
			continue
		}
		entry(38, markWords[m], func() {
			p.printf(`<g class="d-arrow m-%s"><path class="way" d="M0 0h30"/>`, m)
			p.printf(`<g class="label" transform="translate(15 0)"><rect x="-9" y="-8" width="18" height="16" rx="8"/>`)
			p.sign(0, 0, m)
			p.printf("</g></g>")
		})
	}
	if len(refusals) > 0 {
		entry(24, "asking for this state has to be refused here; (sup.) a supervisor's request", func() {
			p.printf(`<g class="d-refusal m-plain"><rect x="0" y="-7.5" width="17" height="15" rx="4"/><path class="bar" transform="translate(8.5 0)" d="%s"/></g>`, barred)
		})
	}
	p.printf("</g>\n")
	return 18 + y + row
}
