package page

import (
	"strings"
	"testing"

	"finesse-conformance/reports"
)

// A command asks for the credentials that the request had, and leaves the
// certificate unchecked where the run did.
func TestCurl(t *testing.T) {
	for _, c := range []struct {
		name     string
		insecure bool
		x        reports.ExchangeRef
		want     string
	}{
		{"a password", false, reports.ExchangeRef{As: "1001"}, "curl -i -u 'USERNAME_OF_1001:PASSWORD'"},
		{"a wrong one", true, reports.ExchangeRef{As: "1001", WrongPassword: true}, "curl -i -k -u 'USERNAME_OF_1001:WRONG_PASSWORD'"},
		{"a token", false, reports.ExchangeRef{As: "1001", ByToken: true}, "curl -i -H 'Authorization: Bearer TOKEN_OF_1001'"},
		{"a wrong token", false, reports.ExchangeRef{As: "1001", ByToken: true, WrongPassword: true}, "curl -i -H 'Authorization: Bearer WRONG_TOKEN_OF_1001'"},
		{"nothing", false, reports.ExchangeRef{}, "curl -i"},
	} {
		r := &reports.Result{}
		r.Target.URL, r.Settings.Insecure = "https://finesse1.example.com:8445/", c.insecure
		c.x.Method, c.x.Path = "GET", "/finesse/api/User/1001"
		if got, want := strings.Join(strings.Fields(strings.ReplaceAll(Curl(r, &c.x), "\\\n", "")), " "), c.want+" 'https://finesse1.example.com:8445/finesse/api/User/1001'"; got != want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, want)
		}
	}
}
