package notify_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
)

// office is a reference deployment with HTTP and notifications on one address.
type office struct {
	t      *testing.T
	config reference.Config
	server *httptest.Server
	url    string
}

func newOffice(t *testing.T, kind string) *office {
	t.Helper()
	config, err := reference.Default(kind, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := reference.New(config)
	if err != nil {
		t.Fatal(err)
	}
	n := d.Notifications(nil)
	mux := http.NewServeMux()
	mux.Handle("/finesse/", d)
	mux.Handle("/ws/", n)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		d.Close()
	})
	return &office{t, config, server, strings.Replace(server.URL, "http", "ws", 1) + "/ws/"}
}

func (o *office) user(login string) reference.User {
	for _, u := range o.config.Users {
		if u.LoginName == login {
			return u
		}
	}
	o.t.Fatalf("no user %s", login)
	return reference.User{}
}

// put asks for a change of a user, signed by another or the same.
func (o *office) put(user, by reference.User, requestID, body string) int {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPut, o.server.URL+"/finesse/api/User/"+user.ID, strings.NewReader("<User>"+body+"</User>"))
	if err != nil {
		o.t.Fatal(err)
	}
	r.SetBasicAuth(by.ID, by.Password)
	r.Header.Set("Content-Type", "application/xml")
	r.Header.Set("requestId", requestID)
	answer, err := o.server.Client().Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// The notifications of the reference reach the listener: changes on the user's node and the team's, refusals behind the
// API as errors, refusals in the answer not at all.
func TestReference(t *testing.T) {
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			o := newOffice(t, kind)
			anna, dora := o.user("anna1"), o.user("dora1")
			team := "/finesse/api/Team/" + anna.Team + "/Users"
			l := connect(t, notify.Options{
				URL: o.url, Domain: "localhost", Log: logTo(t), ConnectTimeout: time.Minute,
				Accounts: []notify.Account{
					{User: anna.ID, Username: anna.LoginName, Password: anna.Password},
					{User: dora.ID, Password: dora.Password},
				},
				Subscribe: map[string][]string{dora.ID: {team}},
			})

			mark := l.Mark()
			if status := o.put(anna, anna, "in-1", "<state>LOGIN</state><extension>"+anna.Extension+"</extension>"); status != http.StatusAccepted {
				t.Fatalf("sign-in: %d", status)
			}
			e := wait(t, l, mark, func(e evidence.Event) bool {
				return e.Node == userNode(anna.ID) && strings.Contains(e.Payload, "NOT_READY")
			})
			if e.RequestID != "in-1" || e.Event != "PUT" || e.Source != userNode(anna.ID) || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}
			e = wait(t, l, mark, on(team))
			if e.Session != dora.ID || e.Source != userNode(anna.ID) || e.IsError() || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}

			mark = l.Mark()
			if status := o.put(dora, dora, "no-1", "<state>READY</state>"); status != http.StatusAccepted {
				t.Fatalf("READY while signed out: %d", status)
			}
			e = wait(t, l, mark, on(userNode(dora.ID)))
			if e.ErrorType != "Invalid State" || e.ErrorData == "" || e.RequestID != "no-1" || e.Event != "put" || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}

			mark = l.Mark()
			if status := o.put(anna, anna, "no-2", "<state>DANCING</state>"); status != http.StatusBadRequest {
				t.Fatalf("a state that does not exist: %d", status)
			}
			for _, u := range []reference.User{anna, dora} {
				if err := l.Confirm(t.Context(), u.ID); err != nil {
					t.Error(err)
				}
			}
			if events := l.Since(mark); len(events) > 0 {
				t.Errorf("heard of an error that was answered: %s", fmt.Sprint(events))
			}
		})
	}
}
