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
	p := views.ReplaceProps{Migration: v.Migration.ID, Rehearsal: v.Migration.Mode.Can().Callers}
	if v.Certificate == nil || v.Namespace == nil {
		p.Blocked = web.Need(v, migration.StepNamespace, migration.StepCertificates)
		if p.Blocked == nil {
			p.Blocked = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Nothing to replace"}, Text: "Workers of this migration have no client certificate here.", URL: web.MovePath(v.Migration.ID, migration.StepCertificates)}
		}
		return p, nil
	}
	re := v.Replacement()
	if !re.Open() {
		p.Choices = []views.ReplaceChoice{
			{What: migration.ReplaceCA, Title: "The CA", Button: "Replace the CA",
				Text: "A new CA and a client certificate under it. The only way to shut out a certificate that is lost: Temporal Cloud checks no revocation list. Also before the CA ends: " + web.Day(v.Certificate.CANotAfter) + "."},
			{What: migration.ReplaceLeaf, Title: "The client certificate alone", Button: "Replace the client certificate",
				Text: "The short path: another client certificate under the same CA, so the namespace needs no change. The old one stays valid until it ends: " + web.Day(v.Certificate.LeafNotAfter) + "."},
		}
		if re != nil {
			p.Last = replaceLast(v, re)
		}
		return p, nil
	}
	name, _, _ := strings.Cut(v.Namespace.Namespace, ".")
	if !f.sent {
		f.caName, f.organization, f.caDays, f.keyType = freshName(name, re, h.Now().Year()), v.Migration.Name, "365", string(certsvc.KeyTypes[0])
		f.commonName, f.lend = name, true
	}
	p.Summary = []views.Pair{{Name: "Replaced", Value: re.Old.CASubject + ", " + web.ShortPrint(re.Old.CAFingerprint), Mono: true},
		{Name: "Client certificate so far", Value: re.Old.LeafSubject + ", " + web.ShortPrint(re.Old.LeafFingerprint), Mono: true},
		{Name: "Begun", Value: web.Moment(re.Started)}}
	if re.What == migration.ReplaceLeaf {
		p.Summary[0].Name = "CA that stays"
	}
	if re.What == migration.ReplaceCA {
		var err error
		if p.CA, err = h.replaceCAProps(ctx, v, re, f); err != nil {
			return p, err
		}
	}
	p.Leaf = h.replaceLeafProps(v, re, f)
	p.Proof = h.replaceProofProps(v, re, f)
	var held []cloud.Caller
	if re.Passed(migration.GateProof) {
		var err error
		if p.Workers, held, err = h.replaceWorkersProps(ctx, v, re, f); err != nil {
			return p, err
		}
	}
	p.Gates = gatesProps(re, held)
	for i := range p.Gates {
		switch g := &p.Gates[i]; g.ID {
		case migration.GateLeaf: // a key that waits there must not be overlooked
			g.Kept = p.Leaf.Bundle || p.Leaf.Browser
		case migration.GateProof: // in Temporal Cloud the old one must be refused in the end
			g.Kept = re.Noted != "" || f.which != ""
		}
	}
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
		return &views.ReplaceLast{Tag: views.Tag{State: views.Warn, Word: "Overtaken"}, Text: "The migration got other certificates while it went on, so it is about nothing any more."}
	}
	l := &views.ReplaceLast{Tag: views.Tag{State: views.Good, Word: "Done"}, Text: "Done on " + web.Moment(re.Ended) + "."}
	l.Facts = []views.Pair{{Name: "Old client certificate", Value: re.Old.LeafSubject + ", " + web.ShortPrint(re.Old.LeafFingerprint), Mono: true},
		{Name: "New client certificate", Value: re.New.LeafSubject + ", " + web.ShortPrint(re.New.LeafFingerprint), Mono: true}}
	if v.Migration.Mode.Can().Callers {
		last := "not since the rehearsal cloud had started"
		if !re.Removed.LastOld.IsZero() {
			last = web.Moment(re.Removed.LastOld)
		}
		l.Facts = append(l.Facts, views.Pair{Name: "Old one last seen", Value: last}, views.Pair{Name: "Programs on the new one then", Value: fmt.Sprint(re.Removed.OnNew)})
		if re.What == migration.ReplaceCA {
			l.Back = &views.BackProps{Gate: migration.GateWorkers, Button: "Put the old CA back", Text: "The namespace gets the old CA beside the new one again, and gate 4 is open again. Nobody is cut off."}
		}
	} else {
		l.Facts = append(l.Facts, views.Pair{Name: "Noted", Value: re.Noted})
	}
	if re.OldRefused != nil && re.OldRefused.At.After(re.Ended) {
		l.Facts = append(l.Facts, views.Pair{Name: "A check with the old one was refused", Value: fmt.Sprintf("run %d", re.OldRefused.Number),
			URL: web.RunPath(migration.Outcome{ID: re.OldRefused.Run, MigrationID: v.Migration.ID, Kind: migration.CheckRun})})
	}
	return l
}

// gatesProps are the gates with their evidence.
func gatesProps(re *migration.Replacement, held []cloud.Caller) []views.GateProps {
	titles := map[string]string{migration.GateCA: "The new CA stands beside the old one", migration.GateLeaf: "A client certificate under it",
		migration.GateProof: "Both are proven by a check", migration.GateWorkers: "Every worker has the new one; the old CA goes"}
	if re.What == migration.ReplaceLeaf {
		titles[migration.GateLeaf], titles[migration.GateWorkers] = "A new client certificate", "Every worker has the new one"
	}
	var out []views.GateProps
	for _, id := range []string{migration.GateCA, migration.GateLeaf, migration.GateProof, migration.GateWorkers} {
		if id == migration.GateCA && re.What == migration.ReplaceLeaf {
			continue
		}
		g := views.GateProps{ID: id, Number: fmt.Sprintf("%d.", len(out)+1), Title: titles[id], Back: backProps(id, re)}
		g.Open = re.Reached(id)
		switch {
		case re.Passed(id):
			g.Tag, g.Text = views.Tag{State: views.Good, Word: "Done"}, gateEvidence(id, re)
		case g.Open:
			g.Tag, g.Text = views.Tag{State: views.Busy, Word: "Your turn"}, gateTurn(id, re)
			if id == migration.GateWorkers && len(held) > 0 {
				g.Tag, g.Text = views.Tag{State: views.Wait, Word: "Waiting for workers"}, web.Many(len(held), "program is", "programs are")+" still seen with the old certificate."
			}
		default:
			g.Tag, g.Text = views.Tag{State: views.Idle, Word: "Can't start yet"}, "It needs the gate before it."
		}
		out = append(out, g)
	}
	return out
}

func gateEvidence(id string, re *migration.Replacement) string {
	switch id {
	case migration.GateCA:
		if re.Beside != nil {
			return "Both CAs were seen in the namespace on " + web.Moment(*re.Beside) + "."
		}
		return fmt.Sprintf("Run %d passed with a certificate under the new CA.", re.NewPassed.Number)
	case migration.GateLeaf:
		return re.New.LeafSubject + ", until " + web.Day(re.New.LeafNotAfter) + "."
	case migration.GateProof:
		return fmt.Sprintf("Run %d passed with the old one, run %d with the new one.", re.OldPassed.Number, re.NewPassed.Number)
	}
	return ""
}

func gateTurn(id string, re *migration.Replacement) string {
	switch id {
	case migration.GateCA:
		if re.NewCA == nil {
			return "Make the new CA, or give the certificate of one that you have."
		}
		return "Save both CAs in the namespace."
	case migration.GateLeaf:
		return "Make it now; give it to the workers after gate 3."
	case migration.GateProof:
		return "Run a check with each: both must pass."
	}
	return "Give every worker and starter the new certificate, one by one."
}

// backProps says what rolling a gate back does; nil for a gate with nothing to undo.
func backProps(id string, re *migration.Replacement) *views.BackProps {
	b := &views.BackProps{Gate: id}
	switch {
	case id == migration.GateCA || id == migration.GateLeaf && re.What == migration.ReplaceLeaf:
		b.Gate, b.Button = migration.GateCA, "Roll the whole replacement back"
		b.Text = "The replacement ends and the old certificate stays. In a rehearsal the new CA leaves the namespace, unless a certificate under it is still seen; in Temporal Cloud, remove it there if it was added."
		if re.What == migration.ReplaceLeaf {
			b.Text = "The replacement ends and the old client certificate stays that of this migration. The new one remains valid until it ends."
		}
	case id == migration.GateLeaf && re.New != nil:
		b.Button, b.Text = "Forget the new client certificate", "Onramp forgets it and the key that was lent; make another then. Programs that have it already go on as long as the new CA is in the namespace."
	case id == migration.GateProof && (re.OldPassed != nil || re.NewPassed != nil):
		b.Button, b.Text = "Check both again", "A check changes nothing, so nothing is undone; both must pass again before gate 4."
	case id == migration.GateWorkers && re.Noted != "":
		b.Button, b.Text = "Take the note back", "Move workers back to the old certificate if need be: it is accepted until its CA is removed."
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
	p.Card.Download, p.Card.Advice = web.MovePath(m, "certificates", "replace", "ca.pem"), "Safe to share: it holds no secret."
	if certs, _, err := certsvc.ReadCertificates([]byte(ca.PEM)); err == nil {
		p.Card.KeyType = web.KeyTypeName(string(certsvc.KeyTypeOf(certs[0].PublicKey)))
	}
	_, p.Key = h.Acts.Keys.Waiting(v.By, m, newCAKey(re))
	current, err := h.Acts.Replacements.Bundle(ctx, v.View)
	if fault.Is(err, fault.Unavailable) {
		p.Trouble = "The rehearsal cloud does not answer now, so its bundle cannot be shown. Load this page again."
		return p, nil
	}
	if err != nil {
		return p, err
	}
	change, err := re.Combined(current, now)
	if err != nil {
		p.Trouble = "The new CA cannot stand beside what the namespace has now: " + fault.From(err).Title + "."
		return p, nil
	}
	had, _, _ := certsvc.ReadCertificates(current)
	for _, c := range change.Certs {
		l := views.BundleLine{Sign: "=", Subject: certsvc.SubjectOf(c), Fingerprint: web.Grouped(certsvc.Fingerprint(c)), Why: "until " + web.Day(c.NotAfter)}
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
		p.Unseen = "Onramp cannot read which CAs the namespace holds. This is the old one with the new one; where the namespace holds others too, add the new one alone. A check with a certificate under the new CA shows that it is in: gate 3."
		p.Commands = []views.CodeBlockProps{{ID: "add-ca", Name: "tcld", Lang: "bash", Values: []string{ns},
			Text: "tcld namespace accepted-client-ca add --namespace " + ns + " --ca-certificate-file ca.pem"}}
		if len(change.Dropped) > 0 {
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
	p := views.ReplaceLeafProps{Browser: f.browserKey}
	if re.NewCA != nil {
		p.CASubject, p.Held = re.NewCA.Subject, h.Acts.Replacements.HasCAKey(v.By, v.View)
	}
	if c := re.New; c != nil {
		p.Made, p.Card = true, web.CertProps("new-leaf", "New client certificate", c.LeafSubject, c.LeafFingerprint, c.LeafNotAfter, h.Now())
		p.Card.Download, p.Card.KeyType = web.MovePath(m, "certificates", "replace", "client.pem"), web.KeyTypeName(c.KeyType)
		p.Card.Advice = "Workers present it together with its key, after gate 3."
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

func (h *Pages) replaceProofProps(v web.Visit, re *migration.Replacement, f replaceFields) views.ReplaceProofProps {
	m := v.Migration.ID
	row := func(what string, passed, refused *migration.Proof) views.ProofRow {
		switch {
		case refused != nil && (passed == nil || refused.At.After(passed.At)):
			return views.ProofRow{Tag: views.Tag{State: views.Bad, Word: "Refused"}, Text: "The namespace does not trust the CA of the " + what + " client certificate: ",
				Run: &views.Link{Text: fmt.Sprintf("run %d", refused.Number), URL: web.RunPath(migration.Outcome{ID: refused.Run, MigrationID: m, Kind: migration.CheckRun})}}
		case passed != nil:
			return views.ProofRow{Tag: views.Tag{State: views.Good, Word: "Passed"}, Text: "A check with the " + what + " client certificate passed: ",
				Run: &views.Link{Text: fmt.Sprintf("run %d", passed.Number), URL: web.RunPath(migration.Outcome{ID: passed.Run, MigrationID: m, Kind: migration.CheckRun})}}
		}
		return views.ProofRow{Tag: views.Tag{State: views.Idle, Word: "Not run"}, Text: "No check with the " + what + " client certificate has passed since gate 1."}
	}
	p := views.ReplaceProofProps{Rows: []views.ProofRow{row("old", re.OldPassed, re.OldRefused), row("new", re.NewPassed, re.NewRefused)}}
	which := f.which
	if which != whichOld && which != whichNew {
		if which = whichOld; re.OldPassed != nil {
			which = whichNew
		}
	}
	p.Which = []views.Choice{{Value: whichOld, Label: "The old client certificate", Hint: re.Old.LeafSubject, Selected: which == whichOld},
		{Value: whichNew, Label: "The new client certificate", Selected: which == whichNew}}
	if re.New != nil {
		p.Which[1].Hint = re.New.LeafSubject
	}
	p.Key = h.KeySource(v, f.key)
	p.Key.NeedCert = false
	var lent []string
	if pair, ok := h.Acts.Keys.Lent(v.By, m); ok && certsvc.Fingerprint(pair.Leaf) == re.Old.LeafFingerprint {
		lent = append(lent, "old")
	}
	if pair, ok := h.Acts.Keys.LentNew(v.By, m); ok && certsvc.Fingerprint(pair.Leaf) == newLeafPrint(re) {
		lent = append(lent, "new")
	}
	p.Key.Sources[0].Disabled, p.Key.Sources[0].Selected = len(lent) == 0, len(lent) > 0
	p.Key.Sources[0].Hint = "In memory only. Lent now: the key of the " + strings.Join(lent, " and the ") + " one."
	if len(lent) > 0 {
		for i := range p.Key.Sources[1:] {
			p.Key.Sources[i+1].Selected = false
		}
	}
	return p
}

func newLeafPrint(re *migration.Replacement) string {
	if re.New == nil {
		return ""
	}
	return re.New.LeafFingerprint
}

func (h *Pages) replaceWorkersProps(ctx context.Context, v web.Visit, re *migration.Replacement, f replaceFields) (views.ReplaceWorkersProps, []cloud.Caller, error) {
	p := views.ReplaceWorkersProps{Seen: v.Migration.Mode.Can().Callers, Remove: "Remove the old CA", Queue: acts.TaskQueue(v.View), Why: f.why, Noted: re.Noted}
	if re.What == migration.ReplaceLeaf {
		p.Remove = "Finish: the new one is that of this migration"
	}
	if !p.Seen {
		h.unseenWorkers(v, re, &p)
		return p, nil, nil
	}
	p.Rule = fmt.Sprintf("Removal is blocked while a connection with the old certificate is open, and for %s after its last call. An open connection keeps its certificate: with a program that reads the new file at each handshake, the old one is seen until that connection ends, here about five minutes.", views.Lasts(h.Acts.Replacements.Window()))
	callers, err := h.Acts.Replacements.Callers(ctx, v.View)
	if fault.Is(err, fault.Unavailable) {
		p.AsOf = "The rehearsal cloud does not answer now"
		return p, nil, nil
	}
	if err != nil {
		return p, nil, err
	}
	p.AsOf = "As of " + callers.At.Local().Format("15:04:05") + ", seen since " + callers.Since.Local().Format("15:04:05")
	for _, c := range callers.List {
		p.Callers = append(p.Callers, callerRow(c, re, callers))
	}
	return p, re.Held(callers, []string{re.Old.CAFingerprint}, h.Acts.Replacements.Window()), nil
}

func callerRow(c cloud.Caller, re *migration.Replacement, all cloud.Callers) views.CallerRow {
	row := views.CallerRow{Tag: views.Tag{State: views.Idle, Word: "Another"}, Identity: c.Identity, Queues: strings.Join(c.TaskQueues, ", "), Leaf: c.LeafSubject,
		Fingerprint: web.ShortPrint(c.Leaf), CA: c.CASubject, Last: web.Ago(all.At, c.Last), Calls: fmt.Sprint(c.Calls), Open: fmt.Sprint(c.Open)}
	switch {
	case c.Leaf == newLeafPrint(re) || re.What == migration.ReplaceCA && re.NewCA != nil && c.CA == re.NewCA.Fingerprint:
		row.Tag = views.Tag{State: views.Good, Word: "New"}
	case c.Leaf == re.Old.LeafFingerprint || re.What == migration.ReplaceCA && c.CA == re.Old.CAFingerprint:
		row.Tag = views.Tag{State: views.Warn, Word: "Old"}
	}
	if row.Identity == "" {
		row.Identity = "not named"
	}
	if c.Last.IsZero() {
		row.Last = "never let in"
	}
	if c.Refused > 0 {
		row.Calls += fmt.Sprintf(", %d refused", c.Refused)
	}
	return row
}

// unseenWorkers is gate 4 in Temporal Cloud, which shows nobody the certificate of a worker.
func (h *Pages) unseenWorkers(v web.Visit, re *migration.Replacement, p *views.ReplaceWorkersProps) {
	p.Known = []string{
		"Onramp cannot see which client certificate a worker of Temporal Cloud presents: no call of its API says so.",
		"It can see who polls a task queue. A worker that is restarted has another identity, unless you set one: when every identity of before is gone, every worker was restarted. That it has the new files, the restart does not show. A poller is listed for about five minutes after its last poll.",
		"It cannot see starters, schedulers and scripts: they do not poll. Go through your deployments for them.",
	}
	for i, l := range []*migration.Looked{re.Before, re.After} {
		if l == nil {
			continue
		}
		who := strings.Join(l.Identities, ", ")
		if who == "" {
			who = "nobody"
		}
		p.Facts = append(p.Facts, views.Pair{Name: []string{"Polled " + l.TaskQueue + " before, ", "Polls it since, "}[i] + web.Moment(l.At), Value: who, Mono: true})
	}
	if re.Before != nil && re.After != nil {
		left := 0
		for _, id := range re.Before.Identities {
			if slices.Contains(re.After.Identities, id) {
				left++
			}
		}
		p.Facts = append(p.Facts, views.Pair{Name: "Of those before", Value: fmt.Sprintf("%d of %d are still there", left, len(re.Before.Identities))})
	}
	_, lentNew := h.Acts.Keys.LentNew(v.By, v.Migration.ID)
	_, lent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
	p.CanLook = lent || lentNew
	ns := v.Namespace.Namespace
	if re.What == migration.ReplaceLeaf {
		p.Finish = "Nothing has to be removed: the CA stays. The old client certificate is valid until it ends."
		return
	}
	p.Finish = "Then run the check with the old certificate: it must be refused. And the one with the new certificate: it must pass. Both are at gate 3."
	if cas, _, err := certsvc.ReadCertificates([]byte(re.Old.CAPEM)); err == nil {
		for _, c := range cas {
			if certsvc.Fingerprint(c) == re.Old.CAFingerprint {
				p.Commands = []views.CodeBlockProps{{ID: "remove-ca", Name: "tcld", Lang: "bash", Values: []string{ns},
					Text: "tcld namespace accepted-client-ca remove --namespace " + ns + " --ca-certificate-fingerprint " + certsvc.TcldFingerprint(c)}}
			}
		}
	}
}

// reloadProps is how each SDK comes to the new certificate, the migration's own language first.
func reloadProps(lang string) []views.ReloadProps {
	words := map[string]string{snippet.AtHandshake: "takes it at the next handshake", snippet.NewClient: "the running worker is given a new client", snippet.Restart: "is started again"}
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
