package reporttest

import (
	"fmt"
	"testing"
)

func TestXSDCheckRefuses(t *testing.T) {
	const suite = `<testsuite name="a" tests="1" failures="0" errors="0"%s>%s</testsuite>`
	for _, tc := range []struct{ name, doc string }{
		{"skipped on testsuites", `<testsuites skipped="1"></testsuites>`},
		{"other root", `<junit></junit>`},
		{"no name", `<testsuites><testsuite tests="1" failures="0" errors="0"></testsuite></testsuites>`},
		{"case without a name", `<testsuites>` + fmt.Sprintf(suite, "", `<testcase></testcase>`) + `</testsuites>`},
		{"time in minutes", `<testsuites>` + fmt.Sprintf(suite, ` time="1m"`, ``) + `</testsuites>`},
		{"four decimals", `<testsuites>` + fmt.Sprintf(suite, ` time="0.1234"`, ``) + `</testsuites>`},
		{"properties in a case", `<testsuites>` + fmt.Sprintf(suite, "", `<testcase name="x"><properties/></testcase>`) + `</testsuites>`},
		{"element in a failure", `<testsuites>` + fmt.Sprintf(suite, "", `<testcase name="x"><failure><b/></failure></testcase>`) + `</testsuites>`},
		{"text in a suite", `<testsuites>` + fmt.Sprintf(suite, "", `hello`) + `</testsuites>`},
		{"attribute of system-out", `<testsuites>` + fmt.Sprintf(suite, "", `<system-out a="b">x</system-out>`) + `</testsuites>`},
		{"not well formed", `<testsuites>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if ValidJUnit(t, []byte(tc.doc)) == nil {
				t.Error("it is taken for valid")
			}
		})
	}
}
