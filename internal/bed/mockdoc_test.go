package bed_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/getkin/kin-openapi/openapi3"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
)

var updateDocs = flag.Bool("update", false, "write docs/mock.md")

// TestMockDoc keeps docs/mock.md what runs show: which endpoints the
// requirements of each profile ask, and what is not exercised without each
// piece that a mock may leave out. -update writes it.
func TestMockDoc(t *testing.T) {
	extent.ForCI(t)
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	t.Parallel()
	catalogue := contracttest.Catalogue()
	document, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	mock, err := os.ReadFile(filepath.Join("..", "..", "examples", "python-mock", "mock.py"))
	if err != nil {
		t.Fatal(err)
	}
	configuration, err := os.ReadFile(filepath.Join("..", "..", "examples", "python-mock", "finesse.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d := mockDoc{catalogue: catalogue, document: document, asked: map[string]map[endpoint]bool{}, served: map[endpoint]bool{}, without: map[string][]string{}}
	d.watch(heardReference(t))
	synctest.Test(t, d.leaveOut)
	got := d.page(t, string(mock), string(configuration))
	name := filepath.Join("..", "..", "docs", "mock.md")
	if *updateDocs {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not current: go test ./internal/bed -run TestMockDoc -update (%v)", name, err)
	}
}

// endpoint is a path of the OpenAPI document and a method.
type endpoint struct{ method, path string }

type mockDoc struct {
	catalogue *spec.Catalogue
	document  *openapi3.T
	asked     map[string]map[endpoint]bool // by profile
	served    map[endpoint]bool            // those that were answered with what was asked for
	without   map[string][]string          // by piece: the ids that are not exercised without it
}

// watch notes who asks what on the reference.
func (d *mockDoc) watch(played certified) {
	for _, e := range played.Evidence {
		q, ok := d.catalogue.ByID(e.Requirement)
		if !ok {
			continue
		}
		for _, x := range e.Exchanges {
			at, ok := d.endpointOf(x.Method, x.Path)
			if !ok {
				continue
			}
			d.served[at] = d.served[at] || x.Status/100 == 2
			for _, p := range q.Profiles {
				if d.asked[p] == nil {
					d.asked[p] = map[endpoint]bool{}
				}
				d.asked[p][at] = true
			}
		}
	}
}

var parameter = regexp.MustCompile(`\\\{[a-zA-Z]+\\\}`)

// endpointOf gives the endpoint that a request is to; ok is false for what the
// document does not have, which requirements ask on purpose.
func (d *mockDoc) endpointOf(method, path string) (endpoint, bool) {
	path, _, _ = strings.Cut(path, "?")
	for _, template := range d.document.Paths.InMatchingOrder() {
		pattern := parameter.ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`)
		if ok, _ := regexp.MatchString("^"+pattern+"$", path); ok && d.document.Paths.Value(template).GetOperation(method) != nil {
			return endpoint{method, template}, true
		}
	}
	return endpoint{}, false
}

// piece is something that a mock may leave out.
type piece struct {
	name  string
	leave func(*bed.Deployment)
}

func pieces() []piece {
	unserved := func(match string) func(*bed.Deployment) {
		serves := regexp.MustCompile(match)
		return func(d *bed.Deployment) {
			d.Around = func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if serves.MatchString(r.URL.Path) {
						http.NotFound(w, r)
						return
					}
					inner.ServeHTTP(w, r)
				})
			}
		}
	}
	var supervisors []string
	list := []piece{
		{"`GET /finesse/api/User/{id}/ReasonCodes`", unserved(`/ReasonCodes$`)},
		{"`GET /finesse/api/Team/{id}`", unserved(`^/finesse/api/Team/`)},
		{"the Dialog API: `/finesse/api/User/{id}/Dialogs` and `/finesse/api/Dialog/{dialogId}`", unserved(`/Dialogs$|^/finesse/api/Dialog/`)},
		{"the notification service", func(d *bed.Deployment) { d.Notifications = false }},
		{"supervisors", func(d *bed.Deployment) {
			d.Subject = func(s *runner.Subject) {
				s.Users = slices.DeleteFunc(s.Users, func(u *fixtures.User) bool { return slices.Contains(supervisors, u.ID) })
			}
			d.Configure = func(c *reference.Config) {
				for _, u := range c.Users {
					if slices.Contains(u.Roles, "Supervisor") {
						supervisors = append(supervisors, u.ID)
					}
				}
			}
		}},
		{"users with access tokens", func(d *bed.Deployment) {
			d.Subject = func(s *runner.Subject) {
				s.Users = slices.DeleteFunc(s.Users, func(u *fixtures.User) bool { return !u.Token.IsZero() })
			}
		}},
	}
	list = append(list, piece{"the other node", func(d *bed.Deployment) { d.Second = nil }})
	for _, name := range spec.Stimuli() {
		list = append(list, piece{"the stimulus `" + string(name) + "`", func(d *bed.Deployment) {
			d.Subject = func(s *runner.Subject) { s.Stimuli = lacking{s.Stimuli, name} }
		}})
	}
	return list
}

// lacking is a hook that does not know one stimulus.
type lacking struct {
	fixtures.Stimuli
	stimulus spec.Stimulus
}

func (l lacking) Supports(name spec.Stimulus) bool {
	return name != l.stimulus && l.Stimuli.Supports(name)
}

// leaveOut begins a certification without each piece, and notes what its plan
// does not exercise for that.
func (d *mockDoc) leaveOut(t *testing.T) {
	runs := func(leave func(*bed.Deployment)) map[string]bool {
		ids := map[string]bool{}
		for _, kind := range []string{reference.UCCE, reference.UCCX} {
			of := bed.Deployment{Kind: kind, Notifications: true, Second: &reference.SecondNode{}}
			leave(&of)
			b := bed.Open(t, of)
			for _, i := range b.Items() {
				if i.Runs() {
					ids[i.Requirement.ID] = true
				}
			}
			b.Finish()
		}
		return ids
	}
	whole := runs(func(*bed.Deployment) {})
	for _, p := range pieces() {
		left := runs(p.leave)
		for _, q := range d.catalogue.All() {
			if whole[q.ID] && !left[q.ID] {
				d.without[p.name] = append(d.without[p.name], q.ID)
			}
		}
	}
}

func (d *mockDoc) page(t *testing.T, mock, configuration string) []byte {
	var b bytes.Buffer
	b.WriteString(`# What a mock has to serve

<!-- Generated from runs on the reference: go test ./internal/bed -run TestMockDoc -update -->

A mock need not serve everything. What it leaves out is *not exercised*, with the reason, and nothing fails for it. It is
certified for the profiles that it serves whole: ` + "`run --config finesse.yaml --profile core`" + `. The fields and error types of
every answer are in the OpenAPI document (` + "`finesse-conformance spec openapi`" + `), what is asked of each requirement in
[requirements.md](requirements.md), and ` + "`finesse-conformance list core`" + ` lists a profile.

| Profile | What it is about | A target needs | MUST and EITHER on Unified CCE | on Unified CCX |
|---|---|---|---:|---:|
`)
	for _, p := range d.catalogue.Profiles() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %d | %d |\n", p.Name, p.Name, p.Title, p.Needs, required(p, spec.UCCE), required(p, spec.UCCX))
	}
	d.answers(t, &b)
	for _, p := range d.catalogue.Profiles() {
		d.profile(&b, p)
	}
	fmt.Fprintf(&b, "\n## The smallest mock that is certified for core\n\n"+
		"This is [examples/python-mock](../examples/python-mock), whole: a server of Python's standard library, and the configuration\n"+
		"beside it. A test runs it as its first lines say.\n\n```yaml\n%s```\n\n```python\n%s```\n", configuration, mock)
	return b.Bytes()
}

func required(p spec.Profile, on spec.Deployment) (n int) {
	for _, q := range p.Requirements {
		if slices.Contains(q.Deployments, on) && q.LevelOn(on) != spec.Info {
			n++
		}
	}
	return n
}

// answers writes the smallest answer of each endpoint that a run asks.
func (d *mockDoc) answers(t *testing.T, b *bytes.Buffer) {
	b.WriteString("\n## Endpoints and their smallest answers\n\n" +
		"Every run asks SystemInfo first, and looks at each user with `GET /finesse/api/User/{id}`. A smallest answer has what its\n" +
		"schema requires and no more.\n\n| Endpoint | Profiles | Smallest answer |\n|---|---|---|\n")
	bodies := xmlbody.NewValidator(spec.OpenAPI)
	for _, path := range d.document.Paths.InMatchingOrder() {
		for _, method := range []string{"GET", "PUT", "POST"} {
			operation := d.document.Paths.Value(path).GetOperation(method)
			if operation == nil {
				continue
			}
			var who []string
			for _, p := range d.catalogue.Profiles() {
				if d.asked[p.Name][endpoint{method, path}] {
					who = append(who, p.Name)
				}
			}
			at := endpoint{method, path}
			if len(who) == 0 && path != "/finesse/api/SystemInfo" {
				continue // no run asks it
			}
			status, answer := "202", "no body"
			if ok := operation.Responses.Value("200"); ok != nil && ok.Value.Content.Get("application/xml") != nil {
				kind := strings.TrimPrefix(ok.Value.Content.Get("application/xml").Schema.Ref, "#/components/schemas/")
				body := smallest(kind, d.document.Components.Schemas[kind].Value)
				if report := bodies.Validate(kind, "application/xml", []byte(body)); len(report.Problems) > 0 {
					t.Errorf("the smallest %s is not valid: %v\n%s", kind, report.Problems, body)
				}
				status, answer = "200", "`"+body+"`"
			}
			if len(who) > 0 && !d.served[at] {
				status, answer = "401", "a refusal: no user of a run may ask it"
			}
			fmt.Fprintf(b, "| `%s %s` | %s | %s, %s |\n", method, path, cmp.Or(strings.Join(who, ", "), "every run"), status, answer)
		}
	}
}

// profile writes what the requirements of a profile ask, and what each piece
// unlocks of them.
func (d *mockDoc) profile(b *bytes.Buffer, p spec.Profile) {
	fmt.Fprintf(b, "\n## %s\n\n%s%s. It needs %s.\n", p.Name, strings.ToUpper(p.Title[:1]), p.Title[1:], p.Needs)
	var asked []string
	for _, path := range d.document.Paths.InMatchingOrder() {
		for _, method := range []string{"GET", "PUT", "POST"} {
			if d.asked[p.Name][endpoint{method, path}] {
				asked = append(asked, "`"+method+" "+path+"`")
			}
		}
	}
	if len(asked) > 0 {
		fmt.Fprintf(b, "\nIts requirements ask %s.\n", strings.Join(asked, ", "))
	}
	first := true
	for _, piece := range pieces() {
		var ids []string
		for _, id := range d.without[piece.name] {
			if q, _ := d.catalogue.ByID(id); slices.Contains(q.Profiles, p.Name) {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if first {
			b.WriteString("\n| Served | Unlocks |\n|---|---|\n")
			first = false
		}
		fmt.Fprintf(b, "| %s | %s |\n", piece.name, unlocked(ids, p))
	}
}

// unlocked lists ids; those of a whole profile are not spelt out.
func unlocked(ids []string, p spec.Profile) string {
	if len(ids) == len(p.Requirements) {
		return "all of it"
	}
	return strings.Join(ids, ", ")
}

// smallest writes an XML element that has what its schema requires.
func smallest(name string, s *openapi3.Schema) string {
	if s.XML != nil && s.XML.Name != "" {
		name = s.XML.Name
	}
	var attributes, inner strings.Builder
	for _, key := range slices.Sorted(slices.Values(s.Required)) {
		property := s.Properties[key].Value
		if property.XML != nil && property.XML.Attribute {
			fmt.Fprintf(&attributes, ` %s="%s"`, key, value(property))
			continue
		}
		inner.WriteString(element(key, property))
	}
	return "<" + name + attributes.String() + ">" + inner.String() + "</" + name + ">"
}

func element(name string, s *openapi3.Schema) string {
	switch {
	case s.Type.Is("array"):
		item := name
		if x := s.Items.Value.XML; x != nil && x.Name != "" {
			item = x.Name
		}
		inner := element(item, s.Items.Value)
		if s.XML != nil && s.XML.Wrapped {
			return "<" + name + ">" + inner + "</" + name + ">"
		}
		return inner
	case s.Type.Is("object"):
		return smallest(name, s)
	}
	return "<" + name + ">" + value(s) + "</" + name + ">"
}

// value gives a text that a scalar may have.
func value(s *openapi3.Schema) string {
	switch {
	case s.Example != nil:
		return fmt.Sprint(s.Example)
	case len(s.Enum) > 0:
		return fmt.Sprint(s.Enum[0])
	case s.Type.Is("boolean"):
		return "true"
	case s.Type.Is("integer"), s.Type.Is("number"):
		return "1"
	}
	for _, one := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
		if text := value(one.Value); text != "" {
			return text
		}
	}
	if strings.HasPrefix(s.Pattern, "^/") {
		return sample(s.Pattern)
	}
	return "1001"
}

// sample gives the path that a pattern of paths describes.
func sample(pattern string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.Trim(pattern, "^$"), "/?"), "[^/]+", "1001")
}
