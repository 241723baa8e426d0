package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/extent"
)

// mostMemory is what a process of a run takes up at most, in kB, whatever the
// target sends.
const mostMemory = 200 << 10

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// watchMemory gives the peak of a program and of each process that it starts,
// in kB, once it has ended.
func watchMemory(p *program) <-chan map[string]int {
	done := make(chan map[string]int, 1)
	go func() {
		peaks := map[string]int{}
		for {
			select {
			case <-p.done:
				done <- peaks
				return
			case <-time.After(20 * time.Millisecond):
			}
			pids := []string{strconv.Itoa(p.Process.Pid)}
			for i := 0; i < len(pids); i++ {
				threads, _ := filepath.Glob("/proc/" + pids[i] + "/task/*/children") // each may have started some
				for _, thread := range threads {
					children, _ := os.ReadFile(thread)
					pids = append(pids, strings.Fields(string(children))...)
				}
			}
			for _, pid := range pids {
				status, _ := os.ReadFile("/proc/" + pid + "/status")
				if m := peak.FindSubmatch(status); m != nil {
					kB, _ := strconv.Atoi(string(m[1]))
					peaks[pid] = max(peaks[pid], kB)
				}
			}
		}
	}()
	return done
}

// No process takes up more than 200 MB, however long answers are, and no run
// much longer than its time limit.
func TestMemoryIsBounded(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	limit, rows := 3*time.Second, "ERR-0*"
	if extent.Long() {
		limit, rows = time.Minute, "*"
	}
	noise := make([]byte, 2<<20)
	for i := range noise {
		noise[i] = 'a' + byte(rand.IntN(26))
	}
	distinct := func() string {
		at := rand.IntN(1 << 20)
		return string(noise[at : at+1<<20-4096])
	}
	for name, test := range map[string]struct {
		more  func() string // for the answer of a GET, before the end of its root
		procs string
	}{
		"distinct":                   {distinct, "1"},
		"distinct, in two processes": {distinct, "2"},
		"many elements":              {func() string { return strings.Repeat("<a>"+strconv.Itoa(rand.IntN(1000))+"</a>", 18_000) }, "1"},
		"deep":                       {func() string { return strings.Repeat("<a>", 170_000) + strings.Repeat("</a>", 170_000) }, "1"},
		"references":                 {func() string { return "<a>" + strings.Repeat("&#97;", 200_000) + "</a>" }, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			if !extent.Long() && name != "distinct" && name != "deep" {
				t.Skip("takes its time limit, which adds up")
			}
			s := serve(t, "--troupes", test.procs)
			lying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				req, err := http.NewRequest(r.Method, s.Target.URL+r.URL.RequestURI(), bytes.NewReader(body))
				if err != nil {
					panic(http.ErrAbortHandler)
				}
				req.Header = r.Header.Clone()
				resp, err := s.client.Transport.RoundTrip(req)
				if err != nil {
					panic(http.ErrAbortHandler)
				}
				defer resp.Body.Close()
				answer, _ := io.ReadAll(resp.Body)
				w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
				w.WriteHeader(resp.StatusCode)
				if end := bytes.LastIndex(answer, []byte("</User>")); end > 0 {
					answer = []byte(string(answer[:end]) + "<more>" + test.more() + "</more></User>")
				}
				_, _ = w.Write(answer)
			}))
			t.Cleanup(lying.Close)
			s.rewrite(t, s.Target.URL, lying.URL)
			out := filepath.Join(s.dir, "out")
			began := time.Now()
			run := start(t, s.env, "run", "--config", s.config, "--out", out, "--progress", "none", "--quiet-time", "50ms",
				"--procs", test.procs, "--only", rows, "--timeout", limit.String())
			peaks := watchMemory(run)
			code := run.code(t, 4*limit+time.Minute)
			took := time.Since(began)
			for pid, kB := range <-peaks {
				t.Logf("process %s: %d MB", pid, kB>>10)
				if kB > mostMemory {
					t.Errorf("a process took up %d MB", kB>>10)
				}
			}
			t.Logf("exit code %d after %v", code, took)
			if took > limit+time.Minute {
				t.Errorf("ended after %v, with a time limit of %v", took, limit)
			}
			files, _ := os.ReadDir(out)
			for _, f := range files {
				if info, err := f.Info(); err == nil {
					t.Logf("%s: %d kB", f.Name(), info.Size()>>10)
				}
			}
			again := start(t, s.env, "recheck", filepath.Join(out, "evidence.jsonl.gz"), "--out", filepath.Join(s.dir, "again"))
			peaks = watchMemory(again)
			again.code(t, longest)
			for _, kB := range <-peaks {
				t.Logf("recheck: %d MB", kB>>10)
				if kB > mostMemory {
					t.Errorf("recheck took up %d MB:\n%s", kB>>10, again.out.String())
				}
			}
		})
	}
}
