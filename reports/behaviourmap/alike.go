package behaviourmap

import (
	"fmt"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
)

// alike are cells of one state that came to the same for one request: a person
// reads them as one.
type alike[T any] struct {
	First T
	in    []string // the situations
	of    int      // in which so many of the state were seen
	state spec.State
}

// request is what is asked for in a state, wherever the user is in it.
type request struct {
	state       spec.State
	who         spec.Actor
	ask, reason string
}

func requestOf(c Cell) request { return request{c.Situation.State, c.Who, c.Ask, c.Reason} }

// together puts together what is alike, in the order in which it comes first. What
// it came to is told in words.
func together[T any](all []T, cell func(T) Cell, came func(T) string, of map[request]int) []*alike[T] {
	type kind struct {
		request
		came string
	}
	known := map[kind]*alike[T]{}
	var list []*alike[T]
	for _, one := range all {
		c := cell(one)
		k := kind{requestOf(c), came(one)}
		a := known[k]
		if a == nil {
			a = &alike[T]{First: one, of: of[k.request], state: c.Situation.State}
			known[k], list = a, append(list, a)
		}
		a.in = append(a.in, c.Situation.Text)
	}
	return list
}

// mostNamed is how many situations of a state are named.
const mostNamed = 3

// where says in words in which situations it was.
func (a *alike[T]) where() string {
	n := len(a.in)
	switch {
	case n == 1:
		return text.ShownLine(a.in[0], 120)
	case n >= a.of:
		return fmt.Sprintf("%s, in all of its %d situations", a.state, n)
	}
	var named []string
	for _, in := range a.in[:min(n, mostNamed)] {
		named = append(named, strings.Trim(strings.TrimPrefix(text.ShownLine(in, 120), string(a.state)), " ()"))
	}
	more := ""
	if n > mostNamed {
		more = "; …"
	}
	return fmt.Sprintf("%s, in %d of its %d situations (%s%s)", a.state, n, a.of, strings.Join(named, "; "), more)
}
