package handlers_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/migration"
	"onramp/notices"
	"onramp/store"
	"onramp/transfer"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// oldData is a data directory that an earlier version made, as SQL; oldPages is how that version showed it.
const (
	oldData  = "../store/testdata/version2.sql"
	oldPages = "testdata/olddata"
	oldHost  = "127.0.0.1:8686"
	// oldPassphrase opens the fixture's kept key; store/testdata/README.md tells of it.
	oldPassphrase = "throw-away korrekt pferd 電池 heftklammer"
)

// TestOldData: a data directory made by an earlier version opens, and every page of it shows the same as before.
func TestOldData(t *testing.T) {
	inUTC(t)
	dir := filepath.Join(t.TempDir(), "data")
	pages, last := loadOldData(t, dir)
	h := oldHandler(t, dir, last.Add(time.Minute))
	upgraded := whenChained(t, dir)
	var links []string
	known, files := map[string]bool{}, map[string]string{}
	for _, path := range pages {
		file := goldenName(path)
		if other, taken := files[file]; taken {
			t.Fatalf("%s and %s have the same golden file", other, path)
		}
		known[path], files[file] = true, path
		t.Run(file, func(t *testing.T) {
			got, to := shown(t, h, path)
			got = upgraded.Replace(got)
			links = append(links, to...)
			golden(t, filepath.Join(oldPages, file), got)
		})
	}
	t.Run("every golden file has its page", func(t *testing.T) {
		entries, err := os.ReadDir(oldPages)
		check(t, err)
		for _, e := range entries {
			if files[e.Name()] != "" {
				continue
			}
			if *update {
				check(t, os.Remove(filepath.Join(oldPages, e.Name())))
			} else {
				t.Errorf("%s belongs to no page", e.Name())
			}
		}
	})
	t.Run("every link leads somewhere", func(t *testing.T) {
		slices.Sort(links)
		looked := 0
		for _, path := range slices.Compact(links) {
			if known[path] {
				continue
			}
			looked++
			if r := ask(t, h, path); r.Code == http.StatusNotFound || r.Code >= 500 && r.Code != http.StatusServiceUnavailable {
				t.Errorf("%s, to which a page leads, answers %d", path, r.Code)
			}
		}
		if looked == 0 {
			t.Error("no page leads to another")
		}
	})
}

// TestOldKeptKey: a CA key that an earlier version kept opens with its passphrase, and locks.
func TestOldKeptKey(t *testing.T) {
	inUTC(t)
	dir := filepath.Join(t.TempDir(), "data")
	_, last := loadOldData(t, dir)
	h := oldHandler(t, dir, last.Add(time.Hour)) // the wrong passphrases are forgotten by then
	const page = "/m/zahlungen-fur-koln/certificates/key"
	for _, step := range []struct {
		what, passphrase string
		status           int
		says             string
	}{
		{"open", "not the passphrase of this box", http.StatusUnprocessableEntity, "Kept here, locked"},
		{"open", oldPassphrase, http.StatusSeeOther, "Kept here, open"},
		{"lock", "", http.StatusSeeOther, "Kept here, locked"},
	} {
		form := url.Values{"passphrase": {step.passphrase}}.Encode()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+oldHost+page+"/"+step.what, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != step.status {
			t.Errorf("%s with %q answers %d, want %d", step.what, step.passphrase, w.Code, step.status)
		}
		if text, _ := seen(t, ask(t, h, page).Body.String(), false); !strings.Contains(text, step.says) {
			t.Errorf("after %s with %q the page does not say %q:\n%s", step.what, step.passphrase, step.says, text)
		}
	}
}

// oldHandler is the portal as `onramp serve` wires it, with the rehearsal cloud switched off, at a time that stands
// still. Nothing that it is asked here may start a run or look for a worker.
func oldHandler(t *testing.T, dir string, at time.Time) http.Handler {
	t.Helper()
	t.Setenv("HOME", "/home/dana") // a directory below it is shown as ~
	looked := func() { t.Error("a page looked for a worker") }
	return open(t, portalOptions{dir: dir, addr: oldHost, dataDir: "/var/lib/onramp", now: func() time.Time { return at }, ownComputer: true, workFactor: custody.DefaultWorkFactor,
		checker: checker{asked: &atomic.Int64{}}, transfers: transferer{asked: &atomic.Int64{},
			pollers: func(context.Context, transfer.Request) ([]transfer.Poller, error) { looked(); return nil, nil },
			detect: func(context.Context, transfer.Request) (transfer.Detected, error) {
				looked()
				return transfer.Detected{}, nil
			}},
		webhook: func(p *portal) *notices.Notifier {
			hook, err := notices.NewWebhook(notices.WebhookOptions{Address: "http://127.0.0.1:8999/told", Version: "test"})
			check(t, err)
			n, err := notices.NewNotifier(notices.NotifierOptions{Store: store.NewNotices(p.db), Sender: hook, Base: "http://" + oldHost + "/", Now: func() time.Time { return at },
				Refresh: p.acts.Book.Refresh})
			check(t, err)
			return n
		}}).h.Router()
}

// loadOldData makes the data directory of the fixture and returns the address of every page of it, and when the
// last thing was written.
func loadOldData(t *testing.T, dir string) (pages []string, last time.Time) {
	t.Helper()
	text, err := os.ReadFile(oldData)
	check(t, err)
	check(t, os.MkdirAll(dir, 0o700))
	db, err := sql.Open("sqlite", filepath.Join(dir, store.File))
	check(t, err)
	defer func() { check(t, db.Close()) }()
	db.SetMaxOpenConns(1) // a pragma is a connection's
	_, err = db.ExecContext(t.Context(), string(text))
	check(t, err)
	var nanos int64
	check(t, db.QueryRowContext(t.Context(), `SELECT max(at) FROM (SELECT at FROM facts UNION ALL SELECT at FROM entries UNION ALL SELECT at FROM audit
		UNION ALL SELECT started FROM runs UNION ALL SELECT ended FROM runs UNION ALL SELECT tried FROM notices UNION ALL SELECT sent FROM notices)`).Scan(&nanos))
	return oldAddresses(t, db), time.Unix(0, nanos)
}

// whenChained writes the moment of the upgrade, which is that of the test, as a word: the audit was chained then.
func whenChained(t *testing.T, dir string) *strings.Replacer {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.File)+"?mode=ro")
	check(t, err)
	defer func() { check(t, db.Close()) }()
	var nanos int64
	check(t, db.QueryRowContext(t.Context(), "SELECT at FROM audit WHERE verb = ?", string(custody.Chained)).Scan(&nanos))
	at := time.Unix(0, nanos).UTC()
	const word = "AT THE UPGRADE"
	return strings.NewReplacer(at.Format(time.RFC3339Nano), word, at.Format(time.RFC3339), word, at.Format(time.DateTime), word)
}

// oldAddresses is the address of every page of a data directory. Of pages that differ in a few words only, some stand
// for all. The migrations of the fixture have a language each but for one, so their code is there for every language.
func oldAddresses(t *testing.T, db *sql.DB) []string {
	t.Helper()
	pages := []string{"/", "/new", "/rehearsal", "/cloud", "/expiry", "/expiry.ics", "/metrics", "/audit", "/audit.json", "/audit.csv", "/healthz"}
	for _, verb := range []custody.Verb{custody.Signed, custody.Refused} {
		pages = append(pages, "/audit?verb="+url.QueryEscape(string(verb)))
	}
	moves := texts(t, db, "SELECT id FROM migrations ORDER BY created")
	for i, id := range moves {
		m := "/m/" + url.PathEscape(id)
		for _, page := range []string{"/", "/runs", "/report", "/namespace", "/certificates", "/certificates/ca.pem", "/certificates/client.pem", "/certificates/files.json",
			"/certificates/clients", "/certificates/key", "/certificates/filters", "/certificates/replace", "/certificates/replace/ca.pem",
			"/certificates/replace/client.pem", "/certificates/replace/files.json", "/upload", "/test", "/code", "/transfer", "/transfer/drill"} {
			pages = append(pages, m+page)
		}
		if i == 0 {
			pages = append(pages, "/audit?m="+url.QueryEscape(id), m+"/code.md", m+"/report.md", m+"/report.json", m+"/code/environment", "/audit.json?m="+url.QueryEscape(id), "/audit.csv?m="+url.QueryEscape(id))
			for _, lane := range []string{"csr", "import", "own-ca"} {
				pages = append(pages, m+"/certificates?lane="+lane)
			}
			for _, other := range []string{"auth=api-key", "style=envconfig", "shell=kubernetes"} {
				pages = append(pages, m+"/code?"+other)
			}
		}
		certificates := texts(t, db, `SELECT DISTINCT x.value FROM facts, json_tree(facts.data) x WHERE migration_id = ? AND x.type = 'text'
			AND length(x.value) = 64 AND x.value NOT GLOB '*[^0-9a-f]*' AND x.key LIKE '%sha256' ORDER BY facts.id, x.id`, id)
		for n, fp := range certificates {
			if n < 2 || n == len(certificates)-1 || i == 0 && n < 6 {
				pages = append(pages, m+"/certificates/"+fp)
			}
			for _, f := range certsvc.Formats {
				if i == 0 && n == 1 && !f.Key { // a client certificate: the first is its CA
					pages = append(pages, m+"/certificates/"+fp+"/"+f.File)
				}
			}
		}
		var checks, transfers []string
		for _, row := range texts(t, db, "SELECT kind || ' ' || id || ' ' || (json_extract(request, '$.reported') IS NOT NULL OR state <> 'passed') FROM runs WHERE migration_id = ? ORDER BY nr", id) {
			of := strings.Fields(row)
			kind, run, special := of[0], of[1], of[2] == "1"
			switch migration.RunKind(kind) {
			case migration.CheckRun:
				if special || len(checks)%3 == 0 { // checks that passed are much alike
					pages = append(pages, m+"/test/"+run)
				}
				if len(checks)%3 == 0 { // the page holds the report as well
					pages = append(pages, m+"/test/"+run+".json")
				}
				checks = append(checks, run)
			case migration.TransferRun:
				pages = append(pages, m+"/transfer/"+run, m+"/transfer/"+run+".json")
				if len(transfers)%3 == 0 {
					pages = append(pages, m+"/transfer?from="+run)
				}
				if transfers = append(transfers, run); len(transfers) == 1 {
					pages = append(pages, m+"/transfer/"+run+"/history.json", m+"/transfer/"+run+"?follow=1")
				}
			case migration.DrillRun:
				pages = append(pages, m+"/transfer/drill/"+run, m+"/transfer/drill/"+run+".json", m+"/transfer/drill?from="+run)
			}
		}
		for n := 1; n < len(checks); n += 3 {
			compare := m + "/test/" + checks[n] + "/compare"
			pages = append(pages, compare+"/"+checks[n-1])
			if n == 1 {
				pages = append(pages, compare, compare+"/"+checks[n-1]+".json", m+"/test/"+checks[n]+"?follow=1")
			}
		}
	}
	return pages
}

// texts are the rows of a query with one column.
func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	check(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		check(t, rows.Scan(&s))
		out = append(out, s)
	}
	check(t, rows.Err())
	return out
}

func ask(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+oldHost+path, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// What is random by design, or the build's.
var (
	requestID = regexp.MustCompile(`(Request |"request": ")[a-z0-9]{12}\b`)
	goVersion = regexp.MustCompile(`go_version="[^"]*"`)
)

// shown is an answer as a golden file holds it, and the addresses of this portal to which it leads.
func shown(t *testing.T, h http.Handler, path string) (text string, links []string) {
	t.Helper()
	r := ask(t, h, path)
	body, kind := r.Body.String(), r.Header().Get("Content-Type")
	switch {
	case strings.HasPrefix(kind, "text/html"):
		body, links = seen(t, body, path == "/" || strings.HasPrefix(path, "/m/") && strings.Count(path, "/") == 3)
	case strings.HasPrefix(kind, "application/json"):
		var out bytes.Buffer
		check(t, json.Indent(&out, []byte(body), "", "  "))
		body = strings.TrimRight(out.String(), "\n") + "\n"
	case path == "/metrics":
		var own []string
		for l := range strings.Lines(body) {
			if strings.Contains(l, "onramp_") {
				own = append(own, l)
			}
		}
		body = goVersion.ReplaceAllString(strings.Join(own, ""), `go_version="GO"`)
	}
	if r.Code >= 400 {
		body = requestID.ReplaceAllString(body, "${1}REQUEST")
	}
	body = strings.ReplaceAll(body, "\r\n", "\n")
	return fmt.Sprintf("%s\n%d %s\n\n%s", path, r.Code, kind, body), links
}

// goldenName is the file of an address.
func goldenName(path string) string {
	name := strings.Trim(regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllStringFunc(path, func(fp string) string { return fp[:12] }), "/")
	name = regexp.MustCompile(`[^A-Za-z0-9.=-]+`).ReplaceAllString(name, "_")
	if name == "" {
		name = "home"
	}
	return name + ".txt"
}

// golden compares with a file, or rewrites it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	check(t, err)
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-before +now):\n%s", file, diff)
	}
}

// inUTC makes times of day those of UTC until the test ends.
func inUTC(t *testing.T) {
	t.Helper()
	was := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = was })
}
