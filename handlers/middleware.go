package handlers

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"onramp/fault"
)

// policy is the Content-Security-Policy of every answer: our own script and stylesheet, nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types onramp"

// Bodies larger than these are refused. No form of ours has more; files come as multipart.
const (
	maxBody   = 64 << 10
	maxUpload = 128 << 10
)

// record is what the log line of one request says; the handlers fill in what they learn.
type record struct {
	id     string
	status int
	err    error
	leave  func() // gives the request's turn back; nil: it has none
}

type recordKey struct{}

// recordOf returns the record of a request that passed through secure.
func recordOf(r *http.Request) *record {
	if rec, ok := r.Context().Value(recordKey{}).(*record); ok {
		return rec
	}
	return &record{}
}

// secure sets the headers that every answer carries, gives the request its id, turns a panic into a page
// and writes the request's one log line. Forms and queries are not logged: they may hold secrets.
func (h *Handlers) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &record{id: strings.ToLower(rand.Text()[:12])}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		out := &statusWriter{ResponseWriter: w}
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		head.Set("X-Request-Id", rec.id)
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				rec.err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				if out.status == 0 { // nothing was sent: a page can still be
					h.fail(out, r, rec.err)
				}
			}
			rec.status = out.status
			h.logRequest(r, rec, time.Since(began))
		}()
		next.ServeHTTP(out, r)
	})
}

// logRequest writes one line. The route is the pattern, so that no id or pasted text gets in by the path.
func (h *Handlers) logRequest(r *http.Request, rec *record, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case rec.status >= 500:
		level = slog.LevelError
	case rec.err != nil && fault.Is(rec.err, fault.Internal):
		level = slog.LevelError
	}
	route := "none"
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		route = c.RoutePattern()
	}
	attrs := []slog.Attr{
		slog.String("id", rec.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", rec.status), slog.Duration("took", took),
	}
	if rec.err != nil {
		attrs = append(attrs, slog.Any("err", rec.err))
	}
	h.o.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// knownHost refuses requests under a name that is not the portal's own: a page of somebody else's site
// whose name was made to point at this computer has the right Origin, but not the right Host.
func (h *Handlers) knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.hosts[strings.ToLower(r.Host)] {
			recordOf(r).err = fmt.Errorf("refused the host name %.80q", r.Host)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusMisdirectedRequest)
			fmt.Fprintf(w, "This address is not Onramp's.\nOpen http://%s/ on the computer where Onramp runs.\n", h.o.Addr)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses state-changing requests that another site's page sent.
func (h *Handlers) sameOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.fail(w, r, &fault.Fault{Kind: fault.Denied, Title: "This came from another site's page",
			Cause: "Onramp acts only on forms of its own pages.", Fix: "Open the page in Onramp and send the form from there."})
	}))
	return guard.Handler(next)
}

// limitBody bounds what a request may send.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		next.ServeHTTP(w, r)
	})
}

// headAsGet routes HEAD as GET; net/http sends no body then.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// statusWriter remembers the status. http.ResponseController reaches the real writer through Unwrap.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
