package runner

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/suites/client"
)

// Init makes a commented configuration. With a target and a user it fills in
// what that user can read: deployment and release, and the members of its
// teams through the Team API. Passwords stand in it as ${…} only.
//
// The error is that of Preflight where the target cannot be read.
func (a *CLI) Init(ctx context.Context, t *config.Target, user *fixtures.User) (string, error) {
	data := initData{URL: "https://finesse1.example.com:8445", Deployment: "auto", Release: "auto", Timing: config.DefaultTiming(), Users: exampleUsers()}
	if t != nil {
		if err := a.readTarget(ctx, t, user, &data); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	a.Secrets.Clean(&data)
	if err := initTemplate().Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// WriteNew writes a file that only its owner can read, and none over one that
// is there.
func WriteNew(name, text string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return &exit.UsageError{Err: fmt.Errorf("%s is there already; give another name, or remove it first", name)}
	}
	if err != nil {
		return &exit.UsageError{Err: err}
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// initData is what the template of a configuration is filled with.
type initData struct {
	URL, CAFile, Deployment, Release string
	CertFile, KeyFile, UserAgent     string // what something before the target wants
	Insecure                         bool
	Seen                             []string // what was read, as comments
	Timing                           config.Timing
	Users                            []initUser
}

type initUser struct {
	ID, Username, Variable, Extension, Note string
	// ByToken: it signs in by single sign-on, with the token in TokenVariable.
	ByToken       bool
	TokenVariable string
}

func exampleUsers() []initUser {
	return []initUser{
		{ID: "1001001", Variable: "AGENT_1001001_PASSWORD", Extension: "1001001", Note: "an agent"},
		{ID: "1001002", Variable: "AGENT_1001002_PASSWORD", Extension: "1001002", Note: "another agent on the same team"},
		{ID: "1001003", Variable: "AGENT_1001003_PASSWORD", Extension: "1001003", Note: "a supervisor of that team"},
		{ID: "1001004", Variable: "AGENT_1001004_PASSWORD", Extension: "1001004", Note: "another supervisor of that team"},
		{ID: "1001005", Variable: "AGENT_1001005_PASSWORD", Extension: "1001005", Note: "an agent on a team that neither supervisor has"},
	}
}

// readTarget fills in what the user can read.
func (a *CLI) readTarget(ctx context.Context, t *config.Target, user *fixtures.User, data *initData) error {
	preflight.FindPort(ctx, t)
	transport, _, err := transportOf(t)
	if err != nil {
		return &exit.UsageError{Err: err}
	}
	defer transport.CloseIdleConnections()
	c := client.New(a.clientFor(t, transport, a.tokens(a.Environ)))
	err = readConfig(ctx, c, t, user, data)
	if err == nil || t.UserAgent != "" || !preflight.WantsBrowser(ctx, c) {
		return err
	}
	asBrowser := *t
	asBrowser.UserAgent = preflight.Browser
	c = client.New(a.clientFor(&asBrowser, transport, a.tokens(a.Environ)))
	return readConfig(ctx, c, &asBrowser, user, data)
}

func readConfig(ctx context.Context, c *client.Client, t *config.Target, user *fixtures.User, data *initData) error {
	me := *user
	s, err := preflight.Run(ctx, c, t, &fixtures.Cast{Users: []*fixtures.User{&me}}, preflight.Options{Force: true})
	if err != nil {
		return err
	}
	data.URL, data.CAFile, data.Insecure = t.URL.String(), t.CAFile, t.Insecure
	data.CertFile, data.KeyFile, data.UserAgent = t.CertFile, t.KeyFile, t.UserAgent
	data.Deployment = strings.ToLower(string(s.Deployment))
	if !s.Release.IsZero() {
		data.Release = s.Release.String()
	}
	data.Users = []initUser{newInitUser(me.ID, me.Username, me.Extension, fmt.Sprintf("%s, team %s", me.Role, cmp.Or(me.TeamName, me.Team)))}
	data.Seen = append(data.Seen, fmt.Sprintf("Read as user %s on %s.", me.ID, time.Now().UTC().Format("2006-01-02")))
	teams := slices.Clone(me.Supervises)
	if me.Team != "" && !slices.Contains(teams, me.Team) {
		teams = append(teams, me.Team)
	}
	for _, team := range teams {
		members, err := preflight.Members(ctx, c, t, &me, team)
		if err != nil {
			data.Seen = append(data.Seen, fmt.Sprintf("The members of team %s could not be read: %v", team, err))
			continue
		}
		for _, m := range members {
			if !slices.ContainsFunc(data.Users, func(u initUser) bool { return u.ID == m.ID }) {
				data.Users = append(data.Users, newInitUser(m.ID, "", m.Extension, strings.TrimSpace(m.Name+", team "+cmp.Or(m.Team, team))))
			}
		}
	}
	for i := range data.Users {
		data.Users[i].ByToken = preflight.SignsInByToken(ctx, c, s, data.Users[i].ID)
	}
	for i := range data.Seen {
		data.Seen[i] = text.Said(data.Seen[i], mostSaid)
	}
	return nil
}

func newInitUser(id, username, extension, note string) initUser {
	variable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, id)
	return initUser{
		ID: id, Username: username, Extension: extension,
		Variable: "AGENT_" + strings.ToUpper(variable) + "_PASSWORD", TokenVariable: "AGENT_" + strings.ToUpper(variable) + "_TOKEN", Note: text.Said(note, mostSaid),
	}
}

// quotedYAML makes a text a YAML value that the configuration reads as it is.
func quotedYAML(text string) (string, error) {
	b, err := json.Marshal(text)
	return strings.ReplaceAll(string(b), "$", "$$"), err
}

//go:embed init.yaml.tmpl
var initText string

var initTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("init").Funcs(template.FuncMap{
		"q": quotedYAML, "schema": func() string { return config.SchemaName },
	}).Parse(initText))
})
