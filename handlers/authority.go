package handlers

import (
	"context"
	"io"
	"strings"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// Where the CA's key for a signature comes from: the values of the field ca_from.
const (
	caHeld  = "held"  // its archive still waits to be downloaded
	caFiles = "files" // dropped or pasted, for this signature
	caKept  = "kept"  // kept here encrypted, and open now
)

// maxFiles bounds the files of one form.
const maxFiles = 50

// files are the uploaded files of a name, then what was pasted, in memory only.
func (f form) files(upload, paste string) ([]certsvc.File, error) {
	var out []certsvc.File
	if f.r.MultipartForm != nil {
		sent := f.r.MultipartForm.File[upload]
		if len(sent) > maxFiles {
			return nil, fault.New(fault.Invalid, "These are too many files", "Choose those that matter, 50 at most.").In(upload)
		}
		for _, file := range sent {
			if file.Size == 0 {
				continue
			}
			in, err := file.Open()
			if err != nil {
				return nil, err // it is in memory: this cannot fail
			}
			b, err := io.ReadAll(in)
			_ = in.Close()
			if err != nil {
				return nil, err
			}
			out = append(out, certsvc.File{Name: file.Filename, Content: b})
		}
	}
	if text := f.values.Get(paste); strings.TrimSpace(text) != "" {
		out = append(out, certsvc.File{Name: "pasted text", Content: []byte(text)})
	}
	return out, nil
}

// brought is the CA that a form brings: files and pasted text in any order and form. It is used for one request
// and kept nowhere. Faults are at prefix+ca_files or prefix+passphrase.
func brought(f form, prefix string) (certsvc.Issued, error) {
	files, err := f.files("ca_files", "ca_text")
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, "The CA is missing", "Choose its certificate and its key, such as ca-key.zip.")
	}
	var ca certsvc.Issued
	if err == nil {
		ca, _, err = certsvc.ReadAuthority(files, f.values.Get("passphrase"))
	}
	if err != nil {
		return certsvc.Issued{}, atAuthority(err, prefix)
	}
	return ca, nil
}

// atAuthority puts faults about a CA at the fields of the form that brought it.
func atAuthority(err error, prefix string) error {
	names := map[string]string{"passphrase": prefix + "passphrase"}
	for _, f := range fault.All(err) {
		if _, ok := names[f.Field]; !ok {
			names[f.Field] = prefix + "ca_files"
		}
	}
	return rename(err, names)
}

// signer is the CA of a migration with its key, for one request: from the archive that still waits, or as the form
// brings it. Another CA than the migration's is refused.
func (h *Handlers) signer(v migration.View, f form, prefix string) (certsvc.Issued, error) {
	from, err := f.pick("ca_from", caFiles, caHeld, caKept)
	if err != nil {
		return certsvc.Issued{}, err
	}
	var ca certsvc.Issued
	if from == caHeld {
		err = h.o.Vault.Use(caKeyID(v), func(archive []byte) (err error) {
			ca, _, err = certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
			return err
		})
		if err != nil {
			f := fault.New(fault.Invalid, "The CA's key is not here any more", "Choose the ca-key.zip that was downloaded.").In(prefix + "ca_files")
			f.Cause = "It left with its download, or its time was over; no copy is kept."
			return certsvc.Issued{}, f
		}
	} else if from == caKept {
		if ca, err = h.o.Custody.Borrow(f.r.Context(), v.Migration.ID); err != nil {
			if x := fault.From(err); x.Kind == fault.Conflict || x.Kind == fault.NotFound {
				err = fault.Wrap(err, fault.Invalid, x.Title, x.Fix).In(prefix + "ca_files")
			}
			return certsvc.Issued{}, err
		}
	} else if ca, err = brought(f, prefix); err != nil {
		return certsvc.Issued{}, err
	}
	if ca.Fingerprint() != v.Certificate.CAFingerprint {
		f := fault.New(fault.Invalid, "This is another CA: "+certsvc.SubjectOf(ca.Cert), "Choose the key of "+v.Certificate.CASubject+", or replace the CA first.").In(prefix + "ca_files")
		f.Code, f.Cause = "CH-01", "The namespace would not know a client that it signs."
		return certsvc.Issued{}, f
	}
	return ca, nil
}

// caForm offers where the CA's key can come from.
func (h *Handlers) caForm(ctx context.Context, v migration.View, chosen string) views.CAForm {
	until, held := h.o.Vault.Waiting(caKeyID(v))
	p := views.CAForm{Sources: []views.Choice{
		{Value: caHeld, Label: "The key that still waits here", Disabled: !held, Reason: "It has been downloaded or forgotten, or was never here.", Selected: held && chosen != caFiles},
		{Value: caFiles, Label: "Files that I choose now", Hint: "Used in memory for this signature, then forgotten.", Selected: !held || chosen == caFiles},
	}}
	if held {
		p.Sources[0].Hint = "In memory until " + until.Local().Format("15:04") + ", as long as ca-key.zip is not downloaded."
	}
	s, err := h.o.Custody.Status(ctx, v.Migration.ID)
	switch {
	case err != nil || !s.Kept || s.CAFingerprint != v.Certificate.CAFingerprint: // nothing to offer
	case s.Open:
		for i := range p.Sources {
			p.Sources[i].Selected = p.Sources[i].Selected && (chosen == caFiles || chosen == caHeld)
		}
		p.Sources = append(p.Sources, views.Choice{Value: caKept, Label: "The key kept here", Hint: "Open until " + s.Until.Local().Format("15:04") + ".", Selected: chosen == "" || chosen == caKept})
	default:
		p.Sources = append(p.Sources, views.Choice{Value: caKept, Label: "The key kept here", Disabled: true, Reason: "It is locked: open it on the page of the CA's private key."})
	}
	return p
}
