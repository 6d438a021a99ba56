package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/migration"
	"onramp/transfer"
)

// teller is a checker and transferer that puts every secret it was given wherever a text can stand: what
// a careless change to those rooms could do.
type teller struct{}

func secrets(t doctor.Target) string {
	return strings.Join([]string{string(t.KeyPEM), t.APIKey, string(t.CertPEM), t.Namespace, t.Address, string(t.UploadedCA)}, " ")
}

func (teller) Run(_ context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	all := secrets(t)
	st := doctor.Stage{ID: "pair", Status: doctor.Fail, Summary: all, Evidence: map[string]any{"key": all, "list": []string{all}, "lines": strings.Split(all, "\n")}}
	emit(st)
	if t.TaskQueue == "panic" {
		panic(all)
	}
	return doctor.Report{Stages: []doctor.Stage{st}, Verdict: doctor.Verdict{Code: "KP-02", Title: all, Cause: all},
		Target: doctor.ReportTarget{Address: t.Address, Namespace: t.Namespace}}
}

type payTeller struct{ migration.Transferer } // nothing else of it is asked

func (payTeller) Run(_ context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
	all := secrets(req.Target)
	emit([]transfer.Event{{Event: "note", Text: all, Data: transfer.Data{Reason: all}}})
	return transfer.Result{Status: "FAILED", Failure: all, Result: all, Verdict: doctor.Verdict{Title: all}}
}

// TestCanary: after checks and transfers with a private key in every field, right or wrong, that rooms
// below carelessly repeat, no byte of the data directory or the log holds it; what may be kept is there.
func TestCanary(t *testing.T) {
	ecKey, cert := pair(t)
	base64Lines := func(pemText string) (lines []string) {
		for line := range strings.Lines(pemText) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	const apiKey = `eyJhbGciOi"J<canary>api\key`
	base := doctor.Target{Address: "payments.a1b2c.tmprl.cloud:7233", Namespace: "payments.a1b2c", CertPEM: []byte(cert), KeyPEM: []byte(ecKey)}
	with := func(change func(*doctor.Target)) doctor.Target { c := base; change(&c); return c }
	oneLine := strings.Join(base64Lines(ecKey), "")
	targets := map[string]doctor.Target{
		"in its field":             base,
		"an API key":               with(func(t *doctor.Target) { t.APIKey = apiKey }),
		"the fields swapped":       with(func(t *doctor.Target) { t.CertPEM, t.KeyPEM = t.KeyPEM, t.CertPEM }),
		"with the certificate":     with(func(t *doctor.Target) { t.CertPEM, t.KeyPEM = []byte(cert+ecKey), nil }),
		"as CA":                    with(func(t *doctor.Target) { t.UploadedCA, t.KeyPEM = []byte(ecKey+cert), nil }),
		"as namespace":             with(func(t *doctor.Target) { t.Namespace, t.KeyPEM = ecKey, nil }),
		"as address, one line":     with(func(t *doctor.Target) { t.Address, t.KeyPEM = strings.ReplaceAll(ecKey, "\n", " "), nil }),
		"as namespace, \\n":        with(func(t *doctor.Target) { t.Namespace, t.KeyPEM = strings.ReplaceAll(ecKey, "\n", `\n`), nil }),
		"without its frame":        with(func(t *doctor.Target) { t.KeyPEM = []byte(oneLine) }),
		"with \\n for line breaks": with(func(t *doctor.Target) { t.KeyPEM = []byte(strings.ReplaceAll(ecKey, "\n", `\n`)) }),
		"with CRLF":                with(func(t *doctor.Target) { t.KeyPEM = []byte(strings.ReplaceAll(ecKey, "\n", "\r\n")) }),
		"cut off in the certificate": with(func(t *doctor.Target) {
			t.CertPEM, t.KeyPEM = []byte(strings.TrimSuffix(ecKey, "-----END PRIVATE KEY-----\n")), nil
		}),
		"and the check breaks": with(func(t *doctor.Target) { t.TaskQueue = "panic" }),
	}

	dir := newDir(t)
	var log bytes.Buffer
	d := openIn(t, dir)
	s, err := migration.New(migration.Options{Store: d, Checker: teller{}, Transfers: payTeller{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Create(t.Context(), "Payments", "go", migration.Cloud, "mtls")
	if err != nil {
		t.Fatal(err)
	}
	step := func(_ migration.View, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(s.SetNamespace(t.Context(), m.ID, migration.NamespaceData{Namespace: base.Namespace, Address: base.Address}))
	step(s.SetCertificate(t.Context(), m.ID, migration.CertificateData{LeafFingerprint: "aa", CAFingerprint: "bb", LeafPEM: cert}))
	step(s.Note(t.Context(), m.ID, migration.StepTest, "by hand", "dana"))
	if _, err := s.SetCertificate(t.Context(), m.ID, migration.CertificateData{LeafFingerprint: "cc", LeafPEM: cert + ecKey}); err == nil {
		t.Error("a key among the certificates was stored")
	}
	for name, target := range targets {
		check, err := s.StartCheck(t.Context(), m.ID, target)
		wait(t, s, check, err)
		if target.TaskQueue == "panic" {
			continue
		}
		step(s.Note(t.Context(), m.ID, migration.StepTest, name, "dana")) // the check failed; on we go
		pay, err := s.StartTransfer(t.Context(), m.ID, transfer.Request{Target: target})
		wait(t, s, pay, err)
	}

	kept := bytesIn(t, dir) // while it is open: with WAL
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	kept = append(append(kept, bytesIn(t, dir)...), log.Bytes()...)
	for _, must := range []string{base.Namespace, base64Lines(cert)[2], "[redacted]", "KP-02"} {
		if !bytes.Contains(kept, []byte(must)) {
			t.Errorf("the search does not even find %q", must)
		}
	}
	canaries := append(base64Lines(ecKey), "canary>api", `J\u003ccanary`, oneLine[10:40])
	for _, c := range canaries {
		if i := bytes.Index(kept, []byte(c)); i >= 0 {
			t.Errorf("found %q in …%q", c, kept[max(0, i-120):i])
		}
	}
}

func wait(t *testing.T, s *migration.Service, r migration.Run, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Follow(t.Context(), r.ID, 0) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// bytesIn returns every byte in dir.
func bytesIn(t *testing.T, dir string) (all []byte) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func pair(t *testing.T) (key, cert string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "payments"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
