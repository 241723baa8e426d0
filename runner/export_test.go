package runner

// Selected is what Certify makes subtests of.
var Selected = (*Certification).selected
