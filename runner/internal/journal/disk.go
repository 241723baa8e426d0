package journal

import (
	"io"
	"os"
	"path/filepath"
)

// Disk is where a journal is written: the file system, or what a test puts in
// its place to be full, to tear a record, or to end the process at a write.
type Disk interface {
	// Append opens a file for writing at its end, and makes it, private, where
	// it is not there.
	Append(path string) (File, error)
}

// File is a file of a Disk.
type File interface {
	io.WriteCloser
	// Sync brings to the disk what was written.
	Sync() error
	// Gone reports whether the file is not under its name any more: then
	// nobody will find what is written to it.
	Gone() bool
}

// FileSystem is the Disk of the machine.
type FileSystem struct{}

// Append opens a file of the file system. The folder is made, and knows the
// file should the machine lose its power.
func (FileSystem) Append(path string) (File, error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	_ = file.Chmod(0o600) // of one that was there; not every file system knows modes
	if dir, err := os.Open(folder); err == nil {
		_ = dir.Sync() // nor syncs every system folders
		_ = dir.Close()
	}
	return &systemFile{file, path}, nil
}

type systemFile struct {
	*os.File
	path string
}

func (f *systemFile) Gone() bool {
	mine, err := f.Stat()
	if err != nil {
		return true
	}
	named, err := os.Stat(f.path)
	return err != nil || !os.SameFile(mine, named)
}
