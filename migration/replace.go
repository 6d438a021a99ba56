package migration

import (
	"slices"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
)

// This file derives a replacement of a CA, or of the client certificate alone, from its facts. As everything
// in this room it is pure: what was observed says where it stands, so it survives a restart and another
// browser.

// What a replacement replaces.
const (
	ReplaceCA   = "ca"   // the CA, and the client certificate under it
	ReplaceLeaf = "leaf" // the client certificate; its CA stays
	ReplaceKey  = "key"  // the API key that workers sign in with (Rotation)
	ReplaceAuth = "auth" // the sign-in method (Switch)
)

// The gates of a replacement, in order. Replacing the leaf alone begins at the second.
const (
	GateCA      = "ca"      // the new CA stands beside the old one
	GateLeaf    = "leaf"    // there is a client certificate under it
	GateProof   = "proof"   // both client certificates pass a check
	GateWorkers = "workers" // nobody uses the old one any more, and it is removed
)

// Fact kinds of a replacement. Their InputHash is that of its id.
const (
	FactReplaceStarted = "replace.started"
	FactReplaceCA      = "replace.ca"      // the new CA was made or given
	FactReplaceBundle  = "replace.bundle"  // it was seen in the namespace beside the old one
	FactReplaceLeaf    = "replace.leaf"    // the new client certificate was made or given
	FactReplacePollers = "replace.pollers" // who polls, looked at on the way
	FactReplaceNoted   = "replace.noted"   // a person says that every worker has the new one
	FactReplaceRemoved = "replace.removed" // the old one is out
	FactReplaceBack    = "replace.back"    // a gate was rolled back, with those after it
	FactLeafRefused    = "leaf.refused"    // a check with one of its leaves was refused: the namespace does not trust its CA
)

// ReplaceData is the data of FactReplaceStarted. The other facts of a replacement carry its ID.
type ReplaceData struct {
	ID   string          `json:"replacement"`
	What string          `json:"what"` // ReplaceCA or ReplaceLeaf
	Old  CertificateData `json:"old"`
}

// ReplaceCAData is the data of FactReplaceCA.
type ReplaceCAData struct {
	ID          string    `json:"replacement"`
	Lane        string    `json:"lane"` // server or import
	PEM         string    `json:"ca_pem"`
	Fingerprint string    `json:"ca_sha256"`
	Subject     string    `json:"ca_subject"`
	NotAfter    time.Time `json:"ca_not_after"`
}

// ReplaceLeafData is the data of FactReplaceLeaf.
type ReplaceLeafData struct {
	ID  string          `json:"replacement"`
	New CertificateData `json:"new"`
}

// ReplaceSeenData is the data of FactReplaceBundle, FactReplaceRemoved and FactReplaceBack.
type ReplaceSeenData struct {
	ID   string   `json:"replacement"`
	Gate string   `json:"gate,omitempty"` // of FactReplaceBack
	CAs  []string `json:"cas,omitempty"`  // SHA-256 of those in the bundle
	// Of FactReplaceRemoved: when a client certificate of the old side was last seen (zero: never since the
	// rehearsal cloud started), and how many programs used the new one.
	LastOld time.Time `json:"last_old,omitzero"`
	OnNew   int       `json:"on_new,omitempty"`
}

// ReplacePollersData is the data of FactReplacePollers.
type ReplacePollersData struct {
	ID         string   `json:"replacement"`
	TaskQueue  string   `json:"task_queue"`
	Identities []string `json:"identities"`
}

// ReplaceNoteData is the data of FactReplaceNoted.
type ReplaceNoteData struct {
	ID  string `json:"replacement"`
	Why string `json:"why"`
}

// LeafRefusedData is the data of FactLeafRefused.
type LeafRefusedData struct {
	Leaf      string `json:"leaf_sha256"`
	Run       string `json:"run"`
	RunNumber int    `json:"run_number,omitempty"`
}

// Proof is a check that ended with one client certificate.
type Proof struct {
	Run    string
	Number int
	At     time.Time
}

// Looked is who polled a task queue at some moment.
type Looked struct {
	TaskQueue  string
	Identities []string
	At         time.Time
}

// Replacement is a replacement as its facts tell it. Nil pointers are what has not been observed.
type Replacement struct {
	ID      string
	What    string // ReplaceCA or ReplaceLeaf
	Started time.Time
	Old     CertificateData
	NewCA   *ReplaceCAData
	Beside  *time.Time // since when both CAs are in the bundle
	New     *CertificateData

	OldPassed, NewPassed   *Proof // the last check with that leaf passed
	OldRefused, NewRefused *Proof // the last check with that leaf was refused
	Before, After          *Looked
	Noted                  string // the reason of a person's note; "" for none
	NotedAt                time.Time

	Removed *ReplaceSeenData // the old one is out: it is done
	Ended   time.Time        // when it was done, or rolled back
	Undone  bool             // rolled back as a whole
	// Overtaken: the migration has got other certificates meanwhile, so this replacement is about nothing.
	Overtaken bool

	can cloud.Abilities
}

// Replacement returns the newest replacement of the migration, nil when there never was one.
func (v View) Replacement() *Replacement {
	return deriveReplacement(v.Migration.Mode.Can(), v.Facts)
}

// Open reports whether it goes on.
func (r *Replacement) Open() bool { return r != nil && r.Ended.IsZero() && !r.Overtaken }

// Passed reports whether a gate is behind it.
func (r *Replacement) Passed(gate string) bool {
	switch gate {
	case GateCA:
		// Cloud shows its bundle to no client: there a leaf that passes shows that its CA is in.
		return r.What == ReplaceLeaf || r.Beside != nil || !r.can.Bundle && r.NewPassed != nil
	case GateLeaf:
		return r.New != nil
	case GateProof:
		return r.Passed(GateCA) && r.Passed(GateLeaf) && r.OldPassed != nil && r.NewPassed != nil
	}
	return r.Removed != nil
}

// Reached reports whether a gate can be worked on now.
func (r *Replacement) Reached(gate string) bool {
	switch gate {
	case GateCA:
		return r.What == ReplaceCA
	case GateLeaf:
		return r.NewCA != nil
	case GateProof:
		return r.New != nil && (r.Passed(GateCA) || !r.can.Bundle)
	}
	return r.Passed(GateProof)
}

// Gates are its gates in order: replacing the leaf alone has no new CA.
func (r *Replacement) Gates() []string {
	gates := []string{GateCA, GateLeaf, GateProof, GateWorkers}
	if r.What == ReplaceLeaf {
		return gates[1:]
	}
	return gates
}

// Now is the gate that is worked on: the first that is not behind it. Where the bundle cannot be seen, somebody else adds
// the new CA meanwhile, and the work goes on once there is a client certificate under it.
func (r *Replacement) Now() string {
	for _, gate := range r.Gates() {
		if !r.Passed(gate) && (gate != GateCA || r.can.Bundle || r.New == nil) {
			return gate
		}
	}
	return GateWorkers
}

// Held returns the callers that a change of the bundle would cut off, or for the short path those that still
// use the old leaf: a connection of theirs is open, or their last call is younger than window. Onramp's own calls are
// left out: it looks and checks, and needs no certificate to go on. dropped are the fingerprints of the CAs that go.
func (r *Replacement) Held(c cloud.Callers, dropped []string, window time.Duration) []cloud.Caller {
	return held(c, window, func(x cloud.Caller) bool {
		if r.What == ReplaceLeaf {
			return x.Leaf == r.Old.LeafFingerprint
		}
		return slices.Contains(dropped, x.CA)
	})
}

// HeldBy are the callers that are seen, within window, with a client certificate under one of some CA certificates.
func HeldBy(c cloud.Callers, cas []string, window time.Duration) []cloud.Caller {
	return held(c, window, func(x cloud.Caller) bool { return slices.Contains(cas, x.CA) })
}

func held(c cloud.Callers, window time.Duration, old func(cloud.Caller) bool) []cloud.Caller {
	var out []cloud.Caller
	for _, x := range c.List {
		if !x.Own && old(x) && (x.Open > 0 || !x.Last.IsZero() && c.At.Sub(x.Last) < window) {
			out = append(out, x)
		}
	}
	return out
}

// deriveReplacement reads the facts of the newest replacement, oldest first.
func deriveReplacement(can cloud.Abilities, facts []Fact) *Replacement {
	var r *Replacement
	for _, f := range facts {
		if f.Kind == FactReplaceStarted {
			if d, ok := decode[ReplaceData](f); ok {
				r = &Replacement{ID: d.ID, What: d.What, Started: f.At, Old: d.Old, can: can}
				if d.What == ReplaceLeaf {
					r.NewCA = &ReplaceCAData{PEM: d.Old.CAPEM, Fingerprint: d.Old.CAFingerprint, Subject: d.Old.CASubject, NotAfter: d.Old.CANotAfter}
				}
			}
			continue
		}
		if r != nil {
			r.take(f)
		}
	}
	return r
}

// take lets one later fact count.
func (r *Replacement) take(f Fact) {
	switch f.Kind {
	case FactReplaceCA:
		if d, ok := decode[ReplaceCAData](f); ok && d.ID == r.ID {
			r.NewCA = &d
		}
	case FactReplaceBundle:
		if d, ok := decode[ReplaceSeenData](f); ok && d.ID == r.ID {
			r.Beside = &f.At
		}
	case FactReplaceLeaf:
		if d, ok := decode[ReplaceLeafData](f); ok && d.ID == r.ID {
			r.New, r.NewPassed, r.NewRefused, r.Before, r.After = &d.New, nil, nil, nil, nil
		}
	case FactCheck:
		if d, ok := decode[CheckData](f); ok {
			r.checked(d.Leaf, &Proof{d.Run, d.RunNumber, f.At}, nil)
		}
	case FactLeafRefused:
		if d, ok := decode[LeafRefusedData](f); ok {
			r.checked(d.Leaf, nil, &Proof{d.Run, d.RunNumber, f.At})
		}
	case FactReplacePollers:
		if d, ok := decode[ReplacePollersData](f); ok && d.ID == r.ID {
			looked := &Looked{d.TaskQueue, d.Identities, f.At}
			if r.Before == nil {
				r.Before = looked
			} else {
				r.After = looked
			}
		}
	case FactReplaceNoted:
		if d, ok := decode[ReplaceNoteData](f); ok && d.ID == r.ID {
			r.Noted, r.NotedAt = d.Why, f.At
		}
	case FactReplaceRemoved:
		if d, ok := decode[ReplaceSeenData](f); ok && d.ID == r.ID {
			r.Removed, r.Ended = &d, f.At
		}
	case FactReplaceBack:
		if d, ok := decode[ReplaceSeenData](f); ok && d.ID == r.ID {
			r.back(d.Gate, f.At)
		}
	case FactCertificate:
		if d, ok := decode[CertificateData](f); ok {
			mine := d.LeafFingerprint == r.Old.LeafFingerprint || r.New != nil && d.LeafFingerprint == r.New.LeafFingerprint
			r.Overtaken = !mine
		}
	}
}

// checked takes the end of a check with a leaf. A check with the old leaf proves something only once both
// CAs are there. Once the old CA may be removed, its refusal is what is hoped for and takes no proof back.
func (r *Replacement) checked(leaf string, passed, refused *Proof) {
	switch {
	case leaf == "":
	case leaf == r.Old.LeafFingerprint && (r.Beside != nil || r.What == ReplaceLeaf || !r.can.Bundle && r.New != nil):
		if r.OldRefused = refused; passed != nil || r.Noted == "" && r.Removed == nil {
			r.OldPassed = passed
		}
	case r.New != nil && leaf == r.New.LeafFingerprint:
		if r.NewRefused = refused; passed != nil || r.Removed == nil {
			r.NewPassed = passed
		}
	}
}

// back forgets a gate and those after it.
func (r *Replacement) back(gate string, at time.Time) {
	switch gate {
	case GateCA:
		r.Ended, r.Undone = at, true
	case GateLeaf:
		r.New, r.NewPassed, r.NewRefused, r.Before, r.After, r.Noted = nil, nil, nil, nil, nil, ""
	case GateProof:
		r.OldPassed, r.NewPassed, r.OldRefused, r.NewRefused, r.Noted = nil, nil, nil, nil, ""
	case GateWorkers:
		r.Removed, r.Ended, r.Noted = nil, time.Time{}, ""
	}
}

// drops are the fingerprints of what a change leaves out for good: not of what stood there twice.
func drops(c certsvc.BundleChange) []string {
	out := make([]string, 0, len(c.Dropped))
	for _, d := range c.Dropped {
		if !slices.ContainsFunc(c.Certs, d.Cert.Equal) {
			out = append(out, certsvc.Fingerprint(d.Cert))
		}
	}
	return out
}
