package acts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/limit"
	"onramp/migration"
)

// Handoffs are tasks that one person without an account does, behind a link. Whoever works on a migration makes the link;
// its token alone is the right to what the link is for, and to nothing else.
type Handoffs struct{ *desk }

// HandoffStore keeps the links: by the hash of its token, each leads to a migration and a number there.
type HandoffStore interface {
	// RecordHandoff is Store.Record, and from then on the link is there: all or none.
	RecordHandoff(ctx context.Context, l migration.HandoffLink, facts []migration.Fact, rs []custody.Record) ([]migration.Fact, error)
	HandoffLink(ctx context.Context, hash string) (migration.HandoffLink, error) // NotFound
	// Maker is a person who made a link, as they are now: with the role Nobody when their account is disabled. NotFound.
	Maker(ctx context.Context, person string) (Actor, error)
}

// handoffRates count who asks for links, with counters of their own: by network, networks that ask for links that are
// none, each link, and the answers to each.
type handoffRates struct {
	networks, missed, asked, answered limit.Rates

	mu       sync.Mutex     // guards what follows
	watching map[string]int // how many read along by a link
}

// mostWatching is how many may read along by one link at a time.
const mostWatching = 20

// watch counts one more who reads along by a link, until it leaves; false when there are too many.
func (r *handoffRates) watch(link string) (leave func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watching[link] >= mostWatching {
		return func() {}, false
	}
	r.watching[link]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.watching[link]--; r.watching[link] == 0 {
			delete(r.watching, link)
		}
	}, true
}

func newHandoffRates() *handoffRates {
	return &handoffRates{watching: map[string]int{}, networks: limit.Rates{AMinute: 120, AtOnce: 60}, missed: limit.Rates{AMinute: 10, AtOnce: 20},
		asked: limit.Rates{AMinute: 60, AtOnce: 60}, answered: limit.Rates{AMinute: 10, AtOnce: 10}}
}

// newToken is a random token of 260 bits, in letters and digits that no mail program breaks apart, and its hash.
func newToken() (token, hash string) {
	token = strings.ToLower(rand.Text() + rand.Text())
	return token, hashOf(token)
}

// hashOf is how a token is stored: it is random, so that a plain hash cannot be guessed.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// HandoffVisit is what a link leads to, and who acts by it.
type HandoffVisit struct {
	migration.View
	Handoff migration.Handoff
	// Task is what it asks for; Superseded where that was changed meanwhile: what is there now was never asked for.
	Task       migration.Task
	Superseded bool
	By         Actor // "link 3 for Omar": nobody's account

	maker Actor // who made the link, as they are now; the zero Actor where that is over
}

// carrier is the link's actor with its maker's right: what the maker may not change, the link does not change either.
func (x HandoffVisit) carrier() Actor {
	by := x.By
	by.Role, by.Teams = x.maker.Role, x.maker.Teams
	return by
}

// noLink is the one fault of a link that does not work, whatever the reason.
func noLink() error {
	f := fault.New(fault.Gone, "This link does not work any more", "Ask the person who sent it for a new one.")
	f.Cause = "A link is for one task, for 14 days. It may have expired or been taken back, or its address is incomplete."
	return f
}

// makerGone is the fault of a link whose maker may not work on the migration any more. Nobody else of the portal is named
// to whoever has the link.
func makerGone(by string) error {
	f := fault.New(fault.Gone, "This link no longer works", "Ask "+by+"’s team for a new one.")
	f.Cause = by + " made it, and no longer works on this migration in Onramp."
	f.Err = errMakerGone
	return f
}

var errMakerGone = errors.New("who made the link may not work on the migration any more")

// stands is whoever made a link, as long as they may work on its migration: an account that is enabled, with the role and
// the team for it. At a portal for one person that person may. The Gone fault of makerGone where that is over.
func (h Handoffs) stands(ctx context.Context, v migration.View, one migration.Handoff) (Actor, error) {
	if one.Person == custody.Local {
		return Actor{Person: custody.Local, Role: custody.Owner}, nil
	}
	maker, err := h.o.Handoffs.Maker(ctx, one.Person)
	switch {
	case fault.Is(err, fault.NotFound):
		return Actor{}, makerGone(one.By)
	case err != nil:
		return Actor{}, err
	case !maker.WorksOn(v.Migration.Team):
		return Actor{}, makerGone(one.By)
	}
	return maker, nil
}

func askedOften(wait time.Duration) error {
	return fault.New(fault.TooMany, "This was asked for too often", fmt.Sprintf("Wait %d seconds, then try again.", int(wait.Seconds())))
}

// find is See without its limits.
func (h Handoffs) find(ctx context.Context, by Actor, token string) (x HandoffVisit, err error) {
	if h.o.Handoffs == nil || token == "" || len(token) > 100 {
		return x, noLink()
	}
	l, err := h.o.Handoffs.HandoffLink(ctx, hashOf(token))
	if fault.Is(err, fault.NotFound) {
		return x, noLink()
	}
	if err != nil {
		return x, err
	}
	v, err := h.View(ctx, l.Migration)
	if fault.Is(err, fault.NotFound) {
		return x, noLink()
	}
	if err != nil {
		return x, err
	}
	return h.visit(ctx, v, by, l.Number)
}

// visit is what a link with a number leads to now. With the fault of a maker who is gone it is there too.
func (h Handoffs) visit(ctx context.Context, v migration.View, by Actor, number int) (HandoffVisit, error) {
	one, ok := v.Handoffs.Number(number)
	if !ok || !one.Revoked.IsZero() || one.Expired(h.now()) || !v.Migration.Archived.IsZero() {
		return HandoffVisit{}, noLink()
	}
	x := HandoffVisit{View: v, Handoff: one, By: Actor{Person: fmt.Sprintf("link:%s:%d", v.Migration.ID, number), Name: fmt.Sprintf("link %d for %s", number, one.For),
		Via: "link", From: by.From, Request: by.Request}}
	task, ok := migration.TaskAsked(v, one)
	x.Task, x.Superseded = task, !ok
	if !one.Lapsed.IsZero() {
		return x, makerGone(one.By)
	}
	var err error
	x.maker, err = h.stands(ctx, v, one)
	return x, err
}

// then is a visit after what it did was written down. That is done, whatever has become of the link meanwhile: the next
// visit hears of it.
func (h Handoffs) then(ctx context.Context, x HandoffVisit, v migration.View) HandoffVisit {
	if now, err := h.visit(ctx, v, x.By, x.Handoff.Number); err == nil {
		return now
	}
	x.View = v
	if one, ok := v.Handoffs.Number(x.Handoff.Number); ok {
		x.Handoff = one
	}
	return x
}

// answering is See for an act. A link whose maker is gone has lapsed from then on, which the audit tells.
func (h Handoffs) answering(ctx context.Context, by Actor, token string) (HandoffVisit, error) {
	x, err := h.See(ctx, by, token)
	if errors.Is(err, errMakerGone) && x.Handoff.Lapsed.IsZero() {
		if e := lapse(ctx, h, x); e != nil {
			return x, e
		}
	}
	if err != nil {
		return x, err
	}
	if wait := h.rates.answered.Take(x.By.Person, h.now()); wait > 0 {
		return x, askedOften(wait)
	}
	return x, nil
}

// lapse writes down that a link has lapsed.
func lapse(ctx context.Context, h Handoffs, x HandoffVisit) error {
	_, err := h.write(ctx, x.By, x.Migration.ID, func(v migration.View) (entry, error) {
		facts := v.Handoffs.Lapsed(x.Handoff.Number)
		if len(facts) == 0 {
			return entry{}, nil
		}
		return entry{facts: facts, records: []custody.Record{x.about(custody.HandoffLapsed)}}, nil
	})
	return err
}

// about is an audit record of a hand-off.
func (x HandoffVisit) about(verb custody.Verb) custody.Record {
	return aboutHandoff(x.View, x.Handoff.HandoffData, verb)
}

func aboutHandoff(v migration.View, d migration.HandoffData, verb custody.Verb) custody.Record {
	r := note(v.Migration.ID, verb, d.Line())
	r.CAFingerprint = d.CA
	return r
}

// answered writes down what follows from a visit: facts for the hand-off as it is then, and one line of the audit.
func (h Handoffs) answered(ctx context.Context, x HandoffVisit, verb custody.Verb, what func(migration.Handoffs) ([]migration.Fact, error)) (HandoffVisit, error) {
	v, err := h.write(ctx, x.By, x.Migration.ID, func(v migration.View) (entry, error) {
		if _, err := h.visit(ctx, v, x.By, x.Handoff.Number); err != nil {
			return entry{}, err
		}
		facts, err := what(v.Handoffs)
		return entry{facts: facts, records: []custody.Record{x.about(verb)}}, err
	})
	if err != nil {
		return x, err
	}
	return h.then(ctx, x, v), nil
}

// The acts of whoever has a link are of the link. by says from where the request comes; ctx may be that of somebody who
// has signed in and sees other teams. Their faults are See's; Conflict when the hand-off is over, or superseded.

func (h Handoffs) answer(ctx context.Context, by Actor, token, words, kind string, verb custody.Verb) (x HandoffVisit, err error) {
	defer unchanged(&err)
	ctx = migration.Everywhere(ctx)
	if x, err = h.answering(ctx, by, token); err != nil {
		return x, err
	}
	return h.answered(ctx, x, verb, func(hs migration.Handoffs) ([]migration.Fact, error) {
		return hs.Answered(x.Handoff.Number, kind, words)
	})
}

func notOpen() error {
	return fault.New(fault.Conflict, "This request is no longer open", "Ask the person who sent the link.")
}
