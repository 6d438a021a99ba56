package e2e

import (
	"strings"
	"testing"
)

// TestOpsPage: the journey with a Cloud Ops key, from first page to transfer: nothing is copied or pasted, the difference is
// shown before the change, step 3 is done by what the namespace holds, and the key is in nothing that Onramp keeps.
func TestOpsPage(t *testing.T) {
	data := t.TempDir()
	p := openPortal(t, data, "127.0.0.1:0")
	v := visit(t, p.url)
	m := v.form("/new", "name", "Payments", "lang", "python", "mode", "rehearsal", "auth", "mtls").ok(t, "a new rehearsal").path
	m = "/" + strings.Join(strings.Split(strings.Trim(m, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "payments.a2dd6").ok(t, "save the namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "lend", "on",
		"ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "make certificates")
	holds(t, v.get(m+"/upload").ok(t, "step 3"), m+"/ops")
	holds(t, v.get(m+"/ops").ok(t, "the page asks for a key"), "Use a key of the rehearsal cloud")
	page := v.form(m+"/ops").ok(t, "look with a key")
	holds(t, page, "owner@a2dd6.rehearsal.invalid")
	holds(t, page, "payments.a2dd6")
	page = v.form(m+"/ops/plan", "what", "add-ca").ok(t, "the difference")
	holds(t, page, "CN=Payments CA")
	_, rest, found := strings.Cut(string(page.body), `name="operation" value="`)
	if !found {
		t.Fatalf("no difference to agree to:\n%s", page.body)
	}
	operation, _, _ := strings.Cut(rest, `"`)
	holds(t, v.form(m+"/ops/apply", "operation", operation).ok(t, "the change"), "The change is made")
	if again := v.form(m+"/ops/apply", "operation", operation); again.status != 409 && again.status != 422 {
		t.Errorf("the same change again: %d", again.status)
	}
	holds(t, v.get(m+"/upload").ok(t, "step 3 afterwards"), "Payments CA")
	overview := string(v.get(m).ok(t, "overview").body)
	if !strings.Contains(overview, "Test the connection") {
		t.Errorf("the overview does not lead on:\n%s", overview)
	}
	holds(t, v.form(m+"/ops/forget").ok(t, "forget the key"), "Use a key of the rehearsal cloud")
	run := v.upload(m+"/test", "key_source", "lent").ok(t, "run the checks").path
	if code := v.ended(run)["verdict"].(map[string]any)["code"]; code != "OK" {
		t.Errorf("the check says %v", code)
	}
	run = v.upload(m+"/transfer", "once", "one", "scenario", "success", "amount", "250", "source", "85-150", "target", "43-812", "reference", "ops",
		"worker", "builtin", "template", "builtin", "key_source", "lent").ok(t, "start the transfer").path
	if got := v.ended(run)["status"]; got != "COMPLETED" {
		t.Errorf("the transfer ended %v", got)
	}
}
