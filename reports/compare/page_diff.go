package compare

import (
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// difference holds two texts against each other, word by word.
func difference(name, was, is string) versus {
	v := versus{Name: name, Differs: was != is}
	a, b := words(was), words(is)
	inA, inB := common(a, b)
	v.Old, v.New = parts(a, inA), parts(b, inB)
	return v
}

// unmarkedUnless takes the marks off a difference that means nothing.
func (v versus) unmarkedUnless(differs bool) versus {
	if !differs {
		for _, list := range [][]wordPart{v.Old, v.New} {
			for i := range list {
				list[i].Mark = false
			}
		}
	}
	return v
}

// diffLimit is how many words or lines are held against each other: more take
// the square of it.
const diffLimit = 400

func words(said string) []string {
	list := strings.Fields(text.ShownLine(said, 1000))
	return list[:min(len(list), diffLimit)]
}

// parts joins words that are marked alike.
func parts(list []string, same []bool) []wordPart {
	var out []wordPart
	for i, word := range list {
		if n := len(out); n > 0 && out[n-1].Mark == !same[i] {
			out[n-1].Text += " " + word
			continue
		}
		out = append(out, wordPart{Text: word, Mark: !same[i]})
	}
	return out
}

// common says of each part of two lists whether it belongs to their longest
// common sequence.
func common(a, b []string) (inA, inB []bool) {
	inA, inB = make([]bool, len(a)), make([]bool, len(b))
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			inA[i], inB[j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return inA, inB
}

// changedLines says which lines of a laid out body the other one does not have,
// apart from what changes from run to run.
func changedLines(body, other string, mine, others []string) map[int]string {
	a, b := steadyLines(body, mine), steadyLines(other, others)
	same, _ := common(a, b)
	marks := map[int]string{}
	for i := range a {
		if !same[i] {
			marks[i] = ""
		}
	}
	return marks
}

func steadyLines(body string, values []string) []string {
	if body == "" {
		return nil
	}
	list := strings.Split(reports.Steady(body, values, "…"), "\n")
	return list[:min(len(list), diffLimit)]
}
