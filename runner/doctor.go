package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
)

// Cost is a reason why requirements will not be exercised. It says what would
// make them so.
type Cost struct {
	Why          string
	Requirements []string
}

// Diagnosis is what a doctor found out about a target.
type Diagnosis struct {
	Target  string
	Checks  []preflight.Check // in order; after a Broken one that all others need they end
	Run     int               // how many requirements a run would exercise
	Costs   []Cost            // what it would not, and why
	Planned bool              // whether it came so far that Run and Costs are known
}

// able reports whether a run is possible.
func (d *Diagnosis) able() bool {
	return !slices.ContainsFunc(d.Checks, func(c preflight.Check) bool { return c.Finding == preflight.Broken })
}

// doctor is an examination under way.
type doctor struct {
	*session
	found  *Diagnosis
	signIn bool
}

// Doctor looks at everything that has to hold before a run on each target of
// the configuration. It changes nothing: it reads, each user signs in to the
// API with one GET of its own User, and no agent signs in to work. With
// signIn everybody who is signed out is signed in on its extension and out
// again, and one user signs in to the notification service.
//
// The code is the exit code that a run would have for what was found: 0, or 3
// where a target cannot be certified. The error is a fault of the program or
// a *exit.UsageError.
func (a *CLI) Doctor(ctx context.Context, cfg *config.Config, signIn bool) (list []*Diagnosis, code int, err error) {
	for _, t := range cfg.Targets {
		preflight.FindPort(ctx, t)
		s, err := a.configured(cfg, t)
		if err != nil {
			return list, 0, &exit.UsageError{Err: err}
		}
		d := &doctor{session: s, signIn: signIn, found: &Diagnosis{Target: text.WithoutCredentials(s.target.URL.String())}}
		d.examine(ctx)
		s.shut()
		if cause := context.Cause(ctx); cause != nil {
			return list, 0, cause
		}
		a.Secrets.Clean(d.found)
		list = append(list, d.found)
		if !d.found.able() {
			code = reports.ExitUncertifiable
		}
	}
	return list, code, nil
}

// newClient makes the client for a session's target.
func newClient(s *session) *client.Client {
	options := s.clientFor(s.target, s.transport, s.issuer())
	options.Limiter, options.Dial = s.limiter, s.dialer
	return client.New(options)
}

func (d *doctor) add(name string, f preflight.Finding, advice, seen string, args ...any) {
	d.found.Checks = append(d.found.Checks, preflight.Check{Name: name, Finding: f, Seen: fmt.Sprintf(seen, args...), Advice: advice})
}

func (d *doctor) examine(ctx context.Context) {
	way, there := preflight.Network(ctx, d.target, d.tls)
	if d.found.Checks = way; !there {
		return
	}
	d.client = newClient(d.session)
	var err error
	d.survey, err = preflight.Run(ctx, d.client, d.target, d.target.Cast(), preflight.Options{Force: d.config.Run.Force, Lenient: true})
	if err != nil && d.target.UserAgent == "" && preflight.WantsBrowser(ctx, d.client) {
		d.add("reverse proxy", preflight.Broken, fmt.Sprintf("set target.user_agent: %q", preflight.Browser), "something before the target takes requests of browsers alone; what follows was asked as one")
		d.target.UserAgent = preflight.Browser
		d.client = newClient(d.session)
		d.survey, err = preflight.Run(ctx, d.client, d.target, d.target.Cast(), preflight.Options{Force: d.config.Run.Force, Lenient: true})
	}
	if !d.service(err) {
		return
	}
	d.people()
	d.leftovers()
	d.notifications(ctx)
	d.found.Checks = append(d.found.Checks, preflight.Hook(ctx, d.target, d.stimuli)...)
	if len(d.survey.Cast.Usable()) == 0 {
		d.add("cast", preflight.Broken, "give the run users whom it may touch", "nobody is left whom a run may touch")
		return
	}
	d.setStage()
	d.stage.Expected = d.events != nil
	if d.signIn {
		d.sitDown(ctx)
	}
	d.cost()
}

// service says how the target presents itself.
func (d *doctor) service(err error) bool {
	var out *preflight.OutOfService
	s := d.survey
	switch {
	case errors.As(err, &out):
		d.add("service", preflight.Broken, "wait until it is in service, or have it looked after", "%v", err)
		return false
	case err != nil:
		d.add("service", preflight.Broken, "", "%v", err)
		return false
	}
	d.add("service", preflight.Fine, "", "in service")
	d.add("deployment", preflight.Fine, "", "%s", s.Deployment)
	if s.Release.IsZero() {
		d.add("release", preflight.Lacking, "say which it is with --release", "SystemInfo does not tell: only clauses that hold for all releases apply")
	} else {
		d.add("release", preflight.Fine, "", "%s", s.Release)
	}
	if s.Dialogs {
		d.add("Dialog API", preflight.Fine, "", "there")
	} else {
		d.add("Dialog API", preflight.Lacking, "", "not there: no calls can be handled")
	}
	return true
}

// cost says what a run would exercise.
func (d *doctor) cost() {
	d.found.Planned = true
	for _, item := range suites.Plan(d.stage, selectionOf(d.config.Run)) {
		if item.Runs() {
			d.found.Run++
			continue
		}
		if !slices.Contains(item.Requirement.Deployments, d.survey.Deployment) {
			continue // nothing can be done about that
		}
		// Where a stimulus is missing, what it would lead to differs.
		why := cmp.Or(item.Needs, item.Why)
		i := slices.IndexFunc(d.found.Costs, func(c Cost) bool { return c.Why == why })
		if i < 0 {
			i = len(d.found.Costs)
			d.found.Costs = append(d.found.Costs, Cost{Why: why})
		}
		d.found.Costs[i].Requirements = append(d.found.Costs[i].Requirements, item.Requirement.ID)
	}
	slices.SortStableFunc(d.found.Costs, func(a, b Cost) int { return len(b.Requirements) - len(a.Requirements) })
}

// leftovers looks whether an earlier run left somebody behind.
func (d *doctor) leftovers() {
	path := d.config.Run.Journal
	if d.embedded != nil || path == "" {
		return
	}
	if err := journal.Check(path, touchable([]*config.Target{d.target})); err != nil {
		d.add("journal", preflight.Broken, "", "%v", err)
		return
	}
	d.add("journal", preflight.Fine, "", "nobody is left to put back")
}

// grouped says of users what they have, those who have the same together.
func grouped(users []*fixtures.User, what func(*fixtures.User) string) string {
	var order []string
	ids := map[string][]string{}
	for _, u := range users {
		w := what(u)
		if ids[w] == nil {
			order = append(order, w)
		}
		ids[w] = append(ids[w], u.ID)
	}
	parts := make([]string, len(order))
	for i, w := range order {
		parts[i] = w + ": " + strings.Join(ids[w], ", ")
	}
	return strings.Join(parts, "; ")
}

// people says what is known of the users.
func (d *doctor) people() {
	users := d.survey.Cast.Users
	if d.survey.Refused != "" {
		d.add("sign-in", preflight.Broken, d.survey.Remedy, "%s", d.survey.Refused)
		users = slices.DeleteFunc(slices.Clone(users), func(u *fixtures.User) bool {
			return u.State == "" && u.Barred != ""
		})
	} else {
		d.add("sign-in", preflight.Fine, "", "%d of %d %s, one GET each", len(users), len(users), text.Plural(len(users), "user"))
	}
	if mode := d.survey.AuthMode; mode != "" {
		byToken := named(users, func(u *fixtures.User) bool { return u.ByToken() })
		d.add("sign-in mode", preflight.Fine, "", "%s; by single sign-on: %s", mode, cmp.Or(byToken, "nobody of the cast"))
	}
	if !d.signIn && named(users, func(u *fixtures.User) bool { return u.State == spec.Logout }) != "" {
		d.add("extensions in use", preflight.Fine, "", "not tried; --sign-in signs everybody who is signed out in and out again")
	}
	d.add("roles", preflight.Fine, "", "%s", grouped(users, func(u *fixtures.User) string { return string(u.Role) }))
	d.add("teams", preflight.Fine, "", "%s", grouped(users, func(u *fixtures.User) string { return cmp.Or(u.Team, "no team") }))
	d.supervision(users)
	if without := named(users, func(u *fixtures.User) bool { return u.Extension == "" }); without != "" {
		d.add("extensions", preflight.Lacking, "give them an extension in the configuration", "none known for %s, who cannot sign in to work", without)
	} else {
		d.add("extensions", preflight.Fine, "", "%s", pairs(users, func(u *fixtures.User) string { return u.Extension }))
	}
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		finding := preflight.Fine
		if named(users, func(u *fixtures.User) bool { return slices.Contains(u.CodesUnknown, category) }) != "" {
			finding = preflight.Lacking
		}
		d.add(string(category)+" reason codes", finding, "", "%s", grouped(users, func(u *fixtures.User) string { return codeList(u, category) }))
	}
	if o := d.survey.Other; o != nil && o.Why == "" {
		d.add("other node", preflight.Fine, "", "%s, with the same users; %s", o.URL, cmp.Or(o.Clock(), "its clock is not known"))
	}
	for _, note := range d.survey.Notes {
		d.add("note", preflight.Lacking, "", "%s", note)
	}
	d.add("wrap-up", preflight.Fine, "", "%s", grouped(users, wrapUpSeen))
	d.add("states", preflight.Fine, "", "%s", grouped(users, func(u *fixtures.User) string { return string(u.State) }))
	for _, u := range users {
		if u.Barred != "" {
			d.add("user "+u.ID, preflight.Lacking, "", "left alone: %s", u.Barred)
		}
	}
}

func (d *doctor) supervision(users []*fixtures.User) {
	var texts []string
	for _, u := range users {
		if u.Role == spec.RoleSupervisor {
			var reach []string
			for _, o := range users {
				if o != u && u.HasTeam(o.Team) {
					reach = append(reach, o.ID)
				}
			}
			texts = append(texts, fmt.Sprintf("%s has the teams %s, with %s", u.ID, cmp.Or(strings.Join(u.Supervises, ", "), "of nobody"), cmp.Or(text.Enumerate(reach), "nobody of the cast")))
		}
	}
	if len(texts) == 0 {
		d.add("supervision", preflight.Lacking, "add a supervisor", "no supervisor in the cast")
		return
	}
	d.add("supervision", preflight.Fine, "", "%s", strings.Join(texts, "; "))
}

func codeList(u *fixtures.User, category spec.Category) string {
	if slices.Contains(u.CodesUnknown, category) {
		return "could not be read"
	}
	var labels []string
	for _, c := range u.Codes[category] {
		labels = append(labels, c.ID+" "+text.Said(c.Label, mostSaid))
	}
	return cmp.Or(strings.Join(labels, ", "), "none")
}

func wrapUpSeen(u *fixtures.User) string {
	text := "unknown"
	if u.WrapUpIncoming != "" || u.WrapUpOutgoing != "" {
		text = fmt.Sprintf("incoming %s, outgoing %s", cmp.Or(u.WrapUpIncoming, "unknown"), cmp.Or(u.WrapUpOutgoing, "unknown"))
	}
	if u.WrapUpTimer > 0 {
		text += fmt.Sprintf(", timer %v", u.WrapUpTimer)
	}
	return text
}

func named(users []*fixtures.User, which func(*fixtures.User) bool) string {
	var ids []string
	for _, u := range users {
		if which(u) {
			ids = append(ids, u.ID)
		}
	}
	return text.Enumerate(ids)
}

func pairs(users []*fixtures.User, of func(*fixtures.User) string) string {
	var texts []string
	for _, u := range users {
		texts = append(texts, u.ID+" on "+of(u))
	}
	return strings.Join(texts, ", ")
}

// mostSaid is how many bytes of what a target says go into a line.
const mostSaid = 200
