package migration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
)

// This file moves a replacement on. What changes the namespace's bundle goes through CloudSide.ChangeCAs,
// which looks at the callers in the same moment: no step may cut off a certificate that is still seen.

// replacing records a fact of the replacement that goes on, if next gives one.
func (s *Service) replacing(ctx context.Context, id string, next func(View, *Replacement) (*Fact, error)) (View, error) {
	return s.record(ctx, id, func(v View) (*Fact, error) {
		r := v.Replacement()
		if err := r.goesOn(); err != nil {
			return nil, err
		}
		return next(v, r)
	})
}

func (r *Replacement) goesOn() error {
	switch {
	case r == nil || !r.Ended.IsZero():
		return fault.New(fault.Conflict, "No replacement goes on", "Start one first.")
	case r.Overtaken:
		f := fault.New(fault.Conflict, "The migration has other certificates now", "Start a new replacement.")
		f.Cause = "They were changed on the page of step 2 after this replacement began."
		return f
	}
	return nil
}

func (r *Replacement) fact(kind string, data any) *Fact {
	f := newFact(kind, hash("replace", r.ID), data)
	return &f
}

// StartReplacement begins to replace the CA (ReplaceCA) or the leaf alone (ReplaceLeaf). A Conflict fault
// without namespace or certificate, and while another one goes on.
func (s *Service) StartReplacement(ctx context.Context, id, what string) (View, error) {
	if what != ReplaceCA && what != ReplaceLeaf {
		return View{}, fault.New(fault.Invalid, "This cannot be replaced", "Choose the CA, or the client certificate alone.").In("what")
	}
	return s.record(ctx, id, func(v View) (*Fact, error) {
		switch {
		case v.Migration.Auth == AuthAPIKey:
			return nil, fault.New(fault.Conflict, "There is no certificate to replace", "Workers of this migration sign in with an API key.")
		case v.Namespace == nil || v.Certificate == nil:
			return nil, fault.New(fault.Conflict, "There is nothing to replace yet", "Choose the namespace and create certificates first: steps 1 and 2.")
		case v.Replacement().Open():
			return nil, fault.New(fault.Conflict, "A replacement goes on already", "Finish it, or roll it back.")
		}
		r := &Replacement{ID: newID()[:12]}
		return r.fact(FactReplaceStarted, ReplaceData{ID: r.ID, What: what, Old: *v.Certificate}), nil
	})
}

// SetNewCA records the CA that comes: a public certificate that a namespace would take beside the old one.
// current is the namespace's bundle where it can be seen, else what is known of it. Errors are those of
// certsvc.AddToBundle, of field ca.
func (s *Service) SetNewCA(ctx context.Context, id, lane string, caPEM, current []byte) (View, error) {
	return s.replacing(ctx, id, func(_ View, r *Replacement) (*Fact, error) {
		if r.NewCA != nil {
			return nil, fault.New(fault.Conflict, "The new CA is there already", "Roll the replacement back to choose another.")
		}
		cas, _ := certsvc.LintBundle(caPEM, s.now())
		if _, err := certsvc.AddToBundle(current, caPEM, s.now()); err != nil {
			return nil, err
		}
		if len(cas) == 0 {
			return nil, fault.New(fault.Invalid, "There is no certificate in this", "Give the new CA's certificate in PEM.").In("ca")
		}
		ca := cas[0]
		if certsvc.Fingerprint(ca) == r.Old.CAFingerprint {
			return nil, fault.New(fault.Invalid, "This is the CA that is to be replaced", "Give the new one, or replace the client certificate alone.").In("ca")
		}
		return r.fact(FactReplaceCA, ReplaceCAData{ID: r.ID, Lane: lane, PEM: string(caPEM), Fingerprint: certsvc.Fingerprint(ca),
			Subject: certsvc.SubjectOf(ca), NotAfter: ca.NotAfter.UTC()}), nil
	})
}

// Combined is the bundle with the new CA beside the old ones. Errors are those of certsvc.AddToBundle.
func (r *Replacement) Combined(current []byte, now time.Time) (certsvc.BundleChange, error) {
	if r.NewCA == nil || r.What != ReplaceCA {
		return certsvc.BundleChange{}, fault.New(fault.Conflict, "There is no new CA yet", "Make it first: gate 1.")
	}
	return certsvc.AddToBundle(current, []byte(r.NewCA.PEM), now)
}

// Without is the bundle without the old CA. Errors are those of certsvc.RemoveFromBundle.
func (r *Replacement) Without(current []byte, now time.Time) (certsvc.BundleChange, error) {
	return certsvc.RemoveFromBundle(current, []string{r.Old.CAFingerprint}, now)
}

// SaveCombined saves the bundle with both CAs on the Cloud side of a rehearsal, and records that it was seen
// there.
func (s *Service) SaveCombined(ctx context.Context, id string, cloud CloudSide, window time.Duration) (View, error) {
	v, r, ns, err := s.rehearsed(ctx, id)
	if err == nil {
		err = r.goesOn()
	}
	if err != nil {
		return View{}, err
	}
	_, err = cloud.ChangeCAs(ctx, ns, func(now CloudNamespace, c Callers) ([]byte, error) {
		change, err := r.Combined([]byte(now.BundlePEM), s.now())
		if err != nil {
			return nil, err
		}
		if held := r.Held(c, drops(change), window); len(held) > 0 {
			return nil, inUse(held, c.At, window)
		}
		return change.PEM, nil
	})
	if err != nil {
		return v, err
	}
	return s.SeeBundle(ctx, id, cloud)
}

// SeeBundle looks at the bundle of a rehearsal's namespace and records that both CAs are in it. A Conflict
// fault when one is not.
func (s *Service) SeeBundle(ctx context.Context, id string, cloud CloudSide) (View, error) {
	_, _, ns, err := s.rehearsed(ctx, id)
	if err != nil {
		return View{}, err
	}
	now, err := cloud.Namespace(ctx, ns)
	if err != nil {
		return View{}, err
	}
	return s.replacing(ctx, id, func(_ View, r *Replacement) (*Fact, error) {
		cas := fingerprints(now.CAs)
		switch {
		case r.NewCA == nil || r.What != ReplaceCA:
			return nil, fault.New(fault.Conflict, "There is no new CA yet", "Make it first: gate 1.")
		case !slices.Contains(cas, r.NewCA.Fingerprint):
			return nil, fault.New(fault.Conflict, "The namespace does not have the new CA yet", "Save the bundle with both CAs, then look again.")
		case !slices.Contains(cas, r.Old.CAFingerprint):
			return nil, fault.New(fault.Conflict, "The old CA is not in the namespace any more", "Save the bundle with both CAs: workers that present the old client certificate are refused now.")
		case r.Beside != nil:
			return nil, nil
		}
		return r.fact(FactReplaceBundle, ReplaceSeenData{ID: r.ID, CAs: cas}), nil
	})
}

// SetNewLeaf records the client certificate under the new CA (for the short path under the old one).
func (s *Service) SetNewLeaf(ctx context.Context, id string, d CertificateData) (View, error) {
	if strings.Contains(d.CAPEM, "PRIVATE KEY") || strings.Contains(d.LeafPEM, "PRIVATE KEY") {
		return View{}, fault.New(fault.Invalid, "A private key is among the certificates", "Give certificates only. Nothing was stored.").In("leaf")
	}
	d.CANotAfter, d.LeafNotAfter = d.CANotAfter.UTC().Round(0), d.LeafNotAfter.UTC().Round(0)
	return s.replacing(ctx, id, func(_ View, r *Replacement) (*Fact, error) {
		switch {
		case !r.Reached(GateLeaf):
			return nil, fault.New(fault.Conflict, "There is no new CA yet", "Make it first: gate 1.")
		case r.New != nil:
			return nil, fault.New(fault.Conflict, "The new client certificate is there already", "Roll gate 2 back to make another.")
		case d.CAFingerprint != r.NewCA.Fingerprint:
			return nil, fault.New(fault.Invalid, "This client certificate is not of the new CA", "Have it signed by "+r.NewCA.Subject+".").In("leaf")
		case d.LeafFingerprint == r.Old.LeafFingerprint:
			return nil, fault.New(fault.Invalid, "This is the client certificate that is to be replaced", "Give the new one.").In("leaf")
		}
		return r.fact(FactReplaceLeaf, ReplaceLeafData{r.ID, d}), nil
	})
}

// maxIdentities bounds what one look at a task queue keeps.
const maxIdentities = 50

// SeePollers records who polls a task queue: the first look after the new leaf is who was there before the
// workers were restarted, each later one who is there after.
func (s *Service) SeePollers(ctx context.Context, id, queue string, identities []string) (View, error) {
	identities = slices.Compact(slices.Sorted(slices.Values(identities)))
	if len(identities) > maxIdentities {
		identities = identities[:maxIdentities]
	}
	return s.replacing(ctx, id, func(_ View, r *Replacement) (*Fact, error) {
		if r.New == nil {
			return nil, fault.New(fault.Conflict, "There is no new client certificate yet", "Make it first: gate 2.")
		}
		last := r.Before
		if r.After != nil {
			last = r.After
		}
		if last != nil && last.TaskQueue == queue && slices.Equal(last.Identities, identities) {
			return nil, nil
		}
		return r.fact(FactReplacePollers, ReplacePollersData{r.ID, clip(queue), identities}), nil
	})
}

// NoteWorkers records a person's word that every worker has the new certificate, where that cannot be
// observed. A Conflict fault in a rehearsal: there it is observed.
func (s *Service) NoteWorkers(ctx context.Context, id, why, by string) (View, error) {
	why = strings.TrimSpace(why)
	switch {
	case why == "":
		return View{}, fault.New(fault.Invalid, "The reason is missing", "Say how you know that every worker and starter has the new certificate.").In("why")
	case utf8.RuneCountInString(why) > MaxWhy:
		return View{}, fault.New(fault.Invalid, "The reason is too long", "Use at most 500 characters.").In("why")
	case !utf8.ValidString(why) || strings.Contains(why, "PRIVATE KEY"):
		return View{}, fault.New(fault.Invalid, "The reason is not a sentence", "Say how you know it, without keys or binary text.").In("why")
	}
	return s.replacing(ctx, id, func(v View, r *Replacement) (*Fact, error) {
		switch {
		case v.Migration.Mode == Rehearsal:
			return nil, fault.New(fault.Conflict, "A rehearsal needs no word for it", "The rehearsal cloud sees every certificate: remove the old CA when none is seen.").In("why")
		case !r.Reached(GateWorkers):
			return nil, fault.New(fault.Conflict, "Both certificates are not proven yet", "Run both checks first: gate 3.").In("why")
		}
		f := r.fact(FactReplaceNoted, ReplaceNoteData{r.ID, why})
		f.By = by
		return f, nil
	})
}

// RemoveOld takes the old CA out of a rehearsal's namespace, or ends the short path, unless a certificate
// that depends on it is still seen: then a Conflict fault names who uses it and when. The new certificate
// becomes that of the migration.
func (s *Service) RemoveOld(ctx context.Context, id string, cloud CloudSide, window time.Duration) (View, error) {
	v, r, ns, err := s.rehearsed(ctx, id)
	if err != nil {
		return View{}, err
	}
	if err := r.canRemove(); err != nil {
		return v, err
	}
	seen := ReplaceSeenData{ID: r.ID}
	after, err := cloud.ChangeCAs(ctx, ns, func(now CloudNamespace, c Callers) ([]byte, error) {
		keep := []byte(now.BundlePEM)
		var dropped []string
		cas := fingerprints(now.CAs)
		if r.What == ReplaceCA && !slices.Contains(cas, r.NewCA.Fingerprint) {
			return nil, fault.New(fault.Conflict, "The new CA is not in the namespace any more", "Save the bundle with both CAs, then look again.")
		}
		if r.What == ReplaceCA && slices.Contains(cas, r.Old.CAFingerprint) {
			change, err := r.Without(keep, s.now())
			if err != nil {
				return nil, err
			}
			keep, dropped = change.PEM, drops(change)
		}
		if err := r.free(c, dropped, window); err != nil {
			return nil, err
		}
		for _, x := range c.List {
			switch {
			case x.Leaf == r.New.LeafFingerprint && x.Calls > 0:
				seen.OnNew++
			case (x.Leaf == r.Old.LeafFingerprint || slices.Contains(dropped, x.CA)) && x.Last.After(seen.LastOld):
				seen.LastOld = x.Last.UTC()
			}
		}
		return keep, nil
	})
	if err != nil {
		return v, err
	}
	seen.CAs = fingerprints(after.CAs)
	return s.removed(ctx, id, seen)
}

// RemovedElsewhere ends a replacement in Temporal Cloud, where a person removes the CA: a check with the old
// leaf was refused since the note, and one with the new leaf passed after that.
func (s *Service) RemovedElsewhere(ctx context.Context, id string) (View, error) {
	v, err := s.View(ctx, id)
	if err != nil {
		return View{}, err
	}
	r := v.Replacement()
	if err := r.canRemove(); err != nil {
		return v, err
	}
	switch {
	case v.Migration.Mode != Cloud:
		return v, fault.New(fault.Conflict, "A rehearsal removes the CA itself", "Use its button.")
	case r.Noted == "":
		return v, fault.New(fault.Conflict, "Nobody has said that every worker has the new certificate", "Note it with a reason first.")
	case r.What == ReplaceLeaf:
	case r.OldRefused == nil || r.OldRefused.At.Before(r.NotedAt):
		return v, fault.New(fault.Conflict, "The old CA is not seen to be gone", "Remove it in Temporal Cloud, then run the check with the old certificate: it must be refused.")
	case !r.NewPassed.At.After(r.OldRefused.At):
		return v, fault.New(fault.Conflict, "The new certificate has not been checked since", "Run the check with the new certificate once more.")
	}
	return s.removed(ctx, id, ReplaceSeenData{ID: r.ID})
}

// removed makes the new certificate that of the migration and records the end, in this order: cut short in
// between, the same request does the rest.
func (s *Service) removed(ctx context.Context, id string, seen ReplaceSeenData) (View, error) {
	v, err := s.View(ctx, id)
	if err != nil {
		return View{}, err
	}
	r := v.Replacement()
	if err := r.canRemove(); err != nil {
		return v, err
	}
	if _, err := s.SetCertificate(ctx, id, *r.New); err != nil {
		return v, err
	}
	return s.replacing(ctx, id, func(_ View, r *Replacement) (*Fact, error) { return r.fact(FactReplaceRemoved, seen), nil })
}

// canRemove says why the old one cannot be removed yet, whoever uses it.
func (r *Replacement) canRemove() error {
	if err := r.goesOn(); err != nil {
		return err
	}
	if r.Reached(GateWorkers) {
		return nil
	}
	return fault.New(fault.Conflict, "Both certificates are not proven yet", "Run both checks first: gate 3.")
}

// Back rolls a replacement back to before a gate. What it does:
//
//	ca       the new CA leaves the namespace (in a rehearsal), and the replacement ends
//	leaf     the new client certificate is forgotten here; it is valid as long as its CA is in the namespace
//	proof    both checks have to pass again; a check changes nothing
//	workers  the note is taken back, or the old CA is put back beside the new one
//
// A Conflict fault when the new CA would leave while a certificate under it is still seen.
func (s *Service) Back(ctx context.Context, id, gate string, cloud CloudSide, window time.Duration) (View, error) {
	v, err := s.View(ctx, id)
	if err != nil {
		return View{}, err
	}
	r := v.Replacement()
	if r == nil || r.Undone || r.Overtaken || !r.Ended.IsZero() && gate != GateWorkers {
		return v, fault.New(fault.Conflict, "There is nothing to roll back", "Start a replacement first.")
	}
	if !oneOf(gate, []string{GateCA, GateLeaf, GateProof, GateWorkers}) {
		return v, fault.New(fault.Invalid, "There is no such gate", "Choose one of the gates.").In("gate")
	}
	if v.Migration.Mode == Rehearsal && r.What == ReplaceCA && r.NewCA != nil && (gate == GateCA || gate == GateWorkers && r.Removed != nil) {
		if err := s.restore(ctx, id, r, gate, cloud, window); err != nil {
			return v, err
		}
	}
	v, err = s.record(ctx, id, func(View) (*Fact, error) { return r.fact(FactReplaceBack, ReplaceSeenData{ID: r.ID, Gate: gate}), nil })
	if err != nil || gate != GateWorkers || r.Removed == nil {
		return v, err
	}
	return s.SetCertificate(ctx, id, r.Old)
}

// restore makes the bundle what it was before a gate.
func (s *Service) restore(ctx context.Context, id string, r *Replacement, gate string, cloud CloudSide, window time.Duration) error {
	_, _, ns, err := s.rehearsed(ctx, id)
	if err != nil {
		return err
	}
	_, err = cloud.ChangeCAs(ctx, ns, func(now CloudNamespace, c Callers) ([]byte, error) {
		var change certsvc.BundleChange
		var err error
		current := []byte(now.BundlePEM)
		switch {
		case gate == GateWorkers:
			change, err = certsvc.AddToBundle(current, []byte(r.Old.CAPEM), s.now())
		case slices.Contains(fingerprints(now.CAs), r.NewCA.Fingerprint):
			change, err = certsvc.RemoveFromBundle(current, []string{r.NewCA.Fingerprint}, s.now())
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
	})
	return err
}

// rehearsed is a replacement whose namespace the rehearsal cloud has.
func (s *Service) rehearsed(ctx context.Context, id string) (View, *Replacement, namespace.ID, error) {
	v, err := s.View(ctx, id)
	if err != nil {
		return View{}, nil, namespace.ID{}, err
	}
	if v.Migration.Mode != Rehearsal || v.Namespace == nil {
		return v, nil, namespace.ID{}, fault.New(fault.Conflict, "Onramp cannot change a namespace of Temporal Cloud", "Do it there, or have a Namespace Admin do it.")
	}
	ns, _, err := namespace.ParseID(v.Namespace.Namespace)
	return v, v.Replacement(), ns, err
}

// free says why CAs cannot go yet: somebody uses them, or may, who was there before the cloud started and has
// not come back yet.
func (r *Replacement) free(c Callers, dropped []string, window time.Duration) error {
	if held := r.Held(c, dropped, window); len(held) > 0 {
		return inUse(held, c.At, window)
	}
	if young := window - c.At.Sub(c.Since); young > 0 {
		return tooYoung(young)
	}
	return nil
}

// inUse is the fault that names who would be cut off.
func inUse(held []Caller, at time.Time, window time.Duration) error {
	const shown = 5
	var who []string
	for i, x := range held {
		if i == shown {
			who = append(who, fmt.Sprintf("and %d more", len(held)-shown))
			break
		}
		name := x.Identity
		if name == "" {
			name = "a program that has not named itself"
		}
		when := "last call " + at.Sub(x.Last).Round(time.Second).String() + " ago"
		if x.Open > 0 {
			when = fmt.Sprintf("connections open: %d", x.Open)
		}
		who = append(who, fmt.Sprintf("%s with %s, %s (%s)", name, x.LeafSubject, short(x.Leaf), when))
	}
	f := fault.New(fault.Conflict, "A certificate that would be cut off is still seen",
		fmt.Sprintf("Give these programs the other certificate, wait until they have been gone for %s, then try again.", window))
	f.Cause, f.NotWrong, f.Who = strings.Join(who, "; ")+".", "Nothing was changed; every caller goes on.", WhoDeveloper
	return f
}

func tooYoung(left time.Duration) error {
	f := fault.New(fault.Conflict, "The rehearsal cloud has not watched for long enough",
		fmt.Sprintf("Try again in %s.", max(left.Round(time.Second), time.Second)))
	f.Cause = "It started a short while ago, and a worker that was there before may not have come back yet."
	f.NotWrong = "Nothing was changed; every caller goes on."
	return f
}
