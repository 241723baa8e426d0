package runner_test

import (
	"context"
	"fmt"
	"log"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner"
)

// The result as data: what failed, and what would make the rest run.
func ExampleVerdicts() {
	result, err := runner.Verdicts(context.Background(), runner.Subject{
		URL:     "https://finesse1.example.com:8445",
		Users:   []*fixtures.User{{ID: "1001001", Password: "secret", Extension: "2001001"}},
		Release: "12.5(1)",
		Only:    []string{"SIG-*", "TRN-UCCE-0*"},
	})
	if err != nil {
		log.Fatal(err) // it cannot be certified
	}
	for _, row := range result.Requirements {
		if row.Outcome == "failed" {
			fmt.Println(row.ID, row.Title, row.Reason, row.Clause)
		}
	}
	for _, gap := range result.NotExercised {
		fmt.Println(gap.Reason, gap.Requirements, gap.Remedy)
	}
	fmt.Println(result.Headline(), result.Exit.Code)
}
