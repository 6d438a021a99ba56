package doctor

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip" // also makes the compression known
	"google.golang.org/grpc/status"
)

// backOff are the pauses before the second and the third try of a call that may pass by itself (P14).
var backOff = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond}

// passing is the fault that a failed call shows if it passes by itself: a server's farewell, which SDKs get over
// by connecting again (H2-09, SY-09), or a service that cannot answer for the moment (SY-08). It is "" for all else.
func (r *run) passing(err error) string {
	st := status.Convert(err)
	if st.Code() != codes.Unavailable {
		return ""
	}
	m := st.Message()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(m, p) {
				return true
			}
		}
		return false
	}
	said, left := r.rpc.given.farewell()
	switch {
	case left && said.tooManyPings():
		return "" // trying again would be the fault itself
	case left && said.debug == "max_age":
		return "H2-09"
	case left && said.code == http2.ErrCodeNo, has("draining", "shutting down", "shutdown in progress"):
		return "SY-09"
	case has("shard"):
		return "SY-08"
	}
	return ""
}

// askTemporal calls GetSystemInfo, up to three times where it may pass by itself. It reports false when the
// ladder stopped meanwhile.
func (r *run) askTemporal(ctx context.Context) (*workflowservice.GetSystemInfoResponse, error, bool) {
	for try := 0; ; try++ {
		res, err := r.systemInfo(ctx)
		if err == nil {
			return res, nil, true
		}
		code := r.passing(err)
		if code == "" || try == len(backOff) || ctx.Err() != nil {
			return nil, err, true
		}
		if code != "SY-08" {
			end, alert := r.rpc.given.how(100 * time.Millisecond)
			r.see("first_try", describeEnd(end, alert))
			if end == endAlert && !r.t.Plaintext {
				r.lateRefusal(ctx, alert)
				return nil, err, false
			}
		}
		if !pause(ctx, backOff[try]) || code != "SY-08" && !r.reconnect(ctx) {
			return nil, err, true
		}
		r.note(code) // no alarm when a later try passes
		r.see("tries", try+2)
	}
}

// pause waits; false when the check ends before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// compressed makes the same call compressed, as newer SDKs do with every call, at the same time as the plain
// one. The channel gets its error.
func (r *run) compressed(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	rpc, budget := r.rpc, r.o.Budgets.RPC
	plain := r.t.Plaintext
	go func() {
		ctx, cancel := context.WithTimeout(ctx, budget)
		defer cancel()
		_, err := rpc.svc.GetSystemInfo(rpc.context(ctx, plain), &workflowservice.GetSystemInfoRequest{}, grpc.WaitForReady(false), grpc.UseCompressor(gzip.Name))
		done <- err
	}()
	return done
}

// judgeCompressed warns of a server that answers plain calls only (H2-13). Newer SDKs fall back, others fail.
func (r *run) judgeCompressed(done <-chan error) {
	t := time.NewTimer(min(r.o.Budgets.Probe, 300*time.Millisecond))
	defer t.Stop()
	select {
	case err := <-done:
		if st := status.Convert(err); st.Code() == codes.Unimplemented && unknownCompression(st.Message()) {
			r.see("compressed_call", st.Message())
			r.warn("H2-13")
		}
	case <-t.C:
	}
}

func unknownCompression(m string) bool {
	m = strings.ToLower(m)
	return strings.Contains(m, "decompress") || strings.Contains(m, "grpc-encoding") || strings.Contains(m, "compressor")
}

// withoutTLS names why a call on a connection without TLS broke. A handshake with TLS, which sends nothing of
// the user's, shows whether the server speaks it.
func (r *run) withoutTLS(ctx context.Context) {
	roots, _ := r.roots()
	s := r.shake(roots)
	s.only, s.budget = true, r.o.Budgets.Probe
	h := r.again(ctx, s)
	h.close()
	if h.raw != nil && h.raw.records.head[0] == 22 || h.verified {
		r.see("with_tls", "the server answers")
	}
	var also []Candidate
	if r.apiKey != "" {
		also = append(also, candidate("AK-09", "An API key alone did not switch TLS on in older SDKs."))
	}
	if r.cloudHost() {
		r.stop("PR-05", Likely, also...)
		return
	}
	r.stop("PR-04", Likely, also...)
}
