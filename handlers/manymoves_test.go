package handlers_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/handlers"
	"onramp/migration"
	"onramp/notices"
	"onramp/runs"
	"onramp/store"
)

// office is a portal on a database with many migrations, without a network.
type office struct {
	http.Handler
	acts *acts.Acts
	db   *store.DB
}

const officeHost = "127.0.0.1:8686"

// newOffice opens a portal with n migrations, written straight into the store: each with a namespace, a client
// certificate, one check that passed and one that failed.
func newOffice(t testing.TB, n int) *office {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("/dev/shm", "onramp-office-") // in memory where the system has such a place
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(dir, "data"), nil)
	must(err)
	changes := &acts.Changes{}
	log, err := runs.New(runs.Options{Store: db, Changed: changes.Wake})
	must(err)
	keyring, vault := custody.NewKeyring(time.Hour, nil), custody.NewVault(time.Hour, nil)
	keeper, err := custody.New(custody.Options{Store: db})
	must(err)
	all, err := acts.New(acts.Options{Store: db, Boards: store.NewBoards(db), Runs: log, Changes: changes, Checker: struct{ runs.Checker }{}, Transfers: struct{ acts.Transfers }{},
		Issuer: certsvc.New(certsvc.Options{}), Vault: vault, Keyring: keyring, Keeper: keeper})
	must(err)
	hook, err := notices.NewWebhook(notices.WebhookOptions{Address: "http://127.0.0.1:8999/told", Version: "test"})
	must(err)
	notifier, err := notices.NewNotifier(notices.NotifierOptions{Store: store.NewNotices(db), Sender: hook, Base: "http://" + officeHost + "/", Refresh: all.Book.Refresh})
	must(err)
	h, err := handlers.New(handlers.Options{Acts: all, Runs: log, Audit: keeper, Webhook: notifier, Version: "test", DataDir: "/var/lib/onramp", Addr: officeHost,
		Reader: acts.Actor{Person: "ines", Name: "Ines"}})
	must(err)
	t.Cleanup(func() {
		h.CloseStreams()
		must(all.Close())
		must(log.Close())
		must(keeper.Close())
		keyring.Close()
		vault.Close()
		must(db.Close())
	})
	o := &office{h.Router(), all, db}
	o.fill(t, n)
	return o
}

// fill adds n migrations.
func (o *office) fill(t testing.TB, n int) {
	t.Helper()
	ctx := t.Context()
	var certs []migration.CertificateData
	for i := range 24 {
		set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{CA: certsvc.CASpec{CommonName: "Department of payments CA", Organization: "Example Corporation", Days: 400, KeyType: certsvc.ECP256},
			Leaf: certsvc.LeafSpec{CommonName: "payments-worker", Organization: "Example Corporation", Days: 5 + 15*i, KeyType: certsvc.ECP256}})
		if err != nil {
			t.Fatal(err)
		}
		m := set.Summary
		certs = append(certs, migration.CertificateData{Lane: "server", CAPEM: string(set.CA.CertPEM), LeafPEM: string(set.Leaf.CertPEM), CAFingerprint: m.CAFingerprint, LeafFingerprint: m.LeafFingerprint,
			CASubject: m.CASubject, LeafSubject: m.LeafSubject, CANotAfter: m.CANotAfter, LeafNotAfter: m.LeafNotAfter})
	}
	fact := func(m, kind string, data any) migration.Fact {
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		return migration.Fact{MigrationID: m, Kind: kind, Data: text, At: time.Now(), By: "ines"}
	}
	var facts []migration.Fact
	flush := func() {
		if _, err := o.db.Record(ctx, facts, nil); err != nil {
			t.Fatal(err)
		}
		facts = facts[:0]
	}
	names := []string{"Payments", "Order processing", "Ledger of the eastern region", "Reconciliation"}
	for i := range n {
		m := migration.Migration{ID: fmt.Sprintf("move-%d", i), Name: fmt.Sprintf("%s %d", names[i%len(names)], i), Lang: migration.Langs[i%len(migration.Langs)],
			Mode: migration.Cloud, Auth: cloud.AuthMTLS, Created: time.Now(), Version: 1}
		if i%3 == 0 {
			m.Mode = migration.Rehearsal
		}
		if err := o.db.AddMigration(ctx, m); err != nil {
			t.Fatal(err)
		}
		c := certs[i%len(certs)]
		c.LeafFingerprint = fmt.Sprintf("%08x", i) + c.LeafFingerprint[8:]
		facts = append(facts, fact(m.ID, migration.FactNamespace, migration.NamespaceData{Namespace: fmt.Sprintf("payments-%d.a1b2c", i), Address: fmt.Sprintf("payments-%d.a1b2c.tmprl.cloud:7233", i)}), fact(m.ID, migration.FactCertificate, c))
		if len(facts) >= 400 || i == n-1 {
			flush()
		}
	}
	for i := range n {
		id := fmt.Sprintf("move-%d", i)
		v, err := o.acts.Book.View(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for j, state := range []migration.RunState{migration.RunPassed, migration.RunFailed} {
			if i%4 == 0 && state == migration.RunFailed {
				continue
			}
			r := runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: fmt.Sprintf("run-%d-%d", i, j), MigrationID: id, Kind: migration.CheckRun, State: migration.RunRunning, InputHash: v.CheckHash(), Started: time.Now()}}}
			_, err := o.db.AddEnded(ctx, r, func(r runs.Run) (runs.Run, []runs.Entry, []migration.Fact) {
				r.State, r.Title, r.Ended = state, "The namespace does not trust the CA certificate", time.Now()
				if state == migration.RunPassed {
					return r, nil, []migration.Fact{{Kind: migration.FactCheck, InputHash: r.InputHash, Data: fmt.Appendf(nil, `{"run":%q,"run_number":1}`, r.ID), At: time.Now()}}
				}
				return r, nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// get is a page, packed.
func (o *office) get(t testing.TB, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+officeHost+path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s answers %d: %s", path, w.Code, w.Body)
	}
	return w
}

// officePages are the pages that lists are on.
var officePages = []string{"/", "/migrations", "/expiry", "/metrics", "/m/move-3/", "/search?q=payments+4", "/search?q=check+1", "/search?q=00000003"}

// TestQueriesOfAPage: a page makes as many queries with a hundred migrations as with six.
func TestQueriesOfAPage(t *testing.T) {
	few, many := newOffice(t, 6), newOffice(t, 150)
	pages := append(officePages, "/?page=2", "/migrations?page=2", "/migrations?show=expiring&sort=expiry", "/migrations?q=payments&show=mine&sort=waiting", "/?q=payments&show=yours", "/?sort=name&mode=cloud", "/expiry?from=60", "/expiry?at=1800000000", "/expiry.ics", "/rehearsal", "/m/move-3/settings", "/healthz")
	for _, path := range pages {
		var n [2]int64
		for i, o := range []*office{few, many} {
			o.get(t, path) // derives what is stale
			before := o.db.Queries()
			o.get(t, path)
			n[i] = o.db.Queries() - before
		}
		if path == "/expiry.ics" { // it holds all there is, read a hundred at a time: 150 have one page more
			n[1]--
		}
		if n[0] != n[1] || n[0] == 0 {
			t.Errorf("%s makes %d queries with 6 migrations and %d with 150", path, n[0], n[1])
		}
		t.Logf("%-28s %d queries", path, n[0])
	}
}

// BenchmarkLists is what the pages with lists cost with ten, a thousand and ten thousand migrations: time, queries and
// size, the time as a ratio to that with ten (budget 2), the size to 40 kB. The three are asked in turns, so that
// whatever else the machine does meets them alike, and the median counts.
func BenchmarkLists(b *testing.B) {
	const budget = 40 << 10
	sizes := []int{10, 1000, 10_000}
	offices := make([]*office, len(sizes))
	for i, n := range sizes {
		offices[i] = newOffice(b, n)
		began := time.Now()
		if err := offices[i].acts.Lists.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Logf("%d migrations: every summary derived anew in %s", n, time.Since(began).Round(time.Millisecond))
	}
	for _, path := range officePages {
		times := make([][]time.Duration, len(sizes))
		queries, weights := make([]int64, len(sizes)), make([]int, len(sizes))
		for round := range 220 {
			for i, o := range offices {
				before, began := o.db.Queries(), time.Now()
				w := o.get(b, path)
				took := time.Since(began)
				queries[i], weights[i] = o.db.Queries()-before, w.Body.Len()
				if round >= 20 { // once through every code path and cache
					times[i] = append(times[i], took)
				}
			}
		}
		var first float64
		for i, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", strings.NewReplacer("/", "_", "?q=", "_").Replace(path), n), func(b *testing.B) {
				slices.Sort(times[i])
				ms := float64(times[i][len(times[i])/2]) / 1e6
				if i == 0 {
					first = ms
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(ms, "ms")
				b.ReportMetric(float64(queries[i]), "queries")
				b.ReportMetric(float64(weights[i])/1000, "kB")
				b.ReportMetric(float64(weights[i])/budget, "of-40-kB")
				b.ReportMetric(ms/first, "x-10(budget-2)")
			})
		}
	}
}

// unpacked is the text of an answer.
func unpacked(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var r io.Reader = w.Body
	if w.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
