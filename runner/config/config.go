package config

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
)

// Config is everything that a run is told: by flags, by the environment, by
// the configuration file and by the defaults, in that order. All paths are
// absolute.
type Config struct {
	File    string // the configuration file, "" without one
	Targets []*Target
	Run     Run
	// Warnings name what can be used and is probably not what was meant.
	Warnings Problems

	passwordVariables []string // names of ${…} that passwords came from
}

// Target is one deployment and how to certify it.
type Target struct {
	Name string // unique; the host where the configuration says nothing else
	// Embedded says that no target was named: the embedded reference
	// deployment is started, which sets URL and Users.
	Embedded bool
	// URL has no trailing slash and ends before /finesse/api. Without a port
	// it stands for the port that FindPort finds.
	URL      *url.URL
	CAFile   string // certificates that the target's is checked against; "" for the system's
	Insecure bool   // the target's certificate is not checked
	// Nodes are both nodes of a system of two, URL first; empty where only one
	// is known. FindNodes takes the other one from SystemInfo.
	Nodes     []*url.URL
	FindNodes bool
	Proxy     *url.URL
	// CertFile and KeyFile are the client's certificate; "" for none.
	CertFile, KeyFile string
	Headers           http.Header // of every request; secret
	UserAgent         string      // "" for the program's own

	Deployment spec.Deployment // "" to take the one that SystemInfo tells
	Release    spec.Release    // zero to take the one that SystemInfo tells
	Users      []*fixtures.User
	// UnusedExtension is one that no device has; "" for one that is made up.
	UnusedExtension string
	Timing          Timing

	Notifications *url.URL // ws, wss, xmpp or xmpps; nil for none
	// FindNotifications: nobody said where the notification service is, and
	// the run looks for it.
	FindNotifications bool
	// XMPPDomain and XMPPPubSubDomain are "" to take those that SystemInfo
	// tells.
	XMPPDomain, XMPPPubSubDomain string
	NotificationHeaders          http.Header // of the WebSocket handshake; secret
	Subprotocols                 []string    // offered with it; secret

	StimulusHTTP *url.URL // nil for none
	StimulusExec []string // command and first arguments; nil for none
	Dir          string   // where StimulusExec runs: the configuration's folder
}

// Timing is how long things may take.
type Timing struct {
	Request     time.Duration // one HTTP exchange
	Settle      time.Duration // longest wait for an accepted change to show
	Quiet       time.Duration // how long nothing may change after a refusal
	Poll        time.Duration // between two looks
	LongestWait time.Duration // for timers of the target, such as wrap-up
	Outage      time.Duration // how long a target that went away is waited for
}

// DefaultTiming is the timing of a run that is told none.
func DefaultTiming() Timing {
	t := &Target{}
	for _, s := range Settings() {
		if strings.HasPrefix(s.Key, "timing.") {
			v, _ := s.parse(given{texts: []string{s.Default}}, nil) // a test reads every default
			s.apply(nil, t, v)
		}
	}
	return t.Timing
}

// Or takes each time of the other timing that is here as it is in unset.
func (t Timing) Or(other, unset Timing) Timing {
	pick := func(mine, theirs, unset time.Duration) time.Duration {
		if mine == unset {
			return theirs
		}
		return mine
	}
	return Timing{
		Request: pick(t.Request, other.Request, unset.Request), Settle: pick(t.Settle, other.Settle, unset.Settle),
		Quiet: pick(t.Quiet, other.Quiet, unset.Quiet), Poll: pick(t.Poll, other.Poll, unset.Poll),
		LongestWait: pick(t.LongestWait, other.LongestWait, unset.LongestWait), Outage: pick(t.Outage, other.Outage, unset.Outage),
	}
}

// RunConfig is what a run does beside certifying, the same for all targets.
type Run struct {
	ID         string   // in results, drawn where it is empty
	Profiles   []string // names of profiles
	Only, Skip []string // patterns of requirement ids
	Procs      int      // 0 for as many as the cast allows
	Shard      Shard
	Out        string // folder of the reports
	JUnit      string // "" for junit.xml in Out, as with the next two
	JSON       string
	HTML       string
	HAR        string // "" for none
	Waivers    string // "" for none
	Baseline   string // "" for none
	Journal    string // "" for journal.jsonl in Out
	// JournalNamed: the journal's file was named, and is expected to be there.
	JournalNamed bool
	SignKey      string // "" to leave the statement unsigned
	FailOnDrift  bool
	// RequireComplete makes a requirement that was not exercised count.
	RequireComplete bool
	Timeout         time.Duration // of the whole run, 0 for none
	Force           bool          // touch users who are on a call or not in a resting state
	// MaxRequestsPerSecond holds over all processes, 0 for no limit.
	MaxRequestsPerSecond float64
	Map                  bool  // make the behaviour map after the run
	Seed                 int64 // 0 for the catalogue's order
	SeedGiven            bool  // where it is not, a run draws one
	Repeat               int   // how often every requirement is played, 0 and 1 for once
	DryRun               bool
	NoColor              bool
	Quiet                bool
	Progress             string // auto, plain, json or none
}

// Shard is a part of a run that is split over machines. The zero Shard is all
// of it.
type Shard struct {
	Index, Count int // Index from 1 to Count
}

// IsZero reports whether the run is not split.
func (s Shard) IsZero() bool { return s.Count == 0 }

// Has reports whether the shard exercises a requirement, given its position in
// the catalogue. It depends on nothing else, so that shards agree who does
// what whatever each of them finds out about the target. What is judged over
// everything that a run saw is judged in every shard.
func (s Shard) Has(req *spec.Requirement, position int) bool {
	return s.IsZero() || req.Invariant != "" || position%s.Count == s.Index-1
}

// Cast makes the target's cast of copies of its users.
func (t *Target) Cast() *fixtures.Cast {
	c := &fixtures.Cast{UnusedExtension: t.UnusedExtension}
	for _, u := range t.Users {
		mine := *u
		mine.Supervises = slices.Clone(u.Supervises)
		c.Users = append(c.Users, &mine)
	}
	return c
}

// Stimuli makes the target's hook, NoStimuli without one. Of the environment
// environ a command gets all but what holds passwords.
func (c *Config) Stimuli(t *Target, environ []string) fixtures.Stimuli {
	switch {
	case t.StimulusHTTP != nil:
		return fixtures.NewHTTPStimuli(t.StimulusHTTP, t.hookTransport(), 0)
	case len(t.StimulusExec) > 0:
		return fixtures.NewExecStimuli(t.StimulusExec, t.Dir, c.HookEnviron(environ), 0)
	}
	return fixtures.NoStimuli{}
}

// hookTransport trusts a hook's certificate as it does the target's: who gives
// an authority for the one means both.
func (t *Target) hookTransport() http.RoundTripper {
	config, err := t.TLSConfig()
	if err != nil || t.StimulusHTTP.Scheme != "https" {
		return nil // Load has refused a CA file that cannot be read
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	return transport
}

// HookEnviron takes out of an environment the variables that passwords came
// from, those that hold one, and those of this program.
func (c *Config) HookEnviron(environ []string) []string {
	var passwords []string
	for _, t := range c.Targets {
		for _, u := range t.Users {
			for _, secret := range []fixtures.Secret{u.Password, u.Token.Fixed} {
				if p := secret.Reveal(); len(p) > 3 {
					passwords = append(passwords, p)
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return slices.Contains(c.passwordVariables, name) || strings.HasPrefix(name, envPrefix) ||
			slices.ContainsFunc(passwords, func(p string) bool { return strings.Contains(value, p) })
	})
}
