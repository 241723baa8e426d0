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
	"slices"
	"strings"
	"sync"
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
	mu      sync.RWMutex
	words   map[string]bool // folded
	more    func() []string // those that were not taken in yet
	known   map[string]bool
	pending []addition // what the index does not have yet
	index   index
	cache   cache
}

// addition is what the index has to take in: a secret, a text that is one in
// an encoding, or a word to spare.
type addition struct{ secret, encoded, word string }

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
		s.word(word)
	}
	s.more = nil
	s.spare(commonHeaders...)
	for status := range 600 { // what every server says
		s.spare(http.StatusText(status))
	}
}

// word keeps a word that is to be spared.
func (s *Set) word(word string) {
	if f := foldText(word); f != "" && !s.words[f] {
		s.words[f] = true
		s.pending = append(s.pending, addition{word: f})
	}
}

// commonHeaders are the words of HTTP that stand in every message.
var commonHeaders = []string{
	"HTTP/1.1", "HTTP/2.0", "http", "https", "Accept", "Authorization", "Basic", "Bearer", "realm", "Cache-Control", "Connection",
	"Content-Length", "Content-Type", "Date", "Expires", "Host", "Keep-Alive", "keep-alive", "Location", "Pragma", "Retry-After", "Server",
	"Set-Cookie", "Transfer-Encoding", "User-Agent", "WWW-Authenticate", "no-cache", "no-store", "charset", "utf-8", "version", "encoding",
	"application/xml;charset=utf-8", "application/xml; charset=utf-8", "text/xml;charset=utf-8", "text/html;charset=utf-8", "text/html; charset=utf-8",
}

func (s *Set) spare(words ...string) {
	for _, word := range words {
		for _, part := range append(strings.Fields(word), word) {
			s.word(part)
		}
	}
}

// Spare adds words that are no secrets where they stand as words, such as the
// ids of users.
func (s *Set) Spare(words ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, word := range words {
		s.word(word)
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
}

func (s *Set) value(secret string) {
	s.pending = append(s.pending, addition{secret: secret})
	if text := hex.EncodeToString([]byte(secret)); len(text) >= shortestEncoded {
		s.pending = append(s.pending, addition{encoded: text})
	}
	s.encode(secret)
}

// encode adds base64 of a text: whole, and what stays the same of it where it
// is a part of something longer, which begins at any of three places.
func (s *Set) encode(text string) {
	add := func(e string, shortest int) {
		if len(e) >= shortest {
			s.pending = append(s.pending, addition{encoded: e})
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
	s.upToDate()
	defer s.mu.RUnlock()
	if len(text) < worthKeeping {
		return s.index.text(text)
	}
	if done, ok := s.cache.get(s.index.version, text); ok {
		return done
	}
	done := s.index.text(text)
	s.cache.put(s.index.version, text, done)
	return done
}

// upToDate takes the lock for reading when the index has everything. What is
// added later costs what it is itself: a run whose tokens are renewed adds some
// for as long as it lasts.
func (s *Set) upToDate() {
	for {
		s.mu.RLock()
		if len(s.pending) == 0 {
			return
		}
		s.mu.RUnlock()
		s.mu.Lock()
		if slices.ContainsFunc(s.pending, func(a addition) bool { return a.word == "" }) {
			s.take() // else there is nothing in which to spare words
		}
		s.index.take(s.pending)
		s.pending = nil
		s.mu.Unlock()
	}
}

// The same answers and headers come again and again while a run waits.
const (
	worthKeeping = 12
	mostKept     = 4 << 20
	ofAnEntry    = 96 // bytes that an entry takes up beside its texts
)

type cache struct {
	mu    sync.Mutex
	of    int // the version of the index
	done  map[string]string
	bytes int
}

func (c *cache) get(version int, text string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != version {
		return "", false
	}
	done, ok := c.done[text]
	return done, ok
}

func (c *cache) put(version int, text, done string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(text) + len(done) + ofAnEntry
	if c.bytes += size; c.done == nil || c.of != version || c.bytes > mostKept {
		c.of, c.done, c.bytes = version, map[string]string{}, size
	}
	c.done[text] = done
}
