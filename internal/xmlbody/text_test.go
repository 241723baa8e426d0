package xmlbody_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/xmlbody"
)

func TestText(t *testing.T) {
	doc, err := xmlbody.Parse("", []byte(`<User kind="a"><ReasonCode><code>4</code></ReasonCode>`+
		`<extension/><roles><role>Agent</role><role>Super<!-- no -->visor</role></roles><label><![CDATA[a<b]]> c</label><state> READY </state></User>`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path, want string
		present    bool
	}{
		{"User/ReasonCode/code", "4", true},
		{"User/reasonCode/code", "4", true},
		{"user/REASONCODE/Code", "4", true},
		{"User/extension", "", true},
		{"User/roles/role", "Agent", true},
		{"User/label", "a<b c", true},
		{"User/state", " READY ", true},
		{"User/@kind", "a", true},
		{"User/@other", "", false},
		{"@kind", "", false},
		{"User/pendingState", "", false},
		{"Users/state", "", false},
		{"state", "", false},
	}
	for _, test := range tests {
		value, present := xmlbody.Text(doc, test.path)
		if value != test.want || present != test.present {
			t.Errorf("%s: %q, %v", test.path, value, present)
		}
	}
	if diff := cmp.Diff([]string{"Agent", "Supervisor"}, xmlbody.Texts(doc, "User/roles/role")); diff != "" {
		t.Error(diff)
	}
	user := xmlbody.Nodes(doc, "user")[0]
	if code, present := xmlbody.Text(user, "reasonCode/code"); code != "4" || !present {
		t.Errorf("below the element: %q, %v", code, present)
	}
	if kind, present := xmlbody.Text(user, "@Kind"); kind != "a" || !present {
		t.Errorf("attribute of the element: %q, %v", kind, present)
	}
	if value, present := xmlbody.Text(nil, "User/state"); value != "" || present {
		t.Errorf("of nothing: %q, %v", value, present)
	}
}
