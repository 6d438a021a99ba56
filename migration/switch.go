package migration

import (
	"maps"
	"slices"
	"time"

	"onramp/cloud"
)

// This file derives the switch of a namespace from one sign-in method to the other from its facts. It has the form of the
// replacements: the namespace takes both methods, both are proven, every worker moves, and only then the old one goes. An
// account of Temporal Cloud has both at once on request alone; without that the change is made in one step.

// GateBoth is the first gate of a switch: the namespace takes both methods. GateProof and GateWorkers follow.
const GateBoth = "both"

// SwitchGates are the gates of a switch, in order.
var SwitchGates = []string{GateBoth, GateProof, GateWorkers}

// Fact kinds of a switch. Their InputHash is that of its id.
const (
	FactSwitchStarted = "switch.started"
	FactSwitchBoth    = "switch.both"    // the namespace takes both, or the change is to be made in one step
	FactSwitchKey     = "switch.key"     // the API key of the new method was made, or a person says so
	FactSwitchChecked = "switch.checked" // a check with one of the methods passed, or was refused
	FactSwitchPollers = "switch.pollers" // who polls, looked at on the way
	FactSwitchNoted   = "switch.noted"   // a person says that every worker has the new method, or is stopped
	FactSwitchDone    = "switch.done"    // the old method is off: the new one is the migration's
	FactSwitchBack    = "switch.back"    // a gate was rolled back, with those after it
)

// The sides of a switch: SwitchCheckData.Which.
const (
	OldMethod = "old"
	NewMethod = "new"
)

// SwitchData is the data of FactSwitchStarted. The other facts of a switch carry its ID.
type SwitchData struct {
	ID        string `json:"switch"`
	Namespace string `json:"namespace"`
	From      string `json:"from"` // cloud.AuthMTLS or cloud.AuthAPIKey
	To        string `json:"to"`
}

// SwitchBothData is the data of FactSwitchBoth.
type SwitchBothData struct {
	ID   string `json:"switch"`
	Lane string `json:"lane"`           // KeyByOnramp, KeyByOps or KeyByAPerson: who let the namespace take both
	Once bool   `json:"once,omitempty"` // not both: the change is made in one step
}

// SwitchKeyData is the data of FactSwitchKey.
type SwitchKeyData struct {
	ID   string `json:"switch"`
	Lane string `json:"lane"`
	New  KeyRef `json:"new"`
}

// SwitchCheckData is the data of FactSwitchChecked.
type SwitchCheckData struct {
	ID        string `json:"switch"`
	Which     string `json:"which"` // OldMethod or NewMethod
	Passed    bool   `json:"passed,omitempty"`
	Code      string `json:"code"`
	Given     string `json:"credential"`            // cloud.KeyPrint of the API key, or the SHA-256 of the client certificate
	Claims    string `json:"says_key_id,omitempty"` // the ID that the key says of itself
	About     string `json:"about"`                 // the hash of what it was about, by the method that it was made with
	Run       string `json:"run"`
	RunNumber int    `json:"run_number,omitempty"`
}

// SwitchEndData is the data of FactSwitchDone and FactSwitchBack.
type SwitchEndData struct {
	ID   string `json:"switch"`
	Gate string `json:"gate,omitempty"` // of FactSwitchBack
	// Of FactSwitchDone: the migration's method from then on, when the old one was last seen (zero: never since the rehearsal
	// cloud started), how many programs used the new one, and where nobody can see that, whether a person alone says that the
	// old one is off, or the control plane showed it.
	To      string    `json:"to,omitempty"`
	LastOld time.Time `json:"last_old,omitzero"`
	OnNew   int       `json:"on_new,omitempty"`
	Said    bool      `json:"said,omitempty"`
	Read    bool      `json:"read,omitempty"` // the control plane showed it off
}

// SwitchSide is the old or the new method with what checks made of it.
type SwitchSide struct {
	Auth    string // cloud.AuthMTLS or cloud.AuthAPIKey
	Given   string // the credential that was checked last; "" for none
	Claims  string // the ID that an API key says of itself
	Passed  *Proof // the last check with it passed
	Refused *Proof // the last check with it was refused
	About   string // what the last one that passed was about
	// Proven: one with exactly the credential of Refused had passed at the same place before, and what refused it is that the
	// method is off.
	Proven bool
	passed map[string]bool // by credential and what it was about
}

// Switch is the switch of a sign-in method as its facts tell it. Nil pointers are what has not been observed.
type Switch struct {
	ID, Namespace string
	Started       time.Time
	Old, New      SwitchSide
	Both          *SwitchBothData
	BothAt        time.Time
	Key           *KeyRef          // the API key of the new method
	KeyLane       string           // who made it
	Certificate   *CertificateData // that of the new method, where it is one
	Before, After *Looked
	Noted         string // the reason of a person's note; "" for none
	NotedAt       time.Time

	Done   *SwitchEndData // the old method is off: it is done
	Ended  time.Time      // when it was done, or rolled back
	Undone bool           // rolled back as a whole
	// Overtaken: the migration has got another namespace meanwhile, so this is about nothing.
	Overtaken bool

	can cloud.Abilities
}

// OtherAuth is the other one of the two sign-in methods.
func OtherAuth(auth string) string {
	if auth == cloud.AuthAPIKey {
		return cloud.AuthMTLS
	}
	return cloud.AuthAPIKey
}

// SwitchOf returns the newest switch of the migration, nil when there never was one.
func SwitchOf(v View) *Switch { return switchOf(v.Migration.Mode.Can(), v.Facts) }

func switchOf(can cloud.Abilities, facts []Fact) *Switch {
	var s *Switch
	for _, f := range facts {
		if f.Kind == FactSwitchStarted {
			if d, ok := decode[SwitchData](f); ok {
				s = &Switch{ID: d.ID, Namespace: d.Namespace, Started: f.At, Old: SwitchSide{Auth: d.From}, New: SwitchSide{Auth: d.To}, can: can}
			}
			continue
		}
		if s != nil {
			takeSwitch(s, f)
		}
	}
	if s != nil && s.New.Auth == cloud.AuthMTLS {
		_, s.Certificate = latest[CertificateData](facts, FactCertificate) // one of before the switch does as well
	}
	return s
}

// SwitchedTo is the sign-in method that a fact makes the migration's; "" for a fact that changes none.
func SwitchedTo(f Fact) string {
	if f.Kind != FactSwitchDone {
		return ""
	}
	d, _ := decode[SwitchEndData](f)
	return d.To
}

// SignedIn is the migration as it would be with a sign-in method: what its checks would be about, and with which certificate.
func SignedIn(v View, auth string) View {
	if v.Migration.Auth == auth {
		return v
	}
	m := v.Migration
	m.Auth = auth
	return Derive(m, v.Facts, nil, time.Time{})
}

// Open reports whether it goes on.
func (s *Switch) Open() bool { return s != nil && s.Ended.IsZero() && !s.Overtaken }

// Once reports whether the change is made in one step, because the namespace cannot take both methods.
func (s *Switch) Once() bool { return s.Both != nil && s.Both.Once }

// takesCertificates reports whether it needs a client certificate now: it goes on, and leads to them.
func takesCertificates(s *Switch) bool { return s.Open() && s.New.Auth == cloud.AuthMTLS }

// Made reports whether the credential of the new method is there.
func (s *Switch) Made() bool {
	if s.New.Auth == cloud.AuthAPIKey {
		return s.Key != nil
	}
	return s.Certificate != nil
}

// provenNew reports whether the present credential of the new method has passed its check: a key that somebody names without
// showing it is known by that check alone.
func provenNew(s *Switch) bool {
	if s.New.Passed == nil {
		return false
	}
	if s.New.Auth == cloud.AuthMTLS {
		return s.Certificate != nil && s.New.Given == s.Certificate.LeafFingerprint
	}
	return s.Key != nil && (s.Key.Print == "" || s.New.Given == s.Key.Print)
}

// Passed reports whether a gate is behind it.
func (s *Switch) Passed(gate string) bool {
	switch gate {
	case GateBoth:
		return s.Both != nil
	case GateProof:
		return s.Both != nil && s.Made() && (s.Both.Once || provenNew(s) && s.Old.Passed != nil)
	}
	return s.Done != nil
}

// Reached reports whether a gate can be worked on now.
func (s *Switch) Reached(gate string) bool {
	switch gate {
	case GateBoth:
		return true
	case GateProof:
		return s.Passed(GateBoth)
	}
	return s.Passed(GateProof)
}

// Now is the gate that is worked on: the first that is not behind it.
func (s *Switch) Now() string {
	for _, gate := range SwitchGates {
		if !s.Passed(gate) {
			return gate
		}
	}
	return GateWorkers
}

// Side is the old method, or the new one.
func (s *Switch) Side(which string) *SwitchSide {
	if which == OldMethod {
		return &s.Old
	}
	return &s.New
}

// Uses reports whether a caller signs in with a method.
func Uses(c cloud.Caller, auth string) bool { return (c.KeyID != "") == (auth == cloud.AuthAPIKey) }

// HeldWith returns the callers that turning a method off would cut off: a connection of theirs is open with it, or their last
// call with it is younger than window. Onramp's own calls are left out.
func HeldWith(c cloud.Callers, auth string, window time.Duration) []cloud.Caller {
	return held(c, window, func(x cloud.Caller) bool { return Uses(x, auth) })
}

// takeSwitch lets one later fact count.
func takeSwitch(s *Switch, f Fact) {
	switch f.Kind {
	case FactSwitchBoth:
		if d, ok := decode[SwitchBothData](f); ok && d.ID == s.ID {
			s.Both, s.BothAt = &d, f.At
			unproven(s)
		}
	case FactSwitchKey:
		if d, ok := decode[SwitchKeyData](f); ok && d.ID == s.ID {
			s.Key, s.KeyLane, s.Before, s.After = &d.New, d.Lane, nil, nil
		}
	case FactSwitchChecked:
		if d, ok := decode[SwitchCheckData](f); ok && d.ID == s.ID {
			checkedSwitch(s, d, &Proof{d.Run, d.RunNumber, f.At})
		}
	case FactSwitchPollers:
		if d, ok := decode[ReplacePollersData](f); ok && d.ID == s.ID {
			looked := &Looked{d.TaskQueue, d.Identities, f.At}
			if s.Before == nil {
				s.Before = looked
			} else {
				s.After = looked
			}
		}
	case FactSwitchNoted:
		if d, ok := decode[ReplaceNoteData](f); ok && d.ID == s.ID {
			s.Noted, s.NotedAt = d.Why, f.At
		}
	case FactSwitchDone:
		if d, ok := decode[SwitchEndData](f); ok && d.ID == s.ID {
			s.Done, s.Ended = &d, f.At
		}
	case FactSwitchBack:
		if d, ok := decode[SwitchEndData](f); ok && d.ID == s.ID {
			backSwitch(s, d.Gate, f.At)
		}
	case FactNamespace:
		if d, ok := decode[NamespaceData](f); ok {
			s.Overtaken = d.Namespace != s.Namespace
		}
	}
}

// checkedSwitch takes the end of a check. A refusal takes the proof of its method away, but for the old one once every worker
// has the new one: then it is what is hoped for.
func checkedSwitch(s *Switch, d SwitchCheckData, p *Proof) {
	side := s.Side(d.Which)
	side.Given, side.Claims = d.Given, d.Claims
	if d.Passed {
		side.Passed, side.Refused, side.About, side.Proven = p, nil, d.About, false
		if side.passed == nil {
			side.passed = map[string]bool{}
		}
		side.passed[d.Given+" "+d.About] = true
		return
	}
	side.Refused, side.Proven = p, side.passed[d.Given+" "+d.About] && showsOff(d.Code, side.Auth)
	if d.Which == NewMethod || s.Done == nil && s.Noted == "" {
		side.Passed = nil
	}
}

// unproven forgets what checks made of both methods.
func unproven(s *Switch) {
	for _, side := range []*SwitchSide{&s.Old, &s.New} {
		passed := maps.Clone(side.passed)
		*side = SwitchSide{Auth: side.Auth, passed: passed}
	}
}

// backSwitch forgets a gate and those after it.
func backSwitch(s *Switch, gate string, at time.Time) {
	switch gate {
	case GateBoth:
		s.Ended, s.Undone = at, true
	case GateProof:
		unproven(s)
	case GateWorkers:
		if s.Old.Refused != nil { // what was hoped for is none any more
			s.Old.Passed = nil
		}
	}
	s.Noted = ""
}

// switchMoves are the kinds of facts by which a person moves a switch on.
var switchMoves = []string{FactSwitchStarted, FactSwitchBoth, FactSwitchKey, FactSwitchNoted, FactSwitchDone, FactSwitchBack}

// movesOn reports whether a person moves a replacement or a switch on by a kind of facts.
func movesOn(kind string) bool {
	return slices.Contains(replaceMoves, kind) || slices.Contains(rotateMoves, kind) || slices.Contains(switchMoves, kind)
}
