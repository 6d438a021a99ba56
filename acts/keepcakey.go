package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/fault"
)

// KeepCAKey asks Onramp to keep the CA's key.
type KeepCAKey struct {
	Held               bool // it still waits for its download; else Key
	Key                []byte
	KeyPassphrase      string // of Key
	Passphrase, Repeat string // under which it is kept
}

// KeepCA encrypts the key of the migration's CA under a passphrase and stores it. Faults are Invalid or Conflict, at
// the fields ca_source, ca_key, key_passphrase, passphrase and repeat.
func (k Keys) KeepCA(ctx context.Context, by Actor, id string, req KeepCAKey) (err error) {
	defer unchanged(&err)
	v, err := k.withCertificate(ctx, id)
	if err != nil {
		return err
	}
	var ca certsvc.Issued
	if req.Held {
		if ca, err = k.waiting(caKeyOf(by, id, v.Certificate.LeafFingerprint)); err != nil {
			return fault.Wrap(err, fault.Invalid, "The key is no longer here", "Choose the file that was downloaded.").In("ca_source")
		}
	} else {
		if len(req.Key) == 0 {
			return fault.New(fault.Invalid, "The CA's key is missing", "Paste ca.key, or choose the file.").In("ca_key")
		}
		files := []certsvc.File{{Name: "the key", Content: req.Key}, {Name: certsvc.FileCA, Content: []byte(v.Certificate.CAPEM)}}
		if ca, _, err = certsvc.ReadAuthority(files, req.KeyPassphrase); err != nil {
			names := map[string]string{}
			for _, x := range fault.All(err) {
				names[x.Field] = "ca_key"
			}
			names["passphrase"] = "key_passphrase"
			return fault.Rename(err, names)
		}
	}
	defer clear(ca.Key.Reveal())
	if ca.Fingerprint() != v.Certificate.CAFingerprint {
		x := fault.New(fault.Invalid, "This is the key of another CA: "+certsvc.SubjectOf(ca.Cert), "Give the key of "+v.Certificate.CASubject+".").In("ca_key")
		x.Cause = "The namespace would not accept a client certificate that it signs."
		return x
	}
	return k.o.Keeper.Keep(ctx, by, id, ca, req.Passphrase, req.Repeat)
}
