package compare

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	joshdk "github.com/joshdk/go-junit"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/suites/evidence"
)

// TestSeries: of three results each is held against the one before, in every
// form, and the worst step decides.
func TestSeries(t *testing.T) {
	broken := many()
	*broken.verdict("SIG-01") = reporttest.Verdict("SIG-01", evidence.Failed, reporttest.Saw("NOT_READY", "LOGOUT", reports.Observed{Status: 202}))
	var series Series
	for _, pair := range [][2]*reports.Result{{many().result(), broken.result()}, {broken.result(), many().result()}} {
		c, err := Results(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		series = append(series, c)
	}
	if series.ExitCode(false) != 1 || series[1:].ExitCode(false) != 0 {
		t.Error("the worst step does not decide")
	}
	data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return series.WriteJUnit(b, false) })
	if err := reporttest.ValidJUnit(t, data); err != nil {
		t.Error(err)
	}
	suites, err := joshdk.Ingest(data)
	if err != nil {
		t.Fatal(err)
	}
	failed, seen := 0, map[string]bool{}
	for _, s := range suites {
		failed += s.Totals.Failed
		for _, c := range s.Tests {
			if name := c.Classname + " " + c.Name; seen[name] {
				t.Errorf("twice: %s", name)
			} else {
				seen[name] = true
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d failures", failed)
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text": func(b *bytes.Buffer) error { return series.WriteText(b, console.Style{}) }, "Markdown": func(b *bytes.Buffer) error { return series.WriteMarkdown(b) },
		"HTML": func(b *bytes.Buffer) error { return series.WriteHTML(b) }, "JSON": func(b *bytes.Buffer) error { return series.WriteJSON(b) },
	} {
		said := strings.ToLower(string(reporttest.Rendered(t, write)))
		if !strings.Contains(said, "regression") || !strings.Contains(said, "repair") {
			t.Errorf("%s lacks one of the steps", name)
		}
		if name == "HTML" && !regexp.MustCompile(`, \d\d:\d\d to .*, \d\d:\d\d: `).MatchString(said) {
			t.Error("results of one day have the same name")
		}
		if ids := regexp.MustCompile(`\bid="([^"]+)"`).FindAllStringSubmatch(said, -1); name == "HTML" {
			known := map[string]bool{}
			for _, m := range ids {
				if known[m[1]] {
					t.Errorf("the id %s is there twice", m[1])
				}
				known[m[1]] = true
			}
		}
	}
}
