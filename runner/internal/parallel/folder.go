package parallel

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
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

// abandoned is how old something temporary is that nobody uses any more, where
// nothing else tells.
const abandoned = time.Hour

// isStrange reports whether a run puts no such file into its folder.
func isStrange(file fs.DirEntry) bool {
	return !slices.Contains([]string{socketName, socketName + "0", troupeName, troupeName + ".exe"}, file.Name())
}

var ofARun = text.Pattern(`^fc-[0-9]+$`)

// temporaryFolders are where the folders of runs may be: the first that can be
// written is used.
func temporaryFolders(out string) []string { return []string{os.TempDir(), "/tmp", out} }

// Sweep removes the temporary folders that runs have left which were killed. It
// is nobody's fault if that does not work.
func Sweep(out string) {
	for _, parent := range temporaryFolders(out) {
		folders, _ := filepath.Glob(filepath.Join(parent, folderPattern))
		for _, folder := range folders {
			if isAbandoned(folder) {
				_ = os.RemoveAll(folder)
			}
		}
	}
}

// folder is the temporary folder of a run, with the socket at which it listens
// for its processes.
type folder struct {
	path string
	net.Listener
}

func newFolder(out string) (*folder, error) {
	dir, err := privateFolder(out)
	if err != nil {
		return nil, err
	}
	f := &folder{path: dir}
	if f.Listener, err = listenIn(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the processes of the run: %w", err), os.RemoveAll(dir))
	}
	return f, nil
}

func (f *folder) address() string { return filepath.Join(f.path, socketName) }

// remove ends the listening, if nobody has yet, and removes the folder.
func (f *folder) remove() {
	_ = f.Close() // what it ends is gone with the folder
	_ = os.RemoveAll(f.path)
}

// privateFolder makes a folder that only this account can enter, in the usual
// place or, where there is none, beside the reports. The path of a socket may
// not be long, so that a long one is avoided.
func privateFolder(out string) (string, error) {
	const longest = 80 // of the 104 that the shortest-spoken systems allow
	var errs []error
	for _, parent := range temporaryFolders(out) {
		dir, err := os.MkdirTemp(parent, folderPattern) // with 0700
		if err == nil && len(dir) <= longest {
			return filepath.Abs(dir)
		}
		if err == nil {
			err = errors.Join(fmt.Errorf("%s is too long a path for a socket", dir), os.Remove(dir))
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("make a folder for the processes of the run: %w", errors.Join(errs...))
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
// nobody listens at its socket, and nothing is in it that a run does not put
// there. One without a socket may be about to have it.
func isAbandoned(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 || !ofARun().MatchString(filepath.Base(folder)) {
		return false
	}
	if files, err := os.ReadDir(folder); err != nil || slices.ContainsFunc(files, isStrange) {
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
