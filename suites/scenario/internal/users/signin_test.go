package users_test

import (
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/internal/users"
)

func TestSignIns(t *testing.T) {
	u := &fixtures.User{ID: "1", Extension: "71"}
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	login := func(status int, body, answer string) evidence.Exchange {
		return evidence.Exchange{As: "1", Method: "PUT", Path: "/finesse/api/User/1", RequestBody: body, Status: status, ResponseBody: answer, Started: began}
	}
	own := "<User><state>LOGIN</state><extension>71</extension></User>"
	device := "<ApiErrors><ApiError><ErrorType>Invalid Device</ErrorType></ApiError></ApiErrors>"
	look := func(s spec.State, after time.Duration) evidence.Observation {
		return evidence.Observation{User: "1", State: s, Asked: began.Add(after), At: began.Add(after)}
	}
	for name, test := range map[string]struct {
		exchange evidence.Exchange
		looks    []evidence.Observation
		events   []evidence.Event
		refused  bool
		said     string
	}{
		"signed in":                        {login(202, own, ""), []evidence.Observation{look(spec.NotReady, time.Second), look(spec.Logout, 20*time.Second)}, nil, false, ""},
		"accepted, and nothing":            {login(202, own, ""), []evidence.Observation{look(spec.Logout, 10*time.Second)}, nil, true, ""},
		"accepted, and not watched":        {login(202, own, ""), []evidence.Observation{look(spec.Logout, 5*time.Second)}, nil, false, ""},
		"refused by an event":              {login(202, own, ""), []evidence.Observation{look(spec.Logout, time.Second)}, []evidence.Event{{Session: "1", ErrorType: "Device Busy", Received: began.Add(time.Second)}}, true, "Device Busy"},
		"refused before by an event":       {login(202, own, ""), []evidence.Observation{look(spec.Logout, time.Second)}, []evidence.Event{{Session: "1", ErrorType: "Device Busy", Received: began.Add(-time.Second)}}, false, ""},
		"refused at once":                  {login(400, own, device), nil, nil, true, "Invalid Device"},
		"refused for something else":       {login(400, own, "<ApiErrors/>"), nil, nil, false, ""},
		"on the extension of another user": {login(400, "<User><state>LOGIN</state><extension>72</extension></User>", device), nil, nil, false, ""},
	} {
		var s users.SignIns
		ev := &evidence.Evidence{Target: evidence.Target{Settle: 10 * time.Second}, Exchanges: []evidence.Exchange{test.exchange}, Observations: test.looks, Events: test.events}
		cast := []*fixtures.User{u}
		s.Add(ev, cast)
		list := s.Refused(cast)
		if got := len(list) == 1; got != test.refused || got && (list[0].Error != test.said || list[0].User != u) {
			t.Errorf("%s: refused %+v", name, list)
		}
		if s.Any() != (name == "signed in") {
			t.Errorf("%s: signed in: %v", name, s.Any())
		}
	}
}
