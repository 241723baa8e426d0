package runner

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/preflight"
)

// A proxy that takes requests of browsers alone is found out: init writes what
// it wants, and doctor says it.
func TestBrowsersOnly(t *testing.T) {
	browser := regexp.MustCompile(`^Mozilla/5\.0 .*(Firefox|Chrome|Edg|Safari)/[0-9]+`)
	p := played.New(t, "UCCE")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if browser.MatchString(r.UserAgent()) {
			return false
		}
		w.Header().Set("Server", "openresty")
		w.WriteHeader(http.StatusPreconditionFailed)
		return true
	}
	cfg := served(t, p)
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Init(t.Context(), cfg.Targets[0], cfg.Targets[0].Users[0])
	if err != nil || !strings.Contains(text, "user_agent: \""+preflight.Browser) {
		t.Errorf("%v\n%s", err, text)
	}
	// What a flag said is written, too.
	told := *cfg.Targets[0]
	told.UserAgent, told.CertFile = "Mozilla/5.0 (X11) Firefox/1", certificateFile(t)
	text, err = a.Init(t.Context(), &told, told.Users[0])
	if err != nil || !strings.Contains(text, `user_agent: "Mozilla/5.0 (X11) Firefox/1"`) || !strings.Contains(text, "cert_file: \""+told.CertFile) {
		t.Errorf("%v\n%s", err, text)
	}
	found, code, err := a.Doctor(t.Context(), cfg, false)
	if err != nil || code != 3 {
		t.Fatalf("code %d, %v", code, err)
	}
	said := ""
	for _, c := range found[0].Checks {
		if c.Name == "reverse proxy" {
			said = c.Advice
		}
	}
	if !strings.Contains(said, "target.user_agent") {
		t.Errorf("doctor says %+v", found[0].Checks)
	}
}

// certificateFile has a certificate and its key.
func certificateFile(t *testing.T) string {
	t.Helper()
	pair := certificateFor("client", time.Now().Add(time.Hour)).Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	name := filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// On a system of single sign-on init writes the keys of tokens for those who
// sign in so, and for nobody else.
func TestInitSingleSignOn(t *testing.T) {
	for name, test := range map[string]struct {
		system func(reference.Config) reference.Config
		want   int // users by token
	}{
		"hybrid": {reference.Config.WithTokenUsers, 1},
		"sso":    {reference.Config.WithSingleSignOn, 8},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := reference.Default(reference.UCCE, "12.5(1)", 1)
			if err != nil {
				t.Fatal(err)
			}
			d, err := reference.New(test.system(cfg))
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			asked := "1001101" // a supervisor, who can read the team
			p := &played.Server{Deployment: d, Config: d.Config()}
			conf := served(t, p)
			user := &fixtures.User{ID: asked, Password: fixtures.Secret(passwordOf(d, asked))}
			if name == "sso" {
				token, err := d.IssueToken(asked, 0)
				if err != nil {
					t.Fatal(err)
				}
				user = &fixtures.User{ID: asked, Token: fixtures.TokenFrom{Fixed: fixtures.Secret(token)}}
			}
			a, err := NewCLI(io.Discard, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			text, err := a.Init(t.Context(), conf.Targets[0], user)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(text, "\n    access_token: ${AGENT_"); n != test.want || strings.Count(text, "- id:") != n+strings.Count(text, "\n    password: ${AGENT_") {
				t.Errorf("%d users by token, want %d, in\n%s", n, test.want, text)
			}
		})
	}
}

func passwordOf(d *reference.Deployment, id string) string {
	for _, u := range d.Config().Users {
		if u.ID == id {
			return u.Password
		}
	}
	return ""
}
