package scenario

import (
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
)

// Extensions that no device has, as far as can be told: no API tells, and
// these are improbable.
const (
	unknownE164 = "+999000000000" // 999 is no country's code
	longest     = 16              // characters of ExtensionLong
)

// extensionFor gives the extension that a PUT sends, and whether it sends any.
func (a *attempt) extensionFor(subject *participant, p *spec.Put) (extension string, sent bool) {
	switch p.Extension {
	case spec.ExtensionOwn:
		if m := subject.user.Mobile; m != nil && p.Mobile != nil {
			return m.Extension, true
		}
		return subject.user.Extension, true
	case spec.ExtensionColleague:
		return a.parts[spec.Colleague].Extension, true
	case spec.ExtensionEmpty:
		return "", true
	case "":
		return "", false
	}
	return a.unusedExtension(p.Extension, subject.user), true
}

// unusedExtension gives the extension that is sent where a requirement wants
// one that no device has, of the form that it names.
func (s *Stage) unusedExtension(form string, subject *fixtures.User) string {
	switch form {
	case spec.ExtensionE164:
		return unknownE164
	case spec.ExtensionLong:
		return strings.Repeat("9", longest)
	}
	if s.Cast.UnusedExtension != "" {
		return s.Cast.UnusedExtension
	}
	return madeUp(len(subject.Extension), func(ext string) bool {
		return slices.ContainsFunc(s.Cast.Users, func(u *fixtures.User) bool { return u.Extension == ext })
	})
}

// unknownUser makes up an id of the form that the cast's ids have.
func (a *attempt) unknownUser() string {
	return madeUp(len(a.parts[spec.Self].ID), func(id string) bool { return a.Cast.ByID(id) != nil })
}

// madeUp makes up a number of so many digits that is not taken. Those of one
// run are few: it begins with the highest.
func madeUp(digits int, taken func(string) bool) string {
	text := strings.Repeat("9", max(digits, 4)-1)
	for n := 8; n > 0; n-- {
		if number := text + strconv.Itoa(n); !taken(number) {
			return number
		}
	}
	return text + "0"
}
