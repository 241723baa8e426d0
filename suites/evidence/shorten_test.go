package evidence_test

import (
	"fmt"
	"strings"
	"testing"

	"finesse-conformance/suites/evidence"
)

func attempt(bodies ...string) *evidence.Evidence {
	ev := &evidence.Evidence{}
	for _, body := range bodies {
		ev.Exchanges = append(ev.Exchanges, evidence.Exchange{ResponseBody: body})
		ev.Events = append(ev.Events, evidence.Event{Payload: body})
	}
	return ev
}

func TestShorten(t *testing.T) {
	large := func(n int) string { return fmt.Sprint(n, strings.Repeat("ä", 20<<10)) }
	keep := evidence.Keep{Left: 100 << 10}
	ev := attempt("small", large(1), large(1), large(2), large(3))
	keep.Shorten(ev)
	var kept int
	for _, x := range ev.Exchanges {
		kept += len(x.ResponseBody)
	}
	if kept > 150<<10 || ev.Exchanges[0].ResponseBody != "small" || ev.Exchanges[1].ResponseBody != large(1) {
		t.Errorf("%d bytes kept", kept)
	}
	last := ev.Exchanges[4]
	if last.ResponseBytes != len(large(3)) || last.ResponseDigest != evidence.Digest(large(3)) || !strings.HasPrefix(large(3), last.ResponseBody) || len(last.ResponseBody) > 4<<10 {
		t.Errorf("kept %d of %d bytes, %s", len(last.ResponseBody), last.ResponseBytes, last.ResponseDigest)
	}
	if ev.Whole() {
		t.Error("whole, though a body is kept nowhere")
	}
	if ev.Exchanges[2].ResponseBody != large(1) || ev.Events[1].Payload != large(1) || ev.Events[1].PayloadDigest != "" {
		t.Error("a body that is kept elsewhere was not put back")
	}
	all := attempt("small", large(1), large(1), large(2))
	keep = evidence.Keep{Left: 1 << 20}
	keep.Shorten(all)
	if all.Exchanges[2].ResponseDigest == "" || !all.Whole() || all.Exchanges[2].ResponseBody != large(1) {
		t.Error("not whole, though every body is kept somewhere")
	}
}
