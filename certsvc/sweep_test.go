package certsvc

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// vectors is where scripts/setup.sh puts PyPI's cryptography_vectors.
var vectors = filepath.Join("..", "e2e", ".vectors", "cryptography_vectors")

// sweepPasswords are those of the vectors' own tests; "" is no passphrase.
var sweepPasswords = []string{"", "123456", "cryptography", "password", "secret", "1234", "foobar", "a123456", "hunter2", "testing", "changeit", "\u00e9", "asdf"}

// sweepFiles are certificate and key files of a public collection, of Go's own tests and of keytool.
func sweepFiles(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(vectors); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: make setup downloads them", err)
		}
		t.Skipf("%v: make setup downloads them", err)
	}
	suffix := regexp.MustCompile(`\.(pem|der|crt|cer|key|pub|p12|pfx|p7b|p7c|csr|crl|jks|ks|jceks)$`)
	var out []string
	goroot := strings.TrimSpace(string(must(exec.Command("go", "env", "GOROOT").Output())(t)))
	for _, root := range []string{filepath.Join(vectors, "x509"), filepath.Join(vectors, "asymmetric"), filepath.Join(vectors, "pkcs12"), filepath.Join(vectors, "pkcs7"),
		filepath.Join(goroot, "src", "crypto"), keytoolStores(t)} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			inGo := strings.HasPrefix(path, goroot)
			if err == nil && !d.IsDir() && suffix.MatchString(path) && (!inGo || strings.Contains(path, "testdata")) {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// keytoolStores makes stores as Java people do; an empty folder without Java.
func keytoolStores(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := exec.LookPath("keytool"); err != nil {
		t.Log("keytool is missing: no store of its making is in the sweep")
		return dir
	}
	for _, s := range [][]string{
		{"one.p12", "PKCS12", "RSA", "2048"}, {"ec.p12", "PKCS12", "EC", "256"}, {"dsa.p12", "PKCS12", "DSA", "2048"}, {"one.jks", "JKS", "RSA", "2048"}, {"one.jceks", "JCEKS", "RSA", "2048"}, {"one.p12", "PKCS12", "EC", "384"},
	} {
		alias := s[2] + s[3]
		cmd := exec.Command("keytool", "-genkeypair", "-alias", alias, "-keyalg", s[2], "-keysize", s[3], "-dname", "CN="+alias+", O=Acme, C=DE", "-validity", "90", "-storetype", s[1], "-keystore", filepath.Join(dir, s[0]), "-storepass", "changeit")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return dir
}

// opensslView is what openssl reads of a file: what it is, and of certificates what they say.
type opensslView struct {
	kind                     string // "certificate", "private-key", "request", "public-key", "crl", "key-store", "pkcs7"; "" for nothing
	subject, issuer, keyType string
	serial                   string
	from, to                 time.Time
	ca                       bool
	badSignature             bool // of a request
}

func runOpenSSL(args ...string) (string, bool) {
	out, err := exec.Command("openssl", args...).Output()
	return string(out), err == nil
}

// asOpenSSL asks openssl what a file is.
func asOpenSSL(path string, raw []byte, password string) opensslView {
	for _, j := range javaStores { // openssl takes random bytes of them for a key
		if bytes.HasPrefix(raw, j.magic) {
			return opensslView{}
		}
	}
	form := "DER"
	if bytes.Contains(raw, []byte("-----BEGIN")) {
		form = "PEM"
	}
	names := []string{"-nameopt", "RFC2253,-esc_msb,utf8"}
	if out, ok := runOpenSSL(append([]string{"x509", "-in", path, "-inform", form, "-noout", "-subject", "-issuer", "-serial", "-dates", "-text", "-certopt", "no_header,no_validity,no_subject,no_issuer,no_signame,no_sigdump"}, names...)...); ok {
		v := opensslView{kind: "certificate", keyType: opensslKeyType(out), ca: strings.Contains(out, "CA:TRUE")}
		v.subject, v.issuer, v.serial = lineOf(out, "subject="), lineOf(out, "issuer="), strings.ToLower(lineOf(out, "serial="))
		v.from, _ = time.Parse("Jan _2 15:04:05 2006 MST", lineOf(out, "notBefore="))
		v.to, _ = time.Parse("Jan _2 15:04:05 2006 MST", lineOf(out, "notAfter="))
		return v
	}
	if out, ok := runOpenSSL(append([]string{"req", "-in", path, "-inform", form, "-noout", "-subject", "-text"}, names...)...); ok && !strings.Contains(string(raw), "PRIVATE KEY") {
		_, right := runOpenSSL("req", "-in", path, "-inform", form, "-noout", "-verify")
		return opensslView{kind: "request", subject: lineOf(out, "subject="), keyType: opensslKeyType(out), badSignature: !right}
	}
	if out, ok := runOpenSSL("pkey", "-in", path, "-inform", form, "-passin", "pass:"+password, "-noout", "-text_pub"); ok {
		return opensslView{kind: "private-key", keyType: opensslKeyType(out)}
	}
	if _, ok := runOpenSSL("pkey", "-pubin", "-in", path, "-inform", form, "-noout"); ok {
		return opensslView{kind: "public-key"}
	}
	if _, ok := runOpenSSL("crl", "-in", path, "-inform", form, "-noout"); ok {
		return opensslView{kind: "crl"}
	}
	if out, ok := runOpenSSL("pkcs7", "-in", path, "-inform", form, "-print_certs", "-noout"); ok && strings.Contains(out, "subject=") {
		return opensslView{kind: "pkcs7"}
	}
	for _, legacy := range [][]string{{}, {"-legacy"}} {
		if out, ok := runOpenSSL(append([]string{"pkcs12", "-in", path, "-passin", "pass:" + password, "-nodes"}, legacy...)...); ok && strings.Contains(out, "BEGIN") {
			return opensslView{kind: "key-store"}
		}
	}
	return opensslView{}
}

// lineOf is the rest of the line that begins with a name.
func lineOf(out, name string) string {
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

var (
	keyBits   = regexp.MustCompile(`(?:RSA )?(Public|Private)-Key: \((\d+) bit`)
	keyCurve  = regexp.MustCompile(`ASN1 OID: (\S+)`)
	keyAlgo   = regexp.MustCompile(`Public Key Algorithm: (\S+)`)
	edwardish = regexp.MustCompile(`(?i)(ED25519|ED448|X25519|X448) (Public|Private)-Key`)
)

// opensslKeyType turns what openssl prints of a key into the names that are used here; "" where it prints none.
func opensslKeyType(out string) string {
	bits := ""
	if m := keyBits.FindStringSubmatch(out); m != nil {
		bits = m[2]
	}
	if m := edwardish.FindStringSubmatch(out); m != nil {
		return strings.ToLower(m[1])
	}
	if m := keyCurve.FindStringSubmatch(out); m != nil {
		short := map[string]string{"prime256v1": "p256", "secp384r1": "p384", "secp521r1": "p521", "secp224r1": "p224", "prime192v1": "p192", "SM2": "sm2"}
		if s, ok := short[m[1]]; ok {
			return "ec-" + s
		}
		return "ec-" + m[1]
	}
	algo := ""
	if m := keyAlgo.FindStringSubmatch(out); m != nil {
		algo = m[1]
	}
	switch {
	case strings.Contains(out, "Field Type:"):
		return explicitCurve
	case algo == "rsassaPss":
		return "rsa-pss-" + bits
	case algo == "rsaEncryption":
		return "rsa-" + bits
	case algo == "" && strings.Contains(out, "Modulus:") && !strings.Contains(out, "PSS") && bits != "":
		return "rsa-" + bits
	case algo == "dsaEncryption", strings.Contains(out, "DSA Public-Key"):
		return "dsa"
	}
	return ""
}

// sameText compares two names by RFC 4514 without regard to the order within one RDN and to the case of hex.
func sameText(a, b string) bool {
	norm := func(s string) string {
		var rdns []string
		for _, rdn := range splitUnescaped(s, ',') {
			parts := splitUnescaped(rdn, '+')
			for i, p := range parts {
				if strings.Contains(p, "=#") {
					parts[i] = strings.ToLower(p)
				}
			}
			slices.Sort(parts)
			rdns = append(rdns, strings.Join(parts, "+"))
		}
		return strings.Join(rdns, ",")
	}
	return norm(a) == norm(b)
}

func splitUnescaped(s string, sep byte) []string {
	var out []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// sweepRow is what was found on one file.
type sweepRow struct {
	file, kind, verdict, why string
}

// judgeFile compares what is said here of a file with what openssl says.
func judgeFile(path string) sweepRow {
	raw, err := os.ReadFile(path)
	row := sweepRow{file: path, verdict: "the same"}
	if err != nil {
		return sweepRow{path, "", "cannot be read", err.Error()}
	}
	var inv Inventory
	password := ""
	for _, p := range sweepPasswords {
		inv = Inspect([]File{{filepath.Base(path), raw}}, p)
		if password = p; !slices.ContainsFunc(inv.Items, func(it Item) bool { return it.Trouble != nil && it.Trouble.Field == "passphrase" }) {
			break
		}
	}
	v := asOpenSSL(path, raw, password)
	row.kind = v.kind
	if v.kind == "" {
		row.kind = "nothing to openssl"
	}
	fail := func(verdict, format string, args ...any) sweepRow {
		row.verdict, row.why = verdict, fmt.Sprintf(format, args...)
		return row
	}
	if len(inv.Items) == 0 {
		return fail("silent", "no item and no trouble")
	}
	// lint must have a word on it, too
	if _, lints := LintBundle(raw, time.Now()); len(lints) == 0 {
		if certs, _, err := ReadCertificates(raw); err == nil && len(certs) > 0 && !slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return c.IsCA }) {
			return fail("silent", "lint finds nothing in a bundle without a CA")
		}
	}
	first := inv.Items[0]
	want := map[string]ItemKind{"certificate": ItemCertificate, "private-key": ItemKey, "request": ItemRequest, "public-key": ItemPublicKey}[v.kind]
	i := slices.IndexFunc(inv.Items, func(it Item) bool { return it.Kind == want })
	if first.Trouble != nil && !strings.Contains(first.Trouble.Title, "Go cannot read") && (i < 0 || inv.Items[i].Trouble != nil) && !(v.badSignature && strings.Contains(first.Trouble.Title, "signature is wrong")) {
		if code := first.Trouble.Code; v.kind != "" && slices.Contains([]string{"KP-27", "KP-37", "KP-39", "KP-26", "KP-01"}, code) {
			return fail("wrong reason", "%s %s, and openssl reads a %s of type %s", code, first.Trouble.Title, v.kind, v.keyType)
		}
	}
	if want == "" {
		return row
	}
	if i < 0 {
		return fail("another kind", "here %s (%v), openssl reads a %s", first.Kind, first.Trouble, v.kind)
	}
	it := inv.Items[i]
	if v.keyType != "" && it.KeyType != "" && string(it.KeyType) != v.keyType {
		return fail("contradiction", "key type %s, openssl %s", it.KeyType, v.keyType)
	}
	if want == ItemRequest && !sameText(it.Subject, v.subject) {
		return fail("contradiction", "subject %q, openssl %q", it.Subject, v.subject)
	}
	if want != ItemCertificate {
		return row
	}
	bare := func(s string) string {
		if strings.HasPrefix(s, "(no name") {
			return ""
		}
		return s
	}
	switch role := it.Role; {
	case !sameText(bare(it.Subject), v.subject), !sameText(bare(it.Issuer), v.issuer):
		return fail("contradiction", "names %q %q, openssl %q %q", it.Subject, it.Issuer, v.subject, v.issuer)
	case !v.from.IsZero() && !it.NotBefore.IsZero() && !it.NotBefore.Equal(v.from), !v.to.IsZero() && !it.NotAfter.IsZero() && !it.NotAfter.Equal(v.to):
		return fail("contradiction", "dates %v %v, openssl %v %v", it.NotBefore, it.NotAfter, v.from, v.to)
	case it.Serial != "" && strings.TrimLeft(it.Serial, "0") != strings.TrimLeft(v.serial, "0"):
		return fail("contradiction", "serial %s, openssl %s", it.Serial, v.serial)
	case role != RoleNone && it.cert.Version == 3 && v.ca != (role == RoleRoot || role == RoleIntermediate):
		return fail("contradiction", "role %q, openssl says CA:TRUE: %t", role, v.ca)
	}
	return row
}

// TestSweep: what is said of foreign files is what openssl says of them: no contradiction in names, roles, dates, key
// types and serials, no silence, and hardly a wrong reason.
func TestSweep(t *testing.T) {
	files := sweepFiles(t)
	rows := make([]sweepRow, len(files))
	var all sync.WaitGroup
	turn := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range turn {
				rows[i] = judgeFile(files[i])
			}
		})
	}
	for i := range files {
		turn <- i
	}
	close(turn)
	all.Wait()
	table := map[string]map[string]int{}
	total := map[string]int{}
	for _, r := range rows {
		if table[r.kind] == nil {
			table[r.kind] = map[string]int{}
		}
		table[r.kind][r.verdict]++
		total[r.verdict]++
		if r.verdict != "the same" {
			t.Logf("%s: %s: %s", r.file, r.verdict, r.why)
		}
	}
	verdicts := []string{"the same", "contradiction", "silent", "wrong reason", "another kind", "cannot be read"}
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s", fmt.Sprint(len(files), " files"))
	for _, v := range verdicts {
		fmt.Fprintf(&b, " %14s", v)
	}
	for _, kind := range slices.Sorted(func(yield func(string) bool) {
		for k := range table {
			if !yield(k) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "\n%-20s", kind)
		for _, v := range verdicts {
			fmt.Fprintf(&b, " %14d", table[kind][v])
		}
	}
	t.Logf("\n%s", b.String())
	wrong := total["wrong reason"] + total["another kind"]
	if total["contradiction"] > 0 || total["silent"] > 0 || total["cannot be read"] > 0 || wrong*100 > len(files) {
		t.Errorf("contradictions %d (want 0), silent %d (want 0), wrong reasons %d of %d (want 1 %% at most)", total["contradiction"], total["silent"], wrong, len(files))
	}
	if len(files) < 500 {
		t.Errorf("only %d files were swept", len(files))
	}
}
