package page

import (
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
)

// Link is a source, with its address where it has one.
type Link struct {
	Text, Address string
	Mirror        bool // the address is none of the vendor's own
}

// Sources are where the clause of a requirement is written: spelled out and the
// vendor's own pages first where the catalogue has it, else as the result names
// them.
func Sources(catalogue *spec.Catalogue, row *reports.Row) []Link {
	var list []Link
	if catalogue != nil {
		if q, ok := catalogue.ByID(row.ID); ok {
			for _, c := range catalogue.Citations(q.Sources) {
				list = append(list, Link{c.Text, c.Address, c.Mirror})
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	for i, said := range row.Source {
		l := Link{Text: text.ShownLine(said, 300)}
		if i < len(row.Links) {
			l.Address = row.Links[i]
		}
		list = append(list, l)
	}
	return list
}
