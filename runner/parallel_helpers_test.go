package runner

import (
	"time"

	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

func outcomeOf(id string, waited time.Duration) suites.Outcome {
	return suites.Outcome{
		Verdict:  evidence.Verdict{Requirement: id},
		Evidence: []*evidence.Evidence{{Requirement: id, Attempt: 1, Waited: waited / 2}, {Requirement: id, Attempt: 2, Waited: waited / 2}},
	}
}

func itemsOf(app *App, ids ...string) []suites.Item {
	var items []suites.Item
	for _, id := range ids {
		if req, ok := app.Catalogue.ByID(id); ok {
			items = append(items, suites.Item{Requirement: req})
		}
	}
	return items
}

// tale notes which verdicts it is told, in order.
type tale struct {
	silent
	ids []string
}

func (t *tale) Done(v evidence.Verdict) { t.ids = append(t.ids, v.Requirement) }
