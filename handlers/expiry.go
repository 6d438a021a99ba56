package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/expiry"
	"onramp/migration"
	"onramp/views"
)

// rowsPerPage bounds the board's table, and marksPerMonth the strip's marks: both stay light with thousands
// of certificates.
const (
	rowsPerPage   = 200
	marksPerMonth = 6
	maxNotices    = 50
)

// endings are when the certificates of every migration stop working.
func (h *Handlers) endings(ctx context.Context) ([]expiry.Ending, error) {
	moves, err := h.o.Acts.Book.All(ctx)
	if err != nil {
		return nil, err
	}
	return expiry.Endings(moves, h.o.Now()), nil
}

// base is the portal's own address.
func (h *Handlers) base() string { return "http://" + h.o.Addr + "/" }

// expiryBoard is the board of certificates by the day they end. ?from=N shows the table from its N-th row.
func (h *Handlers) expiryBoard(w http.ResponseWriter, r *http.Request) error {
	all, err := h.endings(r.Context())
	if err != nil {
		return err
	}
	now := h.o.Now()
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 || from >= len(all) {
		from = 0
	}
	from -= from % rowsPerPage
	to := min(from+rowsPerPage, len(all))
	months, later := yearProps(all, now)
	p := views.ExpiryProps{Months: months, Later: later,
		Feed: views.CodeProps{ID: "feed", Name: "Calendar", Label: "Address of the calendar", Text: h.base() + "expiry.ics"},
		Metrics: views.CodeProps{ID: "scrape", Name: "prometheus.yml", Lang: "yaml", Text: fmt.Sprintf(`scrape_configs:
  - job_name: onramp
    static_configs:
      - targets: [%q]
# Alert when a certificate has less than 15 days:
#   onramp_certificate_not_after_timestamp_seconds - time() < 15 * 86400`, h.o.Addr)}}
	p.Summary, p.Text = expirySummary(all)
	for i, e := range all[from:to] {
		p.Rows = append(p.Rows, endingRow(e, from+i))
	}
	if len(all) > rowsPerPage {
		p.Shown = fmt.Sprintf("%d to %d of %d", from+1, to, len(all))
		if from > 0 {
			p.Pages = append(p.Pages, views.Link{Text: "Earlier ends", URL: fmt.Sprintf("/expiry?from=%d", from-rowsPerPage)})
		}
		if to < len(all) {
			p.Pages = append(p.Pages, views.Link{Text: "Later ends", URL: fmt.Sprintf("/expiry?from=%d", to)})
		}
	}
	if p.Webhook, err = h.webhookProps(r.Context(), all); err != nil {
		return err
	}
	return h.page(w, r, http.StatusOK, views.ExpiryPage(h.frame(r, "Expiry", "expiry", nil, ""), p))
}

// expirySummary is the board in a word and a sentence.
func expirySummary(all []expiry.Ending) (views.Tag, string) {
	var ended, soon int
	var next *expiry.Ending
	for i, e := range all {
		switch {
		case !e.Active():
		case e.Rung == expiry.Ended:
			ended++
		default:
			if e.Rung > 0 {
				soon++
			}
			if next == nil {
				next = &all[i]
			}
		}
	}
	var text string
	if next != nil {
		text = fmt.Sprintf("Next: %s, on %s.", next.Name, day(next.At))
	}
	switch {
	case ended > 0:
		if soon > 0 {
			text = many(soon, "more ends", "more end") + " in the next 60 days. " + text
		}
		return views.Tag{State: views.Bad, Word: many(ended, "certificate has ended", "certificates have ended")}, text
	case soon > 0:
		return views.Tag{State: views.Warn, Word: many(soon, "certificate ends", "certificates end") + " in the next 60 days"}, text
	}
	return views.Tag{State: views.Good, Word: "Nothing ends in the next 60 days"}, text
}

// yearProps is the strip, each mark leading to its row, and how many end after it.
func yearProps(all []expiry.Ending, now time.Time) (out []views.ExpiryMonth, after int) {
	rows := map[string]int{}
	for i, e := range all {
		rows[e.UID()] = i
	}
	months, ended, later := expiry.Year(all, now)
	month := func(label, short, year string, es []expiry.Ending) views.ExpiryMonth {
		m := views.ExpiryMonth{Label: label, Short: short, Year: year}
		for _, e := range es {
			if len(m.Marks) == marksPerMonth {
				m.More = len(es) - marksPerMonth
				break
			}
			m.Marks = append(m.Marks, views.ExpiryMark{Text: endingName(e), Day: e.At.Local().Format("2 Jan"), State: endingTag(e).State, URL: rowAddress(rows[e.UID()])})
		}
		return m
	}
	for i, m := range months {
		year := ""
		if i == 0 || m.Start.Month() == time.January {
			year = m.Start.Format("2006")
		}
		es := m.Endings
		if i == 0 {
			es = append(slices.Clone(ended), es...) // what has ended stands where the eye begins
		}
		out = append(out, month(m.Start.Format("January 2006"), m.Start.Format("Jan"), year, es))
	}
	return out, len(later)
}

func rowAddress(i int) string {
	if i < rowsPerPage {
		return fmt.Sprintf("#ends-%d", i)
	}
	return fmt.Sprintf("/expiry?from=%d#ends-%d", i-i%rowsPerPage, i)
}

func endingName(e expiry.Ending) string {
	if e.Client != "" {
		return e.Name + ": " + e.Client
	}
	return e.Name
}

// endingTag is how near an end is, by the ladder.
func endingTag(e expiry.Ending) views.Tag {
	switch {
	case !e.Active():
		return views.Tag{State: views.Idle, Word: "Replaced"}
	case e.Rung == expiry.Ended:
		if e.DaysAgo() == 0 {
			return views.Tag{State: views.Bad, Word: "Ended today"}
		}
		return views.Tag{State: views.Bad, Word: "Ended " + many(e.DaysAgo(), "day ago", "days ago")}
	case e.Days == 0:
		return views.Tag{State: views.Bad, Word: "Ends today"}
	case e.Rung > 0 && e.Rung <= 15:
		return views.Tag{State: views.Bad, Word: many(e.Days, "day", "days")}
	case e.Rung > 0:
		return views.Tag{State: views.Warn, Word: many(e.Days, "day", "days")}
	}
	return views.Tag{State: views.Good, Word: many(e.Days, "day", "days")}
}

func endingRow(e expiry.Ending, i int) views.ExpiryRow {
	row := views.ExpiryRow{ID: fmt.Sprintf("ends-%d", i), What: e.Subject, Client: e.Client, Print: shortPrint(e.Certificate), Migration: e.Name, MigrationURL: movePath(e.Migration, migration.StepCertificates),
		Rehearsal: e.Rehearsal, Until: day(e.At), Stamp: stamp(e.At), SetBy: "itself", Left: endingTag(e)}
	if e.IsCA {
		row.SetBy = "its CA, " + e.By
	}
	if e.Active() {
		row.Replace = &views.Link{Text: "Replace", URL: movePath(e.Migration, "certificates", "replace")}
	} else {
		row.Successor = "Replaced by " + e.Successor.Subject + " (" + shortPrint(e.Successor.Certificate) + ") on " + day(e.Successor.Since)
	}
	return row
}

// webhookProps is the webhook's state.
func (h *Handlers) webhookProps(ctx context.Context, all []expiry.Ending) (views.WebhookProps, error) {
	p := views.WebhookProps{Setup: views.CodeProps{ID: "webhook-setup", Name: "Terminal", Lang: "bash", Text: "export ONRAMP_WEBHOOK_SECRET=\"$(openssl rand -base64 32)\"  # the receiver checks signatures with it\nonramp serve --webhook https://hooks.example.com/onramp"}}
	if h.o.Webhook == nil {
		return p, nil
	}
	s, err := h.o.Webhook.State(ctx)
	if err != nil {
		return p, err
	}
	p.Where, p.Signed = s.Where, s.Signed
	names := map[string]string{}
	present := map[string]bool{}
	for _, e := range all {
		names[e.Migration] = e.Name
		present[expiry.Notice{Migration: e.Migration, Certificate: e.Certificate, Rung: e.Rung}.ID()] = e.Active()
	}
	for _, n := range s.Notices {
		row := views.NoticeRow{What: names[n.Migration], MigrationURL: movePath(n.Migration, migration.StepCertificates), Rung: many(n.Rung, "day before", "days before"), Stamp: stamp(n.Tried), When: moment(n.Tried)}
		if row.What == "" {
			row.What = n.Migration
		}
		if n.Rung == expiry.Ended {
			row.Rung = "After the end"
		}
		tries := many(n.Attempts, "attempt", "attempts")
		switch {
		case !n.Sent.IsZero():
			row.Tag, row.Text = views.Tag{State: views.Good, Word: "Sent"}, tries
		case !present[n.ID()]:
			row.Tag, row.Text = views.Tag{State: views.Idle, Word: "Given up"}, tries+". "+n.Error+". A later rung or another certificate took its place."
		default:
			p.Failing++
			row.Tag, row.Text = views.Tag{State: views.Bad, Word: "Not taken"}, fmt.Sprintf("%s. %s. Next attempt at %s.", tries, strings.TrimSuffix(n.Error, "."), n.Next.Local().Format("15:04:05"))
		}
		if len(p.Notices) < maxNotices {
			p.Notices = append(p.Notices, row)
		}
	}
	return p, nil
}

// expiryCalendar is the same as an iCalendar feed.
func (h *Handlers) expiryCalendar(w http.ResponseWriter, r *http.Request) error {
	all, err := h.endings(r.Context())
	if err != nil {
		return err
	}
	text, err := expiry.Calendar(all, h.base())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `inline; filename="expiry.ics"`)
	return send(w, r, http.StatusOK, "text/calendar; charset=utf-8", text)
}

// certificatesChanged lets the webhook look at once.
func (h *Handlers) certificatesChanged() {
	if h.o.Webhook != nil {
		h.o.Webhook.Wake()
	}
}
