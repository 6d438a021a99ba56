package expiry

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/expiry"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// rowsPerPage bounds the board's table, and marksPerMonth the strip's marks: both stay light with thousands
// of certificates. A page of sixty rows with a full strip is 6 kB compressed, and takes less than twice the time of ten
// rows (BenchmarkLists).
const (
	rowsPerPage   = 60
	marksPerMonth = 6
)

// base is the portal's own address.
func (h *Pages) base() string {
	if h.Shared != nil {
		return h.Shared.Public.String() + "/"
	}
	return "http://" + h.Addr + "/"
}

// scraped is where /metrics is answered.
func (h *Pages) scraped() string {
	if h.Shared != nil {
		return h.Shared.Metrics
	}
	return h.Addr
}

// ExpiryBoard is the board of certificates by the day they end. ?from=N shows the page of the table that holds its N-th
// row, ?at=SECONDS the one that holds the first end from a moment on.
func (h *Pages) ExpiryBoard(w http.ResponseWriter, r *http.Request) error {
	page := acts.BoardPage{Limit: rowsPerPage, Marks: marksPerMonth}
	if n, err := strconv.Atoi(r.URL.Query().Get("from")); err == nil {
		page.From = n
	}
	if n, err := strconv.ParseInt(r.URL.Query().Get("at"), 10, 64); err == nil && n > 0 && n < maxUnix {
		page.At = time.Unix(n, 0)
	}
	b, err := h.Acts.Lists.Board(r.Context(), page)
	if err != nil {
		return err
	}
	months := yearProps(b)
	p := views.ExpiryProps{Months: months, Later: b.Later, OwnFeed: h.Shared != nil,
		Feed: views.CodeBlockProps{ID: "feed", Name: "Calendar", Label: "Address of the calendar", Text: h.base() + "expiry.ics"},
		Metrics: views.CodeBlockProps{ID: "scrape", Name: "prometheus.yml", Lang: "yaml", Text: fmt.Sprintf(`scrape_configs:
  - job_name: onramp
    static_configs:
      - targets: [%q]
# Alert when a certificate has less than 15 days:
#   onramp_certificate_not_after_timestamp_seconds - time() < 15 * 86400`, h.scraped())}}
	if b.Total > maxSeries {
		p.Metrics.Text += `
# With many certificates, alert on their number and take the names from the series above:
#   onramp_certificates_ending{within_days="15"} > 0`
	}
	p.Summary, p.Text = expirySummary(b)
	for i, e := range b.Rows {
		p.Rows = append(p.Rows, endingRow(e, b.From+i))
	}
	if b.Total > rowsPerPage {
		p.Shown = fmt.Sprintf("%d to %d of %d", b.From+1, b.From+len(b.Rows), b.Total)
		if b.From > 0 {
			p.Pages = append(p.Pages, views.Link{Text: "Earlier ends", URL: fmt.Sprintf("/expiry?from=%d", b.From-rowsPerPage)})
		}
		if to := b.From + len(b.Rows); to < b.Total {
			p.Pages = append(p.Pages, views.Link{Text: "Later ends", URL: fmt.Sprintf("/expiry?from=%d", to)})
		}
	}
	if p.Webhook, err = h.webhookProps(r.Context()); err != nil {
		return err
	}
	return h.Page(w, r, http.StatusOK, views.ExpiryPage(h.Frame(r, "Expiry", "expiry", nil, ""), p))
}

// maxUnix keeps a moment of the address within what the database can hold: the year 2262.
const maxUnix = 9_200_000_000

// expirySummary is the board in a word and a sentence.
func expirySummary(b acts.Board) (views.Tag, string) {
	var text string
	if b.Next != nil {
		text = fmt.Sprintf("Next: %s, on %s.", b.Next.Name, web.Day(b.Next.At))
	}
	switch {
	case b.Ended > 0:
		if b.Soon > 0 {
			text = web.Many(b.Soon, "more ends", "more end") + " in the next 60 days. " + text
		}
		return views.Tag{State: views.Bad, Word: web.Many(b.Ended, "certificate has expired", "certificates have expired")}, text
	case b.Soon > 0:
		return views.Tag{State: views.Warn, Word: web.Many(b.Soon, "certificate expires", "certificates expire") + " in the next 60 days"}, text
	}
	return views.Tag{State: views.Good, Word: "Nothing expires in the next 60 days"}, text
}

// yearProps is the strip, each mark leading to its row. What has ended stands in the first month, where the eye begins.
func yearProps(b acts.Board) (out []views.ExpiryMonth) {
	rows := map[string]int{}
	for i, e := range b.Rows {
		rows[e.UID()] = b.From + i
	}
	for i, es := range b.Marks {
		start := b.Months[i]
		m := views.ExpiryMonth{Label: start.Format("January 2006"), Short: start.Format("Jan"), More: b.In[i] - len(es)}
		if i == 0 || start.Month() == time.January {
			m.Year = start.Format("2006")
		}
		for _, e := range es {
			to := fmt.Sprintf("/expiry?at=%d#by-date", e.At.Unix())
			if row, here := rows[e.UID()]; here {
				to = fmt.Sprintf("#ends-%d", row)
			}
			m.Marks = append(m.Marks, views.ExpiryMark{Text: endingName(e), Day: e.At.Local().Format("2 Jan"), State: endingTag(e).State, URL: to})
		}
		out = append(out, m)
	}
	return out
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
		return views.Tag{State: views.Bad, Word: "Ended " + web.Many(e.DaysAgo(), "day ago", "days ago")}
	case e.Days == 0:
		return views.Tag{State: views.Bad, Word: "Ends today"}
	case e.Rung > 0 && e.Rung <= 15:
		return views.Tag{State: views.Bad, Word: web.Many(e.Days, "day", "days")}
	case e.Rung > 0:
		return views.Tag{State: views.Warn, Word: web.Many(e.Days, "day", "days")}
	}
	return views.Tag{State: views.Good, Word: web.Many(e.Days, "day", "days")}
}

func endingRow(e expiry.Ending, i int) views.ExpiryRow {
	row := views.ExpiryRow{ID: fmt.Sprintf("ends-%d", i), What: e.Subject, Client: e.Client, Print: web.ShortPrint(e.Certificate), Migration: e.Name, MigrationURL: web.MovePath(e.Migration, migration.StepCertificates),
		Rehearsal: e.Rehearsal, Until: web.Day(e.At), Stamp: web.Stamp(e.At), SetBy: "itself", Left: endingTag(e)}
	if e.Lane == expiry.LaneHeld {
		row.Client += ", read " + web.Moment(e.Made)
	} else if e.IsCA {
		row.SetBy = "its CA, " + e.By
	}
	if e.Active() {
		row.Replace = &views.Link{Text: "Replace", URL: web.MovePath(e.Migration, "certificates", "replace")}
	} else {
		row.Successor = "Replaced by " + e.Successor.Subject + " (" + web.ShortPrint(e.Successor.Certificate) + ") on " + web.Day(e.Successor.Since)
	}
	return row
}

// ExpiryCalendar is the same as an iCalendar feed.
func (h *Pages) ExpiryCalendar(w http.ResponseWriter, r *http.Request) error {
	pages, err := h.Acts.Lists.Calendar(r.Context(), migration.Cloud)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `inline; filename="expiry.ics"`)
	return h.SendStream(w, r, "text/calendar; charset=utf-8", func(out io.Writer) error {
		return expiry.WriteCalendar(out, h.base(), pages)
	})
}

// PersonsCalendar is the calendar of the person whose token is in the address, with what that person may see now.
func (h *Pages) PersonsCalendar(w http.ResponseWriter, r *http.Request) error {
	who, err := h.Shared.Calendars.Reader(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	if !who.SeesAll() {
		r = r.WithContext(migration.Within(r.Context(), who.Teams))
	}
	return h.ExpiryCalendar(w, r)
}
