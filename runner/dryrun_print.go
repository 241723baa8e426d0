package runner

import (
	"fmt"
	"io"
	"strings"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/spec"
)

// write prints the plan for a person.
func (p *intent) write(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(text.Printable(fmt.Sprintf(format, args...)) + "\n") }
	line("PLAN for %s: nothing was changed", p.name())
	line("%d requests were sent, all of them reads, to find out what follows; every user was asked for with its own password, once", len(p.survey.Exchanges))
	line("")
	line("Exercised      %d of %d applicable requirements, %s", p.runs, p.applicable, p.order())
	requests, took := p.costs()
	line("Requests       about %s, each with the requirement in its User-Agent%s", between(requests[0], requests[1]), p.limit())
	line("Time           about %s%s", between(rough(took[0]), rough(took[1])), p.ifSlow())
	line("               The run was made on a model of the target, with settle %v, quiet %v and timers up to %v. A requirement that",
		p.target.Timing.Settle, p.target.Timing.Quiet, p.target.Timing.LongestWait)
	line("               fails is played again, which takes longer. --timeout ends any run.")
	line("Notifications  %s", p.sessions())
	line("Journal        %s", p.journalNote())
	p.writeUsers(line)
	if n := repeats(p.config.Run); n > 0 {
		line("Repeated       %d times what costs no refused sign-in, as far as can be with other users of the same roles", n)
	}
	p.writeTally(line, "Requests with an id or extension that nobody has, or without the user's password", &p.special)
	p.writeTally(line, "Calls between users", &p.calls)
	p.writeTally(line, "Asked of the stimulus hook ("+p.stimuli.Describe()+")", &p.hook)
	if len(p.left.names) > 0 {
		line("")
		line("Not exercised")
		for _, why := range p.left.names {
			line("  %s: %s (%d)", why, strings.Join(p.left.ids[why], ", "), p.left.n[why])
		}
	}
	if len(p.survey.Notes) > 0 {
		line("")
		line("What was noticed")
		for _, note := range p.survey.Notes {
			line("  %s", note)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *intent) writeTally(line func(string, ...any), title string, t *tally) {
	if len(t.names) == 0 {
		return
	}
	line("")
	line("%s", title)
	for _, name := range t.names {
		line("  %s: %d %s, in %s", name, t.n[name], text.Plural(t.n[name], "time"), text.Few(t.ids[name], 6))
	}
}

func (p *intent) writeUsers(line func(string, ...any)) {
	line("")
	line("Users who are touched, each with its own name and password; all are put back as they are now")
	var read, barred []string
	for _, u := range p.survey.Cast.Users {
		i := p.users[u.ID]
		switch {
		case u.Barred != "":
			barred = append(barred, fmt.Sprintf("  %s: %s", u.ID, u.Barred))
			continue
		case i == nil || len(i.passes) == 0:
			read = append(read, u.ID)
			continue
		}
		line("  %s  %s", u.ID, p.whois(u))
		line("      will pass %s; the subject of %d %s", listed(i.passes), i.subject, text.Plural(i.subject, "requirement"))
	}
	if len(read) > 0 {
		line("  Only read: %s", strings.Join(read, ", "))
	}
	why := "Where a scenario is repeated"
	if len(p.troupes) > 1 {
		why = "As the processes share the work out, and where a scenario is repeated"
	}
	line("  %s, each may pass what others of its role do.", why)
	if len(barred) > 0 {
		line("")
		line("Users who are left alone")
		for _, text := range barred {
			line("%s", text)
		}
	}
}

// whois tells who a user is and how it is now.
func (p *intent) whois(u *fixtures.User) string {
	line := string(u.Role)
	if u.Team != "" {
		line += " of team " + u.Team
	}
	if len(u.Supervises) > 0 {
		line += ", supervises " + strings.Join(u.Supervises, ", ")
	}
	if u.Extension != "" {
		line += ", extension " + u.Extension
	}
	line += ", is in " + string(u.State)
	if u.Calls > 0 {
		line += fmt.Sprintf(" with %d %s, which --force gives up", u.Calls, text.Plural(u.Calls, "call"))
	}
	return line
}

func listed(states []spec.State) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// between says a range.
func between[T comparable](from, to T) string {
	if from == to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%v to %v", from, to)
}

// ifSlow says what the range is of.
func (p *intent) ifSlow() string {
	if p.slow == nil {
		return ""
	}
	return fmt.Sprintf(": where a change of state takes %v, to where it takes %v", p.fastDelay, p.slowDelay)
}

func (p *intent) order() string {
	if n := len(p.troupes); n > 1 {
		return fmt.Sprintf("by %d processes side by side, each with users of its own", n)
	}
	switch run := p.config.Run; {
	case run.Seed != 0:
		return fmt.Sprintf("one after the other in the order of --seed %d", run.Seed)
	case !run.SeedGiven && p.embedded == nil:
		return "one after the other in an order that is drawn when it begins and printed (--seed)"
	}
	return "one after the other in the catalogue's order"
}

func (p *intent) limit() string {
	if rps := p.config.Run.MaxRequestsPerSecond; rps > 0 {
		return fmt.Sprintf(", never more than %g a second", rps)
	}
	return ""
}

func (p *intent) sessions() string {
	if p.events == nil {
		return "none"
	}
	return fmt.Sprintf("%d sessions at %s, one of each user", len(p.survey.Cast.Usable()), text.WithoutCredentials(p.events.String()))
}

// journalNote says where the journal will be, and what stands in the way.
func (p *intent) journalNote() string {
	if p.embedded != nil {
		return "none: the embedded reference ends with the run"
	}
	path := p.config.Run.Journal
	if err := journal.Check(path, touchable(p.config.Targets)); err != nil {
		return path + ". The run would refuse to begin: " + err.Error()
	}
	return path
}

// rough rounds a time to what matters of it.
func rough(d time.Duration) time.Duration {
	switch {
	case d > time.Hour:
		return d.Round(time.Minute)
	case d > time.Minute:
		return d.Round(10 * time.Second)
	}
	return max(d.Round(time.Second), time.Second)
}
