package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
)

// write puts files into a folder of the test's and gives its name.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// environment is an os.LookupEnv over a map.
func environment(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func load(t *testing.T, config string, env map[string]string, flags map[string][]string) (*Config, error) {
	t.Helper()
	dir := write(t, map[string]string{"conf.yaml": config})
	all := map[string][]string{"config": {filepath.Join(dir, "conf.yaml")}}
	for name, v := range flags {
		all[name] = v
	}
	return Load(Sources{Flags: all, LookupEnv: environment(env)})
}

const whole = `
target:
  url: https://Finesse1.example.com:8445/
  insecure: true
  proxy: http://proxy:3128
deployment: ucce
release: 12.5(1)
users:
  - id: 1001001
    username: agent1
    password: ${AGENT1_PASSWORD}
    extension: "0042"
  - id: "1001002"
    password: pa$$word$
    role: supervisor
    team: "5000"
    supervises: ["5000", 6000]
timing: {request: 1s, settle: 2s, quiet: 3s, poll: 4ms, longest_wait: 5m}
notifications:
  url: wss://finesse1.example.com:8445/ws/
stimuli:
  exec: [./stimulus.sh, --site, a]
run:
  only: [SIG-*, ERR-01]
  procs: auto
  max_requests_per_second: 2.5
  seed: 7
  shard: 2/5
  timeout: 1h
  out: reports
`

func TestLoadWhole(t *testing.T) {
	c, err := load(t, whole, map[string]string{"AGENT1_PASSWORD": "prompt: [${X}]"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(c.File)
	target := c.Targets[0]
	if got := target.URL.String(); got != "https://finesse1.example.com:8445" {
		t.Errorf("address %s", got)
	}
	if !target.Insecure || target.Proxy.String() != "http://proxy:3128" || target.Notifications.String() != "wss://finesse1.example.com:8445/ws/" {
		t.Errorf("got %+v", target)
	}
	if target.Deployment != spec.UCCE || target.Release != (spec.Release{Major: 12, Minor: 5, Maintenance: 1}) {
		t.Errorf("deployment %s, release %s", target.Deployment, target.Release)
	}
	if diff := cmp.Diff(Timing{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Millisecond, 5 * time.Minute, time.Minute}, target.Timing); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "stimulus.sh"), "--site", "a"}, target.StimulusExec); diff != "" || target.Dir != dir {
		t.Error(diff, target.Dir)
	}
	one, two := target.Users[0], target.Users[1]
	if one.ID != "1001001" || one.Name() != "agent1" || one.Extension != "0042" {
		t.Errorf("got %+v", one)
	}
	if got := one.Password.Reveal(); got != "prompt: [${X}]" {
		t.Errorf("the value of a variable was read as YAML, or again: %q", got)
	}
	if got := two.Password.Reveal(); got != "pa$word$" {
		t.Errorf("$$ gives %q", got)
	}
	if two.Role != spec.RoleSupervisor || two.Team != "5000" || !cmp.Equal(two.Supervises, []string{"5000", "6000"}) {
		t.Errorf("got %+v", two)
	}
	want := Run{
		Only: []string{"SIG-*", "ERR-01"}, Shard: Shard{2, 5}, Out: filepath.Join(dir, "reports"),
		JUnit: filepath.Join(dir, "reports/junit.xml"), JSON: filepath.Join(dir, "reports/results.json"),
		HTML: filepath.Join(dir, "reports/report.html"), Journal: filepath.Join(dir, "reports/journal.jsonl"),
		Timeout: time.Hour, MaxRequestsPerSecond: 2.5, Seed: 7, SeedGiven: true, Repeat: 1, Progress: "auto",
	}
	if diff := cmp.Diff(want, c.Run); diff != "" {
		t.Error(diff)
	}
}

const small = "target: {url: 'https://f:8445'}\nusers: [{id: '1', password: x}]\n"

func TestLoadProblems(t *testing.T) {
	users := "users: [{id: '1', password: x}]\n"
	for _, test := range []struct {
		name, config string
		want         string // in the error, after the file's name
	}{
		{"empty", "", ": is empty"},
		{"only a comment", "# nothing\n", ": is empty"},
		{"a variable without quotes", "users:\n  - {id: '1', password: ${NAME}, extension: '2'}\n", "; inside { } put ${…} into quotes"},
		{"one extension twice", "target: {url: 'https://f'}\nusers:\n  - {id: '1', password: x, extension: '7'}\n  - {id: '2', password: x, extension: '7'}\n  - {id: '3', password: x}\n  - {id: '4', password: x}\n",
			":4: users[1].extension: 7 is also that of the user in line 3: only one of them can be signed in on it"},
		{"no YAML", "target:\n\turl: x\n", ":2: is no YAML: "},
		{"a list", "- a\n", ":1: must be a mapping of keys to values, not a list"},
		{"two documents", small + "---\n" + small, "there is a second document"},
		{"unknown key", small + "tinming: {}\n", ":3: tinming: unknown key, perhaps timing; known here: deployment, "},
		{"unknown nested key", small + "timing:\n  setle: 3s\n", ":4: timing.setle: unknown key, perhaps settle; known here: longest_wait, outage, poll,"},
		{"unknown user key", "target: {url: 'https://f'}\nusers:\n  - id: '1'\n    passwort: x\n", ":4: users[0].passwort: unknown key"},
		{"twice", small + "release: 12.5(1)\nrelease: 12.6(1)\n", ":4: release: stands there twice, first in line 3"},
		{"a scalar for a mapping", small + "timing: 5s\n", ":3: timing: must be a mapping of keys to values, not a text"},
		{"a list for a scalar", small + "timing: {settle: [1s]}\n", ":3: timing.settle: must be one value, not a list"},
		{"a mapping for a list", "target: {url: 'https://f'}\nusers: {id: 1}\n", ":2: users: must be a list, not a mapping"},
		{"null", small + "release:\n", ":3: release: is empty"},
		{"not a boolean", "target: {url: 'https://f', insecure: 'yes'}\n" + users, ":1: target.insecure: must be true or false, not a text"},
		{"a boolean for a text", "target: {url: 'https://f'}\nusers: [{id: true, password: x}]\n", ":2: users[0].id: must be a text, not true or false (put a text into quotes)"},
		{"no duration", small + "timing: {settle: soon}\n", `:3: timing.settle: must be a duration such as 500ms, 10s or 5m, not "soon"`},
		{"a number for a duration", small + "timing: {settle: 10}\n", ":3: timing.settle: must be a duration such as 500ms, 10s or 5m, not a number"},
		{"negative", small + "timing: {quiet: -2s}\n", `:3: timing.quiet: must be longer than 0, not "-2s"`},
		{"zero", small + "timing: {poll: 0s}\n", ":3: timing.poll: must be longer than 0"},
		{"polling too slowly", small + "timing: {poll: 20s}\n", "timing.poll: 20s is longer than the settle time 10s"},
		{"release", small + "release: latest\n", `:3: release: must be a release such as 12.5(1), or auto, not "latest"`},
		{"deployment", small + "deployment: uccy\n", `:3: deployment: must be auto, ucce or uccx, not "uccy"`},
		{"no address", "target: {insecure: true}\n" + users, ":1: target.url: is missing"},
		{"no scheme", "target: {url: 'finesse1:8445'}\n" + users, `:1: target.url: must be an address that begins with https or http://, not "finesse1:8445"`},
		{"other scheme", "target: {url: 'ftp://f'}\n" + users, ":1: target.url: must be an address"},
		{"no host", "target: {url: 'https://:8445'}\n" + users, ":1: target.url: has no host name"},
		{"port", "target: {url: 'https://f:99999'}\n" + users, ":1: target.url: has a port that is not between"},
		{"query", "target: {url: 'https://f/?x=1'}\n" + users, ":1: target.url: must end before ?"},
		{"credentials", "target: {url: 'https://u:hunter2@f'}\n" + users, ":1: target.url: must not hold a user name or password"},
		{"broken credentials", "target: {url: 'https://u:hunter2@%zz'}\n" + users, ":1: target.url: must be an address"},
		{"notifications", small + "notifications: {url: 'https://f'}\n", ":3: notifications.url: must be an address that begins with wss, ws, xmpps or xmpp://"},
		{"no users", "target: {url: 'https://f'}\n", ":1: users: is missing"},
		{"empty users", "target: {url: 'https://f'}\nusers: []\n", ":1: users: is missing"},
		{"no id", "target: {url: 'https://f'}\nusers:\n  - password: hunter2\n", ":3: users[0].id: is missing"},
		{"no password", "target: {url: 'https://f'}\nusers: [{id: '7'}]\n", ":2: users[0].password: is missing"},
		{"same id", "target: {url: 'https://f'}\nusers:\n  - {id: '7', password: x}\n  - {id: 7, password: y}\n", ":4: users[1].id: user 7 is there twice, first in line 3"},
		{"unset variable", "target: {url: 'https://f'}\nusers: [{id: '7', password: '${NOT_SET}'}]\n", ":2: users[0].password: the environment variable NOT_SET is not set"},
		{"empty variable", "target: {url: 'https://f'}\nusers: [{id: '7', password: '${EMPTY}'}]\n", ":2: users[0].password: is empty"},
		{"bad variable", "target: {url: 'https://f'}\nusers: [{id: '7', password: 'x${NOT SET}'}]\n", ":2: users[0].password: has a ${ that is not ${NAME}"},
		{"a secret in a wrong place", small + "timing: {settle: '${SECRET}'}\n", ":3: timing.settle: must be a duration such as 500ms, 10s or 5m, not the value of the variable"},
		{"no variables in keys", small + "${NAME}: 1\n", ":3: ${NAME}: unknown key"},
		{"colon", "target: {url: 'https://f'}\nusers: [{id: '7', username: 'a:b', password: x}]\n", ":2: users[0].username: has a colon"},
		{"colon in an id", "target: {url: 'https://f'}\nusers: [{id: 'a:b', password: x}]\n", ":2: users[0].id: has a colon"},
		{"slash", "target: {url: 'https://f'}\nusers: [{id: 'corp/7', password: x}]\n", ":2: users[0].id: has a slash in it, which no id can have in /finesse/api/User/<id>: it ends there, and servers refuse it as %2F; "},
		{"a folder", "target: {url: 'https://f'}\nusers: [{id: '..', password: x}]\n", `:2: users[0].id: ".." means a folder`},
		{"role", "target: {url: 'https://f'}\nusers: [{id: '7', role: boss, password: x}]\n", ":2: users[0].role: must be agent or supervisor"},
		{"half a mobile agent", "target: {url: 'https://f'}\nusers: [{id: '7', mobile: {extension: '9'}, password: x}]\n", ":2: users[0].mobile: has no dial_number: a mobile agent signs in with the extension of a CTI port and the number of a telephone"},
		{"a mobile agent with more", "target: {url: 'https://f'}\nusers: [{id: '7', mobile: {extension: '9', dial_number: '5', mode: x}, password: x}]\n", ":2: users[0].mobile.mode: unknown key; known here: dial_number, extension"},
		{"a port that is a telephone", "target: {url: 'https://f'}\nusers:\n- {id: '6', extension: '9', password: x}\n- {id: '7', mobile: {extension: '9', dial_number: '5'}, password: x}\n", ":4: users[1].mobile.extension: 9 is also that of the user in line 3: only one of them can be signed in on it"},
		{"supervising agent", "target: {url: 'https://f'}\nusers: [{id: '7', role: agent, supervises: ['1'], password: x}]\n", ":2: users[0].supervises: an agent supervises nobody"},
		{"both passwords", "target: {url: 'https://f'}\nusers: [{id: '7', password: x, password_file: y}]\n", ":2: users[0].password_file: stands beside password"},
		{"no password file", "target: {url: 'https://f'}\nusers: [{id: '7', password_file: gone}]\n", "gone: no such file or directory"},
		{"no terminal", "target: {url: 'https://f'}\nusers: [{id: '7', password: prompt}]\n", "users[0].password: prompt needs a terminal"},
		{"token beside a password", "target: {url: 'https://f'}\nusers: [{id: '7', password: x, access_token: y}]\n", ":2: users[0].access_token: stands beside password"},
		{"two tokens", "target: {url: 'https://f'}\nusers: [{id: '7', access_token_file: conf.yaml, access_token_exec: [x]}]\n", ":2: users[0].access_token_exec: stands beside access_token_file"},
		{"empty token", "target: {url: 'https://f'}\nusers: [{id: '7', access_token: '${EMPTY}'}]\n", ":2: users[0].access_token: is empty"},
		{"token with a space", "target: {url: 'https://f'}\nusers: [{id: '7', access_token: 'hunter2 x'}]\n", ":2: users[0].access_token: cannot be used: it gave a text with spaces"},
		{"no token file", "target: {url: 'https://f'}\nusers: [{id: '7', access_token_file: gone}]\n", ":2: users[0].access_token_file: cannot be used"},
		{"token command as a text", "target: {url: 'https://f'}\nusers: [{id: '7', access_token_exec: ./x}]\n", ":2: users[0].access_token_exec: must be a list such as [./token.sh, 7]"},
		{"header with a line break", "target: {url: 'https://f', headers: {X-A: \"hunter2\\nX-B: y\"}}\n" + users, ":1: target.headers: the value of X-A has a line break"},
		{"no name of a header", "target: {url: 'https://f', headers: {'X A': y}}\n" + users, `:1: target.headers: "X A" is no name of a header`},
		{"credentials as a header", "target: {url: 'https://f', headers: {authorization: Basic hunter2}}\n" + users, ":1: target.headers: Authorization is set by the run itself"},
		{"user agent as a header", "target: {url: 'https://f', headers: {user-agent: y}}\n" + users, ":1: target.headers: User-Agent is set with target.user_agent"},
		{"headers as a list", "target: {url: 'https://f', headers: [X-A]}\n" + users, ":1: target.headers: must be a mapping of names to values"},
		{"no client certificate", "target: {url: 'https://f', cert_file: gone.pem}\n" + users, ":1: target.cert_file: the certificate"},
		{"key without certificate", "target: {url: 'https://f', key_file: gone.pem}\n" + users, ":1: target.key_file: is the key of target.cert_file, which is missing"},
		{"ca file", "target: {url: 'https://f', ca_file: gone.pem}\n" + users, ":1: target.ca_file: "},
		{"no certificate", "target: {url: 'https://f', ca_file: conf.yaml}\n" + users, "conf.yaml holds no PEM certificate"},
		{"shard", small + "run: {shard: 3/2}\n", `:3: run.shard: must be I/N with I from 1 to N, such as 2/5, not "3/2"`},
		{"procs", small + "run: {procs: 0}\n", ":3: run.procs: must be a number from 1 to 1024, or auto"},
		{"rate", small + "run: {max_requests_per_second: -1}\n", ":3: run.max_requests_per_second: must be a number above 0"},
		{"drift without a baseline", small + "run: {fail_on: drift}\n", "drift needs --baseline"},
		{"two hooks", small + "stimuli: {http: 'http://h', exec: [a]}\n", ":3: stimuli.exec: stands beside stimuli.http"},
		{"exec as a text", small + "stimuli: {exec: ./x}\n", ":3: stimuli.exec: must be a list such as"},
		{"targets beside a target", small + "targets: [{target: {url: 'https://g'}, " + users[:len(users)-1] + "}]\n", "targets: stands beside target, users"},
		{"run in an entry", "targets: [{target: {url: 'https://g'}, " + users[:len(users)-1] + ", run: {seed: 1}}]\n", ":1: targets[0].run: unknown key"},
		{"same name", "targets:\n - {target: {url: 'https://g'}, " + users[:len(users)-1] + "}\n - {target: {url: 'https://g'}, " + users[:len(users)-1] + "}\n", `two targets are called "g"`},
		{"a name that nobody sees", "targets: [{name: ' ', target: {url: 'https://g'}, " + users[:len(users)-1] + "}]\n", ":1: targets[0].name: must be one line of characters that can be seen"},
		{"a name that turns the text", "targets: [{name: \"\\u202ea\", target: {url: 'https://g'}, " + users[:len(users)-1] + "}]\n", ":1: targets[0].name: must be one line"},
		{"an entry without address", "targets:\n - {target: {url: 'https://g'}, " + users[:len(users)-1] + "}\n - {name: x}\n", ":3: targets[1].target.url: is missing"},
		{"alias of itself", "target: &a {url: *a}\n", "target.url: must be one value, not a mapping"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.config, map[string]string{"EMPTY": "", "SECRET": "hunter2"}, nil)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), "conf.yaml"+test.want) && !(strings.Contains(err.Error(), test.want) && test.want[0] != ':') {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is shown: %s", err)
			}
		})
	}
}

func TestLoadNamesAllProblems(t *testing.T) {
	_, err := load(t, "targt: {}\ntiming: {settle: -1s, pol: 3s}\nusers: [{}]\n", nil, nil)
	if lines := strings.Count(fmt.Sprint(err), "\n") + 1; lines != 2 {
		t.Errorf("unknown keys give %d lines:\n%v", lines, err)
	}
	_, err = load(t, "target: {url: x}\nrelease: y\ntiming: {settle: -1s}\n", nil, nil)
	if lines := strings.Count(fmt.Sprint(err), "\n") + 1; lines != 3 {
		t.Errorf("wrong values give %d lines:\n%v", lines, err)
	}
}

func TestLoadWithoutTarget(t *testing.T) {
	c, err := Load(Sources{LookupEnv: environment(nil), Flags: map[string][]string{"deployment": {"UCCX"}, "settle": {"3s"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Targets) != 1 || !c.Targets[0].Embedded || c.Targets[0].Deployment != spec.UCCX || c.Targets[0].Timing.Settle != 3*time.Second {
		t.Errorf("got %+v", c.Targets[0])
	}
	_, err = Load(Sources{LookupEnv: environment(nil), Flags: map[string][]string{"target": {"https://f"}}})
	if err == nil || !strings.Contains(err.Error(), "--config: is missing") {
		t.Errorf("a target without users: %v", err)
	}
	_, err = Load(Sources{LookupEnv: environment(nil), Flags: map[string][]string{"config": {"/none/conf.yaml"}}})
	if err == nil || err.Error() != "/none/conf.yaml: cannot be read: no such file or directory" {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err = load(t, small, nil, map[string][]string{"cert-file": {"gone.pem"}})
	if err == nil || !strings.HasPrefix(err.Error(), "--cert-file: the certificate") {
		t.Errorf("a certificate that is not there: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	dir := write(t, map[string]string{
		"conf.yaml": "target: {url: 'https://f'}\nusers: [{id: '1', password_file: secret}, {id: '2', password: prompt}, {id: '3', password: '${P}'}]\n",
		"secret":    " hunter2 \n",
	})
	sources := Sources{
		Flags:     map[string][]string{"config": {filepath.Join(dir, "conf.yaml")}},
		LookupEnv: environment(map[string]string{"P": "prompt"}),
		Prompt:    func(user string) (fixtures.Secret, error) { return fixtures.Secret("asked " + user), nil },
	}
	c, err := Load(sources)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range c.Targets[0].Users {
		got = append(got, u.Password.Reveal())
	}
	if diff := cmp.Diff([]string{" hunter2 ", "asked 2", "prompt"}, got); diff != "" {
		t.Error(diff)
	}
	left := c.HookEnviron([]string{"PATH=/bin", "P=prompt", "COPY=is  hunter2 ", "FINESSE_CONFORMANCE_OUT=x"})
	if diff := cmp.Diff([]string{"PATH=/bin"}, left); diff != "" {
		t.Errorf("the hook's environment: %s", diff)
	}
	sources.Prompt = func(string) (fixtures.Secret, error) { return "", nil }
	if _, err := Load(sources); err == nil || !strings.Contains(err.Error(), "no password for user 2") {
		t.Errorf("an empty answer: %v", err)
	}
}

func TestSeveralTargets(t *testing.T) {
	config := `
timing: {settle: 4s}
release: 12.6(1)
targets:
  - name: a
    target: {url: "https://a.example.com"}
    users: [{id: "1", password: x}]
  - target: {url: "https://b.example.com:8445"}
    users: [{id: "2", password: x}]
    timing: {settle: 6s}
`
	c, err := load(t, config, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, t := range c.Targets {
		got = append(got, fmt.Sprint(t.Name, " ", t.URL, " ", t.Timing.Settle, " ", t.Release, " ", t.Users))
	}
	want := []string{"a https://a.example.com 4s 12.6(1) [1]", "b.example.com:8445 https://b.example.com:8445 6s 12.6(1) [2]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c, err = load(t, config, nil, map[string][]string{"target": {"b.example.com:8445"}, "settle": {"1s"}})
	if err != nil || len(c.Targets) != 1 || c.Targets[0].Users[0].ID != "2" || c.Targets[0].Timing.Settle != time.Second {
		t.Errorf("--target does not pick one: %v, %+v", err, c)
	}
	_, err = load(t, config, nil, map[string][]string{"target": {"https://c"}})
	if err == nil || !strings.Contains(err.Error(), "name one of them: a, b.example.com:8445") {
		t.Errorf("--target without a match: %v", err)
	}
}

// A request that may take longer than all looks for a change is allowed, and
// said once however many targets share the value.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"defaults":   {small, ""},
		"documented": {small + "timing: {request: 15s, settle: 10s}\n", ""},
		"too long":   {small + "timing: {request: 15s, settle: 7s}\n", "timing.request: 15s is more than twice the settle time 7s"},
		"derived":    {small + "timing: {settle: 1s}\n", ""},
		"several": {"targets: [{name: a, target: {url: 'https://a.example'}, users: [{id: '1', password: p}]}, {name: b, target: {url: 'https://b.example'}, users: [{id: '1', password: p}]}]\ntiming: {request: 3s, settle: 1s}\n",
			"set it to 2s or less"},
	} {
		c2, err := load(t, c.text, nil, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		if name == "derived" && c2.Targets[0].Timing.Request != 5*time.Second {
			t.Errorf("%s: an exchange may take %v", name, c2.Targets[0].Timing.Request)
		}
		if got := c2.Warnings.Error(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
