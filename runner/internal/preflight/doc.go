// Package preflight is everything that is found out about a target before
// anything on it changes: whether it can be reached and is in service, what it
// is, who its users are, and whom a run must not touch. It sends nothing but
// GETs, and each user's credentials are tried once. It may import
// runner/config, spec, fixtures, suites/client, suites/evidence and internal.
package preflight
