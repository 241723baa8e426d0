package judge

import (
	"fmt"
	"path"
	"strings"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// reasonCode is what is told of one.
type reasonCode struct{ category, code, label string }

// reasonObject is one that a User shows, and in whose evidence.
type reasonObject struct {
	reasonCode
	ev *evidence.Evidence
}

// codesListed takes in a list of reason codes: what Users show of them is the same.
func (s *Invariants) codesListed(ev *evidence.Evidence, x evidence.Exchange) {
	if !strings.Contains(x.Path, "/ReasonCodes") {
		return
	}
	for _, n := range xmlbody.Nodes(s.judge.loose(x.ResponseBody).node, "ReasonCodes/ReasonCode") {
		text := func(name string) string { t, _ := xmlbody.Text(n, name); return strings.TrimSpace(t) }
		id := path.Base(text("uri"))
		s.codes[id] = reasonCode{text("category"), text("code"), text("label")}
		if shown, ok := s.objects[id]; ok {
			s.asListed(shown.ev, id, shown.reasonCode)
		}
	}
}

// reasonShown: the reason code that a User has is the one whose id it has, and
// what lists tell of that.
func (s *Invariants) reasonShown(ev *evidence.Evidence, d *document, at string) {
	id, _ := d.text(at + "reasonCodeId")
	for _, name := range []string{"reasonCode", "ReasonCode"} {
		text := func(part string) string { t, _ := d.text(at + name + "/" + part); return t }
		own := text("id")
		if uri := text("uri"); own == "" && uri != "" {
			own = path.Base(uri)
		}
		if own == "" {
			continue
		}
		if id != "" && id != "-1" && id != "0" && own != id {
			s.breaks(spec.InvariantReasonCode, ev, "User/reasonCode/id", "the reason code with the reasonCodeId "+id, fmt.Sprintf("that with the id %q", own))
			return
		}
		shown := reasonCode{text("category"), text("code"), text("label")}
		s.objects[own] = reasonObject{shown, ev}
		s.asListed(ev, own, shown)
	}
}

// asListed compares what a User shows of a reason code with what a list does.
func (s *Invariants) asListed(ev *evidence.Evidence, id string, shown reasonCode) {
	listed, ok := s.codes[id]
	if !ok {
		return // a system's, or of another team
	}
	for _, part := range []struct{ name, is, want string }{
		{"category", shown.category, listed.category}, {"code", shown.code, listed.code}, {"label", shown.label, listed.label},
	} {
		if part.is != "" && part.want != "" && part.is != part.want {
			s.breaks(spec.InvariantReasonCode, ev, "User/reasonCode/"+part.name, fmt.Sprintf("%s %q of reason code %s, as the list has it", part.name, part.want, id), fmt.Sprintf("%q", part.is))
			return
		}
	}
}
