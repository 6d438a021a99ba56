package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"onramp/transfer"
)

// operations are what a transferer was asked to do with workflows, and how it drills.
type operations struct {
	waits func() // History does; nil for not
	mu    sync.Mutex
	asked []string
	err   error
	begun chan struct{} // sent to when a drill has begun, where it is set; the drill then waits for its end
}

func (o *operations) note(what string, req transfer.Request) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, fmt.Sprintf("%s key:%v", what, len(req.Target.KeyPEM) > 0))
	return o.err
}

func (o *operations) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.asked...)
}

func (f transferer) Cancel(_ context.Context, req transfer.Request) error {
	f.asked.Add(1)
	return f.ops.note("cancel", req)
}

func (f transferer) Terminate(_ context.Context, req transfer.Request, reason string) error {
	f.asked.Add(1)
	return f.ops.note("terminate "+reason, req)
}

func (f transferer) History(_ context.Context, req transfer.Request, to io.Writer) error {
	f.asked.Add(1)
	if f.ops.waits != nil {
		f.ops.waits()
	}
	_, err := io.WriteString(to, `{"events":[]}`)
	return errors.Join(err, f.ops.note("history", req))
}

func (f transferer) Drill(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error) {
	f.asked.Add(1)
	p99 := 99.0
	rep := transfer.DrillReport{Address: d.Target.Address, Namespace: d.Target.Namespace, Planned: d.Count, Done: d.Count - 1, Failed: 1, TookMS: 4000, Money: "all balances match",
		Errors: []transfer.DrillError{{Kind: "TERMINATED", Count: 1, Text: "<b>gone</b>"}},
		Latencies: []transfer.Latency{{Name: "total", Count: d.Count, Min: 8, P50: 61, P90: 80, P95: 90, P99: &p99, Max: 120,
			Buckets: []transfer.Bucket{{UpTo: 64, Count: 12}, {UpTo: 90.5, Count: 6}, {UpTo: 128, Count: 2}}}}}
	if d.Target.Plaintext {
		rep.Latencies[0].P50 = 30
	}
	progress(transfer.DrillProgress{Planned: d.Count, Started: 7, Done: 5})
	if f.ops.begun != nil {
		f.ops.begun <- struct{}{}
		<-ctx.Done()
	}
	return rep, f.ops.note(fmt.Sprintf("drill %d", d.Count), d.Request)
}
