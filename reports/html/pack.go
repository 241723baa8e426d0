package html

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

// packLimit is how large the packed exchanges of a page may be, in bytes of
// base64; with the rest of the page they stay below three megabytes.
const packLimit = 2 << 20

// maxUnpacked is how large the exchanges may be before they are packed, in
// bytes: what is larger is not tried, since a browser has to unpack it.
const maxUnpacked = 16 << 20

// packBody is how many bytes of a body the page keeps.
const packBody = 16 << 10

// detail is how much of the exchanges the page keeps.
type detail int

// From the most to the least. What a page leaves out stands in the evidence.
const (
	everything   detail = iota // all bodies and headers
	requestsOnly               // of requirements that did not fail: bodies of the requests under test only
	linesOnly                  // of requirements that did not fail: no bodies
	failuresOnly               // nothing of requirements that did not fail
	nothing
)

// packed is what the script of the page unpacks. Bodies and headers that come
// again and again stand there once; indexes count from 1, 0 is none.
type packed struct {
	Bodies  []packedText            `json:"bodies"`
	Headers [][][2]string           `json:"headers"`
	Runs    map[string][]*packedRun `json:"runs"` // by requirement, the attempts in order
	Detail  detail                  `json:"detail"`
}

type packedText struct {
	Text string `json:"t"`
	XML  bool   `json:"x,omitempty"`
}

// packedRun is one attempt. Times are in milliseconds since its beginning.
type packedRun struct {
	Attempt   int          `json:"n"`
	Repeated  int          `json:"r,omitempty"` // which repetition, from 1
	Started   string       `json:"at"`
	Length    float64      `json:"d"`
	Unreached string       `json:"u,omitempty"`
	Foreign   string       `json:"f,omitempty"`
	Path      []string     `json:"w,omitempty"`
	Items     []packedItem `json:"i"`
	States    []packedLook `json:"s,omitempty"` // of the subject
	Subject   string       `json:"who,omitempty"`
	Left      bool         `json:"left,omitempty"` // bodies were left out
}

// packedItem is an exchange or, with a node, an event.
type packedItem struct {
	At      float64 `json:"t"`
	Purpose string  `json:"p,omitempty"`
	Step    int     `json:"st,omitempty"` // the step whose request under test this is, from 1
	As      string  `json:"a,omitempty"`  // the user who signed it, or whose session got the event
	Method  string  `json:"m,omitempty"`
	Path    string  `json:"u,omitempty"`
	Status  int     `json:"s,omitempty"`
	Took    float64 `json:"d,omitempty"`
	Err     string  `json:"e,omitempty"`
	State   string  `json:"l,omitempty"` // the state that it shows
	ReqHead int     `json:"h,omitempty"`
	ReqBody int     `json:"b,omitempty"`
	ResHead int     `json:"H,omitempty"`
	ResBody int     `json:"B,omitempty"`
	Times   int     `json:"c,omitempty"`  // how often the same came again, 0 for once
	Until   float64 `json:"tt,omitempty"` // when it came for the last time
	Node    string  `json:"n,omitempty"`
	Problem string  `json:"pr,omitempty"`
	Decided bool    `json:"x,omitempty"`
	Marks   []int   `json:"k,omitempty"` // lines of the body of the answer or event, from 0
	Note    string  `json:"o,omitempty"`
}

type packedLook struct {
	At    float64 `json:"t"`
	State string  `json:"s"`
}

// pack packs the evidence as base64 of gzip of JSON. It keeps less until it is
// small enough.
func pack(result *reports.Result, all []*evidence.Evidence) (string, detail, error) {
	if len(all) == 0 {
		return "", nothing, nil
	}
	by := reports.ByRequirement(all)
	for level := everything; level < nothing; level++ {
		k := packer{level: level, bodies: map[string]int{}, headers: map[string]int{}, layouts: map[int]page.Layout{},
			out: packed{Runs: map[string][]*packedRun{}, Bodies: []packedText{}, Headers: [][][2]string{}, Detail: level}}
		for i := range result.Requirements {
			row := &result.Requirements[i]
			bad := row.Outcome == evidence.Failed || row.Outcome == evidence.Waived
			if level == failuresOnly && !bad {
				continue
			}
			for _, e := range by[row.ID] {
				if k.size > maxUnpacked {
					break
				}
				k.out.Runs[row.ID] = append(k.out.Runs[row.ID], k.run(row, e.Load(), bad))
			}
		}
		if k.size > maxUnpacked {
			continue
		}
		said, err := k.pack()
		if err != nil {
			return "", level, err
		}
		if len(said) <= packLimit {
			return said, level, nil
		}
	}
	return "", nothing, nil
}

type packer struct {
	level   detail
	size    int // of what the page holds so far, roughly, before it is packed
	out     packed
	bodies  map[string]int // by the text, or the digest of a long one
	headers map[string]int
	layouts map[int]page.Layout
}

func (k *packer) pack() (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false) // it is packed: no reader of HTML sees it
	if err := enc.Encode(k.out); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// since gives milliseconds with one decimal, by the wall clock: that is the
// one which the evidence file keeps, so that a page made from it later is the
// same.
func since(start, t time.Time) float64 {
	if t.IsZero() || start.IsZero() {
		return 0
	}
	return float64(t.Round(0).Sub(start.Round(0)).Microseconds()/100) / 10
}

func (k *packer) run(row *reports.Row, e *evidence.Evidence, bad bool) *packedRun {
	r := &packedRun{
		Attempt: e.Attempt, Repeated: e.Repetition, Started: reports.Stamp(e.Started).Format(time.RFC3339Nano), Length: since(e.Started, e.Ended),
		Unreached: text.ShownLine(e.Unreached, 500), Foreign: text.ShownLine(e.Interference, 500), Subject: text.ShownLine(e.Cast["subject"].ID, 80),
		Items: []packedItem{},
	}
	for _, w := range e.Path {
		r.Path = append(r.Path, text.ShownLine(w, 300))
	}
	steps := map[int]int{}
	for i, s := range e.Steps {
		if s.Exchange >= 0 && s.Skipped == "" {
			steps[s.Exchange] = i + 1
		}
	}
	looks := looksByIndex(e)
	decides := func(attempt, index int, there bool) bool {
		return bad && there && attempt == e.Attempt && row.Repetition == e.Repetition && index >= 0
	}
	for i, x := range e.Exchanges {
		item := packedItem{At: since(e.Started, x.Started), Purpose: string(x.Purpose), Step: steps[i], As: text.ShownLine(x.As, 80),
			Method: text.ShownLine(x.Method, 20), Path: text.ShownLine(x.Path, 300), Status: x.Status, Err: text.ShownLine(x.Err, 500),
			Took: float64(x.Duration.Microseconds()/100) / 10, State: looks.exchanges[i]}
		if x.WrongPassword {
			item.As += " with a wrong password"
		}
		item.Decided = row.Exchange != nil && decides(row.Exchange.Attempt, row.Exchange.Index, true) && row.Exchange.Index == i
		keep := bad || k.level == everything || k.level == requestsOnly && x.Purpose == evidence.ForAct
		if keep {
			item.ReqHead, item.ReqBody = k.header(x.RequestHeader), k.body(x.RequestBody)
			item.ResHead, item.ResBody = k.header(x.ResponseHeader), k.body(x.ResponseBody)
		} else {
			r.Left = true
		}
		if item.Decided {
			item.Marks = k.layouts[item.ResBody].LinesAt(row.XPath)
			item.Note = text.ShownLine(row.Expected, 200)
		}
		r.Items = append(r.Items, item)
	}
	for i, v := range e.Events {
		item := packedItem{At: since(e.Started, v.Received), As: text.ShownLine(v.Session, 80), Node: text.ShownLine(v.Node, 300),
			Method: text.ShownLine(v.Event, 20), State: looks.events[i], Problem: text.ShownLine(v.Problem, 500), Err: eventError(v)}
		item.Decided = row.Event != nil && decides(row.Event.Attempt, row.Event.Index, true) && row.Event.Index == i
		if bad || k.level == everything {
			item.ResBody = k.body(v.Payload)
		} else {
			r.Left = true
		}
		if item.Decided {
			item.Marks = k.layouts[item.ResBody].LinesAt(row.XPath)
			item.Note = text.ShownLine(row.Expected, 200)
		}
		r.Items = append(r.Items, item)
	}
	slices.SortStableFunc(r.Items, func(a, b packedItem) int { return cmp.Compare(a.At, b.At) })
	r.Items = collect(r.Items)
	k.size += itemBytes * len(r.Items)
	r.States = subjectStates(e)
	return r
}

// itemBytes is about what an item takes, in memory as well as in JSON.
const itemBytes = 300

// collect makes one item of reads that gave the same answer again, as long as
// neither a request under test nor an event came between them.
func collect(items []packedItem) []packedItem {
	type key struct {
		purpose, as, path string
		status, body      int
		state             string
	}
	out := items[:0]
	open := map[key]int{}
	for _, item := range items {
		if item.Node != "" || item.Method != "GET" || item.Step > 0 || item.Decided || item.Err != "" {
			clear(open)
			out = append(out, item)
			continue
		}
		k := key{item.Purpose, item.As, item.Path, item.Status, item.ResBody, item.State}
		if n, again := open[k]; again {
			out[n].Times = max(out[n].Times, 1) + 1
			out[n].Until = item.At
			continue
		}
		// Another answer to the same question: what came before is over.
		for old := range open {
			if old.path == k.path && old.as == k.as && old.purpose == k.purpose {
				delete(open, old)
			}
		}
		open[k] = len(out)
		out = append(out, item)
	}
	return out
}

type lookTexts struct{ exchanges, events map[int]string }

func looksByIndex(e *evidence.Evidence) lookTexts {
	t := lookTexts{map[int]string{}, map[int]string{}}
	for _, l := range e.Observations {
		into := t.exchanges
		if l.Event {
			into = t.events
		}
		said := lookText(l)
		if before := into[l.Index]; before != "" && before != said {
			said = before + "; " + said // an answer that shows several users
		}
		into[l.Index] = text.Truncate(said, 300)
	}
	return t
}

func lookText(l evidence.Observation) string {
	said := text.ShownLine(string(l.State), 60)
	said = cmp.Or(said, "no state")
	if l.Pending != "" {
		said += ", pending " + text.ShownLine(l.Pending, 60)
	}
	if r := l.Reason(); r != "" {
		said += ", reasonCodeId " + text.ShownLine(r, 60)
	}
	return said
}

// subjectStates gives the states of the subject as they were first seen.
func subjectStates(e *evidence.Evidence) []packedLook {
	var out []packedLook
	id := e.Cast["subject"].ID
	for _, l := range e.Observations {
		if l.User != id || l.State == "" {
			continue
		}
		state := text.ShownLine(string(l.State), 40)
		if n := len(out); n > 0 && out[n-1].State == state {
			continue
		}
		out = append(out, packedLook{since(e.Started, l.At), state})
	}
	return out
}

func eventError(v evidence.Event) string {
	if !v.IsError() {
		return ""
	}
	var parts []string
	for _, t := range []string{v.ErrorType, v.ErrorData, v.ErrorMessage} {
		if t != "" {
			parts = append(parts, t)
		}
	}
	return text.ShownLine(strings.Join(parts, " · "), 500)
}

// body gives the index of a body, 0 for none.
func (k *packer) body(said string) int {
	if said == "" {
		return 0
	}
	key := said
	if len(said) > packBody { // which need not be held for the part of it that is shown
		key = evidence.Digest(said)
	}
	if n, known := k.bodies[key]; known {
		return n
	}
	l := page.Lay(text.Cut(said, packBody))
	k.out.Bodies = append(k.out.Bodies, packedText{l.Text, l.XML})
	k.size += len(l.Text)
	n := len(k.out.Bodies)
	k.bodies[key], k.layouts[n] = n, l
	return n
}

// header gives the index of a set of headers, 0 for none.
func (k *packer) header(h map[string]string) int {
	list := page.HeaderList(h)
	if len(list) == 0 {
		return 0
	}
	var key strings.Builder
	for _, kv := range list {
		key.WriteString(kv[0] + "\x00" + kv[1] + "\x00")
	}
	if n, known := k.headers[key.String()]; known {
		return n
	}
	k.out.Headers = append(k.out.Headers, list)
	k.size += key.Len()
	k.headers[key.String()] = len(k.out.Headers)
	return len(k.out.Headers)
}
