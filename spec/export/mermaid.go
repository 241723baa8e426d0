package export

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// Mermaid is the transition table of a deployment as a state diagram: every
// state, and every documented change with who causes it. LOGIN, which never
// stays the state, is a moment on the way; that a sign-in begins in LOGOUT is
// documented beside the tables (DG12.5 p.29).
func Mermaid(c *spec.Catalogue, d spec.Deployment) string {
	type edge struct{ from, to spec.State }
	causes := map[edge][]string{}
	var order []edge
	add := func(from, to spec.State, cause spec.Cause) {
		if from == "" || to == "" || from == "*" {
			return
		}
		e := edge{from, to}
		if causes[e] == nil {
			order = append(order, e)
		}
		if !slices.Contains(causes[e], string(cause)) {
			causes[e] = append(causes[e], string(cause))
		}
	}
	add(spec.Logout, spec.Login, spec.ByAgent)
	for _, q := range c.All() {
		if t := q.Transition; t != nil && slices.Contains(q.Deployments, d) {
			add(t.From, t.To, t.Cause)
			add(t.From, t.Or, t.Cause)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stateDiagram-v2\n    [*] --> %s\n", spec.Logout)
	for _, e := range order {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(causes[e], ", "))
	}
	return b.String()
}
