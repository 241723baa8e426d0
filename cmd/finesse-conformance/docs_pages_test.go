package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/extent"
)

// docsLong are commands of the documentation that take minutes or do not end:
// of the first the plan is looked at, the others are started by tests of their
// own.
var (
	docsLong     = regexp.MustCompile(`^finesse-conformance (map|explore) `)
	docsEndless  = regexp.MustCompile(`^finesse-conformance serve `)
	docsCommand  = regexp.MustCompile(`(?m)^finesse-conformance .*$`)
	docsSteps    = regexp.MustCompile(`--steps \d+`)
	docsContinue = strings.NewReplacer("\\\n", " ")
)

// The commands of every page of the documentation, run by a shell as they stand
// there, do what they are there for: on the reference, and with few
// requirements in the place of all.
func TestDocsPages(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	s := serve(t)
	bin := t.TempDir()
	if err := os.Symlink(executable(t), filepath.Join(bin, "finesse-conformance")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	env := append(neutral(), asProgram+"=1", "XDG_CACHE_HOME="+s.dir, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"FINESSE_CONFORMANCE_QUIET_TIME=50ms")
	do := func(t *testing.T, line string, more ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "sh", "-c", line)
		c.Dir, c.Env = s.dir, append(slices.Clone(env), more...)
		if out, err := c.CombinedOutput(); err != nil && !onlySlower.Match(out) {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	// What pages take for granted: a configuration, its reports, two runs to
	// compare, the results of a night, and the parts of a run.
	for _, name := range []string{"finesse.yaml", "shard-2.yaml"} {
		file(t, filepath.Join(s.dir, name), contents(t, s.config))
	}
	const few = "FINESSE_CONFORMANCE_ONLY=SIG-01,ERR-01"
	do(t, "finesse-conformance run --config finesse.yaml --quiet --out before", few)
	do(t, "finesse-conformance map --config finesse.yaml --quiet --only MAP-LOGOUT-self --out before")
	do(t, "finesse-conformance explore --config finesse.yaml --quiet --steps 1 --out before")
	do(t, "mkdir results; cp -r before after; cp -r before results/a; cp -r before conformance-report")
	for _, part := range []string{"1", "3", "4"} {
		do(t, "finesse-conformance run --config finesse.yaml --quiet --shard "+part+"/4 --out out/shard-"+part, few)
	}
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range pages {
		name := filepath.Base(page)
		t.Run(name, func(t *testing.T) {
			for _, line := range docsCommand.FindAllString(docsContinue.Replace(contents(t, page)), -1) {
				switch {
				case docsEndless.MatchString(line):
					continue
				case docsLong.MatchString(line):
					// A plan of fewer steps is made sooner.
					line = strings.Replace(docsSteps.ReplaceAllString(line, "--steps 20"), " explore", " explore --steps 20", 1)
					do(t, line, "FINESSE_CONFORMANCE_DRY_RUN=true")
				case name == "statement.md": // there is none of a selection
					do(t, line, "FINESSE_CONFORMANCE_PROFILE=sso")
				default:
					do(t, line, few)
				}
				ran++
			}
		})
	}
	if ran < 20 {
		t.Errorf("only %d commands were run", ran)
	}
}
