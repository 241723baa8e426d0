package scenario

import (
	"errors"

	"finesse-conformance/fixtures"
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
