package certs

import (
	"context"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/views"
)

// authority is the CA that a form names for one signature.
func authority(f web.Form, from acts.CASource) (acts.Authority, error) {
	a := acts.Authority{From: from}
	if from != acts.CAFiles {
		return a, nil
	}
	var err error
	a.Files, err = f.Files("ca_files", "ca_text")
	a.Passphrase = f.Values.Get("passphrase")
	return a, err
}

// chosenAuthority is authority by the field ca_from.
func chosenAuthority(f web.Form) (acts.Authority, error) {
	from, err := f.Pick("ca_from", string(acts.CAFiles), string(acts.CAHeld), string(acts.CAKept))
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
func (h *Pages) caForm(ctx context.Context, v web.Visit, from string) views.CAForm {
	chosen := acts.CASource(from)
	until, held := h.Acts.Keys.Waiting(v.By, v.Migration.ID, caKeyOf(v))
	p := views.CAForm{Sources: []views.Choice{
		{Value: string(acts.CAHeld), Label: "The key that Onramp still holds", Disabled: !held, Reason: "It was downloaded or forgotten, or was never here.", Selected: held && chosen != acts.CAFiles},
		{Value: string(acts.CAFiles), Label: "Files that I choose", Hint: "Used in memory for this signature, then forgotten.", Selected: !held || chosen == acts.CAFiles},
	}}
	if held {
		p.Sources[0].Hint = "In memory until " + until.Local().Format("15:04") + ", as long as ca-key.zip is not downloaded."
	}
	s, err := h.Acts.Keys.CAStatus(ctx, v.Migration.ID)
	switch {
	case err != nil || !s.Kept || s.CAFingerprint != v.Certificate.CAFingerprint: // nothing to offer
	case s.Open:
		for i := range p.Sources {
			p.Sources[i].Selected = p.Sources[i].Selected && (chosen == acts.CAFiles || chosen == acts.CAHeld)
		}
		p.Sources = append(p.Sources, views.Choice{Value: string(acts.CAKept), Label: "The key kept here", Hint: "Open until " + s.Until.Local().Format("15:04") + ".", Selected: chosen == "" || chosen == acts.CAKept})
	default:
		p.Sources = append(p.Sources, views.Choice{Value: string(acts.CAKept), Label: "The key kept here", Disabled: true, Reason: "It is locked: open it on the CA private key page."})
	}
	return p
}
