package main

import (
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

// wrong usage and configuration: exit 2 with a message that says where and
// what, and nothing is sent to the target. C stands for the configuration,
// which has its own fourth part here.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	m.write(t, "")
	config := m.config
	for _, test := range []struct {
		name string
		args []string
		more string // at the end of the configuration
		want string
	}{
		{"unknown command", []string{"rum"}, "", `unknown command "rum", perhaps run; see`},
		{"unknown flag", []string{"run", "--nope"}, "", "unknown flag: --nope; see `finesse-conformance run --help`"},
		{"argument too many", []string{"run", "SIG-01"}, "", "SIG-01"},
		{"argument missing", []string{"explain"}, "", "such as SIG-01, not 0; see `finesse-conformance explain --help`"},
		{"shell that is not there", []string{"completion", "basch"}, "", `unknown command "basch", perhaps bash; see`},
		{"restore without a configuration", []string{"restore", "--journal", "left.jsonl"}, "", "--config: is missing"},
		{"restore of a journal that is not there", []string{"restore", "--config", "C", "--journal", "nowhere.jsonl"}, "", "there is no "},
		{"restore of a folder", []string{"restore", "--config", "C", "--journal", "."}, "", "is a directory"},
		{"extension twice", []string{"run", "--config", "twice.yaml"}, "", "twice.yaml:4: users[1].extension: 7 is also that of the user in line 3"},
		{"unknown requirement", []string{"explain", "SIG"}, "", "there are SIG-01, SIG-02"},
		{"pattern of only", []string{"run", "--config", "C", "--only", "NOPE-*"}, "", `--only "NOPE-*" matches no requirement`},
		{"pattern of skip", []string{"run", "--config", "C", "--skip", "SIG-01,NOPE"}, "", `--skip "NOPE" matches no requirement`},
		{"no file", []string{"run", "--config", "nope.yaml"}, "", "nope.yaml: cannot be read: no such file"},
		{"no users", []string{"run", "--target", "http://127.0.0.1:1"}, "", "a target needs a configuration that names the users"},
		{"unknown key", []string{"run", "--config", "C"}, "nope: 1\n", "c.yaml:15: nope: unknown key"},
		{"wrong type", []string{"run", "--config", "C"}, "run: {procs: many}\n", "c.yaml:15: run.procs: must be a number"},
		{"unset variable", []string{"run", "--config", "C"}, "deployment: ${NOT_SET_ANYWHERE}\n", "c.yaml:15: deployment: the environment variable NOT_SET_ANYWHERE is not set"},
		{"no YAML", []string{"run", "--config", "C"}, "run: [\n", "c.yaml:15: is no YAML"},
		{"bad variable", []string{"FINESSE_CONFORMANCE_SETTLE=soon", "run", "--config", "C"}, "", "FINESSE_CONFORMANCE_SETTLE: must be a duration"},
		{"bad release", []string{"run", "--config", "C", "--release", "x"}, "", "--release: must be a release such as 12.5(1)"},
		{"shard", []string{"run", "--config", "C", "--shard", "3/2"}, "", "--shard: must be I/N"},
		{"drift of nothing", []string{"run", "--config", "C", "--fail-on", "drift"}, "", "drift needs --baseline"},
		{"no waivers", []string{"run", "--config", "C", "--waivers", "w.yaml"}, "", "w.yaml: no such file"},
		{"waivers with an unknown key", []string{"run", "--config", "C", "--waivers", "bad-waivers.yaml"}, "", `bad-waivers.yaml:2: unknown key "requirment"`},
		{"waivers to fill in", []string{"run", "--config", "C", "--waivers", "open-waivers.yaml"}, "", "open-waivers.yaml:4"},
		{"no baseline", []string{"run", "--config", "C", "--baseline", "b.json"}, "", "b.json: no such file"},
		{"baseline of another kind", []string{"run", "--config", "C", "--baseline", "C"}, "", "no JSON"},
		{"unwritable folder", []string{"run", "--config", "C", "--out", "C"}, "", "the reports cannot be written"},
		{"report that is a folder", []string{"run", "--config", "C", "--json", "."}, "", "--json names a folder"},
		{"one file for two reports", []string{"run", "--config", "C", "--html", "x", "--har", "x"}, "", "--html and --har are the same file"},
		{"no certificate file", []string{"run", "--config", "C", "--ca-file", "nope.pem"}, "", "nope.pem"},
		{"format of list", []string{"list", "--format", "xml"}, "", `"xml" is none of table, json and yaml`},
		{"compare with what is not there", []string{"compare", "a.json", "b.json"}, "", "a.json: no such file"},
		{"report of what is not there", []string{"report", "a.json"}, "", "a.json: no such file"},
		{"recheck of what is not there", []string{"recheck", "a.gz"}, "", "a.gz: no such file"},
		{"fault that is not there", []string{"serve", "--fault", "nope"}, "", `no fault "nope"`},
		{"fault of the other deployment", []string{"serve", "--deployment", "uccx", "--fault", "mobile-mode-type"}, "", "does not show on UCCX"},
		{"address to serve on", []string{"serve", "--listen", "nope"}, "", "--listen \"nope\""},
		{"selftest of nothing", []string{"selftest", "--fault", "nope"}, "", `"nope" matches no fault`},
		{"init without a password", []string{"init", "--target", m.server.URL, "--user", "1001001"}, "", "no password for user 1001001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file(t, filepath.Join(dir, "c.yaml"), contents(t, config)+test.more)
			file(t, filepath.Join(dir, "bad-waivers.yaml"), "waivers:\n  - requirment: SIG-01\n")
			file(t, filepath.Join(dir, "open-waivers.yaml"), "waivers:\n  - requirement: SIG-01\n    reason: x\n    owner: FILL-IN\n    until: 2999-01-01\n    why: y\n")
			file(t, filepath.Join(dir, "left.jsonl"), `{"type":"touch","run":"r","target":"http://127.0.0.1:1","user":"1","state":"LOGOUT"}`+"\n")
			file(t, filepath.Join(dir, "twice.yaml"), "target: {url: 'http://127.0.0.1:1'}\nusers:\n  - {id: '1', password: x, extension: '7'}\n  - {id: '2', password: x, extension: '7'}\n")
			args := append([]string(nil), test.args...)
			for i, a := range args {
				if a == "C" {
					args[i] = "c.yaml"
				}
			}
			s := invoke(t, dir, args...)
			if s.code != reports.ExitUsage || !strings.Contains(s.err, test.want) || s.out != "" {
				t.Errorf("want %q in\n%v", test.want, s)
			}
		})
	}
	t.Cleanup(func() { // after all of them
		if n := m.sent(""); n > 0 {
			t.Errorf("%d requests were sent: %v", n, m.requests)
		}
	})
}

// A target that cannot be certified: exit 3 with one reason, the same in all
// reports, and no account comes near its lock.
func TestCannotBeCertified(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		secure bool
		change func(*reference.Config)
		spoil  func(*testing.T, *mock)
		args   []string
		want   string
	}{
		{name: "down", spoil: func(_ *testing.T, m *mock) { m.server.Close() }, want: "nothing listens there"},
		{name: "wrong password", spoil: func(t *testing.T, m *mock) {
			for i := range m.users {
				m.users[i].Password = "wrong"
			}
			m.write(t, "")
		}, want: "user name or password are wrong"},
		{name: "one wrong password", spoil: func(t *testing.T, m *mock) { m.users[2].Password = "wrong"; m.write(t, "") }, want: "user 1001003 cannot sign in"},
		{name: "unknown user", spoil: func(t *testing.T, m *mock) { m.users[0].ID = "999"; m.write(t, "") }, want: "999"},
		{name: "out of service", change: func(c *reference.Config) { c.Status = reference.OutOfService }, want: "OUT_OF_SERVICE"},
		{name: "TLS refused", secure: true, want: "name its authority with --ca-file"},
		{name: "no Finesse", change: func(c *reference.Config) { c.Faults = []string{"system-info-html"} }, want: "no Finesse API"},
		{name: "timeout", args: []string{"--timeout", "1ms"}, want: "the run's timeout of 1ms is over"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := targetOn(t, test.secure, test.change)
			if test.spoil != nil {
				test.spoil(t, m)
			}
			s := invoke(t, m.dir, append([]string{"run", "--config", m.config, "--har", "x.har"}, test.args...)...)
			r := result(t, m.dir)
			if s.code != reports.ExitUncertifiable || r.Exit.Code != s.code || r.Verdict == reports.Conformant {
				t.Errorf("verdict %s, exit %+v, %v", r.Verdict, r.Exit, s)
			}
			if !strings.Contains(r.Stopped, test.want) || !strings.Contains(s.out, test.want) {
				t.Errorf("want %q in %q and\n%v", test.want, r.Stopped, s)
			}
			if !strings.Contains(s.out, "INCOMPLETE") && !strings.Contains(s.out, "NOT CONFORMANT") || strings.Count(s.out, "\n") > 25 {
				t.Errorf("%v", s)
			}
			for _, name := range []string{"conformance-report/junit.xml", "conformance-report/report.html", "x.har"} {
				contents(t, filepath.Join(m.dir, name))
			}
			for name, n := range m.refused {
				if n > 1 {
					t.Errorf("user %q was refused %d times", name, n)
				}
			}
			if n := m.sent("PUT"); n > 0 {
				t.Errorf("%d PUTs", n)
			}
		})
	}
}

// What a run ends with once the target answers, and that everything that
// applies is listed, the strongest first.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	faults := func(names ...string) func(*reference.Config) {
		return func(c *reference.Config) { c.Faults = names }
	}
	const failing, fault = "ERR-01", "state-missing-data"
	const waiver = "waivers:\n  - {requirement: REQ, reason: \"*e*\", owner: jane, until: 2999-12-31, why: known}\n"
	waiving := func(id string) string { return strings.Replace(waiver, "REQ", id, 1) }
	for _, test := range []struct {
		name    string
		change  func(*reference.Config)
		args    []string
		waivers string
		want    []int // all that applies; empty for 0
		because string
	}{
		{"conformant", nil, []string{"--only", "SIG-01,SIG-03"}, "", nil, ""},
		{"not conformant", faults(fault), []string{"--only", failing}, "", []int{1}, "1 requirement failed"},
		{"nothing exercised", nil, []string{"--only", "TRN-UCCE-01"}, "", []int{4}, "no requirement was exercised"},
		{"nothing left", nil, []string{"--only", "SIG-01", "--skip", "SIG-*"}, "", []int{4}, "no requirement was exercised"},
		{"incomplete", nil, []string{"--only", "SIG-03", "--require-complete"}, "", []int{4}, "completeness is required"},
		{"waived", faults(fault), []string{"--only", failing + ",SIG-03"}, waiving(failing), nil, ""},
		{"all is waived", faults(fault), []string{"--only", failing}, waiving(failing), []int{4}, "waived or only recorded"},
		{"waiver of what passes", nil, []string{"--only", "SIG-03"}, waiving("SIG-03"), []int{5}, "SIG-03 passes now"},
		{"waiver of nothing", nil, []string{"--only", "SIG-03"}, waiving("SIG-99"), []int{5}, "matches no requirement"},
		{"waiver expired", faults(fault), []string{"--only", failing}, strings.Replace(waiving(failing), "2999-12-31", "2020-01-01", 1), []int{1, 5}, "expired on 2020-01-01"},
		{"waiver of another reason", faults(fault), []string{"--only", failing}, strings.Replace(waiving(failing), `"*e*"`, `"*teapot*"`, 1), []int{1, 5}, "for another reason"},
		{"waiver of another release", nil, []string{"--only", "SIG-03"}, strings.Replace(waiving("SIG-03"), "why:", "releases: {from: 15.0(1)}, why:", 1), nil, ""},
		{"stale and incomplete", nil, []string{"--only", "SIG-03", "--require-complete"}, waiving("SIG-03"), []int{5, 4}, ""},
		{"somebody cannot be put back", faults("sign-out-not-ready", "supervisor-sign-out-not-ready"), []string{"--only", "TRN-UCCE-03", "--settle", "200ms"}, "", []int{7}, "could not be put back"},
		{"that and more", faults("sign-out-not-ready", "supervisor-sign-out-not-ready", fault), []string{"--only", "ERR-01,SIG-03", "--settle", "200ms"}, waiving("SIG-03"), []int{7, 1, 5}, "could not be put back"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := target(t, test.change)
			args := append([]string{"run", "--config", m.config}, test.args...)
			if test.waivers != "" {
				file(t, filepath.Join(m.dir, "w.yaml"), test.waivers)
				args = append(args, "--waivers", "w.yaml")
			}
			s := invoke(t, m.dir, args...)
			code := 0
			if len(test.want) > 0 {
				code = test.want[0]
			}
			r := result(t, m.dir)
			var all []int
			for _, c := range r.Exit.All {
				all = append(all, c.Code)
			}
			if s.code != code || r.Exit.Code != code || !equalInts(all, test.want) || !strings.Contains(s.out, test.because) {
				t.Errorf("want %v for %q, got %+v: %s\n%v", test.want, test.because, r.Exit, outcomes(r), s)
			}
			if code == reports.ExitNotRestored && (!strings.Contains(s.out, "not put back: user 1001") || !strings.Contains(s.out, "restore")) {
				t.Errorf("it does not say who and how to go on:\n%v", s)
			}
		})
	}
}

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
