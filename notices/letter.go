package notices

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"onramp/people"
)

// maxItems is how many events a mail names; of more it gives the number.
const maxItems = 50

// Letter is one mail to one person, as plain text.
type Letter struct {
	ID      string // of the message: the same for each attempt, so that a repetition can be told
	To      string // an address
	Subject string // holds nothing that a person has typed
	Text    string
	Stop    string // the address that ends these mails, by a GET for people and a POST for mail programs (RFC 8058)
	At      time.Time
}

// groups are the parts of a mail, in their order.
var groups = []struct {
	kind  Kind
	title string
	one   string
	many  string
}{
	{Expiring, "Certificates", "1 certificate", "%d certificates"},
	{Waiting, "Waiting for a Cloud admin", "1 hand-off waits", "%d hand-offs wait"},
	{TurnedRed, "Checks that failed and had passed before", "1 check failed", "%d checks failed"},
	{Answered, "Answers to a hand-off", "1 answer", "%d answers"},
}

// letter writes a mail about events.
func (s *Subscriptions) letter(a people.Account, d Digest, until int64, es []Event, now time.Time) Letter {
	var subject []string
	var b strings.Builder
	name := plain(a.Name)
	if name == "" {
		name = "you"
	}
	fmt.Fprintf(&b, "Hello %s,\n\nHere is what is new in the migrations that you see in Onramp.\n", name)
	left := maxItems
	for _, g := range groups {
		n := 0
		for _, e := range es {
			if e.Kind != g.kind {
				continue
			}
			if n++; n == 1 {
				fmt.Fprintf(&b, "\n%s\n", g.title)
			}
			if left > 0 {
				fmt.Fprintf(&b, "\n- %s.\n  %s: %s\n", short(e.Text(now), slackLimit), e.Act(), e.Link(s.o.Base))
			}
			left--
		}
		switch {
		case n == 1:
			subject = append(subject, g.one)
		case n > 1:
			subject = append(subject, fmt.Sprintf(g.many, n))
		}
	}
	if left < 0 {
		fmt.Fprintf(&b, "\nAnd %d more: %s\n", -left, s.o.Base)
	}
	fmt.Fprintf(&b, "\nYou get this %s (%s), when there is something new.\nChange that: %saccount/mails\nStop these mails: %s\n", d, s.Zone(), s.o.Base, s.link(a.ID))
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", a.ID, until))
	return Letter{ID: hex.EncodeToString(sum[:16]) + "@" + s.domain(), To: a.Email, Subject: "Onramp: " + strings.Join(subject, ", "), Text: b.String(), Stop: s.link(a.ID), At: now}
}

// domain is where mails come from, for the names of messages.
func (s *Subscriptions) domain() string {
	if a, err := mail.ParseAddress(s.o.From); err == nil {
		if _, domain, ok := strings.Cut(a.Address, "@"); ok {
			return domain
		}
	}
	return "onramp.invalid"
}
