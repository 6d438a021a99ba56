package namespace

import (
	"strings"
	"testing"
)

// TestAccountRule: what an account ID may be, at its bounds.
func TestAccountRule(t *testing.T) {
	for _, tt := range []struct {
		account string
		ok      bool
	}{
		{"a1b2c", true},
		{strings.Repeat("a", 63), true},
		{strings.Repeat("a", 64), false}, // no part of a host name is longer
		{"localhost", false},             // payments.localhost is a server, not a namespace
		{"region", false},
		{"tmprl", false},
		{"localhosts", true},
	} {
		id, _, err := ParseID("payments." + tt.account)
		if (err == nil) != tt.ok {
			t.Errorf("payments.%s is %v, %v; want good: %v", tt.account, id, err, tt.ok)
		}
		if why := accountRule(tt.account); (why == "") != tt.ok {
			t.Errorf("the rule says of %q: %q", tt.account, why)
		}
	}
}

// TestPortBounds: the first and the last port there is, and the numbers beside them.
func TestPortBounds(t *testing.T) {
	for port, ok := range map[string]bool{"0": false, "1": true, "65535": true, "65536": false, "-1": false, "+1": false, "1 ": true, "x": false} {
		a, _, err := ParseAddress("payments.a1b2c.tmprl.cloud:" + port)
		if (err == nil) != ok {
			t.Errorf("port %q: %v, %v; want good: %v", port, a, err, ok)
		}
	}
}

// TestFullWidth: every character that is typed with a full-width keyboard is read as its plain one, from the first of
// them to the last.
func TestFullWidth(t *testing.T) {
	for wide, plain := range map[string]string{"\uff01": "!", "\uff41\uff11": "a1", "\uff5e": "~"} {
		if got := plainASCII(wide); got != plain {
			t.Errorf("plainASCII(%q) = %q, want %q", wide, got, plain)
		}
	}
	if got := plainASCII("\uff5f"); got != "" {
		t.Errorf("plainASCII of the next one = %q, want that it is not known", got)
	}
}
