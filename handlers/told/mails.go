package told

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/notices"
	"onramp/views"
)

// Mails is when the reader gets mails.
func (h *Pages) Mails(w http.ResponseWriter, r *http.Request) error {
	return h.showMails(w, r, nil)
}

func (h *Pages) showMails(w http.ResponseWriter, r *http.Request, ps views.Problems) error {
	frame := h.Frame(r, "Mails", "", nil, "")
	p := views.MailsProps{Now: views.Tag{State: views.Idle, Word: "No mails"}, Problems: ps}
	mails := h.Shared.Mails
	if mails == nil {
		p.Missing, p.Fix = "This Onramp sends no mails", "Ask whoever runs it to name a mail server: onramp serve --smtp-addr HOST:587 --mail-from ADDRESS."
		return h.Page(w, r, http.StatusOK, views.MailsPage(frame, p))
	}
	x, err := mails.Of(r.Context(), h.By(r))
	if err != nil {
		return err
	}
	if !x.Account.Mailable() {
		p.Missing, p.Fix = "Your account has no email address", "Ask whoever runs your company’s sign-in to let Onramp see it."
	}
	p.To, p.From, p.Zone, p.Trouble = x.Account.Email, mails.From(), mails.Zone(), strings.TrimSuffix(x.Error, ".")
	if x.Every != notices.Never {
		text := x.Digest.String()
		p.Now = views.Tag{State: views.Good, Word: strings.ToUpper(text[:1]) + text[1:]}
		p.Text = "The next comes on " + web.Moment(x.Due) + ", if there is something new."
	}
	if !x.Sent.IsZero() {
		p.Text = strings.TrimSpace(p.Text + " The last came on " + web.Moment(x.Sent) + ".")
	}
	for _, e := range []notices.Often{notices.Never, notices.Daily, notices.Weekly} {
		label := map[notices.Often]string{notices.Never: "Never", notices.Daily: "Daily", notices.Weekly: "Weekly"}[e]
		p.Every = append(p.Every, views.Choice{Value: string(e), Label: label, Selected: e == x.Every})
	}
	for hour := range 24 {
		p.Hours = append(p.Hours, views.Choice{Value: strconv.Itoa(hour), Label: fmt.Sprintf("%02d:00", hour), Selected: hour == x.Hour})
	}
	for i := range 7 {
		day := time.Weekday((i + 1) % 7) // a week begins on Monday
		p.Days = append(p.Days, views.Choice{Value: strconv.Itoa(int(day)), Label: day.String(), Selected: day == x.Day})
	}
	return h.Page(w, r, web.StatusFor(ps), views.MailsPage(frame, p))
}

// SetMails sets when the reader gets mails.
func (h *Pages) SetMails(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if h.Shared.Mails == nil {
		return fault.Unchanged(fault.New(fault.Conflict, "This Onramp sends no mails", "Ask whoever runs it to name a mail server."))
	}
	d := notices.Digest{Every: notices.Often(f.Text("every")), Hour: number(f.Text("hour")), Day: time.Weekday(number(f.Text("day")))}
	if err := h.Shared.Mails.Choose(r.Context(), h.By(r), d); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showMails(w, r, ps)
	}
	return web.SeeOther(w, r, "/account/mails", "mails")
}

// number reads a number of a choice; -1 for anything else.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// StopForm is where the link of a mail leads. It changes nothing: programs open links too.
func (h *Pages) StopForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	if h.Shared.Mails == nil {
		return h.NoSuchPage(w, r)
	}
	a, err := h.Shared.Mails.Reads(r.Context(), token)
	if err != nil {
		return err
	}
	return h.Page(w, r, http.StatusOK, views.StopMailsPage(h.Frame(r, "Stop these mails?", "", nil, ""), views.StopMailsProps{Token: token, To: hidden(a.Email)}))
}

// Stop ends somebody's mails: for the form of StopForm, and for a mail program by one click, which sends the address of
// the link and no form of ours (RFC 8058).
func (h *Pages) Stop(w http.ResponseWriter, r *http.Request) error {
	if h.Shared.Mails == nil {
		return h.NoSuchPage(w, r)
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token := f.Text("t")
	if token == "" {
		token = r.URL.Query().Get("t")
	}
	a, err := h.Shared.Mails.Reads(r.Context(), token)
	if err != nil {
		return err
	}
	if err := h.Shared.Mails.Stop(r.Context(), h.By(r), token); err != nil {
		return err
	}
	return h.Page(w, r, http.StatusOK, views.StopMailsPage(h.Frame(r, "You get no more mails", "", nil, ""), views.StopMailsProps{Done: true, To: hidden(a.Email)}))
}

// hidden is an address that its owner knows, and whoever else got hold of the link does not learn.
func hidden(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + "…@" + domain
}
