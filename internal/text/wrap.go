package text

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Wrap breaks a line at spaces so that none is wider than width, 0 for no
// limit; what is continued is indented by hang. A single word that is wider
// stays whole, so that addresses can be clicked. Colours take up no room.
func Wrap(line string, width, hang int) []string {
	if width <= 0 || columns(line) <= width {
		return []string{line}
	}
	current := line[:indent(line)]
	var lines []string
	fresh := true
	for _, word := range strings.Fields(line) {
		if !fresh && columns(current)+1+columns(word) > width {
			lines = append(lines, current)
			current, fresh = strings.Repeat(" ", hang), true
		}
		if !fresh {
			current += " "
		}
		current, fresh = current+word, false
	}
	return append(lines, current)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// columns is the width of a text on a terminal, without the escapes that
// colour it.
func columns(line string) int {
	n := utf8.RuneCountInString(line)
	for {
		_, rest, is := strings.Cut(line, "\x1b[")
		code, after, ends := strings.Cut(rest, "m")
		if !is || !ends {
			return n
		}
		n -= len("\x1b[m") + len(code)
		line = after
	}
}

// Wrapping writes to a terminal of so many columns, 0 for what is none: each
// line that is wider goes on below, a little further in than it began. What is
// written at once has to be whole lines.
func Wrapping(w io.Writer, width int) io.Writer {
	if width <= 0 {
		return w
	}
	return &wrapping{w, width}
}

type wrapping struct {
	w     io.Writer
	width int
}

func (w *wrapping) Write(p []byte) (int, error) {
	const further = 4
	var b strings.Builder
	for line := range strings.Lines(string(p)) {
		whole, ended := strings.CutSuffix(line, "\n")
		b.WriteString(strings.Join(Wrap(whole, w.width, min(indent(whole)+further, w.width/2)), "\n"))
		if ended {
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(w.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}
