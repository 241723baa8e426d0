package reporttest

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// xsd checks documents against as much of XML Schema as Jenkins' JUnit schema
// uses: elements by reference or with a named type, sequences and choices,
// attributes with their use and pattern. Whatever else a schema has is an
// error, so that nothing is passed over in silence. No validator in Go that
// is kept up was to be had.
type xsd struct{ root *node }

type node struct {
	name     string
	attr     map[string]string
	children []*node
	text     string
}

func readXML(data []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	top := &node{}
	stack := []*node{top}
	for {
		token, err := dec.Token()
		if err != nil {
			if len(top.children) == 1 && len(stack) == 1 {
				return top.children[0], nil
			}
			return nil, err
		}
		last := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attr: map[string]string{}}
			for _, a := range t.Attr {
				n.attr[a.Name.Local] = a.Value
			}
			last.children = append(last.children, n)
			stack = append(stack, n)
		case xml.CharData:
			last.text += string(t)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

func (x *xsd) named(kind, name string) *node {
	for _, n := range x.root.children {
		if n.name == kind && n.attr["name"] == name {
			return n
		}
	}
	return nil
}

// valid checks the document's root element.
func (x *xsd) valid(doc *node) error {
	decl := x.named("element", doc.name)
	if decl == nil {
		return fmt.Errorf("no root element %s", doc.name)
	}
	return x.element(decl, doc, "/"+doc.name)
}

func (x *xsd) element(decl, n *node, at string) error {
	if ref := decl.attr["ref"]; ref != "" {
		decl = x.named("element", ref)
	}
	var complexType *node
	for _, c := range decl.children {
		if c.name == "complexType" {
			complexType = c
		}
	}
	if complexType == nil {
		if t := decl.attr["type"]; t != "xs:string" {
			complexType = x.named("complexType", t)
		}
	}
	if complexType == nil { // a plain string
		if len(n.children) > 0 || len(n.attr) > 0 {
			return fmt.Errorf("%s: only text may stand here", at)
		}
		return nil
	}
	if complexType.attr["mixed"] != "true" && strings.TrimSpace(n.text) != "" {
		return fmt.Errorf("%s: text %q may not stand here", at, n.text)
	}
	rest := n.children
	allowed := map[string]*node{}
	for _, part := range complexType.children {
		switch part.name {
		case "attribute":
			allowed[part.attr["name"]] = part
		case "sequence", "choice":
			var err error
			if rest, err = x.group(part, rest, at); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the schema has a %s, which this check does not know", part.name)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s: %s may not stand here", at, rest[0].name)
	}
	return x.attributes(allowed, n, at)
}

// group consumes as many children as the group allows and gives the rest.
func (x *xsd) group(group *node, children []*node, at string) ([]*node, error) {
	rounds := 1
	if group.attr["maxOccurs"] == "unbounded" {
		rounds = len(children) + 1
	}
	for ; rounds > 0; rounds-- {
		before := len(children)
		for _, part := range group.children {
			var err error
			if part.name == "choice" || part.name == "sequence" {
				children, err = x.group(part, children, at)
			} else {
				children, err = x.particle(part, children, at)
			}
			if err != nil {
				return nil, err
			}
			if group.name == "choice" && len(children) < before {
				break
			}
		}
		if len(children) == before {
			break
		}
	}
	return children, nil
}

func (x *xsd) particle(decl *node, children []*node, at string) ([]*node, error) {
	name := decl.attr["ref"] + decl.attr["name"]
	for n := 0; len(children) > 0 && children[0].name == name && (n == 0 || decl.attr["maxOccurs"] == "unbounded"); n++ {
		if err := x.element(decl, children[0], at+"/"+name); err != nil {
			return nil, err
		}
		children = children[1:]
	}
	return children, nil
}

func (x *xsd) attributes(allowed map[string]*node, n *node, at string) error {
	for name, value := range n.attr {
		decl := allowed[name]
		if decl == nil {
			return fmt.Errorf("%s: the attribute %s may not stand here", at, name)
		}
		if t := decl.attr["type"]; t != "xs:string" {
			pattern := x.named("simpleType", t).children[0].children[0].attr["value"]
			if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(value) {
				return fmt.Errorf("%s: %s=%q does not match %s", at, name, value, pattern)
			}
		}
	}
	for name, decl := range allowed {
		if _, there := n.attr[name]; decl.attr["use"] == "required" && !there {
			return fmt.Errorf("%s: the attribute %s is missing", at, name)
		}
	}
	return nil
}

//go:embed testdata/jenkins-junit-10.xsd
var junitXSD []byte

// ValidJUnit checks against Jenkins' schema, and with xmllint too where that
// is installed.
func ValidJUnit(t *testing.T, data []byte) error {
	t.Helper()
	root, err := readXML(junitXSD)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := readXML(data)
	if err != nil {
		return err
	}
	mine := (&xsd{root}).valid(doc)
	if lint, err := exec.LookPath("xmllint"); err == nil {
		dir := t.TempDir()
		schema, file := filepath.Join(dir, "junit.xsd"), filepath.Join(dir, "junit.xml")
		if err := errors.Join(os.WriteFile(schema, junitXSD, 0o600), os.WriteFile(file, data, 0o600)); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(lint, "--noout", "--nonet", "--schema", schema, file).CombinedOutput()
		if (err == nil) != (mine == nil) {
			t.Errorf("the two checks disagree: %v; xmllint: %v\n%s", mine, err, out)
		}
	}
	return mine
}
