package migration

import (
	"fmt"
	"onramp/cloud"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// story is a migration as a list of what happened, one a minute.
type story struct {
	t     *testing.T
	m     Migration
	facts []Fact
	runs  []Outcome
	now   time.Time
}

var morning = time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)

// tell makes a story of happenings:
//
//	ns N [ADDRESS]   the namespace is set          cert CA LEAF [ends|long]  a certificate is issued for an hour, one that has ended, or for a year
//	save [CA]        the rehearsal cloud saved a CA     seen                 a check saw the CA
//	pass, fail CODE  a check ended                 check                a check is under way
//	paid, unpaid     a transfer ended              poll                 a worker was seen
//	note STEP        a step was noted              days N               so many pass
//	link TO          the upload is handed to somebody
//	opened, done, notme, revoked N [WORDS]         what became of link N
func tell(t *testing.T, mode Mode, auth string, happenings ...string) *story {
	t.Helper()
	s := &story{t: t, m: Migration{ID: "payments", Mode: mode, Auth: auth}, now: morning}
	for _, h := range happenings {
		s.now = s.now.Add(time.Minute)
		s.happens(strings.Fields(h))
	}
	return s
}

const someFilters = `{"filters":[{"commonName":"payments"}]}`

func (s *story) happens(w []string) {
	s.t.Helper()
	in := Derive(s.m, s.facts, s.runs, s.now).inputs()
	ca := ""
	if in.certificate != nil {
		ca = in.certificate.CAFingerprint
	}
	switch w[0] {
	case "ns":
		d := NamespaceData{Namespace: w[1], Address: w[1] + ".tmprl.cloud:7233"}
		if len(w) > 2 {
			d.Address = w[2]
		}
		s.fact(newFact(FactNamespace, namespaceHash(d), d))
	case "cert":
		d := CertificateData{CAFingerprint: w[1], CAPEM: "PEM of " + w[1], LeafFingerprint: w[2], LeafNotAfter: s.now.Add(time.Hour)}
		switch {
		case len(w) > 3 && w[3] == "long":
			d.LeafNotAfter = s.now.AddDate(1, 0, 0)
		case len(w) > 3:
			d.LeafNotAfter = s.now
		}
		s.fact(newFact(FactCertificate, certificateHash(d), d))
	case "save":
		if len(w) > 1 {
			ca = w[1]
		}
		s.fact(newFact(FactUpload, in.uploadOf(ca), UploadData{Namespace: in.id(), CAFingerprint: ca}))
	case "seen":
		s.fact(newFact(FactCASeen, in.upload(), UploadData{Namespace: in.id(), CAFingerprint: ca}))
	case "pass":
		r := s.run(CheckRun, RunPassed, "OK", in)
		s.fact(newFact(FactCheck, r.InputHash, CheckData{Run: r.ID, RunNumber: r.Number, Code: "OK"}))
	case "fail":
		s.run(CheckRun, RunFailed, w[1], in)
	case "check":
		s.run(CheckRun, RunRunning, "", in)
	case "cut":
		s.run(CheckRun, RunInterrupted, "", in)
	case "paid":
		r := s.run(TransferRun, RunPassed, "OK", in)
		s.fact(newFact(FactTransfer, r.InputHash, TransferData{Run: r.ID, RunNumber: r.Number, Status: "COMPLETED"}))
	case "unpaid":
		s.run(TransferRun, RunFailed, "TQ-01", in)
	case "ours":
		s.fact(newFact(FactPoller, in.code(), PollerData{TaskQueue: "onramp-1", BuiltIn: true}))
	case "poll":
		s.fact(newFact(FactPoller, in.code(), PollerData{TaskQueue: "Q", Identity: "1@host"}))
	case "note":
		s.fact(newFact(FactNote, in.of(w[1]), NoteData{Step: w[1], Why: "by hand"}))
	case "link": // link TO: TaskUpload is handed to somebody
		_, facts, err := MakeHandoff(Derive(s.m, s.facts, s.runs, s.now), Ask{Task: TaskUpload, For: w[1]}, "u1", s.now)
		if err != nil {
			s.t.Fatal(err)
		}
		s.fact(facts[0])
	case "ask": // ask TO: TaskFilters is handed to somebody
		_, facts, err := MakeHandoff(Derive(s.m, s.facts, s.runs, s.now), Ask{Task: TaskFilters, For: w[1], Filters: someFilters}, "u1", s.now)
		if err != nil {
			s.t.Fatal(err)
		}
		s.fact(facts[0])
	case "filtered": // they are seen
		for _, f := range FiltersSeen(Derive(s.m, s.facts, s.runs, s.now), []byte(someFilters)) {
			s.fact(f)
		}
	case "lapsed": // NUMBER
		v := Derive(s.m, s.facts, s.runs, s.now)
		for _, f := range v.Handoffs.Lapsed(int(w[1][0] - '0')) {
			s.fact(f)
		}
	case "opened", "done", "notme", "revoked": // NUMBER [WORDS]: what became of a link
		v := Derive(s.m, s.facts, s.runs, s.now)
		n, words := int(w[1][0]-'0'), strings.Join(w[2:], " ")
		var facts []Fact
		var err error
		switch w[0] {
		case "opened":
			facts = v.Handoffs.Opened(n)
		case "done":
			facts, err = v.Handoffs.Answered(n, FactHandoffDone, words)
		case "notme":
			facts, err = v.Handoffs.Answered(n, FactHandoffNotMe, words)
		default:
			facts, err = v.Handoffs.Revoked(n)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		for _, f := range facts {
			s.fact(f)
		}
	case "days": // N: so many pass
		var n int
		fmt.Sscan(w[1], &n)
		s.now = s.now.AddDate(0, 0, n)
	case "damage":
		s.fact(Fact{Kind: w[1], Data: []byte(`{`)})
	default:
		s.t.Fatalf("the story knows no %q", w[0])
	}
}

func (s *story) fact(f Fact) {
	f.ID, f.MigrationID, f.At = int64(len(s.facts)+1), s.m.ID, s.now
	s.facts = append(s.facts, f)
}

func (s *story) run(kind RunKind, state RunState, code string, in inputs) Outcome {
	n := 1
	for _, r := range s.runs {
		if r.Kind == kind {
			n++
		}
	}
	r := Outcome{ID: fmt.Sprintf("%s%d", kind, n), Kind: kind, Number: n, State: state, Code: code, InputHash: in.check(), Started: s.now}
	r.Title = "title of " + code
	if state != RunRunning {
		r.Ended = s.now
	}
	s.runs = append([]Outcome{r}, s.runs...)
	return r
}

func (s *story) view() View { return Derive(s.m, s.facts, s.runs, s.now) }

// short words for the six statuses in a row
var letters = map[Status]string{NotStarted: "o", Blocked: "-", YourTurn: "T", Waiting: "W", Done: "D", LookAgain: "?", Failing: "!", Rehearsed: "R"}

func (s *story) row() string {
	var b strings.Builder
	for _, st := range s.view().Steps {
		b.WriteString(letters[st.Status])
	}
	return b.String()
}

// TestSteps tells what people do and reads the six steps: o not started, - blocked, T your turn,
// W waiting, D done, ? look again, ! failing; in the order namespace, certificates, upload, test, code, transfer.
func TestSteps(t *testing.T) {
	ready := []string{"ns a.x", "cert ca1 leaf1"}
	all := append(ready, "save", "pass", "poll", "paid")
	seen := append(ready, "seen", "pass", "poll", "paid")
	and := func(list []string, more ...string) []string { return append(append([]string{}, list...), more...) }
	for _, tt := range []struct {
		name string
		mode Mode
		auth string
		did  []string
		want string
		next string
		say  map[string]string // step: evidence or reason
	}{
		{name: "a fresh migration", want: "To--o-", next: StepNamespace, say: map[string]string{
			StepUpload: "needs step 1, a namespace, and step 2, certificates", StepTransfer: "needs step 4, a connection test that passed"}},
		{name: "namespace", did: []string{"ns a.x"}, want: "DT--o-", next: StepCertificates, say: map[string]string{
			StepNamespace: "a.x", StepTest: "needs step 2, certificates"}},
		{name: "certificate first", did: []string{"cert ca1 leaf1"}, want: "TD--o-", next: StepNamespace, say: map[string]string{
			StepCertificates: "client certificate expires 12 Nov 2026", StepUpload: "needs step 1, a namespace"}},
		{name: "both", did: ready, want: "DDToo-", next: StepUpload},
		{name: "saved", did: and(ready, "save"), want: "DDDTo-", next: StepTest, say: map[string]string{StepUpload: "CA ca1 saved in the rehearsal cloud"}},
		{name: "tested", did: and(ready, "save", "pass"), want: "DDDDTo", next: StepCode, say: map[string]string{StepTest: "check 1 passed"}},
		{name: "everything", did: all, want: "DDDDDD", next: "", say: map[string]string{StepTransfer: "test transfer 1 passed: completed", StepCode: "worker 1@host polls Q"}},
		{name: "code before the rest", did: []string{"ns a.x", "poll"}, want: "DT--D-", next: StepCertificates},
		{name: "Onramp's own worker", did: and(ready, "save", "pass", "ours", "paid"), want: "DDDDRD", next: StepCode, say: map[string]string{
			StepCode: "rehearsed with Onramp's own worker; yours has not been seen"}},
		{name: "another CA after a rehearsal", did: and(ready, "save", "pass", "ours", "paid", "cert ca2 leaf2", "save", "pass"), want: "DDDDR?", next: StepTransfer},
		{name: "the reader's worker and then Onramp's", did: and(ready, "save", "pass", "poll", "ours", "paid"), want: "DDDDDD", say: map[string]string{StepCode: "worker 1@host polls Q"}},
		{name: "Onramp's own worker in another namespace", did: and(ready, "ours", "ns b.x"), want: "DDToo-", next: StepUpload, say: map[string]string{StepCode: ""}},
		{name: "the reader's worker in another namespace, Onramp's in both", did: and(ready, "poll", "ours", "ns b.x", "ours"), want: "DDTo?-", next: StepUpload,
			say: map[string]string{StepCode: "the namespace changed from a.x to b.x"}},
		{name: "a poller that cannot be read", did: and(ready, "damage poller.seen"), want: "DDToo-", next: StepUpload},
		{name: "transfer without code", did: and(ready, "save", "pass", "paid"), want: "DDDDTD", next: StepCode},
		{name: "test before the upload", did: and(ready, "fail CL-03"), want: "DDT!o-", next: StepUpload, say: map[string]string{StepTest: "check 1 failed: title of CL-03"}},
		{name: "a check under way", did: and(ready, "save", "check"), want: "DDDTo-", next: StepTest, say: map[string]string{StepTest: "check 1 is running"}},
		{name: "an interrupted check says nothing", did: and(ready, "save", "pass", "cut"), want: "DDDDTo", next: StepCode},
		{name: "a failure after a pass", did: and(ready, "save", "pass", "fail DN-01"), want: "DDD!o-", next: StepTest, say: map[string]string{StepTest: "check 2 failed: title of DN-01"}},
		{name: "a pass after a failure", did: and(ready, "save", "fail DN-01", "pass"), want: "DDDDTo", next: StepCode},
		{name: "the transfer fails", did: and(ready, "save", "pass", "poll", "unpaid"), want: "DDDDD!", next: StepTransfer},
		{name: "the transfer fails, then works", did: and(ready, "save", "pass", "poll", "unpaid", "paid"), want: "DDDDDD"},

		{name: "another namespace", did: and(all, "ns b.x"), want: "DD????", next: StepUpload, say: map[string]string{
			StepUpload: "the namespace changed from a.x to b.x", StepTransfer: "the namespace changed from a.x to b.x"}},
		{name: "and back: the evidence is found again", did: and(all, "ns b.x", "ns a.x"), want: "DDDDDD"},
		{name: "another CA", did: and(all, "cert ca2 leaf2"), want: "DD??D?", next: StepUpload, say: map[string]string{StepUpload: "the CA was replaced"}},
		{name: "another leaf of the same CA", did: and(all, "cert ca1 leaf2"), want: "DDD?D?", next: StepTest, say: map[string]string{StepTest: "the client certificate was replaced"}},
		{name: "namespace and CA", did: and(all, "ns b.x", "cert ca2 leaf2"), want: "DD????", next: StepUpload, say: map[string]string{
			StepTest: "the namespace changed from a.x to b.x and the CA was replaced"}},
		{name: "an old failure does not count for new inputs", did: and(ready, "save", "fail DN-01", "cert ca1 leaf2"), want: "DDDTo-", next: StepTest},
		{name: "the bundle was replaced by another CA's", did: and(all, "save ca9"), want: "DD?DDD", next: StepUpload},
		{name: "another CA was saved elsewhere", did: and(all, "ns b.x", "save ca9", "ns a.x"), want: "DDDDDD"},
		{name: "the leaf has ended", did: []string{"ns a.x", "cert ca1 leaf1 ends"}, want: "D?ooo-", next: StepCertificates, say: map[string]string{
			StepCertificates: "the client certificate expired on 12 Nov 2026"}},
		{name: "the CA was removed from the namespace", did: and(all, "fail CL-03"), want: "DD?!DD", next: StepUpload, say: map[string]string{
			StepUpload: "check 2 was refused although the CA had been accepted: title of CL-03"}},
		{name: "the CA was saved again", did: and(all, "fail CL-03", "save"), want: "DDD!DD", next: StepTest},
		{name: "a rehearsal on another port", did: []string{"ns a.x localhost:7001", "cert ca1 leaf1", "save", "pass", "ns a.x 127.0.0.1:7002"}, want: "DDDDTo", next: StepCode},
		{name: "seen by a check is not saved", did: and(ready, "seen"), want: "DDToo-", next: StepUpload},

		{name: "Cloud: the admin's turn", mode: Cloud, did: ready, want: "DDWoo-", next: StepUpload},
		{name: "Cloud: saved is not seen", mode: Cloud, did: and(ready, "save"), want: "DDWoo-", next: StepUpload},
		{name: "Cloud: everything", mode: Cloud, did: seen, want: "DDDDDD", say: map[string]string{StepUpload: "CA ca1 accepted"}},
		{name: "Cloud: another address", mode: Cloud, did: and(seen, "ns a.x vpce-1.example.com:7233"), want: "DDD?D?", next: StepTest, say: map[string]string{
			StepTest: "the address changed from a.x.tmprl.cloud:7233 to vpce-1.example.com:7233"}},
		{name: "Cloud: a loopback port is an address like others", mode: Cloud, did: []string{"ns a.x localhost:7001", "cert ca1 leaf1", "seen", "pass", "ns a.x localhost:7002"}, want: "DDD?o-", next: StepTest},
		{name: "Cloud: a second CA in the bundle leaves the first", mode: Cloud, did: and(seen, "cert ca2 leaf2", "seen", "cert ca1 leaf1"), want: "DDDDDD"},

		{name: "notes", did: []string{"ns a.x", "note certificates", "note upload", "note test", "note code", "note transfer"}, want: "DDDDDD", say: map[string]string{StepUpload: "done outside: by hand"}},
		{name: "a note for another namespace", did: and(ready, "note upload", "ns b.x"), want: "DD?oo-", next: StepUpload},
		{name: "a certificate after the notes", did: []string{"ns a.x", "note certificates", "note upload", "pass", "cert ca1 leaf1"}, want: "DD??o-", next: StepUpload, say: map[string]string{StepTest: "a certificate was added"}},
		{name: "a note over a failure", did: and(ready, "save", "fail DN-01", "note test"), want: "DDDDTo", next: StepCode},
		{name: "a failure after a note", did: and(ready, "save", "note test", "fail DN-01"), want: "DDD!o-", next: StepTest},

		{name: "API key: nothing to do in 2 and 3", auth: cloud.AuthAPIKey, want: "TDD-o-", next: StepNamespace, say: map[string]string{
			StepUpload: "not needed: workers sign in with an API key", StepTest: "needs step 1, a namespace"}},
		{name: "API key: everything", auth: cloud.AuthAPIKey, did: []string{"ns a.x", "pass", "poll", "paid"}, want: "DDDDDD"},

		{name: "facts that cannot be read are no facts", did: []string{"damage namespace.set", "damage certificate.issued", "damage ca.uploaded", "damage step.noted"}, want: "To--o-", next: StepNamespace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.mode == "" {
				tt.mode = Rehearsal
			}
			if tt.auth == "" {
				tt.auth = cloud.AuthMTLS
			}
			s := tell(t, tt.mode, tt.auth, tt.did...)
			v := s.view()
			if got := s.row(); got != tt.want || v.Next != tt.next {
				t.Errorf("after %q: %s next %q, want %s next %q", tt.did, got, v.Next, tt.want, tt.next)
			}
			for step, want := range tt.say {
				st := v.Step(step)
				if st.Evidence != want && st.Reason != want {
					t.Errorf("%s says %q, %q; want %q", step, st.Evidence, st.Reason, want)
				}
			}
			if v.DoneCount != strings.Count(tt.want, "D") {
				t.Errorf("DoneCount = %d in %s", v.DoneCount, tt.want)
			}
		})
	}
}

// TestLastEnded: the run that ended last speaks, not the one that started last.
func TestLastEnded(t *testing.T) {
	s := tell(t, Rehearsal, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1", "save", "check", "pass")
	s.now = s.now.Add(time.Minute)
	slow := &s.runs[1]
	slow.State, slow.Ended, slow.Title = RunFailed, s.now, "at last"
	if got := s.view().Step(StepTest); got.Status != Failing || got.Run != slow.ID || got.Evidence != "check 1 failed: at last" {
		t.Errorf("test = %+v, want failing by %s", got, slow.ID)
	}
	slow.Ended = s.runs[0].Ended // at the same instant: the later run speaks
	if got := s.view().Step(StepTest); got.Status != Done {
		t.Errorf("test = %+v, want done", got)
	}
}

// TestStepDetails: what a page shows beside the status.
func TestStepDetails(t *testing.T) {
	at := func(min int) time.Time { return morning.Add(time.Duration(min) * time.Minute) }
	v := tell(t, Cloud, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1", "fail CL-03", "note code").view()
	want := []StepView{
		{ID: "namespace", Number: 1, Title: "Choose the namespace", Status: Done, Evidence: "a.x", Since: at(1)},
		{ID: "certificates", Number: 2, Title: "Create certificates", Status: Done, Evidence: "client certificate expires 12 Nov 2026", Since: at(2)},
		{ID: "upload", Number: 3, Title: "Upload the CA certificate", Status: Waiting, Who: WhoCloudAdmin, Since: at(2)},
		{ID: "test", Number: 4, Title: "Test the connection", Status: Failing, Who: WhoDeveloper, Evidence: "check 1 failed: title of CL-03", Run: "check1", Since: at(3)},
		{ID: "code", Number: 5, Title: "Change the worker", Status: Done, Evidence: "done outside: by hand", Since: at(4), Noted: true},
		{ID: "transfer", Number: 6, Title: "Run a test transfer", Status: Blocked, Reason: "needs step 4, a connection test that passed"},
	}
	if diff := cmp.Diff(want, v.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if v.Upload != nil || v.Namespace == nil || v.Certificate == nil || v.Certificate.LeafFingerprint != "leaf1" {
		t.Errorf("present facts: %v %v %v", v.Namespace, v.Certificate, v.Upload)
	}
	v = tell(t, Cloud, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1", "seen").view()
	if v.Upload == nil || v.Upload.CAFingerprint != "ca1" {
		t.Errorf("Upload = %v after the CA was seen", v.Upload)
	}
}

// TestCheckHash: what counts as the same check.
func TestCheckHash(t *testing.T) {
	base := inputs{can: Cloud.Can(), auth: cloud.AuthMTLS, namespace: &NamespaceData{Namespace: "a.x", Address: "h:1"}, certificate: &CertificateData{LeafFingerprint: "l"}}
	for _, tt := range []struct {
		name                             string
		mode                             Mode
		namespace, address, server, leaf string
		same                             bool
	}{
		{"itself", Cloud, "a.x", "h:1", "", "l", true},
		{"the server name that the address gives anyway", Cloud, "a.x", "h:1", "h", "l", true},
		{"another namespace", Cloud, "b.x", "h:1", "", "l", false},
		{"another port", Cloud, "a.x", "h:2", "", "l", false},
		{"another server name", Cloud, "a.x", "h:1", "other", "l", false},
		{"another leaf", Cloud, "a.x", "h:1", "", "m", false},
		{"parts that run into one another", Cloud, "a.xh:1", "", "", "l", false},
		{"a rehearsal", Rehearsal, "a.x", "h:1", "", "l", true},
		{"a rehearsal elsewhere", Rehearsal, "a.x", "localhost:1", "", "l", false},
	} {
		in := base
		in.can = tt.mode.Can()
		if got := in.checkOf(tt.namespace, tt.address, tt.server, tt.leaf) == base.check(); got != tt.same {
			t.Errorf("%s: same = %v, want %v", tt.name, got, tt.same)
		}
	}
	in := base
	in.can = Rehearsal.Can()
	home := in.checkOf("a.x", "localhost:1", "a.x.tmprl.cloud", "l")
	for _, address := range []string{"127.0.0.1:9", "[::1]:9", "localhost:2"} {
		if in.checkOf("a.x", address, "", "l") != home {
			t.Errorf("%s is not the rehearsal", address)
		}
	}
}
