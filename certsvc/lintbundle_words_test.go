package certsvc

import (
	"strings"
	"testing"
	"time"

	"onramp/fault"
)

// TestBundleSpeaksOfTheCA: whatever is wrong in the box for CA certificates, nothing asks for the client certificate.
func TestBundleSpeaksOfTheCA(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "blank": " \n", "prose": "hello there", "cut": "-----BEGIN CERTIFICATE-----\nMIIB",
		"ssh": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host"} {
		_, lints := LintBundle([]byte(text), time.Now())
		if len(lints) == 0 {
			t.Errorf("%s: nothing is wrong", name)
			continue
		}
		f := fault.From(lints[0].Err)
		if all := f.Title + f.Cause + f.Fix + lints[0].Text + lints[0].Fix; strings.Contains(all, "client") {
			t.Errorf("%s: %s", name, all)
		}
	}
}
