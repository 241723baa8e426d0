package main

import (
	"errors"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner"
)

func compareCommand() *cobra.Command {
	var files runner.Files
	var failOn string
	c := &cobra.Command{
		Use:   "compare OLD NEW…",
		Short: "what changed between results, each and the one before, or two behaviour maps (files, or folders of reports)",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if failOn != "" && failOn != "drift" {
				return &exit.UsageError{Err: errors.New("--fail-on knows drift")}
			}
			a, err := app(false)
			if err != nil {
				return err
			}
			return exitWith(a.Compare(args, failOn == "drift", files))
		},
	}
	c.Flags().StringVar(&files.JUnit, "junit", "", "`FILE` for a JUnit report")
	c.Flags().StringVar(&files.JSON, "json", "", "`FILE` for JSON")
	c.Flags().StringVar(&files.HTML, "html", "", "`FILE` for a page")
	c.Flags().StringVar(&files.Markdown, "markdown", "", "`FILE` for Markdown, as for a pull request or a ticket")
	c.Flags().StringVar(&failOn, "fail-on", "", "drift: exit 1 for behaviour that changed without failing, too")
	return c
}
