package certsvc

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// TestParseFilters: tcld's JSON in, each broken limit by field out (cloud-facts §2.4).
func TestParseFilters(t *testing.T) {
	many := func(n int) string {
		var fs []string
		for i := range n {
			fs = append(fs, fmt.Sprintf(`{"commonName":"w%d"}`, i))
		}
		return `{"filters":[` + strings.Join(fs, ",") + `]}`
	}
	for _, tt := range []struct {
		in     string
		n      int
		fields []string
	}{
		{`{"filters":[{"commonName":"test1"}]}`, 1, nil},
		{"\uFEFF{\"filters\":\r\n [{\"commonName\":\"test1\"}]}\n", 1, nil},
		{`[{"commonName":"a"},{"organization":"b","organizationalUnit":"c","subjectAlternativeName":"d"}]`, 2, nil},
		{`{"filters":[{"commonName":"*.prod"},{"commonName":"prod-*"},{"subjectAlternativeName":".example.*"}]}`, 3, nil}, // C-20: the rule allows the last
		{many(25), 25, nil},
		{many(26), 26, []string{"filters"}},
		{`{"filters":[]}`, 0, []string{"filters"}},
		{`{}`, 0, []string{"filters"}},
		{``, 0, []string{"filters"}},
		{`hello`, 0, []string{"filters"}},
		{`{"filters":[{"commonName":"a"}]} x`, 0, []string{"filters"}},
		{`{"filters":[{"commonname":"a","cn":"b"}]}`, 0, []string{"filters"}},
		{`{"filters":[{"commonName":1}]}`, 0, []string{"filters"}},
		{`{"filters":[{"commonName":"*"}]}`, 1, []string{"filters[0].commonName"}},
		{`{"filters":[{"commonName":"a*b"},{"organization":"*a*","organizationalUnit":"**"}]}`, 2, []string{"filters[0].commonName", "filters[1].organization", "filters[1].organizationalUnit"}},
		{`{"filters":[{}]}`, 1, []string{"filters[0].commonName"}},
		{`{"filters":[{"commonName":"a"},{"commonName":"A"}]}`, 2, []string{"filters[1].commonName"}},
		{`{"filters":[{"commonName":"a\nb"}]}`, 1, []string{"filters[0].commonName"}},
	} {
		got, err := ParseFilters([]byte(tt.in))
		var fields []string
		for _, f := range fault.All(err) {
			fields = append(fields, f.Field)
			if f.Code != "CH-27" || f.Title == "" || f.Fix == "" || strings.Contains(f.Title+f.Cause, "json") {
				t.Errorf("%s: fault %+v", tt.in, f)
			}
		}
		if len(got) != tt.n || !cmp.Equal(fields, tt.fields) {
			t.Errorf("%.60s: %d filters and %v, want %d and %v", tt.in, len(got), fields, tt.n, tt.fields)
		}
		if err == nil {
			if again, err := ParseFilters(got.JSON()); err != nil || !cmp.Equal(again, got) {
				t.Errorf("%.60s read back: %v, %v", tt.in, again, err)
			}
		}
	}
	if got := string(Filters{{CommonName: "a<b"}}.JSON()); got != "{\n  \"filters\": [\n    {\n      \"commonName\": \"a\\u003cb\"\n    }\n  ]\n}\n" {
		t.Errorf("%s", got)
	}
}

// TestMatchFilters: AND within a filter, OR between them, one *, no case.
func TestMatchFilters(t *testing.T) {
	c := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "Worker-1.prod", Organization: []string{"Acme", "Acme Holding"}, OrganizationalUnit: []string{"Payments"}},
		DNSNames: []string{"w1.acme.internal"}, EmailAddresses: []string{"ops@acme.example"},
		IPAddresses: []net.IP{net.ParseIP("10.0.0.1")}, URIs: []*url.URL{{Scheme: "spiffe", Host: "acme", Path: "/worker"}},
	}
	for _, tt := range []struct {
		fs   Filters
		want bool
	}{
		{nil, true},
		{Filters{{CommonName: "worker-1.PROD"}}, true},
		{Filters{{CommonName: "worker-1"}}, false},
		{Filters{{CommonName: "worker-*"}}, true},
		{Filters{{CommonName: "*.prod"}}, true},
		{Filters{{CommonName: "*.dev"}}, false},
		{Filters{{CommonName: "worker-1.prod*"}}, true},
		{Filters{{CommonName: "*", Organization: "Acme"}}, true},
		{Filters{{Organization: "acme holding"}}, true},
		{Filters{{Organization: "acme", OrganizationalUnit: "billing"}}, false},
		{Filters{{Organization: "acme", OrganizationalUnit: "payments", CommonName: "worker*", SubjectAlternativeName: "*.acme.internal"}}, true},
		{Filters{{SubjectAlternativeName: "OPS@acme.example"}}, true},
		{Filters{{SubjectAlternativeName: "10.0.0.1"}}, true},
		{Filters{{SubjectAlternativeName: "spiffe://acme/*"}}, true},
		{Filters{{SubjectAlternativeName: "worker-1.prod"}}, false}, // the CN is no SAN
		{Filters{{CommonName: "x"}, {OrganizationalUnit: "Payments"}}, true},
		{Filters{{CommonName: "x"}, {CommonName: "y"}}, false},
		{Filters{{}}, false},
	} {
		each, got := tt.fs.Match(c)
		if got != tt.want || len(each) != len(tt.fs) {
			t.Errorf("%+v: %v, want %v", tt.fs, got, tt.want)
		}
		if l := tt.fs.Lint(c); (l == nil) != tt.want || l != nil && (l.Code != "CH-26" || l.Severity != SevError) {
			t.Errorf("%+v: lint %+v", tt.fs, l)
		}
	}
	l := Filters{{CommonName: "*.dev", Organization: "Acme"}, {SubjectAlternativeName: "x"}}.Lint(c)
	want := "None of the namespace's certificate filters matches: filter 1 requires CN=*.dev, the certificate has Worker-1.prod; filter 2 requires SAN=x, the certificate has w1.acme.internal, ops@acme.example, 10.0.0.1, spiffe://acme/worker."
	if l.Text != want {
		t.Errorf("got  %s\nwant %s", l.Text, want)
	}
	each, _ := Filters{{OrganizationalUnit: "a"}}.Match(&x509.Certificate{})
	if diff := cmp.Diff([]FilterMatch{{Fields: []FieldMatch{{Field: "OU", Pattern: "a"}}}}, each); diff != "" {
		t.Error(diff)
	}
}

// FuzzParseFilters: no text makes it panic, what it accepts it reads back, and matching never panics.
func FuzzParseFilters(f *testing.F) {
	for _, s := range []string{`{"filters":[{"commonName":"test1"}]}`, `[{"organization":"*"}]`, `{"filters":[{"commonName":"é*"}]}`, `{`, `[]`, "\xff\xfe[\x00]\x00"} {
		f.Add([]byte(s))
	}
	leaf := makeSet().leaf.Cert
	f.Fuzz(func(t *testing.T, raw []byte) {
		fs, err := ParseFilters(raw)
		fs.Match(leaf)
		if err != nil {
			refused(t, err)
			return
		}
		if again, err := ParseFilters(fs.JSON()); err != nil || !cmp.Equal(again, fs) {
			t.Errorf("read back: %v, %v", again, err)
		}
	})
}

// FuzzReadBatch: no list of clients brings the reader down, and every row that it gives has a name.
func FuzzReadBatch(f *testing.F) {
	f.Add([]byte("name,cn,days\na,b,9\n"))
	f.Add([]byte("name;cn\n\"a\nb\";c\n"))
	f.Add([]byte("\xff\xfen\x00a\x00m\x00e\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := ReadBatch(raw)
		if err != nil {
			for _, x := range fault.All(err) {
				if x.Kind == fault.Internal {
					t.Fatal(err)
				}
			}
			return
		}
		for _, r := range rows {
			if r.Name == "" {
				t.Fatalf("%+v", r)
			}
		}
	})
}
