package config

import (
	"slices"
	"strings"
)

// Setting is one thing that can be set, by a flag, an environment variable
// and a key of the configuration file. Flags, variables, keys and their
// documentation all come from the table that Settings gives.
type Setting struct {
	Flag    string // without the dashes; "" where there is only the key
	Key     string // such as timing.settle; "" where there is only the flag
	Kind    Kind
	Arg     string   // what stands for the value in the help, such as FILE
	Choices []string // the values of a Choice
	Default string   // "" for none
	Help    string

	apply func(c *Config, t *Target, v parsed)
}

// Kind is the form of a setting's value.
type Kind string

// The kinds of settings.
const (
	Bool      Kind = "bool"
	Choice    Kind = "choice"
	Text      Kind = "text"
	List      Kind = "list" // on the command line repeated or separated by commas
	Count     Kind = "count"
	Number    Kind = "number"
	Duration  Kind = "duration"
	Path      Kind = "path" // of the file relative to it, else to the working folder
	Address   Kind = "address"
	ReleaseOf Kind = "release"
	ShardOf   Kind = "shard"
	Command   Kind = "command" // a program and its first arguments
	Headers   Kind = "headers" // a mapping of names to values
	Nodes     Kind = "nodes"   // auto, or a list of two addresses
)

const envPrefix = "FINESSE_CONFORMANCE_"

// Env is the name of the setting's environment variable, "" without a flag.
func (s Setting) Env() string {
	if s.Flag == "" {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.Flag, "-", "_"))
}

// ofTarget reports whether the setting belongs to a target: it may then stand
// in each entry of targets, and a flag or variable holds for all of them.
func (s Setting) ofTarget() bool { return s.Key != "" && !strings.HasPrefix(s.Key, "run.") }

// setting gives the setting of a flag.
func setting(flag string) Setting {
	all := Settings()
	return all[slices.IndexFunc(all, func(s Setting) bool { return s.Flag == flag })]
}

// Settings gives all settings in the order of the documentation.
func Settings() []Setting {
	return []Setting{
		{Flag: "config", Kind: Path, Arg: "FILE", Help: "configuration file"},

		{Flag: "target", Key: "target.url", Kind: Address, Arg: "URL", Help: "where the target is, such as https://finesse1.example.com:8445; with several targets in the configuration, the name of one",
			apply: func(_ *Config, t *Target, v parsed) { t.URL = v.address }},
		{Flag: "ca-file", Key: "target.ca_file", Kind: Path, Arg: "FILE", Help: "PEM certificates that the target's certificate is checked against",
			apply: func(_ *Config, t *Target, v parsed) { t.CAFile = v.text }},
		{Flag: "insecure", Key: "target.insecure", Kind: Bool, Help: "do not check the target's certificate",
			apply: func(_ *Config, t *Target, v parsed) { t.Insecure = v.yes }},
		{Key: "target.proxy", Kind: Address, Arg: "URL", Help: "HTTP proxy, else the usual environment variables",
			apply: func(_ *Config, t *Target, v parsed) { t.Proxy = v.address }},
		{Key: "target.headers", Kind: Headers, Arg: "MAPPING", Help: "headers sent with every request, such as a reverse proxy wants; their values are kept secret",
			apply: func(_ *Config, t *Target, v parsed) { t.Headers = v.headers }},
		{Key: "target.nodes", Kind: Nodes, Arg: "URL, URL", Help: "both nodes of a system of two: the run acts on the first and watches on both; auto takes the other one from SystemInfo",
			apply: func(_ *Config, t *Target, v parsed) { t.Nodes, t.FindNodes = v.nodes, v.yes }},
		{Flag: "user-agent", Key: "target.user_agent", Kind: Text, Arg: "TEXT", Help: "User-Agent instead of the program's own, for a reverse proxy that wants a browser's; the requirement's id then has a header of its own, X-Conformance-Requirement",
			apply: func(_ *Config, t *Target, v parsed) { t.UserAgent = v.text }},
		{Flag: "cert-file", Key: "target.cert_file", Kind: Path, Arg: "FILE", Help: "PEM certificate that the run shows to the target",
			apply: func(_ *Config, t *Target, v parsed) { t.CertFile = v.text }},
		{Flag: "key-file", Key: "target.key_file", Kind: Path, Arg: "FILE", Help: "PEM key of cert_file, default cert_file itself",
			apply: func(_ *Config, t *Target, v parsed) { t.KeyFile = v.text }},
		{Flag: "deployment", Key: "deployment", Kind: Choice, Choices: []string{"auto", "ucce", "uccx"}, Default: "auto", Help: "kind of deployment; auto asks SystemInfo",
			apply: func(_ *Config, t *Target, v parsed) { t.Deployment = v.deployment() }},
		{Flag: "release", Key: "release", Kind: ReleaseOf, Arg: "VERSION", Default: "auto", Help: "release such as 12.5(1), which picks the clauses that apply; auto asks SystemInfo",
			apply: func(_ *Config, t *Target, v parsed) { t.Release = v.release }},
		{Key: "unused_extension", Kind: Text, Arg: "NUMBER", Help: "extension that no device has, for sign-ins that must be refused; else an improbable one is made up",
			apply: func(_ *Config, t *Target, v parsed) { t.UnusedExtension = v.text }},
		{Key: "timing.request", Kind: Duration, Arg: "DURATION", Default: "15s", Help: "longest time for one HTTP exchange; where it is not set, no more than twice the settle time, and at least 5s",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.Request = v.duration }},
		{Flag: "settle", Key: "timing.settle", Kind: Duration, Arg: "DURATION", Default: "10s", Help: "longest wait for an accepted change to show",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.Settle = v.duration }},
		{Flag: "quiet-time", Key: "timing.quiet", Kind: Duration, Arg: "DURATION", Default: "2s", Help: "how long nothing may change after a refusal",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.Quiet = v.duration }},
		{Key: "timing.poll", Kind: Duration, Arg: "DURATION", Default: "200ms", Help: "time between two looks at a user",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.Poll = v.duration }},
		{Key: "timing.longest_wait", Kind: Duration, Arg: "DURATION", Default: "60s", Help: "longest wait for timers of the target, such as wrap-up",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.LongestWait = v.duration }},
		{Key: "timing.outage", Kind: Duration, Arg: "DURATION", Default: "60s", Help: "how long a target that goes away in the middle of a run is waited for",
			apply: func(_ *Config, t *Target, v parsed) { t.Timing.Outage = v.duration }},
		{Key: "notifications", Kind: Choice, Choices: []string{"auto", "off"}, Default: "auto", Help: "auto looks for the notification service where SystemInfo and the release tell; off listens to none; a mapping says where it is",
			apply: func(_ *Config, t *Target, v parsed) { t.FindNotifications = v.text == "auto" }},
		{Key: "notifications.url", Kind: Address, Arg: "URL", Help: "notification service, wss://host:8445/ws/ or xmpps://host:5223",
			apply: func(_ *Config, t *Target, v parsed) { t.Notifications, t.FindNotifications = v.address, false }},
		{Key: "notifications.domain", Kind: Text, Arg: "NAME", Help: "XMPP domain of the users, else that of SystemInfo (xmppDomain)",
			apply: func(_ *Config, t *Target, v parsed) { t.XMPPDomain = v.text }},
		{Key: "notifications.pubsub", Kind: Text, Arg: "NAME", Help: "address of the publish-subscribe service, else that of SystemInfo (xmppPubSubDomain), else pubsub. and the domain",
			apply: func(_ *Config, t *Target, v parsed) { t.XMPPPubSubDomain = v.text }},
		{Key: "notifications.headers", Kind: Headers, Arg: "MAPPING", Help: "headers of the WebSocket handshake, beside those of target.headers; their values are kept secret",
			apply: func(_ *Config, t *Target, v parsed) { t.NotificationHeaders = v.headers }},
		{Key: "notifications.subprotocols", Kind: List, Arg: "NAME…", Help: "offered with the WebSocket handshake beside xmpp; kept secret",
			apply: func(_ *Config, t *Target, v parsed) { t.Subprotocols = v.list }},
		{Key: "stimuli.http", Kind: Address, Arg: "URL", Help: "web service that makes calls happen",
			apply: func(_ *Config, t *Target, v parsed) { t.StimulusHTTP = v.address }},
		{Key: "stimuli.exec", Kind: Command, Help: "command that makes calls happen, and its first arguments",
			apply: func(_ *Config, t *Target, v parsed) { t.StimulusExec = v.list }},

		{Flag: "only", Key: "run.only", Kind: List, Arg: "PATTERN…", Help: "run only these requirements, * allowed",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Only = v.list }},
		{Flag: "profile", Key: "run.profile", Kind: List, Arg: "NAME…", Help: "run only the requirements of these profiles, and let the verdict speak of them; `list --profile NAME` shows one",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Profiles = v.list }},
		{Flag: "skip", Key: "run.skip", Kind: List, Arg: "PATTERN…", Help: "leave these requirements out, * allowed",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Skip = v.list }},
		{Flag: "procs", Key: "run.procs", Kind: Count, Arg: "N", Default: "1", Help: "number of processes, auto for as many as the cast allows; the embedded reference has eight by default",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Procs = int(v.count) }},
		{Flag: "shard", Key: "run.shard", Kind: ShardOf, Arg: "I/N", Help: "run part I of N; auto/N takes I from JOB_COMPLETION_INDEX",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Shard = v.shard }},
		{Flag: "out", Key: "run.out", Kind: Path, Arg: "DIR", Default: "conformance-report", Help: "folder for the reports",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Out = v.text }},
		{Flag: "junit", Key: "run.junit", Kind: Path, Arg: "FILE", Help: "JUnit report, default junit.xml in the folder",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.JUnit = v.text }},
		{Flag: "json", Key: "run.json", Kind: Path, Arg: "FILE", Help: "result file, default results.json in the folder",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.JSON = v.text }},
		{Flag: "html", Key: "run.html", Kind: Path, Arg: "FILE", Help: "HTML report, default report.html in the folder",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.HTML = v.text }},
		{Flag: "har", Key: "run.har", Kind: Path, Arg: "FILE", Help: "all exchanges as an HTTP archive",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.HAR = v.text }},
		{Flag: "waivers", Key: "run.waivers", Kind: Path, Arg: "FILE", Help: "failures that are known and accepted",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Waivers = v.text }},
		{Flag: "baseline", Key: "run.baseline", Kind: Path, Arg: "FILE", Help: "result file of an earlier run to compare with",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Baseline = v.text }},
		{Flag: "sign-key", Key: "run.sign_key", Kind: Path, Arg: "FILE", Help: "private key that signs the statement of the run; `keygen` makes one",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.SignKey = v.text }},
		{Flag: "require-complete", Key: "run.require_complete", Kind: Bool, Help: "exit 4 when an applicable MUST or EITHER requirement was not exercised",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.RequireComplete = v.yes }},
		{Flag: "timeout", Key: "run.timeout", Kind: Duration, Arg: "DURATION", Help: "end the whole run after this time",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Timeout = v.duration }},
		{Flag: "journal", Key: "run.journal", Kind: Path, Arg: "FILE", Help: "journal of what the run changes, default journal.jsonl in the folder",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Journal, c.Run.JournalNamed = v.text, true }},
		{Flag: "force", Key: "run.force", Kind: Bool, Help: "also touch users who are on a call or not in a resting state",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Force = v.yes }},
		{Flag: "max-requests-per-second", Key: "run.max_requests_per_second", Kind: Number, Arg: "N", Help: "never send more, over all processes",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.MaxRequestsPerSecond = v.number }},
		{Flag: "fail-on", Key: "run.fail_on", Kind: Choice, Choices: []string{"drift"}, Help: "drift: fail when behaviour differs from the baseline",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.FailOnDrift = v.text == "drift" }},
		{Flag: "seed", Key: "run.seed", Kind: Count, Arg: "N", Help: "order of the requirements, 0 for the catalogue's; else drawn and printed, but for the embedded reference",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Seed, c.Run.SeedGiven = v.count, true }},
		{Flag: "repeat", Key: "run.repeat", Kind: Count, Arg: "N", Default: "1", Help: "play every requirement N times, in other orders and with other users, and report how often each failed; those that cost a refused sign-in once",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Repeat = int(v.count) }},
		{Flag: "map", Key: "run.map", Kind: Bool, Help: "make the behaviour map after the run, as the command map does",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Map = v.yes }},
		{Flag: "dry-run", Key: "run.dry_run", Kind: Bool, Help: "print the plan and change nothing",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.DryRun = v.yes }},
		{Flag: "no-color", Key: "run.no_color", Kind: Bool, Help: "print without colors",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.NoColor = v.yes }},
		{Flag: "quiet", Key: "run.quiet", Kind: Bool, Help: "print nothing but the verdict and failures",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Quiet = v.yes }},
		{Flag: "progress", Key: "run.progress", Kind: Choice, Choices: []string{"auto", "plain", "json", "none"}, Default: "auto", Help: "how progress is shown",
			apply: func(c *Config, _ *Target, v parsed) { c.Run.Progress = v.text }},
	}
}
