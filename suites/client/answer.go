package client

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"finesse-conformance/suites/evidence"
)

// answer reads the answer to a call.
func (c *Client) answer(ctx context.Context, call Call, resp *http.Response, x *evidence.Exchange) error {
	x.Status, x.Proto = resp.StatusCode, resp.Proto
	x.ResponseHeader = keptHeader(resp.Header)
	raw, err := io.ReadAll(io.LimitReader(resp.Body, c.opts.MaxBody+1))
	x.ResponseBody = c.bodies.of(raw)
	if int64(len(raw)) > c.opts.MaxBody {
		x.ResponseBody = x.ResponseBody[:min(keptBody, len(x.ResponseBody))]
		err = fmt.Errorf("the answer is larger than %d bytes", c.opts.MaxBody)
	}
	if call.Credentials == Own && call.As != nil && resp.StatusCode != http.StatusUnauthorized {
		c.mu.Lock()
		delete(c.wrong, call.As.ID)
		c.mu.Unlock()
	}
	if err != nil && ctx.Err() != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// Bounds of what is kept of the headers of an answer.
const (
	keptHeaders     = 64
	keptHeaderValue = 512
)

// ofUse are the headers that verdicts and waiting rest on: they are kept
// before all others.
var ofUse = []string{"Content-Type", "Location", "Retry-After", "Www-Authenticate"}

// keptHeader copies the headers of an answer. What comes of a cookie or of
// credentials is a secret, and shortened it could not be told for one.
func keptHeader(h http.Header) map[string]string {
	kept := make(map[string]string, min(len(h), keptHeaders))
	keep := func(name string, values []string) {
		kept[name] = strings.Join(values, ", ")
	}
	if len(h) <= keptHeaders {
		for name, values := range h {
			keep(http.CanonicalHeaderKey(name), values)
		}
		return kept
	}
	for _, name := range ofUse {
		if values := h.Values(name); len(values) > 0 {
			keep(name, values)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if len(kept) == keptHeaders {
			break
		}
		keep(http.CanonicalHeaderKey(name), h[name])
	}
	return kept
}

// maxBodies is how many bytes of answers are remembered.
const maxBodies = 4 << 20

// bodies makes one text of equal answers: a run sees the same ones again and
// again while it waits, and keeps them all.
type bodies struct {
	mu    sync.Mutex
	known map[string]string
	bytes int
}

func (b *bodies) of(raw []byte) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text, ok := b.known[string(raw)]; ok {
		return text
	}
	if b.bytes += len(raw); b.known == nil || b.bytes > maxBodies {
		b.known, b.bytes = map[string]string{}, len(raw)
	}
	text := string(raw)
	b.known[text] = text
	return text
}
