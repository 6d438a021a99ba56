package handlers_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// foundGroups are what a search has found: "migrations: Payments; faults: CL-03 …", links by their text.
func foundGroups(body string) string {
	var out []string
	for _, g := range regexp.MustCompile(`(?s)data-testid="found-(\w+)".*?</section>`).FindAllStringSubmatch(body, -1) {
		n := strings.Count(g[0], "<li>")
		out = append(out, fmt.Sprintf("%s %d", g[1], n))
	}
	return strings.Join(out, ", ")
}

// TestSearchPage: everything is found by what people have in hand, in groups, without a script.
func TestSearchPage(t *testing.T) {
	d := sit(t, deskOptions{})
	m, check1, transfer, _ := d.moved()
	v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/"))
	check(t, err)
	block, _ := pem.Decode([]byte(v.Certificate.LeafPEM))
	leaf, err := x509.ParseCertificate(block.Bytes)
	check(t, err)
	print := v.Certificate.LeafFingerprint
	colons := strings.ToUpper(regexp.MustCompile(`..`).ReplaceAllStringFunc(print, func(s string) string { return s + ":" }))
	colons = strings.TrimSuffix(colons, ":")
	serial := leaf.SerialNumber.Text(16)
	id := func(page string) string { return page[strings.LastIndexByte(page, '/')+1:] }
	workflow := "onramp-transfer" // replaced below by what the run says
	if match := regexp.MustCompile(`W-[0-9a-zA-Z-]+|onramp-[0-9a-z-]+`).FindString(d.get(transfer + ".json").body); match != "" {
		workflow = match
	}
	certificate := m + "/certificates/" + print
	for _, tt := range []struct {
		what, text string
		leads      string // one of the links
	}{
		{"a name", "money", m},
		{"a part of a name, in capitals", "REHEARSAL TRANSFER", m},
		{"a namespace", "docs-assembly.a2dd6", m},
		{"the beginning of one", "docs-ass", m},
		{"a run's number", "1", check1},
		{"a run's number in words", "check 1", check1},
		{"a transfer's number", "transfer #1", transfer},
		{"a run's ID", id(check1), check1},
		{"the beginning of it", id(transfer)[:8], transfer},
		{"a workflow's ID", workflow, transfer},
		{"a fingerprint", print, certificate},
		{"its beginning", print[:6], certificate},
		{"with colons, as openssl prints it", "sha256 Fingerprint=" + colons, certificate},
		{"in groups, as a page shows it", print[:4] + " " + print[4:8] + " " + print[8:12] + " …", certificate},
		{"a serial number", serial, certificate},
		{"as openssl prints it", "serial=" + strings.ToUpper(serial), certificate},
		{"in decimal", leaf.SerialNumber.String(), certificate},
		{"the CA's fingerprint", v.Certificate.CAFingerprint, m + "/certificates"},
		{"a fault's code", "cl-03", "/help/CL-03"},
		{"an error text", "remote error: tls: unknown certificate authority", "/help/CL-03"},
		{"a word of help", "firewall", "/help/TC-02"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			page := d.get("/search?q="+url.QueryEscape(tt.text)).want(t, 200, `name="q" value=`)
			if !strings.Contains(page.body, `<a href="`+tt.leads+`"`) {
				t.Errorf("%q does not lead to %s: %s\n%.3000s", tt.text, tt.leads, foundGroups(page.body), mainOf(page.body))
			}
		})
	}
	d.get("/search").want(t, 200, "What you can search for")
	d.get("/search?q=zebra").want(t, 200, "Nothing was found")
	d.get("/search?q="+url.QueryEscape(`"' OR 1=1 -- <b>*%_`)).want(t, 200).lacks(t, "<b>*")
	d.get("/search?q="+strings.Repeat("%C3%BC", 4000)).want(t, 200)
	d.post(m+"/settings/delete", "confirm", v.Migration.Name).to(t)
	if got := foundGroups(d.get("/search?q=" + print).body); got != "" {
		t.Errorf("after the deletion %s", got)
	}
}

// TestHelpSearch: the search of the help pages works from the address alone.
func TestHelpSearch(t *testing.T) {
	d := sit(t, deskOptions{})
	for _, tt := range []struct{ text, first string }{
		{"connection refused", "TC-01"}, {"deadline exceeded", ""}, {"Jwt is missing", "AK-02"}, {"unknown certificate authority", "CL-03"}, {"CL-03", "CL-03"},
	} {
		page := d.get("/help?q="+url.QueryEscape(tt.text)).want(t, 200, "found</h2>").body
		first := regexp.MustCompile(`(?s)class="found">\s*<li>.*?href="/help/([A-Z0-9-]+)"`).FindStringSubmatch(page)
		if first == nil || tt.first != "" && first[1] != tt.first {
			t.Errorf("%q finds %v first, want %s", tt.text, first, tt.first)
		}
	}
	d.get("/help?q=zebra").want(t, 200, "Nothing found", "/decode")
	d.get("/help").want(t, 200, "CL-03").lacks(t, "Nothing found")
}
