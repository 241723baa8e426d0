package spec

import "slices"

// Catalogue is the whole contract as it was loaded: the requirements in their
// order, the moves, and where both are written. It does not change.
type Catalogue struct {
	sections []Section
	all      []*Requirement
	byID     map[string]*Requirement
	moves    []*Move
	guides   []Guide
	states   []State
	profiles []Profile
	apart    map[string]string // by id: why a requirement is in no profile
	digest   string
}

// All gives every requirement in the order of the catalogue, which is the
// order of every list and report. The requirements are not to be changed.
func (c *Catalogue) All() []*Requirement { return slices.Clone(c.all) }

// Sections gives the parts of the catalogue in their order.
func (c *Catalogue) Sections() []Section { return slices.Clone(c.sections) }

// ByID gives the requirement with the id.
func (c *Catalogue) ByID(id string) (*Requirement, bool) {
	q, ok := c.byID[id]
	return q, ok
}

// Applicable gives the requirements that are expected of a deployment of the
// given kind and release, in the order of the catalogue.
func (c *Catalogue) Applicable(d Deployment, release Release) []*Requirement {
	var some []*Requirement
	for _, q := range c.all {
		if q.AppliesTo(d, release) {
			some = append(some, q)
		}
	}
	return some
}

// Moves gives the moves of a deployment of the given kind and release, in the
// order of moves.yaml. The moves are not to be changed.
func (c *Catalogue) Moves(d Deployment, release Release) []*Move {
	var some []*Move
	for _, m := range c.moves {
		if slices.Contains(m.Deployments, d) && m.Releases.Contains(release) {
			some = append(some, m)
		}
	}
	return some
}

// States gives the states in which the User object may show a user, in the
// order of openapi.yaml.
func (c *Catalogue) States() []State { return slices.Clone(c.states) }

// Guides gives the documents that sources name, in the order of sources.yaml.
func (c *Catalogue) Guides() []Guide { return slices.Clone(c.guides) }

// guide gives the document with the key, such as DG12.5.
func (c *Catalogue) guide(key string) (Guide, bool) {
	i := slices.IndexFunc(c.guides, func(g Guide) bool { return g.Key == key })
	if i < 0 {
		return Guide{}, false
	}
	return c.guides[i], true
}

// Cite gives a source in a few words; see Source.Cite.
func (c *Catalogue) Cite(s Source) string { return s.Cite() }

// Digest is the same for the same contract: the SHA-256, in hexadecimal, of
// the names and bytes of its files.
func (c *Catalogue) Digest() string { return c.digest }
