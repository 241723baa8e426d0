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
	current, rest := line[:indent(line)], line[indent(line):]
	var lines []string
	fresh := true
	for rest != "" {
		spaces := rest[:indent(rest)] // as wide as they are: columns line up
		word, _, _ := strings.Cut(rest[len(spaces):], " ")
		rest = rest[len(spaces)+len(word):]
		if word == "" {
			break
		}
		if !fresh && columns(current)+len(spaces)+columns(word) > width {
			lines = append(lines, current)
			current, spaces = strings.Repeat(" ", hang), ""
		}
		current, fresh = current+spaces+word, false
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
// line that is wider goes on below its last column that begins in the left half,
// or a little further in than it began where it has none. What is written at
// once has to be whole lines.
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
	var b strings.Builder
	for line := range strings.Lines(string(p)) {
		whole, ended := strings.CutSuffix(line, "\n")
		if columns(whole) > w.width {
			line, hang := w.layOut(whole)
			whole = strings.Join(Wrap(line, w.width, hang), "\n")
		}
		b.WriteString(whole)
		if ended {
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(w.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// layOut gives a line whose columns begin in the left half, those that did not
// closed up to what is before them, and how far in it goes on.
func (w *wrapping) layOut(line string) (string, int) {
	const further, far, gap = 4, 8, "  "
	half := w.width / 2
	begin := indent(line)
	if begin > half {
		line, begin = strings.Repeat(" ", half/2)+line[begin:], half/2
	}
	hang := min(begin+further, half)
	if begin > far {
		hang = begin // it goes on itself
	}
	for at := begin; ; {
		next := strings.Index(line[at:], gap)
		if next < 0 {
			return line, hang
		}
		end := at + next + indent(line[at+next:])
		if column := columns(line[:end]); column <= half {
			at, hang = end, column
			continue
		}
		line = line[:at+next] + gap + line[end:]
		at += next + len(gap)
	}
}
