package runner

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// What a run will do is told by making it: on a model of the target, which is
// the reference deployment with the target's own users behind connections in
// memory. Time is virtual there, so that minutes of waiting take a second.

// forecast is what a run came to on a model of its target.
type forecast struct {
	cast     []*fixtures.User // of the model
	took     time.Duration
	requests int
	attempts []*evidence.Evidence // of all scenarios
	stimuli  []stimulusAsked
	passed   map[string][]spec.State // the states that users were in, by id
}

// stimulusAsked is something that the stimulus hook was asked for.
type stimulusAsked struct {
	requirement string
	name        spec.Stimulus
	user        string
}

// forecast makes a run of the items on a model of the target.
func (s *session) forecast(ctx context.Context, items []suites.Item, delay time.Duration) (f *forecast, err error) {
	// Time is virtual in the package testing alone, which asks for a test: one
	// that nobody runs will do.
	synctest.Test(new(testing.T), func(*testing.T) { f, err = s.forecastIn(ctx, items, delay) })
	return f, err
}

// forecastIn is forecast where time is virtual already. The context is of the
// time outside: waiting for it would hold up the virtual one, so that it is
// asked between scenarios.
func (s *session) forecastIn(outside context.Context, items []suites.Item, delay time.Duration) (*forecast, error) {
	m, err := s.newModel(delay)
	if err != nil {
		return nil, err
	}
	defer m.close()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	if err := m.open(ctx, s.survey, s.rows()); err != nil {
		return nil, err
	}
	items = slices.DeleteFunc(slices.Clone(items), func(i suites.Item) bool { return !i.Runs() })
	m.session.arrange(items)
	list := m.session.sequence(repeated(items, m.session.config.Run.Repeat))
	shared, alone, own := apart(list)
	var workers []*modelWorker
	for n, troupe := range m.session.troupes {
		waits := n == 0 && len(m.session.troupes) > 1 && len(alone) > 0
		workers = append(workers, m.worker(ctx, stop, troupe, !waits))
	}
	next := make(chan suites.Item)
	go func() {
		defer close(next)
		for _, i := range shared {
			next <- i
		}
	}()
	var all sync.WaitGroup
	for n, w := range workers {
		all.Go(func() {
			for _, i := range own[n+1] {
				w.play(ctx, outside, i)
			}
			for i := range next {
				w.play(ctx, outside, i)
			}
			if n > 0 {
				w.end(ctx)
			}
		})
	}
	all.Wait()
	for _, i := range alone {
		workers[0].play(ctx, outside, i)
	}
	workers[0].end(ctx)
	return m.result(workers), outside.Err()
}

// sequence gives the items in the order in which a run takes them.
func (s *session) sequence(items []suites.Item) []suites.Item {
	if len(s.troupes) < 2 {
		return s.ordered(items)
	}
	list := make([]suites.Item, len(items))
	for n, job := range (&processes{session: s}).ranked(items) {
		list[n] = items[n]
		list[n].Rank = job.Rank
	}
	slices.SortStableFunc(list, func(a, b suites.Item) int { return b.Rank - a.Rank })
	return list
}

// apart gives what any process can take, what is for the whole cast, and what
// belongs to a process, each in its order.
func apart(items []suites.Item) (shared, alone []suites.Item, own map[int][]suites.Item) {
	own = map[int][]suites.Item{}
	for _, i := range items {
		switch {
		case i.Alone:
			alone = append(alone, i)
		case i.Proc > 0:
			own[i.Proc] = append(own[i.Proc], i)
		default:
			shared = append(shared, i)
		}
	}
	return shared, alone, own
}

// modelWorker does on the model what one process of a run does.
type modelWorker struct {
	session  *session
	exercise suites.Exercise
	playing  string // the requirement
	stimuli  []stimulusAsked
	attempts []*evidence.Evidence
}

// worker makes the worker of a troupe. Who signs in may stay so between
// scenarios where the worker does not have to wait for others.
func (m *model) worker(ctx context.Context, stop context.CancelCauseFunc, troupe *fixtures.Cast, stays bool) *modelWorker {
	mine := *m.session
	w := &modelWorker{session: &mine}
	mine.troupe, mine.stimuli = troupe, &countedStimuli{Stimuli: mine.stimuli, by: w}
	mine.listen(ctx, progress.None{}.Say)
	mine.setStage()
	mine.stage.Stays = stays
	w.exercise = mine.exercise(progress.None{}, stop)
	return w
}

// play exercises an item, unless whoever waits outside waits no more.
func (w *modelWorker) play(ctx, outside context.Context, i suites.Item) {
	if outside.Err() != nil {
		return
	}
	w.playing = i.Requirement.ID
	_, seen := w.exercise(ctx, i)
	w.attempts = append(w.attempts, seen...)
}

func (w *modelWorker) end(ctx context.Context) {
	w.session.end(ctx, progress.None{})
	w.attempts = append(w.attempts, w.session.afterwards...)
}

// countedStimuli note what they are asked for.
type countedStimuli struct {
	fixtures.Stimuli
	by *modelWorker
	mu sync.Mutex
}

func (c *countedStimuli) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	c.mu.Lock()
	c.by.stimuli = append(c.by.stimuli, stimulusAsked{c.by.playing, name, user})
	c.mu.Unlock()
	return c.Stimuli.Do(ctx, name, user, extension)
}
