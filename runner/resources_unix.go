//go:build unix

package runner

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// peakMemory is the most memory that this process has had in use, in bytes;
// 0 where the system does not tell.
func peakMemory() int64 {
	// What getrusage gives begins, on Linux, with what the process had that
	// started this one.
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
				if err == nil {
					return kB << 10
				}
			}
		}
	}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return int64(usage.Maxrss) // bytes on systems without /proc
}

// computed is how long the processors have worked for this process.
func computed() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
