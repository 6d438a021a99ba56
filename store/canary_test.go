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
	"onramp/runs"
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

type payTeller struct{}

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
	s, err := runs.New(runs.Options{Store: d, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	addMigrations(t, d, "payments")
	v := migration.View{Migration: migration.Migration{ID: "payments", Mode: migration.Cloud, Auth: "mtls"}}
	if facts, err := v.SetNamespace(migration.NamespaceData{Namespace: base.Namespace, Address: base.Address}); err != nil {
		t.Fatal(err)
	} else if facts[0].MigrationID = "payments"; true {
		if _, err := d.Record(t.Context(), facts, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.SetCertificate(migration.CertificateData{LeafFingerprint: "cc", LeafPEM: cert + ecKey}); err == nil {
		t.Error("a key among the certificates makes a fact")
	}
	begin := func(kind migration.RunKind, target doctor.Target, request any, work runs.Work) {
		t.Helper()
		secrets := runs.NewScrubber(target)
		run, err := s.Begin(t.Context(), runs.Job{Secrets: secrets, Work: work, Most: 1,
			Run: runs.Run{Request: secrets.JSON(request), Row: runs.Row{Outcome: migration.Outcome{MigrationID: "payments", Kind: kind}}},
			Add: func(ctx context.Context, r runs.Run) (runs.Run, error) { return d.AddRun(ctx, r) }})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Follow(t.Context(), run.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, target := range targets {
		leaf := runs.LeafFingerprint(target.CertPEM, "")
		begin(migration.CheckRun, target, runs.NewCheckRequest(target, leaf), runs.Check{Checker: teller{}, Target: target, View: v, Leaf: leaf})
		req := transfer.Request{Target: target}
		begin(migration.TransferRun, target, runs.NewTransferRequest(req, leaf), runs.Transfer{Transferer: payTeller{}, Request: req, View: v})
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
