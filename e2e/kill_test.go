package e2e

import (
	"strings"
	"testing"
)

// TestKillAtEveryStep: after every step of the journey the portal is killed with kill -9 and started again on
// the same data. Nothing that was acknowledged is lost, and the journey goes on to a completed transfer. The
// key that was lent is gone with the process, as promised, so the test brings its own from the bundle.
func TestKillAtEveryStep(t *testing.T) {
	data := t.TempDir()
	addr := "127.0.0.1:" + closedPort(t)
	p := openPortal(t, data, addr)
	v := visit(t, p.url)
	restart := func() {
		t.Helper()
		p.kill()
		p = openPortal(t, data, addr)
	}

	m := v.form("/rehearse-now").ok(t, "rehearse now").path
	m = "/" + strings.Join(strings.Split(strings.Trim(m, "/"), "/")[:2], "/")
	restart()
	v.get(m).ok(t, "the migration after a kill")

	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "save the namespace")
	restart()
	holds(t, v.get(m).ok(t, "overview"), "docs-assembly.a2dd6")

	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments",
		"ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "make certificates")
	bundle := v.form(m+"/certificates/bundle.zip").ok(t, "download the bundle").files(t)
	for _, name := range []string{"ca.pem", "client.pem", "client.key", "README.txt", ".env"} {
		if bundle[name] == "" {
			t.Errorf("the bundle lacks %s; it has %d files", name, len(bundle))
		}
	}
	if _, ok := bundle["ca.key"]; ok {
		t.Error("the bundle holds the CA's key; it belongs in an archive of its own")
	}
	if again := v.form(m + "/certificates/bundle.zip"); again.status != 410 {
		t.Errorf("the second download of the bundle answers %d, want 410", again.status)
	}
	restart()
	if gone := v.form(m + "/certificates/ca-key.zip"); gone.status != 410 && gone.status != 404 {
		t.Errorf("the CA's key after a kill: %d, want it gone", gone.status)
	}
	if got := string(v.get(m+"/certificates/ca.pem").ok(t, "ca.pem").body); strings.TrimSpace(got) != strings.TrimSpace(bundle["ca.pem"]) {
		t.Error("ca.pem after a kill is not the one that was downloaded")
	}

	v.form("/cloud/docs-assembly.a2dd6", "ca_bundle", bundle["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "save the CA")
	restart()
	holds(t, v.get("/cloud/docs-assembly.a2dd6").ok(t, "the rehearsal cloud after a kill"), "Payments CA")

	run := v.upload(m+"/test", "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]).ok(t, "run the checks").path
	report := v.ended(run)
	if code := report["verdict"].(map[string]any)["code"]; code != "OK" {
		t.Fatalf("the check says %v\n%s", code, v.get(run+".json").body)
	}
	restart()
	if again := v.ended(run); again["took_ms"] != report["took_ms"] {
		t.Error("the report changed over a kill")
	}

	pay := []string{"once", "the same form", "scenario", "success", "amount", "250", "source", "85-150", "target", "43-812", "reference", "kill-9",
		"worker", "builtin", "template", "builtin", "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]}
	run = v.upload(m+"/transfer", pay...).ok(t, "start the transfer").path
	if again := v.upload(m+"/transfer", pay...).ok(t, "send the same form again").path; again != run {
		t.Errorf("one form sent twice started %s and %s: it paid twice", run, again)
	}
	result := v.ended(run)
	if result["status"] != "COMPLETED" {
		t.Fatalf("the transfer ended %v\n%s", result["status"], v.get(run+".json").body)
	}
	restart()
	holds(t, v.get(run).ok(t, "the transfer after a kill"), "WorkflowExecutionCompleted")
	if code, _ := p.stop(); code != 0 {
		t.Errorf("exit %d at the end\n%s", code, p.output())
	}
	noKeyAnywhere(t, p)
	for _, key := range []string{bundle["client.key"]} {
		line := strings.Split(key, "\n")[1]
		if strings.Contains(p.output(), line) {
			t.Error("the log holds a line of the client's key")
		}
		grepFiles(t, data, line)
	}
}

func holds(t testing.TB, s seen, text string) {
	t.Helper()
	if !strings.Contains(string(s.body), text) {
		t.Errorf("%s does not hold %q\n%s", s.path, text, mainOf(s.body))
	}
}
