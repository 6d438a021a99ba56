package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// breakTitles are the parts of the way in words.
var breakTitles = []struct {
	part        migration.BreakPart
	title, lead string
}{
	{migration.PartWorker, "What the worker was given", "Wrong input for checks and transfers started on these pages. Your own worker is not touched."},
	{migration.PartNetwork, "What lies between", "An address beside the rehearsal's door, where the line is broken. The check uses it; your worker can too."},
	{migration.PartCloud, "The namespace on the Cloud side", "Everybody who calls this namespace meets it."},
}

// spaceOf is the namespace of a rehearsal that can be broken; false for any other migration.
func (h *Handlers) spaceOf(v migration.View) (namespace.ID, bool) {
	if h.o.Cloud == nil || v.Migration.Mode != migration.Rehearsal || v.Namespace == nil {
		return namespace.ID{}, false
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	return id, err == nil
}

// bend gives a run what the worker of a rehearsal that is broken on purpose would have.
func (h *Handlers) bend(v migration.View, t *doctor.Target) error {
	id, ok := h.spaceOf(v)
	if !ok {
		return nil
	}
	s, err := h.o.Cloud.Bend(id, migration.Setup{Address: t.Address, ServerName: t.ServerName, Namespace: t.Namespace,
		CertPEM: t.CertPEM, KeyPEM: t.KeyPEM, TaskQueue: t.TaskQueue})
	if err != nil {
		return err
	}
	if string(s.CertPEM) != string(t.CertPEM) || string(s.KeyPEM) != string(t.KeyPEM) {
		t.CertPath, t.KeyPath, t.InputFaults = "", "", nil // the pair is not from those files
	}
	t.Address, t.ServerName, t.Namespace, t.CertPEM, t.KeyPEM, t.TaskQueue = s.Address, s.ServerName, s.Namespace, s.CertPEM, s.KeyPEM, s.TaskQueue
	return nil
}

// broken is the banner of a page about a namespace of the rehearsal.
func (h *Handlers) broken(r *http.Request, namespaceID string) views.BrokenProps {
	p := views.BrokenProps{Namespace: namespaceID, Return: pagePath(r)}
	if h.o.Cloud == nil {
		return p
	}
	for _, id := range h.o.Cloud.Broken()[namespaceID] {
		if b, ok := migration.LookupBreak(id); ok {
			p.Titles = append(p.Titles, b.Title)
		}
	}
	return p
}

// canPractise reports whether the switches are made for a migration: a rehearsal with client certificates.
func (h *Handlers) canPractise(v migration.View) bool {
	_, ok := h.spaceOf(v)
	return ok && v.Certificate != nil && v.Migration.Auth != migration.AuthAPIKey
}

// breakProps is the section of the rehearsal's page: for the migration that was asked for, else for the one
// that is broken, else for the newest that can be.
func (h *Handlers) breakProps(moves []migration.View, asked string) views.BreakProps {
	var p views.BreakProps
	on := h.o.Cloud.Broken()
	chosen, best := -1, 0
	var can []migration.View
	for _, v := range moves {
		if !h.canPractise(v) {
			continue
		}
		can = append(can, v)
		rank := 1
		if len(on[v.Namespace.Namespace]) > 0 {
			rank = 2
		}
		if v.Migration.ID == asked {
			rank = 3
		}
		if rank > best || rank == best && v.Migration.Created.After(can[chosen].Migration.Created) {
			chosen, best = len(can)-1, rank
		}
	}
	for i, v := range can {
		text := v.Migration.Name
		if n := len(on[v.Namespace.Namespace]); n > 0 {
			text += fmt.Sprintf(" (%d on)", n)
		}
		p.Choices = append(p.Choices, views.Link{Text: text, URL: practicePath(v.Migration.ID), Current: i == chosen, TestID: "practise-" + v.Migration.ID})
	}
	if chosen < 0 {
		return p
	}
	v := can[chosen]
	id, _ := h.spaceOf(v)
	p.Migration, p.Namespace = v.Migration.ID, id.String()
	_, lent := h.o.Keyring.Get(v.Migration.ID)
	p.NoKey, p.CanRenew = !lent, !lent && len(on[p.Namespace]) == 0
	for _, g := range breakTitles {
		group := views.BreakGroup{ID: string(g.part), Title: g.title, Lead: g.lead}
		for _, b := range migration.Breaks {
			if b.Part != g.part {
				continue
			}
			s := views.SwitchProps{ID: b.ID, Title: b.Title, Does: b.Does, Sees: b.Sees, Code: b.Code, URL: helpPath(b.Code), On: slices.Contains(on[p.Namespace], b.ID)}
			if e, ok := doctor.Lookup(b.Code); ok {
				s.CodeTitle = plain(e.Title)
			}
			if b.NeedsKey && p.NoKey {
				s.Does += " Needs your key."
			}
			if s.On {
				s.Address = h.o.Cloud.BreakAddress(id, b.ID)
			}
			group.Switches = append(group.Switches, s)
		}
		p.Groups = append(p.Groups, group)
	}
	return p
}

func practicePath(m string) string { return "/rehearsal?m=" + url.QueryEscape(m) + "#break" }

// setBreak turns a switch on and leads to the check that must name it, or turns one or all off.
func (h *Handlers) setBreak(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	state, err := f.pick("state", "on", "off")
	if err != nil {
		return err
	}
	cloud, err := h.cloudReady(r.Context())
	if err != nil {
		return err
	}
	if state == "off" {
		id, _, err := namespace.ParseID(f.text("namespace"))
		if err != nil {
			return err
		}
		ids := []string{f.text("switch")}
		if ids[0] == "" {
			ids = cloud.Broken()[id.String()]
		}
		for _, b := range ids {
			if err := cloud.SetBreak(r.Context(), id, b, false); err != nil {
				return err
			}
		}
		back := localPath(f.text("return"))
		if m := f.text("m"); m != "" { // from the switch itself
			back = practicePath(m)
		}
		return seeOther(w, r, back, "mended")
	}
	v, err := h.o.Migrations.View(r.Context(), f.text("m"))
	if err != nil {
		return err
	}
	if !h.canPractise(v) {
		return fault.New(fault.Conflict, "This migration cannot be broken on purpose", "Choose a rehearsal with a namespace and client certificates, or make a practice migration.")
	}
	id, _ := h.spaceOf(v)
	if err := cloud.SetBreak(r.Context(), id, f.text("switch"), true); err != nil {
		return err
	}
	run, ok, err := h.checkBroken(r, v, cloud.Broken()[id.String()])
	if err != nil { // the switch is on all the same, and its page says so
		h.o.Log.Warn("no check was started for a switch", "migration", v.Migration.ID, "cause", err)
	}
	if !ok {
		return seeOther(w, r, movePath(v.Migration.ID, migration.StepTest), "broken")
	}
	return seeOther(w, r, runPath(run), "")
}

// checkBroken starts the check of a rehearsal whose switches on are given; false where it needs a key that
// nobody lent.
func (h *Handlers) checkBroken(r *http.Request, v migration.View, on []string) (migration.Run, bool, error) {
	past, err := h.checkHistory(r, v, shownRuns)
	if err != nil {
		return migration.Run{}, false, err
	}
	t, asked := h.target(v), lastAsked(past) // what the reader asked for is asked again
	t.TaskQueue = asked.TaskQueue
	if address, err := h.nearAddress(r.Context(), asked.LocalAddress); err == nil {
		t.LocalAddress, t.LocalNamespace = address, asked.LocalNamespace
	}
	lent := h.lentKey(v, &t)
	if len(on) > 0 && !lent {
		if first, _ := migration.LookupBreak(on[0]); first.NeedsKey {
			return migration.Run{}, false, nil
		}
	}
	if err := h.bend(v, &t); err != nil {
		return migration.Run{}, false, err
	}
	run, err := h.o.Migrations.StartCheck(r.Context(), v.Migration.ID, t)
	return run, err == nil, err
}

// practise makes a migration to practise on, with all that a check needs; or for one that is there, new
// certificates whose CA joins those in the namespace.
func (h *Handlers) practise(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	cloud, err := h.cloudReady(r.Context())
	if err != nil {
		return err
	}
	var v migration.View
	if m := f.text("m"); m != "" {
		if v, err = h.o.Migrations.View(r.Context(), m); err == nil && !h.canPractise(v) {
			err = fault.New(fault.Conflict, "This migration is no rehearsal with client certificates", "Make a practice migration.")
		}
		if err == nil && len(cloud.Broken()[v.Namespace.Namespace]) > 0 { // its bundle may not be its own now
			err = fault.New(fault.Conflict, "This rehearsal is broken on purpose", "Turn its switches off first.")
		}
	} else {
		v, err = h.newPractice(r.Context(), cloud)
	}
	if err != nil {
		return err
	}
	id, _ := h.spaceOf(v)
	v, err = h.issue(r, v, h.fresh(v, certFields{lane: laneMake, lend: true, sent: true}), nil, nil)
	if err != nil {
		return err
	}
	before, err := cloud.Namespace(r.Context(), id)
	if err != nil {
		return err
	}
	ns, err := cloud.SetCAs(r.Context(), id, []byte(v.Certificate.CAPEM+before.BundlePEM))
	if err != nil {
		return err
	}
	if err := h.seeUpload(r.Context(), ns); err != nil {
		return err
	}
	return seeOther(w, r, practicePath(v.Migration.ID), "practice")
}

// newPractice makes a rehearsal of its own with a namespace that nobody else has.
func (h *Handlers) newPractice(ctx context.Context, cloud migration.CloudSide) (migration.View, error) {
	for n := 1; ; n++ {
		name := "Practice"
		if n > 1 {
			name = fmt.Sprintf("%s %d", name, n)
		}
		id := namespace.ID{Name: strings.ReplaceAll(strings.ToLower(name), " ", "-"), Account: "a2dd6"}
		_, err := cloud.Namespace(ctx, id)
		if err == nil && n < 1000 {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return migration.View{}, err
		}
		m, err := h.o.Migrations.Create(ctx, name, "python", migration.Rehearsal, migration.AuthMTLS)
		if fault.Is(err, fault.Conflict) && n < 1000 {
			continue
		}
		if err == nil {
			err = cloud.CreateNamespace(ctx, id)
		}
		if err != nil {
			return migration.View{}, err
		}
		return h.o.Migrations.SetNamespace(ctx, m.ID, migration.NamespaceData{Namespace: id.String(), Address: cloud.Address()})
	}
}
