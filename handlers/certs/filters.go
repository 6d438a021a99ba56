package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// What filters are tested against: the values of the field against.
const (
	againstLeaf  = "leaf"
	againstPaste = "paste"
)

// maxRead bounds the JSON that is read: 25 filters are some kilobytes.
const maxRead = 32 << 10

// filterFields is the page as it was sent.
type filterFields struct {
	rows           certsvc.Filters // as typed, blank ones too
	against        string
	certPEM, paste string
	lockout        bool
	ask            bool   // applying needs the confirmation
	saw            string // the edition of the filters that the form was filled in against
}

// Filters is the page that builds certificate filters. It begins with those of the rehearsal's namespace, or
// with one that lets the migration's own client in.
func (h *Pages) Filters(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f := filterFields{against: againstLeaf}
	if ns, no := h.filterCloud(r.Context(), v); no == "" && ns != nil && len(ns.Filters) > 0 {
		f.rows, _ = certsvc.ParseFilters(ns.Filters) // the rehearsal cloud took them
	}
	if leaf := presentLeaf(v); len(f.rows) == 0 && leaf != nil {
		f.rows = certsvc.Filters{{CommonName: leaf.Subject.CommonName}}
	}
	return h.showFilters(w, r, http.StatusOK, v, f, nil)
}

// ChangeFilters does what the pressed button says. Only apply and clear change anything, and only in a rehearsal.
func (h *Pages) ChangeFilters(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f, err := readFilters(sent)
	if err == nil {
		switch do := sent.Text("do"); {
		case do == "add":
			f.rows = append(f.rows, certsvc.Filter{})
		case do == "read":
			f, err = readPasted(f)
		case do == "apply", do == "clear":
			if err = h.applyFilters(r.Context(), v, &f, do == "clear"); err == nil {
				said := "filters"
				if do == "clear" {
					said = "unfiltered"
				}
				return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "certificates", "filters"), said)
			}
		case strings.HasPrefix(do, "remove-"):
			if n, e := strconv.Atoi(strings.TrimPrefix(do, "remove-")); e == nil && n >= 1 && n <= len(f.rows) {
				f.rows = append(f.rows[:n-1], f.rows[n:]...)
			}
		default:
			_, err = f.complete()
		}
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		status := web.StatusFor(ps)
		if status == http.StatusConflict {
			f.saw = "" // it is told now what there is
		}
		return h.showFilters(w, r, status, v, f, ps)
	}
	return h.showFilters(w, r, http.StatusOK, v, f, nil)
}

// readFilters reads the form. The error is an Invalid fault for rows that no page of ours sends.
func readFilters(sent web.Form) (filterFields, error) {
	f := filterFields{saw: sent.Text("saw"), certPEM: sent.Raw("cert_pem"), paste: sent.Raw("filters_json"), lockout: sent.On("lockout")}
	against, err := sent.Pick("against", againstLeaf, againstPaste)
	f.against = against
	for n := 1; n <= certsvc.MaxFilters+1; n++ {
		at := fmt.Sprintf("f%d_", n)
		if _, ok := sent.Values[at+"cn"]; !ok {
			break
		}
		f.rows = append(f.rows, certsvc.Filter{CommonName: sent.Text(at + "cn"), Organization: sent.Text(at + "o"), OrganizationalUnit: sent.Text(at + "ou"), SubjectAlternativeName: sent.Text(at + "san")})
	}
	if strings.Contains(f.certPEM, "PRIVATE KEY") {
		f.certPEM = ""
		leak := fault.New(fault.Invalid, "A private key is among the certificates", "Paste the certificate only. Nothing was stored.").In("cert_pem")
		leak.Code = "IN-16"
		err = errors.Join(err, leak)
	}
	return f, err
}

// readPasted takes the pasted JSON in the place of the rows.
func readPasted(f filterFields) (filterFields, error) {
	if len(f.paste) > maxRead {
		return f, fault.New(fault.Invalid, "This is too long for filters", "Paste the JSON of one namespace's filters.").In("filters_json")
	}
	fs, err := certsvc.ParseFilters([]byte(f.paste))
	if len(fs) > certsvc.MaxFilters {
		fs = fs[:certsvc.MaxFilters]
	}
	if err != nil {
		if strings.Contains(f.paste, "PRIVATE KEY") {
			f.paste = ""
		}
		var out []error
		for _, x := range fault.All(err) {
			out = append(out, x.In("filters_json"))
		}
		return f, errors.Join(out...)
	}
	f.rows, f.paste = fs, ""
	return f, nil
}

var filterField = regexp.MustCompile(`^filters\[(\d+)\]\.(\w+)$`)

// complete are the filters that have a field, judged by Cloud's rules. Faults are at the fields of the form.
func (f filterFields) complete() (certsvc.Filters, error) {
	var fs certsvc.Filters
	var at []int // the row of each
	for i, row := range f.rows {
		if row != (certsvc.Filter{}) {
			fs, at = append(fs, row), append(at, i+1)
		}
	}
	var out []error
	for _, x := range fault.All(fs.Validate()) {
		if m := filterField.FindStringSubmatch(x.Field); m != nil {
			i, _ := strconv.Atoi(m[1]) // digits
			short := map[string]string{"commonName": "cn", "organization": "o", "organizationalUnit": "ou", "subjectAlternativeName": "san"}[m[2]]
			x = x.In(fmt.Sprintf("f%d_%s", at[min(i, len(at)-1)], short))
		}
		out = append(out, x)
	}
	return fs, errors.Join(out...)
}

// Certificate is what the filters are tested against; nil for none.
func (f filterFields) Certificate(v web.Visit) (*x509.Certificate, error) {
	if f.against != againstPaste {
		return presentLeaf(v), nil
	}
	if strings.TrimSpace(f.certPEM) == "" {
		return nil, nil
	}
	certs, _, err := certsvc.ReadCertificates([]byte(f.certPEM))
	if err != nil {
		return nil, fault.From(err).In("cert_pem")
	}
	return certs[0], nil
}

// presentLeaf is the migration's own client certificate; nil when there is none to read.
func presentLeaf(v web.Visit) *x509.Certificate {
	if v.Certificate == nil {
		return nil
	}
	certs, _, err := certsvc.ReadCertificates([]byte(v.Certificate.LeafPEM))
	if err != nil {
		return nil
	}
	return certs[0]
}

// filterCloud is the namespace of a rehearsal, or why it cannot be reached; both empty in a migration to Cloud.
func (h *Pages) filterCloud(ctx context.Context, v web.Visit) (*cloud.Namespace, string) {
	if h.Acts.Places.Of(v.Migration.Mode).Filters == nil {
		if v.Migration.Mode.Can().Bundle {
			return nil, "No rehearsal cloud is running here. " + h.Acts.Places.NoRehearsal()
		}
		return nil, ""
	}
	if v.Namespace == nil {
		return nil, "Choose the namespace first."
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	if err != nil {
		return nil, "Choose the namespace again."
	}
	ns, err := h.CloudNS(ctx, id)
	if err != nil {
		f := fault.From(err)
		return nil, f.Title + ". " + f.Fix
	}
	return &ns, ""
}

// applyFilters sets the filters of the rehearsal's namespace, or clears them. Filters that keep the migration's
// own client out need the confirmation.
func (h *Pages) applyFilters(ctx context.Context, v web.Visit, f *filterFields, clearAll bool) error {
	ns, no := h.filterCloud(ctx, v)
	if ns == nil {
		if no == "" {
			no = "Use tcld or the Temporal Cloud UI: Onramp has no access to Temporal Cloud."
		}
		return fault.New(fault.Conflict, "The filters cannot be applied from here", no)
	}
	var raw []byte
	if !clearAll {
		fs, err := f.complete()
		if err != nil {
			return err
		}
		if leaf := presentLeaf(v); leaf != nil && !f.lockout {
			if l := fs.Lint(leaf); l != nil {
				f.ask = true
				x := fault.New(fault.Invalid, "These filters lock out your own client", "Change the filters, or tick the box and apply them again.").In("lockout")
				x.Code, x.Cause = l.Code, l.Text
				return x
			}
		}
		raw = fs.JSON()
	}
	return h.Acts.Namespaces.SaveFilters(ctx, v.By, v.Migration.ID, raw)
}

func (h *Pages) showFilters(w http.ResponseWriter, r *http.Request, status int, v web.Visit, f filterFields, ps views.Problems) error {
	if len(f.rows) == 0 {
		f.rows = certsvc.Filters{{}}
	}
	p := views.FiltersProps{Migration: v.Migration.ID, CertPEM: f.certPEM, Paste: f.paste, Problems: ps, CanAdd: len(f.rows) < certsvc.MaxFilters, Rules: filterRules()}
	set := 0
	for i, row := range f.rows {
		if row != (certsvc.Filter{}) {
			set++
		}
		p.Rows = append(p.Rows, views.FilterRow{N: fmt.Sprint(i + 1), CN: row.CommonName, O: row.Organization, OU: row.OrganizationalUnit, SAN: row.SubjectAlternativeName})
	}
	p.Limit = fmt.Sprintf("%d of %d", set, certsvc.MaxFilters)
	leaf := presentLeaf(v)
	p.Against = []views.Choice{
		{Value: againstLeaf, Label: "This migration’s client certificate", Selected: f.against != againstPaste, Disabled: leaf == nil, Reason: "It has none yet."},
		{Value: againstPaste, Label: "Another one, pasted", Selected: f.against == againstPaste},
	}
	if leaf != nil {
		p.Against[0].Hint = certsvc.SubjectOf(leaf)
	}
	fs, err := f.complete()
	if err == nil {
		c, certErr := f.Certificate(v)
		if certErr != nil && status == http.StatusOK {
			status, p.Problems = http.StatusUnprocessableEntity, append(p.Problems, fault.From(certErr))
		}
		if c != nil {
			p.Result = filterResult(fs, c)
		}
		p.JSON = views.CodeBlockProps{ID: "filters-out", Name: "filters.json", Lang: "json", Text: string(fs.JSON()), TestID: "filters-json"}
		ns := "NAMESPACE.ACCOUNT"
		if v.Namespace != nil {
			ns = v.Namespace.Namespace
		}
		p.Commands = []views.CodeBlockProps{{ID: "tcld", Name: "tcld", Lang: "bash", Values: []string{ns}, Text: fmt.Sprintf("tcld namespace certificate-filters import -n %s -f filters.json", ns)}}
	}
	if err == nil && len(fs) > 0 {
		p.Ask = web.HandoffLinks(h.Site, v, migration.TaskFilters, string(fs.JSON()))
	}
	p.Cloud = h.filterCloudProps(r.Context(), v, f.ask)
	fr := h.Frame(r, "Certificate filters", "migrations", &v, migration.StepCertificates)
	if fr.Saw = f.saw; fr.Saw == "" {
		if ns, _ := h.filterCloud(r.Context(), v); ns != nil {
			fr.Saw = acts.Edition(string(ns.Filters))
		}
	}
	return h.Page(w, r, status, views.FiltersPage(fr, p))
}

func (h *Pages) filterCloudProps(ctx context.Context, v web.Visit, ask bool) *views.FilterCloud {
	ns, no := h.filterCloud(ctx, v)
	switch {
	case no != "":
		return &views.FilterCloud{Absent: no}
	case ns == nil:
		return nil
	}
	p := &views.FilterCloud{Namespace: ns.ID.String(), URL: web.CloudPath(ns.ID.String()) + "?m=" + v.Migration.ID, Lockout: ask, Now: "no filters: every client of an accepted CA may connect"}
	if len(ns.Filters) > 0 {
		p.CanClear = true
		if fs, err := certsvc.ParseFilters(ns.Filters); err == nil {
			p.Now = web.Many(len(fs), "filter", "filters")
		}
	}
	return p
}

// filterResult is what filters say of a certificate, field by field.
func filterResult(fs certsvc.Filters, c *x509.Certificate) *views.FilterResult {
	each, ok := fs.Match(c)
	p := &views.FilterResult{Subject: certsvc.SubjectOf(c), Tag: views.Tag{State: views.Good, Word: "This client would be admitted"}, Text: "matches a filter."}
	if !ok {
		p.Tag, p.Text = views.Tag{State: views.Bad, Word: "This client would be refused"}, "matches no filter: its calls would get “Request unauthorized.” (CH-26)."
	}
	for i, m := range each {
		said := views.FilterSaid{N: fmt.Sprint(i + 1), Tag: views.Tag{State: views.Good, Word: "matches"}}
		if !m.Matches {
			said.Tag = views.Tag{State: views.Idle, Word: "does not match"}
		}
		for _, x := range m.Fields {
			has := "nothing"
			if len(x.Values) > 0 {
				has = acts.Printable(strings.Join(x.Values, ", "))
			}
			field := views.FilterFieldSaid{State: views.Good, Field: x.Field, Wants: x.Pattern, Text: "matches " + has}
			if !x.Matches {
				field.State, field.Text = views.Bad, "does not match: the certificate has "+has
			}
			said.Fields = append(said.Fields, field)
		}
		p.Filters = append(p.Filters, said)
	}
	return p
}

// filterRules are the documented rules (cloud-facts F1 to F6).
func filterRules() []views.Pair {
	return []views.Pair{
		{Name: "Fields", Value: "Common name, organization, organizational unit, subject alternative name"},
		{Name: "Within a filter", Value: "Every field that is set must match"},
		{Name: "Between filters", Value: "A client needs to match one"},
		{Name: "Values", Value: "Compared as a whole, without regard to upper and lower case"},
		{Name: "Wildcard", Value: "One * as the first or the last character; not both, not alone"},
		{Name: "At most", Value: fmt.Sprintf("%d filters in a namespace", certsvc.MaxFilters)},
		{Name: "No filter", Value: "Every client whose chain ends at an accepted CA may connect"},
		{Name: "A refusal", Value: "Shows as “Request unauthorized.”: TLS succeeds, then the call is refused"},
		{Name: "Public CAs", Value: "A well-known public CA is accepted only with filters"},
		{Name: "Unverified", Value: "The documentation lists .example.* as invalid although its rule would allow it; Onramp goes by the rule, Cloud decides"},
	}
}
