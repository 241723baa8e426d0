package bed_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/suites/evidence"
)

// ids are such as deployments have: mail addresses, with apostrophes, spaces,
// letters of any alphabet, leading zeros, and what has a meaning in an address.
var ids = []string{
	"alice@example.com", "o'brien", "anna maria", "Łukasz", "李雷", "0042", "a.b-c_d", "müller+test@例え.jp", `domain\user`, "иван@почта.рф", "50%", "a&b", "x#y", "q?r", "1001", "semi;colon", "käthe'o@x.org",
}

// Users are certified whatever their ids are: nothing fails for it, everything
// that applies is exercised, notifications included, and everybody is put back.
// LONG_TESTS plays the whole catalogue.
func TestIDsOfAnyKind(t *testing.T) {
	t.Parallel()
	for n, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var rows []string
				if !extent.Long() {
					rows = []string{"SIG-01", "AUT-01", "NTF-01", "NTF-05", "NTF-06", "USR-01", "ERR-03", "SUP-01", "SUP-06-TALKING", "AUT-13", "RSN-01", "PND-01"}
				}
				names := map[string]string{}
				played := bed.Play(t, bed.Deployment{Kind: kind, Release: "12.6(2)", Notifications: true, Configure: func(c *reference.Config) {
					for i := range c.Users {
						u := &c.Users[i]
						names[u.ID] = ids[(i+n*len(ids)/2)%len(ids)]
						u.ID = names[u.ID]
					}
				}}, rows...)
				for _, row := range played.Requirements {
					wanted := rows == nil || slices.Contains(rows, row.ID)
					if row.Outcome == evidence.Failed || wanted && row.Outcome == evidence.NotExercised && row.Level != "INFO" {
						t.Errorf("%s is %s: %s", row.ID, row.Outcome, row.Reason)
					}
				}
				if len(played.Left)+len(played.Unrestored) > 0 {
					t.Errorf("%v are not back: %v", played.Left, played.Unrestored)
				}
				said, err := json.Marshal(played.Evidence)
				if err != nil {
					t.Fatal(err)
				}
				if len(names) < 8 || !strings.Contains(string(said), []string{"李雷", "käthe"}[n]) {
					t.Errorf("of %v some are not in the evidence", names)
				}
			})
		})
	}
}
