package migration

import (
	"slices"
	"strings"
	"time"

	"onramp/cloud"
)

// Status of a step: the six status words of the pages, and Failing.
type Status string

// The statuses.
const (
	NotStarted Status = "not-started"
	Blocked    Status = "blocked" // can't start yet: Reason
	YourTurn   Status = "your-turn"
	Waiting    Status = "waiting"    // for Who, since Since
	Done       Status = "done"       // Evidence
	LookAgain  Status = "look-again" // Reason says what changed
	Failing    Status = "failing"    // the last run failed: Evidence, Run
	Rehearsed  Status = "rehearsed"  // open, and all that a rehearsal can show of it was shown: Evidence
)

// The people a step can wait for.
const (
	WhoDeveloper  = "developer"
	WhoCloudAdmin = "cloud-admin"
)

// StepView is one step as it stands now.
type StepView struct {
	ID       string
	Number   int // 1 to 6
	Title    string
	Status   Status
	Evidence string // one line: "payments.a1b2c", "client certificate expires 12 Nov 2027", "run 3 passed"
	Reason   string // for Blocked and LookAgain
	Who      string // whose turn: developer, cloud-admin, ""
	Since    time.Time
	Run      string // id of the run that is the evidence, or that is running
	Noted    bool   // done by a note, not by an observed fact
	Name     string // of the person who was asked by a link; "" for nobody in particular
	Handoff  int    // the hand-off that says so; 0 for none
}

// View is a migration as it stands now: derived, never stored.
type View struct {
	Migration   Migration
	Steps       []StepView // the six in order
	Next        string     // id of the step to continue with; "" when all are done
	DoneCount   int
	Namespace   *NamespaceData // present facts, nil when none
	Certificate *CertificateData
	Upload      *UploadData // the fact that makes step upload done, nil when none does
	Leaves      []Leaf      // further client certificates, each once, the newest first; also those of earlier CAs
	Handoffs    Handoffs    // tasks that were handed to people without an account, oldest first
	Facts       []Fact      // every fact, oldest first: the activity list
	LastCheck   *Outcome    // the last of the present inputs that has ended, nil for none
	Source      *SourceData // where the application ran before, nil where nobody said
}

// CheckHash is the hash of what a check is about: namespace, address and leaf certificate.
func (v View) CheckHash() string { return v.inputs().check() }

// About is the hash of what the runs are about that Derive looks at, as the facts (oldest first) stand.
func About(m Migration, facts []Fact) string { return present(m, facts).check() }

// Step returns the view of a step id; the zero StepView for an unknown id.
func (v View) Step(id string) StepView {
	for _, s := range v.Steps {
		if s.ID == id {
			return s
		}
	}
	return StepView{}
}

func (v View) inputs() inputs {
	return inputs{v.Migration.Mode.Can(), v.Migration.Auth, v.Namespace, v.Certificate}
}

// titles of the steps, in the order of Steps.
var titles = map[string]string{
	StepNamespace:    "Choose the namespace",
	StepCertificates: "Create certificates",
	StepUpload:       "Upload the CA certificate",
	StepTest:         "Test the connection",
	StepCode:         "Change the worker",
	StepTransfer:     "Run a test transfer",
}

// present returns the inputs that a migration's facts (oldest first) set.
func present(m Migration, facts []Fact) inputs {
	in := inputs{can: m.Mode.Can(), auth: m.Auth}
	_, in.namespace = latest[NamespaceData](facts, FactNamespace)
	if !m.UsesKeys() {
		_, in.certificate = latest[CertificateData](facts, FactCertificate)
	}
	return in
}

// Derive makes the view of a migration from its facts (oldest first) and its runs (any order; the latest
// about the present inputs are enough).
// It is pure. The rules:
//
//   - Namespace, certificates and code can be done at any time, in any order. Upload and test need a
//     namespace and certificates, transfer needs a done test; until then they are Blocked.
//   - A step is Done by a fact (or a note) whose hash is that of the present inputs, and by nothing
//     else. Facts of other inputs make it LookAgain.
//   - Test and transfer are Failing while their newest ended run about the present inputs failed.
//   - The first step that is neither Done nor Blocked nor Rehearsed is Next, and YourTurn unless another word says more;
//     where there is none, the Rehearsed one is.
//   - Code is done by a worker of the reader's alone. That Onramp's own worker did a transfer in a rehearsal leaves it
//     open, and the evidence says so. Once everything else is done, or the transfer is to be looked at again, it is
//     Rehearsed: nothing of it waits for the reader, and nothing says that a worker of theirs was seen.
//   - A link for a person says whom a step waits for, by name; what it waits for stays evidence (deriver.handed).
//   - With API keys there is nothing to do in certificates and upload: Done, and the evidence says so.
func Derive(m Migration, facts []Fact, runs []Outcome, now time.Time) View {
	v := View{Migration: m, Facts: facts}
	d := deriver{in: present(m, facts), facts: facts, runs: runs, now: now}
	d.namespace, _ = latest[NamespaceData](facts, FactNamespace)
	v.Namespace, v.Certificate = d.in.namespace, d.in.certificate
	switch { // earlier versions took certificates all the same: they are about nothing
	case !m.UsesKeys():
		d.certificate, _ = latest[CertificateData](facts, FactCertificate)
		v.Leaves = leaves(facts)
	case takesCertificates(switchOf(d.in.can, facts)): // no step rests on them before the switch has ended
		_, v.Certificate = latest[CertificateData](facts, FactCertificate)
		v.Leaves = leaves(facts)
	}
	v.LastCheck = d.lastEnded(CheckRun, d.in.check())
	_, v.Source = latest[SourceData](facts, FactSource)

	var upload StepView
	upload, v.Upload = d.upload()
	v.Handoffs = d.handoffs(v.Upload, upload.Since)
	upload = d.handed(upload, v.Handoffs.Asked(TaskUpload))
	test := d.test()
	v.Steps = []StepView{d.stepNamespace(), d.stepCertificates(), upload, test, d.code(), d.transfer(test)}
	if code, last := &v.Steps[4], v.Steps[5]; d.in.can.Practice && code.Status == NotStarted && code.Evidence != "" && test.Status == Done && (last.Status == Done || last.Status == LookAgain) {
		code.Status = Rehearsed
	}
	rehearsed := ""
	for i := range v.Steps {
		s := &v.Steps[i]
		s.ID, s.Number, s.Title = Steps[i], i+1, titles[Steps[i]]
		if s.Status == Done {
			v.DoneCount++
			continue
		}
		if s.Status == Rehearsed {
			rehearsed = s.ID
		} else if v.Next == "" && s.Status != Blocked {
			v.Next = s.ID
			if s.Status == NotStarted {
				s.Status = YourTurn
			}
		}
		if s.Who == "" && s.Status != Blocked {
			s.Who = WhoDeveloper
		}
	}
	if v.Next == "" {
		v.Next = rehearsed
	}
	return v
}

// deriver holds what every step's rule looks at.
type deriver struct {
	in          inputs
	facts       []Fact
	runs        []Outcome
	now         time.Time
	namespace   *Fact // the present one, nil when none
	certificate *Fact
}

func (d deriver) stepNamespace() StepView {
	if d.in.namespace == nil {
		return StepView{Status: NotStarted}
	}
	return StepView{Status: Done, Evidence: d.in.namespace.Namespace, Since: d.namespace.At}
}

func (d deriver) stepCertificates() StepView {
	switch {
	case d.in.auth == cloud.AuthAPIKey:
		return notNeeded()
	case d.in.certificate != nil:
		return d.leaf()
	}
	if note := d.note(StepCertificates); note != nil {
		return noted(note)
	}
	return StepView{Status: NotStarted}
}

// leaf is step certificates with a certificate: Done as long as the client certificate lasts.
func (d deriver) leaf() StepView {
	end := d.in.certificate.LeafNotAfter
	if !end.IsZero() && !d.now.Before(end) {
		return StepView{Status: LookAgain, Since: end, Reason: "the client certificate expired on " + day(end)}
	}
	s := StepView{Status: Done, Since: d.certificate.At, Evidence: "client certificate " + short(d.in.certificate.LeafFingerprint)}
	if !end.IsZero() {
		s.Evidence = "client certificate expires " + day(end)
	}
	return s
}

// missing says which earlier steps upload and test still need, "" when none.
func (d deriver) missing() string {
	noLeaf := d.in.certificate == nil && d.in.auth != cloud.AuthAPIKey && d.note(StepCertificates) == nil
	switch {
	case d.in.namespace == nil && noLeaf:
		return "needs step 1, a namespace, and step 2, certificates"
	case d.in.namespace == nil:
		return "needs step 1, a namespace"
	case noLeaf:
		return "needs step 2, certificates"
	}
	return ""
}

func (d deriver) upload() (StepView, *UploadData) {
	if d.in.auth == cloud.AuthAPIKey {
		return notNeeded(), nil
	}
	if why := d.missing(); why != "" {
		return StepView{Status: Blocked, Reason: why}, nil
	}
	kind := FactCASeen
	if d.in.can.Bundle {
		kind = FactUpload
	}
	want := d.in.upload()
	if fact := d.uploaded(kind, want); fact != nil {
		data, ok := decode[UploadData](*fact)
		if last := d.lastEnded(CheckRun, d.in.check()); ok && last != nil && last.From == "" && last.Code == codeUntrusted && last.Ended.After(fact.At) {
			return StepView{Status: LookAgain, Since: last.Ended, Run: last.ID,
				Reason: runName(last) + " was refused although the CA had been accepted: " + last.Title}, nil
		}
		if ok {
			return StepView{Status: Done, Since: fact.At, Run: data.Run, Evidence: uploadEvidence(kind, data)}, &data
		}
	}
	if note := d.note(StepUpload); note != nil {
		return noted(note), nil
	}
	s := StepView{Status: NotStarted}
	if stale := d.stale(StepUpload, kind); stale != nil {
		s = d.lookAgain(stale)
	} else if !d.in.can.Bundle {
		s = StepView{Status: Waiting, Since: d.since()}
		if last := d.lastEnded(CheckRun, d.in.check()); last != nil && last.State == RunFailed && last.From == "" && StopsBeforeCA(last.Code) && d.test().Status == Failing {
			return StepView{Status: NotStarted, Evidence: runName(last) + " stopped before the CA certificate matters: " + last.Title}, nil
		}
	}
	if !d.in.can.Bundle {
		s.Who = WhoCloudAdmin
	}
	return s, nil
}

// StopsBeforeCA reports whether a fault of the catalogue meets a check before the namespace looks at the client
// certificate: in what was given, on the network or at the server. No upload mends it.
func StopsBeforeCA(code string) bool {
	group, _, _ := strings.Cut(code, "-")
	return slices.Contains([]string{"IN", "KP", "DN", "TC", "PX", "SV", "PR"}, group) && code != "PX-09" && code != "SV-12"
}

// codeUntrusted is the doctor's verdict "namespace does not trust the CA".
const codeUntrusted = "CL-03"

// uploaded returns the fact that the present CA is in the present namespace. In the rehearsal cloud of a
// rehearsal Save replaces the whole bundle, so only the newest save to this namespace counts.
func (d deriver) uploaded(kind, want string) *Fact {
	fact := d.newest(func(f Fact) bool { return f.Kind == kind && f.InputHash == want })
	if fact == nil || kind != FactUpload {
		return fact
	}
	saved := d.newest(func(f Fact) bool {
		data, ok := decode[UploadData](f)
		return ok && f.Kind == FactUpload && data.Namespace == d.in.id()
	})
	if saved != nil && saved.InputHash != want {
		return nil
	}
	return fact
}

// since is when the last input of upload was there: from then on the cloud admin is waited for.
func (d deriver) since() time.Time {
	at := d.namespace.At
	if d.certificate != nil && d.certificate.At.After(at) {
		at = d.certificate.At
	}
	return at
}

func (d deriver) test() StepView {
	if why := d.missing(); why != "" {
		return StepView{Status: Blocked, Reason: why}
	}
	return d.byRun(StepTest, FactCheck, CheckRun)
}

func (d deriver) transfer(test StepView) StepView {
	s := d.byRun(StepTransfer, FactTransfer, TransferRun)
	if s.Status == NotStarted && test.Status != Done {
		return StepView{Status: Blocked, Reason: "needs step 4, a connection test that passed"}
	}
	return s
}

// byRun is a step whose evidence runs are: test and transfer.
func (d deriver) byRun(step, kind string, runs RunKind) StepView {
	want := d.in.check()
	fact := d.newest(func(f Fact) bool {
		return f.InputHash == want && (f.Kind == kind || f.Kind == FactNote && noteStep(f) == step)
	})
	last := d.lastEnded(runs, want)
	if last != nil && last.State == RunFailed && (fact == nil || fact.At.Before(last.Ended) ||
		fact.At.Equal(last.Ended) && fact.Kind != FactNote) {
		return StepView{Status: Failing, Evidence: runName(last) + " failed: " + last.Title, Run: last.ID, Since: last.Ended}
	}
	if fact != nil && fact.Kind == FactNote {
		return noted(fact)
	}
	if fact != nil {
		return runEvidence(fact)
	}
	if stale := d.stale(step, kind); stale != nil {
		return d.lookAgain(stale)
	}
	s := StepView{Status: NotStarted}
	if now := d.running(runs, want); now != nil {
		s.Evidence, s.Run, s.Since = runName(now)+" is running", now.ID, now.Started
	}
	return s
}

func (d deriver) code() StepView {
	want := d.in.code()
	if fact := d.newest(func(f Fact) bool { return f.InputHash == want && readersWorker(f) }); fact != nil {
		return pollerEvidence(fact)
	}
	if note := d.note(StepCode); note != nil {
		return noted(note)
	}
	if stale := d.newest(func(f Fact) bool { return readersWorker(f) || f.Kind == FactNote && noteStep(f) == StepCode }); stale != nil {
		return d.lookAgain(stale)
	}
	s := StepView{Status: NotStarted}
	if fact := d.newest(func(f Fact) bool { return f.Kind == FactPoller && f.InputHash == want }); fact != nil {
		s.Evidence = "rehearsed with Onramp's own worker; yours has not been seen"
	}
	return s
}
