package web

import (
	"strings"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
	"onramp/views"
)

// Poller is what is known of the worker, without looking. where says where the button that looks is: "" for a page that
// has it, else " in step 5".
func (h *Site) Poller(v Visit, queue, where string) views.PollerProps {
	queue = Either(queue, acts.TaskQueue(v.View))
	s := v.Step(migration.StepCode)
	if w, ok := h.Acts.Checks.Watched(v.By, v.View, queue); ok && (s.Status != migration.Done || w.Seen) {
		p := h.PollerSeen(v, w.Worker, w.Err)
		if !w.Seen && w.Err == nil {
			p.Text += " Onramp looks every 3 seconds until " + w.Until.Local().Format("15:04") + "."
		}
		return p
	}
	p := views.PollerProps{Facts: []views.Pair{{Name: "Task queue", Value: queue, Mono: true}}}
	if s.Status == migration.Done {
		p.Tag, p.Text = views.Tag{State: views.Good, Word: "Seen"}, UpperFirst(s.Evidence)+"."
		return p
	}
	p.Tag, p.Text = views.Tag{State: views.Idle, Word: "Not seen yet"}, "Start the worker, then choose Look for my worker"+where+"."
	if v.Namespace == nil {
		p.Text = "Choose the namespace first: step 1."
	} else if UsesKeys(v) {
		p.Text = "Onramp keeps no API key, so it looks only when you ask: choose Look for my worker" + where + ", or run a check with this task queue."
	} else if _, ok := h.Acts.Keys.Lent(v.By, v.Migration.ID); !ok {
		p.Text = "Onramp can look for your worker while it may use a client key: allow that in step 2, or run a check with this task queue."
	}
	return p
}

// PollerSeen is what a look at a task queue saw.
func (h *Site) PollerSeen(v Visit, seen acts.Worker, err error) views.PollerProps {
	p := views.PollerProps{Facts: []views.Pair{{Name: "Task queue", Value: seen.Queue, Mono: true}}}
	switch {
	case err != nil:
		f := fault.From(err)
		p.Tag, p.Text = views.Tag{State: views.Warn, Word: "Cannot look"}, strings.TrimSpace(f.Title+". "+f.Fix)
		return p
	case len(seen.Pollers) == 0:
		p.Tag, p.Text = views.Tag{State: views.Idle, Word: "No worker"}, "Nobody polls "+seen.Queue+" yet. Start the worker."
		if seen.Ours {
			p.Text = "Only Onramp's own worker polls " + seen.Queue + ". Start yours."
		}
		if near := seen.Near; near.TaskQueue != "" && near.TaskQueue != seen.Queue {
			p.Near = "A worker polls " + near.TaskQueue + ", not " + seen.Queue + "."
		}
		return p
	}
	who := map[string]bool{}
	for _, w := range seen.Pollers {
		who[w.Identity] = true
	}
	p.Tag, p.Text = views.Tag{State: views.Good, Word: Many(len(who), "worker", "workers") + " polling"}, "Onramp sees your worker."
	p.Facts = append(p.Facts, views.Pair{Name: "Identity", Value: seen.Pollers[0].Identity, Mono: true}, views.Pair{Name: "Last seen", Value: Ago(h.Now(), seen.Pollers[0].LastAccess)})
	if profile, ok := transfer.LookupProfile(seen.Looks.Template); ok && seen.Looks.Template != "" {
		p.Facts = append(p.Facts, views.Pair{Name: "Looks like", Value: "the " + profile.Language + " template: " + seen.Looks.Evidence})
	}
	return p
}

// UpperFirst is a text at the start of a sentence: its first byte in upper case.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
