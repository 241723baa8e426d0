package runner

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/runner/config"
)

// TestServedConfiguration: the configuration that serve writes can be read,
// whatever folder it was written into.
func TestServedConfiguration(t *testing.T) {
	for auth, tokens := range map[string]int{AuthBasic: 0, AuthHybrid: 1, AuthSSO: 10} {
		t.Run(auth, func(t *testing.T) {
			servedConfiguration(t, ServeOptions{Deployment: "UCCE", Release: "12.5(1)", Auth: auth, Troupes: 1}, tokens)
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
		if err := (&CLI{}).serveConfig(servedBy{Embedded: e, hook: "http://127.0.0.1:1/stimulus"}, ServeOptions{Config: name}); err != nil {
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

// What is wrong with the flags is said before anything is listened on: the
// port that these would listen on is taken, and nothing is said of that.
func TestServeChecksItsFlagsFirst(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().String()
	good := ServeOptions{Listen: port, Hook: "127.0.0.1:0", Deployment: "UCCE", Release: "12.5(1)", Auth: AuthBasic, Troupes: 1}
	for want, change := range map[string]func(*ServeOptions){
		"--listen " + port + ": another program listens there, perhaps another serve; `--listen 127.0.0.1:0` takes a free port": func(*ServeOptions) {},
		"--troupes 0":                                         func(o *ServeOptions) { o.Troupes = 0 },
		`--listen "nope": write it as host:port`:              func(o *ServeOptions) { o.Listen = "nope" },
		`--listen "127.0.0.1:99999": write it as host:port`:   func(o *ServeOptions) { o.Listen = "127.0.0.1:99999" },
		`--hook "nope": write it as host:port`:                func(o *ServeOptions) { o.Hook = "nope" },
		`"nosuch": `:                                          func(o *ServeOptions) { o.Faults = []string{"nosuch"} },
		"negative duration":                                   func(o *ServeOptions) { o.Latency = -1 },
		`release "9" is none of`:                              func(o *ServeOptions) { o.Release = "9" },
		`--auth "x" is none of`:                               func(o *ServeOptions) { o.Auth = "x" },
		"--write-config " + filepath.Join("nosuch", "c.yaml"): func(o *ServeOptions) { o.Config = filepath.Join("nosuch", "c.yaml") },
	} {
		o := good
		change(&o)
		err := (&CLI{Out: io.Discard, Err: io.Discard}).Serve(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(want, ": ")) {
			t.Errorf("%+v: the error is %v, want %s", o, err, want)
		}
	}
}
