package certsvc

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// secp256k1Key is a key on a curve that TLS does not know (openssl ecparam -name secp256k1 -genkey).
const secp256k1Key = `-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgRmXvLv6KKGBMs+G+wQWo
HggCbH6JpaugzANsG9XKsgShRANCAAQvJala5qFWAw1QHL3gl64s7WCz9UxGmR+T
FC1H8+hgB1J+z7IFv9DDF32xefrMa1hnx67lsXnTuU2MbvbncQer
-----END PRIVATE KEY-----
`

// opensslFiles are made once with openssl from the shared pair.
var opensslFiles = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "certsvc")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s := makeSet()
	for file, content := range map[string][]byte{"client.pem": s.leaf.CertPEM, "client.key": s.leaf.Key.Reveal(), "ca.pem": s.ca.CertPEM} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return nil, err
		}
	}
	t := &testing.T{}
	made := map[string][]byte{}
	for file, args := range map[string][]string{
		"enc.key":    {"pkcs8", "-topk8", "-in", "client.key", "-passout", "pass:secret", "-out", "enc.key"},
		"client.p12": {"pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-certfile", "ca.pem", "-passout", "pass:secret", "-out", "client.p12"},
	} {
		if out, err := openssl(t, dir, args...); err != nil {
			return nil, &os.PathError{Op: out, Path: file, Err: err}
		}
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return nil, err
		}
		made[file] = b
	}
	return made, nil
})

func encryptedPKCS8(t testing.TB) []byte {
	t.Helper()
	return must(opensslFiles())(t)["enc.key"]
}

func makePKCS12(t testing.TB) []byte {
	t.Helper()
	return must(opensslFiles())(t)["client.p12"]
}

// makePKCS7 packs certificates as openssl crl2pkcs7 -nocrl does, in the order given.
func makePKCS7(t testing.TB, certs ...[]byte) []byte {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "all.pem", cat(certs...))
	if out, err := openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-outform", "DER", "-out", "all.p7b"); err != nil {
		t.Fatal(out, err)
	}
	return must(os.ReadFile(filepath.Join(dir, "all.p7b")))(t)
}
