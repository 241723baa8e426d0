package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"finesse-conformance/suites/client"
)

// Whatever stage of an exchange hangs, it ends within the time limit, and
// says so.
func TestHangs(t *testing.T) {
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	after := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			request := make([]byte, 4096)
			_, _ = c.Read(request)
			_, _ = c.Write([]byte(text))
			hang(c)
		}
	}
	drip := func(head, drop string) func(net.Conn) {
		return func(c net.Conn) {
			request := make([]byte, 4096)
			_, _ = c.Read(request)
			_, err := c.Write([]byte(head))
			for err == nil {
				time.Sleep(5 * time.Millisecond)
				_, err = c.Write([]byte(drop))
			}
		}
	}
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct {
		scheme string
		talk   func(net.Conn)
		status int
	}{
		"accepted and silent":     {"http", hang, 0},
		"TLS":                     {"https", hang, 0},
		"half a status line":      {"http", after("HTTP/1."), 0},
		"half a header":           {"http", after(ok + "Content-Le"), 0},
		"no body":                 {"http", after(ok + "Content-Length: 10\r\n\r\n"), 200},
		"half a body":             {"http", after(ok + "Content-Length: 10\r\n\r\n12345"), 200},
		"no last chunk":           {"http", after(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), 200},
		"a body in drops":         {"http", drip(ok+"Content-Length: 1000000\r\n\r\n", "x"), 200},
		"headers in drops":        {"http", drip(ok, "X: y\r\n"), 0},
		"interim answers forever": {"http", drip("", "HTTP/1.1 103 Early Hints\r\n\r\n"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := strings.Replace(raw(t, test.talk), "http", test.scheme, 1)
			const limit = 150 * time.Millisecond
			began := time.Now()
			x := on(t, base, limit).Do(t.Context(), nil, get(agent()))
			if took := time.Since(began); took > 20*limit {
				t.Errorf("ended after %v", took)
			}
			if x.Err == "" || x.Status != test.status {
				t.Errorf("status %d, %q", x.Status, x.Err)
			}
			t.Log(x.Err)
		})
	}
}

// A server that does not accept is not waited for longer than the limit.
func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	l.Close()
	if x := on(t, base, time.Minute).Do(t.Context(), nil, get(agent())); !strings.Contains(x.Err, "refused") || x.Status != 0 {
		t.Errorf("status %d, %q", x.Status, x.Err)
	}
}

func TestBrokenAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct {
		answer string
		status int
		want   string // in the error, "" for none
	}{
		"closed at once":            {"", 0, "the connection was closed without an answer"},
		"cut in the headers":        {ok + "Content-Type: app", 0, "the connection was closed before the answer was whole"},
		"shorter than it said":      {ok + "Content-Length: 10\r\n\r\n12345", 200, "the connection was closed before the answer was whole"},
		"longer than it said":       {ok + "Content-Length: 3\r\n\r\n12345", 200, ""},
		"two lengths":               {ok + "Content-Length: 3\r\nContent-Length: 5\r\n\r\n12345", 0, "Content-Length"},
		"a length that is none":     {ok + "Content-Length: many\r\n\r\n", 0, "Content-Length"},
		"chunks that are garbage":   {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 200, "invalid byte in chunk length"},
		"no HTTP":                   {"220 mail.example ESMTP\r\n", 0, "malformed HTTP"},
		"no gzip":                   {ok + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n12345678901234567890", 200, "gzip: invalid header"},
		"headers without an end":    {ok + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 200), 0, "exceeded"},
		"a status that is none":     {"HTTP/1.1 2000 OK\r\n\r\n", 0, "malformed HTTP"},
		"until the connection ends": {ok + "\r\n12345", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := raw(t, func(c net.Conn) {
				request := make([]byte, 4096)
				_, _ = c.Read(request)
				_, _ = io.WriteString(c, test.answer)
			})
			x := on(t, base, time.Minute).Do(t.Context(), nil, get(agent()))
			if x.Status != test.status || test.want == "" != (x.Err == "") || !strings.Contains(x.Err, test.want) {
				t.Errorf("status %d, %q; want %d, %q", x.Status, x.Err, test.status, test.want)
			}
		})
	}
}

func TestResets(t *testing.T) {
	base := raw(t, func(c net.Conn) {
		request := make([]byte, 4096)
		_, _ = c.Read(request)
		_ = c.(*net.TCPConn).SetLinger(0)
	})
	x := on(t, base, time.Minute).Do(t.Context(), nil, get(agent()))
	// Equal resets read equal: no port of this side is in it.
	if x.Err == "" || x.Status != 0 || strings.Contains(x.Err, "127.0.0.1") {
		t.Errorf("status %d, %q", x.Status, x.Err)
	}
}

// A PUT is sent once, whatever becomes of its connection: net/http repeats
// only what may be repeated.
func TestPutIsNeverRepeated(t *testing.T) {
	requests := make(chan string, 100)
	served := 0
	base := raw(t, func(c net.Conn) {
		request := make([]byte, 4096)
		for {
			n, err := c.Read(request)
			if err != nil {
				return
			}
			requests <- strings.SplitN(string(request[:n]), " ", 2)[0]
			if served++; served > 1 {
				return // the connection that was kept is closed
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c := on(t, base, time.Minute)
	put := client.Call{As: agent(), Method: "PUT", Path: "/", Body: "<User/>", ContentType: "application/xml"}
	if x := c.Do(t.Context(), nil, put); x.Err != "" {
		t.Fatal(x.Err)
	}
	if x := c.Do(t.Context(), nil, put); x.Err == "" {
		t.Error("the second was answered")
	}
	if n := len(requests); n != 2 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestLargeAnswers(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size := 1 << 20
		if strings.HasSuffix(r.URL.Path, "more") {
			size++
		}
		if strings.HasSuffix(r.URL.Path, "endless") {
			size = 16 << 20
		}
		part := make([]byte, 64<<10)
		for size > 0 {
			n, err := w.Write(part[:min(size, len(part))])
			if err != nil {
				return
			}
			size -= n
		}
	})
	c := on(t, base, time.Minute)
	ask := func(path string) (int, string) {
		x := c.Do(t.Context(), nil, client.Call{As: agent(), Method: "GET", Path: path})
		return len(x.ResponseBody), x.Err
	}
	if n, err := ask("/as-much"); n != 1<<20 || err != "" {
		t.Errorf("as much as is read: %d bytes, %q", n, err)
	}
	const large = "reading the answer: the answer is larger than 1048576 bytes"
	for _, path := range []string{"/more", "/endless"} {
		if n, err := ask(path); n > 8<<10 || err != large {
			t.Errorf("%s: %d bytes kept, %q", path, n, err)
		}
	}
	small := client.New(client.Options{Base: address(t, base), Transport: client.Transport(nil, nil, time.Minute), MaxBody: 100})
	if x := small.Do(t.Context(), nil, get(agent())); x.Err != "reading the answer: the answer is larger than 100 bytes" || len(x.ResponseBody) > 8<<10 {
		t.Errorf("with a limit of 100: %d bytes, %q", len(x.ResponseBody), x.Err)
	}
}

// Equal answers are kept once, however often they come.
func TestEqualAnswersAreKeptOnce(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 1<<20)
	c := inProcess(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(body)
	}, time.Minute)
	rec := &client.Recorder{}
	for range 50 {
		c.Do(t.Context(), rec, get(agent()))
	}
	first := rec.Exchanges()[0].ResponseBody
	for _, x := range rec.Exchanges() {
		if len(x.ResponseBody) != 1<<20 || unsafe.StringData(x.ResponseBody) != unsafe.StringData(first) {
			t.Fatal("kept once more")
		}
	}
	other := on(t, serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) }), time.Minute)
	for _, query := range []string{"a", "b", "a"} {
		call := get(agent())
		call.Query = query
		if x := other.Do(t.Context(), nil, call); x.ResponseBody != query {
			t.Errorf("%q was answered, and %q kept", query, x.ResponseBody)
		}
	}
}

// What a bomb unpacks to is not read beyond the limit.
func TestGzipBomb(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 24 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x := on(t, base, time.Minute).Do(t.Context(), nil, get(agent()))
	runtime.ReadMemStats(&after)
	if !strings.Contains(x.Err, "larger than") || len(x.ResponseBody) > 8<<10 {
		t.Errorf("%q, %d bytes kept", x.Err, len(x.ResponseBody))
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// A run that is stopped says why.
func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		stop(errors.New("interrupted"))
		<-r.Context().Done()
	})
	if x := on(t, base, time.Minute).Do(ctx, nil, get(agent())); x.Err != "interrupted" {
		t.Errorf("%q", x.Err)
	}
}

func ExampleClient_Do() {
	c := client.New(client.Options{
		Base:      mustParse("https://mock.invalid"),
		Transport: client.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })),
	})
	x := c.Do(context.Background(), nil, client.Call{As: agent(), Method: "PUT", Path: "/finesse/api/User/1001", Body: "<User/>"})
	fmt.Println(x.Method, x.Path, x.Status)
	// Output: PUT /finesse/api/User/1001 202
}
