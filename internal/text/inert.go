package text

import (
	"io"
	"strings"
)

var (
	// logging are commands that agents obey wherever they stand in a line:
	// ##[error] and ##vso[…] of Azure Pipelines and GitHub, ##teamcity[…],
	// the folds of Travis and the sections of GitLab; and [[ATTACHMENT|…]],
	// by which Jenkins and GitLab publish a file that a JUnit report names.
	logging = Pattern(`##(\w*)\[|\b(travis_fold|travis_time|section_start|section_end):|\[\[\w+\|`)
	// workflow are GitHub's ::error file=…::…, obeyed at the beginning of a
	// line after white space of any kind; where a line is broken is not known
	// here.
	workflow = Pattern(`(^|[\s\p{Z}])::([A-Za-z])`)
)

// Inert breaks up what a CI service would obey as a command, wherever it stands
// in a text: a target that writes ##vso[…] into an error is quoted, not run.
func Inert(s string) string {
	s = inertLogging(s)
	if strings.Contains(s, "::") {
		s = workflow().ReplaceAllString(s, "${1}: :$2")
	}
	return s
}

func inertLogging(s string) string {
	if !strings.Contains(s, "##") && !strings.Contains(s, "_") && !strings.Contains(s, "[[") {
		return s
	}
	return logging().ReplaceAllStringFunc(s, func(m string) string {
		if word, ok := strings.CutSuffix(m, ":"); ok {
			return word + " :"
		}
		return m[:1] + " " + m[1:] // between the two that are alike
	})
}

// InertWriter breaks up the commands that agents obey anywhere in a line in
// all that is written through it. GitHub's it leaves, since annotations are
// meant.
func InertWriter(w io.Writer) io.Writer { return inertWriter{w} }

type inertWriter struct{ to io.Writer }

func (w inertWriter) Write(p []byte) (int, error) {
	said := string(p)
	inert := inertLogging(said)
	if inert == said {
		return w.to.Write(p)
	}
	if _, err := io.WriteString(w.to, inert); err != nil {
		return 0, err
	}
	return len(p), nil
}
