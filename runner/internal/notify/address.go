package notify

import (
	"fmt"
	"strings"
)

// escapes writes what the local part of an address cannot hold as XEP-0106 does. A backslash is escaped only where it
// would be read as the beginning of an escape.
var escapes = func() *strings.Replacer {
	var pairs []string
	for _, c := range []string{"20", "22", "26", "27", "2f", "3a", "3c", "3e", "40", "5c"} {
		pairs = append(pairs, `\`+c, `\5c`+c)
	}
	for i, c := range []string{" ", `"`, "&", "'", "/", ":", "<", ">", "@"} {
		pairs = append(pairs, c, pairs[2*i])
	}
	return strings.NewReplacer(pairs...)
}()

// escapeLocal writes a user's id as the local part of an address.
func escapeLocal(id string) string { return escapes.Replace(id) }

// bareAddress is an address without its resource. The domain tells where the local part ends: a server that does not
// escape has "@" and "/" in it.
func bareAddress(address, domain string) string {
	lower := strings.ToLower(address)
	if i := strings.LastIndex(lower, strings.ToLower("@"+domain+"/")); i >= 0 {
		return address[:i+len(domain)+1]
	}
	if strings.HasSuffix(lower, strings.ToLower("@"+domain)) {
		return address
	}
	bare, _, _ := strings.Cut(address, "/")
	return bare
}

// isUser reports whether an address is that of a user, whether or not the server escapes.
func isUser(address, domain, user string) bool {
	bare := bareAddress(address, domain)
	local := bare[:max(strings.LastIndex(bare, "@"), 0)]
	return strings.EqualFold(local, user) || strings.EqualFold(local, escapeLocal(user))
}

// names are the names to sign in with, in the order in which they are tried: as the user gives it, and where that
// cannot stand in an address as XEP-0106 writes it.
func (a Account) names() []string {
	name := a.name()
	if escaped := escapeLocal(name); escaped != name {
		return []string{name, escaped}
	}
	return []string{name}
}

// known is nil where the server knows the account by the address that it gave it.
func (s *session) known() error {
	if isUser(s.address, s.options.Domain, s.account.User) {
		return nil
	}
	return &because{Refused, fmt.Sprintf("the server knows the user as %q", s.address), nil}
}
