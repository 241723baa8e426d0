package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
)

// modulePath is that of this module, also where another one embeds it.
const modulePath = "finesse-conformance"

// developed is the version of what was built from no known commit.
const developed = "1.0.0-dev"

// Tool names this program by what its build knows: the version of the module,
// and where the module itself was built, the commit, its date, and whether
// the tree had other changes.
var Tool = sync.OnceValue(func() reports.Tool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return reports.Tool{Name: Name, Version: developed}
	}
	return toolOf(info)
})

func toolOf(info *debug.BuildInfo) reports.Tool {
	t := reports.Tool{Name: Name, Version: developed}
	known := func(m debug.Module) {
		if m.Version != "" && m.Version != "(devel)" {
			t.Version = m.Version
		}
	}
	if info.Main.Path != modulePath {
		for _, m := range info.Deps {
			if m.Path == modulePath && m.Replace == nil { // the version of a replaced module is made up
				known(*m)
			}
		}
		return t // the commit would be that of another module
	}
	known(info.Main)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			t.Commit = s.Value
		case "vcs.time":
			t.Date = s.Value
		case "vcs.modified":
			t.Modified = s.Value == "true"
		}
	}
	return t
}

// built is what `version --format json` prints.
type built struct {
	reports.Tool
	Spec string `json:"spec"` // digest of the contract
	Go   string `json:"go"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
}

// WriteVersion prints what was built, from what, and by which contract it
// judges, as text or as JSON.
func WriteVersion(w io.Writer, format string) error {
	b := built{Tool(), spec.Digest(), runtime.Version(), runtime.GOOS, runtime.GOARCH}
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(b)
	case "text":
	default:
		return &exit.UsageError{Err: fmt.Errorf("--format %q is none of text and json", format)}
	}
	fmt.Fprintf(w, "%s %s\n", b.Name, b.Version)
	switch {
	case b.Commit == "":
		fmt.Fprintln(w, "built from an unknown commit")
	case b.Modified:
		fmt.Fprintf(w, "built from commit %s of %s, with changes that it has not\n", b.Commit, b.Date)
	default:
		fmt.Fprintf(w, "built from commit %s of %s\n", b.Commit, b.Date)
	}
	_, err := fmt.Fprintf(w, "contract %s\n%s %s/%s\n", b.Spec[:12], b.Go, b.OS, b.Arch)
	return err
}
