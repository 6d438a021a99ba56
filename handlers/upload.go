package handlers

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"

	"onramp/certsvc"
	"onramp/migration"
	"onramp/views"
)

// upload is step 3: the CA goes to the namespace.
func (h *Handlers) upload(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	if usesKeys(v) {
		return h.notNeeded(w, r, v, migration.StepUpload)
	}
	rehearsal := v.Migration.Mode.Can().Bundle
	p := views.UploadProps{Migration: v.Migration.ID, Rehearsal: rehearsal, Status: h.uploadStatus(v),
		Missing: need(v, migration.StepNamespace, migration.StepCertificates)}
	if v.Namespace != nil {
		p.Namespace = v.Namespace.Namespace
		p.CloudURL = "https://cloud.temporal.io/namespaces/" + p.Namespace
		if rehearsal {
			p.CloudURL = cloudPath(p.Namespace) + "?m=" + v.Migration.ID
		}
	}
	if c := v.Certificate; c != nil {
		ca := h.have(v).CA
		p.CA = &ca
		p.CAPEM = views.CodeProps{ID: "ca-pem", Name: "ca.pem", Label: "CA certificate", Text: c.CAPEM, Download: ca.Download, TestID: "ca-pem"}
		p.Size = bundleSize(c.CAPEM)
		p.Twin = views.CodeProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cert lint client.pem --ca ca.pem"}
		if v.Namespace != nil {
			p.Commands = []views.CodeProps{{ID: "tcld", Name: "tcld", Lang: "bash", Values: []string{p.Namespace},
				Text: fmt.Sprintf("tcld namespace accepted-client-ca add --namespace %s --ca-certificate-file ca.pem", p.Namespace)}}
		}
	}
	if !rehearsal {
		p.Existing = "Onramp cannot see which CAs the namespace holds already; a check shows whether yours is accepted."
	}
	if v.Step(migration.StepUpload).Status == migration.Done {
		p.Next = nextLink(v.View, migration.StepUpload)
	}
	f := h.frame(r, "Upload the CA", "migrations", &v, migration.StepUpload)
	f.Feed = movePath(v.Migration.ID, "events") + "?on=migration"
	return h.page(w, r, http.StatusOK, views.UploadPage(f, p))
}

// bundleSize compares a bundle with what a namespace holds at most.
func bundleSize(text string) string {
	n := 0
	for rest := []byte(text); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
	}
	return fmt.Sprintf("%d of %d certificates · %.1f of %d KB", n, certsvc.MaxBundleCerts, float64(len(text))/1024, certsvc.MaxBundleBytes/1024)
}

// uploadStatus is the line that ticks itself.
func (h *Handlers) uploadStatus(v visit) views.UploadStatusProps {
	s := v.Step(migration.StepUpload)
	p := views.UploadStatusProps{Tag: views.Tag{State: stepState(s.Status), Word: stepWord(s)}}
	switch s.Status {
	case migration.Done:
		p.Text = strings.ToUpper(s.Evidence[:1]) + s.Evidence[1:] + ", " + ago(h.o.Now(), s.Since)
		p.Next = nextLink(v.View, migration.StepUpload)
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
