package scenario_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/spec"
	"finesse-conformance/spec/xmlbody"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/scenario"
)

// hook makes the reference's stimuli happen.
type hook struct{ d *reference.Deployment }

func (h hook) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	err := h.d.Stimulate(ctx, string(name), user, extension)
	if errors.Is(err, reference.ErrNotSupported) {
		return fixtures.ErrNotSupported
	}
	return err
}
func (h hook) Supports(spec.Stimulus) bool { return true }
func (h hook) Describe() string            { return "the reference" }

// castOf makes a cast of the reference's users, with what a preflight would
// have read.
func castOf(config reference.Config) *fixtures.Cast {
	cast := &fixtures.Cast{SwitchesWrapUp: true}
	for _, u := range config.Users {
		user := &fixtures.User{
			ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension, Team: u.Team, Supervises: u.Supervises,
			Role: spec.RoleAgent, WrapUpTimer: config.WrapUpTimer, State: spec.Logout,
			WrapUpIncoming: string(u.WrapUpIncoming), WrapUpOutgoing: string(u.WrapUpOutgoing),
			Codes: map[spec.Category][]fixtures.ReasonCode{},
		}
		if slices.Contains(u.Roles, reference.RoleSupervisor) {
			user.Role = spec.RoleSupervisor
		}
		for _, c := range config.ReasonCodes {
			if c.ForAll || slices.Contains(c.Teams, u.Team) {
				category := spec.Category(c.Category)
				user.Codes[category] = append(user.Codes[category], fixtures.ReasonCode{ID: strconv.Itoa(c.ID), Code: strconv.Itoa(c.Code), Label: c.Label})
			}
		}
		cast.Users = append(cast.Users, user)
	}
	return cast
}

func stageOn(t *testing.T, deployment string, quiet time.Duration, change ...func(*reference.Config)) (*scenario.Stage, *reference.Deployment) {
	t.Helper()
	config, err := reference.Default(deployment, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&config)
	}
	config.Delay = 3 * time.Millisecond
	d, err := reference.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	catalogue, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := xmlbody.NewValidator(doc)
	if err != nil {
		t.Fatal(err)
	}
	base := &url.URL{Scheme: "https", Host: "reference.invalid"}
	return &scenario.Stage{
		Catalogue: catalogue, Judge: judge.New(catalogue, bodies), Cast: castOf(config), Stimuli: hook{d},
		Client:  client.New(client.Options{Base: base, Transport: client.Handler(d), Timeout: 5 * time.Second, Version: "test"}),
		Target:  evidence.Target{Deployment: spec.Deployment(deployment), Release: "12.5(1)", Settle: time.Second, Quiet: quiet, LongestWait: 10 * time.Second},
		Poll:    2 * time.Millisecond,
		Dialogs: true,
	}, d
}

// TestReference exercises the whole catalogue on the reference deployment,
// which is written from the guide and not from the catalogue: a disagreement
// is a mistake in one of them.
func TestReference(t *testing.T) {
	for _, deployment := range []string{"UCCE", "UCCX"} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			stage, d := stageOn(t, deployment, 20*time.Millisecond)
			release, _ := spec.ParseRelease("12.5(1)")
			for _, req := range stage.Catalogue.Applicable(spec.Deployment(deployment), release) {
				v, seen := stage.Exercise(t.Context(), req)
				if v.Duration > 300*time.Millisecond {
					t.Logf("%s took %v, %d exchanges, attempts %d", req.ID, v.Duration, len(seen[0].Exchanges), len(seen))
				}
				switch v.Outcome {
				case evidence.Failed:
					t.Errorf("%s failed: %s", req.ID, v.Reason)
				case evidence.NotExercised:
					t.Logf("%s was not exercised: %s", req.ID, v.Reason)
				}
				if len(seen) > 0 && len(seen[0].Steps) == 0 && v.Outcome == evidence.Passed {
					t.Errorf("%s passed without a step", req.ID)
				}
			}
			for id, why := range stage.Astray() {
				t.Errorf("user %s was not put back: %s", id, why)
			}
			for _, u := range d.Snapshot().Users {
				if u.State != "LOGOUT" {
					t.Errorf("user %s was left in %s", u.ID, u.State)
				}
			}
		})
	}
}

// Where no Dialog API is served, calls and reservations of stimuli are ended by
// stimuli, and nobody stays in one.
func TestWithoutDialogAPI(t *testing.T) {
	for _, deployment := range []string{"UCCE", "UCCX"} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			stage, d := stageOn(t, deployment, 20*time.Millisecond)
			stage.Dialogs = false
			release, _ := spec.ParseRelease("12.5(1)")
			for id, want := range map[string]evidence.Outcome{
				"TRN-UCCE-10": evidence.Passed, "TRN-UCCE-12": evidence.Passed, "TRN-UCCE-16": evidence.Passed,
				"TRN-UCCE-20": evidence.Passed, "TRN-UCCE-23": evidence.Passed, "ERR-10-RESERVED": evidence.Passed,
				"SUP-07-RESERVED": evidence.Passed, "SUP-07-RESERVED_OUTBOUND_PREVIEW": evidence.Passed,
				"SUP-06-RESERVED": evidence.Passed, "SUP-06-TALKING": evidence.Passed, "PND-01": evidence.Passed,
				"TRN-UCCX-07": evidence.Passed, "TRN-UCCX-12": evidence.Passed, "PND-08": evidence.Passed,
				"TRN-UCCE-24": evidence.NotExercised, "TRN-UCCX-13": evidence.NotExercised,
			} {
				req := requirement(t, stage, id)
				if !req.AppliesTo(spec.Deployment(deployment), release) {
					continue
				}
				v, seen := stage.Exercise(t.Context(), req)
				if v.Outcome != want {
					t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
				}
				for _, ev := range seen {
					for _, x := range ev.Exchanges {
						if strings.Contains(x.Path, "Dialog") {
							t.Errorf("%s: %s %s", id, x.Method, x.Path)
						}
					}
				}
			}
			for id, why := range stage.Astray() {
				t.Errorf("user %s was not put back: %s", id, why)
			}
			for _, u := range d.Snapshot().Users {
				if u.State != "LOGOUT" {
					t.Errorf("user %s was left in %s", u.ID, u.State)
				}
			}
		})
	}
}

// Where no stimulus switches wrap-up, a user whose settings differ for incoming
// and outgoing calls gets a call of the kind that is needed.
func TestWrapUpBySettings(t *testing.T) {
	stage, _ := stageOn(t, "UCCE", 20*time.Millisecond, func(c *reference.Config) {
		for i := range c.Users {
			c.Users[i].WrapUpIncoming, c.Users[i].WrapUpOutgoing = reference.WrapUpRequired, reference.WrapUpNotAllowed
		}
	})
	stage.Cast.SwitchesWrapUp = false
	for id, want := range map[string]evidence.Outcome{
		"TRN-UCCE-21": evidence.Passed, "TRN-UCCE-22": evidence.Passed, "TRN-UCCE-23": evidence.Passed,
		"TRN-UCCE-26": evidence.Passed, "TRN-UCCE-28": evidence.Passed, "TRN-UCCE-33": evidence.Passed,
		"PND-02": evidence.Passed, "WRP-03": evidence.Passed, "WRP-04": evidence.Passed,
		"TRN-UCCE-20": evidence.NotExercised, // no incoming call without wrap-up, and who knows what a campaign's is
	} {
		if v, _ := stage.Exercise(t.Context(), requirement(t, stage, id)); v.Outcome != want {
			t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
		}
	}
}
