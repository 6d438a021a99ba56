package handlers_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"onramp/certsvc"
)

// sawIn is the edition that the form of an address carries on a page, "" for none.
func sawIn(page, form string) string {
	m := regexp.MustCompile(`(?s)<form [^>]*action="` + regexp.QuoteMeta(form) + `"(.*?)</form>`).FindStringSubmatch(page)
	if m != nil {
		m = regexp.MustCompile(`name="saw" value="([^"]*)"`).FindStringSubmatch(m[1])
	}
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// sawOn is the edition with which the form of an address was shown on a page.
func (d *desk) sawOn(path, form string) string {
	d.t.Helper()
	saw := sawIn(d.get(path).want(d.t, 200).body, form)
	if saw == "" {
		d.t.Fatalf("the form %s of %s carries no edition", form, path)
	}
	return saw
}

// TestTwoTabs: a form that was filled in before somebody else changed the same thing changes nothing: it answers 409,
// says what there is now, keeps what was typed, and goes through when it is sent again from that page.
func TestTwoTabs(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	other, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "Another CA", KeyType: certsvc.ECP256})
	check(t, err)
	third, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "A third CA", KeyType: certsvc.ECP256})
	check(t, err)
	const cloud = "/cloud/docs-assembly.a2dd6"
	replace := m + "/certificates/replace"
	for _, tt := range []struct {
		what, page, form string
		first, second    []string // what the two tabs send
		says             []string // what the second is told
		keeps            string   // what it typed
		then             string   // what stands on the page once it insists; "": it has nothing left to insist on
		by               string   // the form that the first tab sends, where it is another
	}{
		{"the name", m + "/settings", m + "/settings/name", []string{"name", "Orders"}, []string{"name", "Ledger"}, []string{"The name is Orders now."}, `value="Ledger"`, "Ledger", ""},
		{"the namespace", m + "/namespace", m + "/namespace", []string{"namespace", "one.a1b2c"}, []string{"namespace", "two.a1b2c"}, []string{"The namespace is one.a1b2c now, set by"}, `value="two.a1b2c"`, "two.a1b2c", ""},
		{"the region alone", m + "/namespace", m + "/namespace", []string{"namespace", "two.a1b2c", "region", "aws-us-east-1"}, []string{"namespace", "two.a1b2c", "region", "aws-us-west-2"}, []string{"The namespace is two.a1b2c now"}, `<option value="aws-us-west-2" selected>`, `<option value="aws-us-west-2" selected>`, ""},
		{"the certificates", m + "/certificates", m + "/certificates", serverLane, append([]string{"common_name", "second-tab"}, serverLane...), []string{"The client certificate is CN=", "now, set by"}, "", "CN=", ""},
		{"the CA bundle", cloud, cloud, []string{"ca_bundle", k.ca + string(other.CertPEM)}, []string{"ca_bundle", k.ca + string(third.CertPEM)}, []string{"CN=Another CA"}, strings.TrimSpace(string(third.CertPEM))[60:120], "A third CA", ""},
		{"the filters", m + "/certificates/filters", m + "/certificates/filters", []string{"do", "apply", "lockout", "on", "f1_cn", "one"}, []string{"do", "apply", "lockout", "on", "f1_cn", "two"}, []string{"The certificate filters of the namespace are now", "one"}, `value="two"`, `value="two"`, ""},
		{"a note", m, m + "/note", []string{"step", "code", "why", "Our pipeline deployed it."}, []string{"step", "code", "why", "Dana deployed it."}, []string{"The step is noted as done outside: Our pipeline deployed it., set by"}, "Dana deployed it.", "Dana deployed it.", ""},
		{"archiving what was renamed", m + "/settings", m + "/settings/archive", []string{"name", "Invoices"}, []string{"away", "on"}, []string{"The name is Invoices now."}, "", "Put it back in the list", m + "/settings/name"},
		{"a further client certificate", m + "/certificates/clients", m + "/certificates/clients", serverLane, []string{"name", "reporting", "maker", "server", "key_type", "ec-p256", "ca_from", "held"}, []string{"The CA certificate is another one now, set by"}, `value="reporting"`, "reporting", m + "/certificates"},
		{"further client certificates", m + "/certificates/clients", m + "/certificates/batch.zip", serverLane, []string{"rows", "name,cn,days\none,one,30\n", "ca_from", "held", "key_type", "ec-p256"}, []string{"The CA certificate is another one now, set by"}, "one,one,30", "one", m + "/certificates"},
		{"the sign-in method", cloud, cloud + "/auth", []string{"auth", "api-key"}, []string{"auth", "mtls"}, []string{"Workers sign in with an API key now."}, "", `value="mtls" checked`, ""},
		{"a new API key", cloud, cloud + "/keys", []string{"key_name", "worker", "key_days", "30"}, []string{"key_name", "batch", "key_days", "30"}, []string{"these API keys now: worker."}, `value="batch"`, "batch", ""},
		{"an API key that is deleted", cloud, cloud + "/keys/delete", []string{"key", "key1"}, []string{"key", "key1"}, []string{"these API keys now: batch."}, "", "", ""},
		{"which replacement", replace, replace, []string{"what", "leaf"}, []string{"what", "ca"}, []string{"A replacement of the client certificate is in progress now, set by"}, "", "", ""},
		{"the new client certificate", replace, replace + "/leaf", newLeafForm, newLeafForm, []string{"The new client certificate is CN=payments", "now, set by"}, "", "", ""},
		{"rolling back what was rolled back", replace, replace + "/back", []string{"gate", "leaf"}, []string{"gate", "leaf"}, []string{"A replacement of the client certificate is in progress now, set by"}, "", "", ""},
		{"another replacement", replace, replace, []string{"what", "ca"}, []string{"what", "leaf"}, []string{"A replacement of the CA certificate is in progress now"}, "", "", ""},
		{"the new CA", replace, replace + "/ca", newCAForm, append([]string{"ca_common_name", "Ours"}, newCAForm...), []string{"The new CA certificate is CN=Payments CA 2", "now, set by"}, "", "", ""},
		{"the bundle with both", replace, replace + "/bundle", []string{"gate", "ca"}, []string{"do", "save"}, []string{"No replacement is in progress now"}, "", "", replace + "/back"},
		{"what is deleted", m + "/settings", m + "/settings/delete", []string{"what", "ca"}, []string{"confirm", "Invoices"}, []string{"What it deletes is listed below as it is now."}, `value="Invoices"`, "", replace},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if tt.what == "a new API key" {
				d.post(cloud+"/auth", "auth", "api-key").to(t)
			}
			if tt.what == "another replacement" {
				d.post(replace+"/back", "gate", "ca").to(t)
			}
			if tt.what == "the CA bundle" || tt.what == "the filters" {
				d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
			}
			saw, by, first := d.sawOn(tt.page, tt.form), tt.by, tt.first
			if by == "" {
				by, first = tt.form, append([]string{"saw", saw}, tt.first...)
			}
			if r := d.post(by, first...); r.status != 200 { // a new API key is shown at once
				r.to(t)
			}
			before := d.snapshot()
			r := d.post(tt.form, append([]string{"saw", saw}, tt.second...)...).want(t, 409, append(tt.says, "This was changed in the meantime", "Nothing was changed.")...)
			if !strings.Contains(html.UnescapeString(r.body), tt.keeps) {
				t.Errorf("what was typed is gone: %q", tt.keeps)
			}
			if d.snapshot() != before {
				t.Error("the refused form has changed something")
			}
			again := sawIn(r.body, tt.form)
			if again == saw || again == "" && tt.then != "" {
				t.Fatalf("the page that says so carries the edition %q, after %s", again, saw)
			}
			if tt.then == "" {
				return
			}
			if r := d.post(tt.form, append([]string{"saw", again}, tt.second...)...); r.status != 200 {
				r.to(t)
			}
			d.get(tt.page).want(t, 200, tt.then)
		})
	}
	// What another thing's change is no reason to refuse.
	saw := d.sawOn(m+"/settings", m+"/settings/name")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
	d.post(m+"/settings/name", "saw", saw, "name", "Money").to(t)
	// A form without an edition, as a script sends it, is taken as before; so is one whose edition nobody can read.
	d.post(m+"/namespace", "namespace", "three.a1b2c").to(t)
	d.post(m+"/namespace", "namespace", "four.a1b2c", "saw", "nonsense").to(t)
	// The same value again is no change.
	saw = d.sawOn(m+"/namespace", m+"/namespace")
	d.post(m+"/namespace", "namespace", "five.a1b2c").to(t)
	d.post(m+"/namespace", "namespace", "five.a1b2c", "saw", saw).to(t)
	// With the script, the answer is the page's parts.
	d.fragment(m+"/namespace", "namespace", "six.a1b2c", "saw", saw).want(t, 409, "five.a1b2c now", `id="main"`).lacks(t, "<html")
}
