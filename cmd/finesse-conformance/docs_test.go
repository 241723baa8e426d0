package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"finesse-conformance/runner/config"
)

var update = flag.Bool("update", false, "write the generated part of docs/configuration.md")

const (
	settingsBegin = "<!-- generated from config.Settings: go test ./cmd/finesse-conformance -run TestDocs -update -->\n"
	settingsEnd   = "<!-- end of what is generated -->\n"
)

// settingsTable is the table of all settings.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| Key | Flag and variable | Default | What it is |\n|---|---|---|---|\n")
	for _, s := range config.Settings() {
		flag, key, value := "", "", ""
		if s.Flag != "" {
			flag = fmt.Sprintf("`--%s %s`<br>`%s`", s.Flag, s.Arg, s.Env())
			if s.Arg == "" {
				flag = fmt.Sprintf("`--%s`<br>`%s`", s.Flag, s.Env())
			}
		}
		if s.Key != "" {
			key = "`" + s.Key + "`"
		}
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		help := s.Help
		if len(s.Choices) > 1 {
			help += " (`" + strings.Join(s.Choices, "`, `") + "`)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", key, flag, value, help)
	}
	return b.String()
}

// The table of settings in the documentation is that of the program.
func TestDocsOfSettings(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "docs", "configuration.md")
	text := contents(t, name)
	before, rest, ok1 := strings.Cut(text, settingsBegin)
	table, after, ok2 := strings.Cut(rest, settingsEnd)
	switch {
	case !ok1 || !ok2:
		t.Fatalf("%s has no place for the settings", name)
	case *update:
		if err := os.WriteFile(name, []byte(before+settingsBegin+settingsTable()+settingsEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case table != settingsTable():
		t.Errorf("%s is not current: go test ./cmd/finesse-conformance -run TestDocs -update", name)
	}
}

// Every command in the documentation exists, with every flag that it is given.
func TestDocsOfCommands(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	invocation := regexp.MustCompile(`(?:finesse-conformance|\./cmd/finesse-conformance) ([a-z]+)((?: [^\n#|>;&` + "`" + `]*)?)`)
	seen := 0
	for _, name := range append(names, filepath.Join("..", "..", "README.md")) {
		for _, m := range invocation.FindAllStringSubmatch(strings.ReplaceAll(contents(t, name), "\\\n", " "), -1) {
			c, _, err := root().Find([]string{m[1]})
			if err != nil || !c.HasParent() {
				if strings.Contains(m[2], "--") {
					t.Errorf("%s: there is no command %s: %s", name, m[1], m[0])
				}
				continue // words of a sentence
			}
			seen++
			for _, word := range strings.Fields(m[2]) {
				if flag, is := strings.CutPrefix(word, "--"); is {
					flag, _, _ = strings.Cut(flag, "=")
					if c.Flags().Lookup(flag) == nil && flag != "help" {
						t.Errorf("%s: %s has no --%s: %s", name, c.Name(), flag, m[0])
					}
				}
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d commands were found", seen)
	}
}

// example gives the code blocks of a page in a language that contain a text.
func example(t *testing.T, page, language, has string) string {
	t.Helper()
	text := contents(t, filepath.Join("..", "..", "docs", page))
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if strings.Contains(block[1], has) {
			return block[1]
		}
	}
	t.Fatalf("%s has no example with %q", page, has)
	return ""
}

// The examples of configurations are right, down to the last key.
func TestDocsOfConfigurations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file(t, filepath.Join(dir, "ca.pem"), contents(t, caFile(t)))
	file(t, filepath.Join(dir, "carol.txt"), "secret\n")
	for _, has := range []string{"longest_wait: 60s", "targets:"} {
		file(t, filepath.Join(dir, "c.yaml"), example(t, "configuration.md", "yaml", has))
		env := map[string]string{}
		_, err := config.Load(config.Sources{Flags: map[string][]string{"config": {filepath.Join(dir, "c.yaml")}}, LookupEnv: func(name string) (string, bool) {
			value, ok := env[name]
			if strings.HasSuffix(name, "_PASSWORD") {
				return "secret", true
			}
			return value, ok
		}})
		if err != nil {
			t.Error(err)
		}
	}
}

func caFile(t *testing.T) string {
	t.Helper()
	m := targetOn(t, true, nil)
	return m.ca(t)
}

// The example of a hook works: with it a run exercises what needs calls, and
// says which stimuli the hook does not know.
func TestDocsOfHook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hook := filepath.Join(dir, "stimulus.sh")
	file(t, hook, example(t, "configuration.md", "sh", "route_call"))
	if err := os.Chmod(hook, 0o700); err != nil {
		t.Fatal(err)
	}
	m := target(t, nil)
	lab := serveStimuli(t, m)
	m.write(t, "stimuli: {exec: ["+hook+"]}\n")
	s := invoke(t, m.dir, "LAB="+lab, "run", "--config", m.config, "--only", "TRN-UCCE-08,TRN-UCCE-13,TRN-UCCE-09")
	if got := outcomes(result(t, m.dir)); s.code != 0 || got != "TRN-UCCE-08 passed, TRN-UCCE-13 passed" {
		t.Errorf("%s: %v", got, s)
	}
	contain(t, s.out, "reserve_outbound")
}
