package spec

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// steps reads the steps of a requirement.
func (r *reader) steps(n *yaml.Node) []Step {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.errorf(n, "steps is %s: write a list of steps, each with when and then", kindOf(n))
		return nil
	}
	var all []Step
	for i, e := range n.Content {
		var s Step
		r.mapping(e, "a step", fields{
			{"when", func(n *yaml.Node) { s.When = r.when(n) }},
			{"then", func(n *yaml.Node) { s.Then = r.then(n) }},
			{"unless", func(n *yaml.Node) { s.Unless = r.state(n, "unless") }},
			{"again", func(n *yaml.Node) { s.Again = r.flag(n, "again") }},
			{"later", func(n *yaml.Node) { s.Later = r.flag(n, "later") }},
			{"together", func(n *yaml.Node) { s.Together = r.whens(n, "together") }},
			{"following", func(n *yaml.Node) { s.Following = r.whens(n, "following") }},
		})
		r.several(e, s)
		if at(e, "when") == nil {
			r.errorf(e, "a step has no when")
		}
		if at(e, "then") == nil {
			r.errorf(e, "a step has no then")
		}
		if s.Again && i == 0 {
			r.errorf(e, "the first step has again: its given is brought about anyway")
		}
		all = append(all, s)
	}
	return all
}

// whens reads what is done beside or after the when of a step.
func (r *reader) whens(n *yaml.Node, key string) []When {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.errorf(n, "%s is %s: write a list of actions, each as in when", key, kindOf(n))
		return nil
	}
	var all []When
	for _, e := range n.Content {
		all = append(all, r.when(e))
	}
	return all
}

// several looks at a step in which more than one thing is done: where the user
// ends is all that can be said of it.
func (r *reader) several(n *yaml.Node, s Step) {
	if len(s.Together) == 0 && len(s.Following) == 0 {
		return
	}
	if len(s.Together) > 0 && len(s.Following) > 0 {
		r.errorf(n, "a step has together and following: keep one")
	}
	for _, w := range s.Whens() {
		if w.Put == nil && w.Dialog == "" && w.Stimulus == "" && w.Timer == "" || w.Dialog == "MAKE_CALL" {
			r.errorf(n, "a step does several things: each of them is a put, a dialog but MAKE_CALL, a stimulus, or the timer as the first")
		}
	}
	for _, w := range s.Whens()[1:] {
		if w.Timer != "" {
			r.errorf(n, "the timer is not the first of several things: what comes as it runs out waits for it")
		}
	}
	for _, o := range s.Then {
		if o.Kind != Reaches && o.Kind != Recorded && (o.Kind != Keeps || len(o.Status) > 0) || o.Event != "" {
			r.errorf(n, "a step does several things: of them it can say reaches, keeps: any and recorded alone")
		}
	}
}

// endedByCaller is what end_call says where the caller hangs up.
const endedByCaller = "caller"

// when reads one action and fills in the defaults.
func (r *reader) when(n *yaml.Node) When {
	w := When{By: Self}
	var actions []string
	action := func(key string, read func(*yaml.Node)) func(*yaml.Node) {
		return func(n *yaml.Node) { actions = append(actions, key); read(n) }
	}
	r.mapping(n, "when", fields{
		{"by", func(n *yaml.Node) { w.By = oneOf(r, n, "by", Actors()...) }},
		{"put", action("put", func(n *yaml.Node) { w.Put = r.put(n) })},
		{"get", action("get", func(n *yaml.Node) { w.Get = r.get(n) })},
		{"method", action("method", func(n *yaml.Node) { w.Method = oneOf(r, n, "method", "POST", "DELETE") })},
		{"dialog", action("dialog", func(n *yaml.Node) { w.Dialog = oneOf(r, n, "dialog", dialogActions()...) })},
		{"stimulus", action("stimulus", func(n *yaml.Node) { w.Stimulus = oneOf(r, n, "stimulus", Stimuli()...) })},
		{"timer", action("timer", func(n *yaml.Node) { w.Timer = oneOf(r, n, "timer", TimerWrapUp) })},
		{"end_call", action("end_call", func(n *yaml.Node) {
			if w.ByCaller = n.Value == endedByCaller; w.ByCaller {
				w.EndCall = true
				return
			}
			w.EndCall = r.flag(n, "end_call")
		})},
		{"probe", action("probe", func(n *yaml.Node) { w.Probe = oneOf(r, n, "probe", ProbePlainHTTP, ProbeTLS) })},
	})
	switch {
	case n.Kind != yaml.MappingNode:
	case len(actions) == 0:
		r.errorf(n, "when has no action: say one of put, get, method, dialog, stimulus, timer, end_call or probe")
	case len(actions) > 1:
		r.errorf(n, "when has the actions %s: keep one, and write the others as steps", andList(actions))
	case w.By != Self && w.Put == nil && w.Get == nil && w.Dialog == "":
		r.errorf(n, "when has by with %s: only put, get and dialog are done by somebody", actions[0])
	}
	return w
}

// put reads a PUT. Its short form is the state.
func (r *reader) put(n *yaml.Node) *Put {
	p := &Put{Reason: ReasonAuto}
	if n.Kind == yaml.ScalarNode {
		p.State = string(r.state(n, "put"))
		if p.State == string(Login) {
			p.Extension = ExtensionOwn
		}
		return p
	}
	extension := ""
	r.mapping(n, "put", fields{
		{"state", func(n *yaml.Node) { p.State = string(r.state(n, "state")) }},
		{"text", func(n *yaml.Node) { p.State = r.text(n, "text") }},
		{"empty_state", func(n *yaml.Node) { p.EmptyState = r.flag(n, "empty_state") }},
		{"extension", func(n *yaml.Node) {
			extension = oneOf(r, n, "extension", append(extensions(), "none")...)
		}},
		{"device", func(n *yaml.Node) { p.Device = r.flag(n, "device") }},
		{"reason", func(n *yaml.Node) { p.Reason = oneOf(r, n, "reason", reasons()...) }},
		{"mobile", func(n *yaml.Node) { p.Mobile = r.mobile(n) }},
		{"body", func(n *yaml.Node) { p.Body = oneOf(r, n, "body", bodies()...) }},
		{"user", func(n *yaml.Node) { p.User = oneOf(r, n, "user", UserUnknown, UserLoginName, UserOwn) }},
		{"credentials", func(n *yaml.Node) {
			p.Credentials = oneOf(r, n, "credentials", CredentialsNone, CredentialsWrong, CredentialsUnissued, CredentialsExpired, CredentialsAnother, CredentialsMadeUp)
		}},
		{"only_if", func(n *yaml.Node) { p.OnlyIf = oneOf(r, n, "only_if", OnlyIfUnknown, OnlyIfOwn) }},
		{"node", func(n *yaml.Node) { p.Node = oneOf(r, n, "node", NodeOther) }},
	})
	if at(n, "state") != nil && at(n, "text") != nil {
		r.errorf(n, "put has state and text: text is for what is no state, keep one")
	}
	if p.EmptyState && p.State != "" {
		r.errorf(n, "put has a state and empty_state: keep one")
	}
	switch extension {
	case "":
		if p.State == string(Login) {
			p.Extension = ExtensionOwn
		}
	case "none":
	default:
		p.Extension = extension
	}
	return p
}

func (r *reader) mobile(n *yaml.Node) *Mobile {
	m := &Mobile{}
	r.mapping(n, "mobile", fields{
		{"mode", func(n *yaml.Node) { m.Mode = oneOf(r, n, "mode", "valid", "unknown") }},
		{"dial", func(n *yaml.Node) { m.Dial = r.flag(n, "dial") }},
	})
	return m
}

// get reads a read. Its short form is what is read.
func (r *reader) get(n *yaml.Node) *Get {
	g := &Get{}
	what := func(n *yaml.Node) {
		g.What = oneOf(r, n, "get", reads()...)
	}
	if n.Kind == yaml.ScalarNode {
		what(n)
	} else {
		r.mapping(n, "get", fields{
			{"what", what},
			{"user", func(n *yaml.Node) { g.User = oneOf(r, n, "user", UserUnknown, UserLoginName) }},
			{"category", func(n *yaml.Node) {
				g.Category = oneOf(r, n, "category", CategoryNotReady, CategoryLogout, CategoryNone)
			}},
			{"query", func(n *yaml.Node) { g.Query = r.text(n, "query") }},
			{"credentials", func(n *yaml.Node) { g.Credentials = oneOf(r, n, "credentials", CredentialsNone) }},
			{"node", func(n *yaml.Node) { g.Node = oneOf(r, n, "node", NodeOther) }},
		})
		if at(n, "what") == nil {
			r.errorf(n, "get has no what: use %s", orList(reads()))
		}
	}
	if (g.What == GetReasonCodes) != (g.Category != "") {
		r.errorf(n, "category goes with reason_codes: say both")
	}
	return g
}

// checkSteps looks at what the steps of a requirement say together.
func (r *reader) checkSteps(n *yaml.Node, q *Requirement) {
	for _, text := range q.Contradictions() {
		r.errorf(n, "%s", text)
	}
}

// Contradictions says what a requirement's words together do not allow: a file
// with one is refused.
func (q *Requirement) Contradictions() []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, name(q)+" "+fmt.Sprintf(format, args...)) }
	for i, s := range q.Steps {
		if slices.ContainsFunc(s.Whens(), func(w When) bool { return w.Put != nil && w.Put.User == UserOwn && w.By == Self }) {
			say("has user: own of the subject: it goes on a put by somebody else")
		}
		put := s.When.Put
		for _, o := range s.Then {
			switch {
			case put == nil && (o.Kind == Accepted || o.Kind == Refused || o.Kind == Deferred):
				say("says %s of what is no put: use reaches, keeps or answer", o.Kind)
			case o.Kind == Error && len(o.Types) == 0 && s.When.Credentials() == "":
				say("has an error without types: name the error types that the guide allows")
			case o.Kind == Deferred && (i+1 == len(q.Steps) || !q.Steps[i+1].When.EndCall):
				say("has deferred and the call is not ended in the next step: add a step with end_call")
			case o.HalfTimer && q.Given.State != Work && q.Given.State != WorkReady:
				say("has half_timer and its given is no wrap-up")
			case o.Kind == Avoids && !s.When.EndCall && s.When.Stimulus == "":
				say("has avoids: it goes on a step with end_call or stimulus")
			case o.After != "" && !cameTo(q.Steps[:i], o.After):
				say("has after: %s, to which no put before it can come", o.After)
			case o.Members && (s.When.Get == nil || s.When.Get.What != GetTeam):
				say("has members: it goes on a get of the team")
			case (o.Same || o.Clock) && (!s.When.Elsewhere() || i == 0 || q.Steps[i-1].When.Elsewhere()):
				say("has same or clock: it goes on what is sent to the other node after the step that sends it to the first")
			case o.Clock && s.When.Get.What != GetSystemInfo:
				say("has clock: it goes on a get of system_info")
			}
			for a := range o.Others {
				if q.Given.Others[a] == "" {
					say("leaves %s somewhere: say in given.others where it is before", a)
				}
			}
		}
		if kind := uncovered(q.Steps[:i], s.Then); kind != "" {
			say("has outcomes after some kinds alone: say what may come after %s", kind)
		}
		if s.Later && !s.Again {
			say("has later without again: it is the step before once more")
		}
		if s.Later && (i == 0 || !slices.ContainsFunc(q.Steps[i-1].Then, func(o Outcome) bool { return o.HalfTimer })) {
			say("has later: it follows a step with half_timer")
		}
		if get := s.When.Get; get != nil && get.User == UserLoginName && !q.Given.LoginName {
			say("reads by a login name: say login_name: true in given")
		}
		switch {
		case put == nil:
		case (put.State != "") != asksForReady(put.Body) && put.Body != "":
			say("has the body %s: say state: READY with it where the body asks for that, and no state where it does not", put.Body)
		case put.OnlyIf != "" && (i == 0 || q.Steps[i-1].When.Get == nil || q.Steps[i-1].When.Get.User != put.User || put.User == ""):
			say("has only_if: it goes on a put to the user that the step before asked for by the same name")
		case put.User == UserUnknown && put.OnlyIf != OnlyIfUnknown:
			say("puts to an unknown user: say only_if: unknown, and ask for the user in the step before")
		case put.User == UserLoginName && put.OnlyIf != OnlyIfOwn:
			say("puts to a login name: say only_if: own, and ask for the user in the step before")
		case put.User == UserLoginName && !q.Given.LoginName:
			say("sends a login name: say login_name: true in given")
		case put.Device && !q.Given.DeviceSelection:
			say("sends a device: say device_selection: true in given")
		case put.Extension == ExtensionColleague && q.Given.Others[Colleague] == "":
			say("sends the extension of a colleague: say in given.others where it is")
		case put.Reason == ReasonCode && q.Given.Codes[CategoryNotReady] == "":
			say("sends the code of a reason: say codes: {NOT_READY: one} in given")
		case slices.Contains([]string{ReasonOther, ReasonFirst, ReasonSecond}, put.Reason) && q.Given.Codes[CategoryNotReady] != "two":
			say("chooses between reason codes: say codes: {NOT_READY: two} in given")
		case put.Reason == ReasonWrongCategory && len(q.Given.Codes) == 0:
			say("needs a reason code of the other category: say so in codes of given")
		}
	}
	return list
}

// asksForReady reports whether READY stands in a body.
func asksForReady(body string) bool { return body != BodyEmpty && body != BodyHuge }

// cameTo reports whether the last put of the steps may come to the kind.
func cameTo(steps []Step, k Kind) bool {
	for _, s := range slices.Backward(steps) {
		if s.When.Put != nil {
			return slices.ContainsFunc(s.Then, func(o Outcome) bool { return o.Kind == k })
		}
	}
	return false
}

// uncovered gives a kind to which the last put of the steps may come and after
// which no outcome is allowed, "" where there is none.
func uncovered(steps []Step, then Then) Kind {
	if slices.ContainsFunc(then, func(o Outcome) bool { return o.After == "" }) {
		return ""
	}
	for _, s := range slices.Backward(steps) {
		if s.When.Put == nil {
			continue
		}
		for _, o := range s.Then {
			if !slices.ContainsFunc(then, func(later Outcome) bool { return later.After == o.Kind }) {
				return o.Kind
			}
		}
		break
	}
	return ""
}
