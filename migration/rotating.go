package migration

import (
	"slices"
	"strings"
	"time"

	"onramp/cloud"
	"onramp/fault"
)

// This file moves the replacement of an API key on: the rule of each step. What deletes a key looks at who calls at the
// moment of the deletion, so that no step cuts off a key that is still seen.

// GoesOn says why there is no replacement of an API key to move on, nil when there is one.
func (r *Rotation) GoesOn() error {
	switch {
	case r == nil || !r.Ended.IsZero():
		return fault.New(fault.Conflict, "No API key is being replaced", "Start first.")
	case r.Overtaken:
		return fault.New(fault.Conflict, "The migration now has a different namespace", "Start again: the keys of this replacement are for another namespace.")
	}
	return nil
}

func (r *Rotation) fact(kind string, data any) Fact { return newFact(kind, hash("rotate", r.ID), data) }

// The bounds of what a person says of a key, in characters.
const (
	maxKeyID   = 100
	maxKeyName = 64
)

// checked is a key as it is stored. Faults are Invalid, at the fields prefix_id and prefix_name.
func (k KeyRef) checked(prefix string) (KeyRef, error) {
	k.ID, k.Name, k.Ends = strings.TrimSpace(k.ID), strings.TrimSpace(k.Name), k.Ends.UTC().Round(0)
	odd := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }
	switch {
	case k.ID == "":
		return k, fault.New(fault.Invalid, "The key ID is missing", "Copy it from the list of API keys. It is not the key itself.").In(prefix + "_id")
	case looksLikeKey(k.ID) || looksLikeKey(k.Name):
		field := prefix + "_id"
		if looksLikeKey(k.Name) {
			field = prefix + "_name"
		}
		return k, fault.New(fault.Invalid, "This is an API key, not its ID", "Enter the ID or the name from the list of API keys. Nothing was stored; if others may have seen the key, replace it.").In(field)
	case len(k.ID) > maxKeyID || strings.ContainsFunc(k.ID, func(r rune) bool { return r <= ' ' || r > '~' }):
		return k, fault.New(fault.Invalid, "This is not a key ID", "It is a short text of letters and digits, on one line.").In(prefix + "_id")
	case len([]rune(k.Name)) > maxKeyName || strings.ContainsFunc(k.Name, odd):
		return k, fault.New(fault.Invalid, "This is not the name of a key", "Use at most 64 characters, on one line.").In(prefix + "_name")
	}
	return k, nil
}

// looksLikeKey reports whether a text is a JSON Web Token, as Temporal Cloud's API keys are.
func looksLikeKey(s string) bool { return strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") == 2 }

// StartRotation begins to replace an API key; id is a new random text. Faults are Invalid, at the fields old_id and
// old_name, and Conflict without a namespace, where workers sign in with certificates, and while another one goes on.
func StartRotation(v View, id string, old KeyRef) ([]Fact, error) {
	switch {
	case !v.Migration.UsesKeys():
		return nil, fault.New(fault.Conflict, "There is no API key to replace", "Workers of this migration sign in with a client certificate.")
	case v.Namespace == nil:
		return nil, fault.New(fault.Conflict, "There is nothing to replace yet", "Choose the namespace first: step 1.")
	}
	if err := UnderWay(v); err != nil {
		return nil, err
	}
	old, err := old.checked("old")
	if err != nil {
		return nil, err
	}
	r := &Rotation{ID: id}
	return []Fact{r.fact(FactRotateStarted, RotateData{ID: id, Namespace: v.Namespace.Namespace, Old: old})}, nil
}

// CanTakeKey says why a second key cannot be recorded now, nil when it can.
func (r *Rotation) CanTakeKey() error {
	if err := r.GoesOn(); err != nil {
		return err
	}
	if r.New != nil {
		return fault.New(fault.Conflict, "The new API key already exists", "Roll the replacement back to make another.")
	}
	return nil
}

// SetSecondKey records the second key. Faults are Invalid, at the fields new_id and new_name.
func SetSecondKey(v View, lane string, key KeyRef) ([]Fact, error) {
	r := RotationOf(v)
	if err := r.CanTakeKey(); err != nil {
		return nil, err
	}
	key, err := key.checked("new")
	if err != nil {
		return nil, err
	}
	if key.ID == r.Old.ID {
		return nil, fault.New(fault.Invalid, "This is the key that you are replacing", "Enter the ID of the new one.").In("new_id")
	}
	return []Fact{r.fact(FactRotateKey, RotateKeyData{ID: r.ID, Lane: lane, New: key})}, nil
}

// CanGive says why a key cannot be given as the old or the new one, nil when it can. A key that is the other one is an
// Invalid fault of field api_key; where the place's keys name themselves, any other too.
func (r *Rotation) CanGive(which, token string) error {
	if r == nil || r.Overtaken || r.Undone {
		return r.GoesOn()
	}
	if !oneOf(which, []string{OldKey, NewKey}) {
		return fault.New(fault.Invalid, "There is no such key", "Choose the old or the new one.").In("which")
	}
	side, other, names := r.Side(which), r.Side(NewKey), [2]string{"new", "old"}
	if which == NewKey {
		other, names = &r.Old, [2]string{"old", "new"}
	}
	if side == nil {
		return fault.New(fault.Conflict, "There is no new API key yet", "Create it first: step 1 of the replacement.").In("which")
	}
	print := cloud.KeyPrint(token)
	claims, _ := cloud.KeyClaims(token)
	wrong := ""
	switch {
	case other != nil && print == other.Print, other != nil && claims != "" && claims == other.ID:
		wrong = "This is the " + names[0] + " API key"
	case r.can.Callers && claims != "" && claims != side.ID:
		wrong = "This is a different API key"
	}
	if wrong != "" {
		return fault.New(fault.Invalid, wrong, "Paste the "+names[1]+" one: "+side.Said()+".").In("api_key")
	}
	return nil
}

// Said is a key as people tell it from others.
func (k KeyRef) Said() string {
	if k.Name == "" {
		return "ID " + k.ID
	}
	return k.Name + " (ID " + k.ID + ")"
}

// SeeKeyPollers records who polls a task queue: the first look after the new key is who was there before the workers got it,
// each later one who is there after.
func SeeKeyPollers(v View, queue string, identities []string) ([]Fact, error) {
	identities = slices.Compact(slices.Sorted(slices.Values(identities)))
	if len(identities) > maxIdentities {
		identities = identities[:maxIdentities]
	}
	r := RotationOf(v)
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	if r.New == nil {
		return nil, fault.New(fault.Conflict, "There is no new API key yet", "Create it first: step 1 of the replacement.")
	}
	last := r.Before
	if r.After != nil {
		last = r.After
	}
	if last != nil && last.TaskQueue == queue && slices.Equal(last.Identities, identities) {
		return nil, nil
	}
	return []Fact{r.fact(FactRotatePollers, ReplacePollersData{r.ID, strings.ToValidUTF8(queue[:min(len(queue), maxQueue)], "\uFFFD"), identities})}, nil
}

// NoteKeyWorkers records a person's word that every worker has the new key, where that cannot be observed. A Conflict fault
// where it is observed.
func NoteKeyWorkers(v View, why string) ([]Fact, error) {
	why = strings.TrimSpace(why)
	if err := checkWhy(why, "Say how you know that every worker and starter has the new API key."); err != nil {
		return nil, err
	}
	r := RotationOf(v)
	if err := r.GoesOn(); err != nil {
		return nil, err
	}
	switch {
	case v.Migration.Mode.Can().Callers:
		return nil, fault.New(fault.Conflict, "A rehearsal does not need this confirmation", "The rehearsal cloud sees every API key: delete the old one once nobody uses it.").In("why")
	case !r.Reached(GateWorkers):
		return nil, notProven().In("why")
	}
	return []Fact{r.fact(FactRotateNoted, ReplaceNoteData{r.ID, why})}, nil
}

func notProven() *fault.Fault {
	return fault.New(fault.Conflict, "The new API key has not been checked yet", "Run a check with it first.")
}

// CanDelete says why the old key cannot be deleted yet, whoever uses it.
func (r *Rotation) CanDelete() error {
	if err := r.GoesOn(); err != nil {
		return err
	}
	if !r.Reached(GateWorkers) {
		return notProven()
	}
	return nil
}

// Free says why a key cannot be deleted yet, nil when nobody uses it: a Conflict fault names who does and when.
func (r *Rotation) Free(c cloud.Callers, key string, window time.Duration) error {
	if held := r.Held(c, key, window); len(held) > 0 {
		return InUse(held, c.At, window)
	}
	if young := window - c.At.Sub(c.Since); young > 0 {
		return tooYoung(young)
	}
	return nil
}

// Seen is what the callers of a namespace say about the end of a replacement.
func (r *Rotation) Seen(c cloud.Callers) RotateEndData {
	end := RotateEndData{ID: r.ID}
	for _, x := range c.List {
		switch {
		case x.Own:
		case x.KeyID == r.New.ID && x.Calls > 0:
			end.OnNew++
		case x.KeyID == r.Old.ID && x.Last.After(end.LastOld):
			end.LastOld = x.Last.UTC()
		}
	}
	return end
}

// DeletedElsewhere says why a replacement whose old key a person deletes in Temporal Cloud has not ended, nil when it has.
// It has when, since the note, a check with exactly the key that had passed before was refused, or a person says that it is
// deleted (said), and a check with the new key passed after that.
func DeletedElsewhere(v View, said bool) error {
	r := RotationOf(v)
	if err := r.CanDelete(); err != nil {
		return err
	}
	switch {
	case v.Migration.Mode.Can().Callers:
		return fault.New(fault.Conflict, "A rehearsal deletes the API key itself", "Use its button.")
	case r.Noted == "":
		return fault.New(fault.Conflict, "Nobody has confirmed that every worker has the new API key", "Confirm it with a reason first.")
	case r.Old.Refused != nil && r.Old.Refused.At.After(r.NotedAt) && r.Old.Proven:
		if !r.New.Passed.At.After(r.Old.Refused.At) {
			return fault.New(fault.Conflict, "The new API key has not been checked since", "Run a check with the new API key once more.")
		}
	case !said && r.Old.Refused != nil && r.Old.Refused.At.After(r.NotedAt):
		f := fault.New(fault.Conflict, "This refusal does not show that the old API key is deleted", "Confirm that you deleted it.")
		f.Cause = "No check with exactly this key has passed before: it may have been copied wrongly."
		return f
	case !said:
		return fault.New(fault.Conflict, "Onramp has not seen that the old API key is deleted", "Delete it in Temporal Cloud, then run a check with it: it must be refused. Without the key at hand, confirm that you deleted it.")
	case !r.New.Passed.At.After(r.NotedAt):
		return fault.New(fault.Conflict, "The new API key has not been checked since", "Run a check with the new API key once more.")
	}
	return nil
}

// CanDeleteByOps says why Onramp does not delete the old key of a replacement with a Cloud Ops API key now, nil when it may:
// where nobody can see who still uses the key, a person has to have written down that no worker does, and the new one has to
// have passed a check since.
func CanDeleteByOps(v View) error {
	r := RotationOf(v)
	switch err := r.CanDelete(); {
	case err != nil:
		return err
	case v.Migration.Mode.Can().Callers:
		return fault.New(fault.Conflict, "A rehearsal deletes the API key itself", "Use the button of the replacement.")
	case r.Noted == "":
		return fault.New(fault.Conflict, "Nobody has confirmed that every worker has the new API key", "Confirm it with a reason first, on the page of the replacement.")
	case !r.New.Passed.At.After(r.NotedAt):
		return fault.New(fault.Conflict, "The new API key has not been checked since", "Run a check with the new API key once more, on the page of the replacement.")
	}
	return nil
}

// DeletedByOps are the facts that follow from the deletion of a key by its ID with a Cloud Ops API key, in an operation of
// Temporal Cloud that ended well: the replacement whose old key it was has ended. None for any other key.
func DeletedByOps(v View, keyID, operation string) []Fact {
	r := RotationOf(v)
	if !r.Open() || r.Old.ID != keyID {
		return nil
	}
	facts, err := KeyDeleted(v, RotateEndData{Operation: operation})
	if err != nil {
		return nil // a gate was rolled back meanwhile: a person ends it
	}
	return facts
}

// KeyDeleted records the end.
func KeyDeleted(v View, end RotateEndData) ([]Fact, error) {
	r := RotationOf(v)
	if err := r.CanDelete(); err != nil {
		return nil, err
	}
	end.ID = r.ID
	return []Fact{r.fact(FactRotateDeleted, end)}, nil
}

// RotateBack rolls the replacement of an API key back to before a gate. What it does:
//
//	key      the replacement ends; where Onramp made the new key and can delete it (Deletes), it is deleted
//	proof    the checks have to pass again; a check changes nothing
//	workers  the note is taken back
//
// A deleted key cannot be put back.
func RotateBack(v View, gate string) ([]Fact, error) {
	r := RotationOf(v)
	if !r.Open() {
		return nil, fault.New(fault.Conflict, "There is nothing to roll back", "A deleted API key cannot be put back; make another.")
	}
	if !oneOf(gate, KeyGates) {
		return nil, fault.New(fault.Invalid, "There is no such step", "Choose one of the steps.").In("gate")
	}
	return []Fact{r.fact(FactRotateBack, RotateEndData{ID: r.ID, Gate: gate})}, nil
}

// Deletes reports whether rolling a gate back deletes the new key.
func (r *Rotation) Deletes(gate string) bool {
	return gate == GateKey && r.can.Callers && r.New != nil && r.Lane == KeyByOnramp
}

// keyChecked are the facts that follow from a check with an API key for the replacement of one. The code of a key that is
// not accepted is the doctor's AK-03.
func keyChecked(v View, o Outcome, c Check) []Fact {
	if c.Key == "" || o.From != "" || RotationOf(v) == nil {
		return nil
	}
	var facts []Fact
	r := RotationOf(v)
	if side := r.sideOf(o.InputHash); side != "" {
		facts = append(facts, r.fact(FactRotateGiven, RotateGivenData{ID: r.ID, Which: side, Print: c.Key, Claims: c.KeyID}))
	}
	d := KeyCheckData{Print: c.Key, Run: o.ID, RunNumber: o.Number}
	switch {
	case o.State == RunPassed:
		facts = append(facts, newFact(FactKeyPassed, o.InputHash, d))
	case o.Code == codeKeyRefused:
		facts = append(facts, newFact(FactKeyRefused, o.InputHash, d))
	}
	return facts
}

// codeKeyRefused is what a check says of an API key that a server does not accept.
const codeKeyRefused = "AK-03"

// ofKey marks the hash of what a check of replacing an API key is about.
const ofKey = "key:"

// About is the hash of a check of one key of a replacement: about is what it would be about otherwise. It is that of no
// present inputs: that the old key is refused at the end sends no step back.
func (r *Rotation) About(which, about string) string { return ofKey + r.ID + ":" + which + ":" + about }

// sideOf is the key that a check was of, by its hash; "" for a check that was asked for elsewhere.
func (r *Rotation) sideOf(about string) string {
	for _, which := range []string{OldKey, NewKey} {
		if strings.HasPrefix(about, r.About(which, "")) && r.Side(which) != nil {
			return which
		}
	}
	return ""
}
