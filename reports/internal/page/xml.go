package page

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// Layout is a body as the page shows it: XML with one element a line, or the
// text as it came.
type Layout struct {
	Text string
	XML  bool
	// paths are the paths of the elements that begin on a line, by line.
	paths map[int]string
}

// prettyLimit is the size beyond which a body is shown as it came.
const prettyLimit = 256 << 10

// Lay lays a body out. Only white space between elements changes; what is not
// well-formed stays as it is, since how it is broken is the point.
func Lay(body string) Layout {
	if len(body) > prettyLimit || !strings.HasPrefix(strings.TrimSpace(body), "<") || !wellFormed(body) {
		return Layout{Text: text.Shown(body)}
	}
	p := xmlPrinter{Layout: Layout{XML: true, paths: map[int]string{}}}
	p.print(body)
	p.Layout.Text = p.out.String()
	return p.Layout
}

func wellFormed(body string) bool {
	dec := xml.NewDecoder(strings.NewReader(body))
	elements := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return elements > 0
		}
		if err != nil {
			return false
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
}

// markup gives the length of the piece of markup with which a rest of a
// well-formed document begins: a comment, a section, an instruction, a
// declaration or a tag.
func markup(rest string) int {
	until := func(end string) int {
		if at := strings.Index(rest, end); at >= 0 {
			return at + len(end)
		}
		return len(rest)
	}
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return until("-->")
	case strings.HasPrefix(rest, "<![CDATA["):
		return until("]]>")
	case strings.HasPrefix(rest, "<?"):
		return until("?>")
	case strings.HasPrefix(rest, "<!"):
		if at := strings.IndexAny(rest, "[>"); at >= 0 && rest[at] == '[' {
			inside := until("]")
			return min(inside+strings.IndexByte(rest[inside:]+">", '>')+1, len(rest))
		}
		return until(">")
	}
	for quote, at := byte(0), 0; at < len(rest); at++ { // a > in quotes ends no tag
		switch c := rest[at]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'':
			quote = c
		case c == '>':
			return at + 1
		}
	}
	return len(rest)
}

type xmlPrinter struct {
	Layout Layout
	out    strings.Builder
	line   int
	path   []string
	inline bool // the last thing was a start tag or text: what follows stays on its line
}

// print writes the pieces as they stand in the body, each element on a line of
// its own; an element that holds only text stays on one line.
func (p *xmlPrinter) print(body string) {
	for body != "" {
		said, _, more := strings.Cut(body, "<")
		p.text(said)
		if body = body[len(said):]; more {
			n := markup(body)
			p.piece(body[:n])
			body = body[n:]
		}
	}
}

func (p *xmlPrinter) text(said string) {
	if strings.TrimSpace(said) == "" {
		return
	}
	if !p.inline {
		p.newline()
	}
	p.write(said)
	p.inline = true
}

func (p *xmlPrinter) piece(piece string) {
	switch {
	case strings.HasPrefix(piece, "<![CDATA["):
		p.text(piece)
	case strings.HasPrefix(piece, "</"):
		if len(p.path) > 0 {
			p.path = p.path[:len(p.path)-1]
		}
		if !p.inline {
			p.newline()
		}
		p.write(piece)
		p.inline = false
	case strings.HasPrefix(piece, "<!"), strings.HasPrefix(piece, "<?"):
		p.newline()
		p.write(piece)
		p.inline = false
	default:
		p.newline()
		name := strings.TrimRight(strings.FieldsFunc(piece[1:], func(r rune) bool { return strings.ContainsRune(" \t\r\n>", r) })[0], "/")
		p.path = append(p.path, name[strings.IndexByte(name, ':')+1:])
		if len(p.path) <= reports.MaxDepth { // no verdict points deeper
			p.Layout.paths[p.line] = strings.Join(p.path, "/")
		}
		p.write(piece)
		p.inline = true
		if strings.HasSuffix(piece, "/>") {
			p.path = p.path[:len(p.path)-1]
			p.inline = false
		}
	}
}

func (p *xmlPrinter) newline() {
	if p.out.Len() > 0 {
		p.write("\n")
	}
	p.out.WriteString(strings.Repeat("  ", min(len(p.path), reports.MaxDepth)))
}

func (p *xmlPrinter) write(said string) {
	said = text.Shown(said)
	p.line += strings.Count(said, "\n")
	p.out.WriteString(said)
}

// LinesAt gives the lines on which the elements at a path begin. The path is
// the end of theirs, in any case: User/state is also update/data/user/state.
func (l Layout) LinesAt(path string) []int {
	if path == "" {
		return nil
	}
	path = strings.ToLower(strings.Trim(path, "/"))
	var lines []int
	for line := range strings.Count(l.Text, "\n") + 1 {
		have, begins := l.paths[line]
		have = strings.ToLower(have)
		if begins && (have == path || strings.HasSuffix(have, "/"+path)) {
			lines = append(lines, line)
		}
	}
	return lines
}

// xmlParts are the parts of a line of laid out XML that are coloured: markup
// that is no element, the name of a tag, an attribute, the end of a tag. The
// script of the page does the same.
var xmlParts = text.Pattern(`(<!--.*?-->|<\?.*?\?>|<!\[CDATA\[|\]\]>)|(</?)([^\s/<>]+)|([\w:.-]+)(=)("[^"<]*"|'[^'<]*')|(/?>)`)

// coloured gives a line of laid out XML as HTML.
func coloured(line string) template.HTML {
	var b strings.Builder
	part := func(class, said string) {
		if said == "" {
			return
		}
		if class != "" {
			b.WriteString(`<span class="` + class + `">`)
		}
		template.HTMLEscape(&b, []byte(said))
		if class != "" {
			b.WriteString(`</span>`)
		}
	}
	at := 0
	for _, m := range xmlParts().FindAllStringSubmatchIndex(line, -1) {
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return line[m[2*n]:m[2*n+1]]
		}
		part("", line[at:m[0]])
		part("xc", group(1))
		part("xp", group(2))
		part("xn", group(3))
		part("xa", group(4))
		part("xp", group(5))
		part("xv", group(6))
		part("xp", group(7))
		at = m[1]
	}
	part("", line[at:])
	return template.HTML(b.String())
}
