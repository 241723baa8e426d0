package behaviour_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/scenario"
)

// doorkeeper counts the answers 401 of a target, and lets nobody in for a while
// after so many, where it is not 0.
type doorkeeper struct {
	refusals, blocksAfter int
	until                 time.Time
}

func (d *doorkeeper) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if time.Now().Before(d.until) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if answer.Code == http.StatusUnauthorized {
			if d.refusals++; d.refusals == d.blocksAfter {
				d.until = time.Now().Add(3 * time.Second)
			}
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// Who may not ask is asked about each kind of request once, for no more answers
// 401 than there are for it, and no more once the target was seen to let nobody
// in after one. Who may ask is asked all the same.
func TestUnauthorized(t *testing.T) {
	only := func(r *behaviour.Row) bool {
		if r.Who == spec.Supervisor { // what it may not ask for is counted with the others'
			return r.Cells[0].Ask == string(spec.Login)
		}
		return r.Who != spec.Self || r.Situation.State == spec.NotReady
	}
	for name, c := range map[string]struct {
		blocksAfter, most int
		why               string // why what is left out is
		atLeast, atMost   int    // answers 401
	}{
		"all":                    {atLeast: 26, atMost: 33},
		"a budget":               {most: 4, why: "costs an answer 401, and ", atLeast: 4, atMost: 4},
		"blocks after the fifth": {blocksAfter: 5, why: "let nobody in for a while", atLeast: 5, atMost: 8},
	} {
		t.Run(name, func(t *testing.T) {
			k := load()
			synctest.Test(t, func(t *testing.T) {
				door := &doorkeeper{blocksAfter: c.blocksAfter}
				m := mapWith(t, k, bed.Deployment{Kind: reference.UCCE, Around: door.around}, only, &scenario.Unauthorized{Most: c.most})
				if door.refusals < c.atLeast || door.refusals > c.atMost {
					t.Errorf("%d answers 401", door.refusals)
				}
				left := slices.DeleteFunc(slices.Clone(m.Cells), func(c behaviourmap.Cell) bool { return c.Mark != behaviour.NotReached })
				if (len(left) > 0) != (c.why != "") {
					t.Errorf("%d cells are not reached", len(left))
				}
				told := 0
				for _, cell := range left {
					if cell.Who == spec.Self {
						t.Errorf("not reached: %s: %s", cell.Asks(), cell.Why)
					}
					if c.why != "" && strings.Contains(cell.Why, c.why) {
						told++
					}
				}
				if c.why != "" && told < 8 {
					t.Errorf("%d of %d cells say why they were left out: %+v", told, len(left), left)
				}
			})
		})
	}
}
