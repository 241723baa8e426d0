package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"finesse-conformance/runner/config"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "certify a target; without one, the embedded reference deployment",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := regardConfig(c, notices()); err != nil {
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
			ctx, stop := process.StopOnSignal(c.Context(), func(text string) {
				if a.Terminal {
					fmt.Fprintln(a.Err) // the cursor is behind the progress and the terminal's ^C
				}
				fmt.Fprintln(a.Err, text)
			})
			defer stop()
			boundMemory()
			code, err := a.Run(ctx, cfg)
			if err != nil {
				return err
			}
			return ended(code)
		},
	}
	addSettings(c, func(config.Setting) bool { return true })
	return c
}
