package custody

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// held names something of dana's; what is another person's is in TestNobodyElses.
func held(what string) Held { return Held{"dana", "payments", what} }

// put books room for a download and puts it there.
func put(v *Vault, id, name string, content []byte) error {
	b, err := v.Book(held(id))
	if err != nil {
		return err
	}
	defer b.Close()
	b.Put(held(id), name, content)
	return nil
}

// take hands a download out as it is.
func take(v *Vault, id Held) (name string, content []byte, err error) {
	return v.TakeAs(id, func(name string, content []byte) (string, []byte, error) { return name, bytes.Clone(content), nil })
}

type set struct{ ca, leaf certsvc.Issued }

func makeSet(t testing.TB) set {
	t.Helper()
	made, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: "payments.a1b2c"})
	if err != nil {
		t.Fatal(err)
	}
	return set{made.CA, made.Leaf}
}

// TestVaultOnce: a download leaves once; the second asks is told why not and what to do.
func TestVaultOnce(t *testing.T) {
	v := NewVault(10*time.Minute, nil)
	defer v.Close()
	if err := put(v, "a", "bundle.zip", []byte("key")); err != nil {
		t.Fatal(err)
	}
	if until, ok := v.Waiting(held("a")); !ok || time.Until(until) < 9*time.Minute {
		t.Errorf("Waiting = %s, %v", until, ok)
	}
	name, content, err := take(v, held("a"))
	if err != nil || name != "bundle.zip" || string(content) != "key" {
		t.Fatalf("Take = %q, %q, %v", name, content, err)
	}
	if _, ok := v.Waiting(held("a")); ok {
		t.Error("it still waits after it was taken")
	}
	_, content, err = take(v, held("a"))
	f := fault.From(err)
	if f == nil || f.Kind != fault.Gone || content != nil || !strings.Contains(f.Title, "already downloaded") || !strings.Contains(f.Cause, "once") || !strings.Contains(f.Fix, "replace") {
		t.Errorf("second Take = %q, %+v", content, f)
	}
	if err := put(v, "a", "bundle.zip", []byte("other")); !fault.Is(err, fault.Conflict) {
		t.Errorf("Put under a used id = %v", err)
	}
	_, _, err = take(v, held("never"))
	if f := fault.From(err); f == nil || f.Kind != fault.NotFound || !strings.Contains(f.Cause, "restart") {
		t.Errorf("Take of an unknown id = %+v", f)
	}
}

// TestVaultExpires: what nobody fetches is wiped in memory at its time, and says so.
func TestVaultExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVault(10*time.Minute, nil)
		content := []byte("PRIVATE")
		if err := put(v, "a", "bundle.zip", content); err != nil {
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
		_, got, err := take(v, held("a"))
		f := fault.From(err)
		if f == nil || f.Kind != fault.Gone || got != nil || !strings.Contains(f.Title, "not downloaded in time") || !strings.Contains(f.Cause, "10 minutes") {
			t.Errorf("Take after the time = %q, %+v", got, f)
		}
		if err := put(v, "b", "x", []byte("PRIVATE")); err != nil {
			t.Fatal(err)
		}
		if _, taken, err := take(v, held("b")); err != nil {
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
		if err := put(v, "c", "x", nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Put after Close = %v", err)
		}
	})
}

// TestVaultClock: the given clock decides too, as a laptop may sleep over its timers.
func TestVaultClock(t *testing.T) {
	var ahead atomic.Int64
	v := NewVault(time.Minute, func() time.Time {
		return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).Add(time.Duration(ahead.Load()))
	})
	defer v.Close()
	content := []byte("PRIVATE")
	if err := put(v, "a", "x", content); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(time.Minute))
	if _, _, err := take(v, held("a")); !fault.Is(err, fault.Gone) || !bytes.Equal(content, make([]byte, 7)) {
		t.Errorf("Take = %v with %q", err, content)
	}
}

// TestVaultRace: of many takers exactly one gets it.
// ASVS 15.4.1.
func TestVaultRace(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := put(v, "a", "x", []byte("k")); err != nil {
		t.Fatal(err)
	}
	var got atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, _, err := take(v, held("a")); err == nil {
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
	for i := range maxHeld / 2 {
		if err := put(v, fmt.Sprint(i), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(v, "one more", "x", nil); !fault.Is(err, fault.TooMany) {
		t.Errorf("Put beyond the bound = %v", err)
	}
	for i := range maxRemembered + maxHeld/2 {
		id := fmt.Sprint("r", i)
		_, _, _ = take(v, held(fmt.Sprint(i)))
		if err := put(v, id, "x", nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := take(v, held(id)); err != nil {
			t.Fatal(err)
		}
	}
	if len(v.gone) > maxRemembered || len(v.order) > maxRemembered {
		t.Errorf("%d and %d ids are remembered", len(v.gone), len(v.order))
	}
}

// TestLateTimers: a timer that fires while its download is taken, or its pair replaced, does no harm.
func TestLateTimers(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := put(v, "a", "x", []byte("PRIVATE")); err != nil {
		t.Fatal(err)
	}
	d := v.held[held("a")]
	_, content, err := take(v, held("a"))
	v.expire(held("a"), d)
	if _, _, again := take(v, held("a")); err != nil || string(content) != "PRIVATE" || !strings.Contains(fault.Title(again), "already downloaded") {
		t.Errorf("%q, %v, %v", content, err, again)
	}

	s := makeSet(t)
	k := NewKeyring(time.Minute, nil)
	defer k.Close()
	if _, _, err := lend(k, "m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	first := k.lent[held("m")]
	if _, _, err := lend(k, "m", s.leaf.CertPEM, s.leaf.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	k.expire(held("m"), first)
	if _, ok := k.Get(held("m")); !ok {
		t.Error("the first pair's timer took the second away")
	}
}

// TestNobodyElses: what one person has made or lent is not there for another, nor in another migration, and goes with
// its migration whoever it belongs to.
func TestNobodyElses(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	k := NewKeyring(time.Minute, nil)
	defer k.Close()
	s := makeSet(t)
	dana, omar := Actor{Person: "dana"}, Actor{Person: "omar"}
	give := func(a Actor, migration string) {
		t.Helper()
		b, err := v.Book(a.Holds(migration, "bundle"))
		if err != nil {
			t.Fatal(err)
		}
		b.Put(a.Holds(migration, "bundle"), "x", []byte(a.Person))
		pair, _, err := k.ReadPair(s.leaf.CertPEM, s.leaf.Key.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		k.Lend(a.Holds(migration, ""), pair)
	}
	has := func(a Actor, migration string) (n int) {
		if _, ok := v.Waiting(a.Holds(migration, "bundle")); ok {
			n++
		}
		if _, ok := k.Get(a.Holds(migration, "")); ok {
			n++
		}
		return n
	}
	give(dana, "payments")
	for _, tt := range []struct {
		a         Actor
		migration string
		want      int
	}{{dana, "payments", 2}, {omar, "payments", 0}, {dana, "orders", 0}, {Actor{}, "payments", 0}} {
		if n := has(tt.a, tt.migration); n != tt.want {
			t.Errorf("%s has %d things in %s, want %d", tt.a.Person, n, tt.migration, tt.want)
		}
	}
	if _, _, err := take(v, omar.Holds("payments", "bundle")); !fault.Is(err, fault.NotFound) {
		t.Errorf("another person's download: %v", err)
	}
	give(omar, "payments")
	give(omar, "orders")
	v.ForgetAll("payments")
	k.ForgetAll("payments")
	if has(dana, "payments") != 0 || has(omar, "payments") != 0 || has(omar, "orders") != 2 {
		t.Error("what went with the migration is not what belonged to it")
	}
}

// TestVaultFairness: whoever makes as many downloads as one may, and however many such persons there are, leaves room for
// the next.
func TestVaultFairness(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	had := []int{}
	for person := range 100 {
		n := 0
		for ; ; n++ {
			b, err := v.Book(Held{fmt.Sprint("p", person), "payments", fmt.Sprint(n)})
			if err != nil {
				if !fault.Is(err, fault.TooMany) {
					t.Fatal(err)
				}
				break
			}
			b.Put(b.ids[0], "x", nil)
		}
		if n < fairHeld {
			t.Fatalf("person %d had room for %d downloads, at least %d", person, n, fairHeld)
		}
		had = append(had, n)
	}
	if had[0] != maxHeld/2 || had[1] != maxHeld/4 || len(v.held) > maxHeld+reserve {
		t.Errorf("they had %v", had)
	}
}

// TestBooking: what is booked has its room, what was not put gives it back, and one booking is all or none.
func TestBooking(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	all := make([]Held, maxHeld/2)
	for i := range all {
		all[i] = held(fmt.Sprint(i))
	}
	b, err := v.Book(all...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Book(held("one more")); !fault.Is(err, fault.TooMany) {
		t.Errorf("beyond what is booked: %v", err)
	}
	if _, err := v.Book(all[0]); !fault.Is(err, fault.Conflict) {
		t.Errorf("booked twice: %v", err)
	}
	other := Held{"omar", "payments", "x"}
	if b2, err := v.Book(other); err != nil {
		t.Errorf("one person's room is another's: %v", err)
	} else {
		b2.Close()
	}
	b.Put(all[0], "x", []byte("k"))
	lost := []byte("PRIVATE")
	b.Close()
	b.Put(all[1], "x", lost)
	if _, ok := v.Waiting(all[1]); ok || !bytes.Equal(lost, make([]byte, 7)) {
		t.Error("what is put after the booking's end is kept")
	}
	if _, ok := v.Waiting(all[0]); !ok {
		t.Error("the end of the booking took what was put")
	}
	b3, err := v.Book(all[1:]...)
	if err != nil {
		t.Errorf("the room was not given back: %v", err)
	}
	b3.Close()
	var none *Booking
	none.Close()
}

// TestTakeAs: a download leaves in another form once; when that fails it stays; when its time is over it is gone, and
// nobody converts it.
func TestTakeAs(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	v := NewVault(time.Minute, func() time.Time { return now })
	defer v.Close()
	content := []byte("PRIVATE")
	if err := put(v, "a", "bundle.zip", content); err != nil {
		t.Fatal(err)
	}
	asked := 0
	upper := func(name string, c []byte) (string, []byte, error) {
		asked++
		return name + ".p12", append([]byte("as "), c...), nil
	}
	if _, _, err := v.TakeAs(held("a"), func(string, []byte) (string, []byte, error) { return "", nil, errors.New("no room") }); err == nil || string(content) != "PRIVATE" {
		t.Errorf("a form that failed: %v, %q", err, content)
	}
	name, out, err := v.TakeAs(held("a"), upper)
	if err != nil || name != "bundle.zip.p12" || string(out) != "as PRIVATE" || !bytes.Equal(content, make([]byte, 7)) {
		t.Errorf("TakeAs = %q %q %v, kept %q", name, out, err, content)
	}
	if _, _, err := v.TakeAs(held("a"), upper); !fault.Is(err, fault.Gone) || asked != 1 {
		t.Errorf("twice: %v, asked %d times", err, asked)
	}
	late := []byte("PRIVATE")
	if err := put(v, "b", "x", late); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	_, out, err = v.TakeAs(held("b"), upper)
	if f := fault.From(err); f == nil || f.Kind != fault.Gone || !strings.Contains(f.Title, "not downloaded in time") || out != nil || asked != 1 || !bytes.Equal(late, make([]byte, 7)) {
		t.Errorf("after its time: %q, %v, asked %d times, kept %q", out, err, asked, late)
	}
	if err := put(v, "c", "x", []byte("PRIVATE")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if err := v.Use(held("c"), func([]byte) error { asked++; return nil }); !fault.Is(err, fault.Gone) || asked != 1 {
		t.Errorf("looked at after its time: %v", err)
	}
}

// TestVaultUse: a look takes nothing; another form is taken once, and a failure to make it takes nothing.
func TestVaultUse(t *testing.T) {
	v := NewVault(10*time.Minute, nil)
	defer v.Close()
	content := []byte("key")
	if err := put(v, "a", "bundle.zip", content); err != nil {
		t.Fatal(err)
	}
	seen := ""
	look := func(b []byte) error { seen = string(b); return nil }
	if err := v.Use(held("a"), look); err != nil || seen != "key" {
		t.Errorf("Use = %v, %q", err, seen)
	}
	bad := fault.New(fault.Invalid, "no", "no")
	if _, _, err := v.TakeAs(held("a"), func(string, []byte) (string, []byte, error) { return "", nil, bad }); err != bad {
		t.Errorf("TakeAs = %v", err)
	}
	if _, ok := v.Waiting(held("a")); !ok {
		t.Fatal("a failure took it")
	}
	name, out, err := v.TakeAs(held("a"), func(_ string, b []byte) (string, []byte, error) { return "x.p12", append([]byte("p12:"), b...), nil })
	if err != nil || name != "x.p12" || string(out) != "p12:key" {
		t.Errorf("TakeAs = %q, %q, %v", name, out, err)
	}
	if string(content) != "\x00\x00\x00" {
		t.Errorf("what was kept is still there: %q", content)
	}
	if err := v.Use(held("a"), look); !fault.Is(err, fault.Gone) {
		t.Errorf("Use of what is gone = %v", err)
	}
	if _, _, err := v.TakeAs(held("a"), nil); !fault.Is(err, fault.Gone) {
		t.Errorf("TakeAs of what is gone = %v", err)
	}
	if err := v.Use(held("never"), look); !fault.Is(err, fault.NotFound) {
		t.Errorf("Use of an unknown id = %v", err)
	}
}

// TestVaultDecidesOnce: an answer rests on one look at the clock, so that what is not there at first leaves by no other
// way: unconverted, and so unrecorded.
func TestVaultDecidesOnce(t *testing.T) {
	for name, ask := range map[string]func(v *Vault, asked *int) ([]byte, error){
		"TakeAs": func(v *Vault, asked *int) ([]byte, error) {
			_, out, err := v.TakeAs(held("a"), func(_ string, c []byte) (string, []byte, error) { *asked++; return "", bytes.Clone(c), nil })
			return out, err
		},
		"Use": func(v *Vault, asked *int) ([]byte, error) {
			return nil, v.Use(held("a"), func([]byte) error { *asked++; return nil })
		},
	} {
		start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		now, looks := start, 0
		v := NewVault(time.Minute, func() time.Time { looks++; defer func() { now = start }(); return now })
		content := []byte("PRIVATE")
		if err := put(v, "a", "x", content); err != nil {
			t.Fatal(err)
		}
		now, looks = start.Add(time.Minute), 0 // at the first look; then somebody sets the clock back
		asked := 0
		out, err := ask(v, &asked)
		if out != nil || !fault.Is(err, fault.Gone) || asked != 0 || looks != 1 || !strings.Contains(fault.Title(err), "not downloaded in time") || !bytes.Equal(content, make([]byte, 7)) {
			t.Errorf("%s = %q, %v, asked %d times, looked %d times, kept %q", name, out, err, asked, looks, content)
		}
		v.Close()
	}
}
