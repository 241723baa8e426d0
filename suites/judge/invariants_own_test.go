package judge_test

import (
	"strings"
	"testing"

	"finesse-conformance/spec"
)

func TestEveryReadIsOfTheUserAskedFor(t *testing.T) {
	other := func(edit ...string) *scene {
		s := begin(in(spec.Ready)).sees(0, in(spec.Ready))
		x := &s.ev.Exchanges[1]
		x.ResponseBody = strings.NewReplacer(edit...).Replace(x.ResponseBody)
		return s
	}
	const said = "in a GET of TST-01: expected the user 1001 who was asked for; saw 1002"
	tryRuns(t, "USR-04", []run{
		{"is", []*scene{begin(in(spec.Ready))}, ""},
		{"is another", []*scene{other("1001", "1002")}, said},
		{"has another loginId alone", []*scene{other("<loginId>1001", "<loginId>1002")}, ""}, // for the row itself to say
		{"is asked for by name", []*scene{other("1001", "1002", "<loginName>ab", "<loginName>1001")}, ""},
		{"does not tell", []*scene{other("<loginId>1001</loginId>", "", "1001", "1002")}, ""},
	})
}
