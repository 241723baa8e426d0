package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/spec/export"
)

// specFiles are the parts of the contract that can be printed, as patterns of
// its files; config is the schema of the configuration, which is none of them.
var specFiles = map[string]string{
	"openapi": "openapi.yaml", "requirements": "requirements/*.yaml", "moves": "moves.yaml", "rules": "rules.yaml", "profiles": "profiles.yaml", "config": "",
}

// specFormats are the forms of the contract as a whole.
var specFormats = map[string]func(spec.Deployment) ([]byte, error){
	"openapi": func(spec.Deployment) ([]byte, error) { return export.OpenAPI() },
	"postman": func(spec.Deployment) ([]byte, error) { return export.Postman() },
	"postman-environment": func(spec.Deployment) ([]byte, error) {
		return export.Environment("Finesse", export.EnvironmentValues{BaseURL: "https://finesse1.example.com:8445"})
	},
	"mermaid": func(d spec.Deployment) ([]byte, error) {
		catalogue, err := spec.Load()
		if err != nil {
			return nil, err
		}
		return []byte(export.Mermaid(catalogue, d)), nil
	},
	"json": func(spec.Deployment) ([]byte, error) { return export.JSON() },
}

func specCommand() *cobra.Command {
	var format, deployment string
	forms := []string{"openapi", "postman", "postman-environment", "mermaid", "json"}
	c := &cobra.Command{
		Use:   "spec [openapi|requirements|moves|rules|profiles|config]",
		Short: "print the contract for other tools, one of its files, or the JSON Schema of the configuration",
		Long: "Print the contract for other tools, one of its files, or the JSON Schema of the configuration.\n\n" +
			"Without an argument it is the whole, in the form that other tools read:\n\n" +
			"  openapi              an OpenAPI document for generators and linters, the default\n" +
			"  postman              a collection for Postman and newman\n" +
			"  postman-environment  an environment for it, to be filled in; serve --write-postman fills one in\n" +
			"  mermaid              the states of --deployment as a diagram\n" +
			"  json                 everything as one JSON document\n\n" +
			"With an argument it is a file as the program reads it, or the schema.",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), aPart),
		ValidArgs: []string{"openapi", "requirements", "moves", "rules", "profiles", "config"},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && (given(c, "format") || given(c, "deployment")):
				return &exit.UsageError{Err: errors.New("--format and --deployment are for the contract as a whole, without " + args[0])}
			case len(args) > 0:
				return printPart(args[0])
			}
			if err := errors.Join(oneOf("format", format, forms...), oneOf("deployment", strings.ToLower(deployment), "ucce", "uccx")); err != nil {
				return err
			}
			contract, err := specFormats[format](spec.Deployment(strings.ToUpper(deployment)))
			if err != nil {
				return err
			}
			_, err = fmt.Println(strings.TrimSuffix(string(contract), "\n"))
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "openapi", "openapi, postman, postman-environment, mermaid or json")
	c.Flags().StringVar(&deployment, "deployment", "ucce", "ucce or uccx, for mermaid")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("deployment", cobra.FixedCompletions([]string{"ucce", "uccx"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// aPart refuses what is no part of the contract.
func aPart(c *cobra.Command, args []string) error {
	if len(args) == 0 || slices.Contains(c.ValidArgs, args[0]) {
		return nil
	}
	return fmt.Errorf("it prints %s, not %q%s", text.Or(c.ValidArgs), args[0], text.Perhaps(args[0], c.ValidArgs))
}

// printPart prints files of the contract, several as one YAML stream.
func printPart(part string) error {
	if part == "config" {
		schema, err := config.Schema()
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(schema)
		return err
	}
	names, err := fs.Glob(spec.Files(), specFiles[part])
	if err != nil {
		return err
	}
	for _, name := range names { // sorted, which is the order of the sections
		content, err := fs.ReadFile(spec.Files(), name)
		if err != nil {
			return err
		}
		if len(names) > 1 {
			fmt.Printf("--- # %s\n", path.Base(name))
		}
		if _, err := os.Stdout.Write(content); err != nil {
			return err
		}
	}
	return nil
}
