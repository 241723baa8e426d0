package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
)

// ok runs a command that ends well and gives what it printed.
func ok(t *testing.T, dir string, args ...string) string {
	t.Helper()
	s := invoke(t, dir, args...)
	if s.code != 0 {
		t.Fatalf("%v: %v", args, s)
	}
	return s.out
}

// contain looks for texts.
func contain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Every command has a help that names its flags, and exits 0 for it.
func TestHelp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	contain(t, ok(t, dir), "Available Commands", "run ", "selftest ")
	for _, c := range root().Commands() {
		if c.Runnable() {
			help := ok(t, dir, c.Name(), "--help")
			contain(t, help, "Usage:\n  finesse-conformance "+c.Name())
			contain(t, strings.ToLower(help), strings.ToLower(c.Short))
			for _, s := range config.Settings() { // what a flag takes stands there once
				if words := strings.Join(strings.Fields(help), " "); s.Arg != "" && strings.Contains(words, s.Arg+" "+s.Arg+" "+s.Help) || strings.Contains(words, "default []") {
					t.Errorf("%s, %s: %s", c.Name(), s.Flag, help)
				}
			}
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	catalogue, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := len(catalogue.All())
	m := target(t, nil)
	if lines := strings.Split(strings.TrimSpace(ok(t, m.dir, "list")), "\n"); len(lines) != n+1 || !strings.HasPrefix(lines[1], "SIG-01 ") {
		t.Errorf("%d lines for %d requirements: %s", len(lines), n, lines[1])
	}
	var fromJSON, fromYAML []map[string]any
	if err := json.Unmarshal([]byte(ok(t, m.dir, "list", "--format", "json")), &fromJSON); err != nil || len(fromJSON) != n || fromJSON[0]["exercised"] != nil {
		t.Errorf("%v, %d", err, len(fromJSON))
	}
	if err := yaml.Unmarshal([]byte(ok(t, m.dir, "list", "--format", "yaml")), &fromYAML); err != nil || len(fromYAML) != n || fromYAML[0]["id"] != fromJSON[0]["id"] {
		t.Errorf("%v, %d", err, len(fromYAML))
	}
	planned := ok(t, m.dir, "list", "--config", m.config)
	contain(t, planned, "RUNS", "WHY NOT", "needs stimulus route_call", "needs notifications")
	if m.sent("PUT") > 0 {
		t.Error("it changed something")
	}
	contain(t, ok(t, m.dir, "list", "--transitions"), "UCCE ", "UCCX ", "TRN-UCCX-01")
	if text := ok(t, m.dir, "list", "--transitions", "--deployment", "uccx"); strings.Contains(text, "UCCE") {
		t.Error(text)
	}
	contain(t, ok(t, m.dir, "FINESSE_CONFORMANCE_CONFIG="+m.config, "list"), "WHY NOT")
	m.server.Close()
	if s := invoke(t, m.dir, "list", "--config", m.config); s.code != reports.ExitUncertifiable || strings.Contains(s.err, "fault of this program") {
		t.Error(s)
	}
}

func TestSpecVersionCompletion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, want := range map[string]string{"openapi": "openapi", "requirements": "SIG-01", "moves": "moves"} {
		text := ok(t, dir, "spec", name)
		contain(t, text, want)
		for d := yaml.NewDecoder(strings.NewReader(text)); ; {
			var doc any
			if err := d.Decode(&doc); err != nil {
				if err.Error() != "EOF" {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
	}
	contain(t, ok(t, dir, "version"), "finesse-conformance ", "commit", "contract ")
	contain(t, ok(t, dir, "version", "--format", "json"), `"version": `, `"spec": `)
	contain(t, ok(t, dir, "--version"), "finesse-conformance ")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		contain(t, ok(t, dir, "completion", shell), "finesse-conformance")
	}
	contain(t, ok(t, dir, "__complete", "explain", "SIG-1"), "SIG-10\t", "SIG-11\t")
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	contain(t, ok(t, m.dir, "doctor", "--config", m.config), "in service", "UCCE", "10 of 10 users", "A run would exercise", "route_call")
	if m.sent("PUT") > 0 {
		t.Error("it changed something")
	}
	contain(t, ok(t, m.dir, "doctor", "--config", m.config, "--sign-in"), "signed in")
	if m.sent("PUT") == 0 {
		t.Error("--sign-in signs nobody in")
	}
	m.SetStatus(reference.OutOfService)
	if s := invoke(t, m.dir, "doctor", "--config", m.config); s.code != reports.ExitUncertifiable || !strings.Contains(s.out, "FAIL") {
		t.Error(s)
	}
}

// What init writes can be used as it is, once the passwords are set.
func TestInit(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	contain(t, ok(t, m.dir, "init"), "finesse1.example.com", "AGENT_1001001_PASSWORD")
	supervisor := m.users[5]
	args := []string{"FINESSE_PASSWORD=" + supervisor.Password, "init", "--target", m.server.URL, "--user", supervisor.ID}
	ok(t, m.dir, append(args, "--write", "mine.yaml")...)
	contain(t, contents(t, filepath.Join(m.dir, "mine.yaml")), m.server.URL, "deployment: ucce", `"1001001"`)
	if info, err := os.Stat(filepath.Join(m.dir, "mine.yaml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if s := invoke(t, m.dir, append(args, "--write", "mine.yaml")...); s.code != reports.ExitUsage || !strings.Contains(s.err, "is there already") {
		t.Error(s)
	}
	run := []string{"doctor", "--config", "mine.yaml"}
	for _, u := range m.users {
		run = append([]string{"AGENT_" + u.ID + "_PASSWORD=" + u.Password}, run...)
	}
	contain(t, ok(t, m.dir, run...), "8 of 8 users")
	contain(t, ok(t, m.dir, args[0], "FINESSE_CONFORMANCE_TARGET="+m.server.URL, "init", "--user", supervisor.ID), m.server.URL)
	args[0] = "FINESSE_PASSWORD=wrong"
	if s := invoke(t, m.dir, args...); s.code != reports.ExitUncertifiable || m.refused[supervisor.ID] != 1 {
		t.Errorf("%d refused; %v", m.refused[supervisor.ID], s)
	}
}

// The served reference announces itself, is certified with the configuration
// that it wrote, has the faults that it is told to have, and ends well.
func TestServe(t *testing.T) {
	t.Parallel()
	s := serve(t, "--fault", "sign-in-forgets-extension", "--deployment", "uccx", "--release", "12.6(1)")
	contain(t, s.out.String(), "UCCX 12.6(1)", "with the fault sign-in-forgets-extension", "run --config "+s.config)
	got := invoke(t, s.dir, "run", "--config", s.config, "--only", "SIG-01,SIG-03")
	if r := result(t, s.dir); got.code != reports.ExitNonconformant || outcomes(r) != "SIG-01 failed, SIG-03 passed" || r.Target.Release != "12.6(1)" {
		t.Errorf("%+v: %v", r.Target, got)
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.code(t, 5*time.Second); code != 0 {
		t.Errorf("exit code %d: %s", code, s.out.String())
	}
	contain(t, ok(t, s.dir, "serve", "--fault", "list"), "sign-in-forgets-extension\n    who signs in has no extension afterwards")
}

func TestSelftest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	contain(t, ok(t, dir, "selftest", "--fault", "list"), "sign-in-ready")
	var r struct {
		Schema string
		Passed bool
		Faults []struct {
			Name   string
			Caught bool
		}
	}
	text := ok(t, dir, "selftest", "--fault", "mobile-mode-type", "--json")
	if err := json.Unmarshal([]byte(text), &r); err != nil || !r.Passed || len(r.Faults) != 1 || !r.Faults[0].Caught {
		t.Errorf("%v: %s", err, text)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	contain(t, ok(t, m.dir, "restore", "--config", m.config), "there is no journal")
	ok(t, m.dir, "run", "--config", m.config, "--only", "SIG-01")
	contain(t, ok(t, m.dir, "restore", "--config", m.config), "nobody has to be put back")
}

// certified makes results to work with: of a conformant target, and of one with a fault.
func certified(t *testing.T) (m *mock, good, bad string) {
	t.Helper()
	m = target(t, nil)
	ok(t, m.dir, "run", "--config", m.config, "--only", "SIG-03,ERR-01,ERR-02", "--out", "good", "--har", "good/x.har")
	faulty := target(t, func(c *reference.Config) { c.Faults = []string{"state-missing-data"} })
	if s := invoke(t, m.dir, "run", "--config", faulty.config, "--only", "SIG-03,ERR-01,ERR-02", "--out", "bad"); s.code != 1 {
		t.Fatal(s)
	}
	return m, "good/results.json", "bad/results.json"
}

// What is done with results once they are there.
func TestAfterwards(t *testing.T) {
	t.Parallel()
	m, good, bad := certified(t)
	for name, test := range map[string]func(t *testing.T, m *mock, good, bad string){
		"compare": testCompare, "report and recheck": testReportAndRecheck, "propose waivers": testProposeWaivers, "in CI": testInCI,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, m, good, bad) })
	}
}

func testCompare(t *testing.T, m *mock, good, bad string) {
	files := []string{"--junit", "c.xml", "--json", "c.json", "--html", "c.html", "--markdown", "c.md"}
	s := invoke(t, m.dir, append([]string{"compare", good, bad}, files...)...)
	if s.code != reports.ExitNonconformant {
		t.Error(s)
	}
	contain(t, s.out, "Regressions", "ERR-01")
	for _, name := range []string{"c.xml", "c.json", "c.html", "c.md"} {
		contain(t, contents(t, filepath.Join(m.dir, name)), "ERR-01")
	}
	var c struct{ Worse bool }
	if err := json.Unmarshal([]byte(contents(t, filepath.Join(m.dir, "c.json"))), &c); err != nil || !c.Worse {
		t.Errorf("%v, %+v", err, c)
	}
	var suites struct {
		Suite []struct {
			Case []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	var failed []string
	err := xml.Unmarshal([]byte(contents(t, filepath.Join(m.dir, "c.xml"))), &suites)
	for _, suite := range suites.Suite {
		for _, c := range suite.Case {
			if c.Failure != nil {
				failed = append(failed, c.Name)
			}
		}
	}
	if err != nil || len(failed) != 1 || !strings.Contains(failed[0], "ERR-01") {
		t.Errorf("%v, %v", err, failed)
	}
	contain(t, ok(t, m.dir, "compare", bad, good), "Repaired")
	contain(t, ok(t, m.dir, "compare", good, good), "EQUAL")
	file(t, filepath.Join(m.dir, "drifted.json"), strings.Replace(contents(t, filepath.Join(m.dir, good)), `"error_type": "Parameter Missing"`, `"error_type": "Invalid Input"`, 1))
	contain(t, ok(t, m.dir, "compare", good, "drifted.json"), "Drift, breaking", "Parameter Missing")
	if s := invoke(t, m.dir, "compare", good, "drifted.json", "--fail-on", "drift"); s.code != reports.ExitNonconformant {
		t.Error(s)
	}
	if s := invoke(t, m.dir, "compare", good, good, "--fail-on", "weather"); s.code != reports.ExitUsage {
		t.Error(s)
	}
}

// A result rendered again is the same to the byte, also from the evidence
// alone; judged again it is the same too.
func testReportAndRecheck(t *testing.T, m *mock, good, bad string) {
	at := func(parts ...string) string { return contents(t, filepath.Join(append([]string{m.dir}, parts...)...)) }
	for _, from := range []string{good, "good/evidence.jsonl.gz"} {
		ok(t, m.dir, "report", from, "--out", "again", "--har", "again/x.har", "--markdown", "again/m.md")
		for _, name := range []string{"junit.xml", "results.json", "report.html", "badge.svg", "x.har"} {
			if at("again", name) != at("good", name) {
				t.Errorf("%s from %s is another", name, from)
			}
		}
		contain(t, at("again", "m.md"), "## Finesse conformance", "| 3 | 0 |")
	}
	checkHAR(t, filepath.Join(m.dir, "good", "x.har"))
	if s := invoke(t, m.dir, "report", bad, "--out", "again"); s.code != reports.ExitNonconformant || at("again", "junit.xml") != at("bad", "junit.xml") {
		t.Error(s)
	}
	contain(t, ok(t, m.dir, "recheck", "good/evidence.jsonl.gz", "--out", "judged"), "EQUAL", "CONFORMANT")
	if at("judged", "junit.xml") != at("good", "junit.xml") {
		t.Error("judged again the JUnit report is another")
	}
	if s := invoke(t, m.dir, "recheck", "bad/evidence.jsonl.gz", "--out", "judged"); s.code != reports.ExitNonconformant {
		t.Error(s)
	}
	for _, command := range [][]string{{"report", good}, {"recheck", "good/evidence.jsonl.gz"}} {
		if s := invoke(t, m.dir, append(command, "--out", "c.yaml")...); s.code != reports.ExitUsage || !strings.Contains(s.err, "cannot be written") {
			t.Error(s)
		}
	}
	if s := invoke(t, m.dir, "recheck", good); s.code != reports.ExitUsage {
		t.Error(s)
	}
}

// Waivers are proposed for what failed, are refused before they are filled in,
// and hold back that failure then.
func testProposeWaivers(t *testing.T, m *mock, _, bad string) {
	waivers := ok(t, m.dir, "report", bad, "--propose-waivers")
	contain(t, waivers, "requirement: ERR-01", "FILL-IN")
	file(t, filepath.Join(m.dir, "w.yaml"), waivers)
	if s := invoke(t, m.dir, "report", bad, "--waivers", "w.yaml", "--out", "w"); s.code != reports.ExitUsage || !strings.Contains(s.err, "w.yaml:") {
		t.Error(s)
	}
	lines := strings.Split(waivers, "\n")
	for i, line := range lines {
		key, _, there := strings.Cut(line, ": ")
		switch {
		case there && strings.Contains(line, "FILL-IN") && strings.TrimSpace(key) == "until":
			lines[i] = key + ": 2999-12-31"
		case there && strings.Contains(line, "FILL-IN") && !strings.HasPrefix(line, "#"):
			lines[i] = key + ": jane"
		}
	}
	file(t, filepath.Join(m.dir, "w.yaml"), strings.Join(lines, "\n"))
	contain(t, ok(t, m.dir, "report", bad, "--waivers", "w.yaml", "--out", "w", "--markdown", "w.md"), "Waived", "1 waived")
	contain(t, contents(t, filepath.Join(m.dir, "w.md")), "### Waived")
}

// The shards of a run add up to the whole, and merge into what it would be.
func TestShards(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	dir := m.dir
	only := "SIG-03,SIG-10,ERR-02,ERR-04"
	run := []string{"run", "--config", m.config, "--only", only}
	ok(t, dir, append(run, "--out", "whole")...)
	for _, i := range []string{"1", "2"} {
		ok(t, dir, append(run, "--out", i, "--shard", i+"/2")...)
	}
	ok(t, dir, "report", "1/results.json", "2/results.json", "--out", "merged")
	read := func(name string) *reports.Result {
		r, err := reports.Load(filepath.Join(m.dir, name, "results.json"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole, one, two, merged := outcomes(read("whole")), outcomes(read("1")), outcomes(read("2")), outcomes(read("merged"))
	if merged != whole || one == "" || two == "" || len(one)+len(two)+2 != len(whole) {
		t.Errorf("whole %q, parts %q and %q, merged %q", whole, one, two, merged)
	}
	if s := invoke(t, dir, "report", "1/results.json", "1/results.json", "--out", "merged"); s.code != reports.ExitUsage {
		t.Errorf("the same shard twice: %v", s)
	}
	if s := invoke(t, dir, "report", "2/results.json", "--out", "merged"); s.code != reports.ExitUsage || !strings.Contains(s.out+s.err, "shard 1 of 2 is missing") {
		t.Errorf("one shard alone: %v", s)
	}
}
