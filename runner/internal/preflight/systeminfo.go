package preflight

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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

// service reads from SystemInfo where the notification service is. What is
// configured beats it; the publish-subscribe service of another domain than
// the configured one is none of it.
func (p *preflight) service(root *xmlquery.Node) {
	s, domain := p.survey, textAt(root, "xmppDomain")
	s.AuthMode = textAt(root, "systemAuthMode")
	s.XMPPDomain = cmp.Or(s.XMPPDomain, domain)
	if strings.EqualFold(s.XMPPDomain, domain) {
		s.XMPPPubSubDomain = cmp.Or(s.XMPPPubSubDomain, textAt(root, "xmppPubSubDomain"))
	}
	s.XMPPPorts = map[string]map[string]string{}
	for _, node := range []string{"primaryNode/", "secondaryNode/"} {
		host := strings.ToLower(textAt(root, node+"host"))
		if host == "" || s.XMPPPorts[host] != nil {
			continue
		}
		s.XMPPPorts[host] = map[string]string{}
		for scheme, name := range map[string]string{"xmpp": "xmppPort", "xmpps": "xmppSecurePort"} {
			if n, err := strconv.Atoi(textAt(root, node+name)); err == nil && n > 0 && n < 1<<16 {
				s.XMPPPorts[host][scheme] = strconv.Itoa(n)
			}
		}
	}
}

// PortAt gives the port that SystemInfo tells for a host and scheme, "" where
// it tells none. Where the host is not among the nodes that it names, as
// behind a reverse proxy, it is the one that all of them have.
func (s *Survey) PortAt(host, scheme string) string {
	if ports, ok := s.XMPPPorts[strings.ToLower(host)]; ok {
		return ports[scheme]
	}
	common := ""
	for _, ports := range s.XMPPPorts {
		if p := ports[scheme]; common == "" {
			common = p
		} else if p != common {
			return ""
		}
	}
	return common
}

// ServiceAt gives an address of the notification service the port that
// SystemInfo tells for its host, where it has none. nil stays nil.
func (s *Survey) ServiceAt(u *url.URL) *url.URL {
	if u == nil || u.Port() != "" {
		return u
	}
	port := s.PortAt(u.Hostname(), u.Scheme)
	if port == "" {
		return u
	}
	whole := *u
	whole.Host = net.JoinHostPort(u.Hostname(), port)
	return &whole
}
