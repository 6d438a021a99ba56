package certsvc

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// storePart is one entry of a key store: what it is, and the name (alias) that it bears there, "" for none.
type storePart struct {
	part
	alias string
}

// The bags of PKCS#12 (RFC 7292 §4.2), and an attribute.
const (
	bagKey      = "1.2.840.113549.1.12.10.1.1"
	bagShrouded = "1.2.840.113549.1.12.10.1.2"
	bagCert     = "1.2.840.113549.1.12.10.1.3"
	bagCRL      = "1.2.840.113549.1.12.10.1.4"
	bagSafe     = "1.2.840.113549.1.12.10.1.6"
	oidX509     = "1.2.840.113549.1.9.22.1"
	oidAlias    = "1.2.840.113549.1.9.20"
	oidPBMAC1   = "1.2.840.113549.1.5.14"
)

// contentInfo is PKCS#7's.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"optional,explicit,tag:0"`
}

// openPKCS12 takes every key and certificate out of a key store, however many of either it has. Nothing is derived from
// the passphrase before its cost is known and paid from e: rounds that are hidden inside an encrypted part come to
// light when that part is opened. The error is errPassphrase, errUnsupported, errCostly or that of the context.
func openPKCS12(raw []byte, passphrase string, e *effort) ([]storePart, error) {
	der, ok := toDER(raw)
	if !ok {
		return nil, errUnsupported
	}
	var pfx struct {
		Version int
		Content contentInfo
		Mac     struct {
			Mac struct {
				Algorithm pkix.AlgorithmIdentifier
				Digest    []byte
			}
			Salt       []byte
			Iterations int `asn1:"optional,default:1"`
		} `asn1:"optional"`
	}
	var safe []byte
	if _, err := asn1.Unmarshal(der, &pfx); err != nil || !pfx.Content.Type.Equal(oidPKCS7Data) {
		return nil, errUnsupported
	}
	if _, err := asn1.Unmarshal(pfx.Content.Content.Bytes, &safe); err != nil {
		return nil, errUnsupported
	}
	mac := pfx.Mac.Mac
	if len(mac.Algorithm.Algorithm) > 0 {
		var err error
		if mac.Algorithm.Algorithm.String() == oidPBMAC1 {
			err = checkPBMAC1(mac.Algorithm.Parameters.FullBytes, safe, mac.Digest, passphrase, e)
		} else {
			err = checkMAC(mac.Algorithm, safe, mac.Digest, passphrase, storeSalt{pfx.Mac.Salt, pfx.Mac.Iterations}, e)
		}
		if err != nil {
			return nil, err
		}
	}
	plain, ok := toDER(safe)
	var contents []contentInfo
	if _, err := asn1.Unmarshal(plain, &contents); err != nil || !ok {
		return nil, errUnsupported
	}
	var out []storePart
	for _, c := range contents[:min(len(contents), maxParts)] {
		bags, err := openContent(c, passphrase, e)
		if err == nil {
			err = readBags(bags, passphrase, 0, e, &out)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

type storeSalt struct {
	salt   []byte
	rounds int
}

// checkMAC judges a key store's MAC (RFC 7292 §4.1). No passphrase at all and an empty one are different there.
func checkMAC(a pkix.AlgorithmIdentifier, message, mac []byte, passphrase string, s storeSalt, e *effort) error {
	d, ok := digests[a.Algorithm.String()]
	if !ok {
		return errUnsupported
	}
	passwords := [][]byte{bmpPassword(passphrase)}
	if passphrase == "" {
		passwords = append(passwords, nil)
	}
	for _, p := range passwords {
		key, err := pkcs12Key(d, p, derivation12{forMAC, s.salt, s.rounds}, d.make().Size(), e)
		if err != nil {
			return err
		}
		if hmacMatches(d, key, message, mac) {
			return nil
		}
	}
	return errPassphrase
}

// checkPBMAC1 judges the MAC of newer key stores (RFC 9579).
func checkPBMAC1(params, message, mac []byte, passphrase string, e *effort) error {
	var p struct{ KDF, MAC pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(params, &p); err != nil || !p.KDF.Algorithm.Equal(oidPBKDF2) {
		return errUnsupported
	}
	d, ok := prfs[p.MAC.Algorithm.String()]
	if !ok {
		return errUnsupported
	}
	key, err := derivePBKDF2(p.KDF.Parameters.FullBytes, passphrase, 0, e)
	if err != nil {
		return err
	}
	if !hmacMatches(d, key, message, mac) {
		return errPassphrase
	}
	return nil
}

// openContent is the SafeContents of one part of a key store, decrypted where it is encrypted.
func openContent(c contentInfo, passphrase string, e *effort) ([]byte, error) {
	switch {
	case c.Type.Equal(oidPKCS7Data):
		var bags []byte
		if _, err := asn1.Unmarshal(c.Content.Bytes, &bags); err != nil {
			return nil, errUnsupported
		}
		return bags, nil
	case c.Type.Equal(oidPKCS7Encrypted):
		var data struct {
			Version int
			Info    struct {
				Type      asn1.ObjectIdentifier
				Algorithm pkix.AlgorithmIdentifier
				Content   asn1.RawValue `asn1:"optional,tag:0"`
			}
		}
		if _, err := asn1.Unmarshal(c.Content.Bytes, &data); err != nil {
			return nil, errUnsupported
		}
		return decrypt(data.Info.Algorithm, implicitOctets(data.Info.Content), passphrase, e)
	}
	return nil, errUnsupported // enveloped for somebody's key
}

// implicitOctets are the bytes of an OCTET STRING under a context tag, in one piece or in several.
func implicitOctets(v asn1.RawValue) []byte {
	if !v.IsCompound {
		return v.Bytes
	}
	var out []byte
	for rest := v.Bytes; len(rest) > 0; {
		var piece []byte
		var err error
		if rest, err = asn1.Unmarshal(rest, &piece); err != nil {
			return nil
		}
		out = append(out, piece...)
	}
	return out
}

// safeBag is RFC 7292's SafeBag.
type safeBag struct {
	ID         asn1.ObjectIdentifier
	Value      asn1.RawValue `asn1:"explicit,tag:0"`
	Attributes []struct {
		ID    asn1.ObjectIdentifier
		Value asn1.RawValue `asn1:"set"`
	} `asn1:"set,optional"`
}

// alias is the bag's friendlyName.
func (b safeBag) alias() string {
	for _, a := range b.Attributes {
		var v asn1.RawValue
		if a.ID.String() != oidAlias {
			continue
		}
		if _, err := asn1.Unmarshal(a.Value.Bytes, &v); err == nil {
			text, _ := stringText(v)
			return printable(text)
		}
	}
	return ""
}

// readBags adds what the bags of a SafeContents hold.
func readBags(raw []byte, passphrase string, depth int, e *effort, out *[]storePart) error {
	der, ok := toDER(raw)
	var bags []safeBag
	if _, err := asn1.Unmarshal(der, &bags); err != nil || !ok {
		if len(raw) > 0 && !bytes.HasPrefix(raw, []byte{0x30}) {
			return errPassphrase // it passed the padding by chance
		}
		return errUnsupported
	}
	for _, b := range bags {
		if len(*out) > maxParts {
			return nil // told by whoever asked
		}
		p := storePart{alias: b.alias()}
		switch b.ID.String() {
		case bagKey:
			p.part = storedKey(b.Value.Bytes)
		case bagShrouded:
			k, err := openPKCS8(b.Value.Bytes, passphrase, e)
			var why errKey
			switch {
			case errors.As(err, &why):
				p.part = part{kind: kindKey, trouble: why.problem}
			case err != nil:
				return err
			default:
				p.part = part{kind: kindKey, key: k}
			}
		case bagCert:
			var c struct {
				ID    asn1.ObjectIdentifier
				Value []byte `asn1:"explicit,tag:0"`
			}
			if _, err := asn1.Unmarshal(b.Value.Bytes, &c); err != nil || c.ID.String() != oidX509 {
				p.part = part{kind: kindForeign, trouble: problem{"KP-42", "a certificate that is not X.509"}}
				break
			}
			p.part = classify(c.Value)
			if p.kind != kindCertificate {
				p.part = part{kind: kindCertificate, trouble: problem{key: "KP-27"}}
			}
		case bagCRL:
			p.part = part{kind: kindForeign, trouble: problem{"KP-42", "a certificate revocation list (CRL)"}}
		case bagSafe:
			if depth >= 4 {
				return errUnsupported
			}
			if err := readBags(b.Value.Bytes, passphrase, depth+1, e, out); err != nil {
				return err
			}
			continue
		default: // secrets, and what is newer
			p.part = part{kind: kindForeign, trouble: problem{"KP-42", "a secret that is not a key pair"}}
		}
		*out = append(*out, p)
	}
	return nil
}

// storedKey reads a key that lies in a key store without encryption of its own.
func storedKey(der []byte) part {
	k, why := parseKey(der)
	if k == nil && why.none() {
		why = problem{key: "KP-37"}
	}
	return part{kind: kindKey, key: k, trouble: why}
}
