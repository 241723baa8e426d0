package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"finesse-conformance/runner"
)

func keygenCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "keygen",
		Short: "make a key that signs statements: a private file, readable by its owner alone, and a public one beside it",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			id, public, err := runner.KeyGen(file)
			if err != nil {
				return err
			}
			fmt.Printf("%s\n  %s signs (run --sign-key %s): keep it to yourself\n  %s verifies (verify --key %s): give it to whoever has to trust your statements\n",
				id, file, file, public, public)
			return nil
		},
	}
	c.Flags().StringVar(&file, "write", "finesse-conformance.key", "`FILE` for the private key; the public one is beside it with .pub; never over one that is there")
	return c
}

func verifyCommand() *cobra.Command {
	var keys []string
	var dir string
	c := &cobra.Command{
		Use:   "verify STATEMENT",
		Short: "check a statement offline: signature, digests, and with the evidence the verdicts",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			return exitWith(a.Verify(c.Context(), args[0], dir, keys))
		},
	}
	c.Flags().StringSliceVar(&keys, "key", nil, "`FILE` with the public key of whom you trust; repeated or with commas, one of them is enough")
	c.Flags().StringVar(&dir, "dir", "", "`DIR` of the results and the evidence, else that of the statement")
	return c
}
