package client

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// secrets are the texts that must not be recorded, when a target sends them
// back.
type secrets []string

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
		if len(text) >= shortestWord && !slices.Contains(s, text) {
			s = append(s, text)
		}
	}
	return s
}

// learn keeps the secrets of a request for all that come later, and gives them
// with those that were kept before: what one user's connection or log holds may
// come back to another.
func (c *Client) learn(mine secrets) secrets {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(mine) > 0 && !c.heard[mine[0]] {
		c.heard[mine[0]] = true
		for _, text := range mine {
			// A number may be another user's id or extension.
			if len(text) >= shortestAnywhere && strings.Trim(text, "0123456789") != "" && !slices.Contains(c.known, text) {
				c.known = append(c.known[:len(c.known):len(c.known)], text)
			}
		}
	}
	all := c.known
	for _, text := range mine {
		if !slices.Contains(all, text) {
			all = append(all[:len(all):len(all)], text)
		}
	}
	return all
}

// escapeByName escapes as XML may and package html does not.
var escapeByName = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

func (s secrets) scrub(text string) string {
	for _, secret := range s {
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
