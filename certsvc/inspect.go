package certsvc

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// File is something that a person dropped: its name, for messages only, and its content.
type File struct {
	Name    string
	Content []byte
}

// ItemKind is what a part of a dropped file is.
type ItemKind string

// The kinds of items.
const (
	ItemCertificate ItemKind = "certificate"
	ItemKey         ItemKind = "private-key"
	ItemLockedKey   ItemKind = "locked-key" // a passphrase is needed, or another one
	ItemKeyStore    ItemKind = "key-store"  // PKCS#12 or Java, not opened
	ItemRequest     ItemKind = "request"
	ItemPublicKey   ItemKind = "public-key"
	ItemUnknown     ItemKind = "unknown"
)

// Role is what a certificate is for, or whose key a key is.
type Role string

// The roles.
const (
	RoleRoot         Role = "root"         // a CA that signed itself
	RoleIntermediate Role = "intermediate" // a CA that another signed
	RoleClient       Role = "client"       // an end-entity certificate, or its key
	RoleNone         Role = ""
)

// Item is one thing found in the dropped files. It prints no key.
type Item struct {
	File        string       `json:"file"`
	Kind        ItemKind     `json:"kind"`
	Role        Role         `json:"role,omitempty"`
	Subject     string       `json:"subject,omitempty"`
	Issuer      string       `json:"issuer,omitempty"`
	Fingerprint string       `json:"sha256,omitempty"` // of a certificate
	KeyType     KeyType      `json:"key_type,omitempty"`
	SPKI        string       `json:"spki_sha256,omitempty"` // pairs certificates, keys and requests
	NotBefore   time.Time    `json:"not_before,omitzero"`
	NotAfter    time.Time    `json:"not_after,omitzero"`
	Trouble     *fault.Fault `json:"-"` // why it cannot be used

	cert *x509.Certificate
	key  crypto.Signer
	raw  []byte // a request's DER
}

// Certificate is the item's certificate, nil for other kinds.
func (i Item) Certificate() *x509.Certificate { return i.cert }

func (i Item) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", i.File, i.Kind, i.Role, i.Subject))
}

// Format keeps the key inside whatever the verb.
func (i Item) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, i.String()) }

// Inventory is everything in some dropped files, in their order.
type Inventory struct {
	Items   []Item
	Repairs []Repair // Field is the file's name

	effort effort // what is left for opening locked parts
}

// Inspect recognises every part of some files by content, whatever their names, order and form:
// PEM, DER, PKCS#7, PKCS#12, encrypted keys with the passphrase ("" for none), base64, and zip archives of
// these. It never fails: what cannot be used is an Item with a Trouble.
func Inspect(files []File, passphrase string) Inventory {
	inv := Inventory{effort: effort{maxRounds}}
	for _, f := range files {
		if !isArchive(f.Content) {
			inv.read(f, passphrase, false)
			continue
		}
		inside, err := openArchive(f)
		if err != nil {
			inv.Items = append(inv.Items, Item{File: baseName(f.Name), Kind: ItemUnknown, Trouble: fault.From(err)})
		}
		for _, entry := range inside {
			inv.read(entry, passphrase, true)
		}
	}
	inv.settle()
	return inv
}

// read adds what one file holds. What is no certificate or key in an archive is passed over.
func (inv *Inventory) read(f File, passphrase string, packed bool) {
	name := baseName(f.Name)
	if len(inv.Items) > maxParts {
		return // told already
	}
	found, err := recognise(f.Content)
	if err != nil {
		trouble := fault.From(err).In(name)
		if !packed || trouble.Code != "KP-39" && trouble.Code != "KP-01" {
			inv.Items = append(inv.Items, Item{File: name, Kind: ItemUnknown, Trouble: trouble})
		}
		return
	}
	inv.Repairs = append(inv.Repairs, repairs(withoutForms(found.repairs), name)...)
	for _, p := range found.parts {
		if len(inv.Items) >= maxParts {
			inv.tooMany(name)
			return
		}
		inv.add(name, p, passphrase)
	}
}

// tooMany says that the rest is not read: the work grows with the square of what is.
func (inv *Inventory) tooMany(file string) {
	f := fault.New(fault.TooLarge, fmt.Sprintf("These files hold more than %d certificates and keys", maxParts), "Choose those that matter.").In("files")
	f.Cause = "What comes after them, from " + file + " on, was not read."
	inv.Items = append(inv.Items, Item{File: file, Kind: ItemUnknown, Trouble: f})
}

// Chain is a certificate and those above it, as far as the files have them.
type Chain struct {
	Certs   []*x509.Certificate // from the client, or the lowest CA, up
	KeyFile string              // the file that holds the key of the first; "" for none
}

// Complete reports whether the chain goes up to a root.
func (c Chain) Complete() bool { return selfSigned(c.Certs[len(c.Certs)-1]) }

// ChainOf is a client chain (leaf first) and the CAs above it, as far as chain and cas have them.
func ChainOf(chain, cas []*x509.Certificate) Chain {
	return Chain{Certs: newPool(append(slices.Clone(chain[1:]), cas...)...).path(chain[0])}
}

// Chains are one chain for each certificate that signed no other here, in the order of the files.
func (inv Inventory) Chains() []Chain {
	all := newPool(inv.Certificates()...)
	var out []Chain
	for _, c := range all.certs {
		if slices.ContainsFunc(all.certs, func(below *x509.Certificate) bool { return !below.Equal(c) && all.issuerOf(below) == c }) {
			continue
		}
		chain := Chain{Certs: all.path(c)}
		for _, it := range inv.Items {
			if it.key != nil && chain.KeyFile == "" && sameKey(it.key.Public(), c.PublicKey) {
				chain.KeyFile = it.File
			}
		}
		out = append(out, chain)
	}
	return out
}

// CAs are the certificates that are roots or intermediates, each once.
func (inv Inventory) CAs() []*x509.Certificate {
	return slices.DeleteFunc(inv.Certificates(), func(c *x509.Certificate) bool { return roleOf(c) == RoleClient })
}

// RoleOf says what a certificate is for by what it says itself.
func RoleOf(c *x509.Certificate) Role { return roleOf(c) }

// EncodeCerts writes certificates as PEM in their order.
func EncodeCerts(certs ...*x509.Certificate) []byte { return encodeCerts(certs...) }

// withoutForms leaves out the codes that only say in which form a file was: binary files are fine here.
func withoutForms(c codes) codes {
	return slices.DeleteFunc(slices.Clone(c), func(code string) bool { return code == "KP-13" || code == "KP-14" || code == "KP-38" })
}

// add turns one part of a file into items.
func (inv *Inventory) add(file string, p part, passphrase string) {
	item := Item{File: file, Kind: ItemUnknown}
	if p.trouble != "" {
		item.Trouble = troubleFault(p.trouble).In(file)
	}
	switch p.kind {
	case kindCertificate:
		item.Kind, item.cert = ItemCertificate, p.cert
	case kindKey:
		item.Kind, item.key = ItemKey, p.key
	case kindEncryptedKey:
		item.Kind, item.Trouble = ItemLockedKey, locked(p.trouble, file)
		if passphrase != "" {
			var err error
			if p.trouble == "KP-12" {
				item.key, err = openLegacyPEM(p.dek, p.der, passphrase)
			} else {
				item.key, err = openPKCS8(p.der, passphrase, &inv.effort)
			}
			if item.Trouble = unlocking(err, p.trouble, file); err == nil {
				item.Kind = ItemKey
			}
		}
	case kindPKCS12:
		item.Kind = ItemKeyStore
		key, certs, err := openPKCS12(p.der, passphrase, &inv.effort)
		if err == nil && p.trouble == "KP-15" {
			for _, c := range certs[:min(len(certs), maxParts)] {
				inv.Items = append(inv.Items, Item{File: file, Kind: ItemCertificate, cert: c})
			}
			if key != nil {
				inv.Items = append(inv.Items, Item{File: file, Kind: ItemKey, key: key})
			}
			return
		}
		if p.trouble == "KP-15" {
			item.Trouble = unlocking(err, p.trouble, file)
			if passphrase == "" && errors.Is(err, errPassphrase) {
				item.Trouble = locked(p.trouble, file)
			}
		}
	case kindRequest:
		item.Kind, item.raw = ItemRequest, p.der
	case kindPublicKey:
		item.Kind, item.Trouble = ItemPublicKey, troubleFault("KP-05").In(file)
	case kindForeign:
	default:
		return // parameters and the like
	}
	inv.Items = append(inv.Items, item)
}

// locked asks for the passphrase of something.
func locked(code, file string) *fault.Fault {
	f := fault.New(fault.Invalid, file+" is locked with a passphrase", "Type its passphrase; it is used in memory and forgotten.").In("passphrase")
	f.Code = code
	return f
}

// unlocking is why something stays locked, nil when it does not.
func unlocking(err error, code, file string) *fault.Fault {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCurve):
		return troubleFault("KP-33").In(file)
	case errors.Is(err, errPassphrase):
		f := fault.New(fault.Invalid, "The passphrase does not open "+file, "Type the passphrase that this file was made with.").In("passphrase")
		f.Code = code
		return f
	}
	f := troubleFault(code).In(file)
	if errors.Is(err, errCostly) {
		f.Title = "Opening " + file + " takes more work than is done here"
		f.Cause = fmt.Sprintf("Its passphrase is stretched by more rounds than are left; %d are done for all the files together.", maxRounds)
		return f
	}
	f.Title = "The encryption of " + file + " is not one that Onramp opens"
	if code == "KP-15" {
		f.Fix = "Unpack it: openssl pkcs12 -legacy -in " + shellWord(file) + " -nodes -out both.pem"
	}
	return f
}

// shellWord quotes a file name for a shell where it needs it.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// settle fills what is shown of each item, and gives keys the role of their certificates.
func (inv *Inventory) settle() {
	roles := map[string]Role{}
	for i := range inv.Items {
		it := &inv.Items[i]
		var pub crypto.PublicKey
		switch {
		case it.cert != nil:
			c := it.cert
			it.Subject, it.Issuer, it.Fingerprint, it.NotBefore, it.NotAfter = SubjectOf(c), printable(c.Issuer.String()), Fingerprint(c), c.NotBefore, c.NotAfter
			it.Role, pub = roleOf(c), c.PublicKey
			roles[SPKI(pub)] = it.Role
		case it.key != nil:
			pub = it.key.Public()
		case it.raw != nil:
			if r, err := x509.ParseCertificateRequest(it.raw); err == nil {
				it.Subject, pub = printable(r.Subject.String()), r.PublicKey
			}
		}
		if pub != nil {
			it.KeyType, it.SPKI = KeyTypeOf(pub), SPKI(pub)
		}
	}
	for i := range inv.Items {
		if it := &inv.Items[i]; it.key != nil {
			it.Role = roles[it.SPKI]
		}
	}
}

// roleOf says what a certificate is for by what it says itself; an old one without extensions that
// signed itself is a root.
func roleOf(c *x509.Certificate) Role {
	switch {
	case c.IsCA && selfSigned(c), c.Version < 3 && selfSigned(c):
		return RoleRoot
	case c.IsCA:
		return RoleIntermediate
	}
	return RoleClient
}

// Certificates are every certificate, in order, each once.
func (inv Inventory) Certificates() []*x509.Certificate {
	var out []*x509.Certificate
	for _, it := range inv.Items {
		if it.cert != nil && !slices.ContainsFunc(out, it.cert.Equal) {
			out = append(out, it.cert)
		}
	}
	return out
}

// keyFor is the key of a certificate, nil for none.
func (inv Inventory) keyFor(c *x509.Certificate) crypto.Signer {
	for _, it := range inv.Items {
		if it.key != nil && sameKey(it.key.Public(), c.PublicKey) {
			return it.key
		}
	}
	return nil
}

// troubles are those of items that stand in the way of using the others.
func (inv Inventory) troubles(kinds ...ItemKind) []*fault.Fault {
	var out []*fault.Fault
	for _, it := range inv.Items {
		if it.Trouble != nil && (len(kinds) == 0 || slices.Contains(kinds, it.Kind)) {
			out = append(out, it.Trouble)
		}
	}
	return out
}

// Authority is the one CA whose certificate and key are both here. Its CertPEM goes on to its root as
// far as the files have it. The error is joined Invalid faults: locked or damaged items, no CA, no key
// for it, more than one.
func (inv Inventory) Authority() (Issued, error) {
	var found []Issued
	var cas []string
	all := newPool(inv.Certificates()...)
	for _, c := range all.certs {
		if r := roleOf(c); r != RoleRoot && r != RoleIntermediate {
			continue
		}
		cas = append(cas, SubjectOf(c))
		key := inv.keyFor(c)
		if key == nil {
			continue
		}
		secret, err := encodeKey(key)
		if err != nil {
			return Issued{}, err
		}
		found = append(found, Issued{Cert: c, CertPEM: encodeCerts(all.path(c)...), Key: secret})
	}
	if len(found) == 1 {
		_, err := authorityKey(found[0])
		return found[0], err
	}
	if len(found) > 1 {
		f := fault.New(fault.Invalid, "There are several CAs with their keys", "Give one CA at a time.").In("ca")
		f.Cause = "Found: " + strings.Join(cas, "; ") + "."
		return Issued{}, f
	}
	if faults := inv.troubles(); len(faults) > 0 {
		return Issued{}, joined(faults...)
	}
	if len(cas) == 0 {
		f := fault.New(fault.Invalid, "There is no CA certificate in these files", "Give ca.pem and ca.key; a CA's certificate says CA:TRUE.").In("ca")
		f.Code = "CH-31"
		return Issued{}, f
	}
	f := fault.New(fault.Invalid, "The CA's key is not in these files", "Give the key that was made together with "+cas[0]+".").In("ca_key")
	if len(inv.keys()) > 0 {
		f.Code, f.Title = "KP-06", "The key in these files is not the CA's"
	}
	return Issued{}, f
}

func (inv Inventory) keys() []crypto.Signer {
	var out []crypto.Signer
	for _, it := range inv.Items {
		if it.key != nil {
			out = append(out, it.key)
		}
	}
	return out
}

// ClientPair is the one client certificate whose key is here, with its intermediates. The error is
// joined Invalid faults.
func (inv Inventory) ClientPair() (Pair, error) {
	var found []Pair
	all := newPool(inv.Certificates()...)
	for _, c := range all.certs {
		if key := inv.keyFor(c); roleOf(c) == RoleClient && key != nil {
			chain := all.path(c)
			if last := chain[len(chain)-1]; len(chain) > 1 && selfSigned(last) {
				chain = chain[:len(chain)-1] // the root is the namespace's to know
			}
			found = append(found, Pair{Chain: chain, Key: key})
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Pair{}, fault.New(fault.Invalid, "There are several client certificates with their keys", "Give one pair at a time.").In(FieldCertificate)
	}
	if faults := inv.troubles(); len(faults) > 0 {
		return Pair{}, joined(faults...)
	}
	if i := slices.IndexFunc(all.certs, func(c *x509.Certificate) bool { return roleOf(c) == RoleClient }); i >= 0 && len(inv.keys()) > 0 {
		return Pair{}, mismatch(all.certs[i], inv.keys()[0].Public(), all.certs)
	} else if i >= 0 {
		return Pair{}, troubleFault("KP-36").In(FieldKey)
	}
	return Pair{}, troubleFault("KP-01").In(FieldCertificate)
}

// ReadAuthority is Inspect and Authority: a CA and its key from whatever files a person has.
func ReadAuthority(files []File, passphrase string) (Issued, []Repair, error) {
	inv := Inspect(files, passphrase)
	ca, err := inv.Authority()
	return ca, inv.Repairs, err
}
