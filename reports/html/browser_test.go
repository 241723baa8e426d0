package html

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

var screenshots = flag.String("screenshots", "", "folder for pictures of the pages that the tests open in a browser")

// browser is a page open in a real browser, and what went wrong in it.
type browser struct {
	t   *testing.T
	ctx context.Context

	lock     sync.Mutex
	problems []string
	requests []string
}

// tab opens a page in a new tab of a browser, as people open a file, after
// preparing the tab.
func tab(t *testing.T, parent context.Context, file string, prepare ...func(context.Context) error) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	prepare = append([]func(context.Context) error{command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{})}, prepare...)
	for _, f := range prepare {
		if err := f(ctx); err != nil {
			t.Fatal(err)
		}
	}
	b.run(chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("footer")))
	return b
}

// TestBrowser opens the page of a full run in a real browser and does with it
// what readers do.
func TestBrowser(t *testing.T) {
	extent.ForCI(t)
	program := reporttest.Browser(t)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program),
		chromedp.WSURLReadTimeout(2*time.Minute), chromedp.NoSandbox, chromedp.WindowSize(1280, 900))...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatal(err)
	}
	file := func(change func(*evidence.Evidence)) string {
		name := filepath.Join(t.TempDir(), "report.html")
		if err := os.WriteFile(name, []byte(render(t, certification(t, change))), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	usual := file(nil)
	t.Run("filter", func(t *testing.T) { testFilter(t, ctx, usual) })
	t.Run("exchanges", func(t *testing.T) { testExchanges(t, ctx, usual) })
	t.Run("copies", func(t *testing.T) { testCopies(t, ctx, usual) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(t, ctx, usual) })
	t.Run("phone", func(t *testing.T) { testPhone(t, ctx, usual) })
	t.Run("dark", func(t *testing.T) { testDark(t, ctx, usual) })
	t.Run("without script", func(t *testing.T) { testWithoutScript(t, ctx, usual) })
	t.Run("hostile", func(t *testing.T) { testHostile(t, ctx, file(hostile)) })
}

func (b *browser) listen(event any) {
	b.lock.Lock()
	defer b.lock.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, fmt.Sprintf("%+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprintf("console: %s %v", e.Type, e.Args))
	case *log.EventEntryAdded:
		b.problems = append(b.problems, fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text))
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

func (b *browser) keys(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// do runs a script in the page.
func (b *browser) do(script string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](script))
}

// says evaluates an expression in the page.
func says[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true in the page.
func (b *browser) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// command prepares a tab with a command of the browser's protocol.
func command[P, R any](c cdp.Command[P, R], params P) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, c, params)
		return err
	}
}

// quiet checks that nothing went wrong and nothing was loaded.
func (b *browser) quiet() {
	b.t.Helper()
	b.lock.Lock()
	defer b.lock.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("the browser says: %s", p)
	}
	for _, r := range b.requests {
		if !strings.HasPrefix(r, "file:") && !strings.HasPrefix(r, "data:") {
			b.t.Errorf("the page asked for %s", r)
		}
	}
}

// picture takes one where the flag asks for it.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), image, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

const visibleRows = `Array.from(document.querySelectorAll('.req')).filter(r => r.checkVisibility()).map(r => r.id.slice(4)).join(' ')`

// testFilter: the page opens with little in it, and finds what a reader looks for.
func testFilter(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file)
	t.Logf("the page took %.0f ms to open", says[float64](b, `performance.getEntriesByType('navigation')[0].loadEventEnd`))
	b.picture("top")

	in := certification(t, nil)
	total, infos, supervisors := len(in.Result.Requirements), 0, 0
	// What makes a page slow to open is what it holds before anybody asks.
	if n := says[int](b, `document.querySelectorAll('*').length`); n > 64*total {
		t.Errorf("the page holds %d elements for %d requirements before anything is opened", n, total)
	}
	for _, row := range in.Result.Requirements {
		if row.Level == string(spec.Info) {
			infos++
		}
		if slices.Contains(row.Profiles, "supervisor") {
			supervisors++
		}
	}
	found := func(n int) {
		t.Helper()
		words := fmt.Sprintf("%d of %d requirements", n, total)
		if n == total {
			words = fmt.Sprintf("All %d requirements", n)
		}
		b.until(`document.querySelector('#found').textContent === '` + words + `'`)
	}
	if all := len(strings.Fields(says[string](b, visibleRows))); all != total {
		t.Errorf("%d requirements are seen", all)
	}
	b.click(`input[value=failed]`)
	found(3)
	if got := says[string](b, visibleRows); got != "TRN-UCCE-33 ERR-03 ERR-12" {
		t.Errorf("filtered by outcome: %s", got)
	}
	b.click(`button[type=reset]`)
	found(total)
	b.run(chromedp.SetValue(chromedp.CSS(`#level`), "INFO"))
	b.do(`document.querySelector('#level').dispatchEvent(new Event('input', {bubbles: true}))`)
	found(infos)
	b.click(`button[type=reset]`)
	b.run(chromedp.SetValue(chromedp.CSS(`#profile`), "supervisor"))
	b.do(`document.querySelector('#profile').dispatchEvent(new Event('input', {bubbles: true}))`)
	if supervisors == 0 || supervisors == total {
		t.Fatalf("%d of %d requirements are of the profile", supervisors, total)
	}
	found(supervisors)
	b.click(`button[type=reset]`)

	// Searching without a mouse.
	b.do(`document.activeElement.blur(); document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true, cancelable: true}))`)
	b.keys("mobile dialnumber")
	b.until(`document.querySelector('#found').textContent !== 'All ` + strconv.Itoa(total) + ` requirements'`)
	if got := says[string](b, visibleRows); !strings.Contains(got, "SIG-07") || len(strings.Fields(got)) > 5 {
		t.Errorf("searched: %s", got)
	}
	b.click(`button[type=reset]`)

	// The tally leads to its requirements.
	b.click(`.tally a[data-pick=info]`)
	found(in.Result.Summary.Info)

	// The diagram leads to them too, and back.
	b.do(`document.querySelector('.diagram a[data-ids="TRN-UCCE-06"]').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))`)
	b.until(`document.querySelector('#req-TRN-UCCE-06').open && document.activeElement.parentElement.id === 'req-TRN-UCCE-06'`)
	if got := says[string](b, visibleRows); got != "TRN-UCCE-06" {
		t.Errorf("clicked on an arrow: %s", got)
	}
	b.click(`.chip`)
	found(total)
	b.quiet()
}

// testExchanges unpacks the exchanges of a failure and looks into one.
func testExchanges(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file)
	b.click(`#fail-ERR-03 .more > summary`)
	b.until(`document.querySelector('#fail-ERR-03 .evidence').dataset.state === 'done'`)
	const items = `#fail-ERR-03 .items > li`
	if n := says[int](b, `document.querySelectorAll('`+items+`').length`); n < 10 || n > 31 {
		t.Errorf("%d lines on the time line", n)
	}
	if got := says[string](b, `document.querySelector('#fail-ERR-03 .tl').getAttribute('aria-label')`); got != "Time line of 2.30 s: LOGOUT from 60 ms, NOT_READY from 180 ms, READY from 420 ms, NOT_READY from 1.68 s, LOGOUT from 1.80 s, READY from 1.86 s" {
		t.Errorf("the time line says %s", got)
	}
	if got := says[string](b, `document.querySelector('#fail-ERR-03 .items .dec mark').textContent.trim()`); got != "<ErrorType>Generic Error</ErrorType>" {
		t.Errorf("marked: %s", got)
	}
	b.do(`document.querySelector('#fail-ERR-03 .more').scrollIntoView()`)
	b.picture("exchanges")
	// A line is closed until it is asked for, and opens with the keyboard.
	b.run(chromedp.Focus(chromedp.CSS(items + `:nth-child(2) summary`)))
	b.keys(kb.Enter)
	b.until(`document.querySelector('` + items + `:nth-child(2) pre')?.textContent.includes('<state>LOGIN</state>')`)
	b.quiet()
}

// testCopies copies a failure as a command; where the clipboard is closed the
// text is selected.
func testCopies(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file)
	b.click(`#fail-ERR-03 .copies > summary`)
	b.do(`window.copied = ''; navigator.clipboard.writeText = async (text) => { window.copied = text; }`)
	b.click(`button[data-copy=curl-ERR-03]`)
	b.until(`document.querySelector('#fail-ERR-03 .copies output').textContent === 'copied'`)
	if got := says[string](b, `window.copied`); !strings.HasPrefix(got, "curl -i") || !strings.Contains(got, "/finesse/api/User/1001001'") {
		t.Errorf("copied: %s", got)
	}
	b.do(`navigator.clipboard.writeText = async () => { throw new Error('closed'); }`)
	b.click(`button[data-copy=ticket-ERR-03]`)
	b.until(`document.querySelector('#fail-ERR-03 .copies output').textContent.startsWith('selected')`)
	if got := says[string](b, `getSelection().toString()`); !strings.Contains(got, "Expected: 400 with Invalid Input") {
		t.Errorf("selected: %s", got)
	}
	b.quiet()
}

// testKeyboard goes through the page with the tabulator.
func testKeyboard(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file)
	b.keys(kb.Tab)
	if got := says[string](b, `document.activeElement.textContent`); got != "Skip to the verdict" {
		t.Errorf("the first stop is %q", got)
	}
	b.keys(kb.Enter)
	b.keys(kb.Tab)
	if got := says[string](b, `document.activeElement.dataset.pick`); got != "failed" {
		t.Errorf("after skipping, the first stop is %q", got)
	}
	b.run(chromedp.Focus(chromedp.CSS(`#req-SIG-01 > summary`)))
	b.keys(kb.Enter)
	b.until(`document.querySelector('#req-SIG-01 .evidence').dataset.state === 'done'`)
	// Whatever can be reached has a name for those who do not see it.
	nameless := says[[]string](b, `Array.from(document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]')).filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels[0] && e.labels[0].textContent.trim()))).map(e => e.outerHTML.slice(0, 120))`)
	for _, e := range nameless {
		t.Errorf("without a name: %s", e)
	}
	ids := says[[]string](b, `(() => { const seen = {}; return Array.from(document.querySelectorAll('[id]')).map(e => e.id).filter(id => seen[id] || !(seen[id] = true)); })()`)
	if len(ids) > 0 {
		t.Errorf("ids that are there twice: %v", ids)
	}
	dead := says[[]string](b, `Array.from(document.querySelectorAll('a[href^="#"]')).map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))`)
	if len(dead) > 0 {
		t.Errorf("links that lead nowhere: %v", dead)
	}
	b.quiet()
}

// testPhone: nothing but the drawing and wide tables, which scroll by
// themselves, is wider than a phone.
func testPhone(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file, command(emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true}))
	b.click(`#fail-ERR-03 .more > summary`)
	b.until(`document.querySelector('#fail-ERR-03 .evidence').dataset.state === 'done'`)
	b.click(`#req-SIG-01 > summary`)
	b.until(`document.querySelector('#req-SIG-01 .evidence').dataset.state === 'done'`)
	if w := says[int](b, `document.documentElement.scrollWidth`); w > 390 {
		wide := says[[]string](b, `Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > 391 && !e.closest('.canvas, .scroll, .top')).slice(0, 5).map(e => e.outerHTML.slice(0, 100))`)
		t.Errorf("the page is %d wide: %v", w, wide)
	}
	b.do(`scrollTo(0, 0)`)
	b.picture("phone")
	b.do(`document.querySelector('#fail-ERR-03').scrollIntoView()`)
	b.picture("phone-failure")
	b.quiet()
}

// testDark takes pictures of the dark page, and checks that it is one.
func testDark(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file, command(emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}))
	if got := says[string](b, `getComputedStyle(document.body).backgroundColor`); got != "rgb(14, 18, 22)" {
		t.Errorf("the background is %s", got)
	}
	b.picture("dark")
	b.do(`document.querySelector('#states').scrollIntoView()`)
	b.picture("dark-states")
	b.quiet()
}

// testHostile: what a target says runs nowhere, unpacked either.
func testHostile(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file)
	b.do(`document.querySelectorAll('.req[data-req^=SIG], .more').forEach(d => { d.open = true; })`)
	b.until(`Array.from(document.querySelectorAll('[data-req][open]')).every(d => d.querySelector('.evidence').dataset.state === 'done')`)
	b.do(`document.querySelectorAll('#req-SIG-01 .items details').forEach(d => { d.open = true; })`)
	b.until(`document.querySelector('#req-SIG-01 .items pre') !== null`)
	if n := says[int](b, `document.querySelectorAll('img').length`); n > 0 {
		t.Errorf("%d pictures", n)
	}
	if n := says[int](b, `document.scripts.length`); n != 2 {
		t.Errorf("%d scripts", n)
	}
	b.quiet()
}

// testWithoutScript: where scripts are forbidden the page still says
// what is wrong.
func testWithoutScript(t *testing.T, ctx context.Context, file string) {
	b := tab(t, ctx, file, command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(`body`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Not conformant", "Generic Error", "PUT /finesse/api/User/1001001", "scripts are switched off here"} {
		if !strings.Contains(text, want) {
			t.Errorf("without scripts the page lacks %q", want)
		}
	}
	b.quiet()
}
