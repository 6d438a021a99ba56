package certs

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// keys is what can still be done with the private keys; nil when no key was ever here.
func (h *Pages) keys(v web.Visit, inBrowser bool) *views.KeysProps {
	c := v.Certificate
	if c == nil {
		return nil
	}
	p := &views.KeysProps{Migration: v.Migration.ID, Browser: inBrowser, Next: web.NextLink(v.View, migration.StepCertificates)}
	lent, isLent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
	if isLent && certsvc.Fingerprint(lent.Leaf) == c.LeafFingerprint {
		p.Lent, p.LentText = true, "Onramp may use the key until "+lent.Until.Local().Format("15:04")
	}
	p.CanLend = inBrowser && !p.Lent
	var first time.Time
	for _, file := range []struct {
		d   acts.Download
		has *bool
	}{{bundleOf(v), &p.Bundle}, {caKeyOf(v), &p.CAKey}} {
		if until, ok := h.Acts.Keys.Waiting(v.By, v.Migration.ID, file.d); ok {
			*file.has = true
			if first.IsZero() || until.Before(first) {
				first = until
			}
		}
	}
	if !first.IsZero() {
		left := max(1, int(first.Sub(h.Now()).Minutes()+0.5))
		p.Countdown = "Onramp forgets these keys in " + web.Many(left, "minute", "minutes") + "."
	}
	switch {
	case p.Bundle || p.CAKey || inBrowser:
	case c.Lane == web.LaneImport:
		if !p.Lent {
			return nil
		}
	default:
		p.Gone = "A private key made by Onramp can be downloaded once, or is wiped after a few minutes. If you do not have yours, create the certificates again."
	}
	return p
}

// toolCommands make the same certificates with other tools, with the reader's names; nothing leaves the machine.
// Names that make no certificate are left to the form, which says why.
func (h *Pages) toolCommands(v web.Visit, f web.CertFields) []views.CodeBlockProps {
	if !f.Sent {
		f = h.Fresh(v.View, f)
	}
	req, _ := web.SetRequest(f) // a request that is missing matters to the form alone
	recipes, err := h.Acts.Certificates.Recipes(certsvc.CommandSpec{CA: req.CA, Leaf: req.Leaf})
	if err != nil && f.Sent {
		return h.toolCommands(v, web.CertFields{Lane: f.Lane})
	}
	var out []views.CodeBlockProps
	for _, r := range recipes {
		var text strings.Builder
		for _, s := range r.Steps {
			fmt.Fprintf(&text, "# %s\n%s\n", s.Text, s.Command)
		}
		fmt.Fprintf(&text, "# Upload %s; workers get %s and %s\n", r.Upload, r.Cert, r.Key)
		for _, n := range r.Notes {
			fmt.Fprintf(&text, "# %s\n", n)
		}
		out = append(out, views.CodeBlockProps{ID: "tool-" + string(r.Tool), Name: string(r.Tool), Lang: "bash", Values: []string{req.Leaf.CommonName}, Text: text.String()})
	}
	return out
}

// certTwin makes the same in a terminal.
func certTwin(v web.Visit) views.CodeBlockProps {
	name := v.Migration.ID
	if v.Namespace != nil {
		name, _, _ = strings.Cut(v.Namespace.Namespace, ".")
	}
	org := web.ShellWord(v.Migration.Name)
	return views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: fmt.Sprintf("onramp cert ca --cn %s --org %s --days 365 --out .\nonramp cert leaf --ca ca.pem --ca-key ca.key --cn %s --org %s --out .",
		web.ShellWord(name+" CA"), org, web.ShellPlain(name), org)}
}

// Unsaved warns who goes on while a key waits to be saved; where none does, it leads on.
func (h *Pages) Unsaved(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	next := web.NextLink(v.View, migration.StepCertificates)
	keys := h.keys(v, false)
	if keys == nil || !keys.Bundle && !keys.CAKey {
		return web.SeeOther(w, r, next.URL, "")
	}
	p := views.UnsavedProps{Keys: *keys, Next: &views.Link{Text: "Continue without saving", URL: next.URL, TestID: "continue"}}
	p.Keys.Warned = true
	if keys.Bundle {
		p.Lost = append(p.Lost, "bundle.zip with client.key: your workers need it in step 5, and without it you must create the certificates again.")
	}
	if keys.CAKey {
		p.Lost = append(p.Lost, "ca-key.zip with ca.key: only with it can you sign more client certificates under this CA.")
	}
	return h.Page(w, r, http.StatusOK, views.UnsavedPage(h.Frame(r, "Save the key first", "migrations", &v, migration.StepCertificates), p))
}
