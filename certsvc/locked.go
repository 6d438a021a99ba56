package certsvc

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
	"math/big"

	"golang.org/x/crypto/scrypt"
	"software.sslmate.com/src/go-pkcs12"
)

// Bounds on what a file may make us compute before its passphrase can be judged.
const (
	maxRounds  = 3_000_000 // of key derivation, in all the files of one call together; tools write 2048 to 600,000 a key
	maxScryptN = 1 << 17   // 128 MB at r=8, OpenSSL's own default is 1<<14
)

// effort is the rounds of key derivation that are left for some files.
type effort struct{ left int }

// spend takes rounds away; it reports false, and takes none, when there are not so many.
func (e *effort) spend(rounds int) bool {
	if rounds < 0 || rounds > e.left {
		return false
	}
	e.left -= rounds
	return true
}

// What opening a locked part can end with.
var (
	errPassphrase  = errors.New("certsvc: wrong passphrase")
	errUnsupported = errors.New("certsvc: encryption not supported")
	errCostly      = errors.New("certsvc: too many rounds of key derivation")
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}

	prfs = map[string]func() hash.Hash{
		"1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.8": sha256.New224, "1.2.840.113549.2.9": sha256.New,
		"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
	}
	ciphers = map[string]struct {
		keyLen int
		make   func([]byte) (cipher.Block, error)
	}{
		"2.16.840.1.101.3.4.1.2": {16, aes.NewCipher}, "2.16.840.1.101.3.4.1.22": {24, aes.NewCipher}, "2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
		"1.2.840.113549.3.7": {24, des.NewTripleDESCipher},
	}
)

// encryptedKeyInfo is PKCS#8's EncryptedPrivateKeyInfo.
type encryptedKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// openPKCS8 decrypts a key under PBES2 (RFC 8018), which is what openssl writes since 2010.
func openPKCS8(der []byte, passphrase string, e *effort) (crypto.Signer, error) {
	var info encryptedKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil || !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errUnsupported
	}
	var params struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, errUnsupported
	}
	c, ok := ciphers[params.Cipher.Algorithm.String()]
	if !ok {
		return nil, errUnsupported
	}
	key, err := deriveKey(params.KDF, passphrase, c.keyLen, e)
	if err != nil {
		return nil, err
	}
	block, err := c.make(key)
	if err != nil {
		return nil, errUnsupported
	}
	var iv []byte
	if _, err := asn1.Unmarshal(params.Cipher.Parameters.FullBytes, &iv); err != nil || len(iv) != block.BlockSize() || len(info.Data) == 0 || len(info.Data)%block.BlockSize() != 0 {
		return nil, errUnsupported
	}
	plain := make([]byte, len(info.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, info.Data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > block.BlockSize() {
		return nil, errPassphrase
	}
	k, err := parseKey(plain[:len(plain)-pad])
	clear(plain)
	if errors.Is(err, errCurve) {
		return nil, err
	}
	if err != nil {
		return nil, errPassphrase // a wrong one passes the padding once in 256 times
	}
	return k, nil
}

// deriveKey makes the cipher's key from a passphrase by PBKDF2 or scrypt (RFC 7914), within bounds.
func deriveKey(kdf pkix.AlgorithmIdentifier, passphrase string, n int, e *effort) ([]byte, error) {
	switch {
	case kdf.Algorithm.Equal(oidPBKDF2):
		var p struct {
			Salt       []byte
			Iterations int
			KeyLength  int                      `asn1:"optional"`
			PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &p); err != nil || p.Iterations < 1 {
			return nil, errUnsupported
		}
		if !e.spend(p.Iterations) {
			return nil, errCostly
		}
		prf := sha1.New
		if len(p.PRF.Algorithm) > 0 {
			if prf = prfs[p.PRF.Algorithm.String()]; prf == nil {
				return nil, errUnsupported
			}
		}
		return pbkdf2.Key(prf, passphrase, p.Salt, p.Iterations, n)
	case kdf.Algorithm.Equal(oidScrypt):
		var p struct {
			Salt      []byte
			N, R, P   int
			KeyLength int `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &p); err != nil || p.N < 2 || p.R < 1 || p.P < 1 {
			return nil, errUnsupported
		}
		if p.N > maxScryptN || p.R > 8 || p.P > 4 || !e.spend(p.N*p.R*p.P) { // a step of scrypt takes about as long as a round
			return nil, errCostly
		}
		key, err := scrypt.Key([]byte(passphrase), p.Salt, p.N, p.R, p.P, n)
		if err != nil {
			return nil, errUnsupported
		}
		return key, nil
	}
	return nil, errUnsupported
}

// openLegacyPEM decrypts a key in OpenSSL's old form, as openssl genrsa -aes256 and certstrap wrote it.
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
	k, err := parseKey(plain)
	clear(plain)
	if errors.Is(err, errCurve) {
		return nil, err
	}
	if err != nil {
		return nil, errPassphrase
	}
	return k, nil
}

// openPKCS12 takes the key, when there is one, and the certificates out of a key store.
func openPKCS12(der []byte, passphrase string, e *effort) (crypto.Signer, []*x509.Certificate, error) {
	if !e.spend(rounds(der, 0)) {
		return nil, nil, errCostly
	}
	key, cert, more, err := pkcs12.DecodeChain(der, passphrase)
	if err == nil {
		signer, ok := key.(crypto.Signer)
		if !ok || oversized(signer.Public()) {
			return nil, nil, errUnsupported
		}
		return signer, append([]*x509.Certificate{cert}, more...), nil
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		return nil, nil, errPassphrase
	}
	if certs, err := pkcs12.DecodeTrustStore(der, passphrase); err == nil {
		return nil, certs, nil
	}
	return nil, nil, errUnsupported
}

// rounds is how many rounds of key derivation a key store asks for, all its parts together: after each salt
// (OCTET STRING) a number of them, at any depth that can be seen. It stops counting above maxRounds.
func rounds(der []byte, depth int) int {
	sum, salted := 0, false
	for len(der) > 0 && depth < 24 && sum <= maxRounds {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return sum
		}
		switch {
		case v.IsCompound, v.Tag == asn1.TagOctetString && v.Class == asn1.ClassUniversal && len(v.Bytes) > 32:
			sum += rounds(v.Bytes, depth+1)
		case v.Tag == asn1.TagInteger && v.Class == asn1.ClassUniversal && salted:
			n := new(big.Int).SetBytes(v.Bytes)
			if n.Cmp(big.NewInt(maxRounds)) > 0 {
				return maxRounds + 1
			}
			sum += int(n.Int64())
		}
		salted = v.Tag == asn1.TagOctetString && v.Class == asn1.ClassUniversal
		der = rest
	}
	return sum
}
