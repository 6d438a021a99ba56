package limit

import (
	"fmt"
	"testing"
	"time"
)

// TestRates: a burst, then an even rate, each key for itself; and memory stays bounded whoever asks.
func TestRates(t *testing.T) {
	r := &Rates{AMinute: 6, AtOnce: 3}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for i, want := range []time.Duration{0, 0, 0, 10 * time.Second, 10 * time.Second} {
		if got := r.Take("a", now); got != want {
			t.Errorf("take %d waits %s, want %s", i, got, want)
		}
	}
	if got := r.Take("b", now); got != 0 {
		t.Errorf("another key waits %s", got)
	}
	now = now.Add(4 * time.Second)
	if got := r.Take("a", now); got != 6*time.Second {
		t.Errorf("after 4 s it waits %s, want 6 s", got)
	}
	now = now.Add(6 * time.Second)
	if got := r.Take("a", now); got != 0 {
		t.Errorf("after 10 s it waits %s", got)
	}
	if got := new(Rates).Take("a", now); got <= 0 {
		t.Error("the zero Rates lets something through")
	}
	for i := range 3 * maxKept {
		r.Take(fmt.Sprint(i), now)
	}
	if len(r.all) > maxKept {
		t.Errorf("%d keys are kept", len(r.all))
	}
	now = now.Add(time.Hour)
	r.Take("late", now)
	for i := range maxKept {
		r.Take(fmt.Sprint("x", i), now)
	}
	if len(r.all) > maxKept {
		t.Errorf("%d keys are kept", len(r.all))
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "nobody": "nobody"} {
		if got := Network(address); got != want {
			t.Errorf("%q is counted as %q, want %q", address, got, want)
		}
	}
}
