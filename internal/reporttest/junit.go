package reporttest

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed testdata/jenkins-junit-10.xsd
var junitXSD []byte

// ValidJUnit checks a report against Jenkins' schema, with xmllint. Where that is
// not installed it says so, and every report is taken for valid.
func ValidJUnit(t *testing.T, report []byte) error {
	t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Log("not checked against Jenkins' schema: xmllint is not installed")
		return nil
	}
	schema, file := filepath.Join(t.TempDir(), "junit.xsd"), filepath.Join(t.TempDir(), "junit.xml")
	for name, data := range map[string][]byte{schema: junitXSD, file: report} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", schema, file).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
