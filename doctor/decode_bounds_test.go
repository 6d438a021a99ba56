package doctor

import (
	"strings"
	"testing"
)

// hostile are texts that are long, or made to be looked at again and again.
func hostile() map[string]string {
	fill := func(s string) string { return strings.Repeat(s, MaxDecode/len(s)+1)[:MaxDecode] }
	return map[string]string{
		"one letter":             fill("a"),
		"blanks":                 fill(" "),
		"quotes":                 fill(`\"`),
		"escapes":                fill("\x1b["),
		"a log of nothing":       fill("2026-11-28T10:00:00.000Z INFO worker polling task queue orders on orders.a1b2c.tmprl.cloud:7233 attempt=1\n"),
		"refused for ever":       fill("dial tcp 127.0.0.1:7233: connect: connection refused\n"),
		"the first piece alone":  fill("dial tcp "),
		"a piece, far apart":     fill("workflow class " + strings.Repeat("x", 150)),
		"alert without a name":   fill("alert "),
		"numbers of alerts":      fill("ssl alert number 9"),
		"addresses":              fill("a.b.c.d:1234 "),
		"one endless host":       fill("a."),
		"colons":                 fill(":"),
		"hex":                    fill(`\x15`),
		"names of a certificate": "x509: certificate is valid for " + fill("*.a.tmprl.cloud, "),
		"BEGIN without END":      fill("-----BEGIN PRIVATE KEY-----\n"),
		"BEGIN and much base64":  "-----BEGIN RSA PRIVATE KEY-----" + fill("MIIE"),
		"tokens":                 fill("eyJhbGciOi.eyJh.x "),
		"base64":                 fill("LS0tLS1CRUdJTi"),
		"passwords":              fill("password="),
		"URLs":                   fill("http://a:b/"),
		"no UTF-8":               fill("\xff"),
		"controls":               fill("\u202e\u200b"),
	}
}

// A text as long as may be is decoded in bounded time and memory: the longest of hostile ones takes a second at
// most on one core, which a test of the whole cannot measure and the benchmark prints.
func TestHostileTextsAreDecoded(t *testing.T) {
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			d := Decode(text)
			if d.Code == "" || len(d.Text) > 10000 || len(d.Matched) > 2000 || len(d.Cause) > 4000 {
				t.Errorf("%s, %d bytes of text, %d of what was found", d.Code, len(d.Text), len(d.Matched))
			}
		})
	}
	if d := Decode(strings.Repeat("INFO all is well, nothing to see\n", MaxDecode/34) + "remote error: tls: bad certificate\n"); d.Code != "CL-05" {
		t.Errorf("the error at the end of a log of 1 MB is decoded as %s", d.Code)
	}
}

// BenchmarkDecode prints how long the worst of a megabyte takes beside a usual error.
func BenchmarkDecode(b *testing.B) {
	b.Run("an error", func(b *testing.B) {
		for b.Loop() {
			Decode("failed reaching server: connection error: remote error: tls: bad certificate")
		}
	})
	for name, text := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Decode(text)
			}
		})
	}
}
