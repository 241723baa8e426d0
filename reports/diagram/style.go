package diagram

import _ "embed"

//go:embed diagram.css
var rules string

//go:embed palette.css
var palette string

// Style gives the styles of a drawing that stands alone: the rules and a
// palette for light and dark.
func Style() string { return palette + rules }

// Rules gives the rules without the palette, for a page that defines the
// custom properties that they use: --d-paper, --d-ink, --d-soft, --d-line,
// --d-box, and for each mark and cause --d-<name>.
func Rules() string { return rules }
