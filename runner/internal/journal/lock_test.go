package journal

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// TestKey is one target by all its spellings.
func TestKey(t *testing.T) {
	for want, spellings := range map[string][]string{
		"https://finesse.example.com:8445": {"https://finesse.example.com:8445", "https://Finesse.Example.COM:8445/", "HTTPS://user:pass@finesse.example.com.:8445//", "https://finesse.example.com:8445/./"},
		"https://f/lab":                    {"https://f/lab", "https://F:443/lab/", "https://f//lab", "https://f/l%61b?x#y"},
		"http://localhost":                 {"http://localhost", "http://127.0.0.1", "http://127.0.0.1:80/", "http://[::1]/", "http://LOCALHOST:80", "http://[0:0:0:0:0:0:0:1]:80", "http://[::ffff:127.0.0.1]", "http://0.0.0.0", "http://[::]:080"},
		"https://xn--bcher-kva.example":    {"https://bücher.example", "https://BÜCHER.example:443", "https://b%C3%BCcher.example", "https://xn--bcher-kva.example"},
		"http://[fe80::1]:8082":            {"http://[FE80:0::1]:8082/"},
		"https://f:8445/Lab":               {"https://f:8445/Lab"}, // paths have letter case
		"http://127.0.0.2":                 {"http://127.0.0.2"},   // another machine, for all that is known
	} {
		for _, spelling := range spellings {
			u, err := url.Parse(spelling)
			if err != nil {
				t.Fatal(err)
			}
			if got := Key(u); got != want {
				t.Errorf("%s: got %s, want %s", spelling, got, want)
			}
			if got := keyOf(Key(u)); got != want {
				t.Errorf("%s: read again: %s", spelling, got)
			}
		}
	}
}

// killed leaves users behind as a run does that was killed.
func killed(t *testing.T, path string, at Target, users ...string) {
	t.Helper()
	j, err := Open(path, Run{ID: "killed", Targets: []Target{at}})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if err := j.Ledger(at.URL, &fixtures.Cast{}).Touch(u, evidence.Observation{State: spec.Ready}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.file.Close(), j.locks.release()); err != nil {
		t.Fatal(err)
	}
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestLeftByAnotherRun is that a run with another journal does not take the
// users whom a run left behind for users as they should be, by whatever name
// it calls the target.
func TestLeftByAnotherRun(t *testing.T) {
	at, _ := target(t, "https://127.0.0.1:8445", "1", "2", "3")
	old, path := filepath.Join(t.TempDir(), "old.jsonl"), filepath.Join(t.TempDir(), "new.jsonl")
	killed(t, old, at, "2")
	same := Target{URL: address(t, "https://LocalHost:8445/"), Users: []string{"1", "2"}}

	for _, err := range []error{Check(path, []Target{same}), func() error { _, err := Open(path, Run{ID: "r2", Targets: []Target{same}}); return err }()} {
		var unrestored *UnrestoredError
		if !errors.As(err, &unrestored) || unrestored.Path != old || strings.Join(unrestored.Users(), " ") != "2" {
			t.Fatalf("got %v", err)
		}
	}
	// Nobody of the others is concerned, nor another target with the same ids.
	for _, free := range []Target{{URL: at.URL, Users: []string{"1", "3"}}, {URL: address(t, "https://127.0.0.1:8446"), Users: []string{"2"}}} {
		if err := Check(path, []Target{free}); err != nil {
			t.Error(err)
		}
		j, err := Open(path, Run{ID: "r2", Targets: []Target{free}})
		if err != nil {
			t.Error(err)
		} else if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	// The refused run has left the pointer as it was.
	if _, err := Open(path, Run{ID: "r3", Targets: []Target{same}}); err == nil {
		t.Error("a second try began")
	}
	// Deleting the journal says that the users are as they should be.
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path, Run{ID: "r4", Targets: []Target{same}})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// TestNodes is that both nodes of one system are one target.
func TestNodes(t *testing.T) {
	a, _ := target(t, "https://a:8445", "1")
	b := Target{URL: address(t, "https://b:8445"), Users: a.Users}
	dir := t.TempDir()
	first, err := Open(filepath.Join(dir, "1.jsonl"), Run{ID: "r1", Targets: []Target{a}})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Claim(a, []*url.URL{a.URL, b.URL}); err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := Open(filepath.Join(dir, "2.jsonl"), Run{ID: "r2", Targets: []Target{b}}); !errors.As(err, &busy) {
		t.Errorf("at the other node: %v", err)
	}
	if err := errors.Join(first.Ledger(a.URL, &fixtures.Cast{}).Touch("1", evidence.Observation{State: spec.Ready}), first.file.Close(), first.locks.release()); err != nil {
		t.Fatal(err)
	}
	var unrestored *UnrestoredError
	if _, err := Open(filepath.Join(dir, "3.jsonl"), Run{ID: "r3", Targets: []Target{b}}); !errors.As(err, &unrestored) {
		t.Errorf("left behind at the other node: %v", err)
	}
	if u := contents(t, filepath.Join(dir, "1.jsonl")).Left[0]; !u.At(Key(a.URL)) || !u.At(Key(b.URL)) || u.At("https://c:8445") {
		t.Errorf("user at %s and %v", u.Target, u.Nodes)
	}
	// A run that learns of the other node only after it has begun.
	third, err := Open(filepath.Join(dir, "4.jsonl"), Run{ID: "r4"})
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Claim(Target{URL: address(t, "https://c:8445"), Users: a.Users}, []*url.URL{b.URL}); !errors.As(err, &unrestored) {
		t.Errorf("claimed: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

// TestHolderOfTheVersionBefore is a text, which is for people.
func TestHolderOfTheVersionBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	if err := os.WriteFile(path, []byte("process 7, journal /x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, said := readHolder(path); h.Journal != "" || said != "process 7, journal /x" {
		t.Errorf("%+v, %q", h, said)
	}
}

// TestLockFolders is where locks are where the usual place cannot be written.
func TestLockFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file) // no folder can be made in it, by nobody
	t.Setenv("HOME", file)
	at := Target{URL: address(t, "https://f"), Users: []string{"1"}}
	dir := t.TempDir()
	j, err := Open(filepath.Join(dir, "a.jsonl"), Run{ID: "r1", Targets: []Target{at}})
	if err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := Open(filepath.Join(dir, "b.jsonl"), Run{ID: "r2", Targets: []Target{at}}); !errors.As(err, &busy) || !strings.Contains(busy.By, fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
