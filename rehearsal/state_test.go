//go:build !lean

package rehearsal

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/namespace"
)

func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a data directory with 100% odd #name?")
	ca := newCA(t, "ours")
	pair := ca.leaf(t).pair()
	const filters = `{"filters":[{"commonName":"worker-*"}]}`

	c := started(t, Options{Dir: dir})
	id, bare := newNamespace(t, c, ca), newNamespace(t, c)
	if _, err := c.SetFilters(testContext(t), id, []byte(filters)); err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, mustDial(t, c, id, pair, ""), "before")
	before, err := c.Namespaces(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	crashed := copyDir(t, dir) // as a kill would leave it
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	for name, dir := range map[string]string{"after Close": dir, "after a kill": crashed} {
		t.Run(name, func(t *testing.T) {
			c := started(t, Options{Dir: dir})
			after, err := c.Namespaces(testContext(t))
			if diff := cmp.Diff(before, after); diff != "" || err != nil {
				t.Errorf("namespaces: %s, %v", diff, err)
			}
			cl := mustDial(t, c, id, pair, id.Host())
			if said, err := result(t, cl, "before"); err != nil || said != "hello Ada" {
				t.Errorf("the workflow of the last run: %q, %v", said, err)
			}
			runWorkflow(t, cl, "after")
			stranger := ca.leaf(t, func(x *x509.Certificate) { x.Subject.CommonName = "stranger" }).pair()
			unauthorized(t, describe(mustDial(t, c, id, stranger, ""), id.String()))
			setCAs(t, c, bare, ca)
			runWorkflow(t, mustDial(t, c, bare, pair, ""), "first")
		})
	}
	noSecrets(t, dir)
}

// noSecrets fails the test where a private key lies in a file, or a file is open to others.
func noSecrets(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("PRIVATE KEY")) {
			t.Errorf("%s holds a private key", path)
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestState(t *testing.T) {
	ca := newCA(t, "ours")
	f, err := certsvc.ParseFilters([]byte(`{"filters":[{"organization":"acme"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	born := time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)
	full := newSpace(namespace.ID{Name: "payments", Account: "a1b2c"}, born, string(ca.pem()), parsed(t, ca), f)
	bare := newSpace(namespace.ID{Name: "orders", Account: "a1b2c"}, born.Add(time.Second), "", nil, nil)
	k := keeper{dir: t.TempDir(), run: 3}
	if err := k.save(newRealm([]*space{bare, full}, true)); err != nil {
		t.Fatal(err)
	}
	k2 := keeper{dir: k.dir}
	r, err := k2.load()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*space{full, bare} {
		if diff := cmp.Diff(want.shown(), r.spaces()[i].shown()); diff != "" {
			t.Error(diff)
		}
	}
	if k2.run != 3 || !r.both || r.byHost["payments.a1b2c.tmprl.cloud"] == nil || len(r.byName) != 2 {
		t.Errorf("run %d, hosts %v", k2.run, r.byHost)
	}

	// A failed save leaves the old state, and nothing else.
	if err := (&keeper{dir: filepath.Join(k.dir, "missing")}).save(r); err == nil {
		t.Error("saved into a directory that is not there")
	}
	if files, err := os.ReadDir(k.dir); err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}

	// Forgetting begins a database that no run had; sweeping leaves no other.
	for _, name := range []string{"workflows-3.db", "workflows-3.db-wal", "workflows-4.db", "mine.db"} {
		if err := os.WriteFile(filepath.Join(k.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k2.forget(false); err != nil || k2.run != 5 {
		t.Errorf("run %d, %v", k2.run, err)
	}
	if err := os.WriteFile(k2.database(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k2.sweep(); err != nil {
		t.Error(err)
	}
	var left []string
	files, err := os.ReadDir(k.dir)
	for _, f := range files {
		left = append(left, f.Name())
	}
	if diff := cmp.Diff([]string{"mine.db", stateFile, "workflows-5.db"}, left); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	if r, err := (&keeper{dir: k.dir}).load(); err != nil || len(r.byName) != 0 {
		t.Errorf("after forgetting: %v, %v", r, err)
	}
}

func TestDamagedState(t *testing.T) {
	good, err := json.Marshal(savedState{Schema: stateSchema, Namespaces: []savedSpace{{Name: "payments", Account: "a1b2c", Bundle: string(newCA(t, "ours").pem())}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ content, says string }{
		"cut":            {string(good[:len(good)/2]), "damaged"},
		"empty":          {"", "damaged"},
		"another schema": {strings.Replace(string(good), stateSchema, "other/9", 1), "other/9"},
		"no certificate": {strings.Replace(string(good), "MI", "!!", 1), ""},
		"bad filters":    {strings.Replace(string(good), `"ca_bundle"`, `"filters":"{\"filters\":[{}]}","ca_bundle"`, 1), "payments"},
	} {
		t.Run(name, func(t *testing.T) {
			k := keeper{dir: t.TempDir()}
			if err := os.WriteFile(filepath.Join(k.dir, stateFile), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := k.load()
			if tt.says == "" { // the PEM block is unreadable: the namespace trusts nobody
				if err != nil || len(r.byName["payments.a1b2c"].cas) != 0 {
					t.Errorf("got %v, %v", r, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A database whose making was cut short is made again.
func TestHalfMadeDatabase(t *testing.T) {
	dir := t.TempDir()
	k := keeper{dir: dir}
	if err := os.WriteFile(k.database()+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := started(t, Options{Dir: dir})
	ca := newCA(t, "ours")
	runWorkflow(t, mustDial(t, c, newNamespace(t, c, ca), ca.leaf(t).pair(), ""), "greet")
	if _, err := os.Stat(k.database() + ".new"); err == nil {
		t.Error("the half-made database is still there")
	}
}
