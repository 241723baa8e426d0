package preflight

import (
	"net/url"
	"testing"
)

// The domain and the ports of the notification service come from SystemInfo
// where they are not configured.
func TestNotificationService(t *testing.T) {
	const nodes = `<SystemInfo><primaryNode><host>Finesse1.example.com</host><xmppPort>15222</xmppPort><xmppSecurePort>15223</xmppSecurePort></primaryNode>` +
		`<secondaryNode><host>finesse2.example.com</host><xmppSecurePort>no</xmppSecurePort></secondaryNode>` +
		`<xmppDomain>finesse1.example.com</xmppDomain><xmppPubSubDomain>ps.finesse1.example.com</xmppPubSubDomain></SystemInfo>`
	root, err := parseRoot(nodes)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ domain, pubSub, wantDomain, wantPubSub string }{
		{"", "", "finesse1.example.com", "ps.finesse1.example.com"},
		{"FINESSE1.example.com", "", "FINESSE1.example.com", "ps.finesse1.example.com"},
		{"cc.example.com", "", "cc.example.com", ""},
		{"", "other.example.com", "finesse1.example.com", "other.example.com"},
		{"cc.example.com", "other.example.com", "cc.example.com", "other.example.com"},
	} {
		p := &preflight{survey: &Survey{XMPPDomain: test.domain, XMPPPubSubDomain: test.pubSub}}
		p.service(root)
		if s := p.survey; s.XMPPDomain != test.wantDomain || s.XMPPPubSubDomain != test.wantPubSub {
			t.Errorf("configured %+v: got %q and %q", test, s.XMPPDomain, s.XMPPPubSubDomain)
		}
		for address, want := range map[string]string{
			"xmpps://finesse1.example.com":        "xmpps://finesse1.example.com:15223",
			"xmpp://finesse1.example.com":         "xmpp://finesse1.example.com:15222",
			"xmpps://finesse1.example.com:5223":   "xmpps://finesse1.example.com:5223",
			"xmpps://finesse2.example.com":        "xmpps://finesse2.example.com",
			"wss://finesse1.example.com/ws/":      "wss://finesse1.example.com/ws/",
			"wss://finesse1.example.com:8445/ws/": "wss://finesse1.example.com:8445/ws/",
		} {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.survey.ServiceAt(u).String(); got != want {
				t.Errorf("%s: got %s, want %s", address, got, want)
			}
		}
	}
	if (&Survey{}).ServiceAt(nil) != nil {
		t.Error("an address came out of none")
	}
}
