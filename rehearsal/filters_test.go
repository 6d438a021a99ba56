//go:build !lean

package rehearsal

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"onramp/fault"
)

func TestFilters(t *testing.T) {
	cert := &x509.Certificate{
		Subject:        pkix.Name{CommonName: "dev-1.Payments", Organization: []string{"Acme", "Acme Bank"}, OrganizationalUnit: []string{"Payments"}},
		DNSNames:       []string{"worker.acme.example"},
		EmailAddresses: []string{"ops@acme.example"},
		IPAddresses:    []net.IP{net.IPv4(10, 0, 0, 7)},
		URIs:           []*url.URL{{Scheme: "spiffe", Host: "acme", Path: "/worker"}},
	}
	for _, tt := range []struct {
		filters string
		want    bool
	}{
		{``, true}, {`  `, true}, {`null`, true}, {`{}`, true}, {`{"filters":[]}`, true}, {`{"filters":null}`, true},
		{`{"filters":[{"commonName":"dev-1.payments"}]}`, true},
		{`{"filters":[{"commonName":"DEV-1.PAYMENTS"}]}`, true},
		{`{"filters":[{"commonName":"dev-1"}]}`, false},
		{`{"filters":[{"commonName":"dev-*"}]}`, true},
		{`{"filters":[{"commonName":"*.payments"}]}`, true},
		{`{"filters":[{"commonName":"*.prod"}]}`, false},
		{`{"filters":[{"commonName":"payments*"}]}`, false},
		{`{"filters":[{"organization":"acme bank"}]}`, true},
		{`{"filters":[{"organization":"Other"}]}`, false},
		{`{"filters":[{"organizationalUnit":"pay*"}]}`, true},
		{`{"filters":[{"subjectAlternativeName":"*.acme.example"}]}`, true},
		{`{"filters":[{"subjectAlternativeName":"ops@acme.example"}]}`, true},
		{`{"filters":[{"subjectAlternativeName":"10.0.0.7"}]}`, true},
		{`{"filters":[{"subjectAlternativeName":"spiffe://acme/*"}]}`, true},
		{`{"filters":[{"subjectAlternativeName":"worker"}]}`, false},
		{`{"filters":[{"commonName":"dev-*","organization":"acme"}]}`, true},
		{`{"filters":[{"commonName":"dev-*","organization":"other"}]}`, false},
		{`{"filters":[{"commonName":"prod-*"},{"organization":"acme"}]}`, true},
		{`{"filters":[{"commonName":"prod-*"},{"organization":"other"}]}`, false},
	} {
		f, err := parseFilters([]byte(tt.filters))
		if err != nil {
			t.Errorf("%s: %v", tt.filters, err)
		} else if got := f.match(cert); got != tt.want {
			t.Errorf("%s: %v", tt.filters, got)
		}
	}
}

func TestFiltersRefused(t *testing.T) {
	of := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"commonName":"worker-%d"}`, i))
		}
		return `{"filters":[` + strings.Join(all, ",") + `]}`
	}
	if _, err := parseFilters([]byte(of(25))); err != nil {
		t.Errorf("25 filters: %v", err)
	}
	for _, tt := range []struct{ filters, says string }{
		{`worker-*`, "not the JSON"},
		{`[]`, "not the JSON"},
		{`{"filters":{}}`, "not the JSON"},
		{`{"filters":[{"commonName":7}]}`, "not the JSON"},
		{`{"filters":[{"cn":"worker"}]}`, "does not know"},
		{`{"filter":[]}`, "does not know"},
		{`{"filters":[]} trailing`, "follows"},
		{`{"filters":[]}{"filters":[]}`, "follows"},
		{`{"filters":[{}]}`, "Filter 1 sets no field"},
		{`{"filters":[{"commonName":""}]}`, "sets no field"},
		{`{"filters":[{"commonName":"a"},{"commonName":"a"}]}`, "Filter 2 is the same as filter 1"},
		{`{"filters":[{"commonName":"*"}]}`, `"*"`},
		{`{"filters":[{"commonName":"*a*"}]}`, `"*a*"`},
		{`{"filters":[{"organization":"a*b"}]}`, `"a*b"`},
		{`{"filters":[{"organizationalUnit":"**"}]}`, `"**"`},
		{of(26), "There are 26"},
		{`{"filters":[{"commonName":"` + strings.Repeat("x", 65<<10) + `"}]}`, "larger"},
	} {
		_, err := parseFilters([]byte(tt.filters))
		if f := fault.From(err); err == nil || f.Kind != fault.Invalid || f.Field != "filters" || f.Fix == "" || !strings.Contains(f.Cause, tt.says) {
			t.Errorf("%.60s: %v", tt.filters, err)
		}
	}
}

// FuzzParseFilters: no input makes it panic, and what it takes it takes again.
func FuzzParseFilters(f *testing.F) {
	for _, seed := range []string{``, `null`, `{"filters":[{"commonName":"worker-*"}]}`, `{"filters":[{"commonName":"*"}]}`, `{"filters":[{}]}`, `{`, "\xff"} {
		f.Add([]byte(seed))
	}
	cert := &x509.Certificate{Subject: pkix.Name{CommonName: "worker-1"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := parseFilters(raw)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("not a fault for people: %v", err)
			}
			return
		}
		again, err := parseFilters(got.raw)
		if err != nil || len(again.list) != len(got.list) || again.match(cert) != got.match(cert) {
			t.Errorf("%q read again: %v", got.raw, err)
		}
	})
}
