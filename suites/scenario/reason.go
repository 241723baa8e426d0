package scenario

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// reasonFor gives the reasonCodeId that a PUT sends, "" for none. The id is
// the one of Finesse's database, not the code (guide 12.5(1), page 51).
func (a *attempt) reasonFor(ctx context.Context, subject *participant, by spec.Actor, p *spec.Put) (string, error) {
	category := spec.Category(p.State)
	codes := subject.user.Codes[category]
	switch p.Reason {
	case "", spec.ReasonAuto:
		if p.Body != "" || by != "" && by != spec.Self || len(codes) == 0 {
			return "", nil
		}
		return codes[0].ID, nil
	case spec.ReasonNone:
		return "", nil
	case spec.ReasonValid:
		if len(codes) == 0 {
			codes = slices.Concat(subject.user.Codes[spec.CategoryNotReady], subject.user.Codes[spec.CategoryLogout])
		}
		if len(codes) == 0 {
			return "1", nil
		}
		return unlike(codes, subject.done.gave, subject.had), nil
	case spec.ReasonOther:
		for _, c := range codes {
			if c.ID != subject.look.ReasonCodeID {
				return c.ID, nil
			}
		}
		return "", &unreached{why: fmt.Sprintf("needs a second %s reason code for user %s", category, subject.user.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
	case spec.ReasonFirst, spec.ReasonSecond:
		return a.numberedReason(subject.user, category, p.Reason)
	case spec.ReasonUnknown:
		return a.unknownReason(ctx, subject)
	case spec.ReasonMalformed:
		return "no-number", nil
	case spec.ReasonWrongCategory:
		return wrongCategory(subject.user, category)
	case spec.ReasonForeign:
		if id := a.Cast.ForeignCode(subject.user, category); id != "" {
			return id, nil
		}
		return "", &unreached{why: fmt.Sprintf("needs a %s reason code that only another team than that of user %s has", category, subject.user.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
	case spec.ReasonCode:
		return a.codeOfReason(ctx, subject, category)
	}
	return "", &unreached{why: fmt.Sprintf("this program does not know how to send a reason code that is %q", p.Reason), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

// unlike gives another code than those before, so that an old one can be told
// from it: where all were used, one that was not used last. It is the last of
// these, since ways into a state take the first.
func unlike(codes []fixtures.ReasonCode, old ...string) string {
	for ; len(old) > 0; old = old[:len(old)-1] {
		for _, c := range slices.Backward(codes) {
			if !slices.Contains(old, c.ID) {
				return c.ID
			}
		}
	}
	return codes[0].ID
}

// numberedReason gives the first or second code of a category, and keeps it
// under that name.
func (a *attempt) numberedReason(u *fixtures.User, category spec.Category, which string) (string, error) {
	n := map[string]int{spec.ReasonFirst: 0, spec.ReasonSecond: 1}[which]
	codes := u.Codes[category]
	if len(codes) <= n {
		return "", &unreached{why: fmt.Sprintf("needs %d %s reason codes for user %s", n+1, category, u.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
	}
	a.values[which] = codes[n].ID
	return codes[n].ID, nil
}

// wrongCategory gives the id of a code of the other category that is not one
// of this category too.
func wrongCategory(u *fixtures.User, category spec.Category) (string, error) {
	other := spec.CategoryLogout
	if category == spec.CategoryLogout {
		other = spec.CategoryNotReady
	}
	for _, c := range u.Codes[other] {
		if !slices.ContainsFunc(u.Codes[category], func(mine fixtures.ReasonCode) bool { return mine.ID == c.ID }) {
			return c.ID, nil
		}
	}
	return "", &unreached{why: fmt.Sprintf("needs a %s reason code for user %s", other, u.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

// unknownReason makes up an id and checks that no code has it.
func (a *attempt) unknownReason(ctx context.Context, subject *participant) (string, error) {
	for n := 990001; n < 990020; n++ {
		id := strconv.Itoa(n)
		if free, err := a.noReason(ctx, subject, id); err != nil || free {
			return id, err
		}
	}
	return "", &unreached{why: "every reason code id that was made up exists", gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

// codeOfReason gives the code of one of the user's reasons that is not also
// the id of one.
func (a *attempt) codeOfReason(ctx context.Context, subject *participant, category spec.Category) (string, error) {
	for _, c := range subject.user.Codes[category] {
		if c.Code == "" {
			continue
		}
		if free, err := a.noReason(ctx, subject, c.Code); err != nil || free {
			return c.Code, err
		}
	}
	return "", &unreached{why: fmt.Sprintf("needs a %s reason of user %s whose code is not the id of one too", category, subject.user.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

// noReason reports whether the target says that no reason code has the id.
func (a *attempt) noReason(ctx context.Context, subject *participant, id string) (bool, error) {
	x := a.send(ctx, client.Call{
		As: subject.user, Method: http.MethodGet, Path: userPath(subject.user.ID) + "/ReasonCode/" + id, Purpose: evidence.ForPath,
	})
	switch {
	case x.Err == "" && x.Status == http.StatusOK:
		return false, nil
	case x.Err == "" && x.Status == http.StatusNotFound:
		return true, nil
	}
	return false, &unreached{
		gap:   evidence.Gap{Kind: evidence.GapReasonCodes},
		why:   fmt.Sprintf("whether reason code %s exists is not known: a GET of it was %s", id, x.Answered()),
		again: x.Err != "" || x.Status >= 500,
	}
}
