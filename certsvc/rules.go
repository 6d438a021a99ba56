package certsvc

// Where the rules are published.
const (
	srcCert    = "https://docs.temporal.io/cloud/certificates"
	srcLimits  = "https://docs.temporal.io/cloud/limits"
	srcRFC5280 = "https://www.rfc-editor.org/rfc/rfc5280"
	srcTLS     = "https://www.rfc-editor.org/rfc/rfc8446#section-4.2.3"
	srcTcld    = "https://github.com/temporalio/tcld"
)

// Rule is one rule as data: what keeping it means, how bad breaking it is, what to do, who says so.
type Rule struct {
	Code     string
	Severity Severity
	Kept     string // what a certificate that keeps it does: "CA:true in every certificate of the bundle"
	Fix      string
	Source   string
}

// rules are in the order of decisiveness: where several are broken, the first is what to mend first.
var rules = []Rule{
	{"IN-16", SevError, "no private key among the certificates", "Remove it and upload ca.pem alone. If this key was ever uploaded or shared, replace the CA now.", srcCert},
	{"CH-31", SevError, "CA certificates only, no client certificate", "Upload ca.pem, the certificate that signed the client's.", srcCert},
	{"CH-40", SevError, "signed by a CA, not by itself", "Make a CA, issue a client certificate from it, and upload that CA's certificate. Uploading this certificate does not help.", srcCert},
	{"CH-22", SevWarn, "a separate client certificate, not the CA itself", "Issue a client certificate from the CA and give workers that.", srcCert},
	{"CH-02", SevError, "signed by the key of the CA that has the issuer's name", "Upload the certificate of the CA that signed this certificate next to the other one, and remove the old one once every worker has moved.", srcCert},
	{"CH-06", SevError, "the whole chain is sent, up to a CA in the bundle", "Append the intermediate's certificate after the client certificate, or upload it together with its root.", srcCert},
	{"CH-01", SevError, "signed by a CA in the bundle", "Upload the certificate of the CA that signed this certificate, or issue a new one from the uploaded CA.", srcCert},
	{"CH-04", SevError, "X.509 v3 with basic constraints in every CA", "Make the CA again as X.509 v3 with basicConstraints critical, CA:true; in openssl with -addext or -extfile.", srcCert},
	{"CH-03", SevError, "CA:true in every certificate of the bundle", "Upload the certificate that signed the client's; it says CA:TRUE under Basic Constraints.", srcCert},
	{"CH-05", SevError, "CA key usage allows signing certificates", "Make the CA again with keyUsage keyCertSign.", srcRFC5280 + "#section-4.2.1.3"},
	{"CH-07", SevError, "every CA is a root or issued by another CA in the bundle", "Append the root's certificate to the bundle: Temporal Cloud requires complete chains.", srcCert},
	{"CH-08", SevError, "no deeper than the CA's path length allows", "Let a CA with a longer path length sign the intermediate, or sign the client certificate with the root.", srcRFC5280 + "#section-4.2.1.9"},
	{"CH-11", SevError, "no CA has expired", "Add a new CA next to it, issue new client certificates, then remove it from the namespace.", srcCert},
	{"CH-09", SevError, "the client certificate has not expired", "Issue a new client certificate from the same CA.", srcCert},
	{"CH-10", SevError, "already valid", "Check this machine's clock (NTP), then issue certificates backdated by a minute.", srcRFC5280 + "#section-4.1.2.5"},
	{"CH-13", SevError, "signed with SHA-256 or stronger", "Sign it again with SHA-256 or stronger.", srcCert},
	{"CH-25", SevError, "RSA or ECDSA keys and signatures only", "Make it again with an ECDSA (P-256 or P-384) or RSA key.", srcCert},
	{"KP-33", SevError, "a curve that TLS supports", "Make a new key with P-256 or P-384 and a new certificate for it.", srcTLS},
	{"CH-14", SevError, "RSA keys of 2048 bits or more", "Make a new key: ECDSA P-256 or P-384, or RSA of 2048 bits or more (3072 for a CA that is valid past 2030).", "https://csrc.nist.gov/pubs/sp/800/131/a/r2/final"},
	{"CH-34", SevError, "no critical extension that TLS libraries do not know", "Issue it again without that extension, or with it not critical.", srcRFC5280 + "#section-4.2"},
	{"CH-35", SevError, "every CA's extended key usage, where present, has clientAuth", "Use a CA without extended key usage, or with clientAuth in it, and issue the client certificate again.", srcRFC5280 + "#section-4.2.1.12"},
	{"CH-36", SevError, "within the name constraints of its CAs", "Issue it again with alternative names that its CA allows, or without any.", srcRFC5280 + "#section-4.2.1.10"},
	{"CH-37", SevError, "its signature is correct", "Copy the certificate again from where it was made, or issue it again.", srcRFC5280 + "#section-6.1.3"},
	{"CH-38", SevError, "every CA has a name", "Make a CA with a common name, and client certificates under it.", srcRFC5280 + "#section-4.1.2.6"},
	{"CH-39", SevError, "a chain that Go's verifier accepts", "Issue the certificate again from a CA made for client certificates.", srcRFC5280 + "#section-6.1"},
	{"CH-15", SevError, "extended key usage, where present, has clientAuth", "Issue it again with extendedKeyUsage clientAuth, or without that extension.", srcRFC5280 + "#section-4.2.1.12"},
	{"CH-16", SevError, "key usage, where present, has digitalSignature", "Issue it again with keyUsage digitalSignature.", srcCert},
	{"CH-20", SevError, "every distinguished name in the chain is unique", "Give the client certificate a common name of its own.", srcCert},
	{"CH-21", SevError, "no two names in the chain differ only in case", "Give the client certificate a common name of its own; names are compared without regard to case.", srcCert},
	{"CH-19", SevError, "X.509 v3 for the client certificate", "Issue it again as X.509 v3; with openssl x509 -req add -extfile.", srcCert},
	{"CH-23", SevError, "at most 16 certificates and 32 KB", "Remove expired and unused CAs, and comments.", srcLimits},
	{"CH-24", SevError, "no public CA", "Use a private CA. With a public CA, anyone with one of its certificates could connect, so Temporal Cloud requires certificate filters first.", srcCert},
	{"CH-18", SevWarn, "CA:false in the client certificate", "Issue a client certificate from the CA and give workers that; keep the CA's key away from them.", srcCert},
	{"CH-12", SevWarn, "the client certificate expires before its CA", "Issue it again to expire before its CA, or replace the CA first.", srcCert},
	{"CH-17", SevNote, "key usage and extended key usage are present", "No action needed; Temporal's own tool issues such certificates.", srcTcld},
	{"CH-33", SevNote, "basic constraints are present in the client certificate", "No action needed; without the extension a certificate is not a CA. certstrap issues such certificates.", srcRFC5280 + "#section-4.2.1.9"},
	{"CH-29", SevNote, "no certificate twice", "Remove the second copy.", srcTcld},
	{"CH-32", SevNote, "key identifiers are present and serial numbers differ", "No action needed.", srcRFC5280 + "#section-4.2.1.1"},
}

// rank is the place of each rule by its code.
var rank = func() map[string]int {
	m := map[string]int{}
	for i, r := range rules {
		m[r.Code] = i
	}
	return m
}()

// Rules returns every rule, the most decisive first.
func Rules() []Rule { return append([]Rule(nil), rules...) }

// Check is one rule that was judged, for people.
type Check struct {
	Code   string `json:"code"`
	Of     string `json:"of"`   // "bundle" or "client"
	Text   string `json:"text"` // what keeping the rule means
	Source string `json:"source"`
	Passed bool   `json:"passed"`
}

// What a CA bundle and a client certificate are judged by.
var (
	bundleRules = []string{"IN-16", "CH-31", "CH-04", "CH-03", "CH-05", "CH-07", "CH-08", "CH-11", "CH-10", "CH-13", "CH-25", "KP-33", "CH-14", "CH-34", "CH-35", "CH-37", "CH-38", "CH-20", "CH-21", "CH-02", "CH-23", "CH-24", "CH-29", "CH-32"}
	leafRules   = []string{"CH-40", "CH-01", "CH-02", "CH-06", "CH-08", "CH-09", "CH-10", "CH-11", "CH-12", "CH-13", "CH-25", "KP-33", "CH-14", "CH-34", "CH-35", "CH-36", "CH-37", "CH-38", "CH-39", "CH-15", "CH-16", "CH-17", "CH-18", "CH-19", "CH-20", "CH-21", "CH-22", "CH-33", "CH-32"}
)

// checksOf lists the rules of one kind with those broken by lints.
func checksOf(of string, codes []string, lints []Lint) []Check {
	broken := map[string]bool{}
	for _, l := range lints {
		broken[l.Code] = true
	}
	var out []Check
	for _, c := range codes {
		r := rules[rank[c]]
		out = append(out, Check{Code: c, Of: of, Text: r.Kept, Source: r.Source, Passed: !broken[c]})
	}
	return out
}
