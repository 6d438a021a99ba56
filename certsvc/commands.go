package certsvc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Tool is a program that people make certificates with.
type Tool string

// The tools, the one that is installed most first.
const (
	ToolOpenSSL   Tool = "openssl"
	ToolStep      Tool = "step"
	ToolTcld      Tool = "tcld"
	ToolCertstrap Tool = "certstrap"
)

// CommandSpec is what the commands make: a CA and a client certificate.
type CommandSpec struct {
	CA   CASpec
	Leaf LeafSpec
}

// Step is one command with what it does. Commands are for a POSIX shell, with names quoted.
type Step struct {
	Text    string
	Command string
}

// Recipe is how to make certificates with a tool of one's own: nothing leaves the machine.
type Recipe struct {
	Tool   Tool
	Steps  []Step
	Upload string   // the file to upload
	Cert   string   // the client certificate
	Key    string   // its key
	Notes  []string // where what comes out differs from Temporal Cloud's rules, and what to know
}

// Recipes are the commands of every tool for one CA and client certificate. The error is joined Invalid
// faults as those of IssueSet.
func (s *Service) Recipes(spec CommandSpec) ([]Recipe, error) {
	req := SetRequest{CA: spec.CA, Leaf: spec.Leaf}
	if err := s.checkSet(req); err != nil {
		return nil, err
	}
	ca, err := spec.CA.checked()
	if err != nil {
		return nil, err
	}
	leaf := spec.Leaf
	leaf.CommonName, leaf.Organization, leaf.OrganizationalUnit = strings.TrimSpace(leaf.CommonName), strings.TrimSpace(leaf.Organization), strings.TrimSpace(leaf.OrganizationalUnit)
	if leaf.Days == 0 {
		leaf.Days = ca.Days - 1
	}
	if leaf.KeyType == "" {
		leaf.KeyType = ca.KeyType
	}
	return []Recipe{opensslRecipe(ca, leaf), stepRecipe(ca, leaf), tcldRecipe(ca, leaf), certstrapRecipe(ca, leaf)}, nil
}

// word quotes a text for a POSIX shell.
func word(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/=:,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// opensslSubject writes a subject as -subj takes it.
func opensslSubject(cn, o, ou string) string {
	escape := strings.NewReplacer(`\`, `\\`, `/`, `\/`, `+`, `\+`)
	var s string
	if o != "" {
		s += "/O=" + escape.Replace(o)
	}
	if ou != "" {
		s += "/OU=" + escape.Replace(ou)
	}
	return s + "/CN=" + escape.Replace(cn)
}

// opensslRecipe uses files for the extensions, as options differ between OpenSSL 1.1, 3 and LibreSSL.
func opensslRecipe(ca CASpec, leaf LeafSpec) Recipe {
	newkey := func(t KeyType) string {
		return map[KeyType]string{ECP256: "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", ECP384: "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
			RSA2048: "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", RSA4096: "-algorithm RSA -pkeyopt rsa_keygen_bits:4096"}[t]
	}
	hash := "-sha256"
	if ca.KeyType == ECP384 {
		hash = "-sha384"
	}
	names := ""
	if len(leaf.DNSNames) > 0 {
		names = `subjectAltName=DNS:` + strings.Join(leaf.DNSNames, ",DNS:") + `\n`
	}
	return Recipe{Tool: ToolOpenSSL, Upload: FileCA, Cert: FileClient, Key: FileClientKey, Steps: []Step{
		{"Write what the certificates may do", `printf '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE,pathlen:` + strconv.Itoa(ca.PathLength) + `\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n[client]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n` + names + `' > temporal.cnf`},
		{"Make the CA", fmt.Sprintf("umask 077 && openssl genpkey %s -out %s && openssl req -x509 -new -config temporal.cnf -extensions ca -utf8 %s -key %s -subj %s -days %d -out %s", newkey(ca.KeyType), FileCAKey, hash, FileCAKey, word(opensslSubject(ca.CommonName, ca.Organization, "")), ca.Days, FileCA)},
		{"Make the client's key and request", fmt.Sprintf("openssl genpkey %s -out %s && openssl req -new -config temporal.cnf -utf8 -key %s -subj %s -out client.csr", newkey(leaf.KeyType), FileClientKey, FileClientKey, word(opensslSubject(leaf.CommonName, leaf.Organization, leaf.OrganizationalUnit)))},
		{"Sign it", fmt.Sprintf("openssl x509 -req -in client.csr -CA %s -CAkey %s -CAcreateserial %s -days %d -extfile temporal.cnf -extensions client -out %s", FileCA, FileCAKey, hash, leaf.Days, FileClient)},
	}}
}

func stepRecipe(ca CASpec, leaf LeafSpec) Recipe {
	kind := func(t KeyType) string {
		return map[KeyType]string{ECP256: "--kty EC --curve P-256", ECP384: "--kty EC --curve P-384", RSA2048: "--kty RSA --size 2048", RSA4096: "--kty RSA --size 4096"}[t]
	}
	r := Recipe{Tool: ToolStep, Upload: FileCA, Cert: FileClient, Key: FileClientKey, Steps: []Step{
		{"Make the CA", fmt.Sprintf("step certificate create %s %s %s --profile root-ca %s --not-after %dh --no-password --insecure", word(ca.CommonName), FileCA, FileCAKey, kind(ca.KeyType), ca.Days*24)},
		{"Make the client certificate", fmt.Sprintf("step certificate create %s %s client.sec1.key --profile leaf --ca %s --ca-key %s %s --not-after %dh --no-password --insecure", word(leaf.CommonName), FileClient, FileCA, FileCAKey, kind(leaf.KeyType), leaf.Days*24)},
		{"Write the key as PKCS#8, which every SDK reads", fmt.Sprintf("umask 077 && openssl pkcs8 -topk8 -nocrypt -in client.sec1.key -out %s", FileClientKey)},
	}, Notes: []string{"step's leaf profile writes no basicConstraints; Temporal Cloud accepts that."}}
	if ca.Organization != "" || leaf.Organization != "" || leaf.OrganizationalUnit != "" {
		r.Notes = append(r.Notes, "step's profiles set the common name only; an organization needs a template (--template).")
	}
	return r
}

// tcld's bounds are its own (cloud-facts TC1): a CA of more than 7 and at most 365 days.
func tcldRecipe(ca CASpec, leaf LeafSpec) Recipe {
	r := Recipe{Tool: ToolTcld, Upload: FileCA, Cert: FileClient, Key: FileClientKey, Notes: []string{"tcld's client certificate has no keyUsage; Temporal Cloud accepts that."}}
	if ca.Days > 365 || ca.Days < 8 {
		r.Notes = append(r.Notes, "tcld makes CAs of 8 to 365 days only.")
		ca.Days = min(max(ca.Days, 8), 365)
		leaf.Days = min(leaf.Days, ca.Days-1)
	}
	org := ca.Organization
	if org == "" {
		org = ca.CommonName // tcld wants one
	}
	leafOrg := leaf.Organization
	if leafOrg == "" {
		leafOrg = org
	}
	if plain := ascii(org); plain != org || ascii(leafOrg) != leafOrg {
		r.Notes = append(r.Notes, "tcld puts the organization into a DNS name, so it is written in ASCII here.")
		org, leafOrg = plain, ascii(leafOrg)
	}
	rsa := ""
	switch ca.KeyType {
	case RSA2048, RSA4096:
		rsa = " --rsa"
	}
	if ca.KeyType == ECP256 || ca.KeyType == RSA2048 {
		r.Notes = append(r.Notes, "tcld makes P-384 keys, or RSA-4096 with --rsa.")
	}
	client := fmt.Sprintf("tcld gen leaf --org %s -d %dd --ca-cert %s --ca-key %s --cert %s --key %s --common-name %s", word(leafOrg), leaf.Days, FileCA, FileCAKey, FileClient, FileClientKey, word(leaf.CommonName))
	if leaf.OrganizationalUnit != "" {
		client += " --organization-unit " + word(leaf.OrganizationalUnit)
	}
	r.Steps = []Step{
		{"Make the CA", fmt.Sprintf("tcld gen ca --org %s -d %dd --ca-cert %s --ca-key %s%s", word(org), ca.Days, FileCA, FileCAKey, rsa)},
		{"Make the client certificate", client},
	}
	return r
}

// ascii leaves out what DNS names in certificates cannot hold.
func ascii(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r >= ' ' && r < 0x7f {
			return r
		}
		return -1
	}, s))
	if s == "" {
		return "Temporal"
	}
	return s
}

// certstrap keeps everything in its folder out, in files that it names after the common names.
func certstrapRecipe(ca CASpec, leaf LeafSpec) Recipe {
	r := Recipe{Tool: ToolCertstrap, Notes: []string{"certstrap's client certificate has no basicConstraints; Temporal Cloud accepts that."}}
	if strings.Contains(ca.CommonName, "/") {
		ca.CommonName = strings.ReplaceAll(ca.CommonName, "/", "-")
		r.Notes = append(r.Notes, "certstrap makes a file name of the CA's name, so its slashes are hyphens here.")
	}
	if ca.KeyType == RSA2048 || ca.KeyType == RSA4096 || leaf.KeyType == RSA2048 || leaf.KeyType == RSA4096 {
		r.Notes = append(r.Notes, "certstrap writes RSA keys as PKCS#1; for Java write the key as PKCS#8: openssl pkcs8 -topk8 -nocrypt.")
	}
	caFile, leafFile := strings.ReplaceAll(ca.CommonName, " ", "_"), notInFile.ReplaceAllString(leaf.CommonName, "_")
	r.Upload, r.Cert, r.Key = "out/"+caFile+".crt", "out/"+leafFile+".crt", "out/"+leafFile+".key"
	more := func(t KeyType, o, ou string) string {
		s := map[KeyType]string{ECP256: " --curve P-256", ECP384: " --curve P-384", RSA2048: " --key-bits 2048", RSA4096: " --key-bits 4096"}[t]
		if o != "" {
			s += " --organization " + word(o)
		}
		if ou != "" {
			s += " --organizational-unit " + word(ou)
		}
		return s
	}
	depth := ""
	if ca.PathLength > 0 {
		depth = " --path-length " + strconv.Itoa(ca.PathLength)
	}
	r.Steps = []Step{
		{"Make the CA", fmt.Sprintf("certstrap init --common-name %s%s%s --expires '%d days' --passphrase ''", word(ca.CommonName), more(ca.KeyType, ca.Organization, ""), depth, ca.Days)},
		{"Make the client's key and request", fmt.Sprintf("certstrap request-cert --common-name %s%s --passphrase ''", word(leaf.CommonName), more(leaf.KeyType, leaf.Organization, leaf.OrganizationalUnit))},
		{"Sign it", fmt.Sprintf("certstrap sign %s --CA %s --expires '%d days'", word(leafFile), word(ca.CommonName), leaf.Days)},
	}
	return r
}

// notInFile is what certstrap request-cert replaces by an underscore in file names.
var notInFile = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)
