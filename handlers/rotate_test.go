package handlers_test

import (
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// keyedRehearsal is a rehearsal whose namespace has one API key.
func (d *desk) keyedRehearsal() (m string) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "api-key").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "keyed.a1b2c").to(d.t)
	d.post("/cloud/keyed.a1b2c/keys", "key_name", "worker", "key_days", "30").want(d.t, 200)
	return m
}

// rotating is a rehearsal whose API key is being replaced.
func (d *desk) rotating() (m string) {
	d.t.Helper()
	m = d.keyedRehearsal()
	d.post(m+"/keys", "old_id", "key1").to(d.t)
	return m
}

// TestRotateForms: the page says at each step what it needs, every form says what is wrong with it, the key is shown in one
// answer and nowhere else, and the page after a form is the page after a reload.
func TestRotateForms(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.keyedRehearsal()
	at := m + "/keys"
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
		if strings.Contains(r.body, "canary") || strings.Contains(r.body, "eyJ") {
			t.Errorf("POST %s shows a key", path)
		}
	}
	has("before it begins", "Which key do the workers use now?", `value="key1"`, `data-testid="inside-api-keys"`)
	refuse(409, "No API key is being replaced", "/new", "do", "make", "key_name", "worker", "key_days", "30")
	refuse(422, "has no such API key", "", "old_id", "key7")
	d.post(at, "old_id", "key1").to(t)
	refuse(409, "already being replaced", "", "old_id", "key1")
	has("step 1", "Create a second API key", "Can&#39;t start yet")
	d.get(m).want(t, 200, "The API key is being replaced: 0 of 3 steps done.", `href="`+at+`"`)
	d.get(at).lacks(t, "steps done.")
	d.get("/").want(t, 200, "Replacing the API key", `href="`+at+`"`)
	refuse(422, "lasts 1 to 730 days", "/new", "do", "make", "key_name", "worker", "key_days", "soon")
	refuse(422, "needs a name", "/new", "do", "make", "key_name", "", "key_days", "30")
	refuse(422, "not one of", "/new", "do", "otherwise")
	refuse(409, "makes the second key itself", "/new", "do", "outside", "new_id", "k2")
	refuse(409, "no new API key yet", "/check", "which", "new", "api_key", "x")

	shown := d.post(at+"/new", "do", "make", "key_name", "worker", "key_days", "30").want(t, 200)
	if n := strings.Count(shown.body, fakeKey); n != 1 {
		t.Errorf("the new key is shown %d times in the answer", n)
	}
	rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(t, err)
	d.finish(rows[0].ID)
	has("step 3", "Check 1 passed with the new key", "Move every worker, then delete the old key", "How a program takes the new key")
	refuse(422, "API key is missing", "/check", "which", "new", "api_key", "")
	refuse(422, "not one of", "/check", "which", "neither", "api_key", "x")
	refuse(422, "This is the new API key", "/check", "which", "old", "api_key", fakeKey)
	refuse(409, "does not need this confirmation", "/note", "why", "I know")

	now := time.Now()
	d.cloud.see(cloud.Callers{Since: now.Add(-time.Hour), At: now, List: []cloud.Caller{
		{KeyID: "key1", Identity: "<b>worker-7", TaskQueues: []string{"money"}, Open: 1, Calls: 9, Last: now}, {KeyID: "key2", Identity: "worker-8", Calls: 2, Open: 1, Last: now},
		{KeyID: "key1", Identity: "onramp-looks", Open: 1, Calls: 9, Last: now, Own: true}}})
	has("with a worker on the old one", "Waiting for workers", "&lt;b&gt;worker-7", "money", "1 connection still has the old key", "disabled", "Programs on the new one")
	if d.get(at).lacks(t, "onramp-looks"); strings.Contains(d.get(at).body, ">2</dd>") {
		t.Error("Onramp's own connections are counted")
	}
	refuse(409, "worker-7", "/delete")
	d.cloud.see(cloud.Callers{Since: now.Add(-time.Hour), At: now})
	has("nobody left", "It can be deleted now", `data-testid="remove-warn"`)
	d.post(at + "/delete").to(t)
	has("the end", "Done on", "worker (ID key1)", "Which key do the workers use now?")
	refuse(409, "nothing to roll back", "/back", "gate", "key")
	d.get(m).lacks(t, "is being replaced")
}

// TestRotateByHand: in Temporal Cloud the commands are exact, a person says which keys they are, and the end needs evidence.
func TestRotateByHand(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "cloud", "auth", "api-key").to(t), "/namespace")
	at := m + "/keys"
	d.get(at).want(t, 200, "Choose the namespace")
	d.post(m+"/namespace", "namespace", "keyed.a1b2c").to(t)
	d.get(at).want(t, 200, "ID of the key that workers use now")
	bad := d.post(at, "old_id", fakeKey, "old_name", "worker").want(t, 422, "a secret, in a field that takes none")
	if strings.Contains(bad.body, "canary") {
		t.Error("what was typed into the wrong field is shown again")
	}
	d.post(at, "old_id", "k1", "old_ends", "soon").want(t, 422, "This is not a date")
	d.post(at, "old_id", "k1", "old_name", "it's", "old_ends", "2027-03-31").to(t)
	d.get(at).want(t, 200, "tcld apikey create --name", "temporal cloud apikey create-for-service-account", "Settings, API Keys", "31 Mar 2027")
	d.post(at+"/new", "do", "make", "key_name", "worker", "key_days", "30").want(t, 409, "cannot make a key in Temporal Cloud")
	d.post(at+"/new", "do", "outside", "new_id", "k2", "new_name", "next").to(t)
	d.get(at).want(t, 200, "next (ID k2)", "as said by a person", "No check with the new API key yet")
	d.post(at+"/check", "which", "new", "api_key", "two").to(t)
	rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(t, err)
	d.finish(rows[0].ID)
	d.get(at).want(t, 200, "Check 1 passed with the new key", "cannot see which API key a worker of Temporal Cloud uses", "See who polls it now")
	d.post(at+"/note", "why", "").want(t, 422, "The reason is missing")
	d.post(at+"/note", "why", "Argo shows revision 12 everywhere").to(t)
	d.get(at).want(t, 200, "tcld apikey delete --id", "temporal cloud apikey delete --key-id", "Argo shows revision 12", "Withdraw the note")
	d.post(at+"/delete").want(t, 409, "has not seen that the old API key is deleted")
	d.post(at+"/delete", "said", "on").want(t, 409, "has not been checked since")
	d.post(at+"/back", "gate", "workers").to(t)
	d.get(at).want(t, 200, "How do you know that every worker")

	mtls, _ := d.rehearsed()
	d.get(mtls+"/keys").want(t, 200, "sign in with a client certificate").lacks(t, "inside-api-keys")
	d.post(mtls+"/keys", "old_id", "k1").want(t, 409, "no API key to replace")
}
