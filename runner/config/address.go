package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
)

// The schemes of each address.
var addressSchemes = map[string][]string{
	"target.url":        {"https", "http"},
	"target.proxy":      {"http", "https", "socks5", "socks5h"},
	"notifications.url": {"wss", "ws", "xmpps", "xmpp"},
	"stimuli.http":      {"http", "https"},
}

// parseAddress reads the address that a key holds. The value is never shown
// where it could hold credentials.
func parseAddress(key string, g given, value string) (*url.URL, error) {
	schemes := addressSchemes[key]
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || !slices.Contains(schemes, strings.ToLower(u.Scheme)) {
		return nil, g.problem("must be an address that begins with %s://, not %s", text.Or(schemes), g.quoted())
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Hostname() == "" {
		return nil, g.problem("has no host name")
	}
	if u.Port() != "" {
		if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > 65535 {
			return nil, g.problem("has a port that is not between 1 and 65535")
		}
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	if key != "target.url" {
		return u, nil
	}
	switch {
	case u.User != nil:
		return nil, g.problem("must not hold a user name or password; users have their own")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, g.problem("must end before ? and #")
	}
	u.Path, u.RawPath = apiBase(u.Path), ""
	return u, nil
}

// apiBase cuts from a path what every request adds to it.
func apiBase(path string) string {
	path = strings.TrimRight(path, "/")
	for _, own := range []string{"/api", "/finesse"} {
		if own == "/api" && !strings.HasSuffix(path, "/finesse/api") {
			continue
		}
		path = strings.TrimRight(strings.TrimSuffix(path, own), "/")
	}
	return path
}

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
