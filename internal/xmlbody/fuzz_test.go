package xmlbody_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"finesse-conformance/internal/xmlbody"
)

// FuzzValidate holds for any body: no panic, a report that stays in its bounds and in one line, the same
// report twice, and a document exactly where the body could be parsed.
func FuzzValidate(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(filepath.Dir(file)), "application/xml", data)
	}
	f.Add("User", "text/xml;charset=utf-16", []byte("\xfe\xff\x00<\x00U\x00/\x00>"))
	f.Add("User", "application/xml;charset=iso-8859-1", []byte("<?xml version='1.0' encoding='latin1'?><User>\xe4</User>"))
	f.Add("User", "", []byte("<!DOCTYPE User [<!ENTITY a 'b'>]><User>&a;</User>"))
	f.Add("User", "", []byte("<a:User xmlns:a='b'><![CDATA[x]]><!-- y --><?z?></a:User><!-- end -->"))
	v := newValidator(f)
	f.Fuzz(func(t *testing.T, kind, contentType string, body []byte) {
		report := v.Validate(kind, contentType, body)
		if _, err := xmlbody.Parse(contentType, body); (err == nil) != (report.Document != nil) {
			t.Errorf("parse error %v, document %v", err, report.Document)
		}
		if report.Document == nil && report.Valid() {
			t.Error("valid without a document")
		}
		if len(report.Problems) > 50 || len(report.Extra) > 50 {
			t.Errorf("%d problems, %d extra", len(report.Problems), len(report.Extra))
		}
		for _, p := range report.Problems {
			if line := p.String(); line == "" || strings.ContainsAny(line, "\n\r\x00") || !utf8.ValidString(line) {
				t.Errorf("problem %q", line)
			}
		}
		for _, path := range report.Extra {
			if len(path) > 1000 {
				t.Errorf("extra of %d bytes", len(path))
			}
		}
		if again := v.Validate(kind, contentType, body); again.First() != report.First() || len(again.Problems) != len(report.Problems) {
			t.Errorf("first %q, then %q", report.First(), again.First())
		}
	})
}

// BenchmarkValidate is one User body of a real server; a run judges thousands of them.
func BenchmarkValidate(b *testing.B) {
	v := newValidator(b)
	user := []byte(body(b, "User/ucce-12.5-not-ready-reason.xml"))
	b.SetBytes(int64(len(user)))
	b.ReportAllocs()
	for b.Loop() {
		if report := v.Validate("User", "application/xml", user); !report.Valid() {
			b.Fatal(report.First())
		}
	}
}
