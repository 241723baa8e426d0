package explore_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
)

// moment is how long what comes next comes at the same moment: longer than the
// reference takes between an answer and its change.
const moment = 60 * time.Millisecond

// Deviations that stand before a deployment, as a proxy would, and know nothing
// of how it is made: each of them shows in an order of things, or at one moment
// alone. What the name says is done instead of what was asked for.
func deviations() []deviation {
	both, ucce := []string{reference.UCCE, reference.UCCX}, []string{reference.UCCE}
	return []deviation{
		{"another signer's request right after is lost", both, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && last.within(moment) && last.by != c.by {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"a request right after a call was ended is lost", ucce, func(p *proxy, c call) {
			if c.isPut() && p.dialogs[c.user].action == "DROP" && p.dialogs[c.user].within(moment) {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"what is asked for right after LOGIN is refused", both, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && last.state == "LOGIN" && last.within(moment) && c.state != "LOGIN" {
				p.refuse(c)
				return
			}
			p.pass(c)
		}},
		{"every fifth accepted request is lost", both, func(p *proxy, c call) {
			if c.isPut() && len(p.puts[c.user])%5 == 4 {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"READY after two reason codes in a row is lost", both, func(p *proxy, c call) {
			last, before := p.nth(c.user, 1), p.nth(c.user, 2)
			if c.isPut() && c.state == "READY" && last.state == "NOT_READY" && before.state == "NOT_READY" && last.reason != before.reason {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"the agent's READY after a supervisor's NOT_READY is lost", both, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && c.state == "READY" && c.by == c.user && last.state == "NOT_READY" && last.by != c.user {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"LOGIN after a supervisor's LOGOUT ends in READY", both, func(p *proxy, c call) {
			last := p.last(c.user)
			p.pass(c)
			if c.isPut() && c.state == "LOGIN" && last.state == "LOGOUT" && last.by != c.user {
				p.later(c, "READY", moment)
			}
		}},
		{"two requests of the same moment have each other's states", both, func(p *proxy, c call) {
			last := p.last(c.user)
			if c.isPut() && last.within(moment) && last.by == c.user && c.by == c.user && last.state == "READY" && c.state == "NOT_READY" {
				p.become(c, "READY")
				return
			}
			p.pass(c)
		}},
		{"a request takes the state that another user has just asked for", both, func(p *proxy, c call) {
			for user := range p.puts {
				if last := p.last(user); c.isPut() && user != c.user && last.within(moment) && last.by == user && c.by == c.user && last.state == "READY" && c.state == "NOT_READY" {
					p.become(c, "READY")
					return
				}
			}
			p.pass(c)
		}},
		{"a request while another user's is under way is lost", both, func(p *proxy, c call) {
			for user := range p.puts {
				if last := p.last(user); c.isPut() && user != c.user && last.within(moment) {
					p.lose(c)
					return
				}
			}
			p.pass(c)
		}},
		{"a supervisor's second request moves the supervisor as well", both, func(p *proxy, c call) {
			last := p.last(c.user)
			p.pass(c)
			if c.isPut() && c.by != c.user && last.by == c.by && c.state == "READY" {
				p.send(c.by, c.auth, "READY")
			}
		}},
		{"what an agent asks for right after its supervisor moves the supervisor", both, func(p *proxy, c call) {
			last := p.last(c.user)
			if c.isPut() && c.by == c.user && last.by != "" && last.by != c.user && last.within(moment) && c.state == "READY" {
				p.send(last.by, last.auth, "READY")
			}
			p.pass(c)
		}},
		{"the second change of what pends is lost", ucce, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && p.state(c) == "TALKING" && last.during == "TALKING" && last.state != c.state {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"holding a call undoes what pends", ucce, func(p *proxy, c call) {
			last := p.last(c.user)
			p.pass(c)
			if c.action == "HOLD" && last.during == "TALKING" && last.state == "NOT_READY" {
				p.later(c, "READY", moment)
			}
		}},
		{"LOGIN twice at once signs out", ucce, func(p *proxy, c call) { // on UCCX it may
			last := p.last(c.user)
			p.pass(c)
			if c.isPut() && c.state == "LOGIN" && last.state == "LOGIN" && last.within(moment) {
				p.later(c, "LOGOUT", 3*moment)
			}
		}},
		{"what follows a refused request is lost", both, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && last.status >= 400 {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"of two requests at once the first is done last", both, func(p *proxy, c call) {
			last := p.last(c.user)
			p.pass(c)
			if c.isPut() && last.by == c.user && last.within(moment) && last.state != c.state && c.by == c.user && (last.state == "READY" || last.state == "NOT_READY") {
				p.later(c, last.state, 4*moment)
			}
		}},
		{"the second request in wrap-up is lost", ucce, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && p.state(c) == "WORK" && last.within(moment) {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"a call that was held leaves the agent in NOT_READY", ucce, func(p *proxy, c call) {
			held := p.held[c.user]
			p.pass(c)
			if c.action == "DROP" && held {
				p.later(c, "NOT_READY", 2*moment)
			}
		}},
		{"a request right after ANSWER is lost", ucce, func(p *proxy, c call) {
			if c.isPut() && p.dialogs[c.user].action == "ANSWER" && p.dialogs[c.user].within(moment) {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"LOGOUT in a call is forgotten when the call is held", ucce, func(p *proxy, c call) {
			last := p.last(c.user)
			p.pass(c)
			if c.action == "HOLD" && last.state == "LOGOUT" && last.during == "TALKING" {
				p.later(c, "READY", moment)
			}
		}},
		{"a supervisor's LOGOUT right after the agent's READY is lost", both, func(p *proxy, c call) {
			if last := p.last(c.user); c.isPut() && c.state == "LOGOUT" && c.by != c.user && last.by == c.user && last.state == "READY" && last.within(moment) {
				p.lose(c)
				return
			}
			p.pass(c)
		}},
		{"a second LOGIN of another agent at the same moment signs the first out", both, func(p *proxy, c call) {
			p.pass(c)
			for user := range p.puts {
				if last := p.last(user); c.isPut() && c.state == "READY" && user != c.user && last.state == "READY" && last.within(moment) && last.by == user {
					p.send(user, last.auth, "NOT_READY")
					return
				}
			}
		}},
	}
}

type deviation struct {
	name  string
	kinds []string
	do    func(*proxy, call)
}

// Each of them is found within 1,000 steps and shrunk to at most five.
func TestDeviations(t *testing.T) {
	for n, dev := range deviations() {
		for _, kind := range dev.kinds {
			if !*whole && n%extent.Of(32, 8, 8) != 0 {
				continue
			}
			t.Run(strings.ReplaceAll(dev.name, " ", "-")+"/"+kind, func(t *testing.T) {
				t.Parallel()
				m := modelOf(t, kind)
				synctest.Test(t, func(t *testing.T) {
					p := newProxy(dev.do)
					defer p.sent.Wait()
					isFound(t, m, bed.Deployment{Kind: kind, Notifications: true, Around: p.around})
				})
			})
		}
	}
}

// call is a request that passes the proxy.
type call struct {
	w        http.ResponseWriter
	r        *http.Request
	body     string
	by, user string // who asks, for whom
	auth     string
	state    string // that is asked for
	reason   string
	action   string // of a Dialog
	at       time.Time
	status   int    // of the answer
	during   string // the state of the user before it
}

func (c call) isPut() bool                 { return c.state != "" }
func (c call) within(d time.Duration) bool { return !c.at.IsZero() && time.Since(c.at) <= d }

type proxy struct {
	next http.Handler
	do   func(*proxy, call)
	sent sync.WaitGroup

	mu      sync.Mutex
	puts    map[string][]call // by user
	dialogs map[string]call
	held    map[string]bool
	auths   map[string]string
}

func newProxy(do func(*proxy, call)) *proxy {
	return &proxy{do: do, puts: map[string][]call{}, dialogs: map[string]call{}, held: map[string]bool{}, auths: map[string]string{}}
}

var (
	userPut    = regexp.MustCompile(`^/finesse/api/User/([^/]+)$`)
	ofState    = regexp.MustCompile(`<state>([^<]*)</state>`)
	ofReason   = regexp.MustCompile(`<reasonCodeId>([^<]*)</reasonCodeId>`)
	codeID     = regexp.MustCompile(`<uri>/finesse/api/ReasonCode/([^<]*)</uri>`)
	ofAction   = regexp.MustCompile(`<requestedAction>([^<]*)</requestedAction>`)
	dialogPath = regexp.MustCompile(`^/finesse/api/Dialog/`)
)

func first(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func (p *proxy) around(next http.Handler) http.Handler {
	p.next = next
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := r.BasicAuth()
		user := first(userPut, r.URL.Path)
		if r.Method != http.MethodPut || user == "" && !dialogPath.MatchString(r.URL.Path) {
			if name != "" {
				p.mu.Lock()
				p.auths[name] = r.Header.Get("Authorization")
				p.mu.Unlock()
			}
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		c := call{w: w, r: r, body: string(body), by: name, user: user, auth: r.Header.Get("Authorization"), at: time.Now()}
		if user != "" {
			c.state, c.reason = first(ofState, c.body), first(ofReason, c.body)
		} else {
			c.user, c.action = name, first(ofAction, c.body)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.do(p, c)
	})
}

// pass hands a request on, and notes it.
func (p *proxy) pass(c call) { p.become(c, "") }

// become hands it on with another state.
func (p *proxy) become(c call, state string) {
	c.during = p.state(c)
	body := c.body
	if state != "" {
		body = ofReason.ReplaceAllString(ofState.ReplaceAllString(body, "<state>"+state+"</state>"), "")
	}
	r := c.r.Clone(c.r.Context())
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	answer := httptest.NewRecorder()
	p.next.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		c.w.Header()[name] = values
	}
	c.w.WriteHeader(answer.Code)
	_, _ = c.w.Write(answer.Body.Bytes())
	c.status = answer.Code
	p.note(c)
}

func (p *proxy) note(c call) {
	if c.isPut() {
		p.puts[c.user] = append(p.puts[c.user], c)
		return
	}
	p.dialogs[c.user] = c
	p.held[c.user] = c.action == "HOLD" || p.held[c.user] && c.action != "DROP"
}

// lose answers that a request is accepted.
func (p *proxy) lose(c call) {
	c.status, c.during = http.StatusAccepted, p.state(c)
	c.w.WriteHeader(c.status)
	p.note(c)
}

// refuse answers that it is not possible in the state.
func (p *proxy) refuse(c call) {
	c.status, c.during = http.StatusBadRequest, p.state(c)
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(c.status)
	_, _ = io.WriteString(c.w, `<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorMessage>no</ErrorMessage><ErrorData>`+c.state+`</ErrorData></ApiError></ApiErrors>`)
	p.note(c)
}

// later asks for something in the user's own name, in a while.
func (p *proxy) later(c call, state string, d time.Duration) {
	auth := p.auths[c.user]
	p.sent.Go(func() {
		time.Sleep(d)
		p.send(c.user, auth, state)
	})
}

// send asks for something in somebody's own name.
func (p *proxy) send(user, auth, state string) {
	reason := ""
	if state != "READY" {
		codes := p.ask(http.MethodGet, "/finesse/api/User/"+user+"/ReasonCodes?category="+state, auth, "").Body.String()
		if id := first(codeID, codes); id != "" {
			reason = "<reasonCodeId>" + id + "</reasonCodeId>"
		}
	}
	p.ask(http.MethodPut, "/finesse/api/User/"+user, auth, "<User><state>"+state+"</state>"+reason+"</User>")
}

func (p *proxy) ask(method, path, auth, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", auth)
	r.Header.Set("Content-Type", "application/xml")
	answer := httptest.NewRecorder()
	p.next.ServeHTTP(answer, r)
	return answer
}

// state gives where the user of a call is.
func (p *proxy) state(c call) string {
	auth := p.auths[c.user]
	if auth == "" {
		return ""
	}
	return first(ofState, p.ask(http.MethodGet, "/finesse/api/User/"+c.user, auth, "").Body.String())
}

// last gives the last request to a user, nth the nth from the end.
func (p *proxy) last(user string) call { return p.nth(user, 1) }
func (p *proxy) nth(user string, n int) call {
	all := p.puts[user]
	if len(all) < n {
		return call{}
	}
	return all[len(all)-n]
}
