package migration

import (
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
)

// This file says what a person without an account can be asked to do, what each task is about, and by what it is known to
// be done.

// What a person can be asked to do.
const (
	TaskUpload   = "upload"    // step 3: add the CA certificate to the namespace
	TaskFilters  = "filters"   // set the namespace's certificate filters
	TaskRemoveCA = "remove-ca" // the end of a replacement: take the old CA certificate out of the namespace
)

// Tasks are all of them.
var Tasks = []string{TaskUpload, TaskFilters, TaskRemoveCA}

// TaskTitle is a task as a heading: "Set the certificate filters".
func TaskTitle(id string) string {
	switch id {
	case TaskFilters:
		return "Set the certificate filters"
	case TaskRemoveCA:
		return "Remove the old CA certificate"
	}
	return titles[StepUpload]
}

// doneText says that a task is done.
func doneText(id string) string {
	switch id {
	case TaskFilters:
		return "the certificate filters are set"
	case TaskRemoveCA:
		return "the old CA certificate is removed"
	}
	return "the CA certificate is uploaded"
}

// FactFiltersSeen is a fact kind: the namespace was seen to have the certificate filters that a hand-off asks for. Its
// InputHash is that of the hand-off.
const FactFiltersSeen = "filters.seen"

// Task is something that a person without an account can be asked to do.
type Task struct {
	ID        string
	Namespace string
	CA        string // SHA-256 of the CA certificate that it is about
	PEM       string // that certificate; "" where it is about none
	Filters   string // of TaskFilters, in the JSON of tcld
	About     string // hash of all that it is about
}

// TaskOf is what can be handed off now; filters, in the JSON of tcld, are what TaskFilters asks for. The error is a Conflict
// fault that says what is missing, or that it is done; Invalid faults of field filters where those are wrong, or would lock
// the migration's own client out.
func TaskOf(v View, id, filters string) (Task, error) {
	if v.Migration.UsesKeys() {
		return nothingToAsk("There is no CA certificate to hand off", "Workers of this migration sign in with an API key.")
	}
	switch id {
	case TaskUpload:
		return uploadTask(v)
	case TaskFilters:
		return filtersTask(v, filters)
	case TaskRemoveCA:
		return removeTask(v)
	}
	return Task{}, fault.New(fault.Invalid, "This cannot be handed off", "Choose one of the tasks that are offered.").In("task")
}

func nothingToAsk(title, fix string) (Task, error) {
	return Task{}, fault.New(fault.Conflict, title, fix)
}

func uploadTask(v View) (Task, error) {
	switch s := v.Step(StepUpload); {
	case v.Namespace == nil || v.Certificate == nil:
		return nothingToAsk("There is nothing to hand off yet", "Choose the namespace and create certificates first: steps 1 and 2.")
	case v.Certificate.CAFingerprint == "" || v.Certificate.CAPEM == "":
		return nothingToAsk("There is no CA certificate to hand off yet", "Import the CA certificate: step 2.")
	case s.Status == Done && !s.Noted:
		return nothingToAsk("The CA certificate is already uploaded", "There is evidence for it: "+s.Evidence+".")
	}
	return Task{ID: TaskUpload, Namespace: v.Namespace.Namespace, CA: v.Certificate.CAFingerprint, PEM: v.Certificate.CAPEM, About: v.inputs().upload()}, nil
}

func filtersTask(v View, text string) (Task, error) {
	if v.Namespace == nil {
		return nothingToAsk("There is nothing to hand off yet", "Choose the namespace first: step 1.")
	}
	fs, err := certsvc.ParseFilters([]byte(text))
	if err == nil && len(fs) == 0 {
		err = fault.New(fault.Invalid, "There is no filter to ask for", "Fill in a field of a filter first.")
	}
	if err == nil {
		if l := lockedOut(v, fs); l != nil {
			x := fault.New(fault.Invalid, "These filters lock out your own client", "Change the filters: nobody should be asked to set them.")
			x.Code, x.Cause = l.Code, l.Text
			err = x
		}
	}
	if err != nil {
		return Task{}, fault.From(err).In("filters")
	}
	text = string(fs.JSON())
	return Task{ID: TaskFilters, Namespace: v.Namespace.Namespace, Filters: text, About: filtersAbout(v.Namespace.Namespace, text)}, nil
}

func removeTask(v View) (Task, error) {
	r := v.Replacement()
	switch {
	case !r.Open() || r.What != ReplaceCA:
		return nothingToAsk("No CA is being replaced", "Start a replacement of the CA first.")
	case r.CanRemove() != nil:
		return Task{}, r.CanRemove()
	case !r.can.Callers && r.Noted == "":
		return nothingToAsk("Nobody has confirmed that every worker has the new certificate", "Confirm it with a reason first: the old CA may go only then.")
	case v.Namespace == nil || r.Old.CAFingerprint == "" || r.Old.CAPEM == "":
		return nothingToAsk("The old CA certificate is not known here", "Ask for its removal with its fingerprint.")
	}
	return Task{ID: TaskRemoveCA, Namespace: v.Namespace.Namespace, CA: r.Old.CAFingerprint, PEM: r.Old.CAPEM, About: removeAbout(v.Namespace.Namespace, r)}, nil
}

func filtersAbout(namespace, filters string) string { return hash(TaskFilters, namespace, filters) }

func removeAbout(namespace string, r *Replacement) string {
	return hash(TaskRemoveCA, namespace, r.ID, r.Old.CAFingerprint)
}

// TaskAsked is what a hand-off of a migration asks for, as long as it is about that: ok is false once it is superseded.
func TaskAsked(v View, h Handoff) (t Task, ok bool) {
	t = Task{ID: h.Task, Namespace: h.Namespace, CA: h.CA, Filters: h.Filters, About: h.About}
	if h.State == HandoffSuperseded {
		return t, false
	}
	switch h.Task {
	case TaskUpload:
		if v.Certificate == nil || v.Certificate.CAFingerprint != h.CA {
			return t, false
		}
		t.PEM = v.Certificate.CAPEM
	case TaskFilters: // the client certificate may be another one since the link was made
		if fs, err := certsvc.ParseFilters([]byte(h.Filters)); h.State != HandoffSeen && (err != nil || lockedOut(v, fs) != nil) {
			return t, false
		}
	case TaskRemoveCA:
		r := v.Replacement()
		if r == nil || removeAbout(h.Namespace, r) != h.About {
			return t, false
		}
		t.PEM = r.Old.CAPEM
	}
	return t, true
}

// lockedOut is what filters do to the migration's own client certificate, and to the new one of an open replacement; nil
// where they let both in.
func lockedOut(v View, fs certsvc.Filters) *certsvc.Lint {
	leaves := []*CertificateData{v.Certificate}
	if r := v.Replacement(); r.Open() {
		leaves = append(leaves, r.New)
	}
	for _, c := range leaves {
		if c == nil {
			continue
		}
		certs, _, err := certsvc.ReadCertificates([]byte(c.LeafPEM))
		if err != nil {
			continue // there is none to read
		}
		if l := fs.Lint(certs[0]); l != nil {
			return l
		}
	}
	return nil
}

// FiltersSeen records that the namespace has certificate filters, in any writing of their JSON, where a hand-off waits for
// them; nothing follows where none does.
func FiltersSeen(v View, filters []byte) []Fact {
	fs, err := certsvc.ParseFilters(filters)
	if err != nil || v.Namespace == nil {
		return nil
	}
	about := filtersAbout(v.Namespace.Namespace, string(fs.JSON()))
	for _, h := range v.Handoffs {
		if h.Task == TaskFilters && h.About == about && h.Seen.IsZero() && h.Revoked.IsZero() {
			return []Fact{newFact(FactFiltersSeen, about, struct{}{})}
		}
	}
	return nil
}

// handoffs are the hand-offs of the migration; uploaded is the evidence of step upload, if any, and its moment.
func (d deriver) handoffs(uploaded *UploadData, at time.Time) Handoffs {
	var filters string // asked for last: what was asked for before is superseded
	for _, f := range d.facts {
		if h, ok := decode[HandoffData](f); ok && f.Kind == FactHandoffMade && h.Task == TaskFilters {
			filters = h.Filters
		}
	}
	upload, r := "", deriveReplacement(d.in.can, d.facts)
	if d.in.auth != cloud.AuthAPIKey && d.in.namespace != nil && d.in.certificate != nil {
		upload = d.in.upload()
	}
	about := func(h Handoff) string {
		switch {
		case d.in.auth == cloud.AuthAPIKey || d.in.namespace == nil:
		case h.Task == TaskFilters:
			return filtersAbout(d.in.namespace.Namespace, filters)
		case h.Task == TaskRemoveCA && r.Open() && r.CanRemove() == nil:
			return removeAbout(d.in.namespace.Namespace, r)
		case h.Task == TaskUpload:
			return upload
		}
		return ""
	}
	return handoffs(d.facts, d.now, about, func(h Handoff) time.Time {
		switch h.Task {
		case TaskUpload:
			if seen := firstSince(d.facts, h, FactCASeen, FactUpload); !seen.IsZero() {
				return seen
			}
			if uploaded != nil && h.About == upload {
				return at
			}
			return time.Time{}
		case TaskRemoveCA:
			return removalSeen(h, r)
		}
		return firstSince(d.facts, h, FactFiltersSeen)
	})
}

// firstSince is when a fact about what a hand-off is about was written down since it was made; zero for never.
func firstSince(facts []Fact, h Handoff, kinds ...string) time.Time {
	for _, f := range facts {
		if oneOf(f.Kind, kinds) && f.InputHash == h.About && !f.At.Before(h.Made) {
			return f.At
		}
	}
	return time.Time{}
}

// removalSeen is when the old CA was seen to be gone: where Onramp cannot look into the namespace, a check with a client
// certificate of the old CA was refused.
func removalSeen(h Handoff, r *Replacement) time.Time {
	switch {
	case r == nil || removeAbout(h.Namespace, r) != h.About:
	case r.Removed != nil && !r.Ended.Before(h.Made):
		return r.Ended
	case !r.can.Callers && r.OldRefused != nil && !r.OldRefused.At.Before(h.Made):
		return r.OldRefused.At
	}
	return time.Time{}
}
