package journey

import (
	"fmt"
	"net/http"
	"strings"

	"onramp/handlers/web"
	"onramp/migration"
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
			p.Commands = []views.CodeBlockProps{{ID: "tcld", Name: "tcld", Lang: "bash", Values: []string{p.Namespace},
				Text: fmt.Sprintf("tcld namespace accepted-client-ca add --namespace %s --ca-certificate-file ca.pem", p.Namespace)}}
		}
	}
	if !rehearsal {
		p.Existing = "Onramp cannot see which CAs the namespace holds already; a check shows whether yours is accepted."
	}
	if v.Step(migration.StepUpload).Status == migration.Done {
		p.Next = web.NextLink(v.View, migration.StepUpload)
	}
	f := h.Frame(r, "Upload the CA", "migrations", &v, migration.StepUpload)
	f.Feed = web.MovePath(v.Migration.ID, "events") + "?on=migration"
	return h.Page(w, r, http.StatusOK, views.UploadPage(f, p))
}

// uploadStatus is the line that ticks itself.
func (h *Pages) uploadStatus(v web.Visit) views.UploadStatusProps {
	s := v.Step(migration.StepUpload)
	p := views.UploadStatusProps{Tag: views.Tag{State: web.StepState(s.Status), Word: web.StepWord(s)}}
	switch s.Status {
	case migration.Done:
		p.Text = strings.ToUpper(s.Evidence[:1]) + s.Evidence[1:] + ", " + web.Ago(h.Now(), s.Since)
		p.Next = web.NextLink(v.View, migration.StepUpload)
	case migration.Blocked:
		p.Text = "This " + s.Reason + "."
	case migration.LookAgain:
		p.Text = "Look again: " + s.Reason + "."
	default:
		p.Text = "Not seen yet. This line ticks itself when a check sees the CA accepted."
		if v.Migration.Mode.Can().Bundle {
			p.Text = "Not saved yet. This line ticks itself when the CA is saved on the Cloud side."
		}
	}
	return p
}
