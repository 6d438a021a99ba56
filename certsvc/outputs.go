package certsvc

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"

	"onramp/fault"
)

// FullChain is a client certificate, its intermediates and its root as one PEM text, as far as chain
// and cas have them; each once.
func FullChain(chain, cas []*x509.Certificate) []byte {
	if len(chain) == 0 {
		return nil
	}
	path := newPool(append(slices.Clone(chain[1:]), cas...)...).path(chain[0])
	for _, c := range chain {
		if !slices.ContainsFunc(path, c.Equal) {
			path = append(path, c)
		}
	}
	return encodeCerts(path...)
}

// Base64Line is base64 on one line without a newline, for variables and secret stores.
func Base64Line(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// checkPassword refuses passwords that key stores cannot have.
func checkPassword(p string) error {
	switch {
	case len(p) < 6: // keytool's own bound
		return fault.New(fault.Invalid, "The key store's password is too short", "Use 6 characters or more; Java's tools refuse shorter ones.").In("password")
	case printable(p) != p:
		return fault.New(fault.Invalid, "The key store's password has an invisible character", "Retype it.").In("password")
	}
	return nil
}

// PKCS12 packs a pair and its CAs under a password. The modern encryption is AES-256 with SHA-256
// (OpenSSL 1.1.1, Java 12, Windows Server 2019 and newer); the legacy one (3DES, SHA-1) is for what is older. alias names
// the entry, "" for none.
func PKCS12(p Pair, cas []*x509.Certificate, alias, password string, legacy bool) ([]byte, error) {
	if err := checkPassword(password); err != nil {
		return nil, err
	}
	enc := pkcs12.Modern2023
	if legacy {
		enc = pkcs12.LegacyDES
	}
	out, err := enc.Encode(p.Key, p.Leaf(), above(p, cas), password)
	if err == nil && alias != "" {
		out, err = withAlias(out, alias, password)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The pair cannot be packed as PKCS#12", "Use the PEM files.")
	}
	return out, nil
}

// above are the certificates above the leaf.
func above(p Pair, cas []*x509.Certificate) []*x509.Certificate {
	path := newPool(append(slices.Clone(p.Chain[1:]), cas...)...).path(p.Leaf())
	return path[1:]
}

// javaPassword is a password as the library for Java key stores takes it: one byte for each of Java's UTF-16 units, so
// that no other characters than those of Latin-1 can be given.
func javaPassword(s string) ([]byte, bool) {
	var out []byte
	for _, r := range s {
		if r > 0xFF {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

// JKS packs a pair and its CAs as Java's own key store, for Java 8 and older programs; newer ones read
// PKCS#12. alias names the entry.
func JKS(p Pair, cas []*x509.Certificate, alias, password string) ([]byte, error) {
	if err := checkPassword(password); err != nil {
		return nil, err
	}
	secret, ok := javaPassword(password)
	if !ok {
		return nil, fault.New(fault.Invalid, "This password cannot be used for a Java key store (JKS)", "Use Latin-1 letters, digits and symbols, or choose the format pkcs12, which takes any password.").In("password")
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.Key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The pair cannot be packed as a Java key store", "Use the PEM files.")
	}
	defer clear(key)
	entry := keystore.PrivateKeyEntry{CreationTime: p.Leaf().NotBefore.Add(backdate), PrivateKey: key}
	for _, c := range append([]*x509.Certificate{p.Leaf()}, above(p, cas)...) {
		entry.CertificateChain = append(entry.CertificateChain, keystore.Certificate{Type: "X509", Content: c.Raw})
	}
	ks := keystore.New()
	var out bytes.Buffer
	if err = ks.SetPrivateKeyEntry(alias, entry, secret); err == nil {
		err = ks.Store(&out, secret)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The pair cannot be packed as a Java key store", "Use the PEM files.")
	}
	return out.Bytes(), nil
}

// k8sName is what Kubernetes takes as the name of a Secret: an RFC 1123 subdomain, whose labels neither begin nor
// end with a hyphen. A namespace is one label of 63 characters.
var k8sName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

func checkK8sName(field, what, s string) *fault.Fault {
	longest := 253
	if field == "k8s_namespace" {
		longest = 63
	}
	if k8sName.MatchString(s) && len(s) <= longest && (field != "k8s_namespace" || !strings.Contains(s, ".")) {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%q is not a valid Kubernetes name for %s", printable(s), what), "Use lower-case letters, digits, hyphens and dots.").In(field)
}

// KubernetesSecret is a Secret of type kubernetes.io/tls with tls.crt (client certificate and
// intermediates), tls.key and ca.crt. namespace is the Kubernetes namespace; "" leaves it to kubectl.
func KubernetesSecret(name, namespace string, p Pair, cas []*x509.Certificate) ([]byte, error) {
	faults := []*fault.Fault{checkK8sName("secret_name", "a Secret", name)}
	if namespace != "" {
		faults = append(faults, checkK8sName("k8s_namespace", "a namespace", namespace))
	}
	if err := joined(faults...); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: %q\n", name)
	if namespace != "" {
		fmt.Fprintf(&out, "  namespace: %q\n", namespace)
	}
	fmt.Fprintf(&out, "type: kubernetes.io/tls\ndata:\n  tls.crt: %s\n  tls.key: %s\n", Base64Line(p.CertPEM()), Base64Line(p.KeyPEM().Reveal()))
	if len(cas) > 0 {
		fmt.Fprintf(&out, "  ca.crt: %s\n", Base64Line(encodeCerts(cas...)))
	}
	return out.Bytes(), nil
}

// CertManagerSpec asks for cert-manager's resources.
type CertManagerSpec struct {
	Name      string // of Issuer, Certificate and Secrets
	Namespace string // the Kubernetes namespace; "" leaves it to kubectl
	Leaf      LeafSpec
	Duration  time.Duration // of a certificate; default 90 days
}

// CertManager is an Issuer that signs with the CA, and a Certificate that it keeps renewed, as Temporal
// Cloud's rules want them. The CA's pair is put into the cluster by the command in the first lines.
func CertManager(s CertManagerSpec) ([]byte, error) {
	faults := append([]*fault.Fault{checkK8sName("secret_name", "an Issuer", s.Name)},
		checkSubject(name(s.Leaf.CommonName, s.Leaf.Organization, s.Leaf.OrganizationalUnit))...)
	if s.Namespace != "" {
		faults = append(faults, checkK8sName("k8s_namespace", "a namespace", s.Namespace))
	}
	if s.Leaf.KeyType == "" {
		s.Leaf.KeyType = ECP384
	}
	faults = append(faults, checkKeyType(s.Leaf.KeyType))
	if err := joined(faults...); err != nil {
		return nil, err
	}
	if s.Duration <= 0 {
		s.Duration = 90 * day
	}
	algorithm, size, _ := strings.Cut(string(s.Leaf.KeyType), "-")
	algorithm = map[string]string{"ec": "ECDSA", "rsa": "RSA"}[algorithm]
	ns, flag := "", ""
	if s.Namespace != "" {
		ns, flag = fmt.Sprintf("\n  namespace: %q", s.Namespace), " --namespace "+s.Namespace
	}
	subject := ""
	if s.Leaf.Organization != "" {
		subject += "\n    organizations: [" + yamlText(s.Leaf.Organization) + "]"
	}
	if s.Leaf.OrganizationalUnit != "" {
		subject += "\n    organizationalUnits: [" + yamlText(s.Leaf.OrganizationalUnit) + "]"
	}
	if subject != "" {
		subject = "\n  subject:" + subject
	}
	return fmt.Appendf(nil, `# First: kubectl create secret tls %[1]s-ca%[2]s --cert=ca.pem --key=ca.key
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: %[1]q%[3]s
spec:
  ca:
    secretName: "%[1]s-ca"
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: %[1]q%[3]s
spec:
  secretName: %[1]q
  commonName: %[4]s%[5]s
  duration: %[6]s
  renewBefore: %[7]s
  privateKey:
    algorithm: %[8]s
    size: %[9]s
    encoding: PKCS8
    rotationPolicy: Always
  usages:
    - digital signature
    - client auth
  issuerRef:
    kind: Issuer
    name: %[1]q
`, s.Name, flag, ns, yamlText(s.Leaf.CommonName), subject, hours(s.Duration), hours(s.Duration/3), algorithm, strings.TrimPrefix(size, "p")), nil
}

// yamlText quotes a text; a JSON string is a YAML one.
func yamlText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // a string always marshals
	}
	return string(b)
}

func hours(d time.Duration) string { return fmt.Sprintf("%dh", int(d.Hours())) }

// TerraformCA is the value of accepted_client_ca in the temporalcloud provider: base64 on one line of the
// certificates with nothing between them, which is the form that Cloud gives back. The error is that of
// ReadCertificates, or IN-16 for a private key among them.
func TerraformCA(caPEM []byte) (string, error) {
	if err := withoutKey(caPEM); err != nil {
		return "", err
	}
	cas, _, err := ReadCertificates(caPEM)
	if err != nil {
		return "", err
	}
	return Base64Line(encodeCerts(cas...)), nil
}

// TerraformNamespace are the lines of a temporalcloud_namespace resource that concern certificates.
func TerraformNamespace(caPEM []byte, filters Filters) (string, error) {
	ca, err := TerraformCA(caPEM)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "accepted_client_ca = %q\n", ca)
	if len(filters) > 0 {
		out.WriteString("certificate_filters = [\n")
		for _, f := range filters {
			out.WriteString("  {\n")
			for _, p := range []struct{ name, value string }{{"common_name", f.CommonName}, {"organization", f.Organization}, {"organizational_unit", f.OrganizationalUnit}, {"subject_alternative_name", f.SubjectAlternativeName}} {
				if p.value != "" {
					fmt.Fprintf(&out, "    %s = %s\n", p.name, hclText(p.value))
				}
			}
			out.WriteString("  },\n")
		}
		out.WriteString("]\n")
	}
	return out.String(), nil
}

// hclText quotes a text for HCL, whose templates begin with ${ and %{.
func hclText(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(yamlText(s))
}
