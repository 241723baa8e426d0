// Package xmlbody validates XML bodies against the schemas of an OpenAPI document.
//
// kin-openapi validates values, and leaves it to others to make values of XML. The decoder here parses
// with xmlquery and follows the schema: xml name, attribute and wrapped, lists of one element, integers
// and booleans. Three extensions of the document steer it where OpenAPI has no word: x-also-named lists
// further spellings of an element, x-named-in-notifications those that only notifications have, and
// x-form says a pattern in words for messages. A nullable property may be an empty element, which
// becomes null.
//
// The order of children does not matter. Elements that the schema does not name are listed and do not
// fail a body. What makes a body fail is told with the XPath of the element.
package xmlbody
