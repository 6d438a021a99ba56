package told

import (
	"net/http"

	"onramp/handlers/web"
	"onramp/views"
)

// Calendar is the page of the reader's calendar address.
func (h *Pages) Calendar(w http.ResponseWriter, r *http.Request) error {
	return h.showCalendar(w, r, "")
}

func (h *Pages) showCalendar(w http.ResponseWriter, r *http.Request, token string) error {
	made, err := h.Shared.Calendars.Made(r.Context(), h.By(r))
	if err != nil {
		return err
	}
	p := views.CalendarProps{}
	if !made.IsZero() {
		p.Made = web.Moment(made)
	}
	if token != "" {
		p.New = &views.CodeBlockProps{ID: "calendar-address", Name: "Address", Label: "The address", Text: h.Base(r) + "/calendar/" + token + ".ics", TestID: "calendar-address"}
	}
	return h.Page(w, r, http.StatusOK, views.CalendarPage(h.Frame(r, "Calendar of expiries", "", nil, ""), p))
}

// MakeCalendar gives the reader a new calendar address, which is shown once.
func (h *Pages) MakeCalendar(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.ReadForm(r); err != nil {
		return err
	}
	token, err := h.Shared.Calendars.Make(r.Context(), h.By(r))
	if err != nil {
		return err
	}
	return h.showCalendar(w, r, token)
}

// EndCalendar makes the reader's calendar address work no more.
func (h *Pages) EndCalendar(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.ReadForm(r); err != nil {
		return err
	}
	if err := h.Shared.Calendars.End(r.Context(), h.By(r)); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/account/calendar", "calendar-ended")
}
