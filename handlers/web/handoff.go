package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/snippet"
	"onramp/views"
)

// Handoff is what a Cloud admin is asked to do for a migration: to add caPEM to its namespace, or where workers sign in
// with an API key, to make one. A Conflict fault while the namespace, or the CA certificate, is not there.
// base is the portal's own address, as the reader knows it (Base): a rehearsal's namespace is edited there.
func (h *Site) Handoff(base string, v Visit, caPEM string) (views.HandoffProps, error) {
	if v.Namespace == nil {
		return views.HandoffProps{}, fault.New(fault.Conflict, "There is nothing to hand off yet", "Choose the namespace first: step 1.")
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	if err != nil {
		return views.HandoffProps{}, err
	}
	p := views.HandoffProps{Rehearsal: v.Migration.Mode.Can().Practice, Made: h.Now().UTC().Format("2 Jan 2006, 15:04 UTC")}
	if UsesKeys(v) {
		keyHandoff(&p, v, id)
	} else if err := caHandoff(&p, v, id, caPEM); err != nil {
		return p, err
	}
	if p.Rehearsal {
		p.Link = views.Link{Text: "Open the rehearsal cloud", URL: base + CloudPath(id.String()) + "?m=" + v.Migration.ID}
		p.Steps[0] = "On the machine where Onramp runs, open the namespace " + id.String() + " in the rehearsal cloud."
		p.Unverified = nil
		if UsesKeys(v) {
			p.Steps = append(p.Steps[:1:1], "Under API keys, create a key. It may write to this namespace and to no other.", p.Steps[len(p.Steps)-1])
		}
	}
	return p, nil
}

// caHandoff asks for a CA certificate to be added.
func caHandoff(p *views.HandoffProps, v Visit, id namespace.ID, caPEM string) error {
	cas, _, err := certsvc.ReadCertificates([]byte(caPEM))
	if err != nil || len(cas) == 0 {
		return fault.New(fault.Conflict, "There is no CA certificate to hand off yet", "Create certificates first, or import the CA certificate: step 2.")
	}
	ns := id.String()
	p.File, p.PEM = id.Name+"-ca.pem", caPEM
	p.Task = "Add one CA certificate to " + ns
	if len(cas) > 1 {
		p.Task = fmt.Sprintf("Add %d CA certificates to %s", len(cas), ns)
	}
	p.Ask = fmt.Sprintf("The workers of “%s” sign in to the namespace %s with client certificates that this CA signed. Please add its certificate to the namespace.", v.Migration.Name, ns)
	p.Needs = "This needs Namespace Admin on " + ns + "; a Global Admin or an Account Owner has it too. The Write permission is not enough."
	p.Link = views.Link{Text: "Open " + ns + " in the Temporal Cloud UI", URL: "https://cloud.temporal.io/namespaces/" + ns}
	p.Steps = []string{"Open the namespace " + ns + ".", "Choose Edit.",
		"Under CA Certificates, paste the certificate below the last END CERTIFICATE line. Leave the certificates that are there.", "Choose Save."}
	for _, c := range cas {
		p.Facts = append(p.Facts, views.Pair{Name: "Subject", Value: certsvc.SubjectOf(c)},
			views.Pair{Name: "SHA-256 fingerprint", Value: Grouped(certsvc.Fingerprint(c))},
			views.Pair{Name: "SHA-1, by which tcld names it", Value: certsvc.TcldFingerprint(c)},
			views.Pair{Name: "Expires", Value: c.NotAfter.UTC().Format("2 Jan 2006, 15:04 UTC")})
	}
	p.Facts = append(p.Facts, views.Pair{Name: "Namespace", Value: ns})
	p.Compare = "Compare the fingerprint with the team over a different channel from the one this file came by. In a terminal: openssl x509 -in " + p.File + " -noout -fingerprint -sha256"
	p.Commands = handoffCommands(snippet.AddCA(ns, p.File))
	p.Changes = []string{"From then on the namespace also accepts client certificates that this CA signed."}
	p.Stays = []string{"Adding a CA certificate cuts nobody off: every client that connects today still connects.",
		"This is a public certificate. No private key is in it, and none is asked for.",
		"A namespace holds at most 16 CA certificates, 32 KB of them. One that has expired there blocks every change: then replace the list with tcld namespace accepted-client-ca set.",
		"If the namespace has certificate filters, one of them must match this team’s client certificate too.",
		"To undo it, remove this certificate from the list."}
	p.Then = "Then tell the team that it is done. They run a check, which shows whether the namespace accepts it."
	p.Unverified = []string{"The names in the Temporal Cloud UI come from Temporal’s documentation; they may have changed since.",
		"The commands follow the sources of tcld (July 2026), temporal cloud (August 2026) and the Terraform provider (June 2026). They were not run against a live account."}
	return nil
}

// keyHandoff asks for a service account and its key.
func keyHandoff(p *views.HandoffProps, v Visit, id namespace.ID) {
	ns := id.String()
	p.Task = "Make an API key for " + ns
	p.Ask = fmt.Sprintf("The workers of “%s” sign in to the namespace %s with an API key. Please create a service account for this namespace only, and a key for it.", v.Migration.Name, ns)
	p.Needs = "This needs Namespace Admin on " + ns + "; a Global Admin or an Account Owner has it too."
	p.Link = views.Link{Text: "Open API keys in the Temporal Cloud UI", URL: "https://cloud.temporal.io/settings/api-keys"}
	p.Steps = []string{"Open the namespace " + ns + ": its authentication must allow API keys.",
		"Create a service account that is scoped to this namespace, with the permission Write. Read is not enough for a worker.",
		"Create an API key for that service account. It expires after two years at most.",
		"The key is shown once. Store it with the team’s secrets; never send it by email or chat."}
	p.Facts = []views.Pair{{Name: "Namespace", Value: ns}, {Name: "Permission", Value: "Write, on this namespace only"}}
	p.Commands = handoffCommands(snippet.MakeAPIKey(ns, v.Migration.ID+"-worker"))
	p.Changes = []string{"A new service account may work in this namespace, and in no other."}
	p.Stays = []string{"Other clients, keys and permissions stay as they are.",
		"A namespace takes either client certificates or API keys; both at once only on request to Temporal. Do not switch while clients use the other method: switching ends their connections.",
		"The key itself is never in this file. To undo it, delete the key."}
	p.Then = "Tell the team where the key is stored. They provide it to Onramp for a check, which does not keep it."
	p.Unverified = []string{"The names in the Temporal Cloud UI come from Temporal’s documentation; they may have changed since.",
		"The commands follow the sources of tcld (July 2026), temporal cloud (August 2026) and the Terraform provider (June 2026). They were not run against a live account."}
}

func handoffCommands(cs []snippet.AdminCommand) []views.HandoffCommand {
	out := make([]views.HandoffCommand, 0, len(cs))
	for _, c := range cs {
		out = append(out, views.HandoffCommand{ID: c.ID, Tool: c.Tool, Text: c.Text, Notes: c.Notes})
	}
	return out
}

// HandoffOffer is the part of a page that offers the hand-off at path; nil where there is nothing to hand off.
func (h *Site) HandoffOffer(base string, v Visit, caPEM, path string) *views.HandoffOffer {
	p, err := h.Handoff(base, v, caPEM)
	if err != nil {
		return nil
	}
	return &views.HandoffOffer{Lead: "One file holds everything a Cloud admin needs: what to add where, and how. It opens in any browser and makes no network request.",
		File: views.Link{Text: "Download the hand-off file", URL: path + ".html"}, Mail: views.HandoffMail(p),
		Text: views.CodeBlockProps{ID: "handoff-text", Name: "Message", Text: views.HandoffText(p), Raw: path + ".txt", TestID: "handoff-text"}}
}

// SendHandoff answers with the hand-off as a file: a page (html), or the plain text to read.
func (h *Site) SendHandoff(w http.ResponseWriter, r *http.Request, v Visit, caPEM string) error {
	p, err := h.Handoff(h.Base(r), v, caPEM)
	if err != nil {
		return err
	}
	if strings.HasSuffix(r.URL.Path, ".txt") {
		return Send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(views.HandoffText(p)))
	}
	var page bytes.Buffer
	if err := views.WriteHandoff(r.Context(), &page, p); err != nil {
		return err
	}
	name, _, _ := strings.Cut(v.Namespace.Namespace, ".")
	if p.Rehearsal {
		name += "-rehearsal"
	}
	return SendFile(w, r, "text/html; charset=utf-8", "handoff-"+name+".html", page.Bytes())
}

// CAOf is the CA certificate of a migration, "" where it is not known.
func CAOf(v migration.View) string {
	if v.Certificate == nil {
		return ""
	}
	return v.Certificate.CAPEM
}
