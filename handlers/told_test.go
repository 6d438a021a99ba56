package handlers_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/handlers/web"
	"onramp/notices"
	"onramp/people"
	"onramp/store"
)

// post is a mail server that keeps what it takes.
type post struct {
	fail    error
	letters []notices.Letter
}

func (p *post) Send(_ context.Context, l notices.Letter) error {
	if p.fail == nil {
		p.letters = append(p.letters, l)
	}
	return p.fail
}

// mailer sends the mails of a desk to p.
func (d *desk) mailer(p notices.Post, now func() time.Time) *notices.Mailer {
	d.t.Helper()
	m, err := notices.NewMailer(notices.MailerOptions{Store: store.NewNotices(d.db), People: d.mails, Post: p, Refresh: d.acts.Book.Refresh, Now: now})
	check(d.t, err)
	return m
}

// TestMailsFromChoiceToStop: a person chooses mails, gets one of what is new in their own teams' migrations, and ends them
// by its link: a look at the link changes nothing, one click of a mail program without session or origin does.
func TestMailsFromChoiceToStop(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	d := sharedDesk(t, deskOptions{now: clock})
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	mine := d.cloudMove("Payments", "20")
	d.cloudMove("Canary", "20")
	d.post("/m/canary/settings/team", "team", team.ID).to(t)
	d.as = d.join("omar@example.com", custody.Viewer, "default")
	d.get("/account").want(t, 200, "/account/mails", "off", "no address")
	d.get("/account/mails").want(t, 200, "No mails", "omar@example.com", "onramp@example.com", "zone, UTC")
	for _, bad := range [][]string{{"every", "hourly", "hour", "8", "day", "1"}, {"every", "daily", "hour", "24", "day", "1"}, {"every", "daily", "hour", "x", "day", "1"}, {"every", "weekly", "hour", "8", "day", "7"}, nil} {
		d.post("/account/mails", bad...).want(t, 422, "Choose one of those offered")
	}
	to := d.post("/account/mails", "every", "daily", "hour", "8", "day", "1").to(t)
	d.get(to).want(t, 200, "Daily at 08:00", "The next comes on 22 Nov 2026")
	d.get("/account").want(t, 200, "daily at 08:00")
	p := &post{}
	m := d.mailer(p, clock)
	check(t, m.Look(t.Context()))
	if len(p.letters) != 0 {
		t.Fatalf("too early: %+v", p.letters)
	}
	now = now.Add(time.Hour)
	check(t, m.Look(t.Context()))
	check(t, m.Look(t.Context()))
	if len(p.letters) != 1 {
		t.Fatalf("%d mails", len(p.letters))
	}
	l := p.letters[0]
	for _, want := range []string{"Hello Viewer", "Payments: client certificate expires in 19 days", "/m/" + mine + "/certificates/replace", "/account/mails"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("the mail lacks %q:\n%s", want, l.Text)
		}
	}
	if strings.Contains(l.Text+l.Subject, "Canary") || l.To != "omar@example.com" || l.Subject != "Onramp: 1 certificate" || !strings.HasPrefix(l.Stop, "https://"+d.srv.Listener.Addr().String()+"/unsubscribe?t=") {
		t.Errorf("%+v", l)
	}
	now = now.Add(24 * time.Hour)
	check(t, m.Look(t.Context()))
	if len(p.letters) != 1 {
		t.Errorf("told again of the same: %s", p.letters[1].Text)
	}
	omar := d.signIn("omar@example.com")
	d.as = ""
	link := strings.TrimPrefix(l.Stop, "https://"+d.srv.Listener.Addr().String())
	d.get(link).want(t, 200, "Stop these mails?", "o…@example.com").lacks(t, "omar@")
	d.send(d.request("HEAD", link, nil)).want(t, 200)
	d.as = omar
	d.get("/account/mails").want(t, 200, "Daily at 08:00")
	d.as = ""
	token := strings.TrimPrefix(link, "/unsubscribe?t=")
	account, mac, _ := strings.Cut(token, ".")
	spare, _, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "spare@example.com", Role: custody.Viewer})
	check(t, err)
	for _, forged := range []string{"", "x", account, account + ".", account + "." + strings.Repeat("A", len(mac)), spare.ID + "." + mac, token + "x", token[:len(token)-2], strings.Repeat("a", 5000), account + "\n." + mac} {
		d.get("/unsubscribe?t="+url.QueryEscape(forged)).want(t, 410)
		d.post("/unsubscribe", "t", forged).want(t, 410)
	}
	// RFC 8058: a POST to the address itself, with this body, without cookies, and no page of ours behind it.
	r := d.request("POST", link, strings.NewReader("List-Unsubscribe=One-Click"), "Content-Type", "application/x-www-form-urlencoded")
	r.Header.Del("Origin")
	r.Header.Del("Cookie")
	d.send(r).want(t, 200, "You get no more mails")
	d.post("/unsubscribe", "t", token).want(t, 200, "You get no more mails") // twice is as good as once
	d.as = omar
	d.get("/account/mails").want(t, 200, "No mails", "The last came on")
	rs, err := d.db.Records(t.Context(), custody.Query{Verb: custody.DigestSet})
	check(t, err)
	if len(rs) != 2 || rs[0].Via != "mail" || rs[0].Person != account || rs[0].From == "" || rs[1].Note != "mails daily at 08:00" {
		t.Errorf("the audit has %+v", rs)
	}
	if strings.Contains(d.log.String(), mac) {
		t.Error("the log holds the link")
	}
}

// TestMailsThatCannotBe: without a mail server, and for an account whose address is nobody's, the page says so, and the
// form is refused.
func TestMailsThatCannotBe(t *testing.T) {
	d := sharedDesk(t, deskOptions{noMails: true})
	d.get("/account/mails").want(t, 200, "This Onramp sends no mails", "--smtp-addr")
	d.post("/account/mails", "every", "daily", "hour", "8", "day", "1").want(t, 409)
	d.get("/unsubscribe?t=x").want(t, 404)
	d.post("/unsubscribe", "t", "x").want(t, 404)
	d.get("/account").want(t, 200, "none")

	d = sharedDesk(t, deskOptions{})
	in, err := d.people.SignInBy(t.Context(), custody.Actor{From: "192.0.2.9"}, people.Claim{Issuer: "https://id.example.com", Subject: "Sub7", Name: "Sam", Role: custody.Viewer}, "test", "")
	check(t, err)
	d.as = in.Token
	d.get("/account/mails").want(t, 200, "Your account has no email address")
	d.post("/account/mails", "every", "daily", "hour", "8", "day", "1").want(t, 422, "Your account has no email address")
}

// TestCalendarAddress: a person's calendar address reads what the person may see at that moment and nothing else, without a
// sign-in, until it is ended, another is made, or the account is disabled. Only its hash is stored.
func TestCalendarAddress(t *testing.T) {
	now := time.Now()
	d := sharedDesk(t, deskOptions{now: func() time.Time { return now }})
	dana := d.as
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.cloudMove("Payments", "20")
	d.cloudMove("Canary", "20")
	d.post("/m/canary/settings/team", "team", team.ID).to(t)
	d.as = d.join("omar@example.com", custody.Viewer, "default")
	omar, err := d.people.Find(t.Context(), "omar@example.com")
	check(t, err)
	d.get("/expiry").want(t, 200, `href="/account/calendar"`)
	d.get("/account/calendar").want(t, 200, "Make an address")
	address := regexp.MustCompile(`/calendar/([0-9a-f]{64})\.ics`)
	made := d.post("/account/calendar").want(t, 200, "shown here only now")
	found := address.FindStringSubmatch(made.body)
	if found == nil {
		t.Fatalf("no address: %s", mainOf(made.body))
	}
	d.get("/account/calendar").want(t, 200, "Make a new address").lacks(t, found[1])
	if strings.Contains(d.dump(t), found[1]) {
		t.Error("the database holds the token")
	}
	feed := func(want int, holds string) {
		t.Helper()
		was := d.as
		d.as = ""
		r := d.get(found[0])
		if d.as = was; r.status != want {
			t.Fatalf("the calendar answers %d, want %d\n%.300s", r.status, want, r.body)
		}
		if want == 200 && (r.header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(r.body, holds) || r.header.Get("Set-Cookie") != "") {
			t.Errorf("the calendar is %s\n%s", r.header, r.body)
		}
		if want == 200 && holds == "Payments" && strings.Contains(r.body, "Canary") {
			t.Error("the calendar holds another team's certificate")
		}
	}
	feed(200, "Payments")
	// The token opens nothing else, neither as a session nor in another address.
	d.as = found[1]
	d.get("/").want(t, 401)
	d.get("/expiry.ics").want(t, 401)
	d.as = dana
	check(t, d.people.SetTeams(t.Context(), d.owner(), omar.ID, []string{team.ID}))
	feed(200, "Canary") // as the teams are now
	check(t, d.people.Disable(t.Context(), d.owner(), omar.ID))
	feed(404, "")
	check(t, d.people.Enable(t.Context(), d.owner(), omar.ID))
	feed(200, "Canary")
	d.as = d.signIn("omar@example.com")
	old := found
	found = address.FindStringSubmatch(d.post("/account/calendar").want(t, 200).body)
	d.get(old[0]).want(t, 404)
	feed(200, "Canary")
	for _, wrong := range []string{"/calendar/" + strings.Repeat("0", 64) + ".ics", "/calendar/x.ics", "/calendar/" + found[1] + "0.ics", "/calendar/" + strings.ToUpper(found[1]) + ".ics", "/calendar/%27%20OR%201=1--.ics", "/calendar/.ics"} {
		d.get(wrong).want(t, 404)
	}
	now = now.Add(16 * time.Minute)
	d.post("/account/calendar").want(t, 403, "Confirm that it is you")
	d.get(d.post("/account/calendar/end").to(t)).want(t, 200, "Make an address")
	feed(404, "")
	d.post("/account/calendar/end").want(t, 409)
	if strings.Contains(d.log.String(), found[1]) || strings.Contains(d.log.String(), old[1]) {
		t.Error("the log holds a token")
	}
	var verbs []custody.Verb
	for _, verb := range []custody.Verb{custody.CalendarMade, custody.CalendarEnded} {
		rs, err := d.db.Records(t.Context(), custody.Query{Verb: verb})
		check(t, err)
		for _, r := range rs {
			if r.Person != omar.ID || r.Session == "" || r.Request == "" {
				t.Errorf("%+v", r)
			}
			verbs = append(verbs, r.Verb)
		}
	}
	if fmt.Sprint(verbs) != "[calendar-made calendar-made calendar-ended]" {
		t.Errorf("the audit has %v", verbs)
	}
}

// TestToldFailsClosed: when the audit cannot be written, neither a digest nor a calendar address is set.
func TestToldFailsClosed(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	d.post("/account/calendar").want(t, 200)
	before := d.snapshot()
	d.refuseAudit(t, true)
	d.post("/account/mails", "every", "daily", "hour", "8", "day", "1").want(t, 500)
	d.post("/account/calendar").want(t, 500)
	d.post("/account/calendar/end").want(t, 500)
	d.refuseAudit(t, false)
	if d.snapshot() != before {
		t.Error("something was set without its line of the audit")
	}
}

// TestOperationsPage: an owner sees how this Onramp does, and first what needs somebody; nobody else does.
func TestOperationsPage(t *testing.T) {
	began := time.Now()
	vitals := web.Vitals{Started: began, Dir: "/var/lib/onramp", Free: 700 << 20, Disk: 100 << 30, Database: 212_000_000, Pending: 4096,
		Audit:  web.AuditVitals{Verified: began, Records: 10412},
		People: web.PeopleVitals{Accounts: 31, Disabled: 2, Sessions: 12},
		Mail:   &notices.MailState{Subscribers: 7, Failing: 4, Error: "The mail server did not answer in time"}, MailServer: "smtp.example.com:587",
		Queries: []web.Timed{{Name: "SELECT 1 FROM <x>", Count: 3, P50: time.Millisecond, P95: 2 * time.Second, Most: 3 * time.Second}}}
	d := sharedDesk(t, deskOptions{machine: machineOf{vitals}, webhook: func(p *portal) *notices.Notifier {
		n, err := notices.NewNotifier(notices.NotifierOptions{Store: store.NewNotices(p.db), Sender: deadEnd{}, Refresh: p.acts.Book.Refresh})
		check(t, err)
		return n
	}})
	d.get("/help").want(t, 200)
	d.get("/operations").want(t, 200, "2 things need you", "734 MB left", "does not take mails", "smtp.example.com:587", "did not answer in time", "12 sessions", "31, 2 disabled", "212 MB", "10412", "Intact",
		"SELECT 1 FROM &lt;x&gt;", "2.0 s", "GET /help", "Nothing waits", "onramp backup --data")
	d.as = d.join("dev@example.com", custody.CloudAdmin)
	d.get("/operations").want(t, 403, "It needs an owner")
	d.get("/audit").lacks(t, `href="/operations"`)

	vitals.Free, vitals.Database, vitals.Mail.Failing = 3<<30, 2<<30, 0
	roomy := sharedDesk(t, deskOptions{machine: machineOf{vitals}})
	roomy.get("/operations").want(t, 200, "1 thing needs you", "3.2 GB left") // no room for two copies of the database
	vitals.Database = 1 << 20
	roomy = sharedDesk(t, deskOptions{machine: machineOf{vitals}})
	roomy.get("/operations").want(t, 200, "No problem found", "Room enough")
	one := sit(t, deskOptions{})
	one.get("/operations").want(t, 200, "No problem found", "Nothing").lacks(t, "Mails")
}

// machineOf says what it was told to say.
type machineOf struct{ v web.Vitals }

func (m machineOf) Vitals(context.Context) (web.Vitals, error) { return m.v, nil }
