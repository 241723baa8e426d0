package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Words tells in words what has to be true before the first step, such as
// "an agent in TALKING on a routed call, READY before it, no wrap-up".
func (g Given) Words() string {
	text := map[Role]string{RoleSupervisor: "a supervisor", RoleUser: "a user"}[g.Subject]
	text = cmp.Or(text, "an agent")
	if g.State != "" {
		text += " in " + string(g.State)
	}
	var more []string
	add := func(is bool, words string) {
		if is {
			more = append(more, words)
		}
	}
	add(g.Call != "", map[Call]string{CallRouted: "on a routed call", CallDirect: "on a call between users",
		CallOutbound: "on a campaign's call", CallPreview: "on a campaign's preview call"}[g.Call])
	add(g.Was != "", string(g.Was)+" before it")
	add(g.Pending != "", string(g.Pending)+" pending")
	add(g.WrapUp == On, "wrap-up follows")
	add(g.WrapUp == Off, "no wrap-up follows")
	add(g.Reason && g.State == NotReady, "with a reason code")
	add(g.Reason && g.State == Ready, "NOT_READY with a reason code before it")
	add(g.Fresh, "just signed in")
	add(g.Session, "who was signed in before")
	add(g.WrapUpMode != "", "whose wrap-up mode is "+g.WrapUpMode)
	add(g.Mobile, "a mobile agent who was found signed out")
	add(g.DeviceSelection, "who may choose a device")
	add(g.LoginName, "whose login name is not the id")
	add(g.Token, "who signs in by token")
	for _, a := range Actors() {
		add(g.Others[a] != "", "a "+actorWords(a)+" in "+string(g.Others[a]))
	}
	for _, c := range []Category{CategoryNotReady, CategoryLogout} {
		add(g.Codes[c] != "", map[string]string{"none": "without " + string(c) + " reason codes", "one": "with a " + string(c) + " reason code to choose",
			"two": "with two " + string(c) + " reason codes to choose"}[g.Codes[c]])
	}
	add(g.Notifications, "notifications listened to")
	if len(more) == 0 {
		return text
	}
	if g.Call != "" { // belongs to the state, no comma between
		text, more = text+" "+more[0], more[1:]
	}
	return strings.Join(append([]string{text}, more...), ", ")
}

// Words tells in words what an action does, as the subject of a sentence. The
// values are what the placeholders of the step stood for, nil before it was
// taken.
func (w When) Words(values map[string]string) string {
	who := ""
	if w.By != "" && w.By != Self {
		who = " by " + actorWords(w.By)
	}
	switch {
	case w.Whom() != Self:
		return w.Put.words(values) + who + " for itself"
	case w.Put != nil:
		return w.Put.words(values) + who
	case w.Get != nil:
		return w.Get.words() + who
	case w.Method != "":
		return w.Method + " on the user" + who
	case w.Dialog != "":
		return "Dialog " + w.Dialog + who
	case w.Stimulus != "":
		return "stimulus " + string(w.Stimulus)
	case w.Timer != "":
		return "the " + strings.ReplaceAll(w.Timer, "_", "-") + " timer"
	case w.EndCall && w.ByCaller:
		return "the end of the call, by the caller where it is routed"
	case w.EndCall:
		return "the end of the call"
	case w.Probe != "":
		return "a look at the transport"
	}
	return "nothing"
}

// Words tells in words all that a step does.
func (s Step) Words(values map[string]string) string {
	text := s.When.Words(values)
	for _, w := range s.Together {
		text += " and at the same moment " + w.Words(nil)
	}
	for _, w := range s.Following {
		text += " and at once " + w.Words(nil)
	}
	return text
}

func actorWords(a Actor) string { return strings.ReplaceAll(string(a), "_", " ") }

func (g *Get) words() string {
	text := "GET " + strings.ReplaceAll(g.What, "_", " ")
	switch g.Category {
	case "":
	case CategoryNone:
		text += " without a category"
	default:
		text += " " + string(g.Category)
	}
	if g.Query != "" {
		text += "?" + g.Query
	}
	if g.User != "" {
		text += " with " + userWords[g.User]
	}
	if g.Credentials != "" {
		text += " with " + credentialWords[g.Credentials]
	}
	return text + nodeWords[g.Node]
}

var nodeWords = map[string]string{NodeOther: " on the other node"}

var userWords = map[string]string{UserUnknown: "an id that nobody has", UserLoginName: "the login name in the place of the id"}

var credentialWords = map[string]string{
	CredentialsNone: "no credentials", CredentialsWrong: "a wrong password", CredentialsUnissued: "a token that nobody issued",
	CredentialsExpired: "a token that has expired",
	CredentialsAnother: "the token of another agent", CredentialsMadeUp: "a password in the place of the token",
}

var extensionWords = map[string]string{
	ExtensionUnknown: "an extension that no device has", ExtensionEmpty: "an empty extension",
	ExtensionE164: "an E.164 extension that no device has", ExtensionLong: "an extension of 16 characters",
	ExtensionColleague: "the extension of the colleague",
}

var bodyWords = map[string]string{
	BodyMalformed: "not well formed", BodyEmpty: "empty", BodyOtherRoot: "of another root element",
	BodyHuge: "1 MiB long", BodyDoctype: "of a document type with entities", BodyJSON: "JSON",
	BodyExtra: "READY beside unknown elements",
}

func (p *Put) words(values map[string]string) string {
	text := "PUT " + p.State
	switch {
	case p.EmptyState:
		text = "PUT with an empty state"
	case p.Body != "":
		text = "PUT with a body that is " + bodyWords[p.Body]
	case p.State == "":
		text = "PUT without a state"
	}
	var with []string
	add := func(is bool, words string) {
		if is {
			with = append(with, words)
		}
	}
	add(extensionWords[p.Extension] != "", extensionWords[p.Extension])
	add(p.State == string(Login) && p.Extension == "" && p.Body == "", "no extension")
	if m := p.Mobile; m != nil {
		add(m.Mode == "", "no mode of the mobile agent")
		add(m.Mode == "unknown", "an unknown mode of the mobile agent")
		add(m.Mode == "valid", "a mode of the mobile agent")
		add(!m.Dial, "no dialNumber")
	}
	switch id := values["reason"]; p.Reason {
	case "", ReasonAuto:
	case ReasonNone:
		with = append(with, "no reasonCodeId")
	default:
		words := "a reasonCodeId (" + strings.ReplaceAll(p.Reason, "_", " ") + ")"
		if id != "" {
			words = "reasonCodeId " + id
		}
		with = append(with, words)
	}
	add(p.Device, "one of its devices")
	add(p.Credentials != "", credentialWords[p.Credentials])
	add(userWords[p.User] != "", userWords[p.User])
	if len(with) > 0 {
		text += " with " + strings.Join(with, " and ")
	}
	return text + nodeWords[p.Node]
}

// Words tells in words what an outcome allows on a deployment; for "" what it
// allows on both, and where they differ.
func (o Outcome) Words(d Deployment) string {
	var text string
	//exhaustive:enforce
	switch o.Kind {
	case Accepted:
		text = "202 or 200, then " + either(o.States)
	case Refused:
		text = "a refusal with " + typesWords(o.Types)
		if data := dataWords(o.Data, d); data != "" {
			text += " (ErrorData " + data + " where one is seen)"
		}
		text += " and nothing changed"
	case Error:
		text = statusWords(o.Status) + " with " + typesWords(o.Types)
		if data := dataWords(o.Data, d); data != "" {
			text += ", ErrorData " + data
		}
		text += " and nothing changed"
	case Keeps:
		text = "the state to stay"
		if len(o.Status) > 0 {
			text = statusWords(o.Status) + " and " + text
		}
	case Deferred:
		text = "202 or 200, and " + either(o.States) + " with the end of the call"
	case Reaches:
		text = either(o.States)
	case Avoids:
		text = "another state, and never " + either(o.States)
	case Answer:
		text = o.answerWords()
	case Recorded:
		text = "anything"
	}
	if o.MayReturn != "" {
		text += " (going back to " + string(o.MayReturn) + " is allowed)"
	}
	if o.Passes != "" {
		text += ", by way of " + string(o.Passes)
	}
	for _, s := range o.Shows {
		text += ", " + s.words(d)
	}
	text += otherNodeWords[o.OtherNode]
	if o.Same {
		text += ", the same as on the first node"
	}
	if o.Clock {
		text += ", the difference of the clocks recorded"
	}
	if o.Members {
		text += ", every user of the cast in the state that a GET of it shows"
	}
	for _, a := range Actors() {
		if s := o.Others[a]; s != "" {
			text += ", the " + actorWords(a) + " in " + string(s)
		}
	}
	if len(o.Records) > 0 {
		text += " (" + inWords(o.Records, " and ") + " recorded)"
	}
	if o.Event != "" {
		text += ", " + eventWords[o.Event]
	}
	if o.After != "" {
		text += ", where the last request came to " + afterWords[o.After]
	}
	if d == "" && len(o.Deployments) == 1 {
		text += ", on " + string(o.Deployments[0]) + " alone"
	}
	return text
}

var otherNodeWords = map[OtherNodeCheck]string{
	OtherNodeShows: ", on the other node as well", OtherNodeLag: ", the time until the other node shows it recorded",
}

// afterWords tells what became of a request.
var afterWords = map[Kind]string{
	Accepted: "its state", Refused: "a refusal", Error: "an error", Keeps: "no change at once",
	Deferred: "a change that waits for the end of the call",
}

func (o Outcome) answerWords() string {
	var parts []string
	if len(o.Status) > 0 {
		parts = append(parts, statusWords(o.Status))
	}
	if len(o.Types) > 0 {
		parts = append(parts, either(o.Types))
	}
	if o.Schema != "" {
		parts = append(parts, "a valid "+o.Schema+" body")
	}
	if o.Header != "" {
		parts = append(parts, "a header "+o.Header)
	}
	if len(parts) == 0 {
		return "an answer"
	}
	return strings.Join(parts, " with ")
}

var eventWords = map[EventCheck]string{
	EventState:    "an event with the new state on the user's node",
	EventShape:    "an event whose source is the user's node and whose event is PUT",
	EventAgrees:   "an event whose user is valid and agrees with the GET that follows",
	EventEcho:     "an event with the requestId that was sent",
	EventNone:     "no event",
	EventError:    "an error event with errorType, errorMessage and errorData",
	EventTeam:     "an event on the team's node for its supervisor",
	EventNoChange: "no event with another state",

	EventPending:    "an event with the state as it was and the pendingState that was asked for",
	EventUnasked:    "an event with an empty requestId or none",
	EventErrorShape: "an error event whose source is the user's node, whose event is PUT and whose names are spelt as documented",
	EventErrorEcho:  "an error event with the requestId that was sent",
}

func (s Show) words(d Deployment) string {
	if len(s.EachIn) > 0 {
		return s.At + " within " + strings.Join(s.EachIn, ", ")
	}
	per := map[Deployment]string{}
	for of, texts := range s.Is {
		texts = slices.Clone(texts)
		for i, t := range texts {
			if t == "" {
				texts[i] = "empty"
			}
		}
		per[of] = strings.Join(texts, " or ")
	}
	text := s.At + " " + dataWords(per, d)
	if s.OrAbsent {
		text += " or absent"
	}
	if s.OrSystem {
		text += " or a code of the system's"
	}
	return text
}

// dataWords gives the text of a deployment, for "" that of both.
func dataWords(per map[Deployment]string, d Deployment) string {
	if d != "" {
		return per[d]
	}
	var list []string
	for _, of := range Deployments() {
		if per[of] != "" {
			list = append(list, per[of]+" on "+string(of))
		}
	}
	if len(list) == len(Deployments()) && per[UCCE] == per[UCCX] {
		return per[UCCE]
	}
	return strings.Join(list, " and ")
}

func typesWords(types []string) string {
	if len(types) == 0 {
		return "any ErrorType"
	}
	return either(types)
}

func statusWords(list []int) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Itoa(s)
		if s < 10 {
			texts[i] += "xx"
		}
	}
	return either(texts)
}

// either lists texts: a, b or c.
func either[T ~string](list []T) string { return inWords(list, " or ") }
