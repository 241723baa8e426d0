package bed_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/suites/evidence"
)

// TestReference certifies the reference, which is written from the guide and
// not from the catalogue: a disagreement is a mistake in one of them.
func TestReference(t *testing.T) {
	for name, d := range map[string]bed.Deployment{
		"UCCE":                       {Kind: reference.UCCE},
		"UCCE, notifications by TLS": heardDeployment,
		"UCCX":                       {Kind: reference.UCCX},
		"UCCX, notifications":        {Kind: reference.UCCX, Notifications: true},
		// Whatever happens at one time happens at the same instant then.
		"UCCE, no latency":                {Kind: reference.UCCE, Latency: memnet.Constant(0)},
		"UCCX, notifications, no latency": {Kind: reference.UCCX, Notifications: true, Latency: memnet.Constant(0)},
	} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "UCCE", "UCCX, notifications":
				if !extent.Long() {
					t.Skip("others show it with more latency, with less, and with TLS")
				}
			case "UCCX", "UCCE, no latency":
				if !extent.Wide() {
					t.Skip("the other kind shows it")
				}
			}
			t.Parallel()
			if name == "UCCE, notifications by TLS" { // others need it, too
				isConformant(t, heardReference(t))
				return
			}
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				played := bed.Play(t, d)
				isConformant(t, certified{played, time.Since(began)})
			})
		})
	}
}

func isConformant(t *testing.T, played certified) {
	t.Helper()
	t.Logf("%v of virtual time: %+v", played.took, played.Summary)
	for _, row := range played.Requirements {
		switch row.Outcome {
		case evidence.Failed:
			t.Errorf("%s failed: %s", row.ID, row.Reason)
		case evidence.NotExercised:
			t.Logf("%s was not exercised: %s", row.ID, row.Reason)
		}
	}
	if len(played.Unrestored) > 0 || len(played.Left) > 0 {
		t.Errorf("not back: %+v, %v", played.Unrestored, played.Left)
	}
}

// certified is a whole certification, and how long it took.
type certified struct {
	*bed.Played
	took time.Duration
}

// heardDeployment is what heardReference plays.
var heardDeployment = bed.Deployment{Kind: reference.UCCE, Notifications: true, TLS: true}

var heard struct {
	once sync.Once
	certified
}

// heardReference is the reference on UCCE with notifications and TLS: played
// once for all the tests that hold something against it.
func heardReference(t *testing.T) certified {
	t.Helper()
	heard.once.Do(func() {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			played := bed.Play(t, heardDeployment)
			heard.certified = certified{played, time.Since(began)}
		})
	})
	if heard.Played == nil {
		t.Fatal("the reference could not be certified")
	}
	return heard.certified
}

// A bed that noticed nothing would be of no use: a fault is caught by the
// requirement that it breaks, and by no other that is played beside it.
func TestFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := reference.Faults()[0]
		b := bed.Open(t, bed.Deployment{Faults: []string{fault.Name}})
		for _, id := range fault.Breaks {
			if v, seen := b.Exercise(id); v.Outcome != evidence.Failed || len(seen) == 0 {
				t.Errorf("%s: %s is %s: %s", fault.Name, id, v.Outcome, v.Reason)
			}
		}
	})
}
