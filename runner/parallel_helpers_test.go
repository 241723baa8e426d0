package runner

import (
	"time"

	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

func outcomeOf(id string, waited time.Duration) suites.Outcome {
	return suites.Outcome{
		Verdict:  evidence.Verdict{Requirement: id},
		Evidence: []*evidence.Evidence{{Requirement: id, Attempt: 1, Waited: waited / 2}, {Requirement: id, Attempt: 2, Waited: waited / 2}},
	}
}
