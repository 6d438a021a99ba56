package migration

import "time"

// Turn is whose turn a migration is, as lists sort and filter by it; the reader's own is the highest.
type Turn int

// The turns. The zero Turn says that none was derived yet.
const (
	TurnDone    Turn = iota + 1 // also a rehearsal whose reader has only a worker of their own left
	TurnWaiting                 // for somebody else
	TurnYours                   // also when a step is failing or wants another look, or a check has to be run
)

// Summary is what lists show of a migration, and find it by. It is stored, and derived again when a fact or a run
// changed the migration, and at Until.
type Summary struct {
	Turn      Turn      `json:"turn"`
	Failing   bool      `json:"failing,omitempty"` // a step is
	Steps     []Status  `json:"steps"`             // of the six in order
	Done      int       `json:"done"`
	Next      StepView  `json:"next"` // the step to continue with; the zero StepView when all are done
	Namespace string    `json:"namespace,omitempty"`
	CA        string    `json:"ca_sha256,omitempty"` // of the present certificate
	Leaf      string    `json:"leaf_sha256,omitempty"`
	Replacing string    `json:"replacing,omitempty"` // ReplaceCA, ReplaceLeaf, ReplaceKey or ReplaceAuth while one of these is in progress
	Whose     Whose     `json:"whose,omitzero"`      // who acts next
	Besides   []Whose   `json:"besides,omitempty"`   // what was handed to people besides the steps
	Until     time.Time `json:"until,omitzero"`      // when time alone changes it; zero: never

	Expires time.Time   `json:"expires,omitzero"`  // the first end in the chain of the present certificate; zero: it has none
	Checked *Checked    `json:"checked,omitempty"` // the last check of what is set now
	Source  *SourceData `json:"source,omitempty"`  // the namespace that it comes from, where that is known
	Region  string      `json:"region,omitempty"`  // of the namespace, where that is known
}

// Checked is how a check ended.
type Checked struct {
	Run    string    `json:"run"`
	Number int       `json:"number"`
	Passed bool      `json:"passed"`
	Title  string    `json:"title"`
	At     time.Time `json:"at"`
}

// Summary is the summary of a view that was derived at now.
func (v View) Summary(now time.Time) Summary {
	s := Summary{Turn: TurnYours, Done: v.DoneCount, Next: v.Step(v.Next), Whose: WhoseTurn(v), Besides: Besides(v)}
	for _, step := range v.Steps {
		s.Steps = append(s.Steps, step.Status)
		s.Failing = s.Failing || step.Status == Failing
	}
	switch {
	case s.Whose.Who == "":
		s.Turn = TurnDone
	case s.Whose.Others():
		s.Turn = TurnWaiting
	}
	if v.Namespace != nil {
		s.Namespace, s.Region = v.Namespace.Namespace, v.Namespace.Region
	}
	if c := v.LastCheck; c != nil {
		s.Checked = &Checked{Run: c.ID, Number: c.Number, Passed: c.State == RunPassed, Title: c.Title, At: c.Ended}
	}
	s.Source = v.Source
	if c := v.Certificate; c != nil {
		s.CA, s.Leaf, s.Expires = c.CAFingerprint, c.LeafFingerprint, c.LeafNotAfter
		if !c.CANotAfter.IsZero() && c.CANotAfter.Before(s.Expires) {
			s.Expires = c.CANotAfter
		}
		if now.Before(c.LeafNotAfter) { // step certificates looks again then
			s.Until = c.LeafNotAfter
		}
	}
	for _, h := range v.Handoffs {
		if h.Open() && (s.Until.IsZero() || h.Expires.Before(s.Until)) {
			s.Until = h.Expires
		}
	}
	if r := v.Replacement(); r.Open() {
		s.Replacing = r.What
	}
	if RotationOf(v).Open() {
		s.Replacing = ReplaceKey
	}
	if SwitchOf(v).Open() {
		s.Replacing = ReplaceAuth
	}
	return s
}

// Card is one migration of a list.
type Card struct {
	Migration
	Summary
}

// Group is a part of the list of migrations.
type Group string

// The groups. Each migration is in one of Yours, Others, Troubled and Finished, so that their numbers add up to All; what
// is archived is in Archived alone.
const (
	All      Group = ""
	Yours    Group = "yours"
	Others   Group = "waiting"
	Troubled Group = "failing"
	Finished Group = "done"
	Archived Group = "archived"
)

// Order is how the list of migrations is sorted.
type Order string

// The orders. By turn those that fail stand first, and those of the same turn newest first.
const (
	ByTurn Order = ""
	Newest Order = "newest"
	ByName Order = "name"
)

// Query asks for a part of the list of migrations.
type Query struct {
	Group Group
	Mode  Mode   // "" for both
	Text  string // in name or namespace, whatever the case of ASCII letters; "" for every one
	Order Order
	From  int // how many are left out before
	Limit int
}

// Count is how many migrations there are of a kind.
type Count struct {
	Archived bool
	Mode     Mode
	Turn     Turn
	Failing  bool
	N        int
}

// Counts are how many migrations there are.
type Counts []Count

// Of counts those of a group and mode ("" for both).
func (cs Counts) Of(g Group, mode Mode) int {
	n := 0
	for _, c := range cs {
		if (mode == "" || c.Mode == mode) && c.in(g) {
			n += c.N
		}
	}
	return n
}

func (c Count) in(g Group) bool {
	if c.Archived || g == Archived {
		return c.Archived && g == Archived
	}
	return g == All || g == groupOf(c.Turn, c.Failing)
}

// Group is the one that a migration counts to, beside All; what is archived aside.
func (s Summary) Group() Group { return groupOf(s.Turn, s.Failing) }

func groupOf(t Turn, failing bool) Group {
	switch {
	case failing:
		return Troubled
	case t == TurnWaiting:
		return Others
	case t == TurnDone:
		return Finished
	}
	return Yours
}
