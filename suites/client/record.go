package client

import (
	"maps"

	"finesse-conformance/suites/evidence"
)

// Record takes secrets out of what a run saw and says, when it has been judged
// and before it goes anywhere, and bounds what is kept of it.
func (c *Client) Record(v *evidence.Verdict, seen ...*evidence.Evidence) {
	if v != nil {
		c.opts.Secrets.Clean(v)
	}
	for _, ev := range seen {
		c.opts.Secrets.Clean(ev)
		for i := range ev.Exchanges {
			ev.Exchanges[i].ResponseHeader = shortened(ev.Exchanges[i].ResponseHeader)
		}
		c.mu.Lock()
		c.keep.Shorten(ev)
		c.mu.Unlock()
	}
}

// shortened bounds the values of headers. Others may hold the map too: it
// stays, and where a value is too long, another is given.
func shortened(headers map[string]string) map[string]string {
	fresh, copied := headers, false
	for name, value := range headers {
		if len(value) <= keptHeaderValue {
			continue
		}
		if !copied {
			fresh, copied = maps.Clone(headers), true
		}
		fresh[name] = value[:keptHeaderValue] + "…"
	}
	return fresh
}
