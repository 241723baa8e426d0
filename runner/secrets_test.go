package runner

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// contractual are passwords that say nothing: words of the contract, parts of
// them, and what every message is made of.
var contractual = []string{
	"READY", "application/xml;charset=UTF-8", "NOT_READY", "NOT_RE", "LOGOUT", "LOGIN", "TALKING", "READ", "ready", "xml", "application", "application/xml", "User", "Users", "state", "stateChangeTime",
	"pendingState", "reasonCode", "reasonCodeId", "extension", "loginId", "loginName", "Agent", "agent", "Supervisor", "roles", "Team", "Dialogs", "Dialog",
	"Invalid Input", "Invalid", "Invalid State", "Parameter Missing", "ApiErrors", "ErrorType", "Unauthorized", "Basic", "Content-Type", "finesse", "IN_SERVICE",
	"logout", "Not_Ready", "RESERVED", "WORK", "HOLD", "UNKNOWN", "requestId", "uri", "teamId", "dialogs", "Update", "ErrorData", "ErrorMessage", "Generic Error", "apiErrors",
	"ICD", "DROP", "ANSWER", "targetMediaAddress", "mediaType", "Voice", "null", "none", "200", "401", "202", "HTTP/1.1", "Bearer", "Authorization", "GET", "PUT", "User/1001001",
	strings.Repeat("x", 200), strings.Repeat("READY", 40), "пароль", "密码", "é", "🔑", ".*", "(a+)+$", "[", `\`, `\d`, "]]>", "<!--", "<User>", "</state>", "&amp;", "&#x41;", "%41", "%", "+", "'", `"`, ":", "=", ";", "$1", "{}", "0",
	"UCCE", "true", "false", "1", "a", "/", "<", "&", " ", "-1", "5000", "2026", "utf-8", "put", "Update", "data", "https", "1001001",
}

// shared gives everybody one password.
func shared(password string) func(*reference.Config) {
	return func(c *reference.Config) {
		for i := range c.Users {
			c.Users[i].Password = password
		}
	}
}

func unzip(t *testing.T, from io.Reader) []byte {
	t.Helper()
	zip, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What the passwords are changes no verdict, neither when the run gives it nor
// when what was recorded is judged again.
func TestPasswordsChangeNoVerdict(t *testing.T) {
	only := []string{"SIG-01", "ERR-03", "AUT-01", "SUP-01"} // sign-ins of one's own, a refusal, one without credentials, somebody else's
	if extent.Long() {
		only = append(only, "SIG-03", "TRN-UCCE-06", "RSN-02", "USR-01", "USR-02")
	}
	certify := func(t *testing.T, password string) (*reports.Result, []*evidence.Evidence, *session) {
		app, err := NewCLI(io.Discard, io.Discard) // what is secret is its own
		if err != nil {
			t.Fatal(err)
		}
		p := played.New(t, "UCCE", shared(password))
		s, _ := sessionFrom(t, app, p, config.Run{Only: only})
		if err := s.begin(t.Context(), progress.None{}); err != nil {
			t.Fatal(err)
		}
		items := suites.Plan(s.stage, s.selection())
		h := inOrder(t.Context(), items, s.play)
		run := s.facts()
		run.Unrestored = s.end(t.Context(), progress.None{})
		result, seen := s.conclude(items, h, run)
		return result, seen, s
	}
	var want *reports.Result
	synctest.Test(t, func(t *testing.T) { want, _, _ = certify(t, "an ordinary Password 7") })
	passed := 0
	for _, row := range want.Requirements {
		if row.Outcome == evidence.Passed {
			passed++
		}
	}
	if passed < len(only)-1 {
		t.Fatalf("only %d passed", passed)
	}
	for i, password := range contractual {
		if i%extent.Of(4, 1, 1) != 0 {
			continue
		}
		t.Run(fmt.Sprintf("%q", password), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				result, seen, s := certify(t, password)
				sameVerdicts(t, password, s, want, result, seen)
			})
		})
	}
}

// sameVerdicts holds a run against one with another password, and what it
// recorded against its own verdicts.
func sameVerdicts(t *testing.T, password string, s *session, want, result *reports.Result, seen []*evidence.Evidence) {
	standing := s.Judge.Invariants()
	again := map[string]evidence.Verdict{}
	for _, ev := range seen {
		standing.Add(ev)
		if req, ok := s.Catalogue.ByID(ev.Requirement); ok {
			again[ev.Requirement] = s.Judge.Verdict(req, ev)
		}
	}
	for _, row := range result.Requirements {
		if w := want.Row(row.ID); row.Outcome != w.Outcome {
			t.Errorf("%q: %s is %s: %s; with another password %s", password, row.ID, row.Outcome, row.Reason, w.Outcome)
		}
		req, _ := s.Catalogue.ByID(row.ID)
		if v, ok := again[row.ID]; ok {
			if v = standing.Apply(req, v); v.Outcome != row.Outcome {
				t.Errorf("%q: judged again %s is %s: %s; was %s", password, row.ID, v.Outcome, v.Reason, row.Outcome)
			}
		}
	}
	if len(result.Unrestored) > 0 {
		t.Errorf("%q: left behind: %+v", password, result.Unrestored)
	}
	var file bytes.Buffer
	if err := reports.WriteEvidence(&file, result, seen); err != nil {
		t.Error(err)
		return
	}
	if pair := base64.StdEncoding.EncodeToString([]byte("1001001:" + password)); strings.Contains(string(unzip(t, &file)), strings.TrimRight(pair, "=")) {
		t.Errorf("%q: the credentials are in the evidence", password)
	}
}
