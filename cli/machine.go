package cli

import (
	"context"
	"strings"
	"sync"
	"time"

	"onramp/custody"
	"onramp/handlers/web"
	"onramp/notices"
	"onramp/store"
)

// machine is what the page for operators asks (web.Machine).
type machine struct {
	db      *store.DB
	dir     string
	started time.Time
	mailer  *notices.Mailer // nil: no mail server
	server  string
	queries web.Times

	mu       sync.Mutex
	verified time.Time
	audited  custody.Audited
}

func newMachine(db *store.DB, dir string) *machine {
	m := &machine{db: db, dir: dir, started: time.Now()}
	store.Observe(db, func(query string, took time.Duration) { m.queries.Add(strings.Join(strings.Fields(query), " "), took) })
	return m
}

// verifiedAs notes what a look at the whole audit found.
func (m *machine) verifiedAs(found custody.Audited) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verified, m.audited = time.Now(), found
}

// slowQueries is how many queries the page names.
const slowQueries = 15

// Vitals are how the machine and the database do now.
func (m *machine) Vitals(ctx context.Context) (v web.Vitals, err error) {
	sizes, err := store.Measure(ctx, m.db, time.Now())
	if err != nil {
		return v, err
	}
	v = web.Vitals{Started: m.started, Dir: m.dir, Database: sizes.Database, Pending: sizes.Pending, Queries: m.queries.Slowest(slowQueries), MailServer: m.server,
		People: web.PeopleVitals{Accounts: sizes.Accounts, Disabled: sizes.Disabled, Sessions: sizes.Sessions}}
	v.Free, v.Disk = diskOf(m.dir)
	m.mu.Lock()
	v.Audit = web.AuditVitals{Verified: m.verified, Records: m.audited.Records, Broken: m.audited.Found}
	m.mu.Unlock()
	if m.mailer != nil {
		state, err := m.mailer.State(ctx)
		if err != nil {
			return v, err
		}
		v.Mail = &state
	}
	return v, nil
}
