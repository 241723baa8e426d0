package client_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// issuer is a deployment with single sign-on: it knows who has which token.
type issuer struct {
	mu     sync.Mutex
	good   string // the token of user 1001
	state  string
	puts   int
	bodies int
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+s.good {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	if r.Method == http.MethodPut {
		body, _ := io.ReadAll(r.Body)
		s.puts, s.bodies = s.puts+1, s.bodies+len(body)
		s.state = "READY"
		w.WriteHeader(http.StatusAccepted)
		return
	}
	fmt.Fprintf(w, "<User><loginId>1001</loginId><state>%s</state></User>", s.state)
}

// say makes the deployment take another token.
func (s *issuer) say(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good = token
}

// tokenFile is a user whose token stands in a file, and the file.
func tokenFile(t *testing.T, token string) (*fixtures.User, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "token")
	write(t, name, token+"\n")
	return &fixtures.User{ID: "1001", Token: fixtures.TokenFrom{File: name}}, name
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func put(as *fixtures.User) client.Call {
	return client.Call{As: as, Method: "PUT", Path: "/finesse/api/User/1001", Body: "<User><state>READY</state></User>", ContentType: "application/xml", Purpose: evidence.ForAct}
}

// purposes tells what was sent, by purpose and status.
func purposes(rec *client.Recorder) string {
	var list []string
	for _, x := range rec.Exchanges() {
		list = append(list, fmt.Sprintf("%s %s %d", x.Method, x.Purpose, x.Status))
	}
	return strings.Join(list, ", ")
}

// A token that expires in the middle of a run is renewed, and the request that
// met the 401 goes again where the user is as it was.
func TestTokenIsRenewed(t *testing.T) {
	target := &issuer{good: "first-token-11", state: "NOT_READY"}
	c := on(t, serve(t, target.ServeHTTP), time.Minute)
	user, name := tokenFile(t, "first-token-11")
	if x := c.Do(t.Context(), nil, get(user)); x.Status != 200 || x.Err != "" {
		t.Fatalf("%d %s", x.Status, x.Err)
	}
	target.say("second-token-22")
	rec := &client.Recorder{}
	time.AfterFunc(50*time.Millisecond, func() { write(t, name, "second-token-22") })
	if x := c.Do(t.Context(), rec, put(user)); x.Status != 202 || x.Err != "" {
		t.Errorf("%d %s", x.Status, x.Err)
	}
	if got := purposes(rec); got != "GET look 401, GET look 200, PUT again 401, PUT act 202" || target.puts != 1 || target.bodies == 0 {
		t.Errorf("sent %s; %d taken", got, target.puts)
	}
}

// Where the user has changed since it was last seen, nothing is sent again.
func TestChangedUserIsNotAskedAgain(t *testing.T) {
	target := &issuer{good: "first-token-11", state: "NOT_READY"}
	c := on(t, serve(t, target.ServeHTTP), time.Minute)
	user, name := tokenFile(t, "first-token-11")
	c.Do(t.Context(), nil, get(user))
	target.mu.Lock()
	target.good, target.state = "second-token-22", "TALKING"
	target.mu.Unlock()
	time.AfterFunc(50*time.Millisecond, func() { write(t, name, "second-token-22") })
	if x := c.Do(t.Context(), nil, put(user)); x.Status != 401 || !x.Barred || !strings.Contains(x.Err, "may have changed") || target.puts != 0 {
		t.Errorf("%d %q, %d sent", x.Status, x.Err, target.puts)
	}
}

// A 401 to a request whose user is let in otherwise is the target's answer.
func TestRefusedRequestWithGoodToken(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	user := &fixtures.User{ID: "1001", Token: fixtures.TokenFrom{Exec: []string{"sh", "-c", "echo x >> " + runs + "; echo good-token-11"}}}
	c := on(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "<User><state>READY</state></User>")
	}), time.Minute)
	if x := c.Do(t.Context(), nil, put(user)); x.Status != 401 || x.Err != "" || x.Barred {
		t.Errorf("%d %q", x.Status, x.Err)
	}
	if asked, _ := os.ReadFile(runs); len(asked) != 2 {
		t.Errorf("the command was asked %d times", len(asked)/2)
	}
}

// A command is asked at first, and again before its token expires; what many
// requests wait for is got once.
func TestTokenCommand(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "token.sh")
	write(t, script, "echo x >> "+dir+"/runs\nn=$(wc -l < "+dir+"/runs | tr -d ' ')\necho '{\"access_token\": \"token-number-'$n'\", \"expires_in\": 1}'\n")
	user := &fixtures.User{ID: "1001", Token: fixtures.TokenFrom{Exec: []string{"sh", "token.sh"}, Dir: dir}}
	var mu sync.Mutex
	var sent []string
	c := on(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, r.Header.Get("Authorization"))
	}), time.Minute)
	var many sync.WaitGroup
	for range 5 {
		many.Go(func() { c.Do(t.Context(), nil, get(user)) })
	}
	many.Wait()
	var x evidence.Exchange
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && sent[len(sent)-1] == "Bearer token-number-1"; time.Sleep(20 * time.Millisecond) {
		x = record(c, get(user))
	}
	for i, got := range sent {
		want := "Bearer token-number-1"
		if i == len(sent)-1 {
			want = "Bearer token-number-2"
		}
		if got != want {
			t.Errorf("request %d of %d was signed with %s", i, len(sent), got)
		}
	}
	if text, _ := json.Marshal(x); strings.Contains(string(text), "token-number") || len(sent) < 6 {
		t.Errorf("%d requests; recorded %s", len(sent), text)
	}
}

func jwt(expires time.Time) string {
	claims, _ := json.Marshal(map[string]any{"sub": "agent1", "exp": expires.Unix()})
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(claims) + ".c2lnbmF0dXJlLXg"
}

// What is wrong with a token is said, without the token.
func TestBadTokens(t *testing.T) {
	always := on(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }), time.Minute)
	for name, test := range map[string]struct {
		from fixtures.TokenFrom
		want string
	}{
		"hangs":              {sh("sleep 60"), "did not end within 300ms"},
		"prints nothing":     {sh("true"), "gave nothing"},
		"prints two lines":   {sh("echo aSecretToken; echo more"), "more than one line"},
		"prints HTML":        {sh("echo '<html><body>Sign in aSecretToken</body></html>'"), "page of HTML"},
		"fails":              {sh("echo no such client >&2; exit 3"), "exit status 3: no such client"},
		"is not there":       {fixtures.TokenFrom{Exec: []string{"./no-such-command"}}, "no-such-command"},
		"has no token":       {sh(`echo '{"error": "invalid_client"}'`), "without an access_token (invalid_client)"},
		"is no JSON":         {sh(`echo '{"access_token": aSecretToken'`), "JSON that cannot be read"},
		"has expired":        {sh(`echo '{"access_token": "aSecretToken", "expires_in": 0}'`), "has expired already"},
		"expired long ago":   {fixtures.TokenFrom{Fixed: fixtures.Secret(jwt(time.Now().Add(-time.Hour)))}, "expired at"},
		"has spaces":         {sh("echo aSecretToken is it"), "spaces"},
		"prints without end": {sh("yes aSecretToken | head -c 10000000"), "more than one line"},
		"no file":            {fixtures.TokenFrom{File: filepath.Join(t.TempDir(), "none")}, "cannot be read"},
		"cannot be renewed":  {fixtures.TokenFrom{Fixed: "aSecretToken"}, "cannot be renewed"},
		"renews the same":    {sh("echo aSecretToken"), "the same one again"},
		"of somebody else":   {sh("date +aSecretToken%N"), "another user's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute
			if name == "hangs" {
				limit = 300 * time.Millisecond
			}
			c := client.New(client.Options{
				Base: always.Base(), Transport: client.Transport(nil, nil, time.Minute), Timeout: time.Minute,
				Tokens: &client.Tokens{Environ: os.Environ(), Limit: limit},
			})
			began := time.Now()
			x := c.Do(t.Context(), nil, get(&fixtures.User{ID: "1001", Token: test.from}))
			if !x.Barred || !strings.Contains(x.Err, test.want) || !strings.Contains(x.Err, "1001") {
				t.Errorf("%v: %s", x.Barred, x.Err)
			}
			if strings.Contains(x.Err, "aSecretToken") {
				t.Errorf("the token is told: %s", x.Err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func sh(script string) fixtures.TokenFrom {
	return fixtures.TokenFrom{Exec: []string{"sh", "-c", script}}
}

// A run that is stopped does not wait for a file.
func TestRenewingStops(t *testing.T) {
	user, _ := tokenFile(t, "first-token-11")
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	began := time.Now()
	if _, err := new(client.Tokens).Renew(ctx, user, "first-token-11"); err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// The made-up credentials of a user by token are a token that nobody issued.
func TestWrongTokens(t *testing.T) {
	var sent []string
	c := on(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Get("Authorization"))
		if len(sent) == 1 {
			w.WriteHeader(401)
		}
	}), time.Minute)
	byToken := &fixtures.User{ID: "1001", Token: fixtures.TokenFrom{Fixed: "aSecretToken"}}
	call := get(byToken)
	call.Credentials = client.Wrong
	if x := c.Do(t.Context(), nil, call); x.Status != 401 || x.Err != "" || !x.WrongPassword {
		t.Errorf("%+v", x)
	}
	call = get(&fixtures.User{ID: "1002", Password: "a password"})
	call.Credentials = client.Unissued
	c.Do(t.Context(), nil, call)
	if len(sent) != 2 || !strings.HasPrefix(sent[0], "Bearer ") || strings.Contains(sent[0], "aSecretToken") || !strings.HasPrefix(sent[1], "Bearer ") {
		t.Errorf("sent %q", sent)
	}
}

// What hangs for everybody at once holds all of them up together no longer than
// one of them, while their tokens are good; and a command that is slow is asked
// once, and heard in the end.
func TestRenewalsHangTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const life, slow = 20 * time.Second, 9 * time.Second
		var asked atomic.Int32
		tokens := &client.Tokens{}
		var users []*fixtures.User
		for n := range 6 {
			id := fmt.Sprint(1001 + n)
			first := true
			users = append(users, &fixtures.User{ID: id, Token: fixtures.TokenFrom{Ask: func(ctx context.Context) (fixtures.IssuedToken, error) {
				if first {
					first = false
				} else {
					asked.Add(1)
					select {
					case <-time.After(slow):
					case <-ctx.Done():
						return fixtures.IssuedToken{}, context.Cause(ctx)
					}
				}
				return fixtures.IssuedToken{Text: fixtures.Secret(fmt.Sprint("token of ", id, " at ", time.Now().UnixMilli())), Expires: time.Now().Add(life)}, nil
			}}})
		}
		all := func() (texts []fixtures.Secret) {
			for _, u := range users {
				text, err := tokens.Token(t.Context(), u)
				if err != nil {
					t.Error(err)
				}
				texts = append(texts, text)
			}
			return texts
		}
		before := all()
		time.Sleep(life*2/3 + time.Millisecond)
		began := time.Now()
		if got := all(); !slices.Equal(got, before) {
			t.Error("there are new tokens already")
		}
		if took, most := time.Since(began), life/3/4+time.Millisecond; took > most {
			t.Errorf("%d users were held up for %v, one is for %v", len(users), took, most)
		}
		for _, u := range users {
			if err := tokens.Failing(t.Context(), u); err == nil || !strings.Contains(err.Error(), "its access token expires") || !strings.Contains(err.Error(), u.ID) {
				t.Errorf("what is wrong is %v", err)
			}
		}
		time.Sleep(slow)
		for i, text := range all() {
			if text == before[i] {
				t.Errorf("%s has no new token", users[i].ID)
			}
		}
		if n := asked.Load(); int(n) != len(users) {
			t.Errorf("asked %d times for %d users", n, len(users))
		}
	})
}

// Whoever is stopped while it waits for a token waits no longer, and what it
// asked ends.
func TestClosedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := 0
		ask := func(ctx context.Context) (fixtures.IssuedToken, error) {
			<-ctx.Done()
			ended++
			return fixtures.IssuedToken{}, context.Cause(ctx)
		}
		tokens := &client.Tokens{}
		user := &fixtures.User{ID: "1001", Token: fixtures.TokenFrom{Ask: ask}}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if text, err := tokens.Token(ctx, user); err == nil || !text.Empty() {
			t.Errorf("%q %v", text, err)
		}
		synctest.Wait()
		if ended != 1 {
			t.Error("what was asked goes on")
		}
		go func() {
			time.Sleep(time.Second)
			tokens.Close()
		}()
		if text, err := tokens.Token(t.Context(), user); err == nil || !text.Empty() || ended != 2 {
			t.Errorf("%q %v", text, err)
		}
	})
}
