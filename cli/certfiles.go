package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// output is a file to write.
type output struct {
	name    string
	content []byte
	mode    os.FileMode
}

// place writes files into dir, all or none, and returns their paths. When one is there already and force is not
// given, nothing is written; what force replaced is told on stderr.
func place(w World, dir string, force bool, files ...output) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	var paths, ready []string
	there := map[string]bool{}
	defer func() {
		for _, tmp := range ready {
			_ = os.Remove(tmp) // it has its place already, or nobody wants it
		}
	}()
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		paths = append(paths, path)
		if _, e := os.Lstat(path); err == nil && e == nil {
			if there[path] = true; !force {
				return nil, taken(path)
			}
		}
	}
	for _, f := range files {
		if err == nil {
			var tmp string
			tmp, err = written(dir, f.content, f.mode)
			ready = append(ready, tmp)
		}
	}
	var placed []string
	for i := range files {
		if err != nil {
			break
		}
		if there[paths[i]] {
			err = os.Rename(ready[i], paths[i])
		} else if err = os.Link(ready[i], paths[i]); errors.Is(err, os.ErrExist) { // it came meanwhile
			err = taken(paths[i])
		} else if err != nil { // a file system without links
			err = os.Rename(ready[i], paths[i])
		}
		if err == nil {
			placed = append(placed, paths[i])
		}
	}
	if err != nil {
		for _, path := range placed {
			if !there[path] {
				_ = os.Remove(path) // all or none
			}
		}
		if fault.Is(err, fault.Conflict) {
			return nil, err
		}
		return nil, fault.Wrap(err, fault.Invalid, "The files cannot be written to "+printable(dir), "Set --out to a directory that you can write to: "+reason(err)+".").In("out")
	}
	for _, path := range paths {
		if there[path] {
			fmt.Fprintf(w.Stderr, "onramp: replaced %s\n", printable(path))
		}
	}
	return paths, nil
}

func taken(path string) error {
	return fault.New(fault.Conflict, printable(path)+" is there already", "Choose another --out, or replace it with --force. Nothing was written.").In("out")
}

// written is a new file in dir with a name of its own.
func written(dir string, b []byte, mode os.FileMode) (string, error) {
	tmp, err := os.CreateTemp(dir, ".onramp-*")
	if err != nil {
		return "", err
	}
	_, werr := tmp.Write(b)
	return tmp.Name(), errors.Join(werr, tmp.Chmod(mode), tmp.Close())
}

// delivery is where the files of a certificate go and how that is told.
type delivery struct {
	dir               string
	force, asJSON     bool
	certName, keyName string // no keyName: the key is the caller's own
}

// deliver writes a certificate and its key, neither if one of the files is there and may not be replaced.
func deliver(w World, made certsvc.Issued, d delivery) int {
	files := []output{{d.certName, made.CertPEM, 0o644}}
	if d.keyName != "" {
		files = append(files, output{d.keyName, made.Key.Reveal(), 0o600})
	}
	paths, err := place(w, d.dir, d.force, files...)
	if err != nil {
		return complain(w, err)
	}
	certPath, keyPath := paths[0], ""
	if d.keyName != "" {
		keyPath = paths[1]
	}
	c := made.Cert
	if d.asJSON {
		answer := map[string]string{"schema": "onramp.cert/1", "cert": certPath, "subject": certsvc.SubjectOf(c), "sha256": made.Fingerprint(),
			"not_before": c.NotBefore.UTC().Format(time.RFC3339), "not_after": c.NotAfter.UTC().Format(time.RFC3339)}
		if keyPath != "" {
			answer["key"] = keyPath
		}
		return printJSON(w, answer)
	}
	fmt.Fprintf(w.Stdout, "%s\n  expires %s\n  SHA-256 %s\n  certificate %s\n", certsvc.SubjectOf(c), c.NotAfter.UTC().Format("2 January 2006 15:04 MST"), made.Fingerprint(), certPath)
	if keyPath != "" {
		fmt.Fprintf(w.Stdout, "  key         %s (keep it; it never goes to Temporal Cloud)\n", keyPath)
	}
	return exitOK
}

// secretFile is the first line of a file that a flag names, "" for no file.
func secretFile(flagName, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := input(flagName, path)
	return strings.TrimRight(string(b), "\r\n"), err
}

// authorityFlags name a CA and its key: --ca alone where one file holds both, and further files as arguments, in any
// order and form.
func authorityFlags(s *settings) func() (certsvc.Issued, error) {
	s.takesFiles = true
	caFile := s.text("ca", "", "`file` with the CA certificate, or with certificate and key")
	caKey := s.text("ca-key", "", "`file` with its key, where --ca does not hold it")
	passphrase := s.text("ca-key-passphrase-path", "", "`file` with the passphrase of an encrypted CA key")
	s.after = append(s.after, func() error {
		if *caFile == "" && *caKey == "" && len(s.files) == 0 {
			return fault.New(fault.Invalid, "--ca is missing", "Give the CA's certificate and key: --ca ca.pem --ca-key ca.key, or one file that holds both.").In("ca")
		}
		return nil
	})
	return func() (certsvc.Issued, error) {
		pass, err := secretFile("ca-key-passphrase-path", *passphrase)
		errs := []error{err}
		var files []certsvc.File
		for _, path := range append([]string{*caFile, *caKey}, s.files...) {
			if path == "" {
				continue
			}
			b, err := input("ca", path)
			errs = append(errs, err)
			files = append(files, certsvc.File{Name: filepath.Base(path), Content: b})
		}
		if err := errors.Join(errs...); err != nil {
			return certsvc.Issued{}, err
		}
		ca, _, err := certsvc.ReadAuthority(files, pass)
		if err != nil {
			return ca, asFlags(err)
		}
		// What Temporal Cloud refuses is refused before it signs anything.
		_, lints := certsvc.LintBundle(ca.CertPEM, time.Now())
		for _, l := range lints {
			if l.Severity == certsvc.SevError {
				f := fault.New(fault.Invalid, strings.TrimSuffix(l.Text, "."), l.Fix).In("ca")
				f.Code = l.Code
				errs = append(errs, f)
			}
		}
		return ca, errors.Join(errs...)
	}
}

// asFlags gives faults of certsvc the names of flags; those of files are told by the file's name in their title.
func asFlags(err error) error {
	flags := map[string]string{"common_name": "cn", "organization": "org", "organizational_unit": "ou", "dns_names": "dns", "key_type": "key-type", "path_length": "path-length",
		"ca_key": "ca-key", "passphrase": "ca-key-passphrase-path", "ca": "ca", "csr": "csr", "days": "days", "rows": "csv", "cn": "cn", "org": "org", "ou": "ou",
		"password": "password-path", "secret_name": "name", "k8s_namespace": "k8s-namespace", certsvc.FieldCertificate: "cert", certsvc.FieldKey: "key", "format": "format"}
	var out []error
	for _, f := range fault.All(err) {
		out = append(out, f.In(flags[f.Field]))
	}
	return errors.Join(out...)
}
