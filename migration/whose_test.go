package migration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/fault"
)

// TestWhose tells what people do and reads whose turn it is: who, by name where a link says so, for which step, since
// which minute of the story.
func TestWhose(t *testing.T) {
	const begun = "ns a.x|cert ca1 leaf1 long"
	const all = begun + "|seen|pass|poll|paid"
	for _, tt := range []struct {
		mode  Mode
		auth  string
		story string
		want  string
		turn  Turn
	}{
		{Cloud, "", "", "developer namespace @0", TurnYours},
		{Cloud, "", "ns a.x", "developer certificates @1", TurnYours},
		{Cloud, "", begun, "cloud-admin upload @2", TurnWaiting},
		{Rehearsal, "", begun, "developer upload @2", TurnYours},
		{Cloud, cloud.AuthAPIKey, "ns a.x", "developer test @1", TurnYours},
		{Cloud, "", begun + "|check", "cloud-admin upload @2", TurnWaiting},
		{Cloud, "", begun + "|fail DN-01", "developer upload @2", TurnYours},
		{Cloud, "", begun + "|note upload", "developer test @3", TurnYours},
		{Cloud, "", begun + "|note upload|check", "check test run check1 @4", TurnYours},
		{Cloud, "", begun + "|note upload|fail CL-01", "developer test @4", TurnYours},
		{Cloud, "", begun + "|pass|seen|poll", "developer transfer @5", TurnYours},
		{Cloud, "", begun + "|pass|seen|poll|paid", "nobody", TurnDone},
		{Cloud, "", begun + "|pass|seen|poll|paid|ns b.x", "developer upload @7", TurnYours},
		{Rehearsal, "", begun + "|save|pass|ours|paid", "nobody", TurnDone}, // a worker of their own is all that is left
		// By a link
		{Cloud, "", begun + "|link Omar", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Rehearsal, "", begun + "|link Omar", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Cloud, "", begun + "|link Omar|opened 1", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Cloud, "", begun + "|link Omar|link Priya", "cloud-admin Priya upload link 2 @4", TurnWaiting},
		{Cloud, "", begun + "|link Omar|link Priya|notme 2", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Cloud, "", begun + "|link Omar|link Priya|done 1", "check Omar upload link 1 @5", TurnYours},
		{Cloud, "", begun + "|link Omar|notme 1 ask Priya", "developer upload link 1 @4", TurnYours},
		{Cloud, "", begun + "|link Omar|revoked 1", "cloud-admin upload @2", TurnWaiting},
		{Rehearsal, "", begun + "|link Omar|revoked 1", "developer upload @2", TurnYours},
		{Cloud, "", begun + "|link Omar|days 13", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Cloud, "", begun + "|link Omar|days 14", "developer upload link 1 @20163", TurnYours},
		{Cloud, "", begun + "|link Omar|done 1|days 20", "check Omar upload link 1 @4", TurnYours},
		{Cloud, "", begun + "|link Omar|done 1|fail CL-03", "cloud-admin Omar upload link 1 @5", TurnWaiting},
		{Cloud, "", begun + "|link Omar|done 1|fail DN-01", "developer upload @2", TurnYours},
		{Cloud, "", begun + "|link Omar|done 1|seen", "developer test @5", TurnYours},
		{Cloud, "", begun + "|link Omar|cert ca2 leaf2 long", "cloud-admin upload @4", TurnWaiting}, // superseded
		{Cloud, "", begun + "|link Omar|cert ca2 leaf2 long|cert ca1 leaf1 long", "cloud-admin Omar upload link 1 @3", TurnWaiting},
		{Cloud, "", begun + "|link Omar|seen|pass|fail CL-03", "developer upload @6", TurnYours}, // the link is used up
		{Cloud, "", begun + "|link Omar|seen|fail CL-03|link Omar", "cloud-admin Omar upload link 2 @6", TurnWaiting},
		{Cloud, "", begun + "|link Omar|lapsed 1", "developer upload link 1 @4", TurnYours},
		// Besides the steps, once these wait for nobody
		{Cloud, "", begun + "|seen|ask Omar", "developer test @3", TurnYours},
		{Cloud, "", all + "|ask Omar", "cloud-admin Omar filters link 1 @7", TurnWaiting},
		{Cloud, "", all + "|ask Omar|opened 1", "cloud-admin Omar filters link 1 @7", TurnWaiting},
		{Cloud, "", all + "|ask Omar|filtered", "nobody", TurnDone},
		{Cloud, "", all + "|ask Omar|done 1", "nobody", TurnDone}, // it stays their word
		{Cloud, "", all + "|ask Omar|done 1|ask Priya", "cloud-admin Priya filters link 2 @9", TurnWaiting},
		{Cloud, "", all + "|ask Omar|notme 1 ask Priya", "developer filters link 1 @8", TurnYours},
		{Cloud, "", all + "|ask Omar|notme 1|revoked 1", "nobody", TurnDone},
		{Cloud, "", all + "|ask Omar|days 14", "developer filters link 1 @20167", TurnYours},
		{Cloud, "", all + "|ask Omar|lapsed 1", "developer filters link 1 @8", TurnYours},
		{Cloud, "", all + "|ask Omar|ns b.x", "developer upload @8", TurnYours}, // superseded
		{Rehearsal, "", begun + "|save|pass|ours|paid|ask Omar", "cloud-admin Omar filters link 1 @7", TurnWaiting},
		{Rehearsal, "", begun + "|save|pass|ours|paid|ask Omar|done 1", "check Omar filters link 1 @8", TurnYours},
		{Rehearsal, "", begun + "|save|pass|ours|paid|ask Omar|done 1|filtered", "nobody", TurnDone},
	} {
		auth := cloud.AuthMTLS
		if tt.auth != "" {
			auth = tt.auth
		}
		var happenings []string
		if tt.story != "" {
			happenings = strings.Split(tt.story, "|")
		}
		s := tell(t, tt.mode, auth, happenings...)
		s.m.Created = morning
		v := s.view()
		w := WhoseTurn(v)
		if got := said(w); got != tt.want {
			t.Errorf("%s: %s: it is the turn of %s, want %s", tt.mode, tt.story, got, tt.want)
		}
		if sum := v.Summary(s.now); sum.Turn != tt.turn || sum.Whose != w {
			t.Errorf("%s: %s: lists say turn %d, %s; want %d", tt.mode, tt.story, sum.Turn, said(sum.Whose), tt.turn)
		}
	}
}

func said(w Whose) string {
	if w == (Whose{}) {
		return "nobody"
	}
	parts := []string{w.Who}
	if w.Name != "" {
		parts = append(parts, w.Name)
	}
	parts = append(parts, w.Step+w.Task)
	if w.Handoff > 0 {
		parts = append(parts, fmt.Sprint("link ", w.Handoff))
	}
	if w.Run != "" {
		parts = append(parts, "run "+w.Run)
	}
	return strings.Join(append(parts, fmt.Sprintf("@%d", int(w.Since.Sub(morning).Minutes()))), " ")
}

// TestHandoffStates reads where each link is after what people do.
func TestHandoffStates(t *testing.T) {
	const begun = "ns a.x|cert ca1 leaf1 long|link Omar"
	for story, want := range map[string]string{
		"":                                  "made @3",
		"|opened 1":                         "opened @4",
		"|opened 1|opened 1":                "opened @4",
		"|done 1":                           "done @4",
		"|done 1|done 1":                    "done @4",
		"|done 1|notme 1":                   "not-me @5",
		"|notme 1|done 1":                   "done @5",
		"|notme 1|revoked 1":                "revoked @5",
		"|done 1|seen":                      "seen @5",
		"|seen":                             "seen @4", // somebody did it without a word
		"|seen|revoked 1":                   "seen @4",
		"|revoked 1|seen":                   "revoked @4",
		"|notme 1|seen":                     "not-me @4",
		"|cert ca2 leaf2 long":              "superseded @3",
		"|ns b.x":                           "superseded @3",
		"|cert ca1 leaf2":                   "made @3", // another client certificate of the same CA
		"|notme 1|ns b.x":                   "superseded @3",
		"|done 1|ns b.x":                    "superseded @3",
		"|done 1|seen|ns b.x":               "seen @5",
		"|cert ca2 leaf2 long|revoked 1":    "revoked @5",
		"|days 14":                          "expired @20163",
		"|opened 1|days 14":                 "expired @20163",
		"|done 1|days 14":                   "done @4",
		"|days 14|revoked 1":                "revoked @20165",
		"|days 14|cert ca2 leaf2 long":      "superseded @3",
		"|damage handoff.done|damage other": "made @3",
		"|done 7":                           "",
	} {
		func() {
			happenings := strings.Split(begun+story, "|")
			if want == "" {
				v := tell(t, Cloud, cloud.AuthMTLS, strings.Split(begun, "|")...).view()
				_, err := v.Handoffs.Answered(7, FactHandoffDone, "")
				_, err2 := v.Handoffs.Revoked(7)
				if !fault.Is(err, fault.NotFound) || !fault.Is(err2, fault.NotFound) || v.Handoffs.Opened(7) != nil {
					t.Errorf("a link that is not there: %v, %v", err, err2)
				}
				return
			}
			h, ok := tell(t, Cloud, cloud.AuthMTLS, happenings...).view().Handoffs.Number(1)
			if got := fmt.Sprintf("%s @%d", h.State, int(h.Since.Sub(morning).Minutes())); !ok || got != want {
				t.Errorf("%s: %s, want %s", story, got, want)
			}
			if h.Open() != (h.State == HandoffMade || h.State == HandoffOpened) || h.Over() == (h.Open() || h.State == HandoffDone) {
				t.Errorf("%s: %s is open: %v, over: %v", story, h.State, h.Open(), h.Over())
			}
		}()
	}
}

// TestHandoffRefused: what cannot be handed off, and what cannot be answered.
func TestHandoffRefused(t *testing.T) {
	make := func(mode Mode, auth, story, to string) error {
		var happenings []string
		if story != "" {
			happenings = strings.Split(story, "|")
		}
		s := tell(t, mode, auth, happenings...)
		_, _, err := MakeHandoff(s.view(), Ask{Task: TaskUpload, For: to}, "u1", s.now)
		return err
	}
	const begun = "ns a.x|cert ca1 leaf1 long"
	for _, tt := range []struct {
		auth, story, to string
		kind            fault.Kind
		field           string
	}{
		{cloud.AuthMTLS, begun, "", fault.Invalid, "for"},
		{cloud.AuthMTLS, begun, "   ", fault.Invalid, "for"},
		{cloud.AuthMTLS, begun, strings.Repeat("ä", 61), fault.Invalid, "for"},
		{cloud.AuthMTLS, begun, "Omar\u202e", fault.Invalid, "for"},
		{cloud.AuthMTLS, begun, "Omar\x1b[31m", fault.Invalid, "for"},
		{cloud.AuthMTLS, begun, "\xff", fault.Invalid, "for"},
		{cloud.AuthMTLS, "", "Omar", fault.Conflict, ""},
		{cloud.AuthMTLS, "ns a.x", "Omar", fault.Conflict, ""},
		{cloud.AuthMTLS, "cert ca1 leaf1 long", "Omar", fault.Conflict, ""},
		{cloud.AuthAPIKey, "ns a.x", "Omar", fault.Conflict, ""},
		{cloud.AuthMTLS, begun + "|seen", "Omar", fault.Conflict, ""},
		{cloud.AuthMTLS, begun + strings.Repeat("|link Omar", MostHandoffs), "Omar", fault.TooMany, ""},
	} {
		if err := make(Cloud, tt.auth, tt.story, tt.to); !fault.Is(err, tt.kind) || fault.From(err).Field != tt.field {
			t.Errorf("%s, for %q: %v, want a fault of kind %s", tt.story, tt.to, err, tt.kind)
		}
	}
	for _, fine := range []string{begun, begun + "|note upload", begun + "|seen|fail CL-03", begun + strings.Repeat("|link Omar", MostHandoffs) + "|revoked 3"} {
		if err := make(Cloud, cloud.AuthMTLS, fine, strings.Repeat("ä", 60)); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	if _, _, err := MakeHandoff(tell(t, Cloud, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1 long").view(), Ask{Task: "reboot", For: "Omar"}, "u1", morning); !fault.Is(err, fault.Invalid) {
		t.Errorf("a task that is none: %v", err)
	}
	for story, kind := range map[string]fault.Kind{"|revoked 1": fault.Conflict, "|ns b.x": fault.Conflict, "|days 14": fault.Conflict} {
		s := tell(t, Cloud, cloud.AuthMTLS, strings.Split(begun+"|link Omar"+story, "|")...)
		for _, answer := range []string{FactHandoffDone, FactHandoffNotMe} {
			if facts, err := s.view().Handoffs.Answered(1, answer, ""); !fault.Is(err, kind) || facts != nil {
				t.Errorf("%s, answered %s: %v", story, answer, err)
			}
		}
	}
	v := tell(t, Cloud, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1 long", "link Omar").view()
	for _, words := range []string{strings.Repeat("a", 501), "a\x1bb", "\u202eevil", "-----BEGIN EC PRIVATE KEY-----", "\xff"} {
		if _, err := v.Handoffs.Answered(1, FactHandoffNotMe, words); !fault.Is(err, fault.Invalid) || fault.From(err).Field != "words" {
			t.Errorf("the words %.20q: %v", words, err)
		}
	}
	if facts, err := v.Handoffs.Answered(1, FactHandoffDone, " two\r\nlines, naïve "); err != nil || !strings.Contains(string(facts[0].Data), `"two\nlines, naïve"`) {
		t.Errorf("words of two lines: %v", err)
	}
}

// TestHandoffLasts: a link works for 14 days, and lists look again when it expires.
func TestHandoffLasts(t *testing.T) {
	s := tell(t, Cloud, cloud.AuthMTLS, "ns a.x", "cert ca1 leaf1 long", "link Omar")
	h, _ := s.view().Handoffs.Number(1)
	if want := s.now.Add(14 * 24 * time.Hour); !h.Expires.Equal(want) || !s.view().Summary(s.now).Until.Equal(want) {
		t.Errorf("expires %s, lists look again %s; want %s", h.Expires, s.view().Summary(s.now).Until, want)
	}
	if h.Expired(h.Expires.Add(-time.Nanosecond)) || !h.Expired(h.Expires) {
		t.Error("it does not expire at its moment")
	}
}

// TestTurnText: the text to send names who waits for what since when, and leads to the step.
func TestTurnText(t *testing.T) {
	for _, tt := range []struct {
		mode    Mode
		story   string
		subject string
		says    []string
		lacks   string
	}{
		{Cloud, "ns a.x", "Payments: your turn to create certificates", []string{"has been waiting for its developers since 12 November 2026", "step 2 of 6", "1 of 6 steps", "https://onramp.example.com/m/payments/certificates"}, "Namespace Admin"},
		{Cloud, "ns a.x|cert ca1 leaf1 long", "Payments: waiting for a Namespace Admin to upload the CA certificate", []string{"step 3 of 6", "the namespace a.x", "/m/payments/upload"}, "your turn"},
		{Cloud, "ns a.x|cert ca1 leaf1 long|link Omar", "Payments: waiting for Omar to upload the CA certificate", []string{"has been waiting for Omar since 12 November 2026", "a link of their own"}, "/h/"},
		{Cloud, "ns a.x|cert ca1 leaf1 long|link Omar|done 1", "Payments: waiting for a check", []string{"Omar says that it is done"}, ""},
		{Cloud, "ns a.x|cert ca1 leaf1 long|seen|fail NS-01", "Payments: your turn to test the connection", []string{"Check 1 failed: title of NS-01."}, ""},
		{Cloud, "ns a.x|cert ca1 leaf1 long|seen|pass|poll|paid", "Payments: nothing is left to do", []string{"6 of 6 steps", "https://onramp.example.com/m/payments"}, "waits for a"},
		{Cloud, "ns a.x|cert ca1 leaf1 long|seen|pass|poll|paid|ask Omar", "Payments: waiting for Omar to set the certificate filters", []string{"has been waiting for Omar since 12 November 2026: set the certificate filters.",
			"a link of their own", "https://onramp.example.com/m/payments/certificates/filters"}, "(step"},
		{Cloud, "ns a.x|cert ca1 leaf1 long|seen|pass|poll|paid|ask Omar|notme 1", "Payments: your turn to set the certificate filters", []string{"Omar says that it is not for them."}, "Besides"},
		{Cloud, "ns a.x|cert ca1 leaf1 long|seen|ask Omar", "Payments: your turn to test the connection", []string{"Besides, Omar is asked to set the certificate filters.", "/m/payments/test"}, ""},
	} {
		s := tell(t, tt.mode, cloud.AuthMTLS, strings.Split(tt.story, "|")...)
		s.m.Name = "Payments"
		subject, lines := TurnText(s.view(), "https://onramp.example.com")
		text := strings.Join(lines, "\n")
		if subject != tt.subject {
			t.Errorf("%s: the subject is %q, want %q", tt.story, subject, tt.subject)
		}
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the text lacks %q:\n%s", tt.story, want, text)
			}
		}
		if tt.lacks != "" && strings.Contains(text, tt.lacks) {
			t.Errorf("%s: the text has %q:\n%s", tt.story, tt.lacks, text)
		}
	}
}
