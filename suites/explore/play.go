package explore

import (
	"context"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Exercise brings a requirement about on the target, with the explainer for
// what is seen meanwhile; see suites.Exercise.
type Exercise func(context.Context, *spec.Requirement, Explainer) []*evidence.Evidence

// Explainer tells the scenario of one walk what it needs to know.
type Explainer struct {
	Model *Model
	Walk  Walk
}

// Settled reports whether the last round has come about.
func (e Explainer) Settled(_ *spec.Requirement, so *evidence.Evidence) bool {
	return e.Model.Settled(e.Walk, so)
}

// Possible reports whether what was seen so far is possible.
func (e Explainer) Possible(_ *spec.Requirement, so *evidence.Evidence) bool {
	d := e.Model.check(e.Walk, so)
	return d == nil || d.broken
}

// Seen is what came of playing a walk once.
type Seen struct {
	Deviation *Deviation         // nil where everything was possible
	Rounds    int                // that were played
	Evidence  *evidence.Evidence // of the attempt that tells, nil where it could not be begun
	Why       string             // why it ended before its end, "" where it did not
}

// play plays a walk once.
func (m *Model) play(ctx context.Context, w Walk, exercise Exercise) Seen {
	var s Seen
	for _, ev := range exercise(ctx, m.requirement(w), Explainer{m, w}) {
		if ev.Requirement != w.Name {
			continue // of something else that had to be found out
		}
		s = Seen{Deviation: m.check(w, ev), Rounds: len(m.history(w.of(spec.Self), ev, spec.Self).rounds), Evidence: ev, Why: ev.Unreached}
		if s.Deviation != nil && !s.Deviation.broken {
			break // else another attempt may have been answered
		}
	}
	return s
}
