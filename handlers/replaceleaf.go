package handlers

import (
	"bytes"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
)

// replaceLeaf is gate 2: the client certificate under the new CA, in the lanes of step 2.
func (h *Handlers) replaceLeaf(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "certificates", func(v migration.View, sent form, f *replaceFields) error {
		re := v.Replacement()
		if !re.Open() || !re.Reached(migration.GateLeaf) {
			return fault.New(fault.Conflict, "There is no new CA yet", "Make it first: gate 1.")
		}
		if re.New != nil {
			return fault.New(fault.Conflict, "The new client certificate is there already", "Roll gate 2 back to make another.")
		}
		cas, _, err := certsvc.ReadCertificates([]byte(re.NewCA.PEM))
		if err != nil {
			return err
		}
		m := v.Migration.ID
		if f.lane == laneImport {
			leaf, err := h.importLeaf(f.leafPEM, re)
			if err != nil {
				return err
			}
			_, err = h.o.Migrations.SetNewLeaf(r.Context(), m, leafData(laneImport, re, leaf))
			return rename(err, map[string]string{"leaf": "leaf_pem"})
		}
		ca, err := h.newSigner(v, re, sent)
		if err != nil {
			return err
		}
		defer clear(ca.Key.Reveal())
		days, err := daysOf("leaf_days", f.leafDays)
		if err != nil {
			return err
		}
		spec := certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)}
		lane := makerBrowser
		var leaf certsvc.Issued
		switch {
		case f.lane == laneCSR || f.maker == makerBrowser:
			if f.lane == laneCSR {
				lane = laneCSR
			}
			if strings.TrimSpace(f.csr) == "" {
				return fault.New(fault.Invalid, "The signing request is missing", "Paste it, or let this browser or Onramp make the key.").In("csr")
			}
			leaf, err = h.o.Certs.Sign(ca, []byte(f.csr), spec)
		default:
			lane = makerServer
			leaf, err = h.o.Certs.Leaf(ca, spec)
		}
		if err != nil {
			return rename(err, map[string]string{"days": "leaf_days", "organizational_unit": "organization", "dns_names": "common_name", "ca": "ca_key", "": "common_name"})
		}
		if err := errors.Join(lintErrors(certsvc.LintLeaf([]*x509.Certificate{leaf.Cert}, cas, h.o.Now()), "common_name")...); err != nil {
			return err
		}
		if err := h.signed(r.Context(), v, lane, re.NewCA.Fingerprint, leaf.Cert); err != nil {
			return err
		}
		if _, err := h.o.Migrations.SetNewLeaf(r.Context(), m, leafData(lane, re, leaf)); err != nil {
			return rename(err, map[string]string{"leaf": "common_name"})
		}
		return h.handOut(v, re, leaf, sent, f)
	})
}

// handOut puts a key that was made here into its one download, and lends what is to be lent.
func (h *Handlers) handOut(v migration.View, re *migration.Replacement, leaf certsvc.Issued, sent form, f *replaceFields) error {
	m := v.Migration.ID
	lent := []byte(sent.values.Get("lent_key"))
	f.browserKey = f.maker == makerBrowser && f.lane != laneCSR
	if !leaf.Key.Empty() {
		b := certsvc.Bundle{Address: h.target(v).Address, CAPEM: []byte(re.NewCA.PEM), ClientPEM: leaf.CertPEM, ClientKey: leaf.Key,
			Rehearsal: v.Migration.Mode == migration.Rehearsal}
		if v.Namespace != nil {
			b.Namespace = v.Namespace.Namespace
		}
		var packed bytes.Buffer
		if err := certsvc.WriteBundle(&packed, b); err != nil {
			return err
		}
		if err := h.o.Vault.Put(bundleID(withLeaf(v, leaf.Fingerprint())), "bundle.zip", packed.Bytes()); err != nil {
			return err
		}
		lent = leaf.Key.Reveal()
	}
	if !f.lend || len(lent) == 0 {
		return nil
	}
	_, _, err := h.o.Keyring.Lend(newRing(m), leaf.CertPEM, lent)
	return rename(err, map[string]string{certsvc.FieldKey: "lend", certsvc.FieldCertificate: "lend"})
}

// newSigner is the CA that signs the new leaf, with its key, for one request: as the form brings it, else from the
// archive that still waits for its download, else from custody while it is unsealed.
func (h *Handlers) newSigner(v migration.View, re *migration.Replacement, sent form) (certsvc.Issued, error) {
	want := re.NewCA.Fingerprint
	var ca certsvc.Issued
	var err error
	if key := sent.bytes("ca_key", "ca_key_file"); len(key) > 0 {
		ca, _, err = certsvc.ReadAuthority([]certsvc.File{{Name: certsvc.FileCA, Content: []byte(re.NewCA.PEM)}, {Name: certsvc.FileCAKey, Content: key}},
			sent.values.Get("ca_passphrase"))
		if err != nil {
			return ca, fault.From(err).In("ca_key")
		}
		return ca, nil
	}
	for _, id := range h.waitingKeys(v, re) {
		err = h.o.Vault.Use(id, func(archive []byte) (err error) {
			ca, _, err = certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
			return err
		})
		if err == nil && ca.Fingerprint() == want {
			return ca, nil
		}
	}
	if s, err := h.o.Custody.Status(sent.r.Context(), v.Migration.ID); err == nil && s.Kept && s.CAFingerprint == want {
		if ca, err = h.o.Custody.Borrow(sent.r.Context(), v.Migration.ID); err == nil && ca.Fingerprint() == want {
			return ca, nil
		}
	}
	return certsvc.Issued{}, fault.New(fault.Invalid, "The key of the CA is missing", "Paste ca.key, or choose the file. It signs this one certificate and is forgotten.").In("ca_key")
}

// waitingKeys are the downloads that may hold the key of the CA that signs.
func (h *Handlers) waitingKeys(v migration.View, re *migration.Replacement) []string {
	var out []string
	for _, id := range []string{newCAKeyID(v.Migration.ID, re.NewCA.Fingerprint), caKeyID(v)} {
		if _, ok := h.o.Vault.Waiting(id); ok && (id != caKeyID(v) || re.What == migration.ReplaceLeaf) {
			out = append(out, id)
		}
	}
	return out
}

// withLeaf is a migration as it will be with another client certificate: the vault's ids follow it.
func withLeaf(v migration.View, leaf string) migration.View {
	v.Certificate = &migration.CertificateData{LeafFingerprint: leaf}
	return v
}

// importLeaf reads a client certificate that another PKI issued under the new CA.
func (h *Handlers) importLeaf(text string, re *migration.Replacement) (certsvc.Issued, error) {
	chain, _, err := certsvc.ReadCertificates([]byte(text))
	if err != nil {
		return certsvc.Issued{}, fault.From(err).In("leaf_pem")
	}
	if strings.Contains(text, "PRIVATE KEY") {
		f := fault.New(fault.Invalid, "A private key is among the certificates", "Paste certificates only. Nothing was stored.").In("leaf_pem")
		f.Code = "IN-16"
		return certsvc.Issued{}, f
	}
	cas, _, err := certsvc.ReadCertificates([]byte(re.NewCA.PEM))
	if err != nil {
		return certsvc.Issued{}, err
	}
	if err := errors.Join(lintErrors(certsvc.LintLeaf(chain, cas, h.o.Now()), "leaf_pem")...); err != nil {
		return certsvc.Issued{}, err
	}
	return certsvc.Issued{Cert: chain[0], CertPEM: []byte(pemText(chain...))}, nil
}

// leafData are the public facts of a new client certificate.
func leafData(lane string, re *migration.Replacement, leaf certsvc.Issued) migration.CertificateData {
	return migration.CertificateData{Lane: lane, CAPEM: re.NewCA.PEM, LeafPEM: string(leaf.CertPEM), CAFingerprint: re.NewCA.Fingerprint,
		LeafFingerprint: leaf.Fingerprint(), CASubject: re.NewCA.Subject, LeafSubject: certsvc.SubjectOf(leaf.Cert),
		KeyType: string(certsvc.KeyTypeOf(leaf.Cert.PublicKey)), CANotAfter: re.NewCA.NotAfter, LeafNotAfter: leaf.Cert.NotAfter}
}
