package journey

import (
	"cmp"
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/snippet"
	"onramp/views"
)

// NamespaceForm is step 1.
func (h *Pages) NamespaceForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	value, region := "", ""
	switch {
	case v.Namespace != nil:
		value, region = v.Namespace.Namespace, v.Namespace.Region
	case v.Migration.Mode.Can().OneDoor:
		id, err := h.Acts.Migrations.FreeNamespace(r.Context(), v.View)
		if err != nil {
			return err
		}
		value = id.String()
	}
	return h.showNamespace(w, r, v, value, region, nil)
}

func (h *Pages) showNamespace(w http.ResponseWriter, r *http.Request, v web.Visit, value, region string, ps views.Problems) error {
	p := views.NamespaceProps{Migration: v.Migration.ID, Value: value, Rehearsal: v.Migration.Mode.Can().OneDoor, Problems: ps,
		Preview: h.preview(value, v.Migration.Mode.Can().OneDoor), Regions: regionChoices(region), Assess: web.AssessLead(v), Found: web.AssessFound(v, migration.StepNamespace)}
	create := snippet.NewCloudNamespace{Name: "payments-prod", Region: cmp.Or(region, "aws-us-east-1"), Days: 30, MTLS: !v.Migration.UsesKeys()}
	c := snippet.CreatesNamespace(create).Commands[0] // tcld's, or where it has no such region the next one
	p.Create = views.CodeBlockProps{ID: "tcld-create", Name: "With " + c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{create.Name, create.Region}}
	if h.Acts.CloudOps.Place(v.Migration.Mode.Can().Practice).Open != nil {
		p.OpsURL = web.MovePath(v.Migration.ID, "ops")
	}
	if v.Namespace != nil && len(ps) == 0 {
		p.Saved = "Saved " + web.Moment(v.Step(migration.StepNamespace).Since)
	}
	if len(ps) > 0 { // the problems stand at the field; the preview would say them again
		p.Preview.Problems = nil
	}
	f := h.Frame(r, "Choose the namespace", "migrations", &v, migration.StepNamespace)
	return h.Page(w, r, web.StatusFor(ps), views.NamespacePage(f, p))
}

func regionChoices(chosen string) []views.Choice {
	out := []views.Choice{{Value: "", Label: "Not given", Selected: chosen == ""}}
	for _, r := range namespace.Regions() {
		out = append(out, views.Choice{Value: r.ID, Label: r.ID + " · " + r.Place, Selected: r.ID == chosen})
	}
	return out
}

// SetNamespace saves step 1 and leads on. In a rehearsal it also makes the namespace there.
func (h *Pages) SetNamespace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	value, region := f.Raw("namespace"), f.Text("region")
	if _, err := h.Acts.Migrations.SetNamespace(r.Context(), v.By, v.Migration.ID, value, region); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showNamespace(w, r, v, value, region, ps)
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepCertificates), "namespace")
}

// PreviewNamespace says what follows from a text while it is typed.
func (h *Pages) PreviewNamespace(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.Parts(w, r, http.StatusOK, views.NamespacePreview(h.preview(f.Raw("namespace"), false)))
}

// preview is a pasted text taken apart.
func (h *Pages) preview(text string, rehearsal bool) views.NamespacePreviewProps {
	var p views.NamespacePreviewProps
	if strings.TrimSpace(text) == "" {
		return p
	}
	paste, err := namespace.Parse(text)
	if err != nil {
		p.Tag = views.Tag{State: views.Bad, Word: "Not a Namespace ID"}
		p.Problems = fault.All(err)
		return p
	}
	id := paste.ID
	p.Tag = views.Tag{State: views.Good, Word: "Valid"}
	p.Parts = []views.PartProps{
		{Text: id.Name, Name: "name", State: views.Good},
		{Sep: ".", Text: id.Account, Name: "account", State: views.Good},
		{Sep: ".", Text: strings.TrimPrefix(id.Host(), id.String()+"."), Name: "Temporal Cloud", State: views.Idle},
		{Sep: ":", Text: "7233", Name: "port", State: views.Idle},
	}
	for _, rep := range paste.Repairs {
		p.Repairs = append(p.Repairs, views.RepairProps{From: acts.Printable(rep.From), To: rep.To, Text: rep.Text, Code: rep.Code})
	}
	p.Derived = []views.Pair{
		{Name: "Namespace ID", Value: id.String(), Mono: true, Copy: true},
		{Name: "Endpoint", Value: id.Endpoint(), Mono: true, Copy: true},
		{Name: "TLS server name", Value: id.Host(), Mono: true},
		{Name: "Cloud UI", Value: id.UIURL(), URL: id.UIURL(), Away: true},
	}
	if paste.Region != "" {
		if region, ok := namespace.LookupRegion(paste.Region); ok {
			p.Derived = append(p.Derived, views.Pair{Name: "Region", Value: region.ID + " · " + region.Place})
		}
	}
	if !paste.Address.IsZero() && paste.Address.String() != id.Endpoint() {
		p.Notes = append(p.Notes, "You gave the endpoint "+paste.Address.String()+". Use the namespace endpoint above: it follows the namespace to any region.")
	}
	if rehearsal {
		p.Notes = append(p.Notes, "In this rehearsal the namespace is reached on this machine instead; the endpoint above is what it would be in Temporal Cloud.")
	}
	return p
}
