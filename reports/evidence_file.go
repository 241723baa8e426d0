package reports

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"finesse-conformance/suites/evidence"
)

// evidenceSchema is what the first line of an evidence file says.
const evidenceSchema = "finesse-conformance/evidence/v1"

// Limits of an evidence file as it is read: a run has less than a hundredth,
// and a small file that grows without end must not fill the memory.
const (
	maxEvidenceBytes = 256 << 20 // uncompressed
	maxEvidenceLine  = 32 << 20  // one attempt at a requirement
)

// evidenceLine is a line of an evidence file. The file is gzip of JSON lines:
// first the schema, then one line for each attempt at a requirement, then the
// result, and at the end how many attempts there are, so that a file that was
// cut short is known for one.
type evidenceLine struct {
	Schema   string             `json:"schema,omitempty"`
	Evidence *evidence.Evidence `json:"evidence,omitempty"`
	Result   *Result            `json:"result,omitempty"`
	End      *evidenceEnd       `json:"end,omitempty"`
}

type evidenceEnd struct {
	Attempts int `json:"attempts"`
}

// EvidenceWriter writes an evidence file as a run goes on.
type EvidenceWriter struct {
	zip      *gzip.Writer
	lines    *json.Encoder
	attempts int
}

// NewEvidenceWriter begins an evidence file.
func NewEvidenceWriter(w io.Writer) (*EvidenceWriter, error) {
	e := &EvidenceWriter{zip: gzip.NewWriter(w)}
	e.lines = json.NewEncoder(e.zip)
	e.lines.SetEscapeHTML(false)
	return e, e.write(evidenceLine{Schema: evidenceSchema})
}

func (w *EvidenceWriter) write(l evidenceLine) error {
	if err := w.lines.Encode(l); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

// Add writes an attempt.
func (w *EvidenceWriter) Add(e *evidence.Evidence) error {
	w.attempts++
	return w.write(evidenceLine{Evidence: readable(e.Load())})
}

// Begin writes the result of a run that has seen nothing yet. It stands for
// that of the run in a file that has no end.
func (w *EvidenceWriter) Begin(r *Result) error { return w.write(evidenceLine{Result: r}) }

// Flush has everything so far in the file, for whoever reads it when the
// program is gone.
func (w *EvidenceWriter) Flush() error { return w.zip.Flush() }

// finish writes the result and the end.
func (w *EvidenceWriter) finish(r *Result) error {
	for _, l := range []evidenceLine{{Result: r}, {End: &evidenceEnd{w.attempts}}} {
		if err := w.write(l); err != nil {
			return err
		}
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

// WriteEvidence writes everything a run saw beside its result, so that all
// reports can be made again and the run can be judged again, offline.
func WriteEvidence(w io.Writer, r *Result, all []*evidence.Evidence) error {
	out, err := NewEvidenceWriter(w)
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := out.Add(e); err != nil {
			return err
		}
	}
	return out.finish(r)
}

// readable gives an attempt in a form that fits into a line, whatever JSON
// makes of its answers: a byte may become six.
func readable(e *evidence.Evidence) *evidence.Evidence {
	size := 0
	for _, x := range e.Exchanges {
		size += len(x.ResponseBody)
	}
	for _, v := range e.Events {
		size += len(v.Payload)
	}
	if size <= maxEvidenceLine/8 {
		return e
	}
	short := *e
	short.Exchanges, short.Events = slices.Clone(e.Exchanges), slices.Clone(e.Events)
	keep := evidence.Keep{Left: maxEvidenceLine / 16}
	keep.Shorten(&short)
	return &short
}

// ReadEvidence reads an evidence file: the result of the run and what it saw.
// Each attempt is shown to see, nil for nobody, as it was written, with the
// result as far as it stands before it: that of a run that was killed does.
// What does not fit into the memory is shortened and packed after that.
// A file that is no evidence, of a later schema, cut short, corrupted or
// larger than any run makes it is an error that says which. One that a run
// left that was killed has its beginning and no end: the result is that of a
// run that was CutOff, whose requirements have no verdicts.
func ReadEvidence(from io.Reader, see func(*evidence.Evidence, *Result)) (*Result, []*evidence.Evidence, error) {
	zip, err := gzip.NewReader(from)
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("the evidence file is empty")
	} else if err != nil {
		return nil, nil, errors.New("no evidence file: it is not compressed with gzip")
	}
	lines := bufio.NewScanner(&limited{r: zip, left: maxEvidenceBytes})
	lines.Buffer(make([]byte, 0, 1<<20), maxEvidenceLine)
	p := evidenceParser{see: see, room: evidence.NewRoom()}
	for lines.Scan() {
		err := p.line(lines.Bytes())
		if err != nil && lines.Err() != nil {
			break // the line is the rest of a broken file
		}
		if err != nil {
			return nil, nil, fmt.Errorf("evidence, line %d: %w", p.n, err)
		}
	}
	if err := lines.Err(); err != nil && !p.cutOff(err) {
		return nil, nil, fmt.Errorf("evidence, after line %d: %w", p.n, explainGzip(err))
	}
	switch {
	case p.n == 0:
		return nil, nil, errors.New("the evidence file is empty")
	case p.end == nil && !p.cutOff(nil):
		return nil, nil, fmt.Errorf("the evidence file was cut short after line %d: its end is missing", p.n)
	case p.end != nil && p.end.Attempts != len(p.all):
		return nil, nil, fmt.Errorf("the evidence file has %d attempts and says that it has %d", len(p.all), p.end.Attempts)
	case p.result == nil:
		return nil, nil, errors.New("the evidence file has no result")
	case p.result.Schema != SchemaID:
		return nil, nil, fmt.Errorf("the result in the evidence file has the schema %q and this program reads %q", p.result.Schema, SchemaID)
	}
	return p.result, p.all, p.result.check()
}

type evidenceParser struct {
	n      int
	all    []*evidence.Evidence
	result *Result
	end    *evidenceEnd
	see    func(*evidence.Evidence, *Result)
	room   evidence.Room
}

// cutOff reports whether the file ends where a run was killed that wrote it.
func (p *evidenceParser) cutOff(err error) bool {
	return (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && p.end == nil && p.result != nil && p.result.CutOff
}

func (p *evidenceParser) line(data []byte) error {
	p.n++
	var l evidenceLine
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("it is empty")
	}
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("no JSON of an evidence file: %w", err)
	}
	switch {
	case p.n == 1 && l.Schema == evidenceSchema:
	case p.n == 1 && strings.HasPrefix(l.Schema, "finesse-conformance/evidence/"):
		return fmt.Errorf("its schema is %q and this program reads %q: use the program that wrote it, or a later one", l.Schema, evidenceSchema)
	case p.n == 1:
		return errors.New("no evidence file: it does not begin with the schema")
	case p.end != nil:
		return errors.New("something stands after the end")
	case l.Evidence != nil:
		if l.Evidence.Requirement == "" {
			return errors.New("evidence that names no requirement")
		}
		if p.see != nil {
			p.see(l.Evidence, p.result)
		}
		held := readable(l.Evidence)
		held.Intern()
		p.all = append(p.all, p.room.Hold(held))
	case l.Result != nil:
		p.result = l.Result
		p.result.Timings.modernise()
	case l.End != nil:
		p.end = l.End
	}
	return nil // a line that a later program added
}

// explainGzip names what a reader of a broken file has to know.
func explainGzip(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file was cut short")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return errors.New("the file is corrupted: its checksum is wrong")
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("a line of more than %d bytes: no run makes such", maxEvidenceLine)
	case errors.Is(err, errTooLarge):
		return err
	}
	return fmt.Errorf("the file is corrupted: %w", err)
}

var errTooLarge = fmt.Errorf("more than %d bytes: no run makes so many", maxEvidenceBytes)

// limited fails when there is more than allowed, where io.LimitReader would
// end as if that were all.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
