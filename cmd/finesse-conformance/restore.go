package main

import (
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/runner/config"
)

func restoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "restore",
		Short: "put users back after a run that was killed, from its journal",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			a, err := app(cfg.Run.NoColor)
			if err != nil {
				return err
			}
			return exitWith(a.PutBack(c.Context(), cfg))
		},
	}
	addSettings(c, func(s config.Setting) bool {
		return s.Flag == "config" || s.Flag == "journal" || s.Flag == "out" || strings.HasPrefix(s.Key, "target.") || strings.HasPrefix(s.Key, "timing.")
	})
	return c
}
