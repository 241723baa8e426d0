package config

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
)

// prompted is the value of password for which a person is asked.
const prompted = "prompt"

// users makes the users of a target, and notes what is wrong with them.
func (l *loader) users(t *Target, e entry) {
	if len(e.users) == 0 {
		p := Problem{File: l.config.File, Line: e.line, Key: "users", Text: "is missing: a run signs in as nobody but the users it is given; see finesse-conformance init"}
		if l.config.File == "" {
			p.Key, p.Text = "--config", "is missing: a target needs a configuration that names the users the run may touch; finesse-conformance init writes one"
		}
		l.note(p)
		return
	}
	lines, phones := map[string]int{}, map[string]int{}
	for i, u := range e.users {
		user := l.user(u, i)
		if user == nil {
			continue
		}
		if line, twice := lines[user.ID]; twice {
			l.note(u.problem(l.config.File, i, "id", "user %s is there twice, first in line %d", user.ID, line))
			continue
		}
		lines[user.ID] = u.line
		if user.Extension != "" {
			at := u.problem(l.config.File, i, "extension", "")
			user.ExtensionAt = strings.TrimSuffix(at.Error(), ": ")
		}
		if line, twice := phones[user.Extension]; twice && user.Extension != "" {
			l.note(u.problem(l.config.File, i, "extension", "%s is also that of the user in line %d: only one of them can be signed in on it", user.Extension, line))
		}
		phones[user.Extension] = u.line
		if m := user.Mobile; m != nil && m.Extension != "" && m.Extension != user.Extension {
			if line, twice := phones[m.Extension]; twice {
				l.note(u.problem(l.config.File, i, "mobile.extension", "%s is also that of the user in line %d: only one of them can be signed in on it", m.Extension, line))
			}
			phones[m.Extension] = u.line
		}
		t.Users = append(t.Users, user)
	}
}

func (u userEntry) problem(file string, i int, key, format string, args ...any) Problem {
	line := u.line
	if g, ok := u.values[key]; ok {
		line = g.line
	}
	return Problem{File: file, Line: line, Key: fmt.Sprintf("users[%d].%s", i, key), Text: fmt.Sprintf(format, args...)}
}

func (u userEntry) text(key string) string {
	if g, ok := u.values[key]; ok {
		return strings.TrimSpace(g.texts[0])
	}
	return ""
}

// user makes one user, or gives nil where it has no usable id.
func (l *loader) user(u userEntry, i int) *fixtures.User {
	bad := func(key, format string, args ...any) { l.note(u.problem(l.config.File, i, key, format, args...)) }
	user := &fixtures.User{
		ID: u.text("id"), Username: u.text("username"), Extension: u.text("extension"),
		Team: u.text("team"), Supervises: u.values["supervises"].texts,
	}
	if _, is := u.values["mobile"]; is {
		user.Mobile = &fixtures.Mobile{Extension: u.text("mobile.extension"), DialNumber: u.text("mobile.dial_number")}
		for _, key := range mobileKeys {
			if _, there := u.values["mobile."+key]; !there {
				bad("mobile", "has no %s: a mobile agent signs in with the extension of a CTI port and the number of a telephone", key)
			}
		}
	}
	for _, key := range []string{"id", "username", "extension", "team", "mobile.extension", "mobile.dial_number"} {
		text := u.text(key)
		_, there := u.values[key]
		switch {
		case there && text == "":
			bad(key, "is empty; give a value or leave it out")
		case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
			bad(key, "has a control character in it")
		}
	}
	if strings.Contains(user.Name(), ":") {
		key := "id"
		if _, there := u.values["username"]; there {
			key = "username"
		}
		bad(key, "has a colon in it, which Basic authentication does not allow")
	}
	switch {
	case strings.Contains(user.ID, "/"):
		bad("id", "has a slash in it, which no id can have in /finesse/api/User/<id>: it ends there, and servers refuse it as %%2F; where users sign in with such a name, id is their <id> and username that name")
	case user.ID == "." || user.ID == "..":
		bad("id", "%q means a folder in /finesse/api/User/<id>, and no user", user.ID)
	}
	if user.ID == "" {
		if _, there := u.values["id"]; !there {
			bad("id", "is missing: the <id> of /finesse/api/User/<id>")
		}
		return nil
	}
	switch role := strings.ToLower(u.text("role")); role {
	case "":
	case string(spec.RoleAgent), string(spec.RoleSupervisor):
		user.Role = spec.Role(role)
	default:
		bad("role", "must be agent or supervisor")
	}
	if len(user.Supervises) > 0 && user.Role == spec.RoleAgent {
		bad("supervises", "an agent supervises nobody; make the role supervisor")
	}
	if user.Token = l.token(u, bad); user.Token.IsZero() {
		user.Password = l.password(u, bad)
	}
	return user
}

// token says where a user's access token comes from; zero for a user with a
// password.
func (l *loader) token(u userEntry, bad func(key, format string, args ...any)) (from fixtures.TokenFrom) {
	var first string
	for _, key := range []string{"password", "password_file", "access_token", "access_token_file", "access_token_exec"} {
		if _, there := u.values[key]; !there {
			continue
		}
		if strings.HasPrefix(key, "access_token") && first != "" {
			bad(key, "stands beside %s; one of them is enough: a user signs in with a password, or by token", first)
		}
		first = key
	}
	if g, ok := u.values["access_token"]; ok {
		from.Fixed = fixtures.Secret(strings.TrimSpace(strings.Join(g.texts, "")))
		if g.expanded {
			l.config.passwordVariables = append(l.config.passwordVariables, g.variables...)
		} else {
			checkVariable("access_token", g, bad)
		}
		if from.Fixed.Empty() {
			bad("access_token", "is empty; where it comes from an environment variable, set that")
			from.Fixed = "missing"
		} else if _, err := from.Get(context.Background(), nil, 0); err != nil {
			bad("access_token", "cannot be used: it %v", err)
		}
	}
	if g, ok := u.values["access_token_file"]; ok {
		from.File = absolute(g.dir, g.texts[0])
		if f, err := os.Open(from.File); err != nil {
			bad("access_token_file", "cannot be used: %s: %s", from.File, cause(err))
		} else {
			_ = f.Close() // what is in it may not be there yet
		}
	}
	if g, ok := u.values["access_token_exec"]; ok {
		from.Exec, from.Dir = g.texts, g.dir
		switch {
		case !g.isList:
			bad("access_token_exec", "must be a list such as [./token.sh, %s]", u.text("id"))
		case strings.TrimSpace(g.texts[0]) == "":
			bad("access_token_exec", "names no command")
		}
	}
	return from
}

// password gives a user's password. Where a person has to be asked it gives
// the word for that, and askForPasswords asks.
func (l *loader) password(u userEntry, bad func(key, format string, args ...any)) fixtures.Secret {
	inline, isInline := u.values["password"]
	path, isFile := u.values["password_file"]
	switch {
	case isInline && isFile:
		bad("password_file", "stands beside password; one of them is enough")
	case isFile:
		text, err := passwordFile(absolute(path.dir, path.texts[0]))
		if err != nil {
			bad("password_file", "cannot be used: %v", err)
		}
		return fixtures.Secret(text)
	case !isInline:
		bad("password", "is missing: ${NAME} for an environment variable, prompt to be asked, or password_file; for a user of single sign-on access_token, access_token_file or access_token_exec")
	case inline.texts[0] == "":
		bad("password", "is empty; where it comes from an environment variable, set that")
	case inline.texts[0] == prompted && !inline.expanded:
		return askFor
	}
	if inline.expanded {
		l.config.passwordVariables = append(l.config.passwordVariables, inline.variables...)
	} else {
		checkVariable("password", inline, bad)
	}
	return fixtures.Secret(strings.Join(inline.texts, ""))
}

// checkVariable refuses a secret that is written like a variable of a shell. It
// would be sent as it stands, and a wrong sign-in counts towards the lock of
// an account.
func checkVariable(key string, g given, bad func(key, format string, args ...any)) {
	name, is := strings.CutPrefix(g.written, "$")
	if is && len(name) > 1 && variableName(name) && strings.ToUpper(name) == name {
		bad(key, "is $%s, which no variable takes the place of; write ${%s}, or $$%s for the characters themselves", name, name, name)
	}
}

// askFor stands for a password that a person has to be asked for. No file
// can hold it: it has a line break at its end.
const askFor = fixtures.Secret(prompted + "\n")

// askForPasswords asks for the passwords that stand nowhere, once everything
// else is right.
func (l *loader) askForPasswords() {
	for _, t := range l.config.Targets {
		for i, u := range t.Users {
			if u.Password != askFor || len(l.problems) > 0 {
				continue
			}
			key := fmt.Sprintf("users[%d].password", i)
			if l.src.Prompt == nil {
				l.note(Problem{File: l.config.File, Key: key, Text: "prompt needs a terminal; use ${NAME} or password_file"})
				return
			}
			password, err := l.src.Prompt(u.ID)
			if err == nil && password.Empty() {
				err = fmt.Errorf("it is empty")
			}
			if err != nil {
				l.note(Problem{File: l.config.File, Key: key, Text: fmt.Sprintf("no password for user %s: %v", u.ID, err)})
				return
			}
			u.Password = password
		}
	}
}

// maxPassword is the largest password file that is read.
const maxPassword = 4 << 10

// passwordFile reads a password: all of the file but the line break at its
// end.
func passwordFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s: %s", name, cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("%s: %s", name, cause(err))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case text == "":
		return "", fmt.Errorf("%s is empty", name)
	case len(data) > maxPassword || strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("%s holds more than one line", name)
	}
	return text, nil
}
