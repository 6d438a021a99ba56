package custody

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onramp/fault"
)

// TestTaking: while a download is converted and recorded nobody else waits for that, a second taker is told that it is
// being downloaded, and what ends meanwhile ends: a download that left has left, one that did not is wiped.
func TestTaking(t *testing.T) {
	full := errors.New("disk full")
	for name, tt := range map[string]struct {
		meanwhile func(v *Vault)
		fails     error
		waits     bool   // meanwhile
		after     string // what the next taker is told; "" when he gets it
	}{
		"left":                      {waits: true, after: "already downloaded"},
		"not recorded":              {waits: true, fails: full},
		"over, left":                {meanwhile: pass(time.Minute), after: "already downloaded"},
		"over, not recorded":        {meanwhile: pass(time.Minute), fails: full, after: "not downloaded in time"},
		"nearly over, not recorded": {meanwhile: pass(time.Minute - 1), fails: full, waits: true},
		"forgotten, left":           {meanwhile: func(v *Vault) { v.Forget(held("a")) }, after: "already downloaded"},
		"forgotten, not recorded":   {meanwhile: func(v *Vault) { v.Forget(held("a")) }, fails: full, after: "not downloaded in time"},
		"deleted, not recorded":     {meanwhile: func(v *Vault) { v.ForgetAll("payments") }, fails: full, after: "not downloaded in time"},
		"stopped, left":             {meanwhile: (*Vault).Close, after: "already downloaded"},
		"stopped, not recorded":     {meanwhile: (*Vault).Close, fails: full, after: "not downloaded in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := NewVault(time.Minute, nil)
				defer v.Close()
				content, other := []byte("PRIVATE"), Held{"omar", "orders", "b"}
				b, err := v.Book(held("a"), other)
				if err != nil {
					t.Fatal(err)
				}
				b.Put(held("a"), "x", content)
				_, out, err := v.TakeAs(held("a"), func(_ string, c []byte) (string, []byte, error) {
					b.Put(other, "y", []byte("k"))
					if _, got, err := take(v, other); err != nil || string(got) != "k" {
						t.Errorf("another person's download meanwhile: %q, %v", got, err)
					}
					if tt.meanwhile != nil {
						tt.meanwhile(v)
					}
					if _, ok := v.Waiting(held("a")); ok != tt.waits {
						t.Errorf("meanwhile it waits: %v", ok)
					}
					_, got, err := take(v, held("a"))
					if got != nil || !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Title(err), "being downloaded") {
						t.Errorf("the second taker: %q, %v", got, err)
					}
					if string(c) != "PRIVATE" {
						t.Errorf("wiped in the taker's hands: %q", c)
					}
					return "x", bytes.Clone(c), tt.fails
				})
				if err != tt.fails || (err == nil) != (string(out) == "PRIVATE") {
					t.Errorf("taken: %q, %v", out, err)
				}
				if gone := bytes.Equal(content, make([]byte, 7)); gone != (tt.after != "") {
					t.Errorf("kept afterwards: %q", content)
				}
				_, out, err = take(v, held("a"))
				if tt.after == "" {
					if err != nil || string(out) != "PRIVATE" {
						t.Errorf("taken again: %q, %v", out, err)
					}
				} else if out != nil || !fault.Is(err, fault.Gone) || !strings.Contains(fault.Title(err), tt.after) {
					t.Errorf("the next taker: %q, %v", out, err)
				}
			})
		})
	}
}

// pass lets time pass, and the timers that are due.
func pass(d time.Duration) func(*Vault) {
	return func(*Vault) { <-time.After(d); synctest.Wait() }
}

// TestUseHoldsNobodyUp: who looks at a download has a copy, which is wiped when he has seen it.
func TestUseHoldsNobodyUp(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := put(v, "a", "x", []byte("PRIVATE")); err != nil {
		t.Fatal(err)
	}
	var kept []byte
	err := v.Use(held("a"), func(c []byte) error {
		kept = c
		if _, out, err := take(v, held("a")); err != nil || string(out) != "PRIVATE" {
			t.Errorf("taken meanwhile: %q, %v", out, err)
		}
		if string(c) != "PRIVATE" {
			t.Errorf("wiped while it was looked at: %q", c)
		}
		return nil
	})
	if err != nil || !bytes.Equal(kept, make([]byte, 7)) {
		t.Errorf("Use = %v, kept %q", err, kept)
	}
}

// TestTakingPanics: a conversion that panics puts the download back.
func TestTakingPanics(t *testing.T) {
	v := NewVault(time.Minute, nil)
	defer v.Close()
	if err := put(v, "a", "x", []byte("PRIVATE")); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _, _ = v.TakeAs(held("a"), func(string, []byte) (string, []byte, error) { panic("no") })
	}()
	if _, out, err := take(v, held("a")); err != nil || string(out) != "PRIVATE" {
		t.Errorf("after the panic: %q, %v", out, err)
	}
}
