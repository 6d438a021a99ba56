package handlers_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"onramp/certsvc"
)

var hiddenSaw = regexp.MustCompile(`name="saw" value="([^"]*)"`)

// sawOn is the edition that the forms of a page were shown with.
func (d *desk) sawOn(path string) string {
	d.t.Helper()
	m := hiddenSaw.FindStringSubmatch(d.get(path).want(d.t, 200).body)
	if m == nil {
		d.t.Fatalf("the forms of %s carry no edition", path)
	}
	return html.UnescapeString(m[1])
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
	for _, tt := range []struct {
		what, page, form string
		first, second    []string // what the two tabs send
		says             []string // what the second is told
		keeps            string   // what it typed
		then             string   // what stands on the page once it insists
	}{
		{"the name", m + "/settings", m + "/settings/name", []string{"name", "Orders"}, []string{"name", "Ledger"}, []string{"The name is Orders now."}, `value="Ledger"`, "Ledger"},
		{"the namespace", m + "/namespace", m + "/namespace", []string{"namespace", "one.a1b2c"}, []string{"namespace", "two.a1b2c"}, []string{"The namespace is one.a1b2c now, set by"}, `value="two.a1b2c"`, "two.a1b2c"},
		{"the region alone", m + "/namespace", m + "/namespace", []string{"namespace", "two.a1b2c", "region", "aws-us-east-1"}, []string{"namespace", "two.a1b2c", "region", "aws-us-west-2"}, []string{"The namespace is two.a1b2c now"}, `<option value="aws-us-west-2" selected>`, `<option value="aws-us-west-2" selected>`},
		{"the certificates", m + "/certificates", m + "/certificates", serverLane, append([]string{"common_name", "second-tab"}, serverLane...), []string{"The client certificate is CN=", "now, set by"}, "", "CN="},
		{"the CA bundle", cloud, cloud, []string{"ca_bundle", k.ca + string(other.CertPEM)}, []string{"ca_bundle", k.ca + string(third.CertPEM)}, []string{"CN=Another CA"}, strings.TrimSpace(string(third.CertPEM))[60:120], "A third CA"},
		{"the filters", m + "/certificates/filters", m + "/certificates/filters", []string{"do", "apply", "lockout", "on", "f1_cn", "one"}, []string{"do", "apply", "lockout", "on", "f1_cn", "two"}, []string{"The certificate filters of the namespace are now", "one"}, `value="two"`, `value="two"`},
	} {
		t.Run(tt.what, func(t *testing.T) {
			saw := d.sawOn(tt.page)
			if tt.what == "the CA bundle" || tt.what == "the filters" {
				d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
				saw = d.sawOn(tt.page)
			}
			d.post(tt.form, append([]string{"saw", saw}, tt.first...)...).to(t)
			before := d.snapshot()
			r := d.post(tt.form, append([]string{"saw", saw}, tt.second...)...).want(t, 409, append(tt.says, "This was changed in the meantime", "Nothing was changed.")...)
			if !strings.Contains(html.UnescapeString(r.body), tt.keeps) {
				t.Errorf("what was typed is gone: %q", tt.keeps)
			}
			if d.snapshot() != before {
				t.Error("the refused form has changed something")
			}
			again := hiddenSaw.FindStringSubmatch(r.body)
			if again == nil || again[1] == saw {
				t.Fatalf("the page that says so carries the edition %v, after %s", again, saw)
			}
			d.post(tt.form, append([]string{"saw", html.UnescapeString(again[1])}, tt.second...)...).to(t)
			d.get(tt.page).want(t, 200, tt.then)
		})
	}
	// What another thing's change is no reason to refuse.
	saw := d.sawOn(m + "/settings")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
	d.post(m+"/settings/name", "saw", saw, "name", "Money").to(t)
	// A form without an edition, as a script sends it, is taken as before; so is one whose edition nobody can read.
	d.post(m+"/namespace", "namespace", "three.a1b2c").to(t)
	d.post(m+"/namespace", "namespace", "four.a1b2c", "saw", "nonsense").to(t)
	// The same value again is no change.
	saw = d.sawOn(m + "/namespace")
	d.post(m+"/namespace", "namespace", "five.a1b2c").to(t)
	d.post(m+"/namespace", "namespace", "five.a1b2c", "saw", saw).to(t)
	// With the script, the answer is the page's parts.
	d.fragment(m+"/namespace", "namespace", "six.a1b2c", "saw", saw).want(t, 409, "five.a1b2c now", `id="main"`).lacks(t, "<html")
}
