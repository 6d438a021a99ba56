package handlers_test

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// showNext presses the button of a page of a shown rehearsal and returns the page that it leads to.
func (d *desk) showNext(page reply) string {
	d.t.Helper()
	at := regexp.MustCompile(`name="at" value="(\w*)"`).FindStringSubmatch(page.body)
	action := regexp.MustCompile(`action="(/m/[^"]+/show)"`).FindStringSubmatch(page.body)
	if at == nil || action == nil {
		d.t.Fatalf("%s has no button that goes on\n%.2500s", page.path, mainOf(page.body))
	}
	return d.post(action[1], "at", at[1]).to(d.t)
}

// TestShow: without a script four presses lead from the first page to a completed transfer; each page shows what was
// made, has one way on and one to do it oneself, and says the same after a reload.
func TestShow(t *testing.T) {
	for _, tt := range []struct {
		auth  string
		pages []string // what each page holds
	}{
		{cloud.AuthMTLS, []string{"Onramp made a namespace, a CA and a client certificate", "The connection works.", "This is what changes in a worker.", "That was the whole way."}},
		{cloud.AuthAPIKey, []string{"Onramp made a namespace that takes API keys.", "The connection works.", "This is what changes in a worker.", "That was the whole way."}},
	} {
		t.Run(tt.auth, func(t *testing.T) {
			d := sit(t, deskOptions{})
			at := d.post("/rehearse-now", "how", "show", "auth", tt.auth).to(t)
			m := "/m/money-transfer-rehearsal"
			for i, want := range tt.pages {
				page := d.get(at).want(t, 200, want, `data-testid="show"`)
				d.get(at).want(t, 200, want)
				if i == len(tt.pages)-1 {
					page.want(t, 200, `data-testid="show-new"`).lacks(t, `data-testid="show-next"`)
					break
				}
				page.want(t, 200, `data-testid="show-myself"`)
				if n := strings.Count(page.body, `data-testid="show-next"`); n != 1 {
					t.Errorf("%s has %d ways on", at, n)
				}
				at = d.showNext(page)
			}
			// Step 5 stays open: it waits for a worker of the reader's.
			d.until(m, "all that can be shown", func(v migration.View) bool { return v.Step(migration.StepTransfer).Status == migration.Done })
			d.get(m).want(t, 200, "5 of 6 done").lacks(t, `data-testid="show-rest"`)
			d.get(m+"?show=1").want(t, 200, "That was the whole way.")
		})
	}
}

// TestShowTheRest: a rehearsal that somebody does by hand can be shown from where it stands, and no other migration.
func TestShowTheRest(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "payments.a1b2c").to(t)
	d.get(m+"/certificates").want(t, 200, `data-testid="show-rest"`, `action="`+m+`/show"`)
	at := d.post(m + "/show").to(t)
	d.get(at).want(t, 200, "Check the connection", "payments.a1b2c")
	other := strings.TrimSuffix(d.post("/new", "name", "Real", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	d.get(other+"/namespace?show=1").want(t, 200).lacks(t, `data-testid="show`)
	d.post(other+"/show").want(t, 409, "not a rehearsal")
}

// TestShowFailed: a part that fails says so, and can be tried again or done by hand.
func TestShowFailed(t *testing.T) {
	d := sit(t, deskOptions{code: "CL-03"})
	at := d.post("/rehearse-now", "how", "show").to(t)
	at = d.showNext(d.get(at).want(t, 200))
	page := d.get(at).want(t, 200, "The check failed.", "Check again", `data-testid="show-myself"`).lacks(t, "data-rest")
	if again := d.showNext(page); again == at || !strings.Contains(again, "/test/") {
		t.Errorf("to check again leads to %s", again)
	}
}

// TestShowUnderWay: while a part goes on the page says so and does not go on by itself; at its end it does.
func TestShowUnderWay(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	first := d.get(d.post("/rehearse-now", "how", "show").to(t)).want(t, 200, `data-rest="8000"`)
	at := d.fragment(regexp.MustCompile(`action="(/m/[^"]+/show)"`).FindStringSubmatch(first.body)[1]).to(t) // as the script sends it: it does not wait
	d.get(at).want(t, 200, "The check is running.", "<live-feed", `data-testid="show-again"`).lacks(t, "data-rest")
	if again := d.fragment("/m/money-transfer-rehearsal/show").to(t); again != at {
		t.Errorf("another press leads to %s, not to the check under way", again)
	}
	d.checks.close()
	d.finish(strings.TrimSuffix(at, "?show=1"))
	d.get(at).want(t, 200, "The connection works.", `data-rest="8000"`)
}

// TestUnsaved: who goes on while a key waits is warned, and who has it is not kept.
func TestUnsaved(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "payments.a1b2c").to(t)
	d.get(m+"/certificates/unsaved").want(t, 404)
	d.post(m+"/certificates", serverLane...).to(t)
	d.get(m+"/certificates").want(t, 200, `href="`+m+`/certificates/unsaved"`, `data-then="`+m+`/certificates/unsaved"`)
	d.get(m+"/certificates/unsaved").want(t, 200, "Save the key first", "client.key", "ca.key", "Download bundle.zip", "Continue without saving")
	d.post(m+"/certificates/bundle.zip").want(t, 200)
	d.get(m+"/certificates/unsaved").want(t, 200, "ca.key").lacks(t, "bundle.zip with client.key")
	d.post(m+"/certificates/ca-key.zip").want(t, 200)
	if to := d.get(m + "/certificates/unsaved").to(t); to != m+"/upload" {
		t.Errorf("with both keys saved it leads to %s", to)
	}
	d.get(m+"/certificates").want(t, 200, "Continue: Upload the CA certificate").lacks(t, "data-then")
}

// TestPressedTwice: a double click makes one rehearsal, also where the second press comes while the first is carried out;
// another form of the page, another page and a press later make their own.
func TestPressedTwice(t *testing.T) {
	var later atomic.Int64
	d := sit(t, deskOptions{now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	once := func() string {
		return regexp.MustCompile(`name="once" value="(\w+)"`).FindStringSubmatch(d.get("/").want(t, 200).body)[1]
	}
	first := once()
	at := make(chan string, 4)
	for range cap(at) {
		go func() { at <- d.post("/rehearse-now", "how", "show", "once", first).header.Get("Location") }()
	}
	for range cap(at) {
		if to := <-at; to == "" || !strings.Contains(to, "/m/money-transfer-rehearsal/") {
			t.Errorf("a press leads to %q", to)
		}
	}
	for _, tt := range []struct {
		what string
		form []string
		want string
	}{
		{"the same form again", []string{"how", "show", "once", first}, "/m/money-transfer-rehearsal/"},
		{"another form of the page", []string{"once", first}, "/m/money-transfer-rehearsal-2/"},
		{"the other form twice", []string{"once", first}, "/m/money-transfer-rehearsal-2/"},
		{"another page", []string{"how", "show", "once", once()}, "/m/money-transfer-rehearsal-3/"},
		{"a program without a page", []string{"how", "show"}, "/m/money-transfer-rehearsal-4/"},
	} {
		if to := d.post("/rehearse-now", tt.form...).to(t); !strings.HasPrefix(to, tt.want) {
			t.Errorf("%s leads to %s, want %s…", tt.what, to, tt.want)
		}
	}
	d.post("/rehearse-now", "once", strings.Repeat("x", 300)).want(t, 422)
	later.Store(int64(11 * time.Second))
	if to := d.post("/rehearse-now", "how", "show", "once", first).to(t); !strings.HasPrefix(to, "/m/money-transfer-rehearsal-5/") {
		t.Errorf("a press after a while leads to %s", to)
	}
}
