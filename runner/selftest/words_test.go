package selftest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// everyWord is the environment variable with which TestEveryWord is run: "all",
// or patterns of requirements with commas.
const everyWord = "FINESSE_WORDS"

// Every word of every row changes a verdict: each is taken out in turn, and the
// conformant reference, a fault that the row is about or another variant gets
// another verdict without it. The verdict on what a row demands is a pure
// function of what was seen: it is asked again without the word. A word that says
// what is done is taken out before it is done.
func TestEveryWord(t *testing.T) {
	pattern := os.Getenv(everyWord)
	if pattern == "" {
		t.Skip("set " + everyWord + " to all, or to patterns of requirements")
	}
	a := selftestApp(t, io.Discard)
	a.timing, a.serve, a.part = unhurried, inMemory, len(a.Catalogue.All())
	open := &unnoticed{open: map[string][]*word{}}
	total := 0
	for _, req := range a.Catalogue.All() {
		if pattern == "all" || slices.ContainsFunc(strings.Split(pattern, ","), func(p string) bool { ok, _ := path.Match(p, req.ID); return ok }) {
			open.open[req.ID] = wordsOf(req)
			total += len(open.open[req.ID])
		}
	}
	trials, err := a.trials(Options{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := []func(*trial) bool{
		func(t *trial) bool { return t.fault == nil && t.name == "conformant" },
		func(t *trial) bool { return t.fault != nil },
		func(t *trial) bool { return t.fault == nil && t.name != "conformant" },
	}
	for _, at := range []func(reference.Config) (*runner.Embedded, runner.Subject, error){inMemory, seated} {
		b := *a
		b.serve = at
		for i, kind := range kinds {
			t.Run(fmt.Sprint("round ", i), func(t *testing.T) {
				for _, tr := range trials {
					if !kind(tr) || tr.fault != nil && !slices.ContainsFunc(a.Catalogue.All(), func(r *spec.Requirement) bool { return len(open.of(r.ID)) > 0 && tr.touches(r.ID) }) {
						continue
					}
					t.Run(tr.name, func(t *testing.T) {
						t.Parallel()
						tr.only = nil // all that the fault touches
						synctest.Test(t, func(t *testing.T) { b.without(t, tr, open) })
					})
				}
			})
		}
	}
	for _, fault := range append([]reference.NodeFault{""}, reference.NodeFaults()...) {
		b := *a
		b.serve = func(cfg reference.Config) (*runner.Embedded, runner.Subject, error) { return twoNodes(cfg, fault) }
		tr := &trial{name: string(fault), deployment: reference.UCCE, pace: 1}
		for _, req := range a.Catalogue.All() {
			if req.TwoNodes() {
				tr.only = append(tr.only, req.ID)
			}
		}
		synctest.Test(t, func(t *testing.T) { b.without(t, tr, open) })
	}
	left := 0
	for _, req := range a.Catalogue.All() {
		for _, w := range open.open[req.ID] {
			left++
			t.Errorf("%s: nobody notices without %s", req.ID, w.name)
		}
	}
	t.Logf("%d words in %d rows, %d of them noticed by nobody", total, len(open.open), left)
}

// word is a word of a row, and the row without it.
type word struct {
	name  string
	row   *spec.Requirement
	acted bool // it says what is done
}

// unnoticed are the words that nobody has noticed yet, by requirement.
type unnoticed struct {
	mu   sync.Mutex
	open map[string][]*word
}

func (o *unnoticed) of(id string) []*word {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.open[id])
}

func (o *unnoticed) noticed(id string, w *word) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open[id] = slices.DeleteFunc(o.open[id], func(other *word) bool { return other == w })
}

// without plays what a trial is about, with each word and without.
func (a *prover) without(t *testing.T, tr *trial, open *unnoticed) {
	ctx := t.Context()
	err := a.within(ctx, tr, func(c *runner.Certification) error {
		held := map[string]evidence.Verdict{}
		for _, item := range c.Items() {
			id := item.Requirement.ID
			with := open.of(id)
			needed := tr.fault != nil && slices.Contains(tr.fault.Requires, id)
			if !tr.means(item) || !item.Runs() || !needed && (len(with) == 0 || !tr.touches(id)) {
				continue
			}
			v, seen := c.Play(ctx, item)
			held[id] = a.judged(item.Requirement, seen)
			for _, w := range with {
				if w.acted && a.differs(ctx, c, item, w, v) || !w.acted && a.tells(item.Requirement, w.row, seen, tr.fault == nil) {
					open.noticed(id, w)
					t.Logf("%s without %s", id, w.name)
				}
			}
		}
		for _, v := range c.Verdicts() {
			was, played := held[v.Requirement]
			for _, w := range open.of(v.Requirement) {
				if w.name == "Invariant" && played && v.Outcome == evidence.Failed && was.Outcome != evidence.Failed {
					open.noticed(v.Requirement, w)
				}
			}
		}
		return nil
	})
	if err != nil && (tr.fault == nil || !tr.fault.FailsPreflight) {
		t.Log(err)
	}
}

// touches reports whether a requirement has to do with the trial's fault in
// particular.
func (t *trial) touches(id string) bool {
	return t.fault == nil || t.fault.Explains(id) && (slices.Contains(t.must, id) || !slices.Contains(t.fault.MayAlsoBreak, "*"))
}

// judged is the verdict on the last of some attempts.
func (a *prover) judged(req *spec.Requirement, seen []*evidence.Evidence) evidence.Verdict {
	if len(seen) == 0 {
		return evidence.Verdict{}
	}
	return a.Judge.Verdict(req, seen[len(seen)-1])
}

// tells reports whether what was seen, or what another target would have shown
// where all was right, is judged otherwise without a word, or otherwise is
// recorded.
func (a *prover) tells(with, without *spec.Requirement, seen []*evidence.Evidence, right bool) bool {
	tells := func(ev *evidence.Evidence) bool {
		v, u := a.Judge.Verdict(with, ev), a.Judge.Verdict(without, ev)
		return v.Outcome != u.Outcome || v.Outcome != evidence.Failed && (v.Seen != u.Seen || !reflect.DeepEqual(v.Observed, u.Observed))
	}
	return slices.ContainsFunc(seen, func(ev *evidence.Evidence) bool {
		return tells(ev) || right && slices.ContainsFunc(spoilt(with, ev), tells)
	})
}

// differs reports whether another verdict comes of what is done without a word,
// and the one as before with it again.
func (a *prover) differs(ctx context.Context, c *runner.Certification, item suites.Item, w *word, v evidence.Verdict) bool {
	other := item
	other.Requirement = w.row
	info := item.Requirement.LevelOn(c.Stage().Target.Deployment) == spec.Info
	same := func(v, u evidence.Verdict) bool {
		return v.Outcome == u.Outcome && (!info || v.Asked == u.Asked && v.Observed.Note == u.Observed.Note)
	}
	u, _ := c.Play(ctx, other)
	if same(u, v) {
		return false
	}
	again, _ := c.Play(ctx, item)
	return same(again, v)
}

// seated serves a deployment whose users are found signed in.
func seated(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err != nil {
		return nil, subject, err
	}
	for _, u := range cfg.Users {
		r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader("<User><state>LOGIN</state><extension>"+u.Extension+"</extension></User>"))
		r.Header.Set("Content-Type", "application/xml")
		r.SetBasicAuth(u.ID, u.Password)
		e.Deployment.ServeHTTP(httptest.NewRecorder(), r) // who signs in by token stays where it is
	}
	time.Sleep(time.Second) // until it has come about
	return e, subject, nil
}

// twoNodes serves a system of two nodes.
func twoNodes(cfg reference.Config, fault reference.NodeFault) (*runner.Embedded, runner.Subject, error) {
	first, second := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond)), memnet.Listen("127.0.0.2:8445", memnet.Constant(time.Millisecond))
	e, err := runner.ServeEmbedded(cfg, first, true, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	other, err := e.ServeSecond(reference.SecondNode{Lag: 150 * time.Millisecond, Skew: -400 * time.Millisecond, Fault: fault}, second, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == second.Addr().String() {
			return second.Dial(ctx, network, address)
		}
		return first.Dial(ctx, network, address)
	}
	return e, runner.Subject{URL: e.URL.String(), OtherNode: other.String(), Dial: dial}, nil
}
