package web

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
	ID     string
	status int
	Err    error
	turn   *turn     // nil: it has none
	form   *sentForm // nil: not read yet

	shared bool   // the portal is for several people: cookies are for HTTPS alone
	from   string // the address that the request came from
	who    *visitor
}

type recordKey struct{}

// RecordOf returns the record of a request that came through Secure.
func RecordOf(r *http.Request) *record {
	return recordIn(r.Context())
}

func recordIn(ctx context.Context) *record {
	if rec, ok := ctx.Value(recordKey{}).(*record); ok {
		return rec
	}
	return &record{}
}

// Secure sets the headers that every answer carries, gives the request its id, turns a panic into a page
// and writes the request's one log line. Forms and queries are not logged: they may hold secrets.
func (h *Site) Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &record{ID: strings.ToLower(rand.Text()[:12]), shared: h.Shared != nil, from: h.cameFrom(r)}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		out := newWriter(w, r, h.Patience)
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cross-Origin-Embedder-Policy", "require-corp")
		head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		head.Set("Cache-Control", "no-store")
		if h.Shared != nil {
			head.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if isHandoff(r) { // its address is a right: nobody is told of it
			head.Set("Referrer-Policy", "no-referrer")
			head.Set("X-Robots-Tag", "noindex, nofollow")
		}
		head.Set("X-Request-Id", rec.ID)
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { // the answer was cut off on purpose
					rec.status = out.status
					h.logRequest(r, rec, time.Since(began))
					panic(v)
				}
				rec.Err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				if out.status == 0 { // nothing was sent: a page can still be
					h.fail(out, r, rec.Err)
				}
			}
			rec.status = out.status
			out.finish()
			h.logRequest(r, rec, time.Since(began))
		}()
		next.ServeHTTP(out, r)
	})
}

// logRequest writes one line. The route is the pattern, so that no id or pasted text gets in by the path.
func (h *Site) logRequest(r *http.Request, rec *record, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case rec.status >= 500:
		level = slog.LevelError
	case rec.Err != nil && fault.Is(rec.Err, fault.Internal):
		level = slog.LevelError
	}
	route := "none"
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		route = c.RoutePattern()
	}
	if !strings.HasSuffix(route, "/events") && !r.URL.Query().Has("follow") { // those last as long as somebody looks
		h.Answers.Add(r.Method+" "+route, took)
	}
	attrs := []slog.Attr{
		slog.String("id", rec.ID), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", rec.status), slog.Duration("took", took),
	}
	if rec.shared {
		attrs = append(attrs, slog.String("from", rec.from))
		if rec.who != nil {
			attrs = append(attrs, slog.String("person", rec.who.Person), slog.String("session", rec.who.Session))
		}
	}
	if rec.Err != nil {
		attrs = append(attrs, slog.Any("err", rec.Err))
	}
	h.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// KnownHost refuses requests under a name that is not the portal's own: a page of somebody else's site
// whose name was made to point at this computer has the right Origin, but not the right Host.
func (h *Site) KnownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Shared != nil {
			if why := h.Shared.refuses(r); why != "" {
				RecordOf(r).Err = fault.New(fault.Denied, fmt.Sprintf("Refused: %s, host name %.80q", why, r.Host), "")
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				w.WriteHeader(http.StatusMisdirectedRequest)
				fmt.Fprintf(w, "This is not the address of this Onramp.\nOpen %s/\n", h.Shared.origin())
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		if !h.hosts[strings.ToLower(r.Host)] {
			RecordOf(r).Err = fault.New(fault.Denied, fmt.Sprintf("Refused the host name %.80q", r.Host), "") // a probe, no failure of ours
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusMisdirectedRequest)
			fmt.Fprintf(w, "This is not an address of Onramp.\nOpen http://%s/ on the computer where Onramp runs.\n", h.Addr)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// SameOrigin refuses state-changing requests that another site's page sent.
func (h *Site) SameOrigin(next http.Handler) http.Handler {
	deny := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.fail(w, r, &fault.Fault{Kind: fault.Denied, Title: "This came from another site's page",
			Cause: "Onramp accepts only forms from its own pages.", Fix: "Open the page in Onramp and submit the form from there."})
	})
	if h.Shared != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h.Shared.foreign(r) {
				deny(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(deny)
	return guard.Handler(next)
}

// LimitBody bounds what a request may send.
func LimitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		next.ServeHTTP(w, r)
	})
}

// HeadAsGet routes HEAD as GET; net/http sends no body then.
func HeadAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
