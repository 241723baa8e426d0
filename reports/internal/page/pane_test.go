package page

import "testing"

func TestFold(t *testing.T) {
	lines := func(n int, marked ...int) []Line {
		all := make([]Line, n)
		for _, m := range marked {
			all[m].Mark = true
		}
		return all
	}
	for _, test := range []struct {
		name                 string
		lines                []Line
		before, shown, after int
	}{
		{"short", lines(10, 5), 0, 10, 0},
		{"nothing marked", lines(40), 0, 40, 0},
		{"in the middle", lines(40, 20), 17, 7, 16},
		{"two", lines(40, 10, 30), 7, 27, 6},
		{"near the beginning", lines(40, 4), 0, 8, 32},
		{"near the end", lines(40, 35), 32, 8, 0},
	} {
		f := Fold(test.lines)
		if len(f.Before) != test.before || len(f.Lines) != test.shown || len(f.After) != test.after {
			t.Errorf("%s: %d, %d, %d", test.name, len(f.Before), len(f.Lines), len(f.After))
		}
	}
}
