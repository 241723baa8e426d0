package xmlbody_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/xmlbody"
)

// contract loads the document from its file: this package stands below the one that embeds it.
func contract(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../spec/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func newValidator(t testing.TB) *xmlbody.Validator {
	t.Helper()
	doc := contract(t)
	return xmlbody.NewValidator(func() (*openapi3.T, error) { return doc, nil })
}

// TestLoadsOnce: the document is loaded once, and not before there is a body.
func TestLoadsOnce(t *testing.T) {
	loaded := 0
	v := xmlbody.NewValidator(func() (*openapi3.T, error) {
		loaded++
		return contract(t), nil
	})
	if loaded != 0 {
		t.Error("the document was loaded before there was a body")
	}
	for range 2 {
		if report := v.Validate("User", "application/xml", []byte("<User/>")); report.Valid() {
			t.Error("an empty User is valid")
		}
	}
	if v.Prepare(); loaded != 1 {
		t.Errorf("the document was loaded %d times", loaded)
	}
}

// body reads a body of testdata, where the folder is the kind.
func body(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func lines(problems []xmlbody.Problem) []string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return lines
}

// TestBodiesOfRealServersAreValid has the shapes of public captures and of the guide's samples, in the
// order and the spelling of each.
func TestBodiesOfRealServersAreValid(t *testing.T) {
	v := newValidator(t)
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d bodies: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report := v.Validate(filepath.Base(filepath.Dir(file)), "Application/XML;charset=UTF-8", data)
			if !report.Valid() || len(report.Extra) > 0 || report.Document == nil {
				t.Errorf("problems %v, extra %v", lines(report.Problems), report.Extra)
			}
		})
	}
}

// TestOneMutationIsOneProblem changes one thing in a valid body and expects one problem that names it.
func TestOneMutationIsOneProblem(t *testing.T) {
	const (
		user    = "User/ucce-12.5-not-ready-reason.xml"
		boss    = "User/ucce-11-supervisor-before-first-change.xml"
		errs    = "ApiErrors/sync-type-data-message.xml"
		event   = "ApiErrors/async-invalid-state.xml"
		info    = "SystemInfo/uccx-12.6-mostly-empty.xml"
		codes   = "ReasonCodes/capture.xml"
		team    = "Team/guide.xml"
		calls   = "Dialogs/capture.xml"
		dialog  = "Dialog/guide.xml"
		update  = "UserUpdate/state-change.xml"
		request = "UserRequest/sign-in.xml"
		states  = "LOGOUT, NOT_READY, READY, RESERVED, RESERVED_OUTBOUND, RESERVED_OUTBOUND_PREVIEW, TALKING, HOLD, WORK, WORK_READY, UNKNOWN"
		wrapUps = "REQUIRED, OPTIONAL, NOT_ALLOWED, REQUIRED_WITH_WRAP_UP_DATA"
		form    = "does not have the form YYYY-MM-DDThh:mm:ss.SSSZ"
	)
	tests := []struct {
		base, old, new string
		want           string
		extra          []string
	}{
		// User
		{user, "<state>NOT_READY</state>", "", "User/state: missing", nil},
		{user, "<state>NOT_READY</state>", "<State>NOT_READY</State>", "User/state: missing", []string{"User/State"}},
		{user, "<state>NOT_READY</state>", "<state>NOT_READY</state><state>NOT_READY</state>", "User/state: occurs 2 times, expected once", nil},
		{user, "<state>NOT_READY</state>", "<state>FOO</state>", `User/state: "FOO" is not one of ` + states, nil},
		{user, "<state>NOT_READY</state>", "<state>LOGIN</state>", `User/state: "LOGIN" is not one of ` + states, nil},
		{user, "<state>NOT_READY</state>", "<state>not_ready</state>", `User/state: "not_ready" is not one of ` + states, nil},
		{user, "<state>NOT_READY</state>", "<state> NOT_READY</state>", `User/state: " NOT_READY" is not one of ` + states, nil},
		{user, "<state>NOT_READY</state>", "<state></state>", "User/state: nothing is not one of " + states, nil},
		{user, "<state>NOT_READY</state>", "<state><value>NOT_READY</value></state>", "User/state: holds elements, expected text", nil},
		{user, "<pendingState></pendingState>", "<pendingState>TALKING</pendingState>", `User/pendingState: "TALKING" is not one of nothing, LOGOUT, NOT_READY, READY`, nil},
		{user, "2023-01-13T11:14:47.981Z", "2023-01-13T11:14:47Z", `User/stateChangeTime: "2023-01-13T11:14:47Z" ` + form, nil},
		{user, "2023-01-13T11:14:47.981Z", "2023-13-13T11:14:47.981Z", `User/stateChangeTime: "2023-13-13T11:14:47.981Z" ` + form, nil},
		{user, "2023-01-13T11:14:47.981Z", "2023-01-13 11:14:47.981", `User/stateChangeTime: "2023-01-13 11:14:47.981" ` + form, nil},
		{user, "2023-01-13T11:14:47.981Z", "2023-01-13T11:14:47.981+01:00", `User/stateChangeTime: "2023-01-13T11:14:47.981+01:00" ` + form, nil},
		{user, "<stateChangeTime>2023-01-13T11:14:47.981Z</stateChangeTime>", "", "User/stateChangeTime: missing", nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>two</reasonCodeId>", `User/reasonCodeId: "two" is not an integer`, nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>2.5</reasonCodeId>", `User/reasonCodeId: "2.5" is not an integer`, nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>null</reasonCodeId>", `User/reasonCodeId: "null" is not an integer`, nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>99999999999999999999</reasonCodeId>", `User/reasonCodeId: "99999999999999999999" is not an integer`, nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>-2</reasonCodeId>", "User/reasonCodeId: -2 is less than -1", nil},
		{user, "<forAll>true</forAll>", "<forAll>yes</forAll>", `User/reasonCode/forAll: "yes" is not a boolean`, nil},
		{user, "<code>4</code>", "<code>four</code>", `User/reasonCode/code: "four" is not an integer`, nil},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>2</reasonCodeId><ReasonCode><code>4</code></ReasonCode>", "User/reasonCode: occurs 2 times, expected once", nil},
		{user, "<category>NOT_READY</category>", "<category>BREAK</category>", `User/reasonCode/category: "BREAK" is not one of NOT_READY, LOGOUT`, nil},
		{user, "<role>Agent</role>", "<role>agent</role>", `User/roles/role[1]: "agent" is not one of Agent, Supervisor`, nil},
		{boss, "<role>Supervisor</role>", "<role>Boss</role>", `User/roles/role[2]: "Boss" is not one of Agent, Supervisor`, nil},
		{user, "<role>Agent</role>", "", "User/roles: is empty", nil},
		{user, "<role>Agent</role>", "<Role>Agent</Role>", "User/roles: is empty", []string{"User/roles/Role"}},
		{user, "<role>Agent</role>", "Agent", `User/roles: holds the text "Agent", expected elements`, nil},
		{user, "<roles><role>Agent</role></roles>", "", "User/roles: missing", nil},
		{user, "<roles><role>Agent</role></roles>", "<roles><role>Agent</role></roles><roles><role>Agent</role></roles>", "User/roles: occurs 2 times, expected once", nil},
		{user, "<wrapUpOnIncoming>OPTIONAL", "<wrapUpOnIncoming>MAYBE", `User/settings/wrapUpOnIncoming: "MAYBE" is not one of ` + wrapUps, nil},
		{user, "<wrapUpTimer>7200", "<wrapUpTimer>2h", `User/wrapUpTimer: "2h" is not an integer`, nil},
		{user, "<wrapUpTimer>7200", "<wrapUpTimer>-1", "User/wrapUpTimer: -1 is less than 0", nil},
		{user, "<uri>/finesse/api/User/6021</uri>", "<uri>/api/User/6021</uri>", `User/uri: "/api/User/6021" does not have the form /finesse/api/User/<id>`, nil},
		{user, "<uri>/finesse/api/User/6021</uri>", "", "User/uri: missing", nil},
		{user, "/finesse/api/User/6021/Dialogs", "/finesse/api/User/6021", `User/dialogs: "/finesse/api/User/6021" does not have the form /finesse/api/User/<id>/Dialogs`, nil},
		{user, "<dialogs>/finesse/api/User/6021/Dialogs</dialogs>", "", "User/dialogs: missing", nil},
		{user, "<loginId>6021</loginId>", "<loginId></loginId>", "User/loginId: is empty", nil},
		{user, "<loginId>6021</loginId>", "", "User/loginId: missing", nil},
		{user, "<loginName>jnovak</loginName>", "", "User/loginName: missing", nil},
		{user, "<firstName>Jan</firstName>", "", "User/firstName: missing", nil},
		{user, "<lastName>Novak</lastName>", "", "User/lastName: missing", nil},
		{user, "<teamId>5000</teamId>", "", "User/teamId: missing", nil},
		{user, "<teamName>Service</teamName>", "", "User/teamName: missing", nil},
		{boss, "<Team><id>2</id>", "<Team>", "User/teams/Team[2]/id: missing", nil},
		{user, "<settings>", "<settings>on", `User/settings: holds the text "on", expected elements`, nil},
		{user, "</User>", "READY</User>", `User: holds the text "READY", expected elements`, nil},

		// ApiErrors
		{errs, "<ErrorType>Invalid Input</ErrorType>", "", "ApiErrors/ApiError[1]/ErrorType: missing", nil},
		{errs, "<ErrorType>Invalid Input</ErrorType>", "<ErrorType/>", "ApiErrors/ApiError[1]/ErrorType: is empty", nil},
		{errs, "<ErrorType>Invalid Input</ErrorType>", "<ErrorType><a/></ErrorType>", "ApiErrors/ApiError[1]/ErrorType: holds elements, expected text", nil},
		{errs, "<ErrorType>Invalid Input</ErrorType>", "<ErrorType>Invalid Input</ErrorType><errorType>Invalid Input</errorType>", "ApiErrors/ApiError[1]/ErrorType: occurs 2 times, expected once", nil},
		{errs, "<ErrorMessage>For this operation, Reason Codes are not allowed.</ErrorMessage>", "", "ApiErrors/ApiError[1]/ErrorMessage: missing", nil},
		{errs, "<ErrorType>Invalid Input</ErrorType>", "<Errortype>Invalid Input</Errortype>", "ApiErrors/ApiError[1]/ErrorType: missing", []string{"ApiErrors/ApiError[1]/Errortype"}},
		{"ApiErrors/sync-two-errors.xml", "<ErrorMessage>b</ErrorMessage>", "", "ApiErrors/ApiError[2]/ErrorMessage: missing", nil},
		{event, "<errorMessage>CF_INVALID_OBJECT_STATE</errorMessage>", "", "ApiErrors/ApiError[1]/ErrorMessage: missing", nil},
		{event, "<apiError><errorType>Invalid State</errorType><errorMessage>CF_INVALID_OBJECT_STATE</errorMessage><errorData>22</errorData></apiError>", "", "ApiErrors/ApiError: missing", nil},

		// SystemInfo
		{info, "<status>OUT_OF_SERVICE</status>", "<status>UP</status>", `SystemInfo/status: "UP" is not one of IN_SERVICE, PARTIAL_SERVICE, OUT_OF_SERVICE`, nil},
		{info, "<status>OUT_OF_SERVICE</status>", "", "SystemInfo/status: missing", nil},
		{info, "<deploymentType>UCCX", "<deploymentType>PCCE", `SystemInfo/deploymentType: "PCCE" is not one of UCCE, UCCX`, nil},
		{info, "<deploymentType>UCCX</deploymentType>", "", "SystemInfo/deploymentType: missing", nil},
		{info, "<httpsPort>8445", "<httpsPort>84450", "SystemInfo/primaryNode/httpsPort: 84450 is more than 65535", nil},
		{info, "<lastCTIHeartbeatStatus>", "<lastCTIHeartbeatStatus>ok", `SystemInfo/lastCTIHeartbeatStatus: "ok" does not have the form success or failure`, nil},

		// ReasonCodes
		{codes, ` category="NOT_READY"`, "", "ReasonCodes/@category: missing", nil},
		{codes, ` category="NOT_READY"`, ` category="READY"`, `ReasonCodes/@category: "READY" is not one of NOT_READY, LOGOUT`, nil},
		{codes, ` category="NOT_READY"`, ` category="NOT_READY" kind="1"`, "", []string{"ReasonCodes/@kind"}},
		{codes, "<code>4</code>", "<code></code>", "ReasonCodes/ReasonCode[2]/code: nothing is not an integer", nil},
		{codes, "<code>4</code>", "", "ReasonCodes/ReasonCode[2]/code: missing", nil},
		{codes, "<label>Break</label>", "", "ReasonCodes/ReasonCode[1]/label: missing", nil},
		{codes, "<forAll>false</forAll>", "<forAll>FALSE</forAll>", `ReasonCodes/ReasonCode[2]/forAll: "FALSE" is not a boolean`, nil},
		{codes, "<uri>/finesse/api/ReasonCode/2", "<uri>finesse/api/ReasonCode/2", "", nil},
		{codes, "/finesse/api/ReasonCode/2", "/finesse/api/ReasonCode/two", `ReasonCodes/ReasonCode[2]/uri: "/finesse/api/ReasonCode/two" does not have the form /finesse/api/ReasonCode/<id>`, nil},

		// Team
		{team, "<id>34</id>", "", "Team/id: missing", nil},
		{team, "<state>LOGOUT</state>", "<state>GONE</state>", `Team/users/User[1]/state: "GONE" is not one of ` + states, nil},
		{team, "<loginId>1235</loginId>", "", "Team/users/User[2]/loginId: missing", nil},
		{team, "<mediaState>IDLE", "<mediaState>LAZY", `Team/users/User[2]/mediaState: "LAZY" is not one of BUSY, IDLE`, nil},

		// Dialogs and Dialog
		{calls, "<state>INITIATED</state>", "<state>RINGING</state>", `Dialogs/Dialog[1]/participants/Participant[2]/state: "RINGING" is not one of INITIATING, INITIATED, ALERTING, ACTIVE, HELD, FAILED, DROPPED, WRAP_UP, ACCEPTED`, nil},
		{calls, "<id>53149720</id>", "", "Dialogs/Dialog[1]/id: missing", nil},
		{calls, "<action>ANSWER</action>", "ANSWER", `Dialogs/Dialog[1]/participants/Participant[1]/actions: holds the text "ANSWER", expected elements`, nil},
		{calls, "<name>callVariable2</name>", "", "Dialogs/Dialog[1]/mediaProperties/callvariables/CallVariable[2]/name: missing", nil},
		{dialog, "<uri>/finesse/api/Dialog/12345678</uri>", "", "Dialog/uri: missing", nil},

		// Updates
		{update, "<event>PUT</event>", "<event>PATCH</event>", `Update/event: "PATCH" is not one of PUT, put, POST, post, DELETE, delete`, nil},
		{update, "<state>LOGOUT</state>", "<state>FOO</state>", `Update/data/User/state: "FOO" is not one of ` + states, nil},
		{update, "/finesse/api/User/1001001</source>", "</source>", "Update/source: nothing does not have the form /finesse/api/<object>", nil},
		{"UserUpdate/error.xml", "<errorType>Invalid State</errorType>", "", "Update/data/ApiErrors/ApiError[1]/ErrorType: missing", nil},
		{"DialogsUpdate/changed.xml", "<id>12345678</id>", "", "Update/data/Dialog/id: missing", nil},

		// requests
		{request, "<extension>1001001</extension>", "", "User: is not one of SignIn, MobileSignIn, SignOut, ChangeState, ChangeStateWithReasonCode", nil},
		{"UserRequest/sign-out.xml", "LOGOUT", "TALKING", "User: is not one of SignIn, MobileSignIn, SignOut, ChangeState, ChangeStateWithReasonCode", nil},
		{request, "</User>", "<logoutAllMedia>true</logoutAllMedia></User>", "", []string{"User/logoutAllMedia"}},
		{"DialogActionRequest/answer.xml", "<targetMediaAddress>1001001</targetMediaAddress>", "", "Dialog/targetMediaAddress: missing", nil},

		// what is not in the schema is noted and no problem
		{user, "</User>", "<mood>good</mood><mood>better</mood></User>", "", []string{"User/mood"}},
		{team, "<state>LOGOUT</state>", "<state>LOGOUT</state><mood/>", "", []string{"Team/users/User[1]/mood"}},
		{user, "<reasonCodeId>2</reasonCodeId>", "<reasonCodeId>\n 2 </reasonCodeId>", "", nil},
		{user, "<User>", `<User xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`, "", nil},
		{user, "<state>", `<state changed="now">`, "", []string{"User/state/@changed"}},
	}
	v := newValidator(t)
	for _, test := range tests {
		kind, _, _ := strings.Cut(test.base, "/")
		t.Run(kind+" "+test.old+" to "+test.new, func(t *testing.T) {
			base := body(t, test.base)
			if !strings.Contains(base, test.old) {
				t.Fatalf("%s does not hold %q", test.base, test.old)
			}
			report := v.Validate(kind, "application/xml", []byte(strings.Replace(base, test.old, test.new, 1)))
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if diff := cmp.Diff(want, lines(report.Problems)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.extra, report.Extra); diff != "" {
				t.Error(diff)
			}
			if report.First() != test.want || report.Valid() != (test.want == "") {
				t.Errorf("first problem %q, valid %v", report.First(), report.Valid())
			}
		})
	}
}
