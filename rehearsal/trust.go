//go:build !lean

package rehearsal

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"onramp/fault"

	"software.sslmate.com/src/go-pkcs12"
)

// systemRoots are where systems keep their roots in one file of PEM.
var systemRoots = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/ssl/cert.pem",                                 // Alpine, macOS, BSD
}

// storePassword protects nothing: a trust store holds no secret, but Java wants one. It is Java's own.
const storePassword = "changeit"

// TrustFiles writes into dir server-root.pem (the rehearsal's root), trust.pem (the system's roots and it)
// and trust.p12 (the same for Java), each as a whole, and returns the environment that makes unchanged
// programs trust the rehearsal and all else that they trusted before. Errors are faults.
func (c *Cloud) TrustFiles(dir string) (map[string]string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	var system []byte
	if err == nil {
		system, err = c.systemRoots(at("trust.pem"))
	}
	var store []byte
	if err == nil {
		store, err = trustStore(system, c.authority.root)
	}
	for _, f := range []struct {
		name string
		b    []byte
	}{{"server-root.pem", c.RootPEM()}, {"trust.pem", bytes.Join([][]byte{bytes.TrimRight(system, "\n"), c.RootPEM()}, []byte("\n"))}, {"trust.p12", store}} {
		if err == nil {
			err = replaceFile(at(f.name), f.b)
		}
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The trust files could not be written", "See that the directory is writable and has room.")
	}
	java := fmt.Sprintf("-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=%s -Djavax.net.ssl.trustStoreType=PKCS12",
		javaOption(at("trust.p12")), storePassword)
	return map[string]string{"SSL_CERT_FILE": at("trust.pem"), "JAVA_TOOL_OPTIONS": java,
		// grpc-js reads the second in the place of the first where both are set.
		"NODE_EXTRA_CA_CERTS": at("server-root.pem"), "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": at("trust.pem")}, nil
}

// systemRoots returns the system's roots as programs started here would find them: from SSL_CERT_FILE
// unless that is the file about to be written, else from where the system keeps them. None is no error.
func (c *Cloud) systemRoots(own string) ([]byte, error) {
	places := systemRoots
	if f := os.Getenv("SSL_CERT_FILE"); f != "" && f != own {
		places = append([]string{f}, places...)
	}
	for _, p := range places {
		if b, err := os.ReadFile(p); err == nil && bytes.Contains(b, []byte("BEGIN CERTIFICATE")) {
			return b, nil
		}
	}
	c.o.Log.Warn("the system's root certificates were not found; the trust files hold the rehearsal's alone")
	return nil, nil
}

// trustStore is a PKCS#12 trust store of roots (PEM) and one more, each under an own alias.
func trustStore(roots []byte, more *x509.Certificate) ([]byte, error) {
	entries := []pkcs12.TrustStoreEntry{{Cert: more, FriendlyName: "onramp-rehearsal"}}
	for rest := roots; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		// A root that Go cannot read (odd serial numbers exist) is left out, as Go's own pool does.
		if cert, err := x509.ParseCertificate(b.Bytes); err == nil {
			entries = append(entries, pkcs12.TrustStoreEntry{Cert: cert, FriendlyName: fmt.Sprintf("system-%d", len(entries))})
		}
	}
	// The old encoding: Java 8 before update 301 reads no other, and there is no secret in it.
	return pkcs12.LegacyDES.WithRand(rand.Reader).EncodeTrustStoreEntries(entries, storePassword)
}

// javaOption quotes a path for JAVA_TOOL_OPTIONS, which is split at blanks.
func javaOption(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}

// replaceFile writes a file as a whole.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".onramp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
