// Package memnet is a network in memory: a listener and its connections,
// buffered, with a latency, and without a port. What waits in it waits on
// channels and timers, so that in a bubble of testing/synctest its time is
// virtual (net.Pipe has a mutex there, on which waiting does not count).
package memnet

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Listener accepts connections that its Dial makes.
type Listener struct {
	address addr
	latency func() time.Duration
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// addr is the address of a listener: host and port, as one of TCP has them.
type addr string

// Network is what net.Addr asks for.
func (addr) Network() string { return "memory" }

// String gives host and port.
func (a addr) String() string { return string(a) }

// Listen makes a listener. The latency is drawn anew for everything that is
// written, each way; what is written never overtakes. nil is none.
func Listen(address string, latency func() time.Duration) *Listener {
	if latency == nil {
		latency = func() time.Duration { return 0 }
	}
	return &Listener{address: addr(address), latency: latency, arrived: make(chan net.Conn), closed: make(chan struct{})}
}

// Constant is a latency that is always the same.
func Constant(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// Dial connects to the listener; nobody listens at any other address. It
// fits a DialContext.
func (l *Listener) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: "memory", Addr: addr(address), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if address != l.address.String() {
		return nil, refused
	}
	there, back := newDirection(l.latency), newDirection(l.latency)
	client := &conn{in: back, out: there, local: "client:0", remote: l.address}
	server := &conn{in: there, out: back, local: l.address, remote: "client:0"}
	select {
	case l.arrived <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: l.address, Err: context.Cause(ctx)}
	}
}

// Network dials whichever of some listeners has the address.
func Network(listeners ...*Listener) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		for _, l := range listeners {
			if conn, err = l.Dial(ctx, network, address); address == l.address.String() {
				break
			}
		}
		return conn, err
	}
}

// Accept gives the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arrived:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "memory", Addr: l.address, Err: net.ErrClosed}
	}
}

// Close ends the accepting; connections stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr gives the address.
func (l *Listener) Addr() net.Addr { return l.address }

// conn is one end of a connection.
type conn struct {
	in, out       *direction
	local, remote addr
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

func (c *conn) Close() error {
	c.in.abandon()
	c.out.end()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.limit(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.limit(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.writeBy = t
	c.out.changed()
	return nil
}

// direction carries bytes one way.
type direction struct {
	latency func() time.Duration

	mu        sync.Mutex
	parcels   []parcel
	ended     bool      // the writer has closed
	abandoned bool      // the reader has
	deadline  time.Time // of reads
	writeBy   time.Time
	unread    int // bytes
	change    chan struct{}
}

// window is how much may be unread before a writer waits, as with TCP.
const window = 256 << 10

// parcel is what one write carried, and when it is there.
type parcel struct {
	data []byte
	due  time.Time
}

func newDirection(latency func() time.Duration) *direction {
	return &direction{latency: latency, change: make(chan struct{})}
}

// changed wakes who waits; the lock is held.
func (d *direction) changed() {
	close(d.change)
	d.change = make(chan struct{})
}

func (d *direction) write(p []byte) (int, error) {
	for {
		wait, change, err := d.put(p)
		switch {
		case err != nil:
			return 0, err
		case change == nil:
			return len(p), nil
		}
		await(change, wait)
	}
}

// put adds what is written. Where too much is unread, it gives what to wait
// for as take does.
func (d *direction) put(p []byte) (wait time.Duration, change <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch now := time.Now(); {
	case d.ended:
		return 0, nil, net.ErrClosed
	case d.abandoned:
		return 0, nil, &net.OpError{Op: "write", Net: "memory", Err: os.NewSyscallError("write", syscall.EPIPE)}
	case !d.writeBy.IsZero() && !now.Before(d.writeBy):
		return 0, nil, os.ErrDeadlineExceeded
	case d.unread >= window:
		if !d.writeBy.IsZero() {
			wait = d.writeBy.Sub(now)
		}
		return wait, d.change, nil
	}
	if len(p) > 0 { // nothing would be the end
		d.unread += len(p)
		d.append(append([]byte(nil), p...))
	}
	return 0, nil, nil
}

// await waits for a change, and no longer than the time if there is one.
func await(change <-chan struct{}, wait time.Duration) {
	if wait <= 0 {
		<-change
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-change:
	case <-timer.C:
	}
}

// append adds a parcel that does not overtake the one before; nil is the end.
func (d *direction) append(data []byte) {
	due := time.Now().Add(d.latency())
	if n := len(d.parcels); n > 0 && d.parcels[n-1].due.After(due) {
		due = d.parcels[n-1].due
	}
	d.parcels = append(d.parcels, parcel{data, due})
	d.changed()
}

func (d *direction) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ended {
		d.ended = true
		d.append(nil)
	}
}

func (d *direction) abandon() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.abandoned = true
	d.changed()
}

func (d *direction) limit(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deadline = t
	d.changed()
}

func (d *direction) read(p []byte) (int, error) {
	for {
		n, wait, change, err := d.take(p)
		if change == nil {
			return n, err
		}
		await(change, wait)
	}
}

// take reads what has arrived. Where nothing has, it gives what to wait for:
// a change, and no longer than the time if there is one.
func (d *direction) take(p []byte) (n int, wait time.Duration, change <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	switch {
	case d.abandoned:
		return 0, 0, nil, net.ErrClosed
	case !d.deadline.IsZero() && !now.Before(d.deadline):
		return 0, 0, nil, os.ErrDeadlineExceeded
	case len(p) == 0:
		return 0, 0, nil, nil
	}
	if !d.deadline.IsZero() {
		wait = d.deadline.Sub(now)
	}
	if len(d.parcels) == 0 {
		return 0, wait, d.change, nil
	}
	next := &d.parcels[0]
	if left := next.due.Sub(now); left > 0 {
		if wait == 0 || left < wait {
			wait = left
		}
		return 0, wait, d.change, nil
	}
	if next.data == nil {
		return 0, 0, nil, io.EOF // and so it stays
	}
	n = copy(p, next.data)
	if d.unread >= window {
		d.changed() // somebody may wait for room
	}
	d.unread -= n
	if next.data = next.data[n:]; len(next.data) == 0 {
		d.parcels = d.parcels[1:]
	}
	return n, 0, nil, nil
}
