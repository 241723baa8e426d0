package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands of the README do what it says, one after the other in one
// folder: the reference takes the place of the target, and a few requirements
// that of all. What the README starts in another terminal is started already,
// and the mock in Python has a test of its own.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, name := range []string{"", ".ca.pem"} { // what serve writes in the README
		file(t, filepath.Join(s.dir, "served.yaml"+name), contents(t, s.config+name))
	}
	file(t, filepath.Join(s.dir, "c.yaml.ca.pem"), contents(t, s.config+".ca.pem"))
	part := []string{"FINESSE_CONFORMANCE_ONLY=SIG-01,SIG-02,ERR-01", "FINESSE_CONFORMANCE_QUIET_TIME=50ms"}
	command := regexp.MustCompile(`(?m)^(?:\./finesse-conformance|go run \./cmd/finesse-conformance) ([^#\n]*)`)
	ran := 0
	for _, line := range command.FindAllStringSubmatch(contents(t, filepath.Join("..", "..", "README.md")), -1) {
		args := strings.Fields(line[1])
		if args[0] == "serve" || strings.Contains(line[1], "python-mock") {
			continue
		}
		env := part
		if args[0] != "run" {
			env = nil
		}
		if r := invoke(t, s.dir, append(env[:len(env):len(env)], args...)...); r.code != 0 && !onlySlower.MatchString(r.out) {
			t.Errorf("%s: %v", line[0], r)
		}
		if args[0] == "init" { // who reads the README fills it in
			file(t, filepath.Join(s.dir, "finesse.yaml"), contents(t, s.config))
		}
		ran++
	}
	if ran < 8 {
		t.Errorf("%d commands were run", ran)
	}
	for _, name := range []string{"conformance-report/report.html", "conformance-report/junit.xml", "before/results.json", "upgrade.html"} {
		if _, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
}
