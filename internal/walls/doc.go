// Package walls tests the house itself: which room may import which, what each
// package says of itself, and what of it other modules may rely on.
package walls
