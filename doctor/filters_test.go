package doctor

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"testing"
)

func TestFilters(t *testing.T) {
	cert := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "Worker-1.prod", Organization: []string{"Acme", "Acme Payments"}, OrganizationalUnit: []string{"Ops"}},
		DNSNames: []string{"worker.acme.example"}, EmailAddresses: []string{"ops@acme.example"},
	}
	many := strings.Repeat(`{"commonName":"x"},`, 26)
	for _, c := range []struct {
		json string
		want string // "match", "none", or part of the refusal
	}{
		{`{"filters":[{"commonName":"worker-1.PROD"}]}`, "match"},
		{`[{"commonName":"*.prod"}]`, "match"},
		{`[{"commonName":"worker-*"}]`, "match"},
		{`[{"organization":"acme payments"}]`, "match"},
		{`[{"subjectAlternativeName":"*.acme.example"}]`, "match"},
		{`[{"commonName":"nobody"},{"organizationalUnit":"ops"}]`, "match"},
		{`[{"commonName":"*.prod","organization":"other"}]`, "none"},
		{`[{"commonName":"prod"}]`, "none"},
		{`[{"commonName":"*"}]`, "alone"},
		{`[{"commonName":"a*b"}]`, "first or last"},
		{`[{"commonName":"*a*"}]`, "only one"},
		{`[{}]`, "empty"},
		{`[]`, "no certificate filter"},
		{`nonsense`, "JSON"},
		{"[" + strings.TrimSuffix(many, ",") + "]", "at most 25"},
	} {
		filters, err := parseFilters([]byte(c.json))
		got := "none"
		switch {
		case err != nil:
			got = err.Error()
		case matchAny(filters, cert):
			got = "match"
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.json, got, c.want)
		}
		if got == "none" && len(explainFilters(filters, cert)) == 0 {
			t.Errorf("%s: no field explains why nothing matches", c.json)
		}
	}
	why := explainFilters([]filter{{CommonName: "*.dev"}}, cert)
	if want := "filter 1 requires CN=*.dev, the certificate has Worker-1.prod"; fmt.Sprint(why) != "["+want+"]" {
		t.Errorf("got %v", why)
	}
}
