package certs

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// certView is one certificate of a migration with what stands around it.
type certView struct {
	name    string            // what people call it
	cert    *x509.Certificate // the one of the address
	isCA    bool
	caPEM   string // what the namespace holds, or will
	leafPEM string // the client certificate, then intermediates; "" for a CA
	lane    string
}

// findCertificate is the certificate of the address: the migration's CA, its client certificate or a further one.
func findCertificate(v web.Visit, print string) (certView, error) {
	none := fault.New(fault.NotFound, "This migration has no such certificate", "Choose one from the list of client certificates.")
	c := v.Certificate
	found := certView{}
	switch i := slices.IndexFunc(v.Leaves, func(l migration.Leaf) bool { return l.Fingerprint == print && l.LeafPEM != "" }); {
	case c == nil:
		return certView{}, none
	case print == c.CAFingerprint:
		found = certView{name: "CA certificate", isCA: true, caPEM: c.CAPEM, lane: c.Lane}
	case print == c.LeafFingerprint:
		found = certView{name: "Client certificate of " + v.Migration.Name, caPEM: c.CAPEM, leafPEM: c.LeafPEM, lane: c.Lane}
	case i >= 0:
		l := v.Leaves[i]
		found = certView{name: "Client certificate of " + l.Name, caPEM: l.CAPEM, leafPEM: l.LeafPEM, lane: l.Lane}
	default:
		return certView{}, none
	}
	text := found.leafPEM
	if found.isCA {
		text = found.caPEM
	}
	certs, _, err := certsvc.ReadCertificates([]byte(text))
	if err != nil {
		return certView{}, err
	}
	for _, x := range certs {
		if certsvc.Fingerprint(x) == print {
			found.cert = x
			return found, nil
		}
	}
	return certView{}, none
}

// Certificate is the page of one certificate.
func (h *Pages) Certificate(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	c, err := findCertificate(v, chi.URLParam(r, "fp"))
	if err != nil {
		return err
	}
	return h.showCertificate(w, r, v, c, web.Form{}, nil)
}

func (h *Pages) showCertificate(w http.ResponseWriter, r *http.Request, v web.Visit, c certView, sent web.Form, ps views.Problems) error {
	now, print, m := h.Now(), certsvc.Fingerprint(c.cert), v.Migration.ID
	cas, _, err := certsvc.ReadCertificates([]byte(c.caPEM))
	if err != nil {
		return err
	}
	chain := []*x509.Certificate{c.cert}
	if !c.isCA {
		if chain, _, err = certsvc.ReadCertificates([]byte(c.leafPEM)); err != nil {
			return err
		}
	}
	path := certsvc.ChainOf(chain, cas)
	p := views.CertificateProps{Migration: m, FP: print, Title: c.name, Problems: ps, Back: views.Link{Text: "All client certificates", URL: web.MovePath(m, "certificates", "clients")},
		Facts: detailProps("details", "Everything in the certificate", c.cert), Used: h.usedIn(r, v, c, print)}
	end := path.Certs[0].NotAfter
	for _, x := range path.Certs {
		if x.NotAfter.Before(end) {
			end = x.NotAfter
		}
	}
	p.Left, p.Until = web.LeftTag(end, now), web.Day(end)
	p.Chain = chainProps("chain", path, now)
	p.Chain.Title = "Chain"
	for i := range p.Chain.Links {
		at := certsvc.Fingerprint(path.Certs[len(path.Certs)-1-i])
		if _, err := findCertificate(v, at); err == nil && at != print {
			p.Chain.Links[i].URL = web.MovePath(m, "certificates", at)
		}
	}
	p.Chain.Key = ""
	for _, f := range certsvc.Formats {
		row := views.FormatRow{Format: string(f.Format), Title: f.Title, What: f.What, Password: f.Password}
		switch {
		case f.Key && !c.isCA:
			p.Formats = append(p.Formats, row)
		case !f.Key && (!c.isCA || f.Format == certsvc.FormatTerraform):
			row.URL = web.MovePath(m, "certificates", print, f.File)
			p.Public = append(p.Public, row)
		}
	}
	if !c.isCA {
		p.Secret, p.Cluster = certsvc.FitName(c.cert.Subject.CommonName), ""
		if sent.Values != nil {
			p.Secret, p.Cluster = sent.Text("secret_name"), sent.Text("k8s_namespace")
		}
		if until, ok := h.Acts.Keys.Waiting(v.By, m, acts.Download{Leaf: print}); ok {
			p.KeyHere = "It waits in memory until " + until.Local().Format("15:04") + "."
		}
		if p.KeyHere == "" || ps != nil {
			for i, s := range certsvc.OwnKeySteps(certsvc.FitName(c.cert.Subject.CommonName), "") {
				p.Own = append(p.Own, views.CodeBlockProps{ID: fmt.Sprint("own-", i), Name: s.Text, Lang: "bash", Text: s.Command})
			}
		}
	}
	report := web.ReportOf(lintsOf(chain, cas, c, now))
	p.Report = &report
	fr := h.Frame(r, c.name, "migrations", &v, migration.StepCertificates)
	fr.Path = web.MovePath(m, "certificates", print) // a refused form stands under another address
	return h.Page(w, r, web.StatusFor(ps), views.CertificatePage(fr, p))
}

// usedInMost is how many other migrations a certificate's page names.
const usedInMost = 25

// usedIn says where a certificate is used, as far as Onramp has seen it.
func (h *Pages) usedIn(r *http.Request, v web.Visit, c certView, print string) []views.UseRow {
	m := v.Migration.ID
	var out []views.UseRow
	if cert := v.Certificate; c.isCA {
		if v.Upload != nil && v.Upload.CAFingerprint == print {
			out = append(out, views.UseRow{Text: "Accepted by the namespace " + v.Upload.Namespace, URL: web.MovePath(m, migration.StepUpload)})
		} else {
			out = append(out, views.UseRow{Text: "Not seen in a namespace yet", URL: web.MovePath(m, migration.StepUpload)})
		}
		n := 1
		for _, l := range v.Leaves {
			if l.CAFingerprint == print {
				n++
			}
		}
		out = append(out, views.UseRow{Text: "Signed " + web.Many(n, "client certificate", "client certificates") + " of " + v.Migration.Name, URL: web.MovePath(m, "certificates", "clients")})
	} else if cert.LeafFingerprint == print {
		if s := v.Step(migration.StepTest); s.Status == migration.Done && !s.Noted {
			out = append(out, views.UseRow{Text: "The connection test: " + s.Evidence, URL: web.MovePath(m, "test", s.Run)})
		}
		if s := v.Step(migration.StepTransfer); s.Status == migration.Done && !s.Noted {
			out = append(out, views.UseRow{Text: "The test transfer: " + s.Evidence, URL: web.MovePath(m, "transfer", s.Run)})
		}
		if lent, ok := h.Acts.Keys.Lent(v.By, m); ok && certsvc.Fingerprint(lent.Leaf) == print {
			out = append(out, views.UseRow{Text: "Onramp may use its key until " + lent.Until.Local().Format("15:04"), URL: web.MovePath(m, migration.StepCertificates)})
		}
	}
	if others, err := h.Acts.Lists.WithCertificate(r.Context(), print, usedInMost+2); err == nil {
		others = slices.DeleteFunc(others, func(o migration.Migration) bool { return o.ID == m })
		for i, o := range others {
			if i == usedInMost {
				out = append(out, views.UseRow{Text: "More migrations than fit here", URL: "/"})
				break
			}
			out = append(out, views.UseRow{Text: "The migration " + o.Name, URL: web.MovePath(o.ID, migration.StepCertificates)})
		}
	}
	if len(out) == 0 {
		out = append(out, views.UseRow{Text: "Not seen in use yet. A connection test with this certificate shows that it is accepted.", URL: web.MovePath(m, migration.StepTest)})
	}
	return out
}

// spec is a certificate as certsvc writes it in some format.
func (h *Pages) spec(v web.Visit, c certView) certsvc.OutputSpec {
	t := h.Acts.Places.Target(v.View)
	s := certsvc.OutputSpec{Address: t.Address, CAPEM: []byte(c.caPEM), ClientPEM: []byte(c.leafPEM), Rehearsal: v.Migration.Mode.Can().Practice}
	if c.isCA {
		s.ClientPEM = s.CAPEM
	}
	if v.Namespace != nil {
		s.Namespace = v.Namespace.Namespace
	}
	if t.CAPath != "" { // of the rehearsal cloud, where Onramp keeps it
		s.Env = append(certsvc.StandardEnv(s.Address, s.Namespace), certsvc.EnvVar{Name: certsvc.ServerRootVar, Value: t.CAPath})
	}
	return s
}

// PublicFile is a certificate in a form without a key, any time.
func (h *Pages) PublicFile(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	c, err := findCertificate(v, chi.URLParam(r, "fp"))
	if err != nil {
		return err
	}
	name := chi.URLParam(r, "file")
	if name == certsvc.FileClient && !c.isCA {
		return web.SendFile(w, r, "application/x-pem-file", name, []byte(c.leafPEM))
	}
	i := slices.IndexFunc(certsvc.Formats, func(f certsvc.FormatInfo) bool { return f.File == name && !f.Key })
	if i < 0 || c.isCA && certsvc.Formats[i].Format != certsvc.FormatTerraform {
		return h.NoSuchPage(w, r)
	}
	out, err := certsvc.Output(certsvc.Formats[i].Format, h.spec(v, c))
	if err != nil {
		return err
	}
	return web.SendFile(w, r, certsvc.Formats[i].Type, name, out)
}

// TakeAs is the one download of a client certificate with its key, in the form that is asked for; the second is 410.
func (h *Pages) TakeAs(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	c, err := findCertificate(v, chi.URLParam(r, "fp"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	info, _ := certsvc.FormatOf(f.Text("format"))
	spec := h.spec(v, c)
	spec.Password, spec.Name, spec.Cluster = f.Values.Get("password"), f.Text("secret_name"), f.Text("k8s_namespace")
	name, body, err := h.Acts.Keys.TakeAs(r.Context(), v.By, v.Migration.ID, acts.TakeAs{Leaf: certsvc.Fingerprint(c.cert), Format: certsvc.Format(f.Text("format")), Spec: spec})
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showCertificate(w, r, v, c, f, ps)
	}
	defer clear(body)
	return web.SendFile(w, r, info.Type, strings.TrimPrefix(name, "."), body)
}
