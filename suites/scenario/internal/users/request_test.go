package users

import (
	"testing"
	"time"

	"finesse-conformance/spec"
)

// What is open of a request outlives whoever asked, until it is watched to its
// end; so does the doubt whether it was done at all, which a clear answer to the
// next one ends.
func TestRequest(t *testing.T) {
	var r Records
	open := func(want bool, from spec.State) {
		t.Helper()
		if o, ok := r.Open("1001"); ok != want || o.From != from {
			t.Errorf("open %v, %+v", ok, o)
		}
	}
	doubt := func(want spec.State) {
		t.Helper()
		if to, since, yes := r.Doubtful("1001"); yes != (want != "") || yes && (to != want || since.IsZero()) {
			t.Errorf("doubtful %v, it leads to %s", yes, to)
		}
	}
	open(false, "")
	r.SetInitial(seen(spec.Logout, "1"))
	r.Sent("1001", spec.Logout)
	open(true, spec.Logout)
	doubt("")
	r.Asked("1001", spec.Login, 503)
	doubt(spec.NotReady)
	r.Watched("1001")
	open(false, "")
	doubt(spec.NotReady)
	r.StillOpen("1001", Open{Since: time.Now(), From: spec.Ready, Late: true})
	open(true, spec.Ready)
	if _, ok := r.Open("1002"); ok {
		t.Error("another user's is open")
	}
	r.Asked("1001", spec.Logout, 500) // where it was found
	doubt("")
	r.Asked("1001", spec.Ready, 405)
	doubt(spec.Ready)
	r.Asked("1001", spec.Ready, 401)
	doubt("")
}
