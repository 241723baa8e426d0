package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const program = "finesse-conformance"

// checkout is the root of the checkout that this command is part of.
func checkout() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("no checkout, from which alone a release knows its version: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// compile builds the program. Everything that could make two builds differ is
// said: paths, C libraries, levels of the architecture, flags of the caller's.
func compile(p platform, root, path string) error {
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-mod=readonly", "-ldflags=-s -w -buildid=", "-o", path, "./cmd/"+program)
	c.Dir = root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOOS="+p.os, "GOARCH="+p.arch)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

func build(p platform, root, work string) (*built, error) {
	b := &built{platform: p, path: filepath.Join(work, p.os+"-"+p.arch, program)}
	if p.os == "windows" {
		b.path += ".exe"
	}
	if err := compile(p, root, b.path); err != nil {
		return nil, err
	}
	var err error
	if b.data, err = os.ReadFile(b.path); err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(b.data))
	if err != nil {
		return nil, err
	}
	b.version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			if b.date, err = time.Parse(time.RFC3339, s.Value); err != nil {
				return nil, err
			}
		}
	}
	if b.version == "" || b.commit == "" || b.date.IsZero() {
		return nil, errors.New("the build knows no version, commit and date: build from a checkout of git")
	}
	return b, nil
}

// sharedFiles are those that every archive has: the documentation and the mock
// that needs no Go, as they are linked from the README, and the completions,
// which the program prints where this command runs.
func sharedFiles(root, work string) ([]file, error) {
	var files []file
	for _, name := range []string{"README.md", "CHANGELOG.md", "docs", "examples/python-mock"} {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, path)
			files = append(files, file{name: filepath.ToSlash(relative), mode: 0o644, data: data})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	here := filepath.Join(work, "here")
	if runtime.GOOS == "windows" {
		here += ".exe"
	}
	if err := compile(platform{runtime.GOOS, runtime.GOARCH}, root, here); err != nil {
		return nil, err
	}
	for shell, name := range map[string]string{"bash": program + ".bash", "zsh": "_" + program, "fish": program + ".fish", "powershell": program + ".ps1"} {
		script, err := exec.Command(here, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("the completion of %s: %w", shell, err)
		}
		files = append(files, file{name: "completions/" + name, mode: 0o644, data: script})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}
