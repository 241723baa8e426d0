package main

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

// A change that comes after the settle time is a failure, and passes with a
// longer one.
func TestFlagSettle(t *testing.T) {
	t.Parallel()
	for settle, code := range map[string]int{"30ms": 1, "2s": 0} {
		m := target(t, func(c *reference.Config) { c.Delay = 250 * time.Millisecond })
		s := invoke(t, m.dir, "run", "--config", m.config, "--only", "SIG-01", "--settle", settle)
		if s.code != code && !(code == 1 && s.code == reports.ExitNotRestored) {
			t.Errorf("%s: want exit code %d\n%v", settle, code, s)
		}
	}
}

// After a refusal the run watches for the quiet time.
func TestFlagQuietTime(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	began := time.Now()
	s := invoke(t, m.dir, "run", "--config", m.config, "--only", "SIG-03", "--quiet-time", "900ms")
	if took := time.Since(began); s.code != 0 || took < 900*time.Millisecond {
		t.Errorf("after %v: %v", took, s)
	}
}

// Users who are at work are left alone, with --force they are not.
func TestFlagForce(t *testing.T) {
	t.Parallel()
	m := target(t, func(c *reference.Config) { c.Users = c.Users[:1] })
	u := m.users[0]
	busy := func() {
		for _, body := range []string{"<User><state>LOGIN</state><extension>" + u.Extension + "</extension></User>", "<User><state>READY</state></User>"} {
			m.put(t, u, body)
		}
		if err := m.Stimulate(t.Context(), "route_call", u.ID, u.Extension); err != nil {
			t.Fatal(err)
		}
	}
	busy()
	run := []string{"run", "--config", m.config, "--only", "ERR-01"}
	s := invoke(t, m.dir, run...)
	if n := m.sent("PUT"); s.code == 0 || n > 2 || !strings.Contains(s.out+s.err, "--force") {
		t.Errorf("%d PUTs, two of them the test's; %v", n, s)
	}
	if s := invoke(t, m.dir, append(run, "--force")...); m.sent("PUT") <= 2 || !strings.Contains(outcomes(result(t, m.dir)), "ERR-01 passed") {
		t.Errorf("with --force: %v", s)
	}
}

// put makes a user's own request, and waits until it has come about.
func (m *mock) put(t *testing.T, u reference.User, body string) {
	t.Helper()
	req := request(t, "PUT", m.server.URL+"/finesse/api/User/"+u.ID, body)
	req.SetBasicAuth(u.ID, u.Password)
	resp, err := m.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 202 {
		t.Fatalf("%s: %s", body, resp.Status)
	}
	want := reference.Ready
	if strings.Contains(body, "LOGIN") {
		want = reference.NotReady
	}
	eventually(t, func() bool { is, _ := m.Snapshot().User(u.ID); return is.State == want })
}

// Never more requests than were allowed.
func TestFlagMaxRequestsPerSecond(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	s := invoke(t, m.dir, "run", "--config", m.config, "--only", "SIG-03", "--max-requests-per-second", "40")
	n := m.sent("")
	took := m.since[n-1] - m.since[0]
	if least := time.Duration(n-1) * time.Second / 40 * 9 / 10; s.code != 0 || n < 10 || took < least {
		t.Errorf("%d requests in %v, want at least %v; %v", n, took, least, s)
	}
}

// A dry run changes nothing on the target.
func TestFlagDryRun(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	s := invoke(t, m.dir, "run", "--config", m.config, "--only", "SIG-*,TRN-*-0*", "--dry-run")
	if s.code != 0 || m.sent("PUT")+m.sent("POST") > 0 || !strings.Contains(s.out, "1001001") {
		t.Errorf("%d PUTs; %v", m.sent("PUT"), s)
	}
	m.server.Close()
	if s := invoke(t, m.dir, "run", "--config", m.config, "--dry-run"); s.code != reports.ExitUncertifiable {
		t.Error(s)
	}
}
