package acts

import (
	"testing"

	"onramp/custody"
)

// TestAuditSaysWhatWasDone: a look stands in the audit as a look and not as what it looked for, and what is done to a
// migration stands with it.
func TestAuditSaysWhatWasDone(t *testing.T) {
	want := map[string]custody.Verb{
		"Checks.LookForCA":        custody.CASeen,
		"Checks.LookForWorker":    custody.WorkerSeen,
		"Replacements.SeeBundle":  custody.CASeen,
		"Replacements.SeePollers": custody.PollersSeen,
		"Rehearsal.Mend":          custody.Mended,
	}
	for _, a := range all {
		verb, ok := want[a.name]
		if !ok {
			continue
		}
		delete(want, a.name)
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			a.setup(w)
			before, err := w.db.Records(w.ctx, custody.Query{Limit: 1})
			w.must(err)
			w.must(a.do(w))
			after, err := w.db.Records(w.ctx, custody.Query{Limit: 2})
			w.must(err)
			if r := after[0]; r.Verb != verb || r.Migration != w.m.ID || after[1].ID != before[0].ID {
				t.Errorf("the audit has %q of %q (%s), want one line: %q of %q", r.Verb, r.Migration, r.Note, verb, w.m.ID)
			}
		})
	}
	for name := range want {
		t.Errorf("there is no act %s", name)
	}
}
