package junit

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"

	joshdk "github.com/joshdk/go-junit"
	jstemmer "github.com/jstemmer/go-junit-report/v2/junit"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

func junitOf(t *testing.T, r *reports.Result) []byte {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error { return Write(b, r) })
}

func TestJUnit(t *testing.T) {
	got := junitOf(t, reporttest.Sample())
	reporttest.Golden(t, "junit.xml", got)
	if bytes.Contains(got, []byte("secret")) {
		t.Error("a password stands in the report")
	}
}

// The check of the next test finds what is wrong.
func TestJUnitIsCheckedBySchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed")
	}
	const suite = `<testsuite name="a" tests="1" failures="0" errors="0">`
	for name, doc := range map[string]string{
		"":                    `<testsuites>` + suite + `<testcase name="x"></testcase></testsuite></testsuites>`,
		"other root":          `<junit></junit>`,
		"case without a name": `<testsuites>` + suite + `<testcase></testcase></testsuite></testsuites>`,
		"not well formed":     `<testsuites>`,
	} {
		if err := reporttest.ValidJUnit(t, []byte(doc)); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	stopped := reporttest.SampleRun()
	stopped.Stopped, stopped.Target.Deployment = "connection refused", ""
	for name, r := range map[string]*reports.Result{
		"sample": reporttest.Sample(), "awkward": reporttest.Awkward(), "stopped": reports.Build(reporttest.Small(), stopped, nil),
		"empty": {}, "zero times": reports.Build(reporttest.Small(), reports.Run{}, nil),
	} {
		data := junitOf(t, r)
		if err := reporttest.ValidJUnit(t, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if i := bytes.LastIndex(data, []byte("?xml")); i > 2 {
			t.Errorf("%s: an XML declaration inside, at byte %d", name, i)
		}
		// The message, the text and the facts of a case have a limit each.
		if most := len(r.Requirements) * 2 * (reports.MessageLimit + 2*textLimit); len(data) > most+1<<12 {
			t.Errorf("%s: %d bytes", name, len(data))
		}
	}
}

// Two results that are equal, one of them read back from its file, give the
// same bytes.
func TestJUnitIsReproducible(t *testing.T) {
	first := reporttest.Sample()
	want := junitOf(t, first)
	for range 5 {
		if !bytes.Equal(want, junitOf(t, reporttest.Sample())) {
			t.Fatal("two equal results give different files")
		}
	}
	data, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	again, err := reports.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, junitOf(t, again)) {
		t.Error("the result read back gives another file")
	}
}

// Every requirement that is documented for the deployment has one testcase,
// with the same name whatever happened.
func TestJUnitNamesStay(t *testing.T) {
	stopped := reporttest.SampleRun()
	stopped.Stopped = "connection refused"
	a, b := namesOf(t, junitOf(t, reporttest.Sample())), namesOf(t, junitOf(t, reports.Build(reporttest.Small(), stopped, nil)))
	if strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Errorf("a run that was stopped has the cases\n%v\nand a whole one\n%v", b, a)
	}
	seen := map[string]bool{}
	for _, name := range a {
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
	if len(a) != len(reporttest.Small().List)-1 { // one is documented for the other deployment only
		t.Errorf("%d cases for %d requirements", len(a), len(reporttest.Small().List)-1)
	}
}

func namesOf(t *testing.T, data []byte) []string {
	t.Helper()
	suites, err := joshdk.Ingest(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range suites {
		for _, c := range s.Tests {
			names = append(names, c.Classname+" "+c.Name)
		}
	}
	return names
}

// Readers that nobody here wrote count what the summary counts.
func TestJUnitReadBack(t *testing.T) {
	for name, r := range map[string]*reports.Result{"sample": reporttest.Sample(), "awkward": reporttest.Awkward()} {
		data := junitOf(t, r)
		var want struct{ passed, failed, errors, skipped int }
		for i := range r.Requirements {
			row := &r.Requirements[i]
			switch {
			case !documentedHere(r, row):
			case row.HarnessFault != "":
				want.errors++
			case row.Outcome == evidence.Failed:
				want.failed++
			case row.Exercised() && row.Outcome != evidence.Waived:
				want.passed++
			default:
				want.skipped++
			}
		}

		got := want
		got.passed, got.failed, got.errors, got.skipped = 0, 0, 0, 0
		suites, err := joshdk.Ingest(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range suites {
			for _, c := range s.Tests {
				switch c.Status {
				case joshdk.StatusPassed:
					got.passed++
				case joshdk.StatusFailed:
					got.failed++
				case joshdk.StatusError:
					got.errors++
				case joshdk.StatusSkipped:
					got.skipped++
				}
			}
		}
		if got != want {
			t.Errorf("%s: joshdk/go-junit counts %+v, the result has %+v", name, got, want)
		}

		var doc jstemmer.Testsuites
		if err := xml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		got.passed, got.failed, got.errors, got.skipped = 0, 0, 0, 0
		for _, s := range doc.Suites {
			var failed, errors, skipped int
			for _, c := range s.Testcases {
				switch {
				case c.Failure != nil:
					failed++
				case c.Error != nil:
					errors++
				case c.Skipped != nil:
					skipped++
				default:
					got.passed++
				}
			}
			if s.Failures != failed || s.Errors != errors || s.Skipped != skipped || s.Tests != len(s.Testcases) {
				t.Errorf("%s: the suite %s counts wrongly", name, s.Name)
			}
			got.failed, got.errors, got.skipped = got.failed+failed, got.errors+errors, got.skipped+skipped
			if s.Properties == nil || len(*s.Properties) < 6 {
				t.Errorf("%s: the suite %s has no properties", name, s.Name)
			}
		}
		if got != want {
			t.Errorf("%s: go-junit-report counts %+v, the result has %+v", name, got, want)
		}
	}
}

func TestJUnitTextsAreCut(t *testing.T) {
	got := Escape(strings.Repeat("é", textLimit))
	if len(got) > textLimit+64 || !strings.HasSuffix(got, "more bytes)") {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-20:])
	}
}

func TestClean(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"plain 日本 😀\n\t", "plain 日本 😀\n\t"},
		{"\x00\x1b\x7f\u0085", `\u0000\u001b\u007f\u0085`},
		{"\xff\xc3(", `\xff\xc3(`},
		{"\ufffe\uffff\ufffd", `\ufffe\uffff` + "\ufffd"},
		{"\u202eevil", `\u202eevil`},
		{"a\r\nb\rc", "a\nb" + `\u000dc`},
		{`<?xml version="1.0"?>` + "\n<User/>", "<User/>"},
		{`<?xml-stylesheet?><?xml`, "<? xml-stylesheet?><? xml"},
	} {
		if got := text.Clean(tc.in); got != tc.want {
			t.Errorf("clean(%q) is %q, want %q", tc.in, got, tc.want)
		}
	}
}
