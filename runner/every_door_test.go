package runner_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// frontDoor is a reverse proxy such as that of 15.0(1): it wants a browser and
// a header, takes 12 connections and 90 requests a second, and for a while the
// node behind it is away.
type frontDoor struct {
	next  http.Handler
	away  time.Duration // after how long the node goes away for five seconds, 0 for never
	began time.Time

	mu      sync.Mutex
	now     int // connections that are served, sockets included
	most    int
	times   []time.Time // of the requests of the last second
	refused map[int]int // by status
	sockets []net.Conn
}

// holding tells a door of the connections that are taken over.
type holding struct {
	http.ResponseWriter
	door *frontDoor
}

func (h holding) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err == nil {
		h.door.mu.Lock()
		h.door.sockets = append(h.door.sockets, c)
		h.door.mu.Unlock()
	}
	return c, rw, err
}

// hangUp ends every connection of the notification service.
func (d *frontDoor) hangUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.sockets {
		_ = c.Close() // it may have ended before
	}
	d.sockets = nil
}

var aBrowser = regexp.MustCompile(`^Mozilla/5\.0 .*(Firefox|Chrome|Edg|Safari)/[0-9]+`)

// enter says what the proxy has against a request, 0 for nothing.
func (d *frontDoor) enter(r *http.Request) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for len(d.times) > 0 && now.Sub(d.times[0]) > time.Second {
		d.times = d.times[1:]
	}
	status := 0
	since := now.Sub(d.began) - d.away
	switch {
	case !aBrowser.MatchString(r.UserAgent()):
		status = http.StatusPreconditionFailed
	case r.Header.Get("X-Door") != "a key of the door":
		status = http.StatusForbidden
	case len(d.times) >= 90:
		status = http.StatusTooManyRequests
	case d.now >= 12:
		status = http.StatusServiceUnavailable
	case d.away > 0 && since >= 0 && since < 5*time.Second:
		status = http.StatusBadGateway
	}
	if status != 0 {
		d.refused[status]++
		return status
	}
	d.times = append(d.times, now)
	d.now++
	d.most = max(d.most, d.now)
	return 0
}

func (d *frontDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status := d.enter(r); status != 0 {
		w.Header().Set("Server", "openresty")
		w.WriteHeader(status)
		return
	}
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.now--
	}()
	d.next.ServeHTTP(holding{w, d}, r)
}

// sidecar writes access tokens that live for 20 seconds to files, a new one
// for each user every 15.
type sidecar struct {
	dir string
	ids []string
	all []string // every token that there was
}

func (s *sidecar) renew(t *testing.T, d *reference.Deployment) {
	for _, id := range s.ids {
		token, err := d.IssueToken(id, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		s.all = append(s.all, token)
		name := filepath.Join(s.dir, id)
		if err := os.WriteFile(name+".new", []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
}

// A system behind every door at once, of which a node restarts meanwhile, is
// certified like any other: nothing fails, nobody is left behind, everything that applies is exercised, and no
// token stands in anything that is written.
func TestEveryDoor(t *testing.T) {
	t.Parallel()
	if !extent.Wide() {
		t.Skip("the whole catalogue")
	}
	type kind struct {
		system func(reference.Config) reference.Config
		skew   time.Duration
	}
	kinds := map[string]kind{"sso": {reference.Config.WithSingleSignOn, -400 * time.Millisecond}}
	if os.Getenv("FINESSE_DOORS") != "" {
		kinds["hybrid"] = kind{func(c reference.Config) reference.Config { return c }, 400 * time.Millisecond} // as the bed has it
	}
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { everyDoor(t, k.system, k.skew) })
		})
	}
}

func everyDoor(t *testing.T, system func(reference.Config) reference.Config, skew time.Duration) {
	door := &frontDoor{began: time.Now(), away: 100 * time.Second, refused: map[int]int{}}
	beside := &frontDoor{began: door.began, refused: map[int]int{}}
	tokens := &sidecar{dir: t.TempDir()}
	b := bed.Open(t, bed.Deployment{
		Release: "12.6(2)", Notifications: true, Configure: func(c *reference.Config) { *c = system(*c) },
		Second:       &reference.SecondNode{Lag: 150 * time.Millisecond, Skew: skew, Secondary: true},
		Around:       func(next http.Handler) http.Handler { door.next = next; return door },
		AroundSecond: func(next http.Handler) http.Handler { beside.next = next; return beside },
		Started: func(d *reference.Deployment) {
			for _, u := range d.Config().Users {
				if u.SSO {
					tokens.ids = append(tokens.ids, u.ID)
				}
			}
			tokens.renew(t, d)
			ctx := t.Context()
			go func() { // the node restarts: whoever is signed in is not any more
				select {
				case <-ctx.Done():
				case <-time.After(door.away):
					door.hangUp()
					d.SignEverybodyOut()
				}
			}()
			go func() {
				for tick := time.NewTicker(15 * time.Second); ; {
					select {
					case <-ctx.Done():
						tick.Stop()
						return
					case <-tick.C:
						tokens.renew(t, d)
					}
				}
			}()
		},
		Subject: func(s *runner.Subject) {
			s.Headers, s.UserAgent = http.Header{"X-Door": {"a key of the door"}}, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140"
			for _, u := range s.Users {
				if u.ByToken() {
					u.Token = fixtures.TokenFrom{File: filepath.Join(tokens.dir, u.ID)}
				}
			}
		},
	})
	for _, item := range b.Items() {
		b.Play(t.Context(), item)
	}
	played := b.Finish()
	passed := 0
	for _, row := range played.Requirements {
		switch {
		case row.Outcome == evidence.Failed, row.Outcome == evidence.NotExercised && row.Level != "INFO":
			t.Errorf("%s is %s: %s", row.ID, row.Outcome, row.Reason)
		case row.Outcome == evidence.Passed:
			passed++
		}
	}
	if len(played.Left)+len(played.Unrestored) > 0 {
		t.Errorf("%v are not back: %v", played.Left, played.Unrestored)
	}
	o := played.Target.OtherNode
	if o == nil || o.Changes < 50 || o.Shown < o.Changes*9/10 || o.LagMax < 100 || time.Duration(o.SkewMS)*time.Millisecond != skew {
		t.Errorf("the other node is said to be so: %+v", o)
	}
	if door.refused[http.StatusPreconditionFailed]+door.refused[http.StatusForbidden] > 0 || door.refused[http.StatusBadGateway] == 0 {
		t.Errorf("the proxy refused %v", door.refused)
	}
	said, err := json.Marshal(struct{ Result, Evidence any }{played.Result, played.Evidence})
	if err != nil {
		t.Fatal(err)
	}
	text := string(said)
	for _, token := range slices.Concat(tokens.all, []string{"a key of the door"}) {
		for _, part := range strings.Split(token, ".") {
			if strings.Contains(text, part) {
				t.Fatalf("a part of a token is in what is written: %s", part)
			}
		}
	}
	t.Log(fmt.Sprint(passed, " passed; the proxy refused ", door.refused, ", had ", door.most, " connections at most; ", len(tokens.all), " tokens; ", o.Words()))
}
