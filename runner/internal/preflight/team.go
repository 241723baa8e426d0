package preflight

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/client"
)

// Member is a user as a Team lists it.
type Member struct {
	ID, Extension string
	Name          string // first and last name, "" where the team has none
	Team          string // the team's name, "" where it has none
}

// Members reads who is in a team, as a user who may.
func Members(ctx context.Context, c *client.Client, t *config.Target, as *fixtures.User, team string) ([]Member, error) {
	p := &preflight{client: c, target: t, rec: &client.Recorder{}}
	x := p.get(ctx, as, "/finesse/api/Team/"+team, "")
	switch {
	case x.Err != "":
		return nil, errors.New(explain(x.Err))
	case x.Status/100 != 2:
		return nil, fmt.Errorf("HTTP %d%s", x.Status, Saying(x))
	}
	root, err := parseRoot(x.ResponseBody)
	if err != nil {
		return nil, err
	}
	var list []Member
	for _, node := range xmlbody.Nodes(root, "users/User") {
		m := Member{
			ID: textAt(node, "loginId"), Extension: textAt(node, "extension"), Team: textAt(root, "name"),
			Name: strings.TrimSpace(textAt(node, "firstName") + " " + textAt(node, "lastName")),
		}
		if uri := textAt(node, "uri"); m.ID == "" && uri != "" {
			m.ID = path.Base(uri)
		}
		if m.ID != "" {
			list = append(list, m)
		}
	}
	return list, nil
}
