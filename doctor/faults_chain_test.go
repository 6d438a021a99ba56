package doctor

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// selfSigned makes a certificate that signed itself, and its key.
func (l *lab) selfSigned(name string, edit ...func(*x509.Certificate)) (*authority, keyPair) {
	l.t.Helper()
	a := newAuthority(l.t, name, nil, edit...)
	d, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		l.t.Fatal(err)
	}
	return a, keyPair{a.pem, pemOf("PRIVATE KEY", d)}
}

// versionOne makes an X.509 version 1 certificate of the lab's client CA, as openssl x509 -req does without
// an extension file.
func (l *lab) versionOne() keyPair {
	l.t.Helper()
	dir := l.t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(l.clientCA.key)
	if err != nil {
		l.t.Fatal(err)
	}
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			l.t.Fatal(err)
		}
		return path
	}
	own := l.clientCA.issue(l.t, "x", "p256").key
	csr := openssl(l.t, own, "req", "-new", "-key", "/dev/stdin", "-subj", "/CN=orders worker")
	cert := openssl(l.t, csr, "x509", "-req", "-days", "30", "-CA", file("ca.pem", l.clientCA.pem), "-CAkey", file("ca.key", pemOf("PRIVATE KEY", key)), "-CAcreateserial")
	return keyPair{cert, own}
}

// publicCA is a CA that everybody may get certificates of.
func (l *lab) publicCA() []byte {
	for r := range bundle.Roots() {
		if c, err := x509.ParseCertificate(r.Certificate); err == nil && c.NotAfter.After(time.Now()) {
			return pemOf("CERTIFICATE", c.Raw)
		}
	}
	l.t.Fatal("no public root is known")
	return nil
}

// chainRows are the faults of certificates and bundles that everything does not have.
func chainRows() []faultRow {
	// uploaded is a healthy client whose namespace holds what make gives.
	uploaded := func(make func(l *lab) []byte) func(*lab) Target {
		return func(l *lab) Target {
			t := l.target(l.serve(l.mtls()))
			t.UploadedCA = make(l)
			return t
		}
	}
	// under is a client of a CA of its own, which the namespace holds; mid sends an intermediate too.
	under := func(edit ...func(*x509.Certificate)) func(*lab) Target {
		return func(l *lab) Target {
			ca := newAuthority(l.t, "Own CA", nil, edit...)
			t, p := l.target(l.serve(l.mtls())), ca.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, ca.pem
			return t
		}
	}
	client := func(edit ...func(*x509.Certificate)) func(*lab) Target {
		return func(l *lab) Target {
			t, p := l.target(l.serve(l.mtls())), l.clientCA.issue(l.t, "orders worker", "p256", edit...)
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
			return t
		}
	}
	named := func(cn, o string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: cn, Organization: []string{o}} }
	}
	return []faultRow{
		{"CH-03 the CA says CA:FALSE", under(func(c *x509.Certificate) { c.IsCA = false }), nil, "CH-03", Certain, "chain"},
		{"CH-04 the CA has no basic constraints", under(func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false }), nil, "CH-04", Certain, "chain"},
		{"CH-05 the CA may not sign", under(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), nil, "CH-05", Certain, "chain"},
		{"CH-07 only the intermediate is in the bundle", func(l *lab) Target {
			mid := newAuthority(l.t, "Lab intermediate", l.clientCA)
			t, p := l.target(l.serve(l.mtls())), mid.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, mid.pem
			return t
		}, nil, "CH-07", Certain, "chain"},
		{"CH-08 path too deep", func(l *lab) Target {
			root := newAuthority(l.t, "Short root", nil, func(c *x509.Certificate) { c.MaxPathLenZero = true })
			mid := newAuthority(l.t, "Lab intermediate", root)
			t, p := l.target(l.serve(l.mtls())), mid.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM, t.UploadedCA = append(p.cert, mid.pem...), p.key, root.pem
			return t
		}, nil, "CH-08", Certain, "chain"},
		{"CH-12 outlives its CA", client(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(9999 * time.Hour) }), nil, "CH-12", found, "chain"},
		{"CH-13 SHA-1", client(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), nil, "CH-13", Certain, "chain"},
		{"CH-17 as tcld makes it", client(func(c *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = 0, nil }), nil, "CH-17", found, "chain"},
		{"CH-18 the client is a CA", client(func(c *x509.Certificate) { c.IsCA = true }), nil, "CH-18", found, "chain"},
		{"CH-19 version 1", func(l *lab) Target {
			t, p := l.target(l.serve(l.mtls())), l.versionOne()
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}, nil, "CH-19", Certain, "chain"},
		{"CH-20 the CA's own name", client(named("Lab client CA", "Lab")), nil, "CH-20", Certain, "chain"},
		{"CH-21 the CA's own name in capitals", client(named("LAB CLIENT CA", "LAB")), nil, "CH-21", Certain, "chain"},
		{"CH-22 its own CA", func(l *lab) Target {
			_, p := l.selfSigned("orders worker", func(c *x509.Certificate) {
				c.IsCA, c.KeyUsage, c.ExtKeyUsage = false, x509.KeyUsageDigitalSignature, nil
			})
			t := l.target(l.serve(l.mtls()))
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, p.cert
			return t
		}, nil, "CH-22", Certain, "chain"},
		{"CH-40 signed itself, and no CA is known", func(l *lab) Target {
			_, p := l.selfSigned("orders worker", func(c *x509.Certificate) {
				c.IsCA, c.KeyUsage, c.ExtKeyUsage = false, x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			})
			t := l.target(l.serve(l.mtls()))
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}, nil, "CH-40", Certain, "chain"},
		{"CH-40 signed itself, and the namespace holds a CA", func(l *lab) Target {
			_, p := l.selfSigned("orders worker", func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature })
			t := l.target(l.serve(l.mtls()))
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
			return t
		}, nil, "CH-40", Certain, "chain"},
		{"CH-23 seventeen CAs", uploaded(func(l *lab) []byte {
			out := bytes.Clone(l.clientCA.pem)
			for range 16 {
				out = append(out, newAuthority(l.t, "CA "+big.NewInt(serial.Add(1)).String(), nil).pem...)
			}
			return out
		}), nil, "CH-23", Certain, "chain"},
		{"CH-24 a public CA", uploaded(func(l *lab) []byte { return append(bytes.Clone(l.clientCA.pem), l.publicCA()...) }), nil, "CH-24", Certain, "chain"},
		{"CH-27 a filter that Cloud refuses", func(l *lab) Target {
			t := l.target(l.serve(l.mtls()))
			t.Filters = []byte(`{"filters":[{"commonName":"a*b"}]}`)
			return t
		}, nil, "CH-27", found, "chain"},
		{"CH-29 the same CA twice", uploaded(func(l *lab) []byte { return bytes.Repeat(l.clientCA.pem, 2) }), nil, "CH-29", found, "chain"},
		{"CH-31 the client certificate was uploaded", uploaded(func(l *lab) []byte { return l.client.cert }), nil, "CH-31", Certain, "chain"},
		{"CH-32 the same serial number", uploaded(func(l *lab) []byte {
			same := func(c *x509.Certificate) { c.SerialNumber = big.NewInt(7) }
			one, two := newAuthority(l.t, "One", l.clientCA, same), newAuthority(l.t, "Two", l.clientCA, same)
			return bytes.Join([][]byte{l.clientCA.pem, one.pem, two.pem}, nil)
		}), nil, "CH-32", found, "chain"},
		{"CH-33 as certstrap makes it", client(func(c *x509.Certificate) { c.BasicConstraintsValid = false }), nil, "CH-33", found, "chain"},
	}
}
