package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/people"
	"onramp/views"
)

// sessionCookie holds the token of a session: __Host-onramp.
const sessionCookie = "onramp"

// visitor is who a request's session belongs to.
type visitor struct {
	custody.Actor
	token string
}

// Recognise finds out who sent a request, and lets it see the migrations of their teams alone. Whoever is nobody goes
// on as nobody: each route says whom it takes.
func (h *Site) Recognise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := tokenOf(r)
		if h.Shared == nil || token == "" || asksHealth(r) {
			next.ServeHTTP(w, r)
			return
		}
		who, err := h.Shared.People.Who(r.Context(), token)
		switch {
		case fault.Is(err, fault.NotSignedIn):
			setCookie(w, r, &http.Cookie{Name: sessionCookie, MaxAge: -1, SameSite: http.SameSiteLaxMode})
		case err != nil:
			h.fail(w, r, err)
			return
		default:
			RecordOf(r).who = &visitor{who, token}
			if !who.SeesAll() {
				r = r.WithContext(migration.Within(r.Context(), who.Teams))
			}
		}
		next.ServeHTTP(w, r)
	})
}

func tokenOf(r *http.Request) string {
	c, err := readCookie(r, sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// Token is the token of a request's session, "" when nobody has signed in.
func (h *Site) Token(r *http.Request) string {
	if who := RecordOf(r).who; who != nil {
		return who.token
	}
	return ""
}

// KeepSession gives the browser the token of a fresh session. It ends with the browser, and by the rules of people.
func KeepSession(w http.ResponseWriter, r *http.Request, s people.Signed) {
	setCookie(w, r, &http.Cookie{Name: sessionCookie, Value: s.Token, SameSite: http.SameSiteLaxMode})
}

// DropSession takes the token from the browser, with all else that it keeps of this portal.
func DropSession(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, &http.Cookie{Name: sessionCookie, MaxAge: -1, SameSite: http.SameSiteLaxMode})
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
}

// Right is whom a route takes. At a portal for one person that is always the reader.
type Right struct {
	Said  string       // as one says it: "a developer of its team, a cloud admin or an owner"
	Role  custody.Role // at least; Nobody: anyone, also without signing in
	Again bool         // after a second look
}

// Twice is the right with a second look.
func (n Right) Twice() Right {
	n.Again = true
	return n
}

// Guard lets those through who have a right. A page about a migration that one may not see is not there; a right that is
// missing is 403 and says who has it.
func (h *Site) Guard(need Right, next http.HandlerFunc) http.HandlerFunc {
	if h.Shared == nil || need.Role == custody.Nobody {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		who := RecordOf(r).who
		if who == nil {
			h.signInFirst(w, r)
			return
		}
		if m := chi.URLParam(r, "m"); m != "" {
			if _, err := h.Acts.Book.Migration(r.Context(), m); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		if ns := chi.URLParam(r, "ns"); ns != "" {
			if err := h.MaySpace(r, ns); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		switch {
		case who.Role < need.Role:
			h.fail(w, r, h.lacks(r.Context(), who.Actor, need))
		case need.Again && !who.LookedTwice(h.Now()):
			h.lookAgain(w, r)
		default:
			next(w, r)
		}
	}
}

// MaySpace is nil when a request may look at, or with a form change, a namespace of the rehearsal cloud. A NotFound fault
// when none of its migrations that the person sees is about it, Denied when another team's is too.
func (h *Site) MaySpace(r *http.Request, ns string) error {
	sees, alone, err := h.Acts.Book.SeesSpace(r.Context(), h.By(r), ns)
	switch {
	case err != nil:
		return err
	case !sees:
		return fault.New(fault.NotFound, "There is no namespace of that name in the rehearsal cloud", "Open the list of namespaces.")
	case !alone && r.Method == http.MethodPost:
		return fault.Unchanged(h.Acts.Book.Free(r.Context(), h.By(r), ns))
	}
	return nil
}

// signInFirst sends a browser to the sign-in and tells a program that it is nobody.
func (h *Site) signInFirst(w http.ResponseWriter, r *http.Request) {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && wantsPage(r) {
		_ = SeeOther(w, r, "/signin?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), "")
		return
	}
	h.fail(w, r, fault.Unchanged(fault.New(fault.NotSignedIn, "Sign in first", "Sign in, then send it again.")))
}

// lookAgain sends a browser to the second look.
func (h *Site) lookAgain(w http.ResponseWriter, r *http.Request) {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && wantsPage(r) {
		_ = SeeOther(w, r, "/again?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), "")
		return
	}
	h.fail(w, r, custody.ErrLookAgain)
}

// lacks says that somebody lacks a right, and who has it.
func (h *Site) lacks(ctx context.Context, who custody.Actor, need Right) error {
	f := fault.New(fault.Denied, "Your role does not allow this", "Ask somebody who may.")
	f.Unchanged = true
	f.Cause = fmt.Sprintf("It needs %s. Your role is %s.", need.Said, strings.ToLower(who.Role.Title()))
	if names, err := h.Shared.People.Having(ctx, need.Role, who.Teams); err == nil && len(names) > 0 {
		f.Fix = "Ask " + strings.Join(names, ", ") + "."
	}
	return f
}

// backTo is the page that a form was sent from, or the page that was asked for itself.
func (h *Site) backTo(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return LocalPath(r.URL.RequestURI())
	}
	u, err := url.Parse(r.Referer())
	if err != nil || !h.hosts[strings.ToLower(u.Host)] {
		return "/"
	}
	return LocalPath(u.RequestURI())
}

// stillEvery is how often a stream asks whether its reader may still read it.
const stillEvery = 5 * time.Second

// whileSignedIn is a context that ends when the session of a request does, or what its person sees changes: their role,
// their teams, or whose the migration is that the request is about.
func (h *Site) whileSignedIn(ctx context.Context, r *http.Request) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	who := RecordOf(r).who
	if h.Shared == nil || who == nil {
		return ctx, stop
	}
	m := chi.URLParam(r, "m") // not later: the router uses its context again
	go func() {
		defer stop()
		tick := time.NewTicker(stillEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			now, err := h.Shared.People.Still(ctx, who.token)
			if err == nil && m != "" {
				_, err = h.Acts.Book.Migration(ctx, m)
			}
			if err != nil || now.Role != who.Role || !slices.Equal(now.Teams, who.Teams) {
				return
			}
		}
	}()
	return ctx, stop
}

// TeamNamed is a team within a sentence: "the team Payments", or "the Default team" where its name says that it is one.
func TeamNamed(name string) string {
	if strings.HasSuffix(strings.ToLower(name), "team") {
		return "the " + name
	}
	return "the team " + name
}

// TeamChoices are the teams that the sender of a request may give something to, one of them chosen; nil at a portal for
// one person, and for somebody without an account.
func (h *Site) TeamChoices(r *http.Request, chosen string) (out []views.Choice) {
	if h.Shared == nil {
		return nil
	}
	by := h.By(r)
	teams, err := h.Shared.People.Teams(r.Context())
	if err != nil {
		h.Log.Error("the teams cannot be read", "err", err)
	}
	if chosen == "" && len(by.Teams) > 0 {
		chosen = by.Teams[0]
	}
	for _, t := range teams {
		if by.Sees(t.ID) {
			out = append(out, views.Choice{Value: t.ID, Label: t.Name, Selected: t.ID == chosen})
		}
	}
	return out
}

// accountProps are who is signed in, for the frame of a page; out: nobody is, where somebody has to be.
func (h *Site) accountProps(r *http.Request) (p *views.AccountProps, out bool) {
	if h.Shared == nil {
		return nil, false
	}
	who := RecordOf(r).who
	if who == nil {
		return nil, true
	}
	return &views.AccountProps{Name: who.Name, Role: who.Role.Title(), People: who.Role >= custody.Owner, Current: r.URL.Path}, false
}
