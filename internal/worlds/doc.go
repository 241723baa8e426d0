// Package worlds draws correct deployments at random and certifies them in
// virtual time: as slow, as unreliable, as peopled and as differently spelled
// as real ones are. None of them gives reason for a failure.
//
// A [World] is a value: drawn from a seed, printed as a line of Go, played
// again from that line. What happens in it follows from it, but for how
// goroutines interleave.
package worlds
