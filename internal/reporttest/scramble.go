package reporttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"testing"
	"time"
)

// sentences are the names, in JSON, of what is rendered for people to read.
// Nothing may be decided by it. What is compared from run to run is none of
// them: notes, and what a mismatch says.
var sentences = map[string]bool{
	"reason": true, "asked": true, "expected": true, "seen": true, "because": true, "remedy": true, "way": true, "not_taken": true,
	"harness_fault": true, "unreached": true, "stopped": true, "passing": true,
}

// data are the objects in which the same names are of data.
var data = map[string]bool{"mismatch": true, "instead": true, "values": true}

// Scrambled gives a value with everything that is rendered for people made unreadable, once.
// What was equal is equal still.
func Scrambled[T any](t *testing.T, value T) T {
	t.Helper()
	line, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(ScrambledJSON(t, line), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// ScrambledJSON is [Scrambled] for lines of JSON.
func ScrambledJSON(t *testing.T, lines []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	in := json.NewDecoder(bytes.NewReader(lines))
	in.UseNumber()
	for {
		var line any
		if err := in.Decode(&line); errors.Is(err, io.EOF) {
			return out.Bytes()
		} else if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&out).Encode(scrambled(line, false)); err != nil {
			t.Fatal(err)
		}
	}
}

// scrambled spoils all texts of a value that is a sentence, and of others what
// their names say is one.
func scrambled(value any, sentence bool) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if !data[name] {
				v[name] = scrambled(inner, sentences[name])
			}
		}
	case []any:
		for i, inner := range v {
			v[i] = scrambled(inner, sentence)
		}
	case string:
		_, noTime := time.Parse(time.RFC3339, v) // of an observation "asked" is when
		if sentence && v != "" && noTime != nil && !strings.HasPrefix(v, "xq") {
			h := fnv.New64a()
			h.Write([]byte(v))
			return fmt.Sprintf("xq%x", h.Sum64())
		}
	}
	return value
}
