package acts

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Changes wakes who looks at a migration when it changes: a fact, or a run.
type Changes struct{ runs.Fanout[string] }

// anyChange is the name that is woken with every migration's; no migration has this ID.
const anyChange = ""

// Wake wakes who looks at a migration, and who looks at all of them.
func (c *Changes) Wake(id string) {
	c.Fanout.Wake(id)
	c.Fanout.Wake(anyChange)
}

// Book is where acts look things up and write them down. Of one migration one act looks and writes at a time.
type Book struct {
	store    Store
	boards   Boards
	changes  *Changes
	now      func() time.Time
	writing  locks      // of migrations, by ID: between the look and the record; never while a cloud is asked
	using    locks      // of namespaces: between what is done there and the record of it. It is taken before writing
	deriving sync.Mutex // one batch of summaries at a time
}

// View returns one migration with its present facts and steps.
func (b *Book) View(ctx context.Context, id string) (migration.View, error) {
	m, err := b.store.Migration(ctx, id)
	if err != nil {
		return migration.View{}, err
	}
	return b.derive(ctx, m)
}

// Migration returns one migration without what follows from its facts.
func (b *Book) Migration(ctx context.Context, id string) (migration.Migration, error) {
	return b.store.Migration(ctx, id)
}

func (b *Book) derive(ctx context.Context, m migration.Migration) (migration.View, error) {
	facts, err := b.store.Facts(ctx, m.ID)
	if err != nil {
		return migration.View{}, err
	}
	outcomes, err := b.store.Outcomes(ctx, m.ID, migration.About(m, facts))
	if err != nil {
		return migration.View{}, err
	}
	return migration.Derive(m, facts, outcomes, b.now()), nil
}

// Views returns migrations with their present facts and steps, in the order given and in two queries.
func (b *Book) Views(ctx context.Context, list []migration.Migration) ([]migration.View, error) {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	facts, err := b.store.FactsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	about := make(map[string]string, len(list))
	for _, m := range list {
		about[m.ID] = migration.About(m, facts[m.ID])
	}
	outcomes, err := b.store.OutcomesOf(ctx, about)
	if err != nil {
		return nil, err
	}
	now, views := b.now(), make([]migration.View, 0, len(list))
	for _, m := range list {
		views = append(views, migration.Derive(m, facts[m.ID], outcomes[m.ID], now))
	}
	return views, nil
}

// InNamespace returns the migrations of a mode that are about a namespace, newest first. It writes nothing: an act that
// asks this may still fail.
func (b *Book) InNamespace(ctx context.Context, mode migration.Mode, ns string) ([]migration.View, error) {
	list, err := b.store.InNamespaces(ctx, mode, []string{ns}, -1)
	if err != nil {
		return nil, err
	}
	stale, err := b.store.StaleIn(ctx, mode, ns) // what is stored does not know their namespaces
	if err != nil {
		return nil, err
	}
	list = once(append(list, stale...))
	views, err := b.Views(ctx, list)
	return slices.DeleteFunc(views, func(v migration.View) bool {
		return v.Migration.Mode != mode || v.Namespace == nil || v.Namespace.Namespace != ns
	}), err
}

// SeesSpace reports whether an actor sees a namespace of the rehearsal cloud: a migration about it; and whether no other
// team's migration is about it too, so that changing it is theirs alone.
func (b *Book) SeesSpace(ctx context.Context, by Actor, ns string) (sees, alone bool, err error) {
	if by.SeesAll() {
		return true, true, nil
	}
	views, err := b.InNamespace(ctx, migration.Rehearsal, ns)
	alone = true
	for _, v := range views {
		mine := by.Sees(v.Migration.Team)
		sees, alone = sees || mine, alone && mine
	}
	return sees, sees && alone, err
}

// once are migrations, each once, newest first.
func once(list []migration.Migration) []migration.Migration {
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(m migration.Migration) bool {
		twice := seen[m.ID]
		seen[m.ID] = true
		return twice
	})
	slices.SortStableFunc(list, func(a, b migration.Migration) int { return b.Created.Compare(a.Created) })
	return list
}

// Watch yields the migration at once and whenever it changes (a fact or a run). Every 15 s it yields although nothing
// changed: a beat, which also shows what time alone changes. It ends with ctx, or after an error.
func (b *Book) Watch(ctx context.Context, id string) iter.Seq2[migration.View, error] {
	return b.watch(ctx, id, runs.Beat)
}

func (b *Book) watch(ctx context.Context, id string, beat time.Duration) iter.Seq2[migration.View, error] {
	return func(yield func(migration.View, error) bool) {
		wake, leave := b.changes.Listen(id)
		defer leave()
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			v, err := b.View(ctx, id)
			if ctx.Err() != nil || !yield(v, err) || err != nil {
				return
			}
			select {
			case <-wake:
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// entry is what an act writes down together.
type entry struct {
	facts   []migration.Fact
	records []custody.Record
	// done: something has changed elsewhere, so that the records are written although no fact follows.
	done bool
}

// note is an audit record of an act on a migration ("" for none).
func note(id string, verb custody.Verb, text string) custody.Record {
	return custody.Record{Migration: id, Verb: verb, Note: text}
}

// write looks at a migration, lets decide say what follows, and writes it down, all or nothing. It returns the
// migration as it is then. No facts, and nothing done: nothing is written, for it is known already.
func (b *Book) write(ctx context.Context, by Actor, id string, decide func(migration.View) (entry, error)) (migration.View, error) {
	defer b.writing.lock(id)()
	return b.writeAlone(ctx, by, id, decide)
}

// writeAlone is write for who holds the migration.
func (b *Book) writeAlone(ctx context.Context, by Actor, id string, decide func(migration.View) (entry, error)) (migration.View, error) {
	v, err := b.View(ctx, id)
	if err != nil {
		return migration.View{}, err
	}
	e, err := decide(v)
	if err == nil {
		err = v.Replaces(saw(ctx), e.facts)
	}
	if err != nil || len(e.facts) == 0 && !e.done {
		return v, err
	}
	b.stamp(by, id, &e)
	facts, err := b.store.Record(ctx, e.facts, e.records)
	if err != nil {
		return v, err
	}
	b.changes.Wake(id)
	after, err := b.View(ctx, id)
	if err != nil { // what was written is written: the page after it says what is there
		v.Facts = append(v.Facts, facts...)
		return migration.Derive(v.Migration, v.Facts, nil, b.now()), nil
	}
	return after, nil
}

// stamp adds migration, time and person.
func (b *Book) stamp(by Actor, id string, e *entry) {
	now := b.now()
	for i := range e.facts {
		if e.facts[i].MigrationID == "" {
			e.facts[i].MigrationID = id
		}
		e.facts[i].At, e.facts[i].By = now, by.Name
	}
	for i := range e.records {
		e.records[i] = e.records[i].By(by)
		e.records[i].At = now
	}
}

// record appends to the audit alone.
func (b *Book) record(ctx context.Context, by Actor, rs ...custody.Record) error {
	e := entry{records: rs}
	b.stamp(by, "", &e)
	_, err := b.store.Record(ctx, nil, e.records)
	return err
}

// stamped are records of an act with time and person.
func (b *Book) stamped(by Actor, rs ...custody.Record) []custody.Record {
	e := entry{records: rs}
	b.stamp(by, "", &e)
	return e.records
}

// unchanged says of an act's error that nothing was changed. An act defers it when it has taken back, wherever it
// fails, whatever it did before; what could not be taken back is in the fault's Left.
func unchanged(err *error) { *err = fault.Unchanged(*err) }

// left is err, with what stays changed where taking it back failed too.
func left(err, undone error, what string) error {
	if undone == nil {
		return err
	}
	f := *fault.From(err)
	f.Left, f.Unchanged = strings.TrimSpace(f.Left+" "+what), false
	return &f
}

// toldAfter is the error of what was recorded before it was done, for it cannot be taken back. Where it was not done the
// audit says that too, and why: a reader must not take the request for the deed. Where the answer was not waited for it may
// have been done: then the audit says neither.
func toldAfter(ctx context.Context, b *Book, by Actor, asked custody.Record, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return left(err, err, "The audit records that this was requested; whether it was done is not known.")
	}
	why := strings.TrimSpace(string(asked.Verb)+" "+asked.Note) + ": " + fault.From(err).Title
	if e := b.record(context.WithoutCancel(ctx), by, note(asked.Migration, custody.NotDone, why)); e != nil {
		return left(err, err, "The audit records that this was requested, and could not record that it was not done.")
	}
	return left(err, err, "The audit records that this was requested, and that it was not done.")
}
