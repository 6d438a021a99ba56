package people

import (
	"net/http"
	"net/url"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/people"
	"onramp/views"
)

// SignInForm is the page that lets a person in; whoever is in is sent on.
func (h *Pages) SignInForm(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalPath(r.URL.Query().Get("next"))
	if h.Token(r) != "" {
		return web.SeeOther(w, r, next, "")
	}
	return h.showSignIn(w, r, http.StatusOK, views.SignInProps{Next: next})
}

func (h *Pages) showSignIn(w http.ResponseWriter, r *http.Request, status int, p views.SignInProps) error {
	if h.Shared.Provider != nil {
		to := url.Values{"next": {p.Next}}
		if p.Again {
			to.Set("again", "1")
		}
		p.Provider = "/signin/provider?" + to.Encode()
	}
	title := "Sign in"
	if p.Again {
		title = "Confirm that it is you"
	}
	return h.Page(w, r, status, views.SignInPage(h.Frame(r, title, "", nil, ""), p))
}

// SignIn lets a person in who gives the right email and password.
func (h *Pages) SignIn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalPath(f.Text("next"))
	if h.Shared.Provider != nil {
		return h.begin(w, r, next, false)
	}
	email := f.Text("email")
	in, err := h.Shared.People.SignIn(r.Context(), h.By(r), email, f.Values.Get("password"), r.UserAgent(), h.Token(r))
	if err != nil {
		return h.failed(w, r, err, views.SignInProps{Email: email, Next: next})
	}
	web.KeepSession(w, r, in)
	return web.SeeOther(w, r, next, "signed-in")
}

// failed shows a sign-in that did not work, with its status.
func (h *Pages) failed(w http.ResponseWriter, r *http.Request, err error, p views.SignInProps) error {
	f := fault.From(err)
	if f.Kind != fault.NotSignedIn && f.Kind != fault.TooMany {
		return err
	}
	web.RecordOf(r).Err = err
	p.Problem = f.Title + ". " + f.Fix
	return h.showSignIn(w, r, web.StatusOf(err), p)
}

// AgainForm asks somebody who is signed in to prove it once more.
func (h *Pages) AgainForm(w http.ResponseWriter, r *http.Request) error {
	return h.showSignIn(w, r, http.StatusOK, views.SignInProps{Again: true, Next: web.LocalPath(r.URL.Query().Get("next"))})
}

// Again is that proof; the session gets a new token.
func (h *Pages) Again(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	next := web.LocalPath(f.Text("next"))
	if h.Shared.Provider != nil {
		return h.begin(w, r, next, true)
	}
	in, err := h.Shared.People.Again(r.Context(), h.By(r), h.Token(r), f.Values.Get("password"), r.UserAgent())
	if err != nil {
		return h.failed(w, r, err, views.SignInProps{Again: true, Next: next})
	}
	web.KeepSession(w, r, in)
	return web.SeeOther(w, r, next, "confirmed")
}

// SignOut ends the session, and takes from the browser what it keeps.
func (h *Pages) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := h.Shared.People.SignOut(r.Context(), h.By(r)); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	web.DropSession(w, r)
	return web.SeeOther(w, r, "/signin", "")
}

// StartForm is where a one-time link leads. Its address goes no further than this portal (Referrer-Policy); with
// no-referrer a browser would send the form from an origin of null.
func (h *Pages) StartForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	o, err := h.Shared.People.Open(r.Context(), token)
	if err != nil {
		return err
	}
	return h.showStart(w, r, http.StatusOK, views.StartProps{Token: token, First: o.Kind == people.FirstLink, Email: o.Account.Email, Name: o.Account.Name, Next: nextOf(r.URL.Query().Get("next"))})
}

func (h *Pages) showStart(w http.ResponseWriter, r *http.Request, status int, p views.StartProps) error {
	web.HoldLink(w, r, p.Token)
	return h.Page(w, r, status, views.StartPage(h.Frame(r, "Welcome", "", nil, ""), p))
}

// Start uses the link: it makes the first owner, or sets a password, and signs that person in. The token is in the form,
// in the address, or where a program sends neither, in the cookie that its page has set.
func (h *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token := f.Text("t")
	if token == "" {
		token = r.URL.Query().Get("t")
	}
	if token == "" {
		token = web.HeldLink(r)
	}
	n := people.NewAccount{Email: f.Text("email"), Name: f.Raw("name")}
	in, err := h.Shared.People.Start(r.Context(), h.By(r), token, n, f.Values.Get("password"), r.UserAgent())
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		o, err := h.Shared.People.Open(r.Context(), token)
		if err != nil {
			return err
		}
		p := views.StartProps{Token: token, First: o.Kind == people.FirstLink, Email: n.Email, Name: n.Name, Next: nextOf(f.Text("next")), Problems: ps}
		if !p.First {
			p.Email = o.Account.Email
		}
		return h.showStart(w, r, http.StatusUnprocessableEntity, p)
	}
	web.KeepSession(w, r, in)
	web.DropLink(w, r)
	return web.SeeOther(w, r, web.LocalPath(f.Text("next")), "signed-in")
}

// nextOf is where a link leads on to, as its page carries it; "" for the first page.
func nextOf(text string) string {
	if to := web.LocalPath(text); to != "/" {
		return to
	}
	return ""
}

// begin sends the browser to the provider that signs people in. That may have to be asked first, and be slow.
func (h *Pages) begin(w http.ResponseWriter, r *http.Request, next string, again bool) error {
	if err := h.Shared.People.MayBegin(h.By(r)); err != nil {
		return err
	}
	var address, pending string
	err := web.Aside(r.Context(), func() (err error) {
		address, pending, err = h.Shared.Provider.Begin(r.Context(), next, again)
		return err
	})
	if err != nil {
		return err
	}
	web.HoldPending(w, r, pending)
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// ToProvider sends the browser to the provider. It is a link and no form: the policy of our pages lets forms go to no
// other site, redirects included.
func (h *Pages) ToProvider(w http.ResponseWriter, r *http.Request) error {
	if h.Shared.Provider == nil {
		return h.NoSuchPage(w, r)
	}
	q := r.URL.Query()
	return h.begin(w, r, web.LocalPath(q.Get("next")), q.Get("again") != "")
}

// Callback is where the provider sends the browser back.
func (h *Pages) Callback(w http.ResponseWriter, r *http.Request) error {
	if h.Shared.Provider == nil {
		return h.NoSuchPage(w, r)
	}
	if err := h.Shared.People.MayFinish(h.By(r)); err != nil {
		return err
	}
	pending := web.TakePending(w, r)
	var claim people.Claim
	var next string
	err := web.Aside(r.Context(), func() (err error) {
		claim, next, err = h.Shared.Provider.Finish(r.Context(), pending, r.URL.Query())
		return err
	})
	if err != nil {
		return err
	}
	before := ""
	if by := h.By(r); by.Role > custody.Nobody { // a second look is at the person who is in
		before = h.Token(r)
	}
	in, err := h.Shared.People.SignInBy(r.Context(), h.By(r), claim, r.UserAgent(), before)
	if err != nil {
		return err
	}
	web.KeepSession(w, r, in)
	return web.SeeOther(w, r, web.LocalPath(next), "")
}

// peoplePath is the page of accounts, at one of them.
func peoplePath(id string) string { return "/people#" + url.PathEscape(id) }
