package spec_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

// promised is every id that the project has given out, with where it applies
// and its level. Ids are stable: rows are added here and keep their meaning.
//
//go:embed testdata/promised.txt
var promised string

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
