package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/internal/yamlnode"

	"go.yaml.in/yaml/v3"
)

// A configuration file names one target, or several:
//
//	targets:
//	  - name: site-a        # default: the host of its address
//	    target: {url: https://a.example.com:8445}
//	    users: […]
//	    notifications: {…}
//	    stimuli: {…}
//	timing: {settle: 5s}    # what all entries have in common, unless they say otherwise
//
// Each entry has the keys that a file with one target has, run excepted.

// file is a configuration file as it was written.
type file struct {
	common  map[string]given // by key
	entries []entry
}

// entry is one target of a file.
type entry struct {
	name   given
	line   int
	values map[string]given
	users  []userEntry
}

// userEntry is one user of an entry. Keys that are not there are not in
// values.
type userEntry struct {
	line   int
	values map[string]given
}

// maxConfig is the largest configuration file that is read.
const maxConfig = 1 << 20

func readFile(name string, lookup func(string) (string, bool)) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, Problems{{File: name, Text: "cannot be read: " + cause(err)}}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, Problems{{File: name, Text: "cannot be read: " + cause(err)}}
	}
	if len(data) > maxConfig {
		return nil, Problems{{File: name, Text: fmt.Sprintf("is larger than %d bytes", maxConfig)}}
	}
	return parseFile(name, data, lookup)
}

// cause gives an error without the file's name, which the message has.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

var unquotedVariable = text.Pattern(`\{.*:\s*\$\{`)

// linesFrom gives some lines of a text, from the n-th on.
func linesFrom(data []byte, n, count int) []byte {
	lines := bytes.Split(data, []byte("\n"))
	n = min(n-1, len(lines))
	return bytes.Join(lines[n:min(n+count, len(lines))], []byte("\n"))
}

// parseFile reads a configuration. The error is a Problems.
func parseFile(name string, data []byte, lookup func(string) (string, bool)) (*file, error) {
	r := &reader{file: name, dir: filepath.Dir(absolute("", name)), lookup: lookup}
	top, err := yamlnode.Document(data)
	var many *yamlnode.ManyError
	switch {
	case errors.Is(err, yamlnode.ErrEmpty):
		return nil, Problems{{File: name, Text: "is empty"}}
	case errors.As(err, &many):
		r.problems = append(r.problems, Problem{File: name, Line: many.Line, Text: "there is a second document; a configuration is one"})
	case err != nil:
		return nil, Problems{syntaxProblem(name, data, err)}
	}
	f := r.root(top)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, r.problems
	}
	return f, nil
}

// syntaxProblem says where a file is no YAML. A ${NAME} without quotes ends a
// {…} that it stands in, which YAML does not tell.
func syntaxProblem(name string, data []byte, err error) Problem {
	p := Problem{File: name, Text: "is no YAML: " + err.Error()}
	var syntax *yamlnode.SyntaxError
	if errors.As(err, &syntax) {
		p.Line = syntax.Line
	}
	if n := p.Line; n > 0 && unquotedVariable().Match(linesFrom(data, n, 2)) {
		p.Text += "; inside { } put ${…} into quotes"
	}
	return p
}

// reader walks the nodes of a file and notes everything that is wrong.
type reader struct {
	file, dir string
	lookup    func(string) (string, bool)
	problems  Problems
}

func (r *reader) problem(n *yaml.Node, key, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: n.Line, Key: key, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) root(n *yaml.Node) *file {
	f := &file{common: map[string]given{}}
	single := entry{line: n.Line, values: map[string]given{}}
	var own, list bool // a single target's keys, a list of targets
	fields := r.groups(f.common, func(s Setting) bool { return true })
	perTarget := []string{"target", "notifications", "stimuli"}
	for _, name := range perTarget {
		read := fields[name]
		fields[name] = func(v *yaml.Node, key string) { own = true; read(v, key) }
	}
	fields["users"] = func(v *yaml.Node, key string) { own = true; single.users = r.users(v, key) }
	fields["targets"] = func(v *yaml.Node, key string) {
		list = true
		for i, item := range r.sequence(v, key) {
			f.entries = append(f.entries, r.entry(item, fmt.Sprintf("%s[%d]", key, i)))
		}
		if len(f.entries) == 0 {
			r.problem(v, key, "is empty")
		}
	}
	r.mapping(n, "", fields)
	if own && list {
		r.problem(n, "targets", "stands beside target, users, notifications or stimuli; with several targets these stand in each entry")
	}
	if !list {
		f.entries = []entry{single}
	}
	return f
}

func (r *reader) entry(n *yaml.Node, key string) entry {
	e := entry{line: n.Line, values: map[string]given{}}
	fields := r.groups(e.values, Setting.ofTarget)
	fields["name"] = func(v *yaml.Node, key string) { e.name, _ = r.text(v, key) }
	fields["users"] = func(v *yaml.Node, key string) { e.users = r.users(v, key) }
	r.mapping(n, key+".", fields)
	return e
}

// groups makes the readers of the settings' keys, nested as they stand in the
// file, which put what they read into values.
func (r *reader) groups(values map[string]given, wanted func(Setting) bool) map[string]func(*yaml.Node, string) {
	leaves := map[string]map[string]func(*yaml.Node, string){}
	for _, s := range Settings() {
		if s.Key == "" || !wanted(s) {
			continue
		}
		group, leaf, nested := strings.Cut(s.Key, ".")
		if !nested {
			group, leaf = "", group
		}
		if leaves[group] == nil {
			leaves[group] = map[string]func(*yaml.Node, string){}
		}
		leaves[group][leaf] = func(v *yaml.Node, key string) {
			if g, ok := r.value(v, key, s.Kind); ok {
				values[s.Key] = g
			}
		}
	}
	fields := leaves[""]
	for group, inner := range leaves {
		if group == "" {
			continue
		}
		word := fields[group] // notifications: off, beside notifications: {url: …}
		fields[group] = func(v *yaml.Node, key string) {
			if word != nil && yamlnode.Resolved(v).Kind == yaml.ScalarNode {
				word(v, key)
				return
			}
			r.mapping(v, key+".", inner)
		}
	}
	return fields
}

// userKey is a key of a user.
type userKey struct {
	name string
	kind Kind
	help string
}

// userKeys are the keys of a user, but for mobile.
var userKeys = []userKey{
	{"id", Text, "the <id> of /finesse/api/User/<id>"},
	{"username", Text, "the name for Basic authentication, default the id"},
	{"password", Text, "${NAME} for an environment variable, prompt to be asked"},
	{"password_file", Path, "a file whose one line is the password"},
	{"access_token", Text, "for a user of single sign-on: the token"},
	{"access_token_file", Path, "a file with the token, read for each request"},
	{"access_token_exec", Command, "a command that prints the token"},
	{"extension", Text, "where the user signs in"},
	{"role", Text, "agent or supervisor; read from the target where it tells"},
	{"team", Text, "the id of the user's team; read from the target where it tells"},
	{"supervises", List, "ids of the teams that a supervisor has; read from the target where it tells"},
}

// mobileKeys are the keys of a user's mobile: what a mobile agent signs in
// with.
var mobileKeys = []string{"extension", "dial_number"}

func (r *reader) users(n *yaml.Node, key string) []userEntry {
	var users []userEntry
	for i, item := range r.sequence(n, key) {
		u := userEntry{line: item.Line, values: map[string]given{}}
		fields := map[string]func(*yaml.Node, string){}
		for _, k := range userKeys {
			fields[k.name] = func(v *yaml.Node, key string) {
				if g, ok := r.value(v, key, k.kind); ok {
					u.values[k.name] = g
				}
			}
		}
		fields["mobile"] = func(v *yaml.Node, key string) {
			inner := map[string]func(*yaml.Node, string){}
			for _, name := range mobileKeys {
				inner[name] = func(v *yaml.Node, key string) {
					if g, ok := r.value(v, key, Text); ok {
						u.values["mobile."+name] = g
					}
				}
			}
			r.mapping(v, key+".", inner)
			u.values["mobile"] = given{file: r.file, line: v.Line, name: key, texts: []string{""}}
		}
		r.mapping(item, fmt.Sprintf("%s[%d].", key, i), fields)
		users = append(users, u)
	}
	return users
}
