package client

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// secrets are what must not be recorded, when a target sends it back.
type secrets struct {
	texts    []string
	disguise []disguise
}

// disguise is a password as it stands where some or all of it is escaped. Most
// runs meet no text in which anything is, so that the expression is made when
// the first one comes.
type disguise struct {
	password string
	any      func() *regexp.Regexp
}

// mask takes their place.
const mask = "•••"

// The shortest password that is taken out wherever it stands, and the
// shortest that is taken out where it is a word of its own. One that is
// shorter still cannot be told from what an answer is made of.
const (
	shortestAnywhere = 6
	shortestWord     = 3
)

// with adds a password in the spellings in which an answer may hold it.
func (s secrets) with(password string) secrets {
	for _, text := range []string{
		password, html.EscapeString(password), escapeByName.Replace(password), url.QueryEscape(password), url.PathEscape(password),
		base64.RawStdEncoding.EncodeToString([]byte(password)), base64.RawURLEncoding.EncodeToString([]byte(password)), hex.EncodeToString([]byte(password)),
	} {
		if len(text) >= shortestWord && !slices.Contains(s.texts, text) {
			s.texts = append(s.texts, text)
		}
	}
	if len(password) >= shortestWord {
		s.disguise = append(s.disguise, disguise{password, sync.OnceValue(func() *regexp.Regexp { return escaped(password) })})
	}
	return s
}

// escaped finds a password of which each character may be escaped or not, as
// XML, addresses and JSON do it, also more than once: whoever reads the text
// has the password back.
func escaped(password string) *regexp.Regexp {
	named := map[rune]string{'<': "lt", '>': "gt", '"': "quot", '\'': "apos"}
	var b strings.Builder
	for _, r := range password {
		b.WriteString(`(?:\\*` + regexp.QuoteMeta(string(r)))
		fmt.Fprintf(&b, `|&(?:amp;)*#0*%d;|&(?:amp;)*#[xX]0*(?i:%x);|\\+u(?i:%04x)|`, r, r, r)
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, `%%(?:25)*(?i:%02x)`, c)
		}
		switch name := named[r]; {
		case name != "":
			b.WriteString(`|&(?:amp;)*` + name + `;`)
		case r == '&':
			b.WriteString(`|&(?:amp;)+`)
		case r == ' ':
			b.WriteString(`|\+|%(?:25)*2[bB]`)
		}
		b.WriteString(`)`)
	}
	return regexp.MustCompile(b.String())
}

// learn keeps the secrets of a request for all that come later, and gives them
// with those that were kept before: what one user's connection or log holds may
// come back to another.
func (c *Client) learn(mine secrets) secrets {
	c.mu.Lock()
	defer c.mu.Unlock()
	// A number may be another user's id or extension.
	ofOthers := func(text string) bool { return len(text) >= shortestAnywhere && strings.Trim(text, "0123456789") != "" }
	if len(mine.texts) == 0 {
		return c.known
	}
	if _, known := c.heard[mine.texts[0]]; !known {
		c.heard[mine.texts[0]] = mine
		for _, text := range mine.texts {
			if ofOthers(text) && !slices.Contains(c.known.texts, text) {
				c.known.texts = append(slices.Clip(c.known.texts), text)
			}
		}
		for _, d := range mine.disguise {
			if ofOthers(d.password) {
				c.known.disguise = append(slices.Clip(c.known.disguise), d)
			}
		}
	}
	return c.known.and(mine)
}

// and gives both.
func (s secrets) and(others secrets) secrets {
	for _, text := range others.texts {
		if !slices.Contains(s.texts, text) {
			s.texts = append(slices.Clip(s.texts), text)
		}
	}
	for _, d := range others.disguise {
		if !slices.ContainsFunc(s.disguise, func(have disguise) bool { return have.password == d.password }) {
			s.disguise = append(slices.Clip(s.disguise), d)
		}
	}
	return s
}

// escapeByName escapes as XML may and package html does not.
var escapeByName = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

func (s secrets) scrub(text string) string {
	if strings.ContainsAny(text, `&%\`) { // else nothing in it is escaped
		for _, d := range s.disguise {
			text = d.any().ReplaceAllStringFunc(text, func(found string) string {
				if found == d.password { // for below
					return found
				}
				return mask
			})
		}
	}
	for _, secret := range s.texts {
		switch {
		case !strings.Contains(text, secret):
		case len(secret) >= shortestAnywhere:
			text = strings.ReplaceAll(text, secret, mask)
		default:
			text = replaceWords(text, secret)
		}
	}
	return text
}

// replaceWords masks a text where no letter or digit stands beside it.
func replaceWords(text, word string) string {
	var b strings.Builder
	for rest := text; ; {
		at := strings.Index(rest, word)
		if at < 0 {
			b.WriteString(rest)
			return b.String()
		}
		before, _ := utf8.DecodeLastRuneInString(text[:len(text)-len(rest)+at])
		after, _ := utf8.DecodeRuneInString(rest[at+len(word):])
		b.WriteString(rest[:at])
		if part(before) || part(after) {
			b.WriteString(word)
		} else {
			b.WriteString(mask)
		}
		rest = rest[at+len(word):]
	}
}

func part(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Bounds of what is kept of the headers of an answer.
const (
	keptHeaders     = 64
	keptHeaderValue = 512
)

// ofUse are the headers that verdicts and waiting rest on: they are kept
// before all others.
var ofUse = []string{"Content-Type", "Location", "Retry-After", "Www-Authenticate"}

// keptHeader copies the headers of an answer, without session cookies: they
// are credentials too.
func keptHeader(h http.Header, secret secrets) map[string]string {
	kept := make(map[string]string, min(len(h), keptHeaders))
	keep := func(name string, values []string) {
		value := secret.scrub(strings.Join(values, ", "))
		switch name {
		case "Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization":
			value = mask
		}
		if len(value) > keptHeaderValue {
			value = value[:keptHeaderValue] + "…"
		}
		kept[secret.scrub(name)] = value
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
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(kept) == keptHeaders {
			break
		}
		keep(http.CanonicalHeaderKey(name), h[name])
	}
	return kept
}
