package selftest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Sign is what the failures that a fault causes have in common, as the judge
// and the preflight tell it in data: no sentence is read. What a sign leaves
// out may be anything.
type Sign struct {
	// Preflight is what ended it, for what cannot be certified at all.
	Preflight preflight.Obstacle    `yaml:"preflight,omitempty"`
	Kind      evidence.MismatchKind `yaml:"kind,omitempty"`
	Status    int                   `yaml:"status,omitempty"` // of the answer that decided
	Said      string                `yaml:"said,omitempty"`   // its ErrorType, or that of an event
	XPath     string                `yaml:"xpath,omitempty"`
	From      spec.State            `yaml:"from,omitempty"`
	To        spec.State            `yaml:"to,omitempty"`
}

//go:embed signs.yaml
var signsFile []byte

// Signs are those of every fault that requirements have to catch, by its name:
// each failure that the fault must cause shows one of them.
var Signs = sync.OnceValues(func() (map[string][]Sign, error) {
	signs := map[string][]Sign{}
	d := yaml.NewDecoder(bytes.NewReader(signsFile))
	d.KnownFields(true)
	if err := d.Decode(&signs); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("signs.yaml: %w", err)
	}
	for name := range signs {
		if _, err := reference.FindFault(name); err != nil {
			return nil, fmt.Errorf("signs.yaml: %w", err)
		}
	}
	for _, f := range reference.Faults() {
		if f.FoundBy == "" && len(signs[f.Name]) == 0 {
			return nil, fmt.Errorf("signs.yaml: the fault %s has no sign", f.Name)
		}
	}
	return signs, nil
})

// Stops reports whether the error of a run that could certify nothing shows the sign.
func (s Sign) Stops(err error) bool {
	return s.Preflight != "" && s.Preflight == preflight.ObstacleOf(err)
}

// signOf is all that a failed requirement shows, or what ended the preflight.
func (t *trial) signOf(v evidence.Verdict) Sign {
	if v.Mismatch.Kind == "" {
		return Sign{Preflight: preflight.ObstacleOf(t.stopped)}
	}
	s := Sign{Kind: v.Mismatch.Kind, XPath: v.XPath, From: v.Mismatch.From, To: v.Mismatch.To}
	switch s.Kind {
	case evidence.MismatchAnswer:
		s.Status, s.Said = t.statuses[v.Requirement], v.Mismatch.Said
	case evidence.MismatchEvent:
		s.Said = v.Mismatch.Said
	}
	return s
}

// shows reports whether everything that the other sign says is in this one.
func (s Sign) shows(other Sign) bool {
	return (other.Preflight == "" || s.Preflight == other.Preflight) && (other.Kind == "" || s.Kind == other.Kind) &&
		(other.Status == 0 || s.Status == other.Status) && (other.Said == "" || s.Said == other.Said) &&
		(other.XPath == "" || s.XPath == other.XPath) && (other.From == "" || s.From == other.From) && (other.To == "" || s.To == other.To)
}

// String is the sign as signs.yaml has it.
func (s Sign) String() string {
	out, err := yaml.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return "{" + strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), ", ") + "}"
}
