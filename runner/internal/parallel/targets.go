package parallel

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
)

// targetName is the name under which this program is started to certify one
// of several targets.
const targetName = "finesse-conformance-target"

// IsTarget gives the address of the run and the name of the target where a
// program with the arguments is to certify one of several targets.
func IsTarget(args []string) (address, name string, ok bool) {
	if len(args) != 3 || args[0] != targetName {
		return "", "", false
	}
	return args[1], args[2], true
}

// Targets are the processes that certify several targets side by side: Ginkgo
// plays once in the life of a process, and a target that hangs holds nobody
// but its own process.
type Targets struct {
	program string
	folder  *folder

	mu      sync.Mutex
	waiting map[string]chan *link // by the name of a target
}

// NewTargets listens for the processes. Out is a folder where no usual
// temporary one can be written.
func NewTargets(out string) (*Targets, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	folder, err := newFolder(out)
	if err != nil {
		return nil, err
	}
	t := &Targets{program: program, folder: folder, waiting: map[string]chan *link{}}
	go t.accept()
	return t, nil
}

// Close ends the listening, when all targets are done.
func (t *Targets) Close() { t.folder.remove() }

func (t *Targets) accept() {
	for {
		conn, err := t.folder.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			l := newLink(conn)
			hello, err := l.receive()
			t.mu.Lock()
			waits := t.waiting[hello.Text]
			delete(t.waiting, hello.Text)
			t.mu.Unlock()
			if err != nil || waits == nil {
				_ = conn.Close()
				return
			}
			waits <- l
		}()
	}
}

// Certify has the one target of a configuration certified by a process of its
// own, and tells what that says. The error is that it could not be started or
// was lost.
func (t *Targets) Certify(ctx context.Context, cfg *config.Config, environ []string, said func(string)) (*Ending, error) {
	name := cfg.Targets[0].Name
	reached := make(chan *link, 1)
	t.mu.Lock()
	t.waiting[name] = reached
	t.mu.Unlock()
	var output tail
	process := exec.Command(t.program)
	process.Args = []string{targetName, t.folder.address(), name}
	process.Stdout, process.Stderr = &output, &output
	process.WaitDelay = time.Second // where a process of its own outlives it
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	stop := context.AfterFunc(ctx, func() {
		timing := cfg.Targets[0].Timing
		usual := 2*time.Minute + 48*timing.Settle + timing.LongestWait
		time.AfterFunc(exit.KillAfter(ctx, usual), func() { _ = process.Process.Kill() }) // or it has ended
	})
	defer stop()
	var err error
	var ending *Ending
	select {
	case l := <-reached:
		ending = follow(ctx, l, note{Kind: noteJob, Config: cfg, Environ: environ}, said)
		err = <-ended
	case err = <-ended:
	}
	if ending == nil {
		said := output.String()
		if said != "" {
			said = ": " + text.TruncateMiddle(said, keptOutput)
		}
		return nil, fmt.Errorf("its process was lost (%v)%s", err, said)
	}
	return ending, nil
}

// follow tells a process what to do, and what it says, until it is gone.
func follow(ctx context.Context, l *link, job note, said func(string)) (ending *Ending) {
	defer l.conn.Close()
	if err := l.send(job); err != nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() { _ = l.send(stopNote(ctx)) })()
	for {
		n, err := l.receive()
		if err != nil {
			return ending
		}
		switch n.Kind {
		case noteSaid:
			said(n.Text)
		case noteOver:
			ending = n.Ending
		}
	}
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
