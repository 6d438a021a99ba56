package handlers

import (
	"net/http"
	"strings"

	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// suggested is the namespace of a rehearsal when none is typed: the tutorial's example.
const suggested = "docs-assembly.a2dd6"

// namespaceForm is step 1.
func (h *Handlers) namespaceForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	value, region := "", ""
	switch {
	case v.Namespace != nil:
		value, region = v.Namespace.Namespace, v.Namespace.Region
	case v.Migration.Mode == migration.Rehearsal:
		value = suggested
	}
	return h.showNamespace(w, r, http.StatusOK, v, value, region, nil)
}

func (h *Handlers) showNamespace(w http.ResponseWriter, r *http.Request, status int, v migration.View, value, region string, ps views.Problems) error {
	p := views.NamespaceProps{Migration: v.Migration.ID, Value: value, Rehearsal: v.Migration.Mode == migration.Rehearsal, Problems: ps,
		Preview: h.preview(value, v.Migration.Mode == migration.Rehearsal), Regions: regionChoices(region)}
	if v.Namespace != nil && len(ps) == 0 {
		p.Saved = "Saved " + moment(v.Step(migration.StepNamespace).Since)
		p.Next = nextLink(v, migration.StepNamespace)
	}
	if len(ps) > 0 { // the problems stand at the field; the preview would say them again
		p.Preview.Problems = nil
	}
	f := h.frame(r, "Choose the namespace", "migrations", &v, migration.StepNamespace)
	return h.page(w, r, status, views.NamespacePage(f, p))
}

func regionChoices(chosen string) []views.Choice {
	out := []views.Choice{{Value: "", Label: "Not given", Selected: chosen == ""}}
	for _, r := range namespace.Regions() {
		out = append(out, views.Choice{Value: r.ID, Label: r.ID + " · " + r.Place, Selected: r.ID == chosen})
	}
	return out
}

// setNamespace saves step 1. In a rehearsal it also makes the namespace on the Cloud side.
func (h *Handlers) setNamespace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	value, region := f.raw("namespace"), f.text("region")
	d, err := h.namespaceData(r, v, value, region)
	if err == nil {
		_, err = h.o.Migrations.SetNamespace(r.Context(), v.Migration.ID, d)
	}
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showNamespace(w, r, http.StatusUnprocessableEntity, v, value, region, ps)
	}
	return seeOther(w, r, movePath(v.Migration.ID, migration.StepNamespace), "namespace")
}

// namespaceData is what a pasted text says, and where programs dial the namespace.
func (h *Handlers) namespaceData(r *http.Request, v migration.View, value, region string) (migration.NamespaceData, error) {
	paste, err := namespace.Parse(value)
	if err != nil {
		return migration.NamespaceData{}, rename(err, map[string]string{"address": "namespace", "": "namespace"})
	}
	d := migration.NamespaceData{Namespace: paste.ID.String(), Address: paste.ID.Endpoint(), Region: paste.Region}
	if region != "" {
		if _, ok := namespace.LookupRegion(region); !ok {
			return d, fault.New(fault.Invalid, "There is no such region here", "Choose one of the list, or none.").In("region")
		}
		d.Region = region
	}
	if v.Migration.Mode != migration.Rehearsal {
		return d, nil
	}
	cloud, err := h.cloudReady(r.Context())
	if err != nil {
		return d, err
	}
	d.Address = cloud.Address()
	if err := cloud.CreateNamespace(r.Context(), paste.ID); err != nil {
		return d, err
	}
	return d, h.openForKeys(r.Context(), cloud, v, paste.ID)
}

// previewNamespace says what follows from a text while it is typed.
func (h *Handlers) previewNamespace(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	return h.parts(w, r, http.StatusOK, views.NamespacePreview(h.preview(f.raw("namespace"), false)))
}

// preview is a pasted text taken apart.
func (h *Handlers) preview(text string, rehearsal bool) views.NamespacePreviewProps {
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
		p.Repairs = append(p.Repairs, views.RepairProps{From: printable(rep.From), To: rep.To, Text: rep.Text, Code: rep.Code})
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
		p.Notes = append(p.Notes, "You gave the endpoint "+paste.Address.String()+". The namespace endpoint above follows the namespace wherever it is; use that.")
	}
	if rehearsal {
		p.Notes = append(p.Notes, "In this rehearsal the namespace is reached on this machine instead; the endpoint above is what it would be in Temporal Cloud.")
	}
	return p
}
