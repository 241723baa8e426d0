package scenario

import (
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
)

// Of an answer that lists people, those who are not of the cast are not kept.
func TestOnlyTheCastIsKept(t *testing.T) {
	a := &attempt{Stage: &Stage{Cast: &fixtures.Cast{Users: []*fixtures.User{{ID: "1001"}}}}}
	const mine, stranger = "<User><loginId>1001</loginId><state>READY</state></User>", "<User><loginId>2002</loginId><lastName>Stranger</lastName></User>"
	for name, test := range map[string]struct {
		body  string
		keeps string
	}{
		"a list of users":      {"<Users>" + stranger + mine + "</Users>", "1001"},
		"a team":               {"<Team><id>5</id><users>" + mine + stranger + "</users></Team>", "1001"},
		"a team in small":      {"<team><users><user><loginId>2002</loginId><lastName>Stranger</lastName></user></users></team>", "team"},
		"an error":             {"<ApiErrors><ApiError><ErrorType>Invalid Authorization</ErrorType></ApiError></ApiErrors>", "Invalid Authorization"},
		"another document":     {"<People><Person>Stranger</Person></People>", ""},
		"no XML":               {"Stranger", ""},
		"a user without an id": {"<Users><User><lastName>Stranger</lastName></User></Users>", "Users"},
	} {
		kept := a.onlyCast(test.body)
		if strings.Contains(kept, "Stranger") || !strings.Contains(kept, test.keeps) {
			t.Errorf("%s: kept %q", name, kept)
		}
	}
}

func TestTeamAgrees(t *testing.T) {
	const team = "<Team><users><User><loginId>1</loginId><state>READY</state></User></users></Team>"
	for _, test := range []struct {
		states map[string]spec.State
		want   bool
	}{
		{map[string]spec.State{"1": spec.Ready}, true},
		{map[string]spec.State{"1": spec.NotReady}, false},
		{map[string]spec.State{"1": spec.Ready, "2": spec.Ready}, false},
	} {
		if got := agrees(team, test.states); got != test.want {
			t.Errorf("%v: %v", test.states, got)
		}
	}
	if agrees("<html>", nil) {
		t.Error("a body that is no XML agrees")
	}
}
