package exit

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, Conformant},
		{io.EOF, Harness},
		{&UsageError{io.EOF}, Usage},
		{fmt.Errorf("run: %w", &UsageError{io.EOF}), Usage},
		{errors.Join(io.EOF, &UsageError{io.EOF}), Usage},
	} {
		if got := Code(c.err); got != c.want {
			t.Errorf("%v: got %d, want %d", c.err, got, c.want)
		}
	}
}
