package reports_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/history"
	"finesse-conformance/reports/html"
	"finesse-conformance/reports/overview"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
)

// attacks are what a target may say to act in the page that tells of it: each
// calls alert where it runs, or asks for something.
var attacks = []string{
	`</script><script>alert(1)</script>`, `<img src="http://attack.invalid/x" onerror=alert(2)>`, `"><svg onload=alert(3)>`,
	`' onmouseover='alert(4)' autofocus onfocus='alert(5)`, `javascript:alert(6)`, `</style><style>body{background:url(http://attack.invalid/y)}</style>`,
	`--><iframe srcdoc="<script>parent.alert(7)</script>"></iframe>`, `</title><base href="http://attack.invalid/"><meta http-equiv=refresh content="0;url=javascript:alert(8)">`,
	`{{printf "x"}}` + "`${alert(9)}`", "\x00\x1b[31m\u202e\u2028<body onpageshow=alert(10)>",
}

// poison puts the attacks into every text that a value has, one after the
// other. Words of closed sets have types of their own and stay.
func poison(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			poison(v.Elem(), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), n)
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), n)
		}
	case reflect.String:
		if v.CanSet() && v.Type() == reflect.TypeFor[string]() {
			v.SetString(attacks[*n%len(attacks)] + v.String() + attacks[(*n+1)%len(attacks)])
			*n++
		}
	}
}

func poisoned[T any](t *testing.T, v *T, least int) *T {
	t.Helper()
	n := 0
	if poison(reflect.ValueOf(v), &n); n < least {
		t.Fatalf("%d texts of a %T are attacks: too few to say anything", n, v)
	}
	return v
}

// TestPagesInABrowser opens the pages of several targets, of a comparison, of a
// history and of a map in a real browser, all of whose texts are attacks: none
// acts. With texts as they are the pages fit a phone and can be used without a
// mouse.
func TestPagesInABrowser(t *testing.T) {
	if !extent.Wide() {
		t.Skip("five pages; the report is opened by the tests of its own")
	}
	program := reporttest.Browser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.WSURLReadTimeout(2*time.Minute), chromedp.NoSandbox)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}

	cell := func(mark behaviour.Mark) behaviourmap.Cell {
		return behaviourmap.Cell{Row: "MAP-NOT_READY-self", Situation: behaviourmap.Situation{State: spec.NotReady, Text: "x"}, Who: spec.Self, Ask: "READY", Reason: "none",
			Mark: mark, Rules: []string{"r"}, Sources: []behaviourmap.Source{{Cite: "c", URL: "https://u"}}, Rows: []string{"SIG-01"}}
	}
	mapOf := func() *behaviourmap.Map {
		return &behaviourmap.Map{Schema: behaviourmap.SchemaID, Target: reports.Target{URL: "https://a", Deployment: "UCCE"}, LeftOut: []string{"MAP"},
			Cells: []behaviourmap.Cell{cell(behaviour.AsDocumented), cell(behaviour.Against), cell(behaviour.Undocumented), cell(behaviour.NotReached)}, Summary: behaviourmap.Summary{Against: 1}}
	}
	mapped := func(attack bool) *behaviourmap.Map {
		if attack {
			return poisoned(t, mapOf(), 40)
		}
		return mapOf()
	}
	pages := map[string]func(attack bool) func(io.Writer) error{
		"overview.html": func(attack bool) func(io.Writer) error { return fleet(t, attack).WriteHTML },
		"compare.html":  func(attack bool) func(io.Writer) error { return comparison(t, attack).WriteHTML },
		"history.html":  func(attack bool) func(io.Writer) error { return nights(t, attack).WriteHTML },
		"map.html":      func(attack bool) func(io.Writer) error { return mapped(attack).WriteHTML },
		"report.html":   func(attack bool) func(io.Writer) error { return withMap(t, mapped(attack)) },
	}
	for name, write := range pages {
		t.Run(name, func(t *testing.T) {
			harmless(t, ctx, written(t, name, write(true)))
			sound(t, ctx, written(t, name, write(false)))
		})
	}
	t.Run("field", func(t *testing.T) { pressed(t, ctx, written(t, "report.html", withMap(t, mapped(false)))) })
	t.Run("filter", func(t *testing.T) { filtered(t, ctx, written(t, "compare.html", comparison(t, false).WriteHTML)) })
}

// withMap is the page of a run that a map was made with.
func withMap(t *testing.T, m *behaviourmap.Map) func(io.Writer) error {
	t.Helper()
	part, err := m.Part()
	if err != nil {
		t.Fatal(err)
	}
	result, seen := sampled(t, false, func(*reports.Result, []*evidence.Evidence) {})
	return func(w io.Writer) error {
		return html.Write(w, html.Input{Result: result, Evidence: seen, Map: part})
	}
}

// pressed presses a field of the matrix on the page of a run: it shows the
// clause, and leads to the requirement that asks for the same.
func pressed(t *testing.T, parent context.Context, file string) {
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("footer")), chromedp.Evaluate[chromedp.Void](`document.querySelector('.matrix button').click()`)); err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
		const d = document.querySelector('dialog[open]'), said = d.innerText.split(/\s*\n\s*/).join(' | ');
		d.querySelector('a[href="#req-SIG-01"]').click();
		return said + (d.open ? ' and is open' : '') + (document.getElementById('req-SIG-01').open ? ', and SIG-01 is' : '');
	})()`))
	if want := "in x, PUT READY | not reached | seen | not reached | expected | the guide says nothing of it | clause | r | requirement | SIG-01 | c, and SIG-01 is"; err != nil || !strings.HasSuffix(said, want) {
		t.Errorf("it says %q, not %q: %v", said, want, err)
	}
}

func written(t *testing.T, name string, write func(io.Writer) error) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	var page bytes.Buffer
	if err := write(&page); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sampled is the sample with its evidence; with attack all its texts are.
func sampled(t *testing.T, attack bool, change func(*reports.Result, []*evidence.Evidence)) (*reports.Result, []*evidence.Evidence) {
	t.Helper()
	run := reporttest.SampleRun()
	r := reports.Build(reporttest.Small(), run, reporttest.SampleVerdicts())
	change(r, run.Evidence)
	if attack {
		ids := make([]string, len(r.Requirements)) // of the catalogue, not of the target
		for i := range ids {
			ids[i] = r.Requirements[i].ID
		}
		deployment := r.Target.Deployment
		poisoned(t, r, 100)
		r.Target.Deployment = deployment
		for i := range ids {
			r.Requirements[i].ID = ids[i]
		}
		for _, e := range run.Evidence {
			id := e.Requirement
			poisoned(t, e, 5)
			e.Requirement = id
		}
	}
	r.Conclude()
	return r, run.Evidence
}

// fails makes a requirement fail.
func fails(r *reports.Result, id string) {
	row := r.Row(id)
	row.Outcome, row.Asked, row.Expected, row.Seen, row.Reason = evidence.Failed, "PUT READY", "READY", "WORK", "PUT READY: expected READY; saw WORK"
	row.Mismatch = &evidence.Mismatch{Kind: evidence.MismatchStayed, From: spec.Ready, To: spec.Work}
}

// comparison has regressions of one cause, a repair and drift.
func comparison(t *testing.T, attack bool) *compare.Comparison {
	t.Helper()
	before, old := sampled(t, attack, func(r *reports.Result, _ []*evidence.Evidence) {})
	after, now := sampled(t, attack, func(r *reports.Result, all []*evidence.Evidence) {
		fails(r, "SIG-01")
		fails(r, "SIG-02")
		r.Row("TRN-UCCE-11").Outcome = evidence.Passed
		r.Row("TRN-UCCE-06").Observed.ErrorType, r.Row("TRN-UCCE-06").Observed.Status = "other", 400
		all[0].Exchanges[0].Status, all[0].Exchanges[0].ResponseBody = 400, "<ApiErrors><ApiError><ErrorType>other</ErrorType></ApiError></ApiErrors>"
	})
	c, err := compare.Results(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Regressions) != 2 || len(c.Repairs) != 1 || len(c.Drifts) == 0 {
		t.Fatalf("%d regressions, %d repairs, %d drifts", len(c.Regressions), len(c.Repairs), len(c.Drifts))
	}
	c.Show(compare.Exhibits{Old: old, New: now, OldReport: "before/report.html", NewReport: "after/report.html"})
	return c
}

func nights(t *testing.T, attack bool) *history.History {
	t.Helper()
	var all []history.Input
	for n := range 6 {
		r, _ := sampled(t, attack, func(r *reports.Result, _ []*evidence.Evidence) {
			r.Started = r.Started.AddDate(0, 0, n)
			if n == 2 || n == 5 {
				fails(r, "SIG-01")
			}
			if n > 3 {
				r.Target.Release = "12.5(1)"
				fails(r, "SIG-02")
			}
		})
		all = append(all, history.Input{Result: r, Report: "night/report.html"})
	}
	h := history.Build(all)
	h.LeftOut = []string{"x"}
	if attack {
		h.LeftOut = attacks
	}
	return h
}

func fleet(t *testing.T, attack bool) *overview.Overview {
	t.Helper()
	o := &overview.Overview{Titles: map[string]string{"SIG": "Signing in"}}
	for _, name := range []string{"a", "b", "c"} {
		r, _ := sampled(t, attack, func(r *reports.Result, _ []*evidence.Evidence) {
			fails(r, "SIG-01")
			if name == "b" {
				fails(r, "SIG-02")
			}
		})
		target := overview.Target{Name: name, Folder: name}
		target.Take(r)
		o.Targets = append(o.Targets, target)
	}
	o.Targets = append(o.Targets, overview.Target{Name: "lost", Problem: "lost", ExitCode: reports.ExitHarness})
	if attack {
		o.Targets[3] = *poisoned(t, &o.Targets[3], 2)
	}
	o.Conclude()
	return o
}

// harmless opens a page, unfolds and hovers over everything in it, and finds
// that nothing ran and nothing was asked for.
func harmless(t *testing.T, parent context.Context, file string) {
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	var lock sync.Mutex
	var acted []string
	note := func(what string) {
		lock.Lock()
		defer lock.Unlock()
		acted = append(acted, what)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *page.EventJavascriptDialogOpening:
			note("a dialog: " + e.Message)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:") && !strings.HasPrefix(e.Request.URL, "data:") {
				note("asked for " + e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: "window.acted = []; window.alert = m => { window.acted.push(String(m)); };",
	}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("body")), chromedp.Evaluate[chromedp.Void](`
		document.querySelectorAll('details').forEach(d => { d.open = true; });
		document.querySelectorAll('*').forEach(e => { for (const k of ['mouseover', 'focus', 'load', 'error', 'toggle']) e.dispatchEvent(new Event(k)); });
		document.querySelectorAll('button, summary, [tabindex]').forEach(e => e.click());`)); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[
		...window.acted.map(m => 'ran: ' + m),
		...Array.from(document.querySelectorAll('img, iframe, base, object, embed, svg[onload], meta[http-equiv=refresh]')).map(e => 'an element: ' + e.outerHTML.slice(0, 200)),
		...Array.from(document.querySelectorAll('*')).flatMap(e => Array.from(e.attributes)).filter(a => /^on/i.test(a.name)).map(a => 'a handler: ' + a.name + '=' + a.value),
		...Array.from(document.querySelectorAll('[href], [src], [action]')).map(e => e.href && e.href.baseVal !== undefined ? e.href.baseVal : (e.href || e.src || e.action)).filter(u => /^\s*(javascript|data|vbscript):/i.test(u) && u !== 'data:,').map(u => 'an address: ' + u),
	]`))
	if err != nil {
		t.Fatal(err)
	}
	lock.Lock()
	defer lock.Unlock()
	for _, what := range append(found, acted...) {
		t.Error(what)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.textContent`))
	if err != nil || !strings.Contains(said, "alert(") {
		t.Errorf("the page does not show what the target said: %v", err)
	}
}

// sound opens a page on a phone, in the dark, and looks at what people would
// stumble over.
func sound(t *testing.T, parent context.Context, file string) {
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("footer"))); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`(() => {
		document.querySelectorAll('details').forEach(d => { d.open = true; });
		const all = s => Array.from(document.querySelectorAll(s)), seen = {};
		return [
			...(document.documentElement.scrollWidth > 390 ? ['the page is ' + document.documentElement.scrollWidth + ' wide: ' + Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > 391 && !e.closest('.canvas, .scroll, .top')).slice(0, 4).map(e => e.outerHTML.slice(0, 100)).join(' ')] : []),
			...(getComputedStyle(document.body).backgroundColor === 'rgb(14, 18, 22)' ? [] : ['it is not dark']),
			...all('a, button, input, select, summary, [tabindex="0"]').filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels[0] && e.labels[0].textContent.trim()))).map(e => 'without a name: ' + e.outerHTML.slice(0, 120)),
			...all('[id]').map(e => e.id).filter(id => seen[id] || !(seen[id] = true)).map(id => 'twice: ' + id),
			...all('a[href^="#"]').map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(decodeURIComponent(id))).map(id => 'leads nowhere: ' + id),
			...all('[aria-labelledby]').filter(e => !document.getElementById(e.getAttribute('aria-labelledby'))).map(e => 'labelled by nothing: ' + e.outerHTML.slice(0, 80)),
			...(all('h1').length === 1 && all('main').length === 1 ? [] : ['not one h1 and one main']),
		];
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range found {
		t.Error(what)
	}
}

// filtered picks changes by what they are, and follows a link to one that the
// filter hides.
func filtered(t *testing.T, parent context.Context, file string) {
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	const shown = `Array.from(document.querySelectorAll('.item')).filter(i => i.checkVisibility()).map(i => i.id).join(' ')`
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("footer"))); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ do, want string }{
		{`document.querySelector('.f-kind').value = 'Repaired'`, "change-TRN-UCCE-11"},
		{`document.querySelector('.f-kind').value = ''; document.querySelector('.f-class').value = 'breaking'`, "drift-1"},
		{`document.querySelector('.f-class').value = ''; document.querySelector('.f-section').value = 'SIG'`, "change-SIG-01 change-SIG-02"},
		{`document.querySelector('.q').value = 'no such word'`, ""},
	} {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](step.do+`; document.querySelector('.filter').dispatchEvent(new Event('input', {bubbles: true}))`)); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
		if err != nil || got != step.want {
			t.Errorf("%s: %q, want %q, %v", step.do, got, step.want, err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`location.hash = '#change-TRN-UCCE-11'`)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector('#change-TRN-UCCE-11').open && document.querySelector('#change-TRN-UCCE-11').checkVisibility() && document.activeElement.parentElement.id === 'change-TRN-UCCE-11'`, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		t.Errorf("a link to a hidden change: %v", err)
	}
}
