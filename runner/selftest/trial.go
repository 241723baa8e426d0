package selftest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/redact"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// trial is one certification of one reference deployment.
type trial struct {
	name       string
	deployment string
	heard      bool // whether notifications are listened to
	behaviour  reference.Behaviour
	faults     []string         // harmless ones
	fault      *reference.Fault // nil for a variant
	must       []string         // requirements that must fail
	signs      []Sign           // one of which each of them shows
	only       []string         // what is exercised, nil for all
	pace       int              // all times are multiplied by it
	repeated   bool

	verdicts map[string]evidence.Verdict
	statuses map[string]int // of the answers that decided
	stopped  error          // why nothing could be certified
	took     time.Duration
}

// searches is 1 for a trial that looks for a fault between the requirements,
// which takes longest, else 0.
func (t *trial) searches() int {
	if t.fault != nil && t.fault.FoundBy != "" {
		return 1
	}
	return 0
}

// beat is the unit of the times of a selftest. Everything that a run waits
// for is many of them, so that a machine that is busy for one beat decides
// nothing.
const beat = 20 * time.Millisecond

// beats is how long things may take in a trial of a pace.
func beats(pace int) config.Timing {
	unit := beat * time.Duration(pace)
	return config.Timing{
		Request: 10 * time.Second, Settle: 36 * unit, Quiet: 4 * unit, Poll: unit / 5, LongestWait: 60 * time.Second,
	}
}

// onLoopback serves the deployment of a trial.
func onLoopback(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, err := runner.StartEmbedded(cfg, "127.0.0.1:0", true)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	return e, runner.Subject{Handler: e.Deployment}, nil
}

// affordable are the requirements that are exercised with a fault: those that
// it breaks and needs, and of the others a few, so that over all faults each
// of them has its turn.
func (a *prover) affordable(f reference.Fault, t trial) []string {
	ids := slices.Concat(t.must, f.Requires)
	if f.FoundBy != "" { // what finds it is no requirement
		ids = slices.Clone(f.Requires)
	}
	const others = 8
	var rest []string
	for _, req := range a.Catalogue.Applicable(spec.Deployment(t.deployment), runner.ReferenceRelease) {
		if !slices.Contains(ids, req.ID) && !(req.Section == "WRP" && req.Steps[0].When.Timer != "") {
			rest = append(rest, req.ID)
		}
	}
	order := map[string]uint32{}
	for _, id := range rest {
		h := fnv.New32a()
		fmt.Fprintf(h, "%s %s %s %v", id, f.Name, t.deployment, t.heard)
		order[id] = h.Sum32()
	}
	slices.SortFunc(rest, func(x, y string) int { return cmp.Compare(order[x], order[y]) })
	return append(ids, rest[:min(others, len(rest))]...)
}

// attempt certifies the deployment of a trial.
func (a *prover) attempt(ctx context.Context, t *trial) {
	began := time.Now()
	t.verdicts, t.statuses, t.stopped = map[string]evidence.Verdict{}, map[string]int{}, nil
	if err := a.certifyTrial(ctx, t); err != nil {
		t.stopped = err
		var out *preflight.OutOfService
		if errors.As(err, &out) {
			t.verdicts["USR-07"] = outOfService(out)
		}
	}
	t.took = time.Since(began)
}

// config is the deployment of a trial.
func (t *trial) config(timing runner.Timing) (reference.Config, error) {
	cfg, err := reference.Default(t.deployment, runner.ReferenceRelease.String(), 1)
	if err != nil {
		return cfg, err
	}
	cfg = cfg.WithTokenUsers()
	cfg.TokenLife = 4 * timing.Settle // some expire in the course of a trial
	cfg.Delay, cfg.WrapUpTimer = timing.Quiet/20, 25*timing.Quiet
	cfg.Settle, cfg.Quiet = timing.Settle, timing.Quiet
	cfg.Behaviour, cfg.Faults = t.behaviour, t.faults
	if cfg.Behaviour.GetLag > 0 { // what is looked at for the quiet time must not lag by more
		cfg.Behaviour.GetLag = timing.Quiet / 2
	}
	if t.fault != nil {
		cfg.Faults = append(slices.Clone(cfg.Faults), t.fault.Name)
	}
	return cfg, nil
}

// within begins the certification of a trial's deployment, has something done
// with it, and leaves both.
func (a *prover) within(ctx context.Context, t *trial, do func(*runner.Certification) error) (err error) {
	timing := a.timing(t.pace)
	cfg, err := t.config(timing)
	if err != nil {
		return err
	}
	e, subject, err := a.serve(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	subject.Users = e.Users()
	if subject.Stimuli == nil {
		subject.Stimuli = e.Stimuli()
	}
	subject.Release, subject.Timing, subject.Only, subject.Events = runner.ReferenceRelease.String(), timing, t.only, "off"
	if t.fault != nil && !t.fault.FailsPreflight { // SystemInfo may be what is broken
		subject.Deployment = spec.Deployment(t.deployment)
	}
	if t.heard {
		subject.Events = e.Events.String()
	}
	app := *a.CLI // what is secret in one trial need not be looked for in all
	app.Secrets = redact.New(spec.Words)
	c, err := app.Open(ctx, subject)
	if err != nil {
		return err
	}
	defer c.Abandon(ctx)
	// Where the service is, SystemInfo tells.
	if stage := c.Stage(); t.heard && !stage.Target.Notifications && !slices.Contains(t.must, "USR-07") {
		return fmt.Errorf("the notification service could not be reached: %s", stage.Unheard.Why)
	}
	return do(c)
}

// means reports whether a trial is about what is planned.
func (t *trial) means(item suites.Item) bool {
	req := item.Requirement
	probe := req.Steps != nil && req.Steps[0].When.Probe != ""
	return (t.only == nil || slices.Contains(t.only, req.ID)) && item.Outcome != evidence.NotApplicable && !probe
}

func (a *prover) certifyTrial(ctx context.Context, t *trial) error {
	return a.within(ctx, t, func(c *runner.Certification) error { return t.play(ctx, c) })
}

func (t *trial) play(ctx context.Context, c *runner.Certification) error {
	meant := map[string]bool{}
	for _, item := range c.Items() {
		if !t.means(item) {
			continue
		}
		meant[item.Requirement.ID] = true
		if item.Runs() && ctx.Err() == nil {
			v, seen := c.Play(ctx, item)
			if n := len(seen); n > 0 && v.Exchange >= 0 && v.Exchange < len(seen[n-1].Exchanges) {
				t.statuses[v.Requirement] = seen[n-1].Exchanges[v.Exchange].Status
			}
		}
	}
	if err := t.between(ctx, c); err != nil {
		return err
	}
	for _, v := range c.Verdicts() {
		if meant[v.Requirement] {
			t.verdicts[v.Requirement] = v
		}
	}
	return nil
}

// between has a fault found that lies between the requirements.
func (t *trial) between(ctx context.Context, c *runner.Certification) (err error) {
	if t.fault == nil || t.fault.FoundBy == "" || ctx.Err() != nil {
		return nil
	}
	const steps = 1000 // within which whatever there is has to be found
	v := evidence.Verdict{Requirement: string(t.fault.FoundBy), Outcome: evidence.Passed, Step: -1, Exchange: -1, Event: -1, Attempts: 1}
	if t.fault.FoundBy == reference.ByMap {
		v.Reason, err = c.Mapped(ctx)
	} else {
		v.Reason, err = c.Explored(ctx, 1, steps)
	}
	if v.Reason != "" {
		v.Outcome = evidence.Failed
	}
	t.verdicts[v.Requirement] = v
	return err
}

// outOfService is the failure of a deployment that says that it is not in
// service: that is what USR-07 is about.
func outOfService(out *preflight.OutOfService) evidence.Verdict {
	return evidence.Verdict{
		Requirement: "USR-07", Outcome: evidence.Failed, Reason: out.Error() + "; saw status " + fmt.Sprintf("%q", out.Status),
		Step: -1, Exchange: -1, Event: -1, Expected: "status IN_SERVICE", Seen: out.Status, Attempts: 1,
	}
}
