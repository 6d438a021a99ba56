package migration

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"onramp/fault"
)

// This file tells whether what a person changes is still what the person saw.

// ErrChanged is in the chain of the fault of a change that was made against something older than what is there.
var ErrChanged = errors.New("changed meanwhile")

// Edition says, in one short text, which name, namespace and certificates a migration has: a form carries the one that
// it was shown with. Two are equal where the three are.
func (v View) Edition() string {
	return strings.Join([]string{v.part(partName), v.part(partNamespace), v.part(partCertificate)}, ".")
}

// The parts of an edition, in order.
const (
	partName = iota
	partNamespace
	partCertificate
)

func (v View) part(part int) string {
	var sum string
	switch {
	case part == partName:
		sum = hash("name", v.Migration.Name)
	case part == partNamespace && v.Namespace != nil:
		sum = hash(namespaceHash(*v.Namespace), v.Namespace.Region)
	case part == partCertificate && v.Certificate != nil:
		sum = certificateHash(*v.Certificate)
	default:
		return "0"
	}
	return sum[:8]
}

// differs reports whether a part is another one than in an edition; one that is no edition says nothing.
func (v View) differs(edition string, part int) bool {
	saw := strings.Split(edition, ".")
	return len(saw) == 3 && saw[part] != v.part(part)
}

// Renamed is the fault of giving a migration a name in a form of another edition; nil where that knew the name.
func (v View) Renamed(edition string) error {
	if !v.differs(edition, partName) {
		return nil
	}
	return Changed(fmt.Sprintf("The name is %s now.", v.Migration.Name))
}

// Replaces is the fault of recording facts from a form of another edition ("" for none) that would take the place of
// something that the form did not show; nil where they do not.
func (v View) Replaces(edition string, facts []Fact) error {
	for _, f := range facts {
		switch {
		case f.Kind == FactNamespace && v.differs(edition, partNamespace):
			now := "There is no longer a namespace."
			if v.Namespace != nil {
				now = "The namespace is " + v.Namespace.Namespace + " now" + v.lastSet(FactNamespace)
			}
			return Changed(now)
		case f.Kind == FactCertificate && v.differs(edition, partCertificate):
			now := "There is no longer a certificate."
			if v.Certificate != nil {
				now = "The client certificate is " + v.Certificate.LeafSubject + " (SHA-256 " + short(v.Certificate.LeafFingerprint) + ") now" + v.lastSet(FactCertificate)
			}
			return Changed(now)
		}
	}
	return nil
}

// lastSet says who recorded the newest fact of a kind, and when.
func (v View) lastSet(kind string) string {
	for _, f := range slices.Backward(v.Facts) {
		if f.Kind == kind {
			zone, _ := f.At.Local().Zone()
			return fmt.Sprintf(", set by %s on %s %s.", cmp.Or(f.By, "somebody"), f.At.Local().Format("2 Jan 2006, 15:04:05"), zone)
		}
	}
	return "."
}

// Changed is the fault of a change to something that has changed since it was looked at; now says what it is.
func Changed(now string) error {
	f := fault.Wrap(ErrChanged, fault.Conflict, "This was changed in the meantime", "Compare it with what you entered, which is kept below. To replace it with yours, submit the form again.")
	f.Cause = now
	return f
}
