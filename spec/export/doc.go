// Package export gives the contract in the forms that other tools read: the
// OpenAPI document made fit for generators, a Postman collection, state
// diagrams in Mermaid, and everything as one JSON document.
//
// No other module is promised anything of it: see docs/stability.md.
//
// What is exported follows from the contract alone; nothing reads it back.
package export
