package scenario

import (
	"fmt"
	"net/http"
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Unauthorized knows what answers 401 have cost, over all stages that work on a
// target. A request that is to be answered so may have the run shut out, by the
// target or by something before it, for a while or for good. Once that was
// seen, requirements that cost another one are left out. It is safe for
// concurrent use.
type Unauthorized struct {
	// Most is after how many answers 401 the requirements that cost nothing else
	// are left out all the same; 0 for never.
	Most int

	mu      sync.Mutex
	answers int    // 401, to requests under test, whoever asked
	blocks  string // the requirement whose 401 had the run shut out, "" for none
}

// tooCostly says why a requirement is left out, nil where it is not.
func (s *Stage) tooCostly(req *spec.Requirement) error {
	if !req.Unauthorized() {
		return nil
	}
	u := s.unauthorized()
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.blocks != "":
		return &impediment{
			"costs an answer 401, and after that of " + u.blocks + " the target, or something before it, let nobody in for a while",
			evidence.Gap{Kind: evidence.GapTarget},
		}
	case u.Most > 0 && u.answers >= u.Most && req.OnlyUnauthorized():
		return &impediment{
			fmt.Sprintf("costs an answer 401, and %d were had: more may have the target let nobody in", u.answers),
			evidence.Gap{Kind: evidence.GapOther},
		}
	}
	return nil
}

func (s *Stage) unauthorized() *Unauthorized {
	if s.Unauthorized == nil {
		s.Unauthorized = &Unauthorized{}
	}
	return s.Unauthorized
}

// noteUnauthorized counts the answers 401, and notes a requirement after one of
// which users were not let in who were before.
func (s *Stage) noteUnauthorized(ev *evidence.Evidence) {
	u := s.unauthorized()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, x := range ev.Exchanges {
		if x.Status == http.StatusUnauthorized && x.Purpose == evidence.ForAct {
			u.answers++
		}
	}
	if u.blocks == "" && shutOut(ev) {
		u.blocks = ev.Requirement
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
