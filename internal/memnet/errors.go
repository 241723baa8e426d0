package memnet

import "syscall"

// What the kernel says where nobody listens, and of a connection whose other
// end is gone.
const (
	errRefused = syscall.ECONNREFUSED
	errBroken  = syscall.EPIPE
)
