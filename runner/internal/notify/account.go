package notify

import (
	"context"
	"log/slog"
)

// Account is a user to listen with.
type Account struct {
	// User is the id that addresses and nodes are made of.
	User string
	// Username is the name to sign in with where it is not the id.
	Username string
	// Password is never printed, logged or kept with events.
	Password string
	// Token, where it is set, gives what stands in the password's place: an access
	// token, asked for at each sign-in. A refused one is given once, for another.
	Token func(ctx context.Context, refused string) (string, error)
}

func (a Account) name() string {
	if a.Username != "" {
		return a.Username
	}
	return a.User
}

// String names the user.
func (a Account) String() string { return a.User }

// GoString names the user, so that %#v does not print the password.
func (a Account) GoString() string { return "notify.Account{User:" + a.User + "}" }

// LogValue names the user in logs.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.User) }

// MarshalText names the user where a value is written as JSON or YAML.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.User), nil }
