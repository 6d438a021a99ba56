package method

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/acts"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// workers is the last step; it returns who still uses the old method.
func (h *Pages) workers(ctx context.Context, v web.Visit, sw *migration.Switch, f fields, p *views.MethodWorkers) ([]cloud.Caller, error) {
	p.Queue, p.Why, p.Noted = f.queue, f.why, sw.Noted
	if p.Queue == "" {
		p.Queue = acts.TaskQueue(v.View)
	}
	p.Button = "Turn " + migration.AuthSaid(sw.Old.Auth) + " off"
	if sw.Once() {
		p.Button = "Change to " + migration.AuthSaid(sw.New.Auth)
	}
	if p.Seen = v.Migration.Mode.Can().Callers; !p.Seen {
		_, lent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
		p.KeyField = sw.Old.Auth == cloud.AuthAPIKey
		p.NoKey = !p.KeyField && !lent
		unseen(sw, p)
		return nil, nil
	}
	window := h.Acts.Replacements.Window()
	p.Window = fmt.Sprintf("A program counts as gone when it has no open connection with the old method and has not called with it for %s.", fault.Lasts(window))
	var callers cloud.Callers
	err := web.Aside(ctx, func() (err error) {
		callers, err = h.Acts.Replacements.Callers(ctx, v.View)
		return err
	})
	if fault.Is(err, fault.Unavailable) {
		p.AsOf, p.Blocked, p.Rule = "The rehearsal cloud is not answering", true, "The rehearsal cloud is not answering. Reload this page."
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.AsOf = "As of " + callers.At.Local().Format("15:04:05") + ", seen since " + callers.Since.Local().Format("15:04:05")
	for _, c := range callers.List {
		if !c.Own {
			p.Callers = append(p.Callers, callerRow(c, sw, callers.At))
		}
	}
	held := migration.HeldWith(callers, sw.Old.Auth, window)
	figures(p, sw, callers, held, window)
	return held, nil
}

// figures are the numbers that decide, and what they say about the button beside them.
func figures(p *views.MethodWorkers, sw *migration.Switch, all cloud.Callers, held []cloud.Caller, window time.Duration) {
	open, moved := 0, sw.Seen(all).OnNew
	var last time.Time
	for _, c := range held {
		open += c.Open
		if c.Last.After(last) {
			last = c.Last
		}
	}
	state := views.Good
	if len(held) > 0 {
		state = views.Warn
	}
	old, fresh := migration.AuthSaid(sw.Old.Auth), migration.AuthSaid(sw.New.Auth)
	p.Figures = []views.Figure{{Name: "Programs with " + old, Value: fmt.Sprint(len(held)), State: state}, {Name: "Their open connections", Value: fmt.Sprint(open), State: state},
		{Name: "Programs with " + fresh, Value: fmt.Sprint(moved), State: views.Idle}}
	young := window - all.At.Sub(all.Since)
	p.Blocked = true
	switch {
	case open > 0:
		p.Rule = "Not yet: " + web.Many(open, "connection still signs in", "connections still sign in") + " with " + old + ". This updates automatically."
	case len(held) > 0:
		p.Rule = "Not yet: the last call with " + old + " was " + web.Ago(all.At, last) + ". They can be turned off in " + fault.Left(window-all.At.Sub(last)) + " if nobody calls with them again."
	case young > 0:
		p.Rule = "Not yet: the rehearsal cloud started a short while ago, and a worker from before may still come back. Try again in " + fault.Left(young) + "."
	default:
		p.Blocked, p.Rule = false, "No program signs in with "+old+". They can be turned off now; no client is cut off."
		if moved == 0 && !sw.Once() {
			p.Warn = "No program has called with the new method yet. Turn the old one off only if you have no worker: one that is stopped now and still has the old credential is refused when it starts again. Onramp’s own checks, transfers and drills are not counted here."
			p.Rule = "No program signs in with either method. The old one can be turned off now."
		}
	}
}

func callerRow(c cloud.Caller, sw *migration.Switch, at time.Time) views.KeyCallerRow {
	row := views.KeyCallerRow{Tag: views.Tag{State: views.Warn, Word: "Old method"}, Identity: c.Identity, Queues: strings.Join(c.TaskQueues, ", "), Key: "API key, ID " + c.KeyID,
		Last: web.Ago(at, c.Last), Calls: fmt.Sprint(c.Calls), Open: fmt.Sprint(c.Open)}
	if migration.Uses(c, sw.New.Auth) {
		row.Tag = views.Tag{State: views.Good, Word: "New method"}
	}
	if c.KeyID == "" {
		row.Key = c.LeafSubject
	}
	if row.Identity == "" {
		row.Identity = "not named"
	}
	if c.Last.IsZero() {
		row.Last = "never accepted"
	}
	return row
}

// unseen is the last step in Temporal Cloud, which shows nobody what a worker signs in with.
func unseen(sw *migration.Switch, p *views.MethodWorkers) {
	old := migration.AuthSaid(sw.Old.Auth)
	p.Known = []string{
		"Onramp cannot see what a worker of Temporal Cloud signs in with.",
		"It can see who polls a task queue. A restarted worker has a new identity, unless you set one: once every earlier identity is gone, every worker was restarted. A restart does not prove that it signs in the new way. A poller is listed for about five minutes after its last poll.",
		"It cannot see starters, schedulers and scripts, which do not poll. Look for them in your deployments.",
	}
	for i, l := range []*migration.Looked{sw.Before, sw.After} {
		if l == nil {
			continue
		}
		who := strings.Join(l.Identities, ", ")
		if who == "" {
			who = "nobody"
		}
		p.Facts = append(p.Facts, views.Pair{Name: []string{"Polled " + l.TaskQueue + " before, ", "Polls it since, "}[i] + web.Moment(l.At), Value: who, Mono: true})
	}
	if sw.Before != nil && sw.After != nil {
		left := 0
		for _, id := range sw.Before.Identities {
			if slices.Contains(sw.After.Identities, id) {
				left++
			}
		}
		p.Facts = append(p.Facts, views.Pair{Name: "Of the earlier ones", Value: fmt.Sprintf("%d of %d are still polling", left, len(sw.Before.Identities))})
	}
	from := cloud.AuthBoth
	p.Finish = "Turn " + old + " off now, then check both methods again in step 2: the old one must be refused, and after that the new one must pass. A program that still signs in with " + old + " is refused from then on."
	if sw.Once() {
		from = sw.Old.Auth
		p.Finish = "Change the method now, then check in step 2: the old one must be refused, and after that the new one must pass. Then start the programs with the new credential."
	}
	p.Said = "I turned " + old + " off and cannot check with one"
	p.Commands, p.Hints = commands("off", sw.Namespace, sw.New.Auth, from)
}
