package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unique"
)

// Bounds of what is kept of bodies. A conformant answer has a few kilobytes.
const (
	small    = 16 << 10 // kept in any case
	keptPart = 4 << 10  // of one that is not kept whole
)

// Keep bounds how much of bodies is kept, in bytes, small ones aside. What
// does not fit is shortened: its beginning stays, with its length and digest.
type Keep struct{ Left int64 }

// Shorten bounds the bodies of an attempt. One that comes several times is
// kept once; Whole puts it back in the other places.
func (k *Keep) Shorten(ev *Evidence) {
	known := map[string]bool{}
	for i := range ev.Exchanges {
		x := &ev.Exchanges[i]
		if x.ResponseDigest == "" {
			x.ResponseBody, x.ResponseBytes, x.ResponseDigest = k.shorten(x.ResponseBody, known)
		}
	}
	for i := range ev.Events {
		e := &ev.Events[i]
		if e.PayloadDigest == "" {
			e.Payload, e.PayloadBytes, e.PayloadDigest = k.shorten(e.Payload, known)
		}
	}
}

func (k *Keep) shorten(body string, known map[string]bool) (kept string, size int, digest string) {
	if len(body) <= small {
		return body, 0, ""
	}
	digest = Digest(body)
	if !known[digest] && int64(len(body)) <= k.Left {
		k.Left -= int64(len(body))
		known[digest] = true
		return body, 0, ""
	}
	return Cut(body), len(body), digest
}

// Intern makes one text of equal ones: what came from a file or another process
// has each answer of a user who did not change as a text of its own.
func (ev *Evidence) Intern() {
	for i := range ev.Exchanges {
		x := &ev.Exchanges[i]
		for _, text := range []*string{&x.ResponseBody, &x.RequestBody, &x.Path, &x.Proto, &x.Err} {
			*text = unique.Make(*text).Value()
		}
		for _, header := range []map[string]string{x.ResponseHeader, x.RequestHeader} {
			for name, value := range header {
				header[name] = unique.Make(value).Value()
			}
		}
	}
	for i := range ev.Events {
		ev.Events[i].Payload = unique.Make(ev.Events[i].Payload).Value()
	}
}

// Cut gives the part of a long body that is kept, as a text of its own, so
// that the rest takes up no memory.
func Cut(body string) string {
	return strings.Clone(strings.ToValidUTF8(body[:min(len(body), keptPart)], ""))
}

// Digest is the SHA-256 of a body in hexadecimal.
func Digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// Whole puts back the bodies that the attempt has elsewhere, and reports
// whether all are whole then: only such an attempt can be judged again.
func (ev *Evidence) Whole() bool {
	bodies := map[string]string{}
	note := func(body, digest string) {
		if digest == "" && len(body) > small {
			bodies[Digest(body)] = body
		}
	}
	for _, x := range ev.Exchanges {
		note(x.ResponseBody, x.ResponseDigest)
	}
	for _, e := range ev.Events {
		note(e.Payload, e.PayloadDigest)
	}
	whole := true
	restore := func(body *string, size *int, digest *string) {
		if *digest == "" {
			return
		}
		found, ok := bodies[*digest]
		if !ok {
			whole = false
			return
		}
		*body, *size, *digest = found, 0, ""
	}
	for i := range ev.Exchanges {
		x := &ev.Exchanges[i]
		restore(&x.ResponseBody, &x.ResponseBytes, &x.ResponseDigest)
	}
	for i := range ev.Events {
		e := &ev.Events[i]
		restore(&e.Payload, &e.PayloadBytes, &e.PayloadDigest)
	}
	return whole
}
