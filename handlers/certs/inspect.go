package certs

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/views"
)

// InspectForm is the page that reads whatever is dropped on it.
func (h *Pages) InspectForm(w http.ResponseWriter, r *http.Request) error {
	return h.showInspect(w, r, http.StatusOK, nil, nil)
}

func (h *Pages) showInspect(w http.ResponseWriter, r *http.Request, status int, res *views.InspectResult, ps views.Problems) error {
	p := views.InspectProps{Result: res, Problems: ps, Twin: views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cert inspect client.p12 ca.pem ca.key\nonramp cert lint client.pem --ca ca.pem"}}
	return h.Page(w, r, status, views.InspectPage(h.Frame(r, "Inspect certificates", "", nil, ""), p))
}

// Inspect answers what was dropped; nothing of it is stored or logged.
func (h *Pages) Inspect(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	files, err := f.Files("files", "text")
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, "There is nothing to inspect", "Choose files, or paste a certificate.").In("files")
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showInspect(w, r, http.StatusUnprocessableEntity, nil, ps)
	}
	inv, err := certsvc.InspectContext(r.Context(), files, f.Values.Get("passphrase"))
	if err != nil {
		return err
	}
	res := h.inspected(inv, len(files))
	return h.showInspect(w, r, http.StatusOK, &res, nil)
}

// maxChains bounds the chains that one page draws.
const maxChains = 20

// inspected is an inventory for people.
func (h *Pages) inspected(inv certsvc.Inventory, files int) views.InspectResult {
	now := h.Now()
	var res views.InspectResult
	certs, keys := 0, 0
	for _, it := range inv.Items {
		switch it.Kind {
		case certsvc.ItemCertificate:
			certs++
		case certsvc.ItemKey, certsvc.ItemLockedKey:
			keys++
		}
		row := itemRow(it)
		if it.Kind == certsvc.ItemKey && (it.Role == certsvc.RoleRoot || it.Role == certsvc.RoleIntermediate) && res.CAKey == "" {
			res.CAKey = it.File
			row.Tag = views.Tag{State: views.Bad, Word: "never upload"}
		}
		res.Items = append(res.Items, row)
	}
	res.Summary = fmt.Sprintf("%s and %s in %s.", web.Many(certs, "certificate", "certificates"), web.Many(keys, "private key", "private keys"), web.Many(files, "file", "files"))
	for _, x := range inv.Repairs {
		res.Repairs = append(res.Repairs, views.RuleRow{State: views.Warn, Word: "repaired", Code: x.Code, Rule: x.Field + ": " + x.Text})
	}
	for i, c := range inv.Chains() {
		if i == maxChains {
			res.Summary += fmt.Sprintf(" The first %d chains are drawn.", maxChains)
			break
		}
		res.Chains = append(res.Chains, chainProps(fmt.Sprint("chain-", i), c, now))
	}
	if certs > 0 {
		p := web.ReportOf(inv.Judge(now))
		res.Report = &p
	}
	for i, c := range inv.Certificates() {
		if i < maxChains {
			res.More = append(res.More, detailProps(fmt.Sprint("cert-", i), "Everything in "+certsvc.SubjectOf(c), c))
		}
	}
	return res
}

// roleWords name certificates and their keys.
var roleWords = map[certsvc.Role]string{certsvc.RoleRoot: "Root CA", certsvc.RoleIntermediate: "Intermediate CA", certsvc.RoleClient: "Client certificate"}

// itemRow is one part of a file for people.
func itemRow(it certsvc.Item) views.ItemRow {
	row := views.ItemRow{File: it.File, Tag: views.Tag{State: views.Good, Word: "read"}}
	switch it.Kind {
	case certsvc.ItemCertificate:
		row.What = "Certificate"
		if it.Role != certsvc.RoleNone {
			row.What = roleWords[it.Role]
		}
		if it.Subject != "" {
			row.What += ": " + it.Subject
			row.Detail = "Signed by " + it.Issuer + " · " + web.KeyTypeName(string(it.KeyType)) + " · until " + web.Day(it.NotAfter)
		}
	case certsvc.ItemKey:
		row.What = "Private key without a matching certificate"
		if it.Role != certsvc.RoleNone {
			row.What = "Private key of the " + strings.ToLower(roleWords[it.Role][:1]) + roleWords[it.Role][1:]
		}
		row.Detail = web.KeyTypeName(string(it.KeyType))
	case certsvc.ItemLockedKey:
		row.What = "Encrypted private key"
	case certsvc.ItemKeyStore:
		row.What = "Key store"
	case certsvc.ItemRequest:
		row.What = "Signing request (CSR): " + it.Subject
		row.Detail = web.KeyTypeName(string(it.KeyType))
	case certsvc.ItemPublicKey:
		row.What = "Public key"
	default:
		row.What = "Not a certificate or key"
	}
	if f := it.Trouble; f != nil {
		row.Tag = views.Tag{State: views.Warn, Word: "not usable"}
		if f.Field == "passphrase" {
			row.Tag.Word = "locked"
		}
		row.Detail, row.Code, row.Fix = f.Title+". "+f.Cause, f.Code, f.Fix
	}
	return row
}

// chainProps draws a chain from its root down.
func chainProps(id string, c certsvc.Chain, now time.Time) views.ChainProps {
	p := views.ChainProps{ID: id, Title: "Chain of " + certsvc.SubjectOf(c.Certs[0]), Tag: views.Tag{State: views.Good, Word: "Complete"}, Key: "Its private key is not among the files."}
	if c.KeyFile != "" {
		p.Key = "Its private key is in " + c.KeyFile + "."
	}
	switch {
	case c.SignedItself():
		p.Tag = views.Tag{State: views.Bad, Word: "Signed itself"}
	case !c.Complete():
		p.Tag = views.Tag{State: views.Warn, Word: "Issuer missing"}
	}
	for _, x := range slices.Backward(c.Certs) {
		p.Links = append(p.Links, views.ChainLink{Role: roleWords[certsvc.RoleOf(x)], Subject: certsvc.SubjectOf(x), Left: web.LeftTag(x.NotAfter, now),
			Note: web.KeyTypeName(string(certsvc.KeyTypeOf(x.PublicKey))) + " · until " + web.Day(x.NotAfter)})
	}
	return p
}

// detailProps is everything in a certificate.
func detailProps(id, title string, c *x509.Certificate) views.DetailProps {
	p := views.DetailProps{ID: id, Title: title}
	for _, d := range certsvc.Describe(c) {
		mono := strings.HasPrefix(d.Name, "S") && strings.ContainsAny(d.Name, "-") || strings.Contains(d.Name, "number") || strings.Contains(d.Name, "identifier")
		p.Pairs = append(p.Pairs, views.Pair{Name: d.Name, Value: d.Value, Mono: mono, Copy: d.Name == "SHA-256"})
	}
	return p
}

// lintsOf judges a certificate of a migration.
func lintsOf(chain, cas []*x509.Certificate, c certView, now time.Time) []certsvc.Lint {
	_, lints := certsvc.LintBundle([]byte(c.caPEM), now)
	if c.isCA {
		return lints
	}
	return append(lints, certsvc.LintLeaf(chain, cas, now)...)
}
