package journey

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"onramp/acts"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/snippet"
	"onramp/views"
)

// Upload is step 3: the CA goes to the namespace.
func (h *Pages) Upload(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	if web.UsesKeys(v) {
		return h.NotNeeded(w, r, v, migration.StepUpload)
	}
	rehearsal := v.Migration.Mode.Can().Bundle
	p := views.UploadProps{Migration: v.Migration.ID, Rehearsal: rehearsal, Status: h.uploadStatus(v),
		Missing: web.Need(v, migration.StepNamespace, migration.StepCertificates)}
	if v.Namespace != nil {
		p.Namespace = v.Namespace.Namespace
		p.CloudURL = "https://cloud.temporal.io/namespaces/" + p.Namespace
		if rehearsal {
			p.CloudURL = web.CloudPath(p.Namespace) + "?m=" + v.Migration.ID
		}
	}
	if c := v.Certificate; c != nil {
		ca := h.Have(v).CA
		p.CA = &ca
		p.CAPEM = views.CodeBlockProps{ID: "ca-pem", Name: "ca.pem", Label: "CA certificate", Text: c.CAPEM, Download: ca.Download, TestID: "ca-pem"}
		p.Size = web.BundleSize(c.CAPEM)
		p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cert lint client.pem --ca ca.pem"}
		if v.Namespace != nil {
			for _, c := range snippet.AddCA(p.Namespace, "ca.pem") {
				p.Commands = append(p.Commands, views.CodeBlockProps{ID: c.ID, Name: c.Tool, Lang: c.Lang, Text: c.Text, Values: []string{p.Namespace}})
				p.Notes = append(p.Notes, c.Notes...)
			}
			p.Handoff = h.HandoffOffer(h.Base(r), v, c.CAPEM, web.MovePath(v.Migration.ID, "handoff"))
		}
	}
	if v.Namespace != nil && v.Certificate != nil && h.Acts.CloudOps.Place(rehearsal).Open != nil {
		p.OpsURL = web.MovePath(v.Migration.ID, "ops")
	}
	if p.Handoff != nil { // who creates certificates seldom has the right to upload them
		p.Links = web.HandoffLinks(h.Site, v, migration.TaskUpload, "")
		lead := !rehearsal && v.Step(migration.StepUpload).Status != migration.Done
		if p.Handoff.Go = lead; p.Links != nil {
			p.Handoff.Go, p.Links.Go = false, lead && p.Links.Cannot == ""
		}
	}
	if !rehearsal {
		p.Existing = "Onramp cannot see which CAs the namespace holds already; a check shows whether yours is accepted."
	}
	if v.Step(migration.StepUpload).Status == migration.Done {
		p.Next = web.NextLink(v.View, migration.StepUpload)
	}
	f := h.Frame(r, "Upload the CA certificate", "migrations", &v, migration.StepUpload)
	f.Feed = web.MovePath(v.Migration.ID, "events") + "?on=migration"
	return h.Page(w, r, http.StatusOK, views.UploadPage(f, p))
}

// uploadStatus is the line that updates by itself.
func (h *Pages) uploadStatus(v web.Visit) views.UploadStatusProps {
	s := v.Step(migration.StepUpload)
	p := views.UploadStatusProps{Tag: views.Tag{State: web.StepState(s.Status), Word: web.WordFor(v.By, web.StepWord(s))}}
	switch s.Status {
	case migration.Done:
		p.Text = strings.ToUpper(s.Evidence[:1]) + s.Evidence[1:] + ", " + web.Ago(h.Now(), s.Since)
		p.Next = web.NextLink(v.View, migration.StepUpload)
		return p
	case migration.Blocked:
		p.Text = "This " + s.Reason + "."
		return p
	case migration.LookAgain:
		p.Text = "Look again: " + s.Reason + "."
	default:
		p.Text = "Not accepted yet. This updates as soon as a check sees the CA certificate accepted."
		if v.Migration.Mode.Can().Bundle {
			p.Text = "Not saved yet. This updates as soon as the CA certificate is saved in the rehearsal cloud."
		}
	}
	if s.Handoff > 0 && s.Evidence != "" {
		p.Text = strings.ToUpper(s.Evidence[:1]) + doctor.WithoutSecrets(s.Evidence[1:]) + ". " + p.Text
	}
	if !web.UsesKeys(v) && v.Certificate != nil {
		p.Look = h.look(v)
		if p.Look.Fix != nil {
			p.Tag, p.Text = views.Tag{State: views.Bad, Word: web.WordFor(v.By, "Your turn")}, "The check stops before the CA certificate matters, so nobody can accept it yet. Mend this first."
		}
	}
	return p
}

// lookEvery is how often an open page looks for the CA certificate, in seconds.
const lookEvery = 30

// look is how to look for the CA certificate, and what was seen last.
func (h *Pages) look(v web.Visit) *views.LookProps {
	m := v.Migration.ID
	if !h.Acts.Checks.CanLookForCA(v.By, v.View) {
		return &views.LookProps{Cannot: "To check from this page Onramp needs the client key: ",
			Ways: []views.Link{{Text: "let it use the key for 30 minutes", URL: web.MovePath(m, migration.StepCertificates) + "#keys"}, {Text: "provide the key to the check of step 4", URL: web.MovePath(m, migration.StepTest)}}}
	}
	p := &views.LookProps{Action: web.MovePath(m, migration.StepUpload, "look"), Every: fmt.Sprint(lookEvery)}
	last, ok := h.Acts.Checks.LastCALook(v.By, v.View)
	if !ok {
		return p
	}
	past := max(h.Now().Sub(last.At), 0)
	if p.Fix = web.BeforeUpload(last.Code, v.View); last.Code != "" && last.Code != doctor.OK {
		p.Code = &views.Link{Text: "Explain " + last.Code, URL: web.HelpPath(last.Code)}
	}
	p.Since, p.Ago, p.Seen = fmt.Sprint(past.Milliseconds()), strings.TrimSuffix(web.Ago(last.At.Add(max(past, time.Second)), last.At), " ago"), sawText(last)
	return p
}

// sawText is what a look saw, as the end of a sentence.
func sawText(l acts.CALook) string {
	switch {
	case l.Err != nil:
		f := fault.From(l.Err)
		return f.Title + ". " + f.Fix
	case l.Accepted && l.Run != "":
		return "the CA certificate is accepted. The whole check runs now."
	case l.Accepted:
		return "the CA certificate is accepted."
	case l.Code != "":
		return l.Title + " (" + l.Code + ")."
	}
	return l.Title + "."
}

// LookForCA is Test now: one look, which the open page also asks for by itself.
func (h *Pages) LookForCA(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	if _, err := h.Acts.Checks.LookForCA(r.Context(), v.By, v.Migration.ID); err != nil {
		return err
	}
	if !web.WantsFragment(r) {
		return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepUpload), "")
	}
	if v, err = h.Move(r); err != nil {
		return err
	}
	return h.Parts(w, r, http.StatusOK, views.UploadStatus(h.uploadStatus(v)))
}

// Handoff is the file, or the text, for the Cloud admin.
func (h *Pages) Handoff(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.SendHandoff(w, r, v, web.CAOf(v.View))
}
