package config

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
)

// given is a value as it was written, and where.
type given struct {
	texts    []string
	written  string // a single value as the file has it
	file     string // "" for a flag or a variable
	line     int
	name     string // key, flag or variable, for messages
	dir      string // what a relative path is relative to
	isList   bool   // written as a list
	expanded bool   // came from a variable: not shown in messages
	// variables are those that it came from.
	variables []string
}

// parsed is a value in the form of its kind; only that field is set.
type parsed struct {
	text     string
	list     []string
	yes      bool
	count    int64
	number   float64
	duration time.Duration
	address  *url.URL
	release  spec.Release
	shard    Shard
	headers  http.Header
	nodes    []*url.URL
}

func (v parsed) deployment() spec.Deployment {
	if v.text == "auto" {
		return ""
	}
	return spec.Deployment(strings.ToUpper(v.text))
}

func (g given) problem(format string, args ...any) Problem {
	return Problem{File: g.file, Line: g.line, Key: g.name, Text: fmt.Sprintf(format, args...)}
}

// quoted shows the value in a message, unless it might be a secret.
func (g given) quoted() string {
	if g.expanded || strings.Contains(g.texts[0], "@") {
		return "the value of the variable"
	}
	text := g.texts[0]
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strconv.Quote(text)
}

// parse reads a value in the form that the setting has.
func (s Setting) parse(g given, lookup func(string) (string, bool)) (v parsed, err error) {
	switch s.Kind {
	case List, Command:
		return s.parseList(g)
	case Headers:
		v.headers, err = parseHeaders(g)
		return v, err
	case Nodes:
		v.nodes, v.yes, err = parseNodes(g)
		return v, err
	}
	if g.isList || len(g.texts) != 1 {
		return v, g.problem("must be one value, not a list")
	}
	value := strings.TrimSpace(g.texts[0])
	if value == "" {
		return v, g.problem("is empty; give a value or leave it out")
	}
	switch s.Kind {
	case Bool:
		if v.yes, err = strconv.ParseBool(value); err != nil {
			err = g.problem("must be true or false, not %s", g.quoted())
		}
	case Choice:
		v.text = strings.ToLower(value)
		if !slices.Contains(s.Choices, v.text) {
			err = g.problem("must be %s, not %s", text.Or(s.Choices), g.quoted())
		}
	case Count:
		v.count, err = s.parseCount(g, value)
	case Number:
		v.number, err = strconv.ParseFloat(value, 64)
		if err != nil || !(v.number > 0 && v.number < 1e9) {
			err = g.problem("must be a number above 0, not %s", g.quoted())
		}
	case Duration:
		v.duration, err = parseDuration(g, value)
	case Path:
		v.text = absolute(g.dir, value)
	case Address:
		v.address, err = parseAddress(s.Key, g, value)
	case ReleaseOf:
		if v.release, err = spec.ParseRelease(value); err != nil {
			err = g.problem("must be a release such as 12.5(1), or auto, not %s", g.quoted())
		}
	case ShardOf:
		v.shard, err = parseShard(g, value, lookup)
	default:
		v.text = value
	}
	return v, err
}

// ownHeaders are those that the run sets itself.
var ownHeaders = []string{"Authorization", "Content-Length", "Transfer-Encoding", "Connection", "Requestid"}

// parseHeaders makes the headers of a mapping: its names and values in turn.
func parseHeaders(g given) (http.Header, error) {
	headers := http.Header{}
	for i := 0; i+1 < len(g.texts); i += 2 {
		name, value := http.CanonicalHeaderKey(g.texts[i]), g.texts[i+1]
		switch {
		case !httpguts.ValidHeaderFieldName(g.texts[i]):
			return nil, g.problem("%q is no name of a header", g.texts[i])
		case !httpguts.ValidHeaderFieldValue(value):
			return nil, g.problem("the value of %s has a line break or another control character, which no header may have", name)
		case slices.Contains(ownHeaders, name):
			return nil, g.problem("%s is set by the run itself", name)
		case name == "User-Agent":
			return nil, g.problem("User-Agent is set with target.user_agent")
		}
		headers.Add(name, value)
	}
	return headers, nil
}

func (s Setting) parseList(g given) (v parsed, err error) {
	for _, text := range g.texts {
		if s.Kind == Command || g.isList && g.file != "" {
			v.list = append(v.list, text)
			continue
		}
		v.list = append(v.list, strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	if len(v.list) == 0 || slices.Contains(v.list, "") {
		return v, g.problem("is empty; give a value or leave it out")
	}
	if s.Kind == Command {
		if !g.isList {
			return v, g.problem("must be a list such as [./stimulus.sh]")
		}
		// A name without a folder is looked for in PATH.
		if strings.ContainsRune(v.list[0], '/') || strings.ContainsRune(v.list[0], filepath.Separator) {
			v.list[0] = absolute(g.dir, v.list[0])
		}
	}
	return v, nil
}

func (s Setting) parseCount(g given, text string) (int64, error) {
	if s.Flag == "procs" && text == "auto" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case s.Flag == "procs" && (err != nil || n < 1 || n > 1024):
		return 0, g.problem("must be a number from 1 to 1024, or auto, not %s", g.quoted())
	case err != nil || n < 0:
		return 0, g.problem("must be a whole number that is not negative, not %s", g.quoted())
	}
	return n, nil
}

func parseDuration(g given, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, g.problem("must be a duration such as 500ms, 10s or 5m, not %s", g.quoted())
	case d <= 0:
		return 0, g.problem("must be longer than 0, not %s", g.quoted())
	}
	return d, nil
}

// shardVariable is what Kubernetes tells each pod of an Indexed Job, from 0.
const shardVariable = "JOB_COMPLETION_INDEX"

func parseShard(g given, text string, lookup func(string) (string, bool)) (Shard, error) {
	first, second, _ := strings.Cut(text, "/")
	if first == "auto" {
		index, ok := lookup(shardVariable)
		n, err := strconv.Atoi(index)
		if !ok || err != nil {
			return Shard{}, g.problem("auto needs the environment variable %s to hold a number", shardVariable)
		}
		first = strconv.Itoa(n + 1)
	}
	index, err1 := strconv.Atoi(first)
	count, err2 := strconv.Atoi(second)
	if err1 != nil || err2 != nil || index < 1 || count < 1 || index > count {
		return Shard{}, g.problem("must be I/N with I from 1 to N, such as 2/5, not %s", g.quoted())
	}
	return Shard{Index: index, Count: count}, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	if dir == "" {
		if wd, err := os.Getwd(); err == nil {
			dir = wd
		}
	}
	return filepath.Join(dir, path)
}
