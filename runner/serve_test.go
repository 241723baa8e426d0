package runner

import (
	"os"
	"path/filepath"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
)

// TestServedConfiguration: the configuration that serve writes can be read,
// whatever folder it was written into.
func TestServedConfiguration(t *testing.T) {
	cfg, err := reference.Default("UCCE", "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := StartEmbedded(cfg, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	t.Chdir(t.TempDir())
	for _, name := range []string{"served.yaml", filepath.Join("a folder: of mine", "served: it.yaml")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := (&App{}).serveConfig(servedBy{Embedded: e, hook: "http://127.0.0.1:1/stimulus"}, ServeOptions{Config: name}); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(config.Sources{Flags: map[string][]string{"config": {name}}, LookupEnv: os.LookupEnv}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
