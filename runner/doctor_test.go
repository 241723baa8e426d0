package runner

import (
	"bytes"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/preflight"
)

// served serves a played deployment over TLS and gives the configuration for
// it.
func served(t *testing.T, p *played.Server) *config.Config {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	server := httptest.NewTLSServer(p)
	t.Cleanup(server.Close)
	target := p.Target()
	var err error
	if target.URL, err = url.Parse(server.URL); err != nil {
		t.Fatal(err)
	}
	target.Insecure = true
	return &config.Config{Targets: []*config.Target{target}, Run: config.Run{Journal: filepath.Join(t.TempDir(), "journal.jsonl")}}
}

func examine(t *testing.T, cfg *config.Config, signIn bool) (*Diagnosis, int, string) {
	t.Helper()
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	list, code, err := a.Doctor(t.Context(), cfg, signIn)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %d diagnoses", err, len(list))
	}
	var b bytes.Buffer
	if err := list[0].Write(&b, false); err != nil {
		t.Fatal(err)
	}
	return list[0], code, b.String()
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, want := range lines {
		words := strings.Join(strings.Fields(want), " ")
		if !strings.Contains(strings.Join(strings.Fields(text), " "), words) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestDoctor(t *testing.T) {
	p := played.New(t, "UCCE")
	d, code, text := examine(t, served(t, p), false)
	if code != 0 || !d.able() || !d.Planned || d.Run < 50 {
		t.Errorf("code %d, %d requirements\n%s", code, d.Run, text)
	}
	wantLines(t, text,
		"note TLS TLS 1.3; certificate of example.com, *.example.com, issued by",
		"ok service in service", "ok deployment UCCE", "note release SystemInfo does not tell",
		"ok sign-in 10 of 10 users, one GET each",
		"ok roles agent: 1001001, 1001002, 1001003, 1001004, 1001005, 1001201, 1001401; supervisor: 1001101, 1001102, 1001301",
		"1001101 has the teams 5011, 5013, with 1001001, 1001002, 1001003, 1001004, 1001005, 1001102 and 1001401",
		"ok NOT_READY reason codes 1011 Break, 1012 Paper Work, 1013 Meeting: 1001001,",
		"incoming REQUIRED, outgoing REQUIRED, timer 2s: 1001002",
		"ok states LOGOUT: 1001001,", "note notifications switched off", "note stimuli none:",
		"A run would exercise", "needs stimulus route_call",
	)
	if n := p.Requests(" PUT ") + p.Requests(" POST ") + p.Requests(" DELETE "); n != 0 {
		t.Errorf("it sent %d requests that change something", n)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, test := range []struct {
		name    string
		change  func(p *played.Server, c *config.Config)
		planned bool
		want    []string
	}{
		{"nobody listens", func(_ *played.Server, c *config.Config) { c.Targets[0].URL.Host = gone.Addr().String() }, false, []string{"FAIL TCP", "nothing listens there", "It cannot be certified as it is."}},
		{"untrusted", func(_ *played.Server, c *config.Config) { c.Targets[0].Insecure = false }, false, []string{"FAIL TLS", "name its authority with --ca-file"}},
		{"no such name", func(_ *played.Server, c *config.Config) { c.Targets[0].URL.Host = "finesse.invalid:8445" }, false, []string{"FAIL name", "check the host name"}},
		{"out of service", func(p *played.Server, _ *config.Config) { p.SetStatus(reference.OutOfService) }, false, []string{"FAIL service", "OUT_OF_SERVICE"}},
		{"a wrong password", func(_ *played.Server, c *config.Config) { c.Targets[0].Users[0].Password = "hunter2hunter2" }, true, []string{"FAIL sign-in user 1001001 cannot sign in: HTTP 401", "roles agent: 1001002,"}},
		{"all passwords wrong", func(_ *played.Server, c *config.Config) {
			for _, u := range c.Targets[0].Users {
				u.Password = "hunter2hunter2"
			}
		}, false, []string{"FAIL", "users 1001001, 1001002, 1001003, 1001004, 1001005, 1001101, 1001102, 1001201, 1001301, 1001401 cannot sign in"}},
		{"no extension", func(_ *played.Server, c *config.Config) { c.Targets[0].Users[0].Extension = "" }, true, []string{"note extensions none known for 1001001", "-> give them an extension"}},
		{"a hook that is not there", func(_ *played.Server, c *config.Config) {
			c.Targets[0].StimulusHTTP = &url.URL{Scheme: "http", Host: gone.Addr().String()}
		}, true, []string{"note stimuli POST http://", "nothing listens there"}},
		{"a command that is not there", func(_ *played.Server, c *config.Config) { c.Targets[0].StimulusExec = []string{"/none/hook", "token"} }, true, []string{"note stimuli /none/hook cannot be run"}},
		{"notifications that are not there", func(_ *played.Server, c *config.Config) {
			c.Targets[0].Notifications = &url.URL{Scheme: "wss", Host: gone.Addr().String()}
		}, true, []string{"note notifications TCP", "nothing listens there"}},
		{"somebody left behind", func(_ *played.Server, c *config.Config) {
			line := `{"type":"touch","run":"r","target":"https://f","user":"1001001","state":"READY"}` + "\n"
			if err := os.WriteFile(c.Run.Journal, []byte(line), 0o600); err != nil {
				panic(err)
			}
		}, true, []string{"FAIL journal an earlier run", "did not put user 1001001 back; `finesse-conformance restore --journal"}},
		{"one agent", func(_ *played.Server, c *config.Config) { c.Targets[0].Users = c.Targets[0].Users[:1] }, true, []string{"note supervision no supervisor in the cast", "needs another user who supervises the subject's team: none in the cast"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := played.New(t, "UCCE")
			cfg := served(t, p)
			test.change(p, cfg)
			d, code, text := examine(t, cfg, false)
			wantLines(t, text, test.want...)
			if d.Planned != test.planned {
				t.Errorf("planned: %t\n%s", d.Planned, text)
			}
			broken := strings.Contains(text, "FAIL")
			if broken != (code == 3) || broken == d.able() {
				t.Errorf("code %d\n%s", code, text)
			}
			if strings.Contains(text, "hunter2") || strings.Contains(text, "token") {
				t.Errorf("a secret is shown\n%s", text)
			}
			if n := p.Requests("1001001 GET /finesse/api/User/1001001 401"); n > 1 {
				t.Errorf("%d failed sign-ins", n)
			}
		})
	}
}

func TestDoctorSignsIn(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001002", "READY")
	cfg := served(t, p)
	cfg.Targets[0].Users[0].Extension = "77777"
	_, code, text := examine(t, cfg, true)
	if code != 0 {
		t.Errorf("code %d", code)
	}
	wantLines(t, text, "note extensions in use user 1001001 on 77777:", "-> correct the extension of user 1001001", "ok extensions in use 8 users signed in and out again")
	for _, u := range p.Config.Users {
		want := reference.Logout
		if u.ID == "1001002" {
			want = reference.Ready
		}
		if got := stateOf(p, u.ID); got != want {
			t.Errorf("user %s is left in %s, want %s", u.ID, got, want)
		}
	}
	if left, err := journal.Read(cfg.Run.Journal); err != nil || !left.Clean() {
		t.Errorf("%v, left %+v", err, left)
	}
}

func TestInit(t *testing.T) {
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		user string
		want []string // ids
		note string
	}{
		{"an example", "", []string{"1001001", "1001002", "1001003", "1001004", "1001005"}, "another agent on the same team"},
		{"a supervisor", "1001101", []string{"1001101", "1001001", "1001002", "1001003", "1001102", "1001401"}, "# anna Troupe1, team Sales 1"},
		{"an agent", "1001001", []string{"1001001"}, "# The members of team 5011 could not be read: HTTP 401"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := played.New(t, "UCCX")
			cfg := served(t, p)
			var target *config.Target
			var user *fixtures.User
			if test.user != "" {
				target = cfg.Targets[0]
				for _, u := range target.Users {
					if u.ID == test.user {
						user = u
					}
				}
				user.Username = user.ID
			}
			text, err := a.Init(t.Context(), target, user)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, test.note) {
				t.Errorf("no %q in\n%s", test.note, text)
			}
			for _, u := range cfg.Targets[0].Users {
				if strings.Contains(text, u.Password.Reveal()) {
					t.Errorf("a password stands in\n%s", text)
				}
			}
			name := filepath.Join(t.TempDir(), "conf.yaml")
			if err := WriteNew(name, text); err != nil {
				t.Fatal(err)
			}
			if err := WriteNew(name, text); err == nil || !strings.Contains(err.Error(), "is there already") {
				t.Errorf("written over: %v", err)
			}
			if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			c, err := config.Load(config.Sources{Flags: map[string][]string{"config": {name}}, LookupEnv: func(name string) (string, bool) {
				return "secret", strings.HasPrefix(name, "AGENT_") && strings.HasSuffix(name, "_PASSWORD")
			}})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var ids []string
			for _, u := range c.Targets[0].Users {
				ids = append(ids, u.ID)
			}
			if strings.Join(ids, " ") != strings.Join(test.want, " ") {
				t.Errorf("got %v, want %v", ids, test.want)
			}
			if got := c.Targets[0]; got.Timing != config.DefaultTiming() || test.user != "" && (string(got.Deployment) != "UCCX" || !got.Insecure || got.URL.Host != target.URL.Host) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestInitQuotes(t *testing.T) {
	const want = "a\"b: ${X} #\n- c"
	quoted, err := quotedYAML(want)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "conf.yaml")
	content := "target: {url: https://finesse.example.com}\nusers: [{id: a, password: " + quoted + "}]\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{Flags: map[string][]string{"config": {file}}, LookupEnv: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Targets[0].Users[0].Password.Reveal(); got != want {
		t.Errorf("read as %q, want %q", got, want)
	}
}

func TestInitRefuses(t *testing.T) {
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cfg := served(t, played.New(t, "UCCE"))
	started := time.Now()
	_, err = a.Init(t.Context(), cfg.Targets[0], &fixtures.User{ID: "1001001", Password: "hunter2hunter2"})
	if err == nil || !strings.Contains(err.Error(), "cannot sign in") || strings.Contains(err.Error(), "hunter2") || time.Since(started) > 5*time.Second {
		t.Errorf("got %v", err)
	}
}

// What a target says is not a command to who reads a diagnosis.
func TestDiagnosisIsInert(t *testing.T) {
	const evil = "1011 ##vso[task.complete]\n::set-env name=PATH::x\x1b]8;;http://e\x1b\\\u202e"
	d := &Diagnosis{
		Target: "https://f", Planned: true,
		Checks: []preflight.Check{{Name: "codes", Seen: evil, Advice: evil}}, Costs: []Cost{{Why: evil, Requirements: []string{"SIG-01"}}},
	}
	var b strings.Builder
	if err := d.Write(&b, false); err != nil {
		t.Fatal(err)
	}
	for _, sign := range []string{"##vso", "\n::", "\x1b", "\u202e"} {
		if strings.Contains(b.String(), sign) {
			t.Errorf("%q stands in it:\n%s", sign, b.String())
		}
	}
}
