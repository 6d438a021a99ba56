package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// canary is a secret that was given to a portal.
type canary struct {
	kind, how string   // such as "password" and "a wrong one, at the sign-in"
	signs     [][]byte // what gives it away, in each way of writing
}

// hunt looks for canaries.
type hunt struct {
	t        *testing.T
	canaries []canary
	found    []string
}

// plant remembers a secret, and returns it.
func (h *hunt) plant(kind, how, secret string) string {
	h.t.Helper()
	if len(secret) < 8 {
		h.t.Fatalf("%s: the canary %q is too short to be looked for", how, secret)
	}
	c := canary{kind: kind, how: how}
	for _, core := range cores(secret) {
		c.signs = append(c.signs, written(core)...)
	}
	h.canaries = append(h.canaries, c)
	return secret
}

// cores are the parts of a secret each of which gives it away: of a private key a line of its text that is made of the
// secret number alone, and that number; of a token its signature; else all of it.
func cores(secret string) [][]byte {
	if block, _ := pem.Decode([]byte(secret)); block != nil {
		lines := strings.Split(strings.TrimSpace(secret), "\n")
		out := [][]byte{[]byte(lines[len(lines)/2])}
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := parsed.(*ecdsa.PrivateKey); ok {
				if number, err := key.Bytes(); err == nil {
					out = [][]byte{[]byte(lines[1]), number}
				}
			}
		}
		return out
	}
	if strings.HasPrefix(secret, "eyJ") {
		return [][]byte{[]byte(secret[strings.LastIndexByte(secret, '.')+1:])}
	}
	return [][]byte{[]byte(secret)}
}

// written is a secret as it is, in base64 of all three places that it may begin at, in hex, and as addresses, pages and
// JSON write it.
func written(secret []byte) [][]byte {
	out := [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(strings.ToUpper(hex.EncodeToString(secret))),
		[]byte(url.QueryEscape(string(secret))), []byte(url.PathEscape(string(secret))), []byte(html.EscapeString(string(secret)))}
	if inJSON, err := json.Marshal(string(secret)); err == nil {
		out = append(out, bytes.Trim(inJSON, `"`))
	}
	for shift := range 3 {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			text := enc.EncodeToString(append(make([]byte, shift), secret...))
			from, to := (shift*8+5)/6, (shift+len(secret))*8/6 // what is made of the secret alone
			out = append(out, []byte(text[from:to]))
		}
	}
	var different [][]byte
	for _, sign := range out {
		if len(sign) >= 8 && !slices.ContainsFunc(different, func(d []byte) bool { return bytes.Contains(sign, d) }) { // the shorter one finds both
			different = append(different, sign)
		}
	}
	return different
}

// in looks for every canary in a place and says how many are there; those whose place it is are left out.
func (h *hunt) in(place string, content []byte, but ...string) int {
	n := 0
	for _, c := range h.canaries {
		if slices.Contains(but, c.kind) || slices.Contains(but, c.how) {
			continue
		}
		if i := slices.IndexFunc(c.signs, func(sign []byte) bool { return bytes.Contains(content, sign) }); i >= 0 {
			n++
			h.found = append(h.found, c.kind+", "+c.how+": in "+place)
		}
	}
	return n
}

// finds fails unless the search finds something in a place that is known to be there.
func (h *hunt) finds(place string, content []byte, what string) {
	h.t.Helper()
	known := hunt{t: h.t}
	known.plant("known", what, what)
	if known.in(place, content) == 0 {
		h.t.Errorf("the search does not find %q in %s, where it stands: it would not find a secret either", what, place)
	}
}

// inFiles looks through every file below a directory, as it is at this moment.
func (h *hunt) inFiles(dir, when string) (all []byte) {
	h.t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a temporary one, gone meanwhile
		}
		h.in("the file "+filepath.Base(path)+" "+when, content)
		all = append(append(all, content...), '\n')
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// kinds counts the canaries of each kind.
func (h *hunt) kinds() (names []string, count map[string]int) {
	count = map[string]int{}
	for _, c := range h.canaries {
		if count[c.kind]++; count[c.kind] == 1 {
			names = append(names, c.kind)
		}
	}
	return names, count
}

// TestHuntFinds: a secret is found in each way of writing, at each place of a text.
func TestHuntFinds(t *testing.T) {
	h := &hunt{t: t}
	pair := newKeyPEM(t)
	words := []string{h.plant("password", "one with signs", `Kuckuck & "Nest" 41/7`), h.plant("token", "an API key", jwt("finds")), h.plant("private key", "one", pair)}
	parsedCore := cores(pair)
	for i, secret := range append(words, string(parsedCore[1])) {
		core := cores(secret)[0]
		for _, before := range []string{"", "x", "xy", "xyz"} {
			text := before + string(core) + " and more"
			for name, as := range map[string]string{"plain": text, "base64": base64.StdEncoding.EncodeToString([]byte(text)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(text)),
				"hex": hex.EncodeToString([]byte(text)), "query": url.QueryEscape(text), "html": html.EscapeString(text)} {
				if h.in("a text", []byte(as)) != 1 {
					t.Errorf("secret %d after %q is not found once in %s: %s", i, before, name, as)
				}
			}
		}
	}
	if n := h.in("a text without", []byte("nothing of that kind stands here")); n != 0 {
		t.Errorf("%d were found where none is", n)
	}
}

// newKeyPEM is a private key as a person has one.
func newKeyPEM(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// jwt is a token of the form that API keys have, which nobody signed.
func jwt(name string) string {
	sign := make([]byte, 32)
	_, _ = rand.Read(sign)
	b64 := base64.RawURLEncoding
	return b64.EncodeToString([]byte(`{"alg":"ES256","kid":"canary"}`)) + "." + b64.EncodeToString([]byte(`{"sub":"`+name+`"}`)) + "." + b64.EncodeToString(sign)
}

// newWord is a password or passphrase that nobody else has.
func newWord(name string) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return "canary " + name + " " + hex.EncodeToString(b)
}
