package reports

import (
	"cmp"
	"fmt"

	"finesse-conformance/suites/evidence"
)

// Gap says why a requirement was not exercised and what would make it run.
type Gap struct {
	Kind   evidence.GapKind `json:"kind"`
	Cause  string           `json:"cause,omitempty"`  // the same where the gap is one finding with others, see evidence.Gap
	Remedy string           `json:"remedy,omitempty"` // what would make it run, in one line
	// Instead and Waits say what the target did in place of leading there, see
	// evidence.Gap.
	Instead *evidence.Instead  `json:"instead,omitempty"`
	Waits   *evidence.Stranded `json:"waits,omitempty"`
}

// GapGroup is all requirements that were not exercised for the same reason.
type GapGroup struct {
	Kind         evidence.GapKind `json:"kind"`
	Reason       string           `json:"reason"`
	Remedy       string           `json:"remedy,omitempty"`
	Requirements []string         `json:"requirements"`
}

// remedies say for each kind what would make a requirement run.
//
//exhaustive:enforce
var remedies = map[evidence.GapKind]string{
	evidence.GapSelection:     "run without --profile, --only and --skip",
	evidence.GapShard:         "merge the results of all shards with report",
	evidence.GapStimulus:      "configure stimuli with a hook that makes it happen (stimuli.http or stimuli.exec)",
	evidence.GapNotifications: "configure a notification service (notifications.url)",
	evidence.GapCast:          "add such a user to users in the configuration",
	evidence.GapReasonCodes:   "configure the reason codes on the target",
	evidence.GapWrapUp:        "give a user of the cast that wrap-up setting, or configure the stimuli wrap_up_on and wrap_up_off",
	evidence.GapTarget:        "nothing in the configuration: the target does not offer what it needs",
	evidence.GapPath:          "nothing in the configuration: the target did something else on the way there",
	evidence.GapNodes:         "name both nodes of the system: target.nodes",
	evidence.GapTime:          "raise timing.longest_wait",
	evidence.GapAway:          "see why the target went away, or raise timing.outage, and run again",
	evidence.GapInterference:  "see that nobody else uses or moves the users of the cast during the run",
	evidence.GapNever:         "",
	evidence.GapEnded:         "remove what ended the run and run again",

	evidence.GapOther:   "",
	evidence.GapHarness: "report it with the output of the run: this is a fault of the program, not of the target",
}

// remediesOfCauses are those where the remedy of the kind is not the one.
var remediesOfCauses = map[string]string{
	evidence.CauseOff:       "take `notifications: off` out of the configuration",
	evidence.CausePlain:     "certify the target at its https:// address, where it has one (target.url)",
	evidence.CauseRefused:   "see with `doctor` why the notification service does not answer, or lets nobody in, and correct that",
	evidence.CauseNoSession: "sign the users out before the run, or set notifications.url: for the service that it finds by itself it opens no session of users who are signed in",
	evidence.CauseOutage:    "nothing in the configuration: the notification service ended the session; run again",
}

// NewGap makes the gap of a reason with what would make the requirement run.
func NewGap(of evidence.Gap) Gap {
	kind := cmp.Or(of.Kind, evidence.GapOther)
	g := Gap{Kind: kind, Cause: of.Cause, Remedy: remedies[kind], Instead: of.Instead, Waits: of.Waits}
	if remedy, known := remediesOfCauses[of.Cause]; known {
		g.Remedy = remedy
	}
	if kind == evidence.GapStimulus && of.Stimulus != "" {
		g.Remedy = "configure stimuli with a hook that knows " + string(of.Stimulus) + " (stimuli.http or stimuli.exec)"
	}
	return g
}

// groupGaps groups the rows that were not exercised by cause, or else by reason,
// in the order in which each first comes in the catalogue. Of several reasons
// with one cause the first stands for all.
func groupGaps(rows []Row) []GapGroup {
	groups := []GapGroup{}
	at := map[string]int{}
	for i := range rows {
		row := &rows[i]
		if row.Outcome != evidence.NotExercised {
			continue
		}
		gap := Gap{Kind: evidence.GapOther}
		if row.Gap != nil {
			gap = *row.Gap
		}
		key := string(gap.Kind) + "\x00" + cmp.Or(gap.Cause, "\x00"+row.Reason)
		if cause, known := causeOfGap(row.Gap); known && gap.Cause == "" {
			key = fmt.Sprint(gap.Kind, cause)
		}
		n, known := at[key]
		if !known {
			n = len(groups)
			at[key] = n
			groups = append(groups, GapGroup{Kind: gap.Kind, Reason: row.Reason, Remedy: gap.Remedy})
		}
		groups[n].Requirements = append(groups[n].Requirements, row.ID)
	}
	return groups
}
