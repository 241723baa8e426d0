package har

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

func harBytes(t *testing.T, r *reports.Result, all []*evidence.Evidence) []byte {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error { return Write(b, r, all) })
}

// written is an archive as it is read.
type written struct {
	Log struct {
		Pages   []harPage  `json:"pages"`
		Entries []harEntry `json:"entries"`
		Comment string     `json:"comment"`
	} `json:"log"`
}

func harSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/har-1.2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("har.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("har.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// odd is evidence of everything that can go wrong with an exchange.
func odd() []*evidence.Evidence {
	e := reporttest.Trace("SIG-01", "READY")
	e.Exchanges[0].RequestHeader = map[string]string{"authorization": "Basic c2VjcmV0", "Cookie": "JSESSIONID=c2VjcmV0", "Accept": "*/*"}
	e.Exchanges[0].ResponseHeader = map[string]string{"Set-Cookie": "JSESSIONID=c2VjcmV0", "location": "/x"}
	e.Exchanges[0].Path = "/finesse/api/User/1001?nocache=1&a=%zz&b"
	e.Exchanges = append(e.Exchanges,
		evidence.Exchange{Method: "GET", Path: "http://user:c2VjcmV0@host:80/", Err: "connection reset"},
		evidence.Exchange{Method: "PUT", Path: "/", RequestBody: "\xff\x00", Status: 200, Started: reporttest.Noon})
	return []*evidence.Evidence{e, {Requirement: "SIG-02"}}
}

func TestHARIsValid(t *testing.T) {
	schema := harSchema(t)
	for name, data := range map[string][]byte{
		"sample": harBytes(t, reporttest.Sample(), reporttest.SampleRun().Evidence), "odd": harBytes(t, reporttest.Sample(), odd()), "none": harBytes(t, reporttest.Sample(), nil),
	} {
		if err := schema.Validate(reporttest.Decode(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(data, []byte("c2VjcmV0")) || bytes.Contains(bytes.ToLower(data), []byte("authorization")) {
			t.Errorf("%s: credentials are in the file", name)
		}
	}
	for _, tc := range []struct{ old, new string }{
		{`"version": "1.2"`, `"version": "1.1"`}, {`"send": 0`, `"sent": 0`}, {`"cookies": []`, `"cookies": null`},
		{`"startedDateTime": "2026-03-02T12:00:00Z"`, `"startedDateTime": "noon"`}, {`"bodySize"`, `"size"`},
	} {
		spoilt := strings.ReplaceAll(string(harBytes(t, reporttest.Sample(), reporttest.SampleRun().Evidence)), tc.old, tc.new)
		if schema.Validate(reporttest.Decode(t, []byte(spoilt))) == nil {
			t.Errorf("with %s the file is still taken for valid", tc.new)
		}
	}
}

func TestHARTellsWhatWasSent(t *testing.T) {
	var h written
	if err := json.Unmarshal(harBytes(t, reporttest.Sample(), reporttest.SampleRun().Evidence), &h); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range reporttest.SampleRun().Evidence {
		n += len(e.Exchanges)
	}
	if len(h.Log.Entries) != n || len(h.Log.Pages) != len(reporttest.SampleRun().Evidence) {
		t.Errorf("%d entries and %d pages", len(h.Log.Entries), len(h.Log.Pages))
	}
	e := h.Log.Entries[0]
	if e.Request.URL != "https://finesse1.example.com:8445/finesse/api/User/1001" || e.Request.PostData == nil || e.Time != 20 || e.Response.Status != 202 {
		t.Errorf("the first entry is %+v", e)
	}
}

// An archive has a bound: of long bodies the beginning stays, then exchanges are
// left out, and the comment says how many of both. What there is stands in the
// order of time, although attempts overlapped.
func TestHARIsBounded(t *testing.T) {
	var all []*evidence.Evidence
	const attempts, each = 8, 10
	for n := range attempts {
		e := &evidence.Evidence{Requirement: "SIG-01", Attempt: n + 1, Started: reporttest.Noon.Add(time.Duration(n) * time.Second)}
		for i := range each {
			e.Exchanges = append(e.Exchanges, evidence.Exchange{
				Method: "GET", Path: "/finesse/api/User/1001", Status: 200,
				Started: e.Started.Add(time.Duration(i) * 300 * time.Millisecond), ResponseBody: strings.Repeat("\x01", 20<<10),
			})
		}
		all = append(all, e)
	}
	slices.Reverse(all)
	var b bytes.Buffer
	const whole, most = 1 << 20, 2 << 20
	if err := newArchive(&b, reporttest.Sample(), whole, most).write(all); err != nil {
		t.Fatal(err)
	}
	if err := harSchema(t).Validate(reporttest.Decode(t, b.Bytes())); err != nil {
		t.Error(err)
	}
	var h written
	if err := json.Unmarshal(b.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(h.Log.Entries, func(a, b harEntry) int { return a.Started.Compare(b.Started) }) {
		t.Error("the entries are not in the order of time")
	}
	cut := 0
	for _, e := range h.Log.Entries {
		c := e.Response.Content
		if c.Size != 20<<10 {
			t.Errorf("the size is %d", c.Size)
		}
		if len(c.Text) < c.Size {
			cut++
		}
		if (len(c.Text) < c.Size) != (c.Comment == shortened) {
			t.Errorf("of %d bytes %d are there, and the comment is %q", c.Size, len(c.Text), c.Comment)
		}
	}
	left := attempts*each - len(h.Log.Entries)
	if b.Len() > most+most/10 || cut == 0 || left == 0 || left == attempts*each {
		t.Errorf("%d bytes, %d bodies cut, %d exchanges left out", b.Len(), cut, left)
	}
	if want := fmt.Sprintf("of %d bodies only the beginning is here; %d exchanges after these are left out", cut, left); !strings.Contains(h.Log.Comment, want) {
		t.Errorf("the comment is %q", h.Log.Comment)
	}
}
