package xmlbody

import (
	"iter"
	"strings"

	"github.com/antchfx/xmlquery"
)

// Nodes are the elements at a path of element names, such as "User/roles/role", below a node: below a
// document the path begins with the root, below an element with one of its children. Names are compared
// without regard to case, since real servers spell some of them in two ways (reasonCode, ReasonCode).
func Nodes(from *xmlquery.Node, path string) []*xmlquery.Node {
	if from == nil {
		return nil
	}
	nodes := []*xmlquery.Node{from}
	for name := range strings.SplitSeq(path, "/") {
		var next []*xmlquery.Node
		for _, node := range nodes {
			for child := firstElement(node); child != nil; child = nextElement(child) {
				if strings.EqualFold(child.Data, name) {
					next = append(next, child)
				}
			}
		}
		nodes = next
	}
	return nodes
}

// Children are the elements directly below a node.
func Children(of *xmlquery.Node) iter.Seq[*xmlquery.Node] {
	return func(yield func(*xmlquery.Node) bool) {
		for child := firstElement(of); child != nil && yield(child); child = nextElement(child) {
		}
	}
}

// Text is the text of the first element at a path, as Nodes has it, and whether there is one: an empty
// element is present. The last name may be an attribute, as in "ReasonCodes/@category". The text is
// given as it stands, white space included.
func Text(from *xmlquery.Node, path string) (value string, present bool) {
	elements, attribute, isAttribute := strings.Cut(path, "@")
	if isAttribute {
		elements = strings.TrimSuffix(elements, "/")
	}
	nodes := []*xmlquery.Node{from}
	if elements != "" || !isAttribute {
		nodes = Nodes(from, elements)
	}
	if len(nodes) == 0 || nodes[0] == nil {
		return "", false
	}
	if !isAttribute {
		return TextOf(nodes[0]), true
	}
	for _, attr := range nodes[0].Attr {
		if strings.EqualFold(attr.Name.Local, attribute) {
			return attr.Value, true
		}
	}
	return "", false
}

// Texts are the texts of all elements at a path, in document order.
func Texts(from *xmlquery.Node, path string) []string {
	nodes := Nodes(from, path)
	texts := make([]string, len(nodes))
	for i, node := range nodes {
		texts[i] = TextOf(node)
	}
	return texts
}
