package retry_test

import (
	"strings"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/retry"
)

func moved(to spec.State) evidence.Mismatch {
	return evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.NotReady, To: to}
}

func bystander(user string, to spec.State) evidence.Mismatch {
	return evidence.Mismatch{Kind: evidence.MismatchBystander, User: user, From: spec.NotReady, To: to}
}

// failing is a failure that somebody else's hand could explain.
func failing(m evidence.Mismatch) evidence.Verdict {
	return evidence.Verdict{
		Requirement: "ERR-03", Outcome: evidence.Failed, Suspect: true, Reason: "it moved", Seen: "READY", XPath: "User/state",
		Expected: "nothing changed", Mismatch: m, Observed: evidence.Observed{State: string(m.To), Status: 202},
	}
}

func with(v evidence.Verdict, change func(*evidence.Verdict)) evidence.Verdict {
	change(&v)
	return v
}

var (
	passed  = evidence.Verdict{Requirement: "ERR-03", Outcome: evidence.Passed}
	open    = evidence.Verdict{Requirement: "ERR-03", Outcome: evidence.NotExercised, Reason: "no way"}
	unheard = with(open, func(v *evidence.Verdict) { v.Mismatch.Kind = evidence.MismatchUnheard })
	unsure  = with(open, func(v *evidence.Verdict) { v.Suspect = true })
	// disturbedBefore could not be made, since somebody else acts on the users.
	disturbedBefore = with(open, func(v *evidence.Verdict) { v.Reason, v.Gap.Kind = "somebody acts", evidence.GapInterference })
	ready           = failing(moved(spec.Ready))
	logout          = failing(moved(spec.Logout))
	waiting         = func(since string) evidence.Verdict {
		return with(open, func(v *evidence.Verdict) {
			v.Gap.Waits = &evidence.Stranded{User: "1001", State: spec.Ready, Since: since}
		})
	}
	certain = with(ready, func(v *evidence.Verdict) { v.Suspect = false })
)

// history makes attempts, of other subjects but for the third and fourth, which
// is that of the first. Each moved at once after its request.
func history(verdicts ...evidence.Verdict) []retry.Attempt {
	subjects := []string{"1001", "1002", "1001", "1001"}
	list := make([]retry.Attempt, len(verdicts))
	for i, v := range verdicts {
		list[i] = retry.Attempt{Verdict: v, Subject: subjects[i], Chance: 0.1}
	}
	return list
}

func TestDecide(t *testing.T) {
	change := func(h []retry.Attempt, i int, f func(*retry.Attempt)) []retry.Attempt { f(&h[i]); return h }
	disturbed := func(a *retry.Attempt) { a.Disturbed = true }
	for name, test := range map[string]struct {
		attempts []retry.Attempt
		stopped  bool
		next     retry.Whom
		outcome  evidence.Outcome
		reason   string
	}{
		"passed":              {history(passed), false, retry.Nobody, evidence.Passed, ""},
		"failed for certain":  {history(certain), false, retry.Nobody, evidence.Failed, "it moved"},
		"not exercised":       {history(open), false, retry.Nobody, evidence.NotExercised, "no way"},
		"nothing proven":      {history(unsure), false, retry.Others, "", ""},
		"failed, suspect":     {history(ready), false, retry.Others, "", ""},
		"disturbed":           {change(history(open), 0, disturbed), false, retry.Others, "", ""},
		"disturbed, unserved": {change(history(open), 0, func(a *retry.Attempt) { a.Disturbed, a.Unserved = true, true }), false, retry.Nobody, evidence.NotExercised, "no way"},
		"stopped":             {history(ready), true, retry.Nobody, evidence.Failed, "it moved"},

		"the same twice":                       {history(ready, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"in two ways":                          {history(ready, logout), false, retry.First, "", ""},
		"in two ways, and stopped":             {history(ready, logout), true, retry.Nobody, evidence.Failed, "it moved"},
		"at two steps":                         {history(ready, with(ready, func(v *evidence.Verdict) { v.Step = 1 })), false, retry.First, "", ""},
		"at two places":                        {history(ready, with(ready, func(v *evidence.Verdict) { v.XPath = "User/pendingState" })), false, retry.First, "", ""},
		"with two answers":                     {history(ready, with(ready, func(v *evidence.Verdict) { v.Observed.Status = 400 })), false, retry.First, "", ""},
		"in two states":                        {history(ready, with(ready, func(v *evidence.Verdict) { v.Observed.State = "WORK" })), false, retry.First, "", ""},
		"of two expectations":                  {history(ready, with(ready, func(v *evidence.Verdict) { v.Expected = "READY" })), false, retry.First, "", ""},
		"in other words":                       {history(ready, with(ready, func(v *evidence.Verdict) { v.Seen, v.Reason = "other", "said otherwise" })), false, retry.Nobody, evidence.Failed, "said otherwise"},
		"then for certain":                     {history(ready, with(certain, func(v *evidence.Verdict) { v.Mismatch.To = spec.Logout })), false, retry.Nobody, evidence.Failed, "it moved"},
		"two bystanders":                       {history(failing(bystander("1003", spec.Ready)), failing(bystander("1004", spec.Ready))), false, retry.First, "", ""},
		"failed, passed":                       {history(ready, passed), false, retry.First, "", ""},
		"failed, passed, the same user":        {change(history(ready, passed), 1, func(a *retry.Attempt) { a.Subject = "1001" }), false, retry.Nobody, evidence.Passed, ""},
		"failed, passed, stopped":              {history(ready, passed), true, retry.Nobody, evidence.Passed, ""},
		"failed, not exercised":                {history(ready, open), false, retry.Nobody, evidence.NotExercised, "no way; before that: it moved"},
		"failed, and it stayed so":             {history(ready, waiting("ERR-03")), false, retry.Nobody, evidence.Failed, "it moved"},
		"failed, others wait":                  {history(ready, waiting("ERR-02")), false, retry.First, "", ""},
		"failed, others wait, stopped":         {history(ready, waiting("ERR-02")), true, retry.Nobody, evidence.NotExercised, "no way; before that: it moved"},
		"others wait, and it stayed so":        {history(ready, waiting("ERR-02"), waiting("ERR-03")), false, retry.Nobody, evidence.Failed, "it moved"},
		"nothing proven, it stayed so":         {history(unsure, waiting("ERR-03")), false, retry.Nobody, evidence.NotExercised, "no way"},
		"failed, unheard":                      {history(ready, unheard), false, retry.First, "", ""},
		"failed, unheard, failed":              {history(ready, unheard, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"failed, unheard, unheard":             {history(ready, unheard, unheard), false, retry.Nobody, evidence.NotExercised, "no way; before that: it moved"},
		"nothing proven, passed":               {history(unsure, passed), false, retry.Nobody, evidence.Passed, ""},
		"nothing proven, failed":               {history(unsure, ready), false, retry.Others, "", ""},
		"nothing proven, failed twice":         {history(unsure, ready, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"nothing proven, failed, passed":       {history(unsure, ready, passed, passed), false, retry.Nobody, evidence.Passed, ""},
		"nothing proven, failed, and in other": {history(unsure, ready, logout), false, retry.First, "", ""},
		"failed, disturbed":                    {history(ready, disturbedBefore), false, retry.Others, "", ""},
		"a bystander, disturbed":               {history(failing(bystander("1003", spec.Ready)), disturbedBefore), false, retry.Nobody, evidence.NotExercised, "somebody acts; before that: it moved"},
		"disturbed, a bystander":               {history(disturbedBefore, failing(bystander("1003", spec.Ready))), false, retry.Nobody, evidence.NotExercised, "happened once, and somebody else's hand could explain it: it moved; before that: somebody acts"},
		"failed, disturbed, failed":            {history(ready, disturbedBefore, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"failed, passed, disturbed":            {history(ready, passed, disturbedBefore), false, retry.First, "", ""},
		"failed, disturbed, and stopped":       {history(ready, disturbedBefore), true, retry.Nobody, evidence.NotExercised, "somebody acts; before that: it moved"},
		"nothing proven, failed, and stopped": {history(unsure, ready), true, retry.Nobody, evidence.NotExercised,
			"happened once, and somebody else's hand could explain it: it moved; before that: no way"},
		"nothing proven, failed for certain": {history(unsure, certain), false, retry.Nobody, evidence.Failed, "it moved"},
		"nothing proven twice":               {history(unsure, unsure), false, retry.Nobody, evidence.NotExercised, "no way"},

		"failed, passed, failed":              {history(ready, passed, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"failed, passed, failed elsewhere":    {history(ready, passed, with(ready, func(v *evidence.Verdict) { v.XPath = "x" })), false, retry.Nobody, evidence.Passed, ""},
		"failed, passed, passed":              {history(ready, passed, passed), false, retry.Nobody, evidence.Passed, ""},
		"failed, passed, failed in that step": {history(ready, passed, with(ready, func(v *evidence.Verdict) { v.Step = 1 })), false, retry.Nobody, evidence.Passed, ""},
		"a bystander, and the same again":     {history(failing(bystander("1003", spec.Ready)), passed, failing(bystander("1003", spec.Ready))), false, retry.Nobody, evidence.Failed, "it moved"},
		"a bystander, and another then":       {history(failing(bystander("1003", spec.Ready)), passed, failing(bystander("1004", spec.Ready))), false, retry.Nobody, evidence.Passed, ""},
		"two ways, then the first":            {history(ready, logout, ready), false, retry.Nobody, evidence.Failed, "it moved"},
		"two ways, then the second":           {history(ready, logout, logout), false, retry.Nobody, evidence.Failed, "it moved"},
		"two ways, then passed":               {history(ready, logout, passed), false, retry.Nobody, evidence.Passed, ""},
		"three ways": {history(ready, logout, failing(moved(spec.Work))), false, retry.Nobody, evidence.NotExercised,
			"disturbed in more than one way, and somebody else's hand could explain it: it moved; it moved"},
	} {
		d := retry.Decide(test.attempts, retry.Run{}, test.stopped)
		if d.Next != test.next || d.Verdict.Outcome != test.outcome || d.Verdict.Reason != test.reason {
			t.Errorf("%s: next %v, %s %q; want %v, %s %q", name, d.Next, d.Verdict.Outcome, d.Verdict.Reason, test.next, test.outcome, test.reason)
		}
		if d.Next == retry.Nobody && len(test.attempts) > 1 && d.Verdict.Suspect {
			t.Errorf("%s: the verdict is still suspect", name)
		}
		// Judged again, the same attempts give the same verdict.
		if d.Next != retry.Nobody {
			continue
		}
		var verdicts []evidence.Verdict
		for _, a := range test.attempts {
			verdicts = append(verdicts, a.Verdict)
		}
		if again := retry.Combine(verdicts, d.Verdict); again.Outcome != d.Verdict.Outcome || again.Reason != d.Verdict.Reason {
			t.Errorf("%s: %s %q, and when judged again %s %q", name, d.Verdict.Outcome, d.Verdict.Reason, again.Outcome, again.Reason)
		}
	}
}

// What requirements have in common when each fails once right after its
// request is no coincidence, unless as much happened that no request explains.
func TestIntermittent(t *testing.T) {
	ids := []string{"ERR-01", "ERR-02", "ERR-04", "ERR-05", "ERR-06", "ERR-07", "ERR-08"}
	for name, test := range map[string]struct {
		related   int     // requirements that failed so before
		chance    float64 // of each, and of this one
		unrelated int
		often     bool
	}{
		"the first, however improbable":              {0, 0.0001, 0, false},
		"twice in a twentieth of the watch":          {1, 0.05, 0, false},
		"three times":                                {2, 0.05, 0, true},
		"three times in a tenth":                     {2, 0.1, 0, true},
		"three times in a fifth":                     {2, 0.2, 0, false},
		"four times":                                 {3, 0.2, 0, true},
		"three times, and one move was no request's": {2, 0.1, 1, false},
		"four times, and one move was no request's":  {3, 0.1, 1, true},
		"three of eight":                             {2, 0.05, 5, false},
		"four of twelve":                             {3, 0.05, 8, false},
		"five of twelve":                             {4, 0.05, 7, true},
		"in half of the watch":                       {6, 0.5, 0, false},
		"later in the watch":                         {6, 1, 0, false},
		"nobody can tell":                            {6, 0, 0, false},
	} {
		run := retry.Run{Unrelated: test.unrelated}
		once := func(id string) retry.Decision {
			h := history(with(ready, func(v *evidence.Verdict) { v.Requirement = id }), passed)
			h[0].Chance = test.chance
			d := retry.Decide(h, run, false)
			run = d.Run
			return d
		}
		for _, id := range ids[:test.related] {
			if d := once(id); d.Next != retry.First {
				t.Errorf("%s: %s alone is judged already: %+v", name, id, d.Verdict)
			}
		}
		d := once("ERR-03")
		if often := d.Next == retry.Nobody; often != test.often {
			t.Errorf("%s: no coincidence: %v, want %v", name, often, test.often)
		}
		if related := len(d.Run.Intermittent); test.chance > 0 && test.chance < 1 && related != test.related+1 ||
			(test.chance == 0 || test.chance == 1) && (related > 0 || d.Run.Unrelated != test.unrelated+test.related+1) {
			t.Errorf("%s: then %+v", name, d.Run)
		}
		if d.Next != retry.Nobody {
			continue
		}
		reason := "it moved; not when repeated, and so in " + strings.Join(ids[:test.related], ", ") + ": now and then, and no coincidence"
		if d.Verdict.Outcome != evidence.Failed || d.Verdict.Suspect || d.Verdict.Reason != reason {
			t.Errorf("%s: %+v", name, d.Verdict)
		}
		if again := retry.Combine([]evidence.Verdict{ready, passed}, d.Verdict); again.Reason != reason || again.Outcome != evidence.Failed {
			t.Errorf("%s, judged again: %+v", name, again)
		}
	}
}

// Two failures of one kind may be two disturbances where somebody may have moved
// the user, or is seen to act on the users: a third attempt tells, and a fourth
// where the failures were of some users only.
func TestChance(t *testing.T) {
	at := func(chance float64, h []retry.Attempt) []retry.Attempt {
		for i := range h {
			h[i].Chance = chance
		}
		return h
	}
	once := func(h []retry.Attempt) []retry.Attempt { h[0].Chance = 0.1; return h }
	broken := failing(evidence.Mismatch{Kind: evidence.MismatchAnswer})
	left := failing(evidence.Mismatch{Kind: evidence.MismatchLeft, From: spec.NotReady, To: spec.Ready})
	mate := failing(bystander("1003", spec.Ready))
	other := with(failing(bystander("1004", spec.Ready)), func(v *evidence.Verdict) { v.Mismatch.From = spec.Logout })
	pending := with(failing(evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.Talking, To: spec.Talking}), func(v *evidence.Verdict) { v.XPath = "User/pendingState" })
	for name, test := range map[string]struct {
		attempts  []retry.Attempt
		unrelated int
		next      retry.Whom
		outcome   evidence.Outcome
	}{
		"at once both times":                  {at(0.1, history(ready, ready)), 3, retry.Nobody, evidence.Failed},
		"later, both times":                   {at(1, history(ready, ready)), 0, retry.First, ""},
		"later, once":                         {once(at(1, history(ready, ready))), 0, retry.First, ""},
		"there, and then not":                 {at(1, history(left, left)), 0, retry.First, ""},
		"pending only":                        {at(1, history(pending, pending)), 0, retry.First, ""},
		"and a third time":                    {at(1, history(ready, ready, ready)), 0, retry.Nobody, evidence.Failed},
		"and not a third time":                {at(1, history(ready, ready, passed)), 0, retry.Nobody, evidence.NotExercised},
		"and then in other ways":              {at(1, history(ready, ready, logout)), 0, retry.Nobody, evidence.NotExercised},
		"and then nothing":                    {at(1, history(ready, ready, open)), 0, retry.Nobody, evidence.NotExercised},
		"for certain":                         {at(1, history(ready, certain)), 0, retry.Nobody, evidence.Failed},
		"an answer":                           {at(1, history(broken, broken)), 0, retry.Nobody, evidence.Failed},
		"an answer, and somebody else acts":   {at(1, history(broken, broken)), 1, retry.First, ""},
		"bystanders":                          {at(1, history(mate, mate, mate)), 4, retry.Nobody, evidence.Failed},
		"bystanders from here and there":      {at(1, history(mate, mate, other)), 4, retry.Nobody, evidence.Failed},
		"bystanders, and they move always":    {at(1, history(mate, mate, mate)), 5, retry.Nobody, evidence.NotExercised},
		"a bystander, and then later, twice":  {at(1, history(mate, ready, ready)), 0, retry.First, ""},
		"a bystander, and later three times":  {at(1, history(mate, ready, ready, ready)), 0, retry.Nobody, evidence.Failed},
		"a bystander, and no more":            {at(1, history(mate, ready, ready, passed)), 0, retry.Nobody, evidence.NotExercised},
		"these users, at once":                {at(0.1, history(ready, passed, ready)), 0, retry.Nobody, evidence.Failed},
		"these users, later":                  {at(1, history(ready, passed, ready)), 0, retry.First, ""},
		"these users, later, and once more":   {at(1, history(ready, passed, ready, ready)), 0, retry.Nobody, evidence.Failed},
		"these users, later, and no more":     {at(1, history(ready, passed, ready, passed)), 0, retry.Nobody, evidence.Passed},
		"these users, later, and another way": {at(1, history(ready, passed, ready, logout)), 0, retry.Nobody, evidence.Passed},
	} {
		d := retry.Decide(test.attempts, retry.Run{Unrelated: test.unrelated}, false)
		if d.Next != test.next || d.Verdict.Outcome != test.outcome || d.Next == retry.Nobody && d.Verdict.Suspect {
			t.Errorf("%s: next %v, %s %q", name, d.Next, d.Verdict.Outcome, d.Verdict.Reason)
		}
		if test.outcome == evidence.NotExercised && d.Verdict.Gap.Kind != evidence.GapInterference {
			t.Errorf("%s: the gap is %+v", name, d.Verdict.Gap)
		}
		if d.Next != retry.Nobody {
			continue
		}
		var verdicts []evidence.Verdict
		for _, a := range test.attempts {
			verdicts = append(verdicts, a.Verdict)
		}
		if again := retry.Combine(verdicts, d.Verdict); again.Outcome != d.Verdict.Outcome {
			t.Errorf("%s: %s, and when judged again %s", name, d.Verdict.Outcome, again.Outcome)
		}
	}
}

// A request that is not answered is made again, and condemns only where that is
// no chance.
func TestUnanswered(t *testing.T) {
	lost := with(failing(evidence.Mismatch{Kind: evidence.MismatchUnanswered}), func(v *evidence.Verdict) { v.Reason = "lost" })
	times := func(v evidence.Verdict, n int, then ...evidence.Verdict) []retry.Attempt {
		var list []retry.Attempt
		for range n {
			list = append(list, retry.Attempt{Verdict: v, Subject: "1001"})
		}
		for _, v := range then {
			list = append(list, retry.Attempt{Verdict: v, Subject: "1002", Chance: 0.1})
		}
		return list
	}
	page := with(failing(evidence.Mismatch{Kind: evidence.MismatchForm}), func(v *evidence.Verdict) { v.Elsewhere = true })
	unserved := times(lost, 1)
	unserved[0].Unserved = true
	for name, test := range map[string]struct {
		attempts []retry.Attempt
		known    int
		next     retry.Whom
		outcome  evidence.Outcome
		note     string
	}{
		"once":                                 {times(lost, 1), 0, retry.Others, "", ""},
		"four times":                           {times(lost, 4), 0, retry.Others, "", ""},
		"five times":                           {times(lost, 5), 0, retry.Nobody, evidence.Failed, "not answered at 5 attempts"},
		"twice, as others before":              {times(lost, 2), 3, retry.Nobody, evidence.Failed, "not answered at 2 attempts"},
		"twice, as two others before":          {times(lost, 2), 2, retry.Others, "", ""},
		"a page, twice":                        {times(page, 2), 0, retry.Others, "", ""},
		"a page, five times":                   {times(page, 5), 0, retry.Nobody, evidence.Failed, "answered by the target or by a server on the way at 5 attempts"},
		"and nothing else is served either":    {unserved, 0, retry.Nobody, evidence.Failed, ""},
		"and then passed":                      {times(lost, 1, passed), 0, retry.Nobody, evidence.Passed, "not answered at one attempt"},
		"and then failed for certain":          {times(lost, 2, certain), 0, retry.Nobody, evidence.Failed, "not answered at 2 attempts"},
		"and then failed once, suspect":        {times(lost, 2, ready), 0, retry.Others, "", ""},
		"and then the same twice":              {times(lost, 1, ready, ready), 0, retry.Nobody, evidence.Failed, "not answered at one attempt"},
		"and so many attempts that it is over": {times(lost, 4, ready, logout, ready), 0, retry.Nobody, evidence.Failed, "not answered at 4 attempts"},
	} {
		d := retry.Decide(test.attempts, retry.Run{Unanswered: test.known}, false)
		if d.Next != test.next || d.Verdict.Outcome != test.outcome || d.Next == retry.Nobody && d.Verdict.Observed.Note != test.note {
			t.Errorf("%s: next %v, %s, note %q", name, d.Next, d.Verdict.Outcome, d.Verdict.Observed.Note)
		}
		if condemned := test.outcome == evidence.Failed && len(test.attempts) == 5; condemned && d.Run.Unanswered != test.known+1 {
			t.Errorf("%s: %d requirements are known to have failed so", name, d.Run.Unanswered)
		}
	}
}
