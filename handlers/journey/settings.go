package journey

import (
	"errors"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Settings is where a migration is renamed, archived and deleted.
func (h *Pages) Settings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showSettings(w, r, http.StatusOK, v, views.SettingsProps{NewName: v.Migration.Name})
}

// showSettings shows the page with what its forms hold.
func (h *Pages) showSettings(w http.ResponseWriter, r *http.Request, status int, v web.Visit, p views.SettingsProps) error {
	d, err := h.Acts.Migrations.Deletion(r.Context(), v.Migration.ID)
	if err != nil {
		return err
	}
	p.Migration, p.Name = v.Migration.ID, v.Migration.Name
	if !v.Migration.Archived.IsZero() {
		p.Archived = "archived " + web.Day(v.Migration.Archived)
	}
	p.Teams, p.TeamSaw = h.TeamChoices(r, v.Migration.Team), acts.Edition(v.Migration.Team)
	p.DeleteSaw = acts.Edition(d.Text())
	p.Goes = []string{"the migration and its address"}
	if d.Facts > 0 {
		p.Goes[0] += ", with " + web.Many(d.Facts, "observed fact", "observed facts")
	}
	for _, kind := range migration.RunKinds {
		if n := d.Runs[kind]; n > 0 {
			p.Goes = append(p.Goes, web.Many(n, kind.Word(), kind.Word()+"s")+" with their logs and results")
		}
	}
	if d.KeptKey {
		p.Goes = append(p.Goes, "the CA key that Onramp keeps for it, encrypted: without a copy of your own that key is lost")
	}
	if d.Namespace != "" {
		p.Goes = append(p.Goes, "the namespace "+d.Namespace+" of the rehearsal cloud with its workflows: no other migration uses it")
	}
	if p.Place = "Temporal Cloud"; v.Migration.Mode.Can().Practice {
		p.Place = "the rehearsal cloud"
	}
	if v.Namespace != nil && h.Acts.CloudOps.Place(v.Migration.Mode.Can().Practice).Open != nil {
		p.OpsURL = web.MovePath(v.Migration.ID, "ops")
	}
	if v.Namespace != nil {
		p.Switch = &views.Link{Text: "Change from " + migration.AuthSaid(v.Migration.Auth) + " to " + migration.AuthSaid(migration.OtherAuth(v.Migration.Auth)) + " with zero downtime", URL: web.MovePath(v.Migration.ID, "switch"), TestID: "switch-method"}
	}
	if d, at := migration.AsRead(v.View); d != nil {
		p.Namespace, p.Read = web.NamespaceAsRead(d), web.Moment(at)
		for _, ca := range d.Settings.CAs {
			p.CAs = append(p.CAs, views.Pair{Name: ca.Subject, Value: "expires " + web.Day(ca.NotAfter) + " · SHA-256 " + web.ShortPrint(ca.SHA256)})
		}
	}
	f := h.Frame(r, "Rename, archive or delete", "migrations", &v, "")
	f.Path = web.MovePath(v.Migration.ID, "settings") // a refused form stands under another address
	return h.Page(w, r, status, views.SettingsPage(f, p))
}

// RenameMove gives a migration another name.
func (h *Pages) RenameMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	name := f.Raw("name")
	if err := h.Acts.Migrations.Rename(r.Context(), v.By, v.Migration.ID, name); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, web.StatusFor(ps), v, views.SettingsProps{NewName: name, NameProblems: ps})
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID), "renamed")
}

// GiveToTeam makes another team the owner of a migration.
func (h *Pages) GiveToTeam(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	if _, err := h.Acts.Migrations.GiveToTeam(acts.Saw(r.Context(), f.Text("saw")), v.By, v.Migration.ID, f.Text("team")); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, web.StatusFor(ps), v, views.SettingsProps{NewName: v.Migration.Name, TeamProblems: ps})
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "settings"), "given")
}

// ArchiveMove puts a migration away, or back.
func (h *Pages) ArchiveMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	away, said := f.On("away"), "restored"
	if away {
		said = "archived"
	}
	if err := h.Acts.Migrations.Archive(r.Context(), v.By, v.Migration.ID, away); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showSettings(w, r, web.StatusFor(ps), v, views.SettingsProps{NewName: v.Migration.Name, NameProblems: ps})
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "settings"), said)
}

// DeleteMove deletes a migration whose name was typed.
func (h *Pages) DeleteMove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.settingsForm(r)
	if err != nil {
		return err
	}
	typed := f.Raw("confirm")
	if err := h.Acts.Migrations.Delete(r.Context(), v.By, v.Migration.ID, typed); err != nil {
		if !fault.Is(err, fault.Invalid) && !errors.Is(err, migration.ErrChanged) {
			return err
		}
		ps, err := web.Problems(fault.Rename(err, map[string]string{"name": "confirm"}))
		if err != nil {
			return err
		}
		return h.showSettings(w, r, web.StatusFor(ps), v, views.SettingsProps{NewName: v.Migration.Name, Typed: typed, Open: true, DeleteProblems: ps})
	}
	return web.SeeOther(w, r, "/", "deleted")
}

func (h *Pages) settingsForm(r *http.Request) (web.Visit, web.Form, error) {
	v, err := h.Move(r)
	if err != nil {
		return v, web.Form{}, err
	}
	f, err := web.ReadForm(r)
	return v, f, err
}
