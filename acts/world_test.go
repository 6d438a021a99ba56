package acts

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
	"onramp/store"
	"onramp/transfer"
)

// forGood is a proof of who one is that is old at no time of these tests.
var forGood = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)

var dana = Actor{Role: custody.Owner, Person: "dana", Name: "Dana", Session: "s-1", Via: "portal", From: "127.0.0.1", Request: "req-1", SignedIn: forGood}
var omar = Actor{Role: custody.Owner, Person: "omar", Name: "Omar", Session: "s-2", Via: "command", Request: "req-2", SignedIn: forGood}

// poster is the request of a program that posts a report: it signs nobody in.
var poster = Actor{Via: "portal", From: "192.0.2.7", Request: "req-3"}

// world is every room that acts stand on, on a database in a directory of its own.
type world struct {
	*Acts
	t       testing.TB
	ctx     context.Context
	dir     string
	f       *fuse
	db      *store.DB
	log     *runs.Service
	vault   *custody.Vault
	keyring *custody.Keyring
	keeper  *custody.Keeper
	cloud   *standIn
	flows   *workflows

	m     migration.Migration // the one that setups prepare
	key   []byte              // of its client certificate
	extra any                 // what a setup hands on to its act
	end   func()
}

func newWorld(t testing.TB) *world { return worldIn(t, quickDir(t)) }

// quickDir is a directory of the test's own, in memory where the system has such a place: hundreds of databases wait
// for a disk there is no need of.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "onramp-acts-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func worldIn(t testing.TB, dir string) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), dir: dir, f: &fuse{}}
	w.cloud, w.flows = newStandIn(w.f), &workflows{f: w.f}
	w.open()
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.db, err = store.Open(w.ctx, w.dir, nil); err != nil {
		w.t.Fatal(err)
	}
	changes := &Changes{}
	if w.log, err = runs.New(runs.Options{Store: w.db, Changed: changes.Wake, Lease: time.Hour}); err != nil {
		w.t.Fatal(err)
	}
	w.vault, w.keyring = custody.NewVault(time.Hour, nil), custody.NewKeyring(time.Hour, nil)
	if w.keeper, err = custody.New(custody.Options{Store: failing{w.db, w.f}, WorkFactor: 1}); err != nil {
		w.t.Fatal(err)
	}
	w.Acts, err = New(Options{Store: failing{w.db, w.f}, Boards: failingBoards{store.NewBoards(w.db), w.f}, Runs: w.log, Changes: changes, Checker: passing{}, Transfers: w.flows, Assessor: reading{}, Crosser: crossing{}, Issuer: certsvc.New(certsvc.Options{}),
		Vault: w.vault, Keyring: w.keyring, Keeper: w.keeper, Handoffs: links{store.Handoffs{DB: w.db}, w.f}, Rehearsal: cloud.Full(w.cloud), RehearsalOps: opsAt(w.cloud), OwnComputer: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(w.Acts.Places.WriteTrust(w.ctx))
	w.end = sync.OnceFunc(func() {
		if err := errors.Join(w.Acts.Close(), w.log.Close(), w.keeper.Close(), w.db.Close()); err != nil {
			w.t.Error(err)
		}
		w.vault.Close()
		w.keyring.Close()
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle waits for every run under way to end.
func (w *world) settle() {
	w.t.Helper()
	all, err := w.db.List(w.ctx, migration.Query{Limit: 1000})
	w.must(err)
	for _, m := range all {
		for _, kind := range migration.RunKinds {
			rows, err := w.db.Rows(w.ctx, m.ID, kind, 100)
			w.must(err)
			for _, r := range rows {
				if r.Running() {
					for _, err := range w.log.Follow(w.ctx, r.ID, 0) {
						w.must(err)
					}
				}
			}
		}
	}
}

// settleMany waits for the newest checks of many to end.
func (w *world) settleMany() runs.Bulk {
	w.t.Helper()
	last, err := w.Lists.LastMany(w.ctx, dana.Person)
	w.must(err)
	if last.ID == "" {
		return last
	}
	wake, leave := w.WatchMany(last.ID)
	defer leave()
	for {
		b, err := w.Lists.SeeMany(w.ctx, dana.Person, last.ID)
		if w.must(err); b.Over() {
			return b
		}
		<-wake
	}
}

// made makes a migration with a namespace.
func (w *world) made(mode migration.Mode, auth string) {
	w.t.Helper()
	var err error
	w.m, err = w.Migrations.Create(w.ctx, dana, "Payments", "python", mode, auth)
	w.must(err)
	_, err = w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "payments.a2dd6", "")
	w.must(err)
}

// issued has certificates too, whose key is lent.
func (w *world) issued() { w.issuedIn(migration.Rehearsal) }

func (w *world) issuedIn(mode migration.Mode) {
	w.t.Helper()
	w.made(mode, cloud.AuthMTLS)
	w.must(w.issue())
	lent, _ := w.lent(client(dana, w.m.ID))
	w.key = lent.KeyPEM.Reveal()
}

func (w *world) issue() error {
	_, err := w.Certificates.IssueSet(w.ctx, dana, w.m.ID, IssueSet{Lane: MakerServer, Lend: true,
		Set: certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "payments"}}})
	return err
}

func (w *world) lent(h custody.Held) (custody.Lent, bool) { return w.keyring.Get(h) }

func (w *world) view() migration.View {
	w.t.Helper()
	v, err := w.Book.View(w.ctx, w.m.ID)
	w.must(err)
	return v
}

func (w *world) id() namespace.ID {
	w.t.Helper()
	id, err := idOf(w.view())
	w.must(err)
	return id
}

// tested has its CA in the namespace and a check that passed.
func (w *world) tested() {
	w.t.Helper()
	w.issued()
	_, err := w.Acts.Namespaces.SaveCAs(w.ctx, dana, w.id(), []byte(w.view().Certificate.CAPEM))
	w.must(err)
	w.check()
}

func (w *world) check() {
	w.t.Helper()
	_, err := w.Checks.Start(w.ctx, dana, w.m.ID, Check{Credentials: Credentials{Lent: true}})
	w.must(err)
	w.settle()
}

// kept has the key of its CA kept here.
func (w *world) kept() {
	w.t.Helper()
	w.issued()
	w.must(w.keep())
}

const phrase = "otter lantern brisk 41 gravel"

func (w *world) keep() error {
	return w.Keys.KeepCA(w.ctx, dana, w.m.ID, KeepCAKey{Held: true, Passphrase: phrase, Repeat: phrase})
}

func (w *world) opened() {
	w.t.Helper()
	w.kept()
	w.must(w.Keys.OpenCA(w.ctx, dana, w.m.ID, phrase))
}

// replacing is in the middle of replacing its CA: up to a gate.
func (w *world) replacing(gate string) {
	w.t.Helper()
	w.tested()
	r, id := w.Replacements, w.m.ID
	w.must(r.Start(w.ctx, dana, id, migration.ReplaceCA))
	if gate == "started" {
		return
	}
	w.must(r.TakeCA(w.ctx, dana, id, w.newCA()))
	if gate == "ca" {
		return
	}
	w.must(r.SaveBundle(w.ctx, dana, id))
	if gate == "bundle" {
		return
	}
	w.must(r.TakeLeaf(w.ctx, dana, id, w.newLeaf()))
	if gate == "leaf" {
		return
	}
	for _, fresh := range []bool{false, true} {
		_, err := w.Checks.StartPair(w.ctx, dana, id, fresh, Credentials{Lent: true})
		w.must(err)
		w.settle()
	}
}

func (w *world) newCA() NewCA {
	return NewCA{Spec: certsvc.CASpec{CommonName: "the next CA", KeyType: certsvc.ECP256}}
}

func (w *world) newLeaf() NewLeaf {
	return NewLeaf{Lane: MakerServer, Spec: certsvc.LeafSpec{CommonName: "payments"}, Lend: true}
}

func (w *world) transfer(once string) (runs.Run, error) {
	return w.Acts.Transfers.Start(w.ctx, dana, w.m.ID, Transfer{Credentials: Credentials{Lent: true}, Once: once, Request: transfer.Request{Worker: "builtin", Scenario: transfer.Success}})
}

// transferred has a transfer that has ended, or with held one under way.
func (w *world) transferred(held bool) {
	w.t.Helper()
	w.tested()
	if held {
		w.flows.hold = make(chan struct{})
	}
	run, err := w.transfer("once")
	w.must(err)
	w.extra = run.ID
	if !held {
		w.settle()
	}
}

// ended waits for a run's end.
func (w *world) ended(run string) {
	w.t.Helper()
	for _, err := range w.log.Follow(w.ctx, run, 0) {
		w.must(err)
	}
}

// report is a check that passed elsewhere.
func (w *world) report() []byte {
	w.t.Helper()
	v := w.view()
	rep := passed(w.Places.Target(v))
	rep.TestedFrom, rep.Target.Leaf = "worker-1", v.Certificate.LeafFingerprint
	text, err := json.Marshal(rep)
	w.must(err)
	return text
}
