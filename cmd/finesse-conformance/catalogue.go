package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
)

func listCommand() *cobra.Command {
	var format string
	var transitions bool
	c := &cobra.Command{
		Use:   "list",
		Short: "the requirements; with --config, what that target would exercise and why not the rest",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			var plan []suites.Item
			if given(c, "config") || given(c, "target") {
				cfg, err := load(c)
				if err != nil {
					return err
				}
				if plan, err = a.Plan(c.Context(), cfg); err != nil {
					return err
				}
			}
			if transitions {
				deployments, err := deploymentsOf(c)
				if err != nil {
					return err
				}
				return runner.WriteTransitions(a.Out, a.Transitions(deployments, plan))
			}
			return runner.WriteList(a.Out, a.List(plan), format)
		},
	}
	c.Flags().BoolVar(&transitions, "transitions", false, "the transition tables instead, with the requirements that go along each edge")
	c.Flags().StringVar(&format, "format", "table", "table, json or yaml")
	addSettings(c, func(s config.Setting) bool {
		return s.Flag == "config" || strings.HasPrefix(s.Key, "target.") || s.Key == "deployment" || s.Key == "release"
	})
	return c
}

// deploymentsOf gives the deployments that --deployment picks.
func deploymentsOf(c *cobra.Command) ([]spec.Deployment, error) {
	name := strings.ToUpper(c.Flag("deployment").Value.String())
	if name == "AUTO" {
		return spec.Deployments(), nil
	}
	if d := spec.Deployment(name); slices.Contains(spec.Deployments(), d) {
		return []spec.Deployment{d}, nil
	}
	return nil, &exit.UsageError{Err: fmt.Errorf("--deployment %q is none of auto, ucce and uccx", name)}
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "one requirement: its clause, the way there, the request, every outcome accepted",
		Args:  oneRequirement,
		RunE: func(_ *cobra.Command, args []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			return a.Explain(os.Stdout, args[0])
		},
		ValidArgsFunction: func(_ *cobra.Command, _ []string, start string) ([]string, cobra.ShellCompDirective) {
			catalogue, err := spec.Load()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			var ids []string
			for _, req := range catalogue.All() {
				if strings.HasPrefix(req.ID, strings.ToUpper(start)) {
					ids = append(ids, req.ID+"\t"+req.Title)
				}
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func oneRequirement(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("it takes the id of one requirement, such as SIG-01, not %d", len(args))
}

func specCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "spec [openapi|requirements|moves]",
		Short:     "print the OpenAPI document (the default), the requirements or the moves",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"openapi", "requirements", "moves"},
		RunE: func(_ *cobra.Command, args []string) error {
			pattern := "openapi.yaml"
			if len(args) > 0 {
				pattern = map[string]string{"openapi": "openapi.yaml", "requirements": "requirements/*.yaml", "moves": "moves.yaml"}[args[0]]
			}
			names, err := fs.Glob(spec.Files(), pattern)
			if err != nil {
				return err
			}
			sort.Strings(names)
			for _, name := range names {
				text, err := fs.ReadFile(spec.Files(), name)
				if err != nil {
					return err
				}
				if len(names) > 1 {
					fmt.Printf("--- # %s\n", path.Base(name)) // one YAML stream of several documents
				}
				if _, err := os.Stdout.Write(text); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "version",
		Short: "the version of the program and of its contract, and the source that both were built from",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			return runner.WriteVersion(os.Stdout, format)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}
