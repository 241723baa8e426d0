package parallel

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestSweep removes what a run left that was killed, and nothing else.
func TestSweep(t *testing.T) {
	temp, err := os.MkdirTemp("/tmp", "sweep") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temp)
	t.Setenv("TMPDIR", temp)
	folder := func(name string, mode os.FileMode) string {
		path := filepath.Join(temp, name)
		if err := os.Mkdir(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	listen := func(dir string) *net.UnixListener {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName)})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	file := func(path string, age time.Duration) string {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return aged(t, path, age)
	}
	killed := func(name string, mode os.FileMode) string {
		dir := folder(name, mode)
		l := listen(dir)
		l.SetUnlinkOnClose(false) // as the system leaves it
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	notOurs := folder("fc-7", 0o700) // a folder of reports, or of another program
	file(filepath.Join(notOurs, "journal.jsonl"), 0)
	besides := killed("fc-8", 0o700)
	file(filepath.Join(besides, "mine"), 0)
	alive := folder("fc-1", 0o700)
	l := listen(alive)
	defer l.Close()
	for path, gone := range map[string]bool{
		alive:                         false,
		killed("fc-2", 0o700):         true,
		killed("fc-3", 0o755):         false, // not made by a run
		killed("fc-mine", 0o700):      false,
		aged(t, notOurs, 2*abandoned): false,
		besides:                       false,
		folder("fc-4", 0o700):         false, // a run that is about to listen
		aged(t, folder("fc-5", 0o700), 2*abandoned):    true,
		file(filepath.Join(temp, "fc-6"), 2*abandoned): false,
	} {
		defer func() {
			if _, err := os.Lstat(path); gone != os.IsNotExist(err) {
				t.Errorf("%s: %v", path, err)
			}
		}()
	}
	Sweep(t.TempDir())
}

func aged(t *testing.T, path string, age time.Duration) string {
	t.Helper()
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	return path
}

// A run that begins is never taken for one that was killed, at whatever moment
// another one looks.
func TestSweepSparesWhoBegins(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("/tmp", "sweep") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(parent)
	for n := range 300 {
		folder := filepath.Join(parent, fmt.Sprintf("fc-%d", n))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		listening := make(chan struct{})
		var look sync.WaitGroup
		look.Go(func() {
			for {
				if isAbandoned(folder) {
					t.Errorf("%s is taken for left behind", folder)
					return
				}
				select {
				case <-listening:
					return
				default:
				}
			}
		})
		l, err := listenIn(folder)
		close(listening)
		look.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
