// Package reporttest holds what the tests of the reports share: a small
// catalogue, a run with verdicts on it, golden files and the check against the
// schema of JUnit. Only tests import it.
package reporttest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

var Update = flag.Bool("update", false, "write the golden files")

// Golden compares with a file under testdata, or writes it with -update.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *Update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it:\n%s", file, diff)
	}
}

// catalogue is a small one, made by hand.
type catalogue struct{ List []*spec.Requirement }

func (c catalogue) All() []*spec.Requirement { return c.List }
func (c catalogue) Digest() string           { return "sha256:5a3b1e" }
func (c catalogue) Profiles() []spec.Profile { return nil }

func (c catalogue) Without(ids ...string) catalogue {
	out := catalogue{}
	for _, r := range c.List {
		keep := true
		for _, id := range ids {
			keep = keep && r.ID != id
		}
		if keep {
			out.List = append(out.List, r)
		}
	}
	return out
}

func requirement(id, section, title string, level spec.Level, more ...func(*spec.Requirement)) *spec.Requirement {
	r := &spec.Requirement{ID: id, Section: section, Title: title, Level: level,
		Deployments: spec.Deployments(), Sources: []spec.Source{{Guide: "DG12.5", Page: "47", URL: "https://example.com/guide#page=47"}}}
	for _, f := range more {
		f(r)
	}
	return r
}

func only(d spec.Deployment) func(*spec.Requirement) {
	return func(r *spec.Requirement) { r.Deployments = []spec.Deployment{d} }
}

func from(major, minor, maintenance int) func(*spec.Requirement) {
	return func(r *spec.Requirement) {
		r.Releases.From = spec.Release{Major: major, Minor: minor, Maintenance: maintenance}
	}
}

func along(from, to spec.State, cause spec.Cause) func(*spec.Requirement) {
	return func(r *spec.Requirement) { r.Transition = &spec.Edge{From: from, To: to, Cause: cause} }
}

func never(why string) func(*spec.Requirement) { return func(r *spec.Requirement) { r.Never = why } }

func standing(s spec.Invariant) func(*spec.Requirement) {
	return func(r *spec.Requirement) { r.Invariant = s }
}

func Small() catalogue {
	return catalogue{[]*spec.Requirement{
		requirement("SIG-01", "SIG", "Signing in leads to NOT_READY", spec.Must),
		requirement("SIG-02", "SIG", "Signing in again changes nothing", spec.Must),
		requirement("SIG-04", "SIG", "Signing in with an unknown extension is refused", spec.Either),
		requirement("TRN-UCCE-01", "TRN-UCCE", "Any state to UNKNOWN", spec.Info, only(spec.UCCE), along("*", spec.Unknown, ""), never("no run can cause UNKNOWN")),
		requirement("TRN-UCCE-03", "TRN-UCCE", "LOGIN to NOT_READY", spec.Must, only(spec.UCCE), along(spec.Login, spec.NotReady, spec.ByAgent)),
		requirement("TRN-UCCE-06", "TRN-UCCE", "NOT_READY to READY", spec.Must, only(spec.UCCE), along(spec.NotReady, spec.Ready, spec.ByAgent)),
		requirement("TRN-UCCE-08", "TRN-UCCE", "READY to RESERVED", spec.Must, only(spec.UCCE), along(spec.Ready, spec.Reserved, spec.ByStimulus)),
		requirement("TRN-UCCE-11", "TRN-UCCE", "READY to NOT_READY", spec.Must, only(spec.UCCE), along(spec.Ready, spec.NotReady, spec.ByAgent)),
		requirement("TRN-UCCE-34", "TRN-UCCE", "READY, then a call of one's own", spec.Info, only(spec.UCCE), from(12, 5, 1)),
		requirement("TRN-UCCX-06", "TRN-UCCX", "READY to LOGOUT", spec.Must, only(spec.UCCX), along(spec.Ready, spec.Logout, spec.ByAgent)),
		requirement("SUP-13", "SUP", "A plain agent may not change a team mate", spec.Must),
		requirement("ERR-03", "ERR", "An unknown state is an error", spec.Must),
		requirement("ERR-04", "ERR", "A state in lower case", spec.Info),
		requirement("USR-02", "USR", "Every state is a documented one", spec.Must, standing(spec.InvariantState)),
		requirement("NTF-01", "NTF", "A change of state sends an event", spec.Must),
	}}
}

var Noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Verdict makes one with its indexes set.
func Verdict(id string, o evidence.Outcome, more ...func(*evidence.Verdict)) evidence.Verdict {
	v := evidence.Verdict{Requirement: id, Outcome: o, Step: 0, Exchange: 0, Event: -1, Attempts: 1,
		Duration: 1234 * time.Millisecond, Clause: "DG12.5 p.47"}
	if o == evidence.NotExercised || o == evidence.NotApplicable {
		v.Step, v.Exchange, v.Attempts, v.Duration = -1, -1, 0, 0
	}
	for _, f := range more {
		f(&v)
	}
	return v
}

func Because(reason string) func(*evidence.Verdict) {
	return func(v *evidence.Verdict) { v.Reason = reason }
}

// Lacks is Because of a gap of that kind.
func Lacks(reason string, gap evidence.Gap) func(*evidence.Verdict) {
	return func(v *evidence.Verdict) { v.Reason, v.Gap = reason, gap }
}

func Saw(expected, seen string, o reports.Observed) func(*evidence.Verdict) {
	return func(v *evidence.Verdict) {
		v.Asked = "PUT READY"
		v.Reason = "expected " + expected + "; saw " + seen
		v.Expected, v.Seen, v.Observed = expected, seen, o
	}
}

func Observed(o reports.Observed) func(*evidence.Verdict) {
	return func(v *evidence.Verdict) { v.Observed = o }
}

const userBody = `<User><dialogs>/finesse/api/User/1001/Dialogs</dialogs><extension>1001</extension><reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><state>%s</state><stateChangeTime>2026-03-02T12:00:00.123Z</stateChangeTime></User>`

// Trace is the evidence of a requirement in which the subject went through
// the states, one second apart.
func Trace(id string, states ...spec.State) *evidence.Evidence {
	e := &evidence.Evidence{
		Requirement: id, Attempt: 1, Started: Noon, Ended: Noon.Add(time.Duration(len(states)) * time.Second),
		Target: evidence.Target{Deployment: spec.UCCE, Settle: 10 * time.Second, Quiet: 2 * time.Second},
		Cast:   map[string]evidence.User{"subject": {ID: "1001", Extension: "1001"}},
		Path:   []string{"signed in as 1001"}, Waited: 900 * time.Millisecond,
		Exchanges: []evidence.Exchange{{
			Index: 0, Purpose: evidence.ForAct, As: "1001", Method: "PUT", Path: "/finesse/api/User/1001",
			RequestHeader: map[string]string{"Content-Type": "application/xml"},
			RequestBody:   `<?xml version="1.0"?><User><state>READY</state></User>`, Status: 202, Proto: "HTTP/1.1",
			ResponseHeader: map[string]string{"Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, Started: Noon, Duration: 20 * time.Millisecond,
		}},
	}
	for i, s := range states {
		at := Noon.Add(time.Duration(i) * time.Second)
		e.Exchanges = append(e.Exchanges, evidence.Exchange{
			Index: i + 1, Purpose: evidence.ForWatch, As: "1001", Method: "GET", Path: "/finesse/api/User/1001", Status: 200,
			ResponseHeader: map[string]string{"Content-Type": "application/xml"}, ResponseBody: fmt.Sprintf(userBody, s),
			Started: at, Duration: time.Duration(10+i) * time.Millisecond,
		})
		e.Observations = append(e.Observations, evidence.Observation{At: at, Asked: at, User: "1001", State: s, Index: i + 1})
	}
	e.Steps = []evidence.Step{{Exchange: 0, Sent: Noon, Answered: Noon.Add(20 * time.Millisecond), Until: e.Ended,
		Converged: 480 * time.Millisecond, Values: map[string]string{"id": "1001"}}}
	return e
}

func SampleRun() reports.Run {
	return reports.Run{
		Tool:        reports.Tool{Name: "finesse-conformance", Version: "1.2.3"},
		Suite:       reports.Suite{Version: "1.2.3", FaultsDetectable: 160},
		Target:      reports.Target{URL: "https://root:secret@finesse1.example.com:8445", Deployment: "UCCE", Release: "12.0(1)"},
		Settings:    reports.Settings{SettleMS: 10000, QuietMS: 2000, LongestWaitMS: 60000, Stimuli: true},
		Environment: reports.Environment{OS: "linux", Arch: "amd64", Go: "go1.26.0", Cores: 2},
		Seed:        7, Procs: 1, Started: Noon, Finished: Noon.Add(8 * time.Second), PeakMemory: 40 << 20,
		Cast: []reports.CastMember{{ID: "1001", Role: "agent", Team: "5000", Extension: "1001"}},
		Evidence: []*evidence.Evidence{
			Trace("SIG-01", spec.Logout, spec.NotReady), Trace("SIG-02", spec.Ready),
			Trace("TRN-UCCE-06", spec.NotReady, spec.Ready), Trace("TRN-UCCE-11", spec.Ready, spec.Work, spec.NotReady),
			Trace("ERR-03", spec.NotReady), Trace("ERR-04", spec.NotReady),
		},
	}
}

func SampleVerdicts() []evidence.Verdict {
	return []evidence.Verdict{
		Verdict("TRN-UCCE-06", evidence.Passed, Observed(reports.Observed{Status: 202, State: "READY", Via: evidence.ViaGet})),
		Verdict("SIG-01", evidence.Passed, Observed(reports.Observed{Status: 202, State: "NOT_READY", Via: evidence.ViaGet})),
		Verdict("SIG-02", evidence.Passed, Observed(reports.Observed{Status: 202, State: "READY", Via: evidence.ViaUnchanged})),
		Verdict("SIG-04", evidence.NotExercised, Lacks("needs an agent who is no supervisor: none in the cast", evidence.Gap{Kind: evidence.GapCast})),
		Verdict("TRN-UCCE-01", evidence.NotExercised, Lacks("no run can cause UNKNOWN", evidence.Gap{Kind: evidence.GapNever})),
		Verdict("TRN-UCCE-03", evidence.Passed),
		Verdict("TRN-UCCE-08", evidence.NotExercised, Lacks("needs stimulus route_call", evidence.Gap{Kind: evidence.GapStimulus, Stimulus: spec.RouteCall})),
		Verdict("TRN-UCCE-11", evidence.Failed, Saw("NOT_READY within 10s", "WORK", reports.Observed{Status: 202, State: "WORK", Via: evidence.ViaGet})),
		Verdict("SUP-13", evidence.NotExercised, Lacks("needs another user on the subject's team: none in the cast", evidence.Gap{Kind: evidence.GapCast})),
		Verdict("ERR-03", evidence.Passed, Observed(reports.Observed{Status: 400, ErrorType: "Invalid Input", ErrorData: "state", ErrorMessage: "HTTP Status code: 400 (Bad Request)", Via: evidence.ViaSync})),
		Verdict("ERR-04", evidence.Failed, Saw("400", "202", reports.Observed{Status: 202, State: "READY", Via: evidence.ViaGet})),
		Verdict("USR-02", evidence.Passed),
		Verdict("NTF-01", evidence.NotExercised, Lacks("needs notifications: none are configured", evidence.Gap{Kind: evidence.GapNotifications})),
	}
}

func Sample() *reports.Result { return reports.Build(Small(), SampleRun(), SampleVerdicts()) }

// Rendered gives what a writer writes.
func Rendered(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
