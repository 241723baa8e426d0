package main

import (
	"context"

	"github.com/spf13/cobra"

	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

func exploreCommand() *cobra.Command {
	o := runner.ExploreOptions{}
	c := &cobra.Command{
		Use:   "explore",
		Short: "random walks over a target, concurrent ones too, checked against the rules and shrunk",
		Long: "Walks at random over a target: requests, calls and timers of an agent and its supervisor, one at a time, right after\n" +
			"another, and at the same moment. What is not possible by the guide is shrunk to the shortest walk that shows it,\n" +
			"repeated to tell a fault from chance, and written as a sentence, a scenario in the catalogue's own vocabulary and\n" +
			"a shell script. The same --seed walks the same ways. Everybody is watched and put back; without a target it\n" +
			"explores the embedded reference. Writes explore.json, explore-junit.xml and EXP-*.yaml and .sh of each finding into\n" +
			"the folder of the reports. --only and --skip pick classes of walks: EXP-<state>-alone, -row and -together.\n\n" + exitCodes(),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := regardConfig(c, notices()); err != nil {
				return err
			}
			return actOnTarget(c, func(ctx context.Context, a *runner.CLI, cfg *config.Config) (int, error) {
				return a.Explore(ctx, cfg, o)
			})
		},
	}
	c.Flags().IntVar(&o.Steps, "steps", 1000, "end after `N` things done")
	c.Flags().BoolVar(&o.Resume, "resume", false, "go on where the exploration in the folder of the reports was interrupted")
	addSettings(c, concernsNoRunAlone)
	return c
}
