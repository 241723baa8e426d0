package xmlbody_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"finesse-conformance/internal/xmlbody"
)

// TestHostileBodies has one line for every way in which a body is none; the message is what a person
// reads in the report.
func TestHostileBodies(t *testing.T) {
	user := strings.TrimSpace(body(t, "User/ucce-12.5-ready.xml"))
	_, bare, _ := strings.Cut(user, "\n")
	const notXML = "not well-formed XML: "
	tests := []struct{ name, contentType, body, want string }{
		{"empty", "application/xml", "", notXML + "line 1, column 1 (offset 0): the body is empty"},
		{"blank", "application/xml", " \r\n\t", notXML + "line 1, column 1 (offset 0): the body is empty"},
		{"text", "application/xml", "OK", notXML + "line 1, column 1 (offset 0): text outside of the root element"},
		{"JSON", "application/xml", `{"state":"READY"}`, notXML + "line 1, column 1 (offset 0): text outside of the root element"},
		{"comment alone", "application/xml", "<!-- nothing -->", notXML + "line 1, column 17 (offset 16): no root element"},
		{"cut in a tag", "application/xml", "<User><state", notXML + "line 1, column 13 (offset 12): unexpected EOF"},
		{"cut in text", "application/xml", "<User>\n<state>READ", notXML + "line 2, column 12 (offset 18): unexpected EOF"},
		{"cut in the declaration", "application/xml", "<?xml version=", notXML + "line 1, column 15 (offset 14): unexpected EOF"},
		{"wrong end", "application/xml", "<User><state>READY</User></state>", notXML + "line 1, column 26 (offset 25): element <state> closed by </User>"},
		{"garbage behind", "application/xml", bare + "\ngarbage", notXML + "line 1, column 601 (offset 600): text outside of the root element"},
		{"a second root", "application/xml", "<User/>\n<User/>", notXML + "line 2, column 1 (offset 8): a second root element User"},
		{"late declaration", "application/xml", "\n<?xml version=\"1.0\"?><User/>", notXML + "line 2, column 1 (offset 1): the XML declaration is not at the start"},
		{"doubled attribute", "application/xml", `<ReasonCodes category="LOGOUT" category="NOT_READY"/>`, notXML + "line 1, column 1 (offset 0): attribute category occurs twice"},
		{"NUL", "application/xml", "<User>\n\x00</User>", notXML + "line 2, column 1 (offset 7): NUL byte"},
		{"control character", "application/xml", "<User>\x01</User>", notXML + "line 1, column 8 (offset 7): illegal character code U+0001"},
		{"invalid UTF-8", "application/xml", "<User>\xff\xfe</User>", notXML + "line 1, column 7 (offset 6): not valid UTF-8"},
		{"unknown entity", "application/xml", "<User>&state;</User>", notXML + "line 1, column 14 (offset 13): invalid character entity &state;"},
		{"document type", "application/xml", `<!DOCTYPE User SYSTEM "file:///etc/passwd"><User/>`, notXML + "line 1, column 1 (offset 0): document types are refused"},
		{"entities", "application/xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE User [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<User><state>&b;</state></User>", notXML + "line 2, column 1 (offset 22): document types are refused"},
		{"entity from elsewhere", "application/xml", "<!DOCTYPE u [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x\"> %x;]><User/>", notXML + "line 1, column 1 (offset 0): document types are refused"},
		{"document type behind the root", "application/xml", "<User/><!DOCTYPE User>", notXML + "line 1, column 8 (offset 7): document types are refused"},
		{"wide", "application/xml", "<a>" + strings.Repeat("<b/>", 20_000) + "</a>", notXML + "line 1, column 80000 (offset 79999): more than 20000 elements and attributes"},
		{"deep", "application/xml", strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65), notXML + "line 1, column 193 (offset 192): elements nest deeper than 64"},
		{"XML 1.1", "application/xml", `<?xml version="1.1"?><User/>`, notXML + `line 1, column 22 (offset 21): xml: unsupported version "1.1"; only version 1.0 is supported`},
		{"unbound prefix", "application/xml", `<f:User/>`, notXML + "line 1, column 1 (offset 0): the prefix f has no namespace"},

		{"HTML", "text/html;charset=utf-8", "<html/>", `Content-Type is "text/html;charset=utf-8", expected application/xml`},
		{"JSON type", "application/json", bare, `Content-Type is "application/json", expected application/xml`},
		{"no type", ";", bare, `Content-Type ";" cannot be read: mime: no media type`},
		{"unknown charset", "application/xml; charset=x-finesse", bare, `charset "x-finesse" is not supported, expected UTF-8`},
		{"unknown declared charset", "application/xml", `<?xml version="1.0" encoding="EBCDIC-CP-US"?><User/>`, `charset "EBCDIC-CP-US" is not supported, expected UTF-8`},
		{"UTF-7", "application/xml; charset=utf-7", bare, `charset "utf-7" is not supported, expected UTF-8`},

		{"HTML root", "application/xml", "<html><body>Login</body></html>", "html: the root element is html, expected User"},
		{"another root", "application/xml", "<Users>" + bare + "</Users>", "Users: the root element is Users, expected User"},
		{"another case", "application/xml", strings.ReplaceAll(bare, "User>", "USER>"), "USER: the root element is USER, expected User"},
		{"a namespace", "application/xml", strings.Replace(bare, "<User>", `<User xmlns="urn:x">`, 1), "{urn:x}User: the root element is {urn:x}User, expected User"},
	}
	v := newValidator(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report := v.Validate("User", test.contentType, []byte(test.body))
			if len(report.Problems) != 1 || report.First() != test.want {
				t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(lines(report.Problems), "\n"), test.want)
			}
			if seen := report.Problems[0].Seen; !utf8.ValidString(seen) {
				t.Errorf("seen %q", seen)
			}
		})
	}
}

func TestSyntaxErrorIsForPrograms(t *testing.T) {
	_, err := xmlbody.Parse("application/xml", []byte("<User>\n<state>"))
	var syntax *xmlbody.SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 2 || syntax.Column != 8 || syntax.Offset != 14 {
		t.Errorf("error %#v", err)
	}
}

// TestMediaTypesAndCharsets has one body in every charset that is read, and says that the names of media
// types and charsets are compared without regard to case.
func TestMediaTypesAndCharsets(t *testing.T) {
	text := strings.Replace(body(t, "User/uccx-talking.xml"), "One</lastName>", "Žlutý</lastName>", 1)
	latin := strings.Replace(body(t, "User/uccx-talking.xml"), "One</lastName>", "Müller</lastName>", 1)
	encode := func(s string, e interface {
		Bytes([]byte) ([]byte, error)
	}) string {
		out, err := e.Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	utf16 := func(s string, order unicode.Endianness, bom unicode.BOMPolicy) string {
		return encode(s, unicode.UTF16(order, bom).NewEncoder())
	}
	declared := strings.Replace(latin, `encoding="UTF-8"`, `encoding='iso-8859-1'`, 1)
	tests := []struct{ contentType, body, last string }{
		{"application/xml", text, "Žlutý"},
		{"Application/XML", text, "Žlutý"},
		{"Application/xml", text, "Žlutý"},
		{`APPLICATION/XML; Charset="UTF-8"`, text, "Žlutý"},
		{"text/xml;charset=utf-8", text, "Žlutý"},
		{"text/xml", text, "Žlutý"},
		{"", text, "Žlutý"},
		{"application/xml", "\ufeff" + text, "Žlutý"},
		{"application/xml;charset=iso-8859-1", encode(latin, charmap.ISO8859_1.NewEncoder()), "Müller"},
		{"application/xml", encode(declared, charmap.ISO8859_1.NewEncoder()), "Müller"},
		{"application/xml;charset=UTF-8", declared, "Müller"}, // the header goes before the declaration
		{"text/xml;charset=windows-1252", encode(latin, charmap.Windows1252.NewEncoder()), "Müller"},
		{"text/xml;charset=ISO-8859-15", encode(latin, charmap.ISO8859_15.NewEncoder()), "Müller"},
		{"application/xml;charset=utf-16", utf16(text, unicode.BigEndian, unicode.UseBOM), "Žlutý"},
		{"application/xml", utf16(text, unicode.LittleEndian, unicode.UseBOM), "Žlutý"},
		{"application/xml;charset=utf-8", utf16(text, unicode.BigEndian, unicode.UseBOM), "Žlutý"}, // the mark goes before the header
		{"application/xml;charset=utf-16le", utf16(text, unicode.LittleEndian, unicode.IgnoreBOM), "Žlutý"},
		{"application/xml;charset=utf-16be", utf16(text, unicode.BigEndian, unicode.IgnoreBOM), "Žlutý"},
		{"application/xml;charset=utf-16", utf16(text, unicode.BigEndian, unicode.IgnoreBOM), "Žlutý"},
	}
	v := newValidator(t)
	for _, test := range tests {
		report := v.Validate("User", test.contentType, []byte(test.body))
		if !report.Valid() {
			t.Errorf("%q %.20q: %s", test.contentType, test.body, report.First())
		}
		if last, _ := xmlbody.Text(report.Document, "User/lastName"); last != test.last {
			t.Errorf("%q %.20q: last name %q", test.contentType, test.body, last)
		}
	}
}

// TestLargeBodiesAreJudgedInTime feeds what makes careless code quadratic: a body four times as long may
// not take much more than four times as long. Reports stay short.
func TestLargeBodiesAreJudgedInTime(t *testing.T) {
	const small, large = 1 << 15, 1 << 17
	repeat := func(s string) func(int) string {
		return func(size int) string { return strings.Repeat(s, size/len(s)) }
	}
	bodies := []struct {
		name, before string
		fill         func(size int) string
		after        string
	}{
		{"one text", "<User><state>", repeat("A"), "</state></User>"},
		{"escaped characters", "<User><state>", repeat("&amp;"), "</state></User>"},
		{"many texts", "<User>", repeat("a<!---->"), "</User>"},
		{"one unknown name", "<User>", repeat("<x/>"), "</User>"},
		{"many unknown names", "<User>", names, "</User>"},
		{"many states", "<User>", repeat("<state/>"), "</User>"},
		{"many roles", "<User><roles>", repeat("<role/>"), "</roles></User>"},
		{"many attributes", "<User", attributes, "/>"},
		{"many namespaces", "<User>", repeat("<x xmlns='a'/>"), "</User>"},
		{"many lines", "", repeat("\n"), "<"},
		{"a long name", "<", repeat("n"), "/>"},
		{"never closed", "", repeat("<a>"), ""},
	}
	v := newValidator(t)
	for _, body := range bodies {
		t.Run(body.name, func(t *testing.T) {
			judge := func(size int) time.Duration {
				text := []byte(body.before + body.fill(size) + body.after)
				start := worked()
				report := v.Validate("User", "application/xml", text)
				took := worked() - start
				if report.Valid() || len(report.Problems) > 50 || len(report.Extra) > 50 {
					t.Fatalf("%d problems, %d extra", len(report.Problems), len(report.Extra))
				}
				for _, p := range report.Problems {
					if len(p.String()) > 600 {
						t.Fatalf("a problem of %d bytes", len(p.String()))
					}
				}
				return took
			}
			one, four := judge(small), judge(large)
			for range 5 { // the machine does other things too
				if four <= 10*one || four <= 200*time.Millisecond {
					return
				}
				one, four = min(one, judge(small)), min(four, judge(large))
			}
			t.Errorf("%v, and %v for four times as much", one, four)
		})
	}
}

func names(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "<x%d/>", i)
	}
	return b.String()
}

func attributes(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, " x%d=''", i)
	}
	return b.String()
}
