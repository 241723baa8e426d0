// Package journal owns what has to outlive a run: whom it touched, how it
// found them, what it asked of them, and putting them back when the process
// that should have done so is gone.
//
// A run opens a journal, which locks it and the users of its targets against
// other runs of this account, and refuses to begin while the journal names
// somebody who was not put back. It hands the journal's Ledger of a target to
// the scenario, and sends its requests and stimuli through the Ledger: a user
// is noted as touched, with how it was found, before anything is asked of it,
// and as returned once it was seen to be back. Processes of one run join the
// one journal.
//
// Read gives who was touched and not returned. A Restorer puts those back,
// over a stage that its caller sets: the journal knows users and targets, not
// how a target is reached.
//
// It imports what a scenario is made of (spec, fixtures, suites) and small
// leaves, nothing else of runner.
package journal
