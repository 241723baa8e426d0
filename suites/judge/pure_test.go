package judge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/mutate"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// scenes are some of every kind of outcome.
func scenes(t testing.TB) map[*spec.Requirement]*scene {
	return map[*spec.Requirement]*scene{
		row(t, "TRN-UCCE-06"): ready(202, time.Second).other("1002", spec.Ready, spec.Ready),
		row(t, "ERR-01"):      begin(in(spec.NotReady)).puts(400, apiError("Parameter Missing", "state")).stays(in(spec.NotReady)),
		row(t, "ERR-13"):      begin(in(spec.Ready)).listening().puts(202, "").hears(0, refuses("Invalid State", "")).stays(in(spec.Ready)),
		row(t, "PND-01"):      begin(in(spec.Talking)).puts(202, "").stays(in(spec.Talking)).waits().sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady)),
		row(t, "RSN-05"):      begin(in(spec.NotReady)).puts(500, "x").stays(in(spec.Work)).sends("reason", "2"),
		row(t, "NTF-03"):      noted(tells(in(spec.Ready))),
		row(t, "USR-04"):      begin(in(spec.NotReady)).reads(in(spec.NotReady).xml()),
		row(t, "AUT-07"):      begin(in(spec.NotReady)).waits().fact("TLS", "TLS 1.2, TLS 1.3"),
	}
}

// The same evidence gives the same verdict, as often as it is asked, after a
// night in a file, and with another order of what has no order.
func TestJudgingIsPure(t *testing.T) {
	for req, s := range scenes(t) {
		s.of(req)
		before, err := json.Marshal(s.ev)
		if err != nil {
			t.Fatal(err)
		}
		first := contracttest.Judge().Verdict(req, s.ev)
		again := contracttest.Judge().Verdict(req, s.ev)
		if d := cmp.Diff(first, again); d != "" {
			t.Errorf("%s: the second verdict differs: %s", req.ID, d)
		}
		after, _ := json.Marshal(s.ev)
		if string(before) != string(after) {
			t.Errorf("%s: judging changed the evidence", req.ID)
		}
		var kept evidence.Evidence
		if err := json.Unmarshal(before, &kept); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first, contracttest.Judge().Verdict(req, &kept)); d != "" {
			t.Errorf("%s: the verdict on kept evidence differs: %s", req.ID, d)
		}
	}
}

// FuzzVerdict: whatever a target answers, the judge says something and does
// not panic.
func FuzzVerdict(f *testing.F) {
	all := make([]string, 0, 160)
	catalogue := contracttest.Catalogue()
	for _, req := range catalogue.All() {
		if len(req.Steps) > 0 {
			all = append(all, req.ID)
		}
	}
	bodies := []string{
		"", in(spec.Ready).xml(), apiError("Invalid State", "22"), "<User><state/></User>", "\x00\xff<", "<User><User/></User>", strings.Repeat("<a>", 100),
		"<Update><data><user/></data></Update>", "<ApiErrors><ApiError/></ApiErrors>", "<Dialogs/>",
	}
	types := []string{"application/xml", "", "text/html; charset=x", ";;", "application/xml; charset=utf-7"}
	states := []string{"READY", "", "\n\x00" + strings.Repeat("long ", 300), "LOGIN", "NOT_READY"}
	for n := range uint64(20) {
		f.Add(int(n), []int{202, 400, -1, 999, 200}[n%5], n)
	}
	f.Fuzz(func(t *testing.T, n, status int, number uint64) {
		body, contentType := mutate.Text(number, bodies...), mutate.Text(number+1, types...)
		seen, state := mutate.Text(number+2, bodies...), mutate.Text(number+3, states...)
		req, ok := catalogue.ByID(all[((n%len(all))+len(all))%len(all)])
		if !ok {
			t.Fatal("no requirement")
		}
		s := begin(user{state: req.Given.State}).listening().of(req)
		for range req.Steps {
			s.asks("PUT", "/finesse/api/User/1001", status, body)
			x := &s.ev.Exchanges[len(s.ev.Exchanges)-1]
			x.ResponseHeader = map[string]string{"Content-Type": contentType}
			s.sees(time.Second, in(spec.State("READY")))
			last := len(s.ev.Exchanges) - 1
			s.ev.Exchanges[last].ResponseBody = seen
			s.ev.Observations[len(s.ev.Observations)-1].State = spec.State(state)
			s.converged()
			s.hears(0, evidence.Event{Payload: seen, ErrorType: state, Source: contentType})
		}
		v := contracttest.Judge().Verdict(req, s.ev)
		switch v.Outcome {
		case evidence.Passed, evidence.Info:
		case evidence.Failed, evidence.NotExercised:
			if v.Reason == "" {
				t.Errorf("%s of %s without a reason", v.Outcome, req.ID)
			}
		default:
			t.Errorf("outcome %q", v.Outcome)
		}
		if strings.ContainsAny(v.Reason, "\n\r\x00") {
			t.Errorf("a reason of several lines: %q", v.Reason)
		}
		if len(v.Reason) > 2000 {
			t.Errorf("a reason of %d bytes", len(v.Reason))
		}
		standing := contracttest.Judge().Invariants()
		standing.Add(s.ev)
	})
}

// BenchmarkVerdict judges a whole scenario; per exchange it is a part of it.
func BenchmarkVerdict(b *testing.B) {
	for _, id := range []string{"TRN-UCCE-06", "ERR-01", "NTF-03"} {
		for req, s := range scenes(b) {
			if req.ID != id {
				continue
			}
			b.Run(id, func(b *testing.B) {
				s.of(req)
				b.ReportAllocs()
				for b.Loop() {
					contracttest.Judge().Verdict(req, s.ev)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(s.ev.Exchanges)), "µs/exchange")
			})
		}
	}
}
