// Package ops is Temporal Cloud's control plane with a key that a person gives: what it sees, the difference, the change.
package ops

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/snippet"
	"onramp/views"
)

// Pages are the pages of this area.
type Pages struct{ *web.Site }

// Ops shows what the key sees, or asks for one. It dials nothing.
func (h *Pages) Ops(w http.ResponseWriter, r *http.Request) error { return h.show(w, r, nil) }

func (h *Pages) show(w http.ResponseWriter, r *http.Request, refused error) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	ps, err := web.Problems(refused)
	if err != nil {
		return err
	}
	m, rehearsal := v.Migration.ID, v.Migration.Mode.Can().Practice
	place := h.Acts.CloudOps.Place(rehearsal)
	p := views.OpsProps{Migration: m, Server: place.Server, Minutes: fmt.Sprint(int(acts.OpsFor.Minutes())), Rehearsal: rehearsal, Problems: ps}
	if place.Open == nil {
		p.Absent = "There is no control plane to ask: the rehearsal cloud is off. Upload the CA certificate by hand, as step 3 says."
	}
	if v.Namespace != nil {
		p.Namespace = v.Namespace.Namespace
		p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cloud ca add " + p.Namespace + " ca.pem"}
		for _, c := range snippet.AddCA(p.Namespace, "ca.pem") {
			p.Commands = append(p.Commands, views.CodeBlockProps{ID: c.ID, Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{p.Namespace}})
		}
	}
	st, given := h.Acts.CloudOps.State(v.By, m)
	if p.Given = given; given {
		h.seen(&p, v, st)
	}
	if p.Sending != "" {
		w.Header().Set("Refresh", "2")
	}
	return h.Page(w, r, web.StatusFor(ps), views.OpsPage(h.Frame(r, "Let Onramp do it", "migrations", &v, migration.StepUpload), p))
}

// seen puts on the page what was seen with the key.
func (h *Pages) seen(p *views.OpsProps, v web.Visit, st acts.OpsState) {
	p.Until = web.Moment(st.Until)
	p.Who = []views.Pair{{Name: "Whose", Value: st.Who.Name}, {Name: "Account", Value: st.Who.Account, Mono: true}}
	for _, row := range [][2]string{{"Role", st.Who.Role}, {"Only in", st.Who.Scope}, {"Key", st.Who.KeyName}} {
		if row[1] != "" {
			p.Who = append(p.Who, views.Pair{Name: row[0], Value: row[1]})
		}
	}
	if !st.Who.KeyEnds.IsZero() {
		p.Who = append(p.Who, views.Pair{Name: "The key itself expires", Value: web.Moment(st.Who.KeyEnds)})
	}
	for _, n := range st.List {
		p.Spaces = append(p.Spaces, views.OpsSpace{Name: n.Name, State: n.State, Region: n.Region, SignIn: signIn(n.MTLS, n.APIKeys), Chosen: n.Name == p.Namespace})
	}
	if st.NotSeen != nil {
		p.NotSeen = fault.From(st.NotSeen)
	}
	if d := st.Detail; d != nil && d.Name == p.Namespace {
		h.detail(p, v, d)
	} else if p.NotSeen == nil && p.Namespace != "" {
		p.NotSeen = &fault.Fault{Title: "This namespace was chosen after the last look", Fix: "Give the key again to look at it."}
	}
	if st.Plan != nil && !st.Sending {
		p.Plan = &views.OpsPlan{Operation: st.Plan.Operation, Needs: "Namespace Admin on " + st.Plan.Namespace.String(), Nothing: st.Plan.Nothing()}
		for _, line := range st.Plan.Diff {
			sign, text, _ := strings.Cut(line, " ")
			p.Plan.Lines = append(p.Plan.Lines, views.OpsLine{Sign: sign, Said: map[string]string{"+": "Added: ", "-": "Removed: ", "~": "Changed: "}[sign], Text: text})
		}
	}
	if st.Sending {
		p.Sending = st.Progress.ID
		if p.Sending == "" {
			p.Sending = st.Plan.Operation
		}
	}
	switch {
	case st.Failed != nil:
		p.Failed = fault.From(st.Failed)
	case st.Applied != nil && st.Applied.Operation.ID != "":
		p.Done = "The change is made, and the namespace is as it was shown"
		if v.Step(migration.StepUpload).Status == migration.Done {
			p.Next = web.NextLink(v.View, migration.StepUpload)
		} else {
			p.Next = &views.Link{Text: "Test the connection", URL: web.MovePath(v.Migration.ID, migration.StepTest)}
		}
	}
}

// detail is the namespace as it is.
func (h *Pages) detail(p *views.OpsProps, v web.Visit, d *cloud.Detail) {
	row := func(name, value string, mono bool) {
		if value != "" {
			p.Detail = append(p.Detail, views.Pair{Name: name, Value: value, Mono: mono})
		}
	}
	row("State", d.State, false)
	row("Workers sign in by", signIn(d.Settings.MTLS, d.Settings.APIKeys), false)
	row("Address, client certificates", d.MTLSAddress, true)
	row("Address, API keys", d.GRPCAddress, true)
	row("Regions", strings.Join(d.Settings.Regions, ", "), false)
	row("Retention", fmt.Sprintf("%d days", d.Settings.RetentionDays), false)
	if d.ActionsPerSecond > 0 {
		row("Limit", fmt.Sprintf("%d actions a second", d.ActionsPerSecond), false)
	}
	if d.Encryption == "deny" {
		row("Encryption", "Payloads that are not encrypted are refused: a plain test transfer will be.", false)
	}
	row("Connectivity rules", strings.Join(d.Rules, ", "), true)
	for _, ca := range d.Settings.CAs {
		card := views.CACard{Subject: ca.Subject, Fingerprint: ca.SHA256, Until: ca.NotAfter.Format(time.DateOnly), Tag: views.Tag{State: views.Good, Word: "Accepted"}}
		if h.Now().After(ca.NotAfter) {
			card.Tag = views.Tag{State: views.Bad, Word: "Expired: it blocks every change"}
		}
		p.CAs = append(p.CAs, card)
		p.HasCA = p.HasCA || v.Certificate != nil && ca.SHA256 == v.Certificate.CAFingerprint
	}
	if len(d.Settings.Filters) > 0 {
		p.Filters = string(d.Settings.Filters.JSON())
	}
	switch {
	case v.Certificate == nil:
		p.Ready = &views.Link{Text: "Create certificates first", URL: web.MovePath(v.Migration.ID, migration.StepCertificates)}
	case d.Unreadable:
		p.NotSeen = &fault.Fault{Title: "The CA bundle that the namespace holds cannot be read here", Fix: "Change it in the Temporal Cloud UI."}
	}
}

func signIn(mtls, keys bool) string {
	var all []string
	if mtls {
		all = append(all, "client certificates")
	}
	if keys {
		all = append(all, "API keys")
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, " and ")
}

// back shows the page again: with what was refused, or anew.
func (h *Pages) back(w http.ResponseWriter, r *http.Request, m string, err error) error {
	if err != nil {
		return h.show(w, r, err)
	}
	return web.SeeOther(w, r, web.MovePath(m, "ops"), "")
}

// GiveKey takes a key and looks with it.
func (h *Pages) GiveKey(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sent(r)
	if err != nil {
		return err
	}
	key := certsvc.NewSecret([]byte(strings.TrimSpace(f.Values.Get("ops_key"))))
	return h.back(w, r, v.Migration.ID, h.Acts.CloudOps.GiveOpsKey(r.Context(), v.By, v.Migration.ID, key))
}

// Plan works out a change.
func (h *Pages) Plan(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sent(r)
	if err != nil {
		return err
	}
	return h.back(w, r, v.Migration.ID, h.Acts.CloudOps.PlanOps(r.Context(), v.By, v.Migration.ID, f.Text("what"), f.Raw("filters")))
}

// Apply makes the change that was shown.
func (h *Pages) Apply(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sent(r)
	if err != nil {
		return err
	}
	err = h.Acts.CloudOps.ApplyOps(r.Context(), v.By, v.Migration.ID, f.Text("operation"))
	if st, _ := h.Acts.CloudOps.State(v.By, v.Migration.ID); err != nil && st.Failed != nil {
		err = nil // the page tells it
	}
	return h.back(w, r, v.Migration.ID, err)
}

// ForgetKey wipes the key.
func (h *Pages) ForgetKey(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.sent(r)
	if err != nil {
		return err
	}
	return h.back(w, r, v.Migration.ID, h.Acts.CloudOps.ForgetOpsKey(r.Context(), v.By, v.Migration.ID))
}

func (h *Pages) sent(r *http.Request) (web.Visit, web.Form, error) {
	v, err := h.Move(r)
	if err != nil {
		return v, web.Form{}, err
	}
	f, err := web.ReadForm(r)
	return v, f, err
}
