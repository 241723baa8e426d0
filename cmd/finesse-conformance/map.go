package main

import (
	"context"
	"slices"

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
			return actOnTarget(c, func(ctx context.Context, a *runner.CLI, cfg *config.Config) (int, error) { return a.Map(ctx, cfg, o) })
		},
	}
	c.Flags().DurationVar(&o.Budget, "budget", 0, "visit the most telling situations for this `DURATION` and say which were left")
	addSettings(c, func(s config.Setting) bool { return concernsNoRunAlone(s) && s.Flag != "waivers" })
	return c
}

// concernsNoRunAlone reports whether a setting is of use without a run of the
// catalogue: not those of its reports, its selection by profile, its parts and
// its repetitions.
func concernsNoRunAlone(s config.Setting) bool {
	return !slices.Contains([]string{
		"junit", "json", "html", "baseline", "fail-on", "sign-key", "require-complete", "profile", "shard", "repeat", "map",
	}, s.Flag)
}
