package certsvc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// pairCase is one way in which people hand over a pair.
type pairCase struct {
	id        string
	cert, key []byte
	repairs   []string // wanted codes, in order
	faults    []string
	field     string
}

// utf16le is what PowerShell's > writes.
func utf16le(b []byte) []byte {
	out := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func replace(b []byte, oldNew ...string) []byte {
	return []byte(strings.NewReplacer(oldNew...).Replace(string(b)))
}

func indent(b []byte, by string) []byte {
	return []byte(by + strings.ReplaceAll(strings.TrimSuffix(string(b), "\n"), "\n", "\n"+by) + "\n")
}

func twice64(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) }

func bare64(b []byte) []byte {
	block, _ := pem.Decode(b)
	return []byte(base64.StdEncoding.EncodeToString(block.Bytes))
}

func der(b []byte) []byte {
	block, _ := pem.Decode(b)
	return block.Bytes
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// damaged changes one character within the dates of the certificate.
func damaged(b []byte) []byte {
	d := bytes.Clone(der(b))
	i := bytes.Index(d, []byte{0x17, 0x0d}) // UTCTime of 13 characters
	d[i+4] = '!'
	return pemOf("CERTIFICATE", d)
}

func pairCases(t testing.TB) []pairCase {
	s := makeSet()
	leaf, key, ca, caKey := s.leaf.CertPEM, s.leaf.Key.Reveal(), s.ca.CertPEM, s.ca.Key.Reveal()
	other := must(testService().Leaf(s.ca, LeafSpec{CommonName: "other"}))(t)
	rsaPKCS1 := pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey(2048)))
	signer := keyOf(t, s.leaf)
	sec1 := pemOf("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(signer.(*ecdsa.PrivateKey)))(t))
	csr := pemOf("CERTIFICATE REQUEST", must(x509.CreateCertificateRequest(nil, &x509.CertificateRequest{}, signer))(t))
	public := pemOf("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(signer.Public()))(t))
	p224 := pemOf("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey(t, elliptic.P224())))(t))
	bom := "\uFEFF"
	ssh := []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAA=\n-----END OPENSSH PRIVATE KEY-----\n")
	legacy := []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,3D9B\n\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n")
	jwt := []byte("eyJhbGciOiJFUzI1NiJ9.eyJhY2NvdW50X2lkIjoiYTFiMmMifQ.c2lnbmF0dXJl")

	return []pairCase{
		{id: "as made", cert: leaf, key: key},
		{id: "KP-01", cert: nil, key: key, faults: []string{"KP-01"}, field: FieldCertificate},
		{id: "KP-01 blanks", cert: []byte(" \n\t"), key: key, faults: []string{"KP-01"}},
		{id: "KP-36", cert: leaf, key: []byte("\n"), faults: []string{"KP-36"}, field: FieldKey},
		{id: "both empty", faults: []string{"KP-01", "KP-36"}},
		{id: "KP-02", cert: key, key: leaf, repairs: []string{"KP-02"}},
		{id: "KP-02 and indented", cert: indent(key, "  "), key: leaf, repairs: []string{"KP-02", "KP-19"}},
		{id: "KP-02 and both in the key field", cert: key, key: cat(leaf, key), repairs: []string{"KP-02"}},
		{id: "KP-03", cert: leaf, key: leaf, faults: []string{"KP-03"}, field: FieldKey},
		{id: "IN-16 two keys", cert: key, key: key, faults: []string{"IN-16"}, field: FieldCertificate},
		{id: "IN-16 API key", cert: jwt, key: key, faults: []string{"IN-16"}},
		{id: "IN-16 API key for the key", cert: leaf, key: jwt, faults: []string{"IN-16"}, field: FieldKey},
		{id: "IN-17", cert: []byte("/etc/temporal/client.pem\n"), key: []byte(`C:\certs\client.key`), faults: []string{"IN-17", "IN-17"}},
		{id: "IN-17 home", cert: []byte("~/certs/client.pem"), key: key, faults: []string{"IN-17"}},
		{id: "KP-04", cert: csr, key: key, faults: []string{"KP-04"}},
		{id: "KP-04 DER", cert: der(csr), key: key, faults: []string{"KP-04"}},
		{id: "KP-05", cert: leaf, key: public, faults: []string{"KP-05"}, field: FieldKey},
		{id: "KP-06", cert: leaf, key: other.Key.Reveal(), faults: []string{"KP-06"}, field: FieldKey},
		{id: "KP-07", cert: leaf, key: rsaPKCS1, faults: []string{"KP-07"}},
		{id: "KP-08", cert: ca, key: key, faults: []string{"KP-08"}, field: FieldCertificate},
		{id: "KP-09", cert: cat(ca, leaf), key: key, repairs: []string{"KP-09"}},
		{id: "KP-10", cert: leaf, key: caKey, faults: []string{"KP-10"}},
		{id: "KP-10 with the chain", cert: cat(leaf, ca), key: caKey, faults: []string{"KP-10"}},
		{id: "KP-11", cert: leaf, key: encryptedPKCS8(t), faults: []string{"KP-11"}, field: FieldKey},
		{id: "KP-12", cert: leaf, key: legacy, faults: []string{"KP-12"}},
		{id: "KP-12 on one line", cert: leaf, key: replace(legacy, "\n", " "), faults: []string{"KP-12"}},
		{id: "KP-13", cert: der(leaf), key: key, repairs: []string{"KP-13"}},
		{id: "KP-14", cert: leaf, key: der(key), repairs: []string{"KP-14"}},
		{id: "KP-14 SEC1", cert: leaf, key: der(sec1), repairs: []string{"KP-14"}},
		{id: "KP-15", cert: makePKCS12(t), key: key, faults: []string{"KP-15"}, field: FieldCertificate},
		{id: "KP-15 in both", cert: makePKCS12(t), key: makePKCS12(t), faults: []string{"KP-15", "KP-15"}},
		{id: "KP-15 Java", cert: append([]byte{0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2}, der(leaf)...), key: key, faults: []string{"KP-15"}},
		{id: "KP-16", cert: cat([]byte(bom), leaf), key: key, repairs: []string{"KP-16"}},
		{id: "KP-16 key", cert: leaf, key: cat([]byte(bom), key), repairs: []string{"KP-16"}},
		{id: "KP-16 zero width", cert: cat([]byte("\u200b"), leaf), key: key, repairs: []string{"KP-16"}},
		{id: "KP-16 in the middle of a chain", cert: cat(leaf, []byte(bom), ca), key: key, repairs: []string{"KP-16"}},
		{id: "KP-17", cert: utf16le(leaf), key: key, repairs: []string{"KP-17"}},
		{id: "KP-17 both, CRLF", cert: utf16le(replace(leaf, "\n", "\r\n")), key: utf16le(key), repairs: []string{"KP-17", "KP-17"}},
		{id: "KP-17 no mark", cert: utf16le(leaf)[2:], key: key, repairs: []string{"KP-17"}},
		{id: "KP-18", cert: replace(leaf, "\n", "\r"), key: key, repairs: []string{"KP-18"}},
		{id: "KP-19", cert: indent(leaf, "    "), key: key, repairs: []string{"KP-19"}},
		{id: "KP-19 tabs", cert: leaf, key: indent(key, "\t"), repairs: []string{"KP-19"}},
		{id: "KP-19 YAML", cert: cat([]byte("tls:\n  cert: |\n"), indent(leaf, "    ")), key: key, repairs: []string{"KP-19"}},
		{id: "KP-20", cert: replace(leaf, "\n", " "), key: key, repairs: []string{"KP-20"}},
		{id: "KP-20 no blanks", cert: leaf, key: replace(key, "\n", ""), repairs: []string{"KP-20"}},
		{id: "KP-20 chain", cert: replace(cat(leaf, ca), "\n", " "), key: key, repairs: []string{"KP-20"}},
		{id: "KP-21", cert: replace(leaf, "\n", `\n`), key: key, repairs: []string{"KP-21"}},
		{id: "KP-21 CRLF", cert: leaf, key: replace(key, "\n", `\r\n`), repairs: []string{"KP-21"}},
		{id: "KP-21 escaped again", cert: replace(leaf, "\n", `\\n`), key: key, repairs: []string{"KP-21"}},
		{id: "KP-21 in quotes", cert: []byte(`"` + string(replace(leaf, "\n", `\n`)) + `"`), key: key, repairs: []string{"KP-21", "KP-24"}},
		{id: "KP-22", cert: twice64(leaf), key: twice64(key), repairs: []string{"KP-22", "KP-22"}},
		{id: "KP-22 wrapped", cert: indent(wrap(twice64(leaf), 76), "  "), key: key, repairs: []string{"KP-22"}},
		{id: "KP-22 from a Secret", cert: secretYAML(leaf, key), key: secretYAML(leaf, key), repairs: []string{"KP-22", "KP-22"}},
		{id: "KP-22 twice", cert: twice64(twice64(leaf)), key: key, repairs: []string{"KP-22"}},
		{id: "KP-22 for URLs", cert: []byte(base64.RawURLEncoding.EncodeToString(cat([]byte(">>>???\n"), leaf))), key: key, repairs: []string{"KP-22"}},
		{id: "KP-23", cert: bare64(leaf), key: key, repairs: []string{"KP-23"}},
		{id: "KP-23 both, lines", cert: wrap(bare64(leaf), 64), key: wrap(bare64(key), 64), repairs: []string{"KP-23", "KP-23"}},
		{id: "KP-24", cert: cat([]byte(`"`), bytes.TrimSpace(leaf), []byte(`"`)), key: key, repairs: []string{"KP-24"}},
		{id: "KP-24 single", cert: leaf, key: cat([]byte(`'`), key, []byte(`'`)), repairs: []string{"KP-24"}},
		{id: "KP-24 dotenv", cert: cat([]byte(`TEMPORAL_TLS_CLIENT_CERT_DATA="`), leaf, []byte(`"`)), key: key, repairs: []string{"KP-24"}},
		{id: "KP-24 source text", cert: sourceText(leaf), key: key, repairs: []string{"KP-21", "KP-24"}},
		{id: "KP-25 en dash", cert: replace(leaf, "-----", "–––––"), key: key, repairs: []string{"KP-25"}},
		{id: "KP-25 em dashes", cert: replace(leaf, "-----", "——-"), key: key, repairs: []string{"KP-25"}},
		{id: "KP-25 four", cert: leaf, key: replace(key, "-----", "----"), repairs: []string{"KP-25"}},
		{id: "KP-25 Windows-1252", cert: replace(leaf, "-----", "\x96\x96"), key: key, repairs: []string{"KP-25"}},
		{id: "KP-25 first dashes not copied", cert: leaf[5:], key: key, repairs: []string{"KP-25"}},
		{id: "KP-26", cert: leaf[:len(leaf)/2], key: key, faults: []string{"KP-26"}},
		{id: "KP-26 without END", cert: leaf[:len(leaf)-26], key: key, faults: []string{"KP-26"}},
		{id: "KP-26 without BEGIN", cert: leaf[100:], key: key, faults: []string{"KP-26"}},
		{id: "KP-26 key", cert: leaf, key: key[:len(key)/2], faults: []string{"KP-26"}, field: FieldKey},
		{id: "KP-26 second of a chain", cert: cat(leaf, ca[:200]), key: key, faults: []string{"KP-26"}},
		{id: "KP-26 DER", cert: der(leaf)[:200], key: key, faults: []string{"KP-26"}},
		{id: "KP-27", cert: damaged(leaf), key: key, faults: []string{"KP-27"}},
		{id: "KP-27 not base64", cert: replace(leaf, "MII", "M!I"), key: key, faults: []string{"KP-27"}},
		{id: "KP-27 line lost", cert: dropLine(leaf, 3), key: key, faults: []string{"KP-27"}},
		{id: "KP-37", cert: leaf, key: dropLine(key, 2), faults: []string{"KP-37"}},
		{id: "KP-28", cert: replace(leaf, "CERTIFICATE", "TRUSTED CERTIFICATE"), key: key, repairs: []string{"KP-28"}},
		{id: "KP-28 with trust settings", cert: pemOf("TRUSTED CERTIFICATE", append(bytes.Clone(der(leaf)), 0x30, 0x02, 0x30, 0x00)), key: key, repairs: []string{"KP-28"}},
		{id: "KP-28 X509", cert: replace(leaf, "CERTIFICATE", "X509 CERTIFICATE"), key: key, repairs: []string{"KP-28"}},
		{id: "KP-29", cert: leaf, key: ssh, faults: []string{"KP-29"}},
		{id: "KP-29 public line", cert: []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ dana@laptop\n"), key: key, faults: []string{"KP-29"}},
		{id: "KP-30", cert: cat(leaf, key), key: cat(leaf, key)},
		{id: "KP-30 key first", cert: cat(key, leaf), key: key},
		{id: "KP-30 one field only", cert: cat(leaf, key), key: nil, repairs: []string{"KP-30"}},
		{id: "KP-30 other field only", cert: nil, key: cat(leaf, key), repairs: []string{"KP-30"}},
		{id: "KP-31 CRLF", cert: replace(leaf, "\n", "\r\n"), key: replace(key, "\n", "\r\n")},
		{id: "KP-31 trailing blanks", cert: replace(leaf, "\n", "  \n"), key: replace(key, "\n", "\t\n")},
		{id: "KP-31 no last newline", cert: bytes.TrimSpace(leaf), key: bytes.TrimSpace(key)},
		{id: "KP-31 text before", cert: cat([]byte("Bag Attributes\n    friendlyName: payments – Müller\nsubject=CN=x\n"), leaf), key: cat([]byte("# client\u00a0key\n"), key)},
		{id: "KP-31 EC PARAMETERS", cert: leaf, key: cat([]byte("-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n"), sec1)},
		{id: "KP-31 SEC1", cert: leaf, key: sec1},
		{id: "KP-31 chain", cert: cat(leaf, ca), key: key},
		{id: "KP-33", cert: leaf, key: p224, faults: []string{"KP-33"}},
		{id: "KP-33 secp256k1", cert: leaf, key: []byte(secp256k1Key), faults: []string{"KP-33"}},
		{id: "KP-38", cert: pemOf("PKCS7", makePKCS7(t, ca, leaf)), key: key, repairs: []string{"KP-38", "KP-09"}},
		{id: "KP-38 DER", cert: makePKCS7(t, leaf, ca), key: key, repairs: []string{"KP-38"}},
		{id: "KP-39", cert: []byte("my certificate"), key: []byte("hunter2"), faults: []string{"KP-39", "KP-39"}},
		{id: "KP-39 web page", cert: []byte("<!doctype html><html><body>Sign in</body></html>"), key: key, faults: []string{"KP-39"}},
	}
}

// TestReadPair: each way of handing over a pair has its exact answer.
func TestReadPair(t *testing.T) {
	want := makeSet().leaf.Cert
	for _, tt := range pairCases(t) {
		t.Run(tt.id, func(t *testing.T) {
			p, done, err := ReadPair(tt.cert, tt.key)
			if diff := cmp.Diff(tt.faults, codesOf(err)); diff != "" {
				t.Fatalf("faults (-want +got):\n%s%v", diff, err)
			}
			var got []string
			for _, r := range done {
				got = append(got, r.Code)
				if r.Text == "" {
					t.Errorf("repair %s has no text", r.Code)
				}
			}
			if diff := cmp.Diff(tt.repairs, got); diff != "" && err == nil {
				t.Errorf("repairs (-want +got):\n%s", diff)
			}
			if err != nil {
				for _, f := range fault.All(err) {
					if f.Kind != fault.Invalid || f.Title == "" || f.Fix == "" || f.Field == "" {
						t.Errorf("fault %+v lacks a part", f)
					}
				}
				if f := fault.From(err); tt.field != "" && f.Field != tt.field {
					t.Errorf("fault belongs to field %q, want %q", f.Field, tt.field)
				}
				return
			}
			if !p.Leaf().Equal(want) || !sameKey(p.Key.Public(), want.PublicKey) {
				t.Errorf("got the pair of %s, want %s", SubjectOf(p.Leaf()), SubjectOf(want))
			}
			if _, err := tls.X509KeyPair(p.CertPEM(), p.KeyPEM().Reveal()); err != nil {
				t.Errorf("crypto/tls refuses what was repaired: %v", err)
			}
			if again, more, err := ReadPair(p.CertPEM(), p.KeyPEM().Reveal()); err != nil || len(more) > 0 || !again.Leaf().Equal(want) {
				t.Errorf("reading the repaired pair again: %v, %v", more, err)
			}
		})
	}
}

// TestHarmless: what crypto/tls reads whole must never be reported as repaired or wrong (KP-30, KP-31),
// and what we leave as it is, crypto/tls must read.
func TestHarmless(t *testing.T) {
	// crypto/tls reads these too, but loses the second certificate.
	loses := map[string]bool{"KP-16 in the middle of a chain": true, "KP-26 second of a chain": true}
	n := 0
	for _, tt := range pairCases(t) {
		_, tlsErr := tls.X509KeyPair(tt.cert, tt.key)
		_, done, err := ReadPair(tt.cert, tt.key)
		if silent := err == nil && len(done) == 0; silent != (tlsErr == nil) && !loses[tt.id] {
			t.Errorf("%s: crypto/tls says %v, we say %v, %v", tt.id, tlsErr, done, err)
		}
		if tlsErr == nil {
			n++
		}
	}
	if n < 8 {
		t.Errorf("only %d harmless cases", n)
	}
}

// TestMismatchEvidence: a pair that is none shows both halves' SPKI.
func TestMismatchEvidence(t *testing.T) {
	s := makeSet()
	other := must(testService().Leaf(s.ca, LeafSpec{CommonName: "other", KeyType: ECP256}))(t)
	_, _, err := ReadPair(s.leaf.CertPEM, other.Key.Reveal())
	var m *Mismatch
	if !errors.As(err, &m) {
		t.Fatalf("ReadPair = %v, want a Mismatch inside", err)
	}
	want := Mismatch{CertSubject: "CN=payments.a1b2c,O=Acme", CertSPKI: SPKI(s.leaf.Cert.PublicKey), KeySPKI: SPKI(other.Cert.PublicKey), CertKeyType: ECP384, KeyType: ECP256}
	if diff := cmp.Diff(want, *m); diff != "" {
		t.Error(diff)
	}
	f := fault.From(err)
	if !strings.Contains(f.Cause, m.CertSPKI) || !strings.Contains(f.Cause, m.KeySPKI) || len(m.CertSPKI) != 64 {
		t.Errorf("cause %q does not show both SPKI", f.Cause)
	}
}

// TestAuthorityKeyIsKnown: the key of an uploaded CA is recognised although it did not sign this leaf.
func TestAuthorityKeyIsKnown(t *testing.T) {
	s := makeSet()
	ca2 := must(testService().CA(CASpec{CommonName: "second CA"}))(t)
	_, _, err := ReadPairFor(s.leaf.CertPEM, ca2.Key.Reveal(), []*x509.Certificate{s.ca.Cert, ca2.Cert})
	if got := codesOf(err); !cmp.Equal(got, []string{"KP-10"}) {
		t.Errorf("codes = %v, want KP-10", got)
	}
}

// TestPairPrintsNothing: no verb, log or JSON shows a pair's key.
func TestPairPrintsNothing(t *testing.T) {
	s := makeSet()
	p, _, err := ReadPair(s.leaf.CertPEM, s.leaf.Key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	d := p.Key.(*ecdsa.PrivateKey)
	scalar := must(d.Bytes())(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "pair", p, "secret", s.leaf.Key, "issued", s.leaf)
	asJSON := must(json.Marshal(map[string]any{"pair": p, "issued": s.leaf}))(t)
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s %q %d %x", p, p, p, p, p, p, p), fmt.Sprintf("%v %+v %#v %x %d", s.leaf.Key, s.leaf.Key, s.leaf, s.leaf.Key, s.leaf.Key), log.String(), string(asJSON),
	} {
		for _, leak := range []string{"PRIVATE KEY", fmt.Sprintf("%x", scalar), fmt.Sprint(scalar), base64.StdEncoding.EncodeToString(s.leaf.Key.Reveal())[:40]} {
			if strings.Contains(text, leak) {
				t.Errorf("a key leaks into %.80s", text)
			}
		}
	}
}

func wrap(b []byte, n int) []byte {
	var out []byte
	for len(b) > n {
		out = append(append(out, b[:n]...), '\n')
		b = b[n:]
	}
	return append(append(out, b...), '\n')
}

func dropLine(b []byte, n int) []byte {
	lines := strings.SplitAfter(string(b), "\n")
	return []byte(strings.Join(append(lines[:n:n], lines[n+1:]...), ""))
}

// sourceText is a PEM as a string constant over several lines.
func sourceText(b []byte) []byte {
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		fmt.Fprintf(&out, "    \"%s\\n\" +\n", line)
	}
	return []byte(strings.TrimSuffix(out.String(), " +\n") + ";\n")
}

func secretYAML(cert, key []byte) []byte {
	return fmt.Appendf(nil, "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: %s\n  tls.key: %s\n", twice64(cert), twice64(key))
}
