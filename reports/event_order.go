package reports

import (
	"strings"
	"time"

	"finesse-conformance/suites/evidence"
)

// eventOrder lists the events that the subject's own session got on the
// subject's node during the steps, as "PUT READY" or "error Invalid State".
// Events of what was before the first step are left out: when they arrive
// depends on the moment.
func eventOrder(e *evidence.Evidence) []string {
	subject := e.Cast["subject"].ID
	if subject == "" || len(e.Steps) == 0 {
		return nil
	}
	from, until := e.Steps[0].Sent, e.Steps[len(e.Steps)-1].Until
	var out []string
	for _, v := range e.Events {
		if v.Session != subject || !strings.HasSuffix(strings.TrimSuffix(v.Node, "/"), "/User/"+subject) ||
			v.Received.Before(from) || v.Received.After(until) {
			continue
		}
		word := strings.ToUpper(v.Event)
		if v.IsError() {
			word = "error " + v.ErrorType
		} else if d := parseDocument(v.Payload); d != nil {
			state := first(d.texts["data/user/state"])
			if late(e.Steps[0].Baseline, state, first(d.texts["data/user/stateChangeTime"]), len(out) == 0) {
				continue
			}
			word = strings.TrimSpace(word + " " + state)
		}
		if len(out) == 0 || out[len(out)-1] != word {
			out = append(out, word)
		}
	}
	return out
}

// late reports whether an event tells of a change before the baseline: by the
// time of the change, or where that is not told, because it comes before all
// others with the baseline's state.
func late(baseline evidence.Observation, state, changed string, leading bool) bool {
	was, err1 := time.Parse(time.RFC3339, baseline.ChangeTime)
	is, err2 := time.Parse(time.RFC3339, changed)
	if err1 == nil && err2 == nil {
		return !is.After(was)
	}
	return leading && state == string(baseline.State)
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
