package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
)

// A flag of run is tested by what it does. Without more said the run is on the
// embedded reference, with SIG-03 alone.
type flagTest struct {
	args  []string
	code  int
	check func(t *testing.T, dir string, s said)
}

// Flag beats environment beats file, in what a run does. That each setting
// keeps to it is tested where settings are.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		flag   string
		values [3]string // in the file, in the variable, as the flag
		more   string    // the configuration, with %s for the first value
		shown  func(*reports.Result) string
	}{
		{"target", [3]string{"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"}, "", func(r *reports.Result) string { return r.Target.URL }},
		{"release", [3]string{"12.0(1)", "12.6(1)", "15.0(1)"}, "release: %s\n", func(r *reports.Result) string { return r.Target.Release }},
		{"only", [3]string{"SIG-03", "SIG-10", "ERR-01*"}, "run: {only: [\"%s\"]}\n", func(r *reports.Result) string { return strings.Join(r.Settings.Only, ",") }},
		{"seed", [3]string{"5", "6", "7"}, "run: {seed: %s}\n", func(r *reports.Result) string { return fmt.Sprint(r.Seed) }},
	} {
		t.Run(test.flag, func(t *testing.T) {
			t.Parallel()
			m := target(t, nil)
			if test.more == "" {
				m.writeFor(t, test.values[0], "")
			} else {
				m.write(t, fmt.Sprintf(test.more, test.values[0]))
			}
			args := []string{"run", "--config", m.config}
			if test.flag != "only" {
				args = append(args, "--only", "SIG-03")
			}
			args = append([]string{"FINESSE_CONFORMANCE_NOTHING=1"}, args...)
			for place, want := range test.values {
				switch place {
				case 1:
					args[0] = "FINESSE_CONFORMANCE_" + strings.ToUpper(strings.ReplaceAll(test.flag, "-", "_")) + "=" + want
				case 2:
					args = append(args, "--"+test.flag+"="+want)
				}
				s := invoke(t, m.dir, args...)
				if s.code == reports.ExitUsage {
					t.Fatal(s)
				}
				if got := test.shown(result(t, m.dir)); got != want {
					t.Errorf("place %d: %s, want %s", place, got, want)
				}
			}
		})
	}
}

// Every flag of run does what it says.
func TestFlags(t *testing.T) {
	t.Parallel()
	plain := []string{"run", "--only", "SIG-03"}
	with := func(more ...string) []string { return append(append([]string(nil), plain...), more...) }
	there := func(names ...string) func(*testing.T, string, said) {
		return func(t *testing.T, dir string, _ said) {
			for _, name := range names {
				if contents(t, filepath.Join(dir, name)) == "" {
					t.Errorf("%s is empty", name)
				}
			}
		}
	}
	saw := func(want string) func(*testing.T, string, said) {
		return func(t *testing.T, dir string, _ said) {
			if got := outcomes(result(t, dir)); got != want {
				t.Errorf("exercised %q, want %q", got, want)
			}
		}
	}
	both := func(t *testing.T, want string, s said) {
		if !strings.Contains(s.out+s.err, want) {
			t.Errorf("no %q in\n%v", want, s)
		}
	}
	tests := map[string]flagTest{
		"deployment": {with("--deployment", "uccx"), 0, func(t *testing.T, dir string, _ said) {
			if r := result(t, dir); r.Target.Deployment != reference.UCCX {
				t.Error(r.Target)
			}
		}},
		"release": {with("--release", "15.0(1)"), 0, func(t *testing.T, dir string, s said) {
			if r := result(t, dir); r.Target.Release != "15.0(1)" {
				t.Error(r.Target)
			}
		}},
		// One process has the whole cast, and AUT-13 wants two users by token.
		"profile": {[]string{"run", "--profile", "sso", "--procs", "1"}, 0, saw("AUT-10 passed, AUT-11 passed, AUT-12 info, AUT-13 passed, AUT-14 passed")},
		"only": {[]string{"run", "--only", "SIG-0[13]", "--only", "SIG-03,err-01"}, 0, func(t *testing.T, dir string, s said) {
			saw("SIG-01 passed, SIG-03 passed, ERR-01 passed")(t, dir, s)
			if r := result(t, dir); r.Procs != 3 { // and not as many as the cast has troupes
				t.Errorf("%d processes for 3 requirements", r.Procs)
			}
		}},
		"skip": {[]string{"run", "--only", "SIG-03,SIG-10", "--skip", "SIG-10"}, 0, saw("SIG-03 passed")},
		"procs": {[]string{"run", "--only", "SIG-03,SIG-10", "--procs", "2"}, 0, func(t *testing.T, dir string, _ said) {
			if r := result(t, dir); r.Procs != 2 || outcomes(r) != "SIG-03 passed, SIG-10 passed" {
				t.Errorf("%d processes, %s", r.Procs, outcomes(r))
			}
		}},
		"out":     {with("--out", "elsewhere"), 0, there("elsewhere/junit.xml", "elsewhere/results.json", "elsewhere/report.html", "elsewhere/badge.svg", "elsewhere/evidence.jsonl.gz")},
		"junit":   {with("--junit", "a/j.xml"), 0, there("a/j.xml", "conformance-report/results.json")},
		"json":    {with("--json", "a/r.json"), 0, there("a/r.json", "conformance-report/junit.xml")},
		"html":    {with("--html", "a/r.html"), 0, there("a/r.html")},
		"har":     {with("--har", "a/r.har"), 0, func(t *testing.T, dir string, _ said) { checkHAR(t, filepath.Join(dir, "a/r.har")) }},
		"timeout": {[]string{"run", "--timeout", "300ms"}, 3, func(t *testing.T, _ string, s said) { both(t, "the run's timeout of 300ms is over", s) }},
		"fail-on": {with("--baseline", "drifted.json", "--fail-on", "drift"), 1, func(t *testing.T, dir string, s said) {
			both(t, "exit 1: the behaviour drifted from the baseline", s)
			if text := contents(t, filepath.Join(dir, "conformance-report", "comparison.md")); !strings.Contains(text, "SIG-03") {
				t.Error(text)
			}
		}},
		"baseline": {with("--baseline", "drifted.json"), 0, func(t *testing.T, _ string, s said) { both(t, "another message", s) }},
		"baseline that was better": {[]string{"run", "--only", "SIG-10", "--baseline", "drifted.json"}, 0, func(t *testing.T, _ string, s said) {
			both(t, "SIG-03", s) // no longer exercised, as planned
		}},
		"seed": {[]string{"run", "--only", "SIG-*", "--procs", "1", "--seed", "7", "--progress", "json"}, 0, func(t *testing.T, _ string, s said) {
			// 16 is of Unified CCX alone.
			if order := strings.Fields(started(t, s.err)); slices.IsSorted(order) || len(order) != 17 {
				t.Errorf("order %s", order)
			}
		}},
		"repeat": {[]string{"run", "--only", "SIG-10,SIG-03", "--procs", "1", "--repeat", "3", "--seed", "0", "--progress", "json"}, 0, func(t *testing.T, dir string, s said) {
			if order := started(t, s.err); order != "SIG-03 SIG-10 SIG-03 SIG-03" { // SIG-10 costs a refused sign-in
				t.Errorf("order %s", order)
			}
			r := result(t, dir)
			if row := r.Row("SIG-03"); r.Settings.Repeat != 3 || row.Rates == nil || row.Rates.Exercised != 3 {
				t.Errorf("%+v, %+v", r.Settings, row.Rates)
			}
			both(t, "the same every time: 1 requirement. What never failed in 3 repetitions fails less often than 56%", s)
			for _, name := range []string{"junit.xml", "report.html"} {
				if text := contents(t, filepath.Join(dir, "conformance-report", name)); !strings.Contains(text, "held 3 of 3 times") {
					t.Errorf("%s does not tell of the repetitions", name)
				}
			}
		}},
		"progress json": {[]string{"run", "--only", "SIG-10,SIG-03", "--progress", "json"}, 0, func(t *testing.T, _ string, s said) {
			if order := started(t, s.err); order != "SIG-03 SIG-10" {
				t.Errorf("order %s", order)
			}
		}},
		"progress":       {with("--progress", "plain"), 0, func(t *testing.T, _ string, s said) { both(t, "1 of 1 done", s) }},
		"progress none":  {with("--progress", "none"), 0, func(t *testing.T, _ string, s said) { silent(t, s.err); both(t, "CONFORMANT", s) }},
		"progress auto":  {with("--progress", "auto"), 0, func(t *testing.T, _ string, s said) { both(t, "1 of 1 done", s) }},
		"quiet":          {with("--quiet"), 0, func(t *testing.T, _ string, s said) { silent(t, s.err); both(t, "CONFORMANT", s) }},
		"quiet and json": {with("--quiet", "--progress", "json"), 0, func(t *testing.T, _ string, s said) { started(t, s.err) }},
		"config": {[]string{"FINESSE_CONFORMANCE_CONFIG=small.yaml", "run"}, 3, func(t *testing.T, dir string, s said) {
			if r := result(t, dir); r.Target.URL != "http://127.0.0.1:1" {
				t.Error(r.Target)
			}
		}},
		"map": {with("--deployment", "uccx", "--map"), 0, func(t *testing.T, dir string, s said) {
			both(t, "NOTHING AGAINST THE GUIDE", s)
			there("conformance-report/results.json", "conformance-report/map.json", "conformance-report/map.html")(t, dir, s)
		}},
		"dry-run": {with("--dry-run"), 0, func(t *testing.T, dir string, s said) {
			both(t, "PLAN for the embedded reference deployment", s)
			if _, err := os.Stat(filepath.Join(dir, "conformance-report")); err == nil {
				t.Error("it wrote reports")
			}
		}},
	}
	// These have tests of their own: here, and with the exit codes.
	for _, flag := range []string{"target", "ca-file", "insecure", "settle", "quiet-time", "shard", "waivers", "require-complete",
		"journal", "force", "max-requests-per-second", "no-color", "sign-key"} {
		tests[flag] = flagTest{}
	}
	for _, s := range config.Settings() {
		if _, ok := tests[s.Flag]; !ok && s.Flag != "" {
			t.Errorf("--%s has no test", s.Flag)
		}
	}
	baseline := drifted(t)
	for name, test := range tests {
		if test.args == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file(t, filepath.Join(dir, "drifted.json"), baseline)
			file(t, filepath.Join(dir, "small.yaml"), "target: {url: 'http://127.0.0.1:1'}\nusers: [{id: '1', password: x}]\n")
			args := test.args
			if test.code == 0 || test.code == 1 {
				args = append(args, "--quiet-time", "30ms")
			}
			s := invoke(t, dir, args...)
			if s.code != test.code {
				t.Errorf("want exit code %d: %v", test.code, s)
			}
			if test.check != nil {
				test.check(t, dir, s)
			}
		})
	}
}

func silent(t *testing.T, text string) {
	t.Helper()
	if text != "" {
		t.Errorf("it printed %q", text)
	}
}

// drifted gives the result of a run with SIG-03 alone, whose answer had
// another message.
func drifted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if s := invoke(t, dir, "run", "--only", "SIG-03", "--quiet-time", "30ms"); s.code != 0 {
		t.Fatal(s)
	}
	r := result(t, dir)
	r.Row("SIG-03").Observed.ErrorMessage = "another message"
	name := filepath.Join(dir, "drifted.json")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := reports.Write(f, r); err != nil {
		t.Fatal(err)
	}
	return contents(t, name)
}

// started reads progress as JSON lines, and gives what was started in order.
func started(t *testing.T, text string) string {
	t.Helper()
	var order []string
	events := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var l struct {
			Event, Requirement, Outcome string
			Time                        time.Time
			Done, Total                 int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time.IsZero() {
			t.Fatalf("%v: %s", err, line)
		}
		events[l.Event]++
		if l.Event == "start" {
			order = append(order, l.Requirement)
		}
	}
	if events["begin"] != 1 || events["end"] != 1 || events["done"] != len(order) {
		t.Errorf("events %v", events)
	}
	return strings.Join(order, " ")
}

// checkHAR looks at an HTTP archive as a browser's tools do.
func checkHAR(t *testing.T, name string) {
	t.Helper()
	var archive struct {
		Log struct {
			Version string
			Creator struct{ Name, Version string }
			Entries []struct {
				StartedDateTime time.Time
				Time            *float64
				Request         struct {
					Method, URL, HTTPVersion string
					Headers                  []struct{ Name, Value string }
				}
				Response struct {
					Status  int
					Content struct {
						Size     int
						MimeType string
					}
				}
				Timings struct{ Send, Wait, Receive *float64 }
			}
		}
	}
	if err := json.Unmarshal([]byte(contents(t, name)), &archive); err != nil {
		t.Fatal(err)
	}
	if archive.Log.Version != "1.2" || archive.Log.Creator.Name == "" || len(archive.Log.Entries) < 5 {
		t.Errorf("%+v", archive.Log)
	}
	for _, e := range archive.Log.Entries {
		if e.StartedDateTime.IsZero() || e.Time == nil || e.Request.Method == "" || !strings.HasPrefix(e.Request.URL, "http") || e.Timings.Wait == nil {
			t.Errorf("%+v", e)
		}
		for _, h := range e.Request.Headers {
			if strings.EqualFold(h.Name, "Authorization") {
				t.Error("it has credentials")
			}
		}
	}
}
