package migration

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"onramp/cloud"
	"onramp/fault"
)

// The rules of this room look at a View and return the facts that follow from what a person or a check says,
// nil when it is known already. Facts come without migration, time and person: whoever writes them adds these.

// MaxWhy is how long the reason of a note may be, in characters.
const MaxWhy = 500

// newFact makes a fact; the data is one of this package's and always marshals.
func newFact(kind, inputHash string, data any) Fact {
	text, _ := json.Marshal(data)
	return Fact{Kind: kind, InputHash: inputHash, Data: text}
}

// New makes a migration. Its ID is a slug of the name, which another migration may have already. Invalid faults (several
// joined) carry their field.
func New(name, lang string, mode Mode, auth string, now time.Time) (Migration, error) {
	m := Migration{Name: strings.TrimSpace(name), Lang: lang, Mode: mode, Auth: auth, Created: now, Version: 1, Team: DefaultTeam}
	if err := checkNew(m); err != nil {
		return Migration{}, err
	}
	m.ID = Slug(m.Name)
	return m, nil
}

// Rename gives a migration another name; its ID, and with it its address, stays. Faults are those of New.
func (m Migration) Rename(name string) (Migration, error) {
	m.Name = strings.TrimSpace(name)
	return m, checkNew(m)
}

// SetNamespace records the namespace (parsed already, by namespace.Parse) and where programs dial it.
func (v View) SetNamespace(d NamespaceData) ([]Fact, error) {
	switch {
	case d.Namespace == "":
		return nil, fault.New(fault.Invalid, "The namespace is missing", "Enter the Namespace ID, such as payments.a1b2c.").In("namespace")
	case d.Address == "":
		return nil, fault.New(fault.Invalid, "The address is missing", "Enter the host and port that programs connect to.").In("address")
	case v.Namespace != nil && *v.Namespace == d:
		return nil, nil
	}
	return []Fact{newFact(FactNamespace, namespaceHash(d), d)}, nil
}

// FromSource records where an application runs today; nil where that is not known.
func FromSource(d *SourceData) []Fact {
	if d == nil {
		return nil
	}
	return []Fact{newFact(FactSource, "", *d)}
}

// SetCertificate records public facts of an issued certificate. A private key among the certificates is refused, and
// any certificate where workers sign in with an API key (TakesCertificates).
func (v View) SetCertificate(d CertificateData) ([]Fact, error) {
	if err := TakesCertificates(v); err != nil {
		return nil, err
	}
	d, err := d.checked()
	if err != nil {
		return nil, err
	}
	f := newFact(FactCertificate, certificateHash(d), d)
	if have, _ := latest[CertificateData](v.Facts, FactCertificate); have != nil && bytes.Equal(have.Data, f.Data) {
		return nil, nil
	}
	return []Fact{f}, nil
}

// checked is a certificate as it is stored. The error is an Invalid fault of field leaf.
func (d CertificateData) checked() (CertificateData, error) {
	switch {
	case d.LeafFingerprint == "":
		return d, fault.New(fault.Invalid, "The client certificate is missing", "Paste the certificate that workers present.").In("leaf")
	case strings.Contains(d.CAPEM, "PRIVATE KEY") || strings.Contains(d.LeafPEM, "PRIVATE KEY"):
		return d, fault.New(fault.Invalid, "A private key is among the certificates",
			"Paste certificates only. Nothing was stored; if others may have seen the key, replace it.").In("leaf")
	}
	d.CANotAfter, d.LeafNotAfter = d.CANotAfter.UTC().Round(0), d.LeafNotAfter.UTC().Round(0)
	return d, nil
}

// SetUpload records that the place saved the CA. A Conflict fault where the place does not show its bundles: there
// only a check can see the CA. Where workers sign in with an API key no bundle matters, and nothing follows.
func (v View) SetUpload(d UploadData) ([]Fact, error) {
	switch {
	case v.Migration.UsesKeys():
		return nil, nil
	case !v.Migration.Mode.Can().Bundle:
		return nil, fault.New(fault.Conflict, "Onramp cannot see what Temporal Cloud saved", "Run a check: the step is done when a check sees the CA certificate accepted.")
	case v.Namespace == nil:
		return nil, fault.New(fault.Conflict, "There is no namespace to upload to yet", "Choose the namespace first.")
	}
	d.Namespace = v.Namespace.Namespace
	f := newFact(FactUpload, v.inputs().uploadOf(d.CAFingerprint), d)
	for i := len(v.Facts) - 1; i >= 0; i-- {
		have, ok := decode[UploadData](v.Facts[i])
		if !ok || v.Facts[i].Kind != FactUpload || have.Namespace != d.Namespace {
			continue
		}
		if have == d && v.Facts[i].InputHash == f.InputHash {
			return nil, nil
		}
		break
	}
	return []Fact{f}, nil
}

// SetPoller records that a worker was seen on the task queue. One that has been seen there already, in the
// present namespace, gives nothing.
func (v View) SetPoller(d PollerData) []Fact {
	f := newFact(FactPoller, v.inputs().code(), d)
	for _, have := range v.Facts {
		if have.Kind == FactPoller && have.InputHash == f.InputHash && bytes.Equal(have.Data, f.Data) {
			return nil
		}
	}
	return []Fact{f}
}

// Note records that a step was done outside, with the reason (required, at most MaxWhy characters).
// A Conflict fault when the step cannot start yet or is done already.
func (v View) Note(step, why string) ([]Fact, error) {
	why = strings.TrimSpace(why)
	var errs []error
	if err := checkWhy(why, "Say in a sentence how the step was done."); err != nil {
		errs = append(errs, err)
	}
	if !oneOf(step, Steps) || step == StepNamespace {
		errs = append(errs, fault.New(fault.Invalid, "This step cannot be marked as done elsewhere", "Do it here: later steps depend on it.").In("step"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	now := v.Step(step)
	switch {
	case now.Status == Blocked:
		return nil, fault.New(fault.Conflict, "This step can't start yet", "It "+now.Reason+".").In("step")
	case now.Noted && now.Evidence == "done outside: "+why:
		return nil, nil
	case now.Status == Done && !now.Noted:
		return nil, fault.New(fault.Conflict, "This step is already done", "There is evidence for it: "+now.Evidence+".").In("step")
	}
	return []Fact{newFact(FactNote, v.inputs().of(step), NoteData{Step: step, Why: why})}, nil
}

// checkWhy refuses a reason that nobody could read later. The error is an Invalid fault of field why; ask says
// what a reason is here.
func checkWhy(why, ask string) error {
	switch {
	case why == "":
		return fault.New(fault.Invalid, "The reason is missing", ask).In("why")
	case utf8.RuneCountInString(why) > MaxWhy:
		return fault.New(fault.Invalid, "The reason is too long", "Use at most 500 characters.").In("why")
	case !utf8.ValidString(why) || strings.Contains(why, "PRIVATE KEY"):
		return fault.New(fault.Invalid, "The reason is not plain text", strings.TrimSuffix(ask, ".")+", without keys or binary text.").In("why")
	}
	return nil
}

// Checked are the facts that follow from a check: that it passed, that the CA was accepted, or that a client
// certificate of a replacement was refused.
func (v View) Checked(o Outcome, c Check) []Fact {
	in, hash := v.inputs(), o.InputHash
	if strings.HasPrefix(hash, practising) {
		return nil
	}
	if strings.HasPrefix(hash, ofSwitch) {
		return switchChecked(v, o, c)
	}
	keys := keyChecked(v, o, c)
	if strings.HasPrefix(hash, ofKey) {
		return keys
	}
	if hash != in.check() && c.Namespace != "" { // what was typed may have been repaired
		hash = in.checkOf(c.Namespace, c.Address, c.Server, c.Leaf)
	}
	ok := o.State == RunPassed
	facts := keys
	if ok {
		facts = append(facts, newFact(FactCheck, hash, CheckData{Run: o.ID, RunNumber: o.Number, Code: o.Code, Reported: o.From, Leaf: c.Leaf}))
	}
	if o.From != "" { // what somebody else saw is no observation of ours
		return facts
	}
	if o.Code == codeUntrusted && c.Leaf != "" && v.Replacement() != nil {
		facts = append(facts, newFact(FactLeafRefused, hash, LeafRefusedData{Leaf: c.Leaf, Run: o.ID, RunNumber: o.Number}))
	}
	if hash == in.check() && c.Leaf != "" && (ok || c.Accepted) {
		seen := UploadData{Namespace: in.id(), Run: o.ID, RunNumber: o.Number}
		if v.Certificate != nil {
			seen.CAFingerprint = v.Certificate.CAFingerprint
		}
		facts = append(facts, newFact(FactCASeen, in.upload(), seen))
	}
	return facts
}

// Check is what a check was about, and how it ended, as far as rules ask.
type Check struct {
	Namespace, Address, Server string // as they were dialled, after repairs
	Auth                       string
	Leaf                       string // SHA-256 of the client certificate that was presented; "" for none
	Key                        string // print of the API key that was presented (cloud.KeyPrint); "" for none
	KeyID                      string // the ID that it says of itself (cloud.KeyClaims); "" where it does not
	Accepted                   bool   // the server took the certificate and the namespace answered
	Passed                     bool
	Made                       time.Time // as the report says; zero where it does not
}

// AboutCheck is the hash of what a check of such a target is about.
func (v View) AboutCheck(c Check) string {
	return v.inputs().checkOf(strings.TrimSpace(c.Namespace), strings.TrimSpace(c.Address), c.Server, c.Leaf)
}

// Transferred are the facts that follow from a transfer of this migration's own that ended as it should.
func (v View) Transferred(o Outcome, workflowID, status string) []Fact {
	return []Fact{newFact(FactTransfer, o.InputHash, TransferData{Run: o.ID, RunNumber: o.Number, WorkflowID: workflowID, Status: status})}
}

// How old a report may be to count, and how far its clock may be ahead of ours.
const (
	reportAge  = time.Hour
	reportSkew = 5 * time.Minute
)

// Discounts says why a check that was made elsewhere does not count for step test, "" when it does. The rule:
//
//   - it is about what the migration is about now: the endpoint, the namespace, the server name and, where
//     workers sign in with a certificate, the fingerprint of the present one;
//   - it says when it was made: at most an hour before it came, and not in the future;
//   - when it passed, the stages client-cert, grpc and namespace did.
//
// What counts is still only what somebody reported: the step says so, and step upload takes nothing from it.
func (v View) Discounts(c Check, now time.Time) string {
	in := v.inputs()
	switch want := in.checkOf(c.Namespace, c.Address, c.Server, c.Leaf); {
	case in.auth == cloud.AuthMTLS && c.Auth != cloud.AuthMTLS, in.auth == cloud.AuthAPIKey && c.Auth != cloud.AuthAPIKey:
		return "it used a different sign-in method from this migration's workers"
	case in.auth == cloud.AuthMTLS && c.Leaf == "":
		return "it does not say which client certificate was used"
	case want != in.check() && in.certificate != nil && in.auth != cloud.AuthAPIKey && c.Leaf != in.certificate.LeafFingerprint:
		return "it used a different client certificate from this migration's"
	case want != in.check():
		return "it is about a different endpoint from this migration's"
	case c.Made.IsZero():
		return "it does not say when it was made"
	case now.Sub(c.Made) > reportAge:
		return "it was more than an hour old when it arrived"
	case c.Made.Sub(now) > reportSkew:
		return "its clock is ahead of this machine's"
	case c.Passed && !c.Accepted:
		return "it passed without contacting the namespace"
	}
	return ""
}
