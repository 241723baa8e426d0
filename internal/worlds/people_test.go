package worlds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"finesse-conformance/fixtures/reference"
)

// person is somebody at a desktop who moves a user now and then, without the
// network that the run has to go through.
type person struct {
	d  *reference.Deployment
	as reference.User
}

// asks sends a state, and reports whether it was accepted.
func (p person) asks(state reference.State) bool {
	extension := ""
	if state == reference.Login {
		extension = "<extension>" + p.as.Extension + "</extension>"
	}
	r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+p.as.ID, strings.NewReader(fmt.Sprintf("<User><state>%s</state>%s</User>", state, extension)))
	r.Header.Set("Content-Type", "application/xml")
	if p.as.SSO {
		token, err := p.d.IssueToken(p.as.ID, 0)
		if err != nil {
			return false
		}
		r.Header.Set("Authorization", "Bearer "+token)
	} else {
		r.SetBasicAuth(p.as.ID, p.as.Password)
	}
	answer := httptest.NewRecorder()
	p.d.ServeHTTP(answer, r)
	return answer.Code < 300
}

// move takes the user one step on a usual day.
func (p person) move(random *source) {
	u, _ := p.d.Snapshot().User(p.as.ID)
	switch {
	case u.State == reference.Logout:
		p.asks(reference.Login)
	case u.State == reference.Ready:
		p.asks(reference.NotReady)
	case u.State == reference.NotReady && random.among(4) == 0:
		p.asks(reference.Logout)
	case u.State == reference.NotReady:
		p.asks(reference.Ready)
	}
}

// move lets people move some of the users, one in about each every, until it
// is stopped.
func move(d *reference.Deployment, users []reference.User, every time.Duration, random *source, stopped <-chan struct{}) {
	if every == 0 || len(users) == 0 {
		return
	}
	for {
		select {
		case <-stopped:
			return
		case <-time.After(every/2 + time.Duration(random.Float64()*float64(every))):
		}
		person{d, users[random.among(len(users))]}.move(random)
	}
}
