package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

// addSettings gives a command the flags of the settings that it reads.
func addSettings(c *cobra.Command, wanted func(config.Setting) bool) {
	for _, s := range config.Settings() {
		if s.Flag == "" || !wanted(s) {
			continue
		}
		help := strings.ReplaceAll(s.Help, "`", "'") // else what is in backquotes would be what the flag takes
		if len(s.Choices) > 1 {
			help += " (" + strings.Join(s.Choices, ", ") + ")"
		}
		help += " [" + s.Env() + "]"
		switch s.Kind {
		case config.Bool:
			c.Flags().Bool(s.Flag, false, help)
		case config.List:
			c.Flags().StringSlice(s.Flag, nil, help)
		default:
			c.Flags().String(s.Flag, s.Default, help)
		}
		if f := c.Flags().Lookup(s.Flag); s.Arg != "" {
			f.Value, f.DefValue = taking(f.Value, strings.ReplaceAll(s.Arg, "…", "...")), s.Default
		}
	}
}

// taking has the help say what a flag takes. A word in backquotes would do so
// too, and stand in the text a second time.
func taking(v pflag.Value, what string) pflag.Value {
	if list, ok := v.(pflag.SliceValue); ok {
		return takesList{takes{v, what}, list}
	}
	return takes{v, what}
}

type takes struct {
	pflag.Value
	what string
}

func (t takes) Type() string { return t.what }

type takesList struct {
	takes
	pflag.SliceValue
}

// load reads the configuration that a command's flags point to, and says what
// in it is probably not what was meant.
func load(c *cobra.Command) (*config.Config, error) {
	cfg, err := config.Load(config.Sources{Flags: flagsOf(c), LookupEnv: os.LookupEnv, Prompt: prompt()})
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintf(notices(), "warning: %v\n", w)
	}
	return cfg, nil
}

// actOnTarget has something done on the target that a command's flags and
// configuration name, in a process whose memory is bounded and that a signal
// ends with everybody back.
func actOnTarget(c *cobra.Command, do func(context.Context, *runner.CLI, *config.Config) (int, error)) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	a, err := app(cfg.Run.NoColor)
	if err != nil {
		return err
	}
	ctx, stop := process.StopOnSignal(c.Context(), func(said string) {
		if a.Terminal {
			fmt.Fprintln(a.Err) // the cursor is behind the progress and the terminal's ^C
		}
		fmt.Fprintln(notices(), said)
	})
	defer stop()
	boundMemory()
	return exitWith(do(ctx, a, cfg))
}

// given reports whether a setting was given, by its flag or its variable.
func given(c *cobra.Command, flag string) bool {
	return c.Flags().Changed(flag) || os.Getenv(config.Setting{Flag: flag}.Env()) != ""
}

// flagsOf gives the flags that were given.
func flagsOf(c *cobra.Command) map[string][]string {
	given := map[string][]string{}
	c.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			given[f.Name] = list.GetSlice()
			return
		}
		given[f.Name] = []string{f.Value.String()}
	})
	return given
}

// prompt asks for passwords where somebody can be asked.
func prompt() func(string) (fixtures.Secret, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return func(user string) (fixtures.Secret, error) {
		fmt.Fprintf(os.Stderr, "password of user %s: ", user)
		text, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return fixtures.Secret(text), err
	}
}

// app makes what every command needs, with the terminal looked at.
func app(noColor bool) (*runner.CLI, error) {
	a, err := runner.NewCLI(ignoreEPIPE{os.Stdout}, ignoreEPIPE{os.Stderr})
	if err != nil {
		return nil, err
	}
	a.Terminal = term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	a.Colour = a.Terminal && term.IsTerminal(int(os.Stdout.Fd())) && !noColor && os.Getenv("NO_COLOR") == ""
	if a.Width = width(os.Stdout); a.Terminal {
		screen := os.Stderr // Ginkgo puts another file in its place while it runs
		a.ErrWidth = func() int { return width(screen) }
	}
	a.Environ = os.Environ()
	return a, nil
}

// width gives the columns of a terminal, 0 for what is none.
func width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// notices is where a person is told what is no result: lines that keep to the
// terminal.
func notices() io.Writer { return text.Wrapping(os.Stderr, width(os.Stderr)) }

// ignoreEPIPE writes to where nobody may read any more: a run does not end, nor
// has it a fault, because a pipe was closed behind it.
type ignoreEPIPE struct{ io.Writer }

func (u ignoreEPIPE) Write(p []byte) (int, error) {
	n, err := u.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return len(p), nil
	}
	return n, err
}
