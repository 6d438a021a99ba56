package handlers

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/migration"
	"onramp/views"
)

// pemText is certificates as PEM, in their order.
func pemText(certs ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certs {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.String()
}

// have are the certificates of a migration; nil before there are any.
func (h *Handlers) have(v visit) *views.HaveProps {
	c := v.Certificate
	if c == nil {
		return nil
	}
	m := v.Migration.ID
	now := h.o.Now()
	p := &views.HaveProps{Next: nextLink(v.View, migration.StepCertificates), Made: madeText(c.Lane) + ", " + day(v.Step(migration.StepCertificates).Since), Report: h.ruleReport(c)}
	p.CA = certProps("ca", "CA certificate", c.CASubject, c.CAFingerprint, c.CANotAfter, now)
	p.CA.Download, p.CA.Advice = movePath(m, "certificates", "ca.pem"), "Safe to share: it holds no secret. This is what goes up to Temporal Cloud."
	p.Leaf = certProps("leaf", "Client certificate", c.LeafSubject, c.LeafFingerprint, c.LeafNotAfter, now)
	p.Leaf.Download, p.Leaf.Advice = movePath(m, "certificates", "client.pem"), "Workers present it together with its key."
	p.Leaf.KeyType = keyTypeName(c.KeyType)
	p.CAPage, p.LeafPage = movePath(m, "certificates", c.CAFingerprint), movePath(m, "certificates", c.LeafFingerprint)
	p.Clients = &views.Link{Text: "Issue more client certificates", URL: movePath(m, "certificates", "clients")}
	if n := len(v.Leaves); n > 0 {
		p.Clients.Text = many(n+1, "client certificate", "client certificates") + ": see all, issue more"
	}
	if certs, _, err := certsvc.ReadCertificates([]byte(c.CAPEM)); err == nil {
		p.CA.KeyType = keyTypeName(string(certsvc.KeyTypeOf(certs[0].PublicKey)))
	}
	return p
}

func madeText(lane string) string {
	switch lane {
	case makerBrowser:
		return "Client key made in the browser"
	case makerServer:
		return "Made by Onramp"
	case laneCSR:
		return "Signed from your request"
	case laneOwnCA:
		return "Signed by your CA"
	}
	return "Made elsewhere"
}

func certProps(id, title, subject, print string, until, now time.Time) views.CertProps {
	return views.CertProps{ID: id, Title: title, Subject: subject, Fingerprint: grouped(print), FullPrint: print, Until: day(until), Left: leftTag(until, now)}
}

// leftTag says how long a certificate still lasts.
func leftTag(until, now time.Time) views.Tag {
	days := int(math.Round(until.Sub(now).Hours() / 24))
	switch {
	case !until.After(now):
		return views.Tag{State: views.Bad, Word: "Expired"}
	case days < 30:
		return views.Tag{State: views.Warn, Word: "Expires in " + many(days, "day", "days")}
	}
	return views.Tag{State: views.Good, Word: many(days, "day left", "days left")}
}

// ruleReport judges the stored certificates by every rule, as of now.
func (h *Handlers) ruleReport(c *migration.CertificateData) views.ReportProps {
	now := h.o.Now()
	cas, lints := certsvc.LintBundle([]byte(c.CAPEM), now)
	if chain, _, err := certsvc.ReadCertificates([]byte(c.LeafPEM)); err == nil {
		lints = append(lints, certsvc.LintLeaf(chain, cas, now)...)
	}
	return reportOf(lints)
}

// reportOf is every rule with whether it is kept.
func reportOf(lints []certsvc.Lint) views.ReportProps {
	var p views.ReportProps
	broken := map[string]bool{}
	count := map[certsvc.Severity]int{}
	for _, l := range lints {
		broken[l.Code] = true
		count[l.Severity]++
		row := views.RuleRow{Code: l.Code, Rule: l.Text, Text: l.Subject, Fix: l.Fix, Source: l.Source, State: views.Idle, Word: "note"}
		switch l.Severity {
		case certsvc.SevError:
			row.State, row.Word = views.Bad, "error"
		case certsvc.SevWarn:
			row.State, row.Word = views.Warn, "warning"
		}
		p.Rows = append(p.Rows, row)
	}
	kept := 0
	for _, rule := range certsvc.Rules() {
		if !broken[rule.Code] {
			kept++
			p.Rows = append(p.Rows, views.RuleRow{State: views.Good, Word: "passed", Code: rule.Code, Rule: rule.Kept, Source: rule.Source})
		}
	}
	p.Text = "Each rule with where it is published. Temporal Cloud refuses a bundle or a client that breaks one marked error."
	switch {
	case count[certsvc.SevError] > 0:
		p.Tag = views.Tag{State: views.Bad, Word: many(count[certsvc.SevError], "error", "errors")}
	case count[certsvc.SevWarn] > 0:
		p.Tag = views.Tag{State: views.Warn, Word: many(count[certsvc.SevWarn], "warning", "warnings")}
	default:
		p.Tag = views.Tag{State: views.Good, Word: many(kept, "rule passed", "rules passed")}
	}
	return p
}

// keys is what can still be done with the private keys; nil when no key was ever here.
func (h *Handlers) keys(v visit, inBrowser bool) *views.KeysProps {
	c := v.Certificate
	if c == nil {
		return nil
	}
	p := &views.KeysProps{Migration: v.Migration.ID, Browser: inBrowser}
	lent, isLent := h.o.Acts.Keys.Lent(v.by, v.Migration.ID)
	if isLent && certsvc.Fingerprint(lent.Leaf) == c.LeafFingerprint {
		p.Lent, p.LentText = true, "Lent for tests until "+lent.Until.Local().Format("15:04")
	}
	p.CanLend = inBrowser && !p.Lent
	var first time.Time
	for _, file := range []struct {
		d   acts.Download
		has *bool
	}{{bundleOf(v), &p.Bundle}, {caKeyOf(v), &p.CAKey}} {
		if until, ok := h.o.Acts.Keys.Waiting(v.by, v.Migration.ID, file.d); ok {
			*file.has = true
			if first.IsZero() || until.Before(first) {
				first = until
			}
		}
	}
	if !first.IsZero() {
		left := max(1, int(first.Sub(h.o.Now()).Minutes()+0.5))
		p.Countdown = "Onramp forgets these keys in " + many(left, "minute", "minutes") + "."
	}
	switch {
	case p.Bundle || p.CAKey || inBrowser:
	case c.Lane == laneImport:
		if !p.Lent {
			return nil
		}
	default:
		p.Gone = "Private keys made by Onramp leave once, or are wiped after a few minutes. If you do not have yours, create the certificates again."
	}
	return p
}

// toolCommands make the same certificates with other tools, with the reader's names; nothing leaves the machine.
// Names that make no certificate are left to the form, which says why.
func (h *Handlers) toolCommands(v visit, f certFields) []views.CodeProps {
	if !f.sent {
		f = h.fresh(v.View, f)
	}
	req, _ := setRequest(f) // a request that is missing matters to the form alone
	recipes, err := h.o.Acts.Certificates.Recipes(certsvc.CommandSpec{CA: req.CA, Leaf: req.Leaf})
	if err != nil && f.sent {
		return h.toolCommands(v, certFields{lane: f.lane})
	}
	var out []views.CodeProps
	for _, r := range recipes {
		var text strings.Builder
		for _, s := range r.Steps {
			fmt.Fprintf(&text, "# %s\n%s\n", s.Text, s.Command)
		}
		fmt.Fprintf(&text, "# Upload %s; workers get %s and %s\n", r.Upload, r.Cert, r.Key)
		for _, n := range r.Notes {
			fmt.Fprintf(&text, "# %s\n", n)
		}
		out = append(out, views.CodeProps{ID: "tool-" + string(r.Tool), Name: string(r.Tool), Lang: "bash", Values: []string{req.Leaf.CommonName}, Text: text.String()})
	}
	return out
}

// shellWord quotes a text for a POSIX shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// certTwin makes the same in a terminal.
func certTwin(v visit) views.CodeProps {
	name := v.Migration.ID
	if v.Namespace != nil {
		name, _, _ = strings.Cut(v.Namespace.Namespace, ".")
	}
	org := shellWord(v.Migration.Name)
	return views.CodeProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: fmt.Sprintf("onramp cert ca --cn %s --org %s --days 365 --out .\nonramp cert leaf --ca ca.pem --ca-key ca.key --cn %s --org %s --out .",
		shellWord(name+" CA"), org, shellPlain(name), org)}
}
