package acts

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/reach"
	"onramp/transfer"
)

// In a portal that several people share each act that has something dialled asks the gate first: nothing begins that may not
// be dialled, nor too often, and no record says that it did.
func TestGateBeforeEachAct(t *testing.T) {
	begin := map[string]func(w *world, m string) error{
		"check": func(w *world, m string) error {
			_, err := w.Checks.Start(w.ctx, dana, m, Check{Credentials: Credentials{Lent: true}})
			return err
		},
		"look for a worker": func(w *world, m string) error {
			_, err := w.Checks.LookForWorker(w.ctx, dana, m, "", Credentials{Lent: true})
			return err
		},
		"watch for a worker": func(w *world, m string) error {
			_, err := w.Checks.WatchForWorker(w.ctx, dana, m, "")
			return err
		},
		"test transfer": func(w *world, m string) error {
			_, err := w.Transfers.Start(w.ctx, dana, m, Transfer{Credentials: Credentials{Lent: true}, Once: "once", Request: transfer.Request{Worker: "builtin", Scenario: transfer.Success}})
			return err
		},
	}
	transferred := func(w *world) {
		w.check()
		run, err := w.transfer("before")
		w.must(err)
		w.settle()
		w.extra = run.ID
	}
	before := map[string]func(w *world){"look for the CA certificate": func(*world) {}, "cancel a workflow": transferred, "terminate a workflow": transferred, "read a history": transferred}
	begin["look for the CA certificate"] = func(w *world, m string) error { return second(w.Checks.LookForCA(w.ctx, dana, m)) }
	begin["cancel a workflow"] = func(w *world, m string) error {
		return w.Acts.Transfers.Cancel(w.ctx, dana, m, w.extra.(string), Credentials{Lent: true})
	}
	begin["terminate a workflow"] = func(w *world, m string) error {
		return w.Acts.Transfers.Terminate(w.ctx, dana, m, w.extra.(string), Credentials{Lent: true}, "enough")
	}
	begin["read a history"] = func(w *world, m string) error { // which changes nothing, and does not have to say so
		return fault.Unchanged(w.Acts.Transfers.History(w.ctx, dana, m, w.extra.(string), io.Discard))
	}
	for name, act := range begin {
		for _, tt := range []struct {
			name string
			ip   string
			want fault.Kind
		}{{"allowed", "8.8.8.8", ""}, {"private", "10.0.0.1", fault.Denied}, {"metadata", "169.254.169.254", fault.Denied}} {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				w := newWorld(t)
				defer w.end()
				w.issuedIn(migration.Cloud)
				if do := before[name]; do != nil {
					do(w)
				} else {
					w.check()
				}
				w.Checks.o.Gate = reach.New(reach.Options{Resolve: func(context.Context, string) ([]netip.Addr, error) {
					return []netip.Addr{netip.MustParseAddr(tt.ip)}, nil
				}})
				was := w.dump()
				err := act(w, w.m.ID)
				var f *fault.Fault
				if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &f) || f.Kind != tt.want || !f.Unchanged) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				w.settle()
				if shape := w.dump().shape(was); tt.want != "" && (shape != "" || len(w.flows.asked) > 0) {
					t.Errorf("refused, it changed\n%s\nand asked %q", shape, w.flows.asked)
				}
			})
		}
	}
}

// unaccepted is a checker that sees a CA certificate which the namespace does not accept, and counts.
type unaccepted struct{ looks int }

func (u *unaccepted) Run(_ context.Context, t doctor.Target, _ func(doctor.Stage)) doctor.Report {
	u.looks++
	r := passed(t)
	r.Verdict, r.Stages = doctor.Explain("CL-03", doctor.Certain, nil), r.Stages[:4]
	return r
}

// TestLooksAreCounted: looks for a CA certificate are dialled as often as a person and a target may be, and no more. A page that
// waits is never refused; whoever asks more often is shown the last look, or told to wait once that is old. A look by a link
// counts for the link and for the target.
func TestLooksAreCounted(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	now, l := time.Now(), &unaccepted{}
	w.Checks.desk.Book.now = func() time.Time { return now }
	w.Checks.o.Checker = l
	w.issuedIn(migration.Cloud)
	gate := reach.New(reach.Options{Now: func() time.Time { return now }, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
	}})
	w.Checks.o.Gate = gate
	look := func() CALook {
		t.Helper()
		seen, err := w.Checks.LookForCA(w.ctx, dana, w.m.ID)
		w.must(err)
		if seen.Code != "CL-03" {
			t.Fatalf("saw %+v", seen)
		}
		return seen
	}
	for n := range 60 { // the page asks so often, half a minute apart
		if seen := look(); !seen.At.Equal(now) || l.looks != n+1 {
			t.Fatalf("look %d is of %s before, after %d looks", n, now.Sub(seen.At), l.looks)
		}
		now = now.Add(30 * time.Second)
	}
	l.looks = 0
	for range 10 { // somebody presses the button every six seconds
		look()
		now = now.Add(6 * time.Second)
	}
	if l.looks > 6 {
		t.Errorf("dialled %d times within a minute", l.looks)
	}
	l.looks, now = 0, now.Add(10*time.Minute)
	for range 3 {
		w.must(gate.Admit(w.ctx, omar.Person, "payments.a2dd6.tmprl.cloud:7233"))
	}
	_, err := w.Checks.LookForCA(w.ctx, dana, w.m.ID)
	if wantFault(t, "a look after others used the target up", err, fault.TooMany, ""); l.looks != 0 {
		t.Errorf("looked %d times", l.looks)
	}

	now = now.Add(10 * time.Minute)
	token, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Priya"})
	w.must(err)
	for range 10 {
		_, err := w.Handoffs.Look(w.ctx, poster, token)
		w.must(err)
		now = now.Add(6 * time.Second)
	}
	if l.looks == 0 || l.looks > 6 {
		t.Errorf("dialled %d times within a minute, by a link", l.looks)
	}
	for range 4 { // at once
		w.must(gate.AdmitPerson(dana.Person))
	}
}
