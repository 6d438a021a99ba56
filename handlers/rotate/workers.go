package rotate

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
	"onramp/snippet"
	"onramp/views"
)

// workers is the last step; it returns who still uses the old key.
func (h *Pages) workers(ctx context.Context, v web.Visit, re *migration.Rotation, f fields, p *views.RotateWorkersProps) ([]cloud.Caller, error) {
	p.Queue, p.Why, p.Noted = f.queue, f.why, re.Noted
	if p.Queue == "" {
		p.Queue = acts.TaskQueue(v.View)
	}
	if p.Seen = v.Migration.Mode.Can().Callers; !p.Seen {
		unseen(re, p)
		return nil, nil
	}
	window := h.Acts.Replacements.Window()
	p.Window = fmt.Sprintf("A program counts as gone when none of its connections has the old key and it has not called with it for %s. Each call carries a key; a connection has the one of its last call.", fault.Lasts(window))
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
			p.Callers = append(p.Callers, callerRow(c, re, callers.At))
		}
	}
	held := re.Held(callers, re.Old.ID, window)
	figures(p, re, callers, held, window)
	return held, nil
}

// figures are the numbers that decide, and what they say about the button beside them.
func figures(p *views.RotateWorkersProps, re *migration.Rotation, all cloud.Callers, held []cloud.Caller, window time.Duration) {
	open, moved := 0, re.Seen(all).OnNew
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
	p.Figures = []views.Figure{{Name: "Programs still on the old key", Value: fmt.Sprint(len(held)), State: state},
		{Name: "Their open connections", Value: fmt.Sprint(open), State: state}, {Name: "Programs on the new one", Value: fmt.Sprint(moved), State: views.Idle}}
	young := window - all.At.Sub(all.Since)
	p.Blocked = true
	switch {
	case open > 0:
		p.Rule = "Not yet: " + web.Many(open, "connection still has", "connections still have") + " the old key. This updates automatically."
	case len(held) > 0:
		p.Rule = "Not yet: the last call with the old key was " + web.Ago(all.At, last) + ". It can be deleted in " + fault.Left(window-all.At.Sub(last)) + " if nobody calls with it again."
	case young > 0:
		p.Rule = "Not yet: the rehearsal cloud started a short while ago, and a worker from before may still come back. It can be deleted in " + fault.Left(young) + "."
	default:
		p.Blocked, p.Rule = false, "No program uses the old key. It can be deleted now; no client is cut off."
		if moved == 0 {
			p.Warn = "No program has called with the new key yet. Delete the old one only if you have no worker: one that is stopped now and still has the old key is refused when it starts again. Onramp’s own checks, transfers and drills are not counted here."
			p.Rule = "No program uses the old key, and none the new one. It can be deleted now."
		}
	}
}

func callerRow(c cloud.Caller, re *migration.Rotation, at time.Time) views.KeyCallerRow {
	row := views.KeyCallerRow{Tag: views.Tag{State: views.Idle, Word: "Another"}, Identity: c.Identity, Queues: strings.Join(c.TaskQueues, ", "), Key: "ID " + c.KeyID,
		Last: web.Ago(at, c.Last), Calls: fmt.Sprint(c.Calls), Open: fmt.Sprint(c.Open)}
	switch {
	case c.KeyID == "":
		row.Key = c.LeafSubject
	case c.KeyID == re.New.ID:
		row.Tag, row.Key = views.Tag{State: views.Good, Word: "New"}, re.New.Said()
	case c.KeyID == re.Old.ID:
		row.Tag, row.Key = views.Tag{State: views.Warn, Word: "Old"}, re.Old.Said()
	}
	if row.Identity == "" {
		row.Identity = "not named"
	}
	if c.Last.IsZero() {
		row.Last = "never accepted"
	}
	return row
}

// unseen is the last step in Temporal Cloud, which shows nobody the key of a worker.
func unseen(re *migration.Rotation, p *views.RotateWorkersProps) {
	p.Known = []string{
		"Onramp cannot see which API key a worker of Temporal Cloud uses: what the Cloud Ops API tells of a key has no field for its last use.",
		"It can see who polls a task queue. A restarted worker has a new identity, unless you set one: once every earlier identity is gone, every worker was restarted. A restart does not prove that it has the new key, and a worker that takes the key while it runs keeps its identity. A poller is listed for about five minutes after its last poll.",
		"It cannot see starters, schedulers and scripts, which do not poll. Look for them in your deployments.",
	}
	for i, l := range []*migration.Looked{re.Before, re.After} {
		if l == nil {
			continue
		}
		who := strings.Join(l.Identities, ", ")
		if who == "" {
			who = "nobody"
		}
		p.Facts = append(p.Facts, views.Pair{Name: []string{"Polled " + l.TaskQueue + " before, ", "Polls it since, "}[i] + web.Moment(l.At), Value: who, Mono: true})
	}
	if re.Before != nil && re.After != nil {
		left := 0
		for _, id := range re.Before.Identities {
			if slices.Contains(re.After.Identities, id) {
				left++
			}
		}
		p.Facts = append(p.Facts, views.Pair{Name: "Of the earlier ones", Value: fmt.Sprintf("%d of %d are still polling", left, len(re.Before.Identities))})
	}
	p.Finish = "Delete the old key now, then check again: the old key must be refused, and after that the new one must pass. There may be a delay after deleting. Temporal’s documentation warns that workers which still have a deleted key cannot connect until they have a new one; disabling it first can be undone."
	for _, c := range snippet.DeleteAPIKey(re.Old.ID) {
		p.Commands = append(p.Commands, views.CodeBlockProps{ID: "delete-" + c.ID, Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{re.Old.ID}})
	}
}
