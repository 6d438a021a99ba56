package certsvc

import (
	"crypto/x509"
	"encoding/asn1"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"unicode"
)

// foreignSeeds are files in the forms that Go's parsers decline.
func foreignSeeds(f *testing.F) [][]byte {
	dir := f.TempDir()
	cmd := exec.Command("bash", "-c", declinedScript)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("%v\n%s", err, out)
	}
	var out [][]byte
	for _, file := range must(filepath.Glob(filepath.Join(dir, "*")))(f) {
		out = append(out, must(os.ReadFile(file))(f))
	}
	return out
}

// FuzzForeign: whatever a file of an odd form becomes, it is called something, and each trouble can be shown.
func FuzzForeign(f *testing.F) {
	for _, s := range foreignSeeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		inv := Inspect([]File{{"a", raw}}, "secret")
		if len(inv.Items) == 0 {
			t.Error("silence")
		}
		for _, it := range inv.Items {
			for _, r := range it.Subject + it.Issuer + it.Alias {
				if !unicode.IsPrint(r) {
					t.Errorf("a name that cannot be shown: %q", it.Subject)
				}
			}
			if it.Trouble != nil && (it.Trouble.Title == "" || it.Trouble.Fix == "") {
				t.Errorf("%+v lacks a part", it.Trouble)
			}
		}
		inv.Judge(testNow)
	})
}

// FuzzBER: what is rewritten as DER is DER, and stays as it is when it is rewritten again.
func FuzzBER(f *testing.F) {
	for _, s := range foreignSeeds(f) {
		if len(s) > 0 && s[0] == 0x30 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		der, ok := toDER(raw)
		if !ok {
			return
		}
		again, ok := toDER(der)
		if !ok || string(again) != string(der) {
			t.Errorf("%x becomes %x", der, again)
		}
		var v asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &v); err == nil && len(rest) > 0 {
			t.Errorf("%d bytes more than one element", len(rest))
		}
		if c, err := x509.ParseCertificate(raw); err == nil && string(der) != string(c.Raw) {
			t.Error("a certificate that Go reads is changed")
		}
	})
}
