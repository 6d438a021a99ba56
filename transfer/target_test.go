package transfer

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"onramp/doctor"
)

// TestWrongTarget: a transfer and a drill that cannot begin say what a check of the same target says.
func TestWrongTarget(t *testing.T) {
	a, b := newAuthority(t, "a"), newAuthority(t, "b")
	certPEM, keyPEM := a.leaf("worker", false)
	_, otherKey := b.leaf("worker", false)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	engine := doctor.New(doctor.Options{Timeout: 5 * time.Second})
	for name, tt := range map[string]struct {
		change func(*doctor.Target)
		code   string
	}{
		"another's key":               {func(t *doctor.Target) { t.KeyPEM = otherKey }, "KP-06"},
		"certificate and key swapped": {func(t *doctor.Target) { t.CertPEM, t.KeyPEM = keyPEM, certPEM }, ""}, // repaired by a check
		"no key":                      {func(t *doctor.Target) { t.KeyPEM = nil }, "KP-36"},
		"no account ID":               {func(t *doctor.Target) { t.Address, t.Namespace = "payments.a1b2c.tmprl.cloud:7233", "payments" }, "IN-11"},
		"nobody listens":              {func(*doctor.Target) {}, "TC-01"},
	} {
		t.Run(name, func(t *testing.T) {
			target := doctor.Target{Address: nobody, Namespace: "payments.a1b2c", CertPEM: certPEM, KeyPEM: keyPEM}
			tt.change(&target)
			want := engine.Run(t.Context(), target, nil).Verdict
			if tt.code != "" && want.Code != tt.code {
				t.Fatalf("the check says %s, want %s", want.Code, tt.code)
			}
			s := New(Options{Diagnose: func(ctx context.Context, t doctor.Target) doctor.Verdict { return engine.Run(ctx, t, nil).Verdict }})
			same := func(what string, got doctor.Verdict) {
				t.Helper()
				if got.Code != want.Code || got.Stage != want.Stage || got.Title != want.Title || len(got.Fix) != len(want.Fix) {
					t.Errorf("%s says %s at %q: %s; the check %s at %q: %s", what, got.Code, got.Stage, got.Title, want.Code, want.Stage, want.Title)
				}
			}
			res := s.Run(t.Context(), Request{Target: target}, nil)
			same("the transfer", res.Verdict)
			if res.Status != NotStarted {
				t.Errorf("the transfer ended %s", res.Status)
			}
			rep, err := s.Drill(t.Context(), Drill{Request: Request{Target: target}, Count: 1}, nil)
			if err != nil || rep.Verdict == nil {
				t.Fatalf("the drill: %v, %+v", err, rep)
			}
			same("the drill", *rep.Verdict)
		})
	}
}

// TestCommandsAreComplete: what a verdict of a transfer prints connects as the transfer did.
func TestCommandsAreComplete(t *testing.T) {
	mtls := doctor.Target{Address: "localhost:7243", Namespace: "payments.a1b2c", CertPEM: []byte("c"), KeyPEM: []byte("k"), CAPath: "/data/trust/server-root.pem", ExtraRootsPEM: []byte("r")}
	key := doctor.Target{Address: "us-east-1.aws.api.temporal.io:7233", Namespace: "payments.a1b2c", APIKey: "secret"}
	v := values{"task_queue": "orders", "workflow_type": "MoneyTransfer", "workflow_id": "w 1", "namespace": "payments.a1b2c", "address": "localhost:7243", "input": `{"amount":250}`}
	for name, tt := range map[string]struct {
		verdict doctor.Verdict
		target  doctor.Target
		want    []string
		not     []string
	}{
		"nobody polls": {doctor.Explain(noPoller, doctor.Certain, v), mtls, []string{
			"export TEMPORAL_ADDRESS=localhost:7243 TEMPORAL_NAMESPACE=payments.a1b2c TEMPORAL_TLS_CLIENT_CERT_PATH=client.pem TEMPORAL_TLS_CLIENT_KEY_PATH=client.key TEMPORAL_TLS_SERVER_CA_CERT_PATH=/data/trust/server-root.pem",
			"temporal task-queue describe --task-queue orders --address localhost:7243 --namespace payments.a1b2c --tls-cert-path client.pem --tls-key-path client.key --tls-ca-path /data/trust/server-root.pem"}, nil},
		"with an API key": {doctor.Explain(noPoller, doctor.Certain, v), key, []string{`--api-key "$TEMPORAL_API_KEY"`}, []string{"client.pem", "CERT_PATH", "secret"}},
		"no input": {noInput(doctor.Certain, v), mtls, []string{
			`temporal workflow start --type MoneyTransfer --task-queue orders --input '{"amount":250}' --address localhost:7243 --namespace payments.a1b2c --tls-cert-path client.pem`,
			`temporal workflow terminate --workflow-id 'w 1' --address localhost:7243`}, nil},
		"a local server": {noInput(doctor.Certain, v), doctor.Target{Address: "localhost:7233", Namespace: "default", Plaintext: true}, []string{"--address localhost:7233 --namespace default"}, []string{"--tls", "--api-key"}},
	} {
		got := doctor.Complete(tt.verdict, tt.target)
		var all []string
		for _, f := range got.Fix {
			all = append(all, f.Command)
		}
		text := strings.Join(all, "\n")
		for _, w := range tt.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", name, w, text)
			}
		}
		for _, n := range tt.not {
			if strings.Contains(text, n) {
				t.Errorf("%s: %q in\n%s", name, n, text)
			}
		}
		if again := doctor.Complete(got, tt.target); strings.Join([]string{again.Fix[0].Command, again.Confirm}, "\n") != strings.Join([]string{got.Fix[0].Command, got.Confirm}, "\n") {
			t.Errorf("%s: completed twice it is %q", name, again.Fix[0].Command)
		}
	}
}
