package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"finesse-conformance/internal/extent"
)

// planted are passwords in the forms in which somebody could find them.
type planted map[string]string // form to where it comes from

// plant adds a user's password: as it is, as part of Basic credentials, and
// as it stands in XML, HTML, addresses and dumps.
func (p planted) plant(user, password string) {
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	for what, form := range map[string]string{
		"as it is": password, "in Basic credentials": strings.TrimRight(basic, "="), "in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(password)), "="),
		"in an address": url.QueryEscape(password), "in HTML": html.EscapeString(password), "in hexadecimal": hex.EncodeToString([]byte(password)),
		"quoted": strings.Trim(strconv.Quote(password), `"`),
	} {
		if _, known := p[form]; !known {
			p[form] = "the password of " + user + " " + what
		}
	}
	// SASL PLAIN, as in XMPP.
	p[strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)), "=")] = "the password of " + user + " in SASL"
}

// in gives what of it a text holds.
func (p planted) in(text string) []string {
	var found []string
	for form, what := range p {
		if strings.Contains(text, form) {
			found = append(found, what)
		}
	}
	return found
}

// packed are the parts of a text that may be something in base64, without its padding.
func packed(text string) iter.Seq[string] {
	return strings.FieldsFuncSeq(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/'
	})
}

// unpacked is a file's text with all that is packed in it.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw) + gunzipped(raw)
	for piece := range packed(string(raw)) {
		if len(piece) < 200 {
			continue
		}
		if inner, err := base64.RawStdEncoding.DecodeString(piece); err == nil {
			text += string(inner) + gunzipped(inner)
		}
	}
	return text
}

func gunzipped(raw []byte) string {
	zip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return ""
	}
	return string(text)
}

// echoing stands before the reference and tells everybody's credentials to
// everybody: in headers, bodies and errors.
func echoing(t *testing.T, s *served) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		user, password, _ := r.BasicAuth()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("Location", "http://"+user+":"+url.QueryEscape(password)+"@elsewhere.example/")
		w.Header().Set("Set-Cookie", "session="+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
		told := fmt.Sprintf("<password>%s</password><a>%s</a><b>%s</b>", html.EscapeString(password), r.Header.Get("Authorization"),
			base64.StdEncoding.EncodeToString([]byte(password)))
		text := strings.Replace(string(answer), "</ErrorMessage>", html.EscapeString(password)+" "+r.Header.Get("Authorization")+"</ErrorMessage>", 1)
		text = strings.Replace(text, "</User>", told+"</User>", 1)
		if text == "" {
			text = "Refused for " + user + ":" + password
		}
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/Dialogs") {
			tooMuch(w, text, "HTTP/1.1 "+user+":"+password)
			return
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// tooMuch sends an answer and, when it was read, something more on the same
// connection.
func tooMuch(w http.ResponseWriter, text, more string) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	time.Sleep(10 * time.Millisecond)
	_, _ = io.WriteString(c, more)
}

// No password leaves a run: not in anything that it writes or prints, however
// much it prints and whatever goes wrong, and not in the arguments of its
// processes.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	s := serve(t, "--troupes", "2")
	secrets := planted{}
	for _, u := range s.Users {
		secrets.plant(u.ID, u.Password+u.Token) // it has one of both
		for part := range strings.SplitSeq(u.Token, ".") {
			if part != "" {
				secrets.plant(u.ID, part)
			}
		}
	}
	// One password comes from the environment, one from a file.
	file := filepath.Join(s.dir, "password")
	if err := os.WriteFile(file, []byte(s.Users[1].Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.rewrite(t, s.Users[0].Password, "${PLANTED}",
		"password: "+strconv.Quote(s.Users[1].Password), "password_file: "+file)
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	configured := func(name string, pairs ...string) string {
		path := filepath.Join(s.dir, name+".config")
		if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const wrong = "wr0ng&<pass>word!"
	secrets.plant(s.Users[2].ID, wrong)
	broken := configured("broken", "users:", "users: &x\n  - {id: 1, password: "+wrong+", pasword: [") // no YAML any more
	odd := configured("odd", "extension:", "extnsion:")
	refused := configured("refused", strconv.Quote(s.Users[2].Password), strconv.Quote(wrong))
	inAddress := configured("address", "url: https://", "url: https://joe:"+url.QueryEscape(wrong)+"@")
	echo := configured("echo", s.Target.URL, echoing(t, s))
	env := append(s.env, "PLANTED="+s.Users[0].Password)
	out := filepath.Join(s.dir, "out")
	few := []string{"--only", "AUT-0[1-3],AUT-10,SIG-01,ERR-01,NTF-01,TRN-UCCE-07", "--quiet-time", "20ms"} // the echoing target alone has more

	for i, test := range []struct {
		name string
		code int // -1 for any
		args []string
	}{
		{"plain", 0, append([]string{"run", "--config", s.config, "--har", filepath.Join(out, "plain", "a.har"), "--progress", "plain"}, few...)},
		{"json", 0, append([]string{"run", "--config", s.config, "--progress", "json", "--procs", "2"}, few...)},
		{"quiet", 0, append([]string{"run", "--config", s.config, "--quiet"}, few...)},
		{"dry", 0, append([]string{"run", "--config", s.config, "--dry-run"}, few...)},
		{"doctor", -1, []string{"doctor", "--config", s.config}},
		{"list", 0, []string{"list", "--config", s.config, "--format", "json"}},
		{"wrong password", 3, append([]string{"run", "--config", refused}, few...)},
		{"wrong password, doctor", -1, []string{"doctor", "--config", refused}},
		{"password in the address", -1, append([]string{"run", "--config", inAddress}, few...)},
		{"no YAML", 2, []string{"run", "--config", broken}},
		{"unknown key", 2, []string{"run", "--config", odd}},
		{"variable not set", 2, []string{"run", "--config", s.config, "--release", "nonsense"}},
		{"echoing target", -1, []string{"run", "--config", echo, "--har", filepath.Join(out, "echo.har"), "--progress", "json",
			"--only", "AUT-*,USR-01,USR-09,SIG-01,RSN-0*,ERR-0*,SUP-02,NTF-01,TRN-UCCE-07,TRN-UCCE-08", "--quiet-time", "20ms"}},
		{"echoing target, doctor", -1, []string{"doctor", "--config", echo}},
		{"not reachable", 3, []string{"run", "--config", configured("gone", s.Target.URL, "https://127.0.0.1:1")}},
	} {
		if i%extent.Of(4, 1, 1) != 0 {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			if args[0] == "run" {
				args = append(args, "--out", filepath.Join(out, test.name))
			}
			p := start(t, env, args...)
			watched := watchArguments(p, secrets)
			if code := p.code(t, longest); test.code >= 0 && code != test.code {
				t.Errorf("exit code %d:\n%s", code, p.out.String())
			}
			if found := <-watched; len(found) > 0 {
				t.Errorf("in arguments: %v", found)
			}
			t.Logf("exit code %d, %d bytes printed", p.ProcessState.ExitCode(), len(p.out.String()))
			if found := secrets.in(p.out.String()); len(found) > 0 {
				t.Errorf("printed: %v\n%s", found, p.out.String())
			}
		})
	}

	t.Run("killed and restored", func(t *testing.T) {
		run, out := begin(t, &served{dir: s.dir, config: s.config, env: env})
		_ = run.Process.Signal(syscall.SIGQUIT) // a dump of all goroutines
		<-run.done
		restored := start(t, env, "restore", "--config", s.config, "--out", out)
		if code := restored.code(t, longest); code != 0 {
			t.Errorf("restore: exit code %d:\n%s", code, restored.out.String())
		}
		if !strings.Contains(run.out.String(), "goroutine 1 ") {
			t.Errorf("no dump: %s", run.out.String())
		}
		if found := secrets.in(run.out.String() + restored.out.String()); len(found) > 0 {
			t.Errorf("printed: %v", found)
		}
	})

	files := 0
	err = filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == file || name == s.config || strings.HasSuffix(name, ".config") {
			return err
		}
		files++
		if found := secrets.in(unpacked(t, name)); len(found) > 0 {
			t.Errorf("%s holds %v", name, found)
		}
		return nil
	})
	if err != nil || files < extent.Of(20, 40, 40) {
		t.Errorf("%d files looked at, %v", files, err)
	}
	t.Logf("%d files looked at for %d forms of %d passwords", files, len(secrets), len(s.Users)+1)
	if found := secrets.in(unpacked(t, s.config)); len(found) == 0 {
		t.Error("not even the configuration holds a password: the search finds nothing")
	}
}

// watchArguments looks at the arguments of a process and its children for as
// long as it lives.
func watchArguments(p *program, secrets planted) <-chan []string {
	result := make(chan []string, 1)
	go func() {
		var found []string
		for {
			for _, pid := range append(childrenOf(p.Process.Pid), p.Process.Pid) {
				line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				if err != nil {
					continue // it has ended
				}
				found = append(found, secrets.in(string(line))...)
			}
			select {
			case <-p.done:
				result <- found
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return result
}

// childrenOf gives the children of a process that lives.
func childrenOf(pid int) []int {
	var children []int
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, thread := range threads {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name())) // it may just have ended
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				children = append(children, n)
			}
		}
	}
	return children
}
