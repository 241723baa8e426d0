package mock_test

import (
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner"

	mock "example.com/go-mock"
)

// TestConformance certifies the mock as a handler, without a network. Each
// requirement is a subtest; what a mock without calls and supervisors cannot
// show is skipped, with the reason.
func TestConformance(t *testing.T) {
	runner.Certify(t, runner.Subject{
		Handler: mock.New(mock.Agent{ID: "1001", Password: "one"}, mock.Agent{ID: "1002", Password: "two"}),
		Users: []*fixtures.User{
			{ID: "1001", Password: "one", Extension: "1001"},
			{ID: "1002", Password: "two", Extension: "1002"},
		},
		Release: "12.5(1)",
	})
}
