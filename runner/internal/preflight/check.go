package preflight

// Finding is how one thing stands that has to hold before a run.
type Finding string

// The findings.
const (
	Fine    Finding = "fine"    // as it should be
	Lacking Finding = "lacking" // a run is possible and shows less
	Broken  Finding = "broken"  // no run is possible
)

// Check is one thing that was looked at.
type Check struct {
	Name    string
	Finding Finding
	Seen    string
	Advice  string // What to do; "" where nothing is to be done.
}
