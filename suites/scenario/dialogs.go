package scenario

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// dialog is a call or reservation, seen by one of its parties.
type dialogView struct {
	id      string
	state   string   // of the party: ALERTING, ACTIVE, HELD, …
	actions []string // what the target says the party may do
	listed  bool     // the target says what the party may do, which may be nothing
}

// may reports whether the party can ask for the action. Where the target
// lists no actions, the party's state decides (guide, participant states).
func (d dialogView) may(action string) bool {
	if len(d.actions) > 0 {
		return slices.ContainsFunc(d.actions, func(a string) bool { return strings.EqualFold(a, action) })
	}
	switch action {
	case "ANSWER":
		return d.state == "ALERTING"
	case "HOLD":
		return d.state == "ACTIVE"
	case "RETRIEVE":
		return d.state == "HELD"
	case "DROP":
		return d.state != "ALERTING" && d.state != "DROPPED" && d.state != ""
	}
	return false
}

func (d dialogView) over() bool { return d.state == "DROPPED" || d.state == "WRAP_UP" }

// dialogs lists the user's calls and reservations: none where the target does
// not serve the Dialog API, for then only the state tells of them.
func (a *attempt) dialogs(ctx context.Context, p *participant, purpose evidence.Purpose) ([]dialogView, error) {
	if !a.Dialogs {
		return nil, nil
	}
	x := a.send(ctx, client.Call{As: p.user, Method: http.MethodGet, Path: userPath(p.user.ID) + "/Dialogs", Purpose: purpose})
	if x.Err != "" {
		return nil, fmt.Errorf("GET %s was %s", x.Path, x.Answered())
	}
	if x.Status/100 != 2 {
		return nil, fmt.Errorf("GET %s was answered %d", x.Path, x.Status)
	}
	doc, err := xmlbody.Parse("", []byte(x.ResponseBody))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", x.Path, err)
	}
	var list []dialogView
	for _, node := range xmlbody.Nodes(doc, "Dialogs/Dialog") {
		d := dialogView{}
		if d.id, _ = xmlbody.Text(node, "id"); d.id == "" {
			uri, _ := xmlbody.Text(node, "uri")
			d.id = path.Base(strings.TrimSpace(uri))
		}
		d.id = strings.TrimSpace(d.id)
		for _, party := range xmlbody.Nodes(node, "participants/Participant") {
			if address, _ := xmlbody.Text(party, "mediaAddress"); strings.TrimSpace(address) == p.user.Extension {
				d.state, _ = xmlbody.Text(party, "state")
				d.actions, d.listed = xmlbody.Texts(party, "actions/action"), len(xmlbody.Nodes(party, "actions")) > 0
			}
		}
		if whole, _ := xmlbody.Text(node, "state"); strings.TrimSpace(whole) == "DROPPED" {
			d.state = "DROPPED" // whatever it says of the parties
		}
		list = append(list, d)
	}
	return list, nil
}

type dialogDocument struct {
	XMLName            xml.Name `xml:"Dialog"`
	RequestedAction    string   `xml:"requestedAction"`
	TargetMediaAddress string   `xml:"targetMediaAddress,omitempty"`
	FromAddress        string   `xml:"fromAddress,omitempty"`
	ToAddress          string   `xml:"toAddress,omitempty"`
}

func (d dialogDocument) text() string {
	out, err := xml.Marshal(d)
	if err != nil {
		return "" // nothing in a dialogDocument can fail to marshal
	}
	return string(out)
}

// dialog makes the user's own Dialog request on the call that allows it,
// waiting for the call to get so far.
func (a *attempt) dialog(ctx context.Context, p *participant, action string, purpose evidence.Purpose) (evidence.Exchange, error) {
	d, err := a.dialogFor(ctx, p, action, a.Target.Settle)
	if err != nil {
		return evidence.Exchange{}, err
	}
	return a.actOn(ctx, p, d, action, purpose)
}

func (a *attempt) actOn(ctx context.Context, p *participant, d dialogView, action string, purpose evidence.Purpose) (evidence.Exchange, error) {
	if err := a.touch(p); err != nil {
		return evidence.Exchange{}, err
	}
	return a.send(ctx, actionCall(p, d, action, purpose)), nil
}

// actionCall is the Dialog request of an action on a call.
func actionCall(p *participant, d dialogView, action string, purpose evidence.Purpose) client.Call {
	return client.Call{
		As: p.user, Method: http.MethodPut, Path: "/finesse/api/Dialog/" + d.id, ContentType: "application/xml", Purpose: purpose,
		Body: dialogDocument{RequestedAction: action, TargetMediaAddress: p.user.Extension}.text(),
	}
}

// dialogFor waits for a call on which the user may ask for the action.
func (a *attempt) dialogFor(ctx context.Context, p *participant, action string, limit time.Duration) (dialogView, error) {
	var found dialogView
	var last error
	ok := eventually(ctx, limit, a.Poll, func() bool {
		list, err := a.dialogs(ctx, p, evidence.ForPath)
		last = err
		for _, d := range list {
			if d.may(action) {
				found = d
				return true
			}
		}
		return false
	})
	if ok {
		return found, nil
	}
	why := fmt.Sprintf("no call of user %s allows %s within %v", p.user.ID, action, limit)
	if last != nil {
		why += ": " + last.Error()
	}
	return dialogView{}, &unreached{why: why, gap: evidence.Gap{Kind: evidence.GapPath}, again: true}
}

// taken waits until a Dialog request that was accepted shows: the action is
// no longer offered on any call of the user.
func (a *attempt) taken(ctx context.Context, p *participant, action string) {
	eventually(ctx, a.Target.Settle, a.Poll, func() bool {
		list, err := a.dialogs(ctx, p, evidence.ForWatch)
		return err == nil && !slices.ContainsFunc(list, func(d dialogView) bool { return d.may(action) })
	})
}

// makeCall sends the MAKE_CALL of one user to another.
func (a *attempt) makeCall(ctx context.Context, from, to *participant, purpose evidence.Purpose) (evidence.Exchange, error) {
	for _, p := range []*participant{from, to} {
		p.done.called = true
		if err := a.touch(p); err != nil {
			return evidence.Exchange{}, err
		}
	}
	return a.send(ctx, client.Call{
		As: from.user, Method: http.MethodPost, Path: userPath(from.user.ID) + "/Dialogs", ContentType: "application/xml", Purpose: purpose,
		Body: dialogDocument{RequestedAction: "MAKE_CALL", FromAddress: from.user.Extension, ToAddress: to.user.Extension}.text(),
	}), nil
}

// call makes a direct call and has it answered.
func (a *attempt) call(ctx context.Context, from, to *participant) error {
	x, err := a.makeCall(ctx, from, to, evidence.ForPath)
	if err != nil {
		return err
	}
	if x.Status >= 400 || x.Err != "" {
		return a.failedOnPath(from, x, "", "a call to user "+to.user.ID)
	}
	answer, err := a.dialog(ctx, to, "ANSWER", evidence.ForPath)
	if err != nil {
		return err
	}
	if answer.Status >= 400 || answer.Err != "" {
		return a.failedOnPath(to, answer, "", "the call of user "+from.user.ID)
	}
	return nil
}

// endCalls ends what calls and reservations the user has, by whatever the
// target offers, and waits until there are none.
func (a *attempt) endCalls(ctx context.Context, p *participant, purpose evidence.Purpose) error {
	var last error
	tried := map[string]int{}
	var since time.Time // of the last try, and what was there then
	var there string
	helpless := false // nothing can be asked for that would end it
	ok := eventually(ctx, 2*a.Target.Settle, a.Poll, func() bool {
		list, err := a.dialogs(ctx, p, purpose)
		list = slices.DeleteFunc(list, dialogView.over)
		if err != nil || len(list) == 0 {
			last = err
			if _, err := a.look(ctx, p, purpose); err != nil {
				last = err
				return false
			}
			if !p.look.State.OnCall() {
				return last == nil
			}
		}
		// One way at a time: a second one, taken before the first has had its
		// effect, would have its own after the end.
		if now := fmt.Sprint(p.look.State, list); now != there || time.Since(since) > a.Target.Settle {
			since, there = time.Now(), now
			last = a.endOne(ctx, p, list, tried, purpose)
			helpless = !a.Dialogs && len(tried) == 0
		}
		return helpless
	})
	if helpless {
		return fmt.Errorf("the call of user %s cannot be ended: the target serves no Dialog API, and no stimulus does it", p.user.ID)
	}
	if ok {
		return nil
	}
	if last != nil {
		return fmt.Errorf("the call of user %s could not be ended: %w", p.user.ID, last)
	}
	return fmt.Errorf("the call of user %s did not end within %v", p.user.ID, 2*a.Target.Settle)
}

// notServed reports whether a Dialog request came to nothing that says
// anything of the states beneath.
func notServed(x evidence.Exchange) bool {
	return x.Err != "" || x.Status == http.StatusNotFound || x.Status == http.StatusMethodNotAllowed || x.Status >= 500
}

// leaving is the way out of RESERVED_OUTBOUND that the user's own PUT is.
const leaving = "PUT"

// maxTries is how often one way of ending a call is taken that comes to
// nothing.
const maxTries = 3

// endOne asks once for each way of ending a call, the gentlest first: what the
// target offers, then the stimuli, then what it does not offer and the state
// of the party allows. A way that is refused is no way while that state lasts,
// and the next is taken at once; one that came to nothing is taken again when
// all others have been.
func (a *attempt) endOne(ctx context.Context, p *participant, list []dialogView, tried map[string]int, purpose evidence.Purpose) error {
	for again := range maxTries {
		if asked, err := a.endAnew(ctx, p, list, tried, again, purpose); asked {
			return err
		}
	}
	return nil
}

// endAnew is endOne with the ways that were taken so often. It reports whether
// there was one.
func (a *attempt) endAnew(ctx context.Context, p *participant, list []dialogView, tried map[string]int, again int, purpose evidence.Purpose) (bool, error) {
	offered := func(d dialogView) bool { return !d.listed || len(d.actions) > 0 }
	if asked, err := a.endByDialog(ctx, p, list, offered, tried, again, purpose); asked {
		return true, err
	}
	for _, name := range []spec.Stimulus{spec.CallerHangup, spec.CancelOutbound, spec.CallUnanswered} {
		reservation := p.look.State == spec.ReservedOutbound || p.look.State == spec.ReservedOutboundPreview
		if !a.Stimuli.Supports(name) || tried[string(name)] > 0 || reservation != (name == spec.CancelOutbound) {
			continue
		}
		tried[string(name)]++
		return true, a.stimulate(ctx, p, name)
	}
	if asked, err := a.endByDialog(ctx, p, list, func(d dialogView) bool { return !offered(d) }, tried, again, purpose); asked {
		return true, err
	}
	for _, d := range list {
		if d.may("ANSWER") && tried[d.id+"ANSWER"] == 0 {
			tried[d.id+"ANSWER"]++
			_, err := a.actOn(ctx, p, d, "ANSWER", purpose)
			return true, err
		}
	}
	if p.look.State == spec.ReservedOutbound && tried[leaving] == 0 {
		tried[leaving]++
		_, err := a.putOnPath(ctx, p, spec.NotReady, a.reasonOnPath(p, spec.NotReady))
		return true, err
	}
	return false, nil
}

// endByDialog takes the first way of ending one of the dialogs that is not
// refused, and reports whether there was one.
func (a *attempt) endByDialog(ctx context.Context, p *participant, list []dialogView, those func(dialogView) bool, tried map[string]int, again int, purpose evidence.Purpose) (bool, error) {
	for _, d := range list {
		for _, action := range []string{"DROP", "REJECT", "CLOSE"} {
			key := d.id + action + d.state
			if !those(d) || !d.may(action) || tried[key] != again {
				continue
			}
			tried[key]++
			x, err := a.actOn(ctx, p, d, action, purpose)
			switch {
			case err == nil && notServed(x):
				return true, fmt.Errorf("%s was %s", action, x.Answered())
			case err == nil && x.Status/100 == 4:
				tried[key] = maxTries
				continue
			}
			return true, err
		}
	}
	return false, nil
}
