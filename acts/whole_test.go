package acts

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/expiry"
	"onramp/migration"
	"onramp/transfer"
)

// TestTwoPeople: whatever two people do in whatever order on three migrations, every fact and run has a person, every
// act that changed something has its lines in the audit with person, way and request, nobody has what the other made
// or lent, and a start anew finds what was there.
// ASVS 15.4.1.
func TestTwoPeople(t *testing.T) {
	// Half a second each: fewer than usual, unless somebody asks for a number.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		defer f.Value.Set(f.DefValue)
		if err := f.Value.Set("25"); err != nil {
			t.Fatal(err)
		}
	}
	did, holding := map[string]int{}, false
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer func() { w.end() }()
		people := []Actor{dana, omar}
		ids := []string{"payments", "orders", "refunds"}
		// What each person made or lent and has not given away, as the acts said.
		request := 0
		for i, by := range people { // each has one with certificates, and a third is nobody's yet
			m, err := w.Migrations.Create(w.ctx, by, ids[i], "go", migration.Rehearsal, cloud.AuthMTLS)
			w.must(err)
			w.must(second(w.Migrations.SetNamespace(w.ctx, by, m.ID, []string{"aa.a2dd6", "bb.a2dd6"}[i], "")))
			w.must(second(w.Certificates.IssueSet(w.ctx, by, m.ID, IssueSet{Lane: MakerServer, Lend: true, Set: certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "x"}}})))
		}
		for i, by := range people {
			w.must(second(w.Checks.Start(w.ctx, by, ids[i], Check{Credentials: Credentials{Lent: true}})))
		}
		w.settle()
		seen := 0 // lines of the audit
		known := func() []custody.Record {
			rs, err := w.db.Records(w.ctx, custody.Query{Limit: 1 << 20})
			w.must(err)
			slices.Reverse(rs)
			return rs
		}
		seen = len(known())
		do := func(rt *rapid.T, name string, act func(by Actor, id string) error) {
			by := people[rapid.IntRange(0, 1).Draw(rt, "who")]
			id := ids[rapid.IntRange(0, 2).Draw(rt, "migration")]
			request++
			by.Request = fmt.Sprint("req-", request)
			other := people[0]
			if by.Person == other.Person {
				other = people[1]
			}
			before, theirs := w.dump(), w.holdings(other)
			err := act(by, id)
			if !holding {
				w.settle()
			}
			after := w.dump()
			rs := known()
			fresh := rs[seen:]
			seen = len(rs)
			if err == nil && after.shape(before) != "" {
				did[name]++
				if len(fresh) == 0 {
					rt.Fatalf("%s by %s changed something without a line in the audit:\n%s", name, by.Person, after.shape(before))
				}
			}
			if err != nil && after.without("audit").shape(before.without("audit")) != "" {
				rt.Fatalf("%s failed and changed something: %v\n%s", name, err, after.shape(before))
			}
			for _, r := range fresh {
				if r.Person != by.Person || r.Name != by.Name || r.Via != by.Via || r.Request != by.Request || r.Session != by.Session || r.At.IsZero() || !slices.Contains(custody.Verbs, r.Verb) {
					rt.Fatalf("%s: the line %+v is not of %+v", name, r, by)
				}
			}
			deleted := name == "delete" && err == nil
			if now := w.holdings(other); !deleted && cmp.Diff(theirs, now) != "" {
				rt.Fatalf("%s by %s changed what %s holds:\n%s", name, by.Person, other.Person, cmp.Diff(theirs, now))
			}
		}
		view := func(id string) migration.View {
			v, _ := w.Book.View(w.ctx, id)
			return v
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				mode := rapid.SampledFrom([]migration.Mode{migration.Rehearsal, migration.Rehearsal, migration.Cloud}).Draw(rt, "mode")
				do(rt, "create", func(by Actor, id string) error {
					return second(w.Migrations.Create(w.ctx, by, id, "go", mode, cloud.AuthMTLS))
				})
			},
			"namespace": func(rt *rapid.T) {
				ns := rapid.SampledFrom([]string{"aa.a2dd6", "bb.a2dd6", "cc.a2dd6"}).Draw(rt, "namespace")
				do(rt, "namespace", func(by Actor, id string) error { return second(w.Migrations.SetNamespace(w.ctx, by, id, ns, "")) })
			},
			"issue": func(rt *rapid.T) {
				lend := rapid.Bool().Draw(rt, "lend")
				do(rt, "issue", func(by Actor, id string) error {
					return second(w.Certificates.IssueSet(w.ctx, by, id, IssueSet{Lane: MakerServer, Lend: lend, Set: certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "x"}}}))
				})
			},
			"client": func(rt *rapid.T) {
				do(rt, "client", func(by Actor, id string) error {
					return second(w.Certificates.IssueClient(w.ctx, by, id, IssueClient{Name: "eu", Lane: MakerServer, Authority: Authority{From: CAHeld}}))
				})
			},
			"batch": func(rt *rapid.T) {
				do(rt, "batch", func(by Actor, id string) error {
					var out bytes.Buffer
					err := w.Certificates.IssueBatch(w.ctx, by, id, IssueBatch{Rows: rowsOf(3), KeyType: certsvc.ECP256, Authority: Authority{From: CAHeld}}, func() io.Writer { return &out })
					if err == nil && len(pairsIn(out.Bytes())) != 3 {
						rt.Fatalf("%d keys of 3", len(pairsIn(out.Bytes())))
					}
					return err
				})
			},
			"save": func(rt *rapid.T) {
				do(rt, "save", func(by Actor, id string) error {
					v := view(id)
					if v.Certificate == nil || v.Namespace == nil {
						return nil
					}
					ns, err := idOf(v)
					w.must(err)
					return second(w.Acts.Namespaces.SaveCAs(w.ctx, by, ns, []byte(v.Certificate.CAPEM)))
				})
			},
			"check": func(rt *rapid.T) {
				do(rt, "check", func(by Actor, id string) error {
					return second(w.Checks.Start(w.ctx, by, id, Check{Credentials: Credentials{Lent: true}}))
				})
			},
			"transfer": func(rt *rapid.T) { // one person starts it, and either acts on it while it is under way
				lent := map[string][]byte{}
				var id, run string
				w.flows.hold = make(chan struct{})
				holding = true
				do(rt, "transfer", func(by Actor, m string) error {
					r, err := w.Acts.Transfers.Start(w.ctx, by, m, Transfer{Credentials: Credentials{Lent: true}, Once: fmt.Sprint("once-", request), Request: transfer.Request{Worker: "builtin", Scenario: transfer.Success}})
					id, run = m, r.ID
					return err
				})
				for _, p := range people {
					l, _ := w.lent(client(p, id))
					lent[p.Person] = l.KeyPEM.Reveal()
				}
				what := rapid.SampledFrom([]string{"cancel", "terminate", "follow", "history"}).Draw(rt, "act")
				before := len(w.flows.used)
				if run != "" {
					do(rt, what, func(by Actor, _ string) error {
						var err error
						switch what {
						case "cancel":
							err = w.Acts.Transfers.Cancel(w.ctx, by, id, run, Credentials{Lent: true})
						case "terminate":
							err = w.Acts.Transfers.Terminate(w.ctx, by, id, run, Credentials{Lent: true}, "enough")
						case "follow":
							err = second(w.Acts.Transfers.FollowAgain(w.ctx, by, id, run, Credentials{Lent: true}))
						case "history":
							if err = w.Acts.Transfers.History(w.ctx, by, id, run, io.Discard); err == nil {
								did["history"]++
							}
						}
						for _, key := range w.flows.used[before:] {
							if !bytes.Equal(key, lent[by.Person]) {
								rt.Fatalf("%s by %s used a key that is not theirs", what, by.Person)
							}
						}
						return err
					})
				}
				close(w.flows.hold)
				w.settle()
				w.flows.hold, holding = nil, false
			},
			"take": func(rt *rapid.T) {
				ca := rapid.Bool().Draw(rt, "the CA's key")
				do(rt, "take", func(by Actor, id string) error {
					v := view(id)
					if v.Certificate == nil {
						return nil
					}
					_, content, err := w.Keys.Take(w.ctx, by, id, Download{CAKey: ca, Leaf: v.Certificate.LeafFingerprint})
					f := v.Facts
					if err == nil && len(content) == 0 {
						rt.Fatal("a download of nothing")
					}
					for i := len(f) - 1; err == nil && i >= 0; i-- {
						if f[i].Kind == migration.FactCertificate {
							if f[i].By != by.Name {
								rt.Fatalf("%s took what %s made", by.Name, f[i].By)
							}
							break
						}
					}
					return err
				})
			},
			"drop": func(rt *rapid.T) {
				do(rt, "drop", func(by Actor, id string) error { return w.Keys.TakeBack(w.ctx, by, id) })
			},
			"note": func(rt *rapid.T) {
				why := rapid.SampledFrom([]string{"by hand", "by the team"}).Draw(rt, "why")
				do(rt, "note", func(by Actor, id string) error {
					return second(w.Migrations.Note(w.ctx, by, id, migration.StepCode, why))
				})
			},
			"archive": func(rt *rapid.T) {
				away := rapid.Bool().Draw(rt, "away")
				do(rt, "archive", func(by Actor, id string) error { return w.Migrations.Archive(w.ctx, by, id, away) })
			},
			"replace": func(rt *rapid.T) {
				do(rt, "replace", func(by Actor, id string) error {
					re := view(id).Replacement()
					switch {
					case !re.Open():
						return w.Replacements.Start(w.ctx, by, id, migration.ReplaceCA)
					case re.NewCA == nil:
						return w.Replacements.TakeCA(w.ctx, by, id, w.newCA())
					case re.Beside == nil:
						return w.Replacements.SaveBundle(w.ctx, by, id)
					case re.New == nil:
						return w.Replacements.TakeLeaf(w.ctx, by, id, w.newLeaf())
					}
					return w.Replacements.Back(w.ctx, by, id, migration.GateCA)
				})
			},
			"delete": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
					rt.Skip()
				}
				do(rt, "delete", func(by Actor, id string) error { return w.Migrations.Delete(w.ctx, by, id, id) })
			},
			"": func(rt *rapid.T) {
				all := w.everyView()
				for _, l := range rowsIn(w.t, w.dir) {
					if strings.HasPrefix(l, "facts ") && strings.Contains(l, "by_whom= ") || strings.HasPrefix(l, "facts ") && strings.HasSuffix(l, "by_whom=") {
						rt.Fatalf("a fact of nobody: %s", l)
					}
				}
				for _, v := range all {
					rows, err := w.log.Rows(w.ctx, v.Migration.ID, migration.CheckRun, 100)
					w.must(err)
					for _, r := range rows {
						if r.By != dana.Name && r.By != omar.Name {
							rt.Fatalf("a run of %q", r.By)
						}
					}
				}
				if request%8 == 7 { // a start anew
					cloudy := w.cloud
					w.end()
					w.open()
					if w.cloud != cloudy {
						rt.Fatal("the cloud is another one")
					}
					if d := cmp.Diff(all, w.everyView(), cmpopts.EquateEmpty()); d != "" {
						rt.Fatalf("a start anew shows something else:\n%s", d)
					}
					seen = len(known())
				}
			},
		})
	})
	for _, what := range []string{"create", "namespace", "issue", "client", "batch", "save", "check", "transfer", "cancel", "terminate", "history", "take", "drop", "note", "archive", "replace", "delete"} {
		t.Logf("%-10s %d times", what, did[what])
	}
}

// everyView is every migration with its steps, newest first and those put away last. The list that names them is read
// from summaries, which must show of each what its facts say.
func (w *world) everyView() (out []migration.View) {
	for _, group := range []migration.Group{migration.All, migration.Archived} {
		listed, err := w.Lists.Migrations(w.ctx, migration.Query{Group: group, Order: migration.Newest, Limit: 1000})
		w.must(err)
		var list []migration.Migration
		for _, c := range listed.Cards {
			list = append(list, c.Migration)
		}
		views, err := w.Book.Views(w.ctx, list)
		w.must(err)
		for i, v := range views {
			if d := cmp.Diff(expiry.Derive(v, w.Book.now()).Summary, listed.Cards[i].Summary, cmpopts.EquateEmpty()); d != "" {
				w.t.Fatalf("the list shows something else of %s:\n%s", v.Migration.ID, d)
			}
		}
		out = append(out, views...)
	}
	return out
}

// holdings is what a person has in memory: by the acts that show it, and by the rooms themselves.
func (w *world) holdings(a Actor) []string {
	var out []string
	for _, l := range w.dump() {
		if (strings.HasPrefix(l, "vault held ") || strings.HasPrefix(l, "keyring lent ")) && strings.Contains(l, " "+a.Person+"/") {
			out = append(out, l)
		}
	}
	return out
}
