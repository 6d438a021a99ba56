package handlers_test

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"onramp/migration"
)

// fullForm is what any form about a migration could hold, filled in as a reader would; more replaces what it says.
func fullForm(k keys, more ...string) []string {
	form := append(slices.Clone(serverLane), "name", "payments-eu", "rows", "name,days\na,30\n", "ca_source", "files", "ca_files", k.ca+k.key,
		"lend", "on", "lent_key", k.key, "held", "on", "passphrase", "otter lantern brisk 41 gravel", "repeat", "otter lantern brisk 41 gravel", "sure", "on",
		"what", "ca", "ca_pem", k.ca, "leaf_pem", k.cert, "which", "new", "why", "the platform team says so", "gate", "ca", "format", "base64",
		"filter_cn", "payments", "apply", "on", "step", "code", "namespace", "orders.a1b2c", "away", "", "queue", "q", "once", "signs-in", "scenario", "success",
		"worker", "builtin", "amount", "250", "count", "2", "rate", "2", "concurrency", "2", "seconds", "10", "workflow_id", "theirs", "reason", "enough",
		"environment", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233", "command", "temporal workflow list", "report", "{}", "who", "Omar")
	return append(slices.Clone(more), form...)
}

// about are the routes of a method about a migration, with their parameters filled in.
func (d *desk) about(method, m, check, moved, drill, print string) (all []route) {
	d.t.Helper()
	last := func(page string) string { return page[strings.LastIndexByte(page, '/')+1:] }
	err := chi.Walk(d.h.Router().(chi.Router), func(verb, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if verb != method || !strings.HasPrefix(pattern, "/m/{m}/") || strings.HasSuffix(pattern, "/events") {
			return nil
		}
		run := last(check)
		switch {
		case strings.Contains(pattern, "/drill/"):
			run = last(drill)
		case strings.Contains(pattern, "/transfer/"):
			run = last(moved)
		}
		all = append(all, route{verb, pattern, strings.NewReplacer("/m/{m}", m, "{run}", run, "{other}", run, "{fp:[0-9a-f]{64}}", print, "{file}", "full-chain.pem").Replace(pattern)})
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// keyed is a migration that signs in with an API key and has everything that such a one can have; the pair is of
// another one.
func (d *desk) keyed() (m, check, moved, drill string, other keys) {
	d.t.Helper()
	_, other = d.rehearsed()
	m = strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "api-key").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a1b2c").to(d.t)
	check = d.post(m+"/test", "api_key", fakeKey).to(d.t)
	d.finish(check)
	moved = d.upload(m+"/transfer", append(slices.Clone(transferForm), "api_key", fakeKey)...).to(d.t)
	d.finish(moved)
	drill = d.upload(m+"/transfer/drill", append(slices.Clone(drillForm), "api_key", fakeKey)...).to(d.t)
	d.finish(drill)
	return m, check, moved, drill, other
}

// TestCertificatesOfAPIKeys: where workers sign in with an API key, every page about certificates says that there is
// nothing to do, there is no file of them, and every form is refused and stores nothing, whichever lane it asks for.
func TestCertificatesOfAPIKeys(t *testing.T) {
	d := sit(t, deskOptions{})
	m, check, moved, drill, k := d.keyed()
	print := strings.Repeat("ab", 32)
	forms, pages := 0, 0
	for _, rt := range append(d.about(http.MethodPost, m, check, moved, drill, print), d.about(http.MethodGet, m, check, moved, drill, print)...) {
		if !strings.HasPrefix(rt.pattern, "/m/{m}/certificates") {
			continue
		}
		before := d.touched()
		switch {
		case rt.method == http.MethodPost:
			for _, lane := range []string{"make", "csr", "own-ca", "import"} {
				forms++
				d.upload(rt.path, fullForm(k, "lane", lane)...).want(t, http.StatusConflict, "This migration has no certificates", "Its workers sign in with an API key", "Nothing was changed").lacks(t, "PRIVATE KEY")
			}
		case path.Ext(rt.path) != "":
			d.get(rt.path).want(t, http.StatusNotFound)
		default:
			pages++
			d.get(rt.path).want(t, http.StatusOK, "Not needed with API keys").lacks(t, "1 Jan 0001")
		}
		if after := d.touched(); after.stored != before.stored {
			t.Errorf("%s %s stored something", rt.method, rt.path)
		}
	}
	if forms < 80 || pages < 5 {
		t.Errorf("only %d forms and %d pages were tried", forms, pages)
	}
	for _, page := range []string{"", "/certificates", "/upload", "/test", "/code", "/transfer", "/runs", "/settings"} {
		d.get(m+page).want(t, http.StatusOK).lacks(t, "0001", "expires", "CN=")
	}
	d.get("/expiry").lacks(t, ">Keyed<")
}

// TestFormsBySignIn: no form about a migration breaks anything, whichever way its workers sign in, and what belongs to
// the other way is not taken for its own: an API key opens no connection of a migration with client certificates.
func TestFormsBySignIn(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*desk) (m, check, moved, drill, print string, k keys)
	}{
		{"client certificates", func(d *desk) (m, check, moved, drill, print string, k keys) {
			m, check, moved, k = d.moved()
			drill = d.upload(m+"/transfer/drill", append(with(drillForm, "key_source", "paste"), "key_pem", k.key)...).to(d.t)
			d.finish(drill)
			return m, check, moved, drill, d.view(m).Certificate.LeafFingerprint, k
		}},
		{"API key", func(d *desk) (m, check, moved, drill, print string, k keys) {
			m, check, moved, drill, k = d.keyed()
			return m, check, moved, drill, strings.Repeat("ab", 32), k
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{})
			m, check, moved, drill, print, k := tt.set(d)
			n := 0
			for _, rt := range d.about(http.MethodPost, m, check, moved, drill, print) {
				n++
				dialled := d.asked.Load()
				r := d.upload(rt.path, fullForm(k, "api_key", fakeKey)...)
				if r.status >= http.StatusInternalServerError {
					t.Errorf("%s answered %d\n%.600s", rt.path, r.status, mainOf(r.body))
				}
				if strings.Contains(r.body, fakeKey) {
					t.Errorf("%s shows the API key", rt.path)
				}
				if now := d.asked.Load(); tt.name != "API key" && now != dialled && !strings.Contains(rt.pattern, "/replace/") && !strings.HasSuffix(rt.pattern, "/follow") {
					t.Errorf("%s dialled with an API key", rt.path)
				}
			}
			if n < 40 {
				t.Errorf("only %d forms were tried", n)
			}
			if v := d.view(m); v.Migration.UsesKeys() && (v.Certificate != nil || len(v.Leaves) > 0 || v.Upload != nil || v.Replacement() != nil) {
				t.Errorf("a migration with API keys has certificates: %+v", v.Certificate)
			}
			for _, step := range migration.Steps {
				d.get(m+"/"+step).want(t, http.StatusOK)
			}
		})
	}
}
