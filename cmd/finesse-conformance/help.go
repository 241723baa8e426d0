package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
)

// help is what the help of a command says beside its flags.
type help struct {
	// examples are command lines without the name of the program, each with
	// what it does.
	examples [][2]string
	// exits say what exit codes mean where they are not those of a run, from
	// 0 on.
	exits []string
	// asRun: the exit codes are those of a run.
	asRun bool
}

const usageExit = "  2  wrong usage or configuration"

var helps = map[string]help{
	"run": {asRun: true, examples: [][2]string{
		{"run", "certify the embedded reference: a first look, nothing is configured"},
		{"run --config finesse.yaml", "certify a target"},
		{"run --config finesse.yaml --dry-run", "print what a run would do to whom, and change nothing"},
		{"run --config finesse.yaml --profile core,supervisor", "certify parts of the catalogue"},
		{"run --config finesse.yaml --only 'SIG-*,ERR-01'", "try some requirements; no certificate"},
	}},
	"map": {asRun: true, examples: [][2]string{
		{"map --config finesse.yaml --budget 10m", "the most telling situations, for ten minutes"},
	}},
	"doctor": {examples: [][2]string{
		{"doctor --config finesse.yaml", "what is missing, and which requirements that costs"},
		{"doctor --config finesse.yaml --sign-in", "and whether everybody can sign in to work"},
	}, exits: []string{"  0  a run is possible", usageExit, "  3  the target cannot be certified as it is"}},
	"init": {examples: [][2]string{
		{"init --write finesse.yaml", "a configuration to fill in, with a schema for editors beside it"},
		{"init --target https://finesse1.example.com:8445 --user 1001001", "filled in from a target"},
	}},
	"restore": {examples: [][2]string{
		{"restore --config finesse.yaml", "put back whom a run that was killed has left behind"},
	}, exits: []string{"  0  everybody is back", usageExit, "  7  somebody is not"}},
	"list": {examples: [][2]string{
		{"list", "all requirements"},
		{"list 'SIG-*' RSN", "some, by id and by section"},
		{"list core --format json", "those of a profile, for a program"},
		{"list --config finesse.yaml", "what a run on that target would exercise, and why not the rest"},
	}},
	"explain": {examples: [][2]string{{"explain SIG-01", "its clause, the way there, the request, what is accepted"}}},
	"spec": {examples: [][2]string{
		{"spec > openapi.yaml", "the wire, for generators"},
		{"spec --format postman > finesse.json", "a collection for Postman and newman"},
		{"spec config > finesse.schema.json", "the JSON Schema of the configuration, for editors"},
	}},
	"compare": {examples: [][2]string{
		{"compare before after --html upgrade.html", "two folders of reports, before and after an upgrade"},
	}, exits: []string{"  0  nothing is worse", "  1  a requirement is worse off; with --fail-on drift, behaviour changed", usageExit}},
	"history": {examples: [][2]string{
		{"history nightly --html history.html", "what became of each requirement over many runs"},
	}, exits: []string{"  0  nothing turned worse", "  1  something did since the last run", usageExit}},
	"report": {asRun: true, examples: [][2]string{
		{"report shard-*/results.json --out whole", "merge the shards of a run"},
		{"report results.json --propose-waivers > waivers.yaml", "waivers to fill in"},
	}},
	"recheck": {asRun: true, examples: [][2]string{
		{"recheck conformance-report/evidence.jsonl.gz --out again", "judge an old run by the present contract"},
	}},
	"serve": {examples: [][2]string{
		{"serve --write-config reference.yaml", "serve it, with the configuration that certifies it"},
		{"serve --fault mobile-mode-type", "with something wrong; --fault list shows what"},
	}},
	"selftest": {examples: [][2]string{
		{"selftest --fault 'mobile-*'", "that these faults are caught"},
	}, exits: []string{"  0  everything is as expected", "  1  something is not", usageExit}},
	"keygen": {examples: [][2]string{{"keygen --write release.key", "release.key signs, release.key.pub verifies"}}},
	"verify": {examples: [][2]string{
		{"verify conformance-report/statement.intoto.json --key release.key.pub", "that it is signed, and says what the run showed"},
	}, exits: []string{"  0  all of it holds", "  1  something does not", usageExit, "  4  something could not be looked at: no key was given, a file is not there, the contract is another"}},
	"version": {examples: [][2]string{{"version", "of the program and of its contract"}}},
}

// complete gives a command the examples and exit codes that its help says.
func (h help) complete(c *cobra.Command) {
	widest := 0
	for _, e := range h.examples {
		widest = max(widest, len(e[0]))
	}
	var lines []string
	for _, e := range h.examples {
		lines = append(lines, fmt.Sprintf("  %s %-*s  %s", runner.Name, widest, e[0], e[1]))
	}
	c.Example = strings.Join(lines, "\n")
	if !strings.Contains(strings.ToLower(c.Long), strings.ToLower(c.Short)) {
		c.Long = strings.TrimSpace(strings.ToUpper(c.Short[:1]) + c.Short[1:] + ".\n\n" + c.Long)
	}
	switch {
	case h.asRun:
		c.Long += "\n\n" + exitCodes()
	case len(h.exits) > 0:
		c.Long += "\n\nExit codes:\n" + strings.Join(h.exits, "\n")
	}
}

// wrapHelp keeps help to the terminal.
func wrapHelp(root *cobra.Command) {
	show := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		to := c.OutOrStdout()
		var whole strings.Builder
		c.SetOut(&whole)
		show(c, args)
		c.SetOut(to)
		// Nobody reads what could not be written.
		_, _ = text.Wrapping(to, width(os.Stdout)).Write([]byte(whole.String()))
	})
}

// exitCodes says what the exit codes of a run mean, the strongest first.
func exitCodes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Exit codes, the first that applies:\n")
	for _, m := range reports.ExitMeanings() {
		fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Means)
	}
	fmt.Fprintf(&b, "  %3d  conformant: something was verified and nothing that ran failed", reports.ExitConformant)
	return b.String()
}
