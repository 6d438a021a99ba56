package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// settled waits for a rehearsal cloud that is starting, so that a page seldom has to say so.
func (h *Pages) settled(ctx context.Context) {
	if h.Acts.Places.State().Phase == cloud.Starting {
		_ = web.Aside(ctx, func() error { // the page shows the state that it is in then
			_, err := h.Acts.Places.Ready(ctx)
			return err
		})
	}
}

// cloudFrame is the frame of pages that stand for Temporal Cloud's console.
func (h *Pages) cloudFrame(r *http.Request, title string) views.Frame {
	f := h.Frame(r, title, "rehearsal", nil, "")
	f.Rehearsal, f.CloudSide = true, true
	return f
}

// mine are the namespaces that the reader sees: all, or those that migrations of their teams are about.
func (h *Pages) mine(r *http.Request, list []cloud.Namespace) ([]cloud.Namespace, error) {
	names := make([]string, 0, len(list))
	for _, n := range list {
		names = append(names, n.ID.String())
	}
	sees, err := h.Acts.Lists.Spaces(r.Context(), h.By(r), names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(n cloud.Namespace) bool { return !sees(n.ID.String()) }), nil
}

func cloudRows(list []cloud.Namespace) []views.CloudRow {
	var rows []views.CloudRow
	for _, n := range list {
		rows = append(rows, views.CloudRow{ID: n.ID.String(), URL: web.CloudPath(n.ID.String()), CAs: web.Many(len(n.CAs), "CA certificate", "CA certificates"), Created: web.Moment(n.Created)})
	}
	return rows
}

// Cloud lists the namespaces of the rehearsal cloud, as Temporal Cloud's console does.
func (h *Pages) Cloud(w http.ResponseWriter, r *http.Request) error {
	return h.showCloud(w, r, http.StatusOK, "", nil)
}

func (h *Pages) showCloud(w http.ResponseWriter, r *http.Request, status int, value string, ps views.Problems) error {
	h.settled(r.Context())
	p := views.CloudProps{Absent: h.Absent(), Value: value, Problems: ps, Back: &views.Link{Text: "Rehearsal cloud", URL: "/rehearsal"}}
	if p.Absent == nil {
		var list []cloud.Namespace
		err := web.Aside(r.Context(), func() (err error) {
			list, err = h.Acts.Places.Rehearsal().Namespaces.Namespaces(r.Context())
			return err
		})
		if err != nil {
			return err
		}
		list, err = h.mine(r, list)
		if err != nil {
			return err
		}
		p.Namespaces = cloudRows(list)
	}
	return h.Page(w, r, status, views.CloudPage(h.cloudFrame(r, "Namespaces"), p))
}

// CreateInCloud makes a namespace in the rehearsal cloud.
func (h *Pages) CreateInCloud(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	value := f.Raw("namespace")
	id, err := h.Acts.Namespaces.Create(r.Context(), h.By(r), value)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showCloud(w, r, http.StatusUnprocessableEntity, value, ps)
	}
	if h.MaySpace(r, id.String()) != nil { // they see it once a migration of theirs is about it
		return web.SeeOther(w, r, "/cloud", "cloud-unseen")
	}
	return web.SeeOther(w, r, web.CloudPath(id.String()), "cloud")
}

// cloudID is the namespace of the address, which is one that this Onramp wrote.
func cloudID(r *http.Request) (namespace.ID, error) {
	id, _, err := namespace.ParseID(chi.URLParam(r, "ns"))
	if err != nil {
		return id, fault.Wrap(err, fault.NotFound, "The rehearsal cloud has no namespace of that name", "Open the list of namespaces.")
	}
	return id, nil
}

// CloudNamespace stands for Temporal Cloud's Namespace → Edit → CA Certificates.
func (h *Pages) CloudNamespace(w http.ResponseWriter, r *http.Request) error {
	id, err := cloudID(r)
	if err != nil {
		return err
	}
	h.settled(r.Context())
	m := r.URL.Query().Get("m")
	if p := h.Absent(); p != nil {
		return h.Page(w, r, http.StatusOK, views.CloudNamespacePage(h.cloudFrame(r, id.String()), views.CloudNamespaceProps{ID: id.String(), Migration: m, Absent: p, Back: h.backTo(r, m)}))
	}
	ns, err := h.CloudNS(r.Context(), id)
	if err != nil {
		return err
	}
	return h.showCloudNamespace(w, r, shown{ns: ns, migration: m, bundle: ns.BundlePEM})
}

// shown is a namespace as its page shows it.
type shown struct {
	ns        cloud.Namespace
	migration string // that the reader came from; "" for none
	bundle    string // in the form: what is stored, or what was refused
	problems  views.Problems
	auth      func(*views.CloudAuthProps) // changes the part about API keys; nil for nothing
}

func (h *Pages) showCloudNamespace(w http.ResponseWriter, r *http.Request, s shown) error {
	ns, m, ps := s.ns, s.migration, s.problems
	id := ns.ID.String()
	p := views.CloudNamespaceProps{ID: id, Migration: m, Bundle: s.bundle, Size: web.BundleSize(ns.BundlePEM), Endpoint: endpointOf(h.Acts.Places.Rehearsal().Own, ns), Filters: filtersText(ns.Filters),
		Problems: ps, Back: h.backTo(r, m)}
	for _, c := range ns.CAs {
		p.CAs = append(p.CAs, views.CloudCARow{Subject: c.Subject, Fingerprint: web.Grouped(c.Fingerprint), Until: web.Day(c.NotAfter), Tag: web.LeftTag(c.NotAfter, h.Now())})
	}
	p.CA = toPaste(r.Context(), h.Acts.Book, ns, m)
	p.Auth = h.cloudAuth(ns, m, nil)
	cutOff(h, r, ns, m, p.Auth)
	p.Auth.Back = h.keyWanted(r, m)
	if p.Auth.Back != nil && len(p.Auth.Keys) > 0 {
		p.Auth.Replace = &views.Link{Text: "Replace a key with zero downtime", URL: web.MovePath(m, "keys"), TestID: "replace-key"}
	}
	if s.auth != nil {
		s.auth(p.Auth)
	}
	f := h.cloudFrame(r, id)
	f.Saw = acts.Edition(ns.BundlePEM)
	f.Broken = h.Broken(r, id)
	if f.Toast == web.Sentences["ca"] && len(ps) == 0 {
		f.Toast, p.Saved = "", "Saved. The namespace accepts clients of "+web.Many(len(ns.CAs), "CA", "CAs")+"."
	}
	return h.Page(w, r, web.StatusFor(ps), views.CloudNamespacePage(f, p))
}

func filtersText(filters []byte) string {
	if len(filters) == 0 {
		return ""
	}
	var v any
	if json.Unmarshal(filters, &v) != nil {
		return string(filters)
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return string(filters)
	}
	return string(b)
}

// toPaste is the CA certificate of the migration that the reader came from, who may have copied something else since;
// empty where the namespace has it.
func toPaste(ctx context.Context, book *acts.Book, ns cloud.Namespace, m string) (c views.CodeBlockProps) {
	if m == "" {
		return c
	}
	v, err := book.View(ctx, m)
	if err != nil || v.Certificate == nil || slices.ContainsFunc(ns.CAs, func(ca cloud.CA) bool { return ca.Fingerprint == v.Certificate.CAFingerprint }) {
		return c
	}
	return views.CodeBlockProps{ID: "paste-ca", Name: v.Migration.Name, Label: "CA certificate of " + v.Migration.Name, Text: v.Certificate.CAPEM}
}

// backTo leads to the migration that the reader came from; nil for none.
func (h *Pages) backTo(r *http.Request, m string) *views.Link {
	if m == "" {
		return nil
	}
	v, err := h.Acts.Book.View(r.Context(), m)
	if err != nil {
		return nil // a link that somebody made up
	}
	return &views.Link{Text: "Back to " + v.Migration.Name, URL: web.MovePath(m, migration.StepUpload)}
}

// SaveCAs is Save in the rehearsal cloud: judged by Cloud's rules, and then seen by the migrations it is about.
func (h *Pages) SaveCAs(w http.ResponseWriter, r *http.Request) error {
	id, err := cloudID(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	bundle, m := f.Raw("ca_bundle"), f.Text("m")
	ns, err := h.Acts.Namespaces.SaveCAs(r.Context(), h.By(r), id, []byte(bundle))
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		if strings.Contains(bundle, "PRIVATE KEY") {
			bundle = "" // never shown again
		}
		return h.showCloudNamespace(w, r, shown{ns: ns, migration: m, bundle: bundle, problems: ps})
	}
	path := web.CloudPath(id.String())
	if h.backTo(r, m) != nil {
		path += "?m=" + m
	}
	return web.SeeOther(w, r, path, "ca")
}

// Rehearsal is the control panel of the rehearsal cloud.
func (h *Pages) Rehearsal(w http.ResponseWriter, r *http.Request) error {
	h.settled(r.Context())
	p := views.RehearsalProps{Once: rand.Text(), Absent: h.Absent()}
	if p.Absent == nil {
		place := h.Acts.Places.Rehearsal()
		var list []cloud.Namespace
		err := web.Aside(r.Context(), func() (err error) {
			list, err = place.Namespaces.Namespaces(r.Context())
			return err
		})
		if err != nil {
			return err
		}
		if list, err = h.mine(r, list); err != nil {
			return err
		}
		p.Namespaces = cloudRows(list)
		p.Tag = views.Tag{State: views.Good, Word: "Ready"}
		if t := web.Took(place.Own.State().Took); t != "" {
			p.Text = "ready in " + t
		}
		p.Moved, p.Strictness, p.Methods = place.Own.State().Moved, strictness(place), methods(place)
		p.Facts = []views.Pair{{Name: "Address", Value: place.Own.Address(), Mono: true, Copy: true}}
		trust, err := h.Trust()
		if err != nil {
			return err
		}
		if h.Acts.Places.OwnComputer() { // programs elsewhere reach neither it nor these files
			p.Trust, p.TrustCode = trust.Rows, trust.Code
		}
	}
	list, err := h.Acts.Lists.Migrations(r.Context(), migration.Query{Mode: migration.Rehearsal, Order: migration.Newest, Limit: web.CardsPerPage})
	if err != nil {
		return err
	}
	for _, c := range list.Cards {
		p.Migrations = append(p.Migrations, web.CardProps(c))
	}
	p.Tally = strconv.Itoa(list.Total)
	if list.Total > len(list.Cards) {
		p.More = &views.Link{Text: fmt.Sprintf("All %d rehearsals", list.Total), URL: "/?mode=" + string(migration.Rehearsal) + "&sort=" + string(migration.Newest)}
	}
	if p.Absent == nil {
		asked := r.URL.Query().Get("m")
		var broken []string
		for ns, on := range h.Acts.Places.Rehearsal().Breaks.Broken() {
			if len(on) > 0 {
				broken = append(broken, ns)
			}
		}
		moves, err := h.Acts.Lists.ToPractise(r.Context(), asked, broken, web.CardsPerPage)
		if err != nil {
			return err
		}
		p.Break = h.breakProps(h.By(r), moves, asked)
	}
	return h.Page(w, r, http.StatusOK, views.RehearsalPage(h.Frame(r, "Rehearsal cloud", "rehearsal", nil, ""), p))
}

// ResetRehearsal empties the rehearsal cloud.
func (h *Pages) ResetRehearsal(w http.ResponseWriter, r *http.Request) error {
	if err := h.Acts.Rehearsal.Reset(r.Context(), h.By(r)); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/rehearsal", "reset")
}
