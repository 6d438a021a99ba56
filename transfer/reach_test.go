package transfer

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/reach"
)

// Where a portal is shared the SDK's connections too go where the portal may connect, and nowhere else.
// ASVS 1.3.6, 13.2.4.
func TestTransfersStayWithinReach(t *testing.T) {
	for _, tt := range []struct {
		name    string
		to      func(string) reach.Dialer
		arrives bool
	}{
		{"alone at this machine", nil, true},
		{"shared", reach.New(reach.Options{}).To, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var accepted atomic.Int64
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					accepted.Add(1)
					c.Close()
					cancel() // it has arrived: nobody need wait on
				}
			}()
			s := New(Options{To: tt.to})
			if _, err := s.Pollers(ctx, Request{Target: doctor.Target{Address: l.Addr().String(), Namespace: "default", Plaintext: true}, Worker: "own", TaskQueue: "q"}); err == nil {
				t.Error("it found pollers")
			}
			if n := accepted.Load(); (n > 0) != tt.arrives {
				t.Errorf("%d connections arrived", n)
			}
		})
	}
}
