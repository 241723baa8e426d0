package scenario

import (
	"fmt"
	"strings"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// errorType is what an answer says is wrong, "" where it says nothing.
func errorType(x evidence.Exchange) string {
	doc, err := xmlbody.Parse(x.ResponseHeader["Content-Type"], []byte(x.ResponseBody))
	if err != nil {
		return ""
	}
	said, _ := xmlbody.Text(doc, "ApiErrors/ApiError/ErrorType")
	return strings.TrimSpace(said)
}

// wayGap is the gap that a user leaves that went elsewhere, or nowhere, on a
// way that began in a state, "" where it is not known in which.
func wayGap(p *participant, from spec.State) evidence.Gap {
	if from == "" {
		return evidence.Gap{Kind: evidence.GapPath}
	}
	return evidence.Gap{Kind: evidence.GapPath, Instead: &evidence.Instead{
		Mismatch: evidence.Mismatch{Kind: evidence.MismatchStayed, From: from, To: p.look.State}}}
}

func (a *attempt) failedOnPath(p *participant, x evidence.Exchange, from spec.State, sought string) error {
	gap, is := wayGap(p, from), string(p.look.State)
	switch {
	case x.Status < 400 && is == sought && p.look.Extension == "":
		is += " without an extension"
		gap.Instead = &evidence.Instead{Mismatch: evidence.Mismatch{Kind: evidence.MismatchShown}, XPath: "User/extension"}
	case x.Status >= 400:
		gap.Instead = &evidence.Instead{Mismatch: evidence.Mismatch{Kind: evidence.MismatchAnswer, Said: errorType(x)}, Status: x.Status}
	}
	return &unreached{why: fmt.Sprintf("user %s could not be brought to %s: %s %s was %s, and the user is in %s",
		p.user.ID, sought, x.Method, brief(x), x.Answered(), is), gap: gap, again: true}
}

// brief tells a request in a few words.
func brief(x evidence.Exchange) string {
	if x.RequestBody == "" || len(x.RequestBody) > 200 {
		return x.Path
	}
	return x.RequestBody
}
