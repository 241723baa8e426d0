package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

// impediment is why a requirement cannot be exercised here, as far as that is
// known before anything is tried.
type impediment struct {
	why string
	gap evidence.Gap
}

func (i *impediment) Error() string { return i.why }

// GapOf tells as data what an error keeps from being exercised, and why.
func GapOf(err error) evidence.Gap {
	var (
		here    *impediment
		tried   *unreached
		cast    *fixtures.Missing
		way     *navigate.Missing
		blocked *blockedError
		moved   *movedError
	)
	switch {
	case errors.As(err, &tried):
		return tried.gap
	case errors.As(err, &here):
		return here.gap
	case errors.As(err, &blocked):
		return evidence.Gap{Kind: evidence.GapPath, Cause: blocked.move, Instead: blocked.instead}
	case errors.As(err, &moved):
		return moved.gap
	case errors.As(err, &cast) && cast.WrapUp:
		return evidence.Gap{Kind: evidence.GapWrapUp}
	case errors.As(err, &cast):
		return evidence.Gap{Kind: evidence.GapCast}
	case errors.As(err, &way) && len(way.Pieces) > 0:
		return gapOfPiece(way.Pieces[0])
	}
	return evidence.Gap{Kind: evidence.GapOther}
}

func gapOfPiece(p navigate.Piece) evidence.Gap {
	//exhaustive:enforce
	switch p.Kind {
	case navigate.PieceStimulus:
		if p.Stimulus == spec.WrapUpOn || p.Stimulus == spec.WrapUpOff {
			return evidence.Gap{Kind: evidence.GapWrapUp, Stimulus: p.Stimulus}
		}
		return evidence.Gap{Kind: evidence.GapStimulus, Stimulus: p.Stimulus}
	case navigate.PieceTimer:
		return evidence.Gap{Kind: evidence.GapTime}
	case navigate.PiecePeer:
		return evidence.Gap{Kind: evidence.GapCast}
	case navigate.PieceDialogs:
		return evidence.Gap{Kind: evidence.GapTarget}
	}
	return evidence.Gap{Kind: evidence.GapOther}
}

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

// stranded gives a user with a part who is where requirements before could not
// bring it back from, nil where there is none.
func (a *attempt) stranded() (where *evidence.Stranded, hopeless bool) {
	for _, p := range a.cast() {
		if a.part(p) == "" || p.look.At.IsZero() {
			continue
		}
		if where, hopeless = a.Users.Stranded(p.look); where != nil {
			return where, hopeless
		}
	}
	return nil, false
}

// hasPath reports whether anybody with a part has to be brought anywhere.
func (a *attempt) hasPath(subject *participant) bool {
	g := a.req.Given
	if g.State != "" && g.State != subject.look.State || g.Fresh {
		return true
	}
	return slices.ContainsFunc(a.cast(), func(p *participant) bool { return p != subject && a.part(p) != "" && a.signsIn(p) })
}

// waitsFor is the error of a requirement that waits until a user is out of
// the state in which another one left it. Others may play instead.
func waitsFor(where evidence.Stranded) error {
	return &unreached{
		why:   where.String() + ", and nothing leads out of it: this waits for that",
		gap:   evidence.Gap{Kind: evidence.GapPath, Waits: &where},
		again: true,
	}
}
