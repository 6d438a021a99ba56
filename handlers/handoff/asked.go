package handoff

import (
	"fmt"
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// This file says what each task asks for, where and how.

// taskText is what a link asks for, in a line.
func taskText(_ web.Visit, one migration.Handoff) string {
	switch one.Task {
	case migration.TaskFilters:
		return "Set the certificate filters of " + one.Namespace
	case migration.TaskRemoveCA:
		return "Remove one CA certificate from " + one.Namespace
	}
	return "Add one CA certificate to " + one.Namespace
}

// askText says whose request it is.
func askText(h *web.Site, r *http.Request, v web.Visit, one migration.Handoff) string {
	what := "add the CA certificate of “%s” to the namespace %s."
	switch one.Task {
	case migration.TaskFilters:
		what = "set the certificate filters for the workers of “%s” in the namespace %s."
	case migration.TaskRemoveCA:
		what = "remove the old CA certificate of “%s”, which was replaced, from the namespace %s."
	}
	return maker(r.Context(), h, v, one) + " asks you to " + fmt.Sprintf(what, v.Migration.Name, one.Namespace)
}

// seenText is what Onramp saw when a task was done.
var seenText = map[string]string{migration.TaskUpload: "accepted", migration.TaskFilters: "the filters were there", migration.TaskRemoveCA: "the old CA certificate was gone"}

// waitText says what happens after the answer Done.
func waitText(x acts.HandoffVisit, looks bool) string {
	switch {
	case x.Handoff.Task == migration.TaskRemoveCA:
		return "Their next check with the old client certificate shows it, and this page tells."
	case x.Handoff.Task == migration.TaskFilters && !looks:
		return "Onramp cannot see filters in Temporal Cloud without a key of theirs: they look."
	case x.Handoff.Task == migration.TaskFilters:
		return "This page tells when Onramp has seen the filters."
	}
	return "This page tells when Onramp has seen the CA certificate accepted."
}

// asked fills in what the page shows of the task.
func (h *Guests) asked(r *http.Request, x acts.HandoffVisit, p *views.HandoffTaskProps) error {
	v := web.Visit{View: x.View, By: x.By}
	ns := x.Handoff.Namespace
	here := x.Migration.Mode.Can().Bundle
	p.Needs = "This needs Namespace Admin on " + ns + "; a Global Admin or an Account Owner has it too. The Write permission is not enough."
	p.DoneText, p.Title = "Done: I have added it", "The CA certificate"
	if here {
		p.Here = "Add the CA certificate to the namespace"
	}
	cloudUI := &views.Link{Text: "Open " + ns + " in the Temporal Cloud UI", URL: "https://cloud.temporal.io/namespaces/" + ns, Away: true, TestID: "open-cloud"}
	switch x.Handoff.Task {
	case migration.TaskFilters:
		filtersAsked(x, p)
		p.Link = cloudUI
		if here {
			p.Here = "Set the filters of the namespace"
		}
		return nil
	case migration.TaskRemoveCA:
		p.Link = cloudUI
		if here {
			p.Here = "Remove the old CA certificate"
		}
		return removalAsked(x, p)
	}
	all, err := h.Handoff(h.Base(r), v, x.Task.PEM)
	if err != nil {
		return err
	}
	p.Needs, p.Facts, p.Steps, p.Commands, p.Changes, p.Stays, p.Unverified = all.Needs, all.Facts, all.Steps, all.Commands, all.Changes, all.Stays, all.Unverified
	p.Compare = strings.Replace(all.Compare, "this file came by", "this link came by", 1)
	p.PEM = views.CodeBlockProps{ID: "ca-pem", Name: all.File, Label: "CA certificate", Text: x.Task.PEM, Download: p.Path + "/ca.pem", TestID: "ca-pem"}
	p.Link = cloudUI
	p.Steps = append([]string{"Open the namespace " + ns + " with the button above and choose Edit.", "Copy the CA certificate of this page."}, all.Steps[2:]...)
	p.Copy = "Copy CA certificate"
	return nil
}

// unverified is what nobody has seen in a live account.
var unverified = []string{"The names in the Temporal Cloud UI come from Temporal’s documentation; they may have changed since.",
	"The command follows the source of tcld (July 2026). It was not run against a live account."}

func filtersAsked(x acts.HandoffVisit, p *views.HandoffTaskProps) {
	ns := x.Handoff.Namespace
	p.Title, p.DoneText, p.Copy = "The filters", "Done: I have set them", "Copy the filters"
	p.PEM = views.CodeBlockProps{ID: "ca-pem", Name: "filters.json", Label: "Certificate filters", Lang: "json", Text: x.Task.Filters, TestID: "filters-json"}
	p.Facts = []views.Pair{{Name: "Namespace", Value: ns}}
	p.Compare = "A client certificate is admitted when every field of one filter matches it."
	p.Steps = []string{"Open the namespace " + ns + " with the button above and choose Edit.", "Under Certificate Filters, enter each filter of this page.",
		"Look at the filters that are there already: a client of somebody else may need one.", "Choose Save."}
	p.Commands = []views.HandoffCommand{{ID: "tcld", Tool: "tcld", Text: "tcld namespace certificate-filters import -n " + ns + " -f filters.json",
		Notes: []string{"It replaces all filters of the namespace. See those that are there with tcld namespace certificate-filters export."}}}
	p.Changes = []string{"From then on only client certificates that match a filter may connect. Whoever matches none is refused from the next call on."}
	p.Stays = []string{"The CA certificates of the namespace stay as they are.", "To undo it, set the filters that were there before; without filters every client of an accepted CA may connect."}
	p.Unverified = unverified
}

func removalAsked(x acts.HandoffVisit, p *views.HandoffTaskProps) error {
	ns := x.Handoff.Namespace
	cas, _, err := certsvc.ReadCertificates([]byte(x.Task.PEM))
	if err != nil {
		return err
	}
	p.Title, p.DoneText, p.Copy = "The CA certificate that goes", "Done: I have removed it", ""
	for _, c := range cas {
		if certsvc.Fingerprint(c) != x.Task.CA {
			continue
		}
		p.Facts = append(p.Facts, views.Pair{Name: "Subject", Value: certsvc.SubjectOf(c)}, views.Pair{Name: "SHA-256 fingerprint", Value: web.Grouped(certsvc.Fingerprint(c))},
			views.Pair{Name: "SHA-1, by which tcld names it", Value: certsvc.TcldFingerprint(c)}, views.Pair{Name: "Expires", Value: c.NotAfter.UTC().Format("2 Jan 2006, 15:04 UTC")})
		p.Commands = []views.HandoffCommand{{ID: "tcld", Tool: "tcld", Text: "tcld namespace accepted-client-ca remove --namespace " + ns + " --ca-certificate-fingerprint " + certsvc.TcldFingerprint(c)}}
	}
	p.Facts = append(p.Facts, views.Pair{Name: "Namespace", Value: ns})
	p.Compare = "Compare the fingerprint with what the Temporal Cloud UI shows: the new CA certificate stays."
	name, _, _ := strings.Cut(ns, ".")
	p.PEM = views.CodeBlockProps{ID: "ca-pem", Name: name + "-old-ca.pem", Label: "Old CA certificate", Text: x.Task.PEM, Download: p.Path + "/ca.pem", TestID: "ca-pem"}
	p.Steps = []string{"Open the namespace " + ns + " with the button above and choose Edit.", "Under CA Certificates, find the certificate with the fingerprint below, and remove it alone.", "Choose Save."}
	p.Changes = []string{"From then on the namespace refuses client certificates that the old CA signed. The team has confirmed that no worker needs one any more."}
	p.Stays = []string{"Client certificates of the new CA, and of every other CA in the list, go on.", "To undo it, add this certificate again."}
	p.Unverified = unverified
	return nil
}
