package runner

import (
	"net/url"
	"strings"
	"testing"

	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
)

// That nobody is let in any more is said of whoever is the cause: a target that
// is silent, one that refuses, or what gives access tokens and nobody asks.
func TestSilenceNamesItsCause(t *testing.T) {
	t.Parallel()
	in := evidence.Exchange{Method: "GET", Path: "/finesse/api/User/1001", As: "1001", Status: 200, ResponseBody: "<User/>"}
	target := &config.Target{URL: &url.URL{Scheme: "https", Host: "finesse.example.com"}}
	for name, test := range map[string]struct {
		met  evidence.Exchange
		want string
	}{
		"no answer": {evidence.Exchange{Err: "connection refused"}, "https://finesse.example.com stopped answering: it has let nobody in since SIG-02: connection refused"},
		"503":       {evidence.Exchange{Status: 503}, "stopped answering: it has let nobody in since SIG-02: HTTP 503"},
		"401":       {evidence.Exchange{Status: 401}, "https://finesse.example.com lets nobody in any more, since SIG-02: HTTP 401"},
		"a proxy":   {evidence.Exchange{Status: 403, Barred: true, Err: "a reverse proxy refuses"}, "lets nobody in any more, since SIG-02: a reverse proxy refuses"},
		"no token": {evidence.Exchange{Barred: true, Err: "user 1001 cannot sign in: the command failed"},
			"nobody can sign in to https://finesse.example.com any more, since SIG-02: user 1001 cannot sign in: the command failed"},
	} {
		t.Run(name, func(t *testing.T) {
			var s silence
			s.after("SIG-01", []*evidence.Evidence{{Exchanges: []evidence.Exchange{in}}})
			over := 0
			for _, id := range []string{"SIG-02", "SIG-03", "SIG-04"} {
				if s.after(id, []*evidence.Evidence{{Exchanges: []evidence.Exchange{test.met}}}) {
					over++
				}
			}
			if got := s.why(target).Error(); over != 1 || !strings.Contains(got, test.want) {
				t.Errorf("%d times %s", over, got)
			}
		})
	}
}
