// Command release builds what is handed out: an archive for each system with
// the program, its documentation and completions, a bill of materials and, for
// Linux, an OCI image; and the checksums of all of them. From the same commit
// it makes the same bytes, wherever and whenever it runs. It needs Go and a
// checkout, no Docker, and nothing that is not in the checkout or the module
// cache.
//
//	go run -C .ci/release . --out /tmp/dist
//	go run -C .ci/release . --only linux/amd64    # a snapshot for one system
//
// It is a module of its own, so that the program does not depend on what its
// images and bills of materials are written with.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// platform is an operating system and an architecture, as Go names them.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

func main() {
	out := flag.String("out", "dist", "`FOLDER` for what is made, seen from the root of the checkout; what is there is replaced")
	only := flag.String("only", "", "`OS/ARCH`, or several with commas between them, in place of all")
	flag.Parse()
	if err := release(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(out, only string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	root, err := checkout()
	if err != nil {
		return err
	}
	if !filepath.IsAbs(out) {
		out = filepath.Join(root, out)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	shared, err := sharedFiles(root, work)
	if err != nil {
		return err
	}
	var made []string
	for _, p := range chosen {
		names, err := releaseFor(p, root, work, out, shared)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		made = append(made, names...)
	}
	return checksums(out, made)
}

func choose(only string) ([]platform, error) {
	if only == "" {
		return platforms, nil
	}
	var chosen []platform
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(platforms, func(p platform) bool { return p.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("--only %s: none of %v", name, platforms)
		}
		chosen = append(chosen, platforms[i])
	}
	return chosen, nil
}

// releaseFor makes everything for one platform and gives the names of the
// files.
func releaseFor(p platform, root, work, out string, shared []file) ([]string, error) {
	b, err := build(p, root, work)
	if err != nil {
		return nil, err
	}
	bill, err := billOfMaterials(b)
	if err != nil {
		return nil, err
	}
	base := fmt.Sprintf("%s_%s_%s_%s", program, b.version, p.os, p.arch)
	files := append([]file{
		{name: filepath.Base(b.path), mode: 0o755, data: b.data},
		{name: "sbom.cdx.json", mode: 0o644, data: bill},
	}, shared...)
	archive, pack := base+".tar.gz", tarGz
	if p.os == "windows" {
		archive, pack = base+".zip", zipped
	}
	packed, err := pack(base, files, b.date)
	if err != nil {
		return nil, err
	}
	made := []file{{name: archive, data: packed}, {name: base + ".cdx.json", data: bill}}
	if p.os == "linux" {
		image, err := imageTarball(b, bill)
		if err != nil {
			return nil, fmt.Errorf("the image: %w", err)
		}
		made = append(made, file{name: base + ".oci.tar", data: image})
	}
	var names []string
	for _, f := range made {
		if err := os.WriteFile(filepath.Join(out, f.name), f.data, 0o644); err != nil {
			return nil, err
		}
		fmt.Printf("%s\t%d bytes\n", f.name, len(f.data))
		names = append(names, f.name)
	}
	return names, nil
}

// checksums writes SHA256SUMS in the form that sha256sum -c reads.
func checksums(out string, names []string) error {
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		f, err := os.Open(filepath.Join(out, name))
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(h.Sum(nil)), name)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// file is a file of an archive or an image.
type file struct {
	name string // with slashes
	mode os.FileMode
	data []byte
}

// built is the program for one platform.
type built struct {
	platform
	path    string
	data    []byte
	version string    // of the module, as the build has it
	commit  string    // and its date
	date    time.Time // that all files have
}
