package certsvc

import (
	"bufio"
	"bytes"
	"context"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var leaves = flag.Int("leaves", 500, "how many certificates TestManyLeaves has judged")

// TestManyLeaves: openssl verifies every certificate of a batch for a client's purpose, and a server of its own takes some
// of them, in both TLS versions.
func TestManyLeaves(t *testing.T) {
	s := New(Options{})
	judged, wrong, taken := 0, 0, 0
	defer func() {
		t.Logf("figure: S14 wrong=%d certificates=%d handshakes_with_OpenSSL=%d", wrong, judged, taken)
	}()
	for _, kt := range []KeyType{ECP256, ECP384} {
		ca := must(s.CA(CASpec{CommonName: "many CA", KeyType: kt}))(t)
		rows := make([]BatchRow, *leaves/2)
		for i := range rows {
			rows[i] = BatchRow{Row: i + 2, Name: fmt.Sprintf("c%03d", i), Leaf: LeafSpec{CommonName: fmt.Sprintf("client %d äöü", i), Organization: strings.Repeat("o", i%65), Days: i % 365}}
		}
		var out bytes.Buffer
		if err := s.WriteBatch(t.Context(), &out, ca, rows); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		args := []string{"verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslclient", "-CAfile", "ca.pem"}
		content, _ := unpack(t, out.Bytes())
		write(t, dir, "ca.pem", []byte(content["ca.pem"]))
		for _, row := range rows {
			chain, _, err := ReadCertificates([]byte(content[row.Name+"/client.pem"]))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range LintLeaf(chain, certs(ca.Cert), testNow) {
				wrong++
				t.Errorf("%s breaks %+v", row.Name, l)
			}
			write(t, dir, row.Name+".pem", encodeCerts(chain...))
			args = append(args, row.Name+".pem")
		}
		text, err := openssl(t, dir, args...)
		n := strings.Count(text, ": OK\n")
		if judged, wrong = judged+len(rows), wrong+len(rows)-n; err != nil || n != len(rows) {
			t.Errorf("%s: openssl verified %d of %d: %v\n%.500s", kt, n, len(rows), err, text)
		}
		addr, roots := opensslServer(t, ca.Cert)
		for i := range 25 {
			name := rows[i*len(rows)/25].Name
			pair, _, err := ReadPair([]byte(content[name+"/client.pem"]), []byte(content[name+"/client.key"]))
			if err == nil {
				err = talkTLS(t, addr, roots, pair.TLS(), []uint16{tls.VersionTLS12, tls.VersionTLS13}[i%2])
			}
			if taken++; err != nil {
				wrong++
				t.Errorf("%s: openssl's server refuses %s: %v", kt, name, err)
			}
		}
	}
}

// talkTLS sends a line to an openssl server that turns it round, by a client's certificate.
func talkTLS(t *testing.T, addr string, roots *x509.CertPool, pair tls.Certificate, version uint16) error {
	t.Helper()
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{ServerName: "localhost", RootCAs: roots, MaxVersion: version,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }}}
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("temporal\n")); err != nil {
		return err
	}
	got, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && got != "laropmet\n" {
		err = fmt.Errorf("the server said %q", got)
	}
	return err
}

// opensslServer runs openssl s_server, which trusts only ca for clients, and gives its address and root.
func opensslServer(t *testing.T, ca *x509.Certificate, more ...string) (addr string, roots *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	s := New(Options{})
	root := must(s.CA(CASpec{CommonName: "server root", KeyType: ECP256}))(t)
	key := ecKey(t, elliptic.P256())
	leaf := odd{cn: "localhost", dns: []string{"localhost"}, key: key, from: time.Now().Add(-time.Hour), to: time.Now().Add(time.Hour), usage: leafUsage,
		eku: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}.sign(t, root.Cert, keyOf(t, root))
	write(t, dir, "server.pem", encodeCerts(leaf))
	write(t, dir, "server.key", must(encodeKey(key))(t).Reveal())
	ctx, cancel := context.WithCancel(t.Context())
	args := append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-rev",
		"-CAfile", write(t, dir, "clients.pem", encodeCerts(ca)), "-Verify", "5", "-verify_return_error"}, more...)
	cmd := exec.CommandContext(ctx, "openssl", args...)
	cmd.Dir = filepath.Clean(dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe() // s_server ends when its input does
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		accept := regexp.MustCompile(`^ACCEPT (127\.0\.0\.1:\d+)`)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if m := accept.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
			}
		}
		close(found)
	}()
	t.Cleanup(func() { cancel(); _ = stdin.Close(); _ = cmd.Wait() })
	roots = x509.NewCertPool()
	roots.AddCert(root.Cert)
	select {
	case addr = <-found:
	case <-time.After(20 * time.Second):
	}
	if addr == "" {
		t.Fatal("openssl s_server does not listen")
	}
	return addr, roots
}

// TestOpenSSLServer: a server that is stricter than Go's takes our leaves in both TLS versions, and
// refuses those whose names clash.
func TestOpenSSLServer(t *testing.T) {
	s := New(Options{})
	ca := must(s.CA(CASpec{CommonName: "Acme", Organization: "Acme"}))(t)
	addr, roots := opensslServer(t, ca.Cert)
	talk := func(pair tls.Certificate, version uint16) error { return talkTLS(t, addr, roots, pair, version) }
	for _, kt := range []KeyType{ECP256, ECP384, RSA2048} {
		leaf := must(s.Leaf(ca, LeafSpec{CommonName: "worker", KeyType: kt}))(t)
		pair, _, err := ReadPair(leaf.CertPEM, leaf.Key.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if err := talk(pair.TLS(), version); err != nil {
				t.Errorf("%s, TLS %x: %v", kt, version, err)
			}
		}
	}
	clash := odd{cn: "ACME", org: "acme", key: ecKey(t, elliptic.P256()), usage: leafUsage, eku: clientAuth, from: time.Now().Add(-time.Hour)}
	parent := *ca.Cert
	parent.SubjectKeyId = nil // with an authority key identifier openssl finds the CA by that
	cert := clash.sign(t, &parent, keyOf(t, ca))
	if err := talk(tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: clash.key}, tls.VersionTLS13); err == nil {
		t.Error("openssl took a client whose name is its CA's but for case")
	}
	if got := brief(LintLeaf(certs(cert), certs(ca.Cert), time.Now())); got != "CH-21!" {
		t.Errorf("our own judgement is %s", got)
	}
}
