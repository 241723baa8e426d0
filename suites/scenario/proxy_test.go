package scenario_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// proxy stands before a deployment. It is told of every request for a User,
// with its body, before it is passed on, and may answer itself; and of every
// answer, which it may change.
type proxy struct {
	mu     sync.Mutex
	before func(w http.ResponseWriter, r *http.Request, user, body string) bool // true where it has answered
	after  func(r *http.Request, user string, answer *httptest.ResponseRecorder)
}

func (p *proxy) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ws") {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		user := ""
		if strings.HasPrefix(r.URL.Path, "/finesse/api/User/") && strings.Count(r.URL.Path, "/") == 4 {
			user = path.Base(r.URL.Path)
		}
		p.mu.Lock()
		done := p.before != nil && p.before(w, r, user, string(body))
		p.mu.Unlock()
		if done {
			return
		}
		if p.after == nil {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		p.mu.Lock()
		p.after(r, user, answer)
		p.mu.Unlock()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

var stateOf = regexp.MustCompile(`<state>([^<]*)</state>`)

// show replaces the text of an element in an answer.
func show(answer *httptest.ResponseRecorder, element, text string) {
	old := regexp.MustCompile("(?s)<"+element+">[^<]*</"+element+">|<"+element+"/>").ReplaceAllString(answer.Body.String(), "<"+element+">"+text+"</"+element+">")
	answer.Body.Reset()
	answer.Body.WriteString(old)
}

// storing is a mock that keeps whatever state it is sent. leave says which
// states lead out of one that Finesse has not.
func storing(leave func(state string) bool) *proxy {
	stored := map[string]string{}
	p := &proxy{}
	p.before = func(w http.ResponseWriter, r *http.Request, user, body string) bool {
		if r.Method != http.MethodPut || user == "" || !strings.Contains(body, "<User>") {
			return false
		}
		state := ""
		if m := stateOf.FindStringSubmatch(body); m != nil {
			state = m[1]
		}
		switch state {
		case "LOGIN", "LOGOUT", "READY", "NOT_READY":
			if _, odd := stored[user]; odd {
				if !leave(state) {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = io.WriteString(w, "<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorData></ErrorData><ErrorMessage>m</ErrorMessage></ApiError></ApiErrors>")
					return true
				}
				delete(stored, user)
			}
			return false
		}
		stored[user] = state
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	p.after = func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
		if state, odd := stored[user]; odd && r.Method == http.MethodGet && answer.Code == http.StatusOK {
			show(answer, "state", state)
		}
	}
	return p
}

// lagging is a cluster of two nodes that answer in turn, one of which shows
// what it was told a while ago.
func lagging(by time.Duration) *proxy {
	type told struct {
		at   time.Time
		body string
	}
	all, turn := map[string][]told{}, map[string]int{}
	return &proxy{after: func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
		if user == "" || r.Method != http.MethodGet || answer.Code != http.StatusOK {
			return
		}
		turn[user]++
		now := time.Now()
		all[user] = append(all[user], told{now, answer.Body.String()})
		if turn[user]%2 == 1 {
			return
		}
		for len(all[user]) > 1 && now.Sub(all[user][1].at) >= by {
			all[user] = all[user][1:]
		}
		answer.Body.Reset()
		answer.Body.WriteString(all[user][0].body)
	}}
}
