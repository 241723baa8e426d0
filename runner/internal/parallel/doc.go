// Package parallel is the processes that do a run side by side: how they are
// started, how they and the process that started them talk, what they share
// (request limits, the limits of a reverse proxy, seats under one of
// connections), and what became of each. [Play] has the requirements of one
// target exercised by several processes, which Ginkgo's own runner starts and
// hands the specs out to; [Targets] has each of several targets certified by a
// process of its own. A [Worker] is the other end, in such a process.
//
// It acts on no target and judges nothing: what that takes is the session's,
// which gives it as a [Session]. The targets' users are put back by sessions
// too. It may import what travels between processes, and Ginkgo.
package parallel
