package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// TestFoundOtherwise is that a beginning that stands in the journal serves for a
// user who is found so again, and for no other, where no more can be noted.
func TestFoundOtherwise(t *testing.T) {
	was := evidence.Observation{State: spec.NotReady, ReasonCodeID: "12", Extension: "4711"}
	for name, test := range map[string]struct {
		user string
		now  evidence.Observation
		want bool
	}{
		"as before":         {"1", was, true},
		"in another state":  {"1", evidence.Observation{State: spec.Ready, ReasonCodeID: "12", Extension: "4711"}, false},
		"with another code": {"1", evidence.Observation{State: spec.NotReady, ReasonCodeID: "13", Extension: "4711"}, false},
		"at another phone":  {"1", evidence.Observation{State: spec.NotReady, ReasonCodeID: "12", Extension: "4712"}, false},
		"somebody else":     {"2", was, false},
	} {
		target, cast := target(t, "https://f", "1", "2")
		disk := &fillable{room: -1}
		j, err := Open(filepath.Join(t.TempDir(), "journal.jsonl"), Run{ID: "r1", Targets: []Target{target}, Disk: disk})
		if err != nil {
			t.Fatal(err)
		}
		ledger := j.Ledger(target.URL, cast)
		if err := ledger.Touch("1", was); err != nil {
			t.Fatal(err)
		}
		disk.room = 0
		if err := ledger.Returned("1", was); err != nil {
			t.Fatal(err)
		}
		if got := ledger.Touch(test.user, test.now) == nil; got != test.want {
			t.Errorf("%s: it may be touched: %v", name, got)
		}
		disk.room = -1
		_ = j.Close() // it was full
	}
}

// TestEmptyFile is a journal that has not begun: what a program made that has
// written nothing yet. A file of something else is none.
func TestEmptyFile(t *testing.T) {
	for text, fine := range map[string]bool{"": true, "\n": true, "no record\n": false} {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(path, Run{ID: "r1"})
		if fine != (err == nil) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil {
			_ = j.Close()
		}
	}
}

// short is a disk on which so many bytes of each write do not fit.
type short struct {
	Disk
	by *int
}

func (d short) Append(path string) (File, error) {
	f, err := d.Disk.Append(path)
	return shortFile{f, d.by}, err
}

type shortFile struct {
	File
	by *int
}

func (f shortFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p[:len(p)-*f.by])
	if err == nil && n < len(p) {
		err = errFull
	}
	return n, err
}

// TestRecordWithoutItsBreak is whole: the next one begins with a break.
func TestRecordWithoutItsBreak(t *testing.T) {
	for by, want := range []bool{true, true, false} {
		target, cast := target(t, "https://f", "1")
		less := 0
		j, err := Open(filepath.Join(t.TempDir(), "journal.jsonl"), Run{ID: "r1", Disk: short{FileSystem{}, &less}})
		if err != nil {
			t.Fatal(err)
		}
		less = by
		if got := j.Ledger(target.URL, cast).Touch("1", evidence.Observation{State: spec.Ready}) == nil; got != want {
			t.Errorf("%d bytes short: noted %v", by, got)
		}
		less = 0
		_ = j.Close()
	}
}

// TestCheck is what a run would meet, without one.
func TestCheck(t *testing.T) {
	at, _ := target(t, "https://f", "1", "2")
	dir := t.TempDir()
	path := filepath.Join(dir, "left.jsonl")
	if err := Check(path, []Target{at}); err != nil {
		t.Errorf("there is none: %v", err)
	}
	killed(t, path, at, "2")
	var unrestored *UnrestoredError
	if err := Check(path, []Target{at}); !errors.As(err, &unrestored) || strings.Join(unrestored.Users(), " ") != "2" {
		t.Errorf("somebody is in it: %v", err)
	}
	if err := Check(filepath.Join(dir), []Target{at}); err == nil {
		t.Error("a folder can be read")
	}
}

// TestKeyOfThePast is that of a target however a journal spells it; what is no
// address stays what it is.
func TestKeyOfThePast(t *testing.T) {
	for written, want := range map[string]string{
		"HTTPS://F:443/": Key(address(t, "https://f")), "https://f": Key(address(t, "https://f")),
		"f": "f", "https://%zz": "https://%zz", "https:///x": "https:///x",
	} {
		if got := keyOf(written); got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
}

// TestLockThatCannotBeHad ends a run before it begins, and is said by who puts
// users back. Who does keeps the pointer to the journal of the run before.
func TestLockThatCannotBeHad(t *testing.T) {
	for how, fails := range map[lockHow]bool{strict: true, lenient: false} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l := &locks{folder: file, how: how, held: map[string]*flock.Flock{}}
		err := l.take(filepath.Join(file, "x.lock"), "user 1")
		if (err != nil) != fails || (len(l.unheld) == 0) != fails {
			t.Errorf("strict %v: %v; not held: %v", how == strict, err, l.unheld)
		}
		l.folder = t.TempDir()
		path := filepath.Join(l.folder, "y.lock")
		if err := writeHolder(path, holder{Journal: "/before"}); err != nil {
			t.Fatal(err)
		}
		l.holder = holder{Journal: "/now"}
		if err := l.take(path, "user 2"); err != nil {
			t.Fatal(err)
		}
		want := "/now"
		if how == lenient {
			want = "/before"
		}
		if h, _ := readHolder(path); h.Journal != want {
			t.Errorf("strict %v: the lock names %s", how == strict, h.Journal)
		}
		if err := l.release(); err != nil {
			t.Error(err)
		}
	}
}

// TestAtInitial is who is back: in the state, with nothing pending, and where it
// is signed in at the phone at which it was.
func TestAtInitial(t *testing.T) {
	was := evidence.Observation{State: spec.NotReady, Extension: "4711"}
	for name, test := range map[string]struct {
		now, was evidence.Observation
		want     bool
	}{
		"back":                        {was, was, true},
		"in another state":            {evidence.Observation{State: spec.Ready, Extension: "4711"}, was, false},
		"with something pending":      {evidence.Observation{State: spec.NotReady, Pending: "READY", Extension: "4711"}, was, false},
		"at another phone":            {evidence.Observation{State: spec.NotReady, Extension: "4712"}, was, false},
		"at a phone nobody knew":      {was, evidence.Observation{State: spec.NotReady}, true},
		"a call cannot be given back": {was, evidence.Observation{State: spec.Talking, Extension: "4711"}, true},
		"signed out, whatever phone":  {evidence.Observation{State: spec.Logout}, evidence.Observation{State: spec.Logout, Extension: "4711"}, true},
	} {
		if got := atInitial(test.now, test.was); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A record that was never finished is no reason to look for somebody else, once
// everybody was looked at.
func TestWhole(t *testing.T) {
	for _, test := range []struct{ torn, examined, want bool }{
		{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false},
	} {
		r := &Restoration{Damage: []Damage{{Torn: test.torn}}, Examined: test.examined}
		if r.Whole() != test.want {
			t.Errorf("%+v", test)
		}
	}
	if !(&Restoration{}).Whole() {
		t.Error("without damage")
	}
}
