package page

import (
	"fmt"
	"net/http"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// copyLimit is how many bytes of a body go into a text to be copied.
const copyLimit = 2 << 10

// Copies are the texts of a failure that readers take with them.
type Copies struct {
	Key    string // makes the ids of the texts
	Curl   string // "" where there is no request
	Ticket string // for who has to mend it
}

// Curl is a request of a result as a command for a shell, with places to fill in
// for the credentials; "" where there is none.
func Curl(r *reports.Result, x *reports.ExchangeRef) string {
	if x == nil {
		return ""
	}
	parts := []string{"curl -i"}
	if r.Settings.Insecure {
		parts[0] += " -k"
	}
	wrong := ""
	if x.WrongPassword {
		wrong = "WRONG_"
	}
	switch {
	case x.As == "":
	case x.ByToken:
		parts = append(parts, "-H "+quoted("Authorization: Bearer "+wrong+"TOKEN_OF_"+x.As))
	default:
		// The id is no secret; the name that it signs in with may be another.
		parts = append(parts, "-u "+quoted("USERNAME_OF_"+x.As+":"+wrong+"PASSWORD"))
	}
	if x.Method != http.MethodGet {
		parts = append(parts, "-X "+quoted(x.Method))
	}
	for _, kv := range HeaderList(x.RequestHeader) {
		switch strings.ToLower(kv[0]) {
		case "content-type", "accept", "requestid":
			parts = append(parts, "-H "+quoted(kv[0]+": "+kv[1]))
		}
	}
	if x.RequestBody != "" {
		parts = append(parts, "--data-binary "+quoted(text.Cut(x.RequestBody, copyLimit)))
	}
	address := strings.TrimSuffix(r.Target.URL, "/") + x.Path
	return text.Shown(strings.Join(append(parts, quoted(address)), " \\\n  "))
}

// quoted makes one word of a text for a POSIX shell.
func quoted(said string) string { return "'" + strings.ReplaceAll(said, "'", `'\''`) + "'" }

// SourcesText lists where a clause is written, for a ticket.
func SourcesText(list []Link) string {
	var t strings.Builder
	for i, s := range list {
		if i == 0 {
			t.WriteString("\nWhat is documented:\n")
		}
		fmt.Fprintf(&t, "  - %s\n", s.Text)
		switch {
		case s.Mirror && s.Address != "":
			fmt.Fprintf(&t, "    %s (a mirror)\n", s.Address)
		case s.Address != "":
			fmt.Fprintf(&t, "    %s\n", s.Address)
		}
	}
	return t.String()
}

// ExchangeText is a request with its answer, for a ticket.
func ExchangeText(x *reports.ExchangeRef) string {
	return fmt.Sprintf("%s %s\n%s\nAnswer: %d after %s\n%s\n", x.Method, x.Path, text.Cut(x.RequestBody, copyLimit), x.Status, Took(x.DurationMS), text.Cut(x.ResponseBody, copyLimit))
}

// SeeAgain ends a ticket with the command, "" where there is none.
func SeeAgain(curl string) string {
	if curl == "" {
		return ""
	}
	return "\nTo see it again:\n" + curl + "\n"
}
