package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// pair is a run and its verdicts, to be changed before they are compared.
type pair struct {
	run      reports.Run
	verdicts []evidence.Verdict
}

func (p *pair) verdict(id string) *evidence.Verdict {
	i := slices.IndexFunc(p.verdicts, func(v evidence.Verdict) bool { return v.Requirement == id })
	return &p.verdicts[i]
}

// bodies changes all bodies of answers to GET.
func (p *pair) bodies(old, new string) {
	for _, e := range p.run.Evidence {
		for i := range e.Exchanges {
			if x := &e.Exchanges[i]; x.Method == "GET" {
				x.ResponseBody = strings.ReplaceAll(x.ResponseBody, old, new)
			}
		}
	}
}

func (p *pair) slow(factor time.Duration) {
	for _, e := range p.run.Evidence {
		for i := range e.Exchanges {
			e.Exchanges[i].Duration *= factor
		}
	}
}

// many is the sample with so many exchanges and changes that medians say
// something.
func many() *pair {
	p := &pair{reporttest.SampleRun(), reporttest.SampleVerdicts()}
	p.run.Settings.Notifications = true
	for _, e := range p.run.Evidence {
		for range 10 {
			e.Exchanges = append(e.Exchanges, e.Exchanges[1:]...)
			if len(e.Exchanges) > 20 {
				break
			}
		}
		for range 5 {
			e.Steps = append(e.Steps, e.Steps[0])
		}
		e.Events = []evidence.Event{
			{Received: reporttest.Noon.Add(time.Millisecond), Session: "1001", Node: "/finesse/api/User/1001", Event: "PUT", Payload: "<Update><data><user><state>READY</state></user></data></Update>"},
			{Received: reporttest.Noon.Add(2 * time.Millisecond), Session: "1001", Node: "/finesse/api/User/1001", Event: "PUT", Payload: "<Update><data><user><state>NOT_READY</state></user></data></Update>"},
		}
	}
	p.run.Evidence = append(p.run.Evidence, codes("<ReasonCodes category='LOGOUT'><ReasonCode><code>1</code></ReasonCode></ReasonCodes>"))
	p.verdict("SIG-01").Observed = reports.Observed{Status: 202, State: "NOT_READY", ReasonCodeID: "-1", Via: evidence.ViaEvent}
	*p.verdict("SIG-04") = reporttest.Verdict("SIG-04", evidence.Passed, reporttest.Observed(reports.Observed{Status: 400, ErrorType: "Invalid Input",
		ErrorData: "260", ErrorMessage: "no device 777123", Via: evidence.ViaSync, Note: "refused"}))
	*p.verdict("TRN-UCCE-11") = reporttest.Verdict("TRN-UCCE-11", evidence.Passed, reporttest.Observed(reports.Observed{Status: 202, State: "NOT_READY", ReasonCodeID: "2", Via: evidence.ViaGet}))
	return p
}

// codes is evidence of a list of reason codes.
func codes(body string) *evidence.Evidence {
	return &evidence.Evidence{Requirement: "USR-08", Exchanges: []evidence.Exchange{
		{Method: "GET", Path: "/finesse/api/ReasonCodes?category=LOGOUT", Status: 200, ResponseBody: body}}}
}

func (p *pair) result() *reports.Result { return reports.Build(reporttest.Small(), p.run, p.verdicts) }

func comparison(t *testing.T, change func(*pair)) *Comparison {
	t.Helper()
	p := many()
	change(p)
	c, err := Results(many().result(), p.result())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func driftsText(all []Drift) string {
	var lines []string
	for _, d := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s -> %s [%s]", d.Class, d.Kind, d.What, d.Old, d.New, strings.Join(d.Requirements, " ")))
	}
	return strings.Join(lines, "\n")
}

func changesText(c *Comparison) string {
	var lines []string
	for _, list := range []struct {
		name string
		all  []Change
	}{{"regression", c.Regressions}, {"repair", c.Repairs}, {"waived", c.Waived}, {"failing", c.Failing}, {"new", c.NewlyRun}, {"added", c.Added}, {"gone", c.Gone}} {
		for _, x := range list.all {
			lines = append(lines, fmt.Sprintf("%s %s %s>%s", list.name, x.ID, x.From, x.To))
		}
	}
	return strings.Join(lines, "\n")
}
