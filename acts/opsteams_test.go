package acts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// spacesOf are namespaces of a rehearsal cloud by whose migrations are about them.
var spacesOf = map[string][]string{"alpha": {"red"}, "beta": {"blue"}, "both": {"red", "blue"}, "loose": nil}

// teams are two teams with rehearsals, and namespaces of either, both and neither.
func (w *world) teams() (ofRed migration.Migration) {
	w.t.Helper()
	for name, owners := range spacesOf {
		for _, team := range owners {
			by := dana
			by.Team = team
			m, err := w.Migrations.Create(w.ctx, by, name+" of "+team, "go", migration.Rehearsal, cloud.AuthMTLS)
			w.must(err)
			_, err = w.Migrations.SetNamespace(w.ctx, by, m.ID, name+".a2dd6", "")
			w.must(err)
			if name == "alpha" {
				ofRed = m
			}
		}
		w.must(w.cloud.CreateNamespace(w.ctx, namespace.ID{Name: name, Account: "a2dd6"}))
	}
	return ofRed
}

func somebody(role custody.Role, teams ...string) Actor {
	return Actor{Person: role.String() + strings.Join(teams, ""), Name: role.Title(), Role: role, Teams: teams, Via: "portal"}
}

// TestOpsOfTeams: in a rehearsal the control plane's key is the portal's and sees every namespace; whoever uses it sees
// those of their own teams' migrations alone: in the list, for the choice, in what a name is said to be; and changes none
// that another team uses too. What is said of a name that is not theirs is the same whosever it is.
func TestOpsOfTeams(t *testing.T) {
	every := []string{"alpha", "beta", "both", "loose"}
	for _, tt := range []struct {
		by   Actor
		sees []string
		may  []string // choose for a migration, and change: those that no other team uses
	}{
		{somebody(custody.Viewer, "red"), []string{"alpha", "both"}, []string{"alpha"}},
		{somebody(custody.Developer, "red"), []string{"alpha", "both"}, []string{"alpha"}},
		{somebody(custody.Developer, "red", "blue"), []string{"alpha", "beta", "both"}, []string{"alpha", "beta", "both"}},
		{somebody(custody.Developer, "green", "red"), []string{"alpha", "both"}, []string{"alpha"}},
		{somebody(custody.CloudAdmin), every, every},
		{somebody(custody.Owner, "blue"), every, every},
	} {
		t.Run(fmt.Sprint(tt.by.Role, tt.by.Teams), func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			m := w.teams()
			w.must(w.CloudOps.GiveOpsKey(w.ctx, tt.by, m.ID, certsvc.Secret{}))
			st, _ := w.CloudOps.State(tt.by, m.ID)
			var listed []string
			for _, n := range st.List {
				listed = append(listed, n.ID.Name)
			}
			slices.Sort(listed)
			if !slices.Equal(listed, tt.sees) {
				t.Errorf("lists %v, want %v", listed, tt.sees)
			}
			said := map[string]bool{}
			for _, name := range every {
				theirs := slices.Contains(tt.sees, name)
				err := w.CloudOps.PlanOps(w.ctx, tt.by, m.ID, OpsWish{What: OpsCreate, Name: name, Region: "aws-us-east-1", Days: 30, SignIn: cloud.AuthAPIKey})
				if f := fault.From(err); err == nil || f.Field != "name" {
					t.Errorf("makes %s anew: %v", name, err)
				} else if !theirs {
					said[f.Title+f.Cause+f.Fix] = true
				}
				id, err := w.Namespaces.Create(w.ctx, tt.by, name+".a2dd6")
				if f := fault.From(err); theirs != (err == nil) || id.Name != name {
					t.Errorf("makes %s in the rehearsal cloud: %v", name, err)
				} else if !theirs {
					said[f.Title+f.Cause+f.Fix] = true
				}
			}
			if len(said) > 1 {
				t.Errorf("of what is not theirs is said %v", said)
			}
			w.must(w.CloudOps.PlanOps(w.ctx, tt.by, m.ID, OpsWish{What: OpsCreate, Name: "fresh", Region: "aws-us-east-1", Days: 30, SignIn: cloud.AuthAPIKey}))
			for _, name := range every {
				err := w.CloudOps.ChooseOps(w.ctx, tt.by, m.ID, name+".a2dd6")
				if slices.Contains(tt.may, name) != (err == nil) || err != nil && !fault.Is(err, fault.Conflict) {
					t.Errorf("chooses %s: %v", name, err)
				}
			}
			for _, name := range []string{"alpha", "both"} {
				_, err := w.Migrations.SetNamespace(w.ctx, dana, m.ID, name+".a2dd6", "")
				w.must(err)
				for _, wish := range []OpsWish{{What: OpsKey, Name: "worker", Days: 30}, {What: OpsAddCA, CAPEM: "a CA"}} {
					err = w.CloudOps.PlanOps(w.ctx, tt.by, m.ID, wish)
					if may := slices.Contains(tt.may, name); may != (err == nil) || !may && !fault.Is(err, fault.Denied) {
						t.Errorf("plans %s of %s: %v", wish.What, name, err)
					}
				}
			}
		})
	}
	t.Run("changes the sign-in method", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		m, red := w.teams(), somebody(custody.Developer, "red")
		id := namespace.ID{Name: "both", Account: "a2dd6"}
		w.must(second(w.Migrations.SetNamespace(w.ctx, dana, m.ID, id.String(), "")))
		denied := func(what string, err error) {
			t.Helper()
			if ns, _ := w.cloud.Namespace(w.ctx, id); !fault.Is(err, fault.Denied) || ns.Auth == cloud.AuthAPIKey {
				t.Errorf("%s: %v, the namespace takes %s", what, err, ns.Auth)
			}
		}
		w.must(w.Switches.Start(w.ctx, red, m.ID))
		denied("lets it take both", w.Switches.Let(w.ctx, red, m.ID))
		w.must(w.Switches.Let(w.ctx, dana, m.ID))
		denied("rolls back", w.Switches.Back(w.ctx, red, m.ID, migration.GateBoth))
		w.must(w.Switches.Back(w.ctx, dana, m.ID, migration.GateBoth))
		w.must(w.Switches.Start(w.ctx, red, m.ID))
		w.must(w.Switches.Once(w.ctx, red, m.ID))
		w.must(second(w.Switches.CreateKey(w.ctx, dana, m.ID, "worker", 90)))
		denied("turns certificates off", w.Switches.TurnOff(w.ctx, red, m.ID, false))
		w.must(w.Switches.TurnOff(w.ctx, dana, m.ID, false))
	})
	t.Run("another team begins to use it after the plan", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		m := w.teams()
		by := somebody(custody.Developer, "red")
		w.must(w.CloudOps.GiveOpsKey(w.ctx, by, m.ID, certsvc.Secret{}))
		w.must(w.CloudOps.PlanOps(w.ctx, by, m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
		st, _ := w.CloudOps.State(by, m.ID)
		blue := dana
		blue.Team = "blue"
		other, err := w.Migrations.Create(w.ctx, blue, "Late", "go", migration.Rehearsal, cloud.AuthMTLS)
		w.must(err)
		_, err = w.Migrations.SetNamespace(w.ctx, blue, other.ID, "alpha.a2dd6", "")
		w.must(err)
		if err := w.CloudOps.ApplyOps(w.ctx, by, m.ID, st.Plan.Operation); !fault.Is(err, fault.Denied) {
			t.Errorf("applied: %v", err)
		}
	})
}
