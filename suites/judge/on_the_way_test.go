package judge_test

import (
	"testing"

	"finesse-conformance/spec"
)

// A page of HTML in place of an error may be the target's or that of a server
// on the way, whatever was asked for; ApiErrors are the target's own, and so is
// a page that answers what the request asks for.
func TestAnsweredOnTheWay(t *testing.T) {
	was := in(spec.NotReady)
	refused := one(spec.Must, spec.When{Put: &spec.Put{State: "READY", Body: "other_root"}}, spec.Outcome{Kind: spec.Error, Status: []int{400}, Types: []string{"Bad Request"}})
	accepted := one(spec.Must, spec.When{Put: &spec.Put{State: "READY"}}, spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	page := func(status int) *scene {
		s := begin(was).puts(status, "<html><hr class=line></html>") // no XML
		s.ev.Exchanges[1].ResponseHeader["Content-Type"] = "text/html;charset=utf-8"
		return s.stays(was)
	}
	for name, test := range map[string]struct {
		req       *spec.Requirement
		scene     *scene
		elsewhere bool
	}{
		"a page for a body that is wrong":    {refused, page(400), true},
		"a page for a body that is right":    {accepted, page(400), true},
		"a page that is XML":                 {refused, begin(was).puts(400, "<html/>").stays(was), true},
		"another ErrorType":                  {refused, begin(was).puts(400, apiError("Invalid State", "")).stays(was), false},
		"not understood, in the API's words": {accepted, begin(was).puts(400, apiError("Bad Request", "")).stays(was), false},
		"another root":                       {refused, begin(was).puts(400, "<Errors/>").stays(was), false},
		"a page for who may not":             {refused, page(403), false},
		"too long":                           {refused, page(431), true},
		"too long, in the API's words":       {refused, begin(was).puts(431, apiError("Bad Request", "")).stays(was), false},
	} {
		v := test.scene.verdict(test.req)
		if v.Outcome != failed || v.Elsewhere != test.elsewhere || test.elsewhere && !v.Suspect {
			t.Errorf("%s: %s, suspect %v, elsewhere %v: %s", name, v.Outcome, v.Suspect, v.Elsewhere, v.Reason)
		}
	}
}
