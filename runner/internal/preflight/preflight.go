package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// Survey is what a run has to know of its target and users before it begins.
type Survey struct {
	Deployment spec.Deployment
	Release    spec.Release // zero where neither target nor configuration tells
	// AuthMode is how users sign in as SystemInfo tells it (systemAuthMode):
	// NON_SSO, SSO or HYBRID; "" where it does not.
	AuthMode string
	// Dialogs says whether the target has the Dialog API.
	Dialogs bool
	// XMPPDomain and XMPPPubSubDomain are for the notification service, as
	// configured, else as SystemInfo gives them, else "".
	XMPPDomain, XMPPPubSubDomain string
	// XMPPPorts are the ports of the notification service on each host that
	// SystemInfo names, by scheme.
	XMPPPorts map[string]map[string]string
	// Cast is filled in from the target. Whoever must not be touched is
	// Barred.
	Cast *fixtures.Cast
	// Extensions are those on which users were signed in, by id.
	Extensions map[string]string
	// Other is the other node of a system of two, nil where none is asked for.
	Other *OtherNode
	// Refused says which users could not sign in and why, "" where all could.
	Refused string
	// Notes are what a person should know before the run, a line each.
	Notes     []string
	Exchanges []evidence.Exchange
}

// Latency is how long the answers took: the median, and the slowest.
func (s *Survey) Latency() (typical, slowest time.Duration) {
	var all []time.Duration
	for _, x := range s.Exchanges {
		all = append(all, x.Duration)
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)-1]
}

// Obstacle classes what keeps a target from being certified. The set is closed.
type Obstacle string

// The obstacles.
const (
	obstacleSilent     Obstacle = "silent"      // it cannot be reached
	obstacleRedirected Obstacle = "redirected"  // it sends elsewhere
	obstacleNoFinesse  Obstacle = "no_finesse"  // SystemInfo is not that of a Finesse
	obstacleUsers      Obstacle = "users"       // users of the cast cannot be used
	obstacleOtherNode  Obstacle = "other_node"  // the other node is none of this system
	obstacleNotServing Obstacle = "not_serving" // it says that it is not in service
)

// ObstacleOf gives the obstacle of an error of a preflight, "" for none.
func ObstacleOf(err error) Obstacle {
	var unable *Unable
	var out *OutOfService
	switch {
	case errors.As(err, &unable):
		return unable.Obstacle
	case errors.As(err, &out):
		return obstacleNotServing
	}
	return ""
}

// Unable is the error of a target that cannot be certified (exit 3): one
// reason that a person can act on.
type Unable struct {
	Obstacle Obstacle
	Reason   string
}

func (u *Unable) Error() string { return u.Reason }

// ExitCode is that of a target that cannot be certified.
func (u *Unable) ExitCode() int { return exit.Uncertifiable }

// OutOfService is the error of a target whose SystemInfo is not that of one
// in service (exit 3): that is what USR-07 is about.
type OutOfService struct {
	Status string // what SystemInfo said instead
	Reason string
}

func (o *OutOfService) Error() string { return o.Reason }

// ExitCode is that of a target that cannot be certified.
func (o *OutOfService) ExitCode() int { return exit.Uncertifiable }

// atOnce is how many requests are under way at the same time.
const atOnce = 24

// Options say how strict a preflight is.
type Options struct {
	// Force touches users who are on a call or not in a resting state, too.
	Force bool
	// Lenient goes on without the users whose sign-in fails, as long as there
	// is one left.
	Lenient bool
}

// Run asks the target what a run has to know, and fills in the cast.
// Each user signs in with one GET of its own User; one whose sign-in fails is
// asked for nothing more. Users who are on a call or not in a resting state
// are barred, with Force they are not. Nothing on the target changes.
//
// The error is an *Unable or an *OutOfService, or the context's. The survey
// is there in any case, as far as it got.
func Run(ctx context.Context, c *client.Client, t *config.Target, cast *fixtures.Cast, o Options) (*Survey, error) {
	p := &preflight{
		client: c, target: t, options: o, rec: &client.Recorder{},
		survey: &Survey{Cast: cast, Extensions: map[string]string{}},
	}
	err := p.fly(ctx)
	p.survey.Exchanges = p.rec.Exchanges()
	p.survey.Refused = p.refusals()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return p.survey, err
}

// preflight is one under way.
type preflight struct {
	client  *client.Client
	target  *config.Target
	options Options
	rec     *client.Recorder

	mu       sync.Mutex // guards survey, users included, while several are asked for
	survey   *Survey
	failures map[string][]string // why users cannot be used, and who
}

func (p *preflight) fly(ctx context.Context) error {
	x := p.get(ctx, nil, "/finesse/api/SystemInfo", "")
	closed := x.Status == http.StatusUnauthorized || x.Status == http.StatusForbidden
	if closed { // it is open to everybody in what is documented, and need not be here
		if err := p.users(ctx); err != nil {
			return err
		}
		x = p.get(ctx, p.survey.Cast.Usable()[0], "/finesse/api/SystemInfo", "")
	}
	err := p.systemInfo(x)
	var untold *untold
	if err != nil && !errors.As(err, &untold) {
		return err
	}
	if !closed {
		if err := p.users(ctx); untold != nil && !p.anybody() {
			return &untold.Unable
		} else if err != nil {
			return err
		}
	}
	if untold != nil {
		p.assume(x)
	}
	p.details(ctx)
	if err := p.nodes(ctx, x); err != nil {
		return err
	}
	p.sort()
	return nil
}

// systemInfo reads deployment, release and status.
func (p *preflight) systemInfo(x evidence.Exchange) error {
	s, t := p.survey, p.target
	s.Deployment, s.Release = t.Deployment, t.Release
	s.XMPPDomain, s.XMPPPubSubDomain = t.XMPPDomain, t.XMPPPubSubDomain
	switch {
	case x.Err != "":
		return &Unable{obstacleSilent, fmt.Sprintf("%s cannot be reached: %s", p.at(), explain(x.Err))}
	case x.Status == http.StatusServiceUnavailable:
		return &OutOfService{Status: "HTTP 503", Reason: p.at() + " is out of service: SystemInfo was answered with HTTP 503" + Saying(x)}
	case x.Status/100 == 3:
		return &Unable{obstacleRedirected, fmt.Sprintf("%s redirects to %q: %s", p.at(), withoutQuery(x.ResponseHeader["Location"]), p.redirected(x.ResponseHeader["Location"]))}
	case x.Status/100 != 2 && t.Deployment != "": // whether it is one shows with the users
		p.note("SystemInfo was answered with HTTP %d; the deployment is the configured %s", x.Status, t.Deployment)
		return nil
	case x.Status/100 != 2:
		return &untold{Unable{obstacleNoFinesse, fmt.Sprintf("%s is no Finesse API that can be certified: GET SystemInfo was answered with HTTP %d%s%s", p.at(), x.Status, Saying(x), perhaps(x, t))}}
	}
	root, err := parseRoot(x.ResponseBody)
	switch {
	case err != nil && t.Deployment != "":
		p.note("SystemInfo is %v; the deployment is the configured %s", err, t.Deployment)
		return nil
	case err != nil, strings.EqualFold(root.Data, "html"):
		what := "a page of HTML"
		if err != nil {
			what = err.Error()
		}
		return &Unable{obstacleNoFinesse, fmt.Sprintf("%s is no Finesse API that can be certified: SystemInfo is %s", p.at(), what)}
	}
	if status := textAt(root, "status"); status != "IN_SERVICE" {
		return &OutOfService{Status: orNothing(status), Reason: fmt.Sprintf("%s is not in service: SystemInfo has the status %s%s",
			p.at(), orNothing(status), bracketed(textAt(root, "statusReason")))}
	}
	told := spec.Deployment(strings.ToUpper(textAt(root, "deploymentType")))
	switch {
	case slices.Contains(spec.Deployments(), told):
		if s.Deployment != "" && s.Deployment != told {
			p.note("SystemInfo says %s, and the run is told that this is %s: the clauses of %s are applied", told, s.Deployment, s.Deployment)
		} else {
			s.Deployment = told
		}
	case s.Deployment == "":
		return &OutOfService{Status: "deploymentType " + orNothing(string(told)), Reason: fmt.Sprintf(
			"%s does not tell whether it is UCCE or UCCX: SystemInfo has the deploymentType %s; say which with --deployment", p.at(), orNothing(string(told)))}
	}
	for _, name := range []string{"finesseVersion", "systemVersion", "release", "version"} { // none is documented
		if r, err := spec.ParseRelease(textAt(root, name)); s.Release.IsZero() && err == nil {
			s.Release = r
		}
	}
	p.service(root)
	return nil
}

// untold is the error of a target that gives no SystemInfo: whether it is a
// Finesse API shows with the users.
type untold struct{ Unable }

// anybody reports whether the target showed one of the users.
func (p *preflight) anybody() bool {
	return slices.ContainsFunc(p.survey.Cast.Users, func(u *fixtures.User) bool { return u.State != "" })
}

// assume takes the deployment to be what the users look like: settings for
// wrap-up are of Unified CCE (User API parameters), whose ids are the numbers of
// peripherals; an id that is no number is of Unified CCX.
func (p *preflight) assume(x evidence.Exchange) {
	s, why := p.survey, "nothing of its users says otherwise"
	s.Deployment = spec.UCCE
	for _, u := range s.Cast.Usable() {
		switch {
		case u.WrapUpIncoming != "" || u.WrapUpOutgoing != "":
			s.Deployment, why = spec.UCCE, fmt.Sprintf("user %s has settings for wrap-up", u.ID)
		case strings.Trim(u.ID, "0123456789") != "":
			s.Deployment, why = spec.UCCX, fmt.Sprintf("the id of user %s is no number", u.ID)
		default:
			continue
		}
		break
	}
	p.note("SystemInfo was answered with HTTP %d%s: the deployment is taken to be %s, since %s; --deployment says what it is", x.Status, Saying(x), s.Deployment, why)
}

// redirected says what a redirect of the first request may come of.
func (p *preflight) redirected(location string) string {
	u, err := url.Parse(location)
	if err == nil && strings.HasSuffix(u.Path, "/finesse/api/SystemInfo") {
		return "give the address that it should be"
	}
	return "something before the API wants a sign-in of its own, or the address is another one; have this machine let through, or give what it asks for under target.headers or as a client certificate (target.cert_file)"
}

// perhaps says what an answer to the first request often comes of.
func perhaps(x evidence.Exchange, t *config.Target) string {
	switch {
	case x.Status == http.StatusBadRequest && t.URL.Scheme == "http" && strings.Contains(x.ResponseBody, "HTTPS"):
		return ": it speaks TLS there; use https://"
	case x.Status == http.StatusNotFound:
		return ": the address is what comes before /finesse/api; check it, or say with --deployment what it is"
	}
	return ""
}

// users signs everybody in with one GET each.
func (p *preflight) users(ctx context.Context) error {
	var questions []func()
	for _, u := range p.survey.Cast.Users {
		questions = append(questions, func() { p.signIn(ctx, u) })
	}
	sideBySide(questions)
	p.sort()
	if len(p.failures) > 0 && !(p.options.Lenient && len(p.survey.Cast.Usable()) > 0) {
		return &Unable{obstacleUsers, p.refusals() + "; correct the configuration, or take them out of it"}
	}
	return nil
}

// details asks for calls and reason codes, and bars who must not be touched.
func (p *preflight) details(ctx context.Context) {
	usable := p.survey.Cast.Usable()
	var questions []func()
	for _, u := range usable {
		questions = append(questions,
			func() { p.calls(ctx, u) },
			func() { p.codes(ctx, u, spec.CategoryNotReady) },
			func() { p.codes(ctx, u, spec.CategoryLogout) },
		)
	}
	sideBySide(questions)
	for _, u := range usable {
		if why := atWork(u); why != "" && !p.options.Force {
			u.Barred = why + "; --force touches it nevertheless"
		}
	}
	for _, u := range p.survey.Cast.Users {
		if u.Barred != "" {
			p.note("user %s is left alone: %s", u.ID, u.Barred)
		}
	}
}

// atWork says why somebody seems to sit at the user's desk.
func atWork(u *fixtures.User) string {
	switch {
	case u.Calls > 0:
		return fmt.Sprintf("it has %d call(s), in the state %s", u.Calls, u.State)
	case u.State.OnCall(), u.State == spec.Work, u.State == spec.WorkReady, u.State == spec.Unknown:
		return fmt.Sprintf("its state %s is not a resting one", u.State)
	case u.Pending != "":
		return fmt.Sprintf("a change to %s is pending", u.Pending)
	}
	return ""
}

// sideBySide asks questions, several at the same time.
func sideBySide(questions []func()) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, ask := range questions {
		g.Go(func() error { ask(); return nil })
	}
	_ = g.Wait() // nothing in it gives an error
}

func (p *preflight) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.survey.Notes = append(p.survey.Notes, fmt.Sprintf(format, args...))
}

// fail notes why a user cannot be used.
func (p *preflight) fail(user, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == nil {
		p.failures = map[string][]string{}
	}
	why := fmt.Sprintf(format, args...)
	p.failures[why] = append(p.failures[why], user)
}

// refusals says who cannot be used and why, each reason once.
func (p *preflight) refusals() string {
	var texts []string
	for why, users := range p.failures {
		slices.Sort(users)
		what := "user "
		if len(users) > 1 {
			what = "users "
		}
		texts = append(texts, what+strings.Join(users, ", ")+" "+why)
	}
	slices.Sort(texts)
	return strings.Join(texts, "; ")
}

// sort brings what was noted at the same time into an order.
func (p *preflight) sort() {
	slices.Sort(p.survey.Notes)
}

func (p *preflight) at() string { return text.WithoutCredentials(p.target.URL.String()) }

// Saying gives what an error body says, for a reason.
func Saying(x evidence.Exchange) string {
	root, err := parseRoot(x.ResponseBody)
	if err != nil {
		return ""
	}
	var said []string
	for _, name := range []string{"ErrorType", "ErrorMessage"} {
		if t, _ := xmlbody.Text(root, "ApiError/"+name); strings.TrimSpace(t) != "" {
			said = append(said, strings.TrimSpace(t))
		}
	}
	return bracketed(strings.Join(said, ", "))
}

func bracketed(said string) string {
	if said == "" {
		return ""
	}
	return " (" + bounded(said) + ")"
}

func orNothing(said string) string {
	if said == "" {
		return "that is not there"
	}
	return fmt.Sprintf("%q", bounded(said))
}

// bounded cuts what a target says.
func bounded(said string) string { return text.Truncate(said, 200) }
