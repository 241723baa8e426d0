package client

import (
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
			for name, value := range ev.Exchanges[i].ResponseHeader {
				if len(value) > keptHeaderValue {
					ev.Exchanges[i].ResponseHeader[name] = value[:keptHeaderValue] + "…"
				}
			}
		}
		c.mu.Lock()
		c.keep.Shorten(ev)
		c.mu.Unlock()
	}
}
