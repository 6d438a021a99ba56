package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// HandoffPrefix begins the addresses behind hand-off links. What is there is for who has the link: no sign-in counts, and
// no other site is told the address.
const HandoffPrefix = "/h/"

// isHandoff reports a request by a hand-off link.
func isHandoff(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, HandoffPrefix) }

// HandoffLinksPath is the page of a migration's links.
func HandoffLinksPath(m string) string { return MovePath(m, migration.StepUpload, "links") }

var handoffTags = map[migration.HandoffState]views.Tag{
	migration.HandoffMade:       {State: views.Wait, Word: "Not opened yet"},
	migration.HandoffOpened:     {State: views.Wait, Word: "Opened"},
	migration.HandoffDone:       {State: views.Wait, Word: "Says done; waiting for a check"},
	migration.HandoffSeen:       {State: views.Good, Word: "Done, seen by Onramp"},
	migration.HandoffNotMe:      {State: views.Warn, Word: "Says: not me"},
	migration.HandoffRevoked:    {State: views.Idle, Word: "Revoked"},
	migration.HandoffLapsed:     {State: views.Warn, Word: "No longer works"},
	migration.HandoffSuperseded: {State: views.Idle, Word: "Superseded"},
	migration.HandoffExpired:    {State: views.Idle, Word: "Expired"},
}

// HandoffTag is the state of a hand-off in words.
func HandoffTag(s migration.HandoffState) views.Tag { return handoffTags[s] }

// handoffLeads say what a link for a task is.
var handoffLeads = map[string]string{
	migration.TaskUpload:   "A link shows one person what to upload and where; they need no account here. This page updates when they are done.",
	migration.TaskFilters:  "A link shows one person these filters and where they go; they need no account here. It asks for the filters as they are now.",
	migration.TaskRemoveCA: "A link shows one person which CA certificate to remove and where; they need no account here.",
}

var handoffTasks = map[string]string{migration.TaskUpload: "CA certificate", migration.TaskFilters: "certificate filters", migration.TaskRemoveCA: "removal of the old CA certificate"}

// HandoffLinks are a migration's links for people without an account, newest first, with a form for one about a task, and
// for filters which ones; nil at a portal for one person, who has nobody to send one to.
func HandoffLinks(h *Site, v Visit, task, filters string) *views.HandoffListProps {
	if h.Shared == nil {
		return nil
	}
	p := &views.HandoffListProps{Migration: v.Migration.ID, Edition: v.Edition(), Task: task, Filters: filters, Lead: handoffLeads[task]}
	if _, err := migration.TaskOf(v.View, task, filters); err != nil {
		f := fault.From(err)
		p.Cannot = f.Title + ". " + f.Fix
	}
	now := h.Now()
	for i := len(v.Handoffs) - 1; i >= 0; i-- {
		one := v.Handoffs[i]
		if task != migration.TaskUpload && one.Task != task {
			continue // step 3 shows all of them
		}
		l := views.HandoffLinkProps{Number: strconv.Itoa(one.Number), For: one.For, Tag: HandoffTag(one.State), Words: one.Words,
			Revoked: !one.Revoked.IsZero() || one.State == migration.HandoffSeen,
			Text:    handoffTasks[one.Task] + " · made by " + one.By + " on " + Moment(one.Made)}
		if !one.Lapsed.IsZero() || one.Expired(now) { // whose turn it is goes back to the team, for a task besides the steps until it says that nobody is asked
			l.Ended = one.Task != migration.TaskUpload && (one.State == migration.HandoffLapsed || one.State == migration.HandoffExpired)
			l.Revoked = l.Revoked || !l.Ended
		}
		if one.State == migration.HandoffDone && !h.Acts.Handoffs.CanLook(acts.HandoffVisit{View: v.View, Handoff: one}) {
			l.Tag.Word = "Says done"
		}
		switch {
		case one.State == migration.HandoffSeen:
			l.Text += " · seen at " + Moment(one.Seen)
		case !one.Revoked.IsZero():
			l.Text += " · revoked on " + Moment(one.Revoked)
		case one.State == migration.HandoffLapsed:
			l.Text += " · " + one.By + " no longer works on this migration: make a new link"
		case one.State == migration.HandoffSuperseded:
			l.Text += " · something else is asked for now"
		case one.State == migration.HandoffDone, one.State == migration.HandoffNotMe:
			l.Text += " · answered on " + Moment(one.Since)
		case one.State == migration.HandoffOpened:
			l.Text += " · opened on " + Moment(one.Opened) + " · expires on " + Day(one.Expires)
		case one.State == migration.HandoffExpired:
			l.Text += " · expired on " + Day(one.Expires)
		default:
			l.Text += " · expires on " + Day(one.Expires)
		}
		p.Links = append(p.Links, l)
	}
	return p
}

// Message is a text to send by mail or chat.
type Message struct {
	Subject string
	Lines   []string
}

// Text is the message as plain text, with its subject first.
func (m Message) Text() string { return m.Subject + "\n\n" + strings.Join(m.Lines, "\n") + "\n" }

// Mail is the message as a mailto link; "" where it would be too long for one.
func (m Message) Mail() string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	link := "mailto:?subject=" + escape(m.Subject) + "&body=" + escape(strings.Join(m.Lines, "\r\n")+"\r\n")
	if len(link) > views.MaxMailto {
		return ""
	}
	return link
}
