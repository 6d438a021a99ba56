package handlers_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"onramp/custody"
)

// TestEveryActHasItsPerson: after a form of each group of acts the audit's newest line says who sent it, from where and
// with which request, and what it did.
// ASVS 16.2.1.
func TestEveryActHasItsPerson(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	d.checks.close()
	d.transfers.close()
	const m, cloud = "/m/payments", "/cloud/payments.a1b2c"
	var k map[string]string
	var run string
	for _, step := range []struct {
		verb   custody.Verb
		path   string
		fields func() []string
	}{
		{custody.Created, "/new", func() []string {
			return []string{"name", "Payments", "lang", "go", "mode", "rehearsal", "auth", "mtls"}
		}},
		{custody.NamespaceSet, m + "/namespace", func() []string { return []string{"namespace", "payments.a1b2c"} }},
		{custody.Signed, m + "/certificates", func() []string { return serverLane }},
		{custody.Downloaded, m + "/certificates/bundle.zip", nil},
		{custody.Lending, m + "/certificates/lend", func() []string { return []string{"lend", "on", "lent_key", k["client.key"]} }},
		{custody.CAsSaved, cloud, func() []string { return []string{"ca_bundle", k["ca.pem"]} }},
		{custody.Kept, m + "/certificates/key/keep", func() []string { return []string{"ca_source", "held", "passphrase", phrase, "repeat", phrase} }},
		{custody.Refused, m + "/certificates/key/open", func() []string { return []string{"passphrase", "not it"} }},
		{custody.Opened, m + "/certificates/key/open", func() []string { return []string{"passphrase", phrase} }},
		{custody.Signed, m + "/certificates/clients", func() []string {
			return []string{"ca_from", "kept", "name", "eu", "maker", "server", "key_type", "ec-p256", "leaf_days", "30"}
		}},
		{custody.Locked, m + "/certificates/key/lock", nil},
		{custody.Checked, m + "/test", func() []string { return []string{"key_source", "lent"} }},
		{custody.Invited, m + "/test/elsewhere", nil},
		{custody.Reported, m + "/test/report", func() []string { return []string{"report", d.printed(m, "OK")} }},
		{custody.Transferred, m + "/transfer", func() []string { return append(slices.Clone(transferForm), "key_source", "lent", "once", "1") }},
		{custody.Drilled, m + "/transfer/drill", func() []string { return drillForm }},
		{custody.Assessed, m + "/assess", func() []string { return assessForm }},
		{custody.CrossLooked, m + "/cutover", func() []string { return cutoverForm }},
		{custody.Followed, m + "/transfer/follow", func() []string { return []string{"workflow_id", "theirs-7", "key_source", "lent"} }},
		{custody.Terminated, "{run}/terminate", func() []string { return []string{"reason", "enough", "key_source", "lent"} }},
		{custody.Noted, m + "/note", func() []string { return []string{"step", "code", "why", "deployed"} }},
		{custody.ReplaceBegun, m + "/certificates/replace", func() []string { return []string{"what", "ca"} }},
		{custody.Signed, m + "/certificates/replace/ca", func() []string { return newCAForm }},
		{custody.ReplaceBack, m + "/certificates/replace/back", func() []string { return []string{"gate", "ca"} }},
		{custody.FiltersSaved, m + "/certificates/filters", func() []string { return []string{"do", "clear"} }},
		{custody.KeyMade, cloud + "/keys", func() []string { return []string{"key_name", "worker", "key_days", "30"} }},
		{custody.KeyDeleted, cloud + "/keys/delete", func() []string { return []string{"key", "key1"} }},
		{custody.AuthSaved, cloud + "/auth", func() []string { return []string{"auth", "api-key"} }},
		{custody.NamespaceMade, "/cloud", func() []string { return []string{"namespace", "new.a1b2c"} }},
		{custody.Mended, "/rehearsal/break", func() []string { return []string{"namespace", "payments.a1b2c", "state", "off"} }},
		{custody.TakenBack, m + "/certificates/lend", func() []string { return []string{"lend", "off"} }},
		{custody.Reset, "/rehearsal/reset", nil},
	} {
		var fields []string
		if step.fields != nil {
			fields = step.fields()
		}
		r := d.upload(strings.Replace(step.path, "{run}", run, 1), fields...)
		if r.status >= 400 && step.verb != custody.Refused {
			t.Fatalf("POST %s answered %d\n%.2500s", r.path, r.status, mainOf(r.body))
		}
		if step.verb == custody.Downloaded {
			k = unzip(t, r.body)
		}
		if step.verb == custody.Transferred {
			run = r.to(t)
			d.finish(run)
		}
		if strings.HasSuffix(step.path, "/drill") || strings.HasSuffix(step.path, "/assess") || strings.HasSuffix(step.path, "/cutover") || strings.HasSuffix(step.path, "/follow") || strings.HasSuffix(step.path, "/test") {
			d.finish(r.to(t))
		}
		rs, err := d.db.Records(t.Context(), custody.Query{Limit: 1})
		check(t, err)
		got := rs[0]
		if got.Verb != step.verb || got.Person != reader.Person || got.Name != reader.Name || got.Via != "portal" || got.From != "127.0.0.1" ||
			got.Request == "" || got.Request != r.header.Get("X-Request-Id") {
			t.Errorf("after POST %s the audit's newest line is %+v, want %s by %+v with request %s", r.path, got, step.verb, reader, r.header.Get("X-Request-Id"))
		}
	}
}

// actless are the routes that take a form and change nothing, and so leave no line in the audit.
var actless = []string{"/assess", "/preview/namespace", "/theme", "/decode", "/certificates/inspect", "/m/{m}/code/judge", "/m/{m}/code/environment", "/migrations/checks/plan"}

// TestFormsAreKnown: a route that takes a form is an act's, or is listed as one that changes nothing.
func TestFormsAreKnown(t *testing.T) {
	d := sit(t, deskOptions{})
	_, all := d.routes()
	acts := regexp.MustCompile(`^/(new|migrations/(import|checks$|checks/\{bulk\}/cancel)|rehearse-now|report/|rehearsal/|cloud|m/\{m\}/(note|show|settings|namespace|certificates|test|transfer|assess|cutover|keys|switch|ops$|ops/(plan|apply|look|choose|key|forget)|upload/look|code/worker))`)
	seen := map[string]bool{}
	for _, rt := range all {
		if rt.method != http.MethodPost {
			continue
		}
		seen[rt.pattern] = true
		if act := acts.MatchString(rt.pattern); act == slices.Contains(actless, rt.pattern) {
			t.Errorf("POST %s is no act of a known group, nor listed as one that changes nothing", rt.pattern)
		}
	}
	for _, p := range actless { // and these change nothing indeed
		before := d.touched()
		path := strings.Replace(p, "/m/{m}", "/m/money-transfer-rehearsal", 1)
		d.post(path, "namespace", "a.b1c2d", "theme", "dark", "error_text", "EOF", "text", "x", "command", "temporal workflow start", "environment", "TEMPORAL_ADDRESS=x", "lang", "go")
		if after := d.touched(); after != before || !seen[p] {
			t.Errorf("POST %s changed something, or is no route", p)
		}
	}
}
