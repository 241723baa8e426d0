package preflight

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// OtherNode is the node of a system of two that a run watches and does not act
// on.
type OtherNode struct {
	URL string
	// Why says why it is not watched after all, "" where it is.
	Why string
	// Skew is by how much its clock is ahead of that of the node acted on, to
	// within Within; nothing is known where Within is zero.
	Skew, Within time.Duration
}

// nodesOf gives the hosts that a SystemInfo names, with the port of their API
// where it tells one.
func nodesOf(root *xmlquery.Node) (hosts []string, ports map[string]string) {
	ports = map[string]string{}
	for _, node := range []string{"primaryNode/", "secondaryNode/"} {
		host := strings.ToLower(textAt(root, node+"host"))
		if host == "" {
			continue
		}
		hosts = append(hosts, host)
		if n, err := strconv.Atoi(textAt(root, node+"httpsPort")); err == nil && n > 0 && n < 1<<16 {
			ports[node] = strconv.Itoa(n)
		}
	}
	return hosts, ports
}

// otherOf finds the address of the other node in the SystemInfo of the one at
// an address, or says why there is none.
func otherOf(root *xmlquery.Node, at *url.URL) (*url.URL, string) {
	hosts, ports := nodesOf(root)
	port := func(i int) string {
		if p := ports[[]string{"primaryNode/", "secondaryNode/"}[i]]; p != "" {
			return p
		}
		return at.Port()
	}
	address := func(i int) string { return net.JoinHostPort(hosts[i], port(i)) }
	switch {
	case len(hosts) < 2:
		return nil, "SystemInfo names no second node; name both in target.nodes"
	case address(0) == address(1):
		return nil, fmt.Sprintf("SystemInfo names the node %s twice; name both in target.nodes", address(0))
	}
	mine := net.JoinHostPort(strings.ToLower(at.Hostname()), at.Port())
	here := slices.IndexFunc([]int{0, 1}, func(i int) bool { return address(i) == mine })
	if here < 0 {
		return nil, fmt.Sprintf("SystemInfo names the nodes %s, and %s is neither of them; name both in target.nodes", text.Enumerate(hosts), mine)
	}
	other := *at
	other.Host = address(1 - here)
	return &other, ""
}

// nodes finds the other node of a system of two, where that is wanted, and
// makes sure that it is one of the same system.
func (p *preflight) nodes(ctx context.Context, first evidence.Exchange) error {
	if len(p.target.Nodes) == 0 && !p.target.FindNodes {
		return nil
	}
	p.survey.Other = &OtherNode{}
	here, err := parseRoot(first.ResponseBody)
	if err != nil {
		here = &xmlquery.Node{}
	}
	var other *url.URL
	if len(p.target.Nodes) > 1 {
		other = p.target.Nodes[1]
	} else {
		if other, p.survey.Other.Why = otherOf(here, p.target.URL); other == nil {
			p.note("the other node is not watched: %s", p.survey.Other.Why)
			return nil
		}
	}
	p.survey.Other.URL = text.WithoutCredentials(other.String())
	if err := p.oneMachine(ctx, other); err != nil {
		return err
	}
	p.client.SetOther(other)
	err = p.sameSystem(ctx, here)
	if err != nil || p.survey.Other.Why != "" {
		p.client.SetOther(nil)
	}
	if err == nil && p.survey.Other.Why != "" {
		p.note("the other node is not watched: %s", p.survey.Other.Why)
	}
	return err
}

// sameSystem asks the other node who it is. What is plainly another system is
// an error; one that cannot be asked now is not watched.
func (p *preflight) sameSystem(ctx context.Context, here *xmlquery.Node) error {
	at := "the other node " + p.survey.Other.URL
	wrong := func(format string, args ...any) error {
		return &Unable{obstacleOtherNode, at + " is none of this system: " + fmt.Sprintf(format, args...) + "; correct target.nodes"}
	}
	x := p.elsewhere(ctx, nil, "/finesse/api/SystemInfo")
	root, err := parseRoot(x.ResponseBody)
	switch {
	case signInPage(x):
		return &Unable{obstacleOtherNode, at + ": " + x.Err}
	case x.Err != "":
		p.survey.Other.Why = fmt.Sprintf("%s cannot be reached: %s", at, explain(x.Err))
		return nil
	case x.Status/100 == 3:
		return wrong("it redirects to %s", withoutQuery(x.ResponseHeader["Location"]))
	case x.Status == http.StatusServiceUnavailable:
		p.survey.Other.Why = at + " is out of service: HTTP 503"
		return nil
	case x.Status/100 != 2 || err != nil:
		return wrong("GET SystemInfo was answered with HTTP %d%s", x.Status, Saying(x))
	case !strings.EqualFold(textAt(root, "deploymentType"), textAt(here, "deploymentType")):
		return wrong("it is of the deployment type %s, the first node of %s", orNothing(textAt(root, "deploymentType")), orNothing(textAt(here, "deploymentType")))
	case textAt(root, "status") != "IN_SERVICE":
		p.survey.Other.Why = fmt.Sprintf("%s is not in service: SystemInfo has the status %s", at, orNothing(textAt(root, "status")))
		return nil
	}
	mine, _ := nodesOf(here)
	its, _ := nodesOf(root)
	slices.Sort(mine)
	slices.Sort(its)
	if len(mine) == 2 && len(its) == 2 && !slices.Equal(mine, its) {
		return wrong("its SystemInfo names the nodes %s, that of the first node %s", text.Enumerate(its), text.Enumerate(mine))
	}
	why, page := p.sameUsers(ctx)
	switch {
	case page != "":
		return &Unable{obstacleOtherNode, at + ": " + page}
	case why != "":
		return wrong("%s", why)
	}
	p.clocks(ctx)
	return nil
}

// signInPage reports whether somebody before a node gave a page to sign in, and
// with success, in place of what was asked for: then the error says what to do.
func signInPage(x evidence.Exchange) bool { return x.Barred && x.Status/100 == 2 }

// elsewhere reads something on the other node, as nobody where the user is nil.
func (p *preflight) elsewhere(ctx context.Context, u *fixtures.User, path string) evidence.Exchange {
	call := client.Call{As: u, Method: http.MethodGet, Path: path, Elsewhere: true, Purpose: evidence.ForPrepare}
	if u == nil {
		call.Credentials = client.None
	}
	return p.client.Do(ctx, p.rec, call)
}

// sameUsers says which users the other node does not know, "" for none, or what
// is to be done about a page to sign in that it gives. One that refuses somebody
// is asked as nobody else: refused sign-ins add up.
func (p *preflight) sameUsers(ctx context.Context) (why, page string) {
	for _, u := range p.survey.Cast.Usable() {
		x := p.elsewhere(ctx, u, "/finesse/api/User/"+u.ID)
		root, err := parseRoot(x.ResponseBody)
		switch {
		case signInPage(x):
			return "", x.Err
		case x.Err != "" || x.Status >= 500:
			p.survey.Other.Why = fmt.Sprintf("user %s could not be read on the other node: HTTP %d %s", u.ID, x.Status, bounded(x.Err))
			return "", ""
		case x.Status == http.StatusUnauthorized, x.Status == http.StatusNotFound:
			return fmt.Sprintf("it does not know user %s: HTTP %d%s", u.ID, x.Status, Saying(x)), ""
		case x.Status/100 != 2 || err != nil || root.Data != "User":
			p.survey.Other.Why = fmt.Sprintf("user %s could not be read on the other node: HTTP %d%s with no User", u.ID, x.Status, Saying(x))
			return "", ""
		case textAt(root, "loginId") != "" && textAt(root, "loginId") != u.ID:
			return fmt.Sprintf("it shows another user for %s", u.ID), ""
		}
	}
	return "", ""
}

// samples are how often the clocks of both nodes are read: the reading that was
// answered fastest is the closest.
const samples = 3

// clocks measures how far the clocks of both nodes are apart.
func (p *preflight) clocks(ctx context.Context) {
	o := p.survey.Other
	for range samples {
		first := p.get(ctx, nil, "/finesse/api/SystemInfo", "")
		other := p.elsewhere(ctx, nil, "/finesse/api/SystemInfo")
		if skew, within, ok := evidence.Skew(first, other); ok && (o.Within == 0 || within < o.Within) {
			o.Skew, o.Within = skew, max(within, time.Millisecond)
		}
	}
}

// oneMachine looks whether both addresses lead to one place: one node by two
// names, or a proxy that tells them apart by their names, which it cannot where
// one of them is none.
func (p *preflight) oneMachine(ctx context.Context, other *url.URL) error {
	if p.target.Proxy != nil || p.target.URL.Port() != other.Port() || p.target.URL.Hostname() == other.Hostname() {
		return nil
	}
	at := func(u *url.URL) []string {
		list, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
		if err != nil {
			return nil
		}
		return list
	}
	theirs := at(other)
	shared := slices.DeleteFunc(at(p.target.URL), func(a string) bool { return !slices.Contains(theirs, a) })
	switch {
	case len(shared) == 0:
	case nameless(p.target.URL) || nameless(other):
		return &Unable{obstacleOtherNode, fmt.Sprintf("the other node %s is the first one by another name: both lead to %s; correct target.nodes", p.survey.Other.URL, text.Enumerate(shared))}
	default:
		p.note("both nodes lead to %s: unless a proxy there tells them apart by their names, they are one node", text.Enumerate(shared))
	}
	return nil
}

// nameless reports whether an address has no name by which a proxy could tell
// a node.
func nameless(u *url.URL) bool {
	return net.ParseIP(u.Hostname()) != nil || strings.EqualFold(u.Hostname(), "localhost")
}

// Clock says how far the clock of the other node is apart, "" where nothing is
// known.
func (o *OtherNode) Clock() string {
	if o == nil || o.Within == 0 {
		return ""
	}
	return fmt.Sprintf("its clock is %v off, to within %v", o.Skew.Round(time.Millisecond), o.Within.Round(time.Millisecond))
}
