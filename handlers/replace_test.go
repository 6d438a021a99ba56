package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// newCAForm and newLeafForm are the forms of gates 1 and 2.
var (
	newCAForm   = []string{"lane", "make", "ca_common_name", "Payments CA 2", "organization", "Payments", "ca_days", "365", "key_type", "ec-p256"}
	newLeafForm = []string{"lane", "make", "maker", "server", "common_name", "payments", "key_type", "ec-p256", "lend", "on"}
)

// replacing begins to replace the CA, up to a new client certificate.
func (d *desk) replacing(m string) {
	d.t.Helper()
	at := m + "/certificates/replace"
	d.post(at, "what", "ca").to(d.t)
	d.post(at+"/ca", newCAForm...).to(d.t)
	d.post(at+"/leaf", newLeafForm...).to(d.t)
}

// proves checks with one of the client certificates and waits for its end; the form leads back to the steps.
func (d *desk) proves(m, which, oldKey string) {
	d.t.Helper()
	at := m + "/certificates/replace"
	if to := d.post(at+"/check", "which", which, "key_source", map[string]string{"old": "paste", "new": "lent"}[which], "key_pem", oldKey).to(d.t); to != at {
		d.t.Errorf("the check with the %s certificate leads to %s", which, to)
	}
	rows, err := d.runs.Rows(d.t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(d.t, err)
	d.finish(rows[0].ID)
}

// The page says at each step what it needs, and every form says what is wrong with it.
func TestReplaceForms(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	at := m + "/certificates/replace"
	has := func(when string, texts ...string) {
		t.Helper()
		page := d.get(at).want(t, 200).body
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %q", when, text)
			}
		}
		if strings.Contains(strings.ToLower(page), "revoke") {
			t.Errorf("%s: the page says revoke", when)
		}
	}
	refuse := func(status int, text, path string, pairs ...string) {
		t.Helper()
		r := d.post(at+path, pairs...).want(t, status)
		if !strings.Contains(r.body, text) {
			t.Errorf("POST %s %q does not say %q:\n%.2000s", path, pairs, text, mainOf(r.body))
		}
		if strings.Contains(r.body, "PRIVATE KEY") {
			t.Errorf("POST %s shows a private key", path)
		}
	}
	has("before it begins", "Replace the CA", "Replace the client certificate")
	refuse(409, "No replacement is in progress", "/ca", newCAForm...)
	refuse(422, "cannot be replaced", "", "what", "everything")
	d.post(at, "what", "ca").to(t)
	refuse(409, "already in progress", "", "what", "leaf")
	has("step 1", "Create the new CA", "Can&#39;t start yet")
	refuse(409, "no new CA", "/leaf", newLeafForm...)
	refuse(422, "CH-02", "/ca", "lane", "make", "ca_common_name", "PAYMENTS ca", "organization", "Payments", "key_type", "ec-p256")
	refuse(422, "not a number of days", "/ca", "lane", "make", "ca_common_name", "x", "ca_days", "soon", "key_type", "ec-p256")
	refuse(422, "key", "/ca", "lane", "import", "ca_pem", k.key)
	refuse(422, "you are replacing", "/ca", "lane", "import", "ca_pem", k.ca)
	d.post(at+"/ca", newCAForm...).to(t)
	has("step 1, made", "BEGIN CERTIFICATE", "2 of 16 certificates", "Download ca-key.zip", "Added", "Stays")
	refuse(409, "does not have the new CA yet", "/bundle", "do", "look")
	d.post(at+"/bundle", "do", "save").to(t)
	has("step 1, saved", "Both CA certificates were seen")
	refuse(422, "not valid UTF-8", "/leaf", "lane", "make", "maker", "server", "common_name", "\x00", "key_type", "ec-p256")
	refuse(422, "CH-01", "/leaf", "lane", "import", "leaf_pem", k.cert)
	refuse(422, "ca_key", "/leaf", "lane", "csr", "csr", "junk", "ca_key", k.key)
	d.post(at+"/leaf", newLeafForm...).to(t)
	has("step 2", "-bundle-", "The new client certificate")
	refuse(409, "already exists", "/leaf", newLeafForm...)
	refuse(422, "private key is missing", "/check", "which", "old", "key_source", "paste")
	refuse(422, "path is missing", "/check", "which", "old", "key_source", "files")
	refuse(422, "not one of", "/check", "which", "neither")
	refuse(409, "have not been checked yet", "/remove")

	// The CA's key, downloaded and given again, signs another leaf after a roll back.
	caKey := unzip(t, d.post(at+"/ca-key.zip").want(t, 200).body)["ca.key"]
	d.post(at+"/ca-key.zip").want(t, 410)
	d.post(at+"/back", "gate", "leaf").to(t)
	refuse(422, "key of the CA is missing", "/leaf", newLeafForm...)
	d.post(at+"/leaf", append([]string{"ca_key", caKey}, newLeafForm...)...).to(t)

	for _, which := range []string{"old", "new"} {
		d.proves(m, which, k.key)
	}
	has("step 3", "passed with the old one", "Move every worker, then remove the old CA")
	v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/"))
	check(t, err)
	d.cloud.see(cloud.Callers{Since: time.Now().Add(-time.Hour), At: time.Now(), List: []cloud.Caller{{Leaf: v.Certificate.LeafFingerprint, LeafSubject: v.Certificate.LeafSubject,
		CA: v.Certificate.CAFingerprint, CASubject: v.Certificate.CASubject, Identity: "<b>worker-7", TaskQueues: []string{"money"}, Open: 1, Calls: 9, Last: time.Now()},
		{Leaf: v.Certificate.LeafFingerprint, CA: v.Certificate.CAFingerprint, Identity: "onramp-looks", Open: 1, Calls: 9, Last: time.Now(), Own: true}}})
	has("step 4", "Waiting for workers", "&lt;b&gt;worker-7", "money", "1 connection is still open", "disabled")
	if d.get(at).lacks(t, "onramp-looks"); strings.Contains(d.get(at).body, ">2</dd>") {
		t.Error("Onramp's own connections are counted")
	}
	refuse(409, "worker-7", "/remove")
	refuse(409, "does not need this confirmation", "/note", "why", "I know")
	d.cloud.see(cloud.Callers{Since: time.Now().Add(-time.Hour), At: time.Now()})
	has("step 4, nobody left", "It can be removed now", `data-testid="remove-warn"`) // and nobody on the new one
	d.post(at + "/remove").to(t)
	has("the end", "Done on", "Put the old CA back")
	if v, err = d.acts.Book.View(t.Context(), v.Migration.ID); err != nil || v.Certificate.CASubject != v.Replacement().NewCA.Subject || v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("the migration has %+v, %v", v.Steps, err)
	}
	refuse(409, "nothing to roll back", "/back", "gate", "sky")
}

// One button checks both while Onramp may use both keys; a check that failed is shown where it was asked for, with what
// broke. Steps that are done are folded, and one is open.
func TestReplaceStaysInPlace(t *testing.T) {
	for _, tt := range []struct{ code, says string }{{"", "Move every worker, then remove the old CA"}, {"TC-01", "The check with the new client certificate failed"}} {
		d := sit(t, deskOptions{code: tt.code})
		m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
		d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(t)
		d.post(m+"/certificates", append(serverLane[:len(serverLane):len(serverLane)], "lend", "on")...).to(t)
		d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", d.get(m+"/certificates/ca.pem").body, "m", strings.TrimPrefix(m, "/m/")).to(t)
		at := m + "/certificates/replace"
		d.post(at, "what", "ca").to(t)
		d.post(at+"/ca", newCAForm...).to(t)
		d.post(at+"/bundle", "do", "save").to(t)
		d.post(at+"/leaf", newLeafForm...).to(t)
		page := d.get(at).want(t, 200, "Check both certificates", "on=replace").body
		if now := strings.Count(page, "data-now"); now != 1 {
			t.Errorf("%d steps are open", now)
		}
		if to := d.post(at+"/check", "which", "both").to(t); to != at {
			t.Errorf("the checks lead to %s", to)
		}
		rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 5)
		check(t, err)
		if len(rows) != 2 {
			t.Errorf("%d checks were started", len(rows))
		}
		for _, r := range rows {
			d.finish(r.ID)
		}
		page = d.get(at).want(t, 200, tt.says).body
		if now := strings.Count(page, "data-now"); now != 1 {
			t.Errorf("%d steps are open afterwards", now)
		}
	}
}

// In Temporal Cloud leaves cannot be seen: the page says so, takes a person's word with a reason, and ends only
// when a check with the old certificate was refused.
func TestReplaceInCloud(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.post("/new", "name", "Orders", "lang", "go", "mode", "cloud", "auth", "mtls").to(t)
	m = strings.TrimSuffix(m, "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a2dd6").to(t)
	d.post(m+"/certificates", serverLane...).to(t)
	k := unzip(t, d.post(m+"/certificates/bundle.zip").want(t, 200).body)
	at := m + "/certificates/replace"
	d.replacing(m)
	d.post(at+"/bundle").want(t, 409)
	for _, which := range []string{"old", "new"} {
		d.proves(m, which, k["client.key"])
	}
	page := d.get(at).want(t, 200).body
	for _, text := range []string{"Onramp cannot see which client certificate", "about five minutes", "How do you know", "accepted-client-ca add"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if strings.Contains(page, "accepted-client-ca remove") {
		t.Error("the removal is shown before anybody vouches for the workers")
	}
	d.post(at+"/remove").want(t, 409)
	d.post(at+"/note", "why", "  ").want(t, 422)
	d.post(at+"/note", "why", "Argo shows every deployment on revision 12").to(t)
	if page = d.get(at).want(t, 200).body; !strings.Contains(page, "accepted-client-ca remove") {
		t.Error("the removal is not shown after the note")
	}
	if r := d.post(at+"/remove").want(t, 409); !strings.Contains(r.body, "not seen that the old CA is gone") {
		t.Errorf("the end without a refused check: %.500s", mainOf(r.body))
	}
	if got := d.get(at).want(t, http.StatusOK); !strings.Contains(got.body, "Confirmed by a person") {
		t.Error("the note is not marked as a person's word")
	}
}
