package scenario

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/spec/xmlbody"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// Longest time that a target's Retry-After is obeyed, and how often.
const (
	longestRetryAfter = 15 * time.Second
	maxRetryAfter     = 3
)

// send sends a request. One that the target was too busy for (429, or 503
// with Retry-After) was not served: it is sent again when the target says.
func (a *attempt) send(ctx context.Context, call client.Call) evidence.Exchange {
	for n := 0; ; n++ {
		x := a.Client.Do(ctx, a.rec, call)
		a.count(call, x)
		wait, busy := retryAfter(x)
		if !busy || n == maxRetryAfter || call.Credentials == client.Wrong || !a.pause(ctx, wait) {
			return x
		}
	}
}

// busy reports whether the target asks to be asked later.
func busy(x evidence.Exchange) bool {
	return x.Status == http.StatusTooManyRequests || x.Status == http.StatusServiceUnavailable && x.ResponseHeader["Retry-After"] != ""
}

func retryAfter(x evidence.Exchange) (time.Duration, bool) {
	text := x.ResponseHeader["Retry-After"]
	if !busy(x) {
		return 0, false
	}
	wait := time.Second
	if n, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return max(wait, 0), wait <= longestRetryAfter
}

// signer gives the user who signs a request of the actor.
func (a *attempt) signer(by spec.Actor) *fixtures.User {
	if by == "" {
		by = spec.Self
	}
	return a.parts[by]
}

// put sends the PUT that a requirement describes.
func (a *attempt) put(ctx context.Context, subject *player, by spec.Actor, p *spec.Put) (evidence.Exchange, error) {
	call := client.Call{
		As: a.signer(by), Method: http.MethodPut, Path: userPath(subject.user.ID),
		ContentType: "application/xml", Purpose: evidence.ForAct, RequestID: a.newRequestID(),
	}
	switch p.Credentials {
	case "none":
		call.Credentials = client.None
	case "wrong":
		call.Credentials = client.Wrong
	}
	if p.User == "unknown" {
		call.Path = userPath(a.unknownUser())
	}
	reason, err := a.reasonFor(ctx, subject, by, p)
	if err != nil {
		return evidence.Exchange{}, err
	}
	if reason != "" {
		a.values["reason"] = reason
	}
	extension := a.extensionFor(subject, p)
	if extension != "" {
		a.values["extension"] = extension
	}
	body, contentType := body(p, reason, extension)
	call.Body = body
	if contentType != "" {
		call.ContentType = contentType
	}
	if err := a.touch(subject); err != nil {
		return evidence.Exchange{}, err
	}
	x := a.send(ctx, call)
	if p.Reason == "" || p.Reason == spec.ReasonAuto {
		err = a.unreasoned(call, spec.Category(p.State), x)
	}
	return x, err
}

// unreasoned is the error of a request that was refused for want of a reason
// code, when nobody could tell the run which codes there are: the target may
// be right.
func (a *attempt) unreasoned(call client.Call, category spec.Category, x evidence.Exchange) error {
	if call.As == nil || call.Path != userPath(call.As.ID) || !slices.Contains(call.As.CodesUnknown, category) || x.Status != http.StatusBadRequest {
		return nil
	}
	doc, err := xmlbody.Parse("", []byte(x.ResponseBody))
	if err != nil {
		return nil
	}
	if missing, _ := xmlbody.Text(doc, "ApiErrors/ApiError/ErrorType"); strings.TrimSpace(missing) != "Parameter Missing" {
		return nil
	}
	return &unreached{why: fmt.Sprintf("needs the %s reason codes of user %s, which could not be read: the target asks for one", category, call.As.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

func (a *attempt) newRequestID() string {
	id := "conformance-" + strings.ToLower(rand.Text()[:12])
	a.values["request_id"] = id
	return id
}

// touch notes, before anything changes, how the user was found.
func (a *attempt) touch(p *player) error {
	p.asked, p.before = time.Now(), p.look.State
	if p.touched {
		return nil
	}
	p.touched = true
	if a.Ledger == nil {
		return nil
	}
	found, ok := a.home(p.user.ID)
	if !ok {
		found = p.look
	}
	if err := a.Ledger.Touch(p.user.ID, found); err != nil {
		p.touched = false
		return &unreached{why: fmt.Sprintf("user %s is not touched: %v", p.user.ID, err), gap: evidence.Gap{Kind: evidence.GapOther}}
	}
	return nil
}

// userDocument is the body of a request to change state.
type userDocument struct {
	XMLName      xml.Name        `xml:"User"`
	State        *string         `xml:"state"`
	Extension    string          `xml:"extension,omitempty"`
	MobileAgent  *mobileDocument `xml:"mobileAgent"`
	ReasonCodeID string          `xml:"reasonCodeId,omitempty"`
}

type mobileDocument struct {
	Mode       string `xml:"mode,omitempty"`
	DialNumber string `xml:"dialNumber,omitempty"`
}

// The parts of bodies that are wrong on purpose.
const (
	unknownMode = "NO_SUCH_MODE"
	validMode   = "CALL_BY_CALL" // guide, User object; finesse facts §8
	dialNumber  = "5550100"
	hugeText    = 1 << 20 // characters
)

// body writes the document that a Put describes. The content type is "" for
// the usual one.
func body(p *spec.Put, reason, extension string) (text, contentType string) {
	switch p.Body {
	case spec.BodyEmpty:
		return "", ""
	case spec.BodyMalformed:
		return "<User><state>READY</state>", ""
	case spec.BodyOtherRoot:
		return "<Agent><state>READY</state></Agent>", ""
	case spec.BodyHuge:
		return "<User><state>" + strings.Repeat("A", hugeText) + "</state></User>", ""
	case spec.BodyDoctype:
		return `<!DOCTYPE User [<!ENTITY s "READY"><!ENTITY x SYSTEM "file:///nowhere">]><User><state>&s;</state></User>`, ""
	case spec.BodyJSON:
		return `{"state":"READY"}`, "application/json"
	case spec.BodyExtra:
		return "<User><state>READY</state><unheardOf>1</unheardOf><alsoNew><inner/></alsoNew></User>", ""
	}
	doc := userDocument{ReasonCodeID: reason, Extension: extension}
	if p.State != "" || p.EmptyState {
		doc.State = &p.State
	}
	if p.Mobile != nil {
		doc.MobileAgent = &mobileDocument{}
		switch p.Mobile.Mode {
		case "valid":
			doc.MobileAgent.Mode = validMode
		case "unknown":
			doc.MobileAgent.Mode = unknownMode
		}
		if p.Mobile.Dial {
			doc.MobileAgent.DialNumber = dialNumber
		}
	}
	out, err := xml.Marshal(doc)
	if err != nil {
		// Nothing in a userDocument can fail to marshal.
		return "", ""
	}
	return string(out), ""
}

// extensionFor gives the extension that a PUT sends, "" for none.
func (a *attempt) extensionFor(subject *player, p *spec.Put) string {
	switch p.Extension {
	case "own":
		return subject.user.Extension
	case "unknown":
		return a.unknownExtension()
	}
	return ""
}

// reasonFor gives the reasonCodeId that a PUT sends, "" for none. The id is
// the one of Finesse's database, not the code (guide 12.5(1), page 51).
func (a *attempt) reasonFor(ctx context.Context, subject *player, by spec.Actor, p *spec.Put) (string, error) {
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
		// Another one than before, so that an old one can be told from it.
		old := []string{subject.gave, subject.had}
		for ; len(old) > 0; old = old[:len(old)-1] {
			for _, c := range codes {
				if !slices.Contains(old, c.ID) {
					return c.ID, nil
				}
			}
		}
		return codes[0].ID, nil
	case spec.ReasonOther:
		for _, c := range codes {
			if c.ID != subject.look.ReasonCodeID {
				return c.ID, nil
			}
		}
		return "", &unreached{why: fmt.Sprintf("needs a second %s reason code for user %s", category, subject.user.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
	case spec.ReasonFirst, spec.ReasonSecond:
		n := map[string]int{spec.ReasonFirst: 0, spec.ReasonSecond: 1}[p.Reason]
		if len(codes) <= n {
			return "", &unreached{why: fmt.Sprintf("needs %d %s reason codes for user %s", n+1, category, subject.user.ID), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
		}
		a.values[p.Reason] = codes[n].ID
		return codes[n].ID, nil
	case spec.ReasonUnknown:
		return a.unknownReason(ctx, subject)
	case spec.ReasonMalformed:
		return "no-number", nil
	case spec.ReasonWrongCategory:
		return wrongCategory(subject.user, category)
	}
	return "", &unreached{why: fmt.Sprintf("this program does not know how to send a reason code that is %q", p.Reason), gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
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
func (a *attempt) unknownReason(ctx context.Context, subject *player) (string, error) {
	for n := 990001; n < 990020; n++ {
		id := strconv.Itoa(n)
		x := a.send(ctx, client.Call{
			As: subject.user, Method: http.MethodGet, Path: userPath(subject.user.ID) + "/ReasonCode/" + id, Purpose: evidence.ForWay,
		})
		switch {
		case x.Status == http.StatusOK:
		case x.Err != "" || x.Status >= 500:
			return "", &unreached{why: fmt.Sprintf("whether reason code %s exists could not be asked: %s", id, answered(x)), gap: evidence.Gap{Kind: evidence.GapReasonCodes}, again: true}
		default:
			return id, nil
		}
	}
	return "", &unreached{why: "every reason code id that was made up exists", gap: evidence.Gap{Kind: evidence.GapReasonCodes}}
}

// unknownUser makes up an id of the form that the cast's ids have.
func (a *attempt) unknownUser() string {
	return a.madeUp("user", len(a.parts[spec.Self].ID), func(id string) bool { return a.Cast.ByID(id) != nil })
}

// unknownExtension makes up an extension that nobody in the cast has.
func (a *attempt) unknownExtension() string {
	return a.madeUp("extension", len(a.parts[spec.Self].Extension), func(ext string) bool {
		return slices.ContainsFunc(a.Cast.Users, func(u *fixtures.User) bool { return u.Extension == ext })
	})
}

func (a *attempt) madeUp(kind string, digits int, taken func(string) bool) string {
	a.Stage.mu.Lock()
	defer a.Stage.mu.Unlock()
	if a.unknown == nil {
		a.unknown = map[string]string{}
	}
	if a.unknown[kind] == "" {
		text := strings.Repeat("9", max(digits, 4)-1)
		for n := 8; n >= 0 && (a.unknown[kind] == "" || taken(a.unknown[kind])); n-- {
			a.unknown[kind] = text + strconv.Itoa(n)
		}
	}
	return a.unknown[kind]
}
