package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
)

// facts are what the verdict rests on.
func facts(r *reports.Result) []fact {
	var list []fact
	add := func(name, value string, kind ...string) {
		if value != "" {
			list = append(list, fact{Name: name, Value: text.ShownLine(value, 400), Code: slices.Contains(kind, "code"), Warn: slices.Contains(kind, "warn")})
		}
	}
	s := r.Summary
	add("Target", r.Target.URL, "code")
	add("Deployment", orUnknown(r.Target.Deployment))
	add("Release", orUnknown(r.Target.Release))
	if o := r.Target.OtherNode; o != nil {
		add("Other node", o.Words())
	}
	add("Put to the test", fmt.Sprintf("%d of %s that apply", s.Exercised(), text.Count(s.Applicable(), "requirement")))
	add("Requests", fmt.Sprintf("%d in %s", r.Timings.Requests, page.Took(r.Timings.Wall)))
	add("When", when(r.Started, r.Finished))
	add("Contract", fmt.Sprintf("%s, digest %s", text.Count(r.Spec.Requirements, "requirement"), shortDigest(r.Spec.Digest)))
	suite := r.Suite.Version
	suite = cmp.Or(suite, r.Tool.Version)
	if n := r.Suite.FaultsDetectable; n > 0 {
		suite += fmt.Sprintf(", proven to catch %s", text.Count(n, "fault"))
	} else {
		suite += ", with no word on the faults that it catches"
	}
	add("Suite", suite)
	if n := len(r.Suite.Unproven); n > 0 {
		add("Unproven", fmt.Sprintf("no known fault breaks %s: %s", text.Count(n, "requirement"), text.Few(r.Suite.Unproven, 6)))
	}
	if r.Settings.SettleMS > 0 { // a run that could not begin has none
		add("Notifications", map[bool]string{true: "listened to", false: "none configured: error types of late refusals were not seen"}[r.Settings.Notifications])
		add("Stimuli", map[bool]string{true: "configured", false: "none configured: calls came from the cast alone"}[r.Settings.Stimuli])
		add("Times", fmt.Sprintf("settle %s, quiet %s, longest wait %s", page.Took(float64(r.Settings.SettleMS)), page.Took(float64(r.Settings.QuietMS)), page.Took(float64(r.Settings.LongestWaitMS))))
	}
	for _, p := range r.Profiles {
		add("Profile "+p.Name, p.Words())
	}
	if len(r.Settings.Only)+len(r.Settings.Skip) > 0 {
		add("Selection", strings.TrimSpace(prefixed("only ", r.Settings.Only)+" "+prefixed("without ", r.Settings.Skip)), "warn")
	}
	if r.Settings.Insecure {
		add("Certificates", "not verified: nobody proved who answered", "warn")
	}
	if r.Shard != nil {
		add("Shard", fmt.Sprintf("%d of %d: the other shards exercise the rest", r.Shard.Index, r.Shard.Count), "warn")
	}
	if r.Merged > 0 {
		add("Merged", fmt.Sprintf("from %s", text.Count(r.Merged, "shard")))
	}
	add("Run", fmt.Sprintf("%s, seed %d, on %s/%s", processes(r.Procs), r.Seed, r.Environment.OS, r.Environment.Arch))
	for _, e := range r.Exit.All {
		add("Exit "+fmt.Sprint(e.Code), e.Because)
	}
	return list
}

// shortDigest is enough of a digest to tell two apart; results.json has all of
// it.
func shortDigest(digest string) string {
	_, hex, named := strings.Cut(digest, ":")
	if !named {
		hex = digest
	}
	return hex[:min(len(hex), 12)]
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

func prefixed(word string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return word + strings.Join(list, ", ")
}

func orUnknown(said string) string {
	if said == "" {
		return "not known"
	}
	return said
}

func when(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	return from.UTC().Format("2 January 2006, 15:04:05") + " to " + to.UTC().Format("15:04:05") + " UTC"
}
