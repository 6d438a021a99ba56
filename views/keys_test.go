package views

import "testing"

// TestSavingLeadsPastTheCAKey: who saves the client's key and goes on is asked about the key of the CA.
func TestSavingLeadsPastTheCAKey(t *testing.T) {
	next := &Link{URL: "/m/p/upload"}
	for _, tt := range []struct {
		name          string
		p             KeysProps
		after, afterC string
	}{
		{"both wait", KeysProps{Migration: "p", Next: next, Bundle: true, CAKey: true}, "/m/p/certificates/unsaved", ""},
		{"in the browser", KeysProps{Migration: "p", Next: next, Browser: true, CAKey: true}, "/m/p/certificates/unsaved", ""},
		{"the CA's key alone", KeysProps{Migration: "p", Next: next, CAKey: true}, "/m/p/certificates/unsaved", "/m/p/upload"},
		{"a CA of one's own", KeysProps{Migration: "p", Next: next, Bundle: true}, "/m/p/upload", ""},
		{"nowhere to go", KeysProps{Migration: "p", Bundle: true, CAKey: true}, "", ""},
	} {
		url := func(l *Link) string {
			if l == nil {
				return ""
			}
			return l.URL
		}
		if a, c := url(tt.p.after()), url(tt.p.afterCAKey()); a != tt.after || c != tt.afterC {
			t.Errorf("%s: after the bundle %q, after the CA's key %q", tt.name, a, c)
		}
	}
}
