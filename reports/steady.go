package reports

import (
	"sort"
	"strings"
)

// volatileForms are what changes from run to run in texts of the target and
// of the judge: identifiers, times, durations, addresses, and numbers so long
// that they can only be ids. Shorter numbers stay, for codes are such.
var volatileForms = pattern(strings.Join([]string{
	`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`, // UUID
	`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?`,                  // RFC 3339
	`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d( GMT)?`,         // HTTP date
	`\b(\d+h)?(\d+m)?\d+(\.\d+)?(ns|µs|ms|s)\b`,                                       // duration
	`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`,                                                // IP address
	`\b[0-9a-fA-F]{16,}\b`,                                                            // token
	`\bport \d+\b`,                                                                    // a port that the system chose
	`\b\d{6,}\b`,                                                                      // id
}, "|"))

// steady gives the text with a mark in place of everything that changes from
// run to run: the forms above, and the given values where they stand as words.
func steady(text string, values []string, mark string) string {
	sorted := append([]string{}, values...)
	sort.Slice(sorted, func(i, j int) bool { return len(sorted[i]) > len(sorted[j]) }) // a value may begin with another
	for _, v := range sorted {
		text = replaceWord(text, v, mark)
	}
	return volatileForms().ReplaceAllLiteralString(text, mark)
}

// replaceWord replaces value where no letter or digit adjoins it.
func replaceWord(text, value, mark string) string {
	if value == "" {
		return text
	}
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			b.WriteString(text[from:])
			return b.String()
		}
		i += from
		end := i + len(value)
		b.WriteString(text[from:i])
		if i > 0 && wordByte(text[i-1]) || end < len(text) && wordByte(text[end]) {
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

// volatileValues are the values of this run that another run may have other
// ones for: ids and extensions of the cast, the host, and for a row the
// values of its placeholders. Words of the interface are never among them.
func volatileValues(r *Result, row *Row) []string {
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
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return strings.HasSuffix(text, last)
}
