package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

// targets are the deployments that a script has begun, by their names.
type targets map[string]*mock

// targetsKey is their place among the values of a script.
const targetsKey = "targets"

// targetsOf gives those of a script.
func targetsOf(ts *testscript.TestScript) targets { return ts.Value(targetsKey).(targets) }

// inScript is a test that a script stands for, where it needs a target.
type inScript struct {
	testing.TB
	ts *testscript.TestScript
}

func (s inScript) Helper()                           {}
func (s inScript) TempDir() string                   { return s.ts.MkAbs(".") }
func (s inScript) Cleanup(f func())                  { s.ts.Defer(f) }
func (s inScript) Fatal(args ...any)                 { s.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (s inScript) Fatalf(format string, args ...any) { s.ts.Fatalf(format, args...) }

// beginTarget is the command `target NAME [WORD…]`. It serves a deployment, puts its
// address into the variable NAME and writes NAME.yaml, which certifies it. The
// words are faults of it, or:
//
//	tls              it is on HTTPS, with its certificate in ca.pem
//	out-of-service   it says that it is
//	password=ID      the configuration has a wrong password for the user, * for all
//	users=N          the configuration has the first N users alone
//	with=FILE        the configuration has what the file has, at its end
//	delay=TIME       its changes take so long
//	elsewhere        the configuration has an address where nothing listens
func beginTarget(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: target NAME [WORD…]")
	}
	t := inScript{ts: ts}
	secure, service, wrong, url, more := false, true, "", "", ""
	var faults []string
	users, delay := 0, time.Duration(0)
	for _, word := range args[1:] {
		id, isPassword := strings.CutPrefix(word, "password=")
		file, isFile := strings.CutPrefix(word, "with=")
		n, isCount := strings.CutPrefix(word, "users=")
		after, isDelay := strings.CutPrefix(word, "delay=")
		switch {
		case word == "tls":
			secure = true
		case word == "out-of-service":
			service = false
		case word == "elsewhere":
			url = "http://127.0.0.1:1"
		case isCount:
			var err error
			users, err = strconv.Atoi(n)
			ts.Check(err)
		case isDelay:
			var err error
			delay, err = time.ParseDuration(after)
			ts.Check(err)
		case isFile:
			more = ts.ReadFile(file)
		case isPassword:
			wrong = id
		default:
			faults = append(faults, word)
		}
	}
	m := targetOn(t, secure, func(c *reference.Config) {
		c.Faults, c.Delay = faults, cmp.Or(delay, c.Delay)
		if !service {
			c.Status = reference.OutOfService
		}
	})
	targetsOf(ts)[args[0]] = m
	if users > 0 {
		m.users = m.users[:users]
	}
	for i := range m.users {
		ts.Setenv("PASSWORD_"+m.users[i].ID, m.users[i].Password)
		if wrong == "*" || wrong == m.users[i].ID {
			m.users[i].Password = "wrong"
		}
	}
	if url == "" {
		url = m.server.URL
	}
	m.config = ts.MkAbs(args[0] + ".yaml")
	m.writeFor(t, url, more)
	if secure {
		m.ca(t)
	}
	ts.Setenv(args[0], m.server.URL)
}

// sentBy is the command `sent NAME START COUNT`: so many requests that begin so
// have come to a target, such as `sent good PUT 0`; + stands for some.
func sentBy(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: sent NAME START COUNT")
	}
	n := targetsOf(ts)[args[0]].sent(args[1])
	if want, err := strconv.Atoi(args[2]); args[2] == "+" && n == 0 || err == nil && n != want {
		ts.Fatalf("%d %s requests, want %s", n, args[1], args[2])
	}
}

// refusedBy is the command `refused NAME MOST`: no user of the target was refused
// more often.
func refusedBy(ts *testscript.TestScript, _ bool, args []string) {
	most, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	m := targetsOf(ts)[args[0]]
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, n := range m.refused {
		if n > most {
			ts.Fatalf("user %q was refused %d times", name, n)
		}
	}
}

// atHome is the command `at-home NAME`: everybody is signed out.
func atHome(ts *testscript.TestScript, _ bool, args []string) {
	for _, u := range targetsOf(ts)[args[0]].Snapshot().Users {
		if u.State != reference.Logout {
			ts.Fatalf("user %s is in %s", u.ID, u.State)
		}
	}
}

// stopTarget is the command `stop NAME`: nothing listens there any more.
func stopTarget(ts *testscript.TestScript, _ bool, args []string) {
	targetsOf(ts)[args[0]].server.Close()
}

// exercised is the command `exercised FOLDER [TEXT]`: what the results in a
// folder say was exercised, with the outcomes.
func exercised(ts *testscript.TestScript, _ bool, args []string) {
	r, err := reports.Load(filepath.Join(ts.MkAbs(args[0]), "results.json"))
	ts.Check(err)
	if got, want := outcomes(r), strings.Join(args[1:], " "); got != want {
		ts.Fatalf("exercised %q, want %q", got, want)
	}
}

// ofSchema is the command `schema FILE`: it is what the schema of results says.
func ofSchema(ts *testscript.TestScript, _ bool, args []string) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(reports.Schema))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("results.json", schema))
	compiled, err := c.Compile("results.json")
	ts.Check(err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(compiled.Validate(doc))
}

// change is the command `change FILE EXPRESSION TEXT NEW`: what the expression
// matches in a file becomes the text, in a file of its own or the same.
func change(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: change FILE EXPRESSION TEXT NEW")
	}
	text := ts.ReadFile(args[0])
	changed := regexp.MustCompile("(?m)"+args[1]).ReplaceAllString(text, args[2])
	if changed == text {
		ts.Fatalf("%s has no %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(changed), 0o600))
}
