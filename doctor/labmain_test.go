package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/grpclog"
)

// systemCA is the only root of the "system" in these tests: it plays the public CAs.
var systemCA *authority

// TestMain gives the process a trust store of its own, so that the tests do not depend on the machine's.
func TestMain(m *testing.M) {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) // as the program does
	code, err := withSystemRoots(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withSystemRoots(m *testing.M) (int, error) {
	if os.Getenv("ONRAMP_TEST_NO_ROOTS") != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "doctor")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return 1, err
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab public root"},
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return 1, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return 1, err
	}
	systemCA = &authority{cert, key, pemOf("CERTIFICATE", der)}
	file := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(file, systemCA.pem, 0o600); err != nil {
		return 1, err
	}
	for name, value := range map[string]string{"SSL_CERT_FILE": file, "SSL_CERT_DIR": filepath.Join(dir, "none")} {
		if err := os.Setenv(name, value); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}
