package doctor

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// openssl runs openssl with an input and returns what it writes.
func openssl(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = bytes.NewReader(in)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %q: %v\n%s", args, err, complaint.String())
	}
	return out
}

func derOf(b []byte) []byte {
	block, _ := pem.Decode(b)
	return block.Bytes
}

func with(b []byte, oldNew ...string) []byte {
	return []byte(strings.NewReplacer(oldNew...).Replace(string(b)))
}

// onePEM is a way in which a certificate or a key is handed over, with what must come of it.
type onePEM struct {
	name  string
	level Level // found: repaired and told; Certain: refused with this reason
	edit  func(t testing.TB, p keyPair) keyPair
}

// pemShapes are the broken shapes of PEM texts and pairs.
func pemShapes() []onePEM {
	cert := func(f func(b []byte) []byte) func(testing.TB, keyPair) keyPair {
		return func(_ testing.TB, p keyPair) keyPair { p.cert = f(p.cert); return p }
	}
	key := func(f func(b []byte) []byte) func(testing.TB, keyPair) keyPair {
		return func(_ testing.TB, p keyPair) keyPair { p.key = f(p.key); return p }
	}
	ssl := func(args ...string) func(testing.TB, keyPair) keyPair {
		return func(t testing.TB, p keyPair) keyPair { p.key = openssl(t, p.key, args...); return p }
	}
	utf16le := func(b []byte) []byte {
		out := []byte{0xFF, 0xFE}
		for _, u := range utf16.Encode([]rune(string(b))) {
			out = append(out, byte(u), byte(u>>8))
		}
		return out
	}
	return []onePEM{
		{"KP-02 swapped", found, func(_ testing.TB, p keyPair) keyPair { return keyPair{p.key, p.cert} }},
		{"KP-04 signing request", Certain, func(t testing.TB, p keyPair) keyPair {
			p.cert = openssl(t, p.key, "req", "-new", "-key", "/dev/stdin", "-subj", "/CN=worker")
			return p
		}},
		{"KP-05 public key", Certain, ssl("pkey", "-pubout")},
		{"KP-11 passphrase", Certain, ssl("pkcs8", "-topk8", "-passout", "pass:secret")},
		{"KP-12 passphrase, old form", Certain, ssl("ec", "-aes128", "-passout", "pass:secret")},
		{"KP-13 binary certificate", found, cert(derOf)},
		{"KP-14 binary key", found, key(derOf)},
		{"KP-15 key store", Certain, func(t testing.TB, p keyPair) keyPair {
			both := filepath.Join(t.TempDir(), "both.pem") // openssl reads it twice
			if err := os.WriteFile(both, append(bytes.Clone(p.cert), p.key...), 0o600); err != nil {
				t.Fatal(err)
			}
			p.cert = openssl(t, nil, "pkcs12", "-export", "-in", both, "-passout", "pass:secret")
			return p
		}},
		{"KP-16 byte order mark", found, cert(func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) })},
		{"KP-17 UTF-16", found, cert(utf16le)},
		{"KP-18 carriage returns", found, cert(func(b []byte) []byte { return with(b, "\n", "\r") })},
		{"KP-19 indented", found, cert(func(b []byte) []byte { return append([]byte("    "), with(bytes.TrimSpace(b), "\n", "\n    ")...) })},
		{"KP-20 line breaks lost", found, cert(func(b []byte) []byte { return with(b, "\n", " ") })},
		{"KP-21 line breaks written out", found, cert(func(b []byte) []byte { return with(b, "\n", `\n`) })},
		{"KP-22 base64 twice", found, cert(func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) })},
		{"KP-23 no BEGIN line", found, cert(func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(derOf(b))) })},
		{"KP-24 quotes", found, cert(func(b []byte) []byte { return append(append([]byte(`"`), bytes.TrimSpace(b)...), '"') })},
		{"KP-25 long dashes", found, cert(func(b []byte) []byte { return with(b, "-----", "–––––") })},
		{"KP-27 one byte changed", Certain, cert(func(b []byte) []byte {
			d := bytes.Clone(derOf(b))
			d[bytes.Index(d, []byte{0x17, 0x0d})+4] = '!' // in the first date
			return pemOf("CERTIFICATE", d)
		})},
		{"KP-28 label of OpenSSL", found, cert(func(b []byte) []byte { return with(b, "CERTIFICATE", "TRUSTED CERTIFICATE") })},
		{"KP-29 SSH key", Certain, key(func([]byte) []byte {
			return []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAA=\n-----END OPENSSH PRIVATE KEY-----\n")
		})},
		{"KP-30 both in one field", found, func(_ testing.TB, p keyPair) keyPair { return keyPair{append(bytes.Clone(p.cert), p.key...), nil} }},
		{"KP-32 key of the old form", found, func(t testing.TB, p keyPair) keyPair { p.key = oldForm(t, p.key); return p }},
		{"KP-33 curve without TLS", Certain, func(t testing.TB, p keyPair) keyPair {
			k, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			d, err := x509.MarshalPKCS8PrivateKey(k)
			if err != nil {
				t.Fatal(err)
			}
			p.key = pemOf("PRIVATE KEY", d)
			return p
		}},
		{"KP-37 damaged key", Certain, key(func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			return bytes.Join(append(lines[:2:2], lines[3:]...), nil)
		})},
		{"KP-38 PKCS#7", found, func(t testing.TB, p keyPair) keyPair {
			p.cert = openssl(t, p.cert, "crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin")
			return p
		}},
		{"KP-40 too big", Certain, cert(func(b []byte) []byte { return bytes.Repeat([]byte("A"), maxPEM+1) })},
	}
}

// pemRows are the shapes as rows, and the pairs that are mixed up.
func pemRows() []faultRow {
	rows := []faultRow{
		{"KP-09 upside down", func(l *lab) Target {
			mid := newAuthority(l.t, "Lab intermediate", l.clientCA)
			t, p := l.target(l.serve(l.mtls())), mid.issue(l.t, "orders worker", "p256")
			t.CertPEM, t.KeyPEM = append(bytes.Clone(mid.pem), p.cert...), p.key
			return t
		}, nil, "KP-09", found, "pair"},
		{"KP-10 the key of the CA", func(l *lab) Target {
			t := l.target(labHost + ":7233")
			d, err := x509.MarshalPKCS8PrivateKey(l.clientCA.key)
			if err != nil {
				l.t.Fatal(err)
			}
			t.KeyPEM = pemOf("PRIVATE KEY", d)
			return t
		}, nil, "KP-10", Certain, "pair"},
	}
	for _, s := range pemShapes() {
		code, _, _ := strings.Cut(s.name, " ")
		rows = append(rows, faultRow{s.name, func(l *lab) Target {
			address := labHost + ":7233" // nobody is asked
			if s.level == found {
				address = l.serve(l.mtls())
			}
			t, p := l.target(address), s.edit(l.t, l.client)
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}, nil, code, s.level, "pair"})
	}
	return rows
}
