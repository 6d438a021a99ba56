package custody

import (
	"strings"
	"testing"
)

// TestASVS_11_3_2: a kept key is an age file: scrypt with the work factor of the keeper, and ChaCha20-Poly1305, which a
// single changed bit fails.
// ASVS 11.3.2.
func TestASVS_11_3_2(t *testing.T) {
	const phrase, key = "otter lantern brisk 41 gravel", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"
	box, err := seal([]byte(key), phrase, 10)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(box), "\n")
	if lines[0] != "age-encryption.org/v1" || !strings.HasPrefix(lines[1], "-> scrypt ") || !strings.HasSuffix(lines[1], " 10") || strings.Contains(string(box), "abc") {
		t.Errorf("a box begins with %q, %q", lines[0], lines[1])
	}
	if got, err := unseal(box, phrase); err != nil || string(got) != key {
		t.Errorf("%q, %v", got, err)
	}
	for at := 0; at < len(box); at += 3 {
		broken := append([]byte{}, box...)
		broken[at] ^= 1
		if at >= len(lines[0])+len(lines[1])-1 && at <= len(lines[0])+len(lines[1])+1 {
			continue // the work factor: it would cost another while to be refused
		}
		if _, err := unseal(broken, phrase); err == nil {
			t.Fatalf("a box with byte %d changed opens", at)
		}
	}
	if DefaultWorkFactor < 17 {
		t.Errorf("scrypt has a work factor of %d, OWASP asks for 17", DefaultWorkFactor)
	}
}
