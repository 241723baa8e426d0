package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
)

func listCommand() *cobra.Command {
	var format string
	var transitions bool
	var profiles, sections []string
	c := &cobra.Command{
		Use:   "list [PATTERN|SECTION|PROFILE]…",
		Short: "the requirements; with --config, what that target would exercise and why not the rest",
		RunE: func(c *cobra.Command, picked []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			picked = slices.Concat(picked, profiles, sections)
			list, err := a.List(nil, picked)
			if err != nil {
				return err
			}
			plan, err := listPlan(c, a)
			if err != nil {
				return err
			}
			if transitions {
				deployments, err := deploymentsOf(c)
				if err != nil {
					return err
				}
				return runner.WriteTransitions(a.Out, a.Transitions(deployments, plan))
			}
			if plan != nil {
				if list, err = a.List(plan, picked); err != nil {
					return err
				}
			}
			return a.WriteList(list, format)
		},
		ValidArgsFunction: completeRequirements,
	}
	c.Flags().BoolVar(&transitions, "transitions", false, "the transition tables instead, with the requirements that go along each edge")
	c.Flags().StringVar(&format, "format", "table", "table, json or yaml")
	c.Flags().StringSliceVar(&profiles, "profile", nil, "the requirements of this `PROFILE`, as the argument does; repeated or with commas")
	c.Flags().StringSliceVar(&sections, "section", nil, "the requirements of this `SECTION`, as the argument does; repeated or with commas")
	addSettings(c, func(s config.Setting) bool {
		return s.Flag == "config" || strings.HasPrefix(s.Key, "target.") || s.Key == "deployment" || s.Key == "release"
	})
	return c
}

// listPlan looks at the target that a list is for; nil without one. A target
// that nobody named but the folder need not be there.
func listPlan(c *cobra.Command, a *runner.CLI) ([]suites.Item, error) {
	found, err := findConfig(c, notices())
	if err != nil || !given(c, "config") && !given(c, "target") {
		return nil, err
	}
	cfg, err := load(c)
	var plan []suites.Item
	if err == nil {
		plan, err = a.Plan(c.Context(), cfg)
	}
	if err != nil && found {
		fmt.Fprintf(notices(), "the target of %s cannot be asked, so this is the list for any target: %v\n", usualConfig, err)
		return nil, nil
	}
	return plan, err
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
			return a.Explain(text.Wrapping(os.Stdout, a.Width), args[0])
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeIDs(c, args, start)
		},
	}
}

func oneRequirement(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("it takes the id of one requirement, such as SIG-01, not %d", len(args))
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
