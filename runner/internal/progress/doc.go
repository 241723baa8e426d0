// Package progress tells how far a run is while it goes on: in one line that
// moves, in plain lines or in JSON lines. It judges nothing and writes no
// report. It may import suites, spec and internal.
package progress
