package custody

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"

	"onramp/certsvc"
)

// ErrWrong is a passphrase that does not open the box, ErrFull that too many keys are open.
var (
	ErrWrong = errors.New("custody: wrong passphrase")
	ErrFull  = errors.New("custody: too many keys are open")
)

// maxWorkFactor is the largest that a box may ask for before its passphrase is judged: 256 MB.
const maxWorkFactor = 18

// maxKey bounds what is inside a box: an RSA-4096 key in PEM is 3.3 kB.
const maxKey = 16 << 10

// seal encrypts a key with age under a passphrase.
func seal(key []byte, passphrase string, workFactor int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(workFactor)
	var box bytes.Buffer
	w, err := age.Encrypt(&box, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(key); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return box.Bytes(), nil
}

// unseal opens a box; ErrWrong for a wrong passphrase, another error for a damaged box.
func unseal(box []byte, passphrase string) ([]byte, error) {
	from, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrWrong // the empty one
	}
	from.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(box), from)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrWrong
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxKey))
}

// authority is the CA of a box with its key, which it takes over.
func authority(s Sealed, key []byte) (certsvc.Issued, error) {
	certs, _, err := certsvc.ReadCertificates([]byte(s.CAPEM))
	if err != nil {
		return certsvc.Issued{}, err
	}
	if certsvc.Fingerprint(certs[0]) != s.CAFingerprint {
		return certsvc.Issued{}, errors.New("custody: the stored CA is another one")
	}
	return certsvc.Issued{Cert: certs[0], CertPEM: []byte(s.CAPEM), Key: certsvc.NewSecret(key)}, nil
}
