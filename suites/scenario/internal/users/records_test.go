package users

import (
	"fmt"
	"net/http"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func seen(state spec.State, change string) evidence.Observation {
	return evidence.Observation{User: "1001", State: state, ChangeTime: change}
}

// Whoever is not where the last scenario left it was moved by somebody else,
// unless it could not be put back: then it may be under way.
func TestUndisturbed(t *testing.T) {
	for name, test := range map[string]struct {
		left, now spec.State
		why       string
		want      bool
		then      spec.State // where it is known to be afterwards
	}{
		"as it was left":                  {spec.Logout, spec.Logout, "", true, spec.Logout},
		"moved":                           {spec.Logout, spec.Ready, "", false, spec.Ready},
		"on a call, which will be over":   {spec.Logout, spec.Talking, "", false, spec.Logout},
		"under way, since it is not back": {spec.Work, spec.NotReady, "it stayed in WORK", true, spec.NotReady},
	} {
		t.Run(name, func(t *testing.T) {
			var r Records
			if r.Leave(seen(test.left, "1")); test.why != "" {
				r.Strand(seen(test.left, "1"), "SIG-01", test.why)
			}
			left, ok := r.Undisturbed(seen(test.now, "2"))
			if ok != test.want || !ok && left.State != test.left {
				t.Errorf("%v, left in %s", ok, left.State)
			}
			if _, is := r.Whereabouts("1001"); is.State != test.then {
				t.Errorf("known in %s", is.State)
			}
			if initial, known := r.Initial("1001"); !known || initial.State != test.now {
				t.Errorf("who is seen for the first time was found so: %+v", initial)
			}
			if r.WhyNotBack("1001") != test.why {
				t.Errorf("not back: %q", r.WhyNotBack("1001"))
			}
		})
	}
}

// How a user was found is compared where no scenario has left it yet.
func TestUndisturbedSinceItWasFound(t *testing.T) {
	var r Records
	r.SetInitial(seen(spec.NotReady, "1"))
	if left, ok := r.Undisturbed(seen(spec.Ready, "2")); ok || left.State != spec.NotReady {
		t.Errorf("%v, %+v", ok, left)
	}
	if was, _ := r.Whereabouts("1001"); was.State != spec.NotReady {
		t.Errorf("found in %s", was.State)
	}
}

func TestUnrestored(t *testing.T) {
	var r Records
	r.Strand(seen(spec.Ready, "1"), "SIG-01", "LOGOUT was refused")
	if got := r.Unrestored(); len(got) != 1 || got["1001"] != "LOGOUT was refused" {
		t.Errorf("%v", got)
	}
	r.Leave(seen(spec.Logout, "2"))
	if got := r.Unrestored(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// A user is stranded since the requirement after which it was seen there
// first, until it is somewhere else.
func TestStranded(t *testing.T) {
	var r Records
	is := func(now evidence.Observation, want string, hopeless bool) {
		t.Helper()
		got, no := r.Stranded(now)
		text := ""
		if got != nil {
			text = got.String()
		}
		if text != want || no != hopeless {
			t.Errorf("%s, hopeless %v", text, no)
		}
	}
	is(seen("", "1"), "", false)
	r.Strand(seen("", "1"), "ERR-02", "no way")
	is(seen(spec.Logout, "2"), "", false)
	for range enoughTries - 1 {
		is(seen("", "1"), `user 1001 is in state "" since ERR-02`, false)
		r.Strand(seen("", "1"), "SUP-01", "no way")
	}
	is(seen("", "1"), `user 1001 is in state "" since ERR-02`, true)
	r.Strand(seen("ODD", "2"), "SUP-02", "no way")
	is(seen("ODD", "2"), `user 1001 is in state "ODD" since SUP-02`, false)
	r.Leave(seen(spec.Logout, "3"))
	r.Strand(seen("ODD", "4"), "SUP-03", "no way")
	is(seen("ODD", "4"), `user 1001 is in state "ODD" since SUP-03`, false)
}

// Refusals count in a row; anything else that is answered begins anew.
func TestLockedOut(t *testing.T) {
	var r Records
	for range maxRefused - 1 {
		r.Answered("1001", http.StatusUnauthorized)
	}
	r.Answered("1001", http.StatusOK)
	for range maxRefused - 1 {
		r.Answered("1001", http.StatusUnauthorized)
	}
	if err := r.LockedOut("1001"); err != nil {
		t.Errorf("too early: %v", err)
	}
	r.Answered("1001", http.StatusUnauthorized)
	if r.LockedOut("1001") == nil || r.LockedOut("1002") != nil {
		t.Error("who was refused, and nobody else, is left alone")
	}
}

// A stay that was seen before something else was is old news, until it was
// waited for in vain.
func TestOutdated(t *testing.T) {
	var r Records
	for i, step := range []struct {
		l    evidence.Observation
		want bool
	}{
		{seen(spec.NotReady, "1"), false},
		{seen(spec.NotReady, "1"), false},
		{seen(spec.Ready, "2"), false},
		{seen(spec.NotReady, "1"), true},
		{seen(spec.NotReady, "3"), false},
		{seen(spec.Ready, "2"), true},
	} {
		if got := r.Outdated(step.l); got != step.want {
			t.Errorf("look %d: outdated %v", i, got)
		}
	}
	if !r.Seen(seen(spec.Ready, "2")) || r.Seen(seen(spec.Ready, "9")) {
		t.Error("which stays were seen is not known")
	}
	for range maxWaits {
		r.WaitedInVain(seen(spec.NotReady, "1"))
		r.Outdated(seen(spec.Ready, "2"))
	}
	if r.Outdated(seen(spec.NotReady, "1")) {
		t.Error("it is waited for a lagging node again and again")
	}
}

// Where a node was seen to lag, a stay that is new and yet older than the one
// seen last is one that the other node was past already.
func TestOutdatedByTime(t *testing.T) {
	const early, late, last = "2026-01-13T11:00:00.000Z", "2026-01-13T11:00:01.000Z", "2026-01-13T11:00:02.000Z"
	for _, lags := range []bool{false, true} {
		var r Records
		r.Outdated(seen(spec.Logout, early))
		if lags {
			r.Outdated(seen(spec.NotReady, late))
			if !r.Outdated(seen(spec.Logout, early)) || r.Outdated(seen(spec.NotReady, late)) {
				t.Error("the node that lags is not told from the other")
			}
		}
		r.Outdated(seen(spec.Talking, last))
		if got := r.Outdated(seen(spec.Ready, late)); got != lags {
			t.Errorf("seen to lag %v: outdated %v", lags, got)
		}
	}
}

// What was taken for newer, and has the earlier time, was what lagged: who waited for
// it to be shown once more knows the next such stay by its time.
func TestWaitedForWhatLagged(t *testing.T) {
	at := func(n int) string { return fmt.Sprintf("2026-01-13T11:00:%02d.000Z", n) }
	var r Records
	for n := range 2 * maxWaits {
		call, wrap := seen(spec.Talking, at(2*n)), seen(spec.Work, at(2*n+1))
		r.Outdated(wrap)
		switch outdated := r.Outdated(call); {
		case n == 0 && (outdated || !r.Outdated(wrap)):
			t.Fatal("nothing shows yet which of them lags")
		case n == 0:
			r.WaitedInVain(wrap)
		case !outdated:
			t.Errorf("stay %d from before the last is taken for a new one", n)
		}
	}
}

// So does who waited for what lagged and has a later time, by the clock of another
// node: shown once and never again, it does not end the waiting for others. Shown
// twice, it does.
func TestWaitedForWhatLaggedByOtherClock(t *testing.T) {
	at := func(n int) string { return fmt.Sprintf("2026-01-13T11:00:%02d.000Z", n) }
	for shown, want := range map[int]bool{1: true, 2: false} {
		var r Records
		for n := range maxWaits + 1 {
			wrap := seen(spec.Work, at(2*n))
			r.Outdated(wrap)
			for range shown {
				r.Outdated(seen(spec.Talking, at(2*n+1)))
			}
			if got := r.Outdated(wrap); n == maxWaits && got != want {
				t.Errorf("shown %d times: outdated %v", shown, got)
			}
			r.WaitedInVain(wrap)
		}
	}
}

// Where nodes tell the time of one change each by its own clock, a stay that was
// seen with the one time and was over may be shown with the other.
func TestOutdatedByOtherClock(t *testing.T) {
	const one, other, gone, back = "2026-01-13T11:00:01.300Z", "2026-01-13T11:00:00.000Z", "2026-01-13T11:00:04.000Z", "2026-01-13T11:00:03.500Z"
	for _, clocks := range []bool{false, true} {
		var r, far Records
		for _, r := range []*Records{&r, &far} {
			if !clocks {
				break
			}
			r.Outdated(seen(spec.Logout, "2026-01-13T10:00:00.000Z"))
			r.Outdated(seen(spec.Logout, "2026-01-13T10:00:01.300Z"))
			r.Outdated(seen(spec.Logout, "2026-01-13T10:00:00.000Z"))
		}
		for _, r := range []*Records{&r, &far} {
			r.Outdated(seen(spec.NotReady, one))
			r.Outdated(seen(spec.Logout, gone))
		}
		if got := r.Outdated(seen(spec.NotReady, other)); got != clocks {
			t.Errorf("two clocks %v: outdated %v", clocks, got)
		}
		if far.Outdated(seen(spec.NotReady, back)) {
			t.Errorf("two clocks %v: a stay that is nowhere near is taken for the one before", clocks)
		}
	}
}

// What an event tells is newer than what was seen before it, though the node
// that showed that has a clock which is fast.
func TestOutdatedByAnEvent(t *testing.T) {
	const fast, gone = "2026-01-13T11:00:02.000Z", "2026-01-13T11:00:01.500Z"
	var r Records
	for _, l := range []evidence.Observation{seen(spec.Logout, "2026-01-13T11:00:00.000Z"), seen(spec.Logout, "2026-01-13T11:00:01.000Z"), seen(spec.Logout, "2026-01-13T11:00:00.000Z"), seen(spec.NotReady, fast)} {
		r.Outdated(l)
	}
	r.Told(seen(spec.Logout, gone))
	if !r.Outdated(seen(spec.NotReady, fast)) {
		t.Error("the stay from before the event is taken for a new one")
	}
}

// As far as the clocks are apart, a stay that was over may be shown later than
// what was seen last, also where an event alone had told of it; the last stay
// itself is none that is over.
func TestOutdatedAsFarAsClocksAreApart(t *testing.T) {
	const told, other, now = "2026-01-13T11:00:00.000Z", "2026-01-13T11:00:01.015Z", "2026-01-13T11:00:00.500Z"
	for _, test := range []struct {
		turns   []string // the times of other stays, by which one is shown as well
		shown   string
		state   spec.State
		reason  string
		outdate bool
	}{
		{[]string{"2026-01-13T10:00:01.000Z", "2026-01-13T10:05:01.010Z"}, other, spec.Reserved, "7", true},
		{[]string{"2026-01-13T10:00:01.000Z", "2026-01-13T10:05:01.010Z"}, other, spec.Reserved, "8", false},
		{[]string{"2026-01-13T10:00:01.000Z", "2026-01-13T10:05:01.010Z"}, "2026-01-13T11:00:01.300Z", spec.Reserved, "7", false},
		{[]string{"2026-01-13T10:00:01.000Z", "2026-01-13T10:05:01.010Z"}, "2026-01-13T11:00:01.500Z", spec.NotReady, "7", false},
		{[]string{"2026-01-13T10:00:01.000Z", "2026-01-13T10:05:01.700Z"}, other, spec.Reserved, "7", false}, // some node lags
		{[]string{"2026-01-13T10:00:01.000Z"}, other, spec.Reserved, "7", false},
		{nil, other, spec.Reserved, "7", false},
	} {
		var r Records
		for i, turn := range test.turns {
			for _, at := range []string{fmt.Sprintf("2026-01-13T10:%02d:00.000Z", 5*i), turn, fmt.Sprintf("2026-01-13T10:%02d:00.000Z", 5*i)} {
				r.Outdated(seen(spec.Logout, at))
			}
		}
		over := seen(spec.Reserved, told)
		over.ReasonCodeID = "7"
		r.Over("1001", []evidence.Observation{over})
		r.Outdated(seen(spec.NotReady, now))
		l := seen(test.state, test.shown)
		l.ReasonCodeID = test.reason
		if got := r.Outdated(l); got != test.outdate {
			t.Errorf("%+v: outdated %v", test, got)
		}
	}
}

// A stay from before the first change has no time. A target that never tells
// the time of some states is waited for once.
func TestOutdatedWithoutTime(t *testing.T) {
	var r Records
	r.Outdated(seen(spec.Logout, ""))
	r.Outdated(seen(spec.NotReady, "1"))
	if !r.Outdated(seen(spec.Logout, "")) {
		t.Error("the stay from before the first change is taken for a new one")
	}
	r.WaitedInVain(seen(spec.Logout, ""))
	r.Outdated(seen(spec.NotReady, "2"))
	if r.Outdated(seen(spec.Logout, "")) {
		t.Error("it is waited for again")
	}
}

func TestRefusals(t *testing.T) {
	var r Records
	r.Unauthorized("1001")
	r.Unauthorized("1001")
	if r.Refusals("1001") != 2 || r.Refusals("1002") != 0 {
		t.Errorf("%d, %d", r.Refusals("1001"), r.Refusals("1002"))
	}
}

func TestKept(t *testing.T) {
	var r Records
	r.Keep("1001", true)
	if !r.Kept("1001") || r.Kept("1002") {
		t.Error("who is kept signed in is not known")
	}
	if r.Keep("1001", false); r.Kept("1001") {
		t.Error("it is kept signed in still")
	}
}
