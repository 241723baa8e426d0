package selftest

import (
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
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
	a.unhurry()
	rows := slices.DeleteFunc(a.Catalogue.All(), func(r *spec.Requirement) bool {
		return pattern != "all" && !slices.ContainsFunc(strings.Split(pattern, ","), func(p string) bool { ok, _ := path.Match(p, r.ID); return ok })
	})
	open, noted := without(rows), readNoted(t)
	stages := a.stages(t)
	a.sweep(t, "noted", stages, open, noted.at)
	a.sweep(t, "anywhere", stages, open, func(string, *stage) bool { return true })
	left := 0
	for _, req := range rows {
		found := note{digest: digest(req), on: open.on[req.ID]}
		for _, w := range open.open[req.ID] {
			found.open = append(found.open, w.name)
			if reasons[req.ID+" "+w.name] == "" {
				left++
				t.Errorf("%s: nobody notices without %s", req.ID, w.name)
			}
		}
		noted[req.ID] = found
	}
	t.Logf("%d words in %d rows, %d of them noticed by nobody; noticed by %v", open.total, len(rows), left, open.by)
	if *reporttest.Update {
		noted.write(t, a.Catalogue)
	}
}

// What the last sweep found holds: each row has the words that were swept, and of
// some rows, others as often as the catalogue changes, each word is noticed where
// it was.
func TestWordsAreThoseSwept(t *testing.T) {
	t.Parallel()
	a := selftestApp(t, io.Discard)
	a.unhurry()
	noted, all := readNoted(t), a.Catalogue.All()
	for _, req := range all {
		if noted[req.ID].digest != digest(req) {
			t.Errorf("%s says something that it did not say when each of its words was taken out: %s='%s' go test -timeout 60m -run TestEveryWord ./runner/selftest -update", req.ID, everyWord, req.ID)
		}
	}
	h := fnv.New32a()
	h.Write([]byte(a.Catalogue.Digest()))
	first, step := int(h.Sum32()%1000), len(all)/extent.Of(6, 12, len(all))
	rows := slices.DeleteFunc(slices.Clone(all), func(r *spec.Requirement) bool {
		return (slices.Index(all, r)+first)%step != 0 || len(noted[r.ID].on) == 0
	})
	open := without(rows)
	a.sweep(t, "noted", a.stages(t), open, noted.at)
	for _, req := range rows {
		for _, w := range open.open[req.ID] {
			if slices.Contains(noted[req.ID].open, w.name) {
				continue
			}
			t.Errorf("%s: nobody notices any more without %s, of those who did", req.ID, w.name)
		}
	}
}

// sweep takes out each word that is open, on the stages that are asked for.
func (a *prover) sweep(t *testing.T, name string, stages []stage, open *unnoticed, on func(id string, s *stage) bool) {
	t.Run(name, func(t *testing.T) {
		for id := range open.open {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				a.withoutDoing(t, id, slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return !on(id, &s) }), open)
			})
		}
		for _, s := range stages {
			ids := slices.DeleteFunc(slices.Collect(maps.Keys(open.open)), func(id string) bool { return s.seated || !s.touches(id) || !on(id, &s) })
			if len(ids) == 0 {
				continue
			}
			t.Run(s.label(), func(t *testing.T) {
				t.Parallel()
				if ids = slices.DeleteFunc(ids, func(id string) bool { return len(open.of(id, false)) == 0 }); len(ids) > 0 {
					synctest.Test(t, func(t *testing.T) { a.judgedWithout(t, s, ids, open) })
				}
			})
		}
	})
}

// word is a word of a row, and the row without it.
type word struct {
	name  string
	row   *spec.Requirement
	acted bool // it says what is done
}

// unnoticed are the words that nobody has noticed yet, by requirement.
type unnoticed struct {
	mu    sync.Mutex
	open  map[string][]*word
	on    map[string][]string // the labels of the stages on which words were noticed
	by    map[string]int      // how many were noticed by what
	total int
}

// without gives the words of rows, each unnoticed.
func without(rows []*spec.Requirement) *unnoticed {
	o := &unnoticed{open: map[string][]*word{}, on: map[string][]string{}, by: map[string]int{}}
	for _, req := range rows {
		o.open[req.ID] = wordsOf(req)
		o.total += len(o.open[req.ID])
	}
	return o
}

func (o *unnoticed) of(id string, acted bool) []*word {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.open[id]), func(w *word) bool { return w.acted != acted })
}

func (o *unnoticed) noticed(id string, w *word, on *stage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.Contains(o.open[id], w) {
		o.by[on.kind()]++
		if label := on.label(); !slices.Contains(o.on[id], label) {
			o.on[id] = append(o.on[id], label)
		}
	}
	o.open[id] = slices.DeleteFunc(slices.Clone(o.open[id]), func(other *word) bool { return other == w })
}

// judgedWithout plays requirements on a stage, and judges them without each word.
func (a *prover) judgedWithout(t *testing.T, s stage, ids []string, open *unnoticed) {
	b := *a
	b.serve = s.serve
	s.only = ids
	if s.fault != nil {
		s.only = slices.Concat(ids, s.fault.Requires)
	}
	err := b.within(t.Context(), &s.trial, func(c *runner.Certification) error {
		held := map[string]evidence.Verdict{}
		for _, item := range c.Items() {
			id := item.Requirement.ID
			if !s.means(item) || !item.Runs() {
				continue
			}
			_, seen := c.Play(t.Context(), item)
			held[id] = a.judged(item.Requirement, seen)
			for _, w := range open.of(id, false) {
				if slices.Contains(ids, id) && a.tells(item.Requirement, w.row, seen) {
					open.noticed(id, w, &s)
				}
			}
		}
		for _, v := range c.Verdicts() {
			was, played := held[v.Requirement]
			for _, w := range open.of(v.Requirement, false) {
				if w.name == "Invariant" && played && slices.Contains(ids, v.Requirement) && v.Outcome == evidence.Failed && was.Outcome != evidence.Failed {
					open.noticed(v.Requirement, w, &s)
				}
			}
		}
		return nil
	})
	if err != nil && (s.fault == nil || !s.fault.FailsPreflight) {
		t.Log(err)
	}
}

// withoutDoing plays a requirement on all stages that it has to do with, and
// without each word that says what is done, on a deployment of its own each time:
// what was played before leaves users where the next finds them.
func (a *prover) withoutDoing(t *testing.T, id string, stages []stage, open *unnoticed) {
	req, _ := a.Catalogue.ByID(id)
	aside := func(s stage) bool { return s.fault != nil && !slices.Contains(s.must, id) }
	for _, s := range slices.Concat(slices.DeleteFunc(slices.Clone(stages), aside), slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return !aside(s) })) {
		with := open.of(id, true)
		if len(with) == 0 {
			return
		}
		if !slices.Contains(req.Deployments, spec.Deployment(s.deployment)) || !s.touches(id) || req.TwoNodes() != (s.only != nil) || s.others && len(req.Given.Others) == 0 {
			continue
		}
		v := a.verdictOn(t, s, req)
		for _, w := range with {
			u := a.verdictOn(t, s, w.row)
			info := req.LevelOn(spec.Deployment(s.deployment)) == spec.Info
			asked := (u.Attempts > 0) == (v.Attempts > 0) // what is not planned is not asked
			if u.Outcome != v.Outcome || !asked || info && (v.Asked != u.Asked || reports.ObservedText(v.Observed) != reports.ObservedText(u.Observed)) {
				open.noticed(id, w, &s)
			}
		}
	}
}

// verdictOn plays a requirement, or one that is like it, on a stage, after what
// has to be exercised for the stage's fault to show.
func (a *prover) verdictOn(t *testing.T, s stage, req *spec.Requirement) (v evidence.Verdict) {
	b := *a
	b.serve = s.serve
	s.only = []string{req.ID}
	if s.fault != nil {
		s.only = append(s.only, s.fault.Requires...)
	}
	synctest.Test(t, func(t *testing.T) {
		_ = b.within(t.Context(), &s.trial, func(c *runner.Certification) error { // who cannot be certified gives no verdict
			for _, item := range c.Items() {
				if item.Requirement.ID != req.ID && item.Runs() {
					c.Play(t.Context(), item)
				}
			}
			if slices.ContainsFunc(req.Steps, func(step spec.Step) bool {
				return step.When.Put != nil && step.When.Put.Credentials == spec.CredentialsExpired
			}) {
				time.Sleep(c.Stage().Target.Settle) // as tokens grow old in the course of a run
			}
			v, _ = c.Play(t.Context(), suites.Item{Requirement: req})
			for _, all := range c.Verdicts() { // what was planned not to run stays so there
				if all.Requirement == req.ID && all.Outcome != evidence.NotExercised {
					v = all
				}
			}
			return nil
		})
	})
	return v
}

// judged is the verdict on the last of some attempts.
func (a *prover) judged(req *spec.Requirement, seen []*evidence.Evidence) evidence.Verdict {
	if len(seen) == 0 {
		return evidence.Verdict{}
	}
	return a.Judge.Verdict(req, seen[len(seen)-1])
}

// tells reports whether what was seen, or what another target would have shown,
// is judged otherwise without a word, or otherwise is recorded.
func (a *prover) tells(with, without *spec.Requirement, seen []*evidence.Evidence) bool {
	tells := func(ev *evidence.Evidence) bool {
		v, u := a.Judge.Verdict(with, ev), a.Judge.Verdict(without, ev)
		return v.Outcome != u.Outcome || v.Outcome != evidence.Failed && (v.Seen != u.Seen || !reflect.DeepEqual(v.Observed, u.Observed))
	}
	return slices.ContainsFunc(seen, func(ev *evidence.Evidence) bool {
		return tells(ev) || slices.ContainsFunc(spoilt(with, ev), tells)
	})
}
