package compare

import (
	"bytes"
	"encoding/json"
	stdhtml "html"
	"strings"
	"testing"

	joshdk "github.com/joshdk/go-junit"
	"golang.org/x/net/html"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/suites/evidence"
)

// upgrade is a comparison with a regression, a repair and four drifts.
func upgrade(t *testing.T) *Comparison {
	t.Helper()
	a, b := many(), many()
	*a.verdict("SIG-02") = reporttest.Verdict("SIG-02", evidence.Failed, reporttest.Saw("READY", "WORK", reports.Observed{Status: 202}))
	*b.verdict("SIG-01") = reporttest.Verdict("SIG-01", evidence.Failed, reporttest.Saw("NOT_READY within 10s", "<b>LOGOUT</b> | `x` ]]>", reports.Observed{Status: 202}))
	b.verdict("ERR-03").Observed.Status = 422
	b.verdict("SIG-04").Observed.ErrorMessage = "no such device"
	b.bodies("</User>", "<skills>a</skills></User>")
	b.slow(6)
	b.run.Started = reporttest.Noon.AddDate(0, 1, 0)
	b.run.Finished = b.run.Started
	b.run.Target.Release = "12.0(2)"
	c, err := Results(a.result(), b.result())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func same(t *testing.T) *Comparison {
	t.Helper()
	c, err := Results(many().result(), many().result())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComparisonShowsExactlyWhatDiffers(t *testing.T) {
	c := upgrade(t)
	if got := changesText(c); got != "regression SIG-01 passed>failed\nrepair SIG-02 failed>passed" {
		t.Errorf("changes:\n%s", got)
	}
	if got := driftsText(c.Drifts); strings.Count(got, "\n") != 3 || strings.Count(got, "breaking") != 1 {
		t.Errorf("drifts:\n%s", got)
	}
	if c.ExitCode(false) != 1 || same(t).ExitCode(true) != 0 {
		t.Error("wrong exit codes")
	}
}

func TestComparisonRenderings(t *testing.T) {
	c := upgrade(t)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"compare.txt":  func(b *bytes.Buffer) error { return c.WriteText(b, console.Style{Width: 100}) },
		"compare.md":   func(b *bytes.Buffer) error { return c.WriteMarkdown(b) },
		"compare.json": func(b *bytes.Buffer) error { return c.WriteJSON(b) },
		"compare.xml":  func(b *bytes.Buffer) error { return c.WriteJUnit(b, true) },
		"compare-equal.txt": func(b *bytes.Buffer) error {
			return same(t).WriteText(b, console.Style{})
		},
	} {
		reporttest.Golden(t, name, reporttest.Rendered(t, write))
	}
}

func TestComparisonAsJUnit(t *testing.T) {
	for _, tc := range []struct {
		name   string
		c      *Comparison
		fail   bool
		failed int
	}{
		{"equal", same(t), true, 0}, {"worse", upgrade(t), false, 1}, {"worse, drift fails", upgrade(t), true, 5},
	} {
		data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return tc.c.WriteJUnit(b, tc.fail) })
		if err := reporttest.ValidJUnit(t, data); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		suites, err := joshdk.Ingest(data)
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, s := range suites {
			failed += s.Totals.Failed
		}
		if failed != tc.failed {
			t.Errorf("%s: %d failures, want %d", tc.name, failed, tc.failed)
		}
	}
}

func TestComparisonAsHTML(t *testing.T) {
	c := upgrade(t)
	data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return c.WriteHTML(b) })
	doc, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	items := 0
	for n := range doc.Descendants() {
		switch class := attribute(n, "class"); {
		case n.Data == "details" && strings.HasPrefix(class, "item "):
			items++
		case n.Data == "img":
			t.Error("the page has <img>")
		}
	}
	if items != 6 {
		t.Errorf("%d changes for 6 findings", items)
	}
	text := string(data)
	for _, want := range []string{
		"NOT_READY within 10s", "&lt;b&gt;LOGOUT&lt;/b&gt;", "Signing in again changes nothing", // the titles of a repair and of a regression
		"Status</th><td><mark>400</mark></td><td><mark>422</mark>", // a drift, marked
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A regression can be taken to who has to mend it: what it was and is, and the
// request as a command; what holds has no such texts.
func TestComparisonCopies(t *testing.T) {
	a, b := many(), many()
	*b.verdict("SIG-01") = reporttest.Verdict("SIG-01", evidence.Failed, reporttest.Saw("NOT_READY within 10s", "LOGOUT", reports.Observed{Status: 202}))
	b.run.Target.Release, b.run.Target.URL = "15.0(1)", "https://new.example.com:8445"
	c, err := Results(a.result(), b.result())
	if err != nil {
		t.Fatal(err)
	}
	c.Show(Exhibits{Old: a.run.Evidence, New: b.run.Evidence})
	page := stdhtml.UnescapeString(string(reporttest.Rendered(t, func(w *bytes.Buffer) error { return c.WriteHTML(w) })))
	if n := strings.Count(page, "data-copy=\"ticket-"); n != 1 {
		t.Errorf("%d tickets for one failure", n)
	}
	_, ticket, _ := strings.Cut(page, `id="ticket-change-SIG-01"`)
	ticket, _, _ = strings.Cut(ticket, "</pre>")
	for _, want := range []string{"Tested before: UCCE 12.0(1) at", "Tested after:  UCCE 15.0(1) at https://new.example.com:8445", "What is documented:", "Before:   passed", "Now:      failed: ", "saw LOGOUT", "To see it again:\ncurl -i", "'https://new.example.com:8445/finesse/api/User/"} {
		if !strings.Contains(ticket, want) {
			t.Errorf("the ticket lacks %q:\n%s", want, ticket)
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestComparisonAsJSON(t *testing.T) {
	data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return same(t).WriteJSON(b) })
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"regressions", "repairs", "waived", "failing", "newly_exercised", "no_longer_exercised", "drifts"} {
		if _, ok := m[list].([]any); !ok {
			t.Errorf("%s is %v, not a list", list, m[list])
		}
	}
}
