package runner

import (
	"bytes"
	"encoding/gob"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/runner/internal/preflight"
)

// Who cannot sign in is named, whichever of the processes found it out: each
// has users of its own, and tells of them when it has ended.
func TestLeftAloneInAnyProcess(t *testing.T) {
	troupe := func(id string, barred string) *fixtures.Cast {
		return &fixtures.Cast{Users: []*fixtures.User{{ID: id + "1"}, {ID: id + "2", Barred: barred}}}
	}
	for name, barred := range map[string][]string{
		"the first": {"it cannot sign in", ""}, "the last": {"", "it cannot sign in"}, "both": {"its phone is off", "it cannot sign in"}, "none": {"", ""},
	} {
		s := &session{CLI: &CLI{}, survey: &preflight.Survey{Cast: &fixtures.Cast{Users: []*fixtures.User{{ID: "11"}, {ID: "12"}, {ID: "21"}, {ID: "22"}}}}}
		p := &processes{session: s, ctx: t.Context(), results: &results{}}
		var fates []parallel.Fate
		for i, why := range barred {
			cast := troupe([]string{"1", "2"}[i], why)
			s.troupes = append(s.troupes, cast)
			// As it travels between processes.
			var wire bytes.Buffer
			var arrived parallel.Ending
			if err := gob.NewEncoder(&wire).Encode(parallel.Ending{LeftAlone: parallel.LeftAlone(cast)}); err != nil {
				t.Fatal(err)
			}
			if err := gob.NewDecoder(&wire).Decode(&arrived); err != nil {
				t.Fatal(err)
			}
			fates = append(fates, parallel.Fate{Ending: &arrived})
		}
		p.account(nil, fates, "")
		want := map[string]string{"12": barred[0], "22": barred[1]}
		for _, m := range s.castMembers() {
			if m.LeftAlone != want[m.ID] {
				t.Errorf("%s: user %s is left alone for %q, not for %q", name, m.ID, m.LeftAlone, want[m.ID])
			}
		}
	}
}
