package spec

import (
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

// readGuides reads sources.yaml.
func (w *words) readGuides(docs documents, found *problems) {
	r, top := docs.open("sources.yaml", w, found)
	if top == nil {
		return
	}
	r.mapping(top, "sources.yaml", fields{{"guides", func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.errorf(n, "guides is %s: write the keys of the guides, each with title and address", kindOf(n))
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.guide(n.Content[i], n.Content[i+1])
		}
	}}})
}

var guideKey = text.Pattern(`^[A-Za-z][A-Za-z0-9.-]*$`)

func (r *reader) guide(key, n *yaml.Node) {
	g := Guide{Key: key.Value}
	r.mapping(n, "the guide "+key.Value, fields{
		{"title", func(n *yaml.Node) { g.Title = r.text(n, "title") }},
		{"release", func(n *yaml.Node) { g.Release = r.text(n, "release") }},
		{"url", func(n *yaml.Node) { g.URL = r.address(n, "url") }},
		{"page_url", func(n *yaml.Node) { g.PageURL = r.address(n, "page_url") }},
		{"mirror", func(n *yaml.Node) { g.Mirror = r.flag(n, "mirror") }},
		{"sections", func(n *yaml.Node) { g.sections = r.guideSections(n) }},
	})
	switch {
	case !guideKey().MatchString(g.Key):
		r.errorf(key, "%q is no key for a guide: use letters, digits, dots and dashes", g.Key)
	case r.words.guide(g.Key) != nil:
		r.errorf(key, "the guide %s is there twice: keep one", g.Key)
	case g.Title == "" || g.Release == "":
		r.errorf(key, "the guide %s lacks a title or a release: say both", g.Key)
	case g.URL == "" && g.PageURL == "":
		r.errorf(key, "the guide %s has no address: say url, or page_url with {page}", g.Key)
	case g.PageURL != "" && !strings.Contains(g.PageURL, "{page}"):
		r.errorf(key, "page_url of the guide %s lacks {page}", g.Key)
	default:
		r.words.guides = append(r.words.guides, g)
	}
}

func (r *reader) address(n *yaml.Node, what string) string {
	text := r.text(n, what)
	u, err := url.Parse(strings.ReplaceAll(text, "{page}", "1"))
	if text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		r.errorf(n, "%s is %q: write an address that begins with https://", what, text)
		return ""
	}
	return text
}

// sources reads a list of sources. The first is the one that reports cite: a
// page or an address that people can open.
func (r *reader) sources(n *yaml.Node) []Source {
	var all []Source
	if n.Kind != yaml.SequenceNode {
		r.errorf(n, "sources is %s: write a list such as [{guide: DG12.5, page: 47}]", kindOf(n))
		return nil
	}
	for _, e := range n.Content {
		all = append(all, r.source(e))
	}
	if len(all) == 0 {
		r.errorf(n, "sources is empty: say where the clause is written")
	}
	return all
}

func (r *reader) source(n *yaml.Node) Source {
	var s Source
	r.mapping(n, "a source", fields{
		{"guide", func(n *yaml.Node) { s.Guide = r.text(n, "guide") }},
		{"page", func(n *yaml.Node) { s.Page = r.text(n, "page") }},
		{"url", func(n *yaml.Node) { s.URL = r.address(n, "url") }},
	})
	if n.Kind != yaml.MappingNode {
		return s
	}
	g := r.words.guide(s.Guide)
	switch {
	case s.Guide == "":
		r.errorf(n, "a source names no guide: say guide, with page or url")
	case g == nil:
		r.errorf(n, "%q is a guide that sources.yaml does not have", s.Guide)
		s.Guide = ""
	case s.URL != "":
	case s.Page != "" && g.PageURL == "":
		r.errorf(n, "the guide %s has no pages: leave page out", s.Guide)
	case s.Page == "" && g.URL == "":
		r.errorf(n, "the guide %s has pages: say page or url", s.Guide)
	default:
		s.URL = g.address(s.Page)
	}
	return s
}

// guide is a document in which clauses are written.
type Guide struct {
	Key     string // how sources name it: DG12.5
	Title   string
	Release string // the release that it speaks about
	URL     string // the document's address, where it has one
	PageURL string // the address of a page, with {page}
	Mirror  bool   // its addresses are none of the vendor's own

	sections []guideSection
}

// guideSection is the title of a section, with the pages that it is on.
type guideSection struct {
	from, to int
	title    string
}

// guideSections reads titles by pages: "29", or "42-49".
func (r *reader) guideSections(n *yaml.Node) []guideSection {
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "sections is %s: write titles by pages, such as \"42-49\": a title", kindOf(n))
		return nil
	}
	var list []guideSection
	for i := 0; i+1 < len(n.Content); i += 2 {
		first, last, ranged := strings.Cut(n.Content[i].Value, "-")
		if !ranged {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || from > to {
			r.errorf(n.Content[i], "%q is no page and no range of pages: write 29 or 42-49", n.Content[i].Value)
			continue
		}
		list = append(list, guideSection{from, to, r.text(n.Content[i+1], "title")})
	}
	return list
}

// Sections are the titles of the sections that a printed page has something
// of, in print's order; none where they are not known.
func (g *Guide) Sections(page string) []string {
	n, err := strconv.Atoi(page)
	if err != nil {
		return nil
	}
	var titles []string
	for _, s := range g.sections {
		if s.from <= n && n <= s.to {
			titles = append(titles, s.title)
		}
	}
	return titles
}

// Citation is a source spelled out: the guide's full name, the section and the
// page, and the release where the name does not say it.
type Citation struct {
	Text    string
	Address string
	Mirror  bool // the address is none of the vendor's own
}

// Citations spells out sources, those on the vendor's own pages first.
func (c *Catalogue) Citations(sources []Source) []Citation {
	var vendor, mirrors []Citation
	for _, s := range sources {
		g, known := c.guide(s.Guide)
		if !known {
			continue
		}
		said := g.Title
		if !strings.Contains(said, g.Release) {
			said += ", release " + g.Release
		}
		if titles := g.Sections(s.Page); len(titles) > 0 {
			said += ", “" + strings.Join(titles, "” and “") + "”"
		}
		if _, err := strconv.Atoi(s.Page); err == nil {
			said += ", page " + s.Page
		} else if s.Page != "" {
			said += ", " + s.Page
		}
		if cite := (Citation{said, s.URL, g.Mirror}); g.Mirror {
			mirrors = append(mirrors, cite)
		} else {
			vendor = append(vendor, cite)
		}
	}
	return append(vendor, mirrors...)
}

func (g *Guide) address(page string) string {
	if page == "" {
		return g.URL
	}
	return strings.ReplaceAll(g.PageURL, "{page}", url.PathEscape(page))
}

// Cite gives the source in a few words, such as "DG12.5 p.47",
// "DevNet user-states" or "DevNet-CAS". Its address is URL.
func (s Source) Cite() string {
	switch _, err := strconv.Atoi(s.Page); {
	case s.Page == "":
		return s.Guide
	case err == nil:
		return s.Guide + " p." + s.Page
	}
	return s.Guide + " " + s.Page
}
