package acts

import (
	"strings"
	"testing"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
)

// TestPickUp: what an earlier start has sent is brought to its end and written down, whatever it was about. Only a namespace
// that was made becomes the migration's, and only while that has the namespace that it had when this was planned.
func TestPickUp(t *testing.T) {
	payments, south := namespace.ID{Name: "payments", Account: "a2dd6"}, namespace.ID{Name: "south", Account: "a2dd6"}
	for _, tt := range []struct {
		what string
		plan cloud.Plan
		has  string // the namespace of the migration by now; "" for none
		want string // its namespace afterwards
		told bool   // its page tells the end
	}{
		{"a change of its namespace", cloud.Plan{Kind: cloud.KindUpdate, Namespace: payments, From: "payments.a2dd6"}, "payments.a2dd6", "payments.a2dd6", true},
		{"a change of a namespace that it has left", cloud.Plan{Kind: cloud.KindUpdate, Namespace: payments, From: "payments.a2dd6"}, "north.a2dd6", "north.a2dd6", false},
		{"a namespace made while it had none", cloud.Plan{Kind: cloud.KindCreate, Namespace: south}, "", "south.a2dd6", true},
		{"one made in the place of another", cloud.Plan{Kind: cloud.KindCreate, Namespace: south, From: "payments.a2dd6"}, "payments.a2dd6", "south.a2dd6", true},
		{"one made, and another chosen since", cloud.Plan{Kind: cloud.KindCreate, Namespace: south, From: "payments.a2dd6"}, "north.a2dd6", "north.a2dd6", false},
		{"one made while it had none, and another chosen since", cloud.Plan{Kind: cloud.KindCreate, Namespace: south}, "north.a2dd6", "north.a2dd6", false},
		{"one made that it has already", cloud.Plan{Kind: cloud.KindCreate, Namespace: south}, "south.a2dd6", "south.a2dd6", true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			var err error
			w.m, err = w.Migrations.Create(w.ctx, dana, "Payments", "python", migration.Rehearsal, cloud.AuthMTLS)
			w.must(err)
			if tt.has != "" {
				_, err = w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, tt.has, "")
				w.must(err)
			}
			tt.plan.Operation, tt.plan.For = "op-1", w.m.ID
			w.cloud.pending = &tt.plan
			w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
			if has := ownNamespace(w.view()); has != tt.want {
				t.Errorf("the migration is at %q, want %q", has, tt.want)
			}
			st, _ := w.CloudOps.State(dana, w.m.ID)
			if told := st.Applied != nil; told != tt.told {
				t.Errorf("its page tells the end: %v", told)
			}
			rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.CloudEnded, Limit: 3})
			w.must(err)
			if len(rs) != 1 || !strings.Contains(rs[0].Note, tt.plan.Namespace.String()+", operation op-1 of an earlier start") {
				t.Errorf("the audit says %+v", rs)
			}
		})
	}
}
