package certsvc

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math"
	"slices"
	"strings"
	"time"
)

// nameless is a CA without a name, and a client certificate under it.
func (w *fieldWorld) nameless(change func(*odd)) (ca, leaf *x509.Certificate) {
	ca = odd{key: w.rootKey, isCA: true, usage: caUsage, subject: &emptyName, to: testNow.AddDate(5, 0, 0)}.sign(w.T, nil, nil)
	o := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}
	if change != nil {
		change(&o)
	}
	return ca, o.sign(w.T, ca, w.rootKey)
}

var fieldNames = []fieldCert{
	{noName, "", "a CA whose subject is empty, and a named client certificate under it", "CH-38; it signs nothing; its serial number is called no name", func(w *fieldWorld) {
		ca, leaf := w.nameless(nil)
		w.bundledAs(encodeCerts(ca), "CH-38!", "(no name)")
		w.judgedAs(certs(leaf), certs(ca), "CH-38!", "(no name)|!"+ca.SerialNumber.Text(16)+":")
		_, err := testService().Leaf(Issued{Cert: ca, CertPEM: encodeCerts(ca), Key: must(encodeKey(w.rootKey))(w.T)}, LeafSpec{CommonName: "w", Days: 9})
		if got := codesOf(err); !slices.Contains(got, "CH-38") {
			w.Errorf("it signs: %v", err)
		}
	}},
	{noName, "", "a named CA, and a client certificate with an alternative name alone", "nothing is wrong; it is called by that name", func(w *fieldWorld) {
		leaf := w.leaf(w.T, func(o *odd) { o.subject, o.dns = &emptyName, []string{"w.acme"} })
		w.judgedAs(certs(leaf), certs(w.root), "", "")
		w.agrees(certs(leaf), certs(w.root), true)
		w.shows(encodeCerts(leaf), "", "certificate (no name; DNS:w.acme)", "")
	}},
	{noName, github("cert-manager/cert-manager#3634"), "cert-manager's selfSigned issuer without a common name: a CA with alternative names alone", "CH-38", func(w *fieldWorld) {
		ca := odd{key: w.rootKey, isCA: true, usage: caUsage, subject: &emptyName, dns: []string{"ca.acme"}, extra: nil}.sign(w.T, nil, nil)
		w.bundledAs(encodeCerts(ca), "CH-38!", "no name")
	}},
	{noName, github("jet/kube-webhook-certgen#18"), "a certificate whose issuer has no name, without that issuer", "CH-38: the CA that signed it has no name", func(w *fieldWorld) {
		_, leaf := w.nameless(nil)
		w.judgedAs(certs(leaf), nil, "CH-38!", "The CA that signed the certificate has no name")
	}},
	{noName, github("openssl/openssl#10597"), "such a chain, which Go and OpenSSL accept", "CH-38 all the same (RFC 5280 §4.1.2.6)", func(w *fieldWorld) {
		ca, leaf := w.nameless(nil)
		w.agrees(certs(leaf), certs(ca), true)
		w.judgedAs(certs(leaf), certs(ca), "CH-38!", "")
	}},
	{noName, github("bcgit/bc-java#2387"), "a chain file, client certificate first, whose CA is nameless", "CH-38, and the issuer is shown as having no name", func(w *fieldWorld) {
		ca, leaf := w.nameless(nil)
		inv := Inspect([]File{{"chain.pem", encodeCerts(leaf, ca)}}, "")
		if got := inv.Items[0].Issuer; got != "(no name)" {
			w.Errorf("the issuer is called %q", got)
		}
		if got := brief(inv.Judge(testNow)); !strings.Contains(got, "CH-38!") {
			w.Errorf("inspect finds %s", got)
		}
	}},
}

var fieldRepairs = []fieldCert{
	{caRepairs, "", "the CA's file in UTF-16", "KP-17 as a warning: that file is uploaded as it is", func(w *fieldWorld) {
		w.bundledAs(utf16le(encodeCerts(w.root)), "KP-17?", "")
	}},
	{caRepairs, "", "the CA's file with a byte order mark", "KP-16 as a warning", func(w *fieldWorld) {
		w.bundledAs(cat([]byte("\xEF\xBB\xBF"), encodeCerts(w.root)), "KP-16?", "")
	}},
	{caRepairs, "", "two certificates without a line break between them", "KP-20: nobody else reads that", func(w *fieldWorld) {
		w.bundledAs(cat([]byte(strings.TrimSpace(string(encodeCerts(w.root)))), encodeCerts(w.inter)), "KP-20?", "other programs do not read")
	}},
	{caRepairs, github("openssl/openssl#6281"), "a byte order mark before each of two CAs that were put together", "KP-16, once", func(w *fieldWorld) {
		bom := []byte("\xEF\xBB\xBF")
		w.bundledAs(cat(bom, encodeCerts(w.root), bom, encodeCerts(w.inter)), "KP-16?", "")
	}},
	{caRepairs, github("awslabs/aws-c-io#280"), "UTF-16 with CRLF, as PowerShell writes with >", "KP-17, for the CA's file and for the client's", func(w *fieldWorld) {
		wide := utf16le(replace(encodeCerts(w.root), "\n", "\r\n"))
		_, found := LintBundle(wide, testNow)
		if got := brief(found); !strings.Contains(got, "KP-17?") || strings.Contains(got, "!") {
			w.Errorf("the CA's file: %s", got)
		}
		_, done, err := ReadCertificates(wide)
		if err != nil || !slices.ContainsFunc(done, func(r Repair) bool { return r.Code == "KP-17" }) {
			w.Errorf("the client's file: %v %v", done, err)
		}
	}},
	{caRepairs, github("openssl/openssl#19494"), "a signing request in UTF-16", "read", func(w *fieldWorld) {
		w.put("k", must(encodeKey(w.leafKey))(w.T).Reveal())
		if _, err := readRequest(utf16le(w.made("r", "openssl req -new -key k -subj /CN=asks -out r"))); err != nil {
			w.Error(err)
		}
	}},
	{caRepairs, github("zenhack/simp_le#149"), "three CAs glued together, each without its last line break", "KP-20, and all three are read", func(w *fieldWorld) {
		third := odd{cn: "Third CA", org: "Acme", isCA: true, usage: caUsage, key: ecKey(w.T, elliptic.P256())}.sign(w.T, nil, nil)
		var raw []byte
		for _, c := range certs(w.root, w.inter, third) {
			raw = append(raw, strings.TrimSpace(string(encodeCerts(c)))...)
		}
		w.bundledAs(raw, "KP-20?", "")
		if c, _ := LintBundle(raw, testNow); len(c) != 3 {
			w.Errorf("%d are read", len(c))
		}
	}},
}

var fieldWork = []fieldCert{
	{hiddenWork, "", "217 bytes of PKCS#12: a count of 2³¹ rounds inside an encrypted part", "refused when the part is opened", func(w *fieldWorld) {
		w.bounded(nestedStore(w.T, 1, math.MaxInt32, 1), "too much work")
	}},
	{hiddenWork, "", "the same with any count", "refused or done within its share", func(w *fieldWorld) {
		for _, rounds := range []int64{1 << 24, maxRounds, maxRounds / 3, -1, 0} {
			w.bounded(nestedStore(w.T, 1, rounds, 1), "")
		}
	}},
	{hiddenWork, "", "a megabyte of text with END lines and no BEGIN", "not a certificate, after one pass", func(w *fieldWorld) {
		w.bounded([]byte(strings.Repeat("END CMS-", (MaxPaste-200)/8)), "")
	}},
	{hiddenWork, "", "160 CAs of one name with keys of RSA-16384", "as many signatures are verified as are paid for", func(w *fieldWorld) {
		w.bounded(namesakes(w.T, 160, 16384, 0x7fffffff), "")
	}},
	{hiddenWork, github("golang/go#79798"), "PKCS#12 whose own count has no bound", "refused before a round is done", func(w *fieldWorld) {
		w.bounded(nestedStore(w.T, 1000, math.MaxInt32, 1), "too much work")
	}},
	{hiddenWork, github("SSLMate/go-pkcs12!81"), "a count inside, just under what one part may ask for", "done, within its share", func(w *fieldWorld) {
		w.bounded(nestedStore(w.T, 1, maxRounds/3-10, 1), "")
	}},
	{hiddenWork, github("openssl/openssl#32372"), "a hundred keys, each costly", "no more work than one file may ask for", func(w *fieldWorld) {
		w.bounded(nestedStore(w.T, 1, maxRounds/3-10, 100), "passphrase")
	}},
	{hiddenWork, github("randombit/botan!5625"), "elements within elements, 60 kB deep", "not followed", func(w *fieldWorld) {
		deep := []byte{5, 0}
		for len(deep) < 60_000 {
			deep = tlv(0x30, deep)
		}
		w.bounded(deep, "")
	}},
	{hiddenWork, github("golang/vulndb#3282"), "PEM that pem.Decode takes quadratic time for: BEGIN lines without an end", "read in one pass", func(w *fieldWorld) {
		w.bounded([]byte(strings.Repeat("-----BEGIN CERTIFICATE-----\n", (MaxPaste-200)/28)), "")
	}},
	{hiddenWork, github("citrineos/citrineos#127"), "BEGIN lines of a megabyte in one line", "read in one pass", func(w *fieldWorld) {
		w.bounded([]byte(strings.Repeat("-----BEGIN CERTIFICATE-----", (MaxPaste-200)/27)), "")
	}},
}

// extended makes a root of the world's name and key that another trait bounds, and a client certificate under it.
func (w *fieldWorld) extended(ca, leaf func(*odd)) (root, client *x509.Certificate) {
	o := odd{cn: "Bound Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, to: testNow.AddDate(5, 0, 0)}
	if ca != nil {
		ca(&o)
	}
	root = o.sign(w.T, nil, nil)
	l := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth, dns: []string{"w.evil.example"}}
	if leaf != nil {
		leaf(&l)
	}
	return root, l.sign(w.T, root, w.rootKey)
}

// permits is a critical name constraint on one DNS domain.
func permits(domain string) pkix.Extension {
	name := tlv(0x30, tlv(0x82, []byte(domain)))
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true, Value: tlv(0x30, tlv(0xa0, name))}
}

// refusedBy sees that Go and openssl refuse a pair, and that lint says why.
func (w *fieldWorld) refusedBy(ca, leaf *x509.Certificate, want, says string) {
	w.Helper()
	w.agrees(certs(leaf), certs(ca), false)
	w.judgedAs(certs(leaf), certs(ca), want, says)
}

var serverAuth = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}

var fieldPaths = []fieldCert{
	{pathRules, "", "a CA whose extended key usage is for servers only", "CH-35: Go and OpenSSL refuse", func(w *fieldWorld) {
		ca, leaf := w.extended(func(o *odd) { o.eku = serverAuth }, nil)
		w.refusedBy(ca, leaf, "CH-35!", "clientAuth")
	}},
	{pathRules, "", "a CA bound to another domain than the client's", "CH-36 with the name", func(w *fieldWorld) {
		ca, leaf := w.extended(func(o *odd) { o.extra = []pkix.Extension{permits("good.example")} }, nil)
		w.refusedBy(ca, leaf, "CH-36!", "w.evil.example")
	}},
	{pathRules, "", "a CA with a critical extension that nobody knows", "CH-34 with its number", func(w *fieldWorld) {
		ca, leaf := w.extended(func(o *odd) { o.extra = []pkix.Extension{unknownCritical} }, nil)
		w.refusedBy(ca, leaf, "CH-34!", "1.2.3.4.5")
	}},
	{pathRules, "", "a client certificate with such an extension", "CH-34", func(w *fieldWorld) {
		ca, leaf := w.extended(nil, func(o *odd) { o.extra = []pkix.Extension{unknownCritical} })
		w.refusedBy(ca, leaf, "CH-34!", "client certificate")
	}},
	{pathRules, github("openssl/openssl#20090"), "a root for servers above an intermediate without that bound", "CH-35 names the root", func(w *fieldWorld) {
		root, _ := w.extended(func(o *odd) { o.eku = serverAuth }, nil)
		inter := odd{cn: "Acme Issuing CA", org: "Acme", isCA: true, usage: caUsage, key: w.interKey, to: testNow.AddDate(4, 0, 0)}.sign(w.T, root, w.rootKey)
		leaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(w.T, inter, w.interKey)
		w.judgedAs(certs(leaf, inter), certs(root), "CH-35!", "Bound Root")
	}},
	{pathRules, github("NeySlim/ultimate-ca-manager#264"), "an intermediate for servers only, sent along", "CH-35 names the intermediate", func(w *fieldWorld) {
		inter := odd{cn: "Web Issuing CA", org: "Acme", isCA: true, usage: caUsage, eku: serverAuth, key: w.interKey, to: testNow.AddDate(4, 0, 0)}.sign(w.T, w.root, w.rootKey)
		leaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(w.T, inter, w.interKey)
		w.agrees(certs(leaf, inter), certs(w.root), false)
		w.judgedAs(certs(leaf, inter), certs(w.root), "CH-35!", "Web Issuing CA")
	}},
	{pathRules, github("chris2511/xca#239"), "an alternative name outside of what the CA permits, beside one inside", "CH-36 with the one outside", func(w *fieldWorld) {
		ca, leaf := w.extended(func(o *odd) { o.extra = []pkix.Extension{permits("good.example")} }, func(o *odd) { o.dns = []string{"w.good.example", "w.other.example"} })
		w.refusedBy(ca, leaf, "CH-36!", "w.other.example")
	}},
	{pathRules, github("quarkusio/quarkus#21962"), "a client certificate of a company's CA with an extension of its own, marked critical", "CH-34", func(w *fieldWorld) {
		own := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 7}, Critical: true, Value: []byte{0x0c, 2, 'o', 'k'}}
		ca, leaf := w.extended(nil, func(o *odd) { o.extra = []pkix.Extension{own} })
		w.refusedBy(ca, leaf, "CH-34!", "1.3.6.1.4.1.99999.7")
	}},
	{pathRules, github("FreeRADIUS/freeradius-server#3521"), "a CA with an extension of its own, marked critical, in the file to upload", "CH-34 before it is uploaded", func(w *fieldWorld) {
		ca, _ := w.extended(func(o *odd) { o.extra = []pkix.Extension{unknownCritical} }, nil)
		w.bundledAs(encodeCerts(ca), "CH-34!", "refuse the certificate")
	}},

	{caAsClient, "", "the uploaded CA itself as client certificate", "CH-22 and CH-18", func(w *fieldWorld) {
		w.judgedAs(certs(w.root), certs(w.root), "CH-16! CH-22? CH-18?", "")
	}},
	{caAsClient, "", "a client certificate under the CA that says CA:TRUE", "CH-18", func(w *fieldWorld) {
		leaf := w.leaf(w.T, func(o *odd) { o.isCA = true })
		w.judgedAs(certs(leaf), certs(w.root), "CH-18?", "CA:TRUE")
	}},
	{caAsClient, github("coinbase/temporal-ruby#260"), "ca.pem and ca.key as the worker's pair, and the CA is not known", "CH-18", func(w *fieldWorld) {
		w.judgedAs(certs(w.root), nil, "CH-16! CH-18?", "is a CA")
	}},
	{caAsClient, github("temporalio/documentation!1344"), "the documentation's /tls/ca.pem beside the client's own key", "KP-08: this is the CA's certificate", func(w *fieldWorld) {
		_, _, err := ReadPair(encodeCerts(w.root), must(encodeKey(w.leafKey))(w.T).Reveal())
		if got := codesOf(err); !slices.Contains(got, "KP-08") {
			w.Errorf("%v", err)
		}
	}},
	{caAsClient, github("lightningnetwork/lnd#5450"), "one self-signed certificate with CA:TRUE on both ends", "CH-18 and CH-22", func(w *fieldWorld) {
		self := odd{cn: "worker", isCA: true, usage: leafUsage | caUsage, eku: clientAuth, key: w.leafKey}.sign(w.T, nil, nil)
		w.judgedAs(certs(self), certs(self), "CH-22? CH-18?", "")
	}},
	{caAsClient, github("confidential-containers/guest-components!1569"), "one self-signed certificate with CA:FALSE on both ends", "CH-22 as an error: Temporal Cloud does not save it as a CA", func(w *fieldWorld) {
		self := odd{cn: "worker", usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(w.T, nil, nil)
		w.judgedAs(certs(self), certs(self), "CH-22!", "")
	}},

	{falseErrors, "", "a cross certificate sent after the client's, its own root uploaded", "nothing is wrong: one good chain is enough", func(w *fieldWorld) {
		leaf := w.leaf(w.T, nil)
		old, cross := w.crossed(nil)
		w.agrees(certs(leaf, cross), certs(w.root), true)
		w.judgedAs(certs(leaf, cross), certs(w.root), "", "")
		w.judgedAs(certs(leaf, cross), certs(old), "", "")
	}},
	{falseErrors, "", "a CA renewed with the same key, valid from tomorrow, beside the present one", "no error", func(w *fieldWorld) {
		renewed := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, from: testNow.AddDate(0, 0, 1), to: testNow.AddDate(6, 0, 0)}.sign(w.T, nil, nil)
		w.agrees(certs(w.leaf(w.T, nil)), certs(renewed, w.root), true)
		w.judgedAs(certs(w.leaf(w.T, nil)), certs(renewed, w.root), "", "")
		w.bundledAs(encodeCerts(renewed, w.root), "", "")
	}},
	{falseErrors, github("cert-manager/cert-manager!9150"), "both halves of a cross-signed CA in one bundle, in any order", "no error", func(w *fieldWorld) {
		old, cross := w.crossed(nil)
		leaf := w.leaf(w.T, nil)
		for _, all := range [][]*x509.Certificate{certs(w.root, cross, old), certs(cross, old, w.root), certs(old, w.root, cross)} {
			w.agrees(certs(leaf), all, true)
			w.judgedAs(certs(leaf), all, "", "")
			w.bundledAs(encodeCerts(all...), "", "")
		}
	}},
	{falseErrors, github("dotnet/runtime#43884"), "an expired certificate of the CA first, its valid one of the same key second", "no error for the client's", func(w *fieldWorld) {
		expired := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, from: testNow.AddDate(-3, 0, 0), to: testNow.AddDate(0, 0, -1)}.sign(w.T, nil, nil)
		w.agrees(certs(w.leaf(w.T, nil)), certs(expired, w.root), true)
		w.judgedAs(certs(w.leaf(w.T, nil)), certs(expired, w.root), "", "")
	}},
	{falseErrors, github("xmpp-observatory/xmppoke#10"), "an expired cross certificate sent along, the new root uploaded", "no error", func(w *fieldWorld) {
		_, cross := w.crossed(func(o *odd) { o.from, o.to = testNow.AddDate(-3, 0, 0), testNow.AddDate(0, 0, -1) })
		leaf := w.leaf(w.T, nil)
		w.agrees(certs(leaf, cross), certs(w.root), true)
		w.judgedAs(certs(leaf, cross), certs(w.root), "", "")
	}},
	{falseErrors, github("prometheus/common"), "a chain made by a script: each certificate ends some seconds after its issuer", "nothing is warned of", func(w *fieldWorld) {
		root := odd{cn: "Script Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, to: testNow.AddDate(5, 0, 0)}.sign(w.T, nil, nil)
		inter := odd{cn: "Script CA", org: "Acme", isCA: true, usage: caUsage, key: w.interKey, to: testNow.AddDate(5, 0, 0).Add(5 * time.Second)}.sign(w.T, root, w.rootKey)
		leaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth, to: testNow.AddDate(5, 0, 0).Add(9 * time.Second)}.sign(w.T, inter, w.interKey)
		w.judgedAs(certs(leaf, inter), certs(root), "", "")
		w.bundledAs(encodeCerts(root, inter), "", "")
	}},
	{falseErrors, github("chromium/badssl.com#150"), "an impostor of the CA's name and another key before the right one", "no error for the client's", func(w *fieldWorld) {
		impostor := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: ecKey(w.T, elliptic.P256()), to: testNow.AddDate(9, 0, 0)}.sign(w.T, nil, nil)
		w.agrees(certs(w.leaf(w.T, nil)), certs(impostor, w.root), true)
		w.judgedAs(certs(w.leaf(w.T, nil)), certs(impostor, w.root), "", "")
	}},
}

// crossed is an older root, and the world's root signed by it.
func (w *fieldWorld) crossed(change func(*odd)) (old, cross *x509.Certificate) {
	key := ecKey(w.T, elliptic.P256())
	old = odd{cn: "Old Root", org: "Acme", isCA: true, usage: caUsage, key: key, to: testNow.AddDate(5, 0, 0)}.sign(w.T, nil, nil)
	o := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, to: testNow.AddDate(4, 0, 0)}
	if change != nil {
		change(&o)
	}
	return old, o.sign(w.T, old, key)
}
