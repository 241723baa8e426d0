package scenario

import (
	"slices"

	"finesse-conformance/suites/evidence"
)

// stranded gives a user with a part who is where requirements before could not
// bring it back from, nil where there is none.
func (a *attempt) stranded() (where *evidence.Stranded, hopeless bool) {
	for _, p := range a.cast() {
		if a.part(p) == "" || p.look.At.IsZero() {
			continue
		}
		if where, hopeless = a.Users.Stranded(p.look); where != nil {
			return where, hopeless
		}
	}
	return nil, false
}

// hasPath reports whether anybody with a part has to be brought anywhere.
func (a *attempt) hasPath(subject *participant) bool {
	g := a.req.Given
	if g.State != "" && g.State != subject.look.State || g.Fresh {
		return true
	}
	return slices.ContainsFunc(a.cast(), func(p *participant) bool { return p != subject && a.part(p) != "" && a.signsIn(p) })
}

// waitsFor is the error of a requirement that waits until a user is out of
// the state in which another one left it. Others may play instead.
func waitsFor(where evidence.Stranded) error {
	return &unreached{
		why:   where.String() + ", and nothing leads out of it: this waits for that",
		gap:   evidence.Gap{Kind: evidence.GapPath, Waits: &where},
		again: true,
	}
}
