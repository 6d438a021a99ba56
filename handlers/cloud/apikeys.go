package cloud

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/cloud"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// cloudAuth is how workers sign in to a namespace of the rehearsal.
func (h *Pages) cloudAuth(ns cloud.Namespace, m string, change func(*views.CloudAuthProps)) *views.CloudAuthProps {
	p := &views.CloudAuthProps{ID: ns.ID.String(), Migration: m, Auths: signInChoices(h.Acts.Places.Rehearsal(), ns), Keyed: ns.Takes(cloud.AuthAPIKey), Both: ns.Auth == cloud.AuthBoth, Saw: acts.Edition(ns.Auth), KeysSaw: acts.Edition(acts.KeysText(ns)), Name: "worker", Days: "90"}
	for _, k := range ns.Keys {
		p.Keys = append(p.Keys, views.CloudKeyRow{ID: k.ID, Name: k.Name, Created: web.Day(k.Created), Until: web.Day(k.Expires), Tag: web.LeftTag(k.Expires, h.Now())})
	}
	if change != nil {
		change(p)
	}
	return p
}

// editCloud reads a form of the rehearsal cloud's namespace page.
func (h *Pages) editCloud(r *http.Request) (namespace.ID, web.Form, error) {
	id, err := cloudID(r)
	if err != nil {
		return id, web.Form{}, err
	}
	f, err := web.ReadForm(r)
	return id, f, err
}

// backToCloud leads to the namespace's page in the rehearsal cloud.
func (h *Pages) backToCloud(w http.ResponseWriter, r *http.Request, id namespace.ID, m, said string) error {
	path := web.CloudPath(id.String())
	if h.backTo(r, m) != nil {
		path += "?m=" + m
	}
	return web.SeeOther(w, r, path+"#sign-in", said)
}

// SaveAuth chooses how workers sign in to a namespace of the rehearsal.
func (h *Pages) SaveAuth(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err != nil {
		return err
	}
	if err := h.Acts.Namespaces.SaveAuth(r.Context(), h.By(r), id, f.Text("auth")); err != nil {
		return h.refusedKey(w, r, id, f, err)
	}
	return h.backToCloud(w, r, id, f.Text("m"), "auth")
}

// CreateKey makes an API key and shows it in this one answer.
func (h *Pages) CreateKey(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err != nil {
		return err
	}
	days, _ := strconv.Atoi(f.Text("key_days")) // what is no number is refused as 0
	secret, ns, err := h.Acts.Namespaces.CreateKey(r.Context(), h.By(r), id, f.Raw("key_name"), days)
	if err != nil {
		return h.refusedKey(w, r, id, f, err)
	}
	return h.showCloudNamespace(w, r, shown{ns: ns, migration: f.Text("m"), bundle: ns.BundlePEM, auth: func(p *views.CloudAuthProps) {
		p.New = views.CodeBlockProps{ID: "api-key", Name: "API key", Text: string(secret.Reveal()), TestID: "api-key"}
	}})
}

// DeleteKey deletes an API key of the rehearsal.
func (h *Pages) DeleteKey(w http.ResponseWriter, r *http.Request) error {
	id, f, err := h.editCloud(r)
	if err != nil {
		return err
	}
	if err := h.Acts.Namespaces.DeleteKey(r.Context(), h.By(r), id, f.Text("key")); errors.Is(err, migration.ErrChanged) {
		return h.refusedKey(w, r, id, f, err)
	} else if err != nil {
		return err
	}
	return h.backToCloud(w, r, id, f.Text("m"), "key-deleted")
}

// refusedKey shows the namespace's page with what is wrong with the form, or gives the error back.
func (h *Pages) refusedKey(w http.ResponseWriter, r *http.Request, id namespace.ID, f web.Form, err error) error {
	ps, rest := web.Problems(err)
	if rest != nil {
		return rest
	}
	ns, err := h.CloudNS(r.Context(), id)
	if err != nil {
		return errors.Join(ps[0], err)
	}
	return h.showCloudNamespace(w, r, shown{ns: ns, migration: f.Text("m"), bundle: ns.BundlePEM, problems: ps, auth: func(p *views.CloudAuthProps) {
		if f.Values.Has("key_name") {
			p.Name, p.Days = f.Raw("key_name"), f.Raw("key_days")
		}
		p.Problems = ps
	}})
}

// keyWanted leads from the key to the test that asks for it; nil when nobody came from a migration.
func (h *Pages) keyWanted(r *http.Request, m string) *views.Link {
	back := h.backTo(r, m)
	if v, err := h.MoveOf(r, m); back == nil || err != nil || !web.UsesKeys(v) {
		return nil
	}
	back.URL = web.MovePath(m, migration.StepTest)
	return back
}

// cutOff says who would be cut off by the one form that changes the method at once, and leads to the change with an overlap.
func cutOff(h *Pages, r *http.Request, ns cloud.Namespace, m string, p *views.CloudAuthProps) {
	if v, err := h.MoveOf(r, m); m != "" && err == nil && v.Namespace != nil && v.Namespace.Namespace == ns.ID.String() {
		p.Switch = &views.Link{Text: "Change the sign-in method with zero downtime", URL: web.MovePath(m, "switch"), TestID: "switch-method"}
	}
	book := h.Acts.Places.Rehearsal().Callers
	if book == nil {
		return
	}
	var callers cloud.Callers
	if web.Aside(r.Context(), func() (err error) {
		callers, err = book.Callers(r.Context(), ns.ID)
		return err
	}) != nil {
		return // what is not known is not said
	}
	var who []string
	for _, auth := range []string{cloud.AuthMTLS, cloud.AuthAPIKey} {
		if n := len(migration.HeldWith(callers, auth, h.Acts.Replacements.Window())); n > 0 && ns.Takes(auth) {
			who = append(who, web.Many(n, "program signs in", "programs sign in")+" with "+migration.AuthSaid(auth)+" now")
		}
	}
	if len(who) > 0 {
		p.Cut = strings.Join(who, ", ") + ". Saving a method that does not include theirs cuts them off at once."
	}
}
