package export

import "go.yaml.in/yaml/v3"

// get follows keys down from a mapping; nil where one is not there.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		i := index(n, key)
		if i < 0 {
			return nil
		}
		n = n.Content[i+1]
	}
	return n
}

// index is where a key of a mapping stands, -1 for nowhere.
func index(n *yaml.Node, key string) int {
	if n == nil || n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// value is the text of a key's scalar, "" where there is none.
func value(n *yaml.Node, key string) string {
	if v := get(n, key); v != nil {
		return v.Value
	}
	return ""
}

// texts are those of a list of scalars.
func texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	var all []string
	for _, e := range n.Content {
		all = append(all, e.Value)
	}
	return all
}

func set(n *yaml.Node, key string, v *yaml.Node) {
	if i := index(n, key); i >= 0 {
		n.Content[i+1] = v
		return
	}
	n.Content = append(n.Content, scalar(key), v)
}

func remove(n *yaml.Node, key string) {
	if i := index(n, key); i >= 0 {
		n.Content = append(n.Content[:i], n.Content[i+2:]...)
	}
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func boolean(b bool) *yaml.Node {
	n := &yaml.Node{}
	_ = n.Encode(b) // which a boolean cannot fail
	return n
}

// mapping makes one of keys and values in turns.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, scalar(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}
