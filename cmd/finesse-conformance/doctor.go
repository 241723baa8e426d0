package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
)

func doctorCommand() *cobra.Command {
	var signIn bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "everything that has to hold before a run, and what a run would not exercise",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := findConfig(c, notices()); err != nil {
				return err
			}
			cfg, err := load(c)
			if err != nil {
				return err
			}
			a, err := app(cfg.Run.NoColor)
			if err != nil {
				return err
			}
			ctx, stop := process.StopOnSignal(c.Context(), func(string) {
				if signIn {
					fmt.Fprintln(a.Err, "stopping: who was signed in is signed out; once more leaves at once, and `finesse-conformance restore` does it then")
				}
			})
			defer stop()
			list, code, err := a.Doctor(ctx, cfg, signIn)
			var stopped exit.Signalled
			switch {
			case errors.As(err, &stopped):
				return exitWith(stopped.ExitCode(), nil)
			case err != nil:
				return err
			}
			for _, d := range list {
				if err := d.Write(text.Wrapping(a.Out, a.Width), a.Colour); err != nil {
					return err
				}
			}
			return exitWith(code, nil)
		},
	}
	c.Flags().BoolVar(&signIn, "sign-in", false, "also sign in who is signed out, and out again")
	addSettings(c, func(s config.Setting) bool {
		return s.Flag == "config" || s.Flag == "no-color" || s.Flag == "force" || s.Key != "" && !strings.HasPrefix(s.Key, "run.")
	})
	return c
}
