package handlers_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// The fake rehearsal cloud keeps which switches are on; what they do is rehearsal's to test.

func (c *fakeCloud) Broken() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.on)
}

func (c *fakeCloud) SetBreak(_ context.Context, id namespace.ID, breakID string, on bool) error {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.spaces[id]; !ok {
		return fault.New(fault.NotFound, "no such namespace", "Create it.")
	}
	if c.on == nil {
		c.on = map[string][]string{}
	}
	had := c.on[id.String()]
	var now []string
	for _, b := range cloud.Breaks {
		if b.ID == breakID && on || b.ID != breakID && slices.Contains(had, b.ID) {
			now = append(now, b.ID)
		}
	}
	delete(c.on, id.String())
	if len(now) > 0 {
		c.on[id.String()] = now
	}
	return nil
}

func (c *fakeCloud) Bend(id namespace.ID, s cloud.Setup) (cloud.Setup, error) {
	for _, b := range c.Broken()[id.String()] {
		s.Address = "127.0.0.1:7300"
		if b == "wrong-queue" {
			s.TaskQueue = cloud.PracticeQueue
		}
	}
	return s, nil
}

func (c *fakeCloud) BreakAddress(namespace.ID, string) string { return "127.0.0.1:7300" }

// breaks turns a switch of a migration's namespace on or off.
func (d *desk) breaks(m, breakID, state string) reply {
	d.t.Helper()
	return d.post("/rehearsal/break", "m", m, "namespace", m+".a2dd6", "switch", breakID, "state", state)
}

func TestPractice(t *testing.T) {
	d := sit(t, deskOptions{})
	if body := d.get("/rehearsal").body; !strings.Contains(body, `data-testid="make-practice"`) || strings.Contains(body, "break-plaintext") {
		t.Error("an empty rehearsal offers no practice migration, or switches for none")
	}
	for _, want := range []string{"/rehearsal?m=practice#break", "/rehearsal?m=practice-2#break"} {
		if r := d.post("/rehearsal/practice"); r.status != http.StatusSeeOther || r.header.Get("Location") != want {
			t.Fatalf("practice: %d to %s, want %s", r.status, r.header.Get("Location"), want)
		}
	}
	page := d.get("/rehearsal?m=practice").body
	for _, b := range cloud.Breaks {
		if !strings.Contains(page, `data-testid="break-`+b.ID+`"`) || !strings.Contains(page, `href="/help/`+b.Code+`"`) {
			t.Errorf("%s: no switch, or no help for %s", b.ID, b.Code)
		}
	}
	r := d.breaks("practice", "plaintext", "on")
	run := r.header.Get("Location")
	if r.status != http.StatusSeeOther || !strings.HasPrefix(run, "/m/practice/test/") {
		t.Fatalf("on: %d to %s", r.status, run)
	}
	d.finish(run)
	if body := d.get(run + ".json").body; !strings.Contains(body, `"address": "127.0.0.1:7300"`) {
		t.Errorf("the check went elsewhere than the switch leads:\n%s", body)
	}
	const banner = `data-testid="broken"`
	for path, want := range map[string]bool{run: true, "/m/practice": true, "/m/practice/certificates": true, "/cloud/practice.a2dd6": true, "/m/practice-2": false, "/": false} {
		if got := strings.Contains(d.get(path).body, banner); got != want {
			t.Errorf("%s: banner %v, want %v", path, got, want)
		}
	}
	if r := d.post("/rehearsal/practice", "m", "practice"); r.status != http.StatusSeeOther || len(d.cloud.Broken()["practice.a2dd6"]) != 1 {
		t.Errorf("new certificates while broken: %d, then on: %v", r.status, d.cloud.Broken())
	}
	d.breaks("practice", "wrong-ca", "on")
	r = d.post("/rehearsal/break", "namespace", "practice.a2dd6", "state", "off", "return", "https://evil.example/")
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/" || len(d.cloud.Broken()) > 0 {
		t.Errorf("all off: %d to %s, still on %v", r.status, r.header.Get("Location"), d.cloud.Broken())
	}
}

// TestBreakWithoutKey: a fault behind the client certificate needs the reader's key, one before it does not.
func TestBreakWithoutKey(t *testing.T) {
	d := sit(t, deskOptions{})
	d.post("/rehearsal/practice")
	d.post("/m/practice/certificates/forget")
	if r := d.breaks("practice", "filters", "on"); r.header.Get("Location") != "/m/practice/test" {
		t.Errorf("filters without a key: to %s", r.header.Get("Location"))
	}
	if page := d.get("/m/practice/test").body; !strings.Contains(page, `data-testid="fresh-key"`) {
		t.Error("step 4 asks for a key that nobody was offered, and offers no new one")
	}
	if r := d.post("/rehearsal/practice", "m", "practice", "return", "/m/practice/test"); r.header.Get("Location") != "/m/practice/test" {
		t.Errorf("a new key from step 4: to %s", r.header.Get("Location"))
	}
	if page := d.get("/m/practice/test").body; strings.Contains(page, `data-testid="fresh-key"`) || !strings.Contains(page, `data-testid="lent"`) {
		t.Error("step 4 does not take the new key")
	}
	d.post("/m/practice/certificates/forget")
	d.breaks("practice", "filters", "off")
	if r := d.breaks("practice", "cut", "on"); !strings.HasPrefix(r.header.Get("Location"), "/m/practice/test/") {
		t.Errorf("cut without a key: to %s", r.header.Get("Location"))
	}
	d.breaks("practice", "cut", "off")
	if body := d.get("/rehearsal?m=practice").body; !strings.Contains(body, "Needs your key.") || !strings.Contains(body, `data-testid="fresh-key"`) {
		t.Error("the page does not say which switches need a key, or offers none")
	}
	before := d.get("/m/practice/certificates/ca.pem").body
	if r := d.post("/rehearsal/practice", "m", "practice"); r.status != http.StatusSeeOther {
		t.Fatalf("a fresh key: %d\n%s", r.status, r.body)
	}
	n, err := d.cloud.Namespace(t.Context(), namespace.ID{Name: "practice", Account: "a2dd6"})
	if err != nil || len(n.CAs) != 3 || !strings.Contains(n.BundlePEM, strings.TrimSpace(before)) {
		t.Errorf("the CA before is gone from the namespace: %+v, %v", n.CAs, err)
	}
	if strings.Contains(d.get("/rehearsal?m=practice").body, "Needs your key.") {
		t.Error("a key was made, and is still asked for")
	}
}

// TestBreakKeepsWhatWasAsked: the task queue of a switch never stands in the place of the reader's own.
func TestBreakKeepsWhatWasAsked(t *testing.T) {
	d := sit(t, deskOptions{})
	d.post("/rehearsal/practice")
	d.finish(d.post("/m/practice/test", "key_source", "lent", "task_queue", "orders").header.Get("Location"))
	wrong := d.breaks("practice", "wrong-queue", "on").header.Get("Location")
	d.finish(wrong)
	cut := d.breaks("practice", "cut", "on").header.Get("Location")
	d.finish(cut)
	d.breaks("practice", "wrong-queue", "off")
	if body := d.get(wrong).body; strings.Contains(body, `name="task_queue" value="`+cloud.PracticeQueue) {
		t.Error("to run it again would ask for the switch's task queue")
	}
	d.breaks("practice", "cut", "off")
	d.breaks("practice", "plaintext", "on")
	if body := d.get("/m/practice/test").body; !strings.Contains(body, `value="orders"`) || strings.Contains(body, `value="`+cloud.PracticeQueue) {
		t.Error("the form has forgotten the reader's task queue")
	}
}

// TestBreakBusy: where no check can be started, the switch is on all the same and the page must not deny it.
func TestBreakBusy(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	d.post("/rehearsal/practice")
	for i, id := range []string{"cut", "plaintext", "clock", "web-server"} {
		r := d.breaks("practice", id, "on")
		if at := r.header.Get("Location"); r.status != http.StatusSeeOther || strings.HasPrefix(at, "/m/practice/test/") != (i < 3) || !strings.HasPrefix(at, "/m/practice/test") {
			t.Errorf("%s: %d to %s", id, r.status, at)
		}
	}
	if got := d.cloud.Broken()["practice.a2dd6"]; len(got) != 4 {
		t.Errorf("on: %v, want four", got)
	}
}

func TestWhatCannotBeBroken(t *testing.T) {
	d := sit(t, deskOptions{})
	d.post("/new", "name", "Real", "lang", "python", "mode", "cloud", "auth", "mtls")
	d.post("/m/real/namespace", "namespace", "real.a1b2c")
	d.post("/rehearsal/practice")
	for _, tt := range []struct {
		what   string
		fields []string
		status int
	}{
		{"a migration to Temporal Cloud", []string{"m", "real", "switch", "cut", "state", "on"}, http.StatusConflict},
		{"no such migration", []string{"m", "nobody", "switch", "cut", "state", "on"}, http.StatusNotFound},
		{"neither on nor off", []string{"m", "practice", "switch", "cut", "state", "maybe"}, http.StatusUnprocessableEntity},
		{"no namespace", []string{"state", "off"}, http.StatusUnprocessableEntity},
	} {
		if r := d.post("/rehearsal/break", tt.fields...); r.status != tt.status {
			t.Errorf("%s: %d, want %d", tt.what, r.status, tt.status)
		}
	}
	if len(d.cloud.Broken()) > 0 {
		t.Errorf("broken all the same: %v", d.cloud.Broken())
	}
	off := sit(t, deskOptions{noCloud: true})
	for _, path := range []string{"/rehearsal/practice", "/rehearsal/break"} {
		if r := off.post(path, "m", "real", "switch", "cut", "state", "on"); r.status != http.StatusServiceUnavailable {
			t.Errorf("%s without a rehearsal cloud: %d", path, r.status)
		}
	}
}

// TestBreakSaysWhyNot: asked to break a rehearsal that cannot be, the page says so and never takes another one.
func TestBreakSaysWhyNot(t *testing.T) {
	d := sit(t, deskOptions{})
	d.post("/rehearsal/practice").to(t)
	key := strings.Split(strings.TrimPrefix(d.post("/rehearse-now", "auth", "api-key").to(t), "/m/"), "/")[0]
	d.get("/rehearsal?m="+key).want(t, 200, `data-testid="practise-instead"`, "API key", `data-testid="practise-practice"`).lacks(t, "Practising on")
	d.get("/rehearsal?m=practice").want(t, 200, "Practising on").lacks(t, "practise-instead")
}
