package handlers

import (
	"net/http"

	"onramp/fault"
	"onramp/views"
)

// settings is where a migration is renamed, archived and deleted.
func (h *Handlers) settings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showSettings(w, r, http.StatusOK, v, views.SettingsProps{NewName: v.Migration.Name})
}

// showSettings shows the page with what its forms hold.
func (h *Handlers) showSettings(w http.ResponseWriter, r *http.Request, status int, v visit, p views.SettingsProps) error {
	d, err := h.o.Acts.Migrations.Deletion(r.Context(), v.Migration.ID)
	if err != nil {
		return err
	}
	p.Migration, p.Name = v.Migration.ID, v.Migration.Name
	if !v.Migration.Archived.IsZero() {
		p.Archived = "archived " + day(v.Migration.Archived)
	}
	p.Goes = []string{"the migration and its address, with " + many(d.Facts, "observed fact", "observed facts")}
	for _, n := range []struct {
		n         int
		one, more string
	}{{d.Checks, "check", "checks"}, {d.Transfers, "test transfer", "test transfers"}, {d.Drills, "load drill", "load drills"}} {
		if n.n > 0 {
			p.Goes = append(p.Goes, many(n.n, n.one, n.more)+" with their logs and results")
		}
	}
	if d.KeptKey {
		p.Goes = append(p.Goes, "the CA key that Onramp keeps for it, encrypted: without a copy of your own that key is lost")
	}
	if d.Namespace != "" {
		p.Goes = append(p.Goes, "the namespace "+d.Namespace+" of the rehearsal cloud with its workflows: no other migration uses it")
	}
	f := h.frame(r, "Rename, archive or delete", "migrations", &v, "")
	f.Path = movePath(v.Migration.ID, "settings") // a refused form stands under another address
	return h.page(w, r, status, views.SettingsPage(f, p))
}

// renameMove gives a migration another name.
func (h *Handlers) renameMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	name := f.raw("name")
	if err := h.o.Acts.Migrations.Rename(r.Context(), v.by, v.Migration.ID, name); err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, http.StatusUnprocessableEntity, v, views.SettingsProps{NewName: name, NameProblems: ps})
	}
	return seeOther(w, r, movePath(v.Migration.ID), "renamed")
}

// archiveMove puts a migration away, or back.
func (h *Handlers) archiveMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	away, said := f.on("away"), "restored"
	if away {
		said = "archived"
	}
	if err := h.o.Acts.Migrations.Archive(r.Context(), v.by, v.Migration.ID, away); err != nil {
		return err
	}
	return seeOther(w, r, movePath(v.Migration.ID, "settings"), said)
}

// deleteMove deletes a migration whose name was typed.
func (h *Handlers) deleteMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	typed := f.raw("confirm")
	if err := h.o.Acts.Migrations.Delete(r.Context(), v.by, v.Migration.ID, typed); err != nil {
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		ps, err := problems(rename(err, map[string]string{"name": "confirm"}))
		if err != nil {
			return err
		}
		return h.showSettings(w, r, http.StatusUnprocessableEntity, v, views.SettingsProps{NewName: v.Migration.Name, Typed: typed, Open: true, DeleteProblems: ps})
	}
	return seeOther(w, r, "/", "deleted")
}

func (h *Handlers) settingsForm(r *http.Request) (visit, form, error) {
	v, err := h.move(r)
	if err != nil {
		return v, form{}, err
	}
	f, err := readForm(r)
	return v, f, err
}
