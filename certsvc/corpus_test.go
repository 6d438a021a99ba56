package certsvc

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// corpusScript makes what people bring, with openssl: CAs and keys in every form, shaped as certstrap,
// tcld, step and hand-written scripts leave them.
const corpusScript = `set -e
conf() { printf '%s\n' "$@" > ext; }
ca() { openssl req -x509 -new -key "$1" -subj "$2" -days 3650 -out "$3" -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null; }
# a root with an EC key in every form
openssl ecparam -name prime256v1 -genkey -noout -out sec1.key
ca sec1.key "/O=Acme/CN=Acme CA" ca.pem
openssl pkcs8 -topk8 -nocrypt -in sec1.key -out pkcs8.key
openssl ec -in sec1.key -out params.key -param_enc named_curve 2>/dev/null; openssl ecparam -name prime256v1 > withparams.key; cat sec1.key >> withparams.key
openssl ec -in sec1.key -outform DER -out sec1.der 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in sec1.key -outform DER -out pkcs8.der
openssl ec -in sec1.key -aes256 -passout pass:secret -out legacy-aes.key 2>/dev/null
openssl ec -in sec1.key -des3 -passout pass:secret -out legacy-3des.key 2>/dev/null
openssl pkcs8 -topk8 -in sec1.key -passout pass:secret -out pbes2.key
openssl pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1 -in sec1.key -passout pass:secret -out pbes2-sha1.key
openssl pkcs8 -topk8 -v2 aes-192-cbc -v2prf hmacWithSHA512 -in sec1.key -passout pass:secret -out pbes2-sha512.key
openssl pkcs8 -topk8 -v2 des3 -in sec1.key -passout pass:secret -out pbes2-3des.key
openssl pkcs8 -topk8 -scrypt -scrypt_N 4096 -in sec1.key -passout pass:secret -out scrypt.key
openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in sec1.key -passout pass:secret -out pbes1.key
openssl pkcs8 -topk8 -in sec1.key -passout pass:secret -outform DER -out pbes2.der
openssl pkcs12 -export -in ca.pem -inkey sec1.key -passout pass:secret -out ca.p12
openssl pkcs12 -export -legacy -in ca.pem -inkey sec1.key -passout pass:secret -out ca-legacy.p12
openssl pkcs12 -export -in ca.pem -inkey sec1.key -passout pass: -out ca-empty.p12
openssl pkcs12 -export -nokeys -in ca.pem -passout pass:secret -out ca-nokey.p12
openssl x509 -in ca.pem -outform DER -out ca.der
openssl x509 -in ca.pem -trustout -out trusted.pem
openssl crl2pkcs7 -nocrl -certfile ca.pem -out ca.p7b
openssl x509 -in ca.pem -text > text.pem
cat ca.pem sec1.key > both.pem
sed 's/$/\r/' ca.pem > crlf.pem
base64 ca.pem > base64.pem
openssl req -new -key sec1.key -subj "/CN=x" -out req.csr
openssl pkey -in sec1.key -pubout -out pub.pem
# RSA, as certstrap leaves it: PKCS#1 keys, depot names; encrypted with its passphrase
openssl genrsa -traditional -out Cert.key 2048 2>/dev/null
ca Cert.key "/CN=Cert" Cert.crt
openssl rsa -in Cert.key -traditional -aes128 -passout pass:secret -out Cert.enc.key 2>/dev/null
openssl rsa -in Cert.key -outform DER -traditional -out pkcs1.der 2>/dev/null
openssl genrsa -traditional -out ns.key 2048 2>/dev/null
openssl req -new -key ns.key -subj "/CN=your-namespace" -out ns.csr
conf "keyUsage=digitalSignature,keyEncipherment" "extendedKeyUsage=serverAuth,clientAuth" "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid"
openssl x509 -req -in ns.csr -CA Cert.crt -CAkey Cert.key -CAcreateserial -extfile ext -days 300 -out ns.crt 2>/dev/null
# as tcld: P-384, PKCS#8, O alone, no keyUsage on the leaf
openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out tcld-ca.key
openssl req -x509 -new -key tcld-ca.key -subj "/O=acme" -days 365 -out tcld-ca.pem -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign -addext subjectAltName=DNS:client.root.acme.x1y2 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out tcld-leaf.key
openssl req -new -key tcld-leaf.key -subj "/O=acme/OU=workers" -out t.csr
conf "basicConstraints=critical,CA:FALSE" "subjectAltName=DNS:client.endentity.acme.x1y2"
openssl x509 -req -in t.csr -CA tcld-ca.pem -CAkey tcld-ca.key -CAcreateserial -extfile ext -days 364 -out tcld-leaf.pem 2>/dev/null
# as step: an intermediate with pathlen 0 that signs, its root beside; the leaf's file holds the chain
openssl ecparam -name prime256v1 -genkey -noout -out inter.key
openssl req -new -key inter.key -subj "/CN=Smallstep Intermediate CA" -out i.csr
conf "basicConstraints=critical,CA:TRUE,pathlen:0" "keyUsage=critical,keyCertSign,cRLSign" "subjectKeyIdentifier=hash"
openssl x509 -req -in i.csr -CA ca.pem -CAkey sec1.key -CAcreateserial -extfile ext -days 1000 -out inter.pem 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out step.key
openssl req -new -key step.key -subj "/CN=svc" -out s.csr
conf "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth,clientAuth" "basicConstraints=critical,CA:FALSE"
openssl x509 -req -in s.csr -CA inter.pem -CAkey inter.key -CAcreateserial -extfile ext -days 30 -out step-leaf.pem 2>/dev/null
cat step-leaf.pem inter.pem > step-chain.pem
openssl pkcs12 -export -in step-leaf.pem -inkey step.key -certfile inter.pem -passout pass:secret -out client.p12
# what is refused
openssl genpkey -algorithm ed25519 -out ed.key; openssl req -x509 -new -key ed.key -subj "/CN=ed" -days 100 -out ed.pem
openssl ecparam -name secp224r1 -genkey -noout -out p224.key
openssl genpkey -algorithm X25519 -out x25519.key
head -c 300 ca.pem > cut.pem
openssl req -x509 -new -key sec1.key -subj "/CN=not a CA" -days 100 -out noca.pem -addext basicConstraints=critical,CA:FALSE 2>/dev/null
openssl x509 -req -in req.csr -signkey sec1.key -days 100 -out v1.pem 2>/dev/null
`

// corpus makes the files once for the tests that read them.
func corpus(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", corpusScript)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"keytool.p12", "keytool.jks"} {
		write(t, dir, name, must(os.ReadFile(filepath.Join("testdata", name)))(t))
	}
	return dir
}

// TestCorpus: each file that people bring is read, or refused with its reason.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	read := func(names string) []File {
		var out []File
		for _, n := range strings.Fields(names) {
			out = append(out, File{Name: n, Content: must(os.ReadFile(filepath.Join(dir, n)))(t)})
		}
		return out
	}

	t.Run("authority", func(t *testing.T) {
		for _, tt := range []struct {
			files, passphrase string
			want              string // subject, or codes of the refusal after !
		}{
			{"ca.pem sec1.key", "", "CN=Acme CA,O=Acme"},
			{"sec1.key ca.pem", "", "CN=Acme CA,O=Acme"},
			{"ca.pem pkcs8.key", "", "CN=Acme CA,O=Acme"},
			{"ca.pem params.key", "", "CN=Acme CA,O=Acme"},
			{"ca.pem withparams.key", "", "CN=Acme CA,O=Acme"},
			{"ca.der sec1.der", "", "CN=Acme CA,O=Acme"},
			{"ca.der pkcs8.der", "", "CN=Acme CA,O=Acme"},
			{"trusted.pem sec1.key", "", "CN=Acme CA,O=Acme"},
			{"ca.p7b sec1.key", "", "CN=Acme CA,O=Acme"},
			{"text.pem sec1.key", "", "CN=Acme CA,O=Acme"},
			{"crlf.pem sec1.key", "", "CN=Acme CA,O=Acme"},
			{"base64.pem sec1.key", "", "CN=Acme CA,O=Acme"},
			{"both.pem", "", "CN=Acme CA,O=Acme"},
			{"both.pem ca.pem sec1.key pub.pem", "", "CN=Acme CA,O=Acme"},
			{"ca.pem legacy-aes.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem legacy-3des.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes2.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes2.der", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes2-sha1.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes2-sha512.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes2-3des.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem scrypt.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.pem pbes1.key", "secret", "CN=Acme CA,O=Acme"},
			{"ca.p12", "secret", "CN=Acme CA,O=Acme"},
			{"ca-legacy.p12", "secret", "CN=Acme CA,O=Acme"},
			{"ca-empty.p12", "", "CN=Acme CA,O=Acme"},
			{"Cert.crt Cert.key", "", "CN=Cert"},
			{"Cert.crt pkcs1.der", "", "CN=Cert"},
			{"Cert.crt Cert.enc.key", "secret", "CN=Cert"},
			{"Cert.crt Cert.key ns.crt ns.key ns.csr", "", "CN=Cert"},
			{"tcld-ca.pem tcld-ca.key", "", "O=acme"},
			{"inter.pem inter.key ca.pem", "", "CN=Smallstep Intermediate CA"},

			{"ca.pem pbes1.key", "wrong", "! KP-11"},
			{"ca.pem pbes2.key", "", "! KP-11"},
			{"ca.pem pbes2.key", "wrong", "! KP-11"},
			{"ca.pem legacy-aes.key", "wrong", "! KP-12"},
			{"ca.pem scrypt.key", "wrong", "! KP-11"},
			{"ca.p12", "wrong", "! KP-15"},
			{"ca.p12", "", "! KP-15"},
			{"keytool.jks", "secret", "! KP-15"},
			{"ca.pem", "", "! "},
			{"ca.pem Cert.key", "", "! KP-06"},
			{"noca.pem sec1.key", "", "! CH-31"},
			{"sec1.key", "", "! CH-31"},
			{"v1.pem sec1.key", "", "! CH-04"},
			{"ed.pem ed.key", "", "! CH-25"},
			{"both.pem Cert.crt Cert.key", "", "! "},
			{"cut.pem sec1.key", "", "! KP-26"},
			{"p224.key", "", "! KP-33"},
			{"x25519.key", "", "! KP-33"},
		} {
			ca, _, err := ReadAuthority(read(tt.files), tt.passphrase)
			got := ""
			if err != nil {
				got = "! " + strings.Join(codesOf(err), " ")
				for _, f := range fault.All(err) {
					if f.Kind != fault.Invalid || f.Title == "" || f.Fix == "" || f.Field == "" {
						t.Errorf("%s: fault %+v lacks a part", tt.files, f)
					}
				}
			} else {
				got = SubjectOf(ca.Cert)
			}
			if got != tt.want {
				t.Errorf("%s with %q: got %q, want %q (%v)", tt.files, tt.passphrase, got, tt.want, err)
			}
			if err == nil {
				if _, err := testService().Leaf(ca, LeafSpec{CommonName: "w", Days: 10, KeyType: ECP256}); err != nil {
					t.Errorf("%s: the CA does not sign: %v", tt.files, err)
				}
			}
		}
	})

	t.Run("pair", func(t *testing.T) {
		for _, tt := range []struct {
			files, passphrase, want string
			chain                   int
		}{
			{"tcld-leaf.pem tcld-leaf.key tcld-ca.pem", "", "OU=workers,O=acme", 1},
			{"ns.crt ns.key", "", "CN=your-namespace", 1},
			{"ca.pem step-chain.pem step.key", "", "CN=svc", 2},
			{"inter.pem step.key step-leaf.pem", "", "CN=svc", 2},
			{"client.p12", "secret", "CN=svc", 2},
			{"keytool.p12", "secret", "CN=java client,O=Acme", 1},
			{"ns.crt step.key", "", "! KP-07", 0},
			{"ns.crt Cert.key Cert.crt", "", "! KP-10", 0},
			{"ns.crt", "", "! KP-36", 0},
			{"ca.pem", "", "! KP-01", 0},
			{"client.p12", "", "! KP-15", 0},
		} {
			p, err := Inspect(read(tt.files), tt.passphrase).ClientPair()
			got := ""
			if err != nil {
				got = "! " + strings.Join(codesOf(err), " ")
			} else {
				got = SubjectOf(p.Leaf())
			}
			if got != tt.want || len(p.Chain) != tt.chain {
				t.Errorf("%s: got %q and %d certificates, want %q and %d (%v)", tt.files, got, len(p.Chain), tt.want, tt.chain, err)
			}
		}
	})

	t.Run("roles", func(t *testing.T) {
		inv := Inspect(read("ca.pem inter.pem step-leaf.pem step.key sec1.key s.csr pub.pem pbes2.key ca.p12 withparams.key cut.pem"), "")
		var got []string
		for _, it := range inv.Items {
			s := it.File + " " + string(it.Kind) + " " + string(it.Role)
			if it.Trouble != nil {
				s += it.Trouble.Code
			}
			got = append(got, s)
		}
		want := []string{"ca.pem certificate root", "inter.pem certificate intermediate", "step-leaf.pem certificate client", "step.key private-key client", "sec1.key private-key root",
			"s.csr request ", "pub.pem public-key KP-05", "pbes2.key locked-key KP-11", "ca.p12 key-store KP-15", "withparams.key private-key root", "cut.pem certificate KP-26"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if inv.Items[2].SPKI != inv.Items[3].SPKI || inv.Items[2].SPKI != inv.Items[5].SPKI || inv.Items[2].SPKI == "" {
			t.Error("certificate, key and request of one pair have different SPKI")
		}
	})

	t.Run("lints of other tools", func(t *testing.T) {
		for _, tt := range []struct{ leaf, ca, want string }{
			{"tcld-leaf.pem", "tcld-ca.pem", "CH-17~"},
			{"ns.crt", "Cert.crt", "CH-33~"},
			{"step-leaf.pem", "ca.pem", "CH-06!"},
			{"step-chain.pem", "ca.pem", ""},
		} {
			chain := Inspect(read(tt.leaf), "").Certificates()
			cas, bad := LintBundle(read(tt.ca)[0].Content, testNow)
			if len(bad) > 0 {
				t.Errorf("%s: %+v", tt.ca, bad)
			}
			if got := brief(LintLeaf(chain, cas, testNow)); got != tt.want {
				t.Errorf("%s under %s: %q, want %q", tt.leaf, tt.ca, got, tt.want)
			}
		}
	})
}

// TestCostly: a key store cannot make us derive keys for hours, nor an encrypted key.
func TestCostly(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "c.pem", makeSet().leaf.CertPEM)
	write(t, dir, "c.key", makeSet().leaf.Key.Reveal())
	if out, err := openssl(t, dir, "pkcs12", "-export", "-in", "c.pem", "-inkey", "c.key", "-iter", "12345", "-passout", "pass:x", "-out", "c.p12"); err != nil {
		t.Fatal(out)
	}
	p12 := must(os.ReadFile(filepath.Join(dir, "c.p12")))(t)
	e := &effort{t.Context(), maxRounds}
	inside, err := openPKCS12(p12, "x", e)
	if err != nil || len(inside) != 2 {
		t.Fatal(err, inside)
	}
	if spent := maxRounds - e.left; spent != 3*12345 {
		t.Errorf("%d rounds were paid, want those of the key, the certificate and the check", spent)
	}
	if _, err := openPKCS12(p12, "x", &effort{t.Context(), 2*12345 + 100}); !errors.Is(err, errCostly) {
		t.Errorf("more was done than was there: %v", err)
	}

	type algorithm = pkix.AlgorithmIdentifier
	raw := func(v any) asn1.RawValue { return asn1.RawValue{FullBytes: must(asn1.Marshal(v))(t)} }
	type pbkdf2Params struct {
		Salt       []byte
		Iterations int
	}
	kdf := algorithm{Algorithm: oidPBKDF2, Parameters: raw(pbkdf2Params{[]byte("salt"), math.MaxInt32})}
	aes := algorithm{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, Parameters: raw(make([]byte, 16))}
	dearKey := must(asn1.Marshal(encryptedKeyInfo{algorithm{Algorithm: oidPBES2, Parameters: raw(struct{ KDF, Cipher algorithm }{kdf, aes})}, make([]byte, 64)}))(t)
	if _, err := openPKCS8(dearKey, "x", &effort{t.Context(), maxRounds}); !errors.Is(err, errCostly) {
		t.Errorf("a key of %d rounds: %v", math.MaxInt32, err)
	}
	type content struct {
		Type asn1.ObjectIdentifier
		Data []byte `asn1:"explicit,tag:0"`
	}
	dearStore := must(asn1.Marshal(struct {
		Version int
		Safe    content
		MAC     struct {
			Digest struct {
				Algorithm algorithm
				Sum       []byte
			}
			Salt       []byte
			Iterations int
		}
	}{Version: 3, Safe: content{oidPKCS7Data, []byte{0x30, 0x00}}, MAC: struct {
		Digest struct {
			Algorithm algorithm
			Sum       []byte
		}
		Salt       []byte
		Iterations int
	}{Digest: struct {
		Algorithm algorithm
		Sum       []byte
	}{algorithm{Algorithm: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}}, make([]byte, 20)}, Salt: []byte("salt"), Iterations: math.MaxInt32}}))(t)
	if _, err := openPKCS12(dearStore, "x", &effort{t.Context(), maxRounds}); !errors.Is(err, errCostly) {
		t.Errorf("a store of %d rounds: %v", math.MaxInt32, err)
	}
	if inv := Inspect([]File{{"a.p12", dearStore}, {"a.key", dearKey}}, "x"); len(inv.Items) != 2 || inv.Items[0].Trouble == nil || inv.Items[1].Trouble == nil {
		t.Errorf("%v", inv.Items)
	}
}
