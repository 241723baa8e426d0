package runner

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
)

// gives answers everything with a body.
func gives(contentType, body string) func(*hostile, http.ResponseWriter, *http.Request) {
	return func(_ *hostile, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// with rewrites what the reference answers.
func rewriting(change func(h *hostile, body string) string) func(*hostile, http.ResponseWriter, *http.Request) {
	return func(h *hostile, w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.Deployment.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = io.WriteString(w, change(h, rec.Body.String()))
	}
}

func inUTF16(text string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b.Write([]byte{byte(u >> 8), byte(u)})
	}
	return b.String()
}

var (
	changeTime = regexp.MustCompile(`<stateChangeTime>[^<]*</stateChangeTime>`)
	rootOf     = regexp.MustCompile(`<(\w+)>`)
)

func clock(text func() string) func(*hostile, http.ResponseWriter, *http.Request) {
	return rewriting(func(_ *hostile, body string) string {
		return changeTime.ReplaceAllString(body, "<stateChangeTime>"+text()+"</stateChangeTime>")
	})
}

// What is wrong with bodies.
func bodyMisbehaviours() []misbehaviour {
	const xml = "application/xml"
	const bad = `not well-formed|no User document|is no Finesse API|empty|without a root|SystemInfo`
	lol := `<!DOCTYPE User [<!ENTITY a0 "lol">`
	for i := 1; i < 12; i++ {
		lol += fmt.Sprintf(`<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	return []misbehaviour{
		{name: "nothing", answer: gives(xml, ""), first: bad},
		{name: "white space", answer: gives(xml, " \r\n\t "), first: bad},
		{name: "HTML", answer: gives("text/html", "<!DOCTYPE html><html><head><meta charset=utf-8><title>Sign in<body><p>Welcome<br>"), first: bad},
		{name: "JSON", answer: gives("application/json", `{"state":"READY","status":"IN_SERVICE"}`), first: bad},
		{name: "a picture", answer: gives("image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), first: bad},
		{name: "another root", answer: gives(xml, "<Nobody><status>none</status></Nobody>"), first: `status`, mid: bad},
		{name: "two roots", answer: gives(xml, "<User/><User/>"), first: bad + `|status`},
		{name: "an element that is never closed", answer: gives(xml, "<User><state>READY</state>"), first: bad},
		{heavy: true, name: "deep nesting", answer: gives(xml, strings.Repeat("<a>", 100_000)+strings.Repeat("</a>", 100_000)), first: bad + `|deep|status`},
		{heavy: true, name: "wide", answer: gives(xml, "<User>"+strings.Repeat("<a/>", 100_000)+"</User>"), first: bad + `|status`},
		{heavy: true, name: "many attributes", answer: func(_ *hostile, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", xml)
			_, _ = io.WriteString(w, "<User")
			for i := range 20_000 {
				fmt.Fprintf(w, " a%d='1'", i)
			}
			_, _ = io.WriteString(w, "/>")
		}, first: bad + `|status`},
		{heavy: true, name: "a long state", answer: gives(xml, "<User><state>"+strings.Repeat("READY", 100_000)+"</state></User>"), first: `status`, mid: bad + `|is in READYREADY`},
		{name: "terminal escapes", answer: gives(xml, "<User><state>\x1b[2J\x1b[31mREADY\a</state></User>"), first: bad},
		{heavy: true, name: "entity expansion", answer: gives(xml, lol+"]><User><state>&a11;</state></User>"), first: bad + `|DOCTYPE|document type|entit`},
		{name: "an external entity", answer: func(h *hostile, w http.ResponseWriter, r *http.Request) {
			gives(xml, `<!DOCTYPE User [<!ENTITY x SYSTEM "`+h.other.Addr+`/secret"><!ENTITY y SYSTEM "file:///etc/passwd">]><User><state>&x;&y;</state></User>`)(h, w, r)
		}, first: bad + `|DOCTYPE|document type|entit`},
		{name: "an external document type", answer: func(h *hostile, w http.ResponseWriter, r *http.Request) {
			gives(xml, `<!DOCTYPE User SYSTEM "`+h.other.Addr+`/User.dtd"><User><state>READY</state></User>`)(h, w, r)
		}, first: bad + `|status`},
		{name: "zeros", answer: gives(xml, "<User><state>REA\x00DY</state></User>"), first: bad},
		{name: "invalid UTF-8", answer: gives(xml, "<User><state>READ\xff\xfe</state></User>"), first: bad},
		{name: "UTF-16", answer: gives("application/xml; charset=utf-16", inUTF16(`<?xml version="1.0" encoding="UTF-16"?><User><state>READY</state></User>`)), first: bad + `|encoding|status`, mid: `somebody else|could not be brought|valid User`},
		{name: "an unknown charset", answer: gives(xml, `<?xml version="1.0" encoding="EBCDIC-XX"?><User><state>READY</state></User>`), first: bad + `|encoding|charset`},
		{name: "another charset in the header", answer: gives("application/xml; charset=shift_jis", "<User><state>READY\x82\xa0</state></User>"), first: bad},
		{name: "Latin-1", fine: true, answer: rewriting(func(_ *hostile, body string) string {
			return strings.Replace(`<?xml version="1.0" encoding="ISO-8859-1"?>`+strings.TrimPrefix(body, `<?xml version="1.0" encoding="UTF-8"?>`), "</firstName>", "\xe9</firstName>", 1)
		})},
		{name: "a byte order mark", fine: true, answer: rewriting(func(_ *hostile, body string) string {
			if body == "" {
				return ""
			}
			return "\ufeff" + body
		})},
		{name: "elements in wrong case", fine: true, answer: rewriting(func(_ *hostile, body string) string {
			return rootOf.ReplaceAllStringFunc(body, strings.ToUpper)
		})},
		{name: "clock at the beginning of time", fine: true, answer: clock(func() string { return "1970-01-01T00:00:00.000Z" })},
		{name: "clock at the end of time", fine: true, answer: clock(func() string { return "9999-12-31T23:59:59.999Z" })},
		{name: "clock that jumps", fine: true, answer: clock(func() string {
			hour := time.Duration(time.Now().UnixNano()/1e6%48-24) * time.Hour
			return time.Now().UTC().Add(hour).Format("2006-01-02T15:04:05.000Z")
		})},
		{name: "clock that runs backwards", fine: true, answer: clock(func() string {
			return time.Unix(0, 4e18-time.Now().UnixNano()).UTC().Format("2006-01-02T15:04:05.000Z")
		})},
		{name: "no clock", fine: true, answer: clock(func() string { return "noon" })},
	}
}

// answers answers everything with a status and headers, in pairs.
func answers(status int, headers ...string) func(*hostile, http.ResponseWriter, *http.Request) {
	return func(_ *hostile, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		if status >= 400 {
			_, _ = io.WriteString(w, "<html>Something is wrong</html>")
		}
	}
}

// What is wrong with statuses.
func statusMisbehaviours() []misbehaviour {
	all := []misbehaviour{
		{name: "redirects to itself", answer: func(_ *hostile, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, first: `redirects to`, mid: `302`},
		{name: "redirects without a place", answer: answers(302), first: `redirects to`, mid: `302`},
		{name: "redirects to nonsense", answer: answers(302, "Location", "ht!tp://[::1"), first: `redirects to`, mid: `302`},
		{name: "redirects to a file", answer: answers(302, "Location", "file:///etc/passwd"), first: `redirects to`, mid: `302`},
		{busy: true, name: "busy for ever", answer: answers(429, "Retry-After", "0"), first: `HTTP 429`, mid: `429`},
		{busy: true, name: "busy and does not say how long", answer: answers(429), first: `HTTP 429`, mid: `429`},
		{busy: true, name: "busy for a day", answer: answers(429, "Retry-After", "86400"), first: `HTTP 429`, mid: `429`},
		{busy: true, name: "busy since yesterday", answer: answers(503, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), first: `HTTP 503`, mid: `503`},
		{busy: true, name: "busy for a time that is none", answer: answers(503, "Retry-After", "-soon"), first: `HTTP 503`, mid: `503`},
		{name: "asks for other credentials", answer: answers(401, "WWW-Authenticate", "Negotiate"), first: `cannot sign in: HTTP 401`, mid: `401`, locks: true},
		{name: "bursts of 502", fine: true, answer: func(h *hostile, w http.ResponseWriter, r *http.Request) {
			if h.bad.Load()%3 == 0 {
				answers(502)(h, w, r)
				return
			}
			h.Deployment.ServeHTTP(w, r)
		}},
		{busy: true, name: "every answer twice as a 503", fine: true, answer: func(h *hostile, w http.ResponseWriter, r *http.Request) {
			if h.bad.Load()%3 != 0 {
				answers(503, "Retry-After", "0")(h, w, r)
				return
			}
			h.Deployment.ServeHTTP(w, r)
		}},
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		all = append(all, misbehaviour{name: fmt.Sprintf("redirects elsewhere with %d", code), first: `redirects to`, mid: fmt.Sprint(code),
			answer: func(h *hostile, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, h.other.Addr+r.URL.Path, code)
			}})
	}
	for _, code := range []int{204, 206, 400, 403, 404, 405, 407, 500, 502, 503, 504} {
		all = append(all, misbehaviour{name: fmt.Sprint("always ", code), first: fmt.Sprintf(`%d|not well-formed|no User|without a root|empty`, code), answer: answers(code)})
	}
	return all
}
