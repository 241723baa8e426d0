package reports

import (
	"sort"
	"strings"

	"finesse-conformance/internal/text"
)

// volatileForms are what changes from run to run in texts of the target and
// of the judge: identifiers, times, durations, addresses, and numbers so long
// that they can only be ids. Shorter numbers stay, for codes are such.
var volatileForms = text.Pattern(strings.Join([]string{
	`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`, // UUID
	`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?`,                  // RFC 3339
	`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d( GMT)?`,         // HTTP date
	`\b(\d+h)?(\d+m)?\d+(\.\d+)?(ns|µs|ms|s)\b`,                                       // duration
	`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`,                                                // IP address
	`\b[0-9a-fA-F]{16,}\b`,                                                            // token
	`\bport \d+\b`,                                                                    // a port that the system chose
	`\b\d{6,}\b`,                                                                      // id
}, "|"))

// Steady gives the text with a mark in place of everything that changes from
// run to run: the forms above, and the given values where they stand as words.
func Steady(said string, values []string, mark string) string {
	sorted := append([]string{}, values...)
	sort.Slice(sorted, func(i, j int) bool { return len(sorted[i]) > len(sorted[j]) }) // a value may begin with another
	for _, v := range sorted {
		said = replaceWord(said, v, mark)
	}
	return volatileForms().ReplaceAllLiteralString(said, mark)
}

// replaceWord replaces value where no letter or digit adjoins it.
func replaceWord(said, value, mark string) string {
	if value == "" {
		return said
	}
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(said[from:], value)
		if i < 0 {
			b.WriteString(said[from:])
			return b.String()
		}
		i += from
		end := i + len(value)
		b.WriteString(said[from:i])
		if i > 0 && wordByte(said[i-1]) || end < len(said) && wordByte(said[end]) {
			b.WriteString(value)
		} else {
			b.WriteString(mark)
		}
		from = end
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// VolatileValues are the values of this run that another run may have other
// ones for: ids and extensions of the cast, the host, and for a row the
// values of its placeholders. Words of the interface are never among them.
func VolatileValues(r *Result, row *Row) []string {
	var out []string
	add := func(v string) {
		if len(v) > 2 && strings.ContainsAny(v, "0123456789.") {
			out = append(out, v)
		}
	}
	for _, m := range r.Cast {
		add(m.ID)
		add(m.Extension)
		add(m.Team)
	}
	if row != nil {
		for _, v := range row.Values {
			add(v)
		}
	}
	if _, host, ok := strings.Cut(r.Target.URL, "://"); ok {
		host, _, _ = strings.Cut(host, "/")
		add(host)
		name, _, _ := strings.Cut(host, ":")
		add(name)
	}
	return out
}

// glob reports whether the text matches the pattern, in which * stands for
// any characters and nothing else is special.
func glob(pattern, said string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == said
	}
	if !strings.HasPrefix(said, parts[0]) {
		return false
	}
	said = said[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(said, p)
		if i < 0 {
			return false
		}
		said = said[i+len(p):]
	}
	return strings.HasSuffix(said, last)
}
