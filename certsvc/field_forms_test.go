package certsvc

import (
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"onramp/fault"
)

// signedAs makes a CA and a client certificate with openssl: how the CA signs itself and the client's certificate, and
// what the files hold.
func (w *fieldWorld) signedAs(key, ca, leaf string) (root, client *x509.Certificate) {
	w.Helper()
	w.made("client.pem", `openssl genpkey `+key+` -out ca.key 2>/dev/null
openssl req -x509 -new -key ca.key -subj "/O=Acme/CN=Acme Root" -days 1000 `+ca+` -out ca.pem -addext keyUsage=critical,keyCertSign
openssl ecparam -name prime256v1 -genkey -noout -out c.key
openssl req -new -key c.key -subj "/O=Acme/CN=worker" -out c.csr
printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\nauthorityKeyIdentifier=keyid\n' > ext
openssl x509 -req -in c.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 300 `+leaf+` -out client.pem 2>/dev/null`)
	return w.cert(w.made("ca.pem", ":")), w.cert(w.made("client.pem", ":"))
}

const (
	rsa2048 = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
	pssSalt = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:"
)

var fieldSignatures = []fieldCert{
	{unverified, "", "a root that signed itself with SHA-224", "CH-13 alone, and not another key", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha224", "-sha256")
		w.judgedAs(certs(leaf), certs(root), "CH-13!", "SHA224")
	}},
	{unverified, "", "a client certificate signed with SHA-224", "CH-13 alone", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256", "-sha224")
		w.judgedAs(certs(leaf), certs(root), "CH-13!", "SHA224")
		w.bundledAs(encodeCerts(root), "", "")
	}},
	{unverified, "", "a root that signed itself with PSS, SHA-256 and 20 bytes of salt", "nothing: a root's own signature is not looked at", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256 "+pssSalt+"20", "-sha256")
		w.agrees(certs(leaf), certs(root), true)
		w.judgedAs(certs(leaf), certs(root), "", "")
		w.bundledAs(encodeCerts(root), "", "")
	}},
	{unverified, "", "a client certificate whose signature was changed", "CH-37, and not another key", func(w *fieldWorld) {
		w.refusedBy(w.root, flipped(w.T, w.leaf(w.T, nil)), "CH-37!", "!another key")
	}},
	{unverified, "", "a root whose signature on itself was changed", "CH-37 as a warning: TLS libraries do not look at it", func(w *fieldWorld) {
		bad := flipped(w.T, w.root)
		w.agrees(certs(w.leaf(w.T, nil)), certs(bad), true)
		w.bundledAs(encodeCerts(bad), "CH-37?", "")
		w.judgedAs(certs(w.leaf(w.T, nil)), certs(bad), "", "")
	}},
	{unverified, "", "a self-signed certificate with SHA-224, inspected", "CH-13", func(w *fieldWorld) {
		root, _ := w.signedAs(rsa2048, "-sha224", "-sha256")
		w.found("inspect", Inspect([]File{{"a.pem", encodeCerts(root)}}, "").Judge(testNow), "CH-13!", "SHA224")
	}},
	{unverified, github("golang/go#15958"), "a chain signed with RSASSA-PSS and SHA-256", "nothing is wrong", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256 "+pssSalt+"32", "-sha256 "+pssSalt+"32")
		w.agrees(certs(leaf), certs(root), true)
		w.judgedAs(certs(leaf), certs(root), "", "")
	}},
	{unverified, github("golang/go#10431"), "a client certificate signed with MD5, which Go calls an unknown authority", "CH-13 alone", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256", "-md5")
		w.judgedAs(certs(leaf), certs(root), "CH-13!", "MD5|!CH-01")
	}},
	{unverified, github("golang/go!77943"), "an intermediate signed with SHA-1 between good ones", "CH-13 names the intermediate", func(w *fieldWorld) {
		w.putCA()
		w.made("inter.pem", `openssl ecparam -name prime256v1 -genkey -noout -out i.key
openssl req -new -key i.key -subj "/O=Acme/CN=Old Issuing CA" -out i.csr
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > ext
openssl x509 -req -sha1 -in i.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days 900 -out inter.pem 2>/dev/null`)
		inter := w.cert(w.made("inter.pem", ":"))
		key, _, err := readKey(w.made("i.key", ":"))
		if err != nil {
			w.Fatal(err)
		}
		leaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(w.T, inter, key)
		w.judgedAs(certs(leaf, inter), certs(w.root), "CH-13!", "Old Issuing CA")
	}},
	{unverified, github("Mbed-TLS/mbedtls#5277"), "PSS with as much salt as fits, OpenSSL's own default", "CH-25: programs in Go cannot verify it; not another key", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256", "-sha256 "+pssSalt+"max")
		w.judgedAs(certs(leaf), certs(root), "CH-25!", "Go programs, including Temporal's server, cannot verify|bytes of salt")
	}},
	{unverified, github("randombit/botan!1270"), "PSS with the defaults of its parameters: SHA-1 and 20 bytes of salt", "CH-13 alone", func(w *fieldWorld) {
		root, leaf := w.signedAs(rsa2048, "-sha256", "-sha1 "+pssSalt+"20")
		w.judgedAs(certs(leaf), certs(root), "CH-13!", "SHA-1-RSAPSS")
	}},
}

// loud sees that a file gives lint and inspect something to say, which is what makes the commands end with 10.
func (w *fieldWorld) loud(content []byte, want, says string) {
	w.Helper()
	w.shows(content, "", want, says)
	_, found := LintBundle(content, testNow)
	if !slices.ContainsFunc(found, func(l Lint) bool { return l.Severity == SevError }) {
		w.Errorf("lint ends with 0: %v", found)
	}
}

var fieldSilence = []fieldCert{
	{silent, "", "PKCS#7 with a good certificate and one on secp256k1", "KP-33 for that one; the good one is shown beside it", func(w *fieldWorld) {
		w.loud(w.file("mixed.p7b"), "certificate CN=good,O=Acme; certificate KP-33 CN=ca secp256k1,O=Acme", "secp256k1")
	}},
	{silent, "", "a CRL in PEM", "KP-42: a list of revoked certificates", func(w *fieldWorld) {
		w.loud(w.file("crl.pem"), "unknown KP-42", "CRL")
	}},
	{silent, "", "an Ed448 key in DER", "CH-25", func(w *fieldWorld) {
		w.loud(w.file("ed448.der"), "private-key CH-25", "Ed448")
	}},
	{silent, "", "a request whose body is three bytes", "KP-27: not a whole request", func(w *fieldWorld) {
		w.loud(w.file("badreq.pem"), "request KP-27", "not a complete request")
	}},
	{silent, "", "an archive without a certificate or key in it", "KP-39 names the archive", func(w *fieldWorld) {
		w.loud(zipped(w.T, "readme.txt", "hello"), "unknown KP-39", "no certificate or key")
	}},
	{silent, github("golang/go#23711"), "one CA of two whose name Go declines; AppendCertsFromPEM drops it without a word", "KP-41 for that one", func(w *fieldWorld) {
		w.loud(cat(w.file("good.crt"), w.file("printable.pem")), "certificate CN=good,O=Acme; certificate KP-41 CN=w@acme", "PrintableString")
	}},
	{silent, github("aws/s2n-tls!4908"), "a chain whose last certificate lost its END line", "KP-26, and the first is shown", func(w *fieldWorld) {
		cut := strings.Split(strings.TrimSpace(string(w.file("good.crt"))), "-----END")[0]
		w.loud(cat(w.file("good.crt"), []byte(cut)), "certificate CN=good,O=Acme; certificate KP-26", "END")
	}},
	{silent, github("openssl/openssl#14675"), "a second, expired CA in the file, which openssl verify does not look at", "CH-11 names it", func(w *fieldWorld) {
		old := odd{cn: "Old Root", org: "Acme", isCA: true, usage: caUsage, key: w.interKey, from: testNow.AddDate(-3, 0, 0), to: testNow.AddDate(0, 0, -1)}.sign(w.T, nil, nil)
		w.bundledAs(encodeCerts(w.root, old), "CH-11!", "Old Root")
		w.found("inspect", Inspect([]File{{"ca.pem", encodeCerts(w.root, old)}}, "").Judge(testNow), "CH-11!", "Old Root")
	}},
	{silent, github("OffchainLabs/nitro!4207"), "an empty file as the CA's", "KP-01", func(w *fieldWorld) {
		w.loud([]byte("\n"), "unknown KP-01", "")
	}},
	{silent, github("cert-manager/trust-manager!515"), "a bundle with one negative serial number among good ones", "KP-41 for that one; the good one is shown", func(w *fieldWorld) {
		w.loud(cat(w.file("negative.crt"), w.file("good.crt")), "certificate KP-41 CN=negative; certificate CN=good,O=Acme", "negative")
	}},
}

// entries are the certificate and the key of TestDeclined's stores.
const entries = "certificate CN=good,O=Acme; private-key ec-p256"

var fieldReasons = slices.Concat([]fieldCert{
	{wrongReason, "", "a CRL in DER", "KP-42, not damaged", shown("crl.der", "", "unknown KP-42", "CRL|!damaged")},
	{wrongReason, "", "a negative serial number", "KP-41", shown("negative.crt", "", "certificate KP-41 CN=negative", "negative|!damaged")},
	{wrongReason, "", "an extension that stands in it twice", "KP-41", shown("twice.pem", "", "certificate KP-41 CN=twice.pem", "twice|!damaged")},
	{wrongReason, "", "a name in UniversalString", "KP-41, and the name is read", shown("universal.pem", "", "certificate KP-41 CN=wü", "UniversalString")},
	{wrongReason, "", "an RSASSA-PSS key", "CH-25", shown("pss.pem", "", "private-key CH-25", "RSASSA-PSS|Nothing is damaged")},
	{wrongReason, "", "a request with an RSASSA-PSS key", "CH-25", shown("pss.csr", "", "request CH-25 CN=req pss,O=Acme", "RSASSA-PSS")},
	{wrongReason, "", "a request on secp256k1, PEM and DER", "KP-33", func(w *fieldWorld) {
		for _, name := range []string{"secp256k1.csr", "secp256k1.csr.der"} {
			w.shows(w.file(name), "", "request KP-33 CN=req secp256k1,O=Acme", "secp256k1|!damaged")
		}
	}},
	{wrongReason, "", "a locked RSASSA-PSS key", "CH-25 once it is opened", shown("pss.enc", "secret", "private-key CH-25", "RSASSA-PSS")},
	{wrongReason, "", "PKCS#12 without a key", "read", shown("nokeys.p12", "secret", "certificate CN=good,O=Acme", "")},
	{wrongReason, "", "PKCS#7 in BER", "read", shown("ber.p7b", "", "certificate CN=good,O=Acme", "")},
	{wrongReason, "", "a JCEKS store", "KP-15 names it and the command that converts it", shown("store.jceks", "secret", "key-store KP-15", "JCEKS|keytool")},
	{wrongReason, "", "an EC key with its curve written out", "KP-33: name the curve", shown("explicit.pem", "", "private-key KP-33", "named_curve")},
	{wrongReason, "", "a locked key on P-224", "KP-33, as an open one", shown("secp224r1.enc", "secret", "private-key KP-33", "P-224")},
	{wrongReason, github("istio/istio#56815"), "a negative serial number", "KP-41: have it issued again", shown("negative.crt", "", "certificate KP-41 CN=negative", "serial number is negative")},
	{wrongReason, github("golang/go#62607"), "@ in a PrintableString", "KP-41", shown("printable.pem", "", "certificate KP-41 CN=w@acme", "PrintableString")},
	{wrongReason, github("apple/swift-certificates!214"), "a name that is not valid UTF-8", "KP-41, the value in hex", shown("utf8.pem", "", "certificate KP-41 CN=#0c0277ff", "not valid UTF-8")},
	{wrongReason, github("openssl/openssl#20119"), "explicit EC parameters", "KP-33", shown("explicit1.pem", "", "private-key KP-33", "named_curve")},
	{wrongReason, github("openssl/openssl#7045"), "a client certificate with explicit parameters", "KP-33, with its names", shown("explicit.crt", "", "certificate KP-33 CN=ca explicit,O=Acme", "spells out its curve")},
	{wrongReason, github("golang/go#23591"), "a locked key with explicit parameters", "KP-33 once it is opened", shown("explicit.enc", "secret", "private-key KP-33", "named_curve")},
	{wrongReason, github("pyca/cryptography!14905"), "a brainpool key", "KP-33", shown("brainpoolP256r1.pem", "", "private-key KP-33", "brainpoolP256r1")},
	{wrongReason, github("openssl/openssl#13582"), "a binary curve of ecparam -list_curves", "KP-33", shown("sect233k1.pem", "", "private-key KP-33", "sect233k1")},
	{wrongReason, github("golang/go#50532"), "an RSASSA-PSS private key", "CH-25", shown("pss.pem", "", "private-key CH-25", "RSASSA-PSS|Nothing is damaged")},
	{wrongReason, github("openssl/openssl#9829"), "a request with a PSS key", "CH-25", shown("pss.csr", "", "request CH-25 CN=req pss,O=Acme", "RSASSA-PSS")},
	{wrongReason, github("SSLMate/go-pkcs12#13"), "PKCS#12 in BER", "read", shown("ber.p12", "secret", entries, "")},
	{wrongReason, github("RobotsAndPencils/buford#8"), "PKCS#12 with a key alone", "read", shown("nocerts.p12", "secret", "private-key ec-p256", "")},
	{wrongReason, github("PeculiarVentures/PKI.js#87"), "PKCS#12 of an older OpenSSL, with RC2-40", "read, with the entry's name", shown("old.p12", "secret", "certificate CN=good,O=Acme (my client); private-key ec-p256 (my client)", "")},
	{wrongReason, github("smallstep/certinfo/blob/HEAD/test_certs/digicert_mldsa-44.key"), "a private key of an algorithm that has no name yet", "CH-25 with its object identifier", func(w *fieldWorld) {
		w.loud(unnamedKey(w.T), "private-key CH-25", "object identifier 1.3.6.1.4.1.2.267.12.4.4")
	}},

	{lostNames, "", "domain components", "DC=acme,DC=com, no hex", named("-subj", "/DC=com/DC=acme/CN=w", "CN=w,DC=acme,DC=com")},
	{lostNames, "", "two organizational units", "both, in order", named("-subj", "/O=Acme/OU=Payments/OU=Prod/CN=w", "CN=w,OU=Prod,OU=Payments,O=Acme")},
	{lostNames, "", "two common names", "both", named("-subj", "/CN=a/CN=b", "CN=b,CN=a")},
	{lostNames, github("golang/go#52462"), "an organizational unit before and after the organization", "in their order", named("-subj", "/OU=First/O=Acme/OU=Second/CN=w", "CN=w,OU=Second,O=Acme,OU=First")},
	{lostNames, github("golang/go#41750"), "e-mail and UID", "by name, no number and no hex", named("-subj", "/UID=w1/CN=w/emailAddress=pki@acme.com", "emailAddress=pki@acme.com,CN=w,UID=w1")},
	{lostNames, github("pyca/cryptography#8930"), "two values in one part", "OU=a+OU=b, one part", named("-multivalue-rdn", "-subj", "/OU=a+OU=b/CN=w", "CN=w,OU=a+OU=b")},
	{lostNames, github("openssl/openssl#27576"), "a comma, a plus sign and a leading # in a value", "escaped, as RFC 4514 has it", named("-subj", `/O=Acme, Inc./CN=#a\+b`, `CN=\#a\+b,O=Acme\, Inc.`)},
}, fieldPasswords)

// shown is the check of a file of TestDeclined's.
func shown(name, passphrase, want, says string) func(*fieldWorld) {
	return func(w *fieldWorld) { w.shows(w.file(name), passphrase, want, says) }
}

// named is the check that a certificate's name is written so, by us and by openssl.
func named(args ...string) func(*fieldWorld) {
	args, want := args[:len(args)-1], args[len(args)-1]
	return func(w *fieldWorld) {
		w.put("k", must(encodeKey(w.leafKey))(w.T).Reveal())
		out, err := openssl(w.T, w.own, append([]string{"req", "-x509", "-new", "-key", "k", "-days", "9", "-out", "c.pem"}, args...)...)
		if err != nil {
			w.Fatal(out)
		}
		if got := NameText(w.cert(w.made("c.pem", ":")).RawSubject); got != want {
			w.Errorf("it is called %q, want %q", got, want)
		}
		out, err = openssl(w.T, w.own, "x509", "-in", "c.pem", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
		if theirs := strings.TrimSpace(strings.TrimPrefix(out, "subject=")); err != nil || !sameText(theirs, want) {
			w.Errorf("openssl calls it %q", theirs)
		}
	}
}

// javaDigest is the end of a JKS store by Sun's rule: SHA-1 of the password's UTF-16 units, two words and the store.
func javaDigest(password string, body []byte) []byte {
	h := sha1.New()
	for _, u := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(body)
	return h.Sum(nil)
}

// jks sees that a store under a password ends with the digest that Java looks for, or that the password is refused.
func jks(password string, refused bool) func(*fieldWorld) {
	return func(w *fieldWorld) {
		leaf := w.leaf(w.T, nil)
		store, err := JKS(Pair{Chain: certs(leaf), Key: w.leafKey}, certs(w.root), "client", password)
		if refused {
			if f := fault.From(err); f == nil || f.Field != "password" || !strings.Contains(f.Fix, "pkcs12") {
				w.Errorf("%v", err)
			}
			return
		}
		if err != nil {
			w.Fatal(err)
		}
		body, end := store[:len(store)-20], store[len(store)-20:]
		if got := javaDigest(password, body); string(got) != string(end) {
			w.Errorf("the store ends with %x, Java wants %x", end, got)
		}
	}
}

var fieldPasswords = []fieldCert{
	{jksPassword, "", "a JKS store under a password with an umlaut", "hashed as UTF-16 units", jks("Pässwörter 1", false)},
	{jksPassword, github("kurtbrose/pyjks!16"), "one with ñ and ¿", "hashed as UTF-16 units", jks("contraseña¿1", false)},
	{jksPassword, github("AtomGraph/LinkedDataHub#29"), "one beyond Latin-1, which keytool does not take alike everywhere", "refused, with pkcs12 as the way out", jks("пароль-1", true)},
	{jksPassword, github("ctt-gob-es/clienteafirma#183"), "a PKCS#12 store under a password with ñ", "opened", func(w *fieldWorld) {
		w.put("pass", []byte("contraseña"))
		w.put("k", must(encodeKey(w.leafKey))(w.T).Reveal())
		w.put("c.pem", encodeCerts(w.leaf(w.T, nil)))
		store := w.made("c.p12", "LC_ALL=C.UTF-8 openssl pkcs12 -export -in c.pem -inkey k -passout file:pass -out c.p12")
		w.shows(store, "contraseña", "certificate CN=worker,O=Acme; private-key ec-p256", "")
		w.shows(store, "contrasena", "key-store KP-15", "does not open")
	}},
}

// unnamedKey is a private key in PKCS#8 of a draft of ML-DSA, as OpenQuantumSafe's OpenSSL made them.
func unnamedKey(t *testing.T) []byte {
	t.Helper()
	der, err := asn1.Marshal(struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}{0, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 2, 267, 12, 4, 4}}, make([]byte, 64)})
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
