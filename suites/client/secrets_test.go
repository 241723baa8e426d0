package client_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// record does a call and gives what is recorded of it.
func record(c *client.Client, call client.Call) evidence.Exchange {
	ev := &evidence.Evidence{Exchanges: []evidence.Exchange{c.Do(context.Background(), nil, call)}}
	c.Record(nil, ev)
	return ev.Exchanges[0]
}

// recorded is all that is kept of an exchange, as text.
func recorded(t *testing.T, x evidence.Exchange) string {
	t.Helper()
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + fmt.Sprintf("%+v", x)
}

// Whatever a target sends back, no credential is recorded.
func TestEchoedSecrets(t *testing.T) {
	for _, password := range []string{"s3cret&<word", "correct horse/battery+staple", "cisco", "a'b\"c1", "•pass•"} {
		user := agent()
		user.Password = fixtures.Secret(password)
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, sent, _ := r.BasicAuth()
			h := w.Header()
			h.Set("X-Authorization", r.Header.Get("Authorization"))
			h.Set("X-Password", sent)
			h.Set("X-Long", strings.Repeat("x", 508)+" "+sent)
			h.Set("Authorization", r.Header.Get("Authorization"))
			h["set-cookie"] = []string{"JSESSIONID=0123456789ABCDEF; Path=/"}
			h.Set("Location", "https://agent1:"+url.QueryEscape(sent)+"@elsewhere.example/")
			h.Set("Content-Type", "application/xml")
			w.WriteHeader(401)
			fmt.Fprintf(w, "<ApiErrors><ErrorData>%s</ErrorData><a>%s</a><b>%s</b><c>%s</c><d>%s %x</d></ApiErrors>",
				sent, html.EscapeString(sent), r.Header.Get("Authorization"), url.PathEscape(sent), base64.StdEncoding.EncodeToString([]byte(sent)), sent)
		})
		x := record(on(t, base, time.Minute), get(user))
		text := recorded(t, x)
		for _, secret := range []string{
			password, base64.StdEncoding.EncodeToString([]byte("agent1:" + password)), html.EscapeString(password),
			url.QueryEscape(password), url.PathEscape(password), "0123456789ABCDEF",
			base64.RawStdEncoding.EncodeToString([]byte(password)), fmt.Sprintf("%x", password),
		} {
			quoted, _ := json.Marshal(secret)
			if strings.Contains(text, secret) || strings.Contains(text, strings.Trim(string(quoted), `"`)) {
				t.Errorf("%q is recorded: %s", secret, text)
			}
		}
		if x.Status != 401 || !strings.Contains(x.ResponseBody, "•••") || x.RequestHeader["Authorization"] != "" {
			t.Errorf("not recorded as it should be: %s", text)
		}
	}
}

// Whoever reads what is recorded has no password back either, however it was
// escaped on its way: by number, in part, or more than once.
func TestEscapedSecrets(t *testing.T) {
	for _, password := range []string{"s3cret&<word", "pa ss'wörd☂", "Age", "7654321"} {
		user := agent()
		user.Password = fixtures.Secret(password)
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, sent, _ := r.BasicAuth()
			var decimal, hexadecimal, json, mixed string
			for i, c := range sent {
				decimal += fmt.Sprintf("&#%d;", c)
				hexadecimal += fmt.Sprintf("&#x0%X;", c)
				json += fmt.Sprintf(`\u%04X`, c)
				mixed += []string{string(c), fmt.Sprintf("&amp;amp;#%d;", c), strings.ToLower(url.PathEscape(string(c)))}[i%3]
			}
			w.Header().Set("X-Decimal", decimal)
			for _, text := range []string{decimal, hexadecimal, json, mixed, html.EscapeString(html.EscapeString(sent)), html.EscapeString(decimal), url.QueryEscape(url.QueryEscape(sent))} {
				fmt.Fprintf(w, "<x>%s</x>", text)
			}
		})
		x := record(on(t, base, time.Minute), get(user))
		for _, text := range append(strings.Split(x.ResponseBody, "</x>"), x.ResponseHeader["X-Decimal"]) {
			text = strings.TrimPrefix(text, "<x>")
			if password == "Age" && text == "Age" {
				continue // nothing of it is escaped, and the word is too short to be taken out
			}
			if text != "" && text != "•••" {
				t.Errorf("%s: recorded %q", password, text)
			}
		}
	}
}

// net/http quotes what it cannot read.
func TestSecretsInErrors(t *testing.T) {
	base := raw(t, func(c net.Conn) {
		request := make([]byte, 4096)
		n, _ := c.Read(request)
		for line := range strings.SplitSeq(string(request[:n]), "\r\n") {
			if strings.HasPrefix(line, "Authorization") {
				_, _ = c.Write([]byte(line + "\r\n"))
			}
		}
	})
	x := record(on(t, base, time.Minute), get(agent()))
	if x.Err == "" || strings.Contains(x.Err, base64.StdEncoding.EncodeToString([]byte("agent1:s3cret&<word"))) {
		t.Errorf("error %q", x.Err)
	}
}

// A password that is an id, or a part of other words, leaves the rest as it is.
func TestScrubbingSparesTheRest(t *testing.T) {
	const body = "<User><loginId>1001</loginId><extension>7001</extension><roles><role>Agent</role></roles><x>1</x></User>"
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
	for _, password := range []string{"1001", "7001", "agent1", "User1", "Age", "1", "x"} {
		user := agent()
		user.Password = fixtures.Secret(password)
		if x := record(on(t, base, time.Minute), get(user)); x.ResponseBody != body {
			t.Errorf("password %s: %s", password, x.ResponseBody)
		}
	}
}

// Of many headers those are kept that verdicts rest on, and always the same.
func TestManyHeaders(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for n := range 200 {
			w.Header().Set(fmt.Sprintf("A-%03d", n), strings.Repeat("v", 40))
		}
		w.Header().Set("Www-Authenticate", "Basic")
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("A-000", strings.Repeat("v", 4000))
	})
	c := on(t, base, time.Minute)
	first := record(c, get(agent())).ResponseHeader
	if len(first) != 64 || first["Www-Authenticate"] != "Basic" || first["Retry-After"] != "1" || first["Content-Type"] != "application/xml" || len(first["A-000"]) > 600 {
		t.Errorf("kept %v", first)
	}
	for range 5 {
		again := record(c, get(agent())).ResponseHeader
		delete(again, "Date")
		for name := range again {
			if _, same := first[name]; !same {
				t.Fatalf("another header was kept: %s", name)
			}
		}
	}
}

// A request body is recorded in part where it is long.
func TestLongRequests(t *testing.T) {
	base := serve(t, func(http.ResponseWriter, *http.Request) {})
	x := on(t, base, time.Minute).Do(t.Context(), nil, client.Call{As: agent(), Method: "PUT", Path: "/", Body: strings.Repeat("A", 1<<20)})
	if len(x.RequestBody) > 8<<10 || x.RequestBytes != 1<<20 {
		t.Errorf("%d bytes kept, said to be %d", len(x.RequestBody), x.RequestBytes)
	}
}

// What one user's request told the target may come back to another's.
func TestSecretsOfOthers(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "s3cret&<word and 7654321 and another-one")
	})
	c := on(t, base, time.Minute)
	numbered := &fixtures.User{ID: "1003", Password: "7654321"}
	for _, u := range []*fixtures.User{agent(), numbered, {ID: "1002", Password: "another-one"}} {
		c.Do(t.Context(), nil, get(u))
	}
	nobody := get(nil)
	nobody.Credentials = client.None
	for call, want := range map[*client.Call]string{{As: agent(), Method: "GET", Path: "/"}: "••• and ••• and •••", {As: numbered, Method: "GET", Path: "/"}: "••• and ••• and •••", &nobody: "••• and ••• and •••"} {
		if x := record(c, *call); x.ResponseBody != want {
			t.Errorf("recorded %q, want %q", x.ResponseBody, want)
		}
	}
}

// Whatever is recorded beside the exchanges goes the same way: notifications,
// observations, what was said and concluded.
func TestSecretsInEverythingRecorded(t *testing.T) {
	const password = "s3cret-&-word"
	c := on(t, serve(t, func(http.ResponseWriter, *http.Request) {}), time.Minute)
	user := agent()
	user.Password = password
	c.Do(t.Context(), nil, get(user))
	said := "x " + password + " y"
	ev := &evidence.Evidence{
		Unreached: said, Interference: said,
		Events: []evidence.Event{{Node: said, Source: said, Event: said, RequestID: said, ErrorType: said, ErrorMessage: said, ErrorData: said, Payload: "<Update>" + html.EscapeString(said) + "</Update>", Problem: said}},
		Steps:  []evidence.Step{{Skipped: said, Facts: map[string]string{"fact": said}, Values: map[string]string{"value": said}}},
	}
	v := &evidence.Verdict{Reason: said, Seen: said, Expected: said, Observed: evidence.Observed{ErrorMessage: said, Note: said}}
	c.Record(v, ev)
	for _, what := range []any{ev, v} {
		text, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "s3cret") || !strings.Contains(string(text), "•••") {
			t.Errorf("recorded %s", text)
		}
	}
}
