package acts

import (
	"slices"
	"strings"
	"testing"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// wholeCloud are the acts on the rehearsal cloud as a whole, which routes keep for cloud admins.
var wholeCloud = []string{"Rehearsal.Reset", "Rehearsal.SetLenient", "Rehearsal.SetBothMethods"}

// TestSharedSpace: no act of a developer, nor of a link that a developer made, changes a namespace of the rehearsal cloud that
// another team uses too. Each act that is refused says so, and does nothing else either.
func TestSharedSpace(t *testing.T) {
	refused := 0
	for _, a := range all {
		if slices.Contains(wholeCloud, a.name) {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			if a.setup != nil {
				a.setup(w)
			}
			if w.flows.hold == nil {
				w.settle()
			}
			if w.m.ID == "" || w.m.Mode != migration.Rehearsal || w.view().Namespace == nil {
				return
			}
			ns := w.view().Namespace.Namespace
			theirs, me := dana, dana
			theirs.Team = "blue"
			m, err := w.Migrations.Create(w.ctx, theirs, "Theirs", "go", migration.Rehearsal, w.m.Auth)
			w.must(err)
			w.must(second(w.Migrations.SetNamespace(w.ctx, theirs, m.ID, ns, "")))
			before, was := w.cloud.holds(ns), w.dump()
			dana.Role, dana.Teams = custody.Developer, []string{w.m.Team}
			defer func() { dana = me }()
			err = a.do(w)
			if w.flows.hold == nil {
				w.settle()
			}
			if after := w.cloud.holds(ns); after != before {
				t.Errorf("a developer changes another team's namespace (error: %v)\n before %s\n after  %s", err, before, after)
			}
			if f := fault.From(err); err != nil && f.Kind == fault.Denied && strings.Contains(f.Title, "Another team uses this namespace") {
				refused++
				if come, gone := w.dump().change(was); len(come)+len(gone) > 0 {
					t.Errorf("refused, and all the same\n new  %v\n gone %v", come, gone)
				}
			}
		})
	}
	if refused < 20 {
		t.Errorf("%d acts are refused: too few to show anything", refused)
	}
}

// holds is what the rehearsal cloud holds under a name.
func (c *standIn) holds(ns string) string {
	for _, line := range c.state() {
		if strings.HasPrefix(line, "cloud "+ns+":") {
			return line
		}
	}
	return ""
}
