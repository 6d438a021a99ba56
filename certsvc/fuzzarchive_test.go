package certsvc

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// FuzzInspectArchive: no archive and no file in one makes Inspect panic or give more than its bounds; what cannot be
// used says why, no name can act on a terminal, and nothing that is printed holds a key.
func FuzzInspectArchive(f *testing.F) {
	pack := func(name string, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		if err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	set := makeSet()
	for name, content := range map[string][]byte{"ca.pem": set.ca.CertPEM, "../../client.key": set.leaf.Key.Reveal(), "C:\\x\\a\x1b[31m.pem": []byte("no PEM"), "in.zip": pack("ca.pem", set.ca.CertPEM)} {
		f.Add(pack(name, content))
	}
	whole := pack("ca.pem", set.ca.CertPEM)
	f.Add(whole[:len(whole)-10])
	f.Fuzz(func(t *testing.T, raw []byte) {
		inv := Inspect([]File{{Name: "dropped.zip", Content: append([]byte("PK\x03\x04"), bytes.TrimPrefix(raw, []byte("PK\x03\x04"))...)}}, "pass")
		if len(inv.Items) > 2*maxParts {
			t.Errorf("%d items", len(inv.Items))
		}
		for _, it := range inv.Items {
			text := it.String()
			if it.Trouble != nil {
				text += it.Trouble.Title + it.Trouble.Cause + it.Trouble.Fix
			}
			switch {
			case it.Trouble != nil && (it.Trouble.Title == "" || it.Trouble.Fix == ""):
				t.Errorf("a trouble lacks a part: %+v", it.Trouble)
			case strings.ContainsRune(text, '\x1b'):
				t.Errorf("a name acts on a terminal: %q", text)
			case HoldsKey([]byte(it.String())):
				t.Error("a key is printed")
			}
		}
		for _, c := range inv.Chains() {
			if len(c.Certs) > maxPath {
				t.Errorf("a chain of %d", len(c.Certs))
			}
		}
	})
}
