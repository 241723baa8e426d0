package worlds

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner"
)

// World is a correct deployment and what happens around it. A field that is
// zero is something that this world does not have: the zero World with a Kind
// and a Release is the reference as it is, and a failing world is made
// smaller by setting fields to zero, one at a time.
type World struct {
	// Seed is what everything is drawn from that happens again and again.
	Seed          uint64
	Kind, Release string
	Notifications bool
	TLS           bool

	// Choices are names of reference.Alternatives, Harmless of
	// reference.Harmless.
	Choices, Harmless []string

	// Users is how many users of the deployment are the cast: 0 for all of one
	// troupe. The others are other people.
	Users int
	// NoCodes takes all reason codes away, but for those of the system.
	NoCodes bool
	// Mixed gives every user a wrap-up mode at random.
	Mixed bool
	// Deaf names stimuli that the deployment does not know.
	Deaf []string
	// Tokens makes one user in three sign in by token.
	Tokens bool

	// Latency is that of everything that is sent, either way.
	Latency Spread
	// Node2 is the same of a second node, which takes every other connection.
	Node2 Spread
	// Skew is how much the clock of the second node is wrong.
	Skew time.Duration
	// Delay lies between an answer and its change.
	Delay Spread
	// Lateness lies between a change and its event.
	Lateness Spread
	// ReadLag lies between a change and the GET that shows it.
	ReadLag time.Duration
	// WrapUp, Ring and Reservation are the timers of the deployment.
	WrapUp, Ring, Reservation time.Duration
	// Settle and Quiet are the times of the run.
	Settle, Quiet time.Duration

	// Cut, Lost, Hang and Busy are how many requests of a thousand lose their
	// connection before they are done, lose their answer, are not answered
	// at all, and get 503 with Retry-After.
	Cut, Lost, Hang, Busy int
	// Restart is when the API is away for a while, and all connections with
	// it; Outage is the same for the notification service alone.
	Restart, Outage time.Duration

	// Strangers move users that are not of the cast, about one in each Strangers.
	Strangers time.Duration
	// Meddlers do the same with users of the cast.
	Meddlers time.Duration

	// Fault is the name of one of reference.Faults: such a world is broken.
	Fault string
}

// Spread is a distribution of times. Nothing of it is longer than eight times
// Typical.
type Spread struct {
	Typical time.Duration
	// Shape is "" for what is always the same, "jitter" for half as much to
	// half as much again, "tail" for a Pareto distribution.
	Shape string
}

// draw gives a source of times.
func (s Spread) draw(random *source) func() time.Duration {
	return func() time.Duration {
		switch s.Shape {
		case "jitter":
			return s.Typical/2 + time.Duration(random.Float64()*float64(s.Typical))
		case "tail": // half of them are at most Typical
			return min(time.Duration(float64(s.Typical)/2/max(1-random.Float64(), 1e-3)), 8*s.Typical)
		}
		return s.Typical
	}
}

// Calm reports whether nothing is lost on the way and nobody interferes: what
// such a world exercises, it exercises every time.
func (w World) Calm() bool {
	return w.Cut+w.Lost+w.Hang+w.Busy == 0 && w.Restart+w.Outage+w.Meddlers == 0
}

// Draw draws a world. It has about a third of everything that worlds can have;
// half of all worlds are calm.
func Draw(seed uint64) World {
	r := rand.New(rand.NewPCG(seed, 1))
	maybe := func() bool { return r.IntN(3) == 0 }
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(r.Int64N(int64(high-low))) }
	spread := func(low, high time.Duration) Spread {
		return Spread{between(low, high).Round(time.Millisecond), []string{"", "jitter", "tail"}[r.IntN(3)]}
	}
	w := World{Seed: seed, Kind: []string{reference.UCCE, reference.UCCX}[r.IntN(2)], Notifications: r.IntN(3) > 0}
	releases := reference.Releases()
	w.Release = releases[r.IntN(len(releases))]
	for _, a := range reference.Alternatives() {
		if a.AppliesTo(w.Kind) && r.IntN(5) == 0 {
			w.Choices = append(w.Choices, a.Name)
		}
	}
	for _, f := range reference.Harmless() {
		if f.AppliesTo(w.Kind) && r.IntN(10) == 0 {
			w.Harmless = append(w.Harmless, f.Name)
		}
	}
	if maybe() {
		w.Users = []int{1, 2, 3, 5, 8, 12, 20, 40}[r.IntN(8)]
	}
	w.TLS, w.NoCodes, w.Mixed, w.Tokens = r.IntN(6) == 0, r.IntN(6) == 0, maybe(), r.IntN(6) == 0
	if r.IntN(6) == 0 {
		w.Deaf = []string{[]string{"route_call", "caller_hangup", "reserve_outbound", "reserve_preview", "wrap_up_on"}[r.IntN(5)]}
	}
	w.Latency = spread(time.Millisecond, 40*time.Millisecond)
	if maybe() {
		w.Node2, w.Skew = spread(5*time.Millisecond, 80*time.Millisecond), between(-1500*time.Millisecond, 1500*time.Millisecond).Round(time.Millisecond)
	}
	w.Settle, w.Quiet = []time.Duration{0, 8 * time.Second, 20 * time.Second}[r.IntN(3)], []time.Duration{0, 0, time.Second, 4 * time.Second}[r.IntN(4)]
	w.Delay = spread(5*time.Millisecond, 250*time.Millisecond)
	if maybe() {
		w.Lateness = spread(5*time.Millisecond, 150*time.Millisecond)
	}
	if maybe() {
		w.ReadLag = between(10*time.Millisecond, 300*time.Millisecond).Round(time.Millisecond)
	}
	w.WrapUp = []time.Duration{time.Second, 3 * time.Second, 5 * time.Second, 20 * time.Second, time.Minute, 2 * time.Hour}[r.IntN(6)]
	rings := []time.Duration{0, 12 * time.Second, 25 * time.Second, 2 * time.Minute}
	w.Ring, w.Reservation = rings[r.IntN(4)], rings[r.IntN(4)]
	if slices.Contains(w.Harmless, "harmless-slow") || slices.Contains(w.Harmless, "harmless-jitter") {
		// Who takes seconds for a change does not ring or reserve for seconds.
		w.Ring, w.Reservation, w.WrapUp = 2*time.Minute, 2*time.Minute, max(w.WrapUp, 20*time.Second)
	}
	if maybe() {
		w.Strangers = between(time.Second, 20*time.Second).Round(time.Second)
	}
	w.disturb(r)
	if slices.Contains(w.Harmless, "harmless-clocks-differ") {
		w.Skew = 0 // two nodes, and not more than two seconds apart
	}
	if w.Users == 1 {
		// SIG-01 fails where every user of the cast has a dead phone.
		w.Harmless = slices.DeleteFunc(w.Harmless, func(name string) bool { return name == "harmless-dead-phone" })
	}
	return w
}

// blocks reports whether a proxy ends the run, and what it left, after a few
// refusals that it takes for failed sign-ins.
func (w World) blocks() bool { return slices.Contains(w.Harmless, "harmless-blocks-after-five-401s") }

func (w *World) disturb(r *rand.Rand) {
	if r.IntN(2) == 0 {
		return
	}
	rate := func() int {
		if r.IntN(4) > 0 {
			return 0
		}
		return []int{2, 5, 10, 20}[r.IntN(4)]
	}
	moment := func() time.Duration {
		if r.IntN(5) > 0 {
			return 0
		}
		return time.Duration(5+r.IntN(295)) * time.Second
	}
	w.Cut, w.Lost, w.Hang, w.Busy = rate(), rate(), rate(), rate()
	w.Restart, w.Outage = moment(), moment()
	if r.IntN(5) == 0 {
		w.Meddlers = time.Duration(60+r.IntN(120)) * time.Second
	}
}

// String gives the world as a line of Go.
func (w World) String() string {
	var b strings.Builder
	write(&b, reflect.ValueOf(w))
	return b.String()
}

// write writes a value as Go has it, without the fields that are zero.
func write(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		name := v.Type().String()
		if v.Type() == reflect.TypeFor[Spread]() {
			name = ""
		}
		b.WriteString(name + "{")
		sep := ""
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				b.WriteString(sep + v.Type().Field(i).Name + ": ")
				if f.Type() == reflect.TypeFor[Spread]() {
					b.WriteString("worlds.Spread")
				}
				write(b, f)
				sep = ", "
			}
		}
		b.WriteString("}")
	default:
		if d, ok := v.Interface().(time.Duration); ok {
			fmt.Fprintf(b, "%d*time.Millisecond", d.Milliseconds())
			return
		}
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}

// smaller lists the worlds that have one thing less.
func (w World) smaller() []World {
	var list []World
	for i := range reflect.TypeFor[World]().NumField() {
		switch f := reflect.ValueOf(w).Field(i); {
		case i < 3 || f.IsZero() || reflect.TypeFor[World]().Field(i).Name == "Fault": // what is no feature
		case f.Kind() == reflect.Slice && f.Len() > 1:
			half := f.Len() / 2
			for _, part := range [][2]int{{0, half}, {half, f.Len()}} {
				less := w
				reflect.ValueOf(&less).Elem().Field(i).Set(f.Slice3(part[0], part[1], part[1]))
				list = append(list, less)
			}
			fallthrough
		default:
			less := w
			reflect.ValueOf(&less).Elem().Field(i).SetZero()
			list = append([]World{less}, list...)
		}
	}
	return list
}

// source is a source of random numbers of its own for one thing that happens,
// so that nothing else changes where it is switched off; it is safe for
// concurrent use.
type source struct {
	hold chan struct{} // a lock on which waiting counts as such in a bubble
	r    *rand.Rand
}

func (w World) source(what string) *source {
	h := fnv.New64a()
	h.Write([]byte(what))
	return &source{make(chan struct{}, 1), rand.New(rand.NewPCG(w.Seed, h.Sum64()))}
}

// Float64 gives a number of at least 0 and less than 1.
func (s *source) Float64() float64 {
	s.hold <- struct{}{}
	defer func() { <-s.hold }()
	return s.r.Float64()
}

// among gives a number of at least 0 and less than n.
func (s *source) among(n int) int { return int(s.Float64() * float64(n)) }

// thousand reports what happens so often in a thousand.
func (s *source) thousand(often int) bool { return often > 0 && s.Float64()*1000 < float64(often) }

// timing is that of the run.
func (w World) timing() runner.Timing { return runner.Timing{Settle: w.Settle, Quiet: w.Quiet} }
