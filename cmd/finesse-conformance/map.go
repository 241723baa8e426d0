package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

func mapCommand() *cobra.Command {
	var o runner.MapOptions
	c := &cobra.Command{
		Use:   "map",
		Short: "the behaviour map: every situation of a target, and everything asked there",
		Long: "Makes the behaviour map: every situation of a target, and everything asked there.\n" +
			"Everybody is watched and put back; without a target it maps the embedded reference. Writes map.json, map.html\n" +
			"and map-junit.xml into the folder of the reports.",
		Args: noArguments,
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
			ctx, stop := process.StopOnSignal(c.Context(), func(text string) { fmt.Fprintln(a.Err, text) })
			defer stop()
			boundMemory()
			code, err := a.Map(ctx, cfg, o)
			if err != nil {
				return err
			}
			return ended(code)
		},
	}
	c.Flags().DurationVar(&o.Budget, "budget", 0, "visit the most telling situations for this `DURATION` and say which were left")
	addSettings(c, func(config.Setting) bool { return true })
	return c
}
