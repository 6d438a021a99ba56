package migration

import (
	"testing"

	"onramp/certsvc"
)

// TestFiltersAskedLockOut: a link asks for filters as long as they let the present client certificate in, which may be
// another one than when it was made.
func TestFiltersAskedLockOut(t *testing.T) {
	leaf := func(name string) *CertificateData {
		set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: "payments.a2dd6", CA: certsvc.CASpec{CommonName: "ca", Organization: "acme"},
			Leaf: certsvc.LeafSpec{CommonName: name, Organization: "acme"}})
		if err != nil {
			t.Fatal(err)
		}
		return &CertificateData{LeafPEM: string(set.Leaf.CertPEM)}
	}
	h := Handoff{HandoffData: HandoffData{Task: TaskFilters, Namespace: "payments.a2dd6", Filters: `{"filters":[{"commonName":"payments"}]}`}, State: HandoffOpened}
	replaced := Handoff{HandoffData: h.HandoffData, State: HandoffSeen}
	for what, c := range map[string]struct {
		leaf *CertificateData
		h    Handoff
		want bool
	}{"the certificate of then": {leaf("payments"), h, true}, "another one": {leaf("orders"), h, false}, "none yet": {nil, h, true}, "done already": {leaf("orders"), replaced, true}} {
		if _, ok := TaskAsked(View{Certificate: c.leaf}, c.h); ok != c.want {
			t.Errorf("%s: asked for: %v", what, ok)
		}
	}
}
