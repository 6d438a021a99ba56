package doctor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The reason of a refused certificate is never lost: a thousand refusals, each with its alert. gRPC
// alone loses 6 to 9 of 100.
func TestThousandRefusals(t *testing.T) {
	l := newLab(t)
	stranger := newAuthority(t, "Stranger CA", nil).issue(t, "orders worker", "p256")
	address := l.serve(l.mtls())
	target := l.target(address)
	target.CertPEM, target.KeyPEM = stranger.cert, stranger.key
	// With patience: on a busy machine the laboratory's short budget would call a slow handshake silent.
	e := engine(func(o *Options) {
		o.Budgets.TLS, o.Budgets.Read, o.Timeout = 10*time.Second, 10*time.Second, time.Minute
	})
	const n, lanes = 1000, 4
	lost := make(chan string, n)
	done := make(chan struct{})
	for range lanes {
		go func() {
			defer func() { done <- struct{}{} }()
			for range n / lanes {
				r := e.Run(context.Background(), target, nil)
				if r.Verdict.Code != "CL-03" || r.Verdict.Level != Certain || r.Stages[6].Evidence["alert"] != 48 {
					lost <- show(r)
				}
			}
		}()
	}
	for range lanes {
		<-done
	}
	close(lost)
	count := 0
	for s := range lost {
		if count++; count == 1 {
			t.Log(s)
		}
	}
	if *update {
		intoPage(t, "refusals", fmt.Sprintf("%d refused handshakes, the reason lost %d times.\n", n, count))
	}
	t.Logf("figure: R4 without_reason=%d refusals=%d", count, n)
	if count > 0 {
		t.Errorf("the reason was lost %d times of %d", count, n)
	}
}

// After runs of every kind no goroutine is left behind.
func TestNothingIsLeftBehind(t *testing.T) {
	l := newLab(t)
	addresses := []string{l.serve(l.mtls()), raw(t, silence), blackHole(t), closedPort(t), l.serve(nil)}
	e := engine(func(o *Options) {
		o.Budgets = Budgets{TCP: 100 * time.Millisecond, TLS: 100 * time.Millisecond, Probe: 50 * time.Millisecond}
	})
	for _, a := range addresses {
		_ = e.Run(t.Context(), l.target(a), nil) // warm up
	}
	before := goleak.IgnoreCurrent()
	for range 10 {
		for _, a := range addresses {
			_ = e.Run(t.Context(), l.target(a), nil)
		}
	}
	// The laboratory's own servers may still be closing connections that the doctor has left.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("onramp/doctor.raw.func1.1"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*Server).handleRawConn.func1"))
}
