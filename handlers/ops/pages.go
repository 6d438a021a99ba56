// Package ops is Temporal Cloud's control plane with a key that a person gives: what it sees, the difference, the change.
package ops

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// Pages are the pages of this area.
type Pages struct{ *web.Site }

// Ops shows what the key sees, or asks for one. It dials nothing.
func (h *Pages) Ops(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, nil, nil)
}

// problems are what went wrong with a form of this page: also what Temporal Cloud refused, or that it was not reached.
func problems(err error) (views.Problems, error) {
	if cloud.Where(err) == "" {
		return web.Problems(err)
	}
	return fault.All(err), nil
}

// show is the page; refused is what was wrong with a form, and change puts its values back.
func (h *Pages) show(w http.ResponseWriter, r *http.Request, refused error, change func(*views.OpsProps)) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	ps, err := problems(refused)
	if err != nil {
		return err
	}
	m, rehearsal := v.Migration.ID, v.Migration.Mode.Can().Practice
	place := h.Acts.CloudOps.Place(rehearsal)
	step, byHand := migration.StepUpload, "Upload the CA certificate by hand, as step 3 says."
	if web.UsesKeys(v) {
		step, byHand = migration.StepCertificates, "Make the API key by hand, as step 2 says."
	}
	if v.Namespace == nil {
		step = migration.StepNamespace
	}
	p := views.OpsProps{Migration: m, Step: fmt.Sprintf("Step %d of 6", v.Step(step).Number), Server: place.Server, Minutes: fmt.Sprint(int(acts.OpsFor.Minutes())), Rehearsal: rehearsal, Problems: ps}
	if place.Open == nil {
		p.Absent = "There is no control plane to ask: the rehearsal cloud is off. " + byHand
	}
	if v.Namespace != nil {
		p.Namespace = v.Namespace.Namespace
		p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cloud ca add " + p.Namespace + " ca.pem"}
	} else {
		p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cloud namespaces"}
	}
	st, given := h.Acts.CloudOps.State(v.By, m)
	if p.Given = given; given {
		h.form(&p, v, st)
		h.seen(&p, v, st)
	}
	p.Ways = ways(v, st)
	p.Rights = rights(v, st, given)
	if change != nil {
		change(&p)
	}
	if p.Sending != "" {
		w.Header().Set("Refresh", "2")
	}
	return h.Page(w, r, web.StatusFor(ps), views.OpsPage(h.Frame(r, "Let Onramp do it", "migrations", &v, step), p))
}

// rights are what each kind of act takes, and whether the key in memory has it, as far as its roles tell.
func rights(v web.Visit, st acts.OpsState, given bool) (out []views.OpsRight) {
	var id namespace.ID
	if v.Namespace != nil {
		id, _, _ = namespace.ParseID(v.Namespace.Namespace) // the zero ID says of no namespace
	}
	for _, r := range cloud.Rights {
		row := views.OpsRight{Act: r.Act, Needs: "Needs " + r.Needs}
		if given {
			row.Tag = map[cloud.Chance]views.Tag{cloud.May: {State: views.Good, Word: "This key may"}, cloud.MayNot: {State: views.Bad, Word: "This key may not"},
				cloud.Unknown: {State: views.Idle, Word: "Its role does not tell"}}[r.Of(st.Who, id)]
		}
		out = append(out, row)
	}
	return out
}

// seen puts on the page what was seen with the key.
func (h *Pages) seen(p *views.OpsProps, v web.Visit, st acts.OpsState) {
	p.Until, p.Account = web.Moment(st.Until), st.Who.Account
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
		p.Spaces = append(p.Spaces, views.OpsSpace{Name: n.Name, State: n.State, Region: n.Region, SignIn: web.SignIn(n.MTLS, n.APIKeys), Chosen: n.Name == p.Namespace})
	}
	if st.NotSeen != nil {
		p.NotSeen = fault.From(st.NotSeen)
	}
	if d := st.Detail; d != nil && d.Name == p.Namespace {
		h.detail(p, v, d)
	} else if p.NotSeen == nil && p.Namespace != "" {
		p.NotSeen = &fault.Fault{Title: "This namespace was chosen after the last look", Fix: "Choose Look again, below."}
	}
	if st.Plan != nil && !st.Sending {
		p.Plan = &views.OpsPlan{Operation: st.Plan.Operation, Needs: st.Plan.Needs(), Nothing: st.Plan.Nothing(), Warnings: st.Plan.Warnings}
		if !p.Plan.Nothing {
			p.Plan.Way = way("plan", planned(*st.Plan, h.Now()), st.Plan.Namespace.String())
		}
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
	if re := migration.RotationOf(v.View); re.Open() && !v.Migration.Mode.Can().Callers && re.Noted != "" && st.Plan == nil && !st.Sending {
		p.OldKey = &views.OpsOldKey{Said: re.Old.Said(), Back: web.MovePath(v.Migration.ID, "keys"), Not: fault.From(migration.CanDeleteByOps(v.View))}
	}
	if st.Waits != nil {
		p.Waits = st.Waits.Name
	}
	switch {
	case st.Failed != nil:
		p.Failed = fault.From(st.Failed)
	case st.Applied != nil && st.Applied.Operation.ID != "":
		p.Done = "The change is made, and the namespace is as it was shown"
		switch re := migration.RotationOf(v.View); {
		case re != nil && re.Deleted != nil && re.Deleted.Operation == st.Applied.Operation.ID:
			p.Done, p.Next = "The old API key is deleted, and its replacement has ended", &views.Link{Text: "See the replacement", URL: web.MovePath(v.Migration.ID, "keys")}
		case v.Namespace == nil || v.Migration.UsesKeys():
		case v.Certificate == nil:
			p.Next = &views.Link{Text: "Create certificates", URL: web.MovePath(v.Migration.ID, migration.StepCertificates)}
		case v.Step(migration.StepUpload).Status == migration.Done:
			p.Next = web.NextLink(v.View, migration.StepUpload)
		case p.HasCA:
			p.Next = &views.Link{Text: "Test the connection", URL: web.MovePath(v.Migration.ID, migration.StepTest)}
		}
	}
}

// detail is the namespace as it is.
func (h *Pages) detail(p *views.OpsProps, v web.Visit, d *cloud.Detail) {
	p.Detail = web.NamespaceAsRead(d)
	p.MTLS, p.Keyed = d.Settings.MTLS, d.Settings.APIKeys
	if d.Terraform() {
		p.Notes = append(p.Notes, "This namespace says that Terraform keeps it. Change it there: what Onramp changes shows up as drift, and Terraform may undo it. The lines to put into its configuration stand at the end of this page.")
	}
	for _, ca := range d.Settings.CAs {
		card := views.CACard{Subject: ca.Subject, Fingerprint: ca.SHA256, SHA1: ca.SHA1, Until: web.Day(ca.NotAfter), Tag: views.Tag{State: views.Good, Word: "Accepted"}}
		if h.Now().After(ca.NotAfter) {
			card.Tag = views.Tag{State: views.Bad, Word: "Expired: it blocks every change"}
		}
		p.CAs = append(p.CAs, card)
		p.HasCA = p.HasCA || v.Certificate != nil && ca.SHA256 == v.Certificate.CAFingerprint
	}
	for _, name := range slices.Sorted(maps.Keys(d.Settings.Attributes)) {
		p.Other = append(p.Other, views.Pair{Name: name, Value: d.Settings.Attributes[name]})
	}
	switch {
	case d.Unreadable:
		p.NotSeen = &fault.Fault{Title: "The CA bundle that the namespace holds cannot be read here", Fix: "Change it in the Temporal Cloud UI."}
	case v.Certificate == nil && p.MTLS && !v.Migration.UsesKeys():
		p.Ready = &views.Link{Text: "Create certificates first", URL: web.MovePath(v.Migration.ID, migration.StepCertificates), TestID: "certificates-first"}
	}
	if re := v.Replacement(); re.Open() && re.NewCA != nil && !slices.ContainsFunc(d.Settings.CAs, func(ca cloud.HeldCA) bool { return ca.SHA256 == re.NewCA.Fingerprint }) {
		p.HasCA = false // the new one is the one to add
	}
	if read, at := migration.AsRead(v.View); read != nil && !at.IsZero() {
		p.Read = web.Moment(at)
	}
}

// back shows the page again: with what was refused, or anew.
func (h *Pages) back(w http.ResponseWriter, r *http.Request, m string, err error) error {
	if err != nil {
		return h.show(w, r, err, nil)
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

// Look looks anew with the key that is in memory.
func (h *Pages) Look(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.sent(r)
	if err != nil {
		return err
	}
	return h.back(w, r, v.Migration.ID, h.Acts.CloudOps.LookOps(r.Context(), v.By, v.Migration.ID))
}

// Choose makes a namespace of the list that of the migration, and leads on.
func (h *Pages) Choose(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sent(r)
	if err != nil {
		return err
	}
	if err := h.Acts.CloudOps.ChooseOps(r.Context(), v.By, v.Migration.ID, f.Text("namespace")); err != nil {
		return h.back(w, r, v.Migration.ID, err)
	}
	if v.Certificate == nil && !v.Migration.UsesKeys() {
		return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepCertificates), "namespace")
	}
	return h.back(w, r, v.Migration.ID, nil)
}

// TakeKey shows the API key that was just made, in this one answer.
func (h *Pages) TakeKey(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.sent(r)
	if err != nil {
		return err
	}
	key, plan, err := h.Acts.CloudOps.TakeOpsKey(r.Context(), v.By, v.Migration.ID)
	if err != nil {
		return h.back(w, r, v.Migration.ID, err)
	}
	return h.show(w, r, nil, func(p *views.OpsProps) {
		p.New = views.CodeBlockProps{ID: "api-key", Name: plan.Name + ", expires " + web.Day(plan.Ends), Text: string(key.Reveal()), TestID: "api-key"}
	})
}

func (h *Pages) sent(r *http.Request) (web.Visit, web.Form, error) {
	v, err := h.Move(r)
	if err != nil {
		return v, web.Form{}, err
	}
	f, err := web.ReadForm(r)
	return v, f, err
}
