package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// CASource says where the CA's key comes from that signs.
type CASource string

// The sources.
const (
	CAHeld  CASource = "held"  // its archive still waits to be downloaded
	CAFiles CASource = "files" // brought for this one act
	CAKept  CASource = "kept"  // kept here encrypted, and open now
)

// Authority is the CA that signs in one act. It is used for that and kept nowhere. Faults are at the fields ca_files
// and passphrase.
type Authority struct {
	From       CASource
	Files      []certsvc.File // of CAFiles: certificate and key in any form
	Passphrase string         // of those files
}

// use lends the CA with its key to work, which keeps nothing of it, and wipes it. Another CA than the migration's is
// refused.
func (d *desk) use(ctx context.Context, by Actor, v migration.View, a Authority, work func(certsvc.Issued) error) error {
	sign := func(ca certsvc.Issued) error {
		if ca.Fingerprint() != v.Certificate.CAFingerprint {
			f := fault.New(fault.Invalid, "This is another CA: "+certsvc.SubjectOf(ca.Cert), "Choose the key of "+v.Certificate.CASubject+", or replace the CA first.").In("ca_files")
			f.Code, f.Cause = "CH-01", "The namespace would not accept a client certificate that it signs."
			return f
		}
		return work(ca)
	}
	switch a.From {
	case CAHeld:
		ca, err := d.waiting(caKeyOf(by, v.Migration.ID, v.Certificate.LeafFingerprint))
		if err != nil {
			f := fault.New(fault.Invalid, "The CA's key is no longer here", "Choose the ca-key.zip that was downloaded.").In("ca_files")
			f.Cause = "It was downloaded, or its time limit passed; Onramp keeps no copy."
			return f
		}
		defer clear(ca.Key.Reveal())
		return sign(ca)
	case CAKept:
		began := false
		err := d.o.Keeper.Use(ctx, by, v.Migration.ID, func(ca certsvc.Issued) error { began = true; return sign(ca) })
		if x := fault.From(err); !began && x != nil && (x.Kind == fault.Conflict || x.Kind == fault.NotFound) {
			err = fault.Wrap(err, fault.Invalid, x.Title, x.Fix).In("ca_files")
		}
		return err
	}
	ca, err := brought(a)
	if err != nil {
		return err
	}
	defer clear(ca.Key.Reveal())
	return sign(ca)
}

// CheckAuthority says what is wrong with a CA that a person brings, nil when it can sign.
func (c Certificates) CheckAuthority(a Authority) error {
	ca, err := brought(a)
	clear(ca.Key.Reveal())
	return err
}

// brought reads a CA that a person brings.
func brought(a Authority) (certsvc.Issued, error) {
	if len(a.Files) == 0 {
		return certsvc.Issued{}, fault.New(fault.Invalid, "The CA is missing", "Choose its certificate and its key, such as ca-key.zip.").In("ca_files")
	}
	ca, _, err := certsvc.ReadAuthority(a.Files, a.Passphrase)
	if err == nil {
		return ca, nil
	}
	names := map[string]string{"passphrase": "passphrase"}
	for _, f := range fault.All(err) {
		if _, ok := names[f.Field]; !ok {
			names[f.Field] = "ca_files"
		}
	}
	return certsvc.Issued{}, fault.Rename(err, names)
}

// waiting reads the CA of an archive that still waits to be downloaded.
func (d *desk) waiting(id custody.Held) (ca certsvc.Issued, err error) {
	err = d.o.Vault.Use(id, func(archive []byte) (err error) {
		ca, _, err = certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
		return err
	})
	return ca, err
}
