package worlds

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/text"
)

// network stands between the run and the deployment: it loses what the world
// loses, and sees whom the run changes.
type network struct {
	world World
	next  http.Handler

	cut, lost, hang, busy, node *source

	cast map[string]bool // the ids of those whom the run may have

	mu      sync.Mutex
	began   time.Time
	sockets map[net.Conn]bool // of the notification service
	asked   map[string]bool   // ids in the paths of changes that were accepted
}

func (w World) network() *network {
	return &network{
		world: w, began: time.Now(), sockets: map[net.Conn]bool{}, asked: map[string]bool{}, cast: map[string]bool{},
		cut: w.source("cut"), lost: w.source("lost"), hang: w.source("hang"), busy: w.source("busy"), node: w.source("node"),
	}
}

// away is how long what is away is away.
const away = 15 * time.Second

// during reports whether something that begins at a time, 0 for never, lasts.
func (n *network) during(at time.Duration) bool {
	since := time.Since(n.began) - at
	return at > 0 && since >= 0 && since < away
}

// hangUp closes all sockets when a restart or an outage begins, as long as
// nobody has stopped it.
func (n *network) hangUp(stopped <-chan struct{}) {
	for _, at := range []time.Duration{min(n.world.Restart, n.world.Outage), max(n.world.Restart, n.world.Outage)} {
		if at == 0 {
			continue
		}
		select {
		case <-stopped:
			return
		case <-time.After(time.Until(n.began.Add(at))):
		}
		n.mu.Lock()
		for c := range n.sockets {
			_ = c.Close() // it is gone, whatever it says
		}
		clear(n.sockets)
		n.mu.Unlock()
	}
}

// drop ends the connection without an answer.
func drop() { panic(http.ErrAbortHandler) }

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket := strings.HasPrefix(r.URL.Path, "/ws")
	switch {
	case n.during(n.world.Restart), n.cut.thousand(n.world.Cut):
		drop()
	case socket && n.during(n.world.Outage):
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case socket:
		n.next.ServeHTTP(watched{w, n}, r)
		return
	case n.hang.thousand(n.world.Hang):
		// Only who has read the request hears that the client has gone.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		drop()
	case n.busy.thousand(n.world.Busy):
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answer := httptest.NewRecorder()
	n.next.ServeHTTP(answer, r)
	if r.Method != http.MethodGet && answer.Code < 300 {
		n.note(r.URL.Path)
	}
	if n.lost.thousand(n.world.Lost) || n.during(n.world.Restart) {
		drop()
	}
	body := answer.Body.Bytes()
	if n.world.Skew != 0 && n.node.among(2) == 1 {
		body = skewed(body, n.world.Skew)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // a client that has gone is the client's affair
}

// note keeps whom a change is of.
func (n *network) note(path string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 3 && parts[2] == "User" {
		n.mu.Lock()
		n.asked[parts[3]] = true
		n.mu.Unlock()
	}
}

// changed reports whether the run had a change of the user accepted.
func (n *network) changed(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[id]
}

var changeTime = text.Pattern(`<stateChangeTime>([^<]+)<`)

// skewed gives a body as a node with another clock has it.
func skewed(body []byte, by time.Duration) []byte {
	return changeTime().ReplaceAllFunc(body, func(element []byte) []byte {
		const form = "2006-01-02T15:04:05.000Z"
		text := changeTime().FindSubmatch(element)[1]
		t, err := time.Parse(form, string(text))
		if err != nil {
			return element
		}
		return bytes.Replace(element, text, []byte(t.Add(by).Format(form)), 1)
	})
}

// watched is the answer to who opens a socket.
type watched struct {
	http.ResponseWriter
	n *network
}

// Hijack gives the connection away, and keeps it in mind.
func (w watched) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.n.mu.Lock()
		w.n.sockets[c] = true
		w.n.mu.Unlock()
	}
	return c, buffered, err
}
