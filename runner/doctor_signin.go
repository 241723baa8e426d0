package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// sitDown signs everybody in who is signed out, and out again: only that
// shows whether the extensions are right. It is journalled like a run.
func (d *doctor) sitDown(ctx context.Context) {
	const name = "extensions in use"
	j, err := journal.Open(d.config.Run.Journal, journal.Run{ID: "doctor-" + rand.Text()[:8], Embedded: d.embedded != nil, Targets: touchable([]*config.Target{d.target})})
	if err != nil {
		d.add(name, preflight.Lacking, "", "nobody was signed in: %v", err)
		return
	}
	j.Clean = d.Secrets.Text
	ledger := j.Ledger(d.target.URL, d.survey.Cast)
	d.stage.Ledger = ledger
	var fine int
	for _, u := range d.survey.Cast.Usable() {
		if u.State != spec.Logout || u.Extension == "" || ctx.Err() != nil {
			continue
		}
		if err := d.sit(ctx, ledger, u); err != nil {
			d.add(name, preflight.Lacking, "correct the extension of user "+u.ID, "user %s on %s: %v", u.ID, u.Extension, err)
			continue
		}
		fine++
	}
	if err := j.Close(); err != nil {
		d.add(name, preflight.Lacking, "", "the journal could not be ended: %v", err)
	}
	d.add(name, preflight.Fine, "", "%d %s signed in and out again", fine, text.Plural(fine, "user"))
}

func (d *doctor) sit(ctx context.Context, ledger *journal.Ledger, u *fixtures.User) error {
	home := evidence.Observation{User: u.ID, State: u.State, ReasonCodeID: u.ReasonCodeID, Index: -1}
	if err := ledger.Touch(u.ID, home); err != nil {
		return err
	}
	path := "/finesse/api/User/" + u.ID
	x := d.client.Do(ctx, nil, client.Call{
		As: u, Method: "PUT", Path: path, ContentType: "application/xml", Purpose: evidence.ForPrepare,
		Body: "<User><state>LOGIN</state><extension>" + escaped(u.Extension) + "</extension></User>",
	})
	var err error
	switch {
	case x.Err != "":
		err = errors.New(x.Err)
	case x.Status/100 != 2:
		err = fmt.Errorf("LOGIN was answered with HTTP %d%s", x.Status, preflight.Saying(x))
	default:
		err = fmt.Errorf("it is not signed in within %v of an accepted LOGIN", d.target.Timing.Settle)
		for end := time.Now().Add(d.target.Timing.Settle); time.Now().Before(end) && ctx.Err() == nil; {
			select {
			case <-ctx.Done():
			case <-time.After(d.target.Timing.Poll):
			}
			now, ok := evidence.ObservationOf(d.client.Do(ctx, nil, client.Call{As: u, Method: "GET", Path: path, Purpose: evidence.ForPrepare}))
			if ok && now.State != spec.Logout && now.State != spec.Login {
				err = nil
				break
			}
		}
	}
	return errors.Join(err, d.stage.RestoreUser(ctx, scenario.LeftBehind{Home: home}))
}
