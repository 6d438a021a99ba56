package expiry

import (
	"context"
	"fmt"
	"strings"

	"onramp/handlers/web"
	"onramp/migration"
	"onramp/notices"
	"onramp/views"
)

// webhookProps is the webhook's state.
func (h *Pages) webhookProps(ctx context.Context) (views.WebhookProps, error) {
	p := views.WebhookProps{Setup: views.CodeBlockProps{ID: "webhook-setup", Name: "Terminal", Lang: "bash", Text: "export ONRAMP_WEBHOOK_SECRET=\"$(openssl rand -base64 32)\"  # the receiver checks signatures with it\nonramp serve --webhook-file webhook.url  # a file that holds https://hooks.example.com/onramp"}}
	if h.Webhook == nil {
		return p, nil
	}
	s, err := h.Webhook.State(ctx)
	if err != nil {
		return p, err
	}
	p.Where, p.Signed, p.Failing = s.Where, s.Signed, s.Failing
	for _, n := range s.Notices {
		row := views.NoticeRow{What: n.Name, MigrationURL: web.MovePath(n.Migration, noticeStep(n.Event)), Rung: noticeAbout(n.Event), Stamp: web.Stamp(n.Tried), When: web.Moment(n.Tried)}
		tries := web.Many(n.Attempts, "attempt", "attempts")
		switch {
		case !n.Sent.IsZero():
			row.Tag, row.Text = views.Tag{State: views.Good, Word: "Sent"}, tries
		case !n.Current:
			row.Tag, row.Text = views.Tag{State: views.Idle, Word: "Given up"}, tries+". "+n.Error+". It is no longer so, or a later reminder replaced it."
		default:
			row.Tag, row.Text = views.Tag{State: views.Bad, Word: "Not taken"}, fmt.Sprintf("%s. %s. Next attempt at %s.", tries, strings.TrimSuffix(n.Error, "."), n.Next.Local().Format("15:04:05"))
		}
		p.Notices = append(p.Notices, row)
	}
	return p, nil
}

// noticeStep is the step that a notice is about.
func noticeStep(e notices.Event) string {
	switch e.Kind {
	case notices.Expiring:
		return migration.StepCertificates
	case notices.TurnedRed:
		return migration.StepTest
	}
	return migration.StepUpload
}

// noticeAbout says in a few words what a notice is about.
func noticeAbout(e notices.Event) string {
	switch {
	case e.Kind == notices.Waiting:
		return "Waiting for " + web.Many(e.Rung, "day", "days")
	case e.Kind == notices.TurnedRed:
		return fmt.Sprintf("Check %d failed", e.Number)
	case e.Kind == notices.Answered:
		return "Hand-off answered"
	case e.Rung == notices.Ended:
		return "After expiry"
	}
	return web.Many(e.Rung, "day before", "days before")
}
