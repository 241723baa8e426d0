// Package mock is a small mock of Finesse's User API in Go, and its test shows
// how such a mock is certified: see mock_test.go.
//
// It serves what one agent does alone: SystemInfo, the User object, changes of
// its state and its reason codes. What it refuses it refuses at once.
package mock

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Agent is a user of the mock. Its extension is its id.
type Agent struct{ ID, Password string }

// Mock is a deployment of Unified CCE 12.5(1) without reason codes. It is an
// http.Handler.
type Mock struct {
	mu     sync.Mutex
	agents map[string]*agent
}

type agent struct {
	Agent
	state, extension string
	since            time.Time
}

// New makes a mock with agents who are signed out.
func New(agents ...Agent) *Mock {
	m := &Mock{agents: map[string]*agent{}}
	for _, a := range agents {
		m.agents[a.ID] = &agent{Agent: a, state: "LOGOUT"}
	}
	return m
}

// refusal is an error as the API answers it.
type refusal struct {
	status              int
	kind, data, message string
}

func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
	if err != nil {
		return // the client has gone
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	document, refused := m.answer(r, body)
	if refused != nil {
		document = fmt.Sprintf("<ApiErrors><ApiError><ErrorType>%s</ErrorType><ErrorData>%s</ErrorData><ErrorMessage>%s</ErrorMessage></ApiError></ApiErrors>",
			refused.kind, escaped(refused.data), escaped(refused.message))
	}
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	switch {
	case refused != nil && refused.status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="mock"`)
		w.WriteHeader(refused.status)
	case refused != nil:
		w.WriteHeader(refused.status)
	case r.Method == http.MethodPut:
		w.WriteHeader(http.StatusAccepted)
	}
	_, _ = io.WriteString(w, document)
}

func (m *Mock) answer(r *http.Request, body []byte) (string, *refusal) {
	if r.URL.Path == "/finesse/api/SystemInfo" {
		return "<SystemInfo><deploymentType>UCCE</deploymentType><status>IN_SERVICE</status></SystemInfo>", nil
	}
	name, password, _ := r.BasicAuth()
	me := m.agents[name]
	if me == nil || me.Password != password {
		return "", &refusal{401, "Unauthorized", "", "The user is not authenticated"}
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(path) < 4 || path[2] != "User" {
		if len(path) == 3 && path[2] == "Users" {
			return "", &refusal{401, "Unauthorized", "", "The user is not authorized to perform this operation"}
		}
		return "", &refusal{404, "Not Found", "", "there is no such resource"}
	}
	switch {
	case m.agents[path[3]] == nil:
		return "", &refusal{404, "User Not Found", path[3], "UNKNOWN_USER"}
	case path[3] != name:
		return "", &refusal{401, "Invalid Authorization User Specified", path[3], "The user specified in the authentication credentials and the uri don't match"}
	case len(path) == 5 && path[4] == "ReasonCodes" && r.Method == http.MethodGet:
		category := r.URL.Query().Get("category")
		if category != "NOT_READY" && category != "LOGOUT" {
			return "", &refusal{400, "Bad Request", "category", "category is missing"}
		}
		return fmt.Sprintf("<ReasonCodes category=%q></ReasonCodes>", category), nil
	case len(path) > 4:
		return "", &refusal{404, "Not Found", "", "there is no such resource"}
	case r.Method == http.MethodGet:
		return me.document(), nil
	case r.Method != http.MethodPut:
		return "", &refusal{405, "Bad Request", "", "not supported"}
	}
	return "", m.change(me, body)
}

// wish is a change as it is asked for.
type wish struct {
	XMLName   xml.Name `xml:"User"`
	State     string   `xml:"state"`
	Extension *string  `xml:"extension"`
	Reason    string   `xml:"reasonCodeId"`
	Mobile    *struct {
		Mode string `xml:"mode"`
		Dial string `xml:"dialNumber"`
	} `xml:"mobileAgent"`
}

func (m *Mock) change(a *agent, body []byte) *refusal {
	var w wish
	if err := xml.Unmarshal(body, &w); err != nil {
		return &refusal{400, "Bad Request", "", "no User document"}
	}
	switch w.State {
	case "":
		return &refusal{400, "Parameter Missing", "state", "State Parameter missing"}
	case "LOGIN":
		return m.signIn(a, w)
	case "LOGOUT", "NOT_READY", "READY":
	default:
		return &refusal{400, "Invalid Input", "state", "Invalid State specified for user"}
	}
	switch {
	case a.state == "LOGOUT" || w.State == "LOGOUT" && a.state != "NOT_READY":
		return &refusal{400, "Invalid State", "", "the user is in " + a.state}
	case w.Reason != "" && w.Reason != "null":
		return &refusal{400, "Invalid Input", "finesse.api.reasoncode.not_valid", "The Reason Code specified in the request does not exist"}
	}
	if a.state, a.since = w.State, time.Now(); w.State == "LOGOUT" {
		a.extension = ""
	}
	return nil
}

func (m *Mock) signIn(a *agent, w wish) *refusal {
	if w.Mobile != nil {
		switch {
		case w.Mobile.Mode == "" || w.Mobile.Dial == "":
			return &refusal{400, "Parameter Missing", "mode", "Parameter missing"}
		case w.Mobile.Mode != "CALL_BY_CALL" && w.Mobile.Mode != "NAILED_CONNECTION":
			return &refusal{400, "Invalid Input", "mode", "Invalid mode specified"}
		}
		return &refusal{400, "Mode Not Allowed", "", "the agent is not configured as a mobile agent"}
	}
	switch {
	case w.Extension == nil:
		return &refusal{400, "Parameter Missing", "extension", "Extension Parameter missing"}
	case m.agents[*w.Extension] == nil:
		return &refusal{400, "Invalid Input", "extension", "no device has this extension"}
	}
	for _, other := range m.agents {
		if other != a && other.extension == *w.Extension {
			return &refusal{400, "Device Busy", "extension", "another user has this extension"}
		}
	}
	if a.extension = *w.Extension; a.state == "LOGOUT" { // who signs in again stays where it is
		a.state, a.since = "NOT_READY", time.Now()
	}
	return nil
}

func (a *agent) document() string {
	since, reason := "", "<reasonCodeId>-1</reasonCodeId>"
	if !a.since.IsZero() {
		since = a.since.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if a.state == "READY" {
		reason = ""
	}
	return fmt.Sprintf("<User><dialogs>/finesse/api/User/%[1]s/Dialogs</dialogs><extension>%[2]s</extension><firstName>Agent</firstName><lastName>%[1]s</lastName><loginId>%[1]s</loginId>"+
		"<loginName>%[1]s</loginName>%[3]s<roles><role>Agent</role></roles><state>%[4]s</state><stateChangeTime>%[5]s</stateChangeTime>"+
		"<teamId>1</teamId><teamName>One</teamName><uri>/finesse/api/User/%[1]s</uri></User>", a.ID, a.extension, reason, a.state, since)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}
