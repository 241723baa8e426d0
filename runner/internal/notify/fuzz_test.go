package notify

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

var seeds = []string{
	`<message from="a" to="b"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/n"><item><notification xmlns="urn:xmpp:push:0">&lt;Update&gt;&lt;data&gt;&lt;user/&gt;&lt;/data&gt;&lt;/Update&gt;</notification></item></items></event></message>`,
	`<message><event xmlns="http://jabber.org/protocol/pubsub#event"><items><item><notification><Update><data><apiErrors><apiError/></apiErrors></data></Update></notification></item><retract/></items></event></message>`,
	`<message><event xmlns="http://jabber.org/protocol/pubsub"><items><item/><item><notification><![CDATA[<Update/>]]></notification></item></items></event></message>`,
	`<a/> <b x='1'/><!-- c --><?p i?><d>e</d`,
	`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
	"\xef\xbb\xbf<a>\r\n</a>",
}

// Whatever a server sends is read, or refused, without harm; what was read is a part of what was sent.
func FuzzMessage(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parse(data)
		if err != nil {
			return
		}
		if !bytes.Contains(data, e.inner) {
			t.Errorf("element with %q inside of %q", e.inner, data)
		}
		for _, event := range parseMessage(e, time.Now()) {
			if event.Event == "" && event.Problem == "" {
				t.Errorf("event %+v", event)
			}
		}
	})
}

func FuzzStream(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(`<stream:stream xmlns:stream="http://etherx.jabber.org/streams">` + s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1000
		l := &tcpLink{record: &recorder{r: bufio.NewReader(bytes.NewReader(data)), limit: limit}}
		l.source = source{xml.NewDecoder(l.record), l.record.slice}
		for range len(data) + 2 {
			e, err := l.next()
			if err != nil {
				if explain(err).Error() == "" {
					t.Error("an error without words")
				}
				return
			}
			if len(e.inner) > limit || !bytes.Contains(data, e.inner) {
				t.Errorf("element with %q inside of %q", e.inner, data)
			}
		}
		t.Error("the stream does not end")
	})
}

func TestInner(t *testing.T) {
	e, err := parse([]byte(` <a x="1"> &lt;<b/>&amp;<c>d</c></a> `))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range append([]*element{e}, e.children...) {
		got = append(got, string(e.inner)+"|"+e.text)
	}
	want := ` &lt;<b/>&amp;<c>d</c>| <&, |, d|d`
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
