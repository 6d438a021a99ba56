package migration

import (
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
)

// This file moves a switch of the sign-in method on: the rule of each step. What turns a method off looks at who calls at
// the moment of the change, so that no step cuts off a program that is still seen with it.

// AuthSaid is a sign-in method as people say it, of many.
func AuthSaid(auth string) string {
	if auth == cloud.AuthAPIKey {
		return "API keys"
	}
	return "client certificates"
}

// credential is one of a method.
func credential(auth string) string {
	if auth == cloud.AuthAPIKey {
		return "API key"
	}
	return "client certificate"
}

// GoesOn says why there is no switch to move on, nil when there is one.
func (s *Switch) GoesOn() error {
	switch {
	case s == nil || !s.Ended.IsZero():
		return fault.New(fault.Conflict, "The sign-in method is not being changed", "Start first.")
	case s.Overtaken:
		return fault.New(fault.Conflict, "The migration now has a different namespace", "Start again: this change was for another namespace.")
	}
	return nil
}

func switchFact(s *Switch, kind string, data any) Fact {
	return newFact(kind, hash("switch", s.ID), data)
}

// UnderWay says which replacement or switch is in progress, so that no other one may start; nil for none. One at a time: each
// of them changes what programs sign in with.
func UnderWay(v View) error {
	switch {
	case SwitchOf(v).Open():
		return fault.New(fault.Conflict, "The sign-in method is being changed", "Finish that on the page Change the sign-in method, or roll it back.")
	case RotationOf(v).Open():
		return fault.New(fault.Conflict, "An API key is already being replaced", "Finish that, or roll it back.")
	case v.Replacement().Open():
		return fault.New(fault.Conflict, "A replacement is already in progress", "Finish it, or roll it back.")
	}
	return nil
}

// StartSwitch begins to switch the namespace from the migration's sign-in method to the other one; id is a new random text. A
// Conflict fault without a namespace, and while another change goes on.
func StartSwitch(v View, id string) ([]Fact, error) {
	if v.Namespace == nil {
		return nil, fault.New(fault.Conflict, "There is nothing to change yet", "Choose the namespace first: step 1.")
	}
	if err := UnderWay(v); err != nil {
		return nil, err
	}
	s := &Switch{ID: id}
	from := v.Migration.Auth
	return []Fact{switchFact(s, FactSwitchStarted, SwitchData{ID: id, Namespace: v.Namespace.Namespace, From: from, To: OtherAuth(from)})}, nil
}

// CanLet says why the namespace cannot be let take the new method yet, nil when it can.
func (s *Switch) CanLet() error {
	if err := s.GoesOn(); err != nil {
		return err
	}
	switch {
	case s.Both != nil && s.Both.Once:
		return fault.New(fault.Conflict, "The change in one step was chosen", "Roll it back to choose again.")
	case s.Both != nil:
		return fault.New(fault.Conflict, "The namespace takes both methods already", "Go on with the next step.")
	case s.New.Auth == cloud.AuthMTLS && s.Certificate == nil:
		return fault.New(fault.Conflict, "There is no client certificate yet", "Create the certificates first: a namespace takes client certificates only with a CA certificate in its bundle.")
	}
	return nil
}

// Let is the method that a namespace has after the first step: both. errors are Conflict faults: the old method is off already.
func (s *Switch) Let(ns cloud.Namespace) (string, error) {
	if err := s.CanLet(); err != nil {
		return "", err
	}
	if ns.Auth == s.New.Auth {
		f := fault.New(fault.Conflict, "The namespace takes only "+AuthSaid(s.New.Auth)+" already", "Choose the change in one step: it only records what is so.")
		f.Cause = "Somebody changed the method elsewhere. Programs that sign in with " + AuthSaid(s.Old.Auth) + " are refused now."
		return "", f
	}
	return cloud.AuthBoth, nil
}

// BesideOf is the bundle with the CA certificate of the new client certificate in it, unless one that would be dropped is still
// used. Errors are those of certsvc.AddToBundle.
func BesideOf(s *Switch, ns cloud.Namespace, c cloud.Callers, window time.Duration, now time.Time) ([]byte, error) {
	if s.Certificate.CAPEM == "" || slices.Contains(ns.Fingerprints(), s.Certificate.CAFingerprint) {
		return []byte(ns.BundlePEM), nil
	}
	change, err := certsvc.AddToBundle([]byte(ns.BundlePEM), []byte(s.Certificate.CAPEM), now)
	if err != nil {
		return nil, err
	}
	if held := HeldBy(c, drops(change), window); len(held) > 0 {
		return nil, InUse(held, c.At, window)
	}
	return change.PEM, nil
}

// LetBoth records that the namespace takes both methods, or with once that the change is to be made in one step.
func LetBoth(v View, lane string, once bool) ([]Fact, error) {
	s := SwitchOf(v)
	if err := s.CanLet(); err != nil {
		return nil, err
	}
	return []Fact{switchFact(s, FactSwitchBoth, SwitchBothData{ID: s.ID, Lane: lane, Once: once})}, nil
}

// CanTakeKey says why the API key of the new method cannot be recorded now, nil when it can.
func (s *Switch) CanTakeKey() error {
	if err := s.GoesOn(); err != nil {
		return err
	}
	switch {
	case s.New.Auth != cloud.AuthAPIKey:
		return fault.New(fault.Conflict, "No API key is needed", "Workers move to client certificates.")
	case !s.Reached(GateProof):
		return fault.New(fault.Conflict, "The namespace does not take API keys yet", "Let it take both methods first: step 1.")
	case s.Key != nil:
		return fault.New(fault.Conflict, "The API key already exists", "Roll the change back to make another.")
	}
	return nil
}

// SetSwitchKey records the API key of the new method. Faults are Invalid, at the fields new_id and new_name.
func SetSwitchKey(v View, lane string, key KeyRef) ([]Fact, error) {
	s := SwitchOf(v)
	if err := s.CanTakeKey(); err != nil {
		return nil, err
	}
	key, err := key.checked("new")
	if err != nil {
		return nil, err
	}
	return []Fact{switchFact(s, FactSwitchKey, SwitchKeyData{ID: s.ID, Lane: lane, New: key})}, nil
}

// CanCheck says why no check with a method can be made, nil when one can: also after the end, when the old one must be refused.
func (s *Switch) CanCheck(which string) error {
	if s == nil || s.Overtaken || s.Undone {
		return s.GoesOn()
	}
	switch {
	case !oneOf(which, []string{OldMethod, NewMethod}):
		return fault.New(fault.Invalid, "There is no such method", "Choose the old or the new one.").In("which")
	case s.Both == nil:
		return fault.New(fault.Conflict, "The namespace does not take both methods yet", "Do step 1 first.").In("which")
	case which == NewMethod && !s.Made():
		return fault.New(fault.Conflict, "There is no "+credential(s.New.Auth)+" yet", "Create it first.").In("which")
	case which == NewMethod && s.Once() && s.Done == nil && !turnedOff(s):
		return fault.New(fault.Conflict, "The namespace does not take "+AuthSaid(s.New.Auth)+" yet", "Change the method first: step 3. Then check.").In("which")
	}
	return nil
}

// turnedOff reports whether a person may have changed the method already: where nobody can see that, after their note.
func turnedOff(s *Switch) bool { return s.Noted != "" && !s.can.Callers }

// CanGive says why a credential cannot be given for a check of a method: an API key that is not the one that was made for the
// switch. An Invalid fault of field api_key.
func (s *Switch) CanGive(which, token string) error {
	if which != NewMethod || s.Key == nil || s.New.Auth != cloud.AuthAPIKey {
		return nil
	}
	claims, _ := cloud.KeyClaims(token)
	if s.Key.Print != "" && cloud.KeyPrint(token) != s.Key.Print || s.can.Callers && claims != "" && claims != s.Key.ID {
		return fault.New(fault.Invalid, "This is a different API key", "Paste the new one: "+s.Key.Said()+".").In("api_key")
	}
	return nil
}

// SeeSwitchPollers records who polls a task queue: the first look is who was there before the workers moved, each later one who
// is there after.
func SeeSwitchPollers(v View, queue string, identities []string) ([]Fact, error) {
	identities = slices.Compact(slices.Sorted(slices.Values(identities)))
	identities = identities[:min(len(identities), maxIdentities)]
	s := SwitchOf(v)
	if err := s.GoesOn(); err != nil {
		return nil, err
	}
	last := s.Before
	if s.After != nil {
		last = s.After
	}
	if last != nil && last.TaskQueue == queue && slices.Equal(last.Identities, identities) {
		return nil, nil
	}
	return []Fact{switchFact(s, FactSwitchPollers, ReplacePollersData{s.ID, strings.ToValidUTF8(queue[:min(len(queue), maxQueue)], "\uFFFD"), identities})}, nil
}

// NoteSwitchWorkers records a person's word that no program signs in with the old method, where that cannot be observed. A
// Conflict fault where it is observed.
func NoteSwitchWorkers(v View, why string) ([]Fact, error) {
	why = strings.TrimSpace(why)
	s := SwitchOf(v)
	if err := checkWhy(why, "Say how you know that no worker and no starter signs in with the old method."); err != nil {
		return nil, err
	}
	if err := s.GoesOn(); err != nil {
		return nil, err
	}
	switch {
	case v.Migration.Mode.Can().Callers:
		return nil, fault.New(fault.Conflict, "A rehearsal does not need this confirmation", "The rehearsal cloud sees who signs in how: turn the old method off once nobody uses it.").In("why")
	case !s.Reached(GateWorkers):
		return nil, unprovenYet(s).In("why")
	}
	return []Fact{switchFact(s, FactSwitchNoted, ReplaceNoteData{s.ID, why})}, nil
}

func unprovenYet(s *Switch) *fault.Fault {
	if s.Once() {
		return fault.New(fault.Conflict, "There is no "+credential(s.New.Auth)+" yet", "Create it first: step 2.")
	}
	return fault.New(fault.Conflict, "Both methods have not been checked yet", "Run a check with each of them first: step 2.")
}

// CanTurnOff says why the old method cannot be turned off yet, whoever uses it.
func (s *Switch) CanTurnOff() error {
	if err := s.GoesOn(); err != nil {
		return err
	}
	if !s.Reached(GateWorkers) {
		return unprovenYet(s)
	}
	return nil
}

// FreeOf says why a method cannot be turned off, nil when nobody signs in with it: a Conflict fault names who does and when.
func FreeOf(c cloud.Callers, auth string, window time.Duration) error {
	if held := HeldWith(c, auth, window); len(held) > 0 {
		return InUse(held, c.At, window)
	}
	if young := window - c.At.Sub(c.Since); young > 0 {
		return tooYoung(young)
	}
	return nil
}

// TurnOff is the method that a namespace has at the end: the new one alone. A Conflict fault names who would be cut off.
func (s *Switch) TurnOff(ns cloud.Namespace, c cloud.Callers, window time.Duration) (string, error) {
	if err := s.CanTurnOff(); err != nil {
		return "", err
	}
	switch {
	case ns.Auth == s.New.Auth: // somebody did it elsewhere: nobody is left to be cut off
		return ns.Auth, nil
	case ns.Auth == s.Old.Auth && !s.Once():
		f := fault.New(fault.Conflict, "The namespace does not take both methods any more", "Roll the change back and start again.")
		f.Cause = "Somebody set it to " + AuthSaid(s.Old.Auth) + " alone meanwhile: programs that have moved are refused."
		return "", f
	}
	if err := holdsNew(s, ns, c.At); err != nil {
		return "", err
	}
	return s.New.Auth, FreeOf(c, s.Old.Auth, window)
}

// holdsNew says why nobody could sign in to a namespace with the credential of the new method alone, nil when that is there.
func holdsNew(s *Switch, ns cloud.Namespace, now time.Time) error {
	switch {
	case s.New.Auth == cloud.AuthMTLS && !slices.Contains(ns.Fingerprints(), s.Certificate.CAFingerprint):
		return fault.New(fault.Conflict, "The namespace does not have the CA certificate of the new client certificate", "Upload the CA certificate first.")
	case s.New.Auth == cloud.AuthMTLS && !s.Certificate.LeafNotAfter.IsZero() && now.After(s.Certificate.LeafNotAfter):
		return fault.New(fault.Conflict, "The new client certificate has expired", "Issue another, then check again: step 2.")
	case s.New.Auth == cloud.AuthAPIKey && s.KeyLane == KeyByOnramp && !slices.ContainsFunc(ns.Keys, func(k cloud.Key) bool {
		return k.ID == s.Key.ID && (k.Expires.IsZero() || now.Before(k.Expires))
	}):
		return fault.New(fault.Conflict, "The new API key is deleted or has expired", "Roll the change back, then start again and make another.")
	}
	return nil
}

// Seen is what the callers of a namespace say about the end of a switch. A program that called with the new method before the
// switch began, and no more since, has not moved: it is one of an earlier time.
func (s *Switch) Seen(c cloud.Callers) SwitchEndData {
	end := SwitchEndData{ID: s.ID}
	for _, x := range c.List {
		switch {
		case x.Own:
		case Uses(x, s.New.Auth):
			if x.Calls > 0 && (x.Open > 0 || x.Last.After(s.Started)) {
				end.OnNew++
			}
		case x.Last.After(end.LastOld):
			end.LastOld = x.Last.UTC()
		}
	}
	return end
}

// TurnedOffElsewhere says why a switch whose old method a person turns off in Temporal Cloud has not ended, nil when it has.
// It has when, since the note, a check with a credential of the old method that had passed before found the method off
// (SwitchSide.Proven), or a person says that it is off, or the control plane showed it (said), and a check with the new method
// passed after that.
func TurnedOffElsewhere(v View, said bool) error {
	s := SwitchOf(v)
	if err := s.CanTurnOff(); err != nil {
		return err
	}
	old, fresh := AuthSaid(s.Old.Auth), AuthSaid(s.New.Auth)
	again := fault.New(fault.Conflict, "The new method has not been checked since", "Run a check with "+fresh+" once more.")
	refused := s.Old.Refused != nil && s.Old.Refused.At.After(s.NotedAt)
	switch {
	case v.Migration.Mode.Can().Callers:
		return fault.New(fault.Conflict, "A rehearsal changes the method itself", "Use its button.")
	case s.Noted == "":
		return fault.New(fault.Conflict, "Nobody has confirmed that no program signs in with the old method", "Confirm it with a reason first.")
	case refused && s.Old.Proven:
		if s.New.Passed == nil || !s.New.Passed.At.After(s.Old.Refused.At) {
			return again
		}
	case !said && refused:
		f := fault.New(fault.Conflict, "This refusal does not show that "+old+" are turned off", "Confirm that you turned them off.")
		f.Cause = "It may be refused for another reason: because it has expired or was revoked, its CA certificate was removed, or because no check with exactly this " + credential(s.Old.Auth) + " has passed at this address before."
		return f
	case !said:
		return fault.New(fault.Conflict, "Onramp has not seen that "+old+" are turned off", "Turn them off in Temporal Cloud, then run a check with one: it must be refused. Without one at hand, confirm that you turned them off.")
	case s.New.Passed == nil || !s.New.Passed.At.After(s.NotedAt):
		return again
	}
	return nil
}

// SaidAlone reports whether a person's word alone shows that the old method is off.
func (s *Switch) SaidAlone() bool {
	return s.Old.Refused == nil || !s.Old.Refused.At.After(s.NotedAt) || !s.Old.Proven
}

// Switched makes the new method that of the migration and records the end. held says whether the namespace has the CA of the
// new client certificate, as far as it was seen ("" where not): the steps of the migration follow from it.
func Switched(v View, end SwitchEndData, held []string) ([]Fact, error) {
	s := SwitchOf(v)
	if err := s.CanTurnOff(); err != nil {
		return nil, err
	}
	end.ID, end.To = s.ID, s.New.Auth
	facts := []Fact{switchFact(s, FactSwitchDone, end)}
	then := SignedIn(v, s.New.Auth)
	if c := then.Certificate; c != nil && s.can.Bundle && slices.Contains(held, c.CAFingerprint) {
		saved, err := then.SetUpload(UploadData{CAFingerprint: c.CAFingerprint})
		if err != nil {
			return nil, err
		}
		facts = append(facts, saved...)
	}
	if p := s.New.Passed; p != nil && s.New.About == then.CheckHash() { // what was proved on the way is what the step asks for
		facts = append(facts, newFact(FactCheck, s.New.About, CheckData{Run: p.Run, RunNumber: p.Number, Code: codeOK, Leaf: leafOf(s.New)}))
		if then.Certificate != nil && !s.can.Bundle {
			facts = append(facts, newFact(FactCASeen, then.inputs().upload(), UploadData{Namespace: s.Namespace, CAFingerprint: then.Certificate.CAFingerprint, Run: p.Run, RunNumber: p.Number}))
		}
	}
	return facts, nil
}

// codeOK is the doctor's verdict of a check that passed.
const codeOK = "OK"

func leafOf(side SwitchSide) string {
	if side.Auth == cloud.AuthMTLS {
		return side.Given
	}
	return ""
}

// SwitchBack rolls a switch back to before a gate. What it does:
//
//	both     the switch ends; where Onramp let the namespace take both methods, the new one goes off again (TakesBack)
//	proof    the checks have to pass again; a check changes nothing
//	workers  the note is taken back
//
// Once the old method is off the way back is a switch in the other direction.
func SwitchBack(v View, gate string) ([]Fact, error) {
	s := SwitchOf(v)
	if !s.Open() {
		return nil, fault.New(fault.Conflict, "There is nothing to roll back", "A finished change is taken back by the same steps in the other direction.")
	}
	if !oneOf(gate, SwitchGates) {
		return nil, fault.New(fault.Invalid, "There is no such step", "Choose one of the steps.").In("gate")
	}
	return []Fact{switchFact(s, FactSwitchBack, SwitchEndData{ID: s.ID, Gate: gate})}, nil
}

// TakesBack reports whether rolling a gate back changes the method of the namespace.
func (s *Switch) TakesBack(gate string) bool {
	return gate == GateBoth && s.can.Callers && s.Both != nil && !s.Both.Once && s.Both.Lane == KeyByOnramp
}

// TakeBack is the method that a namespace has after the switch was rolled back: the old one alone. A Conflict fault when a
// program is seen with the new one.
func (s *Switch) TakeBack(ns cloud.Namespace, c cloud.Callers, window time.Duration) (string, error) {
	if ns.Auth != cloud.AuthBoth { // somebody chose another one meanwhile: theirs stays
		return ns.Auth, nil
	}
	return s.Old.Auth, FreeOf(c, s.New.Auth, window)
}

// ofSwitch marks the hash of what a check of a switch is about.
const ofSwitch = "switch:"

// About is the hash of a check with one method of a switch: about is what it would be about otherwise. It is that of no
// present inputs: that the old method is refused at the end sends no step back.
func (s *Switch) About(which, about string) string {
	return ofSwitch + s.ID + ":" + which + ":" + about
}

// switchChecked are the facts that follow from a check of a switch.
func switchChecked(v View, o Outcome, c Check) []Fact {
	s := SwitchOf(v)
	if s == nil || o.From != "" {
		return nil
	}
	for _, which := range []string{OldMethod, NewMethod} {
		about, ours := strings.CutPrefix(o.InputHash, s.About(which, ""))
		given := c.Leaf
		if s.Side(which).Auth == cloud.AuthAPIKey {
			given = c.Key
		}
		passed := o.State == RunPassed
		if !ours || given == "" || !passed && (o.State != RunFailed || !refuses(o.Code, s.Side(which).Auth)) {
			continue
		}
		return []Fact{switchFact(s, FactSwitchChecked, SwitchCheckData{ID: s.ID, Which: which, Passed: passed, Code: o.Code, Given: given, Claims: c.KeyID, About: about, Run: o.ID, RunNumber: o.Number})}
	}
	return nil
}

// refusals are what a check says where a server refuses a credential of a method, by the codes of the doctor's catalogue. One
// that stopped elsewhere, or a key at an endpoint that is not for keys (AK-08), says nothing about the method.
var refusals = map[string][]string{
	cloud.AuthMTLS:   {"CL-02", "CL-03", "CL-05", "CL-09", "AK-02", "NS-02"},
	cloud.AuthAPIKey: {"CL-01", "AK-01", "AK-03", "AK-07", "NS-02"},
}

func refuses(code, auth string) bool { return slices.Contains(refusals[auth], code) }

// showsOff reports whether a refusal is one of the method and of no single credential: the endpoint wants the other one. All
// other refusals look the same for a credential that has expired, was revoked, or is kept out by a filter.
func showsOff(code, auth string) bool {
	return code == map[string]string{cloud.AuthMTLS: "AK-02", cloud.AuthAPIKey: "AK-01"}[auth]
}
