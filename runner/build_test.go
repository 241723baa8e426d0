package runner

import (
	"runtime/debug"
	"testing"

	"finesse-conformance/reports"
)

// What is embedded by another module has its own version, never that module's
// version or commit.
func TestToolIsNamedByWhatItsBuildKnows(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0600df3c1b2a99"}, {Key: "vcs.time", Value: "2026-11-26T10:00:00Z"}, {Key: "vcs.modified", Value: "true"}}
	for _, test := range []struct {
		name  string
		info  debug.BuildInfo
		want  reports.Tool
		build string
	}{
		{"a release", debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v1.2.0"}, Settings: vcs[:2]},
			reports.Tool{Version: "v1.2.0", Commit: "0600df3c1b2a99", Date: "2026-11-26T10:00:00Z"}, "v1.2.0 (commit 0600df3c1b2a of 2026-11-26)"},
		{"a changed tree", debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v1.2.0+dirty"}, Settings: vcs},
			reports.Tool{Version: "v1.2.0+dirty", Commit: "0600df3c1b2a99", Date: "2026-11-26T10:00:00Z", Modified: true}, "v1.2.0+dirty (commit 0600df3c1b2a of 2026-11-26, modified)"},
		{"go run", debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "(devel)"}},
			reports.Tool{Version: developed}, developed},
		{"embedded", debug.BuildInfo{Main: debug.Module{Path: "other", Version: "v9.0.0"}, Deps: []*debug.Module{{Path: modulePath, Version: "v1.2.0"}}, Settings: vcs},
			reports.Tool{Version: "v1.2.0"}, "v1.2.0"},
		{"embedded by replace", debug.BuildInfo{Main: debug.Module{Path: "other"}, Deps: []*debug.Module{{Path: modulePath, Version: "v0.0.0", Replace: &debug.Module{Path: "../.."}}}},
			reports.Tool{Version: developed}, developed},
	} {
		test.want.Name = Name
		got := toolOf(&test.info)
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		if got.Build() != test.build {
			t.Errorf("%s: the build is %q, want %q", test.name, got.Build(), test.build)
		}
	}
}
