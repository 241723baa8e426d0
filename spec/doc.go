// Package spec is the contract: what a deployment's User state-change API has
// to do, as data, and the types that hold it.
//
// No other module is promised anything of it: see docs/stability.md.
//
//	openapi.yaml          the wire: paths, statuses, bodies, states, error types
//	requirements/*.yaml   the catalogue, a section a file, in the order of reports
//	moves.yaml            the edges by which a run brings users into states
//	profiles.yaml         parts of the catalogue to be certified for by themselves
//	sources.yaml          the guides that clauses are written in
//	aliases.yaml          error types that the guide spells in several ways
//
// A requirement says in a closed vocabulary what is given, what is done and
// what may come of it; Requirement and the types below it give each word its
// meaning. A row added to a file is a test added to every run. Load reads
// everything and refuses what it does not know, with file and line. Ids never
// change their meaning, and titles stay: dashboards keep history by them.
package spec
