package notify_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/xmpp"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
)

// Ids that are mail addresses, with spaces, apostrophes, backslashes and letters of any alphabet: each hears of itself,
// whether the server escapes as XEP-0106 says or not, and whichever form of the name it takes.
func TestIdsAsTheyAre(t *testing.T) {
	for id, escaped := range map[string]string{ // the right side by the table of XEP-0106
		"alice@example.com": `alice\40example.com`, "o'brien": `o\27brien`, "anna maria": `anna\20maria`, `c\40d`: `c\5c40d`,
		"dom/ain": `dom\2fain`, "Zoë": "Zoë", "0017": "0017", "a&b<c>": `a\26b\3cc\3e`, `"x":y`: `\22x\22\3ay`, `a\b`: `a\b`,
	} {
		for _, verbatim := range []bool{false, true} {
			for _, takes := range []string{"as it is", "escaped"} {
				t.Run(fmt.Sprintf("%s/%v/%s", strings.ReplaceAll(id, "/", "|"), verbatim, takes), func(t *testing.T) {
					name := map[string]string{"as it is": id, "escaped": escaped}[takes]
					service := xmpp.New(xmpp.Config{
						Domain: domain, Verbatim: verbatim, UserID: func(string) string { return id },
						Authenticate: func(user, password string) bool { return user == name && password == secret },
					})
					server := httptest.NewServer(service)
					defer server.Close()
					defer service.Close()
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					l, err := hear(ctx, notify.Options{
						URL: strings.Replace(server.URL, "http", "ws", 1) + "/ws/", Domain: domain,
						Accounts: []notify.Account{{User: id, Password: secret}},
					})
					if err != nil {
						t.Fatal(err)
					}
					defer l.Close(ctx)
					node := "/finesse/api/User/" + id
					mark := l.Mark()
					service.Publish(node, `<Update><source>x</source></Update>`)
					e, err := l.Wait(ctx, mark, func(evidence.Event) bool { return true })
					if err != nil || e.Problem != "the Update has no data" || e.Node != node {
						t.Errorf("heard %+v, %v", e, err)
					}
				})
			}
		}
	}
}
