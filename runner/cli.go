package runner

import (
	"fmt"
	"io"

	"finesse-conformance/internal/redact"
	"finesse-conformance/internal/text"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/judge"
)

// Name is the program's name, in reports and in User-Agent.
const Name = "finesse-conformance"

// CLI is what every command needs: the contract, the judge, and where to
// print.
type CLI struct {
	Version   string
	Catalogue *spec.Catalogue
	Bodies    *xmlbody.Validator
	Judge     *judge.Judge
	Secrets   *redact.Set // what must not be in anything that is written or printed

	Out      io.Writer  // what was asked for
	Err      io.Writer  // progress and errors
	Terminal bool       // whether Err is a terminal
	Colour   bool       // whether Out and Err take colours
	Width    int        // columns of Out, 0 where it is no terminal
	ErrWidth func() int // columns of Err at the moment; nil where it is no terminal
	Environ  []string   // as os.Environ gives it
}

// NewCLI loads the contract: the catalogue, and the schemas of bodies once
// there is one to validate. An error here is a fault of the program.
func NewCLI(out, err io.Writer) (*CLI, error) {
	catalogue, e := spec.Load()
	if e != nil {
		return nil, fmt.Errorf("the contract in the program is broken: %w", e)
	}
	bodies, secrets := xmlbody.NewValidator(spec.OpenAPI), redact.New(spec.Words)
	return &CLI{
		Secrets: secrets,
		Version: Tool().Version, Catalogue: catalogue, Bodies: bodies, Judge: judge.New(catalogue, bodies), Out: secrets.Writer(text.InertWriter(out)), Err: secrets.Writer(text.InertWriter(err)),
	}, nil
}
