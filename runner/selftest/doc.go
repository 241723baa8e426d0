// Package selftest proves the suites: the conformant reference passes in all
// its variants, and each fault of it is caught by the requirements that it
// breaks, for the reason for which it breaks them. It certifies through the
// public face of runner, as everybody does.
//
// No other module is promised anything of it: see docs/stability.md.
package selftest
