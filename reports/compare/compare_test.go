package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// Two runs against the same deployment compare as equal, whatever times, ids
// and figures they have.
func TestSameDeploymentComparesAsEqual(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := comparison(t, func(p *pair) {
			user := fmt.Sprint(1000000 + rnd.IntN(1000000))
			p.run.Seed, p.run.Started = int64(seed), reporttest.Noon.AddDate(0, 0, 1)
			p.run.Finished = p.run.Started.Add(time.Duration(rnd.IntN(60)) * time.Second)
			p.run.Target.URL = "https://127.0.0.1:" + fmt.Sprint(10000+rnd.IntN(50000))
			p.run.Cast[0].ID = user
			p.verdict("SIG-04").Observed.ErrorMessage = "no device " + fmt.Sprint(rnd.IntN(9)+1) + "88123"
			p.verdict("TRN-UCCE-11").Observed.ReasonCodeID = fmt.Sprint(1 + rnd.IntN(9))
			p.verdict("SIG-01").Observed.Via = []evidence.Via{evidence.ViaEvent, evidence.ViaGet}[rnd.IntN(2)]
			p.bodies("2026-03-02T12:00:00.123Z", "2026-03-03T08:00:00.9Z")
			p.bodies("1001", user)
			for _, e := range p.run.Evidence[:6] {
				e.Steps[0].Values = map[string]string{"id": user, "request_id": fmt.Sprint(rnd.Uint64())}
				for i := range e.Exchanges {
					e.Exchanges[i].Duration += time.Duration(rnd.IntN(8)) * time.Millisecond
				}
			}
		})
		if !c.equal() || c.ExitCode(true) != 0 {
			t.Errorf("seed %d: %+v\n%s", seed, c.Regressions, driftsText(c.Drifts))
		}
	}
}

func TestDrift(t *testing.T) {
	seen := func(id string, f func(*reports.Observed)) func(*pair) {
		return func(p *pair) { f(&p.verdict(id).Observed) }
	}
	for _, tc := range []struct {
		name   string
		change func(*pair)
		want   string
	}{
		{"status of several", func(p *pair) {
			for _, id := range []string{"SIG-01", "SIG-02", "TRN-UCCE-06"} {
				p.verdict(id).Observed.Status = 200
			}
		}, "breaking status : 202 -> 200 [SIG-01 SIG-02 TRN-UCCE-06]"},
		{"ErrorType, and with it the rest", seen("ERR-03", func(o *reports.Observed) {
			o.ErrorType, o.ErrorData, o.ErrorMessage = "Bad Request", "x", "y"
		}), `breaking error_type : "Invalid Input" -> "Bad Request" [ERR-03]`},
		{"ErrorData", seen("ERR-03", func(o *reports.Observed) { o.ErrorData = "status" }), `breaking error_data : "state" -> "status" [ERR-03]`},
		{"ErrorData gone", seen("ERR-03", func(o *reports.Observed) { o.ErrorData = "" }), `breaking error_data : "state" -> none [ERR-03]`},
		{"message", seen("ERR-03", func(o *reports.Observed) { o.ErrorMessage = "No." }),
			`cosmetic error_message : "HTTP Status code: 400 (Bad Request)" -> "No." [ERR-03]`},
		{"all messages reworded alike", func(p *pair) {
			p.verdict("ERR-03").Observed.ErrorMessage = "New: HTTP Status code: 400 (Bad Request)"
			p.verdict("SIG-04").Observed.ErrorMessage = "New: no device 777123"
		}, `cosmetic error_message : "no device …" -> "New: no device …", and 1 other like it [SIG-04 ERR-03]`},
		{"all messages the same now", func(p *pair) {
			p.verdict("ERR-03").Observed.ErrorMessage, p.verdict("SIG-04").Observed.ErrorMessage = "No.", "No."
		}, `cosmetic error_message : "no device …" -> "No.", and 1 other like it [SIG-04 ERR-03]`},
		{"two messages reworded", func(p *pair) {
			p.verdict("ERR-03").Observed.ErrorMessage, p.verdict("SIG-04").Observed.ErrorMessage = "No.", "None."
		}, "cosmetic error_message : \"no device …\" -> \"None.\" [SIG-04]\ncosmetic error_message : \"HTTP Status code: 400 (Bad Request)\" -> \"No.\" [ERR-03]"},
		{"ErrorData gone everywhere", func(p *pair) {
			p.verdict("ERR-03").Observed.ErrorData, p.verdict("SIG-04").Observed.ErrorData = "", ""
		}, `breaking error_data : "260" -> none, and 1 other like it [SIG-04 ERR-03]`},
		{"all asynchronous", func(p *pair) {
			for _, id := range []string{"ERR-03", "SIG-04"} {
				o := &p.verdict(id).Observed
				o.Status, o.Via = 202, evidence.ViaEvent
			}
			p.verdict("ERR-03").Observed.ErrorType = "Invalid State"
		}, "breaking asynchrony : refused in the answer, 400, Invalid Input -> refused in an event, 202, Invalid Input, and 1 other like it [SIG-04 ERR-03]"},
		{"asynchronous", seen("ERR-03", func(o *reports.Observed) { o.Status, o.Via = 202, evidence.ViaEvent }),
			"breaking asynchrony : refused in the answer, 400, Invalid Input -> refused in an event, 202, Invalid Input [ERR-03]"},
		{"silent", seen("ERR-03", func(o *reports.Observed) { *o = reports.Observed{Status: 202, Via: evidence.ViaUnchanged} }),
			"breaking asynchrony : refused in the answer, 400, Invalid Input -> nothing changed, 202 [ERR-03]"},
		{"EITHER accepted now", seen("SIG-04", func(o *reports.Observed) {
			*o = reports.Observed{Status: 202, State: "NOT_READY", Via: evidence.ViaGet, Note: "accepted"}
		}),
			"additive outcome : refused in the answer, 400, Invalid Input -> accepted, 202 [SIG-04]"},
		{"INFO refused now", seen("ERR-04", func(o *reports.Observed) {
			*o = reports.Observed{Status: 400, ErrorType: "Invalid Input", Via: evidence.ViaSync}
		}),
			"breaking outcome : accepted, 202 -> refused in the answer, 400, Invalid Input [ERR-04]"},
		{"INFO recorded", seen("ERR-04", func(o *reports.Observed) { o.Note = "TLS: 1.3" }), `cosmetic recorded : none -> "TLS: 1.3" [ERR-04]`},
		{"EITHER recorded", seen("SIG-04", func(o *reports.Observed) { o.Note = "error" }), `breaking recorded : "refused" -> "error" [SIG-04]`},
		{"the run's own trouble", seen("ERR-04", func(o *reports.Observed) { o.Note, o.Outage = "outage: session down", "outage: session down" }), ""},
		{"note of a MUST", seen("ERR-03", func(o *reports.Observed) { o.Note = "unknown element" }), ""},
		{"state", seen("TRN-UCCE-06", func(o *reports.Observed) { o.State = "WORK" }), "breaking state : READY -> WORK [TRN-UCCE-06]"},
		{"reason code", seen("TRN-UCCE-11", func(o *reports.Observed) { o.ReasonCodeID = "-1" }), "breaking reason_code : a reason code -> no reason code [TRN-UCCE-11]"},
		{"reason code of another user", func(p *pair) {
			p.verdict("TRN-UCCE-11").Observed.ReasonCodeID = "-1"
			p.run.Evidence[3].Steps[5].Values = map[string]string{"id": "1002"}
		}, ""},
		{"nothing changed, and the same state", seen("SIG-01", func(o *reports.Observed) { o.Via = evidence.ViaUnchanged }), ""},
		{"nothing changed, and another state", seen("SIG-01", func(o *reports.Observed) { o.Via, o.State = evidence.ViaUnchanged, "LOGOUT" }),
			"breaking outcome : accepted, 202 -> nothing changed, 202 [SIG-01]"},
		{"nobody looked", seen("SIG-01", func(o *reports.Observed) { *o = reports.Observed{Status: 202, Via: evidence.ViaSync} }), ""},
		{"an empty list", func(p *pair) {
			p.run.Evidence = append(p.run.Evidence[:6:6], codes("<ReasonCodes category='LOGOUT'/>"))
		}, ""},
		{"other items of a list", func(p *pair) {
			p.run.Evidence = append(p.run.Evidence[:6:6], codes("<ReasonCodes category='LOGOUT'><ReasonCode><id>1</id></ReasonCode></ReasonCodes>"))
		}, "breaking element ReasonCodes/ReasonCode/code: there -> gone []\nadditive element ReasonCodes/ReasonCode/id: not there -> there []"},
		{"new element", func(p *pair) { p.bodies("</User>", "<skills><skill>a</skill></skills></User>") }, "additive element User/skills: not there -> there []"},
		{"element gone", func(p *pair) { p.bodies("<roles><role>Agent</role></roles>", "") }, "breaking element User/roles: there -> gone []"},
		{"element renamed", func(p *pair) {
			p.bodies("<reasonCodeId>-1</reasonCodeId>", "<ReasonCodeId>-1</ReasonCodeId>")
		}, "breaking element User/reasonCodeId: reasonCodeId -> ReasonCodeId []"},
		{"value gone and come", func(p *pair) { p.bodies("<role>Agent</role>", "<role>Human</role>") },
			"breaking value User/roles/role: Agent -> gone []\nadditive value User/roles/role: not there -> Human []"},
		{"new value", func(p *pair) { p.bodies("<role>Agent</role>", "<role>Agent</role><role>Human</role>") },
			"additive value User/roles/role: not there -> Human []"},
		{"others came to READY", func(p *pair) {
			p.bodies("<roles><role>Agent</role></roles><state>READY", "<roles><role>Supervisor</role></roles><state>READY")
		}, "additive value User/roles/role: not there -> Supervisor []"},
		{"form", func(p *pair) { p.bodies("12:00:00.123Z", "12:00:00Z") },
			"breaking form User/stateChangeTime: time with milliseconds -> time []"},
		{"only in READY", func(p *pair) {
			p.bodies("<reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><state>READY", "<roles><role>Agent</role></roles><state>READY")
		}, "breaking element User in READY/reasonCodeId: there -> gone []"},
		{"events in another order", func(p *pair) {
			e := p.run.Evidence[0]
			e.Events[0].Payload, e.Events[1].Payload = e.Events[1].Payload, e.Events[0].Payload
		}, "breaking events : PUT READY, PUT NOT_READY -> PUT NOT_READY, PUT READY [SIG-01]"},
		{"an event more", func(p *pair) { e := p.run.Evidence[0]; e.Events = append(e.Events, e.Events[0]) },
			"additive events : PUT READY, PUT NOT_READY -> PUT READY, PUT NOT_READY, PUT READY [SIG-01]"},
		{"an event gone", func(p *pair) { e := p.run.Evidence[0]; e.Events = e.Events[1:] },
			"breaking events : PUT READY, PUT NOT_READY -> PUT NOT_READY [SIG-01]"},
		{"events not listened to", func(p *pair) {
			p.run.Settings.Notifications = false
			for _, e := range p.run.Evidence {
				e.Events = nil
			}
		}, ""},
		{"latency", func(p *pair) { p.slow(5) }, "cosmetic latency GET User: median 10 ms of 184 -> median 50 ms of 184 []"},
		{"little latency", func(p *pair) { p.slow(2) }, ""},
		{"latency of few", func(p *pair) {
			for _, e := range p.run.Evidence {
				e.Exchanges = e.Exchanges[:min(2, len(e.Exchanges))]
			}
			p.slow(50)
		}, ""},
		{"convergence", func(p *pair) {
			for _, e := range p.run.Evidence {
				for i := range e.Steps {
					e.Steps[i].Converged = 3 * time.Second
				}
			}
		}, "cosmetic convergence accepted changes: median 480 ms of 36 -> median 3000 ms of 36 []"},
		{"failed before", func(p *pair) {}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := comparison(t, tc.change)
			if got := driftsText(c.Drifts); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if c.Worse || c.ExitCode(false) != 0 || (c.ExitCode(true) == 0) != (tc.want == "") {
				t.Errorf("exit %d, with drift %d; regressions %v", c.ExitCode(false), c.ExitCode(true), c.Regressions)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	fail := func(id string) func(*pair) {
		return func(p *pair) {
			*p.verdict(id) = reporttest.Verdict(id, evidence.Failed, reporttest.Saw("A", "B", reports.Observed{Status: 500}))
		}
	}
	skip := func(id string, gap evidence.GapKind, more ...func(*pair)) func(*pair) {
		return func(p *pair) {
			*p.verdict(id) = reporttest.Verdict(id, evidence.NotExercised, reporttest.Lacks("whatever the words are", evidence.Gap{Kind: gap}))
			for _, f := range more {
				f(p)
			}
		}
	}
	for _, tc := range []struct {
		name     string
		old, new func(*pair)
		want     string
		code     int
	}{
		{"fails now", nil, fail("SIG-01"), "regression SIG-01 passed>failed", 1},
		{"fails and was not exercised", nil, fail("SUP-13"), "regression SUP-13 not_exercised>failed", 1},
		{"repaired", fail("SIG-01"), nil, "repair SIG-01 failed>passed", 0},
		{"failed both times", fail("SIG-01"), fail("SIG-01"), "failing SIG-01 failed>failed", 0},
		{"newly exercised", skip("SIG-01", evidence.GapStimulus), nil, "new SIG-01 not_exercised>passed", 0},
		{"lost by the target", nil, skip("SIG-01", evidence.GapTarget), "regression SIG-01 passed>not_exercised", 1},
		{"failed and does not run any more", fail("SIG-01"), skip("SIG-01", evidence.GapPath), "regression SIG-01 failed>not_exercised", 1},
		{"not selected", nil, skip("SIG-01", evidence.GapSelection), "gone SIG-01 passed>not_exercised", 0},
		{"stimulus lost", nil, skip("SIG-01", evidence.GapStimulus), "regression SIG-01 passed>not_exercised", 1},
		{"no stimuli any more", nil, skip("SIG-01", evidence.GapStimulus, func(p *pair) { p.run.Settings.Stimuli = false }), "gone SIG-01 passed>not_exercised", 0},
		{"recorded no longer", nil, skip("ERR-04", evidence.GapTarget), "regression ERR-04 info>not_exercised", 1},
		{"interrupted", nil, func(p *pair) {
			p.run.Signal = 130
			p.verdicts = slices.DeleteFunc(p.verdicts, func(v evidence.Verdict) bool { return v.Requirement == "SIG-02" })
		}, "regression SIG-02 passed>not_exercised", 1},
		{"another release", nil, func(p *pair) {
			p.run.Target.Release = "12.5(1)"
			p.verdicts = append(p.verdicts, reporttest.Verdict("TRN-UCCE-34", evidence.Info))
		}, "new TRN-UCCE-34 not_applicable>info", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := many(), many()
			if tc.old != nil {
				tc.old(a)
			}
			if tc.new != nil {
				tc.new(b)
			}
			c, err := Results(a.result(), b.result())
			if err != nil {
				t.Fatal(err)
			}
			if got := changesText(c); got != tc.want || c.ExitCode(false) != tc.code || len(c.Drifts) > 0 {
				t.Errorf("got %s, exit %d, drifts %s; want %s, %d", got, c.ExitCode(false), driftsText(c.Drifts), tc.want, tc.code)
			}
		})
	}
}

func TestWaivedIsNoRegression(t *testing.T) {
	p := many()
	*p.verdict("SIG-01") = reporttest.Verdict("SIG-01", evidence.Failed, reporttest.Saw("A", "B", reports.Observed{}))
	r := p.result()
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("SIG-01", "expected A*")}, reporttest.Noon)
	c, err := Results(many().result(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got := changesText(c); got != "waived SIG-01 passed>waived" || c.Worse {
		t.Errorf("got %s", got)
	}
	if c, err = Results(r, p.result()); err != nil || changesText(c) != "failing SIG-01 waived>failed" {
		t.Errorf("waived, then failed: %s, %v", changesText(c), err)
	}
}
