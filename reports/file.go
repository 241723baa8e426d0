package reports

import (
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"finesse-conformance/spec"
)

// Schema is the JSON Schema (2020-12) of the result file.
//
//go:embed results.schema.json
var Schema []byte

// maxResultBytes is how large a result file may be: a full run has less than
// a hundredth of it.
const maxResultBytes = 256 << 20

// WriteJSON writes data for programs, each level indented, with the characters
// of HTML as they are. What it is called stands in errors.
func WriteJSON(w io.Writer, what string, data any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

// Write writes the result as results.json.
func Write(w io.Writer, r *Result) error {
	return WriteJSON(w, "the result", r, "  ")
}

// Load reads a result file. See Read.
func Load(file string) (*Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	r, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// Read reads a result. Members that it does not know are ignored, so that
// results of later programs can be read; another schema, an unknown outcome
// or level, and a requirement that is there twice are errors.
func Read(from io.Reader) (*Result, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxResultBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	if len(data) > maxResultBytes {
		return nil, fmt.Errorf("larger than %d bytes: this is no result file", maxResultBytes)
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, explainJSON(data, err)
	}
	switch id := head.Schema; {
	case id == nil:
		return nil, errors.New(`no result file: it has no member "schema"`)
	case *id == SchemaID:
	case strings.HasPrefix(*id, "finesse-conformance/results/"):
		return nil, fmt.Errorf("its schema is %q and this program reads %q: use the program that wrote it, or a later one", *id, SchemaID)
	default:
		return nil, fmt.Errorf("no result file: its schema is %q, not %q", *id, SchemaID)
	}
	r := &Result{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, explainJSON(data, err)
	}
	r.Timings.modernise()
	r.Failures = r.groupFailures()
	return r, r.check()
}

// check looks at what everything else relies on.
func (r *Result) check() error {
	if len(r.Requirements) == 0 {
		return errors.New("it has no requirements")
	}
	seen := map[string]bool{}
	for i := range r.Requirements {
		row := &r.Requirements[i]
		switch {
		case row.ID == "":
			return fmt.Errorf("requirement %d has no id", i+1)
		case seen[row.ID]:
			return fmt.Errorf("the requirement %s is there twice", row.ID)
		case severity(row.Outcome) < 0:
			return fmt.Errorf("the requirement %s has the outcome %q, which nobody knows", row.ID, row.Outcome)
		}
		switch spec.Level(row.Level) {
		case spec.Must, spec.Either, spec.Info:
		default:
			return fmt.Errorf("the requirement %s has the level %q, which nobody knows", row.ID, row.Level)
		}
		seen[row.ID] = true
	}
	return nil
}

// explainJSON says where in the file the JSON is wrong.
func explainJSON(data []byte, err error) error {
	at := func(offset int64) int {
		return 1 + strings.Count(string(data[:min(offset, int64(len(data)))]), "\n")
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(strings.TrimSpace(string(data))) == 0:
		return errors.New("the file is empty")
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: no JSON, or cut short: %w", at(syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s is %s: %w", at(kind.Offset), kind.Field, kind.Value, err)
	}
	return err
}
