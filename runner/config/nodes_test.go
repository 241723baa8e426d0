package config

import (
	"strings"
	"testing"
)

func TestNodes(t *testing.T) {
	const users = "\nusers:\n  - {id: \"1\", password: x, extension: \"1\"}\n"
	for name, test := range map[string]struct {
		target string
		want   string // a part of the problem, or the addresses
	}{
		"auto":            {"target: {url: 'https://a:8445', nodes: auto}", "https://a:8445 auto"},
		"a list":          {"target: {nodes: ['https://a:8445/finesse', 'https://b:8445']}", "https://a:8445 https://a:8445 https://b:8445"},
		"both":            {"target: {url: 'https://a:8445', nodes: ['https://a:8445', 'https://b:8445']}", "https://a:8445 https://a:8445 https://b:8445"},
		"twice":           {"target: {nodes: ['https://a', 'https://A:443/']}", ":1: target.nodes: names the same node twice"},
		"one":             {"target: {nodes: ['https://a']}", ":1: target.nodes: must be auto, or a list of two addresses"},
		"three":           {"target: {nodes: ['https://a', 'https://b', 'https://c']}", "must be auto, or a list of two"},
		"a word":          {"target: {url: 'https://a', nodes: both}", "must be auto, or a list of two"},
		"no address":      {"target: {nodes: ['https://a', 'b']}", ":1: target.nodes: must be an address that begins with"},
		"the wrong first": {"target: {url: 'https://b', nodes: ['https://a', 'https://b']}", ":1: target.nodes: the first of them is not the address of the target"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, test.target+users, nil, nil)
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("got  %v\nwant %s", err, test.want)
				}
				return
			}
			got := c.Targets[0].URL.String()
			for _, u := range c.Targets[0].Nodes {
				got += " " + u.String()
			}
			if c.Targets[0].FindNodes {
				got += " auto"
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
