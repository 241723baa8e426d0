package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	// Remedy is what to do about those who were Refused.
	Remedy string
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
	p.survey.Refused, p.survey.Remedy = p.refusals(), p.remedy()
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
	mistaken bool                // whether the configuration may be to blame for one of them
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
		if err := p.users(ctx); untold != nil && !slices.ContainsFunc(p.survey.Cast.Users, func(u *fixtures.User) bool { return u.State != "" }) {
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

// users signs everybody in with one GET each.
func (p *preflight) users(ctx context.Context) error {
	var questions []func()
	for _, u := range p.survey.Cast.Users {
		questions = append(questions, func() { p.signIn(ctx, u) })
	}
	sideBySide(questions)
	p.sort()
	if len(p.failures) > 0 && !(p.options.Lenient && len(p.survey.Cast.Usable()) > 0) {
		return &Unable{obstacleUsers, p.refusals() + "; " + p.remedy()}
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

// fail notes why a user cannot be used, and whether the target answered at all.
func (p *preflight) fail(user string, unserved bool, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == nil {
		p.failures = map[string][]string{}
	}
	p.mistaken = p.mistaken || !unserved
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

// remedy says what to do about those who cannot be used.
func (p *preflight) remedy() string {
	if p.mistaken {
		return "correct the configuration, or take them out of it"
	}
	return "see to the target, or to what stands before it, and run again"
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
