package doctor

import (
	"crypto/x509"
	"net"
	"slices"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
)

// faultRow is one row of the golden table: how the fault is made, and the verdict it must get.
type faultRow struct {
	name    string
	make    func(l *lab) Target
	prepare func(*lab) func(*Options) // the surroundings of the engine; nil for none
	code    string
	level   Level // of the verdict, or found
	stage   string
}

// found as a row's level: the check ends well, and the code is a finding of the stage, as repairs, warnings and
// notes are.
const found Level = "found"

// right reports whether a report is what the row wants.
func (row faultRow) right(r Report) bool {
	v := r.Verdict
	if row.level != found {
		return v.Code == row.code && v.Level == row.level && v.Stage == row.stage
	}
	return v.Code == OK && slices.ContainsFunc(r.Stages, func(s Stage) bool { return s.ID == row.stage && slices.Contains(s.Findings, row.code) })
}

// journey are the faults that the journey must explain exactly.
func journey() []faultRow {
	healthy := func(l *lab) Target { return l.target(l.serve(l.mtls())) }
	with := func(edit func(l *lab, t *Target)) func(l *lab) Target {
		return func(l *lab) Target {
			t := healthy(l)
			edit(l, &t)
			return t
		}
	}
	at := func(talk func(net.Conn)) func(l *lab) Target {
		return func(l *lab) Target { return l.target(raw(l.t, talk)) }
	}
	return []faultRow{
		{"IN-11 namespace without account at a Cloud endpoint", func(l *lab) Target {
			t := l.target("orders.a1b2c.tmprl.cloud:7233")
			t.Namespace = "orders"
			return t
		}, nil, "IN-11", Certain, "input"},
		{"KP-06 key of another pair", with(func(l *lab, t *Target) {
			t.KeyPEM = l.clientCA.issue(l.t, "another", "p256").key
		}), nil, "KP-06", Certain, "pair"},
		{"CH-09 client certificate expired", with(func(l *lab, t *Target) {
			p := l.clientCA.issue(l.t, "old", "p256", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
			t.CertPEM, t.KeyPEM = p.cert, p.key
		}), nil, "CH-09", Certain, "chain"},
		{"DN-01 no such name", func(l *lab) Target { return l.target("orders.a1b2c.tmprl.cloud:7233") },
			nil, "DN-01", Certain, "dns"},
		{"TC-01 closed port", func(l *lab) Target { return l.target(closedPort(l.t)) }, nil, "TC-01", Certain, "tcp"},
		{"TC-05 accepted, then silent", at(silence), nil, "TC-05", Likely, "tls"},
		{"PR-01 gRPC without TLS", func(l *lab) Target { return l.target(l.serve(nil)) }, nil, "PR-01", Certain, "tls"},
		{"SV-01 own CA as server root", with(func(l *lab, t *Target) { t.RootsPEM = l.clientCA.pem }), nil, "SV-01", Certain, "tls"},
		{"CL-01 no client certificate", with(func(_ *lab, t *Target) { t.CertPEM, t.KeyPEM = nil, nil }), nil, "CL-01", Certain, "client-cert"},
		{"CL-03 issuer not trusted", with(func(l *lab, t *Target) {
			p := newAuthority(l.t, "Stranger CA", nil).issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM = p.cert, p.key
		}), nil, "CL-03", Certain, "client-cert"},
		{"CL-03 known before: the uploaded CA did not sign it", with(func(l *lab, t *Target) {
			p := newAuthority(l.t, "Stranger CA", nil).issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
		}), nil, "CH-01", Certain, "chain"},
		{"CH-02 CA made again under the same name", with(func(l *lab, t *Target) {
			p := newAuthority(l.t, "Lab client CA", nil).issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
		}), nil, "CH-02", Certain, "chain"},
		{"NS-01 unknown namespace", with(func(_ *lab, t *Target) { t.Namespace = "nowhere.a1b2c" }), nil, "NS-01", Certain, "namespace"},
		{"NS-02 refused by the namespace", func(l *lab) Target {
			l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied("Request unauthorized.", "")
			return healthy(l)
		}, nil, "NS-02", Likely, "namespace"},
		{"TQ-01 nobody polls", with(func(_ *lab, t *Target) { t.TaskQueue = "orders" }), nil, "TQ-01", Certain, "task-queue"},
		{"TQ-02 nearly the same name", func(l *lab) Target {
			l.svc.worker("TRANSFER_MONEY_TASK_QUEUE", "Workflow+Activity", 0)
			t := healthy(l)
			t.TaskQueue = "money-transfer"
			return t
		}, nil, "TQ-02", Likely, "task-queue"},
	}
}

func closedPort(t testing.TB) string {
	t.Helper()
	ln := listen(t, "127.0.0.1:0")
	ln.Close()
	return ln.Addr().String()
}

// dnsSays gives an engine a DNS server that answers every question so.
func dnsSays(r dnsReply) func(*lab) func(*Options) {
	return func(l *lab) func(*Options) {
		server := nameserver(l.t, func(string) dnsReply { return r })
		return func(o *Options) { o.Nameserver = server }
	}
}

// nowhere is the reply to a name that does not exist.
var nowhere = dnsReply{rcode: 3}

// runFault makes a fault and returns the report; where the row does not say otherwise, DNS knows no name.
func runFault(t testing.TB, row faultRow) Report {
	t.Helper()
	l := newLab(t)
	edits := []func(*Options){dnsSays(nowhere)(l)}
	if row.prepare != nil {
		edits = append(edits, row.prepare(l))
	}
	return check(t, row.make(l), edits...)
}

func runRow(t *testing.T, row faultRow) Report {
	t.Helper()
	r := runFault(t, row)
	v := r.Verdict
	if !row.right(r) {
		t.Errorf("got %s %s at %s, want %s %s at %s\n%s", v.Code, v.Level, v.Stage, row.code, row.level, row.stage, show(r))
	}
	wholeReport(t, r)
	return r
}

// wholeReport is what must hold for every report.
func wholeReport(t testing.TB, r Report) {
	t.Helper()
	if len(r.Stages) != len(StageIDs) {
		t.Fatalf("%d stages, want %d", len(r.Stages), len(StageIDs))
	}
	stopped := false
	for i, s := range r.Stages {
		if s.ID != StageIDs[i] {
			t.Errorf("stage %d is %s, want %s", i, s.ID, StageIDs[i])
		}
		if stopped != (s.Status == NotReached) {
			t.Errorf("stage %s is %s after the ladder stopped=%v", s.ID, s.Status, stopped)
		}
		if s.Status == Fail {
			stopped = true
			if r.Verdict.Stage != s.ID {
				t.Errorf("verdict at %s, failed stage %s", r.Verdict.Stage, s.ID)
			}
		}
		for _, code := range s.Findings {
			if _, ok := Lookup(code); !ok {
				t.Errorf("stage %s has finding %s, which is not in the catalogue", s.ID, code)
			}
		}
		if r.NotChecked == nil {
			t.Error("what was not checked is null")
		}
		if s.Findings == nil || s.Evidence == nil {
			t.Errorf("stage %s has null findings or evidence", s.ID)
		}
	}
	v := r.Verdict
	switch v.Code {
	case OK:
		if stopped || ExitCode(v) != 0 {
			t.Errorf("OK, but stopped=%v, exit %d", stopped, ExitCode(v))
		}
		return
	case UnknownCode:
		if v.Level != Unknown {
			t.Errorf("unknown has level %s", v.Level)
		}
	default:
		if v.Level == Unknown {
			t.Errorf("%s has level unknown", v.Code)
		}
	}
	if !stopped || v.Title == "" || v.Cause == "" || v.NotWrong == "" && v.Code != UnknownCode || len(v.Fix) == 0 || v.Confirm == "" {
		t.Errorf("verdict is not whole: %+v", v)
	}
	for _, c := range v.Candidates {
		if _, ok := Lookup(c.Code); !ok || c.Why == "" {
			t.Errorf("candidate %+v is not in the catalogue or says nothing", c)
		}
	}
}

// Repairs with one meaning are made and listed, and the check goes on to OK.
func TestRepairsGoOn(t *testing.T) {
	l := newLab(t)
	address := l.serve(l.mtls())
	_, port, _ := net.SplitHostPort(address)
	for name, c := range map[string]struct {
		edit  func(*Target)
		code  string
		stage string
	}{
		"scheme":          {func(t *Target) { t.Address = "https://localhost:" + port }, "IN-01", "input"},
		"path":            {func(t *Target) { t.Address = "localhost:" + port + "/" }, "IN-03", "input"},
		"invisible":       {func(t *Target) { t.Address = "\u00a0localhost:" + port + "\u200b\n" }, "IN-04", "input"},
		"swapped":         {func(t *Target) { t.CertPEM, t.KeyPEM = t.KeyPEM, t.CertPEM }, "KP-02", "pair"},
		"byte order mark": {func(t *Target) { t.CertPEM = append([]byte("\xef\xbb\xbf"), t.CertPEM...) }, "KP-16", "pair"},
	} {
		t.Run(name, func(t *testing.T) {
			target := l.target(address)
			c.edit(&target)
			r := check(t, target)
			if r.Verdict.Code != OK {
				t.Fatalf("want OK after the repair\n%s", show(r))
			}
			found := false
			for _, s := range r.Stages {
				if s.ID == c.stage {
					for _, f := range s.Findings {
						found = found || f == c.code
					}
				}
			}
			if !found {
				t.Errorf("stage %s does not list %s\n%s", c.stage, c.code, show(r))
			}
			if c.stage == "input" && len(r.Target.Normalised) == 0 {
				t.Error("nothing is listed in normalised")
			}
			wholeReport(t, r)
		})
	}
}

// A missing port is added: the check goes on at 7233 and the verdict is that of what remains.
func TestMissingPortIsAdded(t *testing.T) {
	l := newLab(t)
	r := check(t, l.target("orders.a1b2c.tmprl.cloud"), dnsSays(nowhere)(l))
	if r.Target.Address != "orders.a1b2c.tmprl.cloud:7233" || len(r.Target.Normalised) != 1 || r.Target.Normalised[0].Code != "IN-02" {
		t.Errorf("got %+v", r.Target)
	}
	if r.Verdict.Code != "DN-01" {
		t.Errorf("verdict of what remains: %s", show(r))
	}
}

func TestHealthy(t *testing.T) {
	l := newLab(t)
	l.svc.worker("orders", "Workflow+Activity", time.Second)
	target := l.target(l.serve(l.mtls()))
	target.TaskQueue, target.UploadedCA = "orders", l.clientCA.pem
	var seen []Stage
	r := engine().Run(t.Context(), target, func(s Stage) { seen = append(seen, s) })
	if r.Verdict.Code != OK || r.Verdict.Level != Certain {
		t.Fatalf("want OK certain\n%s", show(r))
	}
	wholeReport(t, r)
	for i, s := range r.Stages {
		if s.Status != Pass && s.ID != "dns" {
			t.Errorf("stage %s is %s: %s", s.ID, s.Status, s.Summary)
		}
		if seen[2*i].ID != s.ID || seen[2*i].Status != Running || seen[2*i+1].Status != s.Status {
			t.Errorf("stage %s was streamed as %+v, %+v", s.ID, seen[2*i], seen[2*i+1])
		}
	}
	if r.TestedFrom != "lab" || r.Rules != RulesDate || r.Schema != Schema || r.Target.Auth != "mtls" {
		t.Errorf("report head: %+v", r)
	}
}

func TestWithoutTaskQueueIsSkipped(t *testing.T) {
	l := newLab(t)
	r := check(t, l.target(l.serve(l.mtls())))
	if r.Verdict.Code != OK || r.Stages[9].Status != Skip {
		t.Errorf("want OK and a skipped stage\n%s", show(r))
	}
}

// allRows are every fault of the laboratory.
func allRows() []faultRow {
	return slices.Concat(journey(), everything(), inputRows(), pemRows(), chainRows(), networkRows(), acceptedRows(), fieldRows())
}
