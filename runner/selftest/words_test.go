package selftest

import (
	"context"
	"fmt"
	"io"
	"net"
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
	// What a word demands shows first where something is wrong, and what it has
	// done where all is right.
	slices.SortStableFunc(trials, func(x, y *trial) int { return kindOfTrial(x) - kindOfTrial(y) })
	for from := 0; from < len(trials); {
		to := from
		for to < len(trials) && kindOfTrial(trials[to]) == kindOfTrial(trials[from]) {
			to++
		}
		t.Run(fmt.Sprint("round ", kindOfTrial(trials[from])), func(t *testing.T) {
			for _, tr := range trials[from:to] {
				if tr.fault != nil && !slices.ContainsFunc(a.Catalogue.All(), func(r *spec.Requirement) bool { return len(open.of(r.ID)) > 0 && tr.fault.Explains(r.ID) }) {
					continue
				}
				t.Run(tr.name, func(t *testing.T) {
					t.Parallel()
					tr.only = nil // all that the fault touches
					synctest.Test(t, func(t *testing.T) { a.without(t, tr, open) })
				})
			}
		})
		from = to
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

// kindOfTrial orders trials: the reference, faults, what is right in another way.
func kindOfTrial(t *trial) int {
	switch {
	case t.fault != nil:
		return 1
	case t.name == "conformant":
		return 0
	}
	return 2
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
			touched := tr.fault == nil || tr.fault.Explains(id) || slices.Contains(tr.fault.Requires, id)
			if !tr.means(item) || !item.Runs() || !touched || len(with) == 0 && (tr.fault == nil || !slices.Contains(tr.fault.Requires, id)) {
				continue
			}
			v, seen := c.Play(ctx, item)
			held[id] = a.judged(item.Requirement, seen)
			for _, w := range with {
				if w.acted && a.differs(ctx, c, item, w, v) || !w.acted && a.tells(item.Requirement, w.row, seen) {
					open.noticed(id, w)
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

// judged is the verdict on the last of some attempts.
func (a *prover) judged(req *spec.Requirement, seen []*evidence.Evidence) evidence.Verdict {
	if len(seen) == 0 {
		return evidence.Verdict{}
	}
	return a.Judge.Verdict(req, seen[len(seen)-1])
}

// tells reports whether what was seen is judged otherwise without a word, or
// otherwise is recorded.
func (a *prover) tells(with, without *spec.Requirement, seen []*evidence.Evidence) bool {
	return slices.ContainsFunc(seen, func(ev *evidence.Evidence) bool {
		v, u := a.Judge.Verdict(with, ev), a.Judge.Verdict(without, ev)
		return v.Outcome != u.Outcome || v.Outcome != evidence.Failed && (v.Seen != u.Seen || !reflect.DeepEqual(v.Observed, u.Observed))
	})
}

// differs reports whether another verdict comes of what is done without a word.
func (a *prover) differs(ctx context.Context, c *runner.Certification, item suites.Item, w *word, v evidence.Verdict) bool {
	item.Requirement = w.row
	u, _ := c.Play(ctx, item)
	if w.row.LevelOn(c.Stage().Target.Deployment) == spec.Info && v.Outcome == evidence.Info && u.Outcome == evidence.Info {
		return v.Asked != u.Asked || v.Observed.Note != u.Observed.Note
	}
	return u.Outcome != v.Outcome
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
