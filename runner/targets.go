package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
)

// targetName is the name under which this program is started to certify one
// of several targets.
const targetName = Name + "-target"

// targets are the processes that certify several targets side by side: Ginkgo
// plays once in the life of a process, and a target that hangs holds nobody
// but its own process.
type targets struct {
	*CLI
	ctx     context.Context
	program string
	address string
	socket  net.Listener

	mu      sync.Mutex // of the terminal, and of what follows
	waiting map[string]*targetRun
}

// targetRun is the certification of one of the targets.
type targetRun struct {
	config *config.Config // with this target alone
	folder string         // of its reports, in that of the run
	link   chan *link
	ending *ending
	code   int
	err    error
}

// runTargets certifies several targets side by side, each in a process of its
// own that may have more of its own. It gives the exit code of the worst.
func (a *CLI) runTargets(ctx context.Context, cfg *config.Config) (code int, err error) {
	runs, atOnce, err := eachTarget(cfg)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if cfg.Run.DryRun {
		return a.dryRunTargets(ctx, runs)
	}
	began := time.Now()
	dir, err := privateFolder(cfg.Run.Out)
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	t := &targets{CLI: a, ctx: ctx, address: filepath.Join(dir, socketName), waiting: map[string]*targetRun{}}
	if t.program, err = os.Executable(); err != nil {
		return 0, fmt.Errorf("find this program: %w", err)
	}
	if t.socket, err = listenIn(dir); err != nil {
		return 0, fmt.Errorf("listen for the processes of the targets: %w", err)
	}
	go t.accept()
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, r := range runs {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			t.certify(r)
		})
	}
	all.Wait()
	return t.overview(cfg, runs, began, t.socket.Close())
}

// eachTarget makes the configurations of the targets, and says how many of
// them are certified at once.
func eachTarget(cfg *config.Config) (runs []*targetRun, atOnce int, err error) {
	run := cfg.Run
	for flag, path := range map[string]string{
		"junit": different(run.JUnit, run.Out, "junit.xml"), "json": different(run.JSON, run.Out, "results.json"),
		"html": different(run.HTML, run.Out, "report.html"), "journal": different(run.Journal, run.Out, "journal.jsonl"), "har": run.HAR,
	} {
		if path != "" {
			err = errors.Join(err, fmt.Errorf("--%s names one file for several targets: each has its reports in a folder of its own in --out; leave it out", flag))
		}
	}
	if err != nil {
		return nil, 0, err
	}
	atOnce = len(cfg.Targets)
	if run.Procs > 0 {
		atOnce = min(atOnce, run.Procs)
	}
	taken := map[string]bool{}
	for _, target := range cfg.Targets {
		one := *cfg
		one.Targets = []*config.Target{target}
		folder := freeFolder(target.Name, taken)
		one.Run.Out = filepath.Join(run.Out, folder)
		for name, path := range map[string]*string{"junit.xml": &one.Run.JUnit, "results.json": &one.Run.JSON, "report.html": &one.Run.HTML, "journal.jsonl": &one.Run.Journal} {
			*path = filepath.Join(one.Run.Out, name)
		}
		one.Run.ID = rand.Text()
		one.Run.Timeout = 0 // is that of all together
		one.Run.MaxRequestsPerSecond = run.MaxRequestsPerSecond / float64(atOnce)
		if run.Procs > 0 {
			one.Run.Procs = max(run.Procs/atOnce, 1)
			if len(runs) < run.Procs%atOnce && len(cfg.Targets) == atOnce {
				one.Run.Procs++
			}
		}
		runs = append(runs, &targetRun{config: &one, folder: folder, link: make(chan *link, 1)})
	}
	return runs, atOnce, nil
}

// different gives a path that is not the usual one, else "".
func different(path, dir, name string) string {
	if path == filepath.Join(dir, name) {
		return ""
	}
	return path
}

var unfit = text.Pattern(`[^A-Za-z0-9._-]+`)

// freeFolder gives a folder that no other target has; letter case alone tells
// none apart, since some file systems do not.
func freeFolder(name string, taken map[string]bool) string {
	base := folderName(name)
	folder := base
	for n := 2; taken[strings.ToLower(folder)]; n++ {
		folder = fmt.Sprintf("%s-%d", base, n)
	}
	taken[strings.ToLower(folder)] = true
	return folder
}

// folderName makes a file name of a target's name.
func folderName(name string) string {
	if text := strings.Trim(unfit().ReplaceAllString(name, "-"), ".-"); text != "" {
		return text
	}
	return "target"
}

func (t *targets) accept() {
	for {
		conn, err := t.socket.Accept()
		if err != nil {
			return // closed: all targets are done
		}
		go func() {
			l := newLink(conn)
			hello, err := l.receive()
			t.mu.Lock()
			r := t.waiting[hello.Text]
			delete(t.waiting, hello.Text)
			t.mu.Unlock()
			if err != nil || r == nil {
				_ = conn.Close()
				return
			}
			r.link <- l
		}()
	}
}

// certify has a target certified by a process of its own.
func (t *targets) certify(r *targetRun) {
	name := r.config.Targets[0].Name
	if t.ctx.Err() != nil {
		r.code, r.err = signalOf(t.ctx), context.Cause(t.ctx)
		return
	}
	t.mu.Lock()
	t.waiting[name] = r
	t.mu.Unlock()
	var output tail
	process := exec.Command(t.program)
	process.Args = []string{targetName, t.address, name}
	process.Stdout, process.Stderr = &output, &output
	if err := process.Start(); err != nil {
		r.code, r.err = reports.ExitHarness, fmt.Errorf("start a process: %w", err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case l := <-r.link:
		t.follow(r, l, process)
		r.err = <-ended
	case r.err = <-ended:
	}
	if r.ending == nil {
		r.code = reports.ExitHarness
		r.err = fmt.Errorf("its process was lost (%v): %s", r.err, text.TruncateMiddle(output.String(), keptOutput))
		return
	}
	r.code, r.err = r.ending.Code, nil
	if r.ending.Error != "" {
		r.err = errors.New(r.ending.Error)
	}
}

// follow tells a process what to do and shows what it says.
func (t *targets) follow(r *targetRun, l *link, process *exec.Cmd) {
	defer l.conn.Close()
	name := r.config.Targets[0].Name
	if err := l.send(note{Kind: noteCue, Config: r.config, Environ: r.config.HookEnviron(t.Environ)}); err != nil {
		return
	}
	stop := context.AfterFunc(t.ctx, func() {
		_ = l.send(note{Kind: noteStop, Signal: int(interruptedBy(t.ctx)), Text: context.Cause(t.ctx).Error()})
		timing := r.config.Targets[0].Timing
		time.AfterFunc(2*time.Minute+48*timing.Settle+timing.LongestWait, func() { _ = process.Process.Kill() }) // or it has ended
	})
	defer stop()
	for {
		n, err := l.receive()
		if err != nil {
			return
		}
		switch n.Kind {
		case noteSaid:
			t.mu.Lock()
			fmt.Fprint(t.Err, labelled(name, n.Text))
			t.mu.Unlock()
		case noteOver:
			r.ending = n.Ending
			t.mu.Lock()
			fmt.Fprintf(t.Out, "%s\n%s\n", name, indented(n.Ending.Output))
			t.mu.Unlock()
		}
	}
}

// labelled says of a line of progress which target it is about.
func labelled(name, line string) string {
	if rest, ok := strings.CutPrefix(line, "{"); ok {
		return fmt.Sprintf(`{"name":%q,%s`, name, rest)
	}
	return name + ": " + line
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// tail keeps the end of an output.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 32<<10; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
