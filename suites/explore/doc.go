// Package explore walks at random through what the rules allow: sequences of
// requests, calls and timers, by an agent and its supervisor, one at a time,
// one right after another, and at the same moment. What a deployment does is
// held against a model, which is the rules (spec/rules.yaml) and the moves
// (spec/moves.yaml) and nothing else: what is done at the same moment must come
// out as some order of it (linearizability, checked by porcupine), and where
// the guide says nothing anything may come. A walk that leaves the model is
// shrunk to the shortest that still does. The package is pure: who plays the
// walks is the scenario.
//
// No other module is promised anything of it: see docs/stability.md.
package explore
