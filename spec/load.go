package spec

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// The files of the contract: openapi.yaml, the requirements, the moves, and
// the guides and aliases that they refer to.
//
//go:embed *.yaml requirements/*.yaml
var contract embed.FS

// Files gives the files of the contract that is part of the program.
func Files() fs.FS { return contract }

// Load gives the contract that is part of the program, which is the same each
// time. It was read when the program was built; it is read now where its files
// are others since. Its error is Problems.
func Load() (*Catalogue, error) { return loadOnce() }

var loadOnce = sync.OnceValues(func() (*Catalogue, error) {
	if embeddedCatalogue.digest != Digest() {
		return load(contract, &embedded)
	}
	c := &embeddedCatalogue
	c.byID = map[string]*Requirement{}
	for _, s := range c.sections {
		for _, q := range s.Requirements {
			c.byID[q.ID] = q
			c.all = append(c.all, q)
		}
	}
	for i := range c.profiles {
		p := &c.profiles[i]
		for _, q := range c.all {
			if slices.Contains(q.Profiles, p.Name) {
				p.Requirements = append(p.Requirements, q)
			}
		}
	}
	return c, nil
})

// LoadFS reads a contract: openapi.yaml, sources.yaml, aliases.yaml,
// moves.yaml, profiles.yaml and requirements/*.yaml. Everything has to be
// understood and to agree; the error is Problems and names all that does not,
// with file and line.
func LoadFS(files fs.FS) (*Catalogue, error) { return load(files, nil) }

// load reads a contract; the vocabulary of its openapi.yaml too, unless it is
// known.
func load(files fs.FS, known *vocabulary) (*Catalogue, error) {
	found := &problems{}
	sections, _ := fs.Glob(files, "requirements/*.yaml") // the pattern is a right one
	docs, w := readWords(files, known, found, append([]string{"moves.yaml", "profiles.yaml"}, sections...)...)
	if w == nil {
		return nil, found.err()
	}
	c := &Catalogue{byID: map[string]*Requirement{}, apart: map[string]string{}, guides: w.guides, states: w.users}
	if len(sections) == 0 {
		found.add(Problem{File: "requirements", Text: "has no files *.yaml"})
	}
	for _, name := range sections { // their names begin with numbers: the order of the sections
		if r, top := docs.open(name, w, found); top != nil {
			c.add(r.section(top), found)
		}
	}
	c.moves = readMoves(docs, w, found)
	if found.err() == nil { // else rows that were not understood would seem not to be there
		checkRows(c.moves, c, found)
		c.readProfiles(docs, w, found)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	var err error
	if c.digest, err = digest(files); err != nil {
		return nil, Problems{{File: "requirements", Text: err.Error()}}
	}
	return c, nil
}

// add puts a section at the end and looks for what must be there once.
func (c *Catalogue) add(s Section, found *problems) {
	if s.Name == "" {
		return
	}
	for _, other := range c.sections {
		if other.Name == s.Name && len(s.Requirements) > 0 {
			found.add(Problem{File: s.Requirements[0].File, Text: fmt.Sprintf("has the section %s a second time: keep a section in one file", s.Name)})
		}
	}
	c.sections = append(c.sections, s)
	for _, q := range s.Requirements {
		if first := c.byID[q.ID]; first != nil && q.ID != "" {
			found.add(Problem{File: q.File, Line: q.Line, Text: fmt.Sprintf("the id %s is taken by %s:%d: ids are unique", q.ID, first.File, first.Line)})
		}
		if i := slices.IndexFunc(c.all, func(o *Requirement) bool { return o.Title == q.Title }); i >= 0 && q.Title != "" {
			found.add(Problem{File: q.File, Line: q.Line, Text: fmt.Sprintf("%s has the title of %s: titles are unique", q.ID, c.all[i].ID)})
		}
		c.byID[q.ID] = q
		c.all = append(c.all, q)
	}
}

// Digest is that of the contract in the program, as its Catalogue has it; it
// takes no reading.
func Digest() string {
	d, err := digest(contract)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return d
}

// digest hashes the names and bytes of the contract's files.
func digest(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("hash the contract: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
