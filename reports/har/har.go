// Package har writes the exchanges of a run in the HTTP Archive format, which
// browsers and proxies open. It imports the results and the evidence only.
//
// No other module is promised anything of it: see docs/stability.md.
package har

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// HAR 1.2, as far as evidence has something to tell.
type (
	harPage struct {
		Started time.Time      `json:"startedDateTime"`
		ID      string         `json:"id"`
		Title   string         `json:"title"`
		Timings map[string]int `json:"pageTimings"`
	}
	harEntry struct {
		Page     string      `json:"pageref"`
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"`
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		PostData    *harPost  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
		Error       string     `json:"_error,omitempty"` // as Chromium writes it
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Comment  string `json:"comment,omitempty"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

func harOf(base, page string, x *evidence.Exchange) harEntry {
	version := x.Proto
	version = cmp.Or(version, "unknown")
	size := max(len(x.ResponseBody), x.ResponseBytes)
	e := harEntry{
		Page: page, Started: reports.Stamp(x.Started), Time: reports.Millis(x.Duration),
		Request: harRequest{
			Method: x.Method, URL: harURL(base, x.Path), HTTPVersion: version,
			Cookies: []harPair{}, Headers: harHeaders(x.RequestHeader), Query: harQuery(x.Path),
			HeadersSize: -1, BodySize: max(len(x.RequestBody), x.RequestBytes),
		},
		Response: harResponse{
			Status: x.Status, StatusText: http.StatusText(x.Status), HTTPVersion: version,
			Cookies: []harPair{}, Headers: harHeaders(x.ResponseHeader),
			Content: harContent{Size: size, MimeType: header(x.ResponseHeader, "Content-Type"), Text: x.ResponseBody},
			// An empty one means that nothing was redirected.
			RedirectURL: header(x.ResponseHeader, "Location"), HeadersSize: -1, BodySize: size, Error: x.Err,
		},
		Timings: harTimings{Wait: reports.Millis(x.Duration)},
		Comment: string(x.Purpose),
	}
	if x.As != "" {
		e.Comment += ", signed in as " + x.As
	}
	if len(x.ResponseBody) < size {
		e.Response.Content.Comment = shortened
	}
	if x.RequestBody != "" {
		e.Request.PostData = &harPost{MimeType: header(x.RequestHeader, "Content-Type"), Text: x.RequestBody}
	}
	return e
}

// shortened is said of a body of which only the beginning is there.
const shortened = "only the beginning of the body is here"

// harURL joins the target's address and the path; an exchange with another
// scheme or host, such as the probe of a plain port, has the whole address
// for its path.
func harURL(base, path string) string {
	if strings.Contains(path, "://") {
		return text.WithoutCredentials(path)
	}
	return strings.TrimSuffix(base, "/") + path
}

func header(h map[string]string, name string) string {
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

func harHeaders(h map[string]string) []harPair {
	out := []harPair{}
	for k, v := range reports.WithoutSecrets(h) {
		out = append(out, harPair{k, v})
	}
	slices.SortFunc(out, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func harQuery(path string) []harPair {
	out := []harPair{}
	_, query, _ := strings.Cut(path, "?")
	for _, part := range strings.Split(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, harPair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(said string) string {
	if plain, err := url.QueryUnescape(said); err == nil {
		return plain
	}
	return said // not escaped rightly: as it was sent
}
