package certsvc

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fieldWorld is what the rows of the field are made of: a small PKI, and files that openssl made once.
type fieldWorld struct {
	*testing.T
	world
	dir string // TestDeclined's files
	own string // a folder of the row's own
}

func newFieldWorld(t *testing.T) *fieldWorld {
	t.Helper()
	return &fieldWorld{T: t, world: newWorld(t), dir: declinedFiles(t)}
}

// within is the world in a subtest.
func (w *fieldWorld) within(t *testing.T) *fieldWorld {
	in := *w
	in.T, in.own = t, t.TempDir()
	return &in
}

// put writes a file for openssl.
func (w *fieldWorld) put(name string, content []byte) { write(w.T, w.own, name, content) }

// putCA writes the root and its key as ca.pem and ca.key.
func (w *fieldWorld) putCA() {
	w.put("ca.pem", encodeCerts(w.root))
	w.put("ca.key", must(encodeKey(w.rootKey))(w.T).Reveal())
}

// made runs a script in the row's folder and gives the file that it made.
func (w *fieldWorld) made(name, script string) []byte {
	w.Helper()
	cmd := exec.Command("bash", "-ec", script)
	cmd.Dir = w.own
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("%v\n%s", err, out)
	}
	return must(os.ReadFile(filepath.Join(w.own, name)))(w.T)
}

// file is one of TestDeclined's.
func (w *fieldWorld) file(name string) []byte {
	w.Helper()
	return must(os.ReadFile(filepath.Join(w.dir, name)))(w.T)
}

// cert is the first certificate of a text.
func (w *fieldWorld) cert(raw []byte) *x509.Certificate {
	w.Helper()
	c, _, err := ReadCertificates(raw)
	if err != nil {
		w.Fatal(err)
	}
	return c[0]
}

// told is an inventory as the tables have it: kind, code, name or key type, and the entry's name of each item; and what
// is said of the last that has a trouble.
func told(inv Inventory) (items, said string) {
	var all []string
	for _, it := range inv.Items {
		s := string(it.Kind)
		if it.Trouble != nil {
			s += " " + it.Trouble.Code
			said = it.Trouble.Title + " " + it.Trouble.Cause + " " + it.Trouble.Fix
		}
		if it.Subject != "" {
			s += " " + it.Subject
		} else if it.Trouble == nil {
			s += " " + string(it.KeyType)
		}
		if it.Alias != "" {
			s += " (" + it.Alias + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; "), said
}

// shows sees that inspecting a file gives these items and says so of the last trouble: | between words that must all be
// there, ! before those that must not.
func (w *fieldWorld) shows(content []byte, passphrase, want, says string) {
	w.Helper()
	items, said := told(Inspect([]File{{"brought", content}}, passphrase))
	if items != want {
		w.Errorf("inspect shows %s\nwant %s", items, want)
	}
	w.has("inspect", said, says)
}

func (w *fieldWorld) has(who, said, says string) {
	w.Helper()
	for word := range strings.SplitSeq(says, "|") {
		if never, ok := strings.CutPrefix(word, "!"); ok && strings.Contains(said, never) || !ok && !strings.Contains(said, word) {
			w.Errorf("%s says %q, want %q", who, said, word)
		}
	}
}

// judgedAs sees what lint finds in a client chain under uploaded CAs: errors with !, warnings with ?; notes do not count.
func (w *fieldWorld) judgedAs(chain, uploaded []*x509.Certificate, want, says string) {
	w.Helper()
	w.found("lint", LintLeaf(chain, uploaded, testNow), want, says)
}

// bundledAs sees what lint finds in a file that is to be uploaded.
func (w *fieldWorld) bundledAs(raw []byte, want, says string) {
	w.Helper()
	_, found := LintBundle(raw, testNow)
	w.found("lint of the CA's file", found, want, says)
}

func (w *fieldWorld) found(who string, all []Lint, want, says string) {
	w.Helper()
	var loud []Lint
	said := ""
	for _, l := range all {
		if l.Severity != SevNote {
			loud = append(loud, l)
			said += l.Subject + ": " + l.Text + " "
		}
	}
	if got := brief(loud); got != want {
		w.Errorf("%s finds %q, want %q\n%s", who, got, want, said)
	}
	w.has(who, said, says)
}

// agrees sees that crypto/x509 and openssl verify both accept a chain, or both refuse it.
func (w *fieldWorld) agrees(chain, uploaded []*x509.Certificate, accept bool) {
	w.Helper()
	p := generated{uploaded: uploaded, chain: chain}
	w.put("verify.ca", encodeCerts(uploaded...))
	w.put("verify.leaf", encodeCerts(chain[0]))
	w.put("verify.chain", encodeCerts(chain...))
	out, err := openssl(w.T, w.own, "verify", "-purpose", "sslclient", "-CAfile", "verify.ca", "-untrusted", "verify.chain", "verify.leaf")
	if inGo := p.asGoDoes(); (inGo == nil) != accept || (err == nil) != accept {
		w.Errorf("accepted is to be %t: Go says %v, openssl %v\n%s", accept, inGo, err, out)
	}
}

// bounded sees that no reader takes more than its share for a file, and that none is silent about it.
func (w *fieldWorld) bounded(content []byte, says string) {
	w.Helper()
	said := ""
	cpu, memory := watched(w.T, func() {
		for _, passphrase := range []string{"secret", ""} {
			inv := Inspect([]File{{"brought", content}}, passphrase)
			_, one := told(inv)
			said += one + " "
			inv.Chains()
			inv.Judge(testNow)
			if len(inv.Items) == 0 {
				w.Error("silence")
			}
		}
		certs, _ := LintBundle(content, testNow)
		LintLeaf(certs, certs, testNow)
		HoldsKey(content)
	})
	if cpu > bombCPU || memory > bombMemory {
		w.Errorf("%d bytes take %v of processor time and %d MB", len(content), cpu, memory>>20)
	}
	w.has("inspect", said, says)
}

// flipped is a certificate whose signature was changed.
func flipped(t testing.TB, c *x509.Certificate) *x509.Certificate {
	raw := bytes.Clone(c.Raw)
	raw[len(raw)-5] ^= 1
	return must(x509.ParseCertificate(raw))(t)
}
