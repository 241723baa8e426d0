package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// samples has for each kind three values that differ, as they are written on
// the command line and in YAML.
var samples = map[Kind][3]string{
	Text: {"a", "b", "c"}, List: {"A-01", "B-01", "C-01"}, Count: {"1", "2", "3"}, Number: {"1.5", "2.5", "3.5"},
	Duration: {"1s", "2s", "3s"}, Path: {"/a", "/b", "/c"}, ReleaseOf: {"12.0(1)", "12.5(1)", "12.6(1)"}, ShardOf: {"1/4", "2/4", "3/4"},
	Address: {"http://a", "http://b", "http://c"}, Bool: {"true", "false", "true"},
}

// Every flag beats its variable, that beats the file, that beats the default.
func TestPrecedence(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Flag == "" || s.Key == "" || strings.HasPrefix(s.Key, "target.") && s.Kind == Path { // the file has to exist
			continue
		}
		if seen[s.Flag] || seen[s.Key] {
			t.Errorf("--%s or %s stands twice in the table", s.Flag, s.Key)
		}
		seen[s.Flag], seen[s.Key] = true, true
		t.Run(s.Flag, func(t *testing.T) {
			values := samples[s.Kind]
			if s.Kind == Choice {
				values = [3]string{s.Choices[0], s.Choices[len(s.Choices)/2], s.Choices[len(s.Choices)-1]}
			}
			group, leaf, nested := strings.Cut(s.Key, ".")
			in := fmt.Sprintf("%s: {%s: %s}\n", group, leaf, values[0])
			if !nested {
				in = fmt.Sprintf("%s: %s\n", s.Key, values[0])
			}
			if s.Key != "target.url" {
				if group == "target" {
					in = fmt.Sprintf("target: {url: 'http://f', %s: %s}\n", leaf, values[0])
				} else {
					in += "target: {url: 'http://f'}\n"
				}
			}
			in += "users: [{id: '1', password: x}]\n"
			flags := map[string][]string{}
			if s.Flag != "baseline" {
				flags["baseline"] = []string{"/x"} // for fail-on
			}
			env := map[string]string{}
			file := applied(t, s, in, env, flags)
			env[s.Env()] = values[1]
			variable := applied(t, s, in, env, flags)
			flags[s.Flag] = []string{values[2]}
			flag := applied(t, s, in, env, flags)
			for i, got := range []any{file, variable, flag} {
				v, err := s.parse(given{texts: []string{values[i]}, name: "x"}, environment(nil))
				if err != nil {
					t.Fatal(err)
				}
				want := &Config{Targets: []*Target{{}}}
				s.apply(want, want.Targets[0], v)
				if !reflect.DeepEqual(got, fieldOf(s, want)) {
					t.Errorf("place %d gives %v, want %v", i, got, fieldOf(s, want))
				}
			}
		})
	}
}

func applied(t *testing.T, s Setting, config string, env map[string]string, flags map[string][]string) any {
	t.Helper()
	c, err := load(t, config, env, flags)
	if err != nil {
		t.Fatal(err)
	}
	return fieldOf(s, c)
}

// fieldOf finds what the setting sets, by name.
func fieldOf(s Setting, c *Config) any {
	names := map[string]string{"target": "URL", "ca-file": "CAFile", "settle": "Timing.Settle", "quiet-time": "Timing.Quiet",
		"junit": "JUnit", "json": "JSON", "html": "HTML", "har": "HAR", "fail-on": "FailOnDrift", "profile": "Profiles", "sign-key": "SignKey"}
	name := names[s.Flag]
	if name == "" {
		for _, part := range strings.Split(s.Flag, "-") {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	v := reflect.ValueOf(c.Targets[0]).Elem()
	if !s.ofTarget() {
		v = reflect.ValueOf(&c.Run).Elem()
	}
	for _, part := range strings.Split(name, ".") {
		v = v.FieldByName(part)
	}
	return fmt.Sprint(v.Interface())
}

func TestEmptyVariableIsNotSet(t *testing.T) {
	c, err := load(t, small+"timing: {settle: 4s}\n", map[string]string{"FINESSE_CONFORMANCE_SETTLE": ""}, nil)
	if err != nil || c.Targets[0].Timing.Settle.String() != "4s" {
		t.Errorf("%v", err)
	}
}

func TestProblemsOfFlagsAndVariables(t *testing.T) {
	_, err := load(t, small, map[string]string{"FINESSE_CONFORMANCE_SETTLE": "x"}, map[string][]string{"procs": {"many"}, "only": {""}})
	for _, want := range []string{
		`--procs: must be a number from 1 to 1024, or auto, not "many"`,
		`FINESSE_CONFORMANCE_SETTLE: must be a duration such as`,
		`--only: is empty`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestListsOnTheCommandLine(t *testing.T) {
	c, err := load(t, small, map[string]string{"FINESSE_CONFORMANCE_SKIP": "AUT-*, USR-0*"}, map[string][]string{"only": {"SIG-*,ERR-01", "RSN-02"}})
	if err != nil || fmt.Sprint(c.Run.Only, c.Run.Skip) != "[SIG-* ERR-01 RSN-02] [AUT-* USR-0*]" {
		t.Errorf("%v, %v, %v", err, c.Run.Only, c.Run.Skip)
	}
}

func TestShardOfAJob(t *testing.T) {
	c, err := load(t, small, map[string]string{"JOB_COMPLETION_INDEX": "2", "FINESSE_CONFORMANCE_SHARD": "auto/4"}, nil)
	if err != nil || c.Run.Shard != (Shard{3, 4}) {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestPathsAreRelativeToTheirPlace(t *testing.T) {
	c, err := load(t, small+"run: {har: a.har}\n", nil, map[string][]string{"waivers": {"w.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(c.File), "a.har"); c.Run.HAR != want {
		t.Errorf("of the file: %s, want %s", c.Run.HAR, want)
	}
	if want := absolute("", "w.yaml"); c.Run.Waivers != want {
		t.Errorf("of a flag: %s, want %s", c.Run.Waivers, want)
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"https://f.example.com":               "https://f.example.com",
		"https://f.example.com/":              "https://f.example.com",
		"HTTPS://F.Example.com:8445//":        "https://f.example.com:8445",
		"https://f:8445/finesse":              "https://f:8445",
		"https://f:8445/finesse/api/":         "https://f:8445",
		"http://f/mock/":                      "http://f/mock",
		"http://f/mock/finesse/api":           "http://f/mock",
		"http://[::1]:8082":                   "http://[::1]:8082",
		"http://f:":                           "http://f",
		"https://f:8445/notfinesse/api":       "https://f:8445/notfinesse/api",
		" https://surrounded.example.com:1/ ": "https://surrounded.example.com:1",
	} {
		v, err := setting("target").parse(given{texts: []string{in}}, nil)
		if err != nil || v.address.String() != want {
			t.Errorf("%s gives %v, %v, want %s", in, v.address, err, want)
		}
	}
}
