package reports_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/overview"
	"finesse-conformance/reports/reporttest"
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

// TestPagesInABrowser opens the pages of several targets, of a comparison and
// of a map in a real browser, all of whose texts are attacks: none acts.
func TestPagesInABrowser(t *testing.T) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		t.Skip("no Chromium is installed: what the pages do in a browser was not tested")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}

	summary := reporttest.Sample().Summary
	targets := &overview.Overview{Targets: []overview.Target{
		{Name: "a", Folder: "a", URL: "https://a", Deployment: "UCCE", Verdict: reports.Conformant, Summary: &summary}, {Name: "b", Problem: "lost", ExitCode: 6}, {Name: "c", Verdict: reports.Nonconformant, ExitCode: 1, Summary: &summary},
	}}
	cell := func(mark behaviour.Mark) behaviourmap.Cell {
		return behaviourmap.Cell{Row: "MAP-NOT_READY-self", Situation: behaviourmap.Situation{State: spec.NotReady, Text: "x"}, Who: spec.Self, Ask: "READY", Reason: "none",
			Mark: mark, Rules: []string{"r"}, Sources: []behaviourmap.Source{{Cite: "c", URL: "https://u"}}, Rows: []string{"SIG-01"}}
	}
	mapOf := func() *behaviourmap.Map {
		return &behaviourmap.Map{Schema: behaviourmap.SchemaID, Target: reports.Target{URL: "https://a", Deployment: "UCCE"}, LeftOut: []string{"MAP"},
			Cells: []behaviourmap.Cell{cell(behaviour.AsDocumented), cell(behaviour.Against), cell(behaviour.Undocumented), cell(behaviour.NotReached)}, Summary: behaviourmap.Summary{Against: 1}}
	}
	before, after := reporttest.Sample(), reporttest.Sample()
	after.Row("SIG-01").Outcome, before.Row("TRN-UCCE-11").Outcome = evidence.Failed, evidence.Passed
	after.Row("TRN-UCCE-06").Observed.ErrorType, after.Row("TRN-UCCE-06").Observed.Status = "other", 400
	comparison, err := compare.Results(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if len(comparison.Regressions) == 0 || len(comparison.Drifts) == 0 {
		t.Fatalf("nothing changed: %+v", comparison)
	}
	for name, write := range map[string]func(io.Writer) error{
		"overview.html": poisoned(t, targets, 15).WriteHTML,
		"compare.html":  poisoned(t, comparison, 15).WriteHTML,
		"map.html":      poisoned(t, mapOf(), 40).WriteHTML,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			var page bytes.Buffer
			if err := write(&page); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			harmless(t, ctx, file)
		})
	}
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
