package spec_test

import (
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

// promised is every id that the project has given out, with where it applies
// and its level. Ids are stable: rows are added here and keep their meaning.
const promised = `
SIG-01 both MUST
SIG-02 both MUST/EITHER
SIG-03 both MUST
SIG-04 both EITHER
SIG-05 UCCE MUST
SIG-06 UCCE MUST
SIG-07 UCCE MUST
SIG-08 UCCE MUST
SIG-09 both EITHER
SIG-10 both EITHER
SIG-11 both INFO
SIG-12 both EITHER
SIG-13 UCCE MUST
SIG-14 both EITHER
SIG-15 UCCE EITHER
SIG-16 UCCX EITHER
SIG-17 UCCE EITHER
SIG-18 both INFO
TRN-UCCE-01 UCCE INFO
TRN-UCCE-02 UCCE MUST LOGOUT LOGIN
TRN-UCCE-03 UCCE MUST LOGIN NOT_READY
TRN-UCCE-04 UCCE MUST NOT_READY LOGOUT
TRN-UCCE-05 UCCE MUST NOT_READY NOT_READY
TRN-UCCE-06 UCCE MUST NOT_READY READY
TRN-UCCE-07 UCCE MUST NOT_READY TALKING
TRN-UCCE-08 UCCE MUST READY RESERVED
TRN-UCCE-09 UCCE MUST READY RESERVED_OUTBOUND
TRN-UCCE-10 UCCE MUST READY RESERVED_OUTBOUND_PREVIEW
TRN-UCCE-11 UCCE MUST READY NOT_READY
TRN-UCCE-12 UCCE MUST RESERVED READY
TRN-UCCE-13 UCCE MUST RESERVED TALKING
TRN-UCCE-14 UCCE EITHER RESERVED_OUTBOUND READY
TRN-UCCE-15 UCCE EITHER RESERVED_OUTBOUND NOT_READY
TRN-UCCE-16 UCCE MUST RESERVED_OUTBOUND TALKING
TRN-UCCE-17 UCCE MUST RESERVED_OUTBOUND_PREVIEW READY
TRN-UCCE-18 UCCE MUST RESERVED_OUTBOUND_PREVIEW NOT_READY
TRN-UCCE-19 UCCE MUST RESERVED_OUTBOUND_PREVIEW TALKING
TRN-UCCE-20 UCCE MUST TALKING READY
TRN-UCCE-21 UCCE MUST TALKING NOT_READY
TRN-UCCE-22 UCCE MUST TALKING WORK
TRN-UCCE-23 UCCE MUST TALKING WORK_READY
TRN-UCCE-24 UCCE MUST TALKING HOLD
TRN-UCCE-25 UCCE MUST HOLD READY
TRN-UCCE-26 UCCE MUST HOLD NOT_READY
TRN-UCCE-27 UCCE MUST HOLD WORK
TRN-UCCE-28 UCCE MUST HOLD WORK_READY
TRN-UCCE-29 UCCE MUST HOLD TALKING
TRN-UCCE-30 UCCE MUST WORK READY
TRN-UCCE-31 UCCE MUST WORK NOT_READY
TRN-UCCE-32 UCCE MUST WORK_READY READY
TRN-UCCE-33 UCCE MUST WORK_READY NOT_READY
TRN-UCCE-34 UCCE≥12.5(1) EITHER READY TALKING
TRN-UCCE-35 UCCE INFO RESERVED NOT_READY
TRN-UCCE-36 UCCE MUST RESERVED_OUTBOUND READY
TRN-UCCE-37 UCCE MUST NOT_READY TALKING
TRN-UCCE-38 UCCE EITHER RESERVED_OUTBOUND_PREVIEW READY
TRN-UCCX-01 UCCX MUST LOGIN NOT_READY
TRN-UCCX-02 UCCX MUST NOT_READY LOGOUT
TRN-UCCX-03 UCCX MUST NOT_READY NOT_READY
TRN-UCCX-04 UCCX MUST NOT_READY READY
TRN-UCCX-05 UCCX MUST READY NOT_READY
TRN-UCCX-06 UCCX MUST READY LOGOUT
TRN-UCCX-07 UCCX MUST READY RESERVED_OUTBOUND_PREVIEW
TRN-UCCX-08 UCCX MUST RESERVED_OUTBOUND_PREVIEW TALKING
TRN-UCCX-09 UCCX MUST RESERVED_OUTBOUND NOT_READY
TRN-UCCX-10 UCCX MUST RESERVED_OUTBOUND READY
TRN-UCCX-11 UCCX MUST
TRN-UCCX-12 UCCX MUST
TRN-UCCX-13 UCCX MUST TALKING TALKING
TRN-UCCX-14 UCCX MUST NOT_READY NOT_READY
TRN-UCCX-15 UCCX EITHER WORK NOT_READY
TRN-UCCX-16 UCCX EITHER RESERVED_OUTBOUND_PREVIEW READY
PND-01 UCCE MUST
PND-02 UCCE MUST
PND-03 UCCE MUST
PND-04 UCCX MUST
PND-05 UCCX MUST
PND-06 UCCX MUST
PND-07 UCCX MUST
PND-08 UCCX MUST
PND-09 both INFO
PND-10 UCCE MUST
PND-11 UCCE MUST
PND-12 UCCE EITHER
PND-13 UCCE EITHER
PND-14 UCCX MUST
PND-15 UCCE MUST
PND-16 UCCE MUST
PND-17 UCCX EITHER
PND-18 UCCX MUST
PND-19 UCCE INFO
PND-20 UCCE MUST
WRP-01 UCCE MUST
WRP-02 UCCE MUST
WRP-03 UCCE EITHER
WRP-04 UCCE MUST
WRP-05 UCCE INFO
SUP-01 both MUST
SUP-02 both MUST
SUP-03 both MUST
SUP-04-READY both MUST
SUP-04-WORK both MUST
SUP-04-WORK_READY UCCE MUST
SUP-05 both EITHER
SUP-06-LOGOUT both MUST
SUP-06-NOT_READY both MUST
SUP-06-RESERVED both MUST
SUP-06-RESERVED_OUTBOUND both MUST
SUP-06-RESERVED_OUTBOUND_PREVIEW both MUST
SUP-06-TALKING both MUST
SUP-06-HOLD UCCE MUST
SUP-07-READY both MUST
SUP-07-NOT_READY both MUST
SUP-07-RESERVED both MUST
SUP-07-RESERVED_OUTBOUND both MUST
SUP-07-RESERVED_OUTBOUND_PREVIEW both MUST
SUP-07-TALKING both MUST
SUP-07-HOLD UCCE MUST
SUP-07-WORK both MUST
SUP-07-WORK_READY UCCE MUST
SUP-08 both MUST
SUP-09-RESERVED both MUST
SUP-09-RESERVED_OUTBOUND both MUST
SUP-09-RESERVED_OUTBOUND_PREVIEW both MUST
SUP-09-TALKING both MUST
SUP-09-HOLD both MUST
SUP-09-WORK both MUST
SUP-09-WORK_READY both MUST
SUP-09-UNKNOWN both MUST
SUP-10 both MUST
SUP-11 both EITHER
SUP-12 both MUST
SUP-13 both MUST
SUP-14-WORK both EITHER
SUP-14-WORK_READY UCCE EITHER
SUP-15 both MUST
SUP-16 both MUST
SUP-17-NOT_READY both MUST
SUP-17-LOGOUT both MUST
SUP-18 both MUST
SUP-19-LOGIN both MUST
SUP-19-NOT_READY both MUST
SUP-19-LOGOUT both MUST
SUP-20 both EITHER
SUP-21-WORK both MUST
SUP-21-WORK_READY UCCE MUST
SUP-22 both EITHER
SUP-23-NOT_READY both MUST
SUP-23-LOGOUT both MUST
SUP-24 both MUST
SUP-25 both MUST
SUP-26 both MUST
ERR-01 both MUST
ERR-02 both MUST
ERR-03 both MUST
ERR-04 both INFO
ERR-05 both MUST
ERR-06 both MUST
ERR-07 both MUST
ERR-08-RESERVED both MUST
ERR-08-RESERVED_OUTBOUND both MUST
ERR-08-RESERVED_OUTBOUND_PREVIEW both MUST
ERR-08-TALKING both MUST
ERR-08-HOLD both MUST
ERR-08-WORK both MUST
ERR-08-WORK_READY both MUST
ERR-08-UNKNOWN both MUST
ERR-09 both MUST
ERR-10-READY UCCE MUST
ERR-10-RESERVED UCCE EITHER
ERR-10-RESERVED_OUTBOUND UCCE EITHER
ERR-10-TALKING UCCE EITHER
ERR-10-HOLD UCCE EITHER
ERR-10-WORK UCCE MUST
ERR-10-WORK_READY UCCE MUST
ERR-11 both MUST
ERR-12 both MUST
ERR-13 both MUST
ERR-14 both INFO
ERR-15 both INFO
ERR-16 both INFO
ERR-17 both INFO
ERR-18 both INFO
ERR-19-RESERVED UCCX INFO
ERR-19-TALKING UCCX INFO
ERR-19-WORK UCCX INFO
RSN-01 both MUST
RSN-02 both MUST
RSN-03 both MUST
RSN-04 both MUST
RSN-05 both EITHER
RSN-06 both MUST
RSN-07 both MUST
RSN-08 both MUST
RSN-09 both EITHER
RSN-10 UCCE MUST
RSN-11 UCCE MUST
RSN-12 both EITHER
RSN-13 both EITHER
RSN-14 both EITHER
RSN-15 both EITHER
AUT-01 both MUST
AUT-02 both MUST
AUT-03 both MUST
AUT-04 both MUST
AUT-05 both INFO
AUT-06 both≥12.5(1) INFO
AUT-07 both≥12.5(1) INFO
AUT-08 both MUST
AUT-09 UCCE INFO
AUT-10 both≥12.0(1) MUST
AUT-11 both≥12.0(1) MUST
AUT-12 both≥12.5(1) INFO
AUT-13 both≥12.0(1) MUST
AUT-14 both≥12.0(1) MUST
AUT-15 both MUST
AUT-16 both MUST
USR-01 both MUST
USR-02 both MUST
USR-03 both MUST
USR-04 both MUST
USR-05 both MUST
USR-06 UCCE MUST
USR-07 both MUST
USR-08 both MUST
USR-09 both INFO
USR-10 UCCE≥12.5(1) MUST
USR-11 both MUST
NTF-01 both MUST
NTF-02 both MUST
NTF-03 both MUST
NTF-04 both INFO
NTF-05 both MUST
NTF-06 both MUST
NTF-07 both MUST
NTF-08 UCCE MUST
NTF-09 UCCE EITHER
NTF-10 both EITHER
NTF-11 both INFO
NTF-12 both MUST
NTF-13 UCCE MUST
NTF-14 both MUST
NTF-15 both MUST
NOD-01 both INFO
NOD-02 both INFO
NOD-03 both INFO
NOD-04 both INFO
NOD-05 both≥12.5(1) INFO
NOD-06 both INFO
NOD-07 both INFO
`

func load(t testing.TB) *spec.Catalogue {
	t.Helper()
	c := contracttest.Catalogue()
	return c
}

func TestPromisedRequirementsAreThere(t *testing.T) {
	c := load(t)
	before := -1
	for _, row := range strings.Split(strings.TrimSpace(promised), "\n") {
		want := strings.Fields(row)
		q, ok := c.ByID(want[0])
		if !ok {
			t.Errorf("%s is missing", want[0])
			continue
		}
		if applies(q) != want[1] || levels(q) != want[2] {
			t.Errorf("%s applies to %s and is %s, promised was %s, %s", q.ID, applies(q), levels(q), want[1], want[2])
		}
		if len(want) == 5 && (string(q.Transition.From) != want[3] || string(q.Transition.To) != want[4]) {
			t.Errorf("%s leads from %s to %s, promised was %s to %s", q.ID, q.Transition.From, q.Transition.To, want[3], want[4])
		}
		at := slices.Index(c.All(), q)
		if at <= before {
			t.Errorf("%s stands before the one that it should follow", q.ID)
		}
		before = at
	}
	if n := len(strings.Split(strings.TrimSpace(promised), "\n")); n != 250 || n != len(c.All()) {
		t.Errorf("%d requirements are promised, %d are there, want 250", n, len(c.All()))
	}
}

func applies(q *spec.Requirement) string {
	text := "both"
	if len(q.Deployments) == 1 {
		text = string(q.Deployments[0])
	}
	return text + strings.ReplaceAll(q.Releases.String(), " ", "")
}

// levels gives the level, or that of Unified CCE and then that of Unified CCX.
func levels(q *spec.Requirement) string {
	of := func(d spec.Deployment) string { return string(q.LevelOn(d)) }
	if of(spec.UCCE) == of(spec.UCCX) {
		return of(spec.UCCE)
	}
	return of(spec.UCCE) + "/" + of(spec.UCCX)
}

func TestSectionsStandInOrder(t *testing.T) {
	var names []string
	count := 0
	c := load(t)
	for _, s := range c.Sections() {
		names = append(names, s.Name)
		count += len(s.Requirements)
		if s.Title == "" {
			t.Errorf("%s has no title", s.Name)
		}
		for _, q := range s.Requirements {
			if q.Section != s.Name {
				t.Errorf("%s stands in %s", q.ID, s.Name)
			}
		}
	}
	want := "SIG TRN-UCCE TRN-UCCX PND WRP SUP ERR RSN AUT USR NTF NOD"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("sections are %s, want %s", got, want)
	}
	if count != len(c.All()) {
		t.Errorf("the sections hold %d requirements, the catalogue %d", count, len(c.All()))
	}
}

func TestApplicableFollowsDeploymentAndRelease(t *testing.T) {
	c := load(t)
	for _, test := range []struct {
		id         string
		deployment spec.Deployment
		release    string
		want       bool
	}{
		{"SIG-01", spec.UCCE, "", true},
		{"SIG-05", spec.UCCX, "", false},
		{"TRN-UCCX-06", spec.UCCX, "12.5(1)", true},
		{"TRN-UCCX-06", spec.UCCE, "12.5(1)", false},
		{"TRN-UCCE-34", spec.UCCE, "12.5(1)", true},
		{"TRN-UCCE-34", spec.UCCE, "15.0(1)", true},
		{"TRN-UCCE-34", spec.UCCE, "12.0(1)", false},
		{"TRN-UCCE-34", spec.UCCE, "", false},
	} {
		release, err := spec.ParseRelease(test.release)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.ContainsFunc(c.Applicable(test.deployment, release), func(q *spec.Requirement) bool { return q.ID == test.id })
		if got != test.want {
			t.Errorf("%s applies to %s %s: %t, want %t", test.id, test.deployment, test.release, got, test.want)
		}
	}
}

func TestOnlyUnknownIsNeverExercised(t *testing.T) {
	for _, q := range load(t).All() {
		if never := q.ID == "TRN-UCCE-01"; (q.Never != "") != never || (len(q.Steps) == 0) != never {
			t.Errorf("%s: never exercised %q, %d steps", q.ID, q.Never, len(q.Steps))
		}
	}
}

func TestSourcesCiteAPageThatOpens(t *testing.T) {
	c := load(t)
	for _, q := range c.All() {
		if s := q.Sources[0]; s.Guide == "" || !strings.HasPrefix(s.URL, "https://") {
			t.Errorf("%s: its first source is %+v", q.ID, s)
		}
	}
	for _, test := range []struct {
		id   string
		at   int
		cite string
		url  string
	}{
		{"SUP-01", 0, "DG12.5 p.47", "https://mcdewey.supported.systems/c/finesse%3A%3Av12.5%3A%3Adeveloper-guide%3A%3Adeveloper-guide%3A%3A47"},
		{"SUP-01", 1, "DevNet-CAS", "https://developer.cisco.com/docs/finesse/user%e2%80%94change-agent-state/"},
		{"SIG-09", 0, "DevNet user-api-parameters", "https://developer.cisco.com/docs/finesse/user-api-parameters"},
	} {
		q, _ := c.ByID(test.id)
		if s := q.Sources[test.at]; s.Cite() != test.cite || s.URL != test.url {
			t.Errorf("%s cites %q at %s, want %q at %s", test.id, s.Cite(), s.URL, test.cite, test.url)
		}
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	for _, q := range load(t).All() {
		if q.Given.Subject == "" || len(q.Deployments) == 0 {
			t.Errorf("%s: subject %q, deployments %v", q.ID, q.Given.Subject, q.Deployments)
		}
		for _, s := range q.Steps {
			if s.When.By == "" || len(s.Then) == 0 {
				t.Errorf("%s has a step by nobody or without an outcome", q.ID)
			}
			if p := s.When.Put; p != nil && p.Reason == "" {
				t.Errorf("%s has a put with no word on the reason code", q.ID)
			}
		}
	}
	c := load(t)
	for id, want := range map[string]string{"SIG-01": "own", "SIG-02": "own", "SIG-03": "", "SIG-04": "unknown", "SIG-10": "own", "SUP-01": ""} {
		q, _ := c.ByID(id)
		if got := q.Steps[0].When.Put.Extension; got != want {
			t.Errorf("%s sends the extension %q, want %q", id, got, want)
		}
	}
}

func TestForEachOverridesTheTemplate(t *testing.T) {
	c := load(t)
	notReady, _ := c.ByID("SUP-06-NOT_READY")
	reserved, _ := c.ByID("SUP-06-RESERVED")
	work, _ := c.ByID("SUP-04-WORK")
	if g := notReady.Given; g.State != spec.NotReady || !g.Reason {
		t.Errorf("SUP-06-NOT_READY is given %+v", g)
	}
	if g := reserved.Given; g.State != spec.Reserved || g.Reason {
		t.Errorf("SUP-06-RESERVED is given %+v", g)
	}
	if o := work.Steps[0].Then[0]; o.Kind != spec.Accepted || !o.HalfTimer {
		t.Errorf("SUP-04-WORK expects %+v", o)
	}
	if !strings.Contains(reserved.Title, "RESERVED") {
		t.Errorf("the title of SUP-06-RESERVED is %q", reserved.Title)
	}
}

func TestAliasesAreResolved(t *testing.T) {
	q, _ := load(t).ByID("SUP-11")
	want := []string{"Invalid Input", "Invalid Authorization User Specified", "Invalid Authorization Specified",
		"Invalid User Authorization Specified", "Invalid Authorization"}
	if got := q.Steps[0].Then[0].Types; !slices.Equal(got, want) {
		t.Errorf("SUP-11 allows %q, want %q", got, want)
	}
}
