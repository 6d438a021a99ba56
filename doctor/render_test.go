package doctor

import (
	"strings"
	"testing"
)

// A report reads as a person reads it: stages, title, cause, what is not wrong, what was seen, what to
// do and by whom, how to see it oneself, where it was tested and by which rules.
func TestWriteText(t *testing.T) {
	l := newLab(t)
	p := newAuthority(t, "Stranger\x1b[31m CA", nil).issue(t, "orders worker", "p256")
	target := l.target(l.serve(l.mtls()))
	target.CertPEM, target.KeyPEM, target.CertPath = p.cert, p.key, "certs/client.pem"
	r := check(t, target)
	var plain, color strings.Builder
	if err := WriteText(&plain, r, false); err != nil {
		t.Fatal(err)
	}
	if err := WriteText(&color, r, true); err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, want := range []string{"Checking 127.0.0.1:", "✓ input", "✓ tls", "✗ client-cert", "· grpc", "not reached",
		"The namespace does not trust the issuer of this certificate", "CL-03, certain, at stage client-cert", "Not wrong:", "Seen", "The alert says",
		"What to do", "A Cloud administrator:", "tcld namespace accepted-client-ca add --namespace orders.a1b2c", "You:", "CH-01", "See it yourself:",
		"--tls-cert-path certs/client.pem", "Not covered by this check:", "Tested from lab", "rules of " + RulesDate} {
		i := strings.Index(plain.String()[max(last, 0):], want)
		if i < 0 {
			t.Fatalf("%q is missing or out of place in\n%s", want, plain.String())
		}
		last = max(last, 0) + i
	}
	if strings.Contains(plain.String(), "\x1b") || strings.Contains(color.String(), "\x1b[31m CA") || !strings.Contains(color.String(), "\x1b[1;31m") {
		t.Errorf("escapes: a stranger's must not pass, ours only in colour\n%q", color.String())
	}
}

func TestWriteTextOfSuccess(t *testing.T) {
	l := newLab(t)
	target := l.target(l.serve(l.mtls()))
	target.Address = "https://" + target.Address
	var b strings.Builder
	if err := WriteText(&b, check(t, target), false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Connected. Your worker can use this namespace.", "address repaired:", "(IN-01)", "- task-queue"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// TestRenderUnknown: what nobody knows is said once, without a stage that it does not have.
func TestRenderUnknown(t *testing.T) {
	var b strings.Builder
	if err := WriteVerdict(&b, Verdict{Code: UnknownCode, Level: Unknown, Stage: "unknown", Title: "Onramp does not recognise this text"}, false); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "Code: unknown") || strings.Contains(got, "at stage") {
		t.Errorf("printed:\n%s", got)
	}
}
