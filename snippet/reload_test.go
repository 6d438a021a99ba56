package snippet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/snippet/reload"
)

func TestReloads(t *testing.T) {
	for _, lang := range append(Langs(), "") {
		all := Reloads(lang)
		if lang != "" && all[0].Lang != lang {
			t.Errorf("%s is not first: %s", lang, all[0].Lang)
		}
		var have []string
		for _, r := range all {
			have = append(have, r.Lang)
			if r.Text == "" || r.Source == "" || !strings.HasPrefix(r.SourceURL, "https://") || (r.Code == "") != (r.How == Restart) || (r.Code == "") != (r.CodeLang == "") {
				t.Errorf("%s is incomplete: %+v", r.Lang, r)
			}
			for _, word := range []string{"simply", "just ", "please", "revoke"} {
				if strings.Contains(strings.ToLower(r.Text+r.Unverified), word) {
					t.Errorf("%s says %q", r.Lang, word)
				}
			}
		}
		want := Langs()
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("languages %v, want %v", have, want)
		}
	}
	if !strings.Contains(Reloads("go")[0].Code, "GetClientCertificate: func") {
		t.Error("the Go code is not the one that is compiled")
	}
}

// The Go code as it is printed presents the files as they are at each handshake.
func TestReloadGo(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key")
	conf := reload.ClientTLS(cert, key)
	if c, err := conf.GetClientCertificate(&tls.CertificateRequestInfo{}); err == nil {
		t.Errorf("without files it presents %v", c)
	}
	for _, name := range []string{"first", "second"} {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
		if err != nil {
			t.Fatal(err)
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		for file, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
			if err := os.WriteFile(file, pem.EncodeToMemory(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := conf.GetClientCertificate(&tls.CertificateRequestInfo{})
		if err != nil {
			t.Fatal(err)
		}
		if leaf, err := x509.ParseCertificate(got.Certificate[0]); err != nil || leaf.Subject.CommonName != name {
			t.Errorf("it presents %v, want %s", leaf, name)
		}
	}
}
