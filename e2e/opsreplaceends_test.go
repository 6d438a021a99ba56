package e2e

import (
	"regexp"
	"strings"
	"testing"
)

var heldPrints = regexp.MustCompile(`name="fingerprint" value="([0-9a-f]{64})"`)

// TestOpsReplaceEnds: a replacement of the CA to its end with a Cloud Ops key: both bundles are changed on the page of the
// control plane, the old CA certificate leaves only after both client certificates have passed, and afterwards the old
// client certificate is refused.
func TestOpsReplaceEnds(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	made := v.form("/new", "name", "Orders", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	at := m + "/certificates/replace"
	v.form(m+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	old := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form(m+"/ops").ok(t, "a key of the rehearsal cloud")
	a := &opsAdmin{visitor: v, t: t, p: p, m: m}
	held := func() []string {
		t.Helper()
		var out []string
		for _, one := range heldPrints.FindAllStringSubmatch(string(v.get(m+"/ops").ok(t, "the control plane").body), -1) {
			out = append(out, one[1])
		}
		return out
	}
	holds(t, a.agrees(a.plans("what", "add-ca")).ok(t, "the first CA certificate"), "The change is made")
	first := held()
	if len(first) != 1 {
		t.Fatalf("the namespace holds %v", first)
	}
	v.form(at, "what", "ca").ok(t, "begin")
	v.form(at+"/ca", "lane", "make", "ca_common_name", "Orders CA 2", "organization", "Orders", "ca_days", "365", "key_type", "ec-p256").ok(t, "the new CA")
	holds(t, a.agrees(a.plans("what", "add-ca")).ok(t, "the new one beside the old"), "The change is made")
	v.form(at+"/leaf", "lane", "make", "maker", "server", "common_name", "orders", "key_type", "ec-p256", "lend", "on").ok(t, "the new client certificate")

	early := v.form(m+"/ops/plan", "what", "remove-ca", "fingerprint", first[0])
	holds(t, early, "have not been checked yet")
	for which, source := range map[string]string{"old": "paste", "new": "lent"} {
		v.upload(at+"/check", "which", which, "key_source", source, "key_pem", old["client.key"]).ok(t, "a check with the "+which+" one")
	}
	within(t, "both have passed", func() bool {
		return strings.Contains(string(v.get(at).body), "passed with the old one") && !strings.Contains(string(v.form(m+"/ops/plan", "what", "remove-ca", "fingerprint", first[0]).body), "have not been checked yet")
	})
	var operation string
	within(t, "nobody is seen with the old one", func() bool {
		page := v.form(m+"/ops/plan", "what", "remove-ca", "fingerprint", first[0])
		if op := planned.FindSubmatch(page.body); op != nil {
			operation = string(op[1])
		}
		return operation != ""
	})
	page := a.agrees(operation).ok(t, "the old one leaves")
	holds(t, page, "The change is made")
	if now := held(); len(now) != 1 || now[0] == first[0] {
		t.Errorf("the namespace holds %v, and held %v", now, first)
	}
	// The replacement's own page ends it: the old CA certificate is gone already, so its button changes no bundle.
	holds(t, v.form(at+"/remove").ok(t, "the end"), "Put the old CA back")
	if now := held(); len(now) != 1 || now[0] == first[0] {
		t.Errorf("after the end the namespace holds %v", now)
	}
	v.upload(at+"/check", "which", "old", "key_source", "paste", "key_pem", old["client.key"]).ok(t, "the old one again")
	within(t, "it is refused", func() bool {
		return strings.Contains(string(v.get(at).body), "A check with the old one was refused")
	})
}
