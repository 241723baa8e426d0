package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// signIn reads the user's own User with its credentials. That is the one try
// it has: five failed ones in a row lock an account (guide 12.5(1), page 29).
func (p *preflight) signIn(ctx context.Context, u *fixtures.User) {
	x := p.get(ctx, u, "/finesse/api/User/"+u.ID, "")
	unserved := !x.Barred && (x.Err != "" || x.Status/100 == 5)
	bar := func(format string, args ...any) {
		p.fail(u.ID, unserved, format, args...)
		u.Barred = fmt.Sprintf("it "+format, args...)
	}
	var none *client.TokenError
	switch {
	case x.Barred && x.Status == 0 && errors.As(p.client.Failing(ctx, u), &none):
		bar("cannot sign in: %v", none.Err)
		return
	case x.Err != "":
		bar("cannot be read: %s", explain(x.Err))
		return
	case x.Status/100 == 3:
		bar("is sent to %s instead of being served: it signs in by single sign-on there; %s", withoutQuery(x.ResponseHeader["Location"]), byToken)
		return
	case x.Status == http.StatusUnauthorized && !u.ByToken() && p.singleSignOn(ctx, u, x):
		bar("signs in by single sign-on, so that the API takes no password of it; %s", byToken)
		return
	case x.Status == http.StatusUnauthorized:
		bar("cannot sign in: HTTP 401%s, tried once; user name or password are wrong, or the account is locked", Saying(x))
		return
	case x.Status == http.StatusNotFound:
		bar("does not exist: HTTP 404%s", Saying(x))
		return
	case x.Status/100 != 2:
		bar("cannot be read: HTTP %d%s", x.Status, Saying(x))
		return
	}
	root, err := parseRoot(x.ResponseBody)
	if err != nil {
		bar("cannot be read: its User is %v", err)
		return
	}
	if textAt(root, "state") == "" {
		bar("cannot be read: what was answered is no User with a state%s", Saying(x))
		return
	}
	// LOGIN is a passing moment (guide 12.5(1), page 42): a user seen in it
	// signs in just now.
	for end := time.Now().Add(p.target.Timing.Settle); textAt(root, "state") == string(spec.Login) && time.Now().Before(end); {
		if !pause(ctx, max(p.target.Timing.Poll, 10*time.Millisecond)) {
			return
		}
		if x = p.get(ctx, u, "/finesse/api/User/"+u.ID, ""); x.Status/100 == 2 {
			if again, err := parseRoot(x.ResponseBody); err == nil {
				root = again
			}
		}
	}
	p.rename(ctx, u, root)
	p.fill(u, root)
}

// byToken is what to configure for a user of single sign-on.
const byToken = "give it access_token, access_token_file or access_token_exec instead of a password"

// singleSignOn reports whether a user whose password was refused signs in by
// token: the challenge wants one, or UserAuthMode says so, which answers
// everybody (guide 12.5(1), page 196) and costs no sign-in.
func (p *preflight) singleSignOn(ctx context.Context, u *fixtures.User, refused evidence.Exchange) bool {
	challenge := refused.ResponseHeader["Www-Authenticate"]
	if strings.Contains(strings.ToLower(challenge), "bearer") && !strings.Contains(strings.ToLower(challenge), "basic") {
		return true
	}
	return authMode(p.get(ctx, nil, authModePath(u.Name()), "")) == "SSO"
}

func authModePath(name string) string { return "/finesse/api/UserAuthMode/" + url.PathEscape(name) }

// authMode is what an answer says of how a user signs in, "" where it does not.
func authMode(x evidence.Exchange) string {
	root, err := parseRoot(x.ResponseBody)
	if x.Status != http.StatusOK || err != nil {
		return ""
	}
	return strings.ToUpper(textAt(root, "authMode"))
}

// SignsInByToken reports whether a user signs in by single sign-on, as far as
// UserAuthMode tells, or the target for everybody (systemAuthMode).
func SignsInByToken(ctx context.Context, c *client.Client, s *Survey, id string) bool {
	if s.AuthMode != "HYBRID" {
		return s.AuthMode == "SSO"
	}
	return authMode(c.Do(ctx, nil, client.Call{Credentials: client.None, Method: http.MethodGet, Path: authModePath(id), Purpose: evidence.ForPrepare})) == "SSO"
}

// withoutQuery is an address as far as it may be shown: what a redirect to an
// identity service carries along is nobody's.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "another address"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}

// rename replaces a login name that was configured as id by the id. UCCE
// takes a login name for this one GET only; the id has to answer to the same
// credentials with the same name, or it is somebody else's.
func (p *preflight) rename(ctx context.Context, u *fixtures.User, root *xmlquery.Node) {
	id, name := textAt(root, "loginId"), textAt(root, "loginName")
	if id == "" || id == u.ID || !strings.EqualFold(name, u.ID) {
		return
	}
	x := p.get(ctx, u, "/finesse/api/User/"+id, "")
	other, err := parseRoot(x.ResponseBody)
	if x.Status/100 != 2 || err != nil || textAt(other, "loginId") != id || !strings.EqualFold(textAt(other, "loginName"), name) {
		return
	}
	p.note("user %s has the id %s, which is used from here on", u.ID, id)
	u.Username = cmp.Or(u.Username, u.ID)
	u.ID = id
}

// fill takes over what the User says. Where it does not tell, what is
// configured stays.
func (p *preflight) fill(u *fixtures.User, root *xmlquery.Node) {
	u.LoginName = textAt(root, "loginName")
	said := *u // by the configuration
	defer func() { p.contradict(&said, u) }()
	roles := xmlbody.Texts(root, "roles/role")
	is := func(role string) bool {
		return slices.ContainsFunc(roles, func(r string) bool { return strings.EqualFold(strings.TrimSpace(r), role) })
	}
	switch {
	case is("Supervisor"):
		u.Role = spec.RoleSupervisor
	case is("Agent"):
		u.Role = spec.RoleAgent
	case u.Role == "":
		u.Role, u.RoleAssumed = spec.RoleAgent, true
	}
	if team := textAt(root, "teamId"); team != "" {
		u.Team, u.TeamName = team, textAt(root, "teamName")
	}
	if teams := teamsOf(root); len(teams) > 0 && u.Role == spec.RoleSupervisor {
		u.Supervises = teams
	}
	u.WrapUpIncoming, u.WrapUpOutgoing = textAt(root, "settings/wrapUpOnIncoming"), textAt(root, "settings/wrapUpOnOutgoing")
	if n, err := strconv.Atoi(textAt(root, "wrapUpTimer")); err == nil && n > 0 {
		u.WrapUpTimer = time.Duration(n) * time.Second
	}
	u.Devices = devicesOf(root)
	u.State, u.Pending = spec.State(textAt(root, "state")), textAt(root, "pendingState")
	u.ReasonCodeID = textAt(root, "reasonCodeId")
	if ext := textAt(root, "extension"); ext != "" {
		if u.Extension != "" && ext != u.Extension {
			p.note("user %s is signed in on extension %s, which is used instead of the configured %s", u.ID, ext, u.Extension)
		}
		u.Extension = ext
		p.mu.Lock()
		p.survey.Extensions[u.ID] = ext
		p.mu.Unlock()
	}
	if u.Extension == "" && u.Mobile == nil { // a mobile agent brings one of its own
		p.note("user %s has no extension: it is signed out and the configuration gives none, so it cannot sign in", u.ID)
	}
}

// contradict notes where the target says of a user something else than the
// configuration does. The target is believed: it is what is certified.
func (p *preflight) contradict(said, is *fixtures.User) {
	note := func(what, configured, told string) {
		p.note("user %s is configured with the %s %s, and the target says %s, which is used", is.ID, what, configured, told)
	}
	if said.Role != "" && said.Role != is.Role {
		note("role", string(said.Role), string(is.Role))
	}
	if said.Team != "" && said.Team != is.Team {
		note("team", said.Team, is.Team)
	}
	configured, told := slices.Sorted(slices.Values(said.Supervises)), slices.Sorted(slices.Values(is.Supervises))
	if len(configured) > 0 && !slices.Equal(configured, told) {
		note("supervised teams", strings.Join(configured, ", "), strings.Join(told, ", "))
	}
}

// devicesOf gives the ids of the devices between which a user may choose when
// it signs in; none where it has no choice.
func devicesOf(root *xmlquery.Node) []string {
	switch strings.ToLower(textAt(root, "settings/deviceSelection")) {
	case "enabled", "true", "on":
	default:
		return nil
	}
	var ids []string
	for _, id := range append(xmlbody.Texts(root, "devices/device/deviceId"), textAt(root, "activeDeviceId")) {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// teamsOf gives the ids of the teams that a user supervises.
func teamsOf(root *xmlquery.Node) []string {
	var teams []string
	for _, team := range xmlbody.Nodes(root, "teams/Team") {
		id := textAt(team, "id")
		if uri := textAt(team, "uri"); id == "" && uri != "" {
			id = path.Base(uri)
		}
		if id != "" && !slices.Contains(teams, id) {
			teams = append(teams, id)
		}
	}
	return teams
}

// calls counts the user's calls and reservations, and finds out whether the
// target has the Dialog API.
func (p *preflight) calls(ctx context.Context, u *fixtures.User) {
	x := p.get(ctx, u, "/finesse/api/User/"+u.ID+"/Dialogs", "")
	if x.Status/100 != 2 {
		return
	}
	root, err := parseRoot(x.ResponseBody)
	if err != nil || !strings.EqualFold(root.Data, "Dialogs") {
		return
	}
	for _, dialog := range xmlbody.Nodes(root, "Dialog") {
		if textAt(dialog, "state") != "DROPPED" { // one that has ended may be listed for a while
			u.Calls++
		}
	}
	p.mu.Lock()
	p.survey.Dialogs = true
	p.mu.Unlock()
}

// codes reads the reason codes that the user may send. System codes are the
// target's own (guide, ReasonCode object).
func (p *preflight) codes(ctx context.Context, u *fixtures.User, category spec.Category) {
	x := p.get(ctx, u, "/finesse/api/User/"+u.ID+"/ReasonCodes", "category="+string(category))
	root, err := parseRoot(x.ResponseBody)
	if x.Err != "" || x.Status/100 != 2 || err != nil {
		what := "HTTP " + strconv.Itoa(x.Status)
		switch {
		case x.Err != "":
			what = x.Err
		case x.Status/100 == 2:
			what = err.Error()
		}
		p.codesUnknown(u, category, bounded(what))
		return
	}
	codes, nameless := []fixtures.ReasonCode{}, false
	for _, node := range xmlbody.Nodes(root, "ReasonCode") {
		c := fixtures.ReasonCode{
			ID: textAt(node, "id"), Code: textAt(node, "code"), Label: textAt(node, "label"),
			ForAll: strings.EqualFold(textAt(node, "forAll"), "true"),
		}
		if uri := textAt(node, "uri"); uri != "" {
			c.ID = path.Base(uri)
		}
		of := textAt(node, "category")
		if (of == "" || strings.EqualFold(of, string(category))) && !strings.EqualFold(textAt(node, "systemCode"), "true") {
			if nameless = nameless || c.ID == ""; c.ID != "" {
				codes = append(codes, c)
			}
		}
	}
	if nameless && len(codes) == 0 {
		p.codesUnknown(u, category, "its reason codes have no uri and no id")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.Codes == nil {
		u.Codes = map[spec.Category][]fixtures.ReasonCode{}
	}
	u.Codes[category] = codes
}

// codesUnknown notes that nobody knows the reason codes of a category that a
// user may send.
func (p *preflight) codesUnknown(u *fixtures.User, category spec.Category, why string) {
	p.mu.Lock()
	u.CodesUnknown = append(u.CodesUnknown, category)
	slices.Sort(u.CodesUnknown) // both may have been asked for at the same time
	p.mu.Unlock()
	p.note("the %s reason codes of user %s could not be read: %s", category, u.ID, why)
}

// Member is a user as a Team lists it.
type Member struct {
	ID, Extension string
	Name          string // first and last name, "" where the team has none
	Team          string // the team's name, "" where it has none
}

// Members reads who is in a team, as a user who may.
func Members(ctx context.Context, c *client.Client, t *config.Target, as *fixtures.User, team string) ([]Member, error) {
	p := &preflight{client: c, target: t, rec: &client.Recorder{}}
	x := p.get(ctx, as, "/finesse/api/Team/"+team, "")
	switch {
	case x.Err != "":
		return nil, errors.New(explain(x.Err))
	case x.Status/100 != 2:
		return nil, fmt.Errorf("HTTP %d%s", x.Status, Saying(x))
	}
	root, err := parseRoot(x.ResponseBody)
	if err != nil {
		return nil, err
	}
	var list []Member
	for _, node := range xmlbody.Nodes(root, "users/User") {
		m := Member{
			ID: textAt(node, "loginId"), Extension: textAt(node, "extension"), Team: textAt(root, "name"),
			Name: strings.TrimSpace(textAt(node, "firstName") + " " + textAt(node, "lastName")),
		}
		if uri := textAt(node, "uri"); m.ID == "" && uri != "" {
			m.ID = path.Base(uri)
		}
		if m.ID != "" {
			list = append(list, m)
		}
	}
	return list, nil
}
