package config

// TargetOf reads a target from flags and the environment alone, without the
// users that a run needs: for a first look at it.
func TargetOf(src Sources) (*Target, error) {
	l := &loader{src: src, config: &Config{}}
	t := &Target{Name: "target"}
	for _, s := range Settings() {
		if s.ofTarget() {
			l.set(s, t)
		}
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	if t.URL == nil {
		return nil, Problems{{Key: "--target", Text: "is missing"}}
	}
	return t, nil
}
