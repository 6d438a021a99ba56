package acts

import (
	"strings"
	"testing"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TestInviteMakerGone: a one-time address ends with the right of whoever made it, and with its migration; nothing is written
// down for it then, and it does not come back. That of whoever uses a portal for one person goes on.
func TestInviteMakerGone(t *testing.T) {
	local := dana
	local.Person, local.Name = custody.Local, "you"
	for what, tt := range map[string]struct {
		maker Actor
		then  func(w *world)
		words string // of the fault; "" where the address is good
	}{
		"as it was":       {dana, func(*world) {}, ""},
		"another is gone": {dana, func(w *world) { w.f.gone = omar.Person }, ""},
		"the maker is gone": {dana, func(w *world) { w.f.gone = dana.Person },
			"Dana made it, and no longer works on this migration in Onramp. Ask Dana’s team for a new one."},
		"alone at this machine":     {local, func(w *world) { w.f.gone = custody.Local }, ""},
		"the migration is deleted":  {dana, func(w *world) { w.must(w.Migrations.Delete(w.ctx, omar, w.m.ID, "Payments")) }, "It takes one report"},
		"and another has that name": {dana, func(w *world) { w.must(w.Migrations.Delete(w.ctx, omar, w.m.ID, "Payments")); w.issued() }, "It takes one report"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			w.issuedIn(migration.Cloud)
			text := w.report()
			token, _, err := w.Checks.Invite(w.ctx, tt.maker, w.m.ID, "Priya")
			w.must(err)
			tt.then(w)
			before := w.dump()
			_, err = w.Checks.Take(w.ctx, poster, token, text)
			if tt.words == "" {
				w.must(err)
				return
			}
			wantFault(t, what, err, fault.Gone, "")
			if f := fault.From(err); f == nil || !strings.Contains(f.Cause+" "+f.Fix, tt.words) {
				t.Errorf("it says %q, %q", f.Cause, f.Fix)
			}
			if shape := w.dump().without("invite").shape(before.without("invite")); shape != "" { // the address itself is used up
				t.Errorf("it changed\n%s", shape)
			}
			w.f.gone = ""
			_, err = w.Checks.Take(w.ctx, poster, token, text)
			wantFault(t, "again", err, fault.Gone, "")
		})
	}
}
