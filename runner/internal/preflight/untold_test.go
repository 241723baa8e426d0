package preflight

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestPreflightWithoutOpenSystemInfo(t *testing.T) {
	p := played.New(t, "UCCX")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if _, _, ok := r.BasicAuth(); ok || r.URL.Path != "/finesse/api/SystemInfo" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	s, err := fly(t, p, p.Target(), false)
	if err != nil || s.Deployment != spec.UCCX {
		t.Errorf("%v, %+v", err, s)
	}
}

// Where SystemInfo does not tell, the users do, and what is assumed is said.
func TestPreflightAssumesTheDeployment(t *testing.T) {
	for name, test := range map[string]struct {
		deployment string
		id         string // of the users, instead of theirs
		want       spec.Deployment
		why        string
	}{
		"settings for wrap-up":  {"UCCE", "", spec.UCCE, "user 1001001 has settings for wrap-up"},
		"an id that is a name":  {"UCCX", "anna", spec.UCCX, "the id of user anna is no number"},
		"nothing that tells it": {"UCCX", "", spec.UCCE, "nothing of its users says otherwise"},
	} {
		t.Run(name, func(t *testing.T) {
			p := played.New(t, test.deployment)
			p.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/SystemInfo") {
					return false
				}
				w.WriteHeader(http.StatusNotFound)
				return true
			}
			target := p.Target()
			if test.id != "" {
				s := &Survey{Cast: &fixtures.Cast{Users: []*fixtures.User{{ID: test.id}}}}
				(&preflight{survey: s, target: target}).assume(evidence.Exchange{Status: 404})
				if s.Deployment != test.want || !strings.Contains(s.Notes[0], test.why) {
					t.Errorf("%s: %v", s.Deployment, s.Notes)
				}
				return
			}
			s, err := fly(t, p, target, false)
			if err != nil || s.Deployment != test.want || !strings.Contains(strings.Join(s.Notes, "\n"), "SystemInfo was answered with HTTP 404: the deployment is taken to be "+string(test.want)+", since "+test.why) {
				t.Errorf("%v, %s: %v", err, s.Deployment, s.Notes)
			}
		})
	}
}

func TestPreflightWithoutSystemInfoNorDialogsNorCodes(t *testing.T) {
	p := played.New(t, "UCCE")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/SystemInfo") || strings.HasSuffix(r.URL.Path, "/Dialogs") || strings.HasSuffix(r.URL.Path, "/ReasonCodes") {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	target := p.Target()
	target.Deployment = spec.UCCE
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialogs || s.Deployment != spec.UCCE || !strings.Contains(strings.Join(s.Notes, "\n"), "the NOT_READY reason codes of user 1001001 could not be read: HTTP 404") {
		t.Errorf("got %+v", s)
	}
	for _, want := range []string{"none", "one"} {
		req := &spec.Requirement{Given: spec.Given{Codes: map[spec.Category]string{spec.CategoryNotReady: want}}}
		if s.Cast.Playable(req) {
			t.Errorf("a requirement with codes %q is played although nobody knows", want)
		}
	}
}

func TestPreflightKeepsWhatTheTargetDoesNotTell(t *testing.T) {
	p := played.New(t, "UCCE")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/finesse/api/User/1001101" {
			return false
		}
		io.WriteString(w, "<user><LoginId>1001101</LoginId><STATE> LOGOUT </STATE><unheardOf/></user>")
		return true
	}
	target := p.Target()
	for _, u := range target.Users {
		if u.ID == "1001101" {
			u.Role, u.Team, u.Supervises = spec.RoleSupervisor, "42", []string{"43"}
		}
	}
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001101")
	if u.Role != spec.RoleSupervisor || u.Team != "42" || !slices.Equal(u.Supervises, []string{"43"}) || u.State != spec.Logout {
		t.Errorf("got %+v", *u)
	}
}
