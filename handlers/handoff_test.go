package handlers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onramp/migration"
)

// toCloud is a migration to Temporal Cloud with its certificates; with lent, Onramp may use the client's key.
func (d *desk) toCloud(lent bool) (m string, k map[string]string) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/new", "name", "Orders & Returns", "lang", "go", "mode", "cloud", "auth", "mtls").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a2dd6").to(d.t)
	form := serverLane
	if lent {
		form = append(form[:len(form):len(form)], "lend", "on")
	}
	d.post(m+"/certificates", form...).to(d.t)
	return m, unzip(d.t, d.post(m+"/certificates/bundle.zip").want(d.t, 200).body)
}

// TestHandoff: the Cloud admin gets one file, or a text; neither holds a key, and asking for them changes nothing.
func TestHandoff(t *testing.T) {
	d := sit(t, deskOptions{})
	early := strings.TrimSuffix(d.post("/new", "name", "Early", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	d.get(early+"/handoff.html").want(t, 409, "Choose the namespace first")
	d.post(early+"/namespace", "namespace", "early.a2dd6").to(t)
	d.get(early+"/handoff.html").want(t, 409, "Create certificates first")
	d.get(early+"/upload").want(t, 200).lacks(t, "handoff.html")

	m, k := d.toCloud(false)
	before := d.snapshot()
	d.get(m+"/upload").want(t, 200, m+"/handoff.html", "mailto:?subject=Add%20one%20CA%20certificate", "Text for mail or chat", "temporal cloud namespace mtls cert-ca create", "accepted_client_ca")
	file := d.get(m+"/handoff.html").want(t, 200, "Add one CA certificate to orders.a2dd6", "“Orders &amp; Returns”", "tcld namespace accepted-client-ca add --namespace orders.a2dd6 --ca-certificate-file orders-ca.pem",
		"https://cloud.temporal.io/namespaces/orders.a2dd6", "Adding a CA certificate cuts nobody off", "orders-ca.pem", "SHA-256")
	if got := file.header.Get("Content-Disposition"); got != `attachment; filename=handoff-orders.html` {
		t.Errorf("the file is sent as %s", got)
	}
	text := d.get(m+"/handoff.txt").want(t, 200, "“Orders & Returns”", strings.TrimSpace(k["ca.pem"]))
	for _, r := range []reply{file, text} {
		r.lacks(t, "PRIVATE KEY", "localhost", "127.0.0.1", d.srv.URL)
	}
	if after := d.snapshot(); after != before {
		t.Error("making the hand-off changed something")
	}

	rehearsal, _ := d.rehearsed()
	d.get(rehearsal+"/handoff.html").want(t, 200, "[Rehearsal] Add one", d.srv.URL+"/cloud/docs-assembly.a2dd6?m=")

	keyed := strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "cloud", "auth", "api-key").to(t), "/namespace")
	d.get(keyed+"/certificates").want(t, 200, "Choose the namespace").lacks(t, "handoff.html")
	d.post(keyed+"/namespace", "namespace", "keyed.a2dd6").to(t)
	for _, page := range []string{"/certificates", "/upload"} {
		d.get(keyed+page).want(t, 200, keyed+"/handoff.html", "Someone else makes the key")
	}
	d.get(keyed+"/handoff.html").want(t, 200, "Make an API key for keyed.a2dd6", "never send it by email or chat", "keyed.a2dd6=Write", "create-namespace-scoped").lacks(t, "CA certificate</h2>", "ca-pem")
}

// TestLookForCA: Test now looks once and says what it saw and when, without a run and without a line in the audit; what is
// accepted is proven by a whole check. Opening the page looks at nothing, and the lent key ends when it would have.
func TestLookForCA(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC).UnixNano())
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	d := sit(t, deskOptions{now: clock, code: "CL-03"})
	m, _ := d.toCloud(true)
	id := strings.TrimPrefix(m, "/m/")
	lent, ok := d.acts.Keys.Lent(reader, id)
	if !ok {
		t.Fatal("no key is lent")
	}
	before := d.dump(t)
	d.get(m+"/upload").want(t, 200, "Test now", `data-every="30"`).lacks(t, "Last checked")
	if d.asked.Load() != 0 {
		t.Error("opening the page looked")
	}
	look := func() string { return d.fragment(m+"/upload/look").want(t, 200).body }
	if got := look(); !strings.Contains(got, `id="upload-status"`) || !strings.Contains(got, "CL-03") || !strings.Contains(got, "Last checked") {
		t.Errorf("the look shows %s", got)
	}
	look() // another tab, at once: the same look
	if n := d.asked.Load(); n != 1 {
		t.Errorf("looked %d times within five seconds", n)
	}
	now.Add(int64(30 * time.Second))
	d.get(m+"/upload").want(t, 200, `data-since="30000"`, ">30 seconds<", "CL-03")
	d.post(m + "/upload/look").to(t)
	if n := d.asked.Load(); n != 2 {
		t.Errorf("looked %d times in all", n)
	}
	if after := d.dump(t); after != before {
		t.Error("a look that saw nothing was written down")
	}
	if still, _ := d.acts.Keys.Lent(reader, id); still.Until != lent.Until {
		t.Errorf("the key is lent until %v, before %v", still.Until, lent.Until)
	}
	now.Add(int64(30 * time.Minute))
	d.get(m+"/upload").want(t, 200, "Onramp needs the client key").lacks(t, "data-every")

	misspelt := sit(t, deskOptions{code: "DN-01"}) // no admin can help: the page leads to the place where it is mended
	m, _ = misspelt.toCloud(true)
	misspelt.fragment(m+"/upload/look").want(t, 200, `href="/help/DN-01"`, m+`/namespace#namespace"`, "Your turn").lacks(t, "Waiting for")

	accepted := sit(t, deskOptions{})
	m, _ = accepted.toCloud(true)
	accepted.fragment(m+"/upload/look").want(t, 200)
	accepted.until(m, "step 3 is done by a check", func(v migration.View) bool {
		return v.Step(migration.StepUpload).Status == migration.Done && v.Step(migration.StepTest).Status == migration.Done
	})
	accepted.get(m+"/upload").want(t, 200, "accepted in check 1", "Continue").lacks(t, "Test now")
	runs := accepted.asked.Load()
	accepted.post(m + "/upload/look").to(t)
	if accepted.asked.Load() != runs {
		t.Error("what is done is looked at again")
	}

	rehearsed := sit(t, deskOptions{})
	m = strings.TrimSuffix(rehearsed.post("/rehearse-now").to(t), "/namespace")
	rehearsed.post(m+"/upload/look").want(t, http.StatusConflict)
	rehearsed.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
	rehearsed.post(m+"/certificates", serverLane...).to(t)
	rehearsed.fragment(m+"/upload/look").want(t, 200, "does not hold this CA certificate yet")
	rehearsed.get(m+"/upload").want(t, 200, "Last checked")
}
