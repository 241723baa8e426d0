package client

import (
	"context"
	"io"
	"net/http"
	"time"

	"finesse-conformance/suites/evidence"
)

// plainTimeout is the time limit of a request without TLS.
const plainTimeout = 5 * time.Second

// Plain asks a port beside that of the API for something without TLS, over a
// connection of its own, and records the answer, the text aside. The error is that
// nothing answers there.
func (c *Client) Plain(ctx context.Context, rec *Recorder, address, path string) (evidence.Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, plainTimeout)
	defer cancel()
	x := evidence.Exchange{Purpose: evidence.ForAct, Method: http.MethodGet, Path: "http://" + address + path, Started: time.Now()}
	req, err := http.NewRequestWithContext(ctx, x.Method, x.Path, nil)
	if err != nil {
		return x, err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true, DialContext: c.Dial}).RoundTrip(req)
	if err != nil {
		return x, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<10)
	x.Status, x.Proto, x.ResponseHeader, x.Duration = resp.StatusCode, resp.Proto, keptHeader(resp.Header), time.Since(x.Started)
	return rec.add(x, c.opts.Secrets), nil
}
