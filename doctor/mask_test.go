package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"
)

// pastedKey is a private key as PEM, and its base64 alone in lines.
func pastedKey(t *testing.T, curve elliptic.Curve, sec1 bool) (text, body string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "PRIVATE KEY"}
	if sec1 {
		block.Type = "EC PRIVATE KEY"
		block.Bytes, err = x509.MarshalECPrivateKey(key)
	} else {
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	text = string(pem.EncodeToMemory(block))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return text, strings.Join(lines[1:len(lines)-1], "\n")
}

// TestMaskBrokenKeys: a key whose PEM text is broken in one of the ways that Onramp repairs is a secret all the
// same, and the words of the error after it are still read.
func TestMaskBrokenKeys(t *testing.T) {
	const after = " \nremote error: tls: unsupported certificate"
	for _, kind := range []struct {
		name  string
		curve elliptic.Curve
		sec1  bool
	}{{"P-256", elliptic.P256(), false}, {"P-384", elliptic.P384(), false}, {"P-256 old form", elliptic.P256(), true}, {"P-384 old form", elliptic.P384(), true}} {
		text, body := pastedKey(t, kind.curve, kind.sec1)
		one := strings.ReplaceAll(body, "\n", "")
		for name, pasted := range map[string]string{
			"as it is":             text,
			"long dashes":          strings.ReplaceAll(text, "-----", "—–"),
			"four dashes":          strings.ReplaceAll(text, "-----", "----"),
			"minus signs":          strings.ReplaceAll(text, "-----", "−−−−−"),
			"no dashes":            strings.ReplaceAll(text, "-----", ""),
			"line breaks as text":  strings.ReplaceAll(text, "\n", `\n`),
			"blanks for breaks":    strings.ReplaceAll(text, "\n", " "),
			"indented":             "    " + strings.ReplaceAll(text, "\n", "\n    "),
			"base64 twice":         "tls.key: " + base64.StdEncoding.EncodeToString([]byte(text)),
			"no BEGIN line":        "key " + body,
			"no BEGIN, one line":   "key=" + one,
			"no BEGIN, quoted":     `"` + one + `"`,
			"no BEGIN, CRLF":       strings.ReplaceAll(body, "\n", "\r\n"),
			"cut off":              text[:len(text)*2/3],
			"the last line is cut": strings.TrimSuffix(text, "-----END PRIVATE KEY-----\n"),
		} {
			d := Decode(pasted + after)
			if !d.Masked {
				t.Errorf("%s, %s: no secret seen: %q", kind.name, name, d.Text)
			}
			for i := 0; i+16 <= len(one); i += 8 { // not a piece of it
				if strings.Contains(d.Text, one[i:i+16]) {
					t.Errorf("%s, %s: the key is in %q", kind.name, name, d.Text)
					break
				}
			}
			if swallowed := name == "cut off" || name == "the last line is cut"; !swallowed && d.Code != "CL-06" {
				t.Errorf("%s, %s: decoded as %s: %q", kind.name, name, d.Code, d.Text)
			}
		}
	}
}

// TestMaskWords: the secrets of proxies, headers and variables.
func TestMaskWords(t *testing.T) {
	for _, text := range []string{
		"proxy http://user:GEHEIM@proxy:3128 says 407", "proxy HTTP://User:GEHEIM@proxy:3128", "http://user:pa@GEHEIM@proxy:3128",
		"http://user:p/GEHEIM@proxy:3128 407", "http://user:GEHEIM/x@proxy:3128 407", "socks5://GEHEIM@proxy:1080",
		`password: "two GEHEIM words"`, `password='two GEHEIM words'`, "passphrase=GEHEIM", "AWS_SECRET_ACCESS_KEY=GEHEIM",
		"Cookie: session=GEHEIM", "TEMPORAL_API_KEY=GEHEIM", `temporal --api-key "GEHEIM x" list`, "temporal --api-key=GEHEIM",
		"eyJhbGciOiJFUzI1NiIsImtpZCI6Ild2\ndHdhQSJ9LmV5SmhZMk52ZFc1MFGEHEIMxyz0123\n", "Authorization: Basic GEHEIM",
	} {
		if d := Decode(text); !d.Masked || strings.Contains(d.Text, "GEHEIM") {
			t.Errorf("%q is shown as %q, masked %v", text, d.Text, d.Masked)
		}
	}
	for _, text := range []string{ // nothing secret: no warning, nothing lost
		"GET https://packages.example/@temporalio/client failed", "dial https://proxy:3128/path@v1.2", "sha256 " + strings.Repeat("ab", 32),
		"open /home/dana/APIKeyJourney20261129/client.pem: no such file or directory",
		`header key "authorization" contains value with non-printable ASCII characters`, "The API key is not accepted",
		`tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input`,
		"Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY.", "Give the private key (BEGIN PRIVATE KEY) in its place.",
	} {
		if d := Decode(text); d.Masked || d.Text != text {
			t.Errorf("%q is shown as %q, masked %v", text, d.Text, d.Masked)
		}
	}
}

// TestPasswordInAnAddress: a user and a password before the host are in no report, whatever is wrong with the address.
func TestPasswordInAnAddress(t *testing.T) {
	for _, address := range []string{
		"https://user:hunter2hunter2@x.a1b2c.tmprl.cloud:7233", "user:hunter2hunter2@x.a1b2c.tmprl.cloud:7233", "grpc://tok-hunter2hunter2@x.a1b2c.tmprl.cloud:70000",
		"tok-hunter2hunter2@temporal.example.com:notaport", "https://user:hunter2hunter2@temporal.example.com", "user:hunter2hunter2@", "https://user:hunter2hunter2@x y:7233",
	} {
		noDial := func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("nobody is dialled here")
		}
		target := Target{Address: address, Namespace: "x.a1b2c"}
		r := New(Options{Dial: noDial, Nameserver: "127.0.0.1:1"}).Run(t.Context(), target, nil)
		out, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := WriteText(&text, r, false); err != nil {
			t.Fatal(err)
		}
		if all := string(out) + text.String() + target.String(); strings.Contains(all, "hunter2") {
			t.Errorf("%s is shown: %s", address, all)
		}
	}
}
