package parallel

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
)

// permitting is a session whose limit of requests obeys its context.
type permitting struct{}

func (permitting) Listening()                       {}
func (permitting) Began(string)                     {}
func (permitting) Done(suites.Outcome)              {}
func (permitting) Fault(string, string)             {}
func (permitting) Say(string, ...any)               {}
func (permitting) Permit(ctx context.Context) error { return ctx.Err() }
func (permitting) Limits() []client.Limit           { return nil }
func (permitting) Heed(client.Limit)                {}
func (permitting) Lost(int)                         {}

// A run that was stopped puts its users back with requests, for which its
// processes ask as before.
func TestPermitsWhenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		p := &processes{ctx: ctx, session: permitting{}}
		p.hear(&member{link: newLink(here)}, note{Kind: noteAsk})
		answered := make(chan note)
		go func() {
			if n, err := newLink(there).receive(); err == nil {
				answered <- n
			}
		}()
		synctest.Wait()
		select {
		case n := <-answered:
			if n.Kind != noteGo {
				t.Errorf("answered %v", n.Kind)
			}
		default:
			t.Error("no request may be sent any more")
		}
	})
}
