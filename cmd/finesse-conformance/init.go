package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

var errNoUser = errors.New("with --target, name a --user whose password is in FINESSE_PASSWORD or asked for")

func initCommand() *cobra.Command {
	var user, file string
	c := &cobra.Command{
		Use:   "init",
		Short: "write a commented configuration, filled in from a target where one is given",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := app(false)
			if err != nil {
				return err
			}
			var target *config.Target
			var who *fixtures.User
			if given(c, "target") {
				if user == "" {
					return &exit.UsageError{Err: errNoUser}
				}
				if target, who, err = initTarget(c, user); err != nil {
					return err
				}
			}
			text, err := a.Init(c.Context(), target, who)
			if err != nil {
				return err
			}
			if file == "" {
				_, err := fmt.Print(text)
				return err
			}
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			if err := runner.WriteNew(file, text); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(filepath.Dir(file), config.SchemaName), schema, 0o644)
		},
	}
	c.Flags().StringVar(&user, "user", "", "`ID` of a user who can be asked about the team; its password is in FINESSE_PASSWORD, its access token in FINESSE_TOKEN, or the password is asked for")
	c.Flags().StringVar(&file, "write", "", "`FILE` to write instead of printing; never over one that is there")
	addSettings(c, func(s config.Setting) bool { return strings.HasPrefix(s.Key, "target.") })
	return c
}

// initTarget reads what --target and --user say.
func initTarget(c *cobra.Command, user string) (*config.Target, *fixtures.User, error) {
	target, err := config.TargetOf(config.Sources{Flags: flagsOf(c), LookupEnv: os.LookupEnv})
	if err != nil {
		return nil, nil, err
	}
	if token := fixtures.Secret(os.Getenv("FINESSE_TOKEN")); !token.Empty() {
		return target, &fixtures.User{ID: user, Token: fixtures.TokenFrom{Fixed: token}}, nil
	}
	password := fixtures.Secret(os.Getenv("FINESSE_PASSWORD"))
	if ask := prompt(); password.Empty() && ask != nil {
		if password, err = ask(user); err != nil {
			return nil, nil, err
		}
	}
	if password.Empty() { // a sign-in without one only counts towards the lock of the account
		return nil, nil, &exit.UsageError{Err: fmt.Errorf("no password for user %s: set FINESSE_PASSWORD, or run this in a terminal to be asked", user)}
	}
	return target, &fixtures.User{ID: user, Password: password}, nil
}
