// Package config is what a run is told: it reads flags, environment variables
// and the configuration file into a Config, and says everything that is wrong
// with them at once, each with file and line. It sends nothing anywhere. It
// may import spec, fixtures and internal.
//
// Of it, Timing is promised to other modules, as runner.Timing; the rest may change
// with any commit, see docs/stability.md.
package config
