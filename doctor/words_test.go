package doctor

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The CA and its own key where the client's pair belongs are recognised, although what a server would mind is the
// missing digitalSignature: the CA is right as it is.
func TestTheCAsOwnPair(t *testing.T) {
	l := newLab(t)
	ca := newAuthority(t, "Orders CA", nil, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign })
	der, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		t.Fatal(err)
	}
	target := l.target(l.serve(l.mtls()))
	target.CertPEM, target.KeyPEM = ca.pem, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	r := check(t, target)
	v := r.Verdict
	if v.Code != "CH-18" || v.Level != Certain || v.Stage != "chain" || !strings.Contains(v.Cause, "the CA and its own key") {
		t.Errorf("got %s %s at %s: %s", v.Code, v.Level, v.Stage, v.Cause)
	}
	if !slices.ContainsFunc(v.Candidates, func(c Candidate) bool { return c.Code == "CH-16" }) || !slices.Contains(r.Stages[2].Findings, "CH-16") {
		t.Errorf("CH-16 is not named: %v, %v", v.Candidates, r.Stages[2].Findings)
	}
	var b bytes.Buffer
	if err := WriteText(&b, r, false); err != nil || strings.Contains(b.String(), "The certificate may not sign\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// A verdict that falls after the network was used does not say that nothing was contacted.
func TestNothingWasContacted(t *testing.T) {
	l := newLab(t)
	target := l.target(l.serve(l.mtls()))
	target.Namespace = "orders"
	if v := check(t, target).Verdict; v.Code != "IN-11" || v.Stage != "namespace" || strings.Contains(v.NotWrong+v.Unseen, "Nothing was contacted") ||
		!strings.Contains(v.NotWrong, "Temporal answers") || strings.Contains(v.Unseen, "only what was typed") {
		t.Errorf("%s at %s; not wrong: %s; unseen: %s", v.Code, v.Stage, v.NotWrong, v.Unseen)
	}
	target.Address, target.Namespace = labHost+":7233", "orders" // the same fault in the input keeps its words
	if v := check(t, target).Verdict; v.Code != "IN-11" || v.Stage != "input" || !strings.Contains(v.NotWrong, "Nothing was contacted") {
		t.Errorf("%s at %s; not wrong: %s", v.Code, v.Stage, v.NotWrong)
	}
}

// Whoever names the old server is told what it answered: that it was silent proves nothing about the worker.
func TestTheOldServersAnswer(t *testing.T) {
	l := newLab(t)
	target := l.target(l.serve(l.mtls()))
	target.TaskQueue, target.LocalAddress = "orders", closedPort(t)
	r := check(t, target)
	if said, _ := r.Stages[9].Evidence["local_answer"].(string); r.Verdict.Code != "TQ-01" || !strings.HasPrefix(said, "none: ") {
		t.Errorf("%s, evidence %v", r.Verdict.Code, r.Stages[9].Evidence)
	}
	if all := strings.Join(r.NotChecked, "\n"); !strings.Contains(all, target.LocalAddress+": it did not answer") {
		t.Errorf("not checked: %s", all)
	}
	target.LocalAddress = (&lab{t: t, svc: &temporal{}}).serve(nil)
	r = check(t, target)
	if said, _ := r.Stages[9].Evidence["local_answer"].(string); r.Verdict.Code != "TQ-01" || said != "nobody polls it in the namespace default there either" {
		t.Errorf("%s, evidence %v", r.Verdict.Code, r.Stages[9].Evidence)
	}
	if all := strings.Join(r.NotChecked, "\n"); strings.Contains(all, "did not answer") {
		t.Errorf("not checked: %s", all)
	}
}

// TestNoAddress: what was given without an address is said, and which part is missing, with a command that has both.
func TestNoAddress(t *testing.T) {
	for _, tt := range []struct {
		namespace, title, cause, also string
		commands                      []string
	}{
		{"", "There is no address", "Neither an address nor a namespace was given.", "", []string{"onramp check --namespace payments.a1b2c", "onramp check --address 127.0.0.1:7233 --namespace default"}},
		{"foo", "The account ID or the address is missing", "The namespace “foo” was given without an account ID", "IN-11", []string{"onramp check --namespace foo.a1b2c", "onramp check --address 127.0.0.1:7233 --namespace foo"}},
		{"default", "There is no address", "none follows from the namespace “default”", "NS-11", []string{"", "onramp check --address 127.0.0.1:7233 --namespace default"}},
		{"pay_ments.a1b2c", "There is no address", "the part before the account ID is wrong", "IN-13", []string{"", ""}},
	} {
		v := check(t, Target{Namespace: tt.namespace}).Verdict
		var commands, codes []string
		for _, f := range v.Fix {
			commands = append(commands, f.Command)
		}
		for _, c := range v.Candidates {
			codes = append(codes, c.Code)
		}
		if v.Code != "IN-22" || v.Stage != "input" || v.Title != tt.title || !strings.Contains(v.Cause, tt.cause) || !slices.Equal(commands, tt.commands) || strings.Join(codes, ",") != tt.also {
			t.Errorf("%q: %+v", tt.namespace, v)
		}
		if all := fmt.Sprint(v); strings.ContainsAny(all, "<>") {
			t.Errorf("%q: a stand-in: %s", tt.namespace, all)
		}
	}
}
