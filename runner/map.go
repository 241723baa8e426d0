package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/junit"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// The reports of a map in the folder of the reports.
const (
	mapName      = "map.json"
	mapPageName  = "map.html"
	mapJUnitName = "map-junit.xml"
)

// MapOptions say how the behaviour map is made.
type MapOptions struct {
	// Budget is how long new situations are visited, 0 for as long as it
	// takes. The most telling ones come first.
	Budget time.Duration

	whole bool // --only and --skip are of the requirements of the run before it
}

// Map visits every situation that the target of the configuration can be
// brought into, asks there whatever may be asked, and writes the behaviour map
// into the folder of the reports. It acts with the care of a run: journal, put
// back, rate limits. The exit code is that of a run in which every row of the
// matrix is a requirement.
func (a *CLI) Map(ctx context.Context, cfg *config.Config, o MapOptions) (code int, err error) {
	if o.Budget < 0 {
		return 0, &exit.UsageError{Err: fmt.Errorf("--budget is %v: say how long, such as 10m", o.Budget)}
	}
	cfg.Run.Profiles = nil // they are of requirements
	if !o.whole {
		if err := selectionOf(cfg.Run).CheckIDs(behaviour.IDs(), "no row of the map", "their ids are MAP-<state>-<asker>, such as MAP-TALKING-self"); err != nil {
			return 0, &exit.UsageError{Err: err}
		}
	}
	rules, err := spec.LoadRules()
	if err != nil {
		return 0, err
	}
	return a.beside(ctx, cfg, "map", func(ctx context.Context, s *session, display progress.Display) (int, error) {
		return s.mapTarget(ctx, rules, o, display)
	})
}

func (s *session) mapTarget(ctx context.Context, rules *spec.Rules, o MapOptions, display progress.Display) (int, error) {
	plan := behaviour.Plan{Deployment: s.survey.Deployment, Release: s.survey.Release, Codes: codesOf(s.survey.Cast)}
	rows := plan.Rows(rules, s.Catalogue.Moves(s.survey.Deployment, s.survey.Release))
	selection := s.selection()
	if o.whole {
		selection = suites.Selection{}
	}
	rows = slices.DeleteFunc(rows, func(r *behaviour.Row) bool { return selection.Why(r.ID()) != "" })
	if len(rows) == 0 {
		return 0, &exit.UsageError{Err: errors.New("the patterns leave no row of the map of this deployment")}
	}
	if s.config.Run.DryRun {
		return 0, s.planMap(rows)
	}
	s.refusals = &scenario.Unauthorized{Most: mostUnauthorized}
	rows, shared := s.shareRows(rows)
	m := mapping{session: s, rows: rows, end: shared, visits: map[string][]*evidence.Evidence{}, unmade: map[string]string{}}
	if o.Budget > 0 {
		m.until = s.began.Add(o.Budget)
	}
	display.Begin(progress.Task{Target: s.name(), Does: "mapping", Much: measure(rows)}, m.items())
	for _, note := range s.survey.Notes {
		display.Say("%s", note)
	}
	m.visitAll(ctx, display)
	display.End()
	result, seen := m.result()
	return s.publishMap(ctx, result, seen, m.unrestored)
}

// mostUnauthorized is how many answers 401 a map costs: one for each kind of
// request of each who may not ask and one a state for what a supervisor may not
// ask for, 28 together, and a few that are asked again.
const mostUnauthorized = 40

// codesOf says for which categories reason codes are configured for everybody
// who may be asked about.
func codesOf(cast *fixtures.Cast) map[spec.Category]bool {
	codes := map[spec.Category]bool{}
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		n := 0
		for _, u := range cast.Usable() {
			if len(u.Codes[category]) > 0 {
				n++
			}
		}
		codes[category] = n > len(cast.Usable())/2
	}
	return codes
}

// planMap says what a map would ask, and how long the quiet times alone take.
func (s *session) planMap(rows []*behaviour.Row) error {
	cells := 0
	for _, r := range rows {
		cells += len(r.Cells)
	}
	each := s.target.Timing.Quiet / time.Duration(len(s.troupes))
	_, err := fmt.Fprintf(s.Out, "%s; with %s at least %v of quiet times, and as long again for the ways\n",
		measure(rows), text.Count(len(s.troupes), "troupe"), (time.Duration(cells) * each).Round(time.Second))
	return err
}

// measure says in words how much a map asks.
func measure(rows []*behaviour.Row) string {
	cells, documented := 0, 0
	for _, r := range rows {
		cells += len(r.Cells)
		for _, c := range r.Cells {
			if c.Demand.Documented() {
				documented++
			}
		}
	}
	return fmt.Sprintf("%s, %s (the guide says something of %d)", text.Count(len(rows), "visit"), text.Count(cells, "request"), documented)
}

// mapping is a map under way. Each troupe of the cast visits situations of its
// own, side by side.
type mapping struct {
	*session
	rows  []*behaviour.Row
	until time.Time // when no new visit begins any more, zero for never

	mu         sync.Mutex
	next, end  int // of the rows that are handed out
	visits     map[string][]*evidence.Evidence
	unmade     map[string]string // why rows were not visited
	leftOut    []string
	unrestored []reports.Unrestored
}

// shareRows puts last what some troupe has not the users for and the whole cast
// has: it is visited when all others are back. It gives how many rows are
// before.
func (s *session) shareRows(rows []*behaviour.Row) (all []*behaviour.Row, shared int) {
	s.survey.Cast.SwitchesWrapUp = s.switchesWrapUp()
	var together []*behaviour.Row
	for _, r := range rows {
		short := slices.ContainsFunc(s.troupes, func(t *fixtures.Cast) bool { return !s.survey.Cast.With(t.Users).Playable(r.Requirement) })
		if short && s.survey.Cast.Playable(r.Requirement) {
			together = append(together, r)
			continue
		}
		all = append(all, r)
	}
	return append(all, together...), len(all)
}

// items are the rows as the display knows requirements.
func (m *mapping) items() []suites.Item {
	var items []suites.Item
	for _, r := range m.rows {
		items = append(items, suites.Item{Requirement: r.Requirement, EstimatedDuration: time.Duration(len(r.Cells)) * m.target.Timing.Quiet})
	}
	return items
}

func (m *mapping) visitAll(ctx context.Context, display progress.Display) {
	m.unrestored = m.eachTroupe(ctx, display, m.visit)
	if m.end == m.next && m.end < len(m.rows) && ctx.Err() == nil {
		m.end = len(m.rows)
		together := *m.session
		together.troupes = []*fixtures.Cast{m.survey.Cast}
		m.unrestored = append(m.unrestored, together.eachTroupe(ctx, display, m.visit)...)
	}
	for ; m.next < len(m.rows); m.next++ {
		m.leftOut = append(m.leftOut, m.rows[m.next].Requirement.ID)
	}
}

// visit has a troupe visit what nobody has visited yet, until nothing is left
// or the time is over.
func (m *mapping) visit(ctx context.Context, mine *session, display progress.Display, stop context.CancelCauseFunc) {
	var silent silence
	for row := m.take(); row != nil && ctx.Err() == nil; row = m.take() {
		display.Start(row.Requirement.ID)
		verdict, seen := row.Play(ctx, m.Judge, func(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
			return mine.play(ctx, suites.Item{Requirement: req})
		})
		m.mu.Lock()
		if m.visits[row.Requirement.ID] = seen; len(seen) == 0 {
			m.unmade[row.Requirement.ID] = verdict.Reason
		}
		m.mu.Unlock()
		display.Done(verdict)
		if silent.after(row.Requirement.ID, seen) {
			stop(silent.why(m.target))
		}
	}
}

// take gives the next row, nil where none is left or the time is over.
func (m *mapping) take() *behaviour.Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next == m.end || !m.until.IsZero() && time.Now().After(m.until) {
		return nil
	}
	m.next++
	return m.rows[m.next-1]
}

// result makes the map of what was seen.
func (m *mapping) result() (*behaviourmap.Map, []*evidence.Evidence) {
	in := behaviourmap.Input{
		Judge: m.Judge, Deployment: m.survey.Deployment, LeftOut: m.leftOut, Unmade: m.unmade, Rows: m.rows[:len(m.rows)-len(m.leftOut)],
		Points: behaviourmap.Points(m.Catalogue, m.survey.Deployment, m.survey.Release),
	}
	for _, r := range m.rows {
		in.Evidence = append(in.Evidence, m.visits[r.Requirement.ID]...)
	}
	facts := m.facts()
	return behaviourmap.Build(behaviourmap.Map{
		RunID: m.config.Run.ID, Tool: facts.Tool, Spec: reports.SpecInfo{Digest: m.Catalogue.Digest(), Requirements: len(m.Catalogue.All())},
		Target: facts.Target, Started: m.began, Finished: time.Now(),
	}, in), in.Evidence
}

// publishMap writes and prints the map, and gives the exit code.
func (s *session) publishMap(ctx context.Context, m *behaviourmap.Map, seen []*evidence.Evidence, left []reports.Unrestored) (int, error) {
	out := s.config.Run.Out
	files := []report{
		{filepath.Join(out, mapName), m.Write},
		{filepath.Join(out, mapPageName), m.WriteHTML},
		{filepath.Join(out, mapJUnitName), func(w io.Writer) error {
			return junit.Encode(w, junit.Suites{Suites: []junit.Suite{m.Suite()}})
		}},
	}
	if m.RunID == "" { // else the archive is the run's
		files = append(files, s.archive(m.Tool, m.Target, seen))
	}
	errs := writeFiles(files)
	errs = append(errs, s.print(func(w io.Writer) error {
		return m.WriteText(text.Wrapping(w, s.Width), filepath.Join(out, mapPageName))
	}))
	codes := []int{exit.SignalCode(ctx)}
	if m.Summary.Against > 0 {
		codes = append(codes, reports.ExitNonconformant)
	}
	if m.Summary.AsDocumented == 0 {
		codes = append(codes, reports.ExitTooLittle)
	}
	for _, u := range left {
		codes = append(codes, reports.ExitNotRestored)
		fmt.Fprintf(s.Err, "user %s was in %s and was left in %s: %s\n", u.User, u.Was, u.Is, u.Why)
	}
	return s.CLI.end(reports.Strongest(codes...), errs...)
}
