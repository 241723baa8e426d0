package config

import (
	"errors"
	"strings"
	"testing"
)

func FuzzConfig(f *testing.F) {
	f.Add(whole)
	f.Add(small)
	f.Add("targets:\n  - name: a\n    target: {url: 'https://a'}\n    users: &u [{id: 1, password: x}]\n  - target: {url: 'https://b'}\n    users: *u\n")
	f.Add("target: &a {url: *a}\n")
	f.Add("? [a]\n: b\n")
	f.Add("users: [{id: '${X}', password: '$${'}]\n--- \n!!binary a: b")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "hunter2hunter2"
		lookup := func(name string) (string, bool) { return secret, name == "X" || name == "AGENT1_PASSWORD" }
		got, err := parseFile("conf.yaml", []byte(text), lookup)
		if err == nil {
			l := &loader{src: Sources{LookupEnv: lookup}, config: &Config{File: "conf.yaml"}}
			for _, s := range Settings() {
				if s.Key != "" && !s.ofTarget() {
					l.set(s, nil, got.common)
				}
			}
			for i, e := range got.entries {
				delete(e.values, "target.ca_file")
				for _, u := range e.users {
					delete(u.values, "password_file")
				}
				l.target(e, map[string]given{}, len(got.entries) > 1, i)
			}
			l.finish()
			if len(l.problems) == 0 {
				return
			}
			err = l.problems
		}
		var ps Problems
		if !errors.As(err, &ps) || len(ps) == 0 {
			t.Fatalf("%T %v is no list of problems", err, err)
		}
		for _, p := range ps {
			if p.Text == "" || p.Line < 0 {
				t.Errorf("%+v", p)
			}
		}
		if strings.Contains(err.Error(), secret) && !strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %v", err)
		}
	})
}
