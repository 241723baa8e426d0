package main

import (
	"strings"
	"testing"

	"finesse-conformance/fixtures/reference"
)

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
