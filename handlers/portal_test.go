package handlers_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
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
	"onramp/handlers/web"
	"onramp/notices"
	"onramp/people"
	"onramp/reach"
	"onramp/runs"
	"onramp/store"
)

// portal is what `onramp serve` wires, with stand-ins where it would dial.
type portal struct {
	h      *handlers.Handlers
	acts   *acts.Acts
	runs   *runs.Service
	db     *store.DB
	keeper *custody.Keeper
	dir    string
	people *people.Service // of a portal for several people
	mails  *notices.Subscriptions
}

type portalOptions struct {
	dir, addr, dataDir string
	now                func() time.Time
	place              cloud.Place // the zero Place: no rehearsal cloud
	ownComputer        bool
	log                *slog.Logger
	checker            runs.Checker
	transfers          acts.Transfers
	assessor           runs.Assessor
	crosser            runs.Crosser
	webhook            func(*portal) *notices.Notifier
	shared             *url.URL // the public address of a portal for several people
	proxies            []netip.Prefix
	provider           web.Provider
	gate               *reach.Gate
	workFactor         int
	noMails            bool // no mail server is set
	machine            web.Machine
	patience           time.Duration // for readers
}

// reader is who sits at the portals of tests.
var reader = acts.Actor{Person: "local", Name: "dana", Via: "portal"}

// open wires a portal as cli does; it is closed when the test ends.
func open(t testing.TB, o portalOptions) *portal {
	t.Helper()
	p := &portal{dir: o.dir}
	var err error
	p.db, err = store.Open(t.Context(), o.dir, o.log)
	check(t, err)
	changes := &acts.Changes{}
	// Leases that need no renewal during a test, so that nothing is written but by acts and runs.
	p.runs, err = runs.New(runs.Options{Store: p.db, Changed: changes.Wake, Log: o.log, Now: o.now, Lease: time.Hour})
	check(t, err)
	check(t, p.runs.Resume(t.Context()))
	keys, vault := custody.NewKeyring(30*time.Minute, o.now), custody.NewVault(10*time.Minute, o.now)
	if o.workFactor == 0 {
		o.workFactor = 1
	}
	keeper, err := custody.New(custody.Options{Store: p.db, Now: o.now, Log: o.log, WorkFactor: o.workFactor})
	check(t, err)
	check(t, keeper.Started(t.Context(), "test"))
	p.keeper = keeper
	var links acts.HandoffStore
	if o.shared != nil {
		links = store.Handoffs{DB: p.db}
	}
	p.acts, err = acts.New(acts.Options{Store: p.db, Boards: store.NewBoards(p.db), Handoffs: links, Runs: p.runs, Changes: changes, Checker: o.checker, Transfers: o.transfers, Assessor: o.assessor, Crosser: o.crosser, Issuer: certsvc.New(certsvc.Options{Now: o.now}),
		Vault: vault, Keyring: keys, Keeper: keeper, Rehearsal: o.place, OwnComputer: o.ownComputer, Gate: o.gate, TrustDir: filepath.Join(o.dataDir, "rehearsal-trust"), Log: o.log, Now: o.now})
	check(t, err)
	if o.place.Own != nil && o.place.Own.State().Phase == "ready" {
		check(t, p.acts.Places.WriteTrust(t.Context()))
	}
	var hook *notices.Notifier
	if o.webhook != nil {
		hook = o.webhook(p)
	}
	var shared *web.Shared
	if o.shared != nil {
		p.people, err = people.New(people.Options{Store: p.db, Now: o.now})
		check(t, err)
		calendars, err := people.NewCalendars(store.NewCalendars(p.db), o.now)
		check(t, err)
		var mails *notices.Subscriptions
		if !o.noMails {
			mails, err = notices.NewSubscriptions(notices.SubscriptionsOptions{Store: store.NewNotices(p.db), Key: []byte(strings.Repeat("k", 32)), From: "onramp@example.com", Base: o.shared.String() + "/", Zone: time.UTC, Now: o.now})
			check(t, err)
		}
		p.mails = mails
		shared = &web.Shared{People: p.people, Public: o.shared, Calendars: calendars, Mails: mails, Proxies: o.proxies, Provider: o.provider, Metrics: "127.0.0.1:9090"}
	}
	p.h, err = handlers.New(handlers.Options{Shared: shared, Acts: p.acts, Runs: p.runs, Audit: keeper, Halted: p.db.AuditBroken, Webhook: hook, Machine: o.machine, LentFor: 30 * time.Minute, OpenFor: keeper.Idle(),
		Reader: reader, Version: "test", DataDir: o.dataDir, Addr: o.addr, Patience: o.patience, Log: o.log, Now: o.now})
	check(t, err)
	t.Cleanup(func() {
		p.h.CloseStreams()
		check(t, p.acts.Close())
		check(t, p.runs.Close())
		keys.Close()
		vault.Close()
		check(t, keeper.Close())
		check(t, p.db.Close())
	})
	return p
}

// sql opens the portal's database beside it.
func (p *portal) sql(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, store.File)+"?_pragma=busy_timeout(5000)")
	check(t, err)
	return db
}

// refuseAudit makes every write to the audit fail, or lets it be.
func (p *portal) refuseAudit(t testing.TB, refuse bool) {
	t.Helper()
	db := p.sql(t)
	defer db.Close()
	change := "DROP TRIGGER test_full"
	if refuse {
		change = "CREATE TRIGGER test_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END"
	}
	_, err := db.ExecContext(t.Context(), change)
	check(t, err)
}

// dump is every row of every table of the database.
func (p *portal) dump(t testing.TB) string {
	t.Helper()
	db := p.sql(t)
	defer db.Close()
	tables := columns(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	var b strings.Builder
	for _, table := range tables {
		what := "*"
		switch table[0] {
		case "endings", "ending_days", "migration_counts", "migration_ends", "certificates", "named", "names", "names_data", "names_idx", "names_content", "names_docsize", "names_config": // derived: right again before anybody reads it
			continue
		case "migrations":
			what = "id, name, lang, mode, auth, created, version, archived, deleted" // the rest is derived
		}
		rows := columns(t, db, "SELECT "+what+" FROM "+table[0])
		slices.SortFunc(rows, slices.Compare[[]string])
		for _, r := range rows {
			fmt.Fprintf(&b, "%s: %s\n", table[0], strings.Join(r, " | "))
		}
	}
	return b.String()
}

// columns are the rows of a query as text.
func columns(t testing.TB, db *sql.DB, query string) [][]string {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	check(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	check(t, err)
	var out [][]string
	for rows.Next() {
		values, at := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			at[i] = &values[i]
		}
		check(t, rows.Scan(at...))
		line := make([]string, len(names))
		for i, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			line[i] = fmt.Sprint(v)
		}
		out = append(out, line)
	}
	check(t, rows.Err())
	return out
}
