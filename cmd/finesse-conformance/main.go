// Command finesse-conformance certifies deployments of Cisco Finesse's User
// state-change API. It turns flags into calls, nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

func main() { os.Exit(run()) }

// process is what runs and workers may do to this process.
var process = runner.Process{Exit: os.Exit, BoundMemory: boundMemory}

// exitError carries an exit code, of something that has been said already.
type exitError int

// exitWith gives the error of a command, or else one that carries its exit code,
// nil for Conformant.
func exitWith(code int, err error) error {
	if err != nil || code == exit.Conformant {
		return err
	}
	return exitError(code)
}

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
func (e exitError) ExitCode() int { return int(e) }

func run() (code int) {
	// Most commands are over before there is anything worth collecting, and what
	// a selftest makes is gone at once. A run has boundMemory.
	tuneGC(400)
	// Nothing here writes to it but net/http, which tells what a target sends
	// beyond an answer, credentials that it tells back included.
	log.SetOutput(io.Discard)
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "%s: a fault of this program: %v\n", runner.Name, p)
			code = exit.Harness
		}
	}()
	if code, ran := runner.RunIfWorker(process); ran {
		return code
	}
	err := root().ExecuteContext(context.Background())
	var said exitError
	var problems config.Problems
	switch {
	case err == nil, errors.As(err, &said):
	case errors.As(err, &problems):
		fmt.Fprintln(notices(), problems)
	default:
		fmt.Fprintf(notices(), "%s: %s\n", runner.Name, text.Clean(strings.TrimSpace(err.Error())))
	}
	return exit.Code(err)
}

// tuneGC sets, unless GOGC does, how much garbage there may be, in percent of
// what is in use.
func tuneGC(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// boundMemory is for a process that certifies. It keeps what it saw or is one
// of many, and mostly waits: what is good for the start would cost it memory
// for nothing. Whatever a target sends, no process may take up more than it
// says in the documentation: close to that, memory is collected more often.
func boundMemory() {
	tuneGC(100)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// memoryLimit is what a process takes up at most, in bytes, less what is not
// the collector's.
const memoryLimit = 160 << 20

// fault marks an error that is neither the user's nor the target's.
type fault struct{ err error }

func (f *fault) Error() string { return "a fault of this program: " + f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   runner.Name,
		Short: "certifies deployments of Cisco Finesse's User state-change API",
		Long: "finesse-conformance certifies any deployment of Cisco Finesse's User state-change API, real or mock.\n\n" +
			"Without a target, `run` starts the embedded reference deployment and certifies that.",
		Version: runner.Tool().Build(), SilenceUsage: true, SilenceErrors: true, Args: aCommand,
		RunE:             func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRun: sayUnknownVariables,
	}
	c.SetFlagErrorFunc(flagError)
	c.AddCommand(
		runCommand(), mapCommand(), exploreCommand(), doctorCommand(), initCommand(), restoreCommand(),
		listCommand(), explainCommand(), specCommand(), versionCommand(),
		compareCommand(), historyCommand(), reportCommand(), recheckCommand(), serveCommand(), selftestCommand(),
		keygenCommand(), verifyCommand(),
	)
	for _, sub := range c.Commands() {
		classifyErrors(sub)
		completeFlags(sub)
		helps[sub.Name()].complete(sub)
	}
	wrapHelp(c)
	c.InitDefaultCompletionCmd()
	if shells, _, err := c.Find([]string{"completion"}); err == nil && shells != c {
		// As cobra makes it, it shows its help for every word and calls that well.
		shells.Short = "print the completion script of a shell: bash, fish, powershell or zsh"
		shells.Long = shells.Short
		shells.Args, shells.RunE = aCommand, func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	return c
}

// sayUnknownVariables warns, whatever the command, of variables that are meant
// for this program and that it does not know. What a shell asks for while
// somebody types is left alone.
func sayUnknownVariables(c *cobra.Command, _ []string) {
	if c.Name() == cobra.ShellCompRequestCmd || c.Name() == cobra.ShellCompNoDescRequestCmd {
		return
	}
	for _, p := range config.UnknownVariables(os.Environ()) {
		fmt.Fprintf(notices(), "warning: %v\n", p)
	}
}

// seeHelp is an error of the command line.
func seeHelp(c *cobra.Command, err error) error {
	return &exit.UsageError{Err: fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())}
}

// classifyErrors makes the errors of a command carry their exit codes: those
// of its arguments are wrong usage and point to the help, those of its work
// are faults unless they say otherwise.
func classifyErrors(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return seeHelp(c, err)
			}
			return nil
		}
	}
	do := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		err := do(c, args)
		var coded interface{ ExitCode() int }
		if err == nil || errors.As(err, &coded) {
			return err
		}
		return &fault{err}
	}
}
