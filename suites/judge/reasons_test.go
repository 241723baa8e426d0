package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestEveryReasonIsShown(t *testing.T) {
	const lost = "in a GET of TST-01: expected 7, which was sent with NOT_READY; saw none"
	none, other, chosen := in(spec.NotReady), user{state: spec.NotReady, reason: "8"}, user{state: spec.NotReady, reason: "7"}
	asks := func(s *scene, reason string) *scene {
		s.puts(202, "")
		s.ev.Exchanges[len(s.ev.Exchanges)-1].RequestBody = "<User><state>NOT_READY</state><reasonCodeId>" + reason + "</reasonCodeId></User>"
		return s
	}
	from := func(state spec.State, then ...user) *scene {
		s := asks(begin(in(state)).timer(time.Minute), "7")
		for _, u := range then {
			s.sees(quiet, u)
		}
		return s
	}
	backIn := func(state spec.State, s *scene) *scene {
		s.puts(202, "")
		s.ev.Exchanges[len(s.ev.Exchanges)-1].RequestBody = "<User><state>READY</state></User>"
		return s.sees(time.Second, in(state))
	}
	edited := func(s *scene, edit func(x *evidence.Exchange)) *scene {
		edit(&s.ev.Exchanges[1])
		return s
	}
	refused := from(spec.Talking, in(spec.Talking)).hears(0, refuses("Invalid State", "265")).sees(time.Second, none).sees(quiet, none)
	tryRuns(t, "RSN-01", []run{
		{"shown", []*scene{from(spec.Work, chosen, chosen)}, ""},
		{"lost", []*scene{from(spec.Work, none, none)}, lost},
		{"where the wrap-up timer may have led", []*scene{from(spec.Work, none, none).timer(3 * time.Second)}, ""},
		{"where that leads elsewhere", []*scene{from(spec.WorkReady, none, none).timer(3 * time.Second)}, lost},
		{"where the timer is not told", []*scene{from(spec.Work, none, none).timer(0)}, ""},
		{"lost after a call", []*scene{from(spec.Talking, in(spec.Talking), none, none)}, lost},
		{"lost from READY on UCCX", []*scene{from(spec.Ready, none, none).on(spec.UCCX)}, lost},
		{"another", []*scene{from(spec.Work, other, other)}, "in a GET of TST-01: expected 7, which was sent with NOT_READY; saw 8"},
		{"late", []*scene{from(spec.Work, none, chosen)}, ""},
		{"gone after a while", []*scene{from(spec.Work, chosen, none)}, ""}, // for others who move it, or a failover
		{"seen once", []*scene{from(spec.Work, none)}, ""},
		{"seen for less than the quiet time", []*scene{from(spec.Work, none).sees(quiet-6*time.Millisecond, none)}, ""},
		{"from where the guide does not say", []*scene{from(spec.Reserved, none, none)}, ""},
		{"from a reservation on UCCX", []*scene{from(spec.ReservedOutbound, none, none).on(spec.UCCX)}, ""},
		{"from a reservation", []*scene{from(spec.ReservedOutbound, none, none)}, lost},
		{"moved meanwhile", []*scene{from(spec.Work, none, in(spec.Ready), none, none)}, ""},
		{"through wrap-up", []*scene{from(spec.Talking, in(spec.Work), none, none)}, ""},
		{"asked twice", []*scene{asks(from(spec.Talking, in(spec.Talking)), "8").sees(quiet, none).sees(quiet, none)}, ""},
		{"lost, and asked once more", []*scene{asks(backIn(spec.Work, from(spec.Work, none, none)), "7").sees(quiet, chosen)}, lost},
		{"lost the second time", []*scene{asks(backIn(spec.Work, from(spec.Work, chosen, chosen)), "7").sees(quiet, none).sees(quiet, none)}, lost},
		{"asked twice on a call", []*scene{asks(backIn(spec.Talking, from(spec.Work, chosen, chosen)), "7").sees(quiet, in(spec.Talking)).sees(quiet, none).sees(quiet, none)}, ""},
		{"refused by an event", []*scene{refused}, ""},
		{"refused at once", []*scene{edited(from(spec.Work, none, none), func(x *evidence.Exchange) { x.Status = 400 })}, ""},
		{"asked by somebody else", []*scene{edited(from(spec.Work, none, none), func(x *evidence.Exchange) { x.As = "1003" })}, ""},
		{"no reason sent", []*scene{edited(from(spec.Work, none, none), func(x *evidence.Exchange) { x.RequestBody = "<User><state>NOT_READY</state></User>" })}, ""},
		{"LOGOUT", []*scene{edited(from(spec.Work, none, none), func(x *evidence.Exchange) {
			x.RequestBody = "<User><state>LOGOUT</state><reasonCodeId>7</reasonCodeId></User>"
		})}, ""},
		{"an answer lost", []*scene{from(spec.Work, none, none).loses(0, time.Second, 0, "reset")}, ""},
		{"put back", []*scene{edited(from(spec.Work, none, none), func(x *evidence.Exchange) { x.Purpose = evidence.ForReturn })}, ""},
	})
}
