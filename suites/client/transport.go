package client

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Transport makes the round tripper of a run: connections are kept, HTTP/2 is
// spoken where the target has it, and no connection takes longer than the
// timeout to come about. An exchange as a whole is bounded by its context.
func Transport(tlsConfig *tls.Config, proxy *url.URL, timeout time.Duration) *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// Handler is a round tripper that calls a handler in this process: a mock
// written in Go is certified without a port.
func Handler(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ handler http.Handler }

// RoundTrip serves the request in a goroutine of its own, so that a handler
// that hangs costs no more than the request's time limit. The handler sees
// the request as net/http would give it one.
func (t handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	in.RemoteAddr = "127.0.0.1:0"
	in.Host = req.URL.Host
	in.Header = make(http.Header, len(req.Header))
	for name, values := range req.Header {
		in.Header[http.CanonicalHeaderKey(name)] = values
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := make(chan *http.Response, 1)
	go func() {
		w := &responseWriter{header: http.Header{}}
		defer func() {
			// net/http too turns a handler's panic into an aborted answer.
			if p := recover(); p != nil {
				close(answer)
				return
			}
			answer <- w.response(req)
		}()
		t.handler.ServeHTTP(w, in)
	}()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case resp, ok := <-answer:
		if !ok {
			return nil, io.EOF
		}
		return resp, nil
	}
}

// maxHandlerBody is how much of a handler's answer is kept in memory.
const maxHandlerBody = 16 << 20

var errHandlerBody = fmt.Errorf("the answer is larger than %d bytes", maxHandlerBody)

type responseWriter struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
	over   bool // more was written than is kept
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 && w.header.Get("Content-Type") == "" && len(p) > 0 {
		w.header.Set("Content-Type", http.DetectContentType(p)) // as net/http does
	}
	w.WriteHeader(http.StatusOK)
	if w.over = w.over || w.body.Len()+len(p) > maxHandlerBody; w.over {
		return 0, errHandlerBody
	}
	return w.body.Write(p)
}

// Flush does nothing: the answer is given when the handler is done.
func (w *responseWriter) Flush() {}

func (w *responseWriter) response(req *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	resp := &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}
	if w.over {
		resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(&w.body, broken{errHandlerBody})), -1
	}
	return resp
}

// broken is the end of a body that is not whole.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
