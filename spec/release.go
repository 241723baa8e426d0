package spec

import (
	"fmt"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
)

// Release is a version of Unified CCE, Unified CCX or Finesse as Cisco writes
// it: 12.5(1), 12.6(2), 15.0(1). The zero Release means that none is known.
type Release struct {
	Major, Minor, Maintenance int
}

var releaseForm = text.Pattern(`^(\d+)\.(\d+)(?:\((\d+)\))?`)

// ParseRelease reads "12.5(1)", "12.5" or "12.5(1) SU2" (what follows the
// maintenance number is ignored: no clause depends on it). An empty text and
// "auto" give the zero Release.
func ParseRelease(text string) (Release, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "auto" {
		return Release{}, nil
	}
	m := releaseForm().FindStringSubmatch(text)
	if m == nil {
		return Release{}, fmt.Errorf("%q is not a release such as 12.5(1)", text)
	}
	var r Release
	for i, into := range []*int{&r.Major, &r.Minor, &r.Maintenance} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return Release{}, fmt.Errorf("%q is not a release such as 12.5(1)", text)
		}
		*into = n
	}
	if m[3] == "" {
		r.Maintenance = 1
	}
	return r, nil
}

// IsZero reports whether no release is known.
func (r Release) IsZero() bool { return r == Release{} }

// String gives the form 12.5(1), or "" for the zero Release.
func (r Release) String() string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%d(%d)", r.Major, r.Minor, r.Maintenance)
}

// MarshalText gives the form of String.
func (r Release) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRelease does.
func (r *Release) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRelease(string(text))
	return err
}

// Before reports whether r is older than o.
func (r Release) Before(o Release) bool {
	if r.Major != o.Major {
		return r.Major < o.Major
	}
	if r.Minor != o.Minor {
		return r.Minor < o.Minor
	}
	return r.Maintenance < o.Maintenance
}

// Releases is a range of releases with inclusive ends; a zero end is open.
type Releases struct {
	From, To Release
}

// Contains reports whether the range holds r. An unknown release is only in
// a range without ends: what is documented for some releases is not expected
// of a target that does not tell its own.
func (rs Releases) Contains(r Release) bool {
	if r.IsZero() {
		return rs.From.IsZero() && rs.To.IsZero()
	}
	return (rs.From.IsZero() || !r.Before(rs.From)) && (rs.To.IsZero() || !rs.To.Before(r))
}

// String gives "≥ 12.5(1)", "≤ 12.0(1)", "12.0(1) to 12.5(1)" or "".
func (rs Releases) String() string {
	switch {
	case rs.From.IsZero() && rs.To.IsZero():
		return ""
	case rs.To.IsZero():
		return "≥ " + rs.From.String()
	case rs.From.IsZero():
		return "≤ " + rs.To.String()
	}
	return rs.From.String() + " to " + rs.To.String()
}
