package certsvc

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
)

// encryptedKeyInfo is PKCS#8's EncryptedPrivateKeyInfo.
type encryptedKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// openPKCS8 decrypts a key: PBES2, which is what openssl writes since 1.1.0, and the schemes before it.
func openPKCS8(der []byte, passphrase string, e *effort) (crypto.Signer, error) {
	var info encryptedKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, errUnsupported
	}
	plain, err := decrypt(info.Algorithm, info.Data, passphrase, e)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return opened(plain)
}

// opened reads a key that was decrypted.
func opened(plain []byte) (crypto.Signer, error) {
	k, why := parseKey(plain)
	switch {
	case k != nil:
		return k, nil
	case !why.none():
		return nil, errKey{why}
	}
	return nil, errPassphrase // a wrong one passes the padding once in 256 times
}

// openLegacyPEM decrypts a key in OpenSSL's old form, as openssl genrsa -aes256 and certstrap wrote it. Its passphrase
// is hashed once.
func openLegacyPEM(dek string, body []byte, passphrase string) (crypto.Signer, error) {
	b := &pem.Block{Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": dek}, Bytes: body}
	//lint:ignore SA1019 the form is insecure to write; people still have keys in it to read
	plain, err := x509.DecryptPEMBlock(b, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errPassphrase
	}
	if err != nil {
		return nil, errUnsupported
	}
	defer clear(plain)
	return opened(plain)
}
