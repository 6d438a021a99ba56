package certsvc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/fault"
)

// declinedScript makes keys, requests, certificates and stores that people have and Go's parsers decline.
const declinedScript = `set -e
gen() { openssl genpkey "$@" 2>/dev/null; }
gen -algorithm ED448 -out ed448.pem; openssl pkey -in ed448.pem -outform DER -out ed448.der
gen -algorithm X448 -out x448.pem
gen -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.pem
gen -algorithm DH -pkeyopt group:ffdhe2048 -out dh.pem
openssl dsaparam -out dsaparam.pem 1024 2>/dev/null; openssl genpkey -paramfile dsaparam.pem -out dsa8.pem; openssl pkey -in dsa8.pem -traditional -out dsa.pem
for c in secp256k1 secp224r1 brainpoolP256r1 sect233k1 SM2; do gen -algorithm EC -pkeyopt ec_paramgen_curve:$c -out $c.pem; done
gen -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem
gen -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out explicit.pem
openssl ec -in explicit.pem -param_enc explicit -out explicit1.pem 2>/dev/null
openssl ecparam -name prime256v1 > ecparam.pem
for k in pss secp224r1 dsa8 explicit p256; do openssl pkcs8 -topk8 -in $k.pem -passout pass:secret -out $k.enc; done
openssl ec -in secp224r1.pem -aes128 -passout pass:secret -out secp224r1.old 2>/dev/null
for k in pss secp256k1 brainpoolP256r1 explicit ed448; do
  openssl req -new -key $k.pem -subj "/O=Acme/CN=req $k" -out $k.csr; openssl req -in $k.csr -outform DER -out $k.csr.der
  openssl req -x509 -new -key $k.pem -subj "/O=Acme/CN=ca $k" -days 100 -out $k.crt; openssl x509 -in $k.crt -outform DER -out $k.crt.der
done
openssl req -new -key p256.pem -sha1 -subj /CN=sha1 -out sha1.csr
openssl req -x509 -new -key p256.pem -subj "/O=Acme/CN=good" -days 100 -out good.crt; openssl x509 -in good.crt -outform DER -out good.der
openssl req -x509 -new -key p256.pem -subj "/CN=negative" -set_serial -77 -days 100 -out negative.crt
cat good.crt secp256k1.crt > mixed.pem
openssl crl2pkcs7 -nocrl -certfile mixed.pem -outform DER -out mixed.p7b
openssl crl2pkcs7 -nocrl -certfile good.crt -out good.p7b; sed 's/PKCS7/CERTIFICATE/' good.p7b > labelled.pem
printf x | openssl cms -sign -binary -stream -signer good.crt -inkey p256.pem -nodetach -outform DER -out ber.p7b
printf x | openssl cms -encrypt -binary -outform DER -out enveloped.p7m good.crt
p12() { out=$1; shift; openssl pkcs12 -export -passout pass:secret -out "$out" "$@"; }
p12 nokeys.p12 -nokeys -in good.crt
p12 nocerts.p12 -nocerts -inkey p256.pem
p12 old.p12 -legacy -in good.crt -inkey p256.pem -name "my client"
p12 nomac.p12 -nomac -in good.crt -inkey p256.pem
p12 plain.p12 -keypbe NONE -certpbe NONE -in good.crt -inkey p256.pem
p12 odd.p12 -in secp224r1.crt -inkey secp224r1.pem 2>/dev/null || { openssl req -x509 -new -key secp224r1.pem -subj /CN=p224 -days 9 -out secp224r1.crt; p12 odd.p12 -in secp224r1.crt -inkey secp224r1.pem; }
p12 der.p12 -in good.crt -inkey p256.pem
# the file as older exporters write it: lengths left open
python3 - <<'PY'
def L(b, i):
    n = b[i]
    if n < 128: return n, i + 1
    k = n & 127
    return int.from_bytes(b[i+1:i+1+k], 'big'), i + 1 + k
def ber(b):
    out, i = b'', 0
    while i < len(b):
        t = b[i]; n, j = L(b, i + 1); v = b[j:j+n]; i = j + n
        if t & 0x20: out += bytes([t, 0x80]) + ber(v) + b'\0\0'
        elif t == 4 and n > 64: out += b'\x24\x80' + b''.join(bytes([4, len(v[k:k+50])]) + v[k:k+50] for k in range(0, n, 50)) + b'\0\0'
        else: out += bytes([t]) + enc(n) + v
    return out
def enc(n):
    if n < 128: return bytes([n])
    k = (n.bit_length() + 7) // 8
    return bytes([128 | k]) + n.to_bytes(k, 'big')
open('ber.p12', 'wb').write(ber(open('der.p12', 'rb').read()))
open('ber.crt', 'wb').write(ber(open('good.der', 'rb').read()))
PY
`

// declinedFiles makes what openssl makes, and what it refuses to make.
func declinedFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", declinedScript)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	name := func(tag byte, text []byte) []byte {
		value := asn1.RawValue{FullBytes: append([]byte{tag, byte(len(text))}, text...)}
		set := asn1.RawValue{Tag: asn1.TagSet, Class: asn1.ClassUniversal, IsCompound: true,
			Bytes: must(asn1.Marshal(attribute{asn1.ObjectIdentifier{2, 5, 4, 3}, value}))(t)}
		return must(asn1.Marshal([]asn1.RawValue{{FullBytes: must(asn1.Marshal(set))(t)}}))(t)
	}
	made := func(file string, change func(*x509.Certificate)) []byte {
		c := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), Subject: pkix.Name{CommonName: file}}
		change(c)
		issuer := &x509.Certificate{Subject: pkix.Name{CommonName: "issuer"}}
		der := must(x509.CreateCertificate(rand.Reader, c, issuer, key.Public(), key))(t)
		write(t, dir, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		return der
	}
	twice := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: []byte{5, 0}}
	made("twice.pem", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{twice, twice} })
	made("universal.pem", func(c *x509.Certificate) { c.RawSubject = name(28, []byte("\x00\x00\x00w\x00\x00\x00\xfc")) })
	made("printable.pem", func(c *x509.Certificate) { c.RawSubject = name(19, []byte("w@acme")) })
	made("utf8.pem", func(c *x509.Certificate) { c.RawSubject = name(12, []byte("w\xff")) })
	made("address.pem", func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: []byte{0x30, 5, 0x87, 3, 1, 2, 3}}}
	})
	made("akicritical.pem", func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 35}, Critical: true, Value: []byte{0x30, 3, 0x80, 1, 9}}}
	})
	der := made("algorithms.pem", func(*x509.Certificate) {})
	sha256 := []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}
	at := bytes.LastIndex(der, sha256) // the outer algorithm
	der[at+7] = 3
	write(t, dir, "algorithms.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	whole := must(os.ReadFile(filepath.Join(dir, "good.der")))(t)
	whole[7] ^= 0x0f // a length
	write(t, dir, "damaged.der", whole)

	ca := makeSet().ca
	crl := must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}, crlIssuer(ca.Cert), keyOf(t, ca)))(t)
	write(t, dir, "crl.der", crl)
	write(t, dir, "crl.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crl}))
	write(t, dir, "crl-labelled.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: crl}))
	write(t, dir, "ocsp.der", []byte{0x30, 3, 0x0a, 1, 6})
	write(t, dir, "badreq.pem", []byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"))
	jks := must(os.ReadFile(filepath.Join("testdata", "keytool.jks")))(t)
	write(t, dir, "store.jks", jks)
	write(t, dir, "store.jceks", append([]byte{0xce, 0xce, 0xce, 0xce}, jks[4:]...))
	write(t, dir, "store.bks", append([]byte{0, 0, 0, 2, 0, 0, 0, 20}, jks[8:]...))
	return dir
}

// crlIssuer is a CA that may sign revocation lists.
func crlIssuer(c *x509.Certificate) *x509.Certificate {
	may := *c
	may.KeyUsage |= x509.KeyUsageCRLSign
	return &may
}

// TestDeclined: what Go's parsers decline is called by its name and its true reason, and never damaged when it is not.
func TestDeclined(t *testing.T) {
	dir := declinedFiles(t)
	for _, tt := range []struct {
		file, passphrase string
		want             string // items: kind, code, subject or key type
		says             string // in the last trouble
	}{
		{"negative.crt", "", "certificate KP-41 CN=negative", "serial number is negative"},
		{"twice.pem", "", "certificate KP-41 CN=twice.pem", "occurs twice"},
		{"universal.pem", "", "certificate KP-41 CN=wü", "UniversalString"},
		{"printable.pem", "", "certificate KP-41 CN=w@acme", "PrintableString"},
		{"utf8.pem", "", `certificate KP-41 CN=#0c0277ff`, "not valid UTF-8"},
		{"address.pem", "", "certificate KP-41 CN=address.pem", "IP address"},
		{"akicritical.pem", "", "certificate KP-41 CN=akicritical.pem", "marked critical that may not be"},
		{"algorithms.pem", "", "certificate KP-41 CN=algorithms.pem", "two different signature algorithms"},
		{"ber.crt", "", "certificate KP-41 CN=good,O=Acme", "BER"},
		{"damaged.der", "", "unknown KP-39", "damaged"},

		{"secp256k1.crt", "", "certificate KP-33 CN=ca secp256k1,O=Acme", "secp256k1"},
		{"brainpoolP256r1.crt.der", "", "certificate KP-33 CN=ca brainpoolP256r1,O=Acme", "brainpoolP256r1"},
		{"explicit.crt", "", "certificate KP-33 CN=ca explicit,O=Acme", "spells out its curve"},
		{"pss.crt", "", "certificate CN=ca pss,O=Acme", ""},
		{"ed448.crt", "", "certificate CN=ca ed448,O=Acme", ""},

		{"ed448.pem", "", "private-key CH-25", "Ed448"},
		{"ed448.der", "", "private-key CH-25", "Ed448"},
		{"x448.pem", "", "private-key KP-33", "cannot sign"},
		{"pss.pem", "", "private-key CH-25", "RSASSA-PSS"},
		{"dh.pem", "", "private-key CH-25", "DH"},
		{"dsa.pem", "", "private-key CH-25", "DSA"},
		{"dsa8.pem", "", "private-key CH-25", "DSA"},
		{"secp256k1.pem", "", "private-key KP-33", "secp256k1"},
		{"brainpoolP256r1.pem", "", "private-key KP-33", "brainpoolP256r1"},
		{"sect233k1.pem", "", "private-key KP-33", "sect233k1"},
		{"SM2.pem", "", "private-key KP-33", "sm2"},
		{"explicit.pem", "", "private-key KP-33", "named_curve"},
		{"explicit1.pem", "", "private-key KP-33", "named_curve"},
		{"secp224r1.pem", "", "private-key KP-33", "P-224"},
		{"secp224r1.enc", "secret", "private-key KP-33", "P-224"},
		{"secp224r1.old", "secret", "private-key KP-33", "P-224"},
		{"secp224r1.enc", "wrong", "locked-key KP-11", "does not open"},
		{"pss.enc", "secret", "private-key CH-25", "RSASSA-PSS"},
		{"dsa8.enc", "secret", "private-key CH-25", "DSA"},
		{"explicit.enc", "secret", "private-key KP-33", "named_curve"},

		{"pss.csr", "", "request CH-25 CN=req pss,O=Acme", "RSASSA-PSS"},
		{"ed448.csr.der", "", "request CH-25 CN=req ed448,O=Acme", "Ed448"},
		{"secp256k1.csr", "", "request KP-33 CN=req secp256k1,O=Acme", "secp256k1"},
		{"secp256k1.csr.der", "", "request KP-33 CN=req secp256k1,O=Acme", "secp256k1"},
		{"brainpoolP256r1.csr", "", "request KP-33 CN=req brainpoolP256r1,O=Acme", "brainpoolP256r1"},
		{"explicit.csr", "", "request KP-33 CN=req explicit,O=Acme", "spells out its curve"},
		{"sha1.csr", "", "request CH-13 CN=sha1", "SHA1"},
		{"badreq.pem", "", "request KP-27", "not a complete request"},

		{"crl.der", "", "unknown KP-42", "CRL"},
		{"crl.pem", "", "unknown KP-42", "CRL"},
		{"crl-labelled.pem", "", "unknown KP-42", "CRL"},
		{"ocsp.der", "", "unknown KP-42", "OCSP"},
		{"enveloped.p7m", "", "unknown KP-42", "CMS"},
		{"ecparam.pem", "", "unknown KP-42", "without a key"},
		{"dsaparam.pem", "", "unknown KP-42", "without a key"},

		{"mixed.p7b", "", "certificate CN=good,O=Acme; certificate KP-33 CN=ca secp256k1,O=Acme", "secp256k1"},
		{"mixed.pem", "", "certificate CN=good,O=Acme; certificate KP-33 CN=ca secp256k1,O=Acme", "secp256k1"},
		{"labelled.pem", "", "certificate CN=good,O=Acme", ""},
		{"ber.p7b", "", "certificate CN=good,O=Acme", ""},
		{"store.jks", "secret", "key-store KP-15", "Java key store"},
		{"store.jceks", "secret", "key-store KP-15", "JCEKS"},
		{"store.bks", "secret", "key-store KP-15", "BouncyCastle"},

		{"nokeys.p12", "secret", "certificate CN=good,O=Acme", ""},
		{"nocerts.p12", "secret", "private-key ec-p256", ""},
		{"old.p12", "secret", "certificate CN=good,O=Acme (my client); private-key ec-p256 (my client)", ""},
		{"nomac.p12", "secret", "certificate CN=good,O=Acme; private-key ec-p256", ""},
		{"plain.p12", "secret", "certificate CN=good,O=Acme; private-key ec-p256", ""},
		{"ber.p12", "secret", "certificate CN=good,O=Acme; private-key ec-p256", ""},
		{"ber.p12", "wrong", "key-store KP-15", "does not open"},
		{"odd.p12", "secret", "certificate CN=p224; private-key KP-33", "P-224"},
		{"nokeys.p12", "wrong", "key-store KP-15", "does not open"},
		{"nokeys.p12", "", "key-store KP-15", "protected by a passphrase"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			inv := Inspect([]File{{tt.file, must(os.ReadFile(filepath.Join(dir, tt.file)))(t)}}, tt.passphrase)
			var got []string
			said := ""
			for _, it := range inv.Items {
				s := string(it.Kind)
				if it.Trouble != nil {
					s += " " + it.Trouble.Code
					said = it.Trouble.Title + " " + it.Trouble.Cause + " " + it.Trouble.Fix
					if it.Trouble.Fix == "" || strings.Contains(said, "%") {
						t.Errorf("%q lacks a fix, or is not filled in", said)
					}
				}
				if it.Subject != "" {
					s += " " + it.Subject
				} else if it.Trouble == nil {
					s += " " + string(it.KeyType)
				}
				if it.Alias != "" {
					s += " (" + it.Alias + ")"
				}
				got = append(got, s)
			}
			if strings.Join(got, "; ") != tt.want || !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
				t.Errorf("got  %s\nwant %s\nsaid %q, want %q in it", strings.Join(got, "; "), tt.want, said, tt.says)
			}
			if _, _, err := ReadCertificates(must(os.ReadFile(filepath.Join(dir, tt.file)))(t)); strings.HasPrefix(tt.want, "certificate KP-41") && fault.From(err).Code != "KP-41" || tt.says == "CRL" && fault.From(err).Code != "KP-42" {
				t.Errorf("where a certificate is asked for: %v", err)
			}
		})
	}
}
