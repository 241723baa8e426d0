package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/spec"
)

const postmanSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// The parts of a collection that are used, as Postman's schema has them.
type (
	collection struct {
		Info     map[string]string `json:"info"`
		Variable []variable        `json:"variable"`
		Event    []event           `json:"event"`
		Item     []item            `json:"item"`
	}
	item struct {
		Name        string   `json:"name"`
		Description string   `json:"description,omitempty"`
		Event       []event  `json:"event,omitempty"`
		Request     *request `json:"request,omitempty"`
		Item        []item   `json:"item,omitempty"`
	}
	request struct {
		Method string     `json:"method"`
		Header []variable `json:"header"`
		URL    string     `json:"url"`
		Body   *body      `json:"body,omitempty"`
	}
	body struct {
		Mode    string         `json:"mode"`
		Raw     string         `json:"raw"`
		Options map[string]any `json:"options"`
	}
	event struct {
		Listen string `json:"listen"`
		Script script `json:"script"`
	}
	script struct {
		Type string   `json:"type"`
		Exec []string `json:"exec"`
	}
	variable struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Type  string `json:"type,omitempty"`
	}
)

// EnvironmentValues are the variables of the collection that belong to a
// target: what an environment has. Tokens and passwords are secrets.
type EnvironmentValues struct {
	BaseURL                                   string
	AgentID, Password, AccessToken, Extension string
	OtherID, OtherExtension, TeamID, DialogID string
}

// Environment is an environment of Postman with the values of a target.
func Environment(name string, v EnvironmentValues) ([]byte, error) {
	type entry struct {
		variable
		Enabled bool `json:"enabled"`
	}
	var all []entry
	for _, one := range []variable{
		{"baseUrl", v.BaseURL, "default"}, {"agentId", v.AgentID, "default"}, {"password", v.Password, "secret"},
		{"accessToken", v.AccessToken, "secret"}, {"extension", v.Extension, "default"}, {"otherId", v.OtherID, "default"},
		{"otherExtension", v.OtherExtension, "default"}, {"teamId", v.TeamID, "default"}, {"dialogId", v.DialogID, "default"},
	} {
		all = append(all, entry{one, true})
	}
	return json.MarshalIndent(map[string]any{"name": name, "_postman_variable_scope": "environment", "values": all}, "", "  ")
}

// Postman is a collection for Postman and newman: a walk through the states of
// one agent with the errors on the way, in the order in which it has to run,
// and every request of the contract with its examples as XML. Each request has
// a test of its status and of the type of its error.
func Postman() ([]byte, error) {
	top, err := document()
	if err != nil {
		return nil, err
	}
	e := exporter{schemas: get(top, "components", "schemas")}
	every, err := e.operations(top)
	if err != nil {
		return nil, err
	}
	c := collection{
		Info: map[string]string{
			"name": "Cisco Finesse, user state change", "schema": postmanSchema,
			"description": "Made of the contract of finesse-conformance " + spec.Digest()[:12] + ". Choose an environment with the target and one agent, who is signed out.",
		},
		Variable: []variable{{Key: "errorTypes", Value: strings.Join(spec.ErrorTypes(), "|")}},
		Event:    []event{{"prerequest", script{"text/javascript", strings.Split(strings.TrimSpace(signRequest), "\n")}}},
		Item: []item{
			{Name: "Walk through", Description: "Signs the agent in, makes it ready and not ready, and signs it out, with what is refused on the way.", Item: walk()},
			{Name: "Every request", Description: "Each request of the contract with its examples. What it does depends on the state of the agent.", Item: every},
		},
	}
	return json.MarshalIndent(c, "", "  ")
}

// signRequest signs every request that has no Authorization of its own.
const signRequest = `
if (!pm.request.headers.has("Authorization")) {
  const token = pm.variables.get("accessToken");
  const pair = require("buffer").Buffer.from(pm.variables.get("agentId") + ":" + pm.variables.get("password")).toString("base64");
  pm.request.headers.add({ key: "Authorization", value: token ? "Bearer " + token : "Basic " + pair });
}`

// ofAnswer tests that a status is one of some, and that an error has a
// documented type.
func ofAnswer(status []int) []string {
	list, _ := json.Marshal(status) // numbers
	return []string{
		fmt.Sprintf(`pm.test("status is one of %s", () => pm.expect(%s).to.include(pm.response.code));`, strings.Trim(string(list), "[]"), list),
		`if (pm.response.code >= 400 && pm.response.text() !== "") {`,
		`  pm.test("ErrorType is documented", () => {`,
		`    for (const error of [].concat(xml2Json(pm.response.text()).ApiErrors.ApiError)) {`,
		`      pm.expect(pm.collectionVariables.get("errorTypes").split("|")).to.include(error.ErrorType);`,
		`    }`,
		`  });`,
		`}`,
	}
}

func tests(lines ...string) []event {
	return []event{{"test", script{"text/javascript", lines}}}
}

func newRequest(method, path, xml string) *request {
	r := &request{Method: method, URL: "{{baseUrl}}" + path, Header: []variable{{Key: "Accept", Value: "application/xml"}}}
	if xml != "" {
		r.Header = append(r.Header, variable{Key: "Content-Type", Value: "application/xml"})
		r.Body = &body{"raw", xml, map[string]any{"raw": map[string]string{"language": "xml"}}}
	}
	return r
}

// operations are the requests of the document, by their paths.
func (e exporter) operations(top *yaml.Node) ([]item, error) {
	var folders []item
	paths := get(top, "paths")
	for i := 0; i+1 < len(paths.Content); i += 2 {
		path, of := paths.Content[i].Value, paths.Content[i+1]
		folder := item{Name: path}
		for j := 0; j+1 < len(of.Content); j += 2 {
			method, operation := of.Content[j].Value, of.Content[j+1]
			if !slices.Contains([]string{"get", "put", "post", "delete"}, method) {
				continue
			}
			items, err := e.operation(strings.ToUpper(method), path, operation)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			folder.Item = append(folder.Item, items...)
		}
		folders = append(folders, folder)
	}
	return folders, nil
}

// pathVariables are the variables of the environment that take the place of a
// parameter.
var pathVariables = strings.NewReplacer("Team/{id}", "Team/{{teamId}}", "{id}", "{{agentId}}", "{dialogId}", "{{dialogId}}")

// exampleValues are those that take the place of a value in the examples.
var exampleValues = strings.NewReplacer(">1001001<", ">{{extension}}<", ">1001002<", ">{{otherExtension}}<")

// operation is one request for each example of its body, or one.
func (e exporter) operation(method, path string, operation *yaml.Node) ([]item, error) {
	var status []int
	responses := get(operation, "responses")
	for i := 0; i+1 < len(responses.Content); i += 2 {
		code, err := strconv.Atoi(responses.Content[i].Value)
		if err != nil {
			return nil, err
		}
		status = append(status, code)
	}
	url := pathVariables.Replace(path)
	if strings.HasSuffix(path, "/ReasonCodes") {
		url += "?category=NOT_READY"
	}
	media := get(operation, "requestBody", "content", "application/xml")
	if media == nil {
		return []item{{Name: value(operation, "summary"), Description: value(operation, "description"), Request: newRequest(method, url, ""), Event: tests(ofAnswer(status)...)}}, nil
	}
	var items []item
	examples := get(media, "examples")
	for i := 0; i+1 < len(examples.Content); i += 2 {
		example := examples.Content[i+1]
		text, err := e.exampleXML(get(media, "schema"), get(example, "value"))
		if err != nil {
			return nil, err
		}
		text = exampleValues.Replace(text)
		items = append(items, item{Name: value(example, "summary"), Description: value(operation, "description"), Request: newRequest(method, url, text), Event: tests(ofAnswer(status)...)})
	}
	return items, nil
}
