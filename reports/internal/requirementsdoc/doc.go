// Package requirementsdoc writes docs/requirements.md and the state diagrams
// beside it from the catalogue. It imports the spec and the diagram only; its
// test keeps the page up to date.
package requirementsdoc
