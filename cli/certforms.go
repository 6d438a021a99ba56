package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// certBundle is `onramp cert bundle`: a pair in one of the forms that programs read.
func certBundle(_ context.Context, w World, args []string) int {
	s := newSettings("cert bundle", "export a certificate in the format that a program reads", w)
	var names []string
	for _, f := range certsvc.Formats {
		names = append(names, string(f.Format))
	}
	format := s.oneOf("format", string(certsvc.FormatBundle), "the form", names...)
	ca := s.text("ca", "", "`file` with the CA certificate")
	certPath := s.text("cert", "", "`file` with the client certificate")
	key := s.text("key", "", "`file` with its private key; not for full-chain, dotenv, terraform and cert-manager")
	password := s.text("password-path", "", "`file` with the password of a key store (pkcs12, pkcs12-legacy, jks)")
	ns := s.text("namespace", "", "Namespace ID, for the README and .env inside", "TEMPORAL_NAMESPACE")
	address := s.text("address", "", "`host:port`, for .env; default: the namespace's endpoint", "TEMPORAL_ADDRESS")
	name := s.text("name", "", "name of the Secret, Issuer or key store entry; default: the client's common name")
	cluster := s.text("k8s-namespace", "", "Kubernetes namespace")
	filters := s.text("filters", "", "`file` with certificate filters (tcld's JSON), for terraform")
	out := s.text("out", "", "`file` to write; default: bundle.zip, client.p12 …")
	force := s.boolean("force", "overwrite an existing file")
	asJSON := s.boolean("json", "machine output")
	s.required("ca", "cert")
	if code, done := s.parse(args); done {
		return code
	}
	info, _ := certsvc.FormatOf(*format) // oneOf has judged it
	spec := certsvc.OutputSpec{Namespace: *ns, Address: *address, Name: *name, Cluster: *cluster}
	if spec.Address == "" && *ns != "" {
		spec.Address = *ns + ".tmprl.cloud:7233"
	}
	var errs []error
	read := func(flagName, path string) []byte {
		if path == "" {
			return nil
		}
		b, err := input(flagName, path)
		errs = append(errs, err)
		return b
	}
	spec.CAPEM, spec.ClientPEM = read("ca", *ca), read("cert", *certPath)
	keyPEM := read("key", *key)
	var err error
	if spec.Password, err = secretFile("password-path", *password); err != nil {
		errs = append(errs, err)
	}
	switch {
	case info.Key && *key == "":
		errs = append(errs, fault.New(fault.Invalid, "--key is missing", "This format contains the private key: give its file.").In("key"))
	case info.Password && *password == "":
		errs = append(errs, fault.New(fault.Invalid, "--password-path is missing", "Write the key store's password to a file, and give that file.").In("password-path"))
	}
	if raw := read("filters", *filters); raw != nil {
		parsed, err := certsvc.ParseFilters(raw)
		spec.Filters = parsed
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return refuse(w, err)
	}
	if info.Key {
		pair, _, err := certsvc.ReadPair(spec.ClientPEM, keyPEM)
		if err != nil {
			return refuse(w, asFlags(err))
		}
		spec.ClientPEM, spec.ClientKey = pair.CertPEM(), pair.KeyPEM()
	}
	content, err := certsvc.Output(info.Format, spec)
	if err != nil {
		return refuse(w, asFlags(err))
	}
	if *out == "" {
		*out = info.File
	}
	mode := os.FileMode(0o644)
	if info.Key {
		mode = 0o600
	}
	paths, err := place(w, filepath.Dir(*out), *force, output{filepath.Base(*out), content, mode})
	if err != nil {
		return complain(w, err)
	}
	findings := findingsOf(spec, time.Now())
	if *asJSON {
		return printJSON(w, map[string]any{"schema": "onramp.bundle/1", "format": info.Format, "file": paths[0], "holds_key": info.Key, "findings": findings})
	}
	fmt.Fprintf(w.Stdout, "%s: %s. %s\n", printable(*out), info.Title, info.What)
	if len(findings) > 0 {
		fmt.Fprintln(w.Stderr, "It was written. Temporal Cloud's rules for these certificates:")
		tellFindings(w.Stderr, findings)
	}
	if info.Key {
		fmt.Fprintln(w.Stdout, "It contains a private key: do not share it.")
	}
	return exitOK
}

// findingsOf are the errors and warnings about the certificates of a bundle, as lint has them; never null.
func findingsOf(s certsvc.OutputSpec, now time.Time) []certsvc.Lint {
	cas, all := certsvc.LintBundle(s.CAPEM, now)
	if chain, _, err := certsvc.ReadCertificates(s.ClientPEM); err == nil {
		all = append(all, certsvc.LintLeaf(chain, cas, now)...)
	}
	out := []certsvc.Lint{}
	for _, l := range all {
		if l.Severity != certsvc.SevNote && !slices.ContainsFunc(out, func(x certsvc.Lint) bool { return x.Code == l.Code && x.Subject == l.Subject }) {
			out = append(out, l)
		}
	}
	return out
}

// certBatch is `onramp cert batch`: many client certificates as one archive, from a CSV.
func certBatch(ctx context.Context, w World, args []string) int {
	s := newSettings("cert batch", "create many client certificates from a CSV, in one zip", w)
	read := authorityFlags(s)
	csv := s.text("csv", "", "`file` with the columns name, cn, days; organization and ou are optional")
	keyType := keyTypes(s)
	out := s.text("out", "clients.zip", "`file` to write")
	force := s.boolean("force", "overwrite an existing file")
	asJSON := s.boolean("json", "machine output")
	s.required("csv")
	if code, done := s.parse(args); done {
		return code
	}
	ca, err := read()
	raw, csvErr := input("csv", *csv)
	if err := errors.Join(err, csvErr); err != nil {
		return refuse(w, err)
	}
	rows, err := certsvc.ReadBatch(raw)
	if err != nil {
		return refuse(w, atCSV(err))
	}
	for i := range rows {
		rows[i].Leaf.KeyType = certsvc.KeyType(*keyType)
	}
	service := certsvc.New(certsvc.Options{})
	if err := service.CheckBatch(ca, rows); err != nil {
		return refuse(w, atCSV(err))
	}
	if _, err := os.Lstat(*out); err == nil && !*force {
		return complain(w, taken(*out))
	}
	tmp, err := os.CreateTemp(filepath.Dir(*out), ".onramp-*") // 0600: the archive holds keys
	if err != nil {
		return complain(w, fault.Wrap(err, fault.Invalid, printable(*out)+" cannot be written", "Set --out to a path that you can write to: "+reason(err)+".").In("out"))
	}
	defer os.Remove(tmp.Name())
	err = service.WriteBatch(ctx, tmp, ca, rows, func(certsvc.BatchRow, *x509.Certificate) {})
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = settle(tmp.Name(), *out, *force)
	}
	if fault.Is(err, fault.Conflict) {
		return complain(w, err)
	}
	if err != nil {
		return complain(w, fault.Wrap(err, fault.Invalid, "The archive could not be finished; nothing was left", "Free some disk space, then try again.").In("out"))
	}
	path, _ := filepath.Abs(*out) // for people; the file is there
	if *asJSON {
		return printJSON(w, map[string]any{"schema": "onramp.batch/1", "file": path, "count": len(rows), "ca_sha256": ca.Fingerprint()})
	}
	fmt.Fprintf(w.Stdout, "%s holds %d client certificates, each in a folder with its key. Give each client its own and nothing else.\n", printable(*out), len(rows))
	return exitOK
}

// settle gives a finished file its place; without force it replaces nothing, even what came meanwhile.
func settle(tmp, out string, force bool) error {
	if force {
		return os.Rename(tmp, out)
	}
	err := os.Link(tmp, out)
	if errors.Is(err, os.ErrExist) {
		return taken(out)
	}
	if err != nil { // a file system without links
		return os.Rename(tmp, out)
	}
	return nil
}

// atCSV puts faults of rows at --csv; their row stands in the title.
func atCSV(err error) error {
	var out []error
	for _, f := range fault.All(err) {
		out = append(out, f.In("csv"))
	}
	return errors.Join(out...)
}

// inspectReport is onramp.inspect/1.
type inspectReport struct {
	Schema   string           `json:"schema"`
	Items    []certsvc.Item   `json:"items"`
	Chains   []inspectChain   `json:"chains"`
	Repairs  []certsvc.Repair `json:"repairs"`
	Troubles []inspectTrouble `json:"troubles"`
	Findings []certsvc.Lint   `json:"findings"` // by Temporal Cloud's rules, as onramp.lint/1 has them
}

type inspectChain struct {
	SHA256       []string `json:"sha256"` // from the client, or the lowest CA, up
	Subjects     []string `json:"subjects"`
	Complete     bool     `json:"complete"`
	SignedItself bool     `json:"signed_itself,omitempty"` // a client certificate that no CA signed
	KeyFile      string   `json:"key_file,omitempty"`
}

type inspectTrouble struct {
	File  string `json:"file"`
	Code  string `json:"code,omitempty"`
	Title string `json:"title"`
	Cause string `json:"cause,omitempty"`
	Fix   string `json:"fix"`
}

// inspectionOf is an inventory for programs; lists are never null.
func inspectionOf(inv certsvc.Inventory, now time.Time) inspectReport {
	r := inspectReport{Schema: "onramp.inspect/1", Items: inv.Items, Chains: []inspectChain{}, Repairs: inv.Repairs, Troubles: []inspectTrouble{}, Findings: inv.Judge(now)}
	if r.Findings == nil {
		r.Findings = []certsvc.Lint{}
	}
	if r.Items == nil {
		r.Items = []certsvc.Item{}
	}
	if r.Repairs == nil {
		r.Repairs = []certsvc.Repair{}
	}
	for _, c := range inv.Chains() {
		chain := inspectChain{Complete: c.Complete(), SignedItself: c.SignedItself(), KeyFile: c.KeyFile}
		for _, x := range c.Certs {
			chain.SHA256, chain.Subjects = append(chain.SHA256, certsvc.Fingerprint(x)), append(chain.Subjects, certsvc.SubjectOf(x))
		}
		r.Chains = append(r.Chains, chain)
	}
	for _, item := range inv.Items {
		if f := item.Trouble; f != nil {
			r.Troubles = append(r.Troubles, inspectTrouble{item.File, f.Code, f.Title, f.Cause, f.Fix})
		}
	}
	return r
}

// tell writes an inspection for people: parts, chains from the root down, what was repaired, and a CA's key loudly.
func (r inspectReport) tell(inv certsvc.Inventory) string {
	var b bytes.Buffer
	for _, item := range inv.Items {
		fmt.Fprintf(&b, "%s\n", printable(item.String()))
		for _, line := range detailsOf(item) {
			fmt.Fprintf(&b, "  %s\n", printable(line))
		}
		if f := item.Trouble; f != nil {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(f.Code+" "+printable(f.Title)))
			for _, line := range []string{f.Cause, f.Fix} {
				if line != "" {
					fmt.Fprintf(&b, "  %s\n", printable(line))
				}
			}
		}
		if item.Kind == certsvc.ItemKey && (item.Role == certsvc.RoleRoot || item.Role == certsvc.RoleIntermediate) {
			fmt.Fprintf(&b, "  This is a CA's private key: never upload it, give it to workers or share it.\n")
		}
	}
	for _, c := range r.Chains {
		state := "complete"
		switch {
		case c.SignedItself:
			state = "none: it signed itself and is no CA"
		case !c.Complete:
			state = "its issuer is not here"
		}
		fmt.Fprintf(&b, "\nChain (%s)\n", state)
		for i := range c.Subjects {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", i+1), printable(c.Subjects[len(c.Subjects)-1-i]))
		}
		if c.KeyFile != "" {
			fmt.Fprintf(&b, "  its key is in %s\n", printable(c.KeyFile))
		}
	}
	for _, x := range r.Repairs {
		fmt.Fprintf(&b, "  %s %s: %s\n", x.Code, printable(x.Field), printable(x.Text))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(&b, "\nBy Temporal Cloud's rules")
		tellFindings(&b, r.Findings)
	}
	return b.String()
}

// detailsOf are the lines under a certificate, a request or an entry of a key store: what tells it from others.
func detailsOf(item certsvc.Item) []string {
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+" "+value)
		}
	}
	if item.Kind == certsvc.ItemCertificate {
		add("signed by", item.Issuer)
		if !item.NotAfter.IsZero() {
			add("valid", item.NotBefore.UTC().Format("2 January 2006")+" to "+item.NotAfter.UTC().Format("2 January 2006 15:04 MST"))
		}
		add("serial", item.Serial)
	}
	add("alternative names", strings.Join(item.SANs, ", "))
	add("key", string(item.KeyType))
	add("name in the key store", item.Alias)
	return out
}
