package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
)

// aCommand refuses what is no command, and names those it may have meant.
func aCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return seeHelp(c, fmt.Errorf("unknown command %q%s", args[0], text.Perhaps(args[0], names)))
}

// flagError is the error of a flag, with those that it may have meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		near := text.Near(unknown.GetSpecifiedName(), names)
		for i := range near {
			near[i] = "--" + near[i]
		}
		if len(near) > 0 {
			err = fmt.Errorf("%w, perhaps %s", err, text.Or(near))
		}
	}
	return seeHelp(c, err)
}

// noArguments is of commands that take flags alone. What somebody may have
// meant by an argument is said: people give an address, a file or an id to
// whatever they want done with it.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	arg := args[0]
	meant := func(flag, value string) error {
		if c.Flags().Lookup(flag) == nil {
			return nil
		}
		return fmt.Errorf("%s takes no arguments; perhaps `%s --%s %s` was meant", c.Name(), c.CommandPath(), flag, value)
	}
	var err error
	switch lower := strings.ToLower(arg); {
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		if err = meant("target", arg); err != nil && c.Flags().Lookup("config") != nil {
			err = fmt.Errorf("%w, with --config FILE for the users; `finesse-conformance init` writes one", err)
		}
	case strings.HasSuffix(lower, ".yaml"), strings.HasSuffix(lower, ".yml"), isFile(arg):
		err = meant("config", arg)
	case isProfile(lower):
		err = meant("profile", lower)
	case isPattern(arg):
		err = meant("only", arg)
	}
	if err == nil {
		err = fmt.Errorf("%s takes no arguments: %q", c.Name(), arg)
	}
	return err
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func isProfile(name string) bool {
	c, err := spec.Load()
	return err == nil && suites.Selection{Profiles: []string{name}}.Check(c) == nil
}

func isPattern(pattern string) bool {
	c, err := spec.Load()
	return err == nil && suites.CheckPattern(c, pattern) == nil
}

// oneOf refuses a value of a flag that knows few.
func oneOf(flag, value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &exit.UsageError{Err: fmt.Errorf("--%s %q is none of %s%s", flag, value, text.Enumerate(known), text.Perhaps(value, known))}
}
