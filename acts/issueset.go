package acts

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// Who makes the client's key.
const (
	MakerBrowser = "browser" // the reader's browser; a signing request is given
	MakerServer  = "server"  // Onramp; it leaves once
	MakerRequest = "csr"     // elsewhere; a signing request is given
)

// The lanes that certificates come in by.
const (
	LaneOwnCA  = "own-ca" // a client certificate under a CA that the reader brings
	LaneCSR    = "csr"
	LaneImport = "import" // made elsewhere
)

// IssueSet asks for a CA and a client certificate.
type IssueSet struct {
	Lane string // MakerBrowser, MakerServer, LaneCSR or LaneOwnCA
	// Set is what is asked for; namespace, address and authority are filled in here.
	Set certsvc.SetRequest
	// Authority, where it is set, is a CA that the reader brings in the place of a new one.
	Authority *Authority
	// Lend: Onramp may use the client's key for tests for a while. LentKey is the key where the browser made it.
	Lend    bool
	LentKey []byte
}

// IssueSet makes a CA, unless the reader brings one, and a client certificate under it, and makes them the migration's.
// Keys made here wait for their one download. Faults are Invalid, at the fields of certsvc.IssueSet, lend, ca_files
// and passphrase, or Conflict where workers sign in with an API key.
func (c Certificates) IssueSet(ctx context.Context, by Actor, id string, req IssueSet) (v migration.View, err error) {
	defer unchanged(&err)
	if v, err = c.View(ctx, id); err != nil {
		return v, err
	}
	if err := migration.TakesCertificates(v); err != nil {
		return v, err
	}
	made, err := c.makeSet(by, v, req)
	if err != nil {
		return v, err
	}
	defer made.close()
	v, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SetCertificate(made.data)
		return entry{facts: facts, records: custody.SignedRecords(c.now(), id, req.Lane, made.data.CAFingerprint, made.signed...)}, err
	})
	if err != nil {
		return v, err
	}
	made.publish()
	c.o.CertificatesChanged()
	return v, nil
}

// Recipes make the same certificates with other tools. Errors are those of certsvc.Recipes.
func (c Certificates) Recipes(spec certsvc.CommandSpec) ([]certsvc.Recipe, error) {
	return c.o.Issuer.Recipes(spec)
}

// madeSet is a set that was made and is in nobody's hands yet.
type madeSet struct {
	d       *desk
	by      Actor
	id      string
	set     certsvc.Set
	data    migration.CertificateData
	signed  []*x509.Certificate
	booking *custody.Booking
	files   map[custody.Held]download
	pair    *custody.Lent // to be lent
}

type download struct {
	name    string
	content []byte
}

// makeSet makes a set, packs what will be downloaded and books room for it: nothing after it but the write can fail.
func (d *desk) makeSet(by Actor, v migration.View, req IssueSet) (m *madeSet, err error) {
	set := req.Set
	set.Address = d.Target(v).Address
	if v.Namespace != nil {
		set.Namespace = v.Namespace.Namespace
	}
	if req.Authority != nil {
		own, err := brought(*req.Authority)
		if err != nil {
			_, more := d.o.Issuer.IssueSet(set) // tell all of it at once
			return nil, errors.Join(err, more)
		}
		defer clear(own.Key.Reveal())
		set.Authority = &own
	}
	issued, err := d.o.Issuer.IssueSet(set)
	if err != nil {
		return nil, fault.Rename(err, map[string]string{"ca": "ca_files", "ca_key": "ca_files"})
	}
	id, s := v.Migration.ID, issued.Summary
	m = d.newMade(by, id, issued)
	m.signed, m.data = []*x509.Certificate{issued.Leaf.Cert}, certificateData(req.Lane, issued)
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	practice := v.Migration.Mode.Can().Practice
	if !issued.Leaf.Key.Empty() {
		f, e := packBundle(v, d.Target(v), issued.Bundle())
		if err = m.pack(bundleOf(by, id, s.LeafFingerprint), f, e); err != nil {
			return m, err
		}
	}
	if req.Authority == nil {
		m.signed = []*x509.Certificate{issued.CA.Cert, issued.Leaf.Cert}
		f, e := packCAKey(issued.CA, issued.Namespace, practice)
		if err = m.pack(caKeyOf(by, id, s.LeafFingerprint), f, e); err != nil {
			return m, err
		}
	}
	if err = m.lendWhat(req); err != nil {
		return m, err
	}
	err = m.book() // before the deferred look at it
	return m, err
}

// certificateData are the public facts of a set.
func certificateData(lane string, set certsvc.Set) migration.CertificateData {
	s := set.Summary
	return migration.CertificateData{Lane: lane, CAPEM: string(set.CA.CertPEM), LeafPEM: string(set.Leaf.CertPEM),
		CAFingerprint: s.CAFingerprint, LeafFingerprint: s.LeafFingerprint, CASubject: s.CASubject, LeafSubject: s.LeafSubject,
		KeyType: string(s.LeafKeyType), CANotAfter: s.CANotAfter, LeafNotAfter: s.LeafNotAfter}
}

// newMade is a set of some keys with what will be downloaded of it. Its maker closes it, packs the files, books room
// for them, writes down what was made and hands it out, in this order: nothing after the write can fail.
func (d *desk) newMade(by Actor, id string, set certsvc.Set) *madeSet {
	return &madeSet{d: d, by: by, id: id, set: set, files: map[custody.Held]download{}}
}

// pack adds a download.
func (m *madeSet) pack(held custody.Held, f download, err error) error {
	if err == nil {
		m.files[held] = f
	}
	return err
}

// book books room for all that was packed.
func (m *madeSet) book() (err error) {
	if len(m.files) == 0 {
		return nil
	}
	m.booking, err = m.d.o.Vault.Book(slices.Collect(maps.Keys(m.files))...)
	return err
}

// lendWhat reads the pair that is to be lent.
func (m *madeSet) lendWhat(req IssueSet) error {
	key := req.LentKey
	if !m.set.Leaf.Key.Empty() {
		key = m.set.Leaf.Key.Reveal()
	}
	if !req.Lend || len(key) == 0 {
		return nil
	}
	pair, _, err := m.d.o.Keyring.ReadPair(m.set.Leaf.CertPEM, key)
	if err != nil {
		return fault.Rename(err, map[string]string{certsvc.FieldKey: "lend", certsvc.FieldCertificate: "lend"})
	}
	m.pair = &pair
	return nil
}

// publish hands out what was made, after it was written down. It cannot fail.
func (m *madeSet) publish() { m.publishTo(client(m.by, m.id)) }

// hand is publish of the downloads alone: nothing is lent, and what is lent stays. It cannot fail.
func (m *madeSet) hand() {
	for held, f := range m.files {
		m.booking.Put(held, f.name, f.content)
	}
	m.files = nil
}

// publishTo is publish with the pair lent under a name.
func (m *madeSet) publishTo(lent custody.Held) {
	m.hand()
	if lent.What == heldClient { // a replacement that went on is about nothing now
		m.d.o.Keyring.Forget(successor(m.by, m.id))
	}
	if m.pair == nil {
		m.d.o.Keyring.Forget(lent) // the pair lent before is of another certificate
		return
	}
	m.d.o.Keyring.Lend(lent, *m.pair)
	m.pair = nil
}

// close wipes what was not handed out.
func (m *madeSet) close() {
	m.booking.Close()
	for _, f := range m.files {
		clear(f.content)
	}
	if m.pair != nil {
		clear(m.pair.KeyPEM.Reveal())
	}
	clear(m.set.CA.Key.Reveal())
	clear(m.set.Leaf.Key.Reveal())
}

// packBundle is bundle.zip of a migration, for programs that connect to its target.
func packBundle(v migration.View, at doctor.Target, b certsvc.Bundle) (download, error) {
	b.Rehearsal, b.ServerRootPEM = v.Migration.Mode.Can().Practice, at.ExtraRootsPEM
	var packed bytes.Buffer
	if err := certsvc.WriteBundle(&packed, b); err != nil {
		return download{}, fmt.Errorf("pack the bundle: %w", err)
	}
	return download{certsvc.FormatFile(certsvc.FormatBundle), packed.Bytes()}, nil
}

// packCAKey is ca-key.zip.
func packCAKey(ca certsvc.Issued, namespace string, practice bool) (download, error) {
	var packed bytes.Buffer
	if err := certsvc.WriteCAKeyArchive(&packed, ca, namespace, practice); err != nil {
		return download{}, fmt.Errorf("pack the CA's key: %w", err)
	}
	return download{"ca-key.zip", packed.Bytes()}, nil
}
