package diagram

import (
	"math"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

func catalogue(t *testing.T) *spec.Catalogue {
	t.Helper()
	c := contracttest.Catalogue()
	return c
}

func (b box) holds(p point) bool {
	return p.x > b.x && p.x < b.x+b.w && p.y > b.y && p.y < b.y+b.h
}

// samples gives points along a line, one every two pixels.
func samples(points []point) []point {
	var all []point
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		steps := math.Ceil(math.Hypot(b.x-a.x, b.y-a.y) / 2)
		for s := 0.0; s <= steps; s++ {
			all = append(all, point{a.x + (b.x-a.x)*s/steps, a.y + (b.y-a.y)*s/steps})
		}
	}
	return all
}

// pill is the room that a label takes in the drawing with outcomes, the wider
// of the two.
func pill(a Arrow) box {
	at, _ := routeOf(a.From, a.To)
	w := letterWidth(10.5)*float64(len([]rune(number(a.Rows)))) + 22
	return box{x: at.label.x - w/2, y: at.label.y - 8, w: w, h: 16}
}

func overlap(a, b box) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// TestLayout looks at what makes a drawing unreadable: an arrow without a
// way of its own, one that runs through a box, a label on top of another
// label, of a box or of another arrow.
func TestLayout(t *testing.T) {
	c := catalogue(t)
	for _, d := range spec.Deployments() {
		arrows := Input{Deployment: d, Requirements: c.All()}.Arrows()
		for i, a := range arrows {
			r, known := routes[ends{a.From, a.To}]
			if !known {
				t.Errorf("%s: %s to %s has no way in the layout", d, a.From, a.To)
				continue
			}
			for s, b := range places {
				for _, p := range samples(r.points) {
					if b.holds(p) {
						t.Errorf("%s: the arrow from %s to %s runs through %s at %v", d, a.From, a.To, s, p)
						break
					}
				}
				if overlap(pill(a), b) {
					t.Errorf("%s: the label of %s to %s lies on %s", d, a.From, a.To, s)
				}
			}
			on := false
			for _, p := range samples(r.points) {
				grown := pill(a)
				grown.x, grown.w = grown.x-14, grown.w+28
				on = on || grown.holds(p)
			}
			if !on {
				t.Errorf("%s: the label of %s to %s is away from its arrow", d, a.From, a.To)
			}
			for j, other := range arrows {
				if i == j {
					continue
				}
				if i < j && overlap(pill(a), pill(other)) {
					t.Errorf("%s: the labels of %s to %s and %s to %s overlap", d, a.From, a.To, other.From, other.To)
				}
				way, _ := routeOf(other.From, other.To)
				for _, p := range samples(way.points) {
					if pill(a).holds(p) {
						t.Errorf("%s: the label of %s to %s lies on the arrow from %s to %s", d, a.From, a.To, other.From, other.To)
						break
					}
				}
			}
		}
	}
}

// TestArrowsEndAtBoxes: an arrow begins at the edge of the state it leaves and
// ends at the edge of the one it leads to.
func TestArrowsEndAtBoxes(t *testing.T) {
	touches := func(b box, p point) bool {
		in := p.x >= b.x && p.x <= b.x+b.w && p.y >= b.y && p.y <= b.y+b.h
		return in && !b.holds(p)
	}
	for e, r := range routes {
		if e.from != "*" && !touches(places[e.from], r.points[0]) {
			t.Errorf("%s to %s does not begin at %s", e.from, e.to, e.from)
		}
		if !touches(places[e.to], r.points[len(r.points)-1]) {
			t.Errorf("%s to %s does not end at %s", e.from, e.to, e.to)
		}
	}
}

// TestChipsFit: what is refused in a state fits into its box.
func TestChipsFit(t *testing.T) {
	c := catalogue(t)
	for _, d := range spec.Deployments() {
		p := &pen{in: Input{Deployment: d, Requirements: c.All(), Outcomes: map[string]Outcome{}}}
		count := map[spec.State]int{}
		for _, r := range p.in.Refusals() {
			b := places[r.From]
			count[r.From]++
			if b.beam {
				continue // breaks its lines itself
			}
			if w := p.chipWidth(r); w > b.w-4 {
				t.Errorf("%s: %q is %.0f wide, %s only %.0f", d, r.label(), w, r.From, b.w)
			}
			if bottom := 19 + 14*float64(len(b.lines)) - 4 + 17*float64(count[r.From]); r.From != spec.Talking && bottom > b.h {
				t.Errorf("%s: %d refusals do not fit into %s", d, count[r.From], r.From)
			}
		}
	}
}

// TestUnknownWay: a row that nobody has laid out is drawn all the same.
func TestUnknownWay(t *testing.T) {
	r, known := routeOf(spec.Hold, spec.Logout)
	if !known || len(r.points) != 2 {
		t.Fatalf("HOLD to LOGOUT: %v, %v", r, known)
	}
	for _, e := range []ends{{spec.Work, spec.Work}, {"*", spec.Work}} {
		if r, known := routeOf(e.from, e.to); !known || len(r.points) < 2 {
			t.Errorf("%s to %s: %v, %v", e.from, e.to, r, known)
		}
	}
	if _, known := routeOf(spec.Ready, "NOWHERE"); known {
		t.Error("a state without a place has a way")
	}
}
