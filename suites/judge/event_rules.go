package judge

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// wrong is what is wrong with an event: a requirement that is about one, and the
// checks of a run over all of them, ask the same.
type wrong struct{ xpath, expected, seen string }

// misshapen says what is wrong with an event whatever it tells: its source is the
// node, its kind one of those that are expected, in either case.
func misshapen(e *evidence.Event, kinds ...string) *wrong {
	what := "a User event"
	if e.IsError() {
		what = "the event of a refusal"
	}
	switch {
	case e.Problem != "":
		return &wrong{"", what + " as documented", e.Problem}
	case e.Source != e.Node:
		return &wrong{"Update/source", "the source " + e.Node, fmt.Sprintf("source %q", e.Source)}
	case !slices.ContainsFunc(kinds, func(kind string) bool { return strings.EqualFold(e.Event, kind) }):
		return &wrong{"Update/event", what + " with event " + kinds[0], fmt.Sprintf("event %q", e.Event)}
	}
	return nil
}

// unspoken says what the event of a refusal does not say of it.
func unspoken(e *evidence.Event) *wrong {
	for _, part := range []struct{ name, text string }{
		{"errorType", e.ErrorType}, {"errorMessage", e.ErrorMessage}, {"errorData", e.ErrorData},
	} {
		if part.text == "" {
			return &wrong{"", "the event of a refusal with its " + part.name, "an error event without " + part.name}
		}
	}
	return nil
}

// lasting is for how long an element of a User stays as it is.
type lasting int

const (
	always lasting = iota
	untilMoved
	untilAsked // what is pending changes within a stay
	named      // the time that names the stay, where the clock of the reads does not stand still
)

// shown are the elements of a user that an event and reads show alike, and
// whether both have to have them.
var shown = []struct {
	name  string
	lasts lasting
	must  bool
}{
	{"state", untilMoved, true}, {"reasonCodeId", untilMoved, true}, {"extension", untilMoved, true},
	{"loginId", always, true}, {"loginName", always, false}, {"uri", always, false}, {"dialogs", always, false},
	{"teamId", always, false}, {"teamName", always, false}, {"firstName", always, false}, {"lastName", always, false},
	{"roles", always, false}, {"mediaType", always, false}, {"wrapUpTimer", always, false},
	{"pendingState", untilAsked, false},
}

// otherUser says what is wrong with the user in an event: it is valid, and what
// it has is what one of the reads has to which it can be held, by how long an
// element lasts. Whether who has signed out still has an extension is said
// nowhere.
func (j *Judge) otherUser(e *evidence.Event, reads map[lasting][]shownUser) *wrong {
	const at = "Update/data/user/"
	d := j.notification("UserUpdate", e.Payload)
	state, _ := d.text(at + "state")
	if d.problem != "" && (state != string(spec.Login) || !strings.HasSuffix(d.path, "/state")) {
		return &wrong{d.path, "the user in an event to be valid against its schema", d.problem}
	}
	differs := func(name, in, then string) *wrong {
		return &wrong{at + name, fmt.Sprintf("%s %q, as reads of the user have it", name, then), fmt.Sprintf("%s %q in the event and %q in a GET", name, in, then)}
	}
	for _, part := range shown {
		if part.name == "extension" && state == string(spec.Logout) {
			continue
		}
		in, here := d.element(at, part.name)
		var then []string
		for _, read := range reads[part.lasts] {
			if text, there := read[part.name]; read != nil && (part.must || here && there) {
				then = append(then, blank(text))
			}
		}
		if len(then) > 0 && !slices.Contains(then, blank(in)) {
			return differs(part.name, in, then[len(then)-1])
		}
	}
	in, _ := d.text(at + changeTime)
	for _, read := range reads[named] {
		if then := read[changeTime]; then != "" && (in == "" || evidence.Apart(in, then)) {
			return differs(changeTime, in, then)
		}
	}
	return nil
}

const changeTime = "stateChangeTime"

// shownUser is what a read has of what an event shows too, by the names of
// elements; nil where it is no XML.
type shownUser map[string]string

func (d *document) user() shownUser {
	if !d.xml {
		return nil
	}
	u := shownUser{}
	for _, part := range shown {
		if text, there := d.element("User/", part.name); there {
			u[part.name] = text
		}
	}
	u[changeTime], _ = d.text("User/" + changeTime)
	return u
}

// element is an element of a user, its roles in whatever order.
func (d *document) element(at, name string) (string, bool) {
	if name != "roles" {
		return d.text(at + name)
	}
	roles := d.texts(at + "roles/role")
	slices.Sort(roles)
	return strings.Join(roles, " and "), len(roles) > 0
}

// blank makes the spellings of "no reason code" equal (DevNet, User API Parameters).
func blank(text string) string {
	if text == "-1" || text == "0" {
		return ""
	}
	return text
}

// strayed says that an event of a team tells of another user than its source
// says. One without a user is of the team itself.
func (j *Judge) strayed(e *evidence.Event) *wrong {
	source := path.Base(e.Source)
	id, _ := j.loose(e.Payload).text("Update/data/user/loginId")
	if id == "" || !strings.Contains(e.Source, "/User/") {
		return nil
	}
	if plain, err := url.PathUnescape(source); source == id || err == nil && plain == id {
		return nil
	}
	return &wrong{"Update/data/user/loginId", "the user of the source " + e.Source, fmt.Sprintf("loginId %q", id)}
}
