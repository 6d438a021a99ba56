package certsvc

import (
	"context"
	"crypto/x509"

	"onramp/limit"
)

// What is read and judged at once, without asking limit.Shared: it takes less than some 20 ms of a processor and some
// megabytes, whatever is in it (TestCheap). What Onramp stored itself is no more, so pages are shown however busy it is.
const (
	cheap      = MaxBundleBytes // bytes of text: a namespace's whole bundle
	cheapProof = 20_000         // what verifying by every key once may cost, in about microseconds
)

// admitted runs work, which reads so many bytes of a text that a stranger may have sent and asks for no admission
// itself: at once where that is cheap, else behind limit.Shared, where all who bring something take one share of the
// machine together. The error is a TooMany fault where too much waits; then work was not begun.
func admitted(bytes int, work func()) error {
	if bytes <= cheap {
		work()
		return nil
	}
	return refusedWork(limit.Shared.Do(context.Background(), parseMemory, func(context.Context) error {
		work()
		return nil
	}))
}

// proofs are how many bytes a text of cheap size would have that costs as much to verify as these certificates.
func proofs(certs ...*x509.Certificate) int {
	cost := 0
	for _, c := range certs {
		cost += verifyCost(c)
	}
	return cost * cheap / cheapProof
}

// admit is recognise for everybody but Inspect, which is admitted as a whole.
func admit(raw []byte) (f found, err error) {
	if busy := admitted(len(raw), func() { f, err = recognise(raw) }); busy != nil {
		return found{}, busy
	}
	return f, err
}
