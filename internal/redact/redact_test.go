package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/redact"
)

var words = []string{"READY", "NOT_READY", "xml", "application/xml", "Invalid Input", "User", "state", "stateChangeTime", "true", "GET", "finesse"}

// spellings are what a password can be read back from.
func spellings(user, password string) map[string]string {
	numbered, hexadecimal, json, mixed, percent := "", "", "", "", ""
	for i, r := range password {
		numbered += fmt.Sprintf("&#%d;", r)
		hexadecimal += fmt.Sprintf("&#x0%X;", r)
		json += fmt.Sprintf(`\u%04X`, r)
		mixed += []string{string(r), fmt.Sprintf("&amp;amp;#%d;", r), strings.ToLower(url.PathEscape(string(r)))}[i%3]
	}
	for _, c := range []byte(password) {
		percent += fmt.Sprintf("%%%02x", c)
	}
	pair := []byte(user + ":" + password)
	return map[string]string{
		"plain": password, "upper case": strings.ToUpper(password), "lower case": strings.ToLower(password),
		"XML": html.EscapeString(password), "XML twice": html.EscapeString(html.EscapeString(password)), "numbered": numbered,
		"hexadecimal references": hexadecimal, "references in XML": html.EscapeString(numbered), "JSON": json, "mixed": mixed,
		"query": url.QueryEscape(password), "query twice": url.QueryEscape(url.QueryEscape(password)), "path": url.PathEscape(password), "percent": percent,
		"hex": hex.EncodeToString([]byte(password)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(password))),
		"base64": base64.StdEncoding.EncodeToString([]byte(password)), "base64 for addresses": base64.URLEncoding.EncodeToString([]byte(password)),
		"pair": base64.StdEncoding.EncodeToString(pair), "SASL": base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
		"within base64":  base64.StdEncoding.EncodeToString([]byte("what ever " + password + " was")),
		"within base 64": base64.StdEncoding.EncodeToString([]byte("what ever  " + password + " was")),
	}
}

func TestSpellings(t *testing.T) {
	for _, password := range []string{"s3cret&<word", "correct horse/battery+staple", "pa ss'wörd☂", "GROSSE-Büchstaben", `back\slash"quote`, "100%25raw", "cisco7", "a.b.c-d"} {
		s := redact.New(func() []string { return words })
		s.Pair("agent1", password)
		for name, text := range spellings("agent1", password) {
			for _, around := range []string{"%s", "<x>%s</x>", "it is %s.", "a&lt;b %s %%7e"} {
				got := s.Text(fmt.Sprintf(around, text))
				if strings.Contains(strings.ToLower(got), strings.ToLower(strings.Trim(text, "="))) || !strings.Contains(got, redact.Mask) {
					t.Errorf("%s, %s: %q became %q", password, name, fmt.Sprintf(around, text), got)
				}
			}
		}
		for _, other := range []string{"nothing of it", "a < b &amp; c%20d \\n", "<User><state>READY</state></User>", ""} {
			if got := s.Text(other); got != other {
				t.Errorf("%s: %q became %q", password, other, got)
			}
		}
	}
}

// A word of the contract, a part of one, or what says nothing stays where the
// contract has it, and is found by its place.
func TestWordsStay(t *testing.T) {
	const body = `<?xml version="1.0"?><User><extension>7001</extension><state>READY</state><pendingState>NOT_READY</pendingState>` +
		`<stateChangeTime>2026-01-01T00:00:00.000Z</stateChangeTime><ErrorType>Invalid Input</ErrorType><forAll>true</forAll><loginId>1001001</loginId><x>a/b 1</x></User>`
	for _, password := range []string{"READY", "ready", "NOT_READY", "OT_REA", "xml", "Invalid Input", "Invalid", "lid Inp", "User", "state", "stateChange", "true", "1", "a", "/", "<", "7001", "1001001", " "} {
		s := redact.New(func() []string { return words })
		s.Spare("1001001")
		s.Pair("agent1", password)
		if got := s.Text(body); got != body {
			t.Errorf("%q: became %s", password, got)
		}
		basic := base64.StdEncoding.EncodeToString([]byte("agent1:" + password))
		for name, text := range map[string]string{
			"an element": "<userPassword>" + password + "</userPassword>", "an attribute": `<a password="` + password + `"/>`, "JSON": `{"password": "` + password + `"}`,
			"an address": "https://agent1:" + url.PathEscape(password) + "@host/", "Basic": "Basic " + basic, "only base64": "x " + basic, "a form": "?a=b&password=" + url.QueryEscape(password) + "&c",
		} {
			if name == "an element" && (password == "<" || password == " ") || password == " " && name == "a form" {
				continue
			}
			if got := s.Text(text); got == text || !strings.Contains(got, redact.Mask) {
				t.Errorf("%q in %s stays: %s", password, name, got)
			}
		}
	}
}

// A password that is a part of a word of the contract is found everywhere else.
func TestOnlyThereWordsStay(t *testing.T) {
	s := redact.New(func() []string { return words })
	s.Pair("agent1", "OT_REA")
	s.Pair("agent2", "cat")
	s.Pair("agent3", "application/xml;charset=UTF-8")
	for text, want := range map[string]string{
		"NOT_READY": "NOT_READY", "xOT_REAx": "x•••x", "NOT_READYING": "N•••DYING", "OT_REA": "•••", "category": "category", "a cat.": "a •••.",
		"Content-Type: application/xml;charset=UTF-8": "Content-Type: application/xml;charset=UTF-8",
	} {
		if got := s.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Tags of the contract stay where they are markup, and are found where they are
// a text.
func TestTagsStay(t *testing.T) {
	for _, password := range []string{"<User>", "</state>", "<User><state>", "<state/>"} {
		s := redact.New(func() []string { return words })
		s.Pair("agent1", password)
		if body := "<User><state>READY</state></User><state/><x>&amp;</x>"; s.Text(body) != body {
			t.Errorf("%q: became %s", password, s.Text(body))
		}
		for _, text := range []string{html.EscapeString(password), url.QueryEscape(password)} {
			if got := s.Text(text); got != redact.Mask {
				t.Errorf("%q: %s became %s", password, text, got)
			}
		}
	}
	s := redact.New(func() []string { return words })
	s.Pair("agent1", "<secret>")
	if got := s.Text("<secret>"); got != redact.Mask {
		t.Errorf("became %s", got)
	}
}

// What is added between texts is found in the next, beside what was there, and
// spares words that were there before and that come later.
func TestAddedLater(t *testing.T) {
	s := redact.New(func() []string { return words })
	const text = "category, and a cat; OT_REA in NOT_READY; 0123456789"
	for _, step := range []struct {
		add  func()
		want string
	}{
		{func() {}, text},
		{func() { s.Pair("agent1", "OT_REA") }, "category, and a cat; ••• in NOT_READY; 0123456789"},
		{func() { s.Token("gory, and") }, "cate••• a cat; ••• in NOT_READY; 0123456789"},
		{func() { s.Spare("category, and") }, "category, and a cat; ••• in NOT_READY; 0123456789"},
		{func() { s.Token("0123456789") }, "category, and a cat; ••• in NOT_READY; •••"},
	} {
		step.add()
		for range 2 { // the second time it is kept
			if got := s.Text(text); got != step.want {
				t.Errorf("%q, want %q", got, step.want)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	s := redact.New(func() []string { return words })
	s.Token("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZ2VudDEifQ.c2lnbmF0dXJl-x_y")
	for text, want := range map[string]string{
		"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZ2VudDEifQ.c2lnbmF0dXJl-x_y": "Bearer •••",
		"only c2lnbmF0dXJl-x_y of it":                                        "only ••• of it", "eyJzdWIiOiJhZ2VudDEifQ": "•••", "agent1": "agent1",
		"access_token=abc&x": "access_token=•••&x", "Bearer another.token-1234567": "Bearer •••",
		`Bearer realm="finesse", error="invalid_token"`: `Bearer realm="finesse", error="invalid_token"`,
	} {
		if got := s.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Long passwords, many of them, and a target that echoes or tempts cost no
// more than the text is long.
func TestCost(t *testing.T) {
	s := redact.New(func() []string { return words })
	for n := range 40 {
		s.Pair(fmt.Sprint("agent", n), strings.Repeat("aé&", 66)+fmt.Sprint(n))
	}
	echo := strings.Repeat("aé&", 66) + "7"
	for name, text := range map[string]string{
		"echoing":   strings.Repeat(html.EscapeString(echo)+" ", 1<<20/250),
		"tempting":  strings.Repeat("aé&amp;", 1<<20/8),
		"escaped":   strings.Repeat("%2561", 1<<20/5),
		"reference": strings.Repeat("&#97;", 1<<20/5),
		"ampersand": strings.Repeat("&amp;", 1<<20/5),
		"elements":  strings.Repeat("<password ", 1<<20/10),
		"addresses": strings.Repeat("://a:b", 1<<20/6),
	} {
		var got string
		took := time.Hour
		for tries := 0; tries < 3 && took > 4*time.Second; tries++ { // a busy machine is slow, but not each time
			text += " " // what was cleaned once is kept
			began := time.Now()
			got = s.Text(text)
			took = min(took, time.Since(began))
		}
		if t.Log(name, took); took > 20*time.Second { // with the race detector; it is tenths of a second without
			t.Errorf("%s took %v", name, took)
		}
		if strings.Contains(got, html.EscapeString(echo)) {
			t.Errorf("%s: still there", name)
		}
	}
}

type named string

// Clean finds texts wherever they are, and changes nothing that others hold.
func TestClean(t *testing.T) {
	s := redact.New(func() []string { return words })
	s.Pair("agent1", "s3cret-word")
	shared := []string{"s3cret-word", "x"}
	type inner struct{ Text named }
	value := struct {
		At     time.Time
		List   []string
		Inner  []inner
		Where  *inner
		Header map[string]string
		Of     map[named]inner
	}{time.Now(), shared, []inner{{"a s3cret-word"}}, &inner{"S3CRET-WORD"}, map[string]string{"Authorization": "Basic x", "a": "s3cret-word"}, map[named]inner{"s3cret-word": {"s3cret-word"}}}
	s.Clean(&value)
	if text := fmt.Sprintf("%+v %+v", value, *value.Where); strings.Contains(strings.ToLower(text), "s3cret") || value.Header["Authorization"] != redact.Mask {
		t.Error(text)
	}
	if shared[0] != "s3cret-word" {
		t.Error("a list that somebody else holds was changed")
	}
	var out bytes.Buffer
	if n, err := fmt.Fprint(s.Writer(&out), "it is s3cret-word\n"); err != nil || n != 18 || out.String() != "it is •••\n" {
		t.Errorf("wrote %q: %d, %v", out.String(), n, err)
	}
	cause := errors.New("wrong s3cret-word")
	if err := s.Error(cause); err.Error() != "wrong •••" || !errors.Is(err, cause) || fmt.Sprintf("%+v", err) != "wrong •••" {
		t.Errorf("%+v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("s3cret&<word", "a &amp;#115; s3cret&lt;word %73")
	f.Add("ab", "://u:p@h <password>x</password>")
	f.Fuzz(func(t *testing.T, password, text string) {
		s := redact.New(func() []string { return words })
		s.Pair("agent1", password)
		got := s.Text(text)
		if len(password) >= 12 && strings.Trim(password, "0123456789") != "" && strings.TrimSpace(password) == password &&
			strings.Contains(strings.ReplaceAll(got, redact.Mask, ""), password) && !strings.Contains(redact.Mask, password) {
			spared := false
			for _, w := range words {
				spared = spared || strings.Contains(strings.ToLower(w), strings.ToLower(password))
			}
			if !spared && strings.Contains(got, password) {
				t.Errorf("%q is in %q", password, got)
			}
		}
	})
}
