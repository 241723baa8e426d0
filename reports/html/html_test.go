package html

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func render(t testing.TB, in Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var packedBlock = regexp.MustCompile(`<script type="application/octet-stream" id="packed">([^<]*)</script>`)

// unpacked gives the packed exchanges of a page, as JSON and read.
func unpacked(t *testing.T, page string) (string, packed) {
	t.Helper()
	m := packedBlock.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no packed exchanges")
	}
	raw, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var p packed
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return string(text), p
}

// TestHTMLIsWhole: the page of a full run has every requirement, the failures
// before everything else with what says it all, and is small.
func TestHTMLIsWhole(t *testing.T) {
	in := certification(t, nil)
	page := render(t, in)
	if len(page) > 3<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	if page != render(t, in) {
		t.Error("two pages of the same result differ")
	}
	for i := range in.Result.Requirements {
		row := &in.Result.Requirements[i]
		if !strings.Contains(page, `id="req-`+row.ID+`" data-o="`+string(row.Outcome)+`"`) {
			t.Errorf("%s has no row with its outcome", row.ID)
		}
	}
	text := html.UnescapeString(page)
	last := 0
	for _, want := range []string{
		"Not conformant</h1>", fmt.Sprintf("3 of %d requirements that were put to the test failed.", in.Result.Summary.Exercised()), "https://finesse1.example.com:8445", "12.5(1)",
		"digest " + in.Catalogue.Digest()[:12], "proven to catch 84 faults", "Exit 1",
		`<section id="failures"`, "PUT NO_SUCH_STATE: expected 400 with Invalid Input, ErrorData state and nothing changed; saw 400 Generic Error (state)",
		`id="fail-TRN-UCCE-33"`, `id="fail-ERR-03"`, "“User API Errors”, page 73", "<mark>", "Generic Error", "not as expected",
		`<section id="states"`, `<section id="requirements"`, `<section id="gaps"`, "raise timing.longest_wait", `<section id="times"`, `<section id="cast"`,
	} {
		at := strings.Index(text[last:], want)
		if at < 0 {
			t.Errorf("the page lacks %q, or has it in another place", want)
			continue
		}
		last += at
	}
	_, p := unpacked(t, page)
	n := 0
	for _, e := range in.Evidence {
		for _, x := range p.Runs[e.Requirement][0].Items {
			if x.Node == "" {
				n += max(x.Times, 1)
			}
		}
		n -= len(e.Exchanges)
	}
	if n != 0 || p.Detail != everything {
		t.Errorf("%d exchanges too many or too few, detail %d", n, p.Detail)
	}
}

// TestHTMLPolicy: the policy names the page's own style and script by their
// hashes, and the page has no other, no style attribute and no handler.
func TestHTMLPolicy(t *testing.T) {
	page := render(t, certification(t, nil))
	policy := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	for _, tag := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), tag)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy %q is not strict", policy)
	}
	if m := regexp.MustCompile(`<[a-z][^>]*\s(style|on[a-z]+)=`).FindString(page); m != "" {
		t.Errorf("the policy forbids %q", m)
	}
	if m := regexp.MustCompile(`(?:src|@import|url\()\s*=?\s*["']?https?:`).FindString(page); m != "" {
		t.Errorf("the page loads something: %q", m)
	}
}

const (
	attack = `</script></pre><script>alert("owned")</script><img src=x onerror=alert(1)>'"` + "`"
	ugly   = "\x00\x1b[31m\x7f\xff\xfe\u202e\u2028\u0085"
)

// hostile makes everything that a target says an attack.
func hostile(e *evidence.Evidence) {
	bad := attack + ugly
	for i := range e.Exchanges {
		x := &e.Exchanges[i]
		x.ResponseBody = "<User><state>" + bad + "</state></User>"
		if i%2 == 0 {
			x.ResponseBody = `<User><state a="&lt;/script>">` + html.EscapeString(attack) + `</state><!-- <script>alert(2)</script> --></User>`
		}
		x.ResponseHeader = map[string]string{"X-" + bad: bad, "Set-Cookie": "JSESSIONID=s3cr3t-session"}
		x.RequestHeader["Authorization"] = "Basic czNjcjN0OnMzY3IzdA=="
		x.Path += bad
		x.Err = bad
	}
	for i := range e.Events {
		v := &e.Events[i]
		v.Payload, v.Node, v.Event, v.ErrorType, v.ErrorMessage, v.Problem, v.Session = bad, bad, bad, bad, bad, bad, bad
	}
	for i := range e.Observations {
		e.Observations[i].State, e.Observations[i].Pending, e.Observations[i].ReasonCodeID = spec.State(bad), bad, bad
	}
	e.Path = []string{bad}
}

// TestHTMLHostile: whatever a target says stays text, and what cannot be
// shown is shown as what it is. No secret is in the page, packed or not.
func TestHTMLHostile(t *testing.T) {
	in := certification(t, hostile)
	bad := attack + ugly
	r := in.Result
	r.Target.URL, r.Target.Release, r.Stopped = "https://x/"+bad, bad, bad
	r.HarnessFaults = []reports.HarnessFault{{Message: bad}}
	r.Unrestored = []reports.Unrestored{{User: bad, Was: bad, Is: bad, Why: bad}}
	r.Cast = append(r.Cast, reports.CastMember{ID: bad, Role: bad, Team: bad, Supervises: []string{bad}, Extension: bad})
	r.NotExercised = append(r.NotExercised, reports.GapGroup{Kind: evidence.GapOther, Reason: bad, Remedy: bad, Requirements: []string{"ERR-03"}})
	r.Transitions.Undocumented = []reports.EdgeSeen{{From: bad, To: bad, By: bad, Requirements: []string{"ERR-03"}}}
	for i := range r.Requirements {
		row := &r.Requirements[i]
		row.Reason, row.Expected, row.Seen = row.Reason+bad, bad, bad
		row.Observed = &reports.Observed{ErrorType: bad, ErrorMessage: bad, ErrorData: bad, Note: bad, State: bad}
		row.Events, row.Links = []string{bad}, []string{"javascript:alert(1)"}
	}
	page := render(t, in)
	content, _ := unpacked(t, page)
	for name, body := range map[string]string{"page": page, "packed": content} {
		if !utf8.ValidString(body) {
			t.Errorf("the %s is no UTF-8", name)
		}
		if i := strings.IndexFunc(body, func(r rune) bool { return r != '\n' && r != '\t' && !text.Visible(r) }); i >= 0 {
			t.Errorf("the %s has %q", name, body[i:i+6])
		}
		for _, secret := range []string{"czNjcjN0", "s3cr3t"} {
			if strings.Contains(body, secret) {
				t.Errorf("the %s has the secret %s", name, secret)
			}
		}
	}
	if !strings.Contains(page, "⟨U+202E⟩") || !strings.Contains(page, "⟨ff⟩") {
		t.Error("control characters and broken text do not show")
	}
	scripts := regexp.MustCompile(`(?i)<script|</script`).FindAllString(page, -1)
	if len(scripts) != 4 { // the packed exchanges and the page's own
		t.Errorf("%d beginnings and ends of scripts", len(scripts))
	}
	for _, markup := range []string{"<img", "javascript:alert", "<!-- <script"} {
		if strings.Contains(page, markup) {
			t.Errorf("the page has %q", markup)
		}
	}
}

// TestHTMLTooLarge: a target that answers with noise makes the page say less,
// not grow.
func TestHTMLTooLarge(t *testing.T) {
	noise := func(n int) string {
		b := make([]byte, n)
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	for _, test := range []struct {
		name  string
		bytes int
		want  detail
		says  string
	}{
		{"watching", 1000, requestsOnly, "bodies of the requests under test only"},
		{"acting too", 30000, linesOnly, "without bodies"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := certification(t, func(e *evidence.Evidence) {
				for i := range e.Exchanges {
					if x := &e.Exchanges[i]; x.Purpose == evidence.ForAct || test.bytes == 1000 {
						x.ResponseBody = noise(test.bytes)
					}
				}
			})
			page := render(t, in)
			if len(page) > 3<<20 {
				t.Errorf("the page has %d bytes", len(page))
			}
			if _, p := unpacked(t, page); p.Detail != test.want {
				t.Errorf("detail %d, want %d", p.Detail, test.want)
			}
			if !strings.Contains(page, test.says) {
				t.Errorf("the page does not say that it has the exchanges %s", test.says)
			}
		})
	}
}

// TestHTMLVariants: results of runs that went otherwise have pages too.
func TestHTMLVariants(t *testing.T) {
	failAll := func(r *reports.Result) {
		for i := range r.Requirements {
			r.Requirements[i].Outcome, r.Requirements[i].Reason = evidence.Failed, "all is lost"
		}
		r.Conclude()
	}
	whole := certification(t, nil)
	tests := []struct {
		name   string
		change func(*Input)
		want   []string
		not    []string
	}{
		{"without evidence", func(in *Input) { in.Evidence = nil }, []string{"made without the evidence", "<mark>", "Generic Error"}, []string{`id="packed"`, `class="evidence"`}},
		{"without catalogue", func(in *Input) { in.Catalogue = nil }, []string{`id="req-ERR-03"`}, []string{`id="states"`}},
		{"unknown deployment", func(in *Input) { in.Result.Target.Deployment = "" }, []string{"an unknown deployment", "not known"}, []string{`id="states"`}},
		{"nothing at all", func(in *Input) { *in = Input{Result: &reports.Result{}} }, []string{"No user is known"}, nil},
		{"stopped", func(in *Input) {
			in.Result.Stopped, in.Result.Summary, in.Result.Verdict, in.Result.Settings = "connection refused", reports.Summary{}, reports.Incomplete, reports.Settings{}
		}, []string{"could not be certified: connection refused", "Incomplete</h1>"}, []string{"none configured", "settle 0"}},
		{"everything failed", func(in *Input) { failAll(in.Result) }, []string{fmt.Sprintf("%[1]d of %[1]d", len(whole.Result.Requirements)), "all is lost"}, nil},
		{"weakened", func(in *Input) {
			in.Result.Settings.Insecure, in.Result.Settings.Only = true, []string{"SIG-*"}
			in.Result.Unrestored = []reports.Unrestored{{User: "1001001", Was: "READY", Is: "LOGOUT"}}
			in.Result.HarnessFaults = []reports.HarnessFault{{Requirement: "SIG-01", Message: "a panic"}}
			in.Result.Waivers = []reports.WaiverUse{{Requirement: "ERR-*", Stale: "it matches nothing", Owner: "ops", Until: "2026-01-01"}}
		}, []string{"nobody proved who answered", "only SIG-*", "1001001 was READY and is LOGOUT", "SIG-01 a panic", "it matches nothing"}, nil},
		{"waived", func(in *Input) {
			row := in.Result.Row("ERR-03")
			row.Outcome, row.WaivedBy = evidence.Waived, &reports.WaiverRef{Requirement: "ERR-03", Owner: "ops", Until: "2027-01-01", Why: "the vendor knows"}
			in.Result.Conclude()
		}, []string{"Waived failures", "waived by ops until 2027-01-01: the vendor knows", fmt.Sprintf("2 of %d", whole.Result.Summary.Exercised())}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in, copied := whole, *whole.Result
			copied.Requirements = slices.Clone(whole.Result.Requirements)
			in.Result, in.Evidence = &copied, nil
			test.change(&in)
			page := html.UnescapeString(render(t, in))
			for _, w := range test.want {
				if !strings.Contains(page, w) {
					t.Errorf("the page lacks %q", w)
				}
			}
			for _, w := range test.not {
				if strings.Contains(page, w) {
					t.Errorf("the page has %q", w)
				}
			}
			if len(page) > 3<<20 {
				t.Errorf("the page has %d bytes", len(page))
			}
		})
	}
	if err := Write(io.Discard, Input{}); err == nil {
		t.Error("a page of no result")
	}
}

func TestGather(t *testing.T) {
	get := func(at float64, path string, body int) packedItem {
		return packedItem{At: at, Purpose: "watch", Method: "GET", Path: path, Status: 200, ResBody: body}
	}
	act := packedItem{At: 5, Method: "PUT", Path: "/a", Step: 1}
	event := packedItem{At: 6, Node: "/a"}
	again := get(1, "/a", 1)
	again.Times, again.Until = 3, 3
	tests := []struct {
		name     string
		in, want []packedItem
	}{
		{"again", []packedItem{get(1, "/a", 1), get(2, "/a", 1), get(3, "/a", 1)}, []packedItem{again}},
		{"in turns", []packedItem{get(1, "/a", 1), get(1, "/b", 2), get(2, "/a", 1), get(2, "/b", 2), get(3, "/a", 1)},
			[]packedItem{again, func() packedItem { x := get(1, "/b", 2); x.Times, x.Until = 2, 2; return x }()}},
		{"another answer between", []packedItem{get(1, "/a", 1), get(2, "/a", 2), get(3, "/a", 1)}, []packedItem{get(1, "/a", 1), get(2, "/a", 2), get(3, "/a", 1)}},
		{"a request between", []packedItem{get(1, "/a", 1), act, get(6, "/a", 1)}, []packedItem{get(1, "/a", 1), act, get(6, "/a", 1)}},
		{"an event between", []packedItem{get(1, "/a", 1), event, get(7, "/a", 1)}, []packedItem{get(1, "/a", 1), event, get(7, "/a", 1)}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, collect(test.in)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestStatusWanted(t *testing.T) {
	step := func(o spec.Outcome) *spec.Requirement {
		return &spec.Requirement{Steps: []spec.Step{{Then: spec.Then{o}}}}
	}
	for _, test := range []struct {
		outcome spec.Outcome
		status  int
		want    bool
	}{
		{spec.Outcome{Kind: spec.Accepted}, 202, true},
		{spec.Outcome{Kind: spec.Accepted}, 400, false},
		{spec.Outcome{Kind: spec.Refused}, 202, true},
		{spec.Outcome{Kind: spec.Refused}, 500, false},
		{spec.Outcome{Kind: spec.Error, Status: []int{400}}, 401, false},
		{spec.Outcome{Kind: spec.Error, Status: []int{4}}, 404, true},
		{spec.Outcome{Kind: spec.Keeps}, 500, true},
	} {
		if got := statusWanted(step(test.outcome), 1, test.status); got != test.want {
			t.Errorf("%+v, %d: %v", test.outcome, test.status, got)
		}
	}
	if !statusWanted(nil, 1, 500) || !statusWanted(step(spec.Outcome{}), 7, 500) {
		t.Error("a status is wrong though nothing is known")
	}
}

// The first sentence says how many causes there are, where they are fewer than
// the failures, and where to begin.
func TestLeadSaysWhereToBegin(t *testing.T) {
	for _, c := range []struct {
		failed, causes, kept int
		want                 string
	}{
		{1, 1, 2, "1 of 4 requirements that were put to the test failed, and kept 2 from being exercised."},
		{4, 4, 0, "4 of 4 requirements that were put to the test failed."},
		{1, 1, 0, "1 of 4 requirements that were put to the test failed."},
		{3, 3, 0, "3 of 4 requirements that were put to the test failed."},
		{3, 1, 0, "3 of 4 requirements that were put to the test failed; all have one cause."},
		{3, 2, 0, "3 of 4 requirements that were put to the test failed; they have 2 causes. Begin with the first below: it costs most."},
	} {
		r := &reports.Result{Summary: reports.Summary{Failed: c.failed, Passed: 4 - c.failed}, Failures: make([]reports.FailureGroup, c.causes)}
		r.Failures[0].Kept = make([]string, c.kept)
		if got := lead(r); got != c.want {
			t.Errorf("%d of %d causes: %q", c.failed, c.causes, got)
		}
	}
}
