package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// target is a target with users, in a place of its own for locks.
func target(t *testing.T, address string, ids ...string) (Target, *fixtures.Cast) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	cast := &fixtures.Cast{}
	for _, id := range ids {
		cast.Users = append(cast.Users, &fixtures.User{ID: id, Password: "hunter2"})
	}
	return Target{URL: u, Users: ids}, cast
}

// contents reads a journal that can be read to its end.
func contents(t *testing.T, path string) *Contents {
	t.Helper()
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Damage) > 0 {
		t.Errorf("the journal is damaged: %v", c.Damage)
	}
	return c
}

// left gives who has to be put back.
func left(t *testing.T, path string) string {
	t.Helper()
	var list []string
	for _, u := range contents(t, path).Left {
		list = append(list, fmt.Sprintf("%s %s %s %s %v", u.User, u.Initial.State, u.Initial.ReasonCodeID, u.Initial.Extension, u.Asked))
	}
	return strings.Join(list, "; ")
}

// TestVital is what has to be on the disk before a user is changed: putting
// back after a loss of power rests on nothing else.
func TestVital(t *testing.T) {
	for _, test := range []struct {
		entry entry
		vital bool
	}{
		{entry{Type: entryRun}, true},
		{entry{Type: entryTouch, User: "1"}, true},
		{entry{Type: entryChange, User: "1", What: "stimulus wrap_up_on"}, true},
		{entry{Type: entryChange, User: "1", What: "stimulus wrap_up_off"}, true},
		{entry{Type: entryChange, User: "1", What: "stimulus route_call"}, false},
		{entry{Type: entryChange, User: "1", What: "PUT READY"}, false},
		{entry{Type: entryReturned, User: "1"}, false},
		{entry{Type: entryUnrestored, User: "1"}, false},
		{entry{Type: entryEnd}, false},
	} {
		if test.entry.vital() != test.vital {
			t.Errorf("%s %s: vital %v", test.entry.Type, test.entry.What, !test.vital)
		}
	}
}

func TestJournal(t *testing.T) {
	target, cast := target(t, "https://F:8445/", "1", "2")
	path := filepath.Join(t.TempDir(), "new", "journal.jsonl")
	run := Run{ID: "r1", Targets: []Target{target}}
	j, err := Open(path, run)
	if err != nil {
		t.Fatal(err)
	}
	ledger := j.Ledger(target.URL, cast)
	look := evidence.Observation{State: spec.NotReady, ReasonCodeID: "12", Extension: "4711"}
	for _, err := range []error{
		ledger.Touch("1", look), ledger.change("1", "PUT READY"), ledger.Touch("2", look), ledger.Returned("2", look),
		ledger.Touch("1", evidence.Observation{State: spec.Ready}), // the first sighting is what it goes back to
		j.write(entry{Type: entryUnrestored, Target: ledger.target, User: "1", Why: "it hangs"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := left(t, path), "1 NOT_READY 12 4711 [PUT READY]"; got != want {
		t.Errorf("left %q, want %q", got, want)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	// A second run on the journal, one on another with a common user, and one
	// with none.
	var busy *BusyError
	if _, err := Open(path, Run{ID: "r2"}); !errors.As(err, &busy) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("the same journal: %v", err)
	}
	other := filepath.Join(t.TempDir(), "journal.jsonl")
	if _, err := Open(other, Run{ID: "r2", Targets: []Target{{URL: target.URL, Users: target.Users[1:]}}}); !errors.As(err, &busy) || !strings.Contains(err.Error(), "user 2 of https://f:8445 is in use") {
		t.Errorf("a common user: %v", err)
	}
	free, err := Open(other, Run{ID: "r2", Targets: []Target{{URL: target.URL, Users: []string{"3"}}}})
	if err != nil {
		t.Errorf("no common user: %v", err)
	} else if err := free.Close(); err != nil {
		t.Error(err)
	}

	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var unrestored *UnrestoredError
	if _, err := Open(path, run); !errors.As(err, &unrestored) || !strings.Contains(err.Error(), "did not put user 1 back; `finesse-conformance restore --journal "+path) {
		t.Errorf("an unfinished journal: %v", err)
	}
	again := Join(path, Run{ID: "restore"})
	if err := errors.Join(again.Ledger(target.URL, cast).Returned("1", look), again.Close()); err != nil {
		t.Fatal(err)
	}
	j, err = Open(path, run)
	if err != nil {
		t.Fatalf("a finished journal: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("%v, a password is in the journal", err)
	}
	if c := contents(t, path); c.Records != 2 { // the run, and its end
		t.Errorf("a finished journal was not begun anew: it has %d records", c.Records)
	}

	// A file that is named by mistake keeps what it has.
	if err := os.WriteFile(path, []byte("users: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(path, run); err == nil || !strings.Contains(err.Error(), "is no journal") {
		t.Errorf("a file that is no journal: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "users: []\n" {
		t.Errorf("a file that is no journal was written to: %v", err)
	}
}

func TestJournalOfAnEmbeddedTarget(t *testing.T) {
	target, cast := target(t, "https://127.0.0.1:1", "1")
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	run := Run{ID: "r1", Embedded: true, Targets: []Target{target}}
	for range 2 {
		j, err := Open(path, run)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Ledger(target.URL, cast).Touch("1", evidence.Observation{}), j.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJournalOfSeveralProcesses(t *testing.T) {
	target, cast := target(t, "https://f")
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	parent, err := Open(path, Run{ID: "r1", Targets: []Target{target}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			j := Join(path, Run{ID: "r1"})
			ledger := j.Ledger(target.URL, cast)
			for range 10 {
				id := fmt.Sprint("u", n)
				if err := errors.Join(ledger.Touch(id, evidence.Observation{}), ledger.Returned(id, evidence.Observation{})); err != nil {
					t.Error(err)
				}
			}
			if err := errors.Join(ledger.Touch(fmt.Sprint("left", n), evidence.Observation{}), j.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if c := contents(t, path); len(c.Left) != 4 || c.Records != 1+4*21 {
		t.Errorf("%d users are left of %d records, want 4 of 85", len(c.Left), c.Records)
	}
	if err := parent.Close(); err != nil {
		t.Error(err)
	}
}

func TestLedgerNotesWhatIsAsked(t *testing.T) {
	target, cast := target(t, "https://f", "1", "2")
	cast.Users[1].Username = "anna"
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := Open(path, Run{ID: "r1", Targets: []Target{target}})
	if err != nil {
		t.Fatal(err)
	}
	ledger := j.Ledger(target.URL, cast)
	for _, id := range []string{"1", "2"} {
		if err := ledger.Touch(id, evidence.Observation{State: spec.Logout}); err != nil {
			t.Fatal(err)
		}
	}
	var noted []string // what the journal had when the request was sent
	transport := ledger.Transport(roundTrip(func(*http.Request) (*http.Response, error) {
		noted = append(noted, left(t, path))
		return httptest.NewRecorder().Result(), nil
	}))
	for _, r := range []struct{ method, path, body string }{
		{"PUT", "/finesse/api/User/1", "<User><state>READY</state></User>"},
		{"GET", "/finesse/api/User/1", ""},
		{"POST", "/finesse/api/User/1/Dialogs", "<Dialog><requestedAction>MAKE_CALL</requestedAction></Dialog>"},
		{"HEAD", "/finesse/api/User/1", ""},
		{"PUT", "/finesse/api/User/9", "<User/>"},
		{"PUT", "/finesse/api/Dialog/77", "<Dialog><requestedAction>ANSWER</requestedAction></Dialog>"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), r.method, "https://f"+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("anna", "hunter2")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	hook := ledger.Stimuli(doing{func(spec.Stimulus) { noted = append(noted, left(t, path)) }})
	if err := hook.Do(t.Context(), spec.WrapUpOn, "1", ""); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 LOGOUT   [PUT READY]; 2 LOGOUT   []",
		"1 LOGOUT   [PUT READY]; 2 LOGOUT   []",
		"1 LOGOUT   [PUT READY POST MAKE_CALL]; 2 LOGOUT   []",
		"1 LOGOUT   [PUT READY POST MAKE_CALL]; 2 LOGOUT   []",
		"1 LOGOUT   [PUT READY POST MAKE_CALL]; 2 LOGOUT   []",
		"1 LOGOUT   [PUT READY POST MAKE_CALL]; 2 LOGOUT   [PUT ANSWER]",
		"1 LOGOUT   [PUT READY POST MAKE_CALL stimulus wrap_up_on]; 2 LOGOUT   [PUT ANSWER]",
	}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Error(diff)
	}
	if users := contents(t, path).Left; !users[0].wrapUpSwitched() || users[1].wrapUpSwitched() {
		t.Errorf("%+v", users)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// doing is a hook that calls a function.
type doing struct{ do func(spec.Stimulus) }

func (d doing) Do(_ context.Context, name spec.Stimulus, _, _ string) error { d.do(name); return nil }
func (doing) Supports(spec.Stimulus) bool                                   { return true }
func (doing) Describe() string                                              { return "a test" }
