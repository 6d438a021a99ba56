package replace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/snippet"
	"onramp/views"
)

// replaceProps is the wizard as the facts tell it now.
func (h *Pages) replaceProps(ctx context.Context, v web.Visit, f replaceFields) (views.ReplaceProps, error) {
	p := views.ReplaceProps{Migration: v.Migration.ID, Saw: v.Edition(), Rehearsal: v.Migration.Mode.Can().Callers}
	if v.Certificate == nil || v.Namespace == nil {
		p.Blocked = web.Need(v, migration.StepNamespace, migration.StepCertificates)
		if p.Blocked == nil {
			p.Blocked = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Nothing to replace"}, Text: "Workers of this migration have no client certificate here.", URL: web.MovePath(v.Migration.ID, migration.StepCertificates)}
		}
		return p, nil
	}
	re := v.Replacement()
	if !re.Open() {
		p.Lead = "Old and new certificates are both accepted until every worker uses the new one, so no call fails."
		p.Choices = []views.ReplaceChoice{
			{What: migration.ReplaceCA, Title: "CA certificate and client certificate", Button: "Replace the CA",
				Text: "A new CA and a client certificate under it. Choose this if a certificate or key was lost: Temporal Cloud checks no revocation list. Also before the CA certificate expires, on " + web.Day(v.Certificate.CANotAfter) + "."},
			{What: migration.ReplaceLeaf, Title: "Client certificate only", Button: "Replace the client certificate",
				Text: "Another client certificate under the same CA, so the namespace needs no change. The old one stays valid until it expires, on " + web.Day(v.Certificate.LeafNotAfter) + "."},
		}
		if re != nil {
			p.Last = replaceLast(v, re)
		}
		return p, nil
	}
	p.Lead = fmt.Sprintf("%d steps, each done once Onramp has seen it. Old and new certificates are both accepted until every worker uses the new one.", len(re.Gates()))
	name, _, _ := strings.Cut(v.Namespace.Namespace, ".")
	if !f.sent {
		f.caName, f.organization, f.caDays, f.keyType = freshName(name, re, h.Now().Year()), v.Migration.Name, "365", string(certsvc.KeyTypes[0])
		f.commonName, f.lend = name, true
	}
	p.Summary = []views.Pair{{Name: "CA that is replaced", Value: re.Old.CASubject + ", " + web.ShortPrint(re.Old.CAFingerprint), Mono: true},
		{Name: "Old client certificate", Value: re.Old.LeafSubject + ", " + web.ShortPrint(re.Old.LeafFingerprint), Mono: true},
		{Name: "Started", Value: web.Moment(re.Started)}}
	if re.What == migration.ReplaceLeaf {
		p.Summary[0].Name = "CA that stays"
	}
	if re.What == migration.ReplaceCA {
		var err error
		if h.Acts.CloudOps.Place(v.Migration.Mode.Can().Practice).Open != nil && !v.Migration.Mode.Can().Bundle {
			p.OpsURL = web.MovePath(v.Migration.ID, "ops")
		}
		if p.CA, err = h.replaceCAProps(ctx, v, re, f); err != nil {
			return p, err
		}
	}
	p.Leaf = h.replaceLeafProps(v, re, f)
	var err error
	if p.Proof, err = h.replaceProofProps(ctx, v, re, f); err != nil {
		return p, err
	}
	var held []cloud.Caller
	if re.Passed(migration.GateProof) {
		if p.Workers, held, err = h.replaceWorkersProps(ctx, v, re, f); err != nil {
			return p, err
		}
	}
	p.Gates = gatesProps(re, held, f.step)
	if re.New != nil {
		p.Reloads = reloadProps(v.Migration.Lang)
	}
	return p, nil
}

// freshName is a name for the new CA that the old one does not have.
func freshName(name string, re *migration.Replacement, year int) string {
	for i := 0; ; i++ {
		fresh := fmt.Sprintf("%s CA %d", name, year)
		if i > 0 {
			fresh += fmt.Sprintf("-%d", i+1)
		}
		if !strings.Contains(strings.ToLower(re.Old.CASubject), strings.ToLower("CN="+fresh)) {
			return fresh
		}
	}
}

// replaceLast is what the newest replacement came to.
func replaceLast(v web.Visit, re *migration.Replacement) *views.ReplaceLast {
	switch {
	case re.Undone:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Idle, Word: "Rolled back"}, Text: "Rolled back as a whole on " + web.Moment(re.Ended) + "."}
	case re.Overtaken:
		return &views.ReplaceLast{Tag: views.Tag{State: views.Warn, Word: "Overtaken"}, Text: "The migration has different certificates now, so this replacement no longer applies."}
	}
	l := &views.ReplaceLast{Tag: views.Tag{State: views.Good, Word: "Done"}, Text: "Done on " + web.Moment(re.Ended) + "."}
	l.Facts = []views.Pair{{Name: "Old client certificate", Value: re.Old.LeafSubject + ", " + web.ShortPrint(re.Old.LeafFingerprint), Mono: true},
		{Name: "New client certificate", Value: re.New.LeafSubject + ", " + web.ShortPrint(re.New.LeafFingerprint), Mono: true}}
	if v.Migration.Mode.Can().Callers {
		last := "not since the rehearsal cloud had started"
		if !re.Removed.LastOld.IsZero() {
			last = web.Moment(re.Removed.LastOld)
		}
		l.Facts = append(l.Facts, views.Pair{Name: "Old one last seen", Value: last}, views.Pair{Name: "Programs on the new one by then", Value: fmt.Sprint(re.Removed.OnNew)})
		if re.What == migration.ReplaceCA {
			l.Back = &views.BackProps{Gate: migration.GateWorkers, Button: "Put the old CA back", Text: "The namespace accepts the old CA next to the new one again, and the last step is open again. No client is cut off."}
		}
	} else {
		l.Facts = append(l.Facts, views.Pair{Name: "Written down", Value: re.Noted})
	}
	if re.OldRefused != nil && re.OldRefused.At.After(re.Ended) {
		l.Facts = append(l.Facts, views.Pair{Name: "A check with the old one was refused", Value: migration.CheckRun.Numbered(re.OldRefused.Number),
			URL: web.RunPath(migration.Outcome{ID: re.OldRefused.Run, MigrationID: v.Migration.ID, Kind: migration.CheckRun})})
	}
	return l
}

// gatesProps are the steps with their evidence. step is the one that the reader asks for; "" is where the work is.
func gatesProps(re *migration.Replacement, held []cloud.Caller, step string) []views.GateProps {
	titles := map[string]string{migration.GateCA: "Add the new CA next to the old one", migration.GateLeaf: "Create a client certificate under the new CA",
		migration.GateProof: "Check both client certificates", migration.GateWorkers: "Move every worker, then remove the old CA"}
	if re.What == migration.ReplaceLeaf {
		titles[migration.GateLeaf], titles[migration.GateWorkers] = "Create a new client certificate", "Move every worker"
	}
	now := re.Now()
	if slices.Contains(re.Gates(), step) && re.Reached(step) && !re.Passed(step) {
		now = step
	}
	var out []views.GateProps
	for i, id := range re.Gates() {
		g := views.GateProps{ID: id, Number: fmt.Sprint(i + 1), Title: titles[id], Back: backProps(id, re), Now: id == now}
		g.Open = re.Reached(id)
		switch {
		case re.Passed(id):
			g.Tag, g.Text = views.Tag{State: views.Good, Word: "Done"}, gateEvidence(id, re)
		case g.Open:
			g.Tag, g.Text = views.Tag{State: views.Busy, Word: "Your turn"}, gateTurn(id, re)
			switch {
			case id == migration.GateWorkers && len(held) > 0:
				g.Tag = views.Tag{State: views.Wait, Word: "Waiting for workers"}
			case id == migration.GateCA && re.NewCA != nil && !g.Now:
				g.Tag, g.Text = views.Tag{State: views.Wait, Word: "Waiting for a Namespace Admin"}, "A check with the new client certificate shows whether it was added."
			}
		default:
			g.Tag, g.Text = views.Tag{State: views.Idle, Word: "Can't start yet"}, "After the step above"
		}
		out = append(out, g)
	}
	return out
}

func gateEvidence(id string, re *migration.Replacement) string {
	switch id {
	case migration.GateCA:
		if re.Beside != nil {
			return "Both CA certificates were seen in the namespace on " + web.Moment(*re.Beside)
		}
		return fmt.Sprintf("Check %d passed with a client certificate under the new CA", re.NewPassed.Number)
	case migration.GateLeaf:
		return re.New.LeafSubject + ", expires " + web.Day(re.New.LeafNotAfter)
	case migration.GateProof:
		return fmt.Sprintf("Check %d passed with the old one, check %d with the new one", re.OldPassed.Number, re.NewPassed.Number)
	}
	return ""
}

func gateTurn(id string, re *migration.Replacement) string {
	switch id {
	case migration.GateCA:
		if re.NewCA == nil {
			return "Create a new CA, or provide the certificate of one that you have."
		}
		return "Save both CA certificates in the namespace."
	case migration.GateLeaf:
		return "Create it now; workers get it after the checks."
	case migration.GateProof:
		return "Both must be accepted before the first worker moves."
	}
	return "Give every worker and every starter the new certificate, one by one."
}

// backProps says what rolling a gate back does; nil for a gate with nothing to undo.
func backProps(id string, re *migration.Replacement) *views.BackProps {
	b := &views.BackProps{Gate: id}
	switch {
	case id == migration.GateCA || id == migration.GateLeaf && re.What == migration.ReplaceLeaf:
		b.Gate, b.Button = migration.GateCA, "Roll the whole replacement back"
		b.Text = "The replacement ends and the old certificate stays. In a rehearsal the new CA leaves the namespace, unless a certificate under it is still seen; in Temporal Cloud, remove it there if it was added."
		if re.What == migration.ReplaceLeaf {
			b.Text = "The replacement ends and the old client certificate stays that of this migration. The new one remains valid until it expires."
		}
	case id == migration.GateLeaf && re.New != nil:
		b.Button, b.Text = "Forget the new client certificate", "Onramp forgets it and stops using its key; then create another. Programs that already have it keep working while the new CA is in the namespace."
	case id == migration.GateProof && (re.OldPassed != nil || re.NewPassed != nil):
		b.Button, b.Text = "Check both again", "A check changes nothing, so nothing is undone; both must pass again before a worker moves."
	case id == migration.GateWorkers && re.Noted != "":
		b.Button, b.Text = "Withdraw the note", "Move workers back to the old certificate if needed: it is accepted until its CA is removed."
	default:
		return nil
	}
	return b
}

func (h *Pages) replaceCAProps(ctx context.Context, v web.Visit, re *migration.Replacement, f replaceFields) (views.ReplaceCAProps, error) {
	m := v.Migration.ID
	p := views.ReplaceCAProps{Form: views.CertificateForm{Lane: f.lane, CACommonName: f.caName, Organization: f.organization, CADays: f.caDays, KeyTypes: keyChoices(f.keyType), CAPEM: f.caPEM},
		CloudURL: web.CloudPath(v.Namespace.Namespace) + "?m=" + m}
	if re.NewCA == nil {
		return p, nil
	}
	ca, now := re.NewCA, h.Now()
	p.Made, p.Card = true, web.CertProps("new-ca", "New CA certificate", ca.Subject, ca.Fingerprint, ca.NotAfter, now)
	p.Card.Download, p.Card.Advice = web.MovePath(m, "certificates", "replace", "ca.pem"), "Safe to share: it contains no secret."
	if certs, _, err := certsvc.ReadCertificates([]byte(ca.PEM)); err == nil {
		p.Card.KeyType = web.KeyTypeName(string(certsvc.KeyTypeOf(certs[0].PublicKey)))
	}
	_, p.Key = h.Acts.Keys.Waiting(v.By, m, newCAKey(re))
	var current []byte
	err := web.Aside(ctx, func() (err error) {
		current, err = h.Acts.Replacements.Bundle(ctx, v.View)
		return err
	})
	if fault.Is(err, fault.Unavailable) {
		p.Trouble = "The rehearsal cloud is not answering, so its bundle cannot be shown. Reload this page."
		return p, nil
	}
	if err != nil {
		return p, err
	}
	held, asRead := h.Acts.CloudOps.HeldBundle(v.By, v.View)
	if asRead = asRead && !v.Migration.Mode.Can().Bundle; asRead {
		current = held
	}
	change, err := re.Combined(current, now)
	if err != nil {
		p.Trouble = "The new CA cannot be added to what the namespace has now: " + fault.From(err).Title + "."
		return p, nil
	}
	had, _, _ := certsvc.ReadCertificates(current)
	for _, c := range change.Certs {
		l := views.BundleLine{Sign: "=", Subject: certsvc.SubjectOf(c), Fingerprint: web.Grouped(certsvc.Fingerprint(c)), Why: "expires " + web.Day(c.NotAfter)}
		if !slices.ContainsFunc(had, c.Equal) {
			l.Sign = "+"
		}
		p.Lines = append(p.Lines, l)
	}
	for _, d := range change.Dropped {
		p.Lines = append(p.Lines, views.BundleLine{Sign: "-", Subject: certsvc.SubjectOf(d.Cert), Fingerprint: web.Grouped(certsvc.Fingerprint(d.Cert)), Why: d.Why})
	}
	p.Bundle = views.CodeBlockProps{ID: "both-cas", Name: "bundle.pem", Label: "Both CA certificates", Text: string(change.PEM)}
	p.Size = web.BundleSize(string(change.PEM))
	if !v.Migration.Mode.Can().Bundle {
		ns := v.Namespace.Namespace
		p.Unseen = "Onramp cannot read which CA certificates the namespace holds. A check with a client certificate under the new CA shows that it was added."
		if asRead {
			p.Unseen = "This is what the namespace holds, as your Cloud Ops key showed it. A check with a client certificate under the new CA shows that it is accepted."
		}
		if p.Handoff = h.HandoffOffer("", v, ca.PEM, web.MovePath(m, "certificates", "replace", "handoff")); p.Handoff != nil {
			p.Handoff.Go = re.New == nil
		}
		if re.New == nil {
			p.Next = &views.Link{Text: "Continue meanwhile: create the client certificate", URL: replacePath(m) + "?step=" + migration.GateLeaf, TestID: "go-on"}
		}
		for _, c := range snippet.AddCA(ns, "ca.pem")[:1] {
			p.Commands = append(p.Commands, views.CodeBlockProps{ID: "add-ca", Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{ns}})
		}
		if len(change.Dropped) > 0 { // one that has expired fails every other change
			p.Commands[0].Text = "tcld namespace accepted-client-ca set --namespace " + ns + " --ca-certificate-file bundle.pem"
		}
	}
	return p, nil
}

func keyChoices(selected string) []views.Choice {
	var out []views.Choice
	for _, t := range certsvc.KeyTypes {
		out = append(out, views.Choice{Value: string(t), Label: web.KeyTypeName(string(t)), Selected: string(t) == selected})
	}
	return out
}

func (h *Pages) replaceLeafProps(v web.Visit, re *migration.Replacement, f replaceFields) views.ReplaceLeafProps {
	m := v.Migration.ID
	p := views.ReplaceLeafProps{Browser: re.New != nil && re.New.Lane == web.MakerBrowser}
	if re.NewCA != nil {
		p.CASubject, p.Held = re.NewCA.Subject, h.Acts.Replacements.HasCAKey(v.By, v.View)
	}
	if c := re.New; c != nil {
		p.Made, p.Card = true, web.CertProps("new-leaf", "New client certificate", c.LeafSubject, c.LeafFingerprint, c.LeafNotAfter, h.Now())
		p.Card.Download, p.Card.KeyType = web.MovePath(m, "certificates", "replace", "client.pem"), web.KeyTypeName(c.KeyType)
		p.Card.Advice = "Workers present it together with its key, once both are checked."
		p.File = bundleName(v, re)
		_, p.Bundle = h.Acts.Keys.Waiting(v.By, m, acts.Download{Leaf: c.LeafFingerprint})
		return p
	}
	cf := web.CertFields{Lane: web.LaneMake, Sent: true, Lend: f.lend, CommonName: f.commonName, Organization: f.organization, LeafDays: f.leafDays, KeyType: f.keyType}
	p.Form = h.CertForm(v, cf)
	p.Form.Lane, p.Form.CSR, p.Form.LeafPEM = f.lane, f.csr, f.leafPEM
	if f.lane != web.LaneCSR {
		p.Form.CSR = ""
	}
	return p
}

func newLeafPrint(re *migration.Replacement) string {
	if re.New == nil {
		return ""
	}
	return re.New.LeafFingerprint
}

// reloadProps is how each SDK comes to the new certificate, the migration's own language first.
func reloadProps(lang string) []views.ReloadProps {
	words := map[string]string{snippet.AtHandshake: "picks it up at the next handshake", snippet.NewClient: "give the running worker a new client", snippet.Restart: "restart it"}
	var out []views.ReloadProps
	for _, r := range snippet.Reloads(lang) {
		p := views.ReloadProps{ID: r.Lang, Name: r.Name, How: words[r.How], Text: r.Text, Unverified: r.Unverified, Own: r.Lang == lang, Source: views.Link{Text: r.Source, URL: r.SourceURL, Away: true}}
		if r.Since != "" {
			p.How += ", from release " + r.Since
		}
		if r.Code != "" {
			p.Code = views.CodeBlockProps{ID: "reload-code-" + r.Lang, Name: r.Name, Label: "Taking a new certificate in " + r.Name, Lang: r.CodeLang, Text: r.Code}
		}
		out = append(out, p)
	}
	return out
}
