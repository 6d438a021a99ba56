package certsvc

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"onramp/fault"
)

// The names of files in bundles; they hold no user text.
const (
	FileCA        = "ca.pem"
	FileCAKey     = "ca.key"
	FileClient    = "client.pem"
	FileClientKey = "client.key"
	FileReadme    = "README.txt"
	FileEnv       = ".env"
	// FileServerRoot is the root of the rehearsal cloud's server; Temporal Cloud's is a public one.
	FileServerRoot = "server-root.pem"
)

// EnvVar is one line of a bundle's .env.
type EnvVar struct{ Name, Value string }

// Bundle is what goes into bundle.zip: what is uploaded and what workers hold, never the CA's key.
type Bundle struct {
	Namespace string // Namespace ID, named in README.txt
	Address   string // host:port, for .env
	CAPEM     []byte // required
	ClientPEM []byte // required: the client certificate, then intermediates
	ClientKey Secret // empty when the key was made elsewhere
	Env       []EnvVar
	Rehearsal bool // marks the files as made for the rehearsal cloud
	// ServerRootPEM is the root under which the server of a rehearsal stands; nil for a public one. It is packed, and
	// the variables name it.
	ServerRootPEM []byte
	Made          time.Time // the files' time; default that of the client certificate

	own bool // the pair was made here, and belongs together: reading the key again would only leave copies of it
}

// Bundle is what goes into bundle.zip for this set.
func (s Set) Bundle() Bundle {
	return Bundle{Namespace: s.Namespace, Address: s.Address, CAPEM: s.CA.CertPEM, ClientPEM: s.Leaf.CertPEM, ClientKey: s.Leaf.Key, own: true}
}

// ServerRootVar is the variable that names a server's own root, for every SDK's environment configuration and the
// temporal CLI (https://docs.temporal.io/develop/environment-configuration).
const ServerRootVar = "TEMPORAL_TLS_SERVER_CA_CERT_PATH"

// StandardEnv are the variables that every SDK's environment configuration and the temporal CLI read.
func StandardEnv(address, namespace string) []EnvVar {
	return []EnvVar{
		{"TEMPORAL_ADDRESS", address},
		{"TEMPORAL_NAMESPACE", namespace},
		{"TEMPORAL_TLS_CLIENT_CERT_PATH", FileClient},
		{"TEMPORAL_TLS_CLIENT_KEY_PATH", FileClientKey},
	}
}

// WriteBundle writes bundle.zip: ca.pem, client.pem, README.txt and .env with mode 0644, and client.key with
// 0600 when we hold it. It refuses, as Invalid faults, a private key among the certificates (IN-16), a key
// of another pair (KP-06) and the CA's key (KP-10): CA key and client key never share an archive.
func WriteBundle(w io.Writer, b Bundle) error {
	ca, leaf, err := b.check()
	if err != nil {
		return err
	}
	if b.Made.IsZero() {
		b.Made = leaf.NotBefore.Add(backdate)
	}
	if b.Env == nil {
		b.Env = StandardEnv(b.Address, b.Namespace)
		if len(b.ServerRootPEM) > 0 {
			b.Env = append(b.Env, EnvVar{ServerRootVar, FileServerRoot})
		}
	}
	env, err := dotenv(b.Env)
	if err != nil {
		return err
	}
	files := []file{
		{FileCA, 0o644, b.CAPEM},
		{FileClient, 0o644, b.ClientPEM},
	}
	if !b.ClientKey.Empty() {
		files = append(files, file{FileClientKey, 0o600, b.ClientKey.Reveal()})
	}
	if len(b.ServerRootPEM) > 0 {
		files = append(files, file{FileServerRoot, 0o644, b.ServerRootPEM})
	}
	return writeZip(w, b.Made, append(files, file{FileReadme, 0o644, []byte(b.readme(ca, leaf))}, file{FileEnv, 0o644, env}))
}

// check sees that everything belongs together and that no key is where it must not be.
func (b Bundle) check() (ca, leaf *x509.Certificate, err error) {
	for _, text := range [][]byte{b.CAPEM, b.ClientPEM} {
		if err := withoutKey(text); err != nil {
			return nil, nil, err
		}
	}
	cas, _, err := ReadCertificates(b.CAPEM)
	if err != nil {
		return nil, nil, err
	}
	chain, _, err := ReadCertificates(b.ClientPEM)
	if err != nil {
		return nil, nil, err
	}
	if !b.ClientKey.Empty() {
		if !b.own {
			if _, _, err := ReadPairFor(b.ClientPEM, b.ClientKey.Reveal(), cas); err != nil {
				return nil, nil, err
			}
		}
		for _, c := range cas {
			if sameKey(c.PublicKey, chain[0].PublicKey) {
				f := fault.New(fault.Invalid, "CA and client have the same key", "Issue a client certificate with a key of its own.")
				f.Code = "KP-10"
				return nil, nil, f
			}
		}
	}
	return cas[0], chain[0], nil
}

// readme says what is uploaded, what is kept, and who does it.
func (b Bundle) readme(ca, leaf *x509.Certificate) string {
	var s strings.Builder
	if b.Rehearsal {
		s.WriteString("REHEARSAL. These certificates are for Onramp's rehearsal cloud; Temporal Cloud does not know them.\n\n")
	}
	ns := printable(b.Namespace)
	fmt.Fprintf(&s, "Certificates for the namespace %s\n\n", ns)
	if b.Rehearsal { // nothing of this is to be done in Temporal Cloud: the namespace does not exist there
		fmt.Fprintf(&s, "Upload this:  %s\n  Onramp > Rehearsal cloud > %s > Edit namespace > CA Certificates > paste > Save.\n", FileCA, ns)
	} else {
		fmt.Fprintf(&s, "Upload this:  %s\n  Temporal Cloud > Namespaces > %s > Edit > CA Certificates > paste > Save.\n  This needs Namespace Admin on the namespace, or the Account Owner or Global Admin role.\n  Or: tcld namespace accepted-client-ca add --namespace %s --ca-certificate-file %s\n", FileCA, ns, ns, FileCA)
	}
	fmt.Fprintf(&s, "  %s\n  expires %s, SHA-256 %s\n\n", SubjectOf(ca), date(ca.NotAfter), Fingerprint(ca))
	fmt.Fprintf(&s, "Keep this:    %s and %s\n  Both go to the worker and to whatever starts workflows. Never upload or share %s.\n", FileClient, FileClientKey, FileClientKey)
	fmt.Fprintf(&s, "  %s\n  expires %s, SHA-256 %s\n\n", SubjectOf(leaf), date(leaf.NotAfter), Fingerprint(leaf))
	if b.ClientKey.Empty() {
		fmt.Fprintf(&s, "%s is not in this archive: it was created with the signing request, and Onramp never had it.\n\n", FileClientKey)
	}
	fmt.Fprintf(&s, "%s is not in this archive. It signs client certificates: anyone who has it can access the namespace.\n\n", FileCAKey)
	fmt.Fprintf(&s, "%s names both files for the SDKs and the temporal CLI, relative to this folder.\n\n", FileEnv)
	if len(b.ServerRootPEM) > 0 {
		fmt.Fprintf(&s, "%s is the root certificate of the rehearsal server, which programs have to be told of; Temporal Cloud needs none.\nEach start of Onramp makes another: after one, take it again from the page Rehearsal cloud.\n\n", FileServerRoot)
	}
	if b.Rehearsal {
		return s.String()
	}
	s.WriteString("Temporal emails admins 15, 10 and 5 days before the CA expires; it cannot know when the client certificate does.\nTemporal Cloud checks no revocation list: to lock out a lost key, replace the CA.\n")
	return s.String()
}

// WriteCAKeyArchive writes the CA's key apart: ca.key with mode 0600, ca.pem and README.txt.
func WriteCAKeyArchive(w io.Writer, ca Issued, namespace string, rehearsal bool) error {
	if _, err := authorityKey(ca); err != nil {
		return err
	}
	var s strings.Builder
	if rehearsal {
		s.WriteString("REHEARSAL. This CA is for Onramp's rehearsal cloud; Temporal Cloud does not know it.\n\n")
	}
	fmt.Fprintf(&s, "The key of the CA %s\nfor the namespace %s, expires %s\nSHA-256 of the certificate: %s\n\n", SubjectOf(ca.Cert), printable(namespace), date(ca.Cert.NotAfter), Fingerprint(ca.Cert))
	fmt.Fprintf(&s, "%s signs client certificates. Anyone who has it can access the namespace, so keep it offline,\nin a password manager or a vault. Workers do not need it, and it is never uploaded anywhere.\n", FileCAKey)
	fmt.Fprintf(&s, "%s is its certificate, the one that the namespace holds.\n\nIf the key is lost, make a new CA and replace this one. If others may have seen it, replace the CA today.\n", FileCA)
	return writeZip(w, ca.Cert.NotBefore.Add(backdate), []file{
		{FileCAKey, 0o600, ca.Key.Reveal()},
		{FileCA, 0o644, ca.CertPEM},
		{FileReadme, 0o644, []byte(s.String())},
	})
}

// file is one entry of an archive.
type file struct {
	name    string
	mode    fs.FileMode
	content []byte
}

// dotenv writes variables as dotenv libraries and POSIX shells read them.
func dotenv(vars []EnvVar) ([]byte, error) {
	var out bytes.Buffer
	for _, v := range vars {
		if v.Name == "" || strings.Trim(v.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" || printable(v.Value) != v.Value {
			return nil, fmt.Errorf("certsvc: %q cannot be written to a .env file", v.Name)
		}
		value := v.Value
		if strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+,") != "" {
			value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		fmt.Fprintf(&out, "%s=%s\n", v.Name, value)
	}
	return out.Bytes(), nil
}

// writeZip writes an archive with Unix modes.
func writeZip(w io.Writer, made time.Time, files []file) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: made.UTC()}
		h.SetMode(f.mode) // also marks the archive as made on Unix, or modes are not read
		out, err := z.CreateHeader(h)
		if err == nil {
			_, err = out.Write(f.content)
		}
		if err != nil {
			return errors.Join(err, z.Close())
		}
	}
	return z.Close()
}
