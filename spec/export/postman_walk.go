package export

import (
	"fmt"
	"strings"
)

const ownUser = "/finesse/api/User/{{agentId}}"

// walk is a walk through the states of an agent who is signed out at first and
// in the end. A change is accepted before it has happened: after each the user
// is asked for until it shows.
func walk() []item {
	steps := []item{
		reasonCodes("NOT_READY", "notReadyReason"),
		reasonCodes("LOGOUT", "logoutReason"),
		put("sign in", "<User><state>LOGIN</state><extension>{{extension}}</extension></User>", 200, 202),
		until("NOT_READY"),
		put("become ready", "<User><state>READY</state></User>", 200, 202),
		until("READY"),
	}
	steps = append(steps, refused()...)
	return append(steps,
		put("become not ready", "<User><state>NOT_READY</state>{{notReadyReason}}</User>", 200, 202),
		until("NOT_READY"),
		put("sign out", "<User><state>LOGOUT</state>{{logoutReason}}</User>", 200, 202),
		until("LOGOUT"),
	)
}

// refused is what no target may accept: one agent asks for an unknown state,
// for none, for another agent, and with a wrong password, of which five in a
// row would lock the account.
func refused() []item {
	unknown := put("ask for an unknown state", "<User><state>SLEEPING</state></User>", 400)
	none := put("ask for no state", "<User></User>", 400)
	other := put("change another agent", "<User><state>READY</state></User>", 401)
	other.Request.URL = "{{baseUrl}}/finesse/api/User/{{otherId}}"
	wrong := item{Name: "get the user with a wrong password", Request: newRequest("GET", ownUser, ""), Event: tests(ofAnswer([]int{401})...)}
	wrong.Request.Header = append(wrong.Request.Header, variable{Key: "Authorization", Value: "Basic d3Jvbmc6d3Jvbmc="})
	return []item{unknown, none, other, wrong}
}

func put(name, xml string, status ...int) item {
	return item{Name: name, Request: newRequest("PUT", ownUser, xml), Event: tests(ofAnswer(status)...)}
}

// until gets the user until it is in a state, for ten seconds.
func until(state string) item {
	name := "get the user until it is " + state
	return item{Name: name, Request: newRequest("GET", ownUser, ""), Event: tests(strings.Split(fmt.Sprintf(`const state = pm.response.code === 200 ? xml2Json(pm.response.text()).User.state : "";
const tries = Number(pm.variables.get("tries") || 0) + 1;
if (state !== %[1]q && tries < 100) {
  pm.collectionVariables.set("tries", tries);
  setTimeout(() => {}, 100);
  pm.execution.setNextRequest(pm.info.requestName);
} else {
  pm.collectionVariables.unset("tries");
  pm.test("the user is %[1]s", () => pm.expect(state).to.equal(%[1]q));
}`, state), "\n")...)}
}

// reasonCodes gets the reason codes of a category, and keeps the element with
// the first of them: where there are any, a change needs one.
func reasonCodes(category, keep string) item {
	lines := append(ofAnswer([]int{200}), strings.Split(fmt.Sprintf(`const codes = [].concat(xml2Json(pm.response.text()).ReasonCodes.ReasonCode || []);
const id = codes.length === 0 ? "" : codes[0].uri.split("/").filter(Boolean).pop();
pm.collectionVariables.set(%q, id === "" ? "" : "<reasonCodeId>" + id + "</reasonCodeId>");`, keep), "\n")...)
	return item{Name: "get the reason codes of " + category, Request: newRequest("GET", ownUser+"/ReasonCodes?category="+category, ""), Event: tests(lines...)}
}
