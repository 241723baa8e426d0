package parallel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/ginkgo/command"
	"github.com/onsi/ginkgo/v2/ginkgo/run"

	"finesse-conformance/internal/text"
)

// troupeName is the file name under which this program is started as one of
// the processes of a run: Ginkgo starts nothing that is not called so.
const troupeName = "troupe.test"

// IsTroupe reports whether a program with the arguments is one of the processes
// that exercise the requirements of a run.
func IsTroupe(args []string) bool {
	return len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), troupeName)
}

// linkProgram makes a name for this program in a folder, by which Ginkgo
// starts it.
func linkProgram(dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	name := filepath.Join(dir, troupeName)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if os.Symlink(self, name) == nil || os.Link(self, name) == nil {
		return name, nil
	}
	return name, copyProgram(self, name)
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy this program: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return fmt.Errorf("copy this program: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(fmt.Errorf("copy this program: %w", err), out.Close())
	}
	return out.Close()
}

// ginkgoProcesses has Ginkgo's own runner start the program at the link as
// that many parallel processes, wait for them, and hand the specs out between
// them. The address goes to each as its first argument. It gives what Ginkgo
// printed, the output of processes that were lost in it.
//
// The runner is the inside of Ginkgo's command line, no documented interface:
// the version is pinned, and a test covers what is relied on here. It prints
// to os.Stdout and os.Stderr, which belong to the reports of this program, and
// so both are turned aside meanwhile; it ends by a panic.
func ginkgoProcesses(program string, procs int, seed int64, address string) (printed string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("start %d processes: %w", procs, err)
	}
	all := make(chan string)
	go func() {
		text, _ := io.ReadAll(read) // what was read is what there is
		all <- string(text)
	}()
	stdout, stderr := os.Stdout, os.Stderr
	colorOut, colorErr := formatter.ColorableStdOut, formatter.ColorableStdErr
	os.Stdout, os.Stderr, formatter.ColorableStdOut, formatter.ColorableStdErr = write, write, io.Discard, write
	defer func() {
		os.Stdout, os.Stderr, formatter.ColorableStdOut, formatter.ColorableStdErr = stdout, stderr, colorOut, colorErr
		_ = write.Close()
		printed = <-all
		_ = read.Close()
		if p := recover(); p != nil {
			details, ok := p.(command.AbortDetails)
			if !ok {
				panic(p)
			}
			// The exit code only says whether a spec failed: the verdicts do.
			if details.Error != nil {
				err = fmt.Errorf("start %d processes: %w", procs, details.Error)
			}
		}
	}()
	run.BuildRunCommand().Run([]string{
		"--procs=" + strconv.Itoa(procs), "--randomize-all", "--seed=" + strconv.FormatInt(seed, 10),
		"--timeout=24h", "--grace-period=15m", "--poll-progress-after=0", "--output-interceptor-mode=none", "--no-color", program,
	}, []string{address})
	return "", nil // Run has not returned yet in any version
}

var (
	escapes   = text.Pattern("\x1b\\[[0-9;]*m")
	lastWords = text.Pattern(`(?s)Output from proc (\d+):\n(.*?)Exit result of proc \d+:\n(.*?)\n\n`)
)

// wordsOf takes the output of a lost process, and how it ended, out of what
// Ginkgo printed.
func wordsOf(printed string, proc int) (output, exit string) {
	for _, m := range lastWords().FindAllStringSubmatch(escapes().ReplaceAllString(printed, ""), -1) {
		if m[1] == strconv.Itoa(proc) {
			return strings.TrimSpace(m[2]), strings.TrimSpace(m[3])
		}
	}
	return "", ""
}
