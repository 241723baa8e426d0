package selftest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/spec"
)

// notes are what the last sweep of words found, by requirement.
type notes map[string]note

// note is what a requirement said when its words were taken out, on which stages,
// by their labels, that was noticed, and which words nobody noticed.
type note struct {
	digest   string
	on, open []string
}

// noted is the file of the notes: requirement, digest and labels in a line, and
// after an exclamation mark the words that are open.
const noted = "testdata/words.txt"

// reasons says why nothing shows here what some words are for, by requirement and
// word.
var reasons = map[string]string{
	"AUT-06 Steps[0].Then[0].Header":   "no target in memory has a port without TLS",
	"AUT-06 Steps[0].Then[0].Status":   "no target in memory has a port without TLS",
	"TRN-UCCX-15 Steps[1].Unless":      "it spares the wait for the timer, and no verdict",
	"RSN-05 Steps[0].Then[1].Shows[0]": "what is to show is waited for while the row is played, and here what was seen is judged anew",
	"USR-11 Steps[0].Then[0].Status":   "members are read from an answer 200 alone, and an answer needs its status",
	"SUP-07-TALKING Given.WrapUp":      "it is for targets that sign out when wrap-up is over",
	"SUP-07-HOLD Given.WrapUp":         "it is for targets that sign out when wrap-up is over",
	"ERR-10-TALKING Given.WrapUp":      "it is for targets that sign out when wrap-up is over",
	"ERR-10-HOLD Given.WrapUp":         "it is for targets that sign out when wrap-up is over",
}

// digest stands for all that a row says of what is done and expected.
func digest(req *spec.Requirement) string {
	said, err := json.Marshal([]any{req.Invariant, req.Given, req.Steps})
	if err != nil {
		panic(err) // it is data
	}
	h := fnv.New32a()
	h.Write(said)
	return fmt.Sprintf("%08x", h.Sum32())
}

func readNoted(t *testing.T) notes {
	data, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	list := notes{}
	for line := range strings.Lines(string(data)) {
		head, on, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if id, digest, ok := strings.Cut(head, " "); ok {
			on, open, _ := strings.Cut(on, " ! ")
			list[id] = note{digest, fields(on), fields(open)}
		}
	}
	return list
}

func fields(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "; "), func(f string) bool { return f == "" })
}

// at reports whether a word of a requirement was noticed on a stage.
func (n notes) at(id string, s *stage) bool { return slices.Contains(n[id].on, s.label()) }

// write keeps the notes, in the order of the catalogue.
func (n notes) write(t *testing.T, c *spec.Catalogue) {
	var b strings.Builder
	for _, req := range c.All() {
		if note, ok := n[req.ID]; ok {
			slices.Sort(note.on)
			slices.Sort(note.open)
			fmt.Fprintf(&b, "%s %s: %s", req.ID, note.digest, strings.Join(note.on, "; "))
			if len(note.open) > 0 {
				fmt.Fprintf(&b, " ! %s", strings.Join(note.open, "; "))
			}
			b.WriteByte('\n')
		}
	}
	if err := os.WriteFile(noted, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
