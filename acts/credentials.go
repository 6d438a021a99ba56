package acts

import (
	"errors"
	"strings"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// Credentials are what a person gives to connect with, for one act. Faults are at the fields key_source, cert_pem,
// key_pem and api_key.
type Credentials struct {
	Lent bool // the key that is lent; else what follows
	// CertPEM may be left out where the migration's own certificate is known.
	CertPEM, KeyPEM []byte
	// CertPath and KeyPath name the files that both were read from, InputFaults what was wrong with those.
	CertPath, KeyPath string
	InputFaults       []doctor.Finding
	APIKey            string
}

// maxAPIKey bounds an API key, in bytes.
const maxAPIKey = 64 << 10

// with fills a target with credentials.
func (d *desk) with(by Actor, v migration.View, c Credentials, t *doctor.Target) error {
	switch {
	case v.Migration.Auth == cloud.AuthAPIKey:
		return withAPIKey(c.APIKey, t)
	case c.Lent:
		if !d.lend(by, v, t) {
			return fault.New(fault.Invalid, "Onramp no longer has the key", "Choose another way to provide the key, or let Onramp use it again in step 2.").In("key_source")
		}
		return nil
	case c.CertPath != "" || c.KeyPath != "":
		t.CertPEM, t.KeyPEM, t.CertPath, t.KeyPath, t.InputFaults = c.CertPEM, c.KeyPEM, c.CertPath, c.KeyPath, c.InputFaults
		return nil
	}
	if len(c.CertPEM) == 0 && v.Certificate != nil {
		c.CertPEM = []byte(v.Certificate.LeafPEM)
	}
	var missing []error
	if len(c.CertPEM) == 0 {
		missing = append(missing, fault.New(fault.Invalid, "The client certificate is missing", "Paste client.pem, or choose the file.").In("cert_pem"))
	}
	if len(c.KeyPEM) == 0 {
		missing = append(missing, fault.New(fault.Invalid, "The private key is missing", "Paste client.key, or choose the file.").In("key_pem"))
	}
	t.CertPEM, t.KeyPEM = c.CertPEM, c.KeyPEM
	return errors.Join(missing...)
}

func withAPIKey(key string, t *doctor.Target) error {
	key = strings.TrimRight(key, "\r\n")
	switch {
	case strings.TrimSpace(key) == "":
		return fault.New(fault.Invalid, "The API key is missing", "Paste the key. It is used for this run and forgotten.").In("api_key")
	case len(key) > maxAPIKey:
		return fault.New(fault.Invalid, "This is too long for an API key", "Paste only the key.").In("api_key")
	}
	t.APIKey = key
	return nil
}

// readable reports files of the key that could not be read: only a check has a stage that could show them.
func readable(t doctor.Target) error {
	if len(t.InputFaults) == 0 {
		return nil
	}
	bad := fault.New(fault.Invalid, t.InputFaults[0].Text, "Choose files that Onramp may read, or paste the key.").In("key_source")
	bad.Code = t.InputFaults[0].Code
	return bad
}

// What is held in memory for a person and a migration.
const (
	heldClient = ""    // the lent pair that workers present
	heldNew    = "new" // the one that takes its place, while a replacement goes on
)

func bundleOf(by Actor, m, leaf string) custody.Held     { return by.Holds(m, "bundle:"+leaf) }
func caKeyOf(by Actor, m, leaf string) custody.Held      { return by.Holds(m, "ca-key:"+leaf) }
func newCAKeyOf(by Actor, m, ca string) custody.Held     { return by.Holds(m, "replace-ca-key:"+ca) }
func client(by Actor, m string) custody.Held             { return by.Holds(m, heldClient) }
func successor(by Actor, m string) custody.Held          { return by.Holds(m, heldNew) }
func (d *desk) lent(h custody.Held) (custody.Lent, bool) { return d.o.Keyring.Get(h) }

// lend fills a target with the pair that the actor lent; false when none is lent.
func (d *desk) lend(by Actor, v migration.View, t *doctor.Target) bool {
	lent, ok := d.lent(client(by, v.Migration.ID))
	if ok {
		t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
	}
	return ok
}

// pair fills a target with the old or the new pair of a replacement. The certificate must be the one that is to be
// proven.
func (d *desk) pair(by Actor, v migration.View, fresh bool, c Credentials, t *doctor.Target) error {
	re := v.Replacement()
	if re == nil || re.New == nil {
		return fault.New(fault.Conflict, "There is no new client certificate to check", "Create it first: step 2 of the replacement.")
	}
	cert, held := re.Old, client(by, v.Migration.ID)
	if fresh {
		cert, held = *re.New, successor(by, v.Migration.ID)
	}
	switch {
	case c.Lent:
		for _, h := range []custody.Held{held, client(by, v.Migration.ID)} { // after the end the new pair lies where the old one did
			if lent, ok := d.lent(h); ok && certsvc.Fingerprint(lent.Leaf) == cert.LeafFingerprint {
				t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
				return nil
			}
		}
		return fault.New(fault.Invalid, "Onramp may not use the key of this certificate now", "Paste it, or name its file.").In("key_source")
	case c.CertPath != "" || c.KeyPath != "":
		t.CertPEM, t.KeyPEM, t.CertPath, t.KeyPath, t.InputFaults = c.CertPEM, c.KeyPEM, c.CertPath, c.KeyPath, c.InputFaults
		chain, _, err := certsvc.ReadCertificates(t.CertPEM)
		if err == nil && certsvc.Fingerprint(chain[0]) != cert.LeafFingerprint {
			return fault.New(fault.Invalid, "This file contains a different client certificate", "Use the one of "+cert.LeafSubject+", "+short(cert.LeafFingerprint)+".").In("cert_path")
		}
		return nil
	}
	t.CertPEM, t.KeyPEM = []byte(cert.LeafPEM), c.KeyPEM
	if len(t.KeyPEM) == 0 {
		return fault.New(fault.Invalid, "The private key is missing", "Paste client.key, or choose the file.").In("key_pem")
	}
	return nil
}

// short is the beginning of a fingerprint in groups of four, as pages show it.
func short(fingerprint string) string {
	if len(fingerprint) < 12 {
		return fingerprint
	}
	return fingerprint[:4] + " " + fingerprint[4:8] + " " + fingerprint[8:12] + " …"
}
