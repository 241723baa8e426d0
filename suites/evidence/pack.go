package evidence

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Room is how much a process holds of what was seen: attempts as they are
// while there is room, packed after that. An attempt that is packed takes a
// small part of the memory and is read by Load.
type Room struct {
	Places int // of exchanges, events and observations as they are
	Bytes  int // of long bodies as they are
	Packed int // bytes of packed attempts that are whole; after that they are shortened
}

// NewRoom has room for several times what one run over the whole catalogue
// sees.
func NewRoom() Room { return Room{Places: 25_000, Bytes: 32 << 20, Packed: 64 << 20} }

// Hold gives the attempt as it is to be held.
func (r *Room) Hold(ev *Evidence) *Evidence {
	if ev.Packed != nil {
		return ev
	}
	places, size := len(ev.Exchanges)+len(ev.Events)+len(ev.Observations), longBodies(ev)
	if places <= r.Places && size <= r.Bytes {
		r.Places, r.Bytes = r.Places-places, r.Bytes-size
		return ev
	}
	packed, err := pack(ev)
	if err == nil && len(packed.Packed) > r.Packed {
		short := *ev
		short.Exchanges, short.Events = slices.Clone(ev.Exchanges), slices.Clone(ev.Events)
		new(Keep).Shorten(&short)
		packed, err = pack(&short)
	}
	if err != nil {
		return ev // held as it is: that costs memory, and nothing that was seen
	}
	r.Packed -= min(len(packed.Packed), r.Packed)
	return packed
}

// longBodies counts the bytes of the bodies that are not small.
func longBodies(ev *Evidence) (size int) {
	for _, x := range ev.Exchanges {
		if len(x.ResponseBody) > small {
			size += len(x.ResponseBody)
		}
	}
	for _, e := range ev.Events {
		if len(e.Payload) > small {
			size += len(e.Payload)
		}
	}
	return size
}

// writers are kept, since each has tables that are larger than most attempts.
var writers = sync.Pool{New: func() any {
	z, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

func pack(ev *Evidence) (*Evidence, error) {
	var b bytes.Buffer
	z := writers.Get().(*flate.Writer)
	defer writers.Put(z)
	z.Reset(&b)
	if err := json.NewEncoder(z).Encode(ev); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return &Evidence{Requirement: ev.Requirement, Attempt: ev.Attempt, Repetition: ev.Repetition, Packed: bytes.Clone(b.Bytes())}, nil
}

// Load gives a packed attempt whole, and any other as it is. What it unpacks
// is another value at each call: nobody has to hold it longer than it looks.
func (ev *Evidence) Load() *Evidence {
	if ev == nil || ev.Packed == nil {
		return ev
	}
	whole := new(Evidence)
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(ev.Packed))).Decode(whole); err != nil {
		panic(fmt.Sprintf("an attempt that this process packed cannot be read: %v", err))
	}
	return whole
}
