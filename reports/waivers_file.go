package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/spec"
)

// placeholder begins a value that a person has to fill in.
const placeholder = "FILL-IN"

// LoadWaivers reads a waivers file:
//
//	waivers:
//	  - requirement: TRN-UCCE-11        # * stands for any characters
//	    reason: "expected NOT_READY*"   # of the failure, as the reports have it
//	    owner: jane@example.com
//	    until: 2026-12-31               # the last day on which it holds
//	    releases: {from: 12.5(1), to: 12.6(2)}   # optional, as either end
//	    why: case 698123456, fixed in the next release
//
// An unknown key, a missing or empty value, a placeholder that nobody filled
// in and a pattern that would let everything through are errors; all of them
// are reported, each with file and line.
func LoadWaivers(file string) ([]Waiver, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading waivers: %w", err)
	}
	return ParseWaivers(file, data)
}

// ParseWaivers is LoadWaivers for what is in memory; file is its name for
// messages.
func ParseWaivers(file string, data []byte) ([]Waiver, error) {
	p := &waiverParser{file: file}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty: write waivers: and a list", file)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", file)
	}
	list := p.mapping(doc.Content[0], "the file", "waivers")["waivers"]
	var waivers []Waiver
	switch {
	case list == nil:
		if p.errs == nil {
			p.errorf(doc.Content[0], "there is no waivers: write waivers: and a list")
		}
	case list.Kind != yaml.SequenceNode:
		p.errorf(list, "waivers is no list")
	default:
		for _, n := range list.Content {
			waivers = append(waivers, p.waiver(n))
		}
	}
	if p.errs != nil {
		return nil, errors.Join(p.errs...)
	}
	return waivers, nil
}

type waiverParser struct {
	file string
	errs []error
}

func (p *waiverParser) errorf(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.file, n.Line, fmt.Sprintf(format, args...)))
}

// mapping gives the values by key and complains about keys that it does not
// know or that are there twice.
func (p *waiverParser) mapping(n *yaml.Node, what string, keys ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "%s is no mapping: write %s", what, strings.Join(keys, ":, ")+":")
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		known := false
		for _, k := range keys {
			known = known || k == key.Value
		}
		switch {
		case !known:
			p.errorf(key, "unknown key %q: %s has %s", key.Value, what, strings.Join(keys, ", "))
		case out[key.Value] != nil:
			p.errorf(key, "%s is there twice", key.Value)
		default:
			out[key.Value] = n.Content[i+1]
		}
	}
	return out
}

func (p *waiverParser) waiver(n *yaml.Node) Waiver {
	before := len(p.errs)
	m := p.mapping(n, "a waiver", "requirement", "reason", "owner", "until", "releases", "why")
	w := Waiver{Line: n.Line}
	if len(p.errs) > before && len(m) == 0 {
		return w
	}
	w.Requirement = p.text(n, m, "requirement")
	w.Reason = p.text(n, m, "reason")
	w.Owner = p.text(n, m, "owner")
	if text := p.text(n, m, "until"); text != "" {
		until, err := time.Parse(time.DateOnly, text)
		if err != nil {
			p.errorf(m["until"], "until is %q: write a day such as 2026-12-31", text)
		}
		w.Until = until
	}
	w.Why = p.text(n, m, "why")
	for _, key := range []string{"requirement", "reason"} {
		if at := m[key]; at != nil && at.Value != "" && !hasWords(at.Value) {
			p.errorf(at, "%s is %q, which lets everything through: name what is waived", key, at.Value)
		}
	}
	if at := m["releases"]; at != nil {
		w.Releases = p.releases(at)
	}
	return w
}

// text gives a value that must be there and filled in.
func (p *waiverParser) text(n *yaml.Node, m map[string]*yaml.Node, key string) string {
	at := m[key]
	switch {
	case at == nil:
		p.errorf(n, "the waiver has no %s", key)
		return ""
	case at.Kind != yaml.ScalarNode:
		p.errorf(at, "%s is no text", key)
		return ""
	case strings.TrimSpace(at.Value) == "" || at.Tag == "!!null":
		p.errorf(at, "%s is empty", key)
		return ""
	case strings.Contains(at.Value, placeholder):
		p.errorf(at, "%s still has the placeholder: fill it in", key)
		return ""
	}
	return strings.TrimSpace(at.Value)
}

func (p *waiverParser) releases(n *yaml.Node) spec.Releases {
	m := p.mapping(n, "releases", "from", "to")
	read := func(key string) spec.Release {
		at := m[key]
		if at == nil {
			return spec.Release{}
		}
		r, err := spec.ParseRelease(at.Value)
		if err != nil || r.IsZero() {
			p.errorf(at, "%s is %q: write a release such as 12.5(1)", key, at.Value)
		}
		return r
	}
	rs := spec.Releases{From: read("from"), To: read("to")}
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		p.errorf(n, "releases is empty: say from or to, or leave it out")
	case !rs.From.IsZero() && !rs.To.IsZero() && rs.To.Before(rs.From):
		p.errorf(n, "releases goes from %s down to %s", rs.From, rs.To)
	}
	return rs
}
