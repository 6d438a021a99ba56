package notices_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"onramp/fault"
	"onramp/notices"
)

// taker keeps the bodies that a form makes.
type taker struct {
	form notices.Form
	got  []string
}

func (s *taker) Send(_ context.Context, _ string, _ time.Time, body []byte) error {
	s.got = append(s.got, string(body))
	return nil
}
func (s *taker) Where() string      { return "https://hooks.example.com" }
func (s *taker) Signed() bool       { return false }
func (s *taker) Form() notices.Form { return s.form }

// given is a Store of events that nobody was told of.
type given struct {
	book
	events []notices.Event
}

func (s *given) Due(context.Context, time.Time, int) (out []notices.Notice, err error) {
	for _, e := range s.events {
		out = append(out, notices.Notice{Event: e})
	}
	return out, nil
}

// bodies are what a receiver of a form gets of events, an hour after start.
func bodies(t *testing.T, f notices.Form, es ...notices.Event) []string {
	t.Helper()
	to := &taker{form: f}
	n, err := notices.NewNotifier(notices.NotifierOptions{Store: &given{events: es}, Sender: to, Base: base, Now: func() time.Time { return start.Add(time.Hour) }})
	if err == nil {
		_, err = n.Look(t.Context())
	}
	if err != nil || len(to.got) != len(es) {
		t.Fatalf("%d bodies, %v", len(to.got), err)
	}
	return to.got
}

// an event of each kind; the names try what chat services, browsers and terminals would act on.
func anEventEach(name string) []notices.Event {
	e := ends("payments", start.Add(20*day), start.Add(time.Hour))
	e.Name = name
	gone := ends("payments", start.Add(-2*day), start.Add(time.Hour))
	return []notices.Event{
		{Kind: notices.Expiring, Migration: "payments", Name: name, About: "aa", Rung: 30, Ending: e},
		{Kind: notices.Expiring, Migration: "payments", Name: name, About: "bb", Rung: notices.Ended, Ending: gone},
		{Kind: notices.Waiting, Migration: "payments", Name: name, About: "1", Rung: 7, Since: start.Add(-7 * day)},
		{Kind: notices.TurnedRed, Migration: "payments", Name: name, About: "run9", Number: 12, Said: "The namespace does not trust the CA."},
		{Kind: notices.Answered, Migration: "payments", Name: name, About: "link7", Said: "Omar says: done"},
	}
}

// TestEventsInWords: what each kind says, and where its link leads.
func TestEventsInWords(t *testing.T) {
	want := [][3]string{
		{"certificate.expiring", "Payments: client certificate expires in 19 days (12 December 2026 10:00 UTC)", "m/payments/certificates/replace"},
		{"certificate.expired", "CN=payments expired 2 days ago (20 November 2026 10:00 UTC)", "m/payments/certificates/replace"},
		{"handoff.waiting", "Payments: step 3, upload the CA certificate, has waited for a Cloud admin for 7 days", "m/payments/upload"},
		{"check.failed", "Payments: check 12 failed, and the one before had passed: The namespace does not trust the CA", "m/payments/test/run9"},
		{"handoff.answered", "Payments: Omar says: done", "m/payments/upload"},
	}
	ids := map[string]bool{}
	for i, e := range anEventEach("Payments") {
		if got := [3]string{e.Type(), e.Text(start.Add(time.Hour)), strings.TrimPrefix(e.Link(base), base)}; got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
		ids[e.ID()] = true
	}
	if len(ids) != len(want) {
		t.Errorf("%d different IDs of %d events", len(ids), len(want))
	}
}

// hostile is a name as a person may type it into a migration.
const hostile = "<!channel> *bold* [x](https://evil.example) <at>all</at> & \"q\"\r\nX-Evil: 1\x1b[31m\u202e\u2028end"

// TestFormsAreTheirServices: the generic form is valid JSON of its schema, Slack's has its text escaped, in sections that
// Slack takes, and Teams' is one Adaptive Card whose texts are runs, in which no Markdown is read.
func TestFormsAreTheirServices(t *testing.T) {
	for _, name := range []string{"Payments", hostile, strings.Repeat("long ", 2000)} {
		events := anEventEach(name)
		for i, body := range bodies(t, notices.Generic, events...) {
			var m struct {
				Schema, Type, Text string
				Data               map[string]any
			}
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Fatal(err)
			}
			schema := "onramp.notice/1"
			if i < 2 {
				schema = "onramp.expiry/1"
			}
			if m.Schema != schema || m.Type != events[i].Type() || m.Text == "" || strings.ContainsAny(m.Text, "\r\n\x1b\u202e\u2028") || m.Data["migration"] == nil {
				t.Errorf("%s", body)
			}
		}
		for i, body := range bodies(t, notices.Slack, events...) {
			var m struct {
				Text   string
				Blocks []struct {
					Type string
					Text struct{ Type, Text string }
				}
			}
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Fatal(err)
			}
			if m.Text == "" || len(m.Blocks) != 2 || m.Blocks[0].Text.Type != "plain_text" || m.Blocks[1].Text.Type != "mrkdwn" || strings.ContainsAny(m.Text, "<>") || strings.ContainsAny(m.Blocks[0].Text.Text, "<>") ||
				m.Blocks[1].Text.Text != "<"+events[i].Link(base)+"|"+events[i].Act()+">" {
				t.Errorf("%s", body)
			}
			for _, b := range m.Blocks {
				if b.Type != "section" || len(b.Text.Text) > 3000*4 || len([]rune(b.Text.Text)) > 3000 {
					t.Errorf("Slack would refuse a section of %d characters", len([]rune(b.Text.Text)))
				}
			}
		}
		for i, body := range bodies(t, notices.Teams, events...) {
			var m struct {
				Type        string
				Attachments []struct {
					ContentType string
					ContentURL  any
					Content     struct {
						Schema        string `json:"$schema"`
						Type, Version string
						Body          []struct {
							Type    string
							Text    string
							Inlines []struct{ Type, Text string }
						}
						Actions []struct{ Type, Title, URL string }
					}
				}
			}
			d := json.NewDecoder(strings.NewReader(body))
			if err := d.Decode(&m); err != nil {
				t.Fatal(err)
			}
			a := m.Attachments
			if m.Type != "message" || len(a) != 1 || a[0].ContentType != "application/vnd.microsoft.card.adaptive" || a[0].ContentURL != nil || !strings.Contains(body, `"contentUrl":null`) || len(body) > 28<<10 {
				t.Fatalf("%s", body)
			}
			c := a[0].Content
			if c.Schema != "http://adaptivecards.io/schemas/adaptive-card.json" || c.Type != "AdaptiveCard" || c.Version != "1.4" || len(c.Body) != 2 || len(c.Actions) != 1 || c.Actions[0].Type != "Action.OpenUrl" || c.Actions[0].URL != events[i].Link(base) {
				t.Errorf("%s", body)
			}
			for _, b := range c.Body {
				if b.Type != "RichTextBlock" || b.Text != "" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" || b.Inlines[0].Text == "" {
					t.Errorf("%s", body)
				}
			}
		}
	}
}

// TestWebhookNeverTellsItsAddress: no error of a webhook repeats the address that it was given, whose path may be a secret.
func TestWebhookNeverTellsItsAddress(t *testing.T) {
	for _, address := range []string{"http://hooks.example.com/canary-secret", "https://user:canary-secret@example.com/", "ftp://example.com/canary-secret", "https://example.com/canary-secret#x", "://canary-secret", "https://exa mple/canary-secret", "https://example.com:99999/canary-secret"} {
		hook, err := notices.NewWebhook(notices.WebhookOptions{Address: address})
		if err == nil {
			err = hook.Send(t.Context(), "msg_1", start, nil)
			if strings.Contains(hook.Where(), "canary") {
				t.Errorf("%s is shown as %s", address, hook.Where())
			}
		}
		f := fault.From(err)
		if err == nil || strings.Contains(f.Title+f.Cause+f.Fix, "canary") {
			t.Errorf("%s: %v", address, f)
		}
	}
}

var _ notices.Store = (*given)(nil)
