package spec

import "testing"

func TestGivenWords(t *testing.T) {
	tests := []struct {
		given Given
		want  string
	}{
		{Given{}, "an agent"},
		{Given{Subject: RoleSupervisor, State: Ready}, "a supervisor in READY"},
		{Given{State: Talking, Call: CallRouted, Was: Ready, WrapUp: Off}, "an agent in TALKING on a routed call, READY before it, no wrap-up follows"},
		{Given{State: Talking, Pending: NotReady}, "an agent in TALKING, NOT_READY pending"},
		{Given{State: NotReady, Reason: true, Codes: map[Category]string{CategoryNotReady: "two"}},
			"an agent in NOT_READY, with a reason code, with two NOT_READY reason codes to choose"},
	}
	for _, test := range tests {
		if got := test.given.Words(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestWhenWords(t *testing.T) {
	tests := []struct {
		when   When
		values map[string]string
		want   string
	}{
		{When{By: Self, Put: &Put{State: "READY"}}, nil, "PUT READY"},
		{When{By: ForeignSupervisor, Put: &Put{State: "READY"}}, nil, "PUT READY by foreign supervisor"},
		{When{Put: &Put{EmptyState: true}}, nil, "PUT with an empty state"},
		{When{Put: &Put{}}, nil, "PUT without a state"},
		{When{Put: &Put{State: "LOGIN"}}, nil, "PUT LOGIN with no extension"},
		{When{Put: &Put{State: "LOGIN", Extension: ExtensionOwn}}, nil, "PUT LOGIN"},
		{When{Put: &Put{State: "LOGIN", Extension: ExtensionOwn, Mobile: &Mobile{Dial: true}}}, nil, "PUT LOGIN with no mode of the mobile agent"},
		{When{Put: &Put{State: "NOT_READY", Reason: ReasonWrongCategory}}, nil, "PUT NOT_READY with a reasonCodeId (wrong category)"},
		{When{Put: &Put{State: "NOT_READY", Reason: ReasonWrongCategory}}, map[string]string{"reason": "7"}, "PUT NOT_READY with reasonCodeId 7"},
		{When{Get: &Get{What: GetReasonCodes, Category: CategoryLogout}}, nil, "GET reason codes LOGOUT"},
		{When{EndCall: true}, nil, "the end of the call"},
		{When{}, nil, "nothing"},
	}
	for _, test := range tests {
		if got := test.when.Words(test.values); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestStepWords(t *testing.T) {
	ready := When{By: Self, Put: &Put{State: "READY"}}
	for want, step := range map[string]Step{
		"PUT READY and at the same moment PUT READY": {When: ready, Together: []When{ready}},
		"PUT READY and at once Dialog DROP":          {When: ready, Following: []When{{By: Self, Dialog: "DROP"}}},
	} {
		if got := step.Words(nil); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestOutcomeWords(t *testing.T) {
	data := map[Deployment]string{UCCE: "257", UCCX: "1010"}
	tests := []struct {
		outcome    Outcome
		deployment Deployment
		want       string
	}{
		{Outcome{Kind: Accepted, States: []State{Ready}}, UCCE, "202 or 200, then READY"},
		{Outcome{Kind: Reaches, States: []State{Ready, NotReady, Work}}, UCCE, "READY, NOT_READY or WORK"},
		{Outcome{Kind: Refused, Types: []string{"Invalid State"}, Data: data}, UCCE, "a refusal with Invalid State (ErrorData 257 where one is seen) and nothing changed"},
		{Outcome{Kind: Refused, Types: []string{"Invalid State"}, Data: data}, "",
			"a refusal with Invalid State (ErrorData 257 on UCCE and 1010 on UCCX where one is seen) and nothing changed"},
		{Outcome{Kind: Error, Status: []int{4}, Types: nil}, UCCX, "4xx with any ErrorType and nothing changed"},
		{Outcome{Kind: Error, Status: []int{400}, Types: []string{"Invalid Input"}, Data: map[Deployment]string{UCCE: "state", UCCX: "state"}}, "",
			"400 with Invalid Input, ErrorData state and nothing changed"},
		{Outcome{Kind: Answer}, UCCE, "an answer"},
		{Outcome{Kind: Answer, Status: []int{200}, Schema: "User", Shows: []Show{{At: "User/extension", Is: map[Deployment][]string{UCCE: {""}, UCCX: {""}}, OrAbsent: true}}}, "",
			"200 with a valid User body, User/extension empty or absent"},
		{Outcome{Kind: Keeps, Status: []int{2}, Event: EventNone}, UCCE, "2xx and the state to stay, no event"},
		{Outcome{Kind: Recorded}, UCCE, "anything"},
	}
	for _, test := range tests {
		if got := test.outcome.Words(test.deployment); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestEverythingHasWords: no requirement of the catalogue is told without
// words for a part of it.
func TestEverythingHasWords(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range c.All() {
		for _, s := range q.Steps {
			if s.When.Words(nil) == "nothing" {
				t.Errorf("%s: a step does nothing", q.ID)
			}
			for _, o := range s.Then {
				if o.Words("") == "" {
					t.Errorf("%s: an outcome without words", q.ID)
				}
			}
		}
	}
}
