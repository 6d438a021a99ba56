package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/static"
	"onramp/views"
)

// Action is a handler that returns what went wrong; Do answers for it.
type Action func(http.ResponseWriter, *http.Request) error

// Do makes an action an http.HandlerFunc. An action that returns an error has sent nothing.
func (h *Site) Do(a Action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead { // a form may come in slowly
			t := &turn{of: h.turns}
			if err := t.take(r.Context()); err != nil {
				h.fail(w, r, err)
				return
			}
			defer t.leave()
			RecordOf(r).turn = t
		} else if _, err := ReadForm(r); cameTooSlowly(err) {
			// The server has ended the request's context with the reading; the reader still waits for an answer.
			h.FailWith(w, r.WithContext(context.WithoutCancel(r.Context())), http.StatusRequestTimeout, err)
			return
		}
		if err := a(w, r); err != nil {
			h.fail(w, r, err)
		}
	}
}

// statuses is how each kind of fault is answered.
var statuses = map[fault.Kind]int{
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.NotFound:    http.StatusNotFound,
	fault.NotSignedIn: http.StatusUnauthorized,
	fault.Denied:      http.StatusForbidden,
	fault.Conflict:    http.StatusConflict,
	fault.Gone:        http.StatusGone,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.TooLarge:    http.StatusRequestEntityTooLarge,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.Internal:    http.StatusInternalServerError,
}

// StatusOf is the HTTP status of an error.
func StatusOf(err error) int {
	if s, ok := statuses[fault.From(err).Kind]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// fail answers an error as a page, or as JSON where that was asked for. What it tells is the fault's texts;
// the cause goes to the log only.
func (h *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	h.FailWith(w, r, StatusOf(err), err)
}

// FailWith answers with the given status and the page that says what err means; with JSON where the address ends in
// .json and no browser asks to show it. err stays in the log. A reader who left is not answered.
func (h *Site) FailWith(w http.ResponseWriter, r *http.Request, status int, err error) {
	rec := RecordOf(r)
	rec.Err = err
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // the reader left; nobody is there to be answered
	}
	f := fault.From(err)
	if strings.HasSuffix(r.URL.Path, ".json") && !wantsPage(r) {
		_ = SendJSON(w, r, status, map[string]any{"error": map[string]string{
			"kind": string(f.Kind), "code": f.Code, "title": f.Title, "cause": f.Cause, "fix": f.Fix, "request": rec.ID}})
		return
	}
	p := views.ErrorProps{Status: fmt.Sprint(status), Title: f.Title, Cause: f.Cause, NotWrong: f.NotWrong,
		Fix: f.Fix, Who: f.Who, RequestID: rec.ID, Links: h.waysOut(r, f)}
	switch {
	case f.Left != "":
		p.Outcome = f.Left
	case f.Unchanged:
		p.Outcome = "Nothing was changed."
	}
	if renderErr := h.Page(w, r, status, views.ErrorPage(h.Frame(r, f.Title, "", nil, ""), p)); renderErr != nil {
		rec.Err = errors.Join(err, renderErr)
		http.Error(w, "Onramp could not show this page. Request "+rec.ID, http.StatusInternalServerError)
	}
}

// wantsPage reports whether a browser asks for what it shows to a person: it names HTML, programs do not.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// waysOut are the next steps of an error page.
func (h *Site) waysOut(r *http.Request, f *fault.Fault) []views.Link {
	var links []views.Link
	if isHandoff(r) {
		return nil
	}
	switch back := "?next=" + url.QueryEscape(h.backTo(r)); {
	case f.Kind == fault.NotSignedIn:
		return append(links, views.Link{Text: "Sign in", URL: "/signin" + back, TestID: "sign-in"})
	case custody.NeedsLook(f):
		links = append(links, views.Link{Text: "Confirm that it is you", URL: "/again" + back, TestID: "look-again"})
	}
	if c := chi.RouteContext(r.Context()); c != nil {
		m, isFile := c.URLParam("m"), strings.Contains(path.Base(r.URL.Path), ".json")
		if run := c.URLParam("run"); m != "" && run != "" && isFile && f.Kind != fault.NotFound { // a file of a run: its page is where it was asked for
			if r, err := h.Runs.Run(r.Context(), m, run); err == nil {
				links = append(links, views.Link{Text: "Back to the run", URL: RunPath(r.Outcome)})
			}
		}
		if m != "" && f.Kind != fault.NotFound {
			links = append(links, views.Link{Text: "Back to the overview", URL: MovePath(m)})
		}
	}
	if f.Code != "" {
		links = append(links, views.Link{Text: "Explain " + f.Code, URL: HelpPath(f.Code)})
	}
	return append(links, views.Link{Text: "All migrations", URL: "/"})
}

// Page renders a page to a buffer and sends it; a form sent by the script gets the page's fragments alone.
func (h *Site) Page(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var b bytes.Buffer
	var err error
	if WantsFragment(r) {
		err = templ.RenderFragments(r.Context(), &b, page, views.FragmentMain, views.FragmentRail)
	} else {
		err = page.Render(r.Context(), &b)
	}
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	if _, err := readCookie(r, saidCookie); err == nil && !WantsFragment(r) { // said once
		setCookie(w, r, &http.Cookie{Name: saidCookie, MaxAge: -1, SameSite: http.SameSiteStrictMode})
	}
	return Send(w, r, status, "text/html; charset=utf-8", b.Bytes())
}

// Parts renders live parts, each with its own id, as one fragment.
func (h *Site) Parts(w http.ResponseWriter, r *http.Request, status int, parts ...templ.Component) error {
	text, err := RenderParts(r.Context(), parts...)
	if err != nil {
		return err
	}
	return Send(w, r, status, "text/html; charset=utf-8", []byte(text))
}

// RenderParts renders components one after the other, a line break after each.
func RenderParts(ctx context.Context, parts ...templ.Component) (string, error) {
	var b strings.Builder
	for _, p := range parts {
		if err := p.Render(ctx, &b); err != nil {
			return "", fmt.Errorf("render: %w", err)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// WantsFragment reports whether the page's script sent the form and takes fragments.
func WantsFragment(r *http.Request) bool { return r.Header.Get("X-Fragment") == "1" }

// SendJSON sends v as indented JSON.
func SendJSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return Send(w, r, status, "application/json; charset=utf-8", b.Bytes())
}

// SendFile sends a file to keep (Attachment).
func SendFile(w http.ResponseWriter, r *http.Request, contentType, name string, body []byte) error {
	Attachment(w, name)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	made(r)
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader left: nobody is there to be told
	}
	return nil
}

// worthPacking is the size from which gzip saves a network packet.
const worthPacking = 1400

// packers are kept for the next answer: each holds 800 kB, more than any page.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// Send sends a whole body, packed when the reader takes that.
func Send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) error {
	head := w.Header()
	head.Set("Content-Type", contentType)
	head.Add("Vary", "Accept-Encoding")
	if len(body) >= worthPacking && static.Encoding(r.Header.Get("Accept-Encoding"), "gzip") == "gzip" {
		var b bytes.Buffer
		z := packers.Get().(*gzip.Writer)
		z.Reset(&b)
		_, _ = z.Write(body) // a Buffer takes everything
		_ = z.Close()
		packers.Put(z)
		body = b.Bytes()
		head.Set("Content-Encoding", "gzip")
	}
	head.Set("Content-Length", fmt.Sprint(len(body)))
	made(r)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader left: nobody is there to be told
	}
	return nil
}

// saidCookie carries the code of a sentence over a redirect, to be shown once.
const saidCookie = "onramp_said"

// Sentences are what a page may say once after a redirect.
var Sentences = map[string]string{
	"created":       "Migration created",
	"list":          "List imported",
	"canceled-many": "Canceled",
	"list-one":      "One migration imported",
	"auth":          "Sign-in method saved",
	"key-deleted":   "API key deleted",
	"namespace":     "Namespace saved",
	"certificates":  "Certificates made",
	"imported":      "Certificates saved",
	"client":        "Client certificate issued",
	"lent":          "Onramp may use the key",
	"forgotten":     "Keys forgotten",
	"noted":         "Note saved",
	"revoked":       "Link revoked",
	"renamed":       "Renamed",
	"archived":      "Archived and hidden from lists",
	"restored":      "Back in the lists",
	"deleted":       "Migration deleted",
	"ca":            "CA bundle saved",
	"cloud":         "Namespace created",
	"cloud-unseen":  "Namespace created. You see it here once a migration of yours has it: step 1",
	"strictness":    "Saved; it holds from the next connection on",
	"methods":       "Saved; it holds at once",
	"reset":         "Rehearsal cloud reset",
	"broken":        "Broken on purpose. Run the check to see it",
	"mended":        "Turned off; everything is as it was",
	"practice":      "Ready to practise on",
	"renewed":       "New certificates made. Onramp may use their key for 30 minutes",
	"canceling":     "Asked the workflow to stop",
	"terminated":    "Workflow terminated",
	"reported":      "Report kept",
	"kept":          "CA key kept, encrypted",
	"opened":        "CA key opened",
	"locked":        "CA key locked",
	"dropped":       "CA key forgotten",
	"filters":       "Filters applied",
	"unfiltered":    "Filters cleared",
	"replaced":      "Replacement finished",
	"rolled-back":   "Rolled back",
	"switched":      "Sign-in method changed",
	"signed-in":     "You are signed in",
	"signed-out":    "You are signed out",
	"confirmed":     "Thank you. Send it again",
	"person":        "Account changed",
	"team":          "Team added",
	"given":         "Given to the team",
	"session":       "Signed out there",
	"mails":         "Mails set",

	"calendar-ended": "The calendar address no longer works",
}

// SeeOther answers a form that did its work: 303 to a page of ours, which says said once.
func SeeOther(w http.ResponseWriter, r *http.Request, to, said string) error {
	if said != "" {
		setCookie(w, r, &http.Cookie{Name: saidCookie, Value: said, MaxAge: 60, SameSite: http.SameSiteStrictMode})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// NoSuchPage fails as not found, for an address that no route has.
func (h *Site) NoSuchPage(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no such page", "Check the address, or go to the list of migrations.")
}

// StatusFor is the status of a form's page: 409 where what it changes has changed since it was filled in, 422 where
// something of it is to be repaired.
func StatusFor(ps views.Problems) int {
	for _, f := range ps {
		if errors.Is(f, migration.ErrChanged) {
			return http.StatusConflict
		}
	}
	if len(ps) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
