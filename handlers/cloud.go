package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/snippet"
	"onramp/views"
)

// absent says why the rehearsal cloud cannot be shown; nil when it is there.
func (h *Handlers) absent() *views.AbsentProps {
	s := h.o.Acts.Places.State()
	switch s.Phase {
	case "ready":
		return nil
	case "starting":
		return &views.AbsentProps{Tag: views.Tag{State: views.Busy, Word: "Starting"}, Title: "The rehearsal cloud is starting",
			Text: "It takes about a second.", Fix: "Load this page again."}
	case "absent":
		return &views.AbsentProps{Tag: views.Tag{State: views.Idle, Word: "Not built in"}, Title: "This Onramp has no rehearsal cloud",
			Text: "It was built without the Temporal server, to be small.", Fix: "Use the full build to rehearse; migrations to Temporal Cloud work with this one."}
	case "failed":
		p := &views.AbsentProps{Tag: views.Tag{State: views.Bad, Word: "Failed"}, Title: "The rehearsal cloud could not start"}
		if f := fault.From(s.Err); f != nil {
			p.Text, p.Fix = f.Title+". "+f.Cause, f.Fix
		}
		return p
	}
	return &views.AbsentProps{Tag: views.Tag{State: views.Idle, Word: "Off"}, Title: "The rehearsal cloud is switched off",
		Text: "A rehearsal needs the Temporal server inside Onramp.", Fix: "Start Onramp with --rehearsal on."}
}

// settled waits for a rehearsal cloud that is starting, so that a page seldom has to say so.
func (h *Handlers) settled(ctx context.Context) {
	if h.o.Acts.Places.State().Phase == "starting" {
		_, _ = h.o.Acts.Places.Ready(ctx) // the page shows the state that it is in then
	}
}

// cloudFrame is the frame of pages that stand for Temporal Cloud's console.
func (h *Handlers) cloudFrame(r *http.Request, title string) views.Frame {
	f := h.frame(r, title, "rehearsal", nil, "")
	f.Rehearsal, f.CloudSide = true, true
	return f
}

func cloudRows(list []cloud.Namespace) []views.CloudRow {
	var rows []views.CloudRow
	for _, n := range list {
		rows = append(rows, views.CloudRow{ID: n.ID.String(), URL: cloudPath(n.ID.String()), CAs: many(len(n.CAs), "CA certificate", "CA certificates"), Created: moment(n.Created)})
	}
	return rows
}

// cloud lists the namespaces of the rehearsal cloud, as Temporal Cloud's console does.
func (h *Handlers) cloud(w http.ResponseWriter, r *http.Request) error {
	return h.showCloud(w, r, http.StatusOK, "", nil)
}

func (h *Handlers) showCloud(w http.ResponseWriter, r *http.Request, status int, value string, ps views.Problems) error {
	h.settled(r.Context())
	p := views.CloudProps{Absent: h.absent(), Value: value, Problems: ps, Back: &views.Link{Text: "Rehearsal cloud", URL: "/rehearsal"}}
	if p.Absent == nil {
		list, err := h.o.Acts.Places.Rehearsal().Namespaces.Namespaces(r.Context())
		if err != nil {
			return err
		}
		p.Namespaces = cloudRows(list)
	}
	return h.page(w, r, status, views.CloudPage(h.cloudFrame(r, "Namespaces"), p))
}

// createInCloud makes a namespace on the Cloud side.
func (h *Handlers) createInCloud(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	value := f.raw("namespace")
	id, err := h.o.Acts.Namespaces.Create(r.Context(), h.by(r), value)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showCloud(w, r, http.StatusUnprocessableEntity, value, ps)
	}
	return seeOther(w, r, cloudPath(id.String()), "cloud")
}

// cloudNS is a namespace of the rehearsal cloud.
func (h *Handlers) cloudNS(ctx context.Context, id namespace.ID) (cloud.Namespace, error) {
	place, err := h.o.Acts.Places.Ready(ctx)
	if err != nil {
		return cloud.Namespace{}, err
	}
	return place.Namespaces.Namespace(ctx, id)
}

// cloudID is the namespace of the address, which is one that this Onramp wrote.
func cloudID(r *http.Request) (namespace.ID, error) {
	id, _, err := namespace.ParseID(chi.URLParam(r, "ns"))
	if err != nil {
		return id, fault.Wrap(err, fault.NotFound, "There is no namespace of that name on the Cloud side", "Open the list of namespaces.")
	}
	return id, nil
}

// cloudNamespace stands for Temporal Cloud's Namespace → Edit → CA Certificates.
func (h *Handlers) cloudNamespace(w http.ResponseWriter, r *http.Request) error {
	id, err := cloudID(r)
	if err != nil {
		return err
	}
	h.settled(r.Context())
	m := r.URL.Query().Get("m")
	if p := h.absent(); p != nil {
		return h.page(w, r, http.StatusOK, views.CloudNamespacePage(h.cloudFrame(r, id.String()), views.CloudNamespaceProps{ID: id.String(), Migration: m, Absent: p, Back: h.backTo(r, m)}))
	}
	ns, err := h.cloudNS(r.Context(), id)
	if err != nil {
		return err
	}
	return h.showCloudNamespace(w, r, http.StatusOK, ns, m, ns.BundlePEM, nil)
}

func (h *Handlers) showCloudNamespace(w http.ResponseWriter, r *http.Request, status int, ns cloud.Namespace, m, bundle string, ps views.Problems, auth ...func(*views.CloudAuthProps)) error {
	id := ns.ID.String()
	p := views.CloudNamespaceProps{ID: id, Migration: m, Bundle: bundle, Size: bundleSize(ns.BundlePEM), Endpoint: h.o.Acts.Places.Rehearsal().Own.Address(), Filters: filtersText(ns.Filters),
		Problems: ps, Back: h.backTo(r, m)}
	for _, c := range ns.CAs {
		p.CAs = append(p.CAs, views.CloudCARow{Subject: c.Subject, Fingerprint: grouped(c.Fingerprint), Until: day(c.NotAfter), Tag: leftTag(c.NotAfter, h.o.Now())})
	}
	p.Auth = h.cloudAuth(ns, m, nil)
	p.Auth.Back = h.keyWanted(r, m)
	for _, change := range auth {
		change(p.Auth)
	}
	f := h.cloudFrame(r, id)
	f.Broken = h.broken(r, id)
	if f.Toast == sentences["ca"] && len(ps) == 0 {
		f.Toast, p.Saved = "", "Saved. The namespace accepts clients of "+many(len(ns.CAs), "CA", "CAs")+"."
	}
	return h.page(w, r, status, views.CloudNamespacePage(f, p))
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

// backTo leads to the migration that the reader came from; nil for none.
func (h *Handlers) backTo(r *http.Request, m string) *views.Link {
	if m == "" {
		return nil
	}
	v, err := h.o.Acts.Book.View(r.Context(), m)
	if err != nil {
		return nil // a link that somebody made up
	}
	return &views.Link{Text: "Back to " + v.Migration.Name, URL: movePath(m, migration.StepUpload)}
}

// saveCAs is Save on the Cloud side: judged by Cloud's rules, and then seen by the migrations it is about.
func (h *Handlers) saveCAs(w http.ResponseWriter, r *http.Request) error {
	id, err := cloudID(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	bundle, m := f.raw("ca_bundle"), f.text("m")
	ns, err := h.o.Acts.Namespaces.SaveCAs(r.Context(), h.by(r), id, []byte(bundle))
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		if strings.Contains(bundle, "PRIVATE KEY") {
			bundle = "" // never shown again
		}
		return h.showCloudNamespace(w, r, http.StatusUnprocessableEntity, ns, m, bundle, ps)
	}
	path := cloudPath(id.String())
	if h.backTo(r, m) != nil {
		path += "?m=" + m
	}
	return seeOther(w, r, path, "ca")
}

// rehearsal is the control panel of the rehearsal cloud.
func (h *Handlers) rehearsal(w http.ResponseWriter, r *http.Request) error {
	h.settled(r.Context())
	p := views.RehearsalProps{Absent: h.absent()}
	if p.Absent == nil {
		place := h.o.Acts.Places.Rehearsal()
		list, err := place.Namespaces.Namespaces(r.Context())
		if err != nil {
			return err
		}
		p.Namespaces = cloudRows(list)
		p.Tag = views.Tag{State: views.Good, Word: "Ready"}
		if t := took(place.Own.State().Took); t != "" {
			p.Text = "ready in " + t
		}
		p.Facts = []views.Pair{{Name: "Address", Value: place.Own.Address(), Mono: true, Copy: true}}
		trust, err := h.trust()
		if err != nil {
			return err
		}
		p.Trust, p.TrustCode = trust.rows, trust.code
	}
	list, err := h.o.Acts.Lists.Migrations(r.Context(), migration.Query{Mode: migration.Rehearsal, Order: migration.Newest, Limit: cardsPerPage})
	if err != nil {
		return err
	}
	for _, c := range list.Cards {
		p.Migrations = append(p.Migrations, cardProps(c))
	}
	p.Tally = strconv.Itoa(list.Total)
	if list.Total > len(list.Cards) {
		p.More = &views.Link{Text: fmt.Sprintf("All %d rehearsals", list.Total), URL: "/?mode=" + string(migration.Rehearsal) + "&sort=" + string(migration.Newest)}
	}
	if p.Absent == nil {
		asked := r.URL.Query().Get("m")
		var broken []string
		for ns, on := range h.o.Acts.Places.Rehearsal().Breaks.Broken() {
			if len(on) > 0 {
				broken = append(broken, ns)
			}
		}
		moves, err := h.o.Acts.Lists.ToPractise(r.Context(), asked, broken, cardsPerPage)
		if err != nil {
			return err
		}
		p.Break = h.breakProps(h.by(r), moves, asked)
	}
	return h.page(w, r, http.StatusOK, views.RehearsalPage(h.frame(r, "Rehearsal cloud", "rehearsal", nil, ""), p))
}

// resetRehearsal empties the rehearsal cloud.
func (h *Handlers) resetRehearsal(w http.ResponseWriter, r *http.Request) error {
	if err := h.o.Acts.Rehearsal.Reset(r.Context(), h.by(r)); err != nil {
		return err
	}
	return seeOther(w, r, "/rehearsal", "reset")
}

// trustFiles are what makes unchanged programs trust the rehearsal cloud.
type trustFiles struct {
	env  map[string]string
	root string // path of its root alone
	rows []views.EnvRow
	code views.CodeProps
}

// forShell are the variables for the holder that the reader chose; for one that cannot carry a value, as bash.
func (t trustFiles) forShell(shell string) views.CodeProps {
	var vars []snippet.EnvVar
	for _, row := range t.rows {
		vars = append(vars, snippet.EnvVar{Name: row.Name, Value: row.Value})
	}
	if shell == "toml" {
		shell = "bash" // temporal.toml holds no variables
	}
	text, err := snippet.Variables(shell, vars)
	if err != nil {
		return t.code
	}
	c := t.code
	c.Name, c.Lang, c.Text = shellNames[shell], either(shellLangs[shell], "bash"), text
	return c
}

// trust is what makes programs trust the rehearsal cloud, once it is ready.
func (h *Handlers) trust() (trustFiles, error) {
	env, root, err := h.o.Acts.Places.Trust()
	if err != nil {
		return trustFiles{}, err
	}
	t := trustFiles{env: env, root: root}
	what := map[string]string{"SSL_CERT_FILE": "Go, the temporal CLI, Python, TypeScript, .NET, Ruby",
		"NODE_EXTRA_CA_CERTS": "TypeScript’s plain JavaScript client", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "the same, where it is set",
		"JAVA_TOOL_OPTIONS": "Java"}
	var b strings.Builder
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.rows = append(t.rows, views.EnvRow{Name: name, Value: env[name], What: "Read by " + what[name], From: "Written by Onramp"})
		b.WriteString("export " + name + "=" + shellWord(env[name]) + "\n")
	}
	t.code = views.CodeProps{ID: "trust-env", Name: "bash", Label: "Trust variables for the rehearsal", Lang: "bash", Text: b.String()}
	return t, nil
}
