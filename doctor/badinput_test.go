package doctor

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
)

// evil is a name that tries to move a cursor, to set a title, to run in a browser and to turn the
// direction of what follows.
const evil = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script><img src=x onerror=alert(1)>\u202eabc\u200b\r\nVerdict: OK"

// bomb is a small file that unpacks to a gigabyte's start: a server or tool that unpacks it suffers.
func bomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 32 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Junk in any of the fields is refused with a code of the catalogue, quickly, and never comes back raw.
func TestBadInput(t *testing.T) {
	l := newLab(t)
	random := make([]byte, 60<<10)
	_, _ = rand.Read(random)
	big := bytes.Repeat([]byte("A"), 64<<10+1)
	for name, junk := range map[string][]byte{
		"binary junk": random, "over 64 kB": big, "over 64 kB of PEM": bytes.Repeat(l.client.cert, 70<<10/len(l.client.cert)+1),
		"ten thousand blocks":             bytes.Repeat([]byte("-----BEGIN X-----\nAA==\n-----END X-----\n"), 10000),
		"a thousand blocks":               bytes.Repeat([]byte("-----BEGIN X-----\nAA==\n-----END X-----\n"), 1000),
		"ten thousand empty certificates": bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), 10000),
		"ten thousand beginnings":         bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), 10000),
		"zip bomb":                        bomb(t), "zip": append([]byte("PK\x03\x04"), random...), "escapes": []byte(evil), "zeros": make([]byte, 1000),
		"escapes in a label": []byte("-----BEGIN " + evil + "-----\nAA==\n-----END " + evil + "-----\n"),
		"a megabyte of JSON": []byte(`{"filters":[` + strings.Repeat(`{"commonName":"a"},`, 50000) + `{}]}`),
		"deep JSON":          []byte(strings.Repeat(`[`, 60000)),
	} {
		for field, put := range map[string]func(*Target){
			"certificate": func(t *Target) { t.CertPEM = junk },
			"key":         func(t *Target) { t.KeyPEM = junk },
			"both":        func(t *Target) { t.CertPEM, t.KeyPEM = junk, junk },
			"uploaded CA": func(t *Target) { t.UploadedCA = junk },
			"filters":     func(t *Target) { t.Filters = junk },
			"address":     func(t *Target) { t.Address = string(junk) },
			"namespace":   func(t *Target) { t.Namespace = string(junk) },
			"server name": func(t *Target) { t.ServerName = string(junk) },
			"API key":     func(t *Target) { t.APIKey = string(junk) },
		} {
			t.Run(name+" as "+field, func(t *testing.T) {
				target := l.target(labHost + ":7233")
				put(&target)
				before := worked(t)
				r := local(target)
				if took := worked(t) - before; took > slower*2*time.Second {
					t.Errorf("worked for %s", took)
				}
				printable(t, r)
				refusable := field == "certificate" || field == "key" || field == "both" || field == "uploaded CA"
				if refusable && (r.Verdict.Code == OK || r.Verdict.Code == UnknownCode || r.Verdict.Level != Certain) {
					t.Errorf("want a clear refusal\n%s", show(r))
				}
				small(t, r)
			})
		}
	}
}

// worked is how long the processors have worked for this process: a busy machine does not lengthen it.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// small fails when a report repeats what was given at length, or in a form that a terminal obeys.
func small(t *testing.T, r Report) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 32<<10 {
		t.Errorf("the report has %d bytes", len(b))
	}
	var decoded any
	if err := json.Unmarshal(b, &decoded); err != nil {
		t.Fatal(err)
	}
	text := new(bytes.Buffer)
	if err := WriteText(text, r, false); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u200b", "\r", "\nVerdict: OK"} {
		if strings.Contains(text.String(), bad) || slices.ContainsFunc(everyText(decoded), func(s string) bool { return strings.Contains(s, bad) }) {
			t.Errorf("%q comes back", bad)
		}
	}
}

// everyText lists every string in a decoded JSON value.
func everyText(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, everyText(e)...)
		}
		return out
	case map[string]any:
		var out []string
		for k, e := range v {
			out = append(append(out, k), everyText(e)...)
		}
		return out
	}
	return nil
}

// Names in certificates come from strangers: the client's, the CA's and the server's.
func TestEvilNames(t *testing.T) {
	l := newLab(t)
	evilCA := newAuthority(t, evil, nil)
	named := func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: evil, Organization: []string{evil}}
	}
	for name, make := range map[string]func() Target{
		"client, not trusted": func() Target {
			p := evilCA.issue(t, evil, "p256")
			target := l.target(l.serve(l.mtls()))
			target.CertPEM, target.KeyPEM = p.cert, p.key
			return target
		},
		"client, expired": func() Target {
			p := evilCA.issue(t, evil, "p256", expired)
			target := l.target(labHost + ":7233")
			target.CertPEM, target.KeyPEM = p.cert, p.key
			return target
		},
		"uploaded CA": func() Target {
			target := l.target(labHost + ":7233")
			target.UploadedCA = evilCA.pem
			return target
		},
		"server, wrong name": func() Target { return l.target(l.serve(l.serverWith(l.serverCA, named, names("evil.example")))) },
		"server, unknown CA": func() Target { return l.target(l.serve(l.serverWith(evilCA, named))) },
		"what speaks there":  func() Target { return l.target(raw(t, greets("SSH-2.0-"+evil))) },
		"gRPC message": func() Target {
			l.svc.namespaces["evil.a1b2c"] = serviceerror.NewPermissionDenied(evil, evil)
			target := l.target(l.serve(l.mtls()))
			target.Namespace = "evil.a1b2c"
			return target
		},
		"worker's identity": func() Target {
			l.svc.worker("orders", "Workflow+Activity", 0)
			for _, ps := range l.svc.pollers {
				ps[0].Identity = strings.ToValidUTF8(evil, "")
			}
			target := l.target(l.serve(l.mtls()))
			target.TaskQueue = "orders"
			return target
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, make(), patient)
			printable(t, r)
			small(t, r)
			v := r.Verdict
			for _, f := range v.Fix {
				if strings.Contains(f.Command, "<script>") && !strings.Contains(f.Command, "'") {
					t.Errorf("a stranger's name stands bare in a command: %s", f.Command)
				}
			}
		})
	}
}

// One dead IPv6 address beside a living IPv4 one is TC-08, a dead IPv4 one TC-07; a machine without
// IPv6 is healthy.
func TestPartlyDead(t *testing.T) {
	v4, other, v6 := netip.MustParseAddrPort("192.0.2.1:7233"), netip.MustParseAddrPort("192.0.2.2:7233"), netip.MustParseAddrPort("[2001:db8::1]:7233")
	for _, c := range []struct {
		name  string
		first netip.AddrPort
		bad   attempt
		want  string
	}{
		{"IPv6 refused", v4, attempt{to: v6, err: syscall.ECONNREFUSED}, "TC-08"},
		{"IPv6 silent", v4, attempt{to: v6, late: true}, "TC-08"},
		{"IPv6 not there", v4, attempt{to: v6, err: syscall.ENETUNREACH}, ""},
		{"IPv6 without route", v4, attempt{to: v6, err: syscall.EHOSTUNREACH}, ""},
		{"IPv4 refused", v4, attempt{to: other, err: syscall.ECONNREFUSED}, "TC-07"},
		{"IPv4 dead beside IPv6", v6, attempt{to: v4, err: syscall.ECONNREFUSED}, "TC-07"},
	} {
		r := &run{st: &Stage{Status: Pass, Evidence: map[string]any{}}}
		r.partlyDead(t.Context(), attempt{to: c.first}, []attempt{c.bad})
		got := strings.Join(r.st.Findings, " ")
		if got != c.want || (r.st.Status == Warn) != (c.want != "") {
			t.Errorf("%s: %q, status %s, want %q", c.name, got, r.st.Status, c.want)
		}
	}
}

// Workers of the current build are healthy, and so are workers without a version beside none.
func TestCurrentBuildIsHealthy(t *testing.T) {
	for name, versions := range map[string][2]string{"current": {"v2", "v2"}, "without versions": {}} {
		l := newLab(t)
		l.svc.worker("orders", "Workflow+Activity", 0)
		if versions[0] != "" {
			l.svc.build(versions[0], versions[1])
		}
		target := l.target(l.serve(l.mtls()))
		target.TaskQueue = "orders"
		if r := check(t, target); r.Verdict.Code != OK {
			t.Errorf("%s: %s", name, show(r))
		}
	}
}
