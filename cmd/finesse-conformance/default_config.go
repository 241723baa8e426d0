package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"finesse-conformance/runner/config"
)

// usualConfig is the configuration that commands which change nothing look
// for in the working folder.
const usualConfig = "finesse.yaml"

// findConfig gives --config the usual file where it is there and nobody named
// a file or a target, and says so. It reports whether it did.
func findConfig(c *cobra.Command, say io.Writer) (bool, error) {
	if given(c, "config") || given(c, "target") || !isFile(usualConfig) {
		return false, nil
	}
	fmt.Fprintf(say, "using %s of this folder; --config FILE names another\n", usualConfig)
	return true, c.Flags().Set("config", usualConfig)
}

// pointAtConfig says that the file that is there is not used: nobody's real
// agents are acted on because of the folder that a command was given in.
func pointAtConfig(c *cobra.Command, say io.Writer) {
	if !given(c, "config") && !given(c, "target") && isFile(usualConfig) {
		fmt.Fprintf(say, "%s is there and not used: this is about the embedded reference. For its target: %s --config %s\n",
			usualConfig, c.CommandPath(), usualConfig)
	}
}

// changesNothing reports whether a run was told to print its plan only.
func changesNothing(c *cobra.Command) bool {
	if f := c.Flags().Lookup("dry-run"); f != nil && f.Changed {
		return f.Value.String() == "true"
	}
	return os.Getenv(config.Setting{Flag: "dry-run"}.Env()) == "true"
}

// regardConfig is for commands that act on a target: without a file they use
// the usual one where they change nothing, and else only point at it.
func regardConfig(c *cobra.Command, say io.Writer) error {
	if changesNothing(c) {
		_, err := findConfig(c, say)
		return err
	}
	pointAtConfig(c, say)
	return nil
}
