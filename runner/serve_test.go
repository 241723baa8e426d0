package runner

import (
	"os"
	"path/filepath"
	"testing"

	"finesse-conformance/runner/config"
)

// TestServedConfiguration: the configuration that serve writes can be read,
// whatever folder it was written into.
func TestServedConfiguration(t *testing.T) {
	for auth, tokens := range map[string]int{AuthBasic: 0, AuthHybrid: 1, AuthSSO: 10} {
		t.Run(auth, func(t *testing.T) {
			servedConfiguration(t, ServeOptions{Deployment: "UCCE", Release: "12.5(1)", Auth: auth}, tokens)
		})
	}
}

func servedConfiguration(t *testing.T, o ServeOptions, tokens int) {
	cfg, err := o.config()
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
		loaded, err := config.Load(config.Sources{Flags: map[string][]string{"config": {name}}, LookupEnv: os.LookupEnv})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		byToken, mobile := 0, 0
		for _, u := range loaded.Targets[0].Users {
			if u.ByToken() {
				byToken++
			}
			if u.Mobile != nil {
				mobile++
			}
		}
		if byToken != tokens || mobile != 1 {
			t.Errorf("%s: %d users by token, %d mobile agents", name, byToken, mobile)
		}
	}
}
