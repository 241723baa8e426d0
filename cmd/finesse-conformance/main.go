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

	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/preflight"
)

func main() { os.Exit(run()) }

// exit is the error that carries an exit code without anything to say.
type exit int

// ended is nil for code 0, else the code.
func ended(code int) error {
	if code == 0 {
		return nil
	}
	return exit(code)
}

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func run() (code int) {
	// Most commands are over before there is anything worth collecting. A run,
	// which keeps what it saw, sets what it needs itself.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	// Nothing here writes to it but net/http, which tells what a target sends
	// beyond an answer, credentials that it tells back included.
	log.SetOutput(io.Discard)
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "%s: a fault of this program: %v\n", runner.Name, p)
			code = reports.ExitHarness
		}
	}()
	if code, played := runner.PlayTroupe(); played {
		return code
	}
	err := root().ExecuteContext(context.Background())
	var e exit
	var f *fault
	var usage *runner.UsageError
	var unable *preflight.Unable
	var out *preflight.OutOfService
	var problems config.Problems
	switch {
	case err == nil:
		return reports.ExitConformant
	case errors.As(err, &e):
		return int(e)
	case errors.As(err, &problems):
		fmt.Fprintln(os.Stderr, problems)
		return reports.ExitUsage
	case errors.As(err, &usage):
		err = usage
	case errors.As(err, &unable):
		fmt.Fprintf(os.Stderr, "%s: %v\n", runner.Name, unable)
		return reports.ExitUncertifiable
	case errors.As(err, &out):
		fmt.Fprintf(os.Stderr, "%s: %v\n", runner.Name, out)
		return reports.ExitUncertifiable
	case errors.As(err, &f):
		fmt.Fprintf(os.Stderr, "%s: %v\n", runner.Name, err)
		return reports.ExitHarness
	}
	// What cobra says itself is about the command line.
	fmt.Fprintf(os.Stderr, "%s: %s\n", runner.Name, strings.TrimSpace(err.Error()))
	return reports.ExitUsage
}

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
		Version: runner.Version(), SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2, Args: aCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())
	})
	c.AddCommand(
		runCommand(), doctorCommand(), initCommand(), restoreCommand(),
		listCommand(), explainCommand(), specCommand(), versionCommand(),
		compareCommand(), reportCommand(), recheckCommand(), serveCommand(), selftestCommand(),
	)
	for _, sub := range c.Commands() {
		settle(sub)
	}
	c.InitDefaultCompletionCmd()
	if shells, _, err := c.Find([]string{"completion"}); err == nil && shells != c {
		// As cobra makes it, it shows its help for every word and calls that well.
		shells.Short = "print the completion script of a shell: bash, fish, powershell or zsh"
		shells.Long = shells.Short
		shells.Args, shells.RunE = aCommand, func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	return c
}

// aCommand refuses what is no command, and names those it may have meant.
func aCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += ", perhaps " + strings.Join(near, " or ")
	}
	return fmt.Errorf("%s; see `%s --help`", text, c.CommandPath())
}

// settle makes the errors of a command tell whose they are: those of its
// arguments point to the help, those of its work are faults unless they say
// otherwise.
func settle(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())
			}
			return nil
		}
	}
	do := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		err := do(c, args)
		var e exit
		if err == nil || errors.As(err, &e) {
			return err
		}
		return &fault{err}
	}
}
