package runner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/spec"
)

// A cut point is where a process that ends touches the world for the last
// time: at a record of the journal, before it or in its middle, or at a
// request or stimulus that changes something, once it has arrived and before
// its answer has. What comes before the one is what comes after the other.
//
// crash ends the process at one of them: from there on nothing that it does
// has an effect. Or it takes away what the journal is written to.
type crash struct {
	at  int // 0 for never
	how ending

	mu     sync.Mutex
	points []string
	over   bool
	end    context.CancelFunc

	written, synced int64 // bytes of the journal
}

// ending is what happens at a cut point.
type ending string

const (
	processEnds ending = "the process ends"
	powerIsLost ending = "the power is lost" // and of the journal what no Sync has brought to the disk
	diskIsFull  ending = "the disk is full"  // from there on, and the process goes on; only records are cut points
)

var errOver = errors.New("the process has ended")

// point passes a cut point, and reports whether the process ends at it or has
// ended before.
func (c *crash) point(what string) (here, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false, true
	}
	c.points = append(c.points, what)
	if c.over = len(c.points) == c.at; c.over && c.how != diskIsFull {
		c.end()
	}
	return c.over, c.over
}

// requested is a point that is no record.
func (c *crash) requested(what string) (over bool) {
	if c.how == diskIsFull {
		return false
	}
	_, over = c.point(what)
	return over
}

func (c *crash) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over && c.how != diskIsFull
}

// lose takes from a journal what was not on the disk when the power was lost.
func (c *crash) lose(t *testing.T, path string) {
	if c.how != powerIsLost || !c.ended() {
		return
	}
	if err := os.Truncate(path, c.synced); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// Append is that of a journal's disk.
func (c *crash) Append(path string) (journal.File, error) {
	f, err := journal.FileSystem{}.Append(path)
	return crashFile{f, c}, err
}

type crashFile struct {
	journal.File
	crash *crash
}

func (f crashFile) Write(p []byte) (int, error) {
	if _, over := f.crash.point("before the record " + string(p)); over {
		return 0, errOver
	}
	if _, over := f.crash.point("in the record " + string(p)); over {
		n, err := f.File.Write(p[:len(p)/2])
		return n, errors.Join(err, errOver)
	}
	n, err := f.File.Write(p)
	f.crash.mu.Lock()
	defer f.crash.mu.Unlock()
	f.crash.written += int64(n)
	return n, err
}

// Sync does nothing but note what would be on the disk.
func (f crashFile) Sync() error {
	f.crash.mu.Lock()
	defer f.crash.mu.Unlock()
	f.crash.synced = f.crash.written
	return nil
}

// RoundTrip wraps what requests are sent through.
func (c *crash) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if c.ended() {
			return nil, errOver
		}
		resp, err := next.RoundTrip(r)
		if err == nil && r.Method != http.MethodGet {
			if c.requested("after " + r.Method + " " + r.URL.Path) {
				return nil, errors.Join(errOver, resp.Body.Close())
			}
		}
		return resp, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type crashStimuli struct {
	fixtures.Stimuli
	crash *crash
}

func (s crashStimuli) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	if s.crash.ended() {
		return errOver
	}
	err := s.Stimuli.Do(ctx, name, user, extension)
	if s.crash.requested("after the stimulus " + string(name)) {
		return errOver
	}
	return err
}

// inhabit signs some users in, as they are in a deployment that is in use.
func inhabit(t *testing.T, d *reference.Deployment, users []*fixtures.User) {
	t.Helper()
	for i, u := range users {
		if u.ByToken() {
			continue // what it is about is not how anybody signs in
		}
		for _, state := range [][]string{{"LOGIN"}, {"LOGIN", "READY"}, nil}[i%3] {
			body := "<User><state>" + state + "</state>"
			if state == "LOGIN" {
				body += "<extension>" + u.Extension + "</extension>"
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader(body+"</User>"))
			r.SetBasicAuth(u.Name(), u.Password.Reveal())
			r.Header.Set("Content-Type", "application/xml")
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			if w.Code != http.StatusAccepted {
				t.Fatalf("user %s, %s: %d %s", u.ID, state, w.Code, w.Body)
			}
			time.Sleep(time.Second) // virtual
		}
	}
}

// places is where everybody is.
func places(d *reference.Deployment) string {
	s := d.Snapshot()
	text := fmt.Sprintf("%d calls", s.Dialogs)
	for _, u := range s.Users {
		text += fmt.Sprintf(", %s %s%s %s%s", u.ID, u.State, u.Pending, u.Extension, u.Dialog)
		if u.Reserved {
			text += " reserved"
		}
	}
	return text
}

// crashAt certifies one requirement, or without an id all of them, with a
// process that ends at a cut point, restores, and gives the cut points that it
// came by.
func crashAt(t *testing.T, how ending, id string, at int) []string {
	cache, dir := t.TempDir(), t.TempDir()
	var points []string
	synctest.Test(t, func(t *testing.T) {
		t.Setenv("XDG_CACHE_HOME", cache)
		embedded, subject := bed.Serve(t, bed.Deployment{})
		inhabit(t, embedded.Deployment, subject.Users)
		before := places(embedded.Deployment)

		ctx, end := context.WithCancel(t.Context())
		defer end()
		cut := &crash{at: at, how: how, end: end}
		path := filepath.Join(dir, "journal.jsonl")
		j, err := journal.Open(path, journal.Run{ID: "r1", Disk: cut})
		if err == nil {
			cut.run(t, ctx, subject, j, id)
			_ = j.Close() // which the system does
			cut.lose(t, path)
		} else if !errors.Is(err, errOver) {
			t.Fatal(err)
		}
		points = cut.points
		what := "not reached"
		if at > 0 && at <= len(points) {
			what = string(how) + " " + points[at-1]
		}
		time.Sleep(10 * time.Second) // what was asked for last takes effect

		if now := places(embedded.Deployment); how == diskIsFull && now != before {
			t.Errorf("cut %d (%s): after the run\n%s, and before\n%s", at, what, now, before)
		}
		subject.Wrap, subject.Journal = nil, nil
		result, err := runner.Restore(t.Context(), subject, path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("cut %d (%s): %v", at, what, err)
		}
		if now := places(embedded.Deployment); now != before {
			t.Errorf("cut %d (%s): %+v\n%s, and before\n%s", at, what, result, now, before)
		}
		for _, u := range result.Users {
			if u.Err != nil {
				t.Errorf("cut %d (%s): user %s: %v", at, what, u.User, u.Err)
			}
		}
		if at == 0 && (len(result.Users) > 0 || len(result.Damage) > 0) {
			t.Errorf("after its end: %+v", result)
		}
		if c, err := journal.Read(path); err != nil || !c.Clean() {
			t.Errorf("cut %d (%s): %v, in the journal are left %v, damage %v", at, what, err, c.Users(), c.Damage)
		}
	})
	return points
}

// run certifies the requirement, or all, until the process ends.
func (c *crash) run(t *testing.T, ctx context.Context, subject runner.Subject, j *journal.Journal, id string) {
	subject.Journal, subject.Wrap = j, c.wrap
	subject.Stimuli = crashStimuli{subject.Stimuli, c}
	certification, err := runner.Open(ctx, subject)
	if err != nil {
		if !c.ended() {
			t.Fatal(err)
		}
		return
	}
	for _, item := range certification.Items() {
		switch {
		case id != "" && item.Requirement.ID != id || c.ended():
		case item.Runs():
			certification.Play(ctx, item)
		case id != "":
			t.Fatalf("%s does not run: %s", id, item.Verdict().Reason)
		}
	}
	certification.Finish(ctx)
}

// TestCrash ends a process at cut points of requirements and restores:
// everybody is where it was. LONG_TESTS takes all cut points of requirements
// that have every kind of change between them, else it is every third of two,
// and less of what the power loses and of disks that are full.
func TestCrash(t *testing.T) {
	ids := []string{"SIG-01", "TRN-UCCE-12"}
	if extent.Long() {
		ids = append(ids, "TRN-UCCE-18", "TRN-UCCE-20", "SUP-01", "PND-11", "SUP-06-RESERVED", "WRP-04", "SUP-07-HOLD")
	}
	for how, step := range map[ending]int{processEnds: extent.Of(3, 3, 1), powerIsLost: extent.Of(9, 3, 1), diskIsFull: extent.Of(9, 3, 1)} {
		first := rand.IntN(step)
		for _, id := range ids {
			t.Run(string(how)+" "+id, func(t *testing.T) {
				points := crashAt(t, how, id, 0)
				if len(points) < 10 {
					t.Fatalf("only %d cut points: %v", len(points), points)
				}
				t.Logf("%d cut points, from %d every %d", len(points), first+1, step)
				for at := first; at < len(points); at += step {
					crashAt(t, how, id, at+1)
				}
			})
		}
	}
}

// TestCrashOfARun is the same for the whole catalogue, at cut points that are
// drawn: one by one ending, two by each in CI, and 40 by each with LONG_TESTS.
// FINESSE_CRASH_SEED draws the same again.
func TestCrashOfARun(t *testing.T) {
	seed := rand.Uint64()
	if given := os.Getenv("FINESSE_CRASH_SEED"); given != "" {
		if _, err := fmt.Sscan(given, &seed); err != nil {
			t.Fatal(err)
		}
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	endings := []ending{processEnds, powerIsLost, diskIsFull}
	if !extent.Wide() {
		first := draw.IntN(len(endings))
		endings = endings[first : first+1]
	}
	for _, how := range endings {
		t.Run(string(how), func(t *testing.T) {
			points := crashAt(t, how, "", 0)
			if len(points) < 500 {
				t.Fatalf("only %d cut points", len(points))
			}
			for range extent.Of(1, 2, 40) {
				at := 1 + draw.IntN(len(points))
				t.Logf("FINESSE_CRASH_SEED=%d: cut %d of %d", seed, at, len(points))
				crashAt(t, how, "", at)
			}
		})
	}
}

// Another module keeps a journal without a word of what is internal.
func TestJournalOfASubject(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	synctest.Test(t, func(t *testing.T) {
		embedded, subject := bed.Serve(t, bed.Deployment{})
		inhabit(t, embedded.Deployment, subject.Users)
		before := places(embedded.Deployment)
		j, err := runner.OpenJournal(path, subject)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := runner.OpenJournal(path+"2", subject); err == nil {
			t.Error("two at once act on the same users")
		}
		ctx, end := context.WithCancel(t.Context())
		subject.Journal, subject.Only = j, []string{"SIG-01"}
		subject.Wrap = func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPut {
					defer end() // the process ends behind its first change
				}
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				return next.RoundTrip(r)
			})
		}
		_, _ = runner.Verdicts(ctx, subject)
		_ = j.Close() // which the system does
		subject.Wrap, subject.Journal = nil, nil
		result, err := runner.Restore(t.Context(), subject, path)
		if err != nil || len(result.Users) == 0 {
			t.Errorf("nobody was left behind: %+v, %v", result, err)
		}
		if now := places(embedded.Deployment); now != before {
			t.Errorf("%s, and before\n%s", now, before)
		}
	})
}
