package snippet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"onramp/fault"
	"onramp/limit"
	"onramp/namespace"
)

// pairPEM makes a certificate and its key; by is who signs, nil for itself.
func pairPEM(t *testing.T, name string, ca bool, by *x509.Certificate, byKey *ecdsa.PrivateKey) (cert, key string, c *x509.Certificate, k *ecdsa.PrivateKey) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if by == nil {
		by, byKey = about, k
	}
	der, err := x509.CreateCertificate(rand.Reader, about, by, k.Public(), byKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})), c, k
}

// TestCompare: what is for another namespace, another account or another way to sign in is said to be, and is certain
// only where the text itself tells.
func TestCompare(t *testing.T) {
	caPEM, caKey, ca, signer := pairPEM(t, "orders CA", true, nil, nil)
	leafPEM, leafKey, _, _ := pairPEM(t, "worker", false, ca, signer)
	otherCA, _, _, _ := pairPEM(t, "other CA", true, nil, nil)
	selfPEM, selfKey, _, _ := pairPEM(t, "worker", false, nil, nil)
	slashed := otherCA
	for !strings.Contains(slashed, "\n//") { // one in some hundred certificates has such a line
		slashed, _, _, _ = pairPEM(t, "another CA", true, nil, nil)
	}
	const creds = "TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\n"
	where := func(id string) string {
		return "TEMPORAL_ADDRESS=" + id + ".tmprl.cloud:7233\nTEMPORAL_NAMESPACE=" + id + "\n"
	}
	data := func(cert, key string) string {
		return where("orders.a1b2c") + "TEMPORAL_TLS_CLIENT_CERT_DATA=\"" + cert + "\"\nTEMPORAL_TLS_CLIENT_KEY_DATA=\"" + key + "\"\n"
	}
	mtls := EnvWant{Whose: "This migration", Namespace: namespace.ID{Name: "orders", Account: "a1b2c"}, Address: namespace.Address{Host: "orders.a1b2c.tmprl.cloud", Port: 7233}, Auth: "mtls", CAPEM: caPEM}
	keyed := mtls
	keyed.Auth = "api-key"
	for _, tt := range []struct {
		name, in string
		want     EnvWant
		find     string // level and title of the finding, "" for none that is no note
		says     string
	}{
		{"the same", where("orders.a1b2c") + creds, mtls, "", ""},
		{"nobody asks", where("bill.a1b2c") + creds, EnvWant{}, "", ""},
		{"another namespace", where("bill.a1b2c") + creds, mtls, "danger This is a different namespace", "orders.a1b2c"},
		{"another account", where("orders.z9y8x") + creds, mtls, "danger This is a different account", "the account ID after the dot differs"},
		{"another namespace by its name alone", "TEMPORAL_ADDRESS=us-east-1.aws.api.temporal.io:7233\nTEMPORAL_NAMESPACE=bill\nTEMPORAL_API_KEY=k\n", keyed, "danger This is a different namespace", ""},
		{"the namespace without its account", "TEMPORAL_ADDRESS=us-east-1.aws.api.temporal.io:7233\nTEMPORAL_NAMESPACE=orders\nTEMPORAL_API_KEY=k\n", keyed, "danger The account ID is missing", "orders.a1b2c"},
		{"another namespace by the address", "TEMPORAL_ADDRESS=bill.a1b2c.tmprl.cloud:7233\n" + creds, mtls, "danger This is a different namespace", ""},
		{"the address of another namespace", "TEMPORAL_ADDRESS=bill.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\n" + creds, mtls, "danger The address belongs to another namespace", ""},
		{"only a default", "TEMPORAL_ADDRESS=${A:-bill.a1b2c.tmprl.cloud:7233}\nTEMPORAL_NAMESPACE=${N:-bill.a1b2c}\n" + creds, mtls, "conflict This is a different namespace", "only the default"},
		{"not in the text", "TEMPORAL_ADDRESS=$A\nTEMPORAL_NAMESPACE=$N\n" + creds, mtls, "", ""},
		{"several parts", "services:\n  a:\n    environment: {TEMPORAL_ADDRESS: \"bill.a1b2c.tmprl.cloud:7233\", TEMPORAL_NAMESPACE: bill.a1b2c, TEMPORAL_API_KEY: $K}\n  b:\n    environment: {TEMPORAL_ADDRESS: \"x:7233\"}\n", keyed, "conflict This is a different namespace", "several parts"},
		{"Spring", "spring.temporal.namespace=bill.a1b2c\nspring.temporal.connection.target=bill.a1b2c.tmprl.cloud:7233\nspring.temporal.connection.api-key=${K}\n", keyed, "danger This is a different namespace", ""},
		{"an API key for certificates", where("orders.a1b2c") + "TEMPORAL_API_KEY=k\n", mtls, "conflict An API key, and no client certificate", "uses client certificates"},
		{"certificates for an API key", where("orders.a1b2c") + creds, keyed, "conflict A client certificate, and no API key", "uses an API key"},
		{"both, for certificates", where("orders.a1b2c") + creds + "TEMPORAL_API_KEY=k\n", mtls, "conflict Both an API key and a certificate", "do not choose: they show the certificate when they connect, and send the API key with every call. This migration uses the client certificate: take TEMPORAL_API_KEY out."},
		{"both, for an API key", where("orders.a1b2c") + creds + "TEMPORAL_API_KEY=k\n", keyed, "conflict Both an API key and a certificate", "This migration uses the API key"},
		{"a regional address", "TEMPORAL_ADDRESS=us-east-1.aws.api.temporal.io:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=k\n", keyed, "", ""},
		{"a server of one's own", "TEMPORAL_ADDRESS=temporal.example.com:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=k\n", keyed, "conflict The address differs from the one expected", "server of your own"},
		{"the CA's files", where("orders.a1b2c") + strings.ReplaceAll(creds, "client.", "orders-ca."), mtls, "conflict These are the CA's certificate and key", ""},
		{"the CA's key alone", where("orders.a1b2c") + strings.ReplaceAll(creds, "client.key", "rootCA.key"), mtls, "conflict Is this the key of the CA?", ""},
		{"the CA's certificate alone", where("orders.a1b2c") + strings.ReplaceAll(creds, "client.pem", "ca_cert.pem"), mtls, "conflict Is this the CA?", ""},
		{"a client certificate with ca in its name", where("orders.a1b2c") + strings.ReplaceAll(creds, "client.", "ca-signed-client."), mtls, "", ""},
		{"the pair", data(leafPEM, leafKey), mtls, "", ""},
		{"the pair in base64", where("orders.a1b2c") + "APP_TEMPORAL_CERT_DATA=" + base64.StdEncoding.EncodeToString([]byte(leafPEM)) + "\nAPP_TEMPORAL_TLS_KEY_DATA=" + base64.StdEncoding.EncodeToString([]byte(leafKey)) + "\n", mtls, "", ""},
		{"the CA certificate's text", data(caPEM, leafKey), mtls, "danger This is the CA certificate that is uploaded", ""},
		{"another CA's text", data(otherCA, selfKey), mtls, "danger The client certificate is a CA", ""},
		{"the CA key's text", data(leafPEM, caKey), mtls, "danger This is the private key of the CA", ""},
		{"another pair's key", data(leafPEM, selfKey), mtls, "danger Key and certificate are not a pair", ""},
		{"a CA whose base64 has a line like a comment", data(slashed, selfKey), mtls, "danger The client certificate is a CA", ""},
		{"signed by another", data(selfPEM, selfKey), mtls, "conflict A different CA signed this client certificate", "orders CA"},
	} {
		e := judgeEnvironment(context.Background(), tt.in, EnvChoice{Want: tt.want})
		found := ""
		for _, f := range e.Findings {
			if f.Level == "note" {
				continue
			}
			if all := f.Level + " " + f.Title; tt.find != "" && strings.HasPrefix(all, tt.find) && strings.Contains(f.Text+f.To, tt.says) {
				found = tt.find
			} else if tt.find == "" {
				found += all + ": " + f.Text
			}
		}
		if found != tt.find {
			t.Errorf("%s: found %q, want %q\n%+v\nTEXT %q", tt.name, found, tt.find, e.Findings, tt.in)
		}
	}
}

// TestJudgesAreBounded: where the machine is busy, or the caller gone, nothing is read; nobody is told half.
func TestJudgesAreBounded(t *testing.T) {
	asked := map[string]func(context.Context) error{
		"environment": func(ctx context.Context) error {
			_, err := JudgeEnvironment(ctx, goodLines, EnvChoice{})
			return err
		},
		"command": func(ctx context.Context) error {
			_, _, err := JudgeCommand(ctx, "temporal workflow start", "go")
			return err
		},
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	before := limit.Shared
	defer func() { limit.Shared = before }()
	for name, ask := range asked {
		limit.Shared = limit.New(limit.Options{})
		if err := ask(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := ask(gone); err == nil || fault.Is(err, fault.TooMany) {
			t.Errorf("%s: a caller that has left: %v", name, err)
		}
		limit.Shared = limit.New(limit.Options{Time: time.Nanosecond})
		if err := ask(context.Background()); !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: too slow: %v", name, err)
		}
		limit.Shared = limit.New(limit.Options{Slots: 1, Wait: time.Nanosecond})
		_ = limit.Shared.Do(context.Background(), 0, func(context.Context) error {
			if err := ask(context.Background()); !fault.Is(err, fault.TooMany) {
				t.Errorf("%s: busy: %v", name, err)
			}
			return nil
		})
	}
}
