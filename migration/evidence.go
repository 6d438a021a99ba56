package migration

import (
	"encoding/json"
	"strings"
	"time"
)

// This file finds facts and runs for Derive and puts them into words.

// decode returns a fact's data; false when it is not that type.
func decode[T any](f Fact) (T, bool) {
	var data T
	err := json.Unmarshal(f.Data, &data)
	return data, err == nil
}

// latest returns the newest readable fact of a kind with its data, nil when there is none.
func latest[T any](facts []Fact, kind string) (*Fact, *T) {
	for i := len(facts) - 1; i >= 0; i-- {
		if facts[i].Kind != kind {
			continue
		}
		if data, ok := decode[T](facts[i]); ok {
			return &facts[i], &data
		}
	}
	return nil, nil
}

// newest returns the newest fact that is wanted, nil when none is.
func (d deriver) newest(wanted func(Fact) bool) *Fact {
	for i := len(d.facts) - 1; i >= 0; i-- {
		if wanted(d.facts[i]) {
			return &d.facts[i]
		}
	}
	return nil
}

// note returns the newest note about a step's present inputs.
func (d deriver) note(step string) *Fact {
	want := d.in.of(step)
	return d.newest(func(f Fact) bool { return f.Kind == FactNote && f.InputHash == want && noteStep(f) == step })
}

// stale returns the newest fact or note of a step, whatever its inputs were.
func (d deriver) stale(step, kind string) *Fact {
	return d.newest(func(f Fact) bool { return f.Kind == kind || f.Kind == FactNote && noteStep(f) == step })
}

func noteStep(f Fact) string {
	data, _ := decode[NoteData](f)
	return data.Step
}

// lastEnded returns the run of a kind about these inputs that passed or failed last.
func (d deriver) lastEnded(kind RunKind, inputHash string) *Outcome {
	var last *Outcome
	for i, r := range d.runs {
		if r.Kind != kind || r.InputHash != inputHash || (r.State != RunPassed && r.State != RunFailed) {
			continue
		}
		if last == nil || r.Ended.After(last.Ended) || r.Ended.Equal(last.Ended) && r.Number > last.Number {
			last = &d.runs[i]
		}
	}
	return last
}

// running returns the newest run of a kind about these inputs that is under way.
func (d deriver) running(kind RunKind, inputHash string) *Outcome {
	var now *Outcome
	for i, r := range d.runs {
		if r.Kind == kind && r.InputHash == inputHash && r.State == RunRunning && (now == nil || r.Number > now.Number) {
			now = &d.runs[i]
		}
	}
	return now
}

func noted(f *Fact) StepView {
	data, _ := decode[NoteData](*f)
	return StepView{Status: Done, Evidence: "done outside: " + data.Why, Since: f.At, Noted: true}
}

func notNeeded() StepView {
	return StepView{Status: Done, Evidence: "not needed: workers sign in with an API key"}
}

func uploadEvidence(kind string, data UploadData) string {
	text := "CA"
	if data.CAFingerprint != "" {
		text += " " + short(data.CAFingerprint)
	}
	if kind == FactUpload {
		return text + " saved in the rehearsal cloud"
	}
	if data.RunNumber > 0 {
		return text + " accepted in " + CheckRun.Numbered(data.RunNumber)
	}
	return text + " accepted"
}

func runEvidence(f *Fact) StepView {
	s := StepView{Status: Done, Since: f.At}
	data, _ := decode[TransferData](*f) // CheckData has the same names
	s.Run, s.Evidence = data.Run, "passed"
	if data.RunNumber > 0 {
		kind := CheckRun
		if f.Kind == FactTransfer {
			kind = TransferRun
		}
		s.Evidence = kind.Numbered(data.RunNumber) + " passed"
	}
	if data.Status != "" {
		s.Evidence += ": " + strings.ToLower(data.Status)
		if data.Status != "COMPLETED" {
			s.Evidence += ", as its scenario should"
		}
	}
	if check, _ := decode[CheckData](*f); check.Reported != "" {
		s.Evidence += ", as reported from " + check.Reported
	}
	return s
}

// readersWorker reports whether a fact tells of a worker that is not Onramp's own.
func readersWorker(f Fact) bool {
	data, ok := decode[PollerData](f)
	return f.Kind == FactPoller && ok && !data.BuiltIn
}

func pollerEvidence(f *Fact) StepView {
	data, _ := decode[PollerData](*f)
	worker := "worker " + data.Identity
	if data.Identity == "" {
		worker = "a worker"
	}
	return StepView{Status: Done, Evidence: worker + " polls " + data.TaskQueue, Since: f.At}
}

func runName(r *Outcome) string { return r.Kind.Numbered(r.Number) }

// lookAgain says what changed since a fact was observed.
func (d deriver) lookAgain(stale *Fact) StepView {
	s := StepView{Status: LookAgain, Since: stale.At}
	var reasons []string
	if d.namespace != nil && d.namespace.ID > stale.ID {
		_, was := latest[NamespaceData](before(d.facts, stale.ID), FactNamespace)
		if text := namespaceChange(was, d.in.namespace); text != "" {
			reasons, s.Since = append(reasons, text), d.namespace.At
		}
	}
	if d.certificate != nil && d.certificate.ID > stale.ID {
		_, was := latest[CertificateData](before(d.facts, stale.ID), FactCertificate)
		if text := certificateChange(was, d.in.certificate); text != "" {
			reasons, s.Since = append(reasons, text), d.certificate.At
		}
	}
	if len(reasons) == 0 {
		reasons = []string{"it was seen with another namespace, certificate or sign-in method"}
	}
	s.Reason = strings.Join(reasons, " and ")
	return s
}

// before returns the facts older than an id.
func before(facts []Fact, id int64) []Fact {
	for i, f := range facts {
		if f.ID >= id {
			return facts[:i]
		}
	}
	return facts
}

func namespaceChange(was, now *NamespaceData) string {
	switch {
	case was == nil:
		return "the namespace was set to " + now.Namespace
	case was.Namespace != now.Namespace:
		return "the namespace changed from " + was.Namespace + " to " + now.Namespace
	case was.Address != now.Address:
		return "the address changed from " + was.Address + " to " + now.Address
	case was.Server != now.Server:
		return "the server name changed"
	}
	return ""
}

func certificateChange(was, now *CertificateData) string {
	switch {
	case was == nil:
		return "a certificate was added"
	case was.CAFingerprint != now.CAFingerprint:
		return "the CA was replaced"
	case was.LeafFingerprint != now.LeafFingerprint:
		return "the client certificate was replaced"
	}
	return ""
}

// day is a date as the pages write it.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// short is the beginning of a fingerprint.
func short(fingerprint string) string {
	if len(fingerprint) <= 12 {
		return fingerprint
	}
	return fingerprint[:12]
}

// CertificateOf is the data of a FactCertificate; false for any other fact.
func CertificateOf(f Fact) (CertificateData, bool) {
	if f.Kind != FactCertificate {
		return CertificateData{}, false
	}
	return decode[CertificateData](f)
}
