// Package statement says of a whole run in the form of in-toto what it came
// to (predicate test-result), in an envelope (DSSE) that a key can sign, and
// opens such envelopes again. What it says is made from a result alone; whoever
// reads it checks the digests of the files that it is about. It imports the
// results only.
//
// No other module is promised anything of it: see docs/stability.md.
package statement

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// Name is the file of a statement beside the reports that it is about.
const Name = "statement.intoto.json"

const (
	payloadType   = "application/vnd.in-toto+json"
	predicateType = "https://in-toto.io/attestation/test-result/v0.1"
)

// File is a file that a statement is about.
type File struct {
	Name   string // without folder
	SHA256 string // hexadecimal
}

// Statement is what is stated of a run.
type Statement struct {
	Files  []File
	Result *testresult.TestResult
}

// Of makes the statement of a result. A selection is no certificate: of one
// there is no statement.
func Of(r *reports.Result, files []File) (*Statement, error) {
	if r.Scope == reports.ScopeSelection {
		return nil, errors.New("a selection is no certificate: there is a statement of a whole run or of profiles only")
	}
	about, err := annotations(r)
	if err != nil {
		return nil, err
	}
	predicate := &testresult.TestResult{
		Result: map[reports.Word]string{reports.Conformant: "PASSED", reports.Nonconformant: "FAILED"}[r.Verdict],
		Configuration: []*intoto.ResourceDescriptor{
			{Name: r.Tool.Name, Annotations: about},
			{Name: "contract", Digest: map[string]string{"sha256": r.Spec.Digest}},
		},
	}
	predicate.Result = cmp.Or(predicate.Result, "WARNED")
	for i := range r.Requirements {
		switch row := &r.Requirements[i]; row.Outcome {
		case evidence.Passed:
			predicate.PassedTests = append(predicate.PassedTests, row.ID)
		case evidence.Waived:
			predicate.WarnedTests = append(predicate.WarnedTests, row.ID)
		case evidence.Failed:
			predicate.FailedTests = append(predicate.FailedTests, row.ID)
		}
	}
	return &Statement{Files: files, Result: predicate}, nil
}

// annotations are what the run was about and what it came to, in words and
// counts.
func annotations(r *reports.Result) (*structpb.Struct, error) {
	profiles := map[string]any{}
	for i := range r.Profiles {
		profiles[r.Profiles[i].Name] = r.Profiles[i].Word()
	}
	s := r.Summary
	return structpb.NewStruct(map[string]any{
		"version": r.Tool.Version, "suite": r.Suite.Version, "target": r.Target.URL, "deployment": r.Target.Deployment,
		"release": r.Target.Release, "run": r.RunID, "started": r.Started.UTC().Format("2006-01-02T15:04:05Z"),
		"verdict": r.Headline(), "scope": string(r.Scope), "profiles": profiles,
		"counts": map[string]any{
			"passed": s.Passed, "failed": s.Failed, "waived": s.Waived, "info": s.Info,
			"not_exercised": s.NotExercised, "not_applicable": s.NotApplicable,
		},
	})
}

// Seal puts a statement into an envelope, signed with the key; nil leaves it
// unsigned.
func (s *Statement) Seal(ctx context.Context, key *Key) ([]byte, error) {
	payload, err := s.payload()
	if err != nil {
		return nil, err
	}
	envelope := &dsse.Envelope{PayloadType: payloadType, Payload: base64.StdEncoding.EncodeToString(payload), Signatures: []dsse.Signature{}}
	if key != nil {
		signer, err := dsse.NewEnvelopeSigner(key)
		if err != nil {
			return nil, err
		}
		if envelope, err = signer.SignPayload(ctx, payloadType, payload); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(envelope, "", "  ")
	return append(text, '\n'), err
}

func (s *Statement) payload() ([]byte, error) {
	text, err := protojson.Marshal(s.Result)
	if err != nil {
		return nil, err
	}
	predicate := &structpb.Struct{}
	if err := protojson.Unmarshal(text, predicate); err != nil {
		return nil, err
	}
	whole := &intoto.Statement{Type: intoto.StatementTypeUri, PredicateType: predicateType, Predicate: predicate}
	for _, f := range s.Files {
		whole.Subject = append(whole.Subject, &intoto.ResourceDescriptor{Name: f.Name, Digest: map[string]string{"sha256": f.SHA256}})
	}
	if err := whole.Validate(); err != nil {
		return nil, fmt.Errorf("the statement is no valid one: %w", err)
	}
	if text, err = protojson.Marshal(whole); err != nil {
		return nil, err
	}
	var same bytes.Buffer // protojson puts spaces in at random
	err = json.Compact(&same, text)
	return same.Bytes(), err
}

// Opened is an envelope that was read.
type Opened struct {
	Statement *Statement
	Signed    bool
	SignedBy  []string // the ids of those of the given keys that signed it
}

// maxEnvelope is the largest envelope that is read.
const maxEnvelope = 1 << 20

// Open reads an envelope and checks its signatures against the keys. One that
// is not signed, or not by them, is opened all the same: SignedBy says by whom
// it is.
func Open(ctx context.Context, data []byte, keys []*Key) (*Opened, error) {
	if len(data) > maxEnvelope {
		return nil, fmt.Errorf("is larger than %d bytes", maxEnvelope)
	}
	var envelope dsse.Envelope
	if err := json.Unmarshal(data, &envelope); err != nil {
		return nil, fmt.Errorf("is no envelope of a statement: %w", err)
	}
	if envelope.PayloadType != payloadType {
		return nil, fmt.Errorf("is no envelope of a statement: its payload is %q, not %s", envelope.PayloadType, payloadType)
	}
	payload, err := envelope.DecodeB64Payload()
	if err != nil {
		return nil, fmt.Errorf("is no envelope of a statement: %w", err)
	}
	o := &Opened{Signed: len(envelope.Signatures) > 0}
	if o.Statement, err = read(payload); err != nil {
		return nil, err
	}
	for _, key := range keys {
		verifier, err := dsse.NewEnvelopeVerifier(key)
		if err != nil {
			return nil, err
		}
		if _, err := verifier.Verify(ctx, &envelope); err == nil {
			id, _ := key.KeyID() // it was made with the key
			o.SignedBy = append(o.SignedBy, id)
		}
	}
	return o, nil
}

func read(payload []byte) (*Statement, error) {
	whole := &intoto.Statement{}
	if err := protojson.Unmarshal(payload, whole); err != nil {
		return nil, fmt.Errorf("holds no statement: %w", err)
	}
	if err := whole.Validate(); err != nil {
		return nil, fmt.Errorf("holds no valid statement: %w", err)
	}
	if whole.PredicateType != predicateType {
		return nil, fmt.Errorf("states %s, not %s", whole.PredicateType, predicateType)
	}
	text, err := protojson.Marshal(whole.Predicate)
	if err != nil {
		return nil, err
	}
	s := &Statement{Result: &testresult.TestResult{}}
	if err := protojson.Unmarshal(text, s.Result); err != nil {
		return nil, fmt.Errorf("holds no test result: %w", err)
	}
	for _, f := range whole.Subject {
		s.Files = append(s.Files, File{Name: f.Name, SHA256: f.Digest["sha256"]})
	}
	return s, nil
}
