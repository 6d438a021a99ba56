package custody

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onramp/certsvc"
)

// lend reads a pair and lends it.
func lend(k *Keyring, id string, cert, key []byte) (Lent, []certsvc.Repair, error) {
	pair, done, err := k.ReadPair(cert, key)
	if err == nil {
		k.Lend(held(id), pair)
	}
	return pair, done, err
}

// TestKeyring: a lent pair is there for its time, then wiped; a new one takes the place of the old.
func TestKeyring(t *testing.T) {
	s := makeSet(t)
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyring(30*time.Minute, nil)
		lent, done, err := lend(k, "m1", append([]byte("\uFEFF"), s.leaf.CertPEM...), s.leaf.Key.Reveal())
		if err != nil || len(done) != 1 || done[0].Code != "KP-16" || !lent.Leaf.Equal(s.leaf.Cert) {
			t.Fatalf("Lend = %+v, %v, %v", lent, done, err)
		}
		got, ok := k.Get(held("m1"))
		if !ok || !bytes.Equal(got.CertPEM, s.leaf.CertPEM) || !bytes.Equal(got.KeyPEM.Reveal(), s.leaf.Key.Reveal()) || time.Until(got.Until) != 30*time.Minute {
			t.Errorf("Get = %+v, %v", got, ok)
		}
		if _, ok := k.Get(held("m2")); ok {
			t.Error("another migration sees the pair")
		}
		kept := heldKey(k, "m1")
		other, err := certsvc.New(certsvc.Options{}).Leaf(s.ca, certsvc.LeafSpec{CommonName: "other"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		if _, _, err := lend(k, "m1", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(kept, make([]byte, len(kept))) {
			t.Error("the replaced key is still in memory")
		}
		if !strings.Contains(string(got.KeyPEM.Reveal()), "PRIVATE KEY") {
			t.Error("a key in use was wiped in the user's hands")
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if got, ok := k.Get(held("m1")); !ok || !got.Leaf.Equal(other.Cert) {
			t.Error("the first pair's time ended the second's")
		}
		kept = heldKey(k, "m1")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if _, ok := k.Get(held("m1")); ok || !bytes.Equal(kept, make([]byte, len(kept))) {
			t.Error("the pair outlives its time")
		}
		for range 2 {
			if _, _, err := lend(k, "m1", other.CertPEM, other.Key.Reveal()); err != nil {
				t.Fatal(err)
			}
			k.Forget(held("m1"))
			k.Forget(held("m1"))
			if _, ok := k.Get(held("m1")); ok {
				t.Error("Forget kept the pair")
			}
		}
		if _, _, err := lend(k, "m1", other.CertPEM, s.leaf.Key.Reveal()); err == nil {
			t.Error("a pair that is none was lent")
		}
		if _, _, err := lend(k, "m3", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		kept = heldKey(k, "m3")
		k.Close()
		k.Close()
		if _, ok := k.Get(held("m3")); ok || !bytes.Equal(kept, make([]byte, len(kept))) {
			t.Error("Close kept a pair")
		}
		if _, _, err := lend(k, "m4", other.CertPEM, other.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		if _, ok := k.Get(held("m4")); ok {
			t.Error("a closed keyring keeps pairs")
		}
	})
}

// heldKey is the keyring's own copy of a key.
func heldKey(k *Keyring, id string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lent[held(id)].KeyPEM.Reveal()
}

// TestKeyringClock: the given clock ends a lending too.
func TestKeyringClock(t *testing.T) {
	s := makeSet(t)
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	k := NewKeyring(time.Minute, func() time.Time { return now })
	defer k.Close()
	if _, _, err := lend(k, "m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, ok := k.Get(held("m")); ok {
		t.Error("the pair outlives the clock")
	}
}

// TestKeyringMove: a pair that gets another name keeps its time, and a late timer of the old name ends nothing.
func TestKeyringMove(t *testing.T) {
	s := makeSet(t)
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyring(30*time.Minute, nil)
		defer k.Close()
		for _, id := range []string{"old", "new"} {
			if _, _, err := lend(k, id, s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
				t.Fatal(err)
			}
		}
		was, key, late := heldKey(k, "old"), heldKey(k, "new"), k.lent[held("new")]
		time.Sleep(29 * time.Minute)
		if !k.Move(held("new"), held("old")) {
			t.Fatal("there was nothing to move")
		}
		k.expire(held("new"), late)
		got, ok := k.Get(held("old"))
		if !ok || !bytes.Equal(got.KeyPEM.Reveal(), s.leaf.Key.Reveal()) || time.Until(got.Until) != time.Minute {
			t.Errorf("moved: %v, %s left", ok, time.Until(got.Until))
		}
		if _, ok := k.Get(held("new")); ok || !bytes.Equal(was, make([]byte, len(was))) {
			t.Error("the pair has its old name too, or the pair before it is still in memory")
		}
		if !k.Move(held("old"), held("old")) {
			t.Error("a pair that keeps its name is lost")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, ok := k.lent[held("old")]; ok || !bytes.Equal(key, make([]byte, len(key))) {
			t.Error("a moved pair outlives its time")
		}
		if k.Move(held("old"), held("new")) {
			t.Error("a pair moved whose time is over")
		}
	})
}
