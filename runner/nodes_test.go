package runner_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/suites/evidence"
)

var nodeRows = []string{"NOD-01", "NOD-02", "NOD-03", "NOD-04", "NOD-05", "NOD-06", "NOD-07"}

// Two nodes of one system are watched, and each deviation of the other one is
// told by the row that is about it and by no other.
func TestOtherNode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault reference.NodeFault
		rows  []string // that tell of it
		says  string
	}{
		{"", nil, ""},
		{reference.NodeStale, []string{"NOD-01", "NOD-07"}, "the other node"},
		{reference.NodeReady, []string{"NOD-01"}, "the other node"},
		{reference.NodeCodes, []string{"NOD-03"}, "ReasonCodes/ReasonCode/label"},
		{reference.NodeRefusal, []string{"NOD-04"}, "ApiErrors/ApiError/ErrorType"},
		{reference.NodeExtension, []string{"NOD-07"}, "User/extension"},
		{reference.NodeAuthMode, []string{"NOD-05"}, "UserAuthMode/authMode"},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				played := bed.Play(t, bed.Deployment{
					Second: &reference.SecondNode{Lag: 150 * time.Millisecond, Skew: -400 * time.Millisecond, Fault: test.fault},
				}, nodeRows...)
				for _, id := range nodeRows {
					v := played.Verdict(id)
					if v.Outcome != evidence.Info {
						t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
					}
					if odd := strings.Contains(v.Observed.Note, "saw "); odd != slices.Contains(test.rows, id) {
						t.Errorf("%s says %q", id, v.Observed.Note)
					} else if odd && !strings.Contains(v.Observed.Note, test.says) {
						t.Errorf("%s says %q, not %q", id, v.Observed.Note, test.says)
					}
				}
				if note := played.Verdict("NOD-06").Observed.Passing; !strings.Contains(note, "-400ms") {
					t.Errorf("the skew is not told: %q", note)
				}
				if note := played.Verdict("NOD-02").Observed.Passing; test.fault == "" && strings.Count(note, "within") != 2 {
					t.Errorf("the lag is not told: %q", note)
				}
				if failed, left := played.Failed(), played.Left; len(failed)+len(left) > 0 {
					t.Errorf("%v failed, %v are not back", failed, left)
				}
			})
		})
	}
}

// What is no node of the same system is said to be none, before anybody is
// touched.
func TestOtherSystem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  reference.NodeFault
		other  string
		beside func(next http.Handler) http.Handler
		says   string
	}{
		"each names the other first": {other: "auto", beside: sayingNodes("127.0.0.2", "127.0.0.1")},
		"names itself twice":         {other: "auto", beside: sayingNodes("127.0.0.2", "127.0.0.2"), says: "its SystemInfo names the nodes 127.0.0.2 and 127.0.0.2, that of the first node 127.0.0.1 and 127.0.0.2"},
		"a loop of three":            {other: "auto", beside: sayingNodes("127.0.0.2", "127.0.0.3"), says: "its SystemInfo names the nodes 127.0.0.2 and 127.0.0.3"},
		"sends back to the first":    {other: "auto", beside: redirecting("http://127.0.0.1:8445"), says: "it redirects to http://127.0.0.1:8445/finesse/api/SystemInfo"},
		"other users":                {fault: reference.NodeStranger, says: "does not know user"},
		"other deployment":           {fault: reference.NodeKind, says: `of the deployment type "OTHER"`},
		"found":                      {other: "auto"},
		"found, strange":             {other: "auto", fault: reference.NodeStranger, says: "does not know user"},
		"the first again":            {other: "http://LOCALHOST:8445", says: "is the first one by another name: both lead to 127.0.0.1"},
		"a page to sign in":          {beside: signingIn("/finesse/"), says: ": a page to sign in was answered in place of the API"},
		"a page for users alone":     {beside: signingIn("/User/"), says: ": a page to sign in was answered in place of the API"},
		"no API":                     {other: "http://127.0.0.1:8445/elsewhere", says: "GET SystemInfo was answered with HTTP 404"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := bed.TryOpen(t, bed.Deployment{
					Second: &reference.SecondNode{Fault: test.fault}, AroundSecond: test.beside,
					Subject: func(s *runner.Subject) { s.OtherNode = orOther(test.other, s.OtherNode) },
				})
				var unable *preflight.Unable
				switch {
				case test.says == "" && err != nil:
					t.Fatal(err)
				case test.says == "":
					if o := b.Survey().Other; o.URL != "http://127.0.0.2:8445" || o.Why != "" {
						t.Errorf("the other node is %+v", o)
					}
				case !errors.As(err, &unable) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "target."):
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// sayingNodes has a node name others than it does.
func sayingNodes(primary, secondary string) func(http.Handler) http.Handler {
	host := regexp.MustCompile(`<host>[^<]*</host>`)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/SystemInfo") {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			names := []string{primary, secondary}
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			_, _ = io.WriteString(w, host.ReplaceAllStringFunc(answer.Body.String(), func(string) string {
				name := names[0]
				names = append(names[1:], name)
				return "<host>" + name + "</host>"
			}))
		})
	}
}

// signingIn gives a page to sign in, with success, to whatever has something in
// its path.
func signingIn(part string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, part) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<!DOCTYPE html><html><body><form method=post>Sign in <input type=password></form></body></html>")
		})
	}
}

// redirecting sends everybody elsewhere.
func redirecting(to string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, to+r.URL.Path, http.StatusFound)
		})
	}
}

func orOther(say, otherwise string) string {
	if say == "" {
		return otherwise
	}
	return say
}
