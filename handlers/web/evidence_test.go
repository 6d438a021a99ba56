package web

import (
	"strings"
	"testing"

	"onramp/doctor"
)

// TestEveryFaultHasAPlace: each fault of the catalogue is repaired on a page that its migration has; with an API key it
// is never one of certificates.
func TestEveryFaultHasAPlace(t *testing.T) {
	for _, e := range doctor.Catalogue() {
		for _, auth := range []string{"mtls", "api-key"} {
			p := remedyOf(doctor.Verdict{Code: e.Code, Stage: e.Stage}, auth)
			if p.text == "" || len(p.path) == 0 {
				t.Errorf("%s with %s is repaired nowhere", e.Code, auth)
				continue
			}
			if at := strings.Join(p.path, "/") + "#" + p.anchor; auth == "api-key" && (strings.HasPrefix(at, "certificates") || strings.HasPrefix(at, "upload") || strings.HasSuffix(at, "#key_source")) {
				t.Errorf("%s with an API key leads to %s", e.Code, at)
			}
		}
	}
	for code := range repaired {
		group, _, one := strings.Cut(code, "-")
		if _, ok := doctor.Lookup(code); one && !ok {
			t.Errorf("%s is in the table and not in the catalogue", code)
		}
		if found := false; !one {
			for _, e := range doctor.Catalogue() {
				found = found || e.Group == group
			}
			if !found {
				t.Errorf("%s is no group of the catalogue", code)
			}
		}
	}
}
