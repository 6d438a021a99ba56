package acts

import (
	"strings"
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TestHandoffFilters: a link that asks for certificate filters ticks when the namespace has them, whoever set them; a
// later request takes its place; filters that lock the migration's own client out are asked of nobody.
func TestHandoffFilters(t *testing.T) {
	t.Run("through the link", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		askedForFilters(w)
		x, err := w.Handoffs.CarryOut(w.ctx, poster, w.extra.(string))
		if w.must(err); x.Handoff.State != migration.HandoffSeen {
			t.Errorf("the link is %s", x.Handoff.State)
		}
		ns, err := w.cloud.Namespace(w.ctx, w.id())
		if w.must(err); !strings.Contains(string(ns.Filters), "payments") {
			t.Errorf("the namespace has the filters %s", ns.Filters)
		}
		rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.FiltersSaved, Limit: 2})
		if w.must(err); len(rs) != 1 || rs[0].Name != "link 1 for Omar" {
			t.Errorf("the audit says %+v", rs)
		}
		w.must(w.Namespaces.SaveFilters(w.ctx, dana, w.m.ID, nil)) // what was seen stays seen
		if h, _ := w.view().Handoffs.Number(1); h.State != migration.HandoffSeen {
			t.Errorf("after other filters the link is %s", h.State)
		}
	})
	t.Run("by the team", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		askedForFilters(w)
		w.must(w.Namespaces.SaveFilters(w.ctx, dana, w.m.ID, []byte(`{ "filters": [ {"commonName" : "payments"} ] }`)))
		if h, _ := w.view().Handoffs.Number(1); h.State != migration.HandoffSeen {
			t.Errorf("the link is %s", h.State)
		}
	})
	t.Run("elsewhere", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		askedForFilters(w)
		token := w.extra.(string)
		w.must(second(w.Handoffs.Done(w.ctx, poster, token, "")))
		if seen, err := w.Handoffs.Look(w.ctx, poster, token); err != nil || seen.Accepted || seen.Err != nil {
			t.Errorf("before, a look saw %+v, %v", seen, err)
		}
		w.must(second(w.cloud.ChangeFilters(w.ctx, w.id(), func(cloud.Namespace) ([]byte, error) { return []byte(paymentsOnly), nil })))
		if seen, err := w.Handoffs.Look(w.ctx, poster, token); err != nil || !seen.Accepted {
			t.Errorf("a look saw %+v, %v", seen, err)
		}
		if h, _ := w.view().Handoffs.Number(1); h.State != migration.HandoffSeen {
			t.Errorf("the link is %s", h.State)
		}
	})
	t.Run("superseded and refused", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		askedForFilters(w)
		first := w.extra.(string)
		w.asked(migration.Ask{Task: migration.TaskFilters, Filters: `{"filters":[{"commonName":"pay*"}]}`})
		if x, err := w.Handoffs.See(w.ctx, poster, first); err != nil || !x.Superseded {
			t.Errorf("an earlier request is %s, %v", x.Handoff.State, err)
		}
		if _, err := w.Handoffs.CarryOut(w.ctx, poster, first); !fault.Is(err, fault.Conflict) {
			t.Errorf("an earlier request is carried out: %v", err)
		}
		for what, text := range map[string]string{"none": "", "no filter": `{"filters":[]}`, "no JSON": "{", "its own client locked out": `{"filters":[{"commonName":"somebody"}]}`} {
			_, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskFilters, For: "Omar", Filters: text})
			if f := fault.From(err); err == nil || f.Kind != fault.Invalid || f.Field != "filters" {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
	t.Run("in Temporal Cloud", func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		w.issuedIn(migration.Cloud)
		w.asked(migration.Ask{Task: migration.TaskFilters, Filters: paymentsOnly})
		token := w.extra.(string)
		x, err := w.Handoffs.Done(w.ctx, poster, token, "")
		if w.must(err); x.Handoff.State != migration.HandoffDone || w.Handoffs.CanLook(x) {
			t.Errorf("after Done the link is %s", x.Handoff.State)
		}
		if seen, err := w.Handoffs.Look(w.ctx, poster, token); err != nil || seen.Err == nil || seen.Accepted {
			t.Errorf("a look without access saw %+v, %v", seen, err)
		}
		if _, err := w.Handoffs.CarryOut(w.ctx, poster, token); !fault.Is(err, fault.Conflict) {
			t.Errorf("Onramp carries it out in Temporal Cloud: %v", err)
		}
	})
}

// TestHandoffRemoval: a link for the end of a replacement takes the old CA out, by the same rule as the button; it is not
// to be had before both certificates are checked, and is superseded when the replacement is rolled back.
func TestHandoffRemoval(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.replacing("leaf")
	if _, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskRemoveCA, For: "Omar"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("before the checks: %v", err)
	}
	for _, fresh := range []bool{false, true} {
		w.must(second(w.Checks.StartPair(w.ctx, dana, w.m.ID, fresh, Credentials{Lent: true})))
		w.settle()
	}
	old := w.view().Replacement().Old
	w.asked(migration.Ask{Task: migration.TaskRemoveCA})
	first := w.extra.(string)
	if asked := migration.Besides(w.view()); len(asked) != 1 || asked[0].Name != "Omar" || asked[0].Who != migration.WhoCloudAdmin || asked[0].Task != migration.TaskRemoveCA {
		t.Errorf("besides the steps it is the turn of %+v", asked)
	}
	x, err := w.Handoffs.See(w.ctx, poster, first)
	if w.must(err); x.Task.PEM != old.CAPEM || x.Superseded {
		t.Errorf("the link is about %+v", x.Task)
	}
	w.must(w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateProof))
	if x, err = w.Handoffs.See(w.ctx, poster, first); err != nil || !x.Superseded || x.Task.PEM != "" {
		t.Errorf("rolled back, the link is %s", x.Handoff.State)
	}
	for _, fresh := range []bool{false, true} {
		w.must(second(w.Checks.StartPair(w.ctx, dana, w.m.ID, fresh, Credentials{Lent: true})))
		w.settle()
	}
	x, err = w.Handoffs.CarryOut(w.ctx, poster, first)
	if w.must(err); x.Handoff.State != migration.HandoffSeen {
		t.Errorf("the link is %s", x.Handoff.State)
	}
	if asked := migration.Besides(w.view()); len(asked) != 0 {
		t.Errorf("afterwards it is the turn of %+v", asked)
	}
	ns, err := w.cloud.Namespace(w.ctx, w.id())
	if w.must(err); len(ns.CAs) != 1 || ns.CAs[0].Fingerprint == old.CAFingerprint {
		t.Errorf("the namespace has %+v", ns.CAs)
	}
	v := w.view()
	if v.Replacement().Open() || v.Certificate.CAFingerprint == old.CAFingerprint {
		t.Error("the replacement goes on")
	}
	if lent, ok := w.lent(client(dana, w.m.ID)); !ok || lent.Leaf == nil {
		t.Error("the new key did not take the old one's place")
	}
}
