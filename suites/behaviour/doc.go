// Package behaviour makes the behaviour map: of the rules and of the
// situations that a deployment knows it makes requirements of their own, one
// for each situation and asker, with a step for each request; and of their
// evidence a verdict for each cell. Playing them is the scenario's, judging a
// step the judge's; this package is pure.
//
// No other module is promised anything of it: see docs/stability.md.
package behaviour
