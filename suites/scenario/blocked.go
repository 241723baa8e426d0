package scenario

import (
	"net/http"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// A request that is to be answered 401 may have the run shut out, by the
// target or by something before it, for a while or for good. Once that was
// seen, requirements that cost another 401 are left out.

// blocked says why a requirement is left out, nil where it is not.
func (s *Stage) blocked(req *spec.Requirement) error {
	if s.blocks == "" || !req.Unauthorized() {
		return nil
	}
	return &impediment{
		"costs an answer 401, and after that of " + s.blocks + " the target, or something before it, let nobody in for a while",
		evidence.Gap{Kind: evidence.GapTarget},
	}
}

// noteBlocked notes a requirement after whose 401 users were not let in who
// were before.
func (s *Stage) noteBlocked(ev *evidence.Evidence) {
	if s.blocks == "" && shutOut(ev) {
		s.blocks = ev.Requirement
	}
}

// looksShutOut is how many looks in a row have to fail: one or two may.
const looksShutOut = 3

// shutOut reports whether several users' looks in a row were not served after
// an answer 401, and one before it was.
func shutOut(ev *evidence.Evidence) bool {
	let, refused, failed := false, false, 0
	for _, x := range ev.Exchanges {
		look := x.Method == http.MethodGet && x.Purpose != evidence.ForAct && x.Err == "" && !x.WrongPassword && x.As != "" && x.Path == userPath(x.As)
		switch {
		case look && x.Status/100 == 2:
			let, failed = true, 0
		case look && refused && x.Status/100 == 4:
			if failed++; failed >= looksShutOut {
				return true
			}
		case x.Status == http.StatusUnauthorized && let:
			refused = true
		}
	}
	return false
}
