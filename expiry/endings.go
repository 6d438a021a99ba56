// Package expiry is when certificates stop working: the board and the calendar. A client certificate ends at the first end
// in its chain.
package expiry

import (
	"crypto/x509"
	"slices"
	"time"

	"onramp/certsvc"
	"onramp/migration"
)

// Shown is how long an entry stays after another certificate took its place.
const Shown = 30 * 24 * time.Hour

// Ended is the rung of a certificate that has ended.
const Ended = -1

// Rungs is the ladder, in days before the end.
var Rungs = certsvc.Rungs

// Ending is one certificate and when it stops working: a client certificate, or a CA certificate that a namespace holds
// (LaneHeld).
type Ending struct {
	Migration   string // id
	Name        string // of the migration
	Rehearsal   bool
	Client      string // what people call the certificate, "" for the migration's main one
	Certificate string // SHA-256 of the client certificate
	Subject     string
	Lane        string
	Made        time.Time // when Onramp learned of it

	certsvc.Expiry        // At, Days and Rung; Cert is nil when the chain could not be read
	By             string // subject of the certificate that sets At
	Successor      *Successor
	Revision       int // rises whenever something about the entry changed
	Changed        time.Time
}

// LaneHeld is the lane of a CA certificate that the namespace holds, as the control plane showed it; Made is when.
const LaneHeld = "held"

// heldBy are the CA certificates that the migration's namespace holds, as it was last read.
func heldBy(v migration.View, now time.Time) (out []Ending) {
	d, at := migration.AsRead(v)
	if d == nil || v.Migration.UsesKeys() {
		return nil
	}
	for _, ca := range d.Settings.CAs {
		e := Ending{Migration: v.Migration.ID, Name: v.Migration.Name, Rehearsal: v.Migration.Mode == migration.Rehearsal, Client: "CA certificate in " + d.Name,
			Certificate: ca.SHA256, Subject: ca.Subject, Lane: LaneHeld, Made: at, Changed: at, By: ca.Subject}
		e.At, e.IsCA = ca.NotAfter, true
		e.Days, e.Rung = certsvc.Ladder(e.At, now)
		out = append(out, e)
	}
	return out
}

// Successor is the certificate that took the place of another.
type Successor struct {
	Subject     string
	Certificate string
	Since       time.Time
}

// Active reports whether nothing has taken the certificate's place.
func (e Ending) Active() bool { return e.Successor == nil }

// DaysAgo is how many whole days ago it ended, 0 for less than one and before the end.
func (e Ending) DaysAgo() int { return max(-e.Days-1, 0) }

// of are the endings of one migration, in no order, and when the next of them leaves because its time Shown is over;
// zero for never. One whose place was taken stays for the time Shown; one that has ended with nothing in its place
// stays until something takes it.
func of(v migration.View, now time.Time) (all []Ending, until time.Time) {
	all = ofMigration(v, now)
	for _, e := range all {
		if e.Successor == nil {
			continue
		}
		if gone := e.Successor.Since.Add(Shown); until.IsZero() || gone.Before(until) {
			until = gone
		}
	}
	return all, until
}

// SeenAt is the ending with the days left and the rung of a moment.
func (e Ending) SeenAt(now time.Time) Ending {
	e.Days, e.Rung = certsvc.Ladder(e.At, now)
	return e
}

// item is one certificate as a fact told of it. Items with the same slot take each other's place.
type item struct {
	slot string
	data migration.CertificateData
	at   time.Time
}

func ofMigration(v migration.View, now time.Time) []Ending {
	slots := map[string][]item{}
	var order []string
	for _, it := range items(v) {
		if _, ok := slots[it.slot]; !ok {
			order = append(order, it.slot)
		}
		slots[it.slot] = append(slots[it.slot], it)
	}
	out := heldBy(v, now)
	for _, slot := range order {
		out = append(out, ofSlot(v.Migration, slot, slots[slot], now)...)
	}
	return out
}

// ofSlot are the endings of certificates that took each other's place, oldest first.
func ofSlot(m migration.Migration, slot string, all []item, now time.Time) []Ending {
	var out []Ending
	for i, it := range all {
		leaf := it.data.LeafFingerprint
		later := all[i+1:]
		if slices.ContainsFunc(later, func(o item) bool { return o.data.LeafFingerprint == leaf }) {
			continue // it came back: told of at its last place
		}
		e := ending(m, it, now)
		e.Client = slot
		for j, o := range all[:i+1] { // each time it came and each time it went is a change
			if o.data.LeafFingerprint != leaf {
				continue
			}
			if j < i {
				e.Revision++
			}
			if j+1 <= i && all[j+1].data.LeafFingerprint != leaf {
				e.Revision++
			}
		}
		if len(later) > 0 {
			next := later[0]
			e.Successor = &Successor{Subject: next.data.LeafSubject, Certificate: next.data.LeafFingerprint, Since: next.at}
			e.Revision++
			e.Changed = next.at
			if now.Sub(next.at) >= Shown {
				continue
			}
		}
		out = append(out, e)
	}
	return out
}

func ending(m migration.Migration, it item, now time.Time) Ending {
	d := it.data
	e := Ending{Migration: m.ID, Name: m.Name, Rehearsal: m.Mode == migration.Rehearsal, Certificate: d.LeafFingerprint, Subject: d.LeafSubject, Lane: d.Lane, Made: it.at, Changed: it.at}
	chain, _, err := certsvc.ReadCertificates([]byte(d.LeafPEM))
	var cas []*x509.Certificate
	if err == nil {
		cas, _, err = certsvc.ReadCertificates([]byte(d.CAPEM))
	}
	if len(chain) > 0 && err == nil {
		e.Expiry = certsvc.Expires(chain, cas, now)
		e.By = certsvc.SubjectOf(e.Cert)
		return e
	}
	// Told of without its text: its dates are known all the same.
	e.By, e.At = d.LeafSubject, d.LeafNotAfter
	if !d.CANotAfter.IsZero() && d.CANotAfter.Before(e.At) {
		e.By, e.At, e.IsCA = d.CASubject, d.CANotAfter, true
	}
	e.Days, e.Rung = certsvc.Ladder(e.At, now)
	return e
}

// items are the certificates that a migration's facts told of, oldest first in each slot: its own, then those
// for further services, each in the slot of its name.
func items(v migration.View) []item {
	var out []item
	if v.Migration.UsesKeys() {
		return nil
	}
	for _, f := range v.Facts {
		if d, ok := migration.CertificateOf(f); ok {
			out = append(out, item{data: d, at: f.At})
		}
	}
	for _, l := range slices.Backward(v.Leaves) { // newest first there
		out = append(out, item{slot: l.Name, at: l.At, data: migration.CertificateData{Lane: l.Lane, CAPEM: l.CAPEM, LeafPEM: l.LeafPEM, CAFingerprint: l.CAFingerprint, LeafFingerprint: l.Fingerprint,
			CASubject: l.CASubject, LeafSubject: l.Subject, KeyType: l.KeyType, CANotAfter: l.CANotAfter, LeafNotAfter: l.NotAfter}})
	}
	return out
}
