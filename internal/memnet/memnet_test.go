package memnet_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/internal/memnet"
)

// connect gives both ends of a connection.
func connect(t *testing.T, latency time.Duration) (client, server net.Conn) {
	t.Helper()
	l := memnet.Listen("127.0.0.1:1", memnet.Constant(latency))
	accepted := make(chan net.Conn)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	client, err := l.Dial(t.Context(), "tcp", "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	return client, <-accepted
}

func TestLatencyAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, time.Second)
		began := time.Now()
		for _, text := range []string{"one ", "two"} {
			if _, err := io.WriteString(client, text); err != nil { // and nobody reads yet
				t.Fatal(err)
			}
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(server)
		if string(got) != "one two" || err != nil || time.Since(began) != time.Second {
			t.Errorf("read %q, %v after %v", got, err, time.Since(began))
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("writing to nobody: %v", err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reading after closing: %v", err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, 0)
		began := time.Now()
		read := func() error { _, err := client.Read(make([]byte, 1)); return err }
		_ = client.SetReadDeadline(began.Add(time.Minute))
		if err := read(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		_ = client.SetReadDeadline(time.Time{})
		// One that is set while somebody reads ends the reading, as net/http
		// needs it.
		ended := make(chan error)
		go func() { ended <- read() }()
		synctest.Wait()
		_ = client.SetDeadline(time.Unix(1, 0))
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline that is set meanwhile: %v", err)
		}
		_ = client.SetReadDeadline(time.Time{})
		go func() { ended <- read() }()
		synctest.Wait()
		_ = server.Close()
		if err := <-ended; err != io.EOF {
			t.Errorf("closed by the other end: %v", err)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen("127.0.0.1:1", nil)
		accepted := make(chan error)
		go func() { _, err := l.Accept(); accepted <- err }()
		_ = l.Close()
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepting: %v", err)
		}
		for _, address := range []string{"127.0.0.1:1", "127.0.0.1:2"} {
			if _, err := l.Dial(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dialling %s: %v", address, err)
			}
		}
	})
}

// A writer does not run ahead of its reader for ever.
func TestWriterWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen("a:1", nil)
		accepted := make(chan net.Conn)
		go func() {
			c, _ := l.Accept()
			accepted <- c
		}()
		writer, err := l.Dial(t.Context(), "", "a:1")
		if err != nil {
			t.Fatal(err)
		}
		reader := <-accepted
		if _, err := writer.Write(nil); err != nil { // which is not the end
			t.Fatal(err)
		}
		if err := writer.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 64<<10)
		written := 0
		for err == nil && written < 100*len(part) {
			var n int
			n, err = writer.Write(part)
			written += n
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || written == 0 {
			t.Fatalf("%d bytes were taken, %v", written, err)
		}
		if err := writer.SetWriteDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := writer.Write(part)
			done <- err
		}()
		if n, err := io.ReadFull(reader, make([]byte, written+len(part))); err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
