package replace

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

func (h *Pages) replaceWorkersProps(ctx context.Context, v web.Visit, re *migration.Replacement, f replaceFields) (views.ReplaceWorkersProps, []cloud.Caller, error) {
	p := workersProps{views.ReplaceWorkersProps{Seen: v.Migration.Mode.Can().Callers, Remove: "Remove the old CA certificate", Queue: acts.TaskQueue(v.View), Why: f.why, Noted: re.Noted}}
	if re.What == migration.ReplaceLeaf {
		p.Remove = "Finish the replacement"
	}
	if re.What == migration.ReplaceCA && re.Reached(migration.GateWorkers) && (p.Seen || re.Noted != "") {
		p.Ask = web.HandoffLinks(h.Site, v, migration.TaskRemoveCA, "")
	}
	if !p.Seen {
		h.unseenWorkers(v, re, &p.ReplaceWorkersProps)
		return p.ReplaceWorkersProps, nil, nil
	}
	window := h.Acts.Replacements.Window()
	p.Window = fmt.Sprintf("A program counts as gone when it has no connection open and has not called for %s. An open connection keeps its certificate: where a program reads the new file at each handshake, the old one is seen until that connection ends, here about five minutes.", fault.Lasts(window))
	var callers cloud.Callers
	err := web.Aside(ctx, func() (err error) {
		callers, err = h.Acts.Replacements.Callers(ctx, v.View)
		return err
	})
	if fault.Is(err, fault.Unavailable) {
		p.AsOf, p.Blocked, p.Rule = "The rehearsal cloud is not answering", true, "The rehearsal cloud is not answering. Reload this page."
		return p.ReplaceWorkersProps, nil, nil
	}
	if err != nil {
		return p.ReplaceWorkersProps, nil, err
	}
	p.AsOf = "As of " + callers.At.Local().Format("15:04:05") + ", seen since " + callers.Since.Local().Format("15:04:05")
	callers.List = slices.DeleteFunc(callers.List, func(c cloud.Caller) bool { return c.Own })
	for _, c := range callers.List {
		p.Callers = append(p.Callers, callerRow(c, re, callers))
	}
	held := re.Held(callers, []string{re.Old.CAFingerprint}, window)
	p.figures(re, callers, held, window)
	return p.ReplaceWorkersProps, held, nil
}

// workersProps are the properties of the last step while they are put together.
type workersProps struct{ views.ReplaceWorkersProps }

// figures are the numbers that decide, and what they say about the button beside them.
func (p *workersProps) figures(re *migration.Replacement, all cloud.Callers, held []cloud.Caller, window time.Duration) {
	open, moved := 0, 0
	var last time.Time
	for _, c := range held {
		open += c.Open
		if c.Last.After(last) {
			last = c.Last
		}
	}
	for _, c := range all.List {
		if isNew(c, re) && c.Calls > 0 {
			moved++
		}
	}
	state := views.Good
	if len(held) > 0 {
		state = views.Warn
	}
	p.Figures = []views.Figure{{Name: "Programs still on the old certificate", Value: fmt.Sprint(len(held)), State: state},
		{Name: "Their open connections", Value: fmt.Sprint(open), State: state}, {Name: "Programs on the new one", Value: fmt.Sprint(moved), State: views.Idle}}
	young := window - all.At.Sub(all.Since)
	switch {
	case open > 0:
		p.Rule = "Not yet: " + web.Many(open, "connection is", "connections are") + " still open with the old certificate. This updates automatically."
	case len(held) > 0:
		p.Rule = "Not yet: the last call with the old certificate was " + web.Ago(all.At, last) + ". It can be removed in " + fault.Left(window-all.At.Sub(last)) + " if nobody calls with it again."
	case young > 0:
		p.Rule = "Not yet: the rehearsal cloud started a short while ago, and a worker from before may still come back. It can be removed in " + fault.Left(young) + "."
	default:
		p.Rule = "No program uses the old certificate. It can be removed now; no client is cut off."
		if moved == 0 { // who has no worker now may have one that is stopped
			p.Warn = "No program has called with the new certificate yet. Remove the old one only if you have no worker: one that is stopped now and still has the old certificate is refused when it starts again. Onramp’s own checks, transfers and drills are not counted here."
			p.Rule = "No program uses the old certificate, and none the new one. It can be removed now."
		}
		if re.What == migration.ReplaceLeaf {
			p.Rule = "No program uses the old certificate any more."
		}
		return
	}
	p.Blocked = true
}

func isNew(c cloud.Caller, re *migration.Replacement) bool {
	return c.Leaf == newLeafPrint(re) || re.What == migration.ReplaceCA && re.NewCA != nil && c.CA == re.NewCA.Fingerprint
}

func callerRow(c cloud.Caller, re *migration.Replacement, all cloud.Callers) views.CallerRow {
	row := views.CallerRow{Tag: views.Tag{State: views.Idle, Word: "Another"}, Identity: c.Identity, Queues: strings.Join(c.TaskQueues, ", "), Leaf: c.LeafSubject,
		Fingerprint: web.ShortPrint(c.Leaf), CA: c.CASubject, Last: web.Ago(all.At, c.Last), Calls: fmt.Sprint(c.Calls), Open: fmt.Sprint(c.Open)}
	switch {
	case isNew(c, re):
		row.Tag = views.Tag{State: views.Good, Word: "New"}
	case c.Leaf == re.Old.LeafFingerprint || re.What == migration.ReplaceCA && c.CA == re.Old.CAFingerprint:
		row.Tag = views.Tag{State: views.Warn, Word: "Old"}
	}
	if row.Identity == "" {
		row.Identity = "not named"
	}
	if c.Last.IsZero() {
		row.Last = "never accepted"
	}
	if c.Refused > 0 {
		row.Calls += fmt.Sprintf(", %d refused", c.Refused)
	}
	return row
}

// unseenWorkers is gate 4 in Temporal Cloud, which shows nobody the certificate of a worker.
func (h *Pages) unseenWorkers(v web.Visit, re *migration.Replacement, p *views.ReplaceWorkersProps) {
	p.Known = []string{
		"Onramp cannot see which client certificate a worker of Temporal Cloud presents: no call of its API says so.",
		"It can see who polls a task queue. A restarted worker has a new identity, unless you set one: once every earlier identity is gone, every worker was restarted. A restart does not prove that it has the new files. A poller is listed for about five minutes after its last poll.",
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
	_, lentNew := h.Acts.Keys.LentNew(v.By, v.Migration.ID)
	_, lent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
	p.CanLook = lent || lentNew
	ns := v.Namespace.Namespace
	if re.What == migration.ReplaceLeaf {
		p.Finish = "There is nothing to remove: the CA stays. The old client certificate is valid until it expires."
		return
	}
	p.Finish = "Then check again: the old certificate must be refused, and after that the new one must pass."
	if cas, _, err := certsvc.ReadCertificates([]byte(re.Old.CAPEM)); err == nil {
		for _, c := range cas {
			if certsvc.Fingerprint(c) == re.Old.CAFingerprint {
				p.Commands = []views.CodeBlockProps{{ID: "remove-ca", Name: "tcld", Lang: "bash", Values: []string{ns},
					Text: "tcld namespace accepted-client-ca remove --namespace " + ns + " --ca-certificate-fingerprint " + certsvc.TcldFingerprint(c)}}
			}
		}
	}
}
