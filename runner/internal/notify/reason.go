package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"finesse-conformance/internal/text"
)

// Reason says in one of a few words why an account has no connection.
type Reason string

// The reasons, and what to do about them.
const (
	// Unreachable: nothing answers there. Host and port, and whether the notification service runs.
	Unreachable Reason = "unreachable"
	// WrongCertificate: the server's certificate is not trusted or is for another name. The CA file, or the host name.
	WrongCertificate Reason = "certificate"
	// WrongPassword: the service refuses name and password. Not tried again: five failures lock an account.
	WrongPassword Reason = "credentials"
	// WrongDomain: the service does not serve the XMPP domain. xmppDomain of SystemInfo.
	WrongDomain Reason = "domain"
	// NotXMPP: something answers, but it is no XMPP service that a user can sign in to. The path, or the port.
	NotXMPP Reason = "not xmpp"
	// TimedOut: the service stopped answering while signing in, or did not answer a ping.
	TimedOut Reason = "timeout"
	// Garbage: the service sent what is not XML, or no XMPP.
	Garbage Reason = "garbage"
	// TooLarge: the service sent a stanza beyond the limit.
	TooLarge Reason = "too large"
	// Closed: the service ended the connection.
	Closed Reason = "closed"
	// Crowded: something before the service takes no more connections, or no more requests, for now.
	Crowded Reason = "crowded"
	// Refused: the service refused something that a listener needs: an address, a subscription.
	Refused Reason = "refused"
)

// Lasting tells whether it is useless, or harmful, to try again.
func (r Reason) Lasting() bool {
	return r == WrongPassword || r == WrongCertificate || r == WrongDomain || r == NotXMPP
}

// AccountError is why one account cannot listen.
type AccountError struct {
	User   string
	Reason Reason
	// Doing is what was being done: "connecting", "signing in" …
	Doing string
	Err   error
}

// Error is one line that a person can act on.
func (e *AccountError) Error() string {
	return fmt.Sprintf("notifications for user %s: %s: %v", e.User, e.Doing, e.Err)
}

// Unwrap gives the cause.
func (e *AccountError) Unwrap() error { return e.Err }

// accountErrors are why several accounts cannot listen. What is the same of many
// is said once.
type accountErrors []error

func (l accountErrors) Error() string {
	var order []string
	users := map[string][]string{}
	for _, err := range l {
		said, user := err.Error(), ""
		if e, ok := err.(*AccountError); ok { // not of joined ones: those are several
			said, user = fmt.Sprintf("%s: %v", e.Doing, e.Err), e.User
		}
		if users[said] == nil {
			order = append(order, said)
		}
		users[said] = append(users[said], user)
	}
	lines := make([]string, len(order))
	for i, said := range order {
		lines[i] = said
		if of := users[said]; of[0] != "" {
			lines[i] = fmt.Sprintf("notifications for %s %s: %s", text.Plural(len(of), "user"), text.Enumerate(of), said)
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the causes.
func (l accountErrors) Unwrap() []error { return l }

// because is an error that knows its reason.
type because struct {
	reason Reason
	text   string
	err    error
}

func (b *because) Error() string {
	if b.err == nil {
		return b.text
	}
	return b.text + ": " + b.err.Error()
}

func (b *because) Unwrap() error { return b.err }

// explain gives an error from the network or the decoder its reason, and words that say what to look at.
func explain(err error) *because {
	var known *because
	if errors.As(err, &known) {
		return known
	}
	var (
		unknownCA *tls.CertificateVerificationError
		hostname  x509.HostnameError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		timeout   net.Error
		dial      *net.OpError
		syntax    *xml.SyntaxError
	)
	switch {
	case errors.As(err, &unknownCA), errors.As(err, &hostname):
		return &because{WrongCertificate, "the server's certificate is not accepted", err}
	case errors.As(err, &record):
		return &because{NotXMPP, "no TLS is spoken there", err}
	case errors.As(err, &alert):
		return &because{NotXMPP, "the server refuses TLS", err}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &because{TimedOut, "no answer in time", nil}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &because{Unreachable, "cannot connect", err}
	case errors.Is(err, errTooLarge):
		return &because{TooLarge, "the server sent a stanza beyond the limit", nil}
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "unexpected EOF"):
		return &because{Closed, "the server closed the connection in the middle of a stanza", nil}
	case errors.Is(err, io.EOF):
		return &because{Closed, "the server closed the connection", nil}
	case errors.As(err, &syntax):
		return &because{Garbage, "the server sent what is not XML", err}
	}
	return &because{Closed, "the connection broke", err}
}

// State is how an account is connected.
type State string

// The states of a connection.
const (
	Connecting State = "connecting" // the first attempt is under way
	Up         State = "up"         // signed in, subscribed, listening
	Down       State = "down"       // lost or not yet made; it is tried again
	GivenUp    State = "given up"   // for a lasting reason; it is not tried again
	Left       State = "left"       // closed by [Listener.Close]
)

// Status is an account's connection at one moment.
type Status struct {
	User  string
	State State
	// Since is when the state was entered.
	Since time.Time
	// Reason and Detail say why, for Down and GivenUp.
	Reason Reason
	Detail string
	// Subscribed are the nodes that are subscribed to explicitly, while Up. A node of Options.Subscribe that is not
	// among them was refused by the server, and nothing is heard on it.
	Subscribed []string
	// Refused are the nodes that the server did not let the user subscribe to, while Up, and why.
	Refused map[string]string
	// Attempts counts the connections tried so far.
	Attempts int
}

// Outage is a period without a connection. To is zero while it lasts.
type Outage struct {
	From, To time.Time
	Reason   Reason
	Detail   string
}
