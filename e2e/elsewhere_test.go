package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandOf is the command in a code block of the page, as a person copies it.
func (b *browser) commandOf(id string) string {
	b.t.Helper()
	b.is("#" + id)
	return strings.TrimSpace(b.valueOf("#" + id))
}

// openDetails opens a fold, as a click on its summary does; without JavaScript too.
func (b *browser) openDetails(id string) {
	b.t.Helper()
	b.on("#"+id, `e.open = true`)
}

// TestElsewhere: the page's one command, run in a shell as a person does, brings its result back: posted once,
// and pasted. Exit code and stdout are the check's. The runs are reported, compare with Onramp's own, and step 4
// says so.
func TestElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script bool
	}{{"with JavaScript", true}, {"without JavaScript", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a portal and a browser each
			p := openPortal(t, t.TempDir(), "127.0.0.1:0")
			v := visit(t, p.url)
			b := openBrowser(t, tt.script, 1280, 900)
			first := failingRun(t, v) // Onramp's own: the CA was never uploaded
			m := first[:strings.Index(first, "/test/")]
			home := t.TempDir()
			v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
				"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "certificates")
			for name, text := range v.form(m+"/certificates/bundle.zip").ok(t, "the bundle").files(t) {
				if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			make := func() string {
				b.open(p.url + m + "/test")
				b.openDetails("elsewhere")
				b.fill("#else_cert_path", filepath.Join(home, "client.pem"))
				b.fill("#else_key_path", filepath.Join(home, "client.key"))
				b.fill("#else_by", "Dana")
				b.click("make-command")
				return b.commandOf("post-bash")
			}
			shell := func(command string) answer {
				return runCommand(t, t.Context(), home, cleanEnv("PATH="+filepath.Dir(program)+":"+os.Getenv("PATH")), "bash", "-c", command)
			}
			// Refused: the namespace does not hold the CA.
			command := make()
			if !strings.HasPrefix(command, "onramp check ") {
				t.Fatalf("the command is %q", command)
			}
			bare := regexp.MustCompile(` --post \S+`).ReplaceAllString(command, "")
			a, alone := shell(command), shell(bare)
			if a.code != 13 || alone.code != a.code || !strings.Contains(a.err, "posted as check 2: "+p.url+m+"/test/") {
				t.Fatalf("exit %d, alone %d\n%s\n%s", a.code, alone.code, a.out, a.err)
			}
			times := regexp.MustCompile(`[0-9.]+ ms| +|127\.0\.0\.1:\d+|[\d:]{8}`)
			if times.ReplaceAllString(a.out, "") != times.ReplaceAllString(alone.out, "") {
				t.Errorf("--post changes stdout:\n%s\n%s", a.out, alone.out)
			}
			if a = shell(command); a.code != 13 || !strings.Contains(a.err, "This address is no longer valid") {
				t.Errorf("used twice: exit %d\n%s", a.code, a.err)
			}
			// The CA is uploaded; the command passes, and so does what is pasted.
			ca, err := os.ReadFile(filepath.Join(home, "ca.pem"))
			if err != nil {
				t.Fatal(err)
			}
			v.form("/cloud/orders.f45a2", "ca_bundle", string(ca), "m", strings.TrimPrefix(m, "/m/")).ok(t, "the upload")
			if a = shell(make()); a.code != 0 || !strings.Contains(a.err, "posted as check 3") || strings.Contains(a.err, "does not count") {
				t.Fatalf("exit %d\n%s\n%s", a.code, a.out, a.err)
			}
			b.open(p.url + m)
			b.has("check 3 passed, as reported from ")
			a = shell(regexp.MustCompile(` --post \S+`).ReplaceAllString(make(), "") + " --json")
			var report map[string]any
			if err := json.Unmarshal([]byte(a.out), &report); err != nil || a.code != 0 {
				t.Fatalf("exit %d, %v\n%s", a.code, err, a.out)
			}
			b.open(p.url + m + "/test")
			b.openDetails("elsewhere")
			b.fill("#report", `<script>alert(1)</script>`)
			b.click("send-report")
			b.has("This is not a report of onramp check")
			b.fill("#report", a.out)
			b.fill("#report_by", "Omar")
			b.click("send-report")
			b.has("Reported, not observed")
			b.has("Omar ran onramp check on")
			b.clickTo("compare", "/compare/")
			b.has("Both passed.")
			run2 := regexp.MustCompile(`(?s)data-testid="check-2".*?href="([^"]+)"`)
			b.open(p.url + m + "/test")
			b.is(testID("spark"))
			at := run2.FindStringSubmatch(b.html())
			b.open(p.url + m + "/test")
			if at == nil {
				t.Fatal("check 2 is not in the table")
			}
			b.open(p.url + at[1])
			b.has("Reported, not observed")
			b.has("Stopped at Certificate")
			b.clickTo("compare", "/compare/")
			b.has("Still stops at Certificate")
			b.clean(p.url)
			noKeyAnywhere(t, p)
		})
	}
}

// reportAgain brings the report of a run back as if it had been made on another host, some seconds quicker, and
// returns the reported run.
func (v *visitor) reportAgain(t *testing.T, run string) string {
	t.Helper()
	text := string(v.get(run+".json").ok(t, "the report").body)
	text = regexp.MustCompile(`"tested_from": "[^"]*"`).ReplaceAllString(text, `"tested_from": "worker-1"`)
	text = regexp.MustCompile(`"took_ms": [0-9.]+`).ReplaceAllString(text, `"took_ms": 3.5`)
	return v.upload(run[:strings.LastIndexByte(run, '/')]+"/report", "report", text, "report_by", "Omar").ok(t, "the reported run").path
}

// TestPostKeepsItsPlace: --post that cannot be carried out changes neither stdout nor the exit code; one that is
// no address is wrong usage.
func TestPostKeepsItsPlace(t *testing.T) {
	trap := newTrap(t)
	for _, bad := range []string{"nowhere", "ftp://127.0.0.1/x", "http://", "http://user:pw@127.0.0.1/x"} {
		if a := run(t, cleanEnv(), "check", "--address", "127.0.0.1:1", "--namespace", "orders.a1b2c", "--post", bad); a.code != 2 || a.out != "" || !strings.Contains(a.err, "--post") {
			t.Errorf("--post %s: exit %d\n%s\n%s", bad, a.code, a.out, a.err)
		}
	}
	for what, url := range map[string]string{"nobody there": "http://127.0.0.1:1/report/x.json", "another page": trap + "/html", "a redirect": trap + "/away", "escapes": trap + "/escapes"} {
		a := run(t, cleanEnv(), "check", "--address", "127.0.0.1:1", "--namespace", "orders.a1b2c", "--json", "--post", url)
		var report map[string]any
		if err := json.Unmarshal([]byte(a.out), &report); err != nil || a.code != 10 && a.code != 11 || !strings.Contains(a.err, "was not posted") || strings.Contains(a.err, "\x1b") {
			t.Errorf("%s: exit %d, %v\n%s\n%q", what, a.code, err, a.out, a.err)
		}
	}
}

// newTrap is a server that is not Onramp: it must get the report alone, and be followed nowhere.
func newTrap(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>hello")) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/followed", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/followed", func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	mux.HandleFunc("/escapes", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
		w.Write([]byte(`{"error":{"title":"\u001b[31mred","fix":"\u001b]0;title\u0007"}}`))
	})
	return serveHTTP(t, mux)
}

// TestDecodePage: an error is pasted and explained, with a browser's script and without, and nothing of a secret
// in it stays.
func TestDecodePage(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--rehearsal", "off")
	for _, script := range []bool{true, false} {
		b := openBrowser(t, script, 1280, 900)
		b.open(p.url + "/help")
		b.clickTo("to-decode", "/decode")
		b.fill(testID("error-text"), "api_key=c4nary\x1b[31m received fatal alert: UnknownCA <img src=x onerror=alert(1)>")
		b.click("decode")
		b.has("CL-03")
		b.has("This text contained a secret")
		if h := b.html(); strings.Contains(h, "c4nary") || strings.Contains(h, "<img src") || strings.Contains(h, "\x1b") {
			t.Error("what was pasted comes back raw")
		}
		b.fill(testID("error-text"), "Hello, is anybody there?")
		b.click("decode")
		b.has("Onramp does not recognise this text")
		b.clean(p.url)
		b.close()
	}
	grepFiles(t, p.data, "c4nary")
	if strings.Contains(p.output(), "c4nary") {
		t.Error("the log holds the secret")
	}
}

func serveHTTP(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
