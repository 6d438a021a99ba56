package handlers_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onramp/custody"
	"onramp/migration"
	"onramp/people"
)

// handedOff is a rehearsal in a shared portal, up to step 3, and the link to hand that off to Omar. The desk is the owner's.
func (d *desk) handedOff() (m, link string) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/rehearse-now").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(d.t)
	d.post(m+"/certificates", serverLane...).to(d.t)
	return m, d.handOff(m)
}

var linkShown = regexp.MustCompile(`https://[^/\s"<]+(/h/[0-9a-z]{52})`)

// handOff makes a link for Omar.
func (d *desk) handOff(m string) string {
	d.t.Helper()
	found := linkShown.FindStringSubmatch(d.post(m+"/upload/links", "for", "Omar").want(d.t, 200, "Send this link to Omar").body)
	if found == nil {
		d.t.Fatal("the page shows no link")
	}
	return found[1]
}

// as sends requests of somebody else, "" for nobody, while do runs.
func (d *desk) asOther(token string, do func()) {
	was := d.as
	d.as = token
	defer func() { d.as = was }()
	do()
}

// TestHandoffLinkPage: who has a link and no account sees whose request it is, the namespace and the CA certificate, and
// nothing else; the address goes nowhere, and nothing comes from another site.
func TestHandoffLinkPage(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, _ := d.toCloud(false)
	link := d.handOff(m)
	c := d.view(m).Certificate
	d.as = ""
	page := d.get(link).want(t, 200, "Add one CA certificate to orders.a2dd6", "Dana (Default team) asks you", "“Orders &amp; Returns”", "A request for Omar", "Namespace Admin", "SHA-256 fingerprint",
		"https://cloud.temporal.io/namespaces/orders.a2dd6", "tcld namespace accepted-client-ca add", "temporal cloud namespace", "accepted_client_ca", `data-once`, "Done: I have added it", "This is not for me").
		lacks(t, "PRIVATE KEY", c.LeafFingerprint, c.LeafSubject, "dana@example.com", `href="/"`, m+"/", "/audit", "/theme")
	d.get(link+"/ca.pem").want(t, 200, strings.TrimSpace(c.CAPEM)).lacks(t, "PRIVATE KEY")
	for _, path := range []string{link, link + "/ca.pem", "/h/unknown", link + "/none"} {
		r := d.get(path)
		if h := r.header; h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("X-Robots-Tag"), "noindex") || h.Get("Cache-Control") != "no-store" || len(h.Values("Set-Cookie")) > 0 {
			t.Errorf("%s is sent with %v", path, h)
		}
	}
	for _, found := range regexp.MustCompile(`(?:src|href|action|formaction)="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		if to := found[1]; !strings.HasPrefix(to, "/h/") && !strings.HasPrefix(to, "/a/") && !strings.HasPrefix(to, "#") && to != "https://cloud.temporal.io/namespaces/orders.a2dd6" {
			t.Errorf("the page leads to %s", to)
		}
	}
	if strings.Contains(d.log.String(), strings.TrimPrefix(link, "/h/")) {
		t.Error("the token is in the log")
	}
	before := d.snapshot()
	d.get(link)
	d.send(d.request("HEAD", link+"/events", nil)).want(t, 200)
	if d.snapshot() != before {
		t.Error("a GET changed something")
	}
	d.post(link+"/opened").want(t, http.StatusNoContent)
	d.asOther(d.signIn("dana@example.com"), func() { d.get(m+"/upload").want(t, 200, "Opened", "Waiting for Omar") })
	d.post(link+"/upload").want(t, 422, "cannot change a namespace of Temporal Cloud") // in Temporal Cloud it is theirs to do
	d.post(link+"/done", "words", "as you asked").to(t)
	d.get(link).want(t, 200, "You said that it is done", "Dana runs the check", "Check again").lacks(t, "data-once")
	d.asOther(d.signIn("dana@example.com"), func() { d.get(m+"/upload").want(t, 200, "Waiting for a check", "as you asked") })
}

// TestHandoffLinkRights: a viewer sees the links and changes none; another team sees nothing; whoever has signed in
// elsewhere still gets what the link is for.
func TestHandoffLinkRights(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, link := d.handedOff()
	other, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.as = d.join("viewer@example.com", custody.Viewer)
	d.get(m+"/upload").want(t, 200, "Omar", "Not opened yet", "Waiting for Omar").lacks(t, strings.TrimPrefix(link, "/h/"))
	before := d.snapshot()
	d.post(m+"/upload/links", "for", "Eve").want(t, 403, "It needs a developer of its team")
	d.post(m+"/upload/links/1/revoke").want(t, 403)
	if d.snapshot() != before {
		t.Error("a viewer changed something")
	}
	d.as = d.join("ledger@example.com", custody.Developer, other.ID)
	d.get(m+"/upload/links").want(t, 404)
	d.post(m+"/upload/links", "for", "Eve").want(t, 404)
	d.post(m+"/upload/links/1/revoke").want(t, 404)
	d.get(link).want(t, 200, "Add one CA certificate").lacks(t, "ledger@example.com")
	d.post(link + "/done").to(t)
	d.as = d.join("dev@example.com", custody.Developer)
	d.post(m+"/upload/links/1/revoke").leads(t, m+"/upload/links")
	d.post(m+"/upload/links/7/revoke").want(t, 404)
	d.post(m+"/upload/links/x/revoke").want(t, 404)
	d.get(m+"/upload/links").want(t, 200, "Revoked", "Link 1")
	d.get("/audit").want(t, 200, "link 1 for Omar", "Hand-off link made", "Hand-off answered: done", "Hand-off link revoked")
}

// TestHandoffLinkRefused: guesses, a revoked link and one that has expired get the same page; forms that are sent again,
// late or bent change nothing more.
func TestHandoffLinkRefused(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC).UnixNano())
	pass := func(by time.Duration) { now.Add(int64(by)) }
	d := sharedDesk(t, deskOptions{now: func() time.Time { return time.Unix(0, now.Load()) }})
	m, link := d.handedOff()
	again := func() { d.as = d.signIn("dana@example.com") }
	plain := func(r reply) string {
		return regexp.MustCompile(`Request <code>[^<]*|[0-9a-z]{12,}`).ReplaceAllString(mainOf(r.body), "")
	}
	revoked := d.handOff(m)
	d.post(m + "/upload/links/2/revoke").to(t)
	d.as = ""
	want := plain(d.get("/h/unknown").want(t, 410, "This link does not work any more", "Ask the person who sent it").lacks(t, `href="/"`))
	gone := func(what, link string) {
		t.Helper()
		for _, path := range []string{"", "/ca.pem", "/events"} {
			if r := d.get(link + path); r.status != 410 || plain(r) != want {
				t.Errorf("GET %s by a link that is %s: %d\n%s", path, what, r.status, plain(r))
			}
			pass(time.Minute)
		}
		for _, path := range []string{"/done", "/not-me", "/upload", "/look", "/opened"} {
			if r := d.post(link + path); r.status != 410 || !strings.Contains(r.body, "This link does not work any more") {
				t.Errorf("POST %s by a link that is %s: %d", path, what, r.status)
			}
			pass(time.Minute)
		}
	}
	before := d.snapshot()
	for what, guess := range map[string]string{"made up": "/h/" + strings.Repeat("a", 52), "cut": link[:len(link)-1], "longer": link + "a", "in capitals": "/h/" + strings.ToUpper(link[3:]),
		"quoted": link + "%27--", "with a NUL": link + "%00", "revoked": revoked, "long": "/h/" + strings.Repeat("b", 5000)} {
		gone(what, guess)
	}
	if d.snapshot() != before {
		t.Error("guesses changed something")
	}
	facts := func() int { return len(d.view(m).Facts) }
	d.post(link+"/done", "words", "as you asked").to(t)
	n := facts()
	d.post(link+"/done", "words", "as you asked").to(t)
	if facts() != n {
		t.Error("the same form again was written again")
	}
	pass(time.Minute)
	for _, words := range []string{strings.Repeat("x", 501), "\u202eevil"} {
		d.post(link+"/not-me", "words", words).want(t, 422, "The note cannot be passed on", "Who could do it?")
	}
	d.post(link+"/not-me", "words", "-----BEGIN PRIVATE KEY-----").want(t, 422, "This is a secret")
	if facts() != n {
		t.Error("a refused form was written")
	}
	pass(time.Minute)
	d.post(link+"/not-me", "words", "<b>Priya</b> has it").to(t)
	d.get(link).want(t, 200, "You said that this is not for you")
	again()
	d.get(m+"/upload").want(t, 200, "&lt;b&gt;Priya&lt;/b&gt; has it", "Says: not me").lacks(t, "<b>Priya")
	d.get(m).want(t, 200, "Omar says that it is not for them: &lt;b&gt;Priya")
	d.post(m+"/upload/links", "for", "").want(t, 422, "The name is missing", `name="for"`)
	d.post(m+"/upload/links", "for", strings.Repeat("x", 61)).want(t, 422)
	saw := d.sawOn(m+"/upload/links", m+"/upload/links")
	d.post(m+"/certificates", serverLane...).to(t) // another CA
	d.post(m+"/upload/links", "for", "Omar", "saw", saw).want(t, 409, "changed")
	d.as = ""
	d.get(link).want(t, 200, "This request is superseded", "Do nothing").lacks(t, "BEGIN CERTIFICATE", `action="`+link)
	d.get(link+"/ca.pem").want(t, 410)
	pass(time.Minute)
	n = facts()
	for _, path := range []string{"/done", "/not-me", "/upload"} {
		d.post(link+path).want(t, 422, "no longer open")
	}
	if facts() != n {
		t.Error("a superseded link changed something")
	}
	again()
	link = d.handOff(m)
	d.as = ""
	pass(14*24*time.Hour - time.Minute)
	d.get(link).want(t, 200, "Add one CA certificate")
	pass(time.Minute)
	gone("expired", link)
}

// TestHandoffLinkRates: a network that guesses is told to wait, also about a link that is there.
func TestHandoffLinkRates(t *testing.T) {
	now := time.Now()
	d := sharedDesk(t, deskOptions{now: func() time.Time { return now }})
	_, link := d.handedOff()
	d.as = ""
	codes := map[int]int{}
	for range 40 {
		codes[d.get("/h/guess").status]++
	}
	if codes[410] != 20 || codes[429] != 20 {
		t.Errorf("40 guesses were answered %v", codes)
	}
	d.get(link).want(t, 200)
	codes = map[int]int{}
	for range 30 {
		codes[d.post(link+"/done").status]++
	}
	if codes[303] == 0 || codes[303] > 10 || codes[303]+codes[429] != 30 {
		t.Errorf("30 answers were answered %v", codes)
	}
}

// TestHandoffTellsBoth: once the CA certificate is there, both pages say so by themselves; what the person says before is no
// evidence. A link that is taken back closes its page.
func TestHandoffTellsBoth(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, link := d.handedOff()
	theirs := d.follow(m + "/events?on=migration")
	if first := theirs.swap(); !strings.Contains(first.data, "Waiting for Omar") || !strings.Contains(first.data, `id="handoff-list"`) {
		t.Errorf("the developer's page begins with %.300s", first.data)
	}
	d.as = ""
	page := d.follow(link + "/events")
	if first := page.swap(); !strings.Contains(first.data, `id="handoff-task"`) || !strings.Contains(first.data, "Your turn") {
		t.Errorf("the page of the link begins with %.300s", first.data)
	}
	d.post(link + "/done").to(t)
	d.get(link).want(t, 200, "Onramp looked at", "does not hold this CA certificate yet", "You said that it is done")
	if v := d.view(m); v.Step(migration.StepUpload).Status == migration.Done {
		t.Fatal("what somebody says made the step done")
	}
	d.post(link + "/upload").to(t)
	until := func(s *stream, what string) {
		t.Helper()
		for {
			e, ok := s.next()
			if !ok {
				t.Fatalf("the stream ended before it said %q", what)
			}
			if strings.Contains(e.data, what) {
				return
			}
		}
	}
	until(theirs, "saved in the rehearsal cloud")
	until(page, "Onramp has seen it: accepted at")
	d.get(link).want(t, 200, "Onramp has seen it: accepted at", "nothing is left for you to do").lacks(t, "Done: I have added it")
	r := d.view(m).Facts
	if last := r[len(r)-1]; last.Kind != migration.FactUpload || last.By != "link 1 for Omar" {
		t.Errorf("the last fact is %s by %s", last.Kind, last.By)
	}
	d.as = d.signIn("dana@example.com")
	d.get("/audit").want(t, 200, "link 1 for Omar")
	d.post(m+"/certificates", serverLane...).to(t)
	second := d.handOff(m)
	d.as = ""
	page = d.follow(second + "/events")
	page.swap()
	d.as = d.signIn("dana@example.com")
	d.post(m + "/upload/links/2/revoke").to(t)
	until(page, "does not work any more")
	if e, ok := page.next(); ok && e.name != "end" {
		t.Errorf("after the end: %+v", e)
	}
}

// TestWhoseTurn: the overview and the list say whose turn it is since when, and give it as a text to send; to a viewer it is
// the developer's. At a portal for one person there is nobody to send it to.
func TestWhoseTurn(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, link := d.handedOff()
	since := "since " + time.Now().Format("2 Jan 2006")
	for _, path := range []string{"/", m} {
		d.get(path).want(t, 200, "Waiting for Omar", since)
	}
	public := "https://" + strings.TrimPrefix(d.srv.URL, "https://")
	d.get(m).want(t, 200, "Money transfer rehearsal: waiting for Omar to upload the CA", public+m+"/upload", "mailto:?subject=Money%20transfer%20rehearsal%3A%20waiting%20for%20Omar").lacks(t, link)
	dana := d.as
	d.as = d.join("viewer@example.com", custody.Viewer)
	d.get("/?show=waiting").want(t, 200, "Waiting for Omar")
	d.as = dana
	d.post(m + "/upload/links/1/revoke").to(t)
	d.get("/").want(t, 200, "Your turn")
	d.get(m).want(t, 200, "your turn to upload the CA").lacks(t, "Developer’s turn")
	d.as = d.join("looker@example.com", custody.Viewer)
	for _, path := range []string{m, m + "/upload"} {
		d.get(path).want(t, 200, "Developer’s turn").lacks(t, ">Your turn<")
	}
	alone := sit(t, deskOptions{})
	m, _ = alone.rehearsed()
	alone.get(m).want(t, 200, since, "Your turn").lacks(t, "turn-message")
	alone.get(m+"/upload").want(t, 200).lacks(t, "/upload/links")
	alone.get("/h/x").want(t, 404)
	alone.get(m+"/send").want(t, 200, "Nobody else uses this Onramp", "run Onramp for several people", m+"/report")
	alone.get(m+"/upload/links").want(t, 404)
}

// TestSendToDeveloper: an admin prepares a migration and sends it. Somebody new gets a link that lets them in, once, and
// leads to the step that is next; who has an account joins the team; and only owners let people in.
func TestSendToDeveloper(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	dana := d.as
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	m := strings.TrimSuffix(d.post("/new", "name", "Orders", "lang", "go", "mode", "cloud", "auth", "mtls", "team", team.ID).to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a2dd6").to(t)
	d.get(m).want(t, 200, m+"/send")
	d.get(m+"/send").want(t, 200, "They need an account in the team Ledger", "Orders: your turn to create certificates", m+"/certificates")
	page := d.post(m+"/send", "email", "new@example.com", "name", "Nia", "role", "owner", "team", "default").want(t, 200, "Send this link to Nia", "It works once").body
	link := regexp.MustCompile(`/start\?[^\s<"]+`).FindString(page)
	link = strings.ReplaceAll(link, "&amp;", "&")
	d.as = ""
	d.get(link).want(t, 200, `name="next" value="`+m+`/certificates"`)
	got := d.post(link, "next", m+"/certificates", "password", word)
	if got.to(t) != m+"/certificates" {
		t.Errorf("then to %s", got.to(t))
	}
	d.post(link, "next", m, "password", word).want(t, 410)
	d.as = d.signIn("new@example.com")
	d.get(m+"/certificates").want(t, 200)
	d.get("/people").want(t, 403)
	a, err := d.people.Find(t.Context(), "new@example.com")
	check(t, err)
	if a.Role != custody.Developer || len(a.Teams) != 1 || a.Teams[0] != team.ID {
		t.Errorf("the account is %+v", a)
	}
	d.get(m+"/send").want(t, 200, "Only an owner can invite somebody new. Ask Dana (owner)").lacks(t, `name="email"`)
	d.post(m+"/send", "email", "eve@example.com").want(t, 403)

	d.join("dev@example.com", custody.Developer)
	d.as = dana
	d.post(m+"/send", "email", "dev@example.com").want(t, 200, "They have an account", "https://"+strings.TrimPrefix(d.srv.URL, "https://")+m+"/certificates").lacks(t, "/start?")
	a, err = d.people.Find(t.Context(), "dev@example.com")
	check(t, err)
	if len(a.Teams) != 2 {
		t.Errorf("who has an account is in the teams %v", a.Teams)
	}
	d.post(m+"/send", "email", "dev@example.com").want(t, 200, "They have an account")
	for _, bad := range []string{"", "nobody", "u1", a.ID} {
		d.post(m+"/send", "email", bad).want(t, 422, "This is not an email address")
	}
	check(t, d.people.Disable(t.Context(), d.owner(), "dev@example.com"))
	d.post(m+"/send", "email", "dev@example.com").want(t, 422, "This account is disabled")
	_, token, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "far@example.com", Role: custody.Viewer})
	check(t, err)
	d.as = ""
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		d.get("/start?t="+token+"&next="+url.QueryEscape(next)).want(t, 200).lacks(t, `name="next"`)
	}
	if to := d.post("/start", "t", token, "password", word, "next", "//evil.example").to(t); to != "/" {
		t.Errorf("then to %s", to)
	}
}

// TestHandoffTasks: the other tasks that a link can ask for: a page each, by the same rights and the same addresses.
func TestHandoffTasks(t *testing.T) {
	const filters = `{"filters":[{"commonName":"somebody"}]}`
	d := sharedDesk(t, deskOptions{})
	m, _ := d.toCloud(false)
	cn := certCN(t, d.view(m).Certificate.LeafPEM)
	ask := func(task string, more ...string) string {
		t.Helper()
		r := d.post(m+"/upload/links", append([]string{"for", "Omar", "task", task}, more...)...)
		found := linkShown.FindStringSubmatch(r.want(t, 200, "Send this link to Omar").body)
		if found == nil {
			t.Fatal("the page shows no link")
		}
		return found[1]
	}
	d.post(m+"/upload/links", "for", "Omar", "task", "reboot").want(t, 422, "This cannot be handed off")
	d.post(m+"/upload/links", "for", "Omar", "task", "remove-ca").want(t, 422, "No CA is being replaced")
	d.post(m+"/upload/links", "for", "Omar", "task", "filters", "filters", filters).want(t, 422, "lock out your own client")
	d.post(m+"/certificates/filters", "do", "test", "against", "leaf", "f1_cn", cn).want(t, 200, "Ask somebody else to do it", `name="task" value="filters"`)
	link := ask("filters", "filters", `{"filters":[{"commonName":"`+cn+`"}]}`)
	dana := d.as
	d.as = ""
	d.get(link).want(t, 200, "Set the certificate filters of orders.a2dd6", "tcld namespace certificate-filters import -n orders.a2dd6 -f filters.json", cn, "Done: I have set them", "It replaces all filters").
		lacks(t, "PRIVATE KEY", "accepted-client-ca", "BEGIN CERTIFICATE")
	d.get(link+"/ca.pem").want(t, 410)
	d.post(link+"/upload").want(t, 422)
	d.post(link+"/done", "words", "set").to(t)
	d.get(link).want(t, 200, "Onramp cannot see filters in Temporal Cloud").lacks(t, "Check again")
	d.as = dana
	d.get(m+"/upload/links").want(t, 200, "Says done", "certificate filters · made by Dana").lacks(t, "waiting for a check")
	d.get("/audit").want(t, 200, "link 1 for Omar: filters orders.a2dd6")
	ask("filters", "filters", `{"filters":[{"commonName":"`+cn+`"},{"commonName":"`+cn+`2"}]}`)
	d.as = ""
	d.get(link).want(t, 200, "This request is superseded", "Do nothing: ask them for a new link").lacks(t, "certificate-filters import")
}

func certCN(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	c, err := x509.ParseCertificate(block.Bytes)
	check(t, err)
	return c.Subject.CommonName
}
