package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// fillable is the file system with so much room left: negative for plenty.
type fillable struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fillable) Append(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &fillableFile{f, d}, err
}

type fillableFile struct {
	*os.File
	disk *fillable
}

func (f *fillableFile) Gone() bool { return false }

// Sync has nothing to do: tests lose no power.
func (f *fillableFile) Sync() error { return nil }

// Write writes what there is room for, as a file system does.
func (f *fillableFile) Write(p []byte) (int, error) {
	if room := f.disk.room; room >= 0 && len(p) > room {
		f.disk.room = 0
		n, err := f.File.Write(p[:room])
		return n, errors.Join(err, errFull)
	}
	if f.disk.room >= 0 {
		f.disk.room -= len(p)
	}
	return f.File.Write(p)
}

// TestFullDisk lets the disk be full at places in every record. Whose beginning is
// written may be changed and put back, whose is not may not; what has to be
// known of who is put back is never lost; and once there is room again the
// journal says that they are back.
func TestFullDisk(t *testing.T) {
	target, cast := target(t, "https://f", "1", "2")
	for room := 0; room < 3000; room += 7 {
		disk := &fillable{room: -1}
		var said []string
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		j, err := Open(path, Run{ID: "r1", Targets: []Target{target}, Disk: disk, Say: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }})
		if err != nil {
			t.Fatal(err)
		}
		disk.room = room
		ledger := j.Ledger(target.URL, cast)
		sent := 0
		transport := ledger.Transport(roundTrip(func(*http.Request) (*http.Response, error) {
			sent++
			return httptest.NewRecorder().Result(), nil
		}))
		put := func(user string) error {
			r, err := http.NewRequestWithContext(context.Background(), "PUT", "https://f/finesse/api/User/"+user, strings.NewReader("<User><state>READY</state></User>"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := transport.RoundTrip(r)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		}
		want := 0
		for _, user := range []string{"1", "2"} {
			touched := ledger.Touch(user, evidence.Observation{State: spec.NotReady}) == nil
			full := len(said) > 0
			if !touched && !full {
				t.Fatalf("room %d: user %s was not touched, and nothing said why", room, user)
			}
			if err := put(user); touched != (err == nil) {
				t.Fatalf("room %d: touched %t, and a change: %v", room, touched, err)
			}
			if touched {
				want++
				c, err := Read(path)
				if err != nil || len(c.Left) == 0 || c.Left[len(c.Left)-1].User != user || c.Left[len(c.Left)-1].Initial.State != spec.NotReady {
					t.Fatalf("room %d: %v, the beginning of user %s is lost: %+v", room, err, user, c)
				}
			}
			if err := ledger.Returned(user, evidence.Observation{State: spec.NotReady}); err != nil {
				t.Fatalf("room %d: %v", room, err)
			}
			// It is found as before, and its beginning may be there still.
			again := ledger.Touch(user, evidence.Observation{State: spec.NotReady}) == nil
			if _, unnoted := j.unnoted[who{Key(target.URL), user}]; touched && disk.room == 0 && !again && unnoted {
				t.Fatalf("room %d: user %s is in the journal and may not be touched", room, user)
			}
			if again {
				_ = ledger.Returned(user, evidence.Observation{State: spec.NotReady})
			}
		}
		if sent != want {
			t.Fatalf("room %d: %d requests were sent, want %d", room, sent, want)
		}
		if len(said) > 1 {
			t.Fatalf("room %d: said %q", room, said)
		}
		full := len(said) == 1
		disk.room = -1
		if err := j.Close(); full != errors.Is(err, errFull) {
			t.Fatalf("room %d: %v", room, err)
		}
		c, err := Read(path)
		if err != nil || !c.Clean() {
			t.Fatalf("room %d: %v, after there was room again left %v, damage %v", room, err, named(c.Left), c.Damage)
		}
		if !full {
			return // all of it had room
		}
	}
	t.Error("there never was enough room")
}

// TestVitalNotesAreAsked is that a switch of wrap-up, which nobody sees by
// looking at the user, is not made where it cannot be noted.
func TestVitalNotesAreAsked(t *testing.T) {
	target, cast := target(t, "https://f", "1")
	disk := &fillable{room: -1}
	j, err := Open(filepath.Join(t.TempDir(), "journal.jsonl"), Run{ID: "r1", Disk: disk})
	if err != nil {
		t.Fatal(err)
	}
	ledger := j.Ledger(target.URL, cast)
	if err := ledger.Touch("1", evidence.Observation{State: spec.NotReady}); err != nil {
		t.Fatal(err)
	}
	disk.room = 0
	done := 0
	hook := ledger.Stimuli(doing{func(spec.Stimulus) { done++ }})
	if err := hook.Do(t.Context(), spec.WrapUpOn, "1", ""); err == nil || done != 0 {
		t.Errorf("%v: wrap-up was switched without a note", err)
	}
	if err := hook.Do(t.Context(), spec.CallerHangup, "1", ""); err != nil || done != 1 {
		t.Errorf("%v: putting back waits for a note", err)
	}
	if err := j.Close(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// TestDeletedJournal is noticed, and written again with all who are not back.
func TestDeletedJournal(t *testing.T) {
	for _, test := range []struct {
		name   string
		remove func(path string) error
		again  bool
	}{
		{"the file", os.Remove, true},
		{"its folder", func(path string) error { return os.RemoveAll(filepath.Dir(path)) }, true},
		{"replaced by another file", func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		}, true},
		{"its folder became a file", func(path string) error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o600))
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, cast := target(t, "https://f", "1", "2", "3")
			path := filepath.Join(t.TempDir(), "out", "journal.jsonl")
			var said bytes.Buffer
			j, err := Open(path, Run{ID: "r1", Targets: []Target{target}, Say: func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }})
			if err != nil {
				t.Fatal(err)
			}
			l := j.Ledger(target.URL, cast)
			ready := evidence.Observation{State: spec.Ready}
			if err := errors.Join(l.Touch("1", ready), l.Touch("2", ready), l.Returned("2", ready), test.remove(path)); err != nil {
				t.Fatal(err)
			}
			touched := l.Touch("3", ready) == nil
			if touched != test.again {
				t.Errorf("touched: %t", touched)
			}
			if !strings.Contains(said.String(), "was deleted") || strings.Count(said.String(), "\n") != 1 {
				t.Errorf("said %q", said.String())
			}
			if test.again {
				if got := left(t, path); got != "1 READY   []; 3 READY   []" {
					t.Errorf("left %q", got)
				}
			} else if err := l.change("1", "PUT NOT_READY"); err != nil {
				t.Errorf("putting back waits for a note: %v", err)
			}
			if err := j.Close(); test.again != (err == nil) {
				t.Error(err)
			}
		})
	}
}

// refusing is a file system that opens nothing until it is told to.
type refusing struct{ opens bool }

func (d *refusing) Append(path string) (File, error) {
	if !d.opens {
		return nil, os.ErrPermission
	}
	return FileSystem{}.Append(path)
}

// TestJoinedBeforeItOpens is a process of a run that cannot open the run's
// journal: no user is changed, which is said once, and users are once it opens.
func TestJoinedBeforeItOpens(t *testing.T) {
	target, cast := target(t, "https://f", "1")
	disk := &refusing{}
	said := 0
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j := Join(path, Run{ID: "r1", Disk: disk, Say: func(string, ...any) { said++ }})
	ledger := j.Ledger(target.URL, cast)
	for range 2 {
		if err := ledger.Touch("1", evidence.Observation{State: spec.Ready}); !errors.Is(err, os.ErrPermission) {
			t.Errorf("touched: %v", err)
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
	disk.opens = true
	if err := ledger.Touch("1", evidence.Observation{State: spec.Ready}); err != nil {
		t.Error(err)
	}
	if err := j.Close(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("closed: %v", err)
	}
	if c, err := Read(path); err != nil || len(c.Left) != 1 || c.Left[0].Initial.State != spec.Ready {
		t.Errorf("%v %+v", err, c)
	}
}
