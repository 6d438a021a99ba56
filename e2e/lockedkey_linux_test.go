package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestLockedCAKeyInMemory counts the copies of a kept CA key and of its passphrase: none of the key in the portal, open or
// locked, for a process of its own has it that ends at the lock. The passphrase comes in a form: how often the portal's
// memory holds it is printed (SECURITY.md).
func TestLockedCAKeyInMemory(t *testing.T) {
	const phrase = "otter lantern brisk 41 gravel"
	data := t.TempDir()
	p := openPortal(t, data, "127.0.0.1:0", "--rehearsal", "off")
	v := visit(t, p.url)
	m := v.form("/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration").path
	m = strings.Join(strings.Split(m, "/")[:3], "/")
	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "its namespace")
	v.upload(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "payments CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	caKey := v.form(m+"/certificates/ca-key.zip").ok(t, "ca-key.zip").files(t)["ca.key"]
	v.upload(m+"/certificates/key/keep", "ca_source", "paste", "ca_key", caKey, "passphrase", phrase, "repeat", phrase).ok(t, "the key is kept")
	made, _ := copies(t, p, caKey)
	t.Logf("made by the portal, downloaded and kept: %d copies of the key until it is started again", made)
	if made == 0 {
		t.Error("the search does not find a key that was made here")
	}
	p.stop()

	p = openPortal(t, data, "127.0.0.1:0", "--rehearsal", "off")
	v = visit(t, p.url)
	open := func() {
		t.Helper()
		v.form(m+"/certificates/key/open", "passphrase", phrase).ok(t, "the key is open")
	}
	sign := func(name string) {
		t.Helper()
		v.upload(m+"/certificates/clients", "ca_from", "kept", "name", name, "key_type", "ec-p256", "maker", "server").ok(t, "a certificate is signed")
	}
	phrases := func() (n int) {
		memory(t, p.cmd.Process.Pid, func(part []byte) {
			n += bytes.Count(part, []byte(phrase)) + bytes.Count(part, []byte(strings.ReplaceAll(phrase, " ", "+")))
		})
		return n
	}
	open()
	t.Logf("open: %d copies of the passphrase in the portal's memory", phrases())
	agents := children(t, p.cmd.Process.Pid)
	if len(agents) != 1 {
		t.Fatalf("%d processes hold the open key, want 1", len(agents))
	}
	if n, where := copiesIn(t, agents[0], caKey); n == 0 {
		t.Error("the search does not find the key where it is open")
	} else {
		t.Logf("open: %d copies in the process that signs (%v)", n, where)
	}
	for i := range 5 {
		sign(fmt.Sprint("client-", i))
	}
	if n, where := copies(t, p, caKey); n != 0 {
		t.Errorf("open: the key is %d times in the portal's memory: %v", n, where)
	}
	v.form(m+"/certificates/key/lock").ok(t, "the key is locked")
	if left := children(t, p.cmd.Process.Pid); len(left) != 0 {
		t.Errorf("locked: %d processes are left", len(left))
	}
	n, where := copies(t, p, caKey)
	if n != 0 {
		t.Errorf("locked: the key is %d times in the portal's memory: %v", n, where)
	}
	t.Logf("locked: %d copies of the key, %d of the passphrase in the portal's memory", n, phrases())

	open() // a portal that is killed takes the process along
	agents = children(t, p.cmd.Process.Pid)
	p.kill()
	for _, pid := range agents {
		for over := time.After(10 * time.Second); alive(pid); {
			select {
			case <-over:
				t.Fatal("the process that signs outlives the portal")
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

func alive(pid int) bool { s, _ := stat(pid); return s != "" && s != "Z" }

// children are the processes that a process has started and that live.
func children(t testing.TB, of int) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		if s, parent := stat(pid); parent == of && s != "Z" {
			pids = append(pids, pid)
		}
	}
	return pids
}

func stat(pid int) (state string, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	_, _ = fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent)
	return state, parent
}
