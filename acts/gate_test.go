package acts

import (
	"context"
	"errors"
	"net/netip"
	"testing"

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
				w.check()
				w.Checks.o.Gate = reach.New(reach.Options{Resolve: func(context.Context, string) ([]netip.Addr, error) {
					return []netip.Addr{netip.MustParseAddr(tt.ip)}, nil
				}})
				err := act(w, w.m.ID)
				var f *fault.Fault
				if tt.want == "" && fault.Is(err, fault.Denied) || tt.want != "" && (!errors.As(err, &f) || f.Kind != tt.want || !f.Unchanged) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				w.settle()
			})
		}
	}
}
