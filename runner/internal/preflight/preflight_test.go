package preflight

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
)

func fly(t *testing.T, p *played.Server, target *config.Target, force bool) (*Survey, error) {
	t.Helper()
	return Run(t.Context(), played.ClientFor(target, client.Handler(p)), target, target.Cast(), Options{Force: force})
}

func TestPreflight(t *testing.T) {
	for _, deployment := range []string{"UCCE", "UCCX"} {
		t.Run(deployment, func(t *testing.T) {
			p := played.New(t, deployment)
			target := p.Target()
			s, err := fly(t, p, target, false)
			if err != nil {
				t.Fatal(err)
			}
			if string(s.Deployment) != deployment || !s.Dialogs || s.XMPPDomain == "" || len(s.Notes) > 0 {
				t.Errorf("got %+v", s)
			}
			for _, u := range p.Config.Users {
				got := s.Cast.ByID(u.ID)
				want := spec.RoleAgent
				if slices.Contains(u.Roles, reference.RoleSupervisor) {
					want = spec.RoleSupervisor
				}
				if got.Role != want || got.Team != u.Team || !slices.Equal(got.Supervises, u.Supervises) || got.State != spec.Logout || got.Barred != "" {
					t.Errorf("user %s: got %+v", u.ID, *got)
				}
				if got.LoginName != u.LoginName {
					t.Errorf("user %s has the login name %q", u.ID, got.LoginName)
				}
				for category, n := range map[spec.Category]int{spec.CategoryNotReady: 3, spec.CategoryLogout: 2} {
					switch { // the other teams have other codes
					case strings.HasSuffix(u.Team, "2"), strings.HasSuffix(u.Team, "3") && category == spec.CategoryLogout:
						n = 0
					case strings.HasSuffix(u.Team, "3"):
						n = 2
					}
					codes := got.Codes[category]
					if len(codes) != n || n > 0 && (codes[0].ID == codes[0].Code || codes[0].Label == "") {
						t.Errorf("user %s has the %s codes %+v", u.ID, category, codes)
					}
				}
				if deployment == "UCCE" && got.WrapUpIncoming != string(u.WrapUpIncoming) {
					t.Errorf("user %s has wrap-up %q", u.ID, got.WrapUpIncoming)
				}
				if n := p.Requests(u.ID + " GET /finesse/api/User/" + u.ID + " "); n != 1 {
					t.Errorf("user %s signed in %d times", u.ID, n)
				}
			}
			if n := p.Requests(" PUT ") + p.Requests(" POST "); n > 0 {
				t.Errorf("%d requests that change something", n)
			}
			if len(s.Exchanges) == 0 || target.Users[0].Team != "" {
				t.Error("the exchanges are not there, or the configuration was written to")
			}
		})
	}
}

func TestPreflightLeavesPeopleAtWorkAlone(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001001", "READY")
	if err := p.Stimulate(t.Context(), "route_call", "1001001", ""); err != nil {
		t.Fatal(err)
	}
	played.Eventually(t, func() bool { u, _ := p.Snapshot().User("1001001"); return u.State == reference.Reserved })
	s, err := fly(t, p, p.Target(), false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001001")
	if want := "it has 1 call(s), in the state RESERVED; --force touches it nevertheless"; u.Barred != want {
		t.Errorf("barred: %q, want %q", u.Barred, want)
	}
	if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0], "user 1001001 is left alone: ") {
		t.Errorf("notes %q", s.Notes)
	}
	if s, err = fly(t, p, p.Target(), true); err != nil || s.Cast.ByID("1001001").Barred != "" {
		t.Errorf("with force: %v, %q", err, s.Cast.ByID("1001001").Barred)
	}
}

func TestPreflightReadsTheExtensionInUse(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001001", "NOT_READY")
	target := p.Target()
	target.Users[0].Extension = "4711"
	target.Users[1].Extension = ""
	target.Users[2].Extension, target.Users[2].Mobile = "", &fixtures.Mobile{Extension: "2001003", DialNumber: "5550100"}
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Cast.ByID("1001001").Extension; got != "2001001" || s.Extensions["1001001"] != "2001001" {
		t.Errorf("extension %s, in use %v", got, s.Extensions)
	}
	notes := strings.Join(s.Notes, "\n")
	if !strings.Contains(notes, "extension 2001001, which is used instead of the configured 4711") || !strings.Contains(notes, "user 1001002 has no extension") || strings.Contains(notes, "user 1001003") {
		t.Errorf("notes %q", s.Notes)
	}
}

// Where the configuration says something else than the target, that is said.
func TestPreflightSaysWhatContradicts(t *testing.T) {
	p := played.New(t, "UCCE")
	target := p.Target()
	target.Users[0].Role, target.Users[0].Team = spec.RoleSupervisor, "4711"
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(s.Notes, "\n")
	for _, want := range []string{"the role supervisor, and the target says agent", "the team 4711, and the target says 5011"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in %q", want, s.Notes)
		}
	}
	if strings.Count(notes, "is configured with") != 2 {
		t.Errorf("notes %q", s.Notes)
	}
}

// A user of single sign-on is told apart from a wrong password, in each way in
// which a system shows it.
func TestPreflightTellsSingleSignOn(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"a challenge": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "", http.StatusUnauthorized)
			return true
		},
		"UserAuthMode": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/finesse/api/UserAuthMode/1001001" {
				if r.Header.Get("Authorization") != "" {
					t.Error("credentials were sent to UserAuthMode")
				}
				io.WriteString(w, "<UserAuthMode><authMode>SSO</authMode></UserAuthMode>")
				return true
			}
			http.Error(w, "", http.StatusUnauthorized)
			return true
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://ids.example.com/adfs/ls?SAMLRequest=secretish", http.StatusFound)
			return true
		},
	} {
		p := played.New(t, "UCCE")
		p.Before = func(w http.ResponseWriter, r *http.Request) bool {
			return (strings.HasSuffix(r.URL.Path, "/User/1001001") || strings.HasSuffix(r.URL.Path, "/UserAuthMode/1001001")) && answer(w, r)
		}
		s, err := fly(t, p, p.Target(), false)
		why := ""
		if err != nil {
			why = err.Error()
		}
		if s != nil && s.Cast.ByID("1001001") != nil {
			why += s.Cast.ByID("1001001").Barred
		}
		if !strings.Contains(why, "by single sign-on") || !strings.Contains(why, "access_token_exec") || strings.Contains(why, "secretish") || strings.Contains(why, "password are wrong") {
			t.Errorf("%s is told as %q", name, why)
		}
	}
}

func TestPreflightFindsTheIDOfALoginName(t *testing.T) {
	p := played.New(t, "UCCE")
	target := p.Target()
	target.Users[0].ID = p.Config.Users[0].LoginName
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001001")
	if u == nil || u.Name() != p.Config.Users[0].LoginName {
		t.Errorf("got %v", s.Cast.IDs())
	}
}
