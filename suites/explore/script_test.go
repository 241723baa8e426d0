package explore_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/spec"
	"finesse-conformance/suites/explore"
)

// The script of a finding shows it where it is, also what comes right after another
// or at the same moment, and not on a deployment that does what the guide says. What
// comes together is asked for by one curl, whose arguments have no password in them.
func TestScriptShows(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl")
	}
	put := func(s spec.State) spec.When {
		w := spec.When{By: spec.Self, Put: &spec.Put{State: string(s), Reason: spec.ReasonAuto}}
		if s == spec.Login {
			w.Put.Extension = spec.ExtensionOwn
		}
		return w
	}
	for _, test := range []struct {
		fault       string
		from        spec.State
		how         explore.How
		does        []spec.When
		right, seen spec.State
		curls       string // with which arguments curl is called: what comes together is asked for by one
	}{
		{"second-of-two-lost", spec.Logout, explore.InARow, []spec.When{put(spec.Login), put(spec.Ready)}, spec.Ready, spec.NotReady, "-sK -\n-K -\n"},
		{"same-request-twice-signs-out", spec.NotReady, explore.Together, []spec.When{put(spec.NotReady), put(spec.NotReady)}, spec.NotReady, spec.Logout, "-sK -\n-K -\n--parallel --parallel-immediate -sK -\n-K -\n"},
	} {
		for _, faults := range [][]string{nil, {test.fault}} {
			t.Run(fmt.Sprint(test.fault, len(faults)), func(t *testing.T) {
				t.Parallel()
				config, err := reference.Default(reference.UCCE, release.String(), 1)
				if err != nil {
					t.Fatal(err)
				}
				agent := &config.Users[0]
				agent.Password, config.Faults, config.Delay = `p"a\ss'$w o`, faults, 200*time.Millisecond
				d, err := reference.New(config)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				server := httptest.NewServer(d)
				defer server.Close()
				f := explore.Finding{Walk: explore.Walk{Name: "EXP-1-1", Start: spec.Situation{State: test.from}, Rounds: []explore.Round{{How: test.how, Does: test.does}}}}
				dir := t.TempDir()
				script, told := filepath.Join(dir, "script.sh"), filepath.Join(dir, "told")
				write(t, script, modelOf(t, reference.UCCE).Script(f, server.URL))
				write(t, filepath.Join(dir, "curl"), "#!/bin/sh\necho \"$@\" >> "+told+"\nexec "+curl+" \"$@\"\n")
				c := exec.CommandContext(t.Context(), "sh", script)
				c.Env = []string{
					"PATH=" + dir + ":" + os.Getenv("PATH"), "WAIT=1", "AGENT_ID=" + agent.ID, "AGENT_PASSWORD=" + agent.Password, "AGENT_EXTENSION=" + agent.Extension,
					fmt.Sprint("FIRST_REASON=", config.ReasonCodes[0].ID),
				}
				out, err := c.CombinedOutput()
				want := test.right
				if faults != nil {
					want = test.seen
				}
				if err != nil || !strings.HasSuffix(string(out), "202 202 -> "+string(want)+"\n") {
					t.Errorf("%v, %s is not the end of:\n%s", err, want, out)
				}
				if args, err := os.ReadFile(told); err != nil || string(args) != test.curls {
					t.Errorf("%v, curl was called with:\n%s", err, args)
				}
			})
		}
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}

// What a target says stays in the comment of a script, however many lines it has.
func TestScriptRunsNothingThatATargetSays(t *testing.T) {
	t.Parallel()
	m := modelOf(t, reference.UCCE)
	synctest.Test(t, func(t *testing.T) {
		p := newProxy(func(p *proxy, c call) {
			if c.state != string(spec.Ready) {
				p.pass(c)
				return
			}
			c.w.Header().Set("Content-Type", "application/xml")
			c.w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(c.w, "<ApiErrors><ApiError><ErrorType>Odd\nrm -r this\r##[error]that</ErrorType><ErrorMessage/><ErrorData/></ApiError></ApiErrors>")
		})
		b := bed.Open(t, bed.Deployment{Around: p.around})
		search := &explore.Search{Generator: generator(m, 1), Steps: 40}
		search.Work(t.Context(), exercise(b))
		found := search.Result().Findings
		if len(found) == 0 || !strings.Contains(found[0].Deviation.Seen, "Odd") {
			t.Fatalf("not found: %+v", found)
		}
		for line := range strings.Lines(m.Script(found[0], "https://finesse.example")) {
			if strings.Contains(line, "rm -r this") && !strings.HasPrefix(line, "#") || strings.Contains(line, "##[") {
				t.Errorf("a line of the script is %q", line)
			}
		}
	})
}
