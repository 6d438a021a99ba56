package certsvc

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// errStore is a key store that is not built as the library builds them.
var errStore = errors.New("certsvc: a key store of another build")

// withAlias gives the key of a key store that was just made its name there (friendlyName, RFC 7292 §4.2), by which Java
// and Windows show and choose it; the library that makes the store writes none. The store's MAC is made again.
func withAlias(store []byte, alias, password string) ([]byte, error) {
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
		}
	}
	var safe []byte
	var parts []asn1.RawValue
	_, err := asn1.Unmarshal(store, &pfx)
	if err == nil {
		_, err = asn1.Unmarshal(pfx.Content.Content.Bytes, &safe)
	}
	if err == nil {
		_, err = asn1.Unmarshal(safe, &parts)
	}
	d, known := digests[pfx.Mac.Mac.Algorithm.Algorithm.String()]
	if err != nil || len(parts) != 2 || !known {
		return nil, errStore
	}
	var second contentInfo
	var bags []byte
	if _, err = asn1.Unmarshal(parts[1].FullBytes, &second); err == nil {
		_, err = asn1.Unmarshal(second.Content.Bytes, &bags)
	}
	named, ok := nameKey(bags, alias)
	data, dataErr := asn1.Marshal(oidPKCS7Data)
	if err = errors.Join(err, dataErr); err != nil || !ok {
		return nil, errStore
	}
	content := func(b []byte) []byte { // ContentInfo of type data
		return encodeElement([]byte{0x30}, slices.Concat(data, encodeElement([]byte{0xA0}, encodeElement([]byte{0x04}, b))))
	}
	safe = encodeElement([]byte{0x30}, slices.Concat(parts[0].FullBytes, content(named)))
	key, err := pkcs12Key(d, bmpPassword(password), derivation12{forMAC, pfx.Mac.Salt, pfx.Mac.Iterations}, d.make().Size(), &effort{context.Background(), math.MaxInt})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(d.make, key)
	mac.Write(safe)
	pfx.Mac.Mac.Digest = mac.Sum(nil)
	macDER, err := asn1.Marshal(pfx.Mac)
	if err != nil {
		return nil, err
	}
	return encodeElement([]byte{0x30}, slices.Concat([]byte{2, 1, 3}, content(safe), macDER)), nil
}

// nameKey adds a friendlyName to the one bag of a SafeContents.
func nameKey(bags []byte, alias string) ([]byte, bool) {
	s := cryptobyte.String(bags)
	var list, bag, id, value, attributes cryptobyte.String
	if !s.ReadASN1(&list, cbasn1.SEQUENCE) || !list.ReadASN1(&bag, cbasn1.SEQUENCE) || !list.Empty() || !bag.ReadASN1Element(&id, cbasn1.OBJECT_IDENTIFIER) ||
		!bag.ReadASN1Element(&value, cbasn1.Tag(0).Constructed().ContextSpecific()) || !bag.ReadASN1(&attributes, cbasn1.SET) {
		return nil, false
	}
	name, err := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20})
	if err != nil {
		return nil, false
	}
	text := bmpPassword(alias)
	all := [][]byte{encodeElement([]byte{0x30}, slices.Concat(name, encodeElement([]byte{0x31}, encodeElement([]byte{0x1E}, text[:len(text)-2]))))}
	for !attributes.Empty() {
		var one cryptobyte.String
		if !attributes.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return nil, false
		}
		all = append(all, one)
	}
	slices.SortFunc(all, bytes.Compare) // a SET OF in DER
	return encodeElement([]byte{0x30}, encodeElement([]byte{0x30}, slices.Concat(id, value, encodeElement([]byte{0x31}, slices.Concat(all...))))), true
}
