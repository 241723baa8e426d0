package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
)

// exitCodes says what the exit codes of a run mean, the strongest first.
func exitCodes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Exit codes, the first that applies:\n")
	for _, m := range reports.ExitMeanings() {
		fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Means)
	}
	fmt.Fprintf(&b, "  %3d  conformant: something was verified and nothing that ran failed", reports.ExitConformant)
	return b.String()
}

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "certify a target; without one, the embedded reference deployment",
		Long:  "Certify a target; without one, the embedded reference deployment.\n\n" + exitCodes(),
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if changesNothing(c) {
				if _, err := findConfig(c, os.Stderr); err != nil {
					return err
				}
			} else {
				pointAtConfig(c, os.Stderr)
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
