package selftest

import (
	"maps"
	"regexp"
	"slices"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// spoilt gives what was seen as other targets would have shown it: with another
// status, another error, another text, another state in the end, other events.
// Nobody else has to show each deviation in each row.
func spoilt(req *spec.Requirement, ev *evidence.Evidence) []*evidence.Evidence {
	var list []*evidence.Evidence
	with := func(change func(*evidence.Evidence)) {
		other := *ev
		other.Exchanges, other.Events, other.Observations = slices.Clone(ev.Exchanges), slices.Clone(ev.Events), slices.Clone(ev.Observations)
		change(&other)
		list = append(list, &other)
	}
	for i, step := range ev.Steps {
		if at := step.Exchange; at >= 0 && at < len(ev.Exchanges) {
			for _, status := range []int{200, 207, 302, 400, 401, 418, 500} {
				with(func(ev *evidence.Evidence) { ev.Exchanges[at].Status = status })
			}
			for _, status := range []int{400, 401, 500} {
				with(func(ev *evidence.Evidence) {
					x := &ev.Exchanges[at]
					x.Status, x.ResponseHeader = status, map[string]string{"Content-Type": "application/xml"}
					x.ResponseBody = "<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorData>258</ErrorData><ErrorMessage>Elsewhere</ErrorMessage></ApiError></ApiErrors>"
				})
			}
			with(func(ev *evidence.Evidence) {
				ev.Exchanges[at].ResponseHeader = maps.Clone(ev.Exchanges[at].ResponseHeader)
				clear(ev.Exchanges[at].ResponseHeader)
			})
			with(func(ev *evidence.Evidence) { ev.Exchanges[at].ResponseBody = "<nothing/>" })
			for _, kind := range kinds(req.Steps[i]) {
				with(func(ev *evidence.Evidence) {
					ev.Exchanges[at].Status = 418
					ev.Exchanges[at].ResponseBody = "<ApiErrors><ApiError><ErrorType>" + kind + "</ErrorType><ErrorData>258</ErrorData><ErrorMessage>Elsewhere</ErrorMessage></ApiError></ApiErrors>"
				})
			}
		}
		for _, state := range []spec.State{spec.Ready, spec.NotReady, spec.Work, spec.Logout, spec.Talking} {
			with(func(ev *evidence.Evidence) {
				for k := range ev.Observations {
					if o := &ev.Observations[k]; !step.Before(*o) {
						o.State = state
					}
				}
			})
		}
		if i < len(req.Steps) {
			for _, path := range texts(req.Steps[i]) {
				for _, text := range []string{"258", string(spec.NotReady), string(spec.Logout)} {
					with(func(ev *evidence.Evidence) { replaceTexts(ev, path, text) })
				}
			}
		}
		with(func(ev *evidence.Evidence) {
			ev.Steps = slices.Clone(ev.Steps)
			ev.Steps[i].Facts = maps.Clone(ev.Steps[i].Facts)
			if ev.Steps[i].Facts == nil {
				ev.Steps[i].Facts = map[string]string{}
			}
			ev.Steps[i].Facts["outage"] = "down"
		})
	}
	with(func(ev *evidence.Evidence) { ev.Events = nil })
	for _, change := range []func(*evidence.Event){
		func(e *evidence.Event) { e.Source = "/elsewhere" },
		func(e *evidence.Event) { e.Event = "GET" },
		func(e *evidence.Event) { e.RequestID = "another" },
		func(e *evidence.Event) { e.ErrorType = "No Such Type" },
		func(e *evidence.Event) { e.ErrorMessage = "" },
		func(e *evidence.Event) { e.ErrorData = "258" },
	} {
		with(func(ev *evidence.Evidence) {
			for k := range ev.Events {
				change(&ev.Events[k])
			}
		})
	}
	return list
}

// texts are the names of the elements whose text a step may be about.
func texts(step spec.Step) []string {
	names := []string{"ErrorType", "ErrorData"}
	for _, out := range step.Then {
		for _, show := range out.Shows {
			names = append(names, regexp.MustCompile(`[^/]*$`).FindString(show.At))
		}
		for _, path := range out.Records {
			names = append(names, regexp.MustCompile(`[^/]*$`).FindString(path))
		}
	}
	return names
}

// kinds are the kinds of errors that a step may come to.
func kinds(step spec.Step) []string {
	var list []string
	for _, out := range step.Then {
		list = append(list, out.Types...)
	}
	return list
}

// replaceTexts gives all elements of a name another text.
func replaceTexts(ev *evidence.Evidence, name, text string) {
	element := regexp.MustCompile(`<` + regexp.QuoteMeta(name) + `>[^<]*</`)
	for i := range ev.Exchanges {
		x := &ev.Exchanges[i]
		x.ResponseBody = element.ReplaceAllString(x.ResponseBody, "<"+name+">"+text+"</")
	}
}
