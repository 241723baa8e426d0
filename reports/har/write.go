package har

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// Bounds of an archive, in bytes. The whole catalogue makes less than a fifth
// of the first. What is left out stands in the evidence.
const (
	bodiesWhole = 64 << 20  // after which of long bodies only the beginning is written
	maxArchive  = 128 << 20 // after which no exchange is
)

// Write writes all exchanges as HAR 1.2, in the order of time. Each attempt
// at a requirement is a page. It holds no credentials and no cookies; the
// whole duration of an exchange counts as waiting, since nothing finer was
// measured.
//
// However much a target sent, the archive has a bound and takes little memory:
// it is written while it is made, and its comment says what it leaves out.
func Write(w io.Writer, r *reports.Result, all []*evidence.Evidence) error {
	return newArchive(w, r, bodiesWhole, maxArchive).write(all)
}

// archive is written from its beginning to its end, one attempt after the
// other.
type archive struct {
	w           io.Writer
	result      *reports.Result
	whole, most int64

	err       error // the first of w
	written   int64
	entries   int
	cut, left int // bodies that are not whole, exchanges that are not there
	waiting   []harEntry
	line      bytes.Buffer
}

func newArchive(w io.Writer, r *reports.Result, whole, most int64) *archive {
	return &archive{w: w, result: r, whole: whole, most: most}
}

// attempt is an attempt in the order in which it is written.
type attempt struct {
	held  *evidence.Evidence
	first time.Time // when its first exchange began
}

func (a *archive) write(all []*evidence.Evidence) error {
	pages, order := a.survey(all)
	a.put("{\n \"log\": {\n  \"version\": \"1.2\",\n  \"creator\": ")
	a.value("  ", reports.Tool{Name: a.result.Tool.Name, Version: a.result.Tool.Build()})
	a.put(",\n  \"pages\": ")
	a.value("  ", pages)
	a.put(",\n  \"entries\": [")
	for i, next := range order {
		e := next.held.Load()
		for j := range e.Exchanges {
			a.waiting = append(a.waiting, harOf(a.result.Target.URL, pageID(e), &e.Exchanges[j]))
		}
		slices.SortStableFunc(a.waiting, func(a, b harEntry) int { return a.Started.Compare(b.Started) })
		ready := len(a.waiting)
		if i+1 < len(order) {
			ready, _ = slices.BinarySearchFunc(a.waiting, order[i+1].first, func(e harEntry, t time.Time) int { return cmp.Or(e.Started.Compare(t), 1) })
		}
		for j := range a.waiting[:ready] {
			a.entry(&a.waiting[j])
		}
		a.waiting = slices.Delete(a.waiting, 0, ready)
	}
	if a.entries > 0 {
		a.put("\n  ")
	}
	a.put("],\n  \"comment\": ")
	a.value("  ", a.comment())
	a.put("\n }\n}\n")
	if a.err != nil {
		return fmt.Errorf("writing HAR: %w", a.err)
	}
	return nil
}

func pageID(e *evidence.Evidence) string {
	if e.Repetition > 0 {
		return fmt.Sprintf("%s-%d-%d", e.Requirement, e.Repetition, e.Attempt)
	}
	return fmt.Sprintf("%s-%d", e.Requirement, e.Attempt)
}

// survey gives the pages, and the attempts by their first exchange.
func (a *archive) survey(all []*evidence.Evidence) ([]harPage, []attempt) {
	pages, order := []harPage{}, []attempt{}
	for _, held := range all {
		e := held.Load()
		if len(e.Exchanges) == 0 {
			continue
		}
		id := pageID(e)
		title := id
		if row := a.result.Row(e.Requirement); row != nil {
			title = row.ID + " " + row.Title
		}
		pages = append(pages, harPage{Started: reports.Stamp(e.Started), ID: id, Title: title, Timings: map[string]int{}})
		first := slices.MinFunc(e.Exchanges, func(a, b evidence.Exchange) int { return a.Started.Compare(b.Started) })
		order = append(order, attempt{held, reports.Stamp(first.Started)})
	}
	slices.SortStableFunc(pages, func(a, b harPage) int { return a.Started.Compare(b.Started) })
	slices.SortStableFunc(order, func(a, b attempt) int { return a.first.Compare(b.first) })
	return pages, order
}

// entry writes an exchange, or what of it there is room for.
func (a *archive) entry(e *harEntry) {
	if a.written >= a.most {
		a.left++
		return
	}
	if body := &e.Response.Content; a.written >= a.whole && body.Comment == "" {
		if kept := evidence.Cut(body.Text); len(kept) < len(body.Text) {
			body.Text, body.Comment = kept, shortened
		}
	}
	if e.Response.Content.Comment != "" {
		a.cut++
	}
	if a.entries > 0 {
		a.put(",")
	}
	a.put("\n   ")
	a.value("   ", e)
	a.entries++
}

// comment says of what the archive is, and what it leaves out.
func (a *archive) comment() string {
	said := text.Clean("certification of " + a.result.Target.URL)
	if a.cut > 0 {
		said += "; of " + bodies(a.cut) + " only the beginning is here"
	}
	if a.left > 0 {
		said += "; " + text.Count(a.left, "exchange") + " after these are left out, since the archive would be larger than " + fmt.Sprint(a.most>>20) + " MiB: they stand in the evidence"
	}
	return said
}

func bodies(n int) string {
	if n == 1 {
		return "one body"
	}
	return fmt.Sprintf("%d bodies", n)
}

func (a *archive) put(said string) {
	if a.err != nil {
		return
	}
	n, err := io.WriteString(a.w, said)
	a.written, a.err = a.written+int64(n), err
}

// value writes a value as JSON.
func (a *archive) value(prefix string, data any) {
	if a.err != nil {
		return
	}
	a.line.Reset()
	enc := json.NewEncoder(&a.line)
	enc.SetIndent(prefix, " ")
	enc.SetEscapeHTML(false)
	if a.err = enc.Encode(data); a.err == nil {
		a.put(string(bytes.TrimSuffix(a.line.Bytes(), []byte("\n"))))
	}
}
