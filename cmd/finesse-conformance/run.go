package main

import (
	"context"

	"github.com/spf13/cobra"

	"finesse-conformance/runner"
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
			return actOnTarget(c, func(ctx context.Context, a *runner.CLI, cfg *config.Config) (int, error) { return a.Run(ctx, cfg) })
		},
	}
	addSettings(c, func(config.Setting) bool { return true })
	return c
}
