package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// stranded writes the journal of a run that was killed: user 1 is back, user 2
// is not, and was changed since.
func stranded(t *testing.T) (path string, lines []string) {
	t.Helper()
	target, cast := target(t, "https://f", "1", "2")
	path = filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := Open(path, Run{ID: "r1", Targets: []Target{target}})
	if err != nil {
		t.Fatal(err)
	}
	l := j.Ledger(target.URL, cast)
	for _, err := range []error{
		l.Touch("1", evidence.Observation{State: spec.Ready}), l.change("1", "PUT NOT_READY"), l.Returned("1", evidence.Observation{State: spec.Ready}),
		l.Touch("2", evidence.Observation{State: spec.Logout}), l.change("2", "PUT LOGIN"), l.change("2", "PUT READY"),
		j.file.Close(), j.locks.release(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(whole), "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 7 {
		t.Fatalf("%d records: %s", len(lines), whole)
	}
	return path, lines
}

func named(users []Unrestored) string {
	var list []string
	for _, u := range users {
		list = append(list, fmt.Sprintf("%s %s", u.User, u.Initial.State))
	}
	return strings.Join(list, ", ")
}

// TestTornRecords tears each record at each of its bytes, as a disk does that
// is full, and goes on with the next: the torn one alone is lost, it is named
// by its line, and nobody is forgotten whom the others name.
func TestTornRecords(t *testing.T) {
	_, lines := stranded(t)
	for torn, line := range lines {
		for cut := 1; cut < len(line); cut++ {
			parts := slices.Clone(lines)
			parts[torn] = line[:cut]
			text := "\n" + strings.Join(parts[:torn], "\n\n")
			if torn > 0 {
				text += "\n\n"
			}
			number := 1 + strings.Count(text, "\n")
			text += parts[torn] // without its end
			for _, next := range parts[torn+1:] {
				text += "\n" + next + "\n"
			}
			c, err := read(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if c.Records != len(lines)-1 || len(c.Damage) == 0 || c.Damage[0].Line != number {
				t.Fatalf("record %d torn at %d: %d records, %v", torn, cut, c.Records, c.Damage)
			}
			if last := torn == len(lines)-1; c.Damage[0].Torn != last {
				t.Fatalf("record %d torn at %d: the last that was never finished: %t", torn, cut, c.Damage[0].Torn)
			}
			want := map[int]string{1: "1 , 2 LOGOUT", 3: "1 READY, 2 LOGOUT", 4: "2 "}[torn]
			if want == "" {
				want = "2 LOGOUT"
			}
			if torn == 1 {
				want = "2 LOGOUT" // user 1 was lost and came back: "returned" is about nobody
				c.Left = slices.DeleteFunc(c.Left, func(u Unrestored) bool { return u.User == "1" })
			}
			if got := named(c.Left); got != want {
				t.Fatalf("record %d torn at %d: left %q, want %q", torn, cut, got, want)
			}
		}
	}
}

// TestDamage is what else becomes of journals.
func TestDamage(t *testing.T) {
	_, lines := stranded(t)
	flipped := strings.Replace(lines[4], `"user":"2"`, `"user":"3"`, 1)
	if flipped == lines[4] {
		t.Fatalf("no user in %s", lines[4])
	}
	old := func(line string) string { // as the version before wrote it
		at := strings.LastIndex(line, sumKey)
		return line[:at] + "}"
	}
	for _, test := range []struct {
		name   string
		text   string
		left   string
		damage string
	}{
		{"whole", strings.Join(lines, "\n"), "2 LOGOUT", "[]"},
		{"of the version before", old(lines[0]) + "\n" + old(lines[4]) + "\n" + old(lines[5]) + "\n", "2 LOGOUT", "[]"},
		{"of the version before, continued by this one", old(lines[0]) + "\n" + old(lines[4]) + "\n\n" + lines[5] + "\n", "2 LOGOUT", "[]"},
		{"of the version before, a record glued to half of one", old(lines[0]) + "\n" + lines[1][:40] + old(lines[4]) + "\n" + old(lines[5]), "2 ", "[line 2: it is no whole record line 3: how user 2 was found is not in the journal]"},
		{"glued all the same", lines[0] + "\n" + lines[1][:40] + lines[4] + "\n", "", "[line 2: its checksum is wrong]"},
		{"changed since it was written", lines[0] + "\n" + flipped + "\n", "", "[line 2: its checksum is wrong]"},
		{"the beginning of one and the end of the checksum of another", lines[0] + "\n" + lines[1][:strings.Index(lines[1], "EADY")] + lines[4][len(lines[4])-5:] + "\n" + lines[4], "2 LOGOUT", "[line 2: it has lost its checksum]"},
		{"nothing but noughts", lines[0] + "\n" + lines[4] + "\n\x00\x00\x00\x00\n" + lines[5], "2 LOGOUT", "[line 3: it is no whole record]"},
		{"a change without its beginning", lines[0] + "\n" + lines[5] + "\n", "2 ", "[line 2: how user 2 was found is not in the journal]"},
		{"a beginning that was lost, and told again by its run", lines[0] + "\n" + lines[5] + "\n" + lines[4] + "\n", "2 LOGOUT", "[line 2: how user 2 was found is not in the journal]"},
		{"a beginning that was lost, of one that is back, and is changed once more", strings.Join([]string{lines[0], lines[2], lines[3], lines[2]}, "\n"), "1 READY", "[line 2: how user 1 was found is not in the journal]"},
		{"changed once more after it was returned", strings.Join(lines[:4], "\n") + "\n" + lines[2] + "\n", "1 READY", "[]"},
		{"of a later version", lines[0] + "\n" + `{"type":"dance","run":"r1"}` + "\n", "", "[line 2: it is of a kind that this version does not know]"},
		{"a record of nobody", `{"type":"touch","user":"1"}`, "", "[line 1: it does not say whose it is]"},
		{"with the line breaks of another system", strings.Join(lines, "\r\n"), "2 LOGOUT", "[]"},
		{"a line without end", lines[0] + "\n" + strings.Repeat("x", 2*maxRecord) + "\n" + lines[4], "2 LOGOUT", "[line 2: it is no whole record]"},
		{"empty", "", "", "[]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := read(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := named(c.Left); got != test.left {
				t.Errorf("left %q, want %q", got, test.left)
			}
			if got := fmt.Sprint(c.Damage); got != test.damage {
				t.Errorf("damage %s, want %s", got, test.damage)
			}
		})
	}
}

// Only the beginning of a record, with which its run ended, is one that was
// never finished: whatever restore has written after it.
func TestTorn(t *testing.T) {
	_, lines := stranded(t)
	e, _, err := parseRecord([]byte(lines[4]))
	e.Run = restoring + "1"
	restored, err2 := e.record()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	begun := strings.Join(lines[:5], "\n") + "\n"
	for text, want := range map[string]bool{
		lines[5][:40]:                              true,
		lines[5][:40] + string(restored):           true,
		lines[5][:3]:                               true,
		lines[5][:len(lines[5])-1]:                 true,
		lines[5][:40] + "\n" + lines[6]:            false, // its run went on
		lines[5][:40] + lines[6][:40]:              false, // two of them
		lines[5][:40] + "\x00\x00":                 false,
		lines[5][20:60]:                            false,
		strings.Replace(lines[5], "PUT", "GET", 1): false,
		`{"type":"dance","run":"r1"}`:              false,
	} {
		c, err := read(strings.NewReader(begun + text))
		if err != nil || len(c.Damage) != 1 || c.Damage[0].Torn != want {
			t.Errorf("%q: %+v, %v", text, c.Damage, err)
		}
	}
}

// TestRunOverADamagedJournal does not begin, until somebody has looked at
// everybody whom it names.
func TestRunOverADamagedJournal(t *testing.T) {
	path, lines := stranded(t)
	if err := os.WriteFile(path, []byte(strings.Join(lines[:3], "\n")+"\n{\"type\":\"ret"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, Run{ID: "r2"})
	if err == nil || !strings.Contains(err.Error(), "did not put user 1 back, and the journal of an earlier run cannot be read in line 4: it is no whole record; `finesse-conformance restore --journal "+path) {
		t.Errorf("got %v", err)
	}
	j := Join(path, Run{ID: "restore-1"})
	j.returned(who{"https://f", "1"}, entry{Type: entryReturned, Target: "https://f", User: "1"})
	if _, err := Open(path, Run{ID: "r2"}); err == nil || !strings.HasPrefix(err.Error(), "the journal of an earlier run cannot be read in line 4") {
		t.Errorf("got %v", err)
	}
	if err := j.write(entry{Type: entryExamined}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = Open(path, Run{ID: "r2"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte(`"ret`)) {
		t.Errorf("%v, not begun anew: %s", err, text)
	}
}

// TestOneIDOnTwoTargets is two users.
func TestOneIDOnTwoTargets(t *testing.T) {
	a, cast := target(t, "https://a", "1")
	b, _ := target(t, "https://b", "1")
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := Open(path, Run{ID: "r1", Targets: []Target{a, b}})
	if err != nil {
		t.Fatal(err)
	}
	at, atB := j.Ledger(a.URL, cast), j.Ledger(b.URL, cast)
	for _, err := range []error{
		at.Touch("1", evidence.Observation{State: spec.Ready}), atB.Touch("1", evidence.Observation{State: spec.Logout}),
		os.Remove(path), // also where it has to be written again
		at.change("1", "PUT READY"), atB.change("1", "PUT LOGIN"), j.write(entry{Type: entryUnrestored, Target: atB.target, User: "1", Why: "it hangs"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := left(t, path), "1 READY   [PUT READY]; 1 LOGOUT   [PUT LOGIN]"; got != want {
		t.Errorf("left %q, want %q", got, want)
	}
	if users := contents(t, path).Left; users[0].Why != "" || users[1].Why != "it hangs" {
		t.Errorf("why: %q and %q", users[0].Why, users[1].Why)
	}
	if err := at.Returned("1", evidence.Observation{}); err != nil {
		t.Fatal(err)
	}
	if users := contents(t, path).Left; len(users) != 1 || users[0].Target != "https://b" {
		t.Errorf("left %+v", users)
	}
	for _, err := range []error{atB.Returned("1", evidence.Observation{}), atB.change("1", "PUT READY")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := left(t, path), "1 LOGOUT   [PUT READY]"; got != want {
		t.Errorf("who was returned on both and is changed on one is left as %q, want %q", got, want)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
