package main

import (
	"github.com/spf13/cobra"

	"finesse-conformance/runner"
)

func historyCommand() *cobra.Command {
	var files runner.Files
	c := &cobra.Command{
		Use:   "history DIR…",
		Short: "many results over time: since when, what is flaky, trends; exit 1 when something turned worse since the last",
		Long: "history reads every results.json in the folders, at any depth, and puts those of each target in a row: what became of each\n" +
			"requirement and since when, which ones are flaky, and how latency and convergence went. It exits with 1 when something turned\n" +
			"worse between the last two runs that came to their end.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			return exitWith(a.History(args, files))
		},
	}
	c.Flags().StringVar(&files.HTML, "html", "", "`FILE` for a page")
	c.Flags().StringVar(&files.JSON, "json", "", "`FILE` for JSON")
	return c
}
