package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
)

// Sources are the places where settings come from.
type Sources struct {
	// Flags holds the values of the flags that were given, by name without
	// dashes; a boolean flag has "true" or "false".
	Flags map[string][]string
	// LookupEnv is os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// Prompt asks a person for a user's password; nil where nobody can be
	// asked.
	Prompt func(user string) (fixtures.Secret, error)
}

// Load reads the settings: a flag goes before its environment variable, that
// before the configuration file, and that before the default. Nothing is
// sent anywhere. The error is a Problems with everything that is wrong.
//
// Without an address in any of them there is one target, Embedded, with the
// deployment, release and timing that were set.
func Load(src Sources) (*Config, error) {
	l := &loader{src: src, config: &Config{}}
	f := &file{common: map[string]given{}, entries: []entry{{values: map[string]given{}}}}
	if g, ok := l.outside(setting("config")); ok {
		v, err := setting("config").parse(g, src.LookupEnv)
		if err != nil {
			l.note(err)
			return nil, l.problems
		}
		if f, err = readFile(v.text, src.LookupEnv); err != nil {
			return nil, err
		}
		l.config.File = v.text
	}
	f = l.pick(f)
	for _, s := range Settings() {
		if s.Key != "" && !s.ofTarget() {
			l.set(s, nil, f.common)
		}
	}
	for i, e := range f.entries {
		l.target(e, f.common, len(f.entries) > 1, i)
	}
	l.finish()
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return l.config, nil
}

type loader struct {
	src      Sources
	config   *Config
	problems Problems
	counted  bool // the number of processes was said
}

func (l *loader) note(err error) {
	var p Problem
	var ps Problems
	switch {
	case errors.As(err, &ps):
		l.problems = append(l.problems, ps...)
	case errors.As(err, &p) && !slices.Contains(l.problems, p): // a common value is looked at for each target
		l.problems = append(l.problems, p)
	}
}

// warn notes what does not keep the configuration from being used.
func (l *loader) warn(p Problem) {
	if !slices.Contains(l.config.Warnings, p) { // several targets may share a value
		l.config.Warnings = append(l.config.Warnings, p)
	}
}

// outside gives the value that a flag or its variable has. An empty variable
// counts as not set: that is how CI systems leave one out.
func (l *loader) outside(s Setting) (given, bool) {
	if s.Flag == "" {
		return given{}, false
	}
	if texts, ok := l.src.Flags[s.Flag]; ok {
		g := given{texts: texts, name: "--" + s.Flag}
		g.isList = s.Kind == List
		return g, true
	}
	if text, ok := l.src.LookupEnv(s.Env()); ok && text != "" {
		return given{texts: []string{text}, name: s.Env()}, true
	}
	return given{}, false
}

// set finds a setting's value and applies it to the configuration or target.
// Of the maps the first that has it counts.
func (l *loader) set(s Setting, t *Target, values ...map[string]given) {
	g, ok := l.outside(s)
	for i := 0; !ok && i < len(values); i++ {
		g, ok = values[i][s.Key]
	}
	if !ok {
		if s.Default == "" {
			return
		}
		g = given{texts: []string{s.Default}, name: "default of " + s.Key}
	}
	l.counted = l.counted || ok && s.Key == "run.procs"
	if s.Kind == Headers {
		l.config.passwordVariables = append(l.config.passwordVariables, g.variables...)
	}
	v, err := s.parse(g, l.src.LookupEnv)
	if err != nil {
		l.note(err)
		return
	}
	s.apply(l.config, t, v)
}

// pick takes from several targets the one that --target names.
func (l *loader) pick(f *file) *file {
	target := setting("target")
	g, ok := l.outside(target)
	if !ok || len(f.entries) < 2 {
		return f
	}
	var names []string
	for i, e := range f.entries {
		name := e.called(i)
		if name == strings.TrimSpace(g.texts[0]) {
			// The entry has the address; --target has done its work.
			delete(l.src.Flags, target.Flag)
			lookup := l.src.LookupEnv
			l.src.LookupEnv = func(name string) (string, bool) {
				if name == target.Env() {
					return "", false
				}
				return lookup(name)
			}
			return &file{common: f.common, entries: []entry{e}}
		}
		names = append(names, name)
	}
	l.note(g.problem("the configuration has several targets; name one of them: %s", strings.Join(names, ", ")))
	return f
}

// called is the name of the entry with the index.
func (e entry) called(i int) string {
	if len(e.name.texts) > 0 {
		return e.name.texts[0]
	}
	if g, ok := e.values["target.url"]; ok {
		if u, err := parseAddress("target.url", g, strings.TrimSpace(g.texts[0])); err == nil {
			return u.Host
		}
	}
	return fmt.Sprintf("target %d", i+1)
}

// canBeSeen reports whether a name is one line that says something, of
// characters that all have a form.
func canBeSeen(name string) bool {
	return strings.TrimSpace(name) != "" && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || !text.Visible(r) })
}

// of gives the value of a key of the entry, else that of all entries.
func (e entry) of(key string, common map[string]given) given {
	if g, ok := e.values[key]; ok {
		return g
	}
	return common[key]
}

// leastRequest is the longest time for an exchange where the settle time is
// short and the configuration says no other.
const leastRequest = 5 * time.Second

func (l *loader) target(e entry, common map[string]given, several bool, index int) {
	t := &Target{Name: e.called(index)}
	if !canBeSeen(t.Name) {
		l.note(e.name.problem("must be one line of characters that can be seen"))
	}
	for _, s := range Settings() {
		if s.ofTarget() {
			l.set(s, t, e.values, common)
		}
	}
	_, own := e.values["timing.request"]
	_, shared := common["timing.request"]
	// An answer that is lost must not outlast all the looks for a change.
	switch enough := 2 * t.Timing.Settle; {
	case t.Timing.Settle <= 0 || t.Timing.Request <= enough:
	case own || shared:
		l.warn(Problem{File: l.config.File, Key: "timing.request", Text: fmt.Sprintf(
			"%v is more than twice the settle time %v: one answer that is lost takes longer than all the looks for a change, and what it concerns is repeated or not exercised; set it to %v or less",
			t.Timing.Request, t.Timing.Settle, enough)})
	default:
		t.Timing.Request = min(t.Timing.Request, max(leastRequest, enough))
	}
	if why := t.actedOn(); why != "" {
		l.note(e.of("target.nodes", common).problem("%s", why))
	}
	_, addressed := l.outside(setting("target"))
	switch {
	case t.URL != nil:
		if len(e.name.texts) == 0 {
			t.Name = t.URL.Host
		}
		l.users(t, e)
	case addressed || len(l.problems) > 0: // said already what is wrong
	case l.config.File != "":
		key := "target.url"
		if several {
			key = fmt.Sprintf("targets[%d].%s", index, key)
		}
		l.note(Problem{File: l.config.File, Line: e.line, Key: key, Text: "is missing; say where the target is, such as https://finesse1.example.com:8445"})
	default:
		t.Embedded, t.Name = true, "embedded reference"
	}
	if _, err := t.TLSConfig(); err != nil {
		key, flag := "target.ca_file", "ca-file"
		if own := (*certificateError)(nil); errors.As(err, &own) {
			key, flag = own.key, own.flag
		}
		g, ok := l.outside(setting(flag))
		if !ok {
			if g, ok = e.values[key]; !ok {
				g = common[key]
			}
		}
		l.note(g.problem("%v", err))
	}
	if len(t.StimulusExec) > 0 {
		g := e.of("stimuli.exec", common)
		t.Dir = g.dir
		if t.StimulusHTTP != nil {
			l.note(g.problem("stands beside stimuli.http; a target has one hook"))
		}
	}
	l.config.Targets = append(l.config.Targets, t)
}

// finish checks what concerns more than one value, and fills in the paths
// that depend on others.
func (l *loader) finish() {
	names := map[string]bool{}
	for _, t := range l.config.Targets {
		if names[t.Name] {
			l.note(Problem{File: l.config.File, Key: "targets", Text: fmt.Sprintf("two targets are called %q; give each a name", t.Name)})
		}
		names[t.Name] = true
		if t.Timing.Poll > t.Timing.Settle && t.Timing.Settle > 0 {
			l.note(Problem{File: l.config.File, Key: "timing.poll", Text: fmt.Sprintf("%v is longer than the settle time %v: a change would never be seen", t.Timing.Poll, t.Timing.Settle)})
		}
	}
	run := &l.config.Run
	switch {
	case l.counted:
	case len(l.config.Targets) > 1:
		run.Procs = len(l.config.Targets) // one each, side by side
	case l.config.Targets[0].Embedded:
		run.Procs = 0 // it has a cast for as many as pay off, and nobody else's users
	}
	for _, p := range []struct {
		path *string
		name string
	}{{&run.JUnit, "junit.xml"}, {&run.JSON, "results.json"}, {&run.HTML, "report.html"}, {&run.Journal, "journal.jsonl"}} {
		if *p.path == "" {
			*p.path = absolute(run.Out, p.name)
		}
	}
	if run.FailOnDrift && run.Baseline == "" {
		l.note(Problem{Key: "--fail-on", Text: "drift needs --baseline, a result file to compare with"})
	}
	l.askForPasswords()
}

// UnknownVariables names what in an environment looks like a variable of a
// setting and is none: a setting that is misspelt there is not set.
func UnknownVariables(environ []string) Problems {
	var unknown Problems
	var known []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		if known == nil {
			known = variables()
		}
		if !slices.Contains(known, name) {
			unknown = append(unknown, Problem{Key: name, Text: "is set, and no setting has this variable" + text.Perhaps(name, known)})
		}
	}
	return unknown
}

// variables gives the names of the variables that settings have.
func variables() []string {
	var names []string
	for _, s := range Settings() {
		if s.Flag != "" {
			names = append(names, s.Env())
		}
	}
	return names
}

// TargetOf reads a target from flags and the environment alone, without the
// users that a run needs: for a first look at it.
func TargetOf(src Sources) (*Target, error) {
	l := &loader{src: src, config: &Config{}}
	t := &Target{Name: "target"}
	for _, s := range Settings() {
		if s.ofTarget() {
			l.set(s, t)
		}
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	if t.URL == nil {
		return nil, Problems{{Key: "--target", Text: "is missing"}}
	}
	return t, nil
}
