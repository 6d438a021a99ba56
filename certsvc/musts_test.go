package certsvc

import (
	"testing"
)

// TestListedInvalid: what the documentation lists as invalid though its rule allows it is refused where that is asked,
// and Validate lets it pass; the neighbours of it are fine in both.
func TestListedInvalid(t *testing.T) {
	for value, listed := range map[string]bool{".example.*": true, ".acme*": true, "*.example.com": false, "Example Code*": false, ".example.com": false, "example.*": false} {
		fs := Filters{{CommonName: "worker"}, {SubjectAlternativeName: value}}
		if err := fs.Validate(); err != nil {
			t.Errorf("%s by the rule: %v", value, err)
		}
		if err := fs.ListedInvalid(); (err != nil) != listed {
			t.Errorf("%s by the list: %v", value, err)
		}
	}
}
