// Package exit is what the exit codes of the program mean, and how an error
// carries one. It imports nothing of the project, so that each room may use
// it.
package exit

import "errors"

// The exit codes.
const (
	Conformant    = 0
	Nonconformant = 1   // a MUST or EITHER requirement failed
	Usage         = 2   // wrong usage or configuration: nothing was sent
	Uncertifiable = 3   // the target cannot be certified
	TooLittle     = 4   // too little was verified
	StaleWaiver   = 5   // a waiver is stale
	Harness       = 6   // a fault of the harness itself
	NotRestored   = 7   // a user could not be put back
	Unwritten     = 8   // reports could not be written; the verdict was printed
	Interrupted   = 130 // SIGINT
	Terminated    = 143 // SIGTERM
)

// Code is the exit code that an error carries in a method ExitCode, Conformant
// for none, and Harness for an error that carries no code: nobody has thought
// of it.
func Code(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return Conformant
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return Harness
}

// UsageError is an error of the command line or the configuration: nothing
// was sent to a target.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// ExitCode is Usage.
func (e *UsageError) ExitCode() int { return Usage }
