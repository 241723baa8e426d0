package notify_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"finesse-conformance/runner/internal/notify"
)

// TestPlaces: what SystemInfo tells and what the guide documents for the release, in an order that tries no deprecated
// door before the one that took its place.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name   string
		target string
		rest   bool // notifications on the port of the REST API
		told   string
		want   string
	}{
		{"12.6 and later", "https://f1.example.com:8445", true, "",
			"wss://f1.example.com:8445/ws/ wss://f1.example.com:8445/ws wss://f1.example.com:7443/ws/ wss://f1.example.com:7443/ws xmpps://f1.example.com:5223"},
		{"behind a proxy", "https://f1.example.com", true, "5333",
			"wss://f1.example.com:443/ws/ wss://f1.example.com:443/ws xmpps://f1.example.com:5333 wss://f1.example.com:8445/ws/ wss://f1.example.com:8445/ws wss://f1.example.com:7443/ws/ wss://f1.example.com:7443/ws xmpps://f1.example.com:5223"},
		{"12.5", "https://f1.example.com:8445", false, "",
			"wss://f1.example.com:7443/ws/ wss://f1.example.com:7443/ws xmpps://f1.example.com:5223 wss://f1.example.com:8445/ws/ wss://f1.example.com:8445/ws"},
		{"a mock without TLS", "http://127.0.0.1:9000", true, "",
			"ws://127.0.0.1:9000/ws/ ws://127.0.0.1:9000/ws wss://127.0.0.1:7443/ws/ wss://127.0.0.1:7443/ws xmpps://127.0.0.1:5223"},
		{"IPv6", "https://[::1]:9001", false, "5223",
			"xmpps://[::1]:5223 wss://[::1]:7443/ws/ wss://[::1]:7443/ws wss://[::1]:9001/ws/ wss://[::1]:9001/ws"},
	} {
		u, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range notify.Places(notify.System{Target: u, OnRESTPort: c.rest, TLSPort: c.told}) {
			got = append(got, p.URL)
			if p.Why == "" {
				t.Errorf("%s: %s is looked at without a reason", c.name, p.URL)
			}
			if strings.HasPrefix(p.URL, "xmpp://") {
				t.Errorf("%s: %s would send passwords in the clear", c.name, p.URL)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}

// TestDiscover tells transports apart without a user name or password.
func TestDiscover(t *testing.T) {
	o := newOffice(t, "UCCE")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent")
		}
		http.Error(w, "<html>", http.StatusNotFound)
	}))
	defer page.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	otherDomain := play(t, func(c *conversation) {
		c.hears(`version="1.0">`)
		c.says(strings.Replace(serverHeader, domain, "other.example.com", 1))
		c.stalls()
	})
	signsIn := play(t, func(c *conversation) {
		c.greets()
		if c.hears("<auth") {
			t.Error("somebody signed in")
		}
	})
	silent := play(t, func(c *conversation) { c.stalls() })
	socket := func(address string) string { return strings.Replace(address, "http", "ws", 1) + "/ws/" }
	for _, c := range []struct{ place, want, domain string }{
		{o.url, "", "localhost"},
		{o.url, "serves the domain", domain},
		{socket(page.URL), "no WebSocket", domain},
		{socket(closed.URL), "cannot connect", domain},
		{otherDomain.url, "serves the domain", domain},
		{signsIn.url, "", domain},
		{silent.url, "no answer in time", domain},
	} {
		limit := 20 * time.Second
		if c.place == silent.url {
			limit = 500 * time.Millisecond
		}
		trials := notify.Discover(context.Background(), notify.Options{Domain: c.domain, ConnectTimeout: limit}, []notify.Place{{URL: c.place, Why: "a test"}})
		if len(trials) != 1 {
			t.Fatalf("%s: %d trials", c.place, len(trials))
		}
		err := trials[0].Err
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %v, want %q", c.place, c.domain, err, c.want)
		}
		if !strings.HasPrefix(trials[0].String(), c.place+" (a test): ") {
			t.Errorf("said as %q", trials[0])
		}
	}
}
