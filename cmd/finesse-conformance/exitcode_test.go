package main

import (
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

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
