package migration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
)

// This file moves a replacement on: the rule of each step. What changes the namespace's bundle is worked out from
// the bundle and its callers at one moment, so that no step cuts off a certificate that is still seen.

// GoesOn says why there is no replacement to move on, nil when there is one.
func (r *Replacement) GoesOn() error {
	switch {
	case r == nil || !r.Ended.IsZero():
		return fault.New(fault.Conflict, "No replacement is in progress", "Start one first.")
	case r.Overtaken:
		f := fault.New(fault.Conflict, "The migration now has different certificates", "Start a new replacement.")
		f.Cause = "They were changed on the page of step 2 after this replacement began."
		return f
	}
	return nil
}

func (r *Replacement) fact(kind string, data any) Fact {
	return newFact(kind, hash("replace", r.ID), data)
}

// StartReplacement begins to replace the CA (ReplaceCA) or the leaf alone (ReplaceLeaf); id is a new random text.
// A Conflict fault without namespace or certificate, and while another one goes on.
func (v View) StartReplacement(id, what string) ([]Fact, error) {
	switch {
	case what != ReplaceCA && what != ReplaceLeaf:
		return nil, fault.New(fault.Invalid, "This cannot be replaced", "Choose the CA, or only the client certificate.").In("what")
	case v.Migration.Auth == cloud.AuthAPIKey:
		return nil, fault.New(fault.Conflict, "There is no certificate to replace", "Workers of this migration sign in with an API key.")
	case v.Namespace == nil || v.Certificate == nil:
		return nil, fault.New(fault.Conflict, "There is nothing to replace yet", "Choose the namespace and create certificates first: steps 1 and 2.")
	}
	if err := UnderWay(v); err != nil {
		return nil, err
	}
	r := &Replacement{ID: id}
	return []Fact{r.fact(FactReplaceStarted, ReplaceData{ID: id, What: what, Old: *v.Certificate})}, nil
}

// SetNewCA records the CA that comes: a public certificate that a namespace would take beside the old one.
// current is the namespace's bundle where it can be seen, else what is known of it. Errors are those of
// certsvc.AddToBundle, of field ca.
func (v View) SetNewCA(lane string, caPEM, current []byte, now time.Time) ([]Fact, error) {
	r := v.Replacement()
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	if r.NewCA != nil {
		return nil, fault.New(fault.Conflict, "The new CA already exists", "Roll the replacement back to choose another.")
	}
	cas, _ := certsvc.LintBundle(caPEM, now)
	if _, err := certsvc.AddToBundle(current, caPEM, now); err != nil {
		return nil, err
	}
	if len(cas) == 0 {
		return nil, fault.New(fault.Invalid, "There is no certificate in this text", "Paste the new CA's certificate in PEM.").In("ca")
	}
	ca := cas[0]
	if certsvc.Fingerprint(ca) == r.Old.CAFingerprint {
		return nil, fault.New(fault.Invalid, "This is the CA that you are replacing", "Paste the new one, or replace only the client certificate.").In("ca")
	}
	return []Fact{r.fact(FactReplaceCA, ReplaceCAData{ID: r.ID, Lane: lane, PEM: string(caPEM), Fingerprint: certsvc.Fingerprint(ca),
		Subject: certsvc.SubjectOf(ca), NotAfter: ca.NotAfter.UTC()})}, nil
}

// Combined is the bundle with the new CA beside the old ones. Errors are those of certsvc.AddToBundle.
func (r *Replacement) Combined(current []byte, now time.Time) (certsvc.BundleChange, error) {
	if r.NewCA == nil || r.What != ReplaceCA {
		return certsvc.BundleChange{}, noNewCA()
	}
	return certsvc.AddToBundle(current, []byte(r.NewCA.PEM), now)
}

func noNewCA() error {
	return fault.New(fault.Conflict, "There is no new CA yet", "Create it first: step 1 of the replacement.")
}

// Without is the bundle without the old CA. Errors are those of certsvc.RemoveFromBundle.
func (r *Replacement) Without(current []byte, now time.Time) (certsvc.BundleChange, error) {
	return certsvc.RemoveFromBundle(current, []string{r.Old.CAFingerprint}, now)
}

// Combine is the bundle that holds both CAs, unless one that would be dropped is still used: then a Conflict
// fault names by whom.
func (r *Replacement) Combine(ns cloud.Namespace, c cloud.Callers, window time.Duration, now time.Time) ([]byte, error) {
	change, err := r.Combined([]byte(ns.BundlePEM), now)
	if err != nil {
		return nil, err
	}
	if held := r.Held(c, drops(change), window); len(held) > 0 {
		return nil, InUse(held, c.At, window)
	}
	return change.PEM, nil
}

// SeeBundle records that both CAs are in a namespace. A Conflict fault when one is not.
func (v View) SeeBundle(ns cloud.Namespace) ([]Fact, error) {
	r := v.Replacement()
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	cas := ns.Fingerprints()
	switch {
	case r.NewCA == nil || r.What != ReplaceCA:
		return nil, noNewCA()
	case !slices.Contains(cas, r.NewCA.Fingerprint):
		return nil, fault.New(fault.Conflict, "The namespace does not have the new CA yet", "Save the bundle with both CAs, then check again.")
	case !slices.Contains(cas, r.Old.CAFingerprint):
		return nil, fault.New(fault.Conflict, "The old CA is no longer in the namespace", "Save the bundle with both CAs: workers that present the old client certificate are refused now.")
	case r.Beside != nil:
		return nil, nil
	}
	return []Fact{r.fact(FactReplaceBundle, ReplaceSeenData{ID: r.ID, CAs: cas})}, nil
}

// CanTakeLeaf says why a new client certificate cannot be recorded now, nil when it can.
func (r *Replacement) CanTakeLeaf() error {
	if err := r.GoesOn(); err != nil {
		return err
	}
	switch {
	case !r.Reached(GateLeaf):
		return noNewCA()
	case r.New != nil:
		return fault.New(fault.Conflict, "The new client certificate already exists", "Roll that step back, then create another.")
	}
	return nil
}

// SetNewLeaf records the client certificate under the new CA (for the short path under the old one).
func (v View) SetNewLeaf(d CertificateData) ([]Fact, error) {
	if strings.Contains(d.CAPEM, "PRIVATE KEY") || strings.Contains(d.LeafPEM, "PRIVATE KEY") {
		return nil, fault.New(fault.Invalid, "A private key is among the certificates", "Paste certificates only. Nothing was stored.").In("leaf")
	}
	d.CANotAfter, d.LeafNotAfter = d.CANotAfter.UTC().Round(0), d.LeafNotAfter.UTC().Round(0)
	r := v.Replacement()
	if err := r.CanTakeLeaf(); err != nil {
		return nil, err
	}
	switch {
	case d.CAFingerprint != r.NewCA.Fingerprint:
		return nil, fault.New(fault.Invalid, "The new CA did not sign this client certificate", "Have it signed by "+r.NewCA.Subject+".").In("leaf")
	case d.LeafFingerprint == r.Old.LeafFingerprint:
		return nil, fault.New(fault.Invalid, "This is the client certificate that you are replacing", "Paste the new one.").In("leaf")
	}
	return []Fact{r.fact(FactReplaceLeaf, ReplaceLeafData{r.ID, d})}, nil
}

// maxIdentities bounds what one look at a task queue keeps, and maxQueue the name of the queue in bytes.
const (
	maxIdentities = 50
	maxQueue      = 512
)

// SeePollers records who polls a task queue: the first look after the new leaf is who was there before the
// workers were restarted, each later one who is there after.
func (v View) SeePollers(queue string, identities []string) ([]Fact, error) {
	identities = slices.Compact(slices.Sorted(slices.Values(identities)))
	if len(identities) > maxIdentities {
		identities = identities[:maxIdentities]
	}
	r := v.Replacement()
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	if r.New == nil {
		return nil, fault.New(fault.Conflict, "There is no new client certificate yet", "Create it first, under the new CA.")
	}
	last := r.Before
	if r.After != nil {
		last = r.After
	}
	if last != nil && last.TaskQueue == queue && slices.Equal(last.Identities, identities) {
		return nil, nil
	}
	return []Fact{r.fact(FactReplacePollers, ReplacePollersData{r.ID, strings.ToValidUTF8(queue[:min(len(queue), maxQueue)], "\uFFFD"), identities})}, nil
}

// NoteWorkers records a person's word that every worker has the new certificate, where that cannot be
// observed. A Conflict fault where it is observed.
func (v View) NoteWorkers(why string) ([]Fact, error) {
	why = strings.TrimSpace(why)
	if err := checkWhy(why, "Say how you know that every worker and starter has the new certificate."); err != nil {
		return nil, err
	}
	r := v.Replacement()
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	switch {
	case v.Migration.Mode.Can().Callers:
		return nil, fault.New(fault.Conflict, "A rehearsal does not need this confirmation", "The rehearsal cloud sees every certificate: remove the old CA once no old certificate is in use.").In("why")
	case !r.Reached(GateWorkers):
		return nil, fault.New(fault.Conflict, "Both client certificates have not been checked yet", "Check both first.").In("why")
	}
	return []Fact{r.fact(FactReplaceNoted, ReplaceNoteData{r.ID, why})}, nil
}

// Remove is the bundle without the old CA (for the short path as it is) and what was seen of its callers, unless
// a certificate that depends on it is still seen: then a Conflict fault names who uses it and when.
func (r *Replacement) Remove(ns cloud.Namespace, c cloud.Callers, window time.Duration, now time.Time) ([]byte, ReplaceSeenData, error) {
	seen := ReplaceSeenData{ID: r.ID}
	keep := []byte(ns.BundlePEM)
	var dropped []string
	cas := ns.Fingerprints()
	if r.What == ReplaceCA && !slices.Contains(cas, r.NewCA.Fingerprint) {
		return nil, seen, fault.New(fault.Conflict, "The new CA is no longer in the namespace", "Save the bundle with both CAs, then check again.")
	}
	if r.What == ReplaceCA && slices.Contains(cas, r.Old.CAFingerprint) {
		change, err := r.Without(keep, now)
		if err != nil {
			return nil, seen, err
		}
		keep, dropped = change.PEM, drops(change)
	}
	if err := r.free(c, dropped, window); err != nil {
		return nil, seen, err
	}
	for _, x := range c.List {
		switch {
		case x.Own:
		case x.Leaf == r.New.LeafFingerprint && x.Calls > 0:
			seen.OnNew++
		case (x.Leaf == r.Old.LeafFingerprint || slices.Contains(dropped, x.CA)) && x.Last.After(seen.LastOld):
			seen.LastOld = x.Last.UTC()
		}
	}
	return keep, seen, nil
}

// RemovedElsewhere says why a replacement whose CA a person removes in Temporal Cloud has not ended, nil when it
// has: a check with the old leaf was refused since the note, and one with the new leaf passed after that.
func (v View) RemovedElsewhere() error {
	r := v.Replacement()
	if err := r.CanRemove(); err != nil {
		return err
	}
	switch {
	case v.Migration.Mode.Can().Callers:
		return fault.New(fault.Conflict, "A rehearsal removes the CA itself", "Use its button.")
	case r.Noted == "":
		return fault.New(fault.Conflict, "Nobody has confirmed that every worker has the new certificate", "Confirm it with a reason first.")
	case r.What == ReplaceLeaf:
	case r.OldRefused == nil || r.OldRefused.At.Before(r.NotedAt):
		return fault.New(fault.Conflict, "Onramp has not seen that the old CA is gone", "Remove it in Temporal Cloud, then run a check with the old certificate: it must be refused.")
	case !r.NewPassed.At.After(r.OldRefused.At):
		return fault.New(fault.Conflict, "The new certificate has not been checked since", "Run a check with the new certificate once more.")
	}
	return nil
}

// Removed makes the new certificate that of the migration and records the end.
func (v View) Removed(seen ReplaceSeenData) ([]Fact, error) {
	r := v.Replacement()
	if err := r.CanRemove(); err != nil {
		return nil, err
	}
	facts, err := v.SetCertificate(*r.New)
	if err != nil {
		return nil, err
	}
	seen.ID = r.ID
	return append(facts, r.fact(FactReplaceRemoved, seen)), nil
}

// CanRemove says why the old one cannot be removed yet, whoever uses it.
func (r *Replacement) CanRemove() error {
	if err := r.GoesOn(); err != nil {
		return err
	}
	if r.Reached(GateWorkers) {
		return nil
	}
	return fault.New(fault.Conflict, "Both client certificates have not been checked yet", "Check both first.")
}

// Back rolls a replacement back to before a gate. What it does:
//
//	ca       the new CA leaves the namespace (where Onramp can save its bundle: Restores), and the replacement ends
//	leaf     the new client certificate is forgotten here; it is valid as long as its CA is in the namespace
//	proof    both checks have to pass again; a check changes nothing
//	workers  the note is taken back, or the old CA is put back beside the new one
func (v View) Back(gate string) ([]Fact, error) {
	r := v.Replacement()
	if r == nil || r.Undone || r.Overtaken || !r.Ended.IsZero() && gate != GateWorkers {
		return nil, fault.New(fault.Conflict, "There is nothing to roll back", "Start a replacement first.")
	}
	if !oneOf(gate, []string{GateCA, GateLeaf, GateProof, GateWorkers}) {
		return nil, fault.New(fault.Invalid, "There is no such step", "Choose one of the steps.").In("gate")
	}
	facts := []Fact{r.fact(FactReplaceBack, ReplaceSeenData{ID: r.ID, Gate: gate})}
	if gate != GateWorkers || r.Removed == nil {
		return facts, nil
	}
	old, err := v.SetCertificate(r.Old)
	return append(facts, old...), err
}

// Restores reports whether rolling a gate back changes the bundle of the namespace.
func (r *Replacement) Restores(gate string) bool {
	return r.can.Bundle && r.What == ReplaceCA && r.NewCA != nil && (gate == GateCA || gate == GateWorkers && r.Removed != nil)
}

// Restored is the bundle as it was before a gate. A Conflict fault when the new CA would leave while a
// certificate under it is still seen.
func (r *Replacement) Restored(gate string, ns cloud.Namespace, c cloud.Callers, window time.Duration, now time.Time) ([]byte, error) {
	var change certsvc.BundleChange
	var err error
	current := []byte(ns.BundlePEM)
	switch {
	case gate == GateWorkers:
		change, err = certsvc.AddToBundle(current, []byte(r.Old.CAPEM), now)
	case slices.Contains(ns.Fingerprints(), r.NewCA.Fingerprint):
		change, err = certsvc.RemoveFromBundle(current, []string{r.NewCA.Fingerprint}, now)
	default:
		return current, nil
	}
	if err != nil {
		return nil, err
	}
	if dropped := drops(change); len(dropped) > 0 {
		if err := r.free(c, dropped, window); err != nil {
			return nil, err
		}
	}
	return change.PEM, nil
}

// free says why CAs cannot go yet: somebody uses them, or may, who was there before the cloud started and has
// not come back yet.
func (r *Replacement) free(c cloud.Callers, dropped []string, window time.Duration) error {
	if held := r.Held(c, dropped, window); len(held) > 0 {
		return InUse(held, c.At, window)
	}
	if young := window - c.At.Sub(c.Since); young > 0 {
		return tooYoung(young)
	}
	return nil
}

// InUse is the fault that names who would be cut off.
func InUse(held []cloud.Caller, at time.Time, window time.Duration) error {
	const shown = 5
	var who []string
	for i, x := range held {
		if i == shown {
			who = append(who, fmt.Sprintf("and %d more", len(held)-shown))
			break
		}
		name := x.Identity
		if name == "" {
			name = "an unnamed program"
		}
		when := "last call " + fault.Left(at.Sub(x.Last)) + " ago"
		if x.Open > 0 {
			when = fmt.Sprintf("connections open: %d", x.Open)
		}
		with := x.LeafSubject + ", " + short(x.Leaf)
		if x.KeyID != "" {
			with = "the API key of ID " + x.KeyID
		}
		who = append(who, fmt.Sprintf("%s with %s (%s)", name, with, when))
	}
	title, other := "A certificate that would be cut off is still in use", "certificate"
	if len(held) > 0 && held[0].KeyID != "" {
		title, other = "An API key that would be cut off is still in use", "API key"
	}
	f := fault.New(fault.Conflict, title, fmt.Sprintf("Give these programs the other %s, wait until they have been gone for %s, then try again.", other, fault.Lasts(window)))
	f.Cause, f.NotWrong, f.Who = strings.Join(who, "; ")+".", "Every caller keeps working.", WhoDeveloper
	return f
}

func tooYoung(left time.Duration) error {
	f := fault.New(fault.Conflict, "The rehearsal cloud has not been running long enough",
		fmt.Sprintf("Try again in %s.", fault.Left(left)))
	f.Cause = "It started a short while ago, and a worker that was there before may not have come back yet."
	f.NotWrong = "Every caller keeps working."
	return f
}
