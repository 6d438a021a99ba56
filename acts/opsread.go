package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
)

// settleOn makes a namespace that was seen in Temporal Cloud that of the migration.
func (c CloudOps) settleOn(ctx context.Context, by Actor, id string, ns namespace.ID, region string) error {
	if _, known := namespace.LookupRegion(region); !known {
		region = ""
	}
	_, err := Migrations(c).SetNamespace(ctx, by, id, ns.String(), region)
	return err
}

// shownTo are the namespaces of a list that the actor sees. In a rehearsal the key is the portal's, which may list every
// team's; in Temporal Cloud the key's owner sees what it lists.
func shownTo(ctx context.Context, b *Book, by Actor, v migration.View, list []cloud.Listed) ([]cloud.Listed, error) {
	if !v.Migration.Mode.Can().Practice {
		return list, nil
	}
	names := make([]string, 0, len(list))
	for _, n := range list {
		names = append(names, n.Name)
	}
	sees, err := Lists{b}.Spaces(ctx, by, names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(n cloud.Listed) bool { return !sees(n.Name) }), nil
}

// look reads the list, the regions and the migration's namespace into a session, and writes down what was read of the
// namespace.
func (c CloudOps) look(ctx context.Context, by Actor, id string, s *opsSession, more ...custody.Record) error {
	v, err := c.View(ctx, id)
	if err != nil {
		return err
	}
	list, err := s.client.List(ctx)
	if err != nil {
		return err
	}
	if list, err = shownTo(ctx, c.Book, by, v, list); err != nil {
		return err
	}
	regions, err := s.client.Regions(ctx)
	if err != nil {
		return err
	}
	var detail *cloud.Detail
	var notSeen error
	if ns, err := idOf(v); err == nil {
		d, err := s.client.Look(ctx, ns)
		if notSeen = err; err == nil {
			detail = &d
		}
	}
	if detail != nil || len(more) > 0 {
		if err := c.asRead(ctx, by, id, detail, more...); err != nil {
			return err
		}
	}
	c.ops.change(s, func(st *OpsState) { st.List, st.Regions, st.Detail, st.NotSeen = list, regions, detail, notSeen })
	return nil
}

// asRead writes down what was read of the migration's namespace, with what follows for its replacement, beside records.
func (c CloudOps) asRead(ctx context.Context, by Actor, id string, d *cloud.Detail, more ...custody.Record) error {
	_, err := c.write(ctx, by, id, func(v migration.View) (entry, error) {
		e := entry{records: more, done: len(more) > 0}
		if d == nil {
			return e, nil
		}
		e.facts = migration.ReadFacts(v, *d, c.now())
		if re := v.Replacement(); re.Open() && len(e.facts) > 0 && re.NewCA != nil {
			if beside, err := v.SeeBundle(cloud.Namespace{ID: d.ID, CAs: held(d)}); err == nil { // else it is not there yet
				e.facts = append(e.facts, beside...)
			}
		}
		filters := filtersIn(v, d)
		e.facts = append(e.facts, filters...)
		if len(filters) > 0 { // a hand-off asked for them
			e.records = append(slices.Clone(more), note(id, custody.FiltersSeen, "in "+d.Name))
		} else if len(e.facts) > 0 && len(more) == 0 {
			e.records = []custody.Record{note(id, custody.NamespaceSeen, d.Name)}
		}
		return e, nil
	})
	return err
}

// held are the CA certificates of a namespace as it was read.
func held(d *cloud.Detail) (out []cloud.CA) {
	for _, ca := range d.Settings.CAs {
		out = append(out, cloud.CA{Subject: ca.Subject, Fingerprint: ca.SHA256, NotAfter: ca.NotAfter})
	}
	return out
}

// filtersIn are the facts that follow for a migration from what its namespace has.
func filtersIn(v migration.View, d *cloud.Detail) []migration.Fact {
	if d == nil || v.Namespace == nil || v.Namespace.Namespace != d.ID.String() {
		return nil
	}
	return migration.FiltersSeen(v, d.Settings.Filters.JSON())
}
