package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

func reportCommand() *cobra.Command {
	var files runner.Files
	var out, waivers, markdown, signKey string
	var propose bool
	c := &cobra.Command{
		Use:   "report RESULT…",
		Short: "render a result or the evidence of a run again, or merge the results of a sharded run",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			boundMemory()
			a, err := app(false)
			if err != nil {
				return err
			}
			run, err := outputs(out, files, waivers)
			if err != nil {
				return err
			}
			run.SignKey = signKey
			return exitWith(a.Report(args, run, markdown, propose))
		},
	}
	addOutputs(c, &out, &files, &waivers)
	c.Flags().StringVar(&signKey, "sign-key", "", "`FILE` with the private key that signs the statement")
	c.Flags().StringVar(&markdown, "markdown", "", "`FILE` for a summary in Markdown")
	c.Flags().BoolVar(&propose, "propose-waivers", false, "print waivers for the failures, with places to fill in, and nothing else")
	return c
}

func addOutputs(c *cobra.Command, out *string, files *runner.Files, waivers *string) {
	c.Flags().StringVar(out, "out", "conformance-report", "`DIR` for the reports")
	c.Flags().StringVar(&files.JUnit, "junit", "", "`FILE`, default junit.xml in the folder")
	c.Flags().StringVar(&files.JSON, "json", "", "`FILE`, default results.json in the folder")
	c.Flags().StringVar(&files.HTML, "html", "", "`FILE`, default report.html in the folder")
	c.Flags().StringVar(&files.HAR, "har", "", "`FILE` for an HTTP archive of all exchanges")
	c.Flags().StringVar(waivers, "waivers", "", "`FILE` of failures that are known and accepted")
}

// outputs says where the reports of a command go.
func outputs(out string, files runner.Files, waivers string) (config.Run, error) {
	dir, err := filepath.Abs(out)
	if err != nil {
		return config.Run{}, err
	}
	pick := func(name, otherwise string) string {
		if name != "" {
			return name
		}
		return filepath.Join(dir, otherwise)
	}
	return config.Run{
		Out: dir, JUnit: pick(files.JUnit, "junit.xml"), JSON: pick(files.JSON, "results.json"), HTML: pick(files.HTML, "report.html"),
		HAR: files.HAR, Waivers: waivers, NoColor: os.Getenv("NO_COLOR") != "",
	}, nil
}
