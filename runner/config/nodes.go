package config

import (
	"net/url"
	"strings"
)

// nodesAuto has both nodes of a system found in SystemInfo.
const nodesAuto = "auto"

// parseNodes reads the addresses of both nodes of a system: auto, or the one
// that is acted on and the one that is watched.
func parseNodes(g given) (nodes []*url.URL, find bool, err error) {
	if len(g.texts) == 1 && strings.EqualFold(strings.TrimSpace(g.texts[0]), nodesAuto) {
		return nil, true, nil
	}
	if !g.isList || len(g.texts) != 2 {
		return nil, false, g.problem("must be auto, or a list of two addresses: the node that the run acts on, and the other one of the same system")
	}
	for _, text := range g.texts {
		one := g
		one.texts = []string{text}
		u, err := parseAddress("target.url", one, strings.TrimSpace(text))
		if err != nil {
			return nil, false, err
		}
		nodes = append(nodes, u)
	}
	if sameAddress(nodes[0], nodes[1]) {
		return nil, false, g.problem("names the same node twice: two nodes have two addresses")
	}
	return nodes, false, nil
}

// sameAddress reports whether two addresses are one, a port that the scheme
// has by itself included.
func sameAddress(a, b *url.URL) bool {
	full := func(u *url.URL) string {
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
		}
		return u.Scheme + "://" + strings.TrimSuffix(u.Hostname(), ".") + ":" + port + strings.TrimSuffix(u.Path, "/")
	}
	return full(a) == full(b)
}

// actedOn sets the address of a target to that of its first node, or says why
// it cannot be.
func (t *Target) actedOn() string {
	if len(t.Nodes) == 0 {
		return ""
	}
	if t.URL == nil {
		t.URL = t.Nodes[0]
	}
	if !sameAddress(t.URL, t.Nodes[0]) {
		return "the first of them is not the address of the target: the run acts on the first node; leave target.url out, or make it the first"
	}
	return ""
}
