package expiry

import (
	"time"

	"onramp/certsvc"
	"onramp/migration"
)

// Derived is what is stored of a migration for lists: a pure function of its view.
type Derived struct {
	migration.Migration // at the version that this was derived from
	migration.Summary
	Certificates []migration.Known
	Endings      []Ending // Days, Rung and Cert are left out: they follow from the moment they are read at
}

// Derive is what lists show of a view that was derived at now. Its Until is the first moment at which time alone
// changes any of it.
func Derive(v migration.View, now time.Time) Derived {
	d := Derived{Migration: v.Migration, Summary: v.Summary(now), Certificates: v.KnownCertificates()}
	all, until := of(v, now)
	for _, e := range all {
		e.Expiry = certsvc.Expiry{At: e.At, IsCA: e.IsCA}
		d.Endings = append(d.Endings, e)
	}
	if d.Until.IsZero() || !until.IsZero() && until.Before(d.Until) {
		d.Until = until
	}
	return d
}

// Query asks for a part of the board, the first end first.
type Query struct {
	Active bool           // only those that nothing has replaced
	Mode   migration.Mode // "" for both
	Since  time.Time      // only those that end then or later; zero for all
	Before time.Time      // only those that end before it; zero for all
	After  *Ending        // only those that stand after it, the first end first; nil for all
	Last   bool           // the last end first
	From   int            // how many are left out before
	Limit  int            // 0 for all
}

// Count is how many of the board end on a stretch of time.
type Count struct {
	Mode   migration.Mode
	Active bool
	N      int
}

// Counts are how many end before some moment.
type Counts []Count

// All counts those of both modes, replaced or not.
func (cs Counts) All() (n int) {
	for _, c := range cs {
		n += c.N
	}
	return n
}

// Active counts those that nothing has replaced, of a mode ("" for both).
func (cs Counts) Active(mode migration.Mode) (n int) {
	for _, c := range cs {
		if c.Active && (mode == "" || c.Mode == mode) {
			n += c.N
		}
	}
	return n
}
