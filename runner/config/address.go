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
