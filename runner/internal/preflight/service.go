package preflight

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
)

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
