package users

import "time"

// clocks are the clocks of the nodes of a target: how often two times of
// change of one state were how far apart. Two nodes give the same difference
// again and again, to the millisecond; two stays in one state do not.
type clocks map[time.Duration]int

// compare notes two times of change that one state was seen with.
func (c *clocks) compare(one, other string) {
	if d, ok := apart(one, other); ok {
		if *c == nil {
			*c = clocks{}
		}
		(*c)[d]++
	}
}

// elsewhere reports whether a stay is among those that are known, with the
// time of change that another node gives it.
func (c clocks) elsewhere(known map[stay]bool, this stay) bool {
	for other := range known {
		if other.state != this.state {
			continue
		}
		if d, ok := apart(other.change, this.change); ok && c[d] > 1 {
			return true
		}
	}
	return false
}

func apart(one, other string) (time.Duration, bool) {
	a, err1 := time.Parse(time.RFC3339, one)
	b, err2 := time.Parse(time.RFC3339, other)
	return a.Sub(b).Abs(), err1 == nil && err2 == nil
}
