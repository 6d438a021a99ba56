package migration

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onramp/fault"
)

// This file derives the hand-offs of a migration from its facts: one task for one person without an account, behind a
// link. The link's token is no fact; a hand-off is named by its number.

// HandoffFor is how long a link works.
const HandoffFor = 14 * 24 * time.Hour

// Fact kinds of a hand-off. Their InputHash is that of what the task was about when the link was made.
const (
	FactHandoffMade    = "handoff.made"
	FactHandoffOpened  = "handoff.opened"  // a browser showed its page
	FactHandoffDone    = "handoff.done"    // the person says that it is done
	FactHandoffNotMe   = "handoff.not-me"  // the person says that it is not for them
	FactHandoffRevoked = "handoff.revoked" // whoever works on the migration took the link back
	FactHandoffLapsed  = "handoff.lapsed"  // whoever made the link may not work on the migration any more
)

// HandoffData is the data of FactHandoffMade.
type HandoffData struct {
	Number    int       `json:"handoff"` // 1, 2, … per migration
	Task      string    `json:"task"`
	For       string    `json:"for"`    // the person's name, as it was typed
	Person    string    `json:"person"` // ID of who made it (custody.Actor)
	Namespace string    `json:"namespace"`
	CA        string    `json:"ca_sha256"`
	Filters   string    `json:"filters,omitempty"` // of TaskFilters, in the JSON of tcld
	Expires   time.Time `json:"expires"`
}

// HandoffAnswer is the data of the other facts of a hand-off.
type HandoffAnswer struct {
	Number int    `json:"handoff"`
	Words  string `json:"words,omitempty"` // of the person
}

// HandoffState is where a hand-off is.
type HandoffState string

// The states. Seen, Revoked, Lapsed, NotMe, Superseded and Expired are the last ones: nobody is waited for any more.
const (
	HandoffMade       HandoffState = "made"
	HandoffOpened     HandoffState = "opened"
	HandoffDone       HandoffState = "done"       // says the person; no evidence yet
	HandoffSeen       HandoffState = "seen"       // there is evidence that it is done
	HandoffNotMe      HandoffState = "not-me"     // says the person
	HandoffRevoked    HandoffState = "revoked"    //
	HandoffLapsed     HandoffState = "lapsed"     // who made it may not work on the migration any more
	HandoffSuperseded HandoffState = "superseded" // the task is about something else now
	HandoffExpired    HandoffState = "expired"    // without an answer
)

// Handoff is a hand-off as its facts tell it.
type Handoff struct {
	HandoffData
	About string // what the task was about when the link was made
	By    string // who made it
	Made  time.Time

	// When it happened; zero: not.
	Opened, Done, NotMe, Revoked, Lapsed, Seen time.Time
	Words                                      string // that the person wrote with the answer

	State HandoffState
	Since time.Time // since when it is in that state
}

// Handoffs are those of one migration, oldest first.
type Handoffs []Handoff

// Open reports whether the person is still waited for.
func (h Handoff) Open() bool { return h.State == HandoffMade || h.State == HandoffOpened }

// Over reports whether nothing can be answered any more.
func (h Handoff) Over() bool { return !h.Open() && h.State != HandoffDone }

// Expired reports whether the link's time is over at a moment, whatever became of the task.
func (h Handoff) Expired(at time.Time) bool { return !at.Before(h.Expires) }

// HandoffLink leads from the hash of a link's token to the hand-off.
type HandoffLink struct {
	Hash      string // SHA-256 of the token, in hex
	Migration string // ID
	Number    int
}

// handoffs reads the hand-offs, oldest first; about is the hash of what a task is about now, and seen when there was
// evidence that it is done.
func handoffs(facts []Fact, now time.Time, about func(h Handoff) string, seen func(h Handoff) time.Time) Handoffs {
	var out Handoffs
	find := func(f Fact) (*Handoff, HandoffAnswer) {
		a, _ := decode[HandoffAnswer](f)
		i := slices.IndexFunc(out, func(h Handoff) bool { return h.Number == a.Number })
		if i < 0 {
			return &Handoff{}, a
		}
		return &out[i], a
	}
	for _, f := range facts {
		switch f.Kind {
		case FactHandoffMade:
			if d, ok := decode[HandoffData](f); ok {
				out = append(out, Handoff{HandoffData: d, About: f.InputHash, By: f.By, Made: f.At})
			}
		case FactHandoffOpened:
			h, _ := find(f)
			h.Opened = f.At
		case FactHandoffDone:
			h, a := find(f)
			h.Done, h.Words, h.NotMe = f.At, a.Words, time.Time{}
		case FactHandoffNotMe:
			h, a := find(f)
			h.NotMe, h.Words, h.Done = f.At, a.Words, time.Time{}
		case FactHandoffRevoked:
			h, _ := find(f)
			h.Revoked = f.At
		case FactHandoffLapsed:
			h, _ := find(f)
			h.Lapsed = f.At
		}
	}
	for i := range out {
		h := &out[i]
		h.Seen = seen(*h)
		h.settle(now, about(*h))
	}
	return out
}

// settle says where a hand-off is, once all that happened to it is known.
func (h *Handoff) settle(now time.Time, about string) {
	switch {
	case !h.Seen.IsZero() && !ended(h.Revoked, h.Seen) && !ended(h.Lapsed, h.Seen) && h.NotMe.IsZero():
		h.State, h.Since = HandoffSeen, h.Seen
	case !h.Revoked.IsZero():
		h.State, h.Since = HandoffRevoked, h.Revoked
	case !h.Lapsed.IsZero():
		h.State, h.Since = HandoffLapsed, h.Lapsed
	case h.About != about:
		h.State, h.Since = HandoffSuperseded, h.Made
	case !h.NotMe.IsZero():
		h.State, h.Since = HandoffNotMe, h.NotMe
	case !h.Done.IsZero():
		h.State, h.Since = HandoffDone, h.Done
	case h.Expired(now):
		h.State, h.Since = HandoffExpired, h.Expires
	case !h.Opened.IsZero():
		h.State, h.Since = HandoffOpened, h.Opened
	default:
		h.State, h.Since = HandoffMade, h.Made
	}
}

// ended reports that a link had come to its end by a moment; end is zero for none.
func ended(end, by time.Time) bool { return !end.IsZero() && !by.Before(end) }

// handed is step upload where it was handed to a person by a link: it waits for them by name until they answer, then for
// a check; that they say it is done is no evidence. A check that the namespace refuses after that sends it back to them,
// and an answer of "not me", or none in time, to the developer.
func (d deriver) handed(s StepView, h *Handoff) StepView {
	if h == nil || s.Status == Done || s.Status == Blocked || s.Status == LookAgain && h.Since.Before(s.Since) {
		return s
	}
	link := "link " + strconv.Itoa(h.Number)
	was := s
	s = StepView{Status: Waiting, Who: WhoCloudAdmin, Name: h.For, Since: h.Made, Handoff: h.Number, Reason: s.Reason}
	switch h.State {
	case HandoffMade:
		s.Evidence = link + ", not opened yet"
	case HandoffOpened:
		s.Evidence = link + ", opened on " + day(h.Opened)
	case HandoffDone:
		last := d.lastEnded(CheckRun, d.in.check())
		switch failed := last != nil && last.State == RunFailed && last.From == "" && last.Ended.After(h.Done); {
		case failed && last.Code == codeUntrusted:
			s.Since, s.Run, s.Evidence = last.Ended, last.ID, h.For+" says that it is done, and "+runName(last)+" was refused since: "+last.Title
		case failed && StopsBeforeCA(last.Code):
			return was
		default:
			s.Who, s.Since, s.Evidence = WhoCheck, h.Done, h.For+" says that it is done; no check has seen it yet"
		}
	case HandoffNotMe:
		s.Status, s.Who, s.Name, s.Since, s.Evidence = NotStarted, "", "", h.Since, h.cameBack()
		if h.Words != "" {
			s.Evidence += ": " + strings.Join(strings.Fields(h.Words), " ")
		}
	case HandoffLapsed, HandoffExpired:
		s.Status, s.Who, s.Name, s.Since, s.Evidence = NotStarted, "", "", h.Since, h.cameBack()
	}
	return s
}

// cameBack says why a hand-off is the team's again, as a clause; "" while it is not.
func (h Handoff) cameBack() string {
	link := "link " + strconv.Itoa(h.Number) + " for " + h.For
	switch h.State {
	case HandoffNotMe:
		return h.For + " says that it is not for them"
	case HandoffLapsed:
		return link + " no longer works: " + h.By + ", who made it, no longer works on this migration"
	case HandoffExpired:
		return link + " expired without an answer"
	}
	return ""
}

// Asked is the hand-off that says whose turn a task is: one that was answered Done, else the newest that is open, else
// the newest that came back without an answer or as not theirs; nil when there is none about what the task is about now.
func (hs Handoffs) Asked(task string) *Handoff {
	var best *Handoff
	rank := func(h *Handoff) int {
		switch h.State {
		case HandoffDone:
			return 3
		case HandoffMade, HandoffOpened:
			return 2
		case HandoffNotMe, HandoffExpired, HandoffLapsed:
			return 1
		}
		return 0
	}
	for i := range hs {
		h := &hs[i]
		if h.Task == task && rank(h) > 0 && (best == nil || rank(h) >= rank(best)) {
			best = h
		}
	}
	return best
}

// Number returns a hand-off by its number; false for none.
func (hs Handoffs) Number(number int) (Handoff, bool) {
	for _, h := range hs {
		if h.Number == number {
			return h, true
		}
	}
	return Handoff{}, false
}

// Bounds of what is typed about a hand-off, in characters, and how many may be open at once.
const (
	MaxFor       = 60
	MaxWords     = 500
	MostHandoffs = 5
)

// Ask is what somebody wants done by a person without an account.
type Ask struct {
	Task    string
	For     string // the person's name
	Filters string // of TaskFilters, as TaskOf
}

// MakeHandoff records that a task was handed to a person by a link that works until now+HandoffFor. The faults: Invalid of
// field for, TaskOf's, TooMany when MostHandoffs of the migration are open already.
func MakeHandoff(v View, ask Ask, person string, now time.Time) (HandoffData, []Fact, error) {
	to := strings.Join(strings.Fields(ask.For), " ")
	if err := checkLine(to, MaxFor, "for", "Give the name of the person who will do it."); err != nil {
		return HandoffData{}, nil, err
	}
	t, err := TaskOf(v, ask.Task, ask.Filters)
	if err != nil {
		return HandoffData{}, nil, err
	}
	open, number := 0, 1
	for _, h := range v.Handoffs {
		number = max(number, h.Number+1)
		if h.Open() {
			open++
		}
	}
	if open >= MostHandoffs {
		return HandoffData{}, nil, fault.New(fault.TooMany, "Too many links of this migration are open", "Revoke one that is no longer needed.")
	}
	d := HandoffData{Number: number, Task: t.ID, For: to, Person: person, Namespace: t.Namespace, CA: t.CA, Filters: t.Filters, Expires: now.Add(HandoffFor).UTC().Round(0)}
	return d, []Fact{newFact(FactHandoffMade, t.About, d)}, nil
}

// checkLine refuses a line of text that is missing, too long, or cannot be shown: an Invalid fault of the field.
func checkLine(text string, most int, field, ask string) error {
	bad := func(r rune) bool { return !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError }
	switch {
	case text == "":
		return fault.New(fault.Invalid, "The name is missing", ask).In(field)
	case utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, bad) || strings.Contains(text, "PRIVATE KEY"):
		return fault.New(fault.Invalid, "This cannot be shown", ask+" Use letters, digits and signs, on one line.").In(field)
	}
	return nil
}

// answer is a fact about a hand-off.
func (h Handoff) answer(kind, words string) []Fact {
	return []Fact{newFact(kind, h.About, HandoffAnswer{h.Number, words})}
}

// Opened records that its page was shown; nothing follows when that is known, or it is over.
func (hs Handoffs) Opened(number int) []Fact {
	h, ok := hs.Number(number)
	if !ok || !h.Opened.IsZero() || h.Over() {
		return nil
	}
	return h.answer(FactHandoffOpened, "")
}

// Answered records what the person says: that it is done or, where it is not theirs, FactHandoffNotMe. words may be
// empty. The same answer again adds nothing unless its words are others. The faults: Invalid of field words; Conflict
// when the hand-off is over.
func (hs Handoffs) Answered(number int, kind, words string) ([]Fact, error) {
	h, ok := hs.Number(number)
	if !ok {
		return nil, noHandoff()
	}
	words = strings.TrimSpace(strings.ReplaceAll(words, "\r\n", "\n"))
	bad := func(r rune) bool {
		return r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r)) || r == utf8.RuneError
	}
	switch {
	case kind != FactHandoffDone && kind != FactHandoffNotMe:
		return nil, errors.New("migration: no answer of that kind")
	case utf8.RuneCountInString(words) > MaxWords || strings.ContainsFunc(words, bad) || strings.Contains(words, "PRIVATE KEY"):
		return nil, fault.New(fault.Invalid, "The note cannot be passed on", "Use at most 500 characters of plain text, without keys.").In("words")
	case h.Over() && h.State != HandoffNotMe && h.State != HandoffSeen:
		return nil, fault.New(fault.Conflict, "This request is no longer open", "Ask the person who sent the link.")
	case h.State == HandoffSeen:
		return nil, nil
	case kind == FactHandoffDone && h.State == HandoffDone && h.Words == words, kind == FactHandoffNotMe && h.State == HandoffNotMe && h.Words == words:
		return nil, nil
	}
	return h.answer(kind, words), nil
}

// Revoked records that a link was taken back. A Conflict fault when it is over anyway; nothing follows when it was
// revoked already.
func (hs Handoffs) Revoked(number int) ([]Fact, error) {
	h, ok := hs.Number(number)
	switch {
	case !ok:
		return nil, noHandoff()
	case !h.Revoked.IsZero():
		return nil, nil
	}
	return h.answer(FactHandoffRevoked, ""), nil
}

// Lapsed records that a link no longer works, because whoever made it may not work on the migration any more. Nothing
// follows when that is known.
func (hs Handoffs) Lapsed(number int) []Fact {
	h, ok := hs.Number(number)
	if !ok || !h.Lapsed.IsZero() {
		return nil
	}
	return h.answer(FactHandoffLapsed, "")
}

// LapsedHandoff is Handoffs.Lapsed of a hand-off that is known by the fact of its making alone; false for another fact.
func LapsedHandoff(made Fact) (HandoffData, Fact, bool) {
	d, ok := decode[HandoffData](made)
	if !ok || made.Kind != FactHandoffMade {
		return d, Fact{}, false
	}
	return d, newFact(FactHandoffLapsed, made.InputHash, HandoffAnswer{Number: d.Number}), true
}

// Line is a hand-off as the audit has it.
func (d HandoffData) Line() string {
	return strings.TrimSpace("link " + strconv.Itoa(d.Number) + " for " + d.For + ": " + d.Task + " " + d.Namespace)
}

func noHandoff() error {
	return fault.New(fault.NotFound, "There is no such link", "Look at the list of links.")
}
