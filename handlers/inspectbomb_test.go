package handlers_test

import (
	"context"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/limit"
)

// costlyKey is an encrypted key of some 300 bytes whose passphrase takes 64 MB and a fraction of a second to stretch.
func costlyKey(t *testing.T) string {
	t.Helper()
	raw := func(v any) asn1.RawValue {
		b, err := asn1.Marshal(v)
		check(t, err)
		return asn1.RawValue{FullBytes: b}
	}
	type algorithm struct {
		ID     asn1.ObjectIdentifier
		Params asn1.RawValue
	}
	scrypt := algorithm{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}, raw(struct {
		Salt    []byte
		N, R, P int
	}{[]byte("saltsalt"), 1 << 16, 8, 1})}
	aes := algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, raw(make([]byte, 16))}
	pbes2 := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, raw(struct{ KDF, Cipher algorithm }{scrypt, aes})}
	der := raw(struct {
		Algorithm algorithm
		Data      []byte
	}{pbes2, make([]byte, 64)}).FullBytes
	return string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}))
}

// TestInspectTogether: sixty people inspect what is costly at once. Some are told to come again, those who leave cost
// nothing more, memory stays bounded, and other pages are answered meanwhile.
func TestInspectTogether(t *testing.T) {
	d := sit(t, deskOptions{})
	body := values([]string{"text", costlyKey(t), "passphrase", "wrong"}).Encode()
	held := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	runtime.GC()
	idle, peak := held(), uint64(0)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var mu sync.Mutex
	answers := map[int]int{}
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			who := t.Context()
			if i%2 == 1 {
				who = ctx
			}
			r, err := http.NewRequestWithContext(who, "POST", d.srv.URL+"/certificates/inspect", strings.NewReader(body))
			check(t, err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := d.client.Do(r)
			status := 0 // left
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				status = resp.StatusCode
			}
			mu.Lock()
			defer mu.Unlock()
			answers[status]++
			if answers[200] == 2 {
				leave()
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	var others []time.Duration
	for open := true; open; {
		began := time.Now()
		d.get("/help").want(t, 200)
		others = append(others, time.Since(began))
		peak = max(peak, held())
		select {
		case <-ended:
			open = false
		default:
		}
	}
	slices.Sort(others)
	more := int64(peak) - int64(idle)
	t.Logf("answers %v; %d other pages meanwhile, half within %v, the slowest %v; %d MB above idle", answers, len(others), others[len(others)/2], others[len(others)-1], more>>20)
	if answers[200] == 0 || answers[429] == 0 || answers[200]+answers[429]+answers[0] != 60 {
		t.Errorf("answers %v, want 200, 429 and those who left", answers)
	}
	if more > 300<<20 {
		t.Errorf("%d MB above idle", more>>20)
	}
	if n := limit.Shared.Waiting(); n != 0 {
		t.Errorf("%d pieces of work wait for nobody", n)
	}
	d.upload("/certificates/inspect", "text", costlyKey(t), "passphrase", "x").want(t, 200, "does not open") // and works again
}
