package doctor

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fixRow is a fault with a mechanical fix.
type fixRow struct {
	code    string
	break_  func(*world)
	before  func(*world) // what the fix's text asks a person to do before the command
	nth     int          // which of the printed fixes that have a command
	answers string       // typed at each of the command's prompts
	stays   bool         // the finding stays as a warning: both CAs of one name are there, as they should be
}

// set changes the environment.
func set(name, value string) func(*world) { return func(w *world) { w.env[name] = value } }

// file rewrites one of the worker's files.
func file(name string, edit func([]byte) []byte) func(*world) {
	return func(w *world) { w.write(name, edit(w.read(name))) }
}

// made presents a pair that the world's CA signed with edits.
func made(kind string, edit ...func(*x509.Certificate)) func(*world) {
	return func(w *world) { w.pair(w.clientCA.issue(w.t, "orders worker", kind, edit...)) }
}

// openssl changes a file of the world by an openssl command.
func opensslOn(name string, args ...string) func(*world) {
	return func(w *world) {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("openssl %q: %v\n%s", args, err, out)
		}
		if err := os.Rename(filepath.Join(w.dir, "made"), filepath.Join(w.dir, name)); err != nil {
			w.t.Fatal(err)
		}
	}
}

func under(w *world) (mid *authority, p keyPair) {
	root := newAuthority(w.t, "World root", nil)
	mid = newAuthority(w.t, "World intermediate", root)
	w.trusted = []*x509.Certificate{root.cert}
	p = mid.issue(w.t, "orders worker", "p256")
	w.write("intermediate.pem", mid.pem)
	w.write("leaf.pem", p.cert)
	return mid, p
}

// mechanical are the faults whose printed fix is a command that can be carried out as it stands.
func mechanical() []fixRow {
	const address, ns = "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"
	other := func(w *world) *authority { return newAuthority(w.t, "Other CA", nil) }
	otherCA := func(known bool) func(*world) {
		return func(w *world) {
			w.trusted, w.known = []*x509.Certificate{other(w).cert}, known
		}
	}
	return []fixRow{
		{code: "IN-01", break_: set(address, "https://"+labHost+":7233")},
		{code: "IN-02", break_: set(address, labHost)},
		{code: "IN-03", break_: set(address, labHost+":7233/")},
		{code: "IN-04", break_: set(address, "\u00a0"+labHost+":7233\u200b")},
		{code: "IN-05", break_: set(address, labHost+":70000")},
		{code: "IN-06", break_: set(address, labHost+":7233:7233")},
		{code: "IN-08", break_: set(address, "cloud.temporal.io")},
		{code: "IN-09", break_: set(address, "saas-api.tmprl.cloud:443")},
		{code: "IN-11", break_: set(ns, "orders")},
		{code: "IN-12", break_: set(address, "billing.a1b2c.tmprl.cloud:7233")},
		{code: "IN-14", break_: set(ns, "orders-a1b2c")},
		{code: "IN-18", break_: set(address, "us-east-1.aws.api.temporal.io:7233")},
		{code: "IN-21", break_: set(address, `"`+labHost+`:7233"`)},
		{code: "IN-25", break_: func(w *world) { w.env[address], w.env[ns] = labNamespace, labHost+":7233" }},

		{code: "KP-02", break_: func(w *world) {
			w.env["TEMPORAL_TLS_CLIENT_CERT_PATH"], w.env["TEMPORAL_TLS_CLIENT_KEY_PATH"] = "client.key", "client.pem"
		}},
		{code: "KP-06", nth: 1, break_: func(w *world) { w.write("client.key", w.clientCA.issue(w.t, "x", "p384").key) }},
		{code: "KP-08", break_: func(w *world) { w.write("client.pem", w.read("ca.pem")) }},
		{code: "KP-09", break_: func(w *world) {
			mid, p := under(w)
			w.pair(keyPair{slices.Concat(mid.pem, p.cert), p.key})
		}},
		{code: "KP-11", answers: "secret", break_: opensslOn("client.key", "pkcs8", "-topk8", "-in", "client.key", "-out", "made", "-passout", "pass:secret")},
		{code: "KP-12", answers: "secret", break_: opensslOn("client.key", "ec", "-aes128", "-in", "client.key", "-out", "made", "-passout", "pass:secret")},
		{code: "KP-13", break_: file("client.pem", func(b []byte) []byte { p, _ := pem.Decode(b); return p.Bytes })},
		{code: "KP-14", break_: file("client.key", func(b []byte) []byte { p, _ := pem.Decode(b); return p.Bytes })},
		{code: "KP-15", break_: opensslOn("client.pem", "pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-out", "made", "-passout", "pass:")},
		{code: "KP-16", break_: file("client.pem", func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) })},
		{code: "KP-17", break_: file("client.pem", func(b []byte) []byte {
			out := []byte{0xff, 0xfe}
			for _, c := range b {
				out = append(out, c, 0)
			}
			return out
		})},
		{code: "KP-18", break_: file("client.pem", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r")) })},
		{code: "KP-22", break_: file("client.pem", func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) })},
		{code: "KP-28", break_: opensslOn("client.pem", "x509", "-in", "client.pem", "-trustout", "-out", "made")},
		{code: "KP-33", break_: func(w *world) {
			opensslOn("client.key", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224", "-out", "made")(w)
			opensslOn("client.pem", "req", "-new", "-x509", "-key", "client.key", "-subj", "/CN=old curve", "-days", "9", "-out", "made")(w)
		}},

		{code: "CH-01", break_: otherCA(true)},
		{code: "CH-02", break_: func(w *world) {
			again := newAuthority(w.t, "World CA", nil)
			w.trusted, w.known = []*x509.Certificate{again.cert}, true
		}, stays: true},
		{code: "CH-06", break_: func(w *world) { _, p := under(w); w.pair(p); w.known = true }},
		{code: "CH-09", break_: made("p256", expired)},
		{code: "CH-11", nth: 0, break_: func(w *world) {
			old := newAuthority(w.t, "Old CA", nil, expired)
			w.pair(old.issue(w.t, "orders worker", "p256"))
			w.trusted, w.known = []*x509.Certificate{old.cert}, true
		}, before: func(w *world) {
			// "Add a new CA next to the old one, reissue the client certificates, then remove the old one."
			w.pair(w.clientCA.issue(w.t, "orders worker", "p256"))
			w.trusted = nil
		}},
		{code: "CH-13", break_: made("p256", func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })},
		{code: "CH-14", break_: made("rsa1024")},
		{code: "CH-15", break_: made("p256", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })},
		{code: "CH-16", break_: made("p256", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })},
		{code: "CH-18", break_: made("p256", func(c *x509.Certificate) { c.IsCA = true })},
		{code: "CH-20", break_: made("p256", func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "World CA", Organization: []string{"Lab"}}
		})},
		{code: "CH-21", break_: made("p256", func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "WORLD CA", Organization: []string{"LAB"}}
		})},
		{code: "CH-25", break_: made("ed25519")},

		{code: "SV-01", break_: set("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "ca.pem")},
		{code: "SV-13", break_: func(w *world) {
			w.env[address] = w.serve(w.serverWith(w.serverCA, func(*x509.Certificate) {}))
			w.write("server-root.pem", w.serverCA.pem)
		}},
		{code: "SV-15", break_: func(w *world) {
			w.write("empty.pem", []byte("\n"))
			w.env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = "empty.pem"
		}},
		{code: "SV-04", break_: set("TEMPORAL_TLS_SERVER_NAME", "orders.z9y8x.tmprl.cloud")},
		{code: "SV-06", break_: func(w *world) {
			w.env[address] = w.serve(w.serverWith(systemCA, names(labHost), public))
		}},
		{code: "PR-01", break_: func(w *world) { w.env[address] = w.serve(nil) }},
		{code: "PR-02", break_: func(w *world) {
			w.env[address] = labHost + ":8233"
			w.routes[labHost+":8233"] = raw(w.t, says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
		}},
		{code: "PR-04", break_: func(w *world) {
			w.env[address], w.env["TEMPORAL_TLS"] = w.serve(w.tls(w.serverCA)), "false"
			w.extra = w.serverCA.pem
		}},
		{code: "PR-14", break_: func(w *world) { otherName(w, true) }},
		{code: "IN-18", break_: func(w *world) { otherName(w, false) }},

		{code: "CL-01", break_: func(w *world) {
			delete(w.env, "TEMPORAL_TLS_CLIENT_CERT_PATH")
			delete(w.env, "TEMPORAL_TLS_CLIENT_KEY_PATH")
		}},
		{code: "AK-01", break_: func(w *world) {
			delete(w.env, "TEMPORAL_TLS_CLIENT_CERT_PATH")
			delete(w.env, "TEMPORAL_TLS_CLIENT_KEY_PATH")
			w.env["TEMPORAL_API_KEY"] = "key"
		}},
		{code: "CL-03", break_: otherCA(false)},
		{code: "NS-01", nth: 1, break_: func(w *world) { delete(w.svc.namespaces, labNamespace) }},
		{code: "TQ-02", break_: func(w *world) {
			w.svc.worker("orders", "Workflow+Activity", time.Second)
			w.queue = "Orders"
		}},
	}
}

// otherName reaches the namespace at an address of its own, whose server knows no name but the
// namespace's: it says so or resets the connection.
func otherName(w *world, says bool) {
	w.env["TEMPORAL_ADDRESS"] = raw(w.t, func(c net.Conn) {
		up, err := net.Dial("tcp", w.routes[labHost+":7233"])
		if err != nil {
			return
		}
		defer up.Close()
		b := make([]byte, 8192)
		n, _ := c.Read(b)
		switch {
		case bytes.Contains(b[:n], []byte(labHost)): // the server name is readable in the ClientHello
			_, _ = up.Write(b[:n])
			go func() { _, _ = io.Copy(up, c); up.Close() }()
			_, _ = io.Copy(c, up)
		case says:
			_, _ = c.Write([]byte{0x15, 3, 3, 0, 2, 2, 112})
			_, _ = io.Copy(io.Discard, c)
		default:
			_ = c.(*net.TCPConn).SetLinger(0)
		}
	})
}

// Every printed fix that is a command, carried out by a shell, makes the stage pass.
func TestTheFixWorks(t *testing.T) {
	rows := mechanical()
	var worked atomic.Int32
	t.Cleanup(func() { // after the last of them
		t.Logf("figure: R5 fixed=%d of=%d", worked.Load(), len(rows))
		if *update {
			intoPage(t, "fixes", fmt.Sprintf("%d faults with a mechanical fix, %d of which pass after the printed command.\n", len(rows), worked.Load()))
		}
	})
	for _, row := range rows {
		t.Run(row.code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if r := w.check(); r.Verdict.Code != OK {
				t.Fatalf("the world is not well before: %s", show(r))
			}
			row.break_(w)
			r := w.check()
			found := slices.IndexFunc(r.Stages, func(s Stage) bool { return slices.Contains(s.Findings, row.code) })
			if found < 0 {
				t.Fatalf("want %s\n%s", row.code, show(r))
			}
			v := r.Verdict
			if v.Code != row.code { // a repair or warning: its help page has the fix
				host, _, _ := net.SplitHostPort(r.Target.Address)
				v = Explain(row.code, Certain, map[string]string{"address": r.Target.Address, "host": host,
					"namespace": r.Target.Namespace, "cert_path": "client.pem", "key_path": "client.key"})
			}
			commands := []string{}
			for _, f := range v.Fix {
				if f.Command != "" {
					commands = append(commands, f.Command)
				}
			}
			if row.nth >= len(commands) {
				t.Fatalf("%d commands are printed, want number %d", len(commands), row.nth+1)
			}
			if row.before != nil {
				row.before(w)
			}
			w.do(commands[row.nth], row.answers)
			after := w.check()
			for i, s := range after.Stages[:found+1] {
				if s.Status == Fail || s.Status == NotReached || !row.stays && slices.Contains(s.Findings, row.code) {
					t.Fatalf("stage %s does not pass after %q\n%s", StageIDs[i], commands[row.nth], show(after))
				}
			}
			if after.Verdict.Code != OK {
				t.Errorf("the fix leads to another fault, after %q\n%s", commands[row.nth], show(after))
			}
			if strings.Contains(commands[row.nth], "<") && !strings.Contains(commands[row.nth], " < ") {
				t.Errorf("the command holds a placeholder: %s", commands[row.nth])
			}
			if !t.Failed() {
				worked.Add(1)
			}
		})
	}
}
