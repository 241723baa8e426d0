package reports_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unzipped(t *testing.T, data []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// From the file alone the run can be judged again and every report made
// again: with the same verdicts, the same result.
func TestEvidenceFile(t *testing.T) {
	want := reporttest.Sample()
	data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.WriteEvidence(b, want, reporttest.SampleRun().Evidence) })
	r, all, err := reports.ReadEvidence(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reporttest.SampleRun().Evidence, all); diff != "" {
		t.Errorf("evidence (-written +read):\n%s", diff)
	}
	var verdicts []evidence.Verdict
	for i := range r.Requirements {
		verdicts = append(verdicts, r.Requirements[i].Verdict())
	}
	if diff := cmp.Diff(want, reports.Build(reporttest.Small(), r.Run(all), verdicts)); diff != "" {
		t.Errorf("built again (-first +again):\n%s", diff)
	}
}

func TestBrokenEvidenceFiles(t *testing.T) {
	whole := reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return reports.WriteEvidence(b, reporttest.Sample(), reporttest.SampleRun().Evidence)
	})
	text := unzipped(t, whole)
	lines := strings.SplitAfter(text, "\n")
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 0xff // in the checksum
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "is empty"},
		{"gzip of nothing", zipped(t, ""), "is empty"},
		{"not compressed", []byte(text), "not compressed with gzip"},
		{"cut in the stream", whole[:len(whole)/2], "the file was cut short"},
		{"cut in the trailer", whole[:len(whole)-3], "the file was cut short"},
		{"cut between lines", zipped(t, strings.Join(lines[:4], "")), "was cut short after line 4"},
		{"wrong checksum", flipped, "corrupted"},
		{"a line missing", zipped(t, strings.Replace(text, lines[2], "", 1)), "has 5 attempts and says that it has 6"},
		{"no result", zipped(t, strings.Replace(text, lines[7], "", 1)), "has no result"},
		{"later schema", zipped(t, strings.Replace(text, "evidence/v1", "evidence/v2", 1)), "use the program that wrote it"},
		{"something else", zipped(t, "{}\n"), "line 1: no evidence file"},
		{"no JSON", zipped(t, strings.Replace(text, lines[2], "<html>\n", 1)), "line 3: no JSON"},
		{"empty line", zipped(t, strings.Replace(text, lines[2], "\n", 1)), "line 3: it is empty"},
		{"no requirement", zipped(t, strings.Replace(text, `"requirement":"SIG-01"`, `"requirement":""`, 1)), "line 2: evidence that names no requirement"},
		{"after the end", zipped(t, text+lines[1]), "something stands after the end"},
		{"other results", zipped(t, strings.Replace(text, reports.SchemaID, "x", 1)), `has the schema "x"`},
		{"an addition", zipped(t, strings.Replace(text, lines[1], `{"later":1}`+"\n"+lines[1], 1)), ""},
	} {
		_, _, err := reports.ReadEvidence(bytes.NewReader(tc.data), nil)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
}

// zeros is an endless file.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEvidenceIsLimited(t *testing.T) {
	l := reports.NewLimited(zeros{}, 1<<20)
	n, err := io.Copy(io.Discard, l)
	if err == nil || n > 1<<20 {
		t.Errorf("read %d bytes: %v", n, err)
	}
	if err := reports.ExplainGzip(err); !strings.Contains(err.Error(), "no run makes so many") {
		t.Error(err)
	}
}
