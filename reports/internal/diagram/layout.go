package diagram

import (
	"math"

	"finesse-conformance/spec"
)

// The layout is made by hand. Nearly every state of a call leads back to
// READY or NOT_READY, so these two are beams above and below, and between
// them a call goes from left to right: reserved, talking, held, wrap-up. The
// boxes left and right of TALKING are set like stairs, so that every way to a
// beam is a straight line and every way to TALKING another one.

// The size of the drawing without its legend.
const (
	width  = 1170
	height = 640
)

type point struct{ x, y float64 }

// box is the place of a state.
type box struct {
	x, y, w, h float64
	lines      []string // the name, broken where it is long
	beam       bool     // name and refusals stand side by side
}

func (b box) center() point { return point{b.x + b.w/2, b.y + b.h/2} }

var places = map[spec.State]box{
	spec.Unknown:                 {20, 46, 132, 40, []string{"UNKNOWN"}, false},
	spec.Logout:                  {20, 226, 132, 92, []string{"LOGOUT"}, false},
	spec.Login:                   {20, 540, 132, 40, []string{"LOGIN"}, false},
	spec.Ready:                   {205, 30, 945, 62, []string{"READY"}, true},
	spec.NotReady:                {205, 520, 945, 76, []string{"NOT_READY"}, true},
	spec.ReservedOutboundPreview: {320, 358, 134, 98, []string{"RESERVED_", "OUTBOUND_PREVIEW"}, false},
	spec.ReservedOutbound:        {400, 259, 128, 84, []string{"RESERVED_", "OUTBOUND"}, false},
	spec.Reserved:                {480, 160, 128, 84, []string{"RESERVED"}, false},
	spec.Talking:                 {660, 160, 130, 282, []string{"TALKING"}, false},
	spec.Hold:                    {850, 160, 128, 84, []string{"HOLD"}, false},
	spec.Work:                    {930, 259, 128, 84, []string{"WORK"}, false},
	spec.WorkReady:               {1010, 358, 128, 84, []string{"WORK_READY"}, false},
}

// order is the one in which states are drawn and read out.
var order = []spec.State{spec.Logout, spec.Login, spec.NotReady, spec.Ready, spec.Reserved, spec.ReservedOutbound,
	spec.ReservedOutboundPreview, spec.Talking, spec.Hold, spec.Work, spec.WorkReady, spec.Unknown}

// route is the way of an arrow: a line with rounded corners, and where its
// label sits.
type route struct {
	points []point
	label  point
}

const (
	highLabel = 116 // labels of arrows that leave READY
	lowLabel  = 138 // labels of arrows that lead to READY
	footLabel = 481 // labels of arrows to and from NOT_READY
	fromReady = 92
	toNot     = 520
)

func line(label point, points ...point) route { return route{points, label} }

// down is a straight arrow from READY, up one to it, foot one to NOT_READY.
func down(x, top float64) route {
	return line(point{x, highLabel}, point{x, fromReady}, point{x, top})
}
func up(x, top float64) route { return line(point{x, lowLabel}, point{x, top}, point{x, fromReady}) }
func foot(x, bottom float64) route {
	return line(point{x, footLabel}, point{x, bottom}, point{x, toNot})
}

type ends struct{ from, to spec.State }

var routes = map[ends]route{
	{"*", spec.Unknown}:             line(point{112, 30}, point{86, 18}, point{86, 46}),
	{spec.Logout, spec.Login}:       line(point{62, 430}, point{62, 318}, point{62, 540}),
	{spec.Login, spec.NotReady}:     line(point{178, 566}, point{152, 566}, point{205, 566}),
	{spec.NotReady, spec.Logout}:    line(point{178, 430}, point{205, 538}, point{178, 538}, point{178, 294}, point{152, 294}),
	{spec.Ready, spec.Logout}:       line(point{178, 150}, point{205, 62}, point{178, 62}, point{178, 250}, point{152, 250}),
	{spec.NotReady, spec.NotReady}:  line(point{256, 622}, point{232, 596}, point{232, 622}, point{280, 622}, point{280, 596}),
	{spec.NotReady, spec.Ready}:     line(point{232, 280}, point{232, 520}, point{232, 92}),
	{spec.Ready, spec.NotReady}:     line(point{280, 318}, point{280, 92}, point{280, 520}),
	{spec.NotReady, spec.Talking}:   line(point{698, footLabel}, point{698, 520}, point{698, 442}),
	{spec.Ready, spec.Reserved}:     down(514, 160),
	{spec.Reserved, spec.Ready}:     up(572, 160),
	{spec.Reserved, spec.Talking}:   line(point{634, 202}, point{608, 202}, point{660, 202}),
	{spec.Reserved, spec.NotReady}:  foot(568, 244),
	{spec.Ready, spec.Talking}:      down(696, 160),
	{spec.Talking, spec.Ready}:      up(752, 160),
	{spec.Talking, spec.NotReady}:   foot(752, 442),
	{spec.Talking, spec.Hold}:       line(point{820, 182}, point{790, 182}, point{850, 182}),
	{spec.Hold, spec.Talking}:       line(point{820, 218}, point{850, 218}, point{790, 218}),
	{spec.Talking, spec.Work}:       line(point{836, 301}, point{790, 301}, point{930, 301}),
	{spec.Talking, spec.WorkReady}:  line(point{836, 400}, point{790, 400}, point{1010, 400}),
	{spec.Talking, spec.Talking}:    line(point{826, 347}, point{790, 330}, point{826, 330}, point{826, 364}, point{790, 364}),
	{spec.Hold, spec.Ready}:         up(914, 160),
	{spec.Hold, spec.NotReady}:      foot(884, 244),
	{spec.Hold, spec.Work}:          line(point{1002, 230}, point{978, 218}, point{1002, 218}, point{1002, 259}),
	{spec.Hold, spec.WorkReady}:     line(point{1080, 300}, point{978, 182}, point{1080, 182}, point{1080, 358}),
	{spec.Work, spec.Ready}:         up(1038, 259),
	{spec.Work, spec.NotReady}:      foot(964, 343),
	{spec.WorkReady, spec.Ready}:    up(1114, 358),
	{spec.WorkReady, spec.NotReady}: foot(1076, 442),

	{spec.Ready, spec.ReservedOutbound}:           down(418, 259),
	{spec.ReservedOutbound, spec.Ready}:           up(460, 259),
	{spec.ReservedOutbound, spec.NotReady}:        foot(492, 343),
	{spec.ReservedOutbound, spec.Talking}:         line(point{618, 301}, point{528, 301}, point{660, 301}),
	{spec.Ready, spec.ReservedOutboundPreview}:    down(336, 358),
	{spec.ReservedOutboundPreview, spec.Ready}:    up(378, 358),
	{spec.ReservedOutboundPreview, spec.NotReady}: foot(387, 456),
	{spec.ReservedOutboundPreview, spec.Talking}:  line(point{618, 400}, point{454, 400}, point{660, 400}),
}

// routeOf gives the way of an arrow. One that nobody has laid out is a
// straight line between the boxes: new rows of a table show at once, if not
// beautifully.
func routeOf(from, to spec.State) (route, bool) {
	if r, known := routes[ends{from, to}]; known {
		return r, true
	}
	a, known := places[from]
	b, alsoKnown := places[to]
	switch {
	case !alsoKnown:
		return route{}, false
	case !known:
		c := b.center()
		start, end := point{c.x, b.y - 28}, point{c.x, b.y}
		return route{[]point{start, end}, start}, true
	case from == to:
		x, y := a.x+a.w/2, a.y+a.h
		return route{[]point{{x - 20, y}, {x - 20, y + 24}, {x + 20, y + 24}, {x + 20, y}}, point{x, y + 24}}, true
	}
	start, end := edgeToward(a, b.center()), edgeToward(b, a.center())
	return route{[]point{start, end}, point{(start.x + end.x) / 2, (start.y + end.y) / 2}}, true
}

// edgeToward gives the point at which the line from a box's center to p
// leaves the box.
func edgeToward(b box, p point) point {
	c := b.center()
	dx, dy := p.x-c.x, p.y-c.y
	t := 1.0
	if dx != 0 {
		t = min(t, b.w/2/math.Abs(dx))
	}
	if dy != 0 {
		t = min(t, b.h/2/math.Abs(dy))
	}
	return point{c.x + t*dx, c.y + t*dy}
}
