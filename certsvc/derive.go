package certsvc

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"
	"math/big"
	"unicode/utf16"

	"golang.org/x/crypto/scrypt"
)

// Bounds on what a file may make us compute before its passphrase can be judged.
const (
	maxRounds       = 3_000_000 // of hashing, in all the files of one call together; tools write 2048 to 600,000 a key
	maxScryptMemory = 64 << 20  // bytes; OpenSSL's own default takes 16 MB
)

// effort is the hashing that is left for some files, for as long as somebody waits for it.
type effort struct {
	ctx  context.Context
	left int
}

// spend takes rounds of hashing away. The error is that of the context where the caller left, or errCostly where there
// are not so many rounds left, and then none are taken.
func (e *effort) spend(rounds int) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if rounds < 0 || rounds > e.left {
		return errCostly
	}
	e.left -= rounds
	return nil
}

// What opening a locked part can end with, beside an errKey.
var (
	errPassphrase  = errors.New("certsvc: wrong passphrase")
	errUnsupported = errors.New("certsvc: encryption not supported")
	errCostly      = errors.New("certsvc: too much key derivation")
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
)

// digest is a hash and what a round of it costs beside one of SHA-256.
type digest struct {
	make  func() hash.Hash
	block int // bytes
	cost  int
}

var (
	hashSHA1   = digest{sha1.New, 64, 1}
	hashSHA256 = digest{sha256.New, 64, 1}
	hashSHA512 = digest{sha512.New, 128, 2}

	prfs = map[string]digest{ // HMACs, RFC 8018 §B.1
		"1.2.840.113549.2.7": hashSHA1, "1.2.840.113549.2.8": {sha256.New224, 64, 1}, "1.2.840.113549.2.9": hashSHA256,
		"1.2.840.113549.2.10": {sha512.New384, 128, 2}, "1.2.840.113549.2.11": hashSHA512, "1.2.840.113549.2.13": {sha512.New512_256, 128, 2},
	}
	digests = map[string]digest{ // of a key store's MAC
		"1.3.14.3.2.26": hashSHA1, "2.16.840.1.101.3.4.2.4": {sha256.New224, 64, 1}, "2.16.840.1.101.3.4.2.1": hashSHA256,
		"2.16.840.1.101.3.4.2.2": {sha512.New384, 128, 2}, "2.16.840.1.101.3.4.2.3": hashSHA512, "2.16.840.1.101.3.4.2.6": {sha512.New512_256, 128, 2},
	}
	ciphers = map[string]struct {
		keyLen int
		make   func([]byte) (cipher.Block, error)
	}{
		"2.16.840.1.101.3.4.1.2": {16, aes.NewCipher}, "2.16.840.1.101.3.4.1.22": {24, aes.NewCipher}, "2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
		"1.2.840.113549.3.7": {24, des.NewTripleDESCipher},
	}
	// Password-based encryption of PKCS#12 (RFC 7292 §C) and of PKCS#5 before PBES2 (RFC 8018 §A.3), which is what
	// openssl pkcs8 -topk8 wrote before 1.1.0.
	oldSchemes = map[string]struct {
		keyLen int
		make   func([]byte) (cipher.Block, error)
		pkcs5  func() hash.Hash // nil for PKCS#12
	}{
		"1.2.840.113549.1.12.1.3": {24, des.NewTripleDESCipher, nil},
		"1.2.840.113549.1.12.1.4": {16, twoKeyDES, nil},
		"1.2.840.113549.1.12.1.5": {16, newRC2, nil},
		"1.2.840.113549.1.12.1.6": {5, newRC2, nil},
		"1.2.840.113549.1.5.3":    {8, des.NewCipher, md5.New},
		"1.2.840.113549.1.5.10":   {8, des.NewCipher, sha1.New},
	}
)

func twoKeyDES(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(append(bytes.Clone(key), key[:8]...))
}

// decrypt opens data that is encrypted by a password-based scheme. A wrong passphrase is errPassphrase where the
// padding shows it.
func decrypt(a pkix.AlgorithmIdentifier, data []byte, passphrase string, e *effort) ([]byte, error) {
	var block cipher.Block
	var iv []byte
	var err error
	if a.Algorithm.Equal(oidPBES2) {
		block, iv, err = pbes2(a.Parameters.FullBytes, passphrase, e)
	} else {
		block, iv, err = oldScheme(a, passphrase, e)
	}
	if err != nil {
		return nil, err
	}
	if len(iv) != block.BlockSize() || len(data) == 0 || len(data)%block.BlockSize() != 0 {
		return nil, errUnsupported
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > block.BlockSize() || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errPassphrase
	}
	return plain[:len(plain)-pad], nil
}

// pbes2 makes the cipher of PBES2 (RFC 8018 §6.2).
func pbes2(params []byte, passphrase string, e *effort) (cipher.Block, []byte, error) {
	var p struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(params, &p); err != nil {
		return nil, nil, errUnsupported
	}
	c, ok := ciphers[p.Cipher.Algorithm.String()]
	var iv []byte
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil || !ok {
		return nil, nil, errUnsupported
	}
	key, err := deriveKey(p.KDF, passphrase, c.keyLen, e)
	if err != nil {
		return nil, nil, err
	}
	block, err := c.make(key)
	return block, iv, err
}

// oldScheme makes the cipher of a scheme that names hash and cipher together.
func oldScheme(a pkix.AlgorithmIdentifier, passphrase string, e *effort) (cipher.Block, []byte, error) {
	scheme, ok := oldSchemes[a.Algorithm.String()]
	var p struct {
		Salt       []byte
		Iterations int
	}
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &p); err != nil || !ok || p.Iterations < 1 {
		return nil, nil, errUnsupported
	}
	if scheme.pkcs5 != nil {
		if err := e.spend(p.Iterations); err != nil {
			return nil, nil, err
		}
		key := pbkdf1(scheme.pkcs5, passphrase, p.Salt, p.Iterations)
		block, err := scheme.make(key[:8])
		return block, key[8:16], err
	}
	key, err := pkcs12Key(hashSHA1, bmpPassword(passphrase), derivation12{forKey, p.Salt, p.Iterations}, scheme.keyLen, e)
	if err != nil {
		return nil, nil, err
	}
	iv, err := pkcs12Key(hashSHA1, bmpPassword(passphrase), derivation12{forIV, p.Salt, p.Iterations}, 8, e)
	if err != nil {
		return nil, nil, err
	}
	block, err := scheme.make(key)
	return block, iv, err
}

// pbkdf1 is RFC 8018 §5.1; it gives the whole hash.
func pbkdf1(h func() hash.Hash, passphrase string, salt []byte, rounds int) []byte {
	d := h()
	sum := append([]byte(passphrase), salt...)
	for range rounds {
		d.Reset()
		d.Write(sum)
		sum = d.Sum(nil)
	}
	return sum
}

// deriveKey makes the cipher's key from a passphrase by PBKDF2 or scrypt (RFC 7914), within bounds.
func deriveKey(kdf pkix.AlgorithmIdentifier, passphrase string, n int, e *effort) ([]byte, error) {
	switch {
	case kdf.Algorithm.Equal(oidPBKDF2):
		return derivePBKDF2(kdf.Parameters.FullBytes, passphrase, n, e)
	case kdf.Algorithm.Equal(oidScrypt):
		var p struct {
			Salt      []byte
			N, R, P   int
			KeyLength int `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &p); err != nil || p.N < 2 || p.R < 1 || p.P < 1 {
			return nil, errUnsupported
		}
		if p.N > maxScryptMemory/128 || p.R > 64 || p.P > 64 || p.N*p.R*128 > maxScryptMemory {
			return nil, errCostly
		}
		if err := e.spend(p.N * p.R * p.P); err != nil { // a step of scrypt takes about as long as a round
			return nil, err
		}
		key, err := scrypt.Key([]byte(passphrase), p.Salt, p.N, p.R, p.P, n)
		if err != nil {
			return nil, errUnsupported
		}
		return key, nil
	}
	return nil, errUnsupported
}

// derivePBKDF2 makes n bytes of key, or as many as the parameters say where n is 0.
func derivePBKDF2(params []byte, passphrase string, n int, e *effort) ([]byte, error) {
	var p struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(params, &p); err != nil || p.Iterations < 1 {
		return nil, errUnsupported
	}
	prf := hashSHA1
	if len(p.PRF.Algorithm) > 0 {
		var ok bool
		if prf, ok = prfs[p.PRF.Algorithm.String()]; !ok {
			return nil, errUnsupported
		}
	}
	if n == 0 {
		n = p.KeyLength
	}
	size := prf.make().Size()
	if n < 1 || n > 128 {
		return nil, errUnsupported
	}
	if p.Iterations > maxRounds {
		return nil, errCostly
	}
	if err := e.spend(p.Iterations * prf.cost * ((n + size - 1) / size)); err != nil {
		return nil, err
	}
	return pbkdf2.Key(prf.make, passphrase, p.Salt, p.Iterations, n)
}

// bmpPassword is a passphrase as PKCS#12 hashes it: UTF-16, and two zero bytes (RFC 7292 §B.1).
func bmpPassword(s string) []byte {
	var out []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// What a derivation of PKCS#12 is for (RFC 7292 §B.3).
const (
	forKey byte = 1
	forIV  byte = 2
	forMAC byte = 3
)

// derivation12 is what a file says of a derivation of PKCS#12: for what, from which salt, in how many rounds.
type derivation12 struct {
	id     byte
	salt   []byte
	rounds int
}

// pkcs12Key derives n bytes from a password (RFC 7292 §B.2).
func pkcs12Key(d digest, password []byte, of derivation12, n int, e *effort) ([]byte, error) {
	id, salt, rounds := of.id, of.salt, of.rounds
	h := d.make()
	size := h.Size()
	if rounds < 1 || rounds > maxRounds || len(salt) > 1024 || len(password) > 4096 {
		return nil, errCostly
	}
	if err := e.spend(rounds * d.cost * ((n + size - 1) / size)); err != nil {
		return nil, err
	}
	v := d.block
	fill := func(b []byte) []byte { // repeated to a multiple of v
		if len(b) == 0 {
			return nil
		}
		long := (len(b) + v - 1) / v * v
		return bytes.Repeat(b, long/len(b)+1)[:long]
	}
	input := append(fill(salt), fill(password)...)
	prefix := bytes.Repeat([]byte{id}, v)
	var out []byte
	one := big.NewInt(1)
	for len(out) < n {
		h.Reset()
		h.Write(prefix)
		h.Write(input)
		sum := h.Sum(nil)
		for range rounds - 1 {
			h.Reset()
			h.Write(sum)
			sum = h.Sum(sum[:0])
		}
		out = append(out, sum...)
		add := new(big.Int).SetBytes(fill(sum)[:v])
		add.Add(add, one)
		for i := 0; i < len(input); i += v {
			x := new(big.Int).SetBytes(input[i : i+v])
			x.Add(x, add)
			b := x.Bytes()
			if len(b) > v {
				b = b[len(b)-v:]
			}
			clear(input[i : i+v])
			copy(input[i+v-len(b):i+v], b)
		}
	}
	return out[:n], nil
}

// hmacMatches reports whether a MAC is that of a message.
func hmacMatches(d digest, key, message, mac []byte) bool {
	h := hmac.New(d.make, key)
	h.Write(message)
	return hmac.Equal(h.Sum(nil), mac)
}
