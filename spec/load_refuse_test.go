package spec_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"finesse-conformance/spec"
)

func TestLoadFSRefuses(t *testing.T) {
	const sig = "requirements/01-sig.yaml"
	// row replaces one thing in the good requirement, which begins in line 4:
	// id 4, title 5, level 6, sources 7, given 8, when 9, then 10.
	row := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the good requirement has no %q", old)
		}
		return section(strings.Replace(good, old, with, 1))
	}
	several := func(rest string) string {
		return row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}", "    steps: [{when: {put: LOGIN}, "+rest+"}]")
	}
	for _, test := range []struct {
		name string
		file string
		text string
		want string
	}{
		// YAML and keys.
		{"not YAML", sig, "section: [\n", "requirements/01-sig.yaml:1: is not YAML: did not find expected node content"},
		{"nothing", sig, "", "requirements/01-sig.yaml: is empty"},
		{"two documents", sig, section(good) + "---\nsection: X\n", "requirements/01-sig.yaml:11: has a second document: keep one, without a line ---"},
		{"a list for a file", sig, "- 1\n", "requirements/01-sig.yaml:1: the file is a list: write it as keys with values, of deployments, requirements, section, title"},
		{"an unknown key", sig, row("level:", "lvel:"), "requirements/01-sig.yaml:6: a requirement has no key \"lvel\": use deployments, for_each, given, id, level, never_exercised, note, releases, sources, standing, steps, then, title, transition, when"},
		{"a key twice", sig, row("title:", "level: MUST\n    title:"), "requirements/01-sig.yaml:7: a requirement has the key level twice: keep one"},
		{"a YAML alias", sig, row("MUST", "&m MUST\n    note: *m"), "requirements/01-sig.yaml:7: note is a YAML alias: write a text"},
		{"an unknown key of the file", sig, "order: 1\n" + section(good), "requirements/01-sig.yaml:1: the file has no key \"order\": use deployments, requirements, section, title"},
		{"no requirements", sig, "section: SIG\ntitle: T\nrequirements: []\n", "requirements/01-sig.yaml:3: requirements is a list: write a list of requirements"},

		// Identity.
		{"no id", sig, row("id: SIG-01", "note: n"), "requirements/01-sig.yaml:4: a requirement has no id: give it the next free one, such as SIG-99"},
		{"a malformed id", sig, row("SIG-01", "SIG-1"), "requirements/01-sig.yaml:4: \"SIG-1\" is no id: write the section, two digits and, for rows of one clause, a state, such as SIG-07-READY"},
		{"another section", sig, row("SIG-01", "SUP-01"), "requirements/01-sig.yaml:4: SUP-01 stands in the section SIG: move it, or mend its id"},
		{"an id twice", sig, section(good + strings.Replace(good, "signs in", "signs in again", 1)), "requirements/01-sig.yaml:11: the id SIG-01 is taken by requirements/01-sig.yaml:4: ids are unique"},
		{"a title twice", sig, section(good + strings.Replace(good, "SIG-01", "SIG-02", 1)), "requirements/01-sig.yaml:11: SIG-02 has the title of SIG-01: titles are unique"},
		{"no title", sig, row("title: an agent signs in", "note: n"), "requirements/01-sig.yaml:4: SIG-01 has no title"},
		{"a long title", sig, row("an agent", strings.Repeat("an agent ", 12)), "requirements/01-sig.yaml:4: the title of SIG-01 is longer than 100 letters"},
		{"a title of two lines", sig, row("an agent signs in", "\"an agent\\nsigns in\""), "requirements/01-sig.yaml:5: title has several lines: write one"},
		{"no level", sig, row("level: MUST", "note: n"), "requirements/01-sig.yaml:4: SIG-01 has no level: use MUST, EITHER or INFO"},
		{"a section in two files", "requirements/02-more.yaml", section(strings.NewReplacer("SIG-01", "SIG-02", "signs in", "signs in again").Replace(good)), "requirements/02-more.yaml: has the section SIG a second time: keep a section in one file"},

		// Where it applies and is written.
		{"an unknown deployment", sig, row("level: MUST", "level: MUST\n    deployments: [PCCE]"), "requirements/01-sig.yaml:7: deployments is \"PCCE\": use UCCE or UCCX"},
		{"a release that is none", sig, row("level: MUST", "level: MUST\n    releases: {from: new}"), "requirements/01-sig.yaml:7: \"new\" is not a release: write it like \"12.5(1)\""},
		{"releases backwards", sig, row("level: MUST", "level: MUST\n    releases: {from: 12.5(1), to: 12.0(1)}"), "requirements/01-sig.yaml:7: releases goes from 12.5(1) down to 12.0(1)"},
		{"no sources", sig, row("sources: [{guide: G, page: 29}]", "note: n"), "requirements/01-sig.yaml:4: SIG-01 has no sources: say where the clause is written"},
		{"an unknown guide", sig, row("guide: G", "guide: H"), "requirements/01-sig.yaml:7: \"H\" is a guide that sources.yaml does not have"},
		{"no page of a guide with pages", sig, row(", page: 29", ""), "requirements/01-sig.yaml:7: the guide G has pages: say page or url"},
		{"a page of a guide without pages", sig, row("guide: G", "guide: W"), "requirements/01-sig.yaml:7: the guide W has no pages: leave page out"},
		{"no address", sig, row("page: 29", "url: page 29"), "requirements/01-sig.yaml:7: url is \"page 29\": write an address that begins with https://"},

		// Given.
		{"an unknown state", sig, row("state: LOGOUT", "state: LOGGED_OUT"), "requirements/01-sig.yaml:8: state is \"LOGGED_OUT\", a state that openapi.yaml does not have: use LOGOUT, NOT_READY, READY, RESERVED, TALKING, WORK, UNKNOWN or LOGIN"},
		{"an unknown call", sig, row("state: LOGOUT", "state: TALKING, call: voip"), "requirements/01-sig.yaml:8: call is \"voip\": use icd, direct, outbound or preview"},
		{"was at rest", sig, row("state: LOGOUT", "state: READY, was: NOT_READY"), "requirements/01-sig.yaml:8: given has was with READY: it is the state before a call"},
		{"pending at rest", sig, row("state: LOGOUT", "state: READY, pending: NOT_READY"), "requirements/01-sig.yaml:8: given has pending without a call: name a state on a call"},
		{"an unknown number of codes", sig, row("state: LOGOUT", "codes: {NOT_READY: three}"), "requirements/01-sig.yaml:8: codes is \"three\": use none, one or two"},
		{"an unknown category", sig, row("state: LOGOUT", "codes: {READY: one}"), "requirements/01-sig.yaml:8: codes has no key \"READY\": use LOGOUT, NOT_READY"},
		{"a flag that is no flag", sig, row("state: LOGOUT", "state: NOT_READY, fresh: yes"), "requirements/01-sig.yaml:8: fresh is \"yes\": it is true or left out"},

		{"a level that is none", sig, row("MUST", "{UCCE: MUST, UCCX: MAY}"), "requirements/01-sig.yaml:6: level is \"MAY\": use MUST, EITHER or INFO"},
		{"a wrap-up mode that is none", sig, row("state: LOGOUT", "state: WORK, wrap_up_mode: on"), "requirements/01-sig.yaml:8: wrap_up_mode is \"on\": use REQUIRED, OPTIONAL, NOT_ALLOWED or REQUIRED_WITH_WRAP_UP_DATA"},
		{"wrap-up twice", sig, row("state: LOGOUT", "state: WORK, wrap_up: on, wrap_up_mode: OPTIONAL"), "requirements/01-sig.yaml:8: given has wrap_up and wrap_up_mode: keep one"},
		{"the subject among the others", sig, row("state: LOGOUT", "others: {self: NOT_READY}"), "requirements/01-sig.yaml:8: others has no key \"self\": use colleague, foreign_supervisor, peer, supervisor, teammate"},
		{"somebody else on a call", sig, row("state: LOGOUT", "others: {colleague: TALKING}"), "requirements/01-sig.yaml:8: given has colleague in TALKING: others are brought into NOT_READY alone"},

		// When.
		{"no when", sig, row("    when: {put: LOGIN}\n", ""), "requirements/01-sig.yaml:4: SIG-01 has no when"},
		{"no action", sig, row("{put: LOGIN}", "{by: self}"), "requirements/01-sig.yaml:9: when has no action: say one of put, get, method, dialog, stimulus, timer, end_call or probe"},
		{"two actions", sig, row("{put: LOGIN}", "{put: LOGIN, get: user}"), "requirements/01-sig.yaml:9: when has the actions put and get: keep one, and write the others as steps"},
		{"an unknown actor", sig, row("{put: LOGIN}", "{by: admin, put: LOGIN}"), "requirements/01-sig.yaml:9: by is \"admin\": use self, supervisor, foreign_supervisor, teammate, colleague or peer"},
		{"an unknown stimulus", sig, row("{put: LOGIN}", "{stimulus: lunch}"), "requirements/01-sig.yaml:9: stimulus is \"lunch\": use route_call, caller_hangup, call_unanswered, reserve_outbound, deliver_outbound, cancel_outbound, reserve_preview, wrap_up_on or wrap_up_off"},
		{"a stimulus by somebody", sig, row("{put: LOGIN}", "{by: peer, stimulus: route_call}"), "requirements/01-sig.yaml:9: when has by with stimulus: only put, get and dialog are done by somebody"},
		{"an unknown Dialog request", sig, row("{put: LOGIN}", "{dialog: TRANSFER}"), "requirements/01-sig.yaml:9: dialog is \"TRANSFER\": use MAKE_CALL, ANSWER, HOLD, RETRIEVE, DROP, ACCEPT, CLOSE or REJECT"},
		{"an unknown method", sig, row("{put: LOGIN}", "{method: PATCH}"), "requirements/01-sig.yaml:9: method is \"PATCH\": use POST or DELETE"},
		{"an unknown body", sig, row("{put: LOGIN}", "{put: {body: pdf}}"), "requirements/01-sig.yaml:9: body is \"pdf\": use malformed, empty, other_root, huge, doctype, json or extra"},
		{"an unknown state to put", sig, row("{put: LOGIN}", "{put: {state: BREAK}}"), "requirements/01-sig.yaml:9: state is \"BREAK\", a state that openapi.yaml does not have: use LOGOUT, NOT_READY, READY, RESERVED, TALKING, WORK, UNKNOWN or LOGIN"},
		{"a category without reason codes", sig, row("{put: LOGIN}", "{get: {what: user, category: LOGOUT}}"), "requirements/01-sig.yaml:9: category goes with reason_codes: say both"},
		{"a choice between codes", sig, row("{put: LOGIN}", "{put: {state: NOT_READY, reason: other}}"), "requirements/01-sig.yaml:4: SIG-01 chooses between reason codes: say codes: {NOT_READY: two} in given"},
		{"an unknown user unasked for", sig, row("{put: LOGIN}", "{put: {state: READY, user: unknown}}"), "requirements/01-sig.yaml:4: SIG-01 puts to an unknown user: say only_if: unknown, and ask for the user in the step before"},

		{"a login name unasked for", sig, row("{put: LOGIN}", "{put: {state: READY, user: login_name}}"), "requirements/01-sig.yaml:4: SIG-01 puts to a login name: say only_if: own, and ask for the user in the step before"},
		{"only_if without a read", sig, row("{put: LOGIN}", "{put: {state: READY, user: unknown, only_if: unknown}}"), "requirements/01-sig.yaml:4: SIG-01 has only_if: it goes on a put to the user that the step before asked for by the same name"},
		{"a device unasked for", sig, row("{put: LOGIN}", "{put: {state: LOGIN, device: true}}"), "requirements/01-sig.yaml:4: SIG-01 sends a device: say device_selection: true in given"},
		{"a body that asks for nothing", sig, row("{put: LOGIN}", "{put: {state: READY, body: empty}}"), "requirements/01-sig.yaml:4: SIG-01 has the body empty: say state: READY with it where the body asks for that, and no state where it does not"},
		{"a body that asks for READY", sig, row("{put: LOGIN}", "{put: {body: malformed}}"), "requirements/01-sig.yaml:4: SIG-01 has the body malformed: say state: READY with it where the body asks for that, and no state where it does not"},
		{"a read by no login name", sig, row("{put: LOGIN}\n    then: {accepted: NOT_READY}", "{get: {what: user, user: login_name}}\n    then: {answer: 200}"), "requirements/01-sig.yaml:4: SIG-01 reads by a login name: say login_name: true in given"},
		{"the extension of nobody", sig, row("{put: LOGIN}", "{put: {state: LOGIN, extension: colleague}}"), "requirements/01-sig.yaml:4: SIG-01 sends the extension of a colleague: say in given.others where it is"},
		{"the code of no reason", sig, row("{put: LOGIN}", "{put: {state: NOT_READY, reason: code}}"), "requirements/01-sig.yaml:4: SIG-01 sends the code of a reason: say codes: {NOT_READY: one} in given"},
		{"later alone", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps:\n      - {when: {put: LOGIN}, then: {accepted: NOT_READY}}\n      - {later: true, when: {put: LOGIN}, then: {accepted: NOT_READY}}\n"), "requirements/01-sig.yaml:4: SIG-01 has later without again: it is the step before once more"},
		{"later after no timer", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps:\n      - {when: {put: LOGIN}, then: {accepted: NOT_READY}}\n      - {again: true, later: true, when: {put: LOGIN}, then: {accepted: NOT_READY}}\n"), "requirements/01-sig.yaml:4: SIG-01 has later: it follows a step with half_timer"},

		// Then.
		{"avoids of a put", sig, row("{accepted: NOT_READY}", "{avoids: NOT_READY}"), "requirements/01-sig.yaml:4: SIG-01 has avoids: it goes on a step with end_call or stimulus"},
		{"after what cannot be", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps:\n      - {when: {put: LOGIN}, then: {accepted: NOT_READY}}\n      - {when: {end_call: true}, then: {after: refused, reaches: READY}}\n"), "requirements/01-sig.yaml:4: SIG-01 has after: refused, to which no put before it can come"},
		{"after one kind of two", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps:\n      - {when: {put: READY}, then: {any_of: [{accepted: READY}, {keeps: any}]}}\n      - {when: {end_call: true}, then: {after: keeps, reaches: READY}}\n"), "requirements/01-sig.yaml:4: SIG-01 has outcomes after some kinds alone: say what may come after accepted"},
		{"members of no team", sig, row("{put: LOGIN}\n    then: {accepted: NOT_READY}", "{get: user}\n    then: {answer: 200, members: true}"), "requirements/01-sig.yaml:4: SIG-01 has members: it goes on a get of the team"},
		{"others from nowhere", sig, row("{accepted: NOT_READY}", "{accepted: NOT_READY, others: {colleague: LOGOUT}}"), "requirements/01-sig.yaml:4: SIG-01 leaves colleague somewhere: say in given.others where it is before"},
		{"records of no path", sig, row("{accepted: NOT_READY}", "{accepted: NOT_READY, records: [extension]}"), "requirements/01-sig.yaml:10: records is \"extension\": write a path such as User/reasonCodeId"},
		{"or_system elsewhere", sig, row("NOT_READY}", "NOT_READY, shows: [{at: User/uri, is: x, or_system: true}]}"), "requirements/01-sig.yaml:10: shows has or_system: it goes with User/reasonCodeId"},
		{"no then", sig, row("    then: {accepted: NOT_READY}\n", ""), "requirements/01-sig.yaml:4: SIG-01 has no then"},
		{"no kind", sig, row("{accepted: NOT_READY}", "{event: state}"), "requirements/01-sig.yaml:10: an outcome says none of accepted, refused, error, keeps, deferred, reaches, avoids, answer or recorded"},
		{"together and following", sig, several("together: [{put: READY}], following: [{put: READY}], then: {reaches: READY}"), "requirements/01-sig.yaml:9: a step has together and following: keep one"},
		{"together without a list", sig, several("together: {put: READY}, then: {reaches: READY}"), "requirements/01-sig.yaml:9: together is a mapping: write a list of actions, each as in when"},
		{"together with a read", sig, several("together: [{get: user}], then: {reaches: READY}"), "requirements/01-sig.yaml:9: a step does several things: each of them is a put, a dialog but MAKE_CALL, a stimulus, or the timer as the first"},
		{"a timer that is not the first", sig, several("together: [{timer: wrap_up}], then: {reaches: READY}"), "requirements/01-sig.yaml:9: the timer is not the first of several things: what comes as it runs out waits for it"},
		{"the subject for itself", sig, several("together: [{put: {state: READY, user: own}}], then: {reaches: READY}"), "requirements/01-sig.yaml:4: SIG-01 has user: own of the subject: it goes on a put by somebody else"},
		{"an answer of several things", sig, several("following: [{put: READY}], then: {accepted: READY}"), "requirements/01-sig.yaml:9: a step does several things: of them it can say reaches, keeps: any and recorded alone"},
		{"two kinds", sig, row("{accepted: NOT_READY}", "{accepted: NOT_READY, keeps: any}"), "requirements/01-sig.yaml:10: an outcome says accepted and keeps: keep one, or write them below any_of"},
		{"an unknown kind", sig, row("{accepted: NOT_READY}", "{succeeds: true}"), "requirements/01-sig.yaml:10: an outcome has no key \"succeeds\": use accepted, after, answer, avoids, clock, data, deferred, deployments, error, event, half_timer, header, keeps, may_return, members, other_node, others, passes, reaches, recorded, records, refused, same, schema, shows, types"},
		{"any_of of one", sig, row("{accepted: NOT_READY}", "{any_of: [{keeps: any}]}"), "requirements/01-sig.yaml:10: any_of is for two outcomes and more: write a list of them"},
		{"a key of another kind", sig, row("{accepted: NOT_READY}", "{keeps: any, schema: User}"), "requirements/01-sig.yaml:10: schema does not go with keeps"},
		{"an unknown error type", sig, row("{accepted: NOT_READY}", "{refused: [Bad State]}"), "requirements/01-sig.yaml:10: \"Bad State\" is an error type that openapi.yaml does not have: mend it, or add it to components/schemas/ErrorType"},
		{"an unknown alias", sig, row("{accepted: NOT_READY}", "{refused: [$found]}"), "requirements/01-sig.yaml:10: $found is an alias that aliases.yaml does not have"},
		{"no types", sig, row("{accepted: NOT_READY}", "{error: 400}"), "requirements/01-sig.yaml:4: SIG-01 has an error without types: name the error types that the guide allows"},
		{"an empty list", sig, row("{accepted: NOT_READY}", "{refused: []}"), "requirements/01-sig.yaml:10: the list is empty: leave the key out, or fill it"},
		{"no status", sig, row("{accepted: NOT_READY}", "{error: bad, types: [Bad Request]}"), "requirements/01-sig.yaml:10: \"bad\" is no HTTP status: write one such as 400, or a class such as 4xx"},
		{"an unknown schema", sig, row("{accepted: NOT_READY}", "{answer: 200, schema: Agent}"), "requirements/01-sig.yaml:10: schema is \"Agent\": use State, RequestState, ErrorType or User"},
		{"an unknown event check", sig, row("{accepted: NOT_READY}", "{accepted: NOT_READY, event: some}"), "requirements/01-sig.yaml:10: event is \"some\": use state, shape, agrees, echo, none, error, team, no_change, pending, unasked, error_shape or error_echo"},
		{"an unknown placeholder", sig, row("NOT_READY}", "NOT_READY, shows: [{at: User/uri, is: '/{name}'}]}"), "requirements/01-sig.yaml:10: {name} stands for nothing: use id, extension, reason, first, second or device"},
		{"a show of nothing", sig, row("NOT_READY}", "NOT_READY, shows: [{at: User/uri}]}"), "requirements/01-sig.yaml:10: shows says what the element is, with is or with each_in: keep one"},
		{"a show nowhere", sig, row("NOT_READY}", "NOT_READY, shows: [{is: x}]}"), "requirements/01-sig.yaml:10: shows has no at: say which element is meant"},
		{"accepted of no put", sig, row("{put: LOGIN}", "{stimulus: route_call}"), "requirements/01-sig.yaml:4: SIG-01 says accepted of what is no put: use reaches, keeps or answer"},
		{"deferred without an end", sig, row("{accepted: NOT_READY}", "{deferred: LOGOUT}"), "requirements/01-sig.yaml:4: SIG-01 has deferred and the call is not ended in the next step: add a step with end_call"},
		{"half a timer without one", sig, row("NOT_READY}", "NOT_READY, half_timer: true}"), "requirements/01-sig.yaml:4: SIG-01 has half_timer and its given is no wrap-up"},

		// Forms.
		{"steps beside when", sig, row("    when", "    steps: [{when: {get: user}, then: {keeps: any}}]\n    when"), "requirements/01-sig.yaml:4: SIG-01 has steps beside when or then: keep one form"},
		{"a step without then", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps: [{when: {get: user}}]\n"), "requirements/01-sig.yaml:9: a step has no then"},
		{"again at first", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", "    steps: [{again: true, when: {get: user}, then: {answer: 200}}]\n"), "requirements/01-sig.yaml:9: the first step has again: its given is brought about anyway"},
		{"never and steps", sig, row("    when", "    never_exercised: because\n    when"), "requirements/01-sig.yaml:4: SIG-01 is never_exercised and has steps: keep one of them"},
		{"neither steps nor never", sig, row("    when: {put: LOGIN}\n    then: {accepted: NOT_READY}\n", ""), "requirements/01-sig.yaml:4: SIG-01 has no when and then: say what is done and what may come of it, or never_exercised and why"},
		{"an unknown standing check", sig, row("level: MUST", "level: MUST\n    standing: still"), "requirements/01-sig.yaml:7: standing is \"still\": use valid_user, valid_error, state, change_time, reason, own_user, events, own_change, team, reason_code, event_shape, event_user, event_refused, event_error, error_shape, event_team or event_unasked"},
		{"a transition out of the tables", sig, row("level: MUST", "level: MUST\n    transition: {from: LOGOUT, to: LOGIN, cause: agent}"), "requirements/01-sig.yaml:4: SIG-01 has a transition and is in none of the TRN sections"},

		// for_each.
		{"for_each without x in the id", sig, row("title:", "for_each: [{x: READY}]\n    title:"), "requirements/01-sig.yaml:4: the id of a requirement with for_each ends with -{x}"},
		{"for_each of no list", sig, row("SIG-01", "SIG-01-{x}\n    for_each: READY"), "requirements/01-sig.yaml:5: for_each is \"READY\": write a list such as [{x: READY}, {x: WORK}]"},
		{"for_each without x", sig, row("SIG-01", "SIG-01-{x}\n    for_each: [{level: MUST}]"), "requirements/01-sig.yaml:5: an entry of for_each has no x: say what {x} stands for"},
		{"for_each with an x twice", sig, row("SIG-01", "SIG-01-{x}\n    for_each: [{x: READY}, {x: READY}]"), "requirements/01-sig.yaml:5: for_each has READY twice: keep one"},
		{"for_each with an unknown key", sig, row("SIG-01", "SIG-01-{x}\n    for_each: [{x: READY, lvel: MUST}]"), "requirements/01-sig.yaml:5: a requirement has no key \"lvel\": use deployments, for_each, given, id, level, never_exercised, note, releases, sources, standing, steps, then, title, transition, when"},
		{"{x} without quotes", sig, row("SIG-01", "SIG-01-{x}\n    for_each: [{x: READY}]\n    note: {x}"), "requirements/01-sig.yaml:6: note is a mapping: put \"{x}\" in quotes"},

		// The transition tables and their moves.
		{"no transition", "requirements/02-trn.yaml", strings.NewReplacer("section: SIG", "section: TRN-X", "SIG-01", "TRN-X-01", "signs in", "comes").Replace(section(good)), "requirements/02-trn.yaml:4: TRN-X-01 has no transition: say from, to and cause"},
		{"no cause", "requirements/02-trn.yaml", strings.NewReplacer("section: SIG", "section: TRN-X", "SIG-01", "TRN-X-01", "signs in", "comes", "level: MUST", "level: MUST\n    transition: {from: LOGOUT, to: LOGIN}").Replace(section(good)), "requirements/02-trn.yaml:4: the transition of TRN-X-01 has no cause: use agent, dialog, stimulus or timer"},
		{"no move", "requirements/02-trn.yaml", strings.NewReplacer("section: SIG", "section: TRN-X", "SIG-01", "TRN-X-01", "signs in", "comes", "level: MUST", "level: MUST\n    transition: {from: LOGOUT, to: LOGIN, cause: agent}").Replace(section(good)), "requirements/02-trn.yaml:4: TRN-X-01 has no move: add one with it among its rows to moves.yaml"},
		{"an unknown row", "moves.yaml", "moves:\n  - {name: m, action: {put: LOGIN}, from: {state: LOGOUT}, to: {state: NOT_READY}, rows: SIG-09, sources: [{guide: W}]}\n", "moves.yaml:2: the move \"m\" names the row SIG-09, which no requirement is"},
		{"a move twice", "moves.yaml", "moves:\n" + strings.Repeat("  - {name: m, action: {put: LOGIN}, from: {state: LOGOUT}, to: {state: NOT_READY}, sources: [{guide: W}]}\n", 2), "moves.yaml:3: the move \"m\" is there twice: give them names that tell them apart"},
		{"a move to an unknown state", "moves.yaml", "moves:\n  - {name: m, action: {put: LOGIN}, from: {state: LOGOUT}, to: {state: IN}, sources: [{guide: W}]}\n", "moves.yaml:2: state is \"IN\", a state that openapi.yaml does not have: use LOGOUT, NOT_READY, READY, RESERVED, TALKING, WORK, UNKNOWN or LOGIN"},
		{"a move of two actions", "moves.yaml", "moves:\n  - {name: m, action: {put: LOGIN, timer: wrap_up}, from: {state: LOGOUT}, to: {state: NOT_READY}, sources: [{guide: W}]}\n", "moves.yaml:2: action is one of put, dialog, call, stimulus or timer"},
		{"a move from anywhere", "moves.yaml", "moves:\n  - {name: m, action: {put: LOGIN}, from: {was: READY}, to: {state: NOT_READY}, sources: [{guide: W}]}\n", "moves.yaml:2: from has no state: name the states from which the move starts"},
		{"a move to nowhere", "moves.yaml", "moves:\n  - {name: m, action: {put: LOGIN}, from: {state: LOGOUT}, to: {}, sources: [{guide: W}]}\n", "moves.yaml:2: to is empty: a move leads somewhere"},

		// What the rows refer to.
		{"a guide without an address", "sources.yaml", "guides:\n  G: {title: T, release: R}\n", "sources.yaml:2: the guide G has no address: say url, or page_url with {page}"},
		{"a guide without a page in its address", "sources.yaml", "guides:\n  G: {title: T, release: R, page_url: 'https://g.example/'}\n", "sources.yaml:2: page_url of the guide G lacks {page}"},
		{"a guide without a title", "sources.yaml", "guides:\n  G: {release: R, url: 'https://g.example/'}\n", "sources.yaml:2: the guide G lacks a title or a release: say both"},
		{"an alias of an unknown type", "aliases.yaml", "error_types:\n  lost: [Lost]\n", "aliases.yaml:2: \"Lost\" is an error type that openapi.yaml does not have: mend it, or add it to components/schemas/ErrorType"},
		{"a profile of nothing", "profiles.yaml", "profiles:\n  core: {title: T, needs: N, requirements: [SIG-*, SGI-*]}\n", "profiles.yaml:2: \"SGI-*\" matches no requirement"},
		{"a profile without a title", "profiles.yaml", "profiles:\n  core: {needs: N, requirements: SIG-*}\n", "profiles.yaml:2: the profile core lacks a title, needs or requirements: say all three"},
		{"a profile in capitals", "profiles.yaml", "profiles:\n  Core: {title: T, needs: N, requirements: SIG-*}\n", "profiles.yaml:2: \"Core\" is no name for a profile: use small letters"},
		{"a profile twice", "profiles.yaml", "profiles:\n  core: {title: T, needs: N, requirements: SIG-*}\n  core: {title: T, needs: N, requirements: SIG-*}\n", "profiles.yaml:3: the profile core is there twice: keep one"},
		{"apart without a reason", "profiles.yaml", "profiles: {}\napart:\n  - {requirements: SIG-01}\n", "profiles.yaml:3: an entry of apart says no why"},
		{"no schemas", "openapi.yaml", "openapi: 3.0.3\n", "openapi.yaml: has no components/schemas: states and error types stand there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := small()
			files[test.file] = &fstest.MapFile{Data: []byte(test.text)}
			c, err := spec.LoadFS(files)
			if err == nil || c != nil {
				t.Fatal("was loaded")
			}
			got := strings.Split(err.Error(), "\n")[0]
			if got != test.want {
				t.Errorf("\n got %s\nwant %s", err, test.want)
			}
		})
	}
}

func TestLoadFSMissesFiles(t *testing.T) {
	for _, name := range []string{"openapi.yaml", "sources.yaml", "aliases.yaml", "moves.yaml", "profiles.yaml"} {
		files := small()
		delete(files, name)
		if _, err := spec.LoadFS(files); err == nil || !strings.HasPrefix(err.Error(), name+": cannot be read: ") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	files := small()
	delete(files, "requirements/01-sig.yaml")
	if _, err := spec.LoadFS(files); err == nil || err.Error() != "requirements: has no files *.yaml" {
		t.Errorf("without requirements: %v", err)
	}
}

func TestMovesFollowTheirRows(t *testing.T) {
	files := small()
	trn := strings.NewReplacer("section: SIG", "section: TRN-X\ndeployments: [UCCE]", "SIG-01", "TRN-X-01", "signs in", "comes",
		"level: MUST", "level: MUST\n    transition: {from: LOGIN, to: NOT_READY, cause: agent}").Replace(section(good))
	files["requirements/02-trn.yaml"] = &fstest.MapFile{Data: []byte(trn)}
	move := func(text string) string {
		files["moves.yaml"].Data = []byte("moves:\n  - {name: m, action: {put: LOGIN}, rows: TRN-X-01, sources: [{guide: W}], " + text + "}\n")
		_, err := spec.LoadFS(files)
		if err == nil {
			return ""
		}
		return strings.Split(err.Error(), "\n")[0]
	}
	for _, test := range []struct{ text, want string }{
		{"from: {state: LOGOUT}, to: {state: NOT_READY}", ""},
		{"from: {state: [LOGOUT, READY]}, to: {state: NOT_READY}", ""},
		{"from: {state: READY}, to: {state: NOT_READY}", `moves.yaml:2: the move "m" names the row TRN-X-01 and does not lead from LOGIN to NOT_READY`},
		{"from: {state: LOGOUT}, to: {state: READY}", `moves.yaml:2: the move "m" names the row TRN-X-01 and does not lead from LOGIN to NOT_READY`},
		{"from: {state: LOGOUT}, to: {state: NOT_READY, or: READY}", `moves.yaml:2: the move "m" names the row TRN-X-01 and does not lead from LOGIN to NOT_READY`},
		{"deployments: [UCCX], from: {state: LOGOUT}, to: {state: NOT_READY}", `moves.yaml:2: the move "m" names the row TRN-X-01 of another deployment`},
	} {
		if got := move(test.text); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// A mistake in a row is told alone: the moves that name the row are right.
func TestLoadFSTellsNoConsequences(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"*.yaml", "requirements/*.yaml"} {
		names, err := filepath.Glob(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			data, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.ToSlash(n)] = &fstest.MapFile{Data: data}
		}
	}
	if _, err := spec.LoadFS(files); err != nil {
		t.Fatal(err)
	}
	const name = "requirements/01-sig.yaml"
	files[name].Data = bytes.Replace(files[name].Data, []byte("    given:"), []byte("\tgiven:"), 1)
	if _, err := spec.LoadFS(files); err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), name+":") {
		t.Errorf("got %v", err)
	}
}
