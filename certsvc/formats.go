package certsvc

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// Format is one of the forms in which certificates leave.
type Format string

// The formats.
const (
	FormatBundle       Format = "zip"
	FormatFullChain    Format = "full-chain"
	FormatPKCS12       Format = "pkcs12"
	FormatPKCS12Legacy Format = "pkcs12-legacy"
	FormatJKS          Format = "jks"
	FormatKubernetes   Format = "kubernetes"
	FormatBase64       Format = "base64"
	FormatDotenv       Format = "dotenv"
	FormatCertManager  Format = "cert-manager"
	FormatTerraform    Format = "terraform"
)

// FormatInfo says what a format is for.
type FormatInfo struct {
	Format   Format
	Title    string // "PKCS#12"
	What     string // one sentence: who reads it
	File     string // the file's usual name
	Key      bool   // holds the private key
	Password bool   // is locked with a password
	Type     string // MIME type
}

// Formats are all of them, those with a private key first.
var Formats = []FormatInfo{
	{FormatBundle, "PEM files (bundle.zip)", "ca.pem, client.pem, client.key, .env and a README, for every SDK and the temporal CLI.", "bundle.zip", true, false, "application/zip"},
	{FormatPKCS12, "PKCS#12", "AES-256: .NET, Java 12 and newer, Windows Server 2019 and newer, browsers.", "client.p12", true, true, "application/x-pkcs12"},
	{FormatPKCS12Legacy, "PKCS#12, legacy encryption", "3DES and SHA-1, for programs that cannot read AES-256.", "client-legacy.p12", true, true, "application/x-pkcs12"},
	{FormatJKS, "Java key store (JKS)", "Java 8 and older programs; newer ones read PKCS#12.", "client.jks", true, true, "application/octet-stream"},
	{FormatKubernetes, "Kubernetes TLS Secret", "kubernetes.io/tls with tls.crt, tls.key and ca.crt.", "client-secret.yaml", true, false, "application/yaml"},
	{FormatBase64, "Base64, one line each", "For variables and secret stores that take one line.", "client.base64.env", true, false, "text/plain; charset=utf-8"},
	{FormatFullChain, "Full chain (PEM)", "The client certificate, then every CA above it.", "full-chain.pem", false, false, "application/x-pem-file"},
	{FormatDotenv, ".env", "The variables that every SDK's environment configuration and the temporal CLI read; it names the files.", ".env", false, false, "text/plain; charset=utf-8"},
	{FormatTerraform, "Terraform", "accepted_client_ca of temporalcloud_namespace, base64 on one line.", "certificates.tf", false, false, "text/plain; charset=utf-8"},
	{FormatCertManager, "cert-manager", "An Issuer that signs with your CA, and a Certificate that it renews in the cluster.", "cert-manager.yaml", false, false, "application/yaml"},
}

// FormatOf is what is known of a format; ok is false for a name that is none.
func FormatOf(name string) (FormatInfo, bool) {
	i := slices.IndexFunc(Formats, func(f FormatInfo) bool { return string(f.Format) == name })
	if i < 0 {
		return FormatInfo{}, false
	}
	return Formats[i], true
}

// FormatFile is the usual name of a file in a format.
func FormatFile(f Format) string {
	info, _ := FormatOf(string(f))
	return info.File
}

// OutputSpec is a client certificate with what belongs to it, to be written in some form.
type OutputSpec struct {
	Namespace string // Namespace ID
	Address   string // host:port
	CAPEM     []byte // what the namespace holds
	ClientPEM []byte // the client certificate, then intermediates
	ClientKey Secret // empty for the formats without a key
	Password  string // of a key store
	Name      string // of a Secret, an Issuer, an entry; default the client's common name, made fit
	Cluster   string // the Kubernetes namespace; "" leaves it to kubectl
	Filters   Filters
	Env       []EnvVar // default StandardEnv
	Rehearsal bool
	Made      time.Time // the files' time in an archive; default that of the client certificate
}

// Output writes certificates in a format. Errors are joined Invalid faults: those of ReadPairFor, and Field
// password, secret_name, k8s_namespace or format.
func Output(format Format, s OutputSpec) ([]byte, error) {
	info, ok := FormatOf(string(format))
	if !ok {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("Unknown format %q", printable(string(format))), "Choose one of: "+formatNames()+".").In("format")
	}
	if info.Key && s.ClientKey.Empty() && format != FormatBundle {
		f := fault.New(fault.Invalid, "The private key is missing", "Provide the key that was created with the client certificate.").In(FieldKey)
		f.Code = "KP-36"
		return nil, f
	}
	cas, _, err := ReadCertificates(s.CAPEM)
	if err != nil {
		return nil, err
	}
	chain, _, err := ReadCertificates(s.ClientPEM)
	if err != nil {
		return nil, err
	}
	s.CAPEM, s.ClientPEM = encodeCerts(cas...), encodeCerts(chain...) // other programs read no repaired text
	if s.Name == "" {
		s.Name = FitName(chain[0].Subject.CommonName)
	}
	if s.Env == nil {
		s.Env = StandardEnv(s.Address, s.Namespace)
	}
	switch format {
	case FormatBundle:
		var b bytes.Buffer
		err := WriteBundle(&b, Bundle{Namespace: s.Namespace, Address: s.Address, CAPEM: s.CAPEM, ClientPEM: s.ClientPEM, ClientKey: s.ClientKey, Env: s.Env, Rehearsal: s.Rehearsal, Made: s.Made})
		return b.Bytes(), err
	case FormatFullChain:
		return FullChain(chain, cas), nil
	case FormatDotenv:
		return dotenv(s.Env)
	case FormatTerraform:
		text, err := TerraformNamespace(s.CAPEM, s.Filters)
		return []byte(text), err
	case FormatCertManager:
		subject := chain[0].Subject
		leaf := LeafSpec{CommonName: subject.CommonName, KeyType: keyTypeLike(chain[0].PublicKey)}
		if len(subject.Organization) > 0 {
			leaf.Organization = subject.Organization[0]
		}
		if len(subject.OrganizationalUnit) > 0 {
			leaf.OrganizationalUnit = subject.OrganizationalUnit[0]
		}
		return CertManager(CertManagerSpec{Name: s.Name, Namespace: s.Cluster, Leaf: leaf})
	}
	pair, _, err := ReadPairFor(s.ClientPEM, s.ClientKey.Reveal(), cas)
	if err != nil {
		return nil, err
	}
	switch format {
	case FormatPKCS12, FormatPKCS12Legacy:
		return PKCS12(pair, cas, s.Name, s.Password, format == FormatPKCS12Legacy)
	case FormatJKS:
		return JKS(pair, cas, s.Name, s.Password)
	case FormatKubernetes:
		return KubernetesSecret(s.Name, s.Cluster, pair, cas)
	}
	return fmt.Appendf(nil, "CA_CERT_BASE64=%s\nCLIENT_CERT_BASE64=%s\nCLIENT_KEY_BASE64=%s\n",
		Base64Line(encodeCerts(cas...)), Base64Line(pair.CertPEM()), Base64Line(pair.KeyPEM().Reveal())), nil
}

func formatNames() string {
	var names []string
	for _, f := range Formats {
		names = append(names, string(f.Format))
	}
	return strings.Join(names, ", ")
}

// FitName makes a text a name that Kubernetes takes for a Secret: lower-case letters, digits, hyphens and dots.
func FitName(s string) string {
	fit := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s)
	var labels []string
	for label := range strings.SplitSeq(fit[:min(len(fit), 200)], ".") {
		if label = strings.Trim(label, "-"); label != "" {
			labels = append(labels, label)
		}
	}
	if fit = strings.Join(labels, "."); fit == "" {
		return "temporal-client"
	}
	return fit
}

// OwnKeySteps are the commands that make the formats with a private key where the key is: beside client.pem,
// client.key and ca.pem. name is that of the Secret and of the entry; cluster as in OutputSpec.
func OwnKeySteps(name, cluster string) []Step {
	ns := ""
	if cluster != "" {
		ns = " --namespace " + word(cluster)
	}
	return []Step{
		{"PKCS#12; asks for a password", fmt.Sprintf("openssl pkcs12 -export -in %s -inkey %s -certfile %s -name %s -out client.p12", FileClient, FileClientKey, FileCA, word(name))},
		{"PKCS#12 with legacy encryption, using OpenSSL 3", fmt.Sprintf("openssl pkcs12 -export -legacy -in %s -inkey %s -certfile %s -name %s -out client-legacy.p12", FileClient, FileClientKey, FileCA, word(name))},
		{"Java key store, from the PKCS#12 file", "keytool -importkeystore -srckeystore client.p12 -srcstoretype PKCS12 -destkeystore client.jks -deststoretype JKS"},
		{"Kubernetes TLS Secret", fmt.Sprintf("kubectl create secret tls %s%s --cert=%s --key=%s", word(name), ns, FileClient, FileClientKey)},
		{"The key as base64 on one line", "base64 < " + FileClientKey + " | tr -d '\\n'"},
	}
}
