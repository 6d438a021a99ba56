package handlers

import (
	"context"
	"io"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/views"
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

// authority is the CA that a form names for one signature.
func authority(f form, from acts.CASource) (acts.Authority, error) {
	a := acts.Authority{From: from}
	if from != acts.CAFiles {
		return a, nil
	}
	var err error
	a.Files, err = f.files("ca_files", "ca_text")
	a.Passphrase = f.values.Get("passphrase")
	return a, err
}

// chosenAuthority is authority by the field ca_from.
func chosenAuthority(f form) (acts.Authority, error) {
	from, err := f.pick("ca_from", string(acts.CAFiles), string(acts.CAHeld), string(acts.CAKept))
	if err != nil {
		return acts.Authority{}, err
	}
	return authority(f, acts.CASource(from))
}

// atAuthority puts faults about a CA at the fields of the form that brought it.
func atAuthority(err error, prefix string) error {
	return fault.Rename(err, map[string]string{"passphrase": prefix + "passphrase", "ca_files": prefix + "ca_files"})
}

// caForm offers where the CA's key can come from.
func (h *Handlers) caForm(ctx context.Context, v visit, from string) views.CAForm {
	chosen := acts.CASource(from)
	until, held := h.o.Acts.Keys.Waiting(v.by, v.Migration.ID, caKeyOf(v))
	p := views.CAForm{Sources: []views.Choice{
		{Value: string(acts.CAHeld), Label: "The key that still waits here", Disabled: !held, Reason: "It has been downloaded or forgotten, or was never here.", Selected: held && chosen != acts.CAFiles},
		{Value: string(acts.CAFiles), Label: "Files that I choose now", Hint: "Used in memory for this signature, then forgotten.", Selected: !held || chosen == acts.CAFiles},
	}}
	if held {
		p.Sources[0].Hint = "In memory until " + until.Local().Format("15:04") + ", as long as ca-key.zip is not downloaded."
	}
	s, err := h.o.Acts.Keys.CAStatus(ctx, v.Migration.ID)
	switch {
	case err != nil || !s.Kept || s.CAFingerprint != v.Certificate.CAFingerprint: // nothing to offer
	case s.Open:
		for i := range p.Sources {
			p.Sources[i].Selected = p.Sources[i].Selected && (chosen == acts.CAFiles || chosen == acts.CAHeld)
		}
		p.Sources = append(p.Sources, views.Choice{Value: string(acts.CAKept), Label: "The key kept here", Hint: "Open until " + s.Until.Local().Format("15:04") + ".", Selected: chosen == "" || chosen == acts.CAKept})
	default:
		p.Sources = append(p.Sources, views.Choice{Value: string(acts.CAKept), Label: "The key kept here", Disabled: true, Reason: "It is locked: open it on the page of the CA's private key."})
	}
	return p
}
