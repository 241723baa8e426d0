package judge

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// errorBody: an ApiErrors body whose ErrorType is one of the types. What else
// is wrong with its form is the finding of the requirement that checks the
// form of all errors, and noted by the others.
func (c *stepJudge) errorBody(out spec.Outcome, types []string) *mismatch {
	d := c.read("ApiErrors")
	form := d.form()
	if form != "" && c.inOtherWords(d) {
		return nil
	}
	said, _ := d.text("ApiErrors/ApiError/ErrorType")
	if inTrouble(c.act.Status) && said == "" {
		return c.answerMissed(out) // that of somebody on the way has its own form
	}
	if form != "" && said != "" && c.req.Invariant != spec.InvariantValidError {
		c.note("a body that is no right ApiErrors document: " + form)
	} else if form != "" {
		m := c.missed(out, evidence.MismatchForm, 1, fmt.Sprintf("%d with a body that is no ApiErrors document: %s", c.act.Status, form))
		m.elsewhere = c.onTheWay()
		m.xpath, m.suspect = d.path, m.elsewhere || c.misunderstood()
		return m
	}
	got, _ := xmlbody.Text(d.node, "ApiErrors/ApiError/ErrorType") // clients compare it as it stands
	if len(types) > 0 && !slices.Contains(types, got) {
		m := c.missed(out, evidence.MismatchAnswer, 1, c.answerText())
		m.what.Said = got
		if got != strings.TrimSpace(got) {
			m.seen = fmt.Sprintf("%d with ErrorType %q", c.act.Status, got)
		}
		m.xpath, m.suspect = "ApiErrors/ApiError/ErrorType", c.misunderstood()
		return m
	}
	data, _ := d.text("ApiErrors/ApiError/ErrorData")
	want, other := out.Data[c.ev.Target.Deployment], c.otherData(out, data)
	if want != "" && out.Kind == spec.Error && data != want {
		other = fmt.Sprintf("ErrorData %q", data)
	}
	if other == "" {
		return nil
	}
	m := c.missed(out, evidence.MismatchAnswer, 2, fmt.Sprintf("%d %s with %s", c.act.Status, got, other))
	m.xpath = "ApiErrors/ApiError/ErrorData"
	return m
}

// inOtherWords reports whether the body of a 401 to missing or wrong
// credentials is none of the API's: a container in front of it may answer as
// it likes, and only what is XML has to be ApiErrors.
func (c *stepJudge) inOtherWords(d *document) bool {
	if c.act.Status != http.StatusUnauthorized {
		return false
	}
	switch c.when.Credentials() {
	case spec.CredentialsNone, spec.CredentialsWrong, spec.CredentialsMadeUp, spec.CredentialsUnissued, spec.CredentialsExpired:
	default: // good ones, which the API itself looks at
		return false
	}
	media, _, _ := mime.ParseMediaType(c.act.ResponseHeader["Content-Type"])
	said := media == "application/xml" || media == "text/xml"
	return strings.TrimSpace(c.act.ResponseBody) == "" || (!d.xml || d.media != "") && !said
}

// shows: what the user has to show stands in the body behind the sighting.
func (c *stepJudge) shows(out spec.Outcome, l evidence.Observation) *mismatch {
	if len(out.Shows) == 0 {
		return nil
	}
	m := c.showsIn(out, c.documentOf(c.ev, l))
	if m != nil {
		m.exchange = observedExchange(l)
		m.suspect = m.xpath == "User/reasonCodeId" && c.chosen(l)
	}
	return m
}

// chosen reports whether a look shows a reason code that this requirement
// neither found nor sent: a person may have chosen it.
func (c *stepJudge) chosen(l evidence.Observation) bool {
	code := l.Reason()
	return code != "" && code != c.step.Baseline.Reason() && !slices.Contains(slices.Collect(maps.Values(c.step.Values)), code)
}

func (c *stepJudge) showsIn(out spec.Outcome, d *document) *mismatch {
	for _, s := range out.Shows {
		if seen, ok := c.show(s, d); !ok {
			m := c.missed(out, evidence.MismatchShown, 3, seen)
			m.what.Said = seen
			m.xpath = s.At
			return m
		}
	}
	return nil
}

func (c *stepJudge) show(s spec.Show, d *document) (seen string, ok bool) {
	if len(s.EachIn) > 0 {
		all := d.texts(s.At)
		if len(all) == 0 && !s.OrAbsent {
			return "no " + s.At, false
		}
		for _, t := range all {
			if !slices.Contains(s.EachIn, strings.TrimSpace(t)) {
				return fmt.Sprintf("%s %q", s.At, t), false
			}
		}
		return "", true
	}
	text, present := d.text(s.At)
	if text == "" && s.OrAbsent {
		return "", true
	}
	for _, want := range s.Is[c.ev.Target.Deployment] {
		if text == c.fill(want) && (present || want == "") {
			return "", true
		}
	}
	if n, err := strconv.Atoi(text); s.OrSystem && err == nil && n >= 0 && !slices.Contains(c.ev.Cast["subject"].ReasonCodes, text) {
		return "", true
	}
	if !present {
		return "no " + s.At, false
	}
	return fmt.Sprintf("%s %q", s.At, text), false
}

// fill puts the step's values in the place of placeholders.
func (c *stepJudge) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	for key, value := range c.step.Values {
		text = strings.ReplaceAll(text, "{"+key+"}", value)
	}
	return text
}

// Shown reports whether a body shows all that an outcome demands of it. A run
// uses it to know when it has waited long enough.
func (j *Judge) Shown(out spec.Outcome, target evidence.Target, cast map[string]evidence.User, values map[string]string, body string) bool {
	c := &stepJudge{Judge: j, ev: &evidence.Evidence{Target: target, Cast: cast}, step: evidence.Step{Values: values, Exchange: -1}}
	return c.showsIn(out, j.document("User", "", body)) == nil
}
