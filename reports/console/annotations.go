package console

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// annotationLimit is how many annotations of one kind GitHub shows for a
// step. What is beyond is dropped there without a word, so the last one says
// how many there are.
const annotationLimit = 10

// WriteAnnotations writes workflow commands that GitHub shows as annotations:
// an error for each failure and each stronger reason for the exit code, a
// warning for each waived failure and for incompleteness.
func WriteAnnotations(w io.Writer, r *reports.Result) error {
	var b strings.Builder
	var failed, waived []annotation
	for _, c := range r.Exit.All {
		switch c.Code {
		case reports.ExitNonconformant: // the failures themselves tell
		case reports.ExitTooLittle:
			waived = append(waived, annotation{"too little verified", c.Because})
		default:
			failed = append(failed, annotation{fmt.Sprintf("exit %d", c.Code), c.Because})
		}
	}
	for i := range r.Requirements {
		row := &r.Requirements[i]
		a := annotation{row.ID + " " + row.Title, failureText(row)}
		switch row.Outcome {
		case evidence.Failed:
			failed = append(failed, a)
		case evidence.Waived:
			a.message += reports.WaivedWords(row)
			waived = append(waived, a)
		}
	}
	annotate(&b, "error", failed)
	annotate(&b, "warning", waived)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

type annotation struct{ title, message string }

func annotate(b *strings.Builder, kind string, list []annotation) {
	if n := len(list); n > annotationLimit {
		more := annotation{"and more", fmt.Sprintf("%d more are in the reports", n-annotationLimit+1)}
		list = append(list[:annotationLimit-1:annotationLimit-1], more)
	}
	for _, a := range list {
		fmt.Fprintf(b, "::%s title=%s::%s\n", kind, commandProperty(a.title), commandData(a.message))
	}
}

// commandData makes text for the message of a workflow command. It is one
// line, so nothing in it can begin a command of its own.
func commandData(s string) string {
	return strings.ReplaceAll(reports.Message(s), "%", "%25")
}

// commandProperty makes text for a property, which colon and comma end.
func commandProperty(said string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(said))
}
