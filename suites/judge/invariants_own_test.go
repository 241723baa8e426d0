package judge_test

import (
	"strings"
	"testing"

	"finesse-conformance/spec"
)

func TestEveryReadIsOfTheUserAskedFor(t *testing.T) {
	other := func(edit ...string) *scene {
		s := begin(in(spec.Ready)).sees(0, in(spec.Ready))
		for i := range s.ev.Exchanges {
			x := &s.ev.Exchanges[i]
			x.ResponseBody = strings.NewReplacer(edit...).Replace(x.ResponseBody)
		}
		return s
	}
	const said = "in a GET of TST-01: expected the user 1001 who was asked for; saw 1002"
	tryRuns(t, "USR-04", []run{
		{"is", []*scene{begin(in(spec.Ready))}, ""},
		{"is another", []*scene{other("1001", "1002")}, said},
		{"has another loginId alone", []*scene{other("<loginId>1001", "<loginId>1002")}, ""}, // for the row itself to say
		{"is asked for by name", []*scene{other("1001", "1002", "<loginName>ab", "<loginName>1001")}, ""},
		{"is another by its uri, now and then", []*scene{begin(in(spec.Ready)).sees(0, in(spec.Ready)), other("User/1001<", "User/1003<")}, `in a GET of TST-01: expected uri "/finesse/api/User/1001", as in other reads of /finesse/api/User/1001; saw "/finesse/api/User/1003"`},
		{"does not tell", []*scene{other("<loginId>1001</loginId>", "", "1001", "1002")}, ""},
	})
}
