package explore

import (
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// broken tells of a request that the target itself answered with 500, while it
// served others of the same walk. It may have been out of order for a moment, so
// that one counts only where the same walk brings it about nearly each time.
func broken(w Walk, ev *evidence.Evidence) *Deviation {
	if !served(ev) {
		return nil
	}
	for i, step := range ev.Steps[:min(len(ev.Steps), len(w.Rounds))] {
		for n, d := range w.Rounds[i].Does {
			x := exchangeOf(ev, step, n)
			if x == nil || x.Err != "" || x.Status != http.StatusInternalServerError {
				continue
			}
			return &Deviation{
				Round: i, Did: w.Rounds[i].Words(), From: string(w.Rounds[i].From), Expected: "an answer that the guide knows",
				Seen:   strings.TrimSpace("500 "+errorType(x.ResponseBody)) + " to " + spec.Step{When: d}.Words(nil),
				broken: true,
			}
		}
	}
	return nil
}

// served reports whether the target did something else that was asked for.
func served(ev *evidence.Evidence) bool {
	return slices.ContainsFunc(ev.Exchanges, func(x evidence.Exchange) bool {
		return x.Method == http.MethodPut && x.Served() && strings.HasPrefix(x.Path, "/finesse/api/User/")
	})
}

// exchangeOf is that of the thing at a place of a step, nil where it is none.
func exchangeOf(ev *evidence.Evidence, step evidence.Step, place int) *evidence.Exchange {
	n := step.Exchange
	if len(step.Acts) > place {
		n = step.Acts[place].Exchange
	} else if place > 0 {
		return nil
	}
	if n < 0 || n >= len(ev.Exchanges) {
		return nil
	}
	return &ev.Exchanges[n]
}
