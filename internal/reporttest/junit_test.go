package reporttest

import (
	"os/exec"
	"testing"
)

func TestJUnitIsCheckedBySchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed")
	}
	const suite = `<testsuite name="a" tests="1" failures="0" errors="0">`
	for name, doc := range map[string]string{
		"":                    `<testsuites>` + suite + `<testcase name="x"></testcase></testsuite></testsuites>`,
		"other root":          `<junit></junit>`,
		"case without a name": `<testsuites>` + suite + `<testcase></testcase></testsuite></testsuites>`,
		"not well formed":     `<testsuites>`,
	} {
		if err := ValidJUnit(t, []byte(doc)); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
