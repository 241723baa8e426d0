package redact

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
)

// secretNames are parts of what elements, attributes, fields and headers with
// a secret are called, folded.
var secretNames = []string{"password", "passwd", "passphrase", "secret", "access_token", "accesstoken", "refresh_token", "refreshtoken", "id_token", "api_key", "apikey"}

// Where a secret stands, as the first group.
var (
	inAddress = text.Pattern(`://[^\s/?#@"'<>:]*:([^\s/?#"'<>]*)@`)
	inBasic   = text.Pattern(`(?i)\bBasic\s+([A-Za-z0-9+/_=-]{4,})`)
	inBearer  = text.Pattern(`(?i)\bBearer\s+([A-Za-z0-9+/_=.~-]{16,})`)
)

// byPlace adds what is a secret because of where it stands.
func byPlace(text string, found []span) []span {
	add := func(e *regexp.Regexp, is func(string) bool) {
		for _, m := range e.FindAllStringSubmatchIndex(text, -1) {
			if is == nil || is(text[m[2]:m[3]]) {
				found = append(found, span{m[2], m[3]})
			}
		}
	}
	found = inNamed(text, found)
	if strings.Contains(text, "://") {
		add(inAddress(), nil)
	}
	if containsFold(text, "basic ") {
		add(inBasic(), isPair)
	}
	if containsFold(text, "bearer ") {
		add(inBearer(), func(s string) bool { return strings.ContainsAny(s, "0123456789.") })
	}
	return found
}

// Bounds of what is looked at around a name, so that a text full of names
// costs no more than it is long.
const (
	longestName  = 64
	longestOpen  = 256 // the rest of an opening tag
	longestValue = 8 << 10
)

// inNamed adds the values of what is called by one of the secret names: an
// element, an attribute, a field of JSON or of a form.
func inNamed(text string, found []span) []span {
	for i := 0; i < len(text); {
		length := nameAt(text, i)
		if length == 0 {
			i++
			continue
		}
		end := i + length
		for end < len(text) && end < i+longestName && isName(text[end]) {
			end++
		}
		if v := valueAfter(text, i, end); v.to > v.from {
			found = append(found, v)
			end = v.to
		}
		i = end
	}
	return found
}

func nameAt(text string, i int) int {
	if i+3 > len(text) {
		return 0
	}
	first, second, third := text[i]|0x20, text[i+1]|0x20, text[i+2]|0x20
	switch first {
	case 'p', 's', 'a', 'r', 'i':
	default:
		return 0
	}
	for _, name := range secretNames {
		if name[0] == first && name[1] == second && name[2]|0x20 == third && i+len(name) <= len(text) && strings.EqualFold(text[i:i+len(name)], name) {
			return len(name)
		}
	}
	return 0
}

func isName(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c == ':' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// assigned finds the value in a text that stands at a place and begins with
// what follows a name: = or :.
func assigned(rest string, at int) span {
	inner := strings.TrimLeft(rest[1:], " \t\r\n")
	at += len(rest) - len(inner)
	switch {
	case inner == "":
	case inner[0] == '"' || inner[0] == '\'':
		if n := closing(inner); n > 1 {
			return span{at + 1, at + n}
		}
	case rest[0] == '=':
		if n := strings.IndexAny(inner, "&\"'<> \t\r\n"); n != 0 {
			if n < 0 {
				n = len(inner)
			}
			return span{at, at + n}
		}
	}
	return span{}
}

// valueAfter finds the value of a name, of which a part stands at from.
func valueAfter(text string, from, end int) span {
	if text[end-1] == ':' { // a name may end with what comes after it
		end--
	}
	rest := strings.TrimLeft(text[end:min(len(text), end+longestValue)], "\"' \t\r\n")
	at := min(len(text), end+longestValue) - len(rest)
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		return assigned(rest, at)
	}
	begin := from
	for begin > 0 && from-begin < longestName && isName(text[begin-1]) {
		begin--
	}
	if begin == 0 || text[begin-1] != '<' {
		return span{}
	}
	tag := text[end:min(len(text), end+longestOpen)]
	n := strings.IndexAny(tag, "<>")
	if n < 0 || tag[n] == '<' || n > 0 && tag[n-1] == '/' {
		return span{}
	}
	value := text[end+n+1 : min(len(text), end+n+1+longestValue)]
	if stop := strings.IndexByte(value, '<'); stop >= 0 {
		value = value[:stop]
	}
	if strings.TrimSpace(value) == "" {
		return span{}
	}
	return span{end + n + 1, end + n + 1 + len(value)}
}

// closing gives where the quote that a text begins with is closed, 0 for
// nowhere.
func closing(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i
		}
	}
	return 0
}

// isPair reports whether a text is a user name and a password in base64.
func isPair(text string) bool {
	pair, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return err == nil && strings.Contains(string(pair), ":")
}

// containsFold reports whether a text has a part, in lower case, in any case.
func containsFold(text, part string) bool {
	upper := part[0] - 'a' + 'A'
	for i := 0; i+len(part) <= len(text); i++ {
		if (text[i] == part[0] || text[i] == upper) && strings.EqualFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// credentialHeaders are the headers whose whole value is a secret, beside
// those with a secret name, folded.
var credentialHeaders = []string{"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie", "set-cookie2", "x-auth-token"}

// header gives the value of a header without secrets.
func (s *Set) header(name, value string) string {
	if value == "" {
		return ""
	}
	name = strings.ToLower(name)
	in := func(part string) bool { return strings.Contains(name, part) }
	if slices.Contains(credentialHeaders, name) || slices.ContainsFunc(secretNames, in) {
		return Mask
	}
	return s.Text(value)
}
