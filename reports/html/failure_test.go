package html

import (
	"html"
	"strings"
	"testing"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// TestHTMLFailureOfALaterStep: a person sees everything that was sent, in
// order, and which answer showed the failure, not the read alone.
func TestHTMLFailureOfALaterStep(t *testing.T) {
	in := certification(t, nil)
	const id = "TRN-UCCE-22"
	row, e := in.Result.Row(id), reports.Attempt(reports.ByRequirement(in.Evidence)[id], 0, 1)
	at := e.Exchanges[actAt].Started
	step := func(from, until time.Duration, exchange int) evidence.Step {
		return evidence.Step{Exchange: exchange, Baseline: evidence.Observation{At: at.Add(from)}, Sent: at.Add(from), Until: at.Add(until)}
	}
	e.Exchanges[actAt].RequestBody = "<User><state>NOT_READY</state></User>"
	drop := &e.Exchanges[actAt+3] // sent to end the call, which no step has as its own
	drop.Purpose, drop.Method, drop.Path, drop.RequestBody, drop.Status, drop.ResponseBody = evidence.ForPath, "PUT", "/finesse/api/Dialog/17", "<Dialog><requestedAction>DROP</requestedAction></Dialog>", 202, ""
	e.Steps = []evidence.Step{step(-time.Millisecond, 100*time.Millisecond, actAt), step(100*time.Millisecond, 3*time.Second, -1)}
	row.Outcome, row.Step, row.Expected, row.Seen, row.XPath = evidence.Failed, 2, "WORK", "READY for 2s", "User/state"
	row.Asked, row.Reason = "the end of the call", "the end of the call: expected WORK; saw READY for 2s"
	row.Exchange = reports.NewExchangeRef(e, actAt+9, true)
	in.Result.Conclude()

	page := html.UnescapeString(render(t, in))
	_, card, _ := strings.Cut(page, `id="fail-`+id+`"`)
	card, _, _ = strings.Cut(card, "</article>")
	for _, want := range []string{
		"PUT NOT_READY, then the end of the call", "Step 1 of 2", "PUT /finesse/api/User/1001001", "NOT_READY",
		"The request under test", "PUT /finesse/api/Dialog/17", "DROP", "The answer that showed it", "GET /finesse/api/User/1001001", "expected WORK",
	} {
		_, rest, ok := strings.Cut(card, want)
		if !ok {
			t.Fatalf("the card lacks %q, or has it in another place", want)
		}
		card = rest
	}
	if digest, _, _ := strings.Cut(page, "<article"); !strings.Contains(digest, "TALKING to WORK when the call ends") {
		t.Error("the list of what is wrong does not say what the requirement is")
	}

	e.Steps[0].Skipped = "the user was there already"
	if page := html.UnescapeString(render(t, in)); strings.Contains(page, "PUT NOT_READY, then the end of the call") || strings.Contains(page, "Step 1 of 2") {
		t.Error("a step that was left out is told as done")
	}
	in.Evidence = nil
	page = render(t, in)
	_, card, _ = strings.Cut(page, `id="fail-`+id+`"`)
	if card, _, _ = strings.Cut(card, "</article>"); strings.Contains(card, "The request under test") || !strings.Contains(card, "The exchange that decided") {
		t.Error("without evidence, a read is called the request under test")
	}
}

// Only what no run can cause is said to be beyond every run.
func TestHTMLGapHeadings(t *testing.T) {
	for want, g := range map[string]reports.GapGroup{
		"No run can exercise these":                {Kind: evidence.GapNever},
		"What would make these run is not known":   {Kind: evidence.GapOther},
		"nothing in the configuration: the target": {Kind: evidence.GapPath, Remedy: reports.NewGap(evidence.Gap{Kind: evidence.GapPath}).Remedy},
	} {
		if got := gapHeading(g); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", g.Kind, got)
		}
	}
}

// The page of a run and the one made from its evidence file are the same:
// what is read from a file has no monotonic clock.
func TestSinceIsOfTheWallClock(t *testing.T) {
	start := time.Now()
	for range 200_000 {
		now := time.Now()
		if live, read := since(start, now), since(start.Round(0), now.Round(0)); live != read {
			t.Fatalf("%v in the run, %v from its evidence", live, read)
		}
	}
}

// TestHTMLCopies: a failure can be copied as a command and as a text for a
// ticket, without credentials, the first safe in a shell whatever was sent.
func TestHTMLCopies(t *testing.T) {
	in := certification(t, func(e *evidence.Evidence) {
		if e.Requirement == "ERR-03" {
			e.Exchanges[actAt].RequestBody = `<User><state>it's $(reboot)</state></User>`
			e.Exchanges[actAt].RequestHeader["Authorization"], e.Exchanges[actAt].RequestHeader["Content-Type"] = "Basic c2VjcmV0", "application/xml"
		}
	})
	page := html.UnescapeString(render(t, in))
	part := func(id string) string {
		_, rest, ok := strings.Cut(page, `id="`+id+`"`)
		if !ok {
			t.Fatalf("there is no %s", id)
		}
		text, _, _ := strings.Cut(rest, "</pre>")
		return text
	}
	curl, ticket := part("curl-ERR-03"), part("ticket-ERR-03")
	for _, want := range []string{`-u 'USERNAME_OF_1001001:PASSWORD'`, `-X 'PUT'`, `'<User><state>it'\''s $(reboot)</state></User>'`, `'https://finesse1.example.com:8445/finesse/api/User/1001001'`, "Content-Type: application/xml"} {
		if !strings.Contains(curl, want) {
			t.Errorf("the command lacks %s:\n%s", want, curl)
		}
	}
	for _, want := range []string{
		"Target:   UCCE 12.5(1) at https://finesse1.example.com:8445", "“User API Errors”, page 73", "(a mirror)", "Given", "Expected: 400 with Invalid Input", "Seen:     400 Generic Error", "NO_SUCH_STATE</ErrorMessage>", "curl -i",
	} {
		if !strings.Contains(ticket, want) {
			t.Errorf("the ticket lacks %q:\n%s", want, ticket)
		}
	}
	if strings.Contains(page, "c2VjcmV0") {
		t.Error("the page has credentials")
	}
}
