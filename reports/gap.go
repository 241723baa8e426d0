package reports

import (
	"regexp"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// Gap says why a requirement was not exercised and what would make it run.
type Gap struct {
	Kind   GapKind `json:"kind"`
	Remedy string  `json:"remedy,omitempty"` // what would make it run, in one line
}

// GapKind classes the reasons for which requirements are not exercised. The
// set is closed.
type GapKind string

// The kinds of gaps.
const (
	GapSelection     GapKind = "not_selected"  // left out by --only or --skip
	GapShard         GapKind = "other_shard"   // another shard exercises it
	GapStimulus      GapKind = "stimulus"      // needs something from outside that no hook makes happen
	GapNotifications GapKind = "notifications" // needs a notification service
	GapCast          GapKind = "cast"          // needs a user whom the cast does not have
	GapReasonCodes   GapKind = "reason_codes"  // needs other reason codes on the target
	GapWrapUp        GapKind = "wrap_up"       // needs another wrap-up setting
	GapTarget        GapKind = "target"        // the target does not offer it
	GapWay           GapKind = "way"           // the target did something else on the way to the precondition
	GapTime          GapKind = "time"          // would take longer than the run may wait
	GapForeign       GapKind = "foreign"       // somebody else moved a user of the cast
	GapNever         GapKind = "never"         // no run can cause it
	GapEnded         GapKind = "ended"         // the run ended before it
	GapHarness       GapKind = "harness"       // a fault of the harness
	GapOther         GapKind = "other"
)

// GapGroup is all requirements that were not exercised for the same reason.
type GapGroup struct {
	Kind         GapKind  `json:"kind"`
	Reason       string   `json:"reason"`
	Remedy       string   `json:"remedy,omitempty"`
	Requirements []string `json:"requirements"`
}

// remedies say for each kind what would make a requirement run.
var remedies = map[GapKind]string{
	GapSelection:     "run without --only and --skip",
	GapShard:         "merge the results of all shards with report",
	GapStimulus:      "configure stimuli with a hook that makes it happen (stimuli.http or stimuli.exec)",
	GapNotifications: "configure a notification service (notifications.url)",
	GapCast:          "add such a user to users in the configuration",
	GapReasonCodes:   "configure the reason codes on the target",
	GapWrapUp:        "give a user of the cast that wrap-up setting, or configure the stimuli wrap_up_on and wrap_up_off",
	GapTarget:        "nothing in the configuration: the target does not offer what it needs",
	GapWay:           "nothing in the configuration: the target did something else on the way there",
	GapTime:          "raise timing.longest_wait",
	GapForeign:       "see that nobody else uses or moves the users of the cast during the run",
	GapNever:         "",
	GapEnded:         "remove what ended the run and run again",
	GapHarness:       "report it with the output of the run: this is a fault of the program, not of the target",
}

// NewGap makes a gap of a kind with its usual remedy.
func NewGap(kind GapKind) Gap { return Gap{Kind: kind, Remedy: remedies[kind]} }

// gapWords tell the kind by words of the reason, where whoever gave the
// reason did not say the kind. The first that matches counts.
var gapWords = []struct {
	kind GapKind
	form func() *regexp.Regexp
}{
	{GapSelection, text.Pattern(`(?i)\bnot selected\b`)},
	{GapShard, text.Pattern(`(?i)\bshard\b`)},
	{GapEnded, text.Pattern(`(?i)\brun (ended|was stopped)\b|\binterrupted\b`)},
	{GapTime, text.Pattern(`(?i)longest[ _]wait`)},
	{GapWrapUp, text.Pattern(`(?i)settings have wrap-up|\bwrap_up_(on|off)\b`)},
	{GapCast, text.Pattern(`(?i)\bnone in the (cast|troupe)\b`)},
	{GapNotifications, text.Pattern(`(?i)\bnotifications?\b`)},
	{GapStimulus, text.Pattern(`(?i)\bstimul(us|i)\b|\b(route_call|caller_hangup|call_unanswered|reserve_outbound|deliver_outbound|cancel_outbound|reserve_preview)\b`)},
	{GapWay, text.Pattern(`(?i)\bdid not come about\b|\bdoes not stay\b|\bcould not be brought\b|\bon the way\b|\bcould not be ended\b|\band none is shown\b`)},
	{GapReasonCodes, text.Pattern(`(?i)\breason codes?\b`)},
	{GapForeign, text.Pattern(`(?i)\bsomebody else\b|\bdid not cause\b`)},
	{GapTarget, text.Pattern(`(?i)\bthe target (does not|offers no)\b|\bno plain HTTP port\b|\bover HTTPS\b`)},
	{GapCast, text.Pattern(`(?i)\bcast\b|\btroupe\b`)},
}

var stimulusName = text.Pattern(`\b(route_call|caller_hangup|call_unanswered|reserve_outbound|deliver_outbound|cancel_outbound|reserve_preview|wrap_up_on|wrap_up_off)\b`)

// classGap tells the gap from the text of a reason.
func classGap(reason string) Gap {
	kind := GapOther
	for _, w := range gapWords {
		if w.form().MatchString(reason) {
			kind = w.kind
			break
		}
	}
	g := NewGap(kind)
	if name := stimulusName().FindString(reason); name != "" && kind == GapStimulus {
		g.Remedy = strings.Replace(g.Remedy, "that makes it happen", "that knows "+name, 1)
	}
	return g
}

// groupGaps groups the rows that were not exercised by reason, in the order
// in which each reason first comes in the catalogue.
func groupGaps(rows []Row) []GapGroup {
	groups := []GapGroup{}
	at := map[string]int{}
	for i := range rows {
		row := &rows[i]
		if row.Outcome != evidence.NotExercised {
			continue
		}
		gap := Gap{Kind: GapOther}
		if row.Gap != nil {
			gap = *row.Gap
		}
		key := string(gap.Kind) + "\x00" + row.Reason
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
