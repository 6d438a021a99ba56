package e2e

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
)

// goneFor is how long the control plane is away.
const goneFor = 60 * time.Second

// TestOpsGoneForAMinute: the control plane goes away for a minute after a change was sent and before its end is known. The
// page and the command wait, go on by themselves, tell the end, and send nothing twice.
func TestOpsGoneForAMinute(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, h opsLine, address string, away func(t *testing.T)){
		"the page": pageWhileGone, "the command": commandWhileGone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := holdOps(t, "--operations", "slow") // a change takes a minute: its end falls into the gap
			c := opsClient(t, h)
			gate := newCut(t, h.Control.Address)
			before := h.specOf(t, c)
			var changed string // the version after the one change
			change(t, h, gate.address, func(t *testing.T) {
				gate.cut()
				gone := time.Now()
				within(t, "the change ends where nobody can ask", func() bool {
					changed = h.specOf(t, c).GetResourceVersion()
					return changed != before.GetResourceVersion()
				})
				<-time.After(goneFor - time.Since(gone)) // the subject of this test
				t.Logf("away for %s", time.Since(gone).Round(time.Second))
				gate.open()
			})
			after := h.specOf(t, c)
			if after.GetResourceVersion() != changed || heldCAs(after) != heldCAs(before)+1 {
				t.Errorf("version %s after the first change, then %s, with %d CA certificates", changed, after.GetResourceVersion(), heldCAs(after))
			}
		})
	}
}

// pageWhileGone agrees to a change on the page.
func pageWhileGone(t *testing.T, h opsLine, address string, away func(t *testing.T)) {
	c := opsClient(t, h)
	a := &opsAdmin{t: t, h: h, m: "/m/ledger"}
	a.start(t.TempDir(), address)
	a.form("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration")
	a.form(a.m+"/namespace", "namespace", h.Namespace).ok(t, "its namespace")
	a.form(a.m+"/certificates", serverMade...).ok(t, "its certificates")
	a.gives()
	op := a.plans("what", "add-ca")
	var sent sync.WaitGroup
	client, base := *a.client, a.base
	sent.Go(func() {
		resp, err := client.Post(base+a.m+"/ops/apply", "application/x-www-form-urlencoded", strings.NewReader("operation="+op))
		if err == nil {
			resp.Body.Close()
		}
	})
	within(t, "it is under way", func() bool {
		got, err := c.GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op})
		return err == nil && got.GetAsyncOperation() != nil
	})
	away(t)
	within(t, "the page tells the end by itself", func() bool {
		return strings.Contains(string(a.get(a.m+"/ops").body), "The change is made")
	})
	sent.Wait()
}

// commandWhileGone makes a change with onramp cloud.
func commandWhileGone(t *testing.T, h opsLine, address string, away func(t *testing.T)) {
	ca, _, _ := issued(t, "gone")
	data := t.TempDir()
	env := append(h.opsEnv(data), "TEMPORAL_CLOUD_API_SERVER="+address)
	p := start(t, "", env, program, "cloud", "ca", "add", h.Namespace, ca, "--yes")
	within(t, "it is under way", func() bool { return strings.Contains(p.output(), ": running") })
	away(t)
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("it does not end\n%s", p.output())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(p.output(), "Done: ") {
		t.Errorf("exit %d\n%s", code, p.output())
	}
	if left, _ := filepath.Glob(filepath.Join(data, "cloud-operations", "*.json")); len(left) > 0 {
		t.Errorf("the journal: %v", left)
	}
}
