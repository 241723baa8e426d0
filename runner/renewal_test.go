package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// Where no new access token is to be had from some moment of a run on, for
// good or for a while, nothing fails for it, the reason says why, and everybody
// is put back.
func TestRenewalFails(t *testing.T) {
	t.Parallel()
	const away = "the service is away"
	for name, test := range map[string]struct {
		system func(reference.Config) reference.Config
		fails  time.Duration // from when on
		until  time.Duration // after which the command works again, 0 for never
		hangs  time.Duration
		says   string
		want   string
	}{
		"of one":        {fails: 30 * time.Second, says: away, want: "14 passed, 2 say why not"},
		"of everybody":  {system: reference.Config.WithSingleSignOn, fails: 30 * time.Second, says: away, want: "3 passed, 13 say why not"},
		"of one, hangs": {fails: 30 * time.Second, hangs: 30 * time.Second, says: away, want: "14 passed, 2 say why not"},
		"of all, hangs": {system: reference.Config.WithSingleSignOn, fails: 30 * time.Second, hangs: 30 * time.Second, says: away, want: "3 passed, 13 say why not"},
		"for a while":   {system: reference.Config.WithSingleSignOn, fails: 10 * time.Second, until: 16 * time.Second, says: away, want: "16 passed, 0 say why not"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				asked, began := 0, time.Now()
				d := bed.Deployment{
					Configure: func(c *reference.Config) {
						if test.system != nil {
							*c = test.system(*c)
						}
						c.TokenLife = 20 * time.Second
					},
					Subject: func(s *runner.Subject) {
						for _, u := range s.Users {
							if !u.ByToken() {
								continue
							}
							ask := u.Token.Ask
							u.Token.Ask = func(ctx context.Context) (fixtures.IssuedToken, error) {
								since := time.Since(began)
								if since < test.fails || test.until > 0 && since > test.until {
									return ask(ctx)
								}
								mu.Lock()
								asked++
								mu.Unlock()
								select {
								case <-ctx.Done():
									return fixtures.IssuedToken{}, context.Cause(ctx)
								case <-time.After(test.hangs):
									return fixtures.IssuedToken{}, errors.New(away)
								}
							}
						}
					},
				}
				played := bed.Play(t, d, "AUT-10", "TRN-UCCE-06", "AUT-11", "SIG-01", "AUT-14", "TRN-UCCE-24", "AUT-13", "PND-01", "AUT-10", "RSN-01", "SUP-01", "TRN-UCCE-11", "SUP-02", "USR-01", "AUT-04", "TRN-UCCE-07", "TRN-UCCE-08", "AUT-10")
				passed, said := 0, 0
				for _, row := range played.Requirements {
					switch {
					case row.Outcome == evidence.Failed:
						t.Errorf("%s is %s: %s", row.ID, row.Outcome, row.Reason)
					case row.Outcome == evidence.Passed:
						passed++
					case strings.Contains(row.Reason, test.says):
						said++
					}
				}
				if len(played.Left)+len(played.Unrestored) > 0 {
					t.Errorf("%v are not back: %v", played.Left, played.Unrestored)
				}
				if got := fmt.Sprint(passed, " passed, ", said, " say why not"); got != test.want {
					t.Errorf("%s, %s expected; the command was asked %d times in vain", got, test.want, asked)
				}
			})
		})
	}
}
