// Package redact takes secrets out of what is recorded. What a run judges and
// waits for it sees as it came; what it writes or prints goes through a Set.
//
// A secret is found by its value in whatever spelling somebody could read it
// back from: in either letter case, escaped as XML, addresses and JSON escape,
// in part or more than once, in hexadecimal, and in base64 also as a part of
// something longer. Some are found by where they stand: in an element or a
// field that is called a password, in the user information of an address, and
// in Basic credentials.
//
// A value that is a word of the contract, or a part of one, says nothing where
// the contract has that word, and stays there. One of less than three
// characters, or a number of less than six digits, is found by its place alone.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// Mask takes the place of a secret.
const Mask = "•••"

// The shortest values that are taken out: where they are a word of their own,
// and anywhere. A number is always looked for as a word of its own, since
// longer ones are made of the same ten characters.
const (
	shortestWord     = 3
	shortestAnywhere = 6
	shortestNumber   = 6
	shortestEncoded  = 8 // in hexadecimal or base64
	shortestInner    = 6 // of base64 in longer base64
)

// Set holds secrets. It is safe for concurrent use, and secrets may be added
// at any time.
type Set struct {
	mu       sync.Mutex
	words    map[string]bool // folded
	more     func() []string // those that were not taken in yet
	secrets  []string
	known    map[string]bool
	encoded  []string
	compiled atomic.Pointer[index] // nil after a change
	cache    cache
}

// New makes a Set that spares the words. They are asked for when the first
// text is looked through for a secret.
func New(words func() []string) *Set {
	return &Set{words: map[string]bool{}, known: map[string]bool{}, more: words}
}

// take takes in the words.
func (s *Set) take() {
	if s.more == nil {
		return
	}
	for _, word := range s.more() {
		s.words[foldText(word)] = true
	}
	s.more = nil
	s.spare(commonHeaders...)
	for status := range 600 { // what every server says
		s.spare(http.StatusText(status))
	}
}

// commonHeaders are the words of HTTP that stand in every message.
var commonHeaders = []string{
	"HTTP/1.1", "HTTP/2.0", "http", "https", "Accept", "Authorization", "Basic", "Bearer", "realm", "Cache-Control", "Connection",
	"Content-Length", "Content-Type", "Date", "Expires", "Host", "Keep-Alive", "keep-alive", "Location", "Pragma", "Retry-After", "Server",
	"Set-Cookie", "Transfer-Encoding", "User-Agent", "WWW-Authenticate", "no-cache", "no-store", "charset", "utf-8", "version", "encoding",
}

func (s *Set) spare(words ...string) {
	for _, word := range words {
		for _, part := range append(strings.Fields(word), word) {
			if part != "" {
				s.words[foldText(part)] = true
			}
		}
	}
}

// Spare adds words that are no secrets where they stand as words, such as the
// ids of users.
func (s *Set) Spare(words ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, word := range words {
		if f := foldText(word); f != "" && !s.words[f] {
			s.words[f] = true
			s.compiled.Store(nil)
		}
	}
}

// Pair adds the password that a user signs in with, and both together as
// Basic authentication and SASL have them.
func (s *Set) Pair(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := user + "\x00" + password
	if password == "" || s.known[key] {
		return
	}
	s.known[key] = true
	for _, pair := range []string{user + ":" + password, "\x00" + user + "\x00" + password, user + "\x00" + user + "\x00" + password} {
		s.encode(pair)
	}
	s.value(password)
	s.compiled.Store(nil)
}

// Token adds a secret that stands for itself, such as an access token: as a
// whole, and each of the parts between its dots that could be one.
func (s *Set) Token(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" || s.known[token] {
		return
	}
	s.known[token] = true
	s.value(token)
	if parts := strings.Split(token, "."); len(parts) > 1 {
		for _, part := range parts {
			if len(part) >= shortestEncoded {
				s.value(part)
			}
		}
	}
	s.compiled.Store(nil)
}

func (s *Set) value(secret string) {
	s.secrets = append(s.secrets, secret)
	if text := hex.EncodeToString([]byte(secret)); len(text) >= shortestEncoded {
		s.encoded = append(s.encoded, text)
	}
	s.encode(secret)
}

// encode adds base64 of a text: whole, and what stays the same of it where it
// is a part of something longer, which begins at any of three places.
func (s *Set) encode(text string) {
	add := func(e string, shortest int) {
		if len(e) >= shortest {
			s.encoded = append(s.encoded, e)
		}
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		add(enc.EncodeToString([]byte(text)), shortestEncoded)
		for shift := range 3 {
			e := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + text))
			first := (shift*8 + 5) / 6
			last := (shift + len(text)) * 8 / 6
			if last > first {
				add(e[first:last], shortestInner)
			}
		}
	}
}

// Text gives a text without secrets. The work grows with the text alone, not
// with how many or how long secrets there are.
func (s *Set) Text(text string) string {
	if s == nil || text == "" {
		return text
	}
	x := s.index()
	if len(text) < worthKeeping {
		return x.text(text)
	}
	if done, ok := s.cache.get(x, text); ok {
		return done
	}
	done := x.text(text)
	s.cache.put(x, text, done)
	return done
}

func (s *Set) index() *index {
	if x := s.compiled.Load(); x != nil {
		return x
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.secrets)+len(s.encoded) > 0 { // else there is nothing in which to spare words
		s.take()
	}
	x := compile(s.secrets, s.encoded, s.words)
	s.compiled.Store(x)
	return x
}

// The same answers and headers come again and again while a run waits.
const (
	worthKeeping = 12
	mostKept     = 4 << 20
	ofAnEntry    = 96 // bytes that an entry takes up beside its texts
)

type cache struct {
	mu    sync.Mutex
	of    *index
	done  map[string]string
	bytes int
}

func (c *cache) get(x *index, text string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != x {
		return "", false
	}
	done, ok := c.done[text]
	return done, ok
}

func (c *cache) put(x *index, text, done string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(text) + len(done) + ofAnEntry
	if c.bytes += size; c.of != x || c.bytes > mostKept {
		c.of, c.done, c.bytes = x, map[string]string{}, size
	}
	c.done[text] = done
}
