package reports

import "io"

// What the tests outside the package need of its inside: they live there
// because what they share, reporttest, imports the package.
var (
	EventOrder  = eventOrder
	ExplainGzip = explainGzip
	Glob        = glob
	TimingsOf   = timings
)

func NewLimited(r io.Reader, left int64) io.Reader { return &limited{r: r, left: left} }
