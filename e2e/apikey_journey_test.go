package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// keyedMove makes a rehearsal that signs in with an API key, up to its namespace and a key.
func keyedMove(t *testing.T, v *visitor) string {
	t.Helper()
	made := v.form("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "api-key").ok(t, "a migration with an API key").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "keyed.f45a2").ok(t, "its namespace")
	v.form("/cloud/keyed.f45a2/keys", "key_name", "worker", "key_days", "30").ok(t, "its key")
	return m
}

var shownKey = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)

// TestAPIKeyJourney: the whole migration with an API key, by forms alone and without JavaScript: the key is shown
// once, lets check and transfer in, and is nowhere afterwards: not on a page, and in no file of Onramp.
func TestAPIKeyJourney(t *testing.T) {
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	m := keyedMove(t, v)
	page := string(v.form("/cloud/keyed.f45a2/keys", "key_name", "second", "key_days", "30", "m", "keyed").ok(t, "a key").body)
	key := shownKey.FindString(page)
	if key == "" {
		t.Fatalf("no key is shown:\n%s", page)
	}
	run := v.form(m+"/test", "api_key", key).ok(t, "the check").path
	v.ended(run)
	if body := string(v.get(run).ok(t, "the run").body); !strings.Contains(body, "Connected") {
		t.Fatalf("the check did not pass:\n%s", body)
	}
	transfer := v.form(m+"/transfer", "scenario", "success", "worker", "builtin", "amount", "250", "source", "85-150", "target", "43-812", "reference", "keys", "api_key", key).ok(t, "the transfer").path
	v.ended(transfer)
	refused := v.form(m+"/test", "api_key", key[:len(key)-4]).ok(t, "a check with a damaged key").path
	v.ended(refused)
	body := string(v.get(refused).ok(t, "the refused run").body)
	if !strings.Contains(body, "AK-03") || !strings.Contains(body, m+"/code/environment") {
		t.Errorf("the refused run does not say AK-03 and lead to the environment:\n%s", body)
	}
	overview := string(v.get(m).ok(t, "the overview").body)
	if !strings.Contains(overview, "not needed: workers sign in with an API key") {
		t.Errorf("the overview does not say that certificates are not needed")
	}
	for _, path := range []string{m, m + "/test", run, refused, transfer, run + ".json", m + "/code", m + "/code.md", "/cloud/keyed.f45a2", m + "/runs"} {
		if b := string(v.get(path).body); strings.Contains(b, key[len(key)-24:]) || strings.Contains(b, key[:len(key)-4]) {
			t.Errorf("%s shows the key", path)
		}
	}
	grepFiles(t, p.data, key[len(key)-24:len(key)-4])
}

// TestEnvironmentWithoutScript: an environment is judged by a form alone.
func TestEnvironmentWithoutScript(t *testing.T) {
	v := visit(t, openPortalAtHome(t).url)
	m := keyedMove(t, v)
	body := string(v.form(m+"/code/environment", "shell", "powershell", "environment", "TEMPORAL_CLOUD_API_KEY=eyJhbGciOiJub25lIn0.secret.secret\nTEMPORAL_HOST_URL=https://keyed.f45a2.tmprl.cloud").ok(t, "the judged environment").body)
	for _, want := range []string{"AK-06", "IN-01", "TEMPORAL_API_KEY", "Read-Host"} {
		if !strings.Contains(body, want) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	if strings.Contains(body, ".secret") {
		t.Error("the key comes back")
	}
}
