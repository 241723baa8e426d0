package main

import (
	"github.com/spf13/cobra"

	"finesse-conformance/runner"
)

func recheckCommand() *cobra.Command {
	var files runner.Files
	var out, waivers string
	c := &cobra.Command{
		Use:   "recheck EVIDENCE",
		Short: "judge the evidence of an old run again with the present contract, offline",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			boundMemory()
			a, err := app(false)
			if err != nil {
				return err
			}
			run, err := outputs(out, files, waivers)
			if err != nil {
				return err
			}
			return exitWith(a.Recheck(args[0], run))
		},
	}
	addOutputs(c, &out, &files, &waivers)
	return c
}
