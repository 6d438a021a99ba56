package handlers_test

import (
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// changing is a rehearsal with API keys whose sign-in method is being changed to client certificates.
func (d *desk) changing() (m string) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/new", "name", "Changing", "lang", "go", "mode", "rehearsal", "auth", "api-key").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "changing.a1b2c").to(d.t)
	d.post(m + "/switch").to(d.t)
	return m
}

// checkedWith checks with one method of a change, waits for the end, and returns its number.
func (d *desk) checkedWith(m string, pairs ...string) {
	d.t.Helper()
	d.upload(m+"/switch/check", pairs...).to(d.t)
	rows, err := d.runs.Rows(d.t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(d.t, err)
	d.finish(rows[0].ID)
}

// TestSwitchForms: the page says at each step what it needs, every form says what is wrong with it, and the way back is the same
// page in the other direction.
func TestSwitchForms(t *testing.T) {
	d := sit(t, deskOptions{account: true})
	m, k := d.rehearsed()
	at := m + "/switch"
	has := func(when string, texts ...string) {
		t.Helper()
		page := d.get(at).want(t, 200).body
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %q\n%.3000s", when, text, mainOf(page))
			}
		}
		if strings.Contains(page, fakeKey) {
			t.Errorf("%s: the page shows a key", when)
		}
	}
	refuse := func(status int, text, path string, pairs ...string) {
		t.Helper()
		r := d.post(at+path, pairs...).want(t, status)
		if !strings.Contains(r.body, text) {
			t.Errorf("POST %s %q does not say %q:\n%.2000s", path, pairs, text, mainOf(r.body))
		}
	}
	has("before it begins", "Change to API keys", "Workers sign in with", "it changes nothing in the namespace yet")
	d.get(m+"/settings").want(t, 200, "Change from client certificates to API keys", `href="`+at+`"`)
	refuse(409, "not being changed", "/both")
	d.post(at).to(t)
	refuse(409, "sign-in method is being changed", "")
	d.post(m+"/certificates/replace", "what", "ca").want(t, 409, "The sign-in method is being changed")
	d.get(m).want(t, 200, "The sign-in method is being changed to API keys: 0 of 3 steps done.", `href="`+at+`"`)
	d.get(at).lacks(t, "steps done.")
	d.get("/").want(t, 200, "Changing the sign-in method", `href="`+at+`"`)
	has("without both", "does not have both methods at once", "Temporal Support", `data-testid="have-both"`, "Change it in one step instead", "that is a downtime")
	d.post(at + "/account").to(t)
	d.get(at).want(t, 200, `data-testid="let-both"`).lacks(t, "does not have both methods")
	refuse(409, "does not take API keys yet", "/new", "do", "make", "key_name", "worker", "key_days", "30")
	d.post(at + "/both").to(t)
	has("step 2", "Make the API key and check both methods", "Check with the client certificate")
	refuse(422, "lasts 1 to 730 days", "/new", "do", "make", "key_name", "worker", "key_days", "soon")
	refuse(409, "makes the API key itself", "/new", "do", "outside", "new_id", "k2")
	refuse(409, "no API key yet", "/check", "which", "new", "api_key", "x")
	refuse(422, "not one of", "/check", "which", "neither")

	shown := d.post(at+"/new", "do", "make", "key_name", "worker", "key_days", "30").want(t, 200)
	if n := strings.Count(shown.body, fakeKey); n != 1 {
		t.Errorf("the new key is shown %d times in the answer", n)
	}
	rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(t, err)
	d.finish(rows[0].ID)
	has("the new one passed", "The check with the API key passed", "What each worker and starter needs", "TEMPORAL_API_KEY", `href="`+m+`/code?auth=api-key"`)
	refuse(422, "private key is missing", "/check", "which", "old", "key_source", "paste")
	refuse(409, "have not been checked yet", "/off")
	d.checkedWith(m, "which", "old", "key_source", "paste", "key_pem", k.key)
	has("step 3", "Move every worker, then turn client certificates off", "check 2 with the old one")
	refuse(409, "does not need this confirmation", "/note", "why", "I know")

	now := time.Now()
	d.cloud.see(cloud.Callers{Since: now.Add(-time.Hour), At: now, List: []cloud.Caller{
		{Leaf: "a1", LeafSubject: "CN=fleet", Identity: "<b>worker-7", TaskQueues: []string{"money"}, Open: 1, Calls: 9, Last: now}, {KeyID: "key1", Identity: "worker-8", Calls: 2, Open: 1, Last: now},
		{Leaf: "a1", Identity: "onramp-looks", Open: 1, Calls: 9, Last: now, Own: true}}})
	has("with a worker on the old one", "Waiting for workers", "&lt;b&gt;worker-7", "CN=fleet", "1 connection still signs in with client certificates", "disabled", "API key, ID key1")
	d.get(at).lacks(t, "onramp-looks")
	refuse(409, "worker-7", "/off")
	d.get("/cloud/docs-assembly.a2dd6?m="+strings.TrimPrefix(m, "/m/")).want(t, 200, "1 program signs in with client certificates now, 1 program signs in with API keys now", `data-testid="switch-method"`)
	refuse(409, "still in use", "/back", "gate", "both")
	d.cloud.see(cloud.Callers{Since: now.Add(-time.Hour), At: now})
	has("nobody left", "can be turned off now", `data-testid="remove-warn"`)
	d.post(at + "/off").to(t)
	has("the end", "Done on", "sign in with API keys now", "namespace endpoint again", "Change to client certificates", "Checks after the change", "No check with the API key since the change", "No check with the client certificate since the change", "is used again")
	d.get(at).lacks(t, "certificate passed", "API key passed", "You create the certificates first")
	d.get(m).want(t, 200, "inside-api-keys").lacks(t, "is being changed")
	d.get(m+"/certificates").want(t, 200, "signs in with an API key")
	refuse(409, "nothing to roll back", "/back", "gate", "both")

	// And back, with the certificate of before.
	d.post(at).to(t)
	d.post(m+"/keys", "old_id", "key1").want(t, 409, "The sign-in method is being changed")
	d.get(m+"/certificates").want(t, 200, "Client certificate")
	d.post(at + "/both").to(t)
	d.checkedWith(m, "which", "new", "key_source", "paste", "key_pem", k.key)
	d.checkedWith(m, "which", "old", "api_key", fakeKey)
	d.post(at + "/off").to(t)
	over := d.get(m).want(t, 200, "inside-certificates", "Changing from client certificates to API keys began", "The namespace takes both sign-in methods", "Check 2 with the old sign-in method passed", "Workers sign in with API keys now")
	over.lacks(t, "switch.started")
	has("back", "sign in with client certificates now")
}

// TestSwitchNeedsCertificates: from API keys the certificates come first, and their pages are open for it.
func TestSwitchNeedsCertificates(t *testing.T) {
	d := sit(t, deskOptions{account: true})
	m := d.changing()
	d.get(m+"/switch").want(t, 200, "Create the certificates", `href="`+m+`/certificates"`).lacks(t, `data-testid="let-both"`)
	d.post(m+"/switch/once").want(t, 409, "no client certificate yet")
	d.post(m+"/certificates", serverLane...).to(t)
	d.post(m + "/switch/account").to(t)
	d.post(m + "/switch/both").to(t)
	if v := d.view(m); v.Certificate == nil || !v.Migration.UsesKeys() {
		t.Errorf("%+v", v.Certificate)
	}
	d.get("/cloud/changing.a1b2c").want(t, 200, "Payments CA")
	d.post(m+"/switch/back", "gate", "both").want(t, 409, "has not been running long enough")
	d.cloud.see(cloud.Callers{Since: time.Now().Add(-time.Hour), At: time.Now()})
	d.post(m+"/switch/back", "gate", "both").to(t)
	d.get(m+"/certificates").want(t, 200, "signs in with an API key")
	d.post(m+"/certificates", serverLane...).want(t, 409, "This migration has no certificates")
}

// TestSwitchByHand: in Temporal Cloud the commands are exact, the regional endpoint is named, and the end needs evidence.
func TestSwitchByHand(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "api-key").to(t), "/namespace")
	at := m + "/switch"
	d.get(at).want(t, 200, "Choose the namespace")
	d.post(at).want(t, 409, "nothing to change yet")
	d.post(m+"/namespace", "namespace", "ledger.a1b2c", "region", "aws-us-east-1").to(t)
	d.post(at).to(t)
	d.post(m+"/certificates", serverLane...).to(t)
	key := unzip(t, d.post(m+"/certificates/bundle.zip").want(t, 200).body)["client.key"]
	d.get(at).want(t, 200, "both --ca ca.pem", "--auth-method api_key_or_mtls", "Temporal Support turns on")
	d.post(at+"/account").want(t, 409, "ask Temporal Support")
	d.post(at + "/both").to(t)
	d.get(at).want(t, 200, "As said by a person", "us-east-1.aws.api.temporal.io:7233", "ledger.a1b2c.tmprl.cloud:7233")
	d.checkedWith(m, "which", "new", "key_source", "paste", "key_pem", key)
	d.checkedWith(m, "which", "old", "api_key", "two")
	d.get(at).want(t, 200, "cannot see what a worker of Temporal Cloud signs in with", "See who polls it now")
	d.post(at+"/note", "why", "").want(t, 422, "The reason is missing")
	d.post(at+"/note", "why", "Argo shows revision 12 everywhere").to(t)
	d.get(at).want(t, 200, "Argo shows revision 12", "Withdraw the note", "I turned API keys off", "--auth-method mtls", "temporal cloud namespace api-key")
	d.post(at+"/off").want(t, 409, "has not seen that API keys are turned off")
	d.post(at+"/off", "said", "on").want(t, 409, "has not been checked since")
	d.checkedWith(m, "which", "new", "key_source", "paste", "key_pem", key)
	d.post(at+"/off", "said", "on").to(t)
	d.get(at).want(t, 200, "as confirmed by a person; Onramp has not seen it", "sign in with client certificates now")
	if v := d.view(m); v.Migration.UsesKeys() || v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("%+v", v.Steps)
	}

	// Without both methods: one step, and the new credential is checked after it.
	d.post(at).to(t)
	d.post(at + "/once").to(t)
	d.post(at+"/new", "do", "outside", "new_id", "k2", "new_ends", "soon").want(t, 422, "This is not a date")
	d.post(at+"/new", "do", "outside", "new_id", "k2", "new_name", "next").to(t)
	d.get(at).want(t, 200, "Stop every program, then change the method", "next (ID k2)")
	d.post(at+"/check", "which", "new", "api_key", "x").want(t, 409, "does not take API keys yet")
	d.post(at+"/note", "why", "everything is stopped").to(t)
	d.get(at).want(t, 200, "Change the method now, then check")
}
