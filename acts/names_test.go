package acts

import (
	"context"
	"strings"
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TestNames: what people do with names, one after the other. Two migrations never share one, whoever had it first, and
// an address stays what it is.
func TestNames(t *testing.T) {
	type deed struct {
		do, id, name string // create, rename (id), delete (id) or archive (id)
		want         string // the address that comes of it; "" where it is refused
		says         string // of a refusal
	}
	for _, tt := range []struct {
		what string
		did  []deed
	}{
		{"created twice", []deed{{"create", "", "Payments", "payments", ""}, {"create", "", "  PAYMENTS ", "", `"Payments"`}}},
		{"names of one address", []deed{{"create", "", "Payments", "payments", ""}, {"create", "", "Payments!", "payments-2", ""}, {"create", "", "Payments?", "payments-3", ""}}},
		{"the address is another name's own", []deed{{"create", "", "Payments!", "payments", ""}, {"create", "", "Payments?", "payments-2", ""}, {"create", "", "Payments 2", "payments-2-2", ""}}},
		{"renamed, and the old name taken again", []deed{{"create", "", "Payments", "payments", ""}, {"rename", "payments", "Billing", "payments", ""}, {"create", "", "Payments", "payments-2", ""}}},
		{"renamed, and the new name created", []deed{{"create", "", "Payments", "payments", ""}, {"rename", "payments", "Billing", "payments", ""}, {"create", "", "billing", "", `"Billing"`}}},
		{"renamed to what another has", []deed{{"create", "", "Payments", "payments", ""}, {"create", "", "Billing", "billing", ""}, {"rename", "billing", "payments", "", "/m/payments"}}},
		{"renamed to what an archived one has", []deed{{"create", "", "Payments", "payments", ""}, {"archive", "payments", "", "payments", ""}, {"create", "", "Billing", "billing", ""},
			{"rename", "billing", "Payments", "", "archived"}, {"create", "", "Payments", "", "archived"}}},
		{"renamed in case alone", []deed{{"create", "", "Payments", "payments", ""}, {"rename", "payments", "PAYMENTS", "payments", ""}}},
		{"renamed to the same", []deed{{"create", "", "Payments", "payments", ""}, {"rename", "payments", " Payments ", "payments", ""}}},
		{"the name of a deleted one", []deed{{"create", "", "Payments", "payments", ""}, {"delete", "payments", "Payments", "payments", ""}, {"create", "", "Payments", "payments-2", ""}}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			for i, d := range tt.did {
				id, before := d.id, w.dump()
				var err error
				switch d.do {
				case "create":
					var m migration.Migration
					m, err = w.Migrations.Create(w.ctx, dana, d.name, "go", migration.Cloud, cloud.AuthMTLS)
					id = m.ID
				case "rename":
					err = w.Migrations.Rename(w.ctx, dana, d.id, d.name)
				case "delete":
					err = w.Migrations.Delete(w.ctx, dana, d.id, d.name)
				case "archive":
					err = w.Migrations.Archive(w.ctx, dana, d.id, true)
				}
				if d.want != "" {
					if err != nil || id != d.want {
						t.Fatalf("%d, %s %s %q: at %q, %v; want %q", i, d.do, d.id, d.name, id, err, d.want)
					}
					continue
				}
				wantFault(t, d.do, err, fault.Conflict, "name")
				if f := fault.From(err); !strings.Contains(f.Title+f.Cause, d.says) {
					t.Errorf("%d, %s: %q, %q; want %q in it", i, d.do, f.Title, f.Cause, d.says)
				}
				if now := w.dump(); now.shape(before) != "" {
					t.Errorf("%d, %s was refused and changed something:\n%s", i, d.do, now.shape(before))
				}
			}
		})
	}
}

// TestDeletedAuditStaysTheirs: whoever makes a migration with the name of a deleted one gets another ID, by each way to make one:
// who reads a migration reads the audit of its ID.
func TestDeletedAuditStaysTheirs(t *testing.T) {
	dev := Actor{Role: custody.Developer, Person: "dev", Name: "Dev", Teams: []string{"t-ledger"}}
	for way, again := range map[string]func(w *world, ctx context.Context) (migration.Migration, error){
		"created": func(w *world, ctx context.Context) (migration.Migration, error) {
			return w.Migrations.Create(ctx, dev, "Payments", "go", migration.Cloud, cloud.AuthMTLS)
		},
		"numbered": func(w *world, ctx context.Context) (migration.Migration, error) {
			return w.Migrations.CreateNamed(ctx, dev, "Payments", "go", migration.Cloud, cloud.AuthMTLS)
		},
		"imported": func(w *world, ctx context.Context) (migration.Migration, error) {
			made, err := w.Migrations.Import(ctx, dev, listOf("Payments,eu,payments,pay.a1b2c,,"))
			if err != nil {
				return migration.Migration{}, err
			}
			return made[0], nil
		},
	} {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			w.issued()
			w.must(w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments"))
			ctx := migration.Within(w.ctx, dev.Teams)
			m, err := again(w, ctx)
			w.must(err)
			if m.ID == w.m.ID || m.Name != "Payments" {
				t.Errorf("%s is at %s, as the deleted one was", m.Name, m.ID)
			}
			lines, err := w.db.Records(ctx, custody.Query{Self: "somebody"})
			w.must(err)
			for _, r := range lines {
				if r.Migration != m.ID {
					t.Errorf("the other team reads %s of %s, by %s", r.Verb, r.Migration, r.Name)
				}
			}
			if len(lines) == 0 {
				t.Error("the team reads nothing of its own")
			}
		})
	}
}

// TestNumberedNames: a name that is free is taken, though its address is not; a name that another has gets a number.
func TestNumberedNames(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	named := func(want string) migration.Migration {
		t.Helper()
		m, err := w.Migrations.CreateNamed(w.ctx, dana, "Practice", "go", migration.Cloud, cloud.AuthMTLS)
		w.must(err)
		if m.Name != want {
			t.Errorf("named %q, want %q", m.Name, want)
		}
		return m
	}
	first := named("Practice")
	named("Practice 2")
	w.must(w.Migrations.Rename(w.ctx, dana, first.ID, "Mine"))
	if again := named("Practice"); again.ID != "practice-3" {
		t.Errorf("the address is %s", again.ID)
	}
	w.must(w.Migrations.Rename(w.ctx, dana, first.ID, "practice 3"))
	named("Practice 4")
}
