// Package suite_test is a Ginkgo suite of another project with the
// certification of its mock beside its own specs. Run it with `go test`, or
// with `ginkgo -p`: the certification then takes one process and the other
// specs the rest.
package suite_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner"

	mock "example.com/go-mock"
)

func TestSuite(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "The mock")
}

func handler() http.Handler {
	return mock.New(mock.Agent{ID: "1001", Password: "one"}, mock.Agent{ID: "1002", Password: "two"})
}

// A spec of the project's own.
var _ = ginkgo.It("answers requests without credentials with 401", func() {
	answer := httptest.NewRecorder()
	handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/finesse/api/User/1001", nil))
	gomega.Expect(answer.Code).To(gomega.Equal(http.StatusUnauthorized))
})

// The certification: a spec for each requirement about signing in and about
// the states that an agent asks for. Without patterns it is all of them.
var _ = runner.Describe("certification", func() runner.Subject {
	return runner.Subject{
		Handler: handler(),
		Users: []*fixtures.User{
			{ID: "1001", Password: "one", Extension: "1001"},
			{ID: "1002", Password: "two", Extension: "1002"},
		},
		Release: "12.5(1)",
	}
}, "SIG-*", "TRN-UCCE-0*")
