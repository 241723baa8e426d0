package runner

import (
	"context"

	"finesse-conformance/internal/text"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// notifications looks whether there is a notification service. Only with
// signIn somebody signs in to it, since the end of such a session may sign an
// agent out (guide 12.5(1), page 379). What it finds is what the count of
// requirements goes by.
func (d *doctor) notifications(ctx context.Context) {
	const name = "notifications"
	if d.events == nil && !d.target.FindNotifications {
		d.add(name, preflight.Lacking, "leave notifications out to have the service looked for, or say where it is with notifications.url",
			"switched off: refusals that come later are not seen")
		return
	}
	if d.events == nil {
		d.findService(ctx, d.signIn)
		for _, trial := range d.searched {
			d.add(name+" tried", preflight.Fine, "", "%s", text.Truncate(trial.String(), mostSaid))
		}
		if d.events == nil {
			d.add(name, preflight.Lacking, "say where the service is with notifications.url", "%s", text.Truncate(d.unheard.Why, mostSaid))
			return
		}
		d.add(name, preflight.Fine, "", "found at %s%s", d.events, map[bool]string{false: "; --sign-in signs somebody in to it"}[d.signIn])
		return
	}
	at := d.survey.ServiceAt(d.events)
	checks, reached := preflight.Reach(ctx, name+" ", at, d.target, d.tls)
	d.found.Checks = append(d.found.Checks, checks...)
	if !reached {
		d.events, d.unheard = nil, scenario.Unheard{Why: at.Redacted() + " cannot be reached", Cause: evidence.CauseRefused}
		return
	}
	users := d.listeners()
	if !d.signIn || len(users) == 0 {
		d.add(name, preflight.Fine, "", "nobody signed in to it; --sign-in does")
		return
	}
	if err := d.tryService(ctx, at.String(), users[0]); err != nil {
		d.add(name, preflight.Lacking, "", "user %s cannot sign in to it: %s", users[0].ID, text.Truncate(err.Error(), mostSaid))
		d.events, d.unheard = nil, scenario.Unheard{Why: err.Error(), Cause: evidence.CauseRefused}
		return
	}
	d.add(name, preflight.Fine, "", "user %s signed in to it", users[0].ID)
}
