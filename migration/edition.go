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

// Edition says, in one short text, which name, namespace and certificates a migration has, how far its replacement is and
// which steps are noted as done outside: a form carries the one that it was shown with. Two are equal where all that is.
func (v View) Edition() string {
	var parts []string
	for part := range partsOfEdition {
		parts = append(parts, v.part(part))
	}
	return strings.Join(parts, ".")
}

// The parts of an edition, in order.
const (
	partName = iota
	partNamespace
	partCertificate
	partReplacement // what people did to it: a check or a look changes nothing of it
	partNotes       // noteLength characters a step
	partsOfEdition
)

// noteLength is how many characters of an edition say what is noted for one step.
const noteLength = 4

func (v View) part(part int) string {
	var sum string
	switch {
	case part == partName:
		sum = hash("name", v.Migration.Name)
	case part == partNamespace && v.Namespace != nil:
		sum = hash(namespaceHash(*v.Namespace), v.Namespace.Region)
	case part == partCertificate && v.Certificate != nil:
		sum = certificateHash(*v.Certificate)
	case part == partReplacement && len(moves(v)) > 0:
		sum = hash(moves(v)...)
	case part == partNotes:
		var notes strings.Builder
		for _, step := range Steps {
			notes.WriteString(v.noted(step))
		}
		return notes.String()
	default:
		return "0"
	}
	return sum[:8]
}

// replaceMoves are the kinds of facts by which a person moves a replacement on.
var replaceMoves = []string{FactReplaceStarted, FactReplaceCA, FactReplaceLeaf, FactReplaceNoted, FactReplaceRemoved, FactReplaceBack}

// noted is the part of an edition that says what is noted for a step.
func (v View) noted(step string) string {
	if s := v.Step(step); s.Noted {
		return hash("noted", s.Evidence)[:noteLength]
	}
	return strings.Repeat("0", noteLength)
}

// differs reports whether a part is another one than in an edition; one that is no edition says nothing.
func (v View) differs(edition string, part int) bool {
	saw := strings.Split(edition, ".")
	return len(saw) == partsOfEdition && saw[part] != v.part(part)
}

// notedSince reports whether another note of a step is there than in an edition.
func (v View) notedSince(edition, step string) bool {
	saw := strings.Split(edition, ".")
	at := slices.Index(Steps, step) * noteLength
	return len(saw) == partsOfEdition && at >= 0 && len(saw[partNotes]) >= at+noteLength && saw[partNotes][at:at+noteLength] != v.noted(step)
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
		case f.Kind == FactHandoffMade && (v.differs(edition, partNamespace) || v.differs(edition, partCertificate)):
			return Changed("The namespace or the CA certificate is another one now.")
		case (f.Kind == FactLeaf || f.Kind == FactBatch) && v.differs(edition, partCertificate):
			return Changed("The CA certificate is another one now" + v.lastSet(FactCertificate))
		case f.Kind == FactNote:
			d, _ := decode[NoteData](f)
			if v.notedSince(edition, d.Step) {
				return Changed("The step is noted as " + v.Step(d.Step).Evidence + v.lastSet(FactNote))
			}
		case movesOn(f.Kind):
			if err := v.MovedOn(edition); err != nil {
				return err
			}
		}
	}
	return nil
}

// MovedOn is the fault of moving a replacement on from a form of another edition ("" for none); nil where nobody has
// moved it since.
func (v View) MovedOn(edition string) error {
	if !v.differs(edition, partReplacement) {
		return nil
	}
	now := "No replacement is in progress now"
	if r := v.Replacement(); r.Open() {
		switch {
		case r.Noted != "":
			now = "It is written down now that every worker has the new certificate"
		case r.New != nil:
			now = "The new client certificate is " + r.New.LeafSubject + " (SHA-256 " + short(r.New.LeafFingerprint) + ") now"
		case r.NewCA != nil && r.What == ReplaceCA:
			now = "The new CA certificate is " + r.NewCA.Subject + " (SHA-256 " + short(r.NewCA.Fingerprint) + ") now"
		case r.What == ReplaceCA:
			now = "A replacement of the CA certificate is in progress now"
		default:
			now = "A replacement of the client certificate is in progress now"
		}
	}
	if r := RotationOf(v); r.Open() {
		switch {
		case r.Noted != "":
			now = "It is written down now that every worker has the new API key"
		case r.New != nil:
			now = "The new API key is " + r.New.Said() + " now"
		default:
			now = "The API key " + r.Old.Said() + " is being replaced now"
		}
	}
	if s := SwitchOf(v); s.Open() {
		switch {
		case s.Noted != "":
			now = "It is written down now that no program signs in with " + AuthSaid(s.Old.Auth)
		case s.Key != nil:
			now = "The new API key is " + s.Key.Said() + " now"
		case s.Once():
			now = "The sign-in method is to be changed in one step now"
		case s.Both != nil:
			now = "The namespace takes both sign-in methods now"
		default:
			now = "The sign-in method is being changed to " + AuthSaid(s.New.Auth) + " now"
		}
	}
	f := fault.From(Changed(now + v.lastSet(slices.Concat(replaceMoves, rotateMoves, switchMoves)...)))
	f.Fix = "Look at the steps as they stand now, then decide again."
	return f
}

// lastSet says who recorded the newest fact of some kinds, and when.
func (v View) lastSet(kinds ...string) string {
	for _, f := range slices.Backward(v.Facts) {
		if slices.Contains(kinds, f.Kind) {
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
