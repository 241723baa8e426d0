package spec_test

import (
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

// Whoever adds a requirement says for whom it counts: a profile, or why none.
func TestEveryRequirementHasItsProfile(t *testing.T) {
	c := contracttest.Catalogue()
	for _, q := range c.All() {
		in, why := q.Profiles, c.Apart(q.ID)
		switch {
		case len(in) > 0 && why != "":
			t.Errorf("%s is in the profiles %v and apart at the same time", q.ID, in)
		case len(in) == 0 && why == "" && q.Level != spec.Info:
			t.Errorf("%s is in no profile, and profiles.yaml does not say why", q.ID)
		}
	}
}

// What a profile asks for can be served without what only others need.
func TestProfilesNeedWhatTheySay(t *testing.T) {
	c := contracttest.Catalogue()
	for _, p := range c.Profiles() {
		for _, q := range p.Requirements {
			onCall := false
			for _, s := range []spec.State{spec.Reserved, spec.ReservedOutbound, spec.ReservedOutboundPreview, spec.Talking, spec.Hold, spec.Work, spec.WorkReady} {
				onCall = onCall || q.Given.State == s
			}
			if onCall && p.Name != "calls" && p.Name != "outbound" {
				t.Errorf("%s is in %s and begins in %s, which needs calls", q.ID, p.Name, q.Given.State)
			}
			if (p.Name == "core" || p.Name == "reasons") && q.Given.Subject == spec.RoleSupervisor {
				t.Errorf("%s is in %s and needs a supervisor", q.ID, p.Name)
			}
		}
	}
}
