package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"finesse-conformance/runner/selftest"
)

func selftestCommand() *cobra.Command {
	var o selftest.Options
	c := &cobra.Command{
		Use:   "selftest",
		Short: "prove the suites: the conformant reference passes, every fault is caught by the requirement it breaks",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if slices.Contains(o.Patterns, "list") {
				return selftest.WriteFaults(os.Stdout)
			}
			a, err := app(false)
			if err != nil {
				return err
			}
			ctx, stop := process.StopOnSignal(c.Context(), func(text string) { fmt.Fprintln(os.Stderr, text) })
			defer stop()
			return exitWith(selftest.Run(ctx, a, o))
		},
	}
	c.Flags().StringSliceVar(&o.Patterns, "fault", nil, "`PATTERN` of faults and conformant variants, * for any text; repeated or with commas; list shows them")
	c.Flags().IntVar(&o.Jobs, "jobs", selftest.DefaultJobs, "how many deployments are certified at the same time")
	c.Flags().BoolVar(&o.JSON, "json", false, "print the result as JSON")
	c.Flags().BoolVar(&o.All, "all", false, "exercise every requirement with every fault and variant, with notifications and without, not a part of what neither concerns")
	c.Flags().BoolVar(&o.Once, "once", false, "take the first outcome: do not repeat with longer times what is not as expected")
	return c
}
