package scenario

import (
	"cmp"
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
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
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
		if call.As != nil && call.Credentials == client.Own && x.Status != 0 && strings.HasPrefix(call.Path, userPath(call.As.ID)) {
			a.Users.Answered(call.As.ID, x.Status)
		}
		if call.As != nil && x.Status == http.StatusUnauthorized {
			a.Users.Unauthorized(call.As.ID)
		}
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
	by = cmp.Or(by, spec.Self)
	return a.parts[by]
}

// put sends the PUT that a requirement describes.
func (a *attempt) put(ctx context.Context, subject *participant, by spec.Actor, p *spec.Put) (evidence.Exchange, error) {
	call, err := a.putCall(ctx, subject, by, p)
	if err != nil {
		return evidence.Exchange{}, err
	}
	x := a.send(ctx, call)
	if call.Credentials == client.Wrong && !call.As.ByToken() {
		x = a.resembling(ctx, call, x)
	}
	switch p.User {
	case "":
		a.Users.Asked(subject.user.ID, spec.State(p.State), x.Status)
	case spec.UserOwn:
		a.Users.Asked(call.As.ID, spec.State(p.State), x.Status)
	}
	if p.Reason == "" || p.Reason == spec.ReasonAuto {
		err = a.unreasoned(call, spec.Category(p.State), x)
	}
	return x, err
}

// resembling sends a request with one wrong password after the other, until one is
// not refused; with a right one between them, since five wrong ones in a row lock an
// account (guide 12.5(1), page 29).
func (a *attempt) resembling(ctx context.Context, call client.Call, x evidence.Exchange) evidence.Exchange {
	for call.WrongPassword = 1; call.WrongPassword < client.WrongPasswords() && x.Err == "" && x.Status == http.StatusUnauthorized; call.WrongPassword++ {
		if _, err := a.look(ctx, a.participant(call.As), evidence.ForLook); err != nil {
			break
		}
		call.RequestID = a.newRequestID()
		x = a.send(ctx, call)
	}
	return x
}

// putCall is the request of a PUT, whose subject is touched from here on: who
// asks for itself is that here.
func (a *attempt) putCall(ctx context.Context, subject *participant, by spec.Actor, p *spec.Put) (client.Call, error) {
	as := a.signer(by)
	if p.User == spec.UserOwn {
		subject, by = a.participant(as), spec.Self
	}
	call := client.Call{
		As: as, Method: http.MethodPut, Path: userPath(subject.user.ID),
		ContentType: "application/xml", Purpose: evidence.ForAct, RequestID: a.newRequestID(),
		Elsewhere: p.Node != "",
	}
	switch p.Credentials {
	case spec.CredentialsNone:
		call.Credentials = client.None
	case spec.CredentialsWrong:
		call.Credentials = client.Wrong
	case spec.CredentialsMadeUp:
		call.Credentials = client.MadeUp
	case spec.CredentialsAnother:
		if call.As = a.Cast.AnotherByToken(subject.user); call.As == nil {
			return client.Call{}, &unreached{why: "needs another agent who is no supervisor and signs in by token: none in the cast", gap: evidence.Gap{Kind: evidence.GapCast}}
		}
	case spec.CredentialsUnissued:
		call.Credentials = client.Unissued
	case spec.CredentialsExpired:
		call.Credentials, call.Token = client.Expired, a.expired
	}
	call.Path = userPath(a.idFor(subject, p.User))
	reason, err := a.reasonFor(ctx, subject, by, p)
	if err != nil {
		return call, err
	}
	if reason != "" {
		a.values["reason"] = reason
	}
	doc := userDocument{ReasonCodeID: reason, MobileAgent: mobileFor(subject.user, p.Mobile)}
	if extension, sent := a.extensionFor(subject, p); sent {
		a.values["extension"], doc.Extension = extension, &extension
	}
	if p.Device {
		doc.ActiveDeviceID = subject.user.Devices[0]
		a.values["device"] = doc.ActiveDeviceID
	}
	body, contentType := body(p, doc)
	call.Body = body
	if contentType != "" {
		call.ContentType = contentType
	}
	return call, a.touch(subject)
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

// newRequestID gives the requestId of the request under test.
func (a *attempt) newRequestID() string {
	a.values["request_id"] = requestID()
	return a.values["request_id"]
}

// requestID makes one up: whatever the run asks for has its own, so that no event
// of one request is taken for that of another.
func requestID() string { return evidence.RequestIDPrefix + strings.ToLower(rand.Text()[:12]) }

// touch notes, before anything changes, how the user was found.
func (a *attempt) touch(p *participant) error {
	a.Users.Sent(p.user.ID, p.look.State)
	if p.done.touched {
		return nil
	}
	p.done.touched = true
	if a.Ledger == nil {
		return nil
	}
	found, ok := a.Users.Initial(p.user.ID)
	if !ok {
		found = p.look
	}
	if err := a.Ledger.Touch(p.user.ID, found); err != nil {
		p.done.touched = false
		return &unreached{why: fmt.Sprintf("user %s is not touched: %v", p.user.ID, err), gap: evidence.Gap{Kind: evidence.GapOther}}
	}
	return nil
}

// userDocument is the body of a request to change state.
type userDocument struct {
	XMLName        xml.Name        `xml:"User"`
	State          *string         `xml:"state"`
	Extension      *string         `xml:"extension"`
	ActiveDeviceID string          `xml:"activeDeviceId,omitempty"`
	MobileAgent    *mobileDocument `xml:"mobileAgent"`
	ReasonCodeID   string          `xml:"reasonCodeId,omitempty"`
}

type mobileDocument struct {
	Mode       string `xml:"mode,omitempty"`
	DialNumber string `xml:"dialNumber,omitempty"`
}

// The parts of bodies that are wrong on purpose.
const (
	unknownMode = "NO_SUCH_MODE"
	validMode   = "CALL_BY_CALL" // guide, User object (DG12.5 p.31)
	dialNumber  = "5550100"
	hugeText    = 1 << 20 // characters
)

// mobileFor gives the mobileAgent part that a PUT sends, nil for none.
func mobileFor(u *fixtures.User, m *spec.Mobile) *mobileDocument {
	if m == nil {
		return nil
	}
	doc := &mobileDocument{}
	switch m.Mode {
	case "valid":
		doc.Mode = validMode
	case "unknown":
		doc.Mode = unknownMode
	}
	switch {
	case m.Dial && u.Mobile != nil:
		doc.DialNumber = u.Mobile.DialNumber
	case m.Dial:
		doc.DialNumber = dialNumber
	}
	return doc
}

// body writes the body that a Put describes: the document, with its state,
// unless it is to be none. The content type is "" for the usual one.
func body(p *spec.Put, doc userDocument) (text, contentType string) {
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
	if p.State != "" || p.EmptyState {
		doc.State = &p.State
	}
	out, err := xml.Marshal(doc)
	if err != nil {
		// Nothing in a userDocument can fail to marshal.
		return "", ""
	}
	return string(out), ""
}

// idFor gives the id to which a request goes: the subject's, or what a User
// constant stands for.
func (a *attempt) idFor(subject *participant, user string) string {
	switch user {
	case spec.UserUnknown:
		return a.unknownUser()
	case spec.UserLoginName:
		return subject.user.LoginName
	}
	return subject.user.ID
}
