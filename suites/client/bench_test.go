package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"finesse-conformance/suites/client"
)

const answer = `<User><dialogs>/finesse/api/User/1001/Dialogs</dialogs><extension></extension><firstName>A</firstName><lastName>B</lastName>` +
	`<loginId>1001</loginId><loginName>ab</loginName><roles><role>Agent</role></roles><state>READY</state><teamId>5000</teamId></User>`

// BenchmarkExchange sets one exchange through the recording client against a
// bare one of net/http, over a connection that is kept. What both have in
// common, server included, is most of it.
func BenchmarkExchange(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, answer)
	}))
	defer s.Close()
	b.Run("bare", func(b *testing.B) {
		transport := client.Transport(nil, nil, time.Minute)
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport, Timeout: time.Minute}
		b.ReportAllocs()
		for b.Loop() {
			req, err := http.NewRequest("GET", s.URL+"/finesse/api/User/1001", nil)
			if err != nil {
				b.Fatal(err)
			}
			req.SetBasicAuth("agent1", "s3cret&<word")
			resp, err := c.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !strings.Contains(string(body), "READY") {
				b.Fatal(err)
			}
		}
	})
	b.Run("recording", func(b *testing.B) {
		c, user := on(b, s.URL, time.Minute), agent()
		b.ReportAllocs()
		for b.Loop() {
			if x := c.Do(b.Context(), nil, get(user)); x.Err != "" || x.Status != 200 {
				b.Fatal(x.Err)
			}
		}
	})
}

// BenchmarkOwnCost is what the recording client adds: an exchange whose
// transport costs next to nothing.
func BenchmarkOwnCost(b *testing.B) {
	c := inProcess(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }, time.Minute)
	user := agent()
	b.ReportAllocs()
	for b.Loop() {
		c.Do(b.Context(), nil, get(user))
	}
}
