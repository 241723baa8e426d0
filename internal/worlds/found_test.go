package worlds_test

import (
	"slices"
	"testing"
	"time"

	"finesse-conformance/internal/worlds"
	"finesse-conformance/suites"
)

// What worlds have found, each as small as it came to be, and the
// requirements that raised a false alarm there.
func TestFound(t *testing.T) {
	for name, found := range map[string]struct {
		world worlds.World
		ids   []string
	}{
		"a read under test met the node that lags": {worlds.World{Seed: 0x8, Kind: "UCCE", Release: "12.6(1)", Choices: []string{"logout-reason-shown"}, Harmless: []string{"harmless-read-lags-by-turns"}},
			[]string{"SIG-09"}},
		"the uri of a reason code without a slash": {worlds.World{Kind: "UCCE", Release: "12.0(1)", Harmless: []string{"harmless-reason-uri-without-slash"}},
			[]string{"USR-08", "RSN-15"}},
		"reasonCodeId is 0 in GETs and -1 in a late event": {worlds.World{Seed: 0x64, Kind: "UCCX", Release: "12.6(2)", Notifications: true, Harmless: []string{"harmless-reason-zero"}, Node2: worlds.Spread{Typical: 76 * time.Millisecond, Shape: "tail"}},
			[]string{"AUT-01", "SUP-06-NOT_READY", "SUP-09-WORK"}},
		"the second of two events, late": {worlds.World{Seed: 0x7b, Kind: "UCCE", Release: "12.6(2)", Notifications: true, Harmless: []string{"harmless-jitter", "harmless-event-published-twice"}, Users: 5, Lateness: worlds.Spread{Typical: 148 * time.Millisecond, Shape: "tail"}, Settle: 20 * time.Second, Quiet: 4 * time.Second},
			[]string{"ERR-01", "NTF-05"}},
		"a late event with the time of another node's clock": {worlds.World{Seed: 0x4, Kind: "UCCX", Release: "12.6(2)", Notifications: true, Harmless: []string{"harmless-jitter"}, Node2: worlds.Spread{Typical: 62 * time.Millisecond, Shape: "tail"}, Skew: -715 * time.Millisecond, Delay: worlds.Spread{Typical: 75 * time.Millisecond, Shape: "jitter"}, Settle: 8 * time.Second},
			[]string{"TRN-UCCX-13"}},
		"two nodes with clocks of their own, and each lags": {worlds.World{Seed: 0x8, Kind: "UCCE", Release: "12.6(1)", Notifications: true, Harmless: []string{"harmless-read-lags-by-turns"}, Skew: -1549 * time.Millisecond, Delay: worlds.Spread{Typical: 184 * time.Millisecond}},
			[]string{"ERR-02", "RSN-02", "RSN-12", "SIG-17", "USR-03"}},
		"a dead phone, and a row that signs nobody in": {worlds.World{Seed: 0x1, Kind: "UCCE", Release: "12.5(1)", Notifications: true, Harmless: []string{"harmless-dead-phone"}},
			[]string{"SIG-08"}},
		"a wrap-up timer of a second": {worlds.World{Seed: 0x3, Kind: "UCCE", Release: "12.5(1)", Notifications: true, Choices: []string{"get-lag"}, Latency: worlds.Spread{Typical: 13 * time.Millisecond, Shape: "jitter"}, Delay: worlds.Spread{Typical: 149 * time.Millisecond}, WrapUp: time.Second, Settle: 8 * time.Second},
			[]string{"ERR-10-WORK", "SUP-04-WORK", "SUP-21-WORK", "TRN-UCCE-22", "TRN-UCCE-23", "WRP-04"}},
		"a late event of a state that was there twice, and two clocks": {worlds.World{Seed: 0x68e77da, Kind: "UCCX", Release: "12.5(1)", Notifications: true, Harmless: []string{"harmless-busy-now-and-then", "harmless-event-without-request", "harmless-event-late"}, Skew: 1238 * time.Millisecond},
			[]string{"NTF-03"}},
		"a reservation that ends by itself within a quiet time of seconds": {worlds.World{Seed: 0x68e77cc, Kind: "UCCX", Release: "12.5(1)", Notifications: true, Harmless: []string{"harmless-event-late"}, Reservation: 12 * time.Second, Settle: 20 * time.Second, Quiet: 4 * time.Second},
			[]string{"PND-07"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := found.world.Play(t, func(all []suites.Item) []suites.Item {
				return slices.DeleteFunc(slices.Clone(all), func(i suites.Item) bool { return !slices.Contains(found.ids, i.Requirement.ID) })
			})
			if o.Stopped != nil || len(o.Verdicts) != len(found.ids) {
				t.Errorf("%d verdicts, and stopped: %v", len(o.Verdicts), o.Stopped)
			}
			for _, p := range found.world.Problems(o) {
				t.Error(p)
			}
		})
	}
}

// What broken worlds have found to pass, and should not have.
func TestFoundBroken(t *testing.T) {
	for name, world := range map[string]worlds.World{
		"a subject without reason codes":                                                {Seed: 0x134, Kind: "UCCX", Release: "12.0(1)", Users: 8, Fault: "fresh-reason-chosen"},
		"the reason code of the system is none that a user chose":                       {Seed: 0x9c60, Kind: "UCCE", Release: "12.0(1)", Choices: []string{"no-reason-system"}, Fault: "reason-of-before"},
		"a late event of before a wrap-up that its timer ends":                          {Seed: 0x6ddd73, Kind: "UCCE", Release: "15.0(1)", Notifications: true, Choices: []string{"get-lag"}, Harmless: []string{"harmless-clocks-differ", "harmless-event-late"}, Users: 12, Delay: worlds.Spread{Typical: 102 * time.Millisecond, Shape: "jitter"}, WrapUp: 3 * time.Second, Settle: 8 * time.Second, Fault: "wrap-up-timer-only"},
		"a reason code of the system's is none to be taken away":                        {Seed: 0x75a539, Kind: "UCCX", Release: "12.6(2)", Choices: []string{"no-reason-system"}, Fault: "refusal-changes-reason"},
		"a requestId that comes back with READY within two seconds":                     {Seed: 0x280de85, Kind: "UCCE", Release: "12.5(1)", Notifications: true, Harmless: []string{"harmless-event-doubled"}, Users: 3, Delay: worlds.Spread{Typical: 233 * time.Millisecond}, WrapUp: time.Second, Settle: 20 * time.Second, Quiet: time.Second, Fault: "event-request-kept"},
		"a repetition whose subject is in wrap-up for as long as others are waited for": {Seed: 0x280decf, Kind: "UCCE", Release: "12.6(1)", Notifications: true, Choices: []string{"get-lag"}, Delay: worlds.Spread{Typical: 144 * time.Millisecond, Shape: "tail"}, WrapUp: 5 * time.Second, Settle: 8 * time.Second, Quiet: 4 * time.Second, Fault: "supervisor-ready-in-wrap-up"},
		"what pends in a state that an event told of by another clock":                  {Seed: 0x6ba56046, Kind: "UCCX", Release: "12.0(1)", Notifications: true, Skew: -322 * time.Millisecond, ReadLag: 253 * time.Millisecond, Fault: "wish-lost-by-caller"},
		"a call that is held seconds after it was asked for":                            {Seed: 0x6be268fe, Kind: "UCCX", Release: "12.6(1)", Notifications: true, Harmless: []string{"harmless-slow"}, Delay: worlds.Spread{Typical: 160 * time.Millisecond, Shape: "jitter"}, Settle: 20 * time.Second, Fault: "uccx-hold"},
		"refused, and done by a target that takes seconds":                              {Seed: 0x4f4a, Kind: "UCCE", Release: "12.6(2)", Harmless: []string{"harmless-slow"}, Users: 1, Quiet: time.Second, Fault: "refused-and-done-without-credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := world.Play(t, world.Affordable)
			if caught, _ := world.Caught(o); !caught {
				for _, id := range world.Breaks() {
					t.Errorf("%s is %s: %s", id, o.Verdicts[id].Outcome, o.Verdicts[id].Reason)
				}
			}
		})
	}
}
