package cloud

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// TestKeyPrintAndClaims: what is said of a key without keeping it.
func TestKeyPrintAndClaims(t *testing.T) {
	token := func(claims string) string {
		return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	ends := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, token, id string
		ends            time.Time
	}{
		{"whole", token(`{"key_id":"k1","exp":1803859200}`), "k1", ends},
		{"in quotes, with a line break", "\"" + token(`{"key_id":"k1","exp":1803859200}`) + "\"\n", "k1", ends},
		{"without claims", token(`{}`), "", time.Time{}},
		{"no token", "tmprl_abc", "", time.Time{}},
		{"claims that are none", "a.b.c", "", time.Time{}},
		{"an ID with a space", token(`{"key_id":"k 1"}`), "", time.Time{}},
		{"a long ID", token(`{"key_id":"` + strings.Repeat("k", 101) + `"}`), "", time.Time{}},
		{"another type", token(`{"key_id":7}`), "", time.Time{}},
	} {
		if id, got := KeyClaims(tt.token); id != tt.id || !got.Equal(tt.ends) {
			t.Errorf("%s: %q, %v", tt.name, id, got)
		}
		if p := KeyPrint(tt.token); len(p) != 32 || strings.Contains(tt.token, p) {
			t.Errorf("%s: print %q", tt.name, p)
		}
	}
	if KeyPrint(" \n") != "" || KeyPrint("a") == KeyPrint("b") || KeyPrint(" 'a'\n") != KeyPrint("a") {
		t.Error("a print tells keys apart, and nothing else")
	}
}
