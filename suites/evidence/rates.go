package evidence

import "math"

// Rates are what the repetitions of a requirement came to.
type Rates struct {
	Exercised    int `json:"exercised"` // how often it was put to the test
	Failed       int `json:"failed"`
	NotExercised int `json:"not_exercised,omitempty"`
	// Low and High bound, with 95% confidence, how often it fails in the long
	// run: from 0 for never to 1 for always. They hold where the repetitions do
	// not depend on one another.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Seen are the different things that were seen, the most frequent first.
	Seen []Variant `json:"seen"`
}

// Variant is one thing that was seen of a requirement, and how often.
type Variant struct {
	Outcome   Outcome `json:"outcome"`
	Reason    string  `json:"reason,omitempty"` // that of the first of them
	Status    int     `json:"status,omitempty"`
	ErrorType string  `json:"error_type,omitempty"`
	State     string  `json:"state,omitempty"`
	Times     int     `json:"times"`
}

// Wilson gives the interval that holds, with 95% confidence, the probability
// of something that came n times of all, with four decimals. Unlike the usual
// approximation it says something of few tries and of none or all that came.
func Wilson(n, all int) (low, high float64) {
	if all == 0 {
		return 0, 1
	}
	const z = 1.959964
	tries := float64(all)
	p := float64(n) / tries
	centre := p + z*z/(2*tries)
	spread := z * math.Sqrt(p*(1-p)/tries+z*z/(4*tries*tries))
	scale := 1 + z*z/tries
	round := func(x float64) float64 { return math.Round(min(max(x, 0), 1)*1e4) / 1e4 }
	return round((centre - spread) / scale), round((centre + spread) / scale)
}
