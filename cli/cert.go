package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// cert is `onramp cert`: the certificate room in the terminal.
func cert(ctx context.Context, w World, args []string) int {
	subs := []command{
		{"ca", "create a certificate authority: ca.pem and ca.key", certCA},
		{"leaf", "create a client certificate and its key: client.pem and client.key", certLeaf},
		{"csr", "create a key and a request for a CA elsewhere: client.key and client.csr", certCSR},
		{"sign", "sign a request (CSR) made elsewhere: client.pem", certSign},
		{"inspect", "show what files contain, in any format", certInspect},
		{"lint", "check certificates against Temporal Cloud's rules", certLint},
		{"bundle", "export a pair as zip, PKCS#12, JKS, Kubernetes Secret and more", certBundle},
		{"batch", "create many client certificates from a CSV, in one zip", certBatch},
	}
	usage := func(out World, code int) int {
		to := out.Stdout
		if code != exitOK {
			to = out.Stderr
		}
		fmt.Fprint(to, "Usage: onramp cert <command> [--flag value …]\n\n")
		for _, c := range subs {
			fmt.Fprintf(to, "  %-8s %s\n", c.name, c.what)
		}
		return code
	}
	if len(args) == 0 {
		return usage(w, exitUsage)
	}
	if args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		return usage(w, exitOK)
	}
	for _, c := range subs {
		if c.name == args[0] {
			return c.start(ctx, w, args[1:])
		}
	}
	fmt.Fprintf(w.Stderr, "onramp: unknown command cert %q\n", printable(args[0]))
	if near := meant(args[0], subs); near != "" {
		fmt.Fprintf(w.Stderr, "  Did you mean onramp cert %s? ", near)
	} else {
		fmt.Fprint(w.Stderr, "  ")
	}
	fmt.Fprintln(w.Stderr, "onramp cert --help lists all commands.")
	return exitUsage
}

// number is a text flag that must be a whole number of days.
func (s *settings) days(def, usage string) *int {
	n := new(int)
	p := s.text("days", def, usage)
	s.after = append(s.after, func() error {
		if _, err := fmt.Sscanf(*p+"\n", "%d\n", n); err != nil {
			return fault.New(fault.Invalid, "This is not a number of days", "Give a whole number, such as 365.").In("days")
		}
		return nil
	})
	return n
}

func (s *settings) required(names ...string) {
	s.after = append(s.after, func() error {
		var errs []error
		for _, name := range names {
			if *s.asText[name] == "" {
				errs = append(errs, fault.New(fault.Invalid, "--"+name+" is missing", "See onramp "+s.name+" --help.").In(name))
			}
		}
		return errors.Join(errs...)
	})
}

// keyTypes are the key types of --key-type; "" leaves the choice to the room.
func keyTypes(s *settings) *string {
	return s.text("key-type", "", "ec-p256, ec-p384, rsa-2048 or rsa-4096 (default: ec-p384, or as the CA's)")
}

func certCA(_ context.Context, w World, args []string) int {
	s := newSettings("cert ca", "create a certificate authority", w)
	out := s.text("out", ".", "`directory` for ca.pem and ca.key")
	cn := s.text("cn", "", "common name of the CA")
	org := s.text("org", "", "organization")
	days := s.days("365", "validity in `days`")
	keyType := keyTypes(s)
	pathLength := new(int)
	depth := s.text("path-length", "0", "how many levels of intermediate CAs may be below it, 0 to 2")
	s.after = append(s.after, func() (err error) {
		if *pathLength, err = strconv.Atoi(*depth); err != nil {
			return fault.New(fault.Invalid, "This is not a path length", "Give 0, 1 or 2.").In("path-length")
		}
		return nil
	})
	force := s.boolean("force", "overwrite existing files")
	asJSON := s.boolean("json", "machine output")
	s.required("cn")
	if code, done := s.parse(args); done {
		return code
	}
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: *cn, Organization: *org, Days: *days, KeyType: certsvc.KeyType(*keyType), PathLength: *pathLength})
	if err != nil {
		return refuse(w, asFlags(err))
	}
	return deliver(w, ca, delivery{*out, *force, *asJSON, "ca.pem", "ca.key"})
}

func certLeaf(_ context.Context, w World, args []string) int {
	s := newSettings("cert leaf", "create a client certificate and its key", w)
	spec, read, out, force, asJSON := leafFlags(s)
	keyType := keyTypes(s)
	if code, done := s.parse(args); done {
		return code
	}
	ca, err := read()
	if err != nil {
		return refuse(w, err)
	}
	want := spec()
	want.KeyType = certsvc.KeyType(*keyType)
	leaf, err := certsvc.New(certsvc.Options{}).Leaf(ca, want)
	if err != nil {
		return refuse(w, asFlags(err))
	}
	return deliver(w, leaf, delivery{*out, *force, *asJSON, "client.pem", "client.key"})
}

func certCSR(_ context.Context, w World, args []string) int {
	s := newSettings("cert csr", "create a key and a request for a CA elsewhere", w)
	cn := s.text("cn", "", "common name of the client")
	org := s.text("org", "", "organization")
	ou := s.text("ou", "", "organizational unit")
	keyType := s.text("key-type", "", "ec-p256, ec-p384 (default), rsa-2048 or rsa-4096")
	out := s.text("out", ".", "`directory` for client.csr and client.key")
	force := s.boolean("force", "overwrite existing files")
	asJSON := s.boolean("json", "machine output")
	s.required("cn")
	if code, done := s.parse(args); done {
		return code
	}
	csr, key, err := certsvc.New(certsvc.Options{}).Request(certsvc.LeafSpec{CommonName: *cn, Organization: *org, OrganizationalUnit: *ou, KeyType: certsvc.KeyType(*keyType)})
	if err != nil {
		return refuse(w, asFlags(err))
	}
	paths, err := place(w, *out, *force, output{"client.key", key.Reveal(), 0o600}, output{"client.csr", csr, 0o644})
	if err != nil {
		return complain(w, err)
	}
	if *asJSON {
		return printJSON(w, map[string]string{"schema": "onramp.csr/1", "csr": paths[1], "key": paths[0]})
	}
	fmt.Fprintf(w.Stdout, "request %s (have your CA sign it)\nkey     %s (keep it; it never goes to Temporal Cloud)\n", paths[1], paths[0])
	return exitOK
}

func certSign(_ context.Context, w World, args []string) int {
	s := newSettings("cert sign", "sign a request (CSR) made elsewhere", w)
	spec, read, out, force, asJSON := leafFlags(s)
	csr := s.text("csr", "", "`file` with the request (PEM or DER)")
	s.required("csr")
	if code, done := s.parse(args); done {
		return code
	}
	ca, err := read()
	if err != nil {
		return refuse(w, err)
	}
	request, err := input("csr", *csr)
	if err != nil {
		return refuse(w, err)
	}
	leaf, err := certsvc.New(certsvc.Options{}).Sign(ca, request, spec())
	if err != nil {
		return refuse(w, asFlags(err))
	}
	return deliver(w, leaf, delivery{*out, *force, *asJSON, "client.pem", ""})
}

// leafFlags are what leaf and sign share: subject, validity and the CA that signs.
func leafFlags(s *settings) (spec func() certsvc.LeafSpec, ca func() (certsvc.Issued, error), out *string, force, asJSON *bool) {
	ca = authorityFlags(s)
	cn := s.text("cn", "", "common name of the client")
	org := s.text("org", "", "organization")
	ou := s.text("ou", "", "organizational unit")
	dns := s.text("dns", "", "DNS names, separated by commas")
	days := s.days("0", "validity in `days`; 0: until a day before its CA")
	out = s.text("out", ".", "`directory` for the files")
	force = s.boolean("force", "overwrite existing files")
	asJSON = s.boolean("json", "machine output")
	return func() certsvc.LeafSpec {
		return certsvc.LeafSpec{CommonName: *cn, Organization: *org, OrganizationalUnit: *ou, Days: *days, DNSNames: strings.FieldsFunc(*dns, func(r rune) bool { return r == ',' || r == ' ' })}
	}, ca, out, force, asJSON
}

// input reads a file that a flag names; it must be readable.
func input(flagName, path string) ([]byte, error) {
	b, err := readFile(path)
	if err != nil {
		named := printable(path) + " cannot be read"
		if secretive(flagName, path) { // it may be the secret itself
			named = "The file that is named here cannot be read"
		}
		f := fault.New(fault.Invalid, named, "Check the path and the file's permissions.").In(flagName)
		f.Code, f.Cause = "KP-35", reason(err)
		return nil, f
	}
	return b, nil
}

// secretive reports whether what was given for a file may be a secret in its place: anything where a passphrase's file
// is asked for, and elsewhere what no path looks like. It is not printed then.
func secretive(flagName, value string) bool {
	return strings.HasSuffix(flagName, "passphrase-path") || strings.HasSuffix(flagName, "password-path") ||
		len(value) > 255 || strings.ContainsAny(value, "\n\r") || strings.HasPrefix(strings.TrimSpace(value), "eyJ") || certsvc.HoldsKey([]byte(value))
}

func reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// refuse reports faults of certificates: wrong usage is 2, a problem with what a file holds is 10.
func refuse(w World, err error) int {
	code := complain(w, err)
	for _, f := range fault.All(err) {
		if f.Code != "" {
			return exitInput
		}
	}
	return code
}

// named reads the files of the arguments.
func named(s *settings) ([]certsvc.File, error) {
	if len(s.files) == 0 {
		return nil, fault.New(fault.Invalid, "No file was given", "Name one or more: onramp "+s.name+" client.pem")
	}
	var out []certsvc.File
	var errs []error
	for _, path := range s.files {
		b, err := input("", path)
		errs = append(errs, err)
		out = append(out, certsvc.File{Name: filepath.Base(path), Content: b})
	}
	return out, errors.Join(errs...)
}

func certInspect(ctx context.Context, w World, args []string) int {
	s := newSettings("cert inspect", "show what files contain, in any format", w)
	s.takesFiles = true
	passphrase := s.text("passphrase-path", "", "`file` with the passphrase of encrypted files")
	asJSON := s.boolean("json", "machine output")
	if code, done := s.parse(args); done {
		return code
	}
	files, err := named(s)
	if err != nil {
		return refuse(w, err)
	}
	pass, err := secretFile("passphrase-path", *passphrase)
	if err != nil {
		return refuse(w, err)
	}
	inv, err := certsvc.InspectContext(ctx, files, pass)
	if err != nil {
		return complain(w, err)
	}
	report := inspectionOf(inv, time.Now())
	code := exitOK
	if len(report.Troubles) > 0 {
		code = exitInput
	}
	if *asJSON {
		if failed := printJSON(w, report); failed != exitOK {
			return failed
		}
		return code
	}
	if _, err := fmt.Fprint(w.Stdout, report.tell(inv)); err != nil {
		return unwritten(w, err)
	}
	return code
}

// lintReport is onramp.lint/1.
type lintReport struct {
	Schema   string         `json:"schema"`
	Findings []certsvc.Lint `json:"findings"`
}

// certLint judges each file: a file whose first certificate is a CA as what would be uploaded, any other as a
// client's chain. Exit 10 when a finding is an error.
func certLint(_ context.Context, w World, args []string) int {
	s := newSettings("cert lint", "check certificates against Temporal Cloud's rules", w)
	s.takesFiles = true
	caPath := s.text("ca", "", "`file` with the CA certificates that the namespace holds, or will hold")
	asJSON := s.boolean("json", "machine output (onramp.lint/1)")
	if code, done := s.parse(args); done {
		return code
	}
	files, err := named(s)
	if err != nil {
		return refuse(w, err)
	}
	now := time.Now()
	report := lintReport{Schema: "onramp.lint/1", Findings: []certsvc.Lint{}}
	var uploaded []*x509.Certificate
	if *caPath != "" {
		raw, err := input("ca", *caPath)
		if err != nil {
			return refuse(w, err)
		}
		cas, lints := certsvc.LintBundle(raw, now)
		uploaded, report.Findings = cas, append(report.Findings, inFile(lints, filepath.Base(*caPath))...)
		if uploaded == nil {
			uploaded = []*x509.Certificate{} // it was named, and holds none
		}
	}
	alone := false // a client certificate was judged without its CA
	for _, f := range files {
		lints, client := lintFile(f, uploaded, now)
		alone = alone || client && uploaded == nil
		for _, l := range lints {
			if !slices.ContainsFunc(report.Findings, func(x certsvc.Lint) bool { return x.Code == l.Code && x.Subject == l.Subject && x.Text == l.Text }) {
				report.Findings = append(report.Findings, l) // a CA is judged with the bundle already
			}
		}
	}
	code := exitOK
	for _, l := range report.Findings {
		if l.Severity == certsvc.SevError {
			code = exitInput
		}
	}
	if *asJSON {
		if written := printJSON(w, report); written != exitOK {
			return written
		}
		return code
	}
	tellFindings(w.Stdout, report.Findings)
	switch {
	case alone:
		fmt.Fprintf(w.Stdout, "%sThe signature was not checked, because the CA is not known: give its certificate with --ca.\n", onlyIf(len(report.Findings) == 0, "No problems found in the certificate itself. "))
	case len(report.Findings) == 0:
		fmt.Fprintf(w.Stdout, "No problems found: every rule of %s is met.\n", rulesDate)
	}
	return code
}

// onlyIf is a text where it applies, else "".
func onlyIf(applies bool, text string) string {
	if applies {
		return text
	}
	return ""
}

// lintFile judges one file: as a client's chain where the CAs are known or its first certificate is no CA, else as what
// would be uploaded. client says that it was the former.
func lintFile(f certsvc.File, uploaded []*x509.Certificate, now time.Time) (lints []certsvc.Lint, client bool) {
	chain, repairs, err := certsvc.ReadCertificates(f.Content)
	if err != nil {
		x := fault.From(err)
		return []certsvc.Lint{{Code: x.Code, Severity: certsvc.SevError, Subject: f.Name, Text: strings.TrimSpace(x.Title + ". " + x.Cause), Fix: x.Fix}}, false
	}
	ordered, upsideDown := certsvc.ClientFirst(chain)
	if role := certsvc.RoleOf(ordered[0]); uploaded == nil && (role == certsvc.RoleRoot || role == certsvc.RoleIntermediate) {
		_, lints := certsvc.LintBundle(f.Content, now)
		return inFile(lints, f.Name), false
	}
	var out []certsvc.Lint
	if upsideDown {
		repairs = append(repairs, certsvc.UpsideDown)
	}
	for _, r := range repairs {
		out = append(out, certsvc.Lint{Code: r.Code, Severity: certsvc.SevWarn, Subject: f.Name, Text: r.Text,
			Fix: "Save the repaired file: your worker reads it as it is."})
	}
	return append(out, certsvc.LintLeaf(ordered, uploaded, now)...), true
}

// inFile gives findings about a text as a whole the name of its file.
func inFile(lints []certsvc.Lint, name string) []certsvc.Lint {
	for i := range lints {
		if lints[i].Subject == "" {
			lints[i].Subject = name
		}
	}
	return lints
}

// tellFindings writes findings for people.
func tellFindings(w io.Writer, findings []certsvc.Lint) {
	for _, l := range findings {
		fmt.Fprintf(w, "%-5s %s  %s\n      %s\n", l.Severity, l.Code, printable(l.Subject), printable(l.Text))
		if l.Fix != "" {
			fmt.Fprintf(w, "      Do: %s\n", printable(l.Fix))
		}
	}
}
