package doctor

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

// local runs the stages that contact nobody.
func local(t Target) Report {
	e := New(Options{Getenv: func(string) string { return "" }, Resolve: func() (string, error) { return "lab", nil }, Timeout: time.Second})
	r := &run{o: e.o, t: t, now: time.Now(), values: map[string]string{}}
	rep := Report{}
	for _, s := range ladder[:3] {
		if r.verdict != nil {
			break
		}
		r.st = &Stage{ID: s.id, Status: Pass, Evidence: map[string]any{}, Findings: []string{}}
		s.run(r, context.Background())
		r.st.Evidence = safe(r.st.Evidence)
		r.st.Summary = clean(r.st.Summary, maxSentence)
		rep.Stages = append(rep.Stages, *r.st)
	}
	rep.Target, rep.Verdict = r.target, r.conclude()
	return rep
}

// printable fails when a text of a report could move a terminal's cursor or hide something.
func printable(t *testing.T, r Report) {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, r, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.String() {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
			t.Fatalf("%U is printed in %q", c, b.String())
		}
	}
	if r.Verdict.Code != OK && r.Verdict.Code != UnknownCode {
		if _, ok := Lookup(r.Verdict.Code); !ok {
			t.Fatalf("%s is not in the catalogue", r.Verdict.Code)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
}

func FuzzTyped(f *testing.F) {
	for _, s := range [][4]string{
		{"https://orders.a1b2c.tmprl.cloud:7233/", "orders.a1b2c", "", ""}, {"::1:7233", "default", "x:1", "key\n"},
		{"\u00a0localhost:7233", "orders", "https://a.b", "\"q\""}, {"\x1b[31m:1", "\x1b]0;x\x07", "\x00", "a.eyJleHAiOjF9.b"},
		{"", "orders.a1b2c", "", ""}, {"us-east-1.aws.api.temporal.io:7233", "orders.a1b2c", "", "a.eyJleHAiOjFlOTl9.b"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, address, ns, name, key string) {
		printable(t, local(Target{Address: address, Namespace: ns, ServerName: name, APIKey: key}))
	})
}

func FuzzPair(f *testing.F) {
	l := newLab(f)
	f.Add(l.client.cert, l.client.key, l.clientCA.pem, []byte(`{"filters":[{"commonName":"*x"}]}`))
	f.Add(l.client.key, l.client.cert, []byte{}, []byte(`[]`))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n\x1b[2J\n-----END CERTIFICATE-----"), []byte("\xef\xbb\xbf"), []byte("x"), []byte("{"))
	f.Fuzz(func(t *testing.T, cert, key, uploaded, filters []byte) {
		printable(t, local(Target{Address: "localhost:7233", Namespace: labNamespace, CertPEM: cert, KeyPEM: key, UploadedCA: uploaded, Filters: filters}))
	})
}

func FuzzFirstBytes(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 400", "SSH-2.0", "\x00\x00\x06\x04\x00", "220 x", "E\x00\x00\x00\x60", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) { speaks(b) })
}
