package runner

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"finesse-conformance/internal/text"
)

// The temporary folders of runs with several processes, and the socket in
// them.
const (
	folderPattern = "fc-*"
	socketName    = "s"
)

// temporary are the temporary files beside reports and in folders.
const temporary = ".finesse-conformance-*"

// abandoned is how old something temporary is that nobody uses any more, where
// nothing else tells.
const abandoned = time.Hour

var ofARun = text.Pattern(`^fc-[0-9]+$`)

// temporaryFolders are where the folders of runs may be: the first that can be
// written is used.
func temporaryFolders(out string) []string { return []string{os.TempDir(), "/tmp", out} }

// sweep removes what runs that were killed have left in temporary places. It
// is nobody's fault if that does not work.
func sweep(out string) {
	for _, parent := range temporaryFolders(out) {
		folders, _ := filepath.Glob(filepath.Join(parent, folderPattern))
		for _, folder := range folders {
			if isAbandoned(folder) {
				_ = os.RemoveAll(folder)
			}
		}
	}
	files, _ := filepath.Glob(filepath.Join(out, temporary))
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(file)
		}
	}
}

// listenIn listens at the socket in a temporary folder. The socket has its name
// only when it is listened at: one at which nobody listens yet is like that of a
// run that was killed, and another run would sweep the folder away.
func listenIn(folder string) (net.Listener, error) {
	unnamed := filepath.Join(folder, socketName+"0")
	l, err := net.Listen("unix", unnamed)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(unnamed, filepath.Join(folder, socketName)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// isAbandoned reports whether a temporary folder is one of a run that is gone:
// nobody listens at its socket. One without a socket may be about to have it.
func isAbandoned(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 || !ofARun().MatchString(filepath.Base(folder)) {
		return false
	}
	conn, err := net.DialTimeout("unix", filepath.Join(folder, socketName), time.Second)
	if err == nil {
		_ = conn.Close()
		return false
	}
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(info.ModTime()) > abandoned
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
