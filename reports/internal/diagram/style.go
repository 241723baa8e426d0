package diagram

import _ "embed"

//go:embed diagram.css
var rules string

//go:embed palette.css
var palette string

// Style gives the styles of a drawing that stands alone: the rules and a
// palette for light and dark.
func Style() string { return palette + rules }
