package statement

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

var files = []File{{"results.json", strings.Repeat("a", 64)}, {"evidence.jsonl.gz", strings.Repeat("b", 64)}}

func key(t *testing.T) *Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t *testing.T, r *reports.Result, k *Key) []byte {
	t.Helper()
	s, err := Of(r, files)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Seal(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What is stated comes back as it was, signed by who signed it and nobody else.
func TestSealAndOpen(t *testing.T) {
	r := reporttest.Sample()
	mine, other := key(t), key(t)
	data := sealed(t, r, mine)
	o, err := Open(t.Context(), data, []*Key{other, mine})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := mine.KeyID()
	if !o.Signed || len(o.SignedBy) != 1 || o.SignedBy[0] != id {
		t.Errorf("signed %v by %v, want %s", o.Signed, o.SignedBy, id)
	}
	if len(o.Statement.Files) != 2 || o.Statement.Files[0] != files[0] || o.Statement.Files[1] != files[1] {
		t.Errorf("it is about %v", o.Statement.Files)
	}
	p := o.Statement.Result
	if p.Result != "FAILED" || len(p.FailedTests) != r.Summary.Failed || len(p.PassedTests) != r.Summary.Passed || len(p.WarnedTests) != r.Summary.Waived {
		t.Errorf("%v", p)
	}
	about := p.Configuration[0].Annotations.AsMap()
	if about["verdict"] != r.Headline() || about["target"] != r.Target.URL || about["counts"].(map[string]any)["failed"] != float64(r.Summary.Failed) {
		t.Errorf("%v", about)
	}
	if p.Configuration[1].Digest["sha256"] != r.Spec.Digest {
		t.Errorf("the contract is %v", p.Configuration[1])
	}
	if o, err := Open(t.Context(), data, []*Key{other}); err != nil || len(o.SignedBy) != 0 {
		t.Errorf("another key: %v, %v", o.SignedBy, err)
	}
}

// Nothing can be changed behind a signature.
func TestChangedStatement(t *testing.T) {
	mine := key(t)
	data := sealed(t, reporttest.Sample(), mine)
	var envelope map[string]any
	if err := json.Unmarshal(data, &envelope); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(envelope["payload"].(string))
	if err != nil {
		t.Fatal(err)
	}
	envelope["payload"] = base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte("FAILED"), []byte("PASSED"), 1))
	changed, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(t.Context(), changed, []*Key{mine})
	if err != nil || o.Statement.Result.Result != "PASSED" || len(o.SignedBy) != 0 {
		t.Errorf("signed by %v, %v", o.SignedBy, err)
	}
}

func TestUnsigned(t *testing.T) {
	o, err := Open(t.Context(), sealed(t, reporttest.Sample(), nil), []*Key{key(t)})
	if err != nil || o.Signed || len(o.SignedBy) != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		alter func(*reports.Result)
		want  string
	}{
		{func(r *reports.Result) { r.Row("TRN-UCCE-11").Outcome = evidence.Passed }, "PASSED"},
		{func(*reports.Result) {}, "FAILED"},
		{func(r *reports.Result) { r.Signal = 130 }, "WARNED"},
	} {
		r := reporttest.Sample()
		c.alter(r)
		r.Conclude()
		s, err := Of(r, files)
		if err != nil || s.Result.Result != c.want {
			t.Errorf("%s: %v, %v", c.want, s, err)
		}
	}
	r := reporttest.Sample()
	r.Settings.Only = []string{"SIG-*"}
	r.Conclude()
	if s, err := Of(r, files); err == nil {
		t.Errorf("a selection has the statement %v", s)
	}
}

func TestNoEnvelope(t *testing.T) {
	for text, want := range map[string]string{
		"":   "no envelope",
		"{}": `its payload is ""`,
		`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}`: "no valid statement",
		`{"payloadType":"application/vnd.in-toto+json","payload":"eA==","signatures":[]}`: "holds no statement",
	} {
		if _, err := Open(t.Context(), []byte(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode, text []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, text, mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	mine := key(t)
	private, err := mine.Private()
	secret := write("key", 0o600, private, err)
	public, err := mine.PublicPEM()
	shown := write("key.pub", 0o644, public, err)
	id, _ := mine.KeyID()
	for name, signs := range map[string]bool{secret: true, shown: false} {
		k, err := ReadKey(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := k.KeyID(); got != id || k.CanSign() != signs {
			t.Errorf("%s: %s, signs: %v", name, got, k.CanSign())
		}
	}
	if runtime.GOOS != "windows" {
		open := write("open", 0o644, private, nil)
		if _, err := ReadKey(open); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("a key that everybody may read: %v", err)
		}
	}
	if _, err := ReadKey(write("text", 0o600, []byte("secret"), nil)); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no key: %v", err)
	}
}
