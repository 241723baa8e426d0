package runner

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
)

// A run claims its users under the addresses of both nodes: those that
// SystemInfo names where the target is at one of them, and the one that the
// configuration names, whatever SystemInfo says.
func TestNodesOf(t *testing.T) {
	address := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, test := range []struct {
		hosts  []string
		target string
		nodes  []string
		want   string
	}{
		{[]string{"a", "b"}, "https://a:8445", nil, "https://a:8445 https://b:8445"},
		{[]string{"a", "b"}, "https://proxy:443", nil, ""},
		{[]string{"a", "b"}, "https://proxy:443", []string{"https://proxy:443", "https://proxy:444"}, "https://proxy:443 https://proxy:444"},
		{nil, "http://a:1", []string{"http://a:1", "http://a:2"}, "http://a:1 http://a:2"},
	} {
		survey := &preflight.Survey{XMPPPorts: map[string]map[string]string{}}
		for _, h := range test.hosts {
			survey.XMPPPorts[h] = nil
		}
		target := &config.Target{URL: address(test.target)}
		for _, n := range test.nodes {
			target.Nodes = append(target.Nodes, address(n))
		}
		var got []string
		for _, n := range nodesOf(survey, target) {
			got = append(got, n.String())
		}
		slices.Sort(got)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
