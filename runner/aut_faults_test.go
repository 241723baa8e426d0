package runner_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/suites/evidence"
)

// Whoever takes a token for another user, or a password for a user by token,
// is found out by the row about it, and nobody else is.
func TestTokenFaults(t *testing.T) {
	t.Parallel()
	rows := []string{"AUT-10", "AUT-11", "AUT-13", "AUT-14"}
	for fault, row := range map[string]string{"": "", "token-of-anybody-taken": "AUT-13", "password-for-token-users": "AUT-14", "token-of-nobody-taken": "AUT-11", "expired-token-taken": "AUT-11"} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := bed.Deployment{Configure: func(c *reference.Config) { c.TokenLife = 20 * time.Second }}
				if fault != "" {
					d.Faults = []string{fault}
				}
				played := bed.Play(t, d, rows...)
				for _, id := range rows {
					v, want := played.Verdict(id), evidence.Passed
					if id == row {
						want = evidence.Failed
					}
					if v.Outcome != want {
						t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
					}
				}
				if slices.Contains(played.Left, "1001006") {
					t.Error("the user by token is not back")
				}
			})
		})
	}
}
