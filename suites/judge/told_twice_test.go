package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// A change is made or refused, and told of once.
func TestSaidTwice(t *testing.T) {
	now := user{state: spec.Ready, changed: "2026-01-02T03:04:06.000Z"}
	right := tells(now)
	const accepted = "PUT READY: expected 202 or 200, then READY"
	refusal := refuses("Invalid State", "22")
	start := func(events ...evidence.Event) *scene {
		s := begin(user{state: spec.NotReady, changed: "2026-01-02T03:04:04.000Z"}).listening().puts(202, "")
		for _, e := range events {
			s.hears(time.Second, e)
		}
		return s.sees(0, now).converged().stays(now)
	}
	try(t, row(t, "TRN-UCCE-06"), []hearing{
		{"made", start(right), passed, "", false},
		{"made, and refused by event", start(right, refusal), failed, accepted + "; saw 202, the change and an event that refuses it: Invalid State (22)", true},
		{"made, and another request refused", start(right, with(refusal, func(e *evidence.Event) { e.RequestID = "other" })), passed, "", false},
	})
	later := tells(user{state: spec.Ready, reason: "7", changed: now.changed})
	const shaped = accepted + ", an event whose source is the user's node and whose event is PUT; saw "
	try(t, row(t, "NTF-02"), []hearing{
		{"told once", start(right), passed, "", false},
		{"told twice", start(right, right), passed, "", false}, // a leftover subscription does that
		{"told wrongly", start(with(right, func(e *evidence.Event) { e.Source = "" })), failed, shaped + `source ""`, false},
		{"told to another session as well", start(right, with(right, func(e *evidence.Event) { e.Session = "1003" })), passed, "", false},
		{"told again with more to tell", start(right, later), passed, "", false},
	})
	if v := start(right, right).verdict(row(t, "NTF-02")); v.Observed.Note != "the same event twice" {
		t.Errorf("noted %q", v.Observed.Note)
	}
}
