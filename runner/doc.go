// Package runner certifies deployments: [Certify] and [Describe] for Go tests of
// other modules, on a [Subject] with a [Timing], with [Verdicts] as data; and
// [CLI] for the command line, which turns flags into its calls. It opens a
// session on a target, has the suites act and judge, concludes, and writes the
// reports.
//
// Of it, Subject, Certify, Verdicts, Describe, Timing, OpenJournal and Restore are
// promised to other modules; the rest may change with any commit, see docs/stability.md.
package runner
