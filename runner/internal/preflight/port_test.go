package preflight

import (
	"net"
	"net/url"
	"testing"
	"time"

	"finesse-conformance/runner/config"
)

func TestFindPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, open, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	usual := func(scheme string) []string {
		if scheme == "http" {
			return []string{"1", "2"}
		}
		return []string{"1", open}
	}
	proxy := &url.URL{Scheme: "http", Host: "proxy"}
	for _, test := range []struct {
		address string
		proxy   *url.URL
		want    string
	}{
		{"https://127.0.0.1/x", nil, "https://127.0.0.1:" + open + "/x"},
		{"https://127.0.0.1:4711", nil, "https://127.0.0.1:4711"},
		{"http://127.0.0.1", nil, "http://127.0.0.1:1"},
		{"https://127.0.0.1", proxy, "https://127.0.0.1"},
	} {
		u, err := url.Parse(test.address)
		if err != nil {
			t.Fatal(err)
		}
		target := &config.Target{URL: u, Proxy: test.proxy, Timing: config.Timing{Request: time.Second}}
		if findPort(t.Context(), target, usual); target.URL.String() != test.want {
			t.Errorf("%s gives %s, want %s", test.address, target.URL, test.want)
		}
	}
}
