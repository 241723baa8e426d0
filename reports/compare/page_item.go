package compare

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

// item is one change on the page: a requirement, or a drift with all the
// requirements that show it.
type item struct {
	Anchor, ID, Title string
	Level             string
	Kind              string // as the filter names them
	Badge             string // what it is, in a word
	Open              bool   // shown at once: the first of its cause
	Class             Class  // of a drift
	Mark              evidence.Outcome
	Sections          []string
	Asked, Reason     string
	Sources           []page.Link
	Versus            []versus
	Pairs             []panePair
	Reports           []page.Link
	Copies            page.Copies // of one that fails
	Others            []otherRow  // of a drift: the other requirements that show it
}

// Section lists the sections for the filter.
func (i item) Section() string { return strings.Join(i.Sections, " ") }

type otherRow struct{ ID, Title string }

// versus is one property before and after.
type versus struct {
	Name     string
	Old, New []wordPart
	Differs  bool
}

// wordPart is a part of a text; one that the other side does not have is
// marked.
type wordPart struct {
	Text string
	Mark bool
}

// panePair is an exchange before and after.
type panePair struct {
	Heading  string
	Old, New *page.Pane
}

type itemBuilder struct {
	c        *Comparison
	prefix   string
	old, new map[string][]*evidence.Evidence
}

// groups lists what changed, the worst first, each list by cause.
func (b *itemBuilder) groups() []itemGroup {
	var all []itemGroup
	add := func(id, title, hint string, mark evidence.Outcome, list []Change, whole bool) {
		g := itemGroup{ID: b.prefix + id, Title: title, Hint: hint, Count: len(list)}
		for _, x := range list {
			g.put(b.cause(x, whole), b.change(title, mark, x, whole))
		}
		if g.Count > 0 {
			g.largestFirst()
			all = append(all, g)
		}
	}
	add("regressions", regressions, "Held before and fail now, or can no longer be exercised though nothing in the plan says so.", evidence.Failed, b.c.Regressions, true)
	for _, class := range []Class{classBreaking, classAdditive, classCosmetic} {
		g := itemGroup{ID: b.prefix + string(class), Title: "Drift, " + string(class), Hint: classHints[class]}
		for _, d := range b.c.Drifts {
			if d.Class == class {
				g.put("", b.drift(g.Title, d))
				g.Count++
			}
		}
		if g.Count > 0 {
			all = append(all, g)
		}
	}
	add("waived", "Fail now under a waiver", "", evidence.Waived, b.c.Waived, true)
	add("repairs", "Repaired", "Failed before and hold now.", evidence.Passed, b.c.Repairs, true)
	add("failing", "Failed both times", "", evidence.Failed, b.c.Failing, false)
	add("newly", "Newly exercised", "", evidence.Passed, b.c.NewlyRun, false)
	add("added", "New in the catalogue", "The old result does not know them.", evidence.Info, b.c.Added, false)
	add("gone", "No longer exercised, as planned", "", evidence.NotExercised, b.c.Gone, false)
	return all
}

// regressions is the title of the list that comes first.
const regressions = "Regressions"

// badges say what a change is, by the title of its list.
var badges = map[string]string{
	regressions: "regression", "Fail now under a waiver": "waived", "Repaired": "repaired", "Failed both times": "failed", "Newly exercised": "exercised",
	"New in the catalogue": "new", "No longer exercised, as planned": "gone",
}

var classHints = map[Class]string{
	classBreaking: "Allowed both times; a client that was written against the old behaviour may break.",
	classAdditive: "Allowed both times; something is there that was not.",
	classCosmetic: "What only people read or feel.",
}

func (b *itemBuilder) cause(x Change, whole bool) string {
	if cause := b.c.causeOf(x.ID); whole && cause != x.ID {
		return text.ShownLine(cause, 300)
	}
	return ""
}

func (g *itemGroup) put(cause string, it item) {
	i := slices.IndexFunc(g.Causes, func(c causeGroup) bool { return c.Cause == cause })
	if i < 0 {
		i, g.Causes = len(g.Causes), append(g.Causes, causeGroup{Cause: cause})
	}
	it.Open = it.Open && (cause == "" || len(g.Causes[i].Items) == 0)
	g.Causes[i].Items = append(g.Causes[i].Items, it)
}

// largestFirst has the causes of most changes first, and what stands alone
// last.
func (g *itemGroup) largestFirst() {
	slices.SortStableFunc(g.Causes, func(x, y causeGroup) int {
		if (x.Cause == "") != (y.Cause == "") {
			return map[bool]int{true: 1, false: -1}[x.Cause == ""]
		}
		return len(y.Items) - len(x.Items)
	})
}

func (b *itemBuilder) change(kind string, mark evidence.Outcome, x Change, whole bool) item {
	it := item{Anchor: b.prefix + "change-" + anchorOf(x.ID), ID: text.ShownLine(x.ID, 80), Title: text.ShownLine(x.Title, 300), Level: x.Level, Kind: kind, Mark: mark, Badge: badges[kind], Open: kind == regressions,
		Sections: []string{text.ShownLine(x.Section, 40)}, Reason: text.ShownLine(changeText(x), 800)}
	b.fill(&it, x.ID, whole)
	return it
}

func (b *itemBuilder) drift(kind string, d Drift) item {
	it := item{Anchor: b.prefix + "drift-" + d.anchor, ID: text.ShownLine(driftSubject(d), 200), Kind: kind, Class: d.Class, Mark: evidence.Info, Badge: string(d.Class), Open: d.Class == classBreaking}
	if len(d.Requirements) == 0 {
		it.Versus = []versus{difference(driftSubject(d), d.Old, d.New)}
	} else {
		it.Reason = text.ShownLine(driftSubject(d)+": "+d.Old+", now "+d.New, 800)
	}
	for n, id := range d.Requirements {
		row := b.c.new.Row(id)
		if row == nil {
			continue
		}
		if section := text.ShownLine(row.Section, 40); !slices.Contains(it.Sections, section) {
			it.Sections = append(it.Sections, section)
		}
		if n > 0 {
			it.Others = append(it.Others, otherRow{text.ShownLine(row.ID, 80), text.ShownLine(row.Title, 300)})
			continue
		}
		it.Title, it.Level = text.ShownLine(row.ID+" "+row.Title, 300), row.Level
		b.fill(&it, id, true)
	}
	return it
}

// fill puts what is known of a requirement into an item.
func (b *itemBuilder) fill(it *item, id string, whole bool) {
	old, new := b.c.old.Row(id), b.c.new.Row(id)
	any := new
	if any == nil {
		any = old
	}
	if any == nil {
		return
	}
	it.Asked = b.asked(id, any)
	it.Sources = page.Sources(b.c.exhibits.Catalogue, any)
	for _, side := range []struct {
		name, report string
		row          *reports.Row
	}{{"in the report before", b.c.exhibits.OldReport, old}, {"in the report after", b.c.exhibits.NewReport, new}} {
		if side.row != nil && side.report != "" {
			it.Reports = append(it.Reports, page.Link{Text: side.name, Address: side.report + "#req-" + side.row.ID})
		}
	}
	if !whole || old == nil || new == nil {
		return
	}
	before, after := reports.Attempt(b.old[id], old.Repetition, old.Attempts), reports.Attempt(b.new[id], new.Repetition, new.Attempts)
	it.Versus = append(it.Versus, b.properties(old, new, before, after)...)
	it.Pairs = b.pairs(old, new, before, after)
	if new.Outcome == evidence.Failed {
		b.copies(it, old, new, before, after)
	}
}

// asked is what the requirement asks for, step by step.
func (b *itemBuilder) asked(id string, row *reports.Row) string {
	if b.c.exhibits.Catalogue != nil {
		if q, ok := b.c.exhibits.Catalogue.ByID(id); ok && len(q.Steps) > 0 {
			steps := []string{}
			for _, s := range q.Steps {
				steps = append(steps, s.When.Words(nil))
			}
			return text.ShownLine("given "+q.Given.Words()+": "+strings.Join(steps, ", then "), 500)
		}
	}
	return text.ShownLine(row.Asked, 400)
}

// properties are what both sides showed, without what changes from run to run.
func (b *itemBuilder) properties(old, new *reports.Row, before, after *evidence.Evidence) []versus {
	x, y := steadyRow(b.c.old, old), steadyRow(b.c.new, new)
	var list []versus
	add := func(name, was, is string) {
		if was != "" || is != "" {
			list = append(list, difference(name, was, is))
		}
	}
	add("Outcome", page.OutcomeWord(old.Outcome), page.OutcomeWord(new.Outcome))
	if old.Seen != "" && (new.Outcome != evidence.Failed || new.Seen == "") {
		add("Failed, for it saw", old.Seen, new.Seen) // of the new one the reason says so
	}
	add("Not exercised", gapReason(old), gapReason(new))
	add("Status", number(x.Status), number(y.Status))
	add("ErrorType", x.ErrorType, y.ErrorType)
	add("ErrorData", x.ErrorData, y.ErrorData)
	add("ErrorMessage", x.ErrorMessage, y.ErrorMessage)
	add("State", x.State, y.State)
	add("Reason code", x.ReasonCodeID, y.ReasonCodeID)
	add("Noted", x.Note, y.Note)
	add("Events", strings.Join(old.Events, ", "), strings.Join(new.Events, ", "))
	if v := difference("Time to show", margin(old), margin(new)); len(v.Old)+len(v.New) > 0 {
		v.Differs = v.Differs && (old.Margin == nil || new.Margin == nil || differs(float64(old.Margin.UsedMS), float64(new.Margin.UsedMS), leastConverging))
		list = append(list, v.unmarkedUnless(v.Differs))
	}
	if v := difference("Answered", took(before), took(after)); len(v.Old)+len(v.New) > 0 {
		v.Differs = v.Differs && apart(before, after)
		list = append(list, v.unmarkedUnless(v.Differs))
	}
	return list
}

func gapReason(row *reports.Row) string {
	if row.Gap == nil {
		return ""
	}
	return row.Reason
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func margin(row *reports.Row) string {
	if row.Margin == nil {
		return ""
	}
	return fmt.Sprintf("%s of %s", page.Took(float64(row.Margin.UsedMS)), page.Took(float64(row.Margin.AllowedMS)))
}

// actOf gives the index of the last request under test, -1 where there is none.
func actOf(e *evidence.Evidence) int {
	at := -1
	if e == nil {
		return at
	}
	for _, s := range e.Steps {
		if s.Skipped == "" && s.Exchange >= 0 && s.Exchange < len(e.Exchanges) {
			at = s.Exchange
		}
	}
	return at
}

func took(e *evidence.Evidence) string {
	i := actOf(e)
	if i < 0 {
		return ""
	}
	return "after " + page.Took(reports.Millis(e.Exchanges[i].Duration))
}

// apart reports whether two requests took times so different that it is no
// noise.
func apart(before, after *evidence.Evidence) bool {
	i, j := actOf(before), actOf(after)
	return i >= 0 && j >= 0 && differs(reports.Millis(before.Exchanges[i].Duration), reports.Millis(after.Exchanges[j].Duration), leastLatency)
}

// pairs are the request under test, and the answer that showed what decided,
// of both sides.
func (b *itemBuilder) pairs(old, new *reports.Row, before, after *evidence.Evidence) []panePair {
	var list []panePair
	x, y := refOf(old, before, actOf(before)), refOf(new, after, actOf(after))
	if x != nil || y != nil {
		list = append(list, b.pair("The request under test", old, new, x, y))
	}
	decidedOld, decidedNew := decided(old, x), decided(new, y)
	switch {
	case decidedOld == nil && decidedNew == nil:
		return list
	case decidedOld == nil:
		decidedOld = refOf(old, before, lastLook(before))
	case decidedNew == nil:
		decidedNew = refOf(new, after, lastLook(after))
	}
	return append(list, b.pair("The answer that showed it", old, new, decidedOld, decidedNew))
}

// decided gives the exchange that decided a failure, where it is another than
// the request under test.
func decided(row *reports.Row, act *reports.ExchangeRef) *reports.ExchangeRef {
	if row.Exchange == nil || row.Exchange.ResponseBody == "" || act != nil && row.Exchange.Index == act.Index {
		return nil
	}
	return row.Exchange
}

// lastLook is the exchange that shows where the subject was in the end.
func lastLook(e *evidence.Evidence) int {
	if e == nil || len(e.Steps) == 0 {
		return -1
	}
	until, at := e.Steps[len(e.Steps)-1].Until, -1
	for _, l := range e.Observations {
		if !l.Event && l.User == e.Cast["subject"].ID && !l.Asked.After(until) {
			at = l.Index
		}
	}
	return at
}

// refOf gives an exchange in full: from the evidence, or what the row holds.
func refOf(row *reports.Row, e *evidence.Evidence, i int) *reports.ExchangeRef {
	if x := reports.NewExchangeRef(e, i, true); x != nil {
		return x
	}
	if e == nil && row.Exchange != nil && row.Exchange.ResponseBody+row.Exchange.RequestBody != "" {
		return row.Exchange
	}
	return nil
}

// pair marks the lines of two answers that the other one does not have.
func (b *itemBuilder) pair(heading string, old, new *reports.Row, x, y *reports.ExchangeRef) panePair {
	p := panePair{Heading: heading}
	volatileOld, volatileNew := reports.VolatileValues(b.c.old, old), reports.VolatileValues(b.c.new, new)
	var was, is string
	if x != nil {
		was = x.ResponseBody
	}
	if y != nil {
		is = y.ResponseBody
	}
	both := x != nil && y != nil
	make := func(x *reports.ExchangeRef, body, other string, mine, others []string) *page.Pane {
		if x == nil {
			return nil
		}
		pane := page.Exchange("", x)
		pane.Request = page.Lines(x.RequestBody, nil)
		pane.Answer = page.Fold(page.Lines(body, func(l page.Layout) map[int]string {
			if !both {
				return nil
			}
			return changedLines(l.Text, page.Lay(other).Text, mine, others)
		}))
		return &pane
	}
	p.Old, p.New = make(x, was, is, volatileOld, volatileNew), make(y, is, was, volatileNew, volatileOld)
	if both && x.Status != y.Status {
		p.Old.Differs, p.New.Differs = true, true
	}
	return p
}

// anchorOf makes what may stand in an id of HTML.
func anchorOf(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, text.Truncate(id, 120))
}
