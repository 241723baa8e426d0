package journal

import (
	"net"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Key is how a target is called in journals and locks: its address without
// credentials, the same for all spellings of one: of letter case or script, a
// default port, this machine's own name, an address of IPv6, a dot at the end of
// the name, slashes in the path.
func Key(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if ascii, err := httpguts.PunycodeHostPort(host); err == nil { // as a client resolves it
		host = ascii
	}
	host = strings.TrimSuffix(host, ".")
	if ip := net.ParseIP(host); ip != nil {
		// A client that is told no machine asks this one.
		if host = ip.String(); ip.Equal(net.IPv4(127, 0, 0, 1)) || ip.Equal(net.IPv6loopback) || ip.IsUnspecified() {
			host = "localhost"
		}
	}
	port = strings.TrimLeft(port, "0")
	if port == map[string]string{"http": "80", "https": "443"}[scheme] {
		port = ""
	}
	place := path.Clean("/" + u.Path)
	if place == "/" {
		place = ""
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host + place
}

// keyOf is the key of a target by the one that a journal has, which a version
// before this one may have spelled otherwise.
func keyOf(written string) string {
	u, err := url.Parse(written)
	if err != nil || u.Host == "" {
		return written
	}
	return Key(u)
}
