package migration

import (
	"time"

	"onramp/cloud"
)

// This file derives the replacement of an API key from its facts. It has the form of the replacement of a certificate:
// the new key is made beside the old one, proven, taken by every worker, and only then the old one goes. A key itself is
// in no fact: its print (cloud.KeyPrint) tells which one a check had.

// GateKey is the first gate of replacing an API key: there is a second key. GateProof and GateWorkers follow.
const GateKey = "key"

// KeyGates are the gates of replacing an API key, in order.
var KeyGates = []string{GateKey, GateProof, GateWorkers}

// Fact kinds of replacing an API key. Their InputHash is that of its id.
const (
	FactRotateStarted = "rotate.started"
	FactRotateKey     = "rotate.key"     // the second key was made, or a person says so
	FactRotateGiven   = "rotate.given"   // a key was given for a check, as the old or the new one
	FactRotatePollers = "rotate.pollers" // who polls, looked at on the way
	FactRotateNoted   = "rotate.noted"   // a person says that every worker has the new one
	FactRotateDeleted = "rotate.deleted" // the old one is deleted
	FactRotateBack    = "rotate.back"    // a gate was rolled back, with those after it
	FactKeyPassed     = "key.passed"     // a check with an API key passed
	FactKeyRefused    = "key.refused"    // a check with an API key was refused: the key is not accepted
)

// Who made the second key: RotateKeyData.Lane.
const (
	KeyByOnramp  = "onramp"  // in the rehearsal cloud
	KeyByOps     = "ops"     // with a Cloud Ops API key
	KeyByAPerson = "outside" // elsewhere, says a person
)

// The sides of replacing an API key: RotateGivenData.Which.
const (
	OldKey = "old"
	NewKey = "new"
)

// KeyRef is an API key as people tell it from others, without the key.
type KeyRef struct {
	ID    string    `json:"key_id,omitempty"` // as the control plane names it
	Name  string    `json:"name,omitempty"`
	Ends  time.Time `json:"expires,omitzero"`
	Print string    `json:"print,omitempty"` // cloud.KeyPrint; "" while nobody has given it
}

// RotateData is the data of FactRotateStarted. The other facts of a rotation carry its ID.
type RotateData struct {
	ID        string `json:"rotation"`
	Namespace string `json:"namespace"`
	Old       KeyRef `json:"old"`
}

// RotateKeyData is the data of FactRotateKey.
type RotateKeyData struct {
	ID   string `json:"rotation"`
	Lane string `json:"lane"`
	New  KeyRef `json:"new"`
}

// RotateGivenData is the data of FactRotateGiven.
type RotateGivenData struct {
	ID     string `json:"rotation"`
	Which  string `json:"which"` // OldKey or NewKey
	Print  string `json:"print"`
	Claims string `json:"says_key_id,omitempty"` // the ID that the key says of itself
}

// RotateEndData is the data of FactRotateDeleted and FactRotateBack.
type RotateEndData struct {
	ID   string `json:"rotation"`
	Gate string `json:"gate,omitempty"` // of FactRotateBack
	// Of FactRotateDeleted: when the old key was last seen (zero: never since the rehearsal cloud started), how many programs
	// used the new one, and where nobody can see that, whether a person alone says that the old one is deleted.
	LastOld time.Time `json:"last_old,omitzero"`
	OnNew   int       `json:"on_new,omitempty"`
	Said    bool      `json:"said,omitempty"`
	// Operation is that of Temporal Cloud by which Onramp deleted the old key with a Cloud Ops API key; "" otherwise.
	Operation string `json:"operation,omitempty"`
}

// KeyCheckData is the data of FactKeyPassed and FactKeyRefused.
type KeyCheckData struct {
	Print     string `json:"print"`
	Run       string `json:"run"`
	RunNumber int    `json:"run_number,omitempty"`
}

// KeySide is the old or the new API key with what checks made of it.
type KeySide struct {
	KeyRef
	Claims  string // the ID that the key says of itself, where it was given; "" for none
	Passed  *Proof // the last check with it passed
	Refused *Proof // the last check with it was refused
	Proven  bool   // a check with exactly this key has passed since the replacement began
}

// Rotation is the replacement of an API key as its facts tell it. Nil pointers are what has not been observed.
type Rotation struct {
	ID, Namespace string
	Started       time.Time
	Old           KeySide
	New           *KeySide
	Lane          string // who made the new key
	Before, After *Looked
	Noted         string // the reason of a person's note; "" for none
	NotedAt       time.Time

	Deleted *RotateEndData // the old one is deleted: it is done
	Ended   time.Time      // when it was done, or rolled back
	Undone  bool           // rolled back as a whole
	// Overtaken: the migration has got another namespace meanwhile, so this is about nothing.
	Overtaken bool

	can cloud.Abilities
}

// RotationOf returns the newest replacement of an API key of the migration, nil when there never was one.
func RotationOf(v View) *Rotation {
	var r *Rotation
	for _, f := range v.Facts {
		if f.Kind == FactRotateStarted {
			if d, ok := decode[RotateData](f); ok {
				r = &Rotation{ID: d.ID, Namespace: d.Namespace, Started: f.At, Old: KeySide{KeyRef: d.Old}, can: v.Migration.Mode.Can()}
			}
			continue
		}
		if r != nil {
			r.take(f)
		}
	}
	return r
}

// Open reports whether it goes on.
func (r *Rotation) Open() bool { return r != nil && r.Ended.IsZero() && !r.Overtaken }

// Passed reports whether a gate is behind it.
func (r *Rotation) Passed(gate string) bool {
	switch gate {
	case GateKey:
		return r.New != nil
	case GateProof:
		return r.New != nil && r.New.Passed != nil
	}
	return r.Deleted != nil
}

// Reached reports whether a gate can be worked on now.
func (r *Rotation) Reached(gate string) bool {
	switch gate {
	case GateKey:
		return true
	case GateProof:
		return r.Passed(GateKey)
	}
	return r.Passed(GateProof)
}

// Now is the gate that is worked on: the first that is not behind it.
func (r *Rotation) Now() string {
	for _, gate := range KeyGates {
		if !r.Passed(gate) {
			return gate
		}
	}
	return GateWorkers
}

// Side is the old key, or the new one (nil while there is none).
func (r *Rotation) Side(which string) *KeySide {
	if which == OldKey {
		return &r.Old
	}
	return r.New
}

// Held returns the callers that the deletion of a key, by its ID, would cut off: the last call of a connection of theirs had
// it, or their last call with it is younger than window. Onramp's own calls are left out.
func (r *Rotation) Held(c cloud.Callers, key string, window time.Duration) []cloud.Caller {
	return held(c, window, func(x cloud.Caller) bool { return key != "" && x.KeyID == key })
}

// take lets one later fact count.
func (r *Rotation) take(f Fact) {
	switch f.Kind {
	case FactRotateKey:
		if d, ok := decode[RotateKeyData](f); ok && d.ID == r.ID {
			r.New, r.Lane, r.Before, r.After = &KeySide{KeyRef: d.New}, d.Lane, nil, nil
		}
	case FactRotateGiven:
		if d, ok := decode[RotateGivenData](f); ok && d.ID == r.ID {
			if side := r.Side(d.Which); side != nil && side.Print != d.Print {
				*side = KeySide{KeyRef: side.KeyRef, Claims: d.Claims}
				side.Print = d.Print
			}
		}
	case FactKeyPassed, FactKeyRefused:
		if d, ok := decode[KeyCheckData](f); ok {
			r.checked(d.Print, &Proof{d.Run, d.RunNumber, f.At}, f.Kind == FactKeyPassed)
		}
	case FactRotatePollers:
		if d, ok := decode[ReplacePollersData](f); ok && d.ID == r.ID {
			looked := &Looked{d.TaskQueue, d.Identities, f.At}
			if r.Before == nil {
				r.Before = looked
			} else {
				r.After = looked
			}
		}
	case FactRotateNoted:
		if d, ok := decode[ReplaceNoteData](f); ok && d.ID == r.ID {
			r.Noted, r.NotedAt = d.Why, f.At
		}
	case FactRotateDeleted:
		if d, ok := decode[RotateEndData](f); ok && d.ID == r.ID {
			r.Deleted, r.Ended = &d, f.At
		}
	case FactRotateBack:
		if d, ok := decode[RotateEndData](f); ok && d.ID == r.ID {
			r.back(d.Gate, f.At)
		}
	case FactNamespace:
		if d, ok := decode[NamespaceData](f); ok {
			r.Overtaken = d.Namespace != r.Namespace
		}
	}
}

// checked takes the end of a check with a key. Once the old one is to be deleted its refusal is what is hoped for.
func (r *Rotation) checked(print string, p *Proof, passed bool) {
	for _, side := range []*KeySide{&r.Old, r.New} {
		switch {
		case side == nil || print == "" || side.Print != print:
		case passed:
			side.Passed, side.Refused, side.Proven = p, nil, true
		default:
			side.Refused = p
			if r.Deleted == nil {
				side.Passed = nil
			}
		}
	}
}

// back forgets a gate and those after it.
func (r *Rotation) back(gate string, at time.Time) {
	switch gate {
	case GateKey:
		r.Ended, r.Undone = at, true
	case GateProof:
		for _, side := range []*KeySide{&r.Old, r.New} {
			if side != nil {
				side.Passed, side.Refused = nil, nil
			}
		}
		r.Noted = ""
	case GateWorkers:
		r.Noted = ""
	}
}

// rotateMoves are the kinds of facts by which a person moves the replacement of an API key on.
var rotateMoves = []string{FactRotateStarted, FactRotateKey, FactRotateNoted, FactRotateDeleted, FactRotateBack}

// moves are the facts by which people moved replacements on, with their data.
func moves(v View) (out []string) {
	for _, f := range v.Facts {
		if movesOn(f.Kind) {
			out = append(out, f.Kind, string(f.Data))
		}
	}
	return out
}
