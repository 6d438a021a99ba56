package handlers_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/namespace"
	"onramp/notices"
	"onramp/store"
)

const phrase = "otter lantern brisk 41 gravel"

// leads fails unless a reply leads there.
func (r reply) leads(t testing.TB, where string) {
	t.Helper()
	if to := r.to(t); to != where {
		t.Errorf("%s leads to %s, want %s", r.path, to, where)
	}
}

// cloudMove is a migration to Cloud with certificates that last so many days.
func (d *desk) cloudMove(name, days string) string {
	d.t.Helper()
	m := strings.ToLower(name)
	d.post("/new", "name", name, "lang", "go", "mode", "cloud", "auth", "mtls").leads(d.t, "/m/"+m+"/namespace")
	d.post("/m/"+m+"/namespace", "namespace", m+".a1b2c").want(d.t, 303)
	d.post("/m/"+m+"/certificates", "lane", "make", "maker", "server", "organization", name, "common_name", m, "ca_common_name", name+" CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", days).want(d.t, 303)
	return m
}

// caKey is ca.key of the one download.
func (d *desk) caKey(m string) string {
	d.t.Helper()
	got := d.post("/m/"+m+"/certificates/ca-key.zip").want(d.t, 200)
	z, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
	check(d.t, err)
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "ca.key") {
			in, err := f.Open()
			check(d.t, err)
			b, err := io.ReadAll(in)
			check(d.t, err)
			return string(b)
		}
	}
	d.t.Fatal("no ca.key in the archive")
	return ""
}

// The board from nothing to everything that can stand on it, on a day far ahead.
func TestExpiryBoard(t *testing.T) {
	now := time.Now()
	d := sit(t, deskOptions{now: func() time.Time { return now }})
	d.get("/").want(t, 200, `href="/expiry"`, `href="/audit"`)
	d.get("/expiry").want(t, 200, "No certificate yet", "No webhook is set")
	d.cloudMove("Payments", "50")
	d.cloudMove("Orders", "90")
	d.get("/expiry").lacks(t, "after these months")
	d.cloudMove("Ledger", "399")
	page := d.get("/expiry").want(t, 200, "1 certificate expires in the next 60 days", "Next: Payments", `href="/m/payments/certificates/replace"`, "itself", "CN=orders", `href="#ends-0"`, `aria-current="page">Expiry`)
	if p, o := strings.Index(page.body, `id="ends-0"`), strings.Index(page.body, "CN=orders"); p < 0 || o < p {
		t.Error("the rows do not stand by date")
	}
	page.want(t, 200, "1 certificate expires after these months").lacks(t, "and 1 more")
	now = now.Add(55 * 24 * time.Hour)
	d.get("/expiry").want(t, 200, "1 certificate has expired", "Ended 5 days ago", "1 more ends in the next 60 days")
	d.post("/m/payments/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", "300").want(t, 303)
	d.get("/expiry").want(t, 200, "Replaced by CN=payments", "Replaced").lacks(t, "has ended")
	now = now.Add(31 * 24 * time.Hour)
	d.get("/expiry").want(t, 200).lacks(t, "Replaced by")
	ics := d.get("/expiry.ics").want(t, 200, "BEGIN:VCALENDAR\r\n", "Payments: client certificate expires", "TRIGGER:-P60D")
	if ct := ics.header.Get("Content-Type"); ct != "text/calendar; charset=utf-8" {
		t.Errorf("Content-Type %s", ct)
	}
}

// Prometheus' own parser reads the metrics, and its own linter finds nothing to say.
func TestMetrics(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _, _ := d.tested()
	d.cloudMove("Payments", "50")
	got := d.get("/metrics").want(t, 200)
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(got.body))
	check(t, err)
	problems, err := promlint.New(strings.NewReader(got.body)).Lint()
	check(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	ends := families["onramp_certificate_not_after_timestamp_seconds"].GetMetric()
	if len(ends) != 2 {
		t.Fatalf("%d certificates", len(ends))
	}
	for _, x := range ends {
		labels := map[string]string{}
		for _, l := range x.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		left := x.GetGauge().GetValue() - float64(time.Now().Unix())
		switch {
		case labels["migration"] == "payments" && (labels["mode"] != "cloud" || labels["subject"] != "CN=payments,O=Payments" || left < 49.9*86400 || left > 50.1*86400),
			"/m/"+labels["migration"] == m && labels["mode"] != "rehearsal":
			t.Errorf("%v: %.1f days left", labels, left/86400)
		}
	}
	passed := 0.0
	for _, x := range families["onramp_runs_ended_total"].GetMetric() {
		if x.GetLabel()[0].GetValue() == "check" && x.GetLabel()[1].GetValue() == "passed" {
			passed = x.GetCounter().GetValue()
		}
	}
	if passed != 1 || families["go_goroutines"] == nil || families["onramp_migrations"] == nil || families["onramp_build_info"] == nil {
		t.Errorf("%v checks passed; families %d", passed, len(families))
	}
	open := d.get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
	if !strings.HasSuffix(open.body, "# EOF\n") || !strings.Contains(open.header.Get("Content-Type"), "openmetrics") {
		t.Errorf("OpenMetrics: %s", open.header.Get("Content-Type"))
	}
}

// deadEnd is a receiver that is down.
type deadEnd struct{ notices.Sender }

func (deadEnd) Send(context.Context, string, time.Time, []byte) error { return errors.New("down") }
func (deadEnd) Where() string                                         { return "https://hooks.example.com" }
func (deadEnd) Signed() bool                                          { return true }
func (deadEnd) Form() notices.Form                                    { return notices.Generic }

func TestBoardShowsTheWebhook(t *testing.T) {
	var hook *notices.Notifier
	d := sit(t, deskOptions{webhook: func(p *portal) (n *notices.Notifier) {
		var err error
		hook, err = notices.NewNotifier(notices.NotifierOptions{Store: store.NewNotices(p.db), Sender: deadEnd{}, Refresh: p.acts.Book.Refresh})
		check(t, err)
		return hook
	}})
	d.get("/expiry").want(t, 200, "https://hooks.example.com", "They are signed", "Nothing to send so far")
	d.cloudMove("Payments", "20")
	_, err := hook.Look(t.Context())
	check(t, err)
	d.get("/expiry").want(t, 200, "1 message was not accepted", "30 days before", "1 attempt.", "Next attempt at", `href="/m/payments/certificates"`)
	if text := d.get("/metrics").want(t, 200).body; !strings.Contains(text, "onramp_webhook_notices_failing 1") {
		t.Error("the metrics do not know of the failure")
	}
}

// The journey of a kept key by forms alone: from the archive that waits, open, sign on the page of clients, lock,
// a wrong passphrase, forget; and each in the audit, in three shapes.
func TestCAKeyPage(t *testing.T) {
	d := sit(t, deskOptions{})
	d.post("/new", "name", "Empty", "lang", "go", "mode", "cloud", "auth", "mtls")
	d.get("/m/empty/certificates/key").want(t, 200, "Can&#39;t start yet")
	m := d.cloudMove("Payments", "300")
	key := "/m/" + m + "/certificates/key"
	d.get("/m/"+m+"/certificates").want(t, 200, `href="`+key+`"`, `href="/m/payments/certificates/filters"`)
	d.get(key).want(t, 200, "You keep it", "for your one download", "What this protects against")

	d.post(key+"/keep", "ca_source", "held", "passphrase", "password1234", "repeat", "password1234").want(t, 422, "easy to guess", `href="#passphrase"`).lacks(t, "password1234")
	d.post(key+"/keep", "ca_source", "held", "passphrase", phrase, "repeat", "another").want(t, 422, "Type the same passphrase twice").lacks(t, phrase)
	d.post(key+"/open", "passphrase", phrase).want(t, 404)
	d.post(key+"/keep", "ca_source", "held", "passphrase", phrase, "repeat", phrase).leads(t, key)
	d.get(key).want(t, 200, "Kept here, locked", "CN=Payments CA")
	d.get("/m/"+m+"/certificates/clients").want(t, 200, "It is locked")
	d.post("/m/"+m+"/certificates/clients", "ca_from", "kept", "name", "eu", "maker", "server", "key_type", "ec-p256").want(t, 422, "The kept key is locked")

	d.post(key+"/open", "passphrase", "not it").want(t, 422, "not the passphrase of the key", "Tries left before a pause of 15 minutes: 4").lacks(t, "not it\"")
	d.post(key+"/open", "passphrase", phrase).leads(t, key)
	d.get(key).want(t, 200, "Kept here, open", "Lock it now")
	d.get("/m/"+m+"/certificates/clients").want(t, 200, "Open until")
	d.post("/m/"+m+"/certificates/clients", "ca_from", "kept", "name", "eu", "maker", "server", "key_type", "ec-p256", "leaf_days", "30").want(t, 303)
	d.get("/expiry").want(t, 200, "for eu")
	batch := d.post("/m/"+m+"/certificates/batch.zip", "ca_from", "kept", "rows", "name,cn,days\na,a.example,9\nb,b.example,9\n").want(t, 200)
	if _, err := zip.NewReader(strings.NewReader(batch.body), int64(len(batch.body))); err != nil {
		t.Error(err)
	}
	d.post(key+"/lock").leads(t, key)
	d.post(key+"/forget").want(t, 422, "Forgetting cannot be undone")
	d.post(key+"/forget", "sure", "on").leads(t, key)
	d.get(key).want(t, 200, "You keep it")

	// By hand: the key that was downloaded, and keys that are not it.
	secret := d.caKey(m)
	d.post(key+"/keep", "ca_source", "held", "passphrase", phrase, "repeat", phrase).want(t, 422, "no longer here")
	d.post(key+"/keep", "ca_source", "paste", "passphrase", phrase, "repeat", phrase).want(t, 422, "Paste ca.key")
	d.post(key+"/keep", "ca_source", "paste", "ca_key", "no key", "passphrase", phrase, "repeat", phrase).want(t, 422)
	d.post(key+"/keep", "ca_source", "paste", "ca_key", d.caKey(d.cloudMove("Other", "30")), "passphrase", phrase, "repeat", phrase).want(t, 422, "not the CA").lacks(t, "PRIVATE KEY")
	d.upload(key+"/keep", "ca_source", "paste", "@ca_key_file", secret, "passphrase", phrase, "repeat", phrase).leads(t, key)
	d.post(key+"/keep", "ca_source", "paste", "ca_key", secret, "passphrase", phrase, "repeat", phrase).want(t, 422, "kept here already").lacks(t, "PRIVATE KEY")

	d.get("/audit?m="+m).want(t, 200, "CN=eu", "CN=a.example", "Wrong passphrase", "by Onramp", "CA key forgotten").lacks(t, "CN=other")
	d.get("/audit?verb=signed&m="+m).want(t, 200).lacks(t, "data-s=\"wait\"")
	d.get("/audit?verb=nonsense").want(t, 404)
	d.get("/audit?before=x").want(t, 404)
	d.get("/audit?m=nobody").want(t, 404)
	var out struct {
		Schema  string
		Records []custody.Record
	}
	check(t, json.Unmarshal([]byte(d.get("/audit.json?verb=signed&m="+m).want(t, 200).body), &out))
	got := ""
	for _, r := range out.Records {
		got += r.Subject[strings.Index(r.Subject, "CN="):] + " " + r.Lane + "; "
	}
	if out.Schema != "onramp.audit/1" || len(out.Records) != 5 || !strings.Contains(got, "CN=b.example batch") {
		t.Errorf("%s: %s", out.Schema, got)
	}
	rows, err := csv.NewReader(strings.NewReader(d.get("/audit.csv?m="+m).want(t, 200).body)).ReadAll()
	check(t, err)
	var verbs []string
	for _, r := range slices.Backward(rows[1:]) {
		verbs = append(verbs, r[3])
	}
	if want := []string{"migration-created", "namespace-set", "signed", "signed", "key-kept", "key-refused", "key-opened", "signed", "signed", "signed", "key-locked", "key-forgotten",
		"key-downloaded", "key-kept"}; !slices.Equal(verbs, want) || rows[0][3] != "verb" || rows[1][11] != "dana" {
		t.Errorf("the audit has %v, want %v\n%v", verbs, want, rows)
	}
	everything := d.snapshot() + d.log.String()
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) > 30 && strings.Contains(everything, line) {
			t.Error("the key is in the store or the log")
		}
	}
	if strings.Contains(everything, phrase) {
		t.Error("the passphrase is in the store or the log")
	}
}

// Without its line in the audit nothing that was signed leaves.
func TestNothingLeavesUnaudited(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.cloudMove("Payments", "300")
	secret := d.caKey(m)
	view := func() int {
		v, err := d.acts.Book.View(t.Context(), m)
		check(t, err)
		return len(v.Facts)
	}
	before := view()
	d.refuseAudit(t, true)
	d.post("/m/"+m+"/certificates", "lane", "make", "maker", "server", "organization", "x", "common_name", "y", "ca_common_name", "z", "key_type", "ec-p256", "ca_days", "30", "leaf_days", "20").want(t, 500)
	ca := d.get("/m/"+m+"/certificates/ca.pem").want(t, 200).body
	d.post("/m/"+m+"/certificates/clients", "ca_from", "files", "ca_text", ca+secret, "name", "eu", "maker", "server", "key_type", "ec-p256").want(t, 500)
	r := d.request("POST", "/m/"+m+"/certificates/batch.zip", strings.NewReader(values([]string{"ca_from", "files", "ca_text", ca + secret, "rows", "name,cn,days\na,a.example,9\n"}).Encode()), "Content-Type", "application/x-www-form-urlencoded")
	resp, err := d.client.Do(r)
	if err == nil {
		defer resp.Body.Close()
		b, readErr := io.ReadAll(resp.Body)
		if _, zipErr := zip.NewReader(bytes.NewReader(b), int64(len(b))); readErr == nil && zipErr == nil && resp.StatusCode == http.StatusOK {
			t.Error("a whole batch left without its lines")
		}
	}
	if view() != before {
		t.Error("a fact was recorded")
	}
	d.refuseAudit(t, false)
}

// Filters: built, tested, read from JSON, refused where Cloud refuses, applied to the rehearsal with a warning.
func TestFiltersPage(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	path := m + "/certificates/filters"
	v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/"))
	check(t, err)
	leaf, _, err := certsvc.ReadCertificates([]byte(v.Certificate.LeafPEM))
	check(t, err)
	cn := leaf[0].Subject.CommonName
	d.get(path).want(t, 200, "This client would be admitted", `value="`+cn+`"`, "tcld namespace certificate-filters import", v.Namespace.Namespace+"</span> -f filters.json", "1 of 25")
	d.post(path, "do", "test", "f1_cn", "other-*", "f1_o", "", "f1_ou", "", "f1_san", "").want(t, 200, "This client would be refused", "CN=other-*", "does not match: the certificate has "+cn)
	d.post(path, "do", "test", "f1_cn", strings.ToUpper(cn[:3])+"*", "f1_san", "*.example", "f2_cn", cn).want(t, 200, "This client would be admitted", "does not match: the certificate has nothing", "matches "+cn)
	d.post(path, "do", "test", "f1_cn", "a*b", "f2_cn", "*").want(t, 422, "has its * in the middle", `href="#f1_cn"`, "is only a *", `href="#f2_cn"`)
	d.post(path, "do", "test", "f1_cn", "").want(t, 422, "There are no filters")
	d.post(path, "do", "add", "f1_cn", cn).want(t, 200, `name="f2_cn"`)
	d.post(path, "do", "remove-1", "f1_cn", "gone", "f2_cn", cn).want(t, 200, `value="`+cn+`"`).lacks(t, "gone")
	d.post(path, "do", "test", "f1_cn", "x", "against", "paste", "cert_pem", v.Certificate.CAPEM).want(t, 200, "This client would be refused", v.Certificate.CASubject)
	d.post(path, "do", "test", "f1_cn", "x", "against", "paste", "cert_pem", "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----").want(t, 422, "private key is among").lacks(t, "MIGH")
	d.post(path, "do", "test", "f1_cn", "x", "against", "paste", "cert_pem", "nonsense").want(t, 422, `href="#cert_pem"`)
	d.post(path, "do", "read", "filters_json", `{"filters":[{"commonName":"worker-*","organization":"P"},{"subjectAlternativeName":"*.x"}]}`).want(t, 200, `value="worker-*"`, `value="*.x"`, "2 of 25")
	d.post(path, "do", "read", "filters_json", `{"filters":[{"cn":"x"}]}`).want(t, 422, "not in tcld", "no field named", "cn")
	many := []string{"do", "test"}
	for i := range 26 {
		many = append(many, fmt.Sprintf("f%d_cn", i+1), fmt.Sprint("client-", i))
	}
	d.post(path, many...).want(t, 422, "There are 26 filters; a namespace holds 25 at most")

	d.post(path, "do", "apply", "f1_cn", "other-*").want(t, 422, "lock out your own client", "CH-26", `name="lockout"`)
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	check(t, err)
	if ns, _ := d.cloud.Namespace(t.Context(), id); len(ns.Filters) != 0 {
		t.Error("filters that lock the client out were applied without being asked for")
	}
	d.post(path, "do", "apply", "f1_cn", "other-*", "lockout", "on").leads(t, path)
	d.get(path).want(t, 200, "1 filter", `value="other-*"`, "This client would be refused", "Clear its filters")
	d.post(path, "do", "apply", "f1_cn", cn).leads(t, path)
	d.post(path, "do", "clear").leads(t, path)
	d.get(path).want(t, 200, "every client of an accepted CA may connect")

	cloud := d.cloudMove("Payments", "300")
	d.get("/m/"+cloud+"/certificates/filters").want(t, 200).lacks(t, "filters-apply")
	d.post("/m/"+cloud+"/certificates/filters", "do", "apply", "f1_cn", "x").want(t, 422, "cannot be applied from here")
}
