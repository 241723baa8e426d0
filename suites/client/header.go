package client

import (
	"net/http"
	"slices"
	"strings"
)

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
