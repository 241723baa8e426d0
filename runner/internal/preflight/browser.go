package preflight

import (
	"context"
	"net/http"

	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// Browser is a User-Agent that the reverse proxy of 15.0(1) takes (reverse
// proxy guide, environment file properties).
const Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// WantsBrowser reports whether something before the target takes requests of
// browsers alone.
func WantsBrowser(ctx context.Context, c *client.Client) bool {
	x := c.Do(ctx, nil, client.Call{Credentials: client.None, Method: http.MethodGet, Path: "/finesse/api/SystemInfo", Purpose: evidence.ForPrepare})
	return x.Status == http.StatusPreconditionFailed
}
