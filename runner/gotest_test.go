package runner_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// mock starts a mock written in Go, here the reference deployment, and says
// who may be touched on it.
func mock(t interface {
	Cleanup(func())
	Fatal(...any)
}, deployment string) (*reference.Deployment, []*fixtures.User) {
	cfg, err := reference.Default(deployment, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Delay = 2 * time.Millisecond
	d, err := reference.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	var users []*fixtures.User
	for _, u := range cfg.Users {
		users = append(users, &fixtures.User{ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension})
	}
	return d, users
}

// calls makes the mock's calls happen.
type calls struct{ d *reference.Deployment }

func (c calls) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	err := c.d.Stimulate(ctx, string(name), user, extension)
	if errors.Is(err, reference.ErrNotSupported) {
		return fixtures.ErrNotSupported
	}
	return err
}
func (calls) Supports(spec.Stimulus) bool { return true }
func (calls) Describe() string            { return "the mock itself" }

// TestCertify certifies a handler in a Go test with one call.
func TestCertify(t *testing.T) {
	t.Parallel()
	d, users := mock(t, "UCCE")
	result := runner.Certify(t, runner.Subject{
		Handler: d, Users: users, Release: "12.5(1)", Stimuli: calls{d},
		Only:   []string{"SIG-*", "RSN-*", "TRN-UCCE-1*"},
		Timing: config.Timing{Quiet: 20 * time.Millisecond},
	})
	if result.Summary.Failed != 0 || result.Summary.Passed < 20 {
		t.Errorf("%d passed and %d failed", result.Summary.Passed, result.Summary.Failed)
	}
	if got, want := result.Target.URL, "handler:*reference.Deployment"; got != want {
		t.Errorf("the handler is named %q, want %q", got, want)
	}
}

// TestCertifyNotices certifies a handler that lets a supervisor touch anybody.
func TestCertifyNotices(t *testing.T) {
	d, users := mock(t, "UCCE")
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _, _ := r.BasicAuth(); r.Method == http.MethodPut && !strings.HasSuffix(r.URL.Path, name) {
			w.WriteHeader(http.StatusAccepted) // accepted, and never done
			return
		}
		d.ServeHTTP(w, r)
	})
	subject := runner.Subject{
		Handler: broken, Users: users, Release: "12.5(1)", Only: []string{"SUP-02", "SUP-12"},
		Timing: config.Timing{Settle: 200 * time.Millisecond, Quiet: 20 * time.Millisecond},
	}
	verdicts, err := runner.Verdicts(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]evidence.Outcome{"SUP-02": evidence.Failed, "SUP-12": evidence.Passed} {
		if row := verdicts.Row(id); row.Outcome != want {
			t.Errorf("%s is %s (%s), want %s", id, row.Outcome, row.Reason, want)
		}
	}
}

// What was not selected is no subtest: it would be a line of a log each.
func TestWhatIsNotSelectedIsNoSubtest(t *testing.T) {
	d, users := mock(t, "UCCE")
	c, err := runner.Open(t.Context(), runner.Subject{Handler: d, Users: users, Release: "12.5(1)", Only: []string{"SIG-0*"}, Skip: []string{"SIG-01"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Finish(t.Context())
	items := runner.Selected(c)
	for _, item := range items {
		if id := item.Requirement.ID; !strings.HasPrefix(id, "SIG-0") || id == "SIG-01" {
			t.Errorf("%s would be a subtest", id)
		}
	}
	if len(items) < 5 {
		t.Error("nothing would be a subtest")
	}
}

var _ = runner.Describe("The mock", func() runner.Subject {
	if runner.IsBroken() {
		return runner.BrokenSubject(ginkgo.GinkgoT())
	}
	d, users := mock(ginkgo.GinkgoT(), "UCCX")
	return runner.Subject{
		Handler: d, Users: users, Release: "12.5(1)", Stimuli: calls{d},
		Timing: config.Timing{Quiet: 20 * time.Millisecond},
	}
}, described()...)

// described are the requirements of the suite; the broken subject says its own.
func described() []string {
	if runner.IsBroken() {
		return nil
	}
	return []string{"TRN-UCCX-0*", "AUT-*"}
}

// TestSuite runs a Ginkgo suite in which the certification is registered
// beside whatever else it holds.
func TestSuite(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "A suite with a certification in it")
}
