package certsvc

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onramp/fault"
)

// TestVaultOnce: a download leaves once; the second asks is told why not and what to do.
func TestVaultOnce(t *testing.T) {
	v := NewVault(10*time.Minute, nil)
	defer v.Close()
	if err := v.Put("a", "bundle.zip", []byte("key")); err != nil {
		t.Fatal(err)
	}
	if until, ok := v.Waiting("a"); !ok || time.Until(until) < 9*time.Minute {
		t.Errorf("Waiting = %s, %v", until, ok)
	}
	name, content, err := v.Take("a")
	if err != nil || name != "bundle.zip" || string(content) != "key" {
		t.Fatalf("Take = %q, %q, %v", name, content, err)
	}
	if _, ok := v.Waiting("a"); ok {
		t.Error("it still waits after it was taken")
	}
	_, content, err = v.Take("a")
	f := fault.From(err)
	if f == nil || f.Kind != fault.Gone || content != nil || !strings.Contains(f.Title, "already downloaded") || !strings.Contains(f.Cause, "once") || !strings.Contains(f.Fix, "replace") {
		t.Errorf("second Take = %q, %+v", content, f)
	}
	if err := v.Put("a", "bundle.zip", []byte("other")); !fault.Is(err, fault.Conflict) {
		t.Errorf("Put under a used id = %v", err)
	}
	_, _, err = v.Take("never")
	if f := fault.From(err); f == nil || f.Kind != fault.NotFound || !strings.Contains(f.Cause, "restart") {
		t.Errorf("Take of an unknown id = %+v", f)
	}
}

// TestVaultExpires: what nobody fetches is wiped in memory at its time, and says so.
func TestVaultExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVault(10*time.Minute, nil)
		content := []byte("PRIVATE")
		if err := v.Put("a", "bundle.zip", content); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute - time.Nanosecond)
		synctest.Wait()
		if !bytes.Equal(content, []byte("PRIVATE")) {
			t.Error("wiped too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !bytes.Equal(content, make([]byte, 7)) {
			t.Errorf("the content is still in memory: %q", content)
		}
		_, got, err := v.Take("a")
		f := fault.From(err)
		if f == nil || f.Kind != fault.Gone || got != nil || !strings.Contains(f.Title, "not downloaded in time") || !strings.Contains(f.Cause, "10 minutes") {
			t.Errorf("Take after the time = %q, %+v", got, f)
		}
		if err := v.Put("b", "x", []byte("PRIVATE")); err != nil {
			t.Fatal(err)
		}
		if _, taken, err := v.Take("b"); err != nil {
			t.Fatal(err)
		} else {
			time.Sleep(time.Hour)
			synctest.Wait()
			if string(taken) != "PRIVATE" {
				t.Error("what was taken was wiped in the taker's hands")
			}
		}
		v.Close()
		v.Close()
		if err := v.Put("c", "x", nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Put after Close = %v", err)
		}
	})
}

// TestVaultClock: the given clock decides too, as a laptop may sleep over its timers.
func TestVaultClock(t *testing.T) {
	var ahead atomic.Int64
	v := NewVault(time.Minute, func() time.Time { return testNow.Add(time.Duration(ahead.Load())) })
	defer v.Close()
	content := []byte("PRIVATE")
	if err := v.Put("a", "x", content); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(time.Minute))
	if _, _, err := v.Take("a"); !fault.Is(err, fault.Gone) || !bytes.Equal(content, make([]byte, 7)) {
		t.Errorf("Take = %v with %q", err, content)
	}
}

// TestVaultRace: of many takers exactly one gets it.
func TestVaultRace(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := v.Put("a", "x", []byte("k")); err != nil {
		t.Fatal(err)
	}
	var got atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, _, err := v.Take("a"); err == nil {
				got.Add(1)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d takers got the key", got.Load())
	}
}

// TestVaultBounds: neither waiting downloads nor remembered ids grow without end.
func TestVaultBounds(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	for i := range maxHeld {
		if err := v.Put(fmt.Sprint(i), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Put("one more", "x", nil); !fault.Is(err, fault.TooMany) {
		t.Errorf("Put beyond the bound = %v", err)
	}
	for i := range maxRemembered + maxHeld {
		id := fmt.Sprint("r", i)
		_, _, _ = v.Take(fmt.Sprint(i))
		if err := v.Put(id, "x", nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := v.Take(id); err != nil {
			t.Fatal(err)
		}
	}
	if len(v.gone) > maxRemembered || len(v.order) > maxRemembered {
		t.Errorf("%d and %d ids are remembered", len(v.gone), len(v.order))
	}
}

// TestKeyring: a lent pair is there for its time, then wiped; a new one takes the place of the old.
func TestKeyring(t *testing.T) {
	s := makeSet()
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyring(30*time.Minute, nil)
		lent, done, err := k.Lend("m1", cat([]byte("\uFEFF"), s.leaf.CertPEM), s.leaf.Key.Reveal())
		if err != nil || len(done) != 1 || done[0].Code != "KP-16" || !lent.Leaf.Equal(s.leaf.Cert) {
			t.Fatalf("Lend = %+v, %v, %v", lent, done, err)
		}
		got, ok := k.Get("m1")
		if !ok || !bytes.Equal(got.CertPEM, s.leaf.CertPEM) || !bytes.Equal(got.KeyPEM.Reveal(), s.leaf.Key.Reveal()) || time.Until(got.Until) != 30*time.Minute {
			t.Errorf("Get = %+v, %v", got, ok)
		}
		if _, ok := k.Get("m2"); ok {
			t.Error("another migration sees the pair")
		}
		held := heldKey(k, "m1")
		other, err := testService().Leaf(s.ca, LeafSpec{CommonName: "other"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		if _, _, err := k.Lend("m1", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(held, make([]byte, len(held))) {
			t.Error("the replaced key is still in memory")
		}
		if !strings.Contains(string(got.KeyPEM.Reveal()), "PRIVATE KEY") {
			t.Error("a key in use was wiped in the user's hands")
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if got, ok := k.Get("m1"); !ok || !got.Leaf.Equal(other.Cert) {
			t.Error("the first pair's time ended the second's")
		}
		held = heldKey(k, "m1")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if _, ok := k.Get("m1"); ok || !bytes.Equal(held, make([]byte, len(held))) {
			t.Error("the pair outlives its time")
		}
		for range 2 {
			if _, _, err := k.Lend("m1", other.CertPEM, other.Key.Reveal()); err != nil {
				t.Fatal(err)
			}
			k.Forget("m1")
			k.Forget("m1")
			if _, ok := k.Get("m1"); ok {
				t.Error("Forget kept the pair")
			}
		}
		if _, _, err := k.Lend("m1", other.CertPEM, s.leaf.Key.Reveal()); err == nil {
			t.Error("a pair that is none was lent")
		}
		if _, _, err := k.Lend("m3", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		held = heldKey(k, "m3")
		k.Close()
		k.Close()
		if _, ok := k.Get("m3"); ok || !bytes.Equal(held, make([]byte, len(held))) {
			t.Error("Close kept a pair")
		}
		if _, _, err := k.Lend("m4", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		if _, ok := k.Get("m4"); ok {
			t.Error("a closed keyring keeps pairs")
		}
	})
}

// heldKey is the keyring's own copy of a key.
func heldKey(k *Keyring, id string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lent[id].KeyPEM.Reveal()
}

// TestLateTimers: a timer that fires while its download is taken, or its pair replaced, does no harm.
func TestLateTimers(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := v.Put("a", "x", []byte("PRIVATE")); err != nil {
		t.Fatal(err)
	}
	d := v.held["a"]
	_, content, err := v.Take("a")
	v.expire("a", d)
	if _, _, again := v.Take("a"); err != nil || string(content) != "PRIVATE" || !strings.Contains(fault.Title(again), "already downloaded") {
		t.Errorf("%q, %v, %v", content, err, again)
	}

	s := makeSet()
	k := NewKeyring(time.Minute, nil)
	defer k.Close()
	if _, _, err := k.Lend("m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	first := k.lent["m"]
	if _, _, err := k.Lend("m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	k.expire("m", first)
	if _, ok := k.Get("m"); !ok {
		t.Error("the first pair's timer took the second away")
	}
}

// TestKeyringClock: the given clock ends a lending too.
func TestKeyringClock(t *testing.T) {
	s := makeSet()
	now := testNow
	k := NewKeyring(time.Minute, func() time.Time { return now })
	defer k.Close()
	if _, _, err := k.Lend("m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, ok := k.Get("m"); ok {
		t.Error("the pair outlives the clock")
	}
}
