package certsvc

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"onramp/fault"
	"onramp/limit"
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
	Serial      string       `json:"serial,omitempty"` // hex
	SANs        []string     `json:"sans,omitempty"`   // as openssl writes them: "DNS:worker.acme"
	Alias       string       `json:"alias,omitempty"`  // its name in a key store
	Trouble     *fault.Fault `json:"-"`                // why it cannot be used

	cert *x509.Certificate
	key  crypto.Signer
	raw  []byte   // a request's DER
	out  *outline // of what Go's parser declined
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

	effort *effort // what is left for opening locked parts
	pool   *pool   // of the certificates; their issuers were looked for behind the limiter
}

// Inspect is InspectContext for callers that never leave; where too much work waits it gives one Item that says so.
func Inspect(files []File, passphrase string) Inventory {
	inv, err := InspectContext(context.Background(), files, passphrase)
	if err != nil {
		inv = Inventory{Items: []Item{{Kind: ItemUnknown, Trouble: fault.From(err)}}}
	}
	return inv
}

// InspectContext recognises every part of some files by content, whatever their names, order and form: PEM, DER,
// PKCS#7, PKCS#12, encrypted keys with the passphrase ("" for none), base64, and zip archives of these. What cannot be
// used is an Item with a Trouble; a file that holds nothing of use gives one, too. It works behind limit.Shared: the
// error is a TooMany fault where too much waits, or that of ctx where the caller left.
func InspectContext(ctx context.Context, files []File, passphrase string) (Inventory, error) {
	memory := int64(parseMemory)
	if passphrase != "" {
		memory += maxScryptMemory
	}
	var inv Inventory
	err := limit.Shared.Do(ctx, memory, func(ctx context.Context) error {
		inv.effort = &effort{ctx: ctx, left: maxRounds}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			inv.readFile(f, passphrase)
		}
		inv.settle()
		return ctx.Err()
	})
	if err != nil {
		return Inventory{}, refusedWork(err)
	}
	return inv, nil
}

// parseMemory is what reading a text of MaxPaste takes, its copies included.
const parseMemory = 24 << 20

// refusedWork turns what limit refuses into a fault; other errors stay.
func refusedWork(err error) error {
	if errors.Is(err, limit.ErrBusy) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.TooMany, "Too many files are being read right now", "Try again in a few seconds.")
	}
	return err
}

// readFile adds what one dropped file holds.
func (inv *Inventory) readFile(f File, passphrase string) {
	had := len(inv.Items)
	if !isArchive(f.Content) {
		inv.read(f, passphrase, false)
		return
	}
	inside, err := openArchive(f)
	if err != nil {
		inv.Items = append(inv.Items, Item{File: baseName(f.Name), Kind: ItemUnknown, Trouble: fault.From(err)})
	}
	for _, entry := range inside {
		inv.read(entry, passphrase, true)
	}
	if len(inv.Items) == had && had <= maxParts {
		name := baseName(f.Name)
		inv.Items = append(inv.Items, Item{File: name, Kind: ItemUnknown, Trouble: problem{"KP-39/archive", name}.fault().In(name)})
	}
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
	had := len(inv.Items)
	inv.Repairs = append(inv.Repairs, repairs(withoutForms(found.repairs), name)...)
	for _, p := range found.parts {
		if len(inv.Items) >= maxParts {
			inv.tooMany(name)
			return
		}
		inv.add(name, p, passphrase)
	}
	if len(inv.Items) == had && !packed { // parameters alone, or a block of no known kind
		why := found.firstTrouble(kindOther)
		if why.none() {
			why = problem{key: "KP-39"}
		}
		inv.Items = append(inv.Items, Item{File: name, Kind: ItemUnknown, Trouble: why.fault().In(name)})
	}
}

// tooMany says that the rest is not read: the work grows with the square of what is.
func (inv *Inventory) tooMany(file string) {
	f := fault.New(fault.TooLarge, fmt.Sprintf("These files contain more than %d certificates and keys", maxParts), "Choose only the ones you need.").In("files")
	f.Cause = "Nothing from " + file + " onwards was read."
	inv.Items = append(inv.Items, Item{File: file, Kind: ItemUnknown, Trouble: f})
}

// withoutForms leaves out the codes that only say in which form a file was: binary files are fine here.
func withoutForms(c codes) codes {
	return slices.DeleteFunc(slices.Clone(c), func(code string) bool { return code == "KP-13" || code == "KP-14" || code == "KP-38" })
}

// add turns one part of a file into items.
func (inv *Inventory) add(file string, p part, passphrase string) {
	item := Item{File: file, Kind: ItemUnknown, out: p.outline}
	if !p.trouble.none() {
		item.Trouble = p.trouble.fault().In(file)
	}
	switch p.kind {
	case kindCertificate:
		item.Kind, item.cert = ItemCertificate, p.cert
	case kindKey:
		item.Kind, item.key = ItemKey, p.key
	case kindEncryptedKey:
		item = inv.unlock(item, p, passphrase)
	case kindPKCS12:
		inv.addStore(file, p, passphrase)
		return
	case kindRequest:
		item.Kind, item.raw = ItemRequest, p.der
		if req, err := x509.ParseCertificateRequest(p.der); err == nil {
			if f := judgeRequest(req); f != nil {
				item.Trouble = f.In(file)
			}
		}
	case kindPublicKey:
		item.Kind, item.Trouble = ItemPublicKey, problem{key: "KP-05"}.fault().In(file)
	case kindForeign:
	default:
		return // parameters and the like
	}
	inv.Items = append(inv.Items, item)
}

// unlock opens an encrypted key.
func (inv *Inventory) unlock(item Item, p part, passphrase string) Item {
	item.Kind, item.Trouble = ItemLockedKey, locked(p.trouble.code(), item.File)
	if passphrase == "" {
		return item
	}
	var err error
	if p.trouble.key == "KP-12" {
		item.key, err = openLegacyPEM(p.dek, p.der, passphrase)
	} else {
		item.key, err = openPKCS8(p.der, passphrase, inv.effort)
	}
	if item.Trouble = unlocking(err, p.trouble, item.File); err == nil || errors.As(err, &errKey{}) {
		item.Kind = ItemKey
	}
	return item
}

// addStore adds what a key store holds, or why it stays shut.
func (inv *Inventory) addStore(file string, p part, passphrase string) {
	item := Item{File: file, Kind: ItemKeyStore, Trouble: p.trouble.fault().In(file)}
	if p.trouble.key == "KP-15" {
		inside, err := openPKCS12(p.der, passphrase, inv.effort)
		for _, x := range inside[:min(len(inside), maxParts)] {
			if err == nil {
				had := len(inv.Items)
				inv.add(file, x.part, passphrase)
				if len(inv.Items) > had {
					inv.Items[had].Alias = x.alias
				}
			}
		}
		if err == nil && len(inside) > 0 {
			return
		}
		if err == nil {
			item.Trouble = problem{"KP-15/empty", file}.fault().In(file)
		} else if item.Trouble = unlocking(err, p.trouble, file); passphrase == "" && errors.Is(err, errPassphrase) {
			item.Trouble = locked("KP-15", file)
		}
	}
	inv.Items = append(inv.Items, item)
}

// locked asks for the passphrase of something.
func locked(code, file string) *fault.Fault {
	f := fault.New(fault.Invalid, file+" is protected by a passphrase", "Enter its passphrase; it is used in memory and not stored.").In("passphrase")
	f.Code = code
	return f
}

// unlocking is why something stays locked, nil when it does not.
func unlocking(err error, trouble problem, file string) *fault.Fault {
	var why errKey
	switch {
	case err == nil:
		return nil
	case errors.As(err, &why):
		return why.fault().In(file)
	case errors.Is(err, errPassphrase):
		f := fault.New(fault.Invalid, "The passphrase does not open "+file, "Enter the passphrase that protects this file.").In("passphrase")
		f.Code = trouble.code()
		return f
	}
	f := trouble.fault().In(file)
	if errors.Is(err, errCostly) {
		f.Title = file + " takes too much work to open"
		f.Cause = fmt.Sprintf("Its key derivation needs more rounds or more memory than is left of the limit: %d rounds and %d MB for all files together.", maxRounds, maxScryptMemory>>20)
		return f
	}
	f.Title = "Onramp does not support the encryption of " + file
	if trouble.code() == "KP-15" {
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
		it.describe()
		if it.cert != nil {
			roles[it.SPKI] = it.Role
		}
	}
	for i := range inv.Items {
		if it := &inv.Items[i]; it.key != nil {
			it.Role = roles[it.SPKI]
		}
	}
	inv.pool = newPool(inv.Certificates()...)
	for _, c := range inv.pool.certs {
		inv.pool.issuersOf(c)
	}
}

// issuers is the pool of the certificates.
func (inv Inventory) issuers() *pool {
	if inv.pool == nil {
		return newPool(inv.Certificates()...)
	}
	return inv.pool
}

// describe fills what is shown of an item.
func (it *Item) describe() {
	var pub crypto.PublicKey
	switch {
	case it.cert != nil:
		c := it.cert
		it.Subject, it.Issuer, it.Fingerprint, it.NotBefore, it.NotAfter = SubjectOf(c), IssuerOf(c), Fingerprint(c), c.NotBefore, c.NotAfter
		it.Serial, it.SANs, it.Role = SerialOf(c), alternativeNames(c), roleOf(c)
		it.KeyType, it.SPKI = keyTypeOfCert(c), spkiOf(c.RawSubjectPublicKeyInfo)
	case it.out != nil:
		o := it.out
		it.Subject, it.Issuer, it.NotBefore, it.NotAfter, it.KeyType = NameText(o.subject), NameText(o.issuer), o.notBefore, o.notAfter, o.keyType
	case it.key != nil:
		pub = it.key.Public()
	case it.raw != nil:
		if r, err := x509.ParseCertificateRequest(it.raw); err == nil {
			s := cryptobyte.String(r.RawSubjectPublicKeyInfo)
			it.Subject, it.SPKI = NameText(r.RawSubject), spkiOf(r.RawSubjectPublicKeyInfo)
			it.KeyType, _ = spkiType(&s)
		}
	}
	if pub != nil {
		it.KeyType, it.SPKI = KeyTypeOf(pub), SPKI(pub)
	}
}

// SerialOf is a certificate's serial number in hex, two digits a byte.
func SerialOf(c *x509.Certificate) string {
	if b := c.SerialNumber.Bytes(); len(b) > 0 {
		return hex.EncodeToString(b)
	}
	return "00"
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
