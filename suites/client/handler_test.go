package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

func mustParse(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

// inProcess is a client of a handler in this process.
func inProcess(h http.HandlerFunc, timeout time.Duration) *client.Client {
	return client.New(client.Options{Base: mustParse("https://mock.invalid/below"), Transport: client.Handler(h), Timeout: timeout, Version: "1.2"})
}

// A handler sees the same request, and its answer is recorded the same, in
// this process and behind a port.
func TestHandlerAsBehindAPort(t *testing.T) {
	type sight struct {
		Method, URI, Path, Query, RequestID, ContentType, Agent, Body, User string
		Length                                                              int64
		Absolute                                                            bool
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"nothing":        func(http.ResponseWriter) {},
		"a status":       func(w http.ResponseWriter) { w.WriteHeader(202) },
		"two statuses":   func(w http.ResponseWriter) { w.WriteHeader(400); w.WriteHeader(200) },
		"an interim one": func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(404) },
		"a body":         func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<?xml version="1.0"?><User/>`) },
		"plain text":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") },
		"a type": func(w http.ResponseWriter) {
			w.Header().Set("content-type", "application/xml")
			_, _ = io.WriteString(w, "<a/>")
		},
		"a late header":   func(w http.ResponseWriter) { w.WriteHeader(200); w.Header().Set("X-Late", "1") },
		"a flush":         func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<a/>"); w.(http.Flusher).Flush() },
		"an odd spelling": func(w http.ResponseWriter) { w.Header()["retry-after"] = []string{"3"}; w.WriteHeader(503) },
	} {
		var seen sight
		h := func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			user, _, _ := r.BasicAuth()
			seen = sight{r.Method, r.RequestURI, r.URL.Path, r.URL.RawQuery, r.Header.Get("requestId"), r.Header.Get("Content-Type"),
				r.UserAgent(), string(body), user, r.ContentLength, r.URL.IsAbs()}
			answer(w)
		}
		call := client.Call{As: agent(), Method: "PUT", Path: "/finesse/api/User/1001", Query: "a=b", Body: "<User/>", ContentType: "application/xml", RequestID: "r1"}
		ask := func(c *client.Client) (sight, evidence.Exchange) {
			x := c.Do(t.Context(), nil, call)
			x.Started, x.Duration = time.Time{}, 0
			for _, name := range []string{"Date", "Content-Length", "Transfer-Encoding"} {
				delete(x.ResponseHeader, name) // of the wire
			}
			return seen, x
		}
		sawIn, in := ask(inProcess(h, time.Minute))
		sawOut, out := ask(on(t, serve(t, h)+"/below", time.Minute))
		if d := cmp.Diff(sawOut, sawIn); d != "" {
			t.Errorf("%s: the handler saw another request: %s", name, d)
		}
		if d := cmp.Diff(out, in); d != "" {
			t.Errorf("%s: another exchange was recorded: %s", name, d)
		}
	}
}

func TestHandlerThatPanics(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"at once":        func(http.ResponseWriter, *http.Request) { panic("no") },
		"after a status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic(http.ErrAbortHandler) },
	} {
		x := inProcess(h, time.Minute).Do(t.Context(), nil, get(agent()))
		if x.Status != 0 || x.Err != "the connection was closed without an answer" {
			t.Errorf("%s: status %d, %q", name, x.Status, x.Err)
		}
	}
	x := inProcess(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, time.Minute).Do(t.Context(), nil, get(agent()))
	if x.Status != 200 {
		t.Errorf("a handler whose goroutine ends: status %d, %q", x.Status, x.Err)
	}
}

func TestHandlerThatHangs(t *testing.T) {
	done := make(chan error, 2)
	waits := func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		done <- context.Cause(r.Context())
	}
	x := inProcess(waits, 50*time.Millisecond).Do(t.Context(), nil, get(agent()))
	if x.Err != "no whole answer within 50ms" || x.Status != 0 {
		t.Errorf("status %d, %q", x.Status, x.Err)
	}
	if cause := <-done; cause == nil {
		t.Error("the handler was not told")
	}
}

func TestHandlerThatWritesForever(t *testing.T) {
	x := inProcess(func(w http.ResponseWriter, _ *http.Request) {
		part := bytes.Repeat([]byte("x"), 1<<20)
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}, time.Minute).Do(t.Context(), nil, get(agent()))
	if !strings.Contains(x.Err, "larger than 1048576 bytes") || len(x.ResponseBody) > 8<<10 {
		t.Errorf("%q, %d bytes kept", x.Err, len(x.ResponseBody))
	}
	wide := client.New(client.Options{Base: mustParse("https://mock.invalid"), MaxBody: 64 << 20, Transport: client.Handler(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 20<<20)) },
	))})
	if x := wide.Do(t.Context(), nil, get(agent())); !strings.Contains(x.Err, "larger than") {
		t.Errorf("more than is kept of a handler's answer: %q", x.Err)
	}
}
